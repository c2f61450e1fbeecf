# Each kernel is its own file with its own flags: only code behind the run-time check may use an instruction set that the
# baseline lacks.
set(sources sha256.c sha256_tables.c sha256_generic.c hash.c sha3.c secp.c base58.c bech32.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  list(APPEND sources sha256_shani.c sha256_avx512.c)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/crypto/sha256_shani.c PROPERTIES COMPILE_OPTIONS "-mssse3;-msse4.1;-msha")
  set_source_files_properties(${CMAKE_SOURCE_DIR}/crypto/sha256_avx512.c PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512bw")
  set_source_files_properties(${CMAKE_SOURCE_DIR}/crypto/sha256.c ${CMAKE_SOURCE_DIR}/crypto/sha256_shani.c
    ${CMAKE_SOURCE_DIR}/crypto/sha256_avx512.c
    PROPERTIES COMPILE_DEFINITIONS YC_SHA256_X86)
endif()
yc_module(crypto PATH crypto PURE DEPENDS base SOURCES ${sources} LIBS PkgConfig::CRYPTO PkgConfig::SECP256K1)
