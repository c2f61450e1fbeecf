yc_unit(sim/chance DEPENDS sim SOURCES sim/test_chance.c)
