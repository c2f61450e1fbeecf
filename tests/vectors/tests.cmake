# yc-vectors and its runs. A file that is absent is a skipped test, or a failed one when YCOIN_REQUIRE_VECTORS=1.
yc_program(yc-vectors DEPENDS consensus sys LIBS PkgConfig::JSONC m SOURCES
  tests/vectors/main.c tests/vectors/vectors.c tests/vectors/spending.c tests/vectors/script_tests.c
  tests/vectors/tx_rows.c tests/vectors/sighash.c tests/vectors/script_assets.c tests/vectors/bip341.c)
target_include_directories(yc-vectors PRIVATE ${CMAKE_SOURCE_DIR}/tests)

if(DEFINED ENV{YCOIN_VECTORS})
  set(YC_VECTORS $ENV{YCOIN_VECTORS})
else()
  set(YC_VECTORS ../shared/vectors)
endif()

# yc_vectors(KIND FILE..): ctest entry vectors/KIND over files of the vectors' folder.
function(yc_vectors KIND)
  list(TRANSFORM ARGN PREPEND ${YC_VECTORS}/)
  add_test(NAME vectors/${KIND} COMMAND yc-vectors --${KIND} ${ARGN})
  set_tests_properties(vectors/${KIND} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

yc_vectors(script-tests script_tests.json)
yc_vectors(tx-valid tx_valid.json)
yc_vectors(tx-invalid tx_invalid.json)
yc_vectors(sighash sighash.json)
yc_vectors(script-assets script_assets_sample.json)
yc_vectors(bip341 bip341_wallet_vectors.json)
