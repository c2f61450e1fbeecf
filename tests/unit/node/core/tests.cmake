yc_unit(node/core/core DEPENDS node-core
        SOURCES node/core/test_core.c ../sim/world.c ../sim/world_chain.c ../sim/liar.c)
