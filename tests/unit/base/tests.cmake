yc_unit(base/memory DEPENDS base SOURCES base/test_memory.c)
yc_unit(base/bytes DEPENDS base SOURCES base/test_bytes.c)
yc_unit(base/u256 DEPENDS base SOURCES base/test_u256.c)
yc_unit(base/progress DEPENDS base SOURCES base/test_progress.c)
yc_unit(base/spread DEPENDS base SOURCES base/test_spread.c)
yc_unit(base/map DEPENDS base SOURCES base/test_map.c)
yc_unit(base/hash DEPENDS base SOURCES base/test_hash.c LIBS PkgConfig::JSONC)

# The rules of the house that no compiler checks, and for each check a probe that it must find.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME house/source COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_includes.py ${CMAKE_SOURCE_DIR})
file(WRITE ${CMAKE_BINARY_DIR}/house-probe/probe.h "#include \"../up.h\"\nstatic inline int f(void) { return rand(); }\n")
add_test(NAME house/source-finds COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_includes.py
         ${CMAKE_BINARY_DIR}/house-probe)
set_tests_properties(house/source-finds PROPERTIES PASS_REGULAR_EXPRESSION
  "does not open with a comment.*an include goes up.*rand\\(\\) is banned.*1 files, 3 problems")

# Documents that are made from tables must be what the tables say.
add_test(NAME house/rules COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/make_rules.py --check)
add_test(NAME house/rpc COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/make_rpc.py --check)

add_library(purity-probe STATIC ${CMAKE_CURRENT_LIST_DIR}/purity_probe.c)
target_link_libraries(purity-probe PRIVATE yc_flags)

# Called when every module is known. Sanitizers and coverage put symbols of their own into every library.
function(yc_purity_tests)
  get_property(modules GLOBAL PROPERTY YC_PURE_MODULES)
  set(libraries "")
  foreach(m ${modules})
    list(APPEND libraries ${m}=$<TARGET_FILE:yc_${m}>)
  endforeach()
  set(check Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_purity.py ${CMAKE_NM})
  add_test(NAME house/purity COMMAND ${check} ${libraries})
  add_test(NAME house/purity-finds COMMAND ${check} probe=$<TARGET_FILE:purity-probe>)
  set_tests_properties(house/purity-finds PROPERTIES PASS_REGULAR_EXPRESSION
    "refers to malloc \\(memory\\).*refers to time \\(time\\).*1 pure modules, 2 forbidden symbols")
  if(YC_SANITIZE OR YC_TSAN OR YC_FUZZ OR YC_COVERAGE)
    set_tests_properties(house/purity house/purity-finds PROPERTIES DISABLED TRUE)
  endif()
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL yc_purity_tests)
