yc_unit(net/peers/addrman DEPENDS net-peers SOURCES net/peers/test_addrman.c)
yc_unit(net/peers/slots DEPENDS net-peers SOURCES net/peers/test_slots.c)
yc_unit(net/peers/bans DEPENDS net-peers SOURCES net/peers/test_bans.c)
yc_unit(net/peers/gossip DEPENDS net-peers SOURCES net/peers/test_gossip.c)
