/* Which coins pay for a payment, and what it costs. Pure arithmetic over amounts; any thread.
 *
 * Attacks and accidents it answers (catalogue W12 to W14): overflow, negative or dusty change, a fee nobody meant.
 * Invariant of every answer: inputs = outputs + change + fee. One unit of fee rate everywhere: base units per 1,000
 * virtual bytes (sat/kvB). */
#ifndef YC_WALLET_SELECT_H
#define YC_WALLET_SELECT_H

#include "base/alloc.h"
#include "base/random.h"
#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YC_FEE_RATE_MAX_SAT_KVB INT64_C(100000000) /* a coin per 1,000 vbytes: above is surely a slip */
#define YC_FEE_MAX_SAT          INT64_C(10000000)  /* 0.1 coin */
#define YC_SELECT_COINS_MAX     1400               /* inputs of one payment: it stays a standard transaction */

/** The fee of a transaction of this weight: virtual bytes (rounded up) times the rate, rounded up. */
int64_t yc_fee_sat(uint64_t weight, int64_t rate_sat_kvb);

/** The least amount of an output with this script that nodes relay: what the output and the input that spends it cost
 *  at 3,000 sat/kvB. Source: Bitcoin Core's dust rule. */
int64_t yc_dust_sat(size_t script_bytes, bool witness_program);

struct yc_select_ask {
    const int64_t *coins_sat; /* largest first; each 1..YC_MONEY_MAX */
    size_t coin_count;
    int64_t amount_sat;      /* to the recipient; ignored with everything */
    int64_t rate_sat_kvb;    /* 0..YC_FEE_RATE_MAX_SAT_KVB */
    uint64_t base_weight;    /* of the transaction without inputs and change; the number of inputs is one byte */
    uint64_t input_weight;   /* of one signed input */
    uint64_t change_weight;  /* of the change output */
    int64_t change_dust_sat; /* change below becomes fee */
    int64_t recipient_dust_sat;
    bool subtract_fee; /* the recipient gets the amount less the fee */
    bool use_all;      /* spend every coin given */
    bool everything;   /* spend every coin given, all to the recipient */
};

struct yc_select_answer {
    uint8_t *chosen; /* coin_count bytes, the caller's: 1 for each coin that is spent */
    size_t chosen_count;
    int64_t in_sat;
    int64_t recipient_sat;
    int64_t change_sat; /* 0: no change output */
    int64_t fee_sat;
};

/** Choose coins: such that need no change if there are (branch and bound, a bounded number of steps), else the smallest
 *  single coin that suffices, else the largest ones.
 *  Returns YC_VALID; YC_NOT_YET when the coins do not suffice, with a sentence of what is there and what is needed;
 *  YC_INVALID when the amount is zero, out of range or dust, or when more than YC_SELECT_COINS_MAX would be needed. */
enum yc_verdict yc_select_coins(struct yc_select_answer *out, const struct yc_select_ask *ask,
                                struct yc_error *err) YC_MUST_USE;

/** Refuse a fee that looks like a slip: above max_sat when it is not negative, else above YC_FEE_MAX_SAT, or above
 *  100,000 and a tenth of the amount. YC_POLICY with a sentence that names --max-fee. */
enum yc_verdict yc_fee_guard(int64_t fee_sat, int64_t amount_sat, int64_t max_sat, struct yc_error *err) YC_MUST_USE;

#endif
