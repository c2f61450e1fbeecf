# clients/core: what passes of Bitcoin Core's own functional tests, where $BITCOIN_CORE names its source tree (exit status 77,
# a skip, where it names none). They take minutes: run by hand with --jobs, or here one after another.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(TARGET ycoind)
  add_test(NAME clients/core COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/clients/core_tests.py)
  set_tests_properties(clients/core PROPERTIES TIMEOUT 3600 SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONDONTWRITEBYTECODE=1")
  # clients/bcoin: beside another's node, where $BCOIN names a folder that has it.
  add_test(NAME clients/bcoin COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/clients/bcoin.py)
  set_tests_properties(clients/bcoin PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONDONTWRITEBYTECODE=1")
endif()
