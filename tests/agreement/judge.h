/* Slices of a stream through the lanes and through libsecp256k1, and what came of it. For tests/agreement alone. */
#ifndef YC_TESTS_AGREEMENT_JUDGE_H
#define YC_TESTS_AGREEMENT_JUDGE_H

#include <secp256k1.h>

#include "crypto/sigbatch/sigbatch.h"

#define SLICE_SIGNATURES 16384u

struct totals {
    uint64_t checked, good, sure; /* good: by libsecp256k1; sure: by the lanes */
    /* differences, each printed on standard error with its bytes */
    uint64_t accepted; /* by the lanes and refused by libsecp256k1 */
    uint64_t missed;   /* honest, and the lanes do not know it */
    uint64_t refused;  /* honest, and libsecp256k1 refuses it: the stream is wrong, or libsecp256k1 */
};

struct judge; /* opaque: one thread's room */

/** NULL: no memory. What is borrowed must outlive it. */
struct judge *judge_new(const struct yc_sigengine *engine, const secp256k1_context *secp);
void judge_free(struct judge *j);

/** Add the first `signatures` (at most SLICE_SIGNATURES) of a slice to *t. */
void judge_slice(struct judge *j, uint64_t seed, uint64_t slice, unsigned signatures, struct totals *t);

#endif
