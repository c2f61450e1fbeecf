yc_unit(node/access DEPENDS node-access consensus sys SOURCES node/access/test_place.c)
