# yc_unit(NAME DEPENDS … SOURCES …): a cmocka program tests/unit/…, run by ctest under the name unit/NAME. It sees the
# modules that it names and those below them, and tests/support.
find_library(CMOCKA_LIBRARY cmocka REQUIRED)

function(yc_unit NAME)
  cmake_parse_arguments(T "" "" "DEPENDS;SOURCES;LIBS" ${ARGN})
  string(REPLACE "/" "-" target unit-${NAME})
  yc_check_depends(${target} ${T_DEPENDS})
  yc_closure(reach ${T_DEPENDS})
  set(root ${CMAKE_BINARY_DIR}/layers/${target})
  yc_include_root(${root} ${reach})
  list(TRANSFORM T_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/tests/unit/)
  add_executable(${target} ${T_SOURCES})
  target_include_directories(${target} PRIVATE ${root} ${CMAKE_SOURCE_DIR}/tests)
  list(TRANSFORM T_DEPENDS PREPEND yc_)
  target_link_libraries(${target} PRIVATE yc_flags ${T_DEPENDS} ${T_LIBS} ${CMOCKA_LIBRARY})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME unit/${NAME} COMMAND ${target})
  set_tests_properties(unit/${NAME} PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# Each layer's tests are declared beside them.
file(GLOB declarations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*/tests.cmake ${CMAKE_SOURCE_DIR}/tests/unit/*/tests.cmake
     ${CMAKE_SOURCE_DIR}/tests/unit/*/*/tests.cmake)
foreach(file ${declarations})
  include(${file})
endforeach()
