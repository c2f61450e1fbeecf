yc_unit(miner/kernels DEPENDS miner crypto sys SOURCES miner/test_kernels.c)
yc_unit(miner/job DEPENDS miner consensus crypto sys SOURCES miner/test_job.c)
yc_unit(miner/board DEPENDS miner consensus crypto sys SOURCES miner/test_board.c)

# The program as a whole, against a node that is not ours.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(case mines_blocks two_miners_differ drops_old_work lives_through_restarts keeps_a_found_block
             waits_for_a_syncing_node goes_on_after_rejections refuses_what_cannot_work takes_a_url without_long_polls
             benchmark)
  add_test(NAME unit/miner/program/${case}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/test_miner.py $<TARGET_FILE:ycoin-miner> ${case})
  set_tests_properties(unit/miner/program/${case} PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
