# yc-vectors and its runs. A file that is absent is a skipped test, or a failed one when YCOIN_REQUIRE_VECTORS=1.
yc_program(yc-vectors PATH tests/vectors NO_INSTALL DEPENDS keys formats consensus sys LIBS PkgConfig::JSONC m
  SOURCES main.c vectors.c spending.c chains.c script_tests.c tx_rows.c sighash.c script_assets.c bip143.c bip341.c bip54.c asert.c
          hashing.c encodings.c blockfilters.c own.c own_block.c)
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
yc_vectors(bip54-timestamps bip54_timestamps.json)
yc_vectors(bip54-coinbases bip54_coinbases.json)
yc_vectors(bip54-txsize bip54_txsize.json)
set(runs 01 02 03 04 05 06 07 08 09 10 11 12)
list(TRANSFORM runs PREPEND asert/run)
yc_vectors(asert ${runs})
yc_vectors(siphash siphash.json)
yc_vectors(bip340 bip340_test_vectors.csv)
yc_vectors(blockfilters blockfilters.json bip158_testnet.json)
yc_vectors(base58 base58_encode_decode.json)
yc_vectors(key-io-valid key_io_valid.json)
yc_vectors(key-io-invalid key_io_invalid.json)

# yc_own_vectors(KIND FILE..): the same over files of this repository, which are always there.
function(yc_own_vectors KIND)
  list(TRANSFORM ARGN PREPEND tests/vectors/own/)
  add_test(NAME vectors/${KIND} COMMAND yc-vectors --${KIND} ${ARGN})
  set_tests_properties(vectors/${KIND} PROPERTIES TIMEOUT 600 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

yc_own_vectors(bip143 bip143.json)
yc_own_vectors(bech32 bech32.json)
yc_own_vectors(segwit-addresses segwit_addresses.json)

# What generate.py made and Bitcoin Core judged.
file(GLOB judged RELATIVE ${CMAKE_SOURCE_DIR}/tests/vectors/own CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/vectors/own/core_*.json)
yc_own_vectors(own ${judged})
