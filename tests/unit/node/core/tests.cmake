yc_unit(node/core/core DEPENDS sim SOURCES node/core/test_core.c ../sim/pair.c)
