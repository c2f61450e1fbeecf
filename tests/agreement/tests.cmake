# ycoin-agreement holds the lanes against libsecp256k1 over as many signatures as one wants; a million of them here, in four
# parts that run beside each other, and a tenth as many through AVX2 where that is not the best. Sanitizers make libsecp256k1 no slower but all else: a tenth of them there.
yc_program(ycoin-agreement PATH tests/agreement NO_INSTALL DEPENDS sys crypto SOURCES main.c judge.c stream.c
  LIBS PkgConfig::SECP256K1)
set(agreement_count 250000)
if(YC_SANITIZE OR YC_TSAN OR YC_FUZZ OR YC_COVERAGE)
  set(agreement_count 25000)
endif()
foreach(seed 1 2 3 4)
  add_test(NAME agreement/${seed} COMMAND ycoin-agreement --seed=${seed} --count=${agreement_count} --threads=1)
  set_tests_properties(agreement/${seed} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
add_test(NAME agreement/avx2 COMMAND ycoin-agreement --seed=5 --count=100000 --threads=1 --lanes=avx2)
set_tests_properties(agreement/avx2 PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
