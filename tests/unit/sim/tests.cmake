yc_unit(sim/chance DEPENDS sim SOURCES sim/test_chance.c)
yc_unit(sim/checks DEPENDS sim SOURCES sim/test_checks.c)
