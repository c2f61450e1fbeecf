yc_module(net-addr PATH net/addr PURE DEPENDS crypto SOURCES asmap.c netaddr.c netaddr_text.c netgroup.c subnet.c)
