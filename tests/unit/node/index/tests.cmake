yc_unit(node/index/index DEPENDS node-index SOURCES node/index/test_index.c node/chain/fixture.c)
