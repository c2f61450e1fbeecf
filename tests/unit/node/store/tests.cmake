yc_unit(node/store/kv DEPENDS node-store SOURCES node/store/test_kv.c)
yc_unit(node/store/codec DEPENDS node-store SOURCES node/store/test_codec.c node/store/world.c)
yc_unit(node/store/blockfile DEPENDS node-store SOURCES node/store/test_blockfile.c)
yc_unit(node/store/block-index DEPENDS node-store SOURCES node/store/test_block_index.c)
yc_unit(node/store/coins DEPENDS node-store
  SOURCES node/store/test_coins.c node/store/coins_rig.c node/store/world.c)
yc_unit(node/store/coins-faults DEPENDS node-store
  SOURCES node/store/test_coins_faults.c node/store/coins_rig.c node/store/world.c)
yc_unit(node/store/coins-scan DEPENDS node-store SOURCES node/store/test_coins_scan.c)
yc_unit(node/store/coins-table DEPENDS node-store SOURCES node/store/test_coins_table.c)
