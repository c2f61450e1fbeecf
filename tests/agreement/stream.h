/* Signatures without end from a seed, cheap to make: 4 us each, where libsecp256k1 signs in 40. Keys and nonces walk in
 * steps of one addition of points; s is drawn and the message follows from it, so nothing is divided. Good and bad ones,
 * both kinds, keys of both lengths, S in both halves. libsecp256k1 does the points, so that what it is held against has no part
 * in them. For tests/agreement alone. */
#ifndef YC_TESTS_AGREEMENT_STREAM_H
#define YC_TESTS_AGREEMENT_STREAM_H

#include <secp256k1.h>

#include "base/random.h"
#include "crypto/sigbatch/sigbatch.h"

#define STREAM_SLOTS 32

/* a·G and a. */
struct stream_point {
    secp256k1_pubkey point;
    uint8_t scalar32[32];
};

struct stream {
    const secp256k1_context *secp;
    struct yc_random_seeded state;
    struct yc_random random;
    struct stream_point slots[STREAM_SLOTS], step;
    unsigned at;
};

/* A task with its bytes. */
struct sample {
    enum yc_sig_kind kind;
    bool honest; /* nothing about it was spoilt: it must be good */
    uint8_t pubkey[65], sig[80], msg32[32];
    size_t pubkey_n, sig_n;
};

/** The signatures of one slice of a seed. secp can multiply G (any context made by secp256k1_context_create()) and must
 *  outlive *s; s must stay where it is. */
void stream_init(struct stream *s, const secp256k1_context *secp, uint64_t seed, uint64_t slice);
void stream_next(struct stream *s, struct sample *out);

#endif
