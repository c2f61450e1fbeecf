# What `cmake --install` (./do install) puts beside the programs: manual pages, chain files, completion, systemd unit.
# The pages come from the programs' own --help, so that they cannot fall behind it.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(YC_PAGES "")
foreach(program ycoind ycoin-cli ycoin-wallet ycoin-miner)
  if(TARGET ${program} AND NOT (YC_SANITIZE OR YC_TSAN OR YC_FUZZ OR YC_COVERAGE))
    set(page ${CMAKE_BINARY_DIR}/man/${program}.1)
    add_custom_command(OUTPUT ${page} DEPENDS ${program} ${CMAKE_SOURCE_DIR}/tools/make_man.py
      COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/make_man.py $<TARGET_FILE:${program}> ${page})
    list(APPEND YC_PAGES ${page})
  endif()
endforeach()
if(YC_PAGES)
  add_custom_target(man ALL DEPENDS ${YC_PAGES})
  install(FILES ${YC_PAGES} DESTINATION share/man/man1)
endif()

file(GLOB chain_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/chains/*.json)
install(FILES ${chain_files} DESTINATION share/ycoin/chains)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/completion.bash DESTINATION share/bash-completion/completions RENAME ycoin-cli)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/doc/rules.md
  ${CMAKE_SOURCE_DIR}/doc/rpc.md DESTINATION share/doc/ycoin)

# The unit names the programs by their whole path, which is known only now.
install(CODE "set(AT \"@\")
configure_file(\"${CMAKE_SOURCE_DIR}/cmake/ycoind.service.in\"
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/ycoind.service\" @ONLY)
message(STATUS \"Installing: \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/ycoind.service\")")
