yc_module(net-addr PATH net/addr PURE DEPENDS crypto SOURCES netaddr.c netaddr_text.c netgroup.c subnet.c)
