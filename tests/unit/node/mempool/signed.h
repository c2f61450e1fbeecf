/* Coins of the usual forms under a few keys, and what unlocks them: transactions with true signatures for tests of the
 * pool. One set of keys for the program. */
#ifndef YC_TESTS_NODE_MEMPOOL_SIGNED_H
#define YC_TESTS_NODE_MEMPOOL_SIGNED_H

#include "fixture.h"
#include "keys/sign.h"

#define KEYS 8

enum form { P2WPKH, P2TR, P2PKH, P2SH_P2WPKH, MULTISIG, FORMS };

struct key {
    uint8_t secret[32], pubkey[33];
    uint8_t multisig[128]; /* 2 of this key and the next two */
    size_t multisig_n;
};

struct coin {
    struct yc_outpoint at;
    int64_t value_sat;
    enum form form;
    size_t key;
};

struct keys {
    struct yc_signer *signer;
    struct yc_random random; /* everything that is random comes from it */
    struct yc_random_seeded seeded;
    struct key key[KEYS];
};
extern struct keys keys;

/** For groups of tests. */
int keys_set_up(void **state);
int keys_tear_down(void **state);
/** Begin anew from this seed, with new keys. */
void keys_seed(uint64_t seed);
/** Below n. */
size_t pick(size_t n);

/** The script that pays to this key in this form, written to out. */
struct yc_view script_of(enum form form, size_t key, uint8_t out[34]);

/* What unlocks an input lies here. */
struct unlocked {
    struct yc_input_signature sig;
    uint8_t der[2][YC_ECDSA_DER_MAX + 1];
    struct yc_view witness[4];
};
/** Sign the input, which spends the coin; spend is made by yc_spend_init_to_sign(). */
void sign_coin(struct unlocked *u, const struct yc_spend *spend, uint32_t input, const struct coin *coin,
               struct yc_txin *in);
/** Change a byte of what unlocks it, in a signature or a key. */
void spoil(struct yc_txin *in);

#endif
