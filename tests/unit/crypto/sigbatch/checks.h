/* Signatures for the tests of the lane engine, made by libsecp256k1 and by arithmetic modulo n: honest ones, and ones
 * whose signature equation meets whatever scalars and points a test wants. */
#ifndef YC_TESTS_SIGBATCH_CHECKS_H
#define YC_TESTS_SIGBATCH_CHECKS_H

#include "crypto/sigbatch/scalar.h"
#include "crypto/sigbatch/sigbatch.h"
#include "unit/crypto/sigbatch/random.h"

/* A task with its bytes. */
struct check {
    enum yc_sig_kind kind;
    uint8_t pubkey[65], sig[96], msg32[32];
    size_t pubkey_n, sig_n;
};

/** The task that borrows c's bytes. */
struct yc_sig_task check_task(const struct check *c);

/** From the stream of random.h. */
struct yc_scalar check_random_scalar(uint64_t *state);

/** a + b modulo n. */
struct yc_scalar check_add(const struct yc_scalar *a, const struct yc_scalar *b);

/** A scalar from hexadecimal text, modulo n. */
struct yc_scalar check_scalar(const char *hex);

/** An honest signature by a random key of a random message. Keys are compressed, or uncompressed with `whole`. */
void check_ecdsa(struct check *out, uint64_t *state, bool whole);
void check_bip340(struct check *out, uint64_t *state);
/** A BIP 340 signature that is right but for its nonce's point, whose y is odd. */
void check_bip340_odd(struct check *out, uint64_t *state);

/** An ECDSA signature by the key d whose equation is g·G + q·(d·G); valid unless that is infinity, when it returns false.
 *  d and q must not be 0. */
bool check_equation(struct check *out, const struct yc_scalar *d, const struct yc_scalar *g, const struct yc_scalar *q);

/** The same equation, but of some r that has nothing to do with it: bad, whatever the sum is. */
void check_false_equation(struct check *out, uint64_t *state, const struct yc_scalar *d, const struct yc_scalar *g,
                          const struct yc_scalar *q);

/** An ECDSA signature of (r, s) for a message; the key is the one for which the nonce's point has the x-coordinate x32.
 *  False when x32 is no x-coordinate. */
bool check_recovered(struct check *out, const uint8_t x32[32], const struct yc_scalar *r, const struct yc_scalar *s,
                     const uint8_t msg32[32]);

/** The scalar's 32 bytes, most significant first. */
void check_scalar_bytes(uint8_t out32[32], const struct yc_scalar *a);

/** Replace the signature by (r, s) in DER, each in 32 bytes with a zero before it. */
void check_set_rs(struct check *c, const uint8_t r32[32], const uint8_t s32[32]);

#endif
