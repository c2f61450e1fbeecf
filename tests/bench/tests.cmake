# ycoin-bench times the parts; bench.py adds the whole programs and the machine. The smoke run checks that every bench runs.
if(TARGET yc_node-chain AND TARGET yc_keys)
  set(bench_lanes "")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(bench_lanes lanes_avx512.c lanes_avx2.c)
    yc_kernel(tests/bench/lanes_avx512.c ${YC_LANES_AVX512_FLAGS})
    yc_kernel(tests/bench/lanes_avx2.c ${YC_LANES_AVX2_FLAGS})
    set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/bench/signatures.c PROPERTIES COMPILE_DEFINITIONS YC_SIGBATCH_X86)
  endif()
  yc_program(ycoin-bench PATH tests/bench NO_INSTALL DEPENDS node-chain keys sys
    SOURCES bench.c hash.c block.c spends.c script.c worst.c coins.c connect.c headers.c
    signatures.c ${bench_lanes} LIBS PkgConfig::SECP256K1)
  yc_program(ycoin-bench-chain PATH tests/bench NO_INSTALL DEPENDS formats keys consensus sys SOURCES make_chain.c spends.c
    LIBS PkgConfig::SECP256K1)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME bench/smoke COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/bench/bench.py --smoke)
  set_tests_properties(bench/smoke PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    ENVIRONMENT YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  if(TARGET ycoind)
    # The same tip and the same coins with every signature checked and with -assumevalid.
    add_test(NAME bench/import COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/bench/import.py --small)
    set_tests_properties(bench/import PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};BITCOIND=")
    # The same transactions come into the pool whichever way they come.
    add_test(NAME bench/pool COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/bench/pool.py --small)
    set_tests_properties(bench/pool PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};BITCOIND=")
  endif()
  # Ratios say something of optimised code only.
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT (YC_SANITIZE OR YC_TSAN OR YC_FUZZ OR YC_COVERAGE))
    add_test(NAME bench/check COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/bench/bench.py --check --seconds=0.3)
    set_tests_properties(bench/check PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      ENVIRONMENT YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  endif()
endif()
