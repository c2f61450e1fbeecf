foreach(name limits rules sighash signed solver)
  yc_unit(consensus/script/${name} DEPENDS consensus
    SOURCES consensus/script/test_${name}.c consensus/script/fixture.c consensus/support/words.c)
endforeach()
