yc_unit(crypto/sha256 DEPENDS crypto SOURCES crypto/test_sha256.c)
yc_unit(crypto/hash DEPENDS crypto SOURCES crypto/test_hash.c)
yc_unit(crypto/secp DEPENDS crypto SOURCES crypto/test_secp.c LIBS PkgConfig::JSONC)
yc_unit(crypto/base58 DEPENDS crypto SOURCES crypto/test_base58.c LIBS PkgConfig::JSONC)
yc_unit(crypto/bech32 DEPENDS crypto SOURCES crypto/test_bech32.c LIBS PkgConfig::JSONC)
yc_unit(crypto/sigbatch-bounds DEPENDS crypto SOURCES crypto/sigbatch/test_bounds.c)
yc_unit(crypto/sigbatch-scalar DEPENDS crypto
  SOURCES crypto/sigbatch/test_scalar.c crypto/sigbatch/checks.c LIBS PkgConfig::SECP256K1)
yc_unit(crypto/sigbatch DEPENDS crypto
  SOURCES crypto/sigbatch/test_sigbatch.c crypto/sigbatch/checks.c crypto/sigbatch/plain_lanes.c LIBS PkgConfig::SECP256K1)
yc_unit(crypto/sigbatch-agreement DEPENDS crypto
  SOURCES crypto/sigbatch/test_agreement.c crypto/sigbatch/checks.c crypto/sigbatch/plain_lanes.c LIBS PkgConfig::SECP256K1)
yc_unit(crypto/muhash DEPENDS crypto SOURCES crypto/test_muhash.c)
yc_unit(crypto/sigbatch-field DEPENDS crypto SOURCES crypto/sigbatch/test_field.c)
if(YC_LANES_AVX512_FLAGS)
  yc_kernel(tests/unit/crypto/sigbatch/test_field_avx512.c ${YC_LANES_AVX512_FLAGS})
  yc_unit(crypto/sigbatch-field-avx512 DEPENDS crypto SOURCES crypto/sigbatch/test_field_avx512.c)
  set_tests_properties(unit/crypto/sigbatch-field-avx512 PROPERTIES SKIP_RETURN_CODE 77)
endif()
