# functional/NAME: tests/functional/NAME.py over real processes. They choose free ports and folders of their own, so any
# number may run at once. Exit status 77 is a skip: something that the test needs is not on this machine.
function(yc_functional)
  cmake_parse_arguments(F "" "TIMEOUT" "NAMES" ${ARGN})
  foreach(name ${F_NAMES})
    add_test(NAME functional/${name} COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/functional/${name}.py)
    set_tests_properties(functional/${name} PROPERTIES TIMEOUT ${F_TIMEOUT} SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      ENVIRONMENT "YCOIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};YCOIN_WAIT_S=120;PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endfunction()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(TARGET ycoind)
  yc_functional(TIMEOUT 300 NAMES
    engines
    fault_depth
    fault_disk fault_process bad_datadir
    fault_flood
    fault_torture
    launch_old_genesis
    mempool_conflict
    node_start_stop
    notify
    p2p_attacks
    p2p_bad_messages
    p2p_compact
    p2p_relay
    p2p_reorg
    peers
    persistence
    rpc_blockchain
    rpc_http
    rpc_mining
    rpc_rawtx
    signet)
  yc_functional(TIMEOUT 300 NAMES
    assumeutxo
    indexes
    loadblock
    pruning
    snapshot)
endif()
if(TARGET ycoind AND TARGET ycoin-cli)
  yc_functional(TIMEOUT 120 NAMES
    cli)
endif()
if(TARGET ycoind AND TARGET ycoin-wallet)
  yc_functional(TIMEOUT 300 NAMES
    wallet_file
    wallet_passphrase
    wallet_pay
    wallet_unlock)
endif()
if(TARGET ycoind AND TARGET ycoin-cli AND TARGET ycoin-wallet AND TARGET ycoin-miner)
  yc_functional(TIMEOUT 300 NAMES
    demo
    net
    readme)
endif()
