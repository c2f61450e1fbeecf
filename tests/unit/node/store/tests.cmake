yc_unit(node/store/coins DEPENDS node-store SOURCES node/store/test_coins.c node/store/world.c)
