# yc_consensus_unit(NAME …): a unit test consensus/NAME, made of test_NAME.c and the bench for blocks.
function(yc_consensus_unit NAME)
  yc_unit(consensus/${NAME} DEPENDS consensus SOURCES consensus/test_${NAME}.c consensus/support/bench.c ${ARGN})
endfunction()
yc_consensus_unit(connect)
yc_consensus_unit(tx)
yc_consensus_unit(merkle)
yc_consensus_unit(block)
yc_consensus_unit(accept)
yc_consensus_unit(pow)
yc_consensus_unit(header)
yc_consensus_unit(params)
yc_consensus_unit(reject)
yc_consensus_unit(signet)
yc_unit(consensus/public DEPENDS consensus-public SOURCES consensus/test_public.c)
target_include_directories(unit-consensus-public PRIVATE ${CMAKE_SOURCE_DIR}/doc)

# libycoin-consensus as another program finds it: installed, by pkg-config, dynamic and static.
if(TARGET ycoin-consensus)
  add_test(NAME house/consensus-library COMMAND Python3::Interpreter
    ${CMAKE_CURRENT_LIST_DIR}/public/check_install.py ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} ${CMAKE_C_COMPILER})
  set_tests_properties(house/consensus-library PROPERTIES TIMEOUT 120)
endif()
