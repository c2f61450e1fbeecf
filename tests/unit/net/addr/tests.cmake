yc_unit(net/addr/netaddr DEPENDS net-addr SOURCES net/addr/test_netaddr.c)
