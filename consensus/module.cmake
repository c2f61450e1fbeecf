# Scripts are part of this module; their sources are listed beside them.
set(YC_SCRIPT_SOURCES "")
include(${CMAKE_CURRENT_LIST_DIR}/script/sources.cmake OPTIONAL)
yc_module(consensus PATH consensus PURE DEPENDS base crypto SOURCES
  reject.c describe.c tx.c header.c pow.c merkle.c block.c signet.c accept.c inputs.c connect.c checks.c params.c params_builtin.c
  ${YC_SCRIPT_SOURCES})

# The same for other programs, behind a public header.
set(YC_PUBLIC_SOURCES reason.c chain.c verify.c headers.c block.c)
include(${CMAKE_CURRENT_LIST_DIR}/public/library.cmake)
