yc_module(net-peers PATH net/peers PURE DEPENDS net-proto
  SOURCES addrman.c anchors.c bandwidth.c addrman_select.c addrman_check.c addrman_file.c slots.c slots_evict.c self.c bans.c permit.c gossip.c)
