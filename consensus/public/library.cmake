# libycoin-consensus, for other programs: the public API over the modules consensus, crypto and base, joined into one object
# in which nothing but the public API is global. Inside this build it is the module consensus-public, so that the tests of
# every preset reach it. It shares the folder consensus/, and so the include root of that module.
set_property(GLOBAL PROPERTY YC_PATH_consensus-public consensus)
set_property(GLOBAL PROPERTY YC_DEPENDS_consensus-public consensus)
list(TRANSFORM YC_PUBLIC_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/ OUTPUT_VARIABLE public_sources)
add_library(yc_consensus-public STATIC ${public_sources})
target_include_directories(yc_consensus-public PRIVATE ${CMAKE_BINARY_DIR}/layers/consensus)
target_link_libraries(yc_consensus-public PRIVATE yc_flags PUBLIC yc_consensus)

# An instrumented library would need its user instrumented too.
if(YC_SANITIZE OR YC_TSAN OR YC_FUZZ OR YC_COVERAGE)
  return()
endif()
include(GNUInstallDirs)
set(parts yc_consensus-public yc_consensus yc_crypto yc_base)
set_target_properties(${parts} PROPERTIES YC_IN_SHARED_LIBRARY ON)
set(joined ${CMAKE_BINARY_DIR}/lib/ycoin-consensus.o)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
add_custom_command(OUTPUT ${joined} DEPENDS ${parts} VERBATIM
  COMMAND ${CMAKE_LINKER} -r -o ${joined}.all --whole-archive $<TARGET_FILE:yc_consensus-public> --no-whole-archive
          $<TARGET_FILE:yc_consensus> $<TARGET_FILE:yc_crypto> $<TARGET_FILE:yc_base>
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${joined}.all ${joined})

add_library(ycoin-consensus SHARED ${joined})
add_library(ycoin-consensus-static STATIC ${joined})
set_target_properties(ycoin-consensus ycoin-consensus-static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME ycoin-consensus
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set_target_properties(ycoin-consensus PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
target_link_libraries(ycoin-consensus PRIVATE PkgConfig::CRYPTO PkgConfig::SECP256K1)
target_link_options(ycoin-consensus PRIVATE -Wl,--no-undefined -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

# The file finds the library from its own place, so that an installed tree may be moved.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
configure_file(${CMAKE_CURRENT_LIST_DIR}/ycoin-consensus.pc.in ${CMAKE_BINARY_DIR}/lib/ycoin-consensus.pc @ONLY)
install(TARGETS ycoin-consensus ycoin-consensus-static COMPONENT consensus-library)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/ycoin_consensus.h TYPE INCLUDE COMPONENT consensus-library)
install(FILES ${CMAKE_BINARY_DIR}/lib/ycoin-consensus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT consensus-library)
