/* Signed transactions for benches: one input and one output of one form, under one key. One thread. */
#ifndef YC_TESTS_BENCH_SPENDS_H
#define YC_TESTS_BENCH_SPENDS_H

#include <secp256k1_extrakeys.h>

#include "consensus/script/verify.h"
#include "tests/bench/bench.h"

enum spend_form { SPEND_P2PKH, SPEND_P2WPKH, SPEND_P2TR, SPEND_P2WSH_2OF3 };

/* The keys, and the script that an output of the form has. */
struct spend_kit {
    const struct bench *bench;
    enum spend_form form;
    uint8_t secret[3][32], pubkey[3][33];
    secp256k1_keypair output; /* of P2TR */
    uint8_t script[40];
    size_t script_n;
    uint8_t multisig[128]; /* the witness script of P2WSH */
    size_t multisig_n;
};

/** Draw keys and make the script. */
void spend_kit_init(struct spend_kit *k, const struct bench *b, enum spend_form form);

/** Sign one input, which spends an output of the kit: what unlocks it is written to *in and lies in arena. spend is the
 *  transaction with everything it spends (yc_spend_init_to_sign). */
void spend_unlock(const struct spend_kit *k, struct yc_arena *arena, const struct yc_spend *spend, uint32_t input,
                  struct yc_txin *in);

/** A signed transaction that moves value_sat, less fee_sat, from the outpoint, which has the kit's script, to the same
 *  script. Its bytes, ids and everything it points to lie in arena. */
struct yc_tx *spend_make(const struct spend_kit *k, struct yc_arena *arena, const struct yc_outpoint *from,
                         int64_t value_sat, int64_t fee_sat);

#endif
