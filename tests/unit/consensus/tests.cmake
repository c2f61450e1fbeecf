# yc_consensus_unit(NAME …): a unit test consensus/NAME, made of test_NAME.c and the bench for blocks.
function(yc_consensus_unit NAME)
  yc_unit(consensus/${NAME} DEPENDS consensus SOURCES consensus/test_${NAME}.c consensus/support/bench.c ${ARGN})
endfunction()
yc_consensus_unit(connect)
yc_consensus_unit(tx)
yc_unit(consensus/inputs DEPENDS consensus SOURCES consensus/test_inputs.c)
yc_consensus_unit(merkle)
yc_consensus_unit(block)
yc_consensus_unit(accept)
yc_consensus_unit(pow)
yc_unit(consensus/bounds DEPENDS consensus SOURCES consensus/test_bounds.c)
yc_consensus_unit(header)
yc_consensus_unit(params)
yc_consensus_unit(reject)
yc_consensus_unit(describe)
yc_consensus_unit(signet)
yc_consensus_unit(signet_made LIBS PkgConfig::SECP256K1)
yc_unit(consensus/checks DEPENDS consensus keys SOURCES consensus/test_checks.c)
target_link_options(unit-consensus-checks PRIVATE -Wl,--wrap=yc_secp_ecdsa_verify)
yc_unit(consensus/programs DEPENDS consensus keys SOURCES consensus/test_programs.c)
# What only a chain can refuse.
yc_unit(consensus/chain DEPENDS node-chain SOURCES consensus/test_chain.c node/chain/fixture.c)
yc_unit(consensus/public_blocks DEPENDS consensus-public
  SOURCES consensus/test_public_blocks.c consensus/support/bench.c)
target_link_options(unit-consensus-public_blocks PRIVATE -Wl,--wrap=calloc,--wrap=realloc)
yc_unit(consensus/public DEPENDS consensus-public SOURCES consensus/test_public.c)
target_include_directories(unit-consensus-public PRIVATE ${CMAKE_SOURCE_DIR}/doc)

# libycoin-consensus as another program finds it: installed, by pkg-config, dynamic and static.
if(TARGET ycoin-consensus)
  add_test(NAME house/consensus-library COMMAND Python3::Interpreter
    ${CMAKE_CURRENT_LIST_DIR}/public/check_install.py ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} ${CMAKE_C_COMPILER})
  set_tests_properties(house/consensus-library PROPERTIES TIMEOUT 120)
endif()

# Every row of the consensus catalogue is named by a test that connects blocks.
add_test(NAME house/rows COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_rows.py ${CMAKE_SOURCE_DIR})

# Every reason of consensus/reject.def is produced by a test. Called when every test is known; the table's own test is not
# asked, because it makes up all of them.
function(yc_rejects_test)
  set(programs "")
  foreach(target unit-consensus-tx unit-consensus-block unit-consensus-accept unit-consensus-connect unit-consensus-header
                 unit-consensus-signet unit-consensus-chain unit-consensus-rows-block_rows
                 unit-consensus-rows-script_rows unit-node-chain-chain)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/reject_log.c)
    target_link_options(${target} PRIVATE -Wl,--wrap=yc_reject_set)
    list(APPEND programs $<TARGET_FILE:${target}>)
  endforeach()
  add_test(NAME house/rejects COMMAND Python3::Interpreter
    ${CMAKE_SOURCE_DIR}/tools/check_rejects.py ${CMAKE_SOURCE_DIR} ${programs})
  # The table's test alone proves nothing, and the check must say so.
  add_test(NAME house/rejects-finds COMMAND Python3::Interpreter
    ${CMAKE_SOURCE_DIR}/tools/check_rejects.py ${CMAKE_SOURCE_DIR} $<TARGET_FILE:unit-consensus-reject>)
  set_tests_properties(house/rejects-finds PROPERTIES PASS_REGULAR_EXPRESSION "TX_VIN_EMPTY .* is produced by no test")
  set_tests_properties(house/rejects house/rejects-finds PROPERTIES TIMEOUT 300)
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL yc_rejects_test)
yc_unit(consensus/multisigs DEPENDS consensus keys SOURCES consensus/test_multisigs.c)
