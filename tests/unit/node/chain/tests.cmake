yc_unit(node/chain/tree DEPENDS node-chain SOURCES node/chain/test_tree.c node/chain/fixture.c)
yc_unit(node/chain/chain DEPENDS node-chain SOURCES node/chain/test_chain.c node/chain/fixture.c)
yc_unit(node/chain/marks DEPENDS node-chain SOURCES node/chain/test_marks.c node/chain/fixture.c)
yc_unit(node/chain/faults DEPENDS node-chain SOURCES node/chain/test_faults.c node/chain/fixture.c)
