foreach(name limits rules sighash signed solver)
  yc_unit(consensus/script/${name} DEPENDS consensus
    SOURCES consensus/script/test_${name}.c consensus/script/fixture.c consensus/support/words.c)
endforeach()
yc_unit(consensus/script/standard DEPENDS consensus SOURCES consensus/script/test_standard.c)
