/* The back end for AVX-IFMA, where the compiler does not have it, in AVX-512's encoding. */
#include "crypto/sigbatch/lanes_avx_ifma.c"
