yc_unit(net/addr/netaddr DEPENDS net-addr SOURCES net/addr/test_netaddr.c)
yc_unit(net/addr/asmap DEPENDS net-addr SOURCES net/addr/test_asmap.c)
