# The signature engine, part of the module crypto. The lanes are a file of their own with their own flags, used only behind
# a run-time check; the table of G is made by our own generator at build time.
set(YC_SIGBATCH_SOURCES sigbatch/sigbatch.c sigbatch/engine.c sigbatch/back_ends.c sigbatch/prepare.c sigbatch/scalar.c)
yc_kernel(crypto/sigbatch/scalar.c)
add_executable(yc_make_gtable ${CMAKE_SOURCE_DIR}/crypto/sigbatch/make_gtable.c)
target_link_libraries(yc_make_gtable PRIVATE yc_flags)
set(YC_GTABLE ${CMAKE_BINARY_DIR}/generated/crypto/gtable.c)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated/crypto)
add_custom_command(OUTPUT ${YC_GTABLE} DEPENDS yc_make_gtable VERBATIM
  COMMAND sh -c "$<TARGET_FILE:yc_make_gtable> 2048 > ${YC_GTABLE}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(YC_LANES_AVX512_FLAGS -mavx512f -mavx512ifma -mbmi2)
  set(YC_LANES_AVX2_FLAGS -mavx2)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # gcc would jam the squarings of one number together, which are meant to alternate with those of others: 3 %. With 16
    # registers it keeps more alive than they hold: 15 %.
    list(APPEND YC_LANES_AVX512_FLAGS -fno-loop-unroll-and-jam)
    list(APPEND YC_LANES_AVX2_FLAGS -fno-loop-unroll-and-jam -flive-range-shrinkage)
  endif()
  list(APPEND YC_SIGBATCH_SOURCES sigbatch/lanes_avx512.c sigbatch/lanes_avx2.c)
  yc_kernel(crypto/sigbatch/lanes_avx512.c ${YC_LANES_AVX512_FLAGS})
  yc_kernel(crypto/sigbatch/lanes_avx2.c ${YC_LANES_AVX2_FLAGS})
  set(back_ends YC_SIGBATCH_X86)
  include(CheckCCompilerFlag)
  check_c_compiler_flag(-mavxifma YC_COMPILER_HAS_AVX_IFMA) # gcc 13, clang 16
  if(YC_COMPILER_HAS_AVX_IFMA)
    list(APPEND YC_SIGBATCH_SOURCES sigbatch/lanes_avx_ifma.c)
    list(APPEND back_ends YC_SIGBATCH_AVX_IFMA)
    yc_kernel(crypto/sigbatch/lanes_avx_ifma.c ${YC_LANES_AVX2_FLAGS} -mavxifma)
  endif()
  set_source_files_properties(${CMAKE_SOURCE_DIR}/crypto/sigbatch/back_ends.c PROPERTIES COMPILE_DEFINITIONS "${back_ends}")
endif()
