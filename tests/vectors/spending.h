/* Verifying inputs for vectors: by every way that must give the same verdict. */
#ifndef YC_TESTS_VECTORS_SPENDING_H
#define YC_TESTS_VECTORS_SPENDING_H

#include "consensus/script/verify.h"
#include "vectors/vectors.h"

/** Verify at once. */
enum yc_script_error spending_verify(const struct yc_spend *s, uint32_t input, uint32_t flags);

/** Verify with signatures in a batch (consensus/checks.h), by lanes and libsecp256k1. Must equal spending_verify(). */
enum yc_script_error spending_verify_deferred(const struct yc_spend *s, uint32_t input, uint32_t flags);

/* Flag sets that soft forks allow: WITNESS comes with P2SH, CLEANSTACK and TAPROOT with WITNESS. */
bool spending_flags_allowed(uint32_t flags);
/** Drop flags until the set is allowed; add flags until it is. */
uint32_t spending_flags_trim(uint32_t flags);
uint32_t spending_flags_fill(uint32_t flags);

#define SPENDING_FLAGS_ALL (YC_SCRIPT_FLAGS_STANDARD | YC_SCRIPT_SIGPUSHONLY)

#endif
