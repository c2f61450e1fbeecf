# differential/NAME: ycoind beside the bitcoind that $BITCOIND names (exit status 77, a skip, when it names none).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(TARGET ycoind)
  foreach(name follow compact answers rejects signet indexes snapshot assumeutxo)
    add_test(NAME differential/${name} COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/differential/${name}.py)
  endforeach()
  # A sample of the long runs, which are made by hand: blocks.py --blocks 20000, scripts.py --count 200000,
  # messages.py --cases 100000.
  add_test(NAME differential/blocks COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/differential/blocks.py --blocks 1500)
  add_test(NAME differential/scripts COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/differential/scripts.py --count 3000)
  add_test(NAME differential/messages COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/differential/messages.py --cases 400)
  foreach(name follow compact answers rejects signet indexes snapshot assumeutxo blocks scripts messages)
    set_tests_properties(differential/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};YCOIN_WAIT_S=120;PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endif()
