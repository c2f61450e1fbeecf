/* What BIP 54 leaves of the worst transactions: 2500 signature operations in legacy inputs, spent in the two ways that
 * cost most, and a block full of the worse of them. */
#include "tests/bench/spends.h"

#include "consensus/connect.h"
#include "consensus/script/checker.h"
#include "consensus/script/sighash.h"

#define INPUTS_MAX     40
#define SCRIPT_BYTES   8192
#define MULTISIG_KEYS  20
#define MULTISIG_UNITS 9  /* of 22 counted operations each: 201 are allowed */
#define CHECKSIG_UNITS 67 /* of 3 */
#define BLOCK_BYTES    1000000
#define BLOCK_OTHER    300 /* header and coinbase */

/* Inputs whose scripts make so many signature operations that BIP 54 allows no more, and one output that fills up. */
struct worst {
    struct spend_kit kit;
    uint8_t script[2][SCRIPT_BYTES]; /* of all inputs but the last; of the last */
    size_t script_n[2];
    struct yc_txin in[INPUTS_MAX];
    struct yc_spent spent[INPUTS_MAX];
    struct yc_coin coin[INPUTS_MAX];
    uint8_t filler[BLOCK_BYTES];
    struct yc_txout out;
    struct yc_tx tx;
    struct yc_spend spend;
    struct yc_script_machine *machine;
};

/* A signature that is in order and wrong: R = S = 1. */
static const uint8_t wrong_signature[9] = {0x30, 6, 2, 1, 1, 2, 1, 1, YC_SIGHASH_ALL};

/* One signature is held against 20 keys, none of which made it; the answer is dropped. */
static void write_multisig(struct yc_writer *w, const struct spend_kit *kit)
{
    yc_writer_u8(w, YC_OP_0);
    yc_writer_var_bytes(w, yc_view(wrong_signature, sizeof wrong_signature));
    yc_writer_u8(w, YC_OP_1);
    for (size_t i = 0; i < MULTISIG_KEYS; i++)
        yc_writer_var_bytes(w, yc_view(kit->pubkey[i % 3], 33));
    yc_writer_bytes(w, "\x01\x14", 2); /* 20 */
    yc_writer_u8(w, YC_OP_CHECKMULTISIG);
    yc_writer_u8(w, YC_OP_DROP);
}

/* What is signed begins at the last OP_CODESEPARATOR: each digest is of another megabyte. */
static void write_checksig(struct yc_writer *w, const struct spend_kit *kit)
{
    yc_writer_var_bytes(w, yc_view(wrong_signature, sizeof wrong_signature));
    yc_writer_var_bytes(w, yc_view(kit->pubkey[0], 33));
    yc_writer_u8(w, YC_OP_CHECKSIG);
    yc_writer_u8(w, YC_OP_DROP);
    yc_writer_u8(w, YC_OP_CODESEPARATOR);
}

/* Make the transaction: `units` of these in each script but the last, which has what is left of 2500. */
static void make_worst(struct worst *x, const struct bench *b, bool multisig, size_t filler_n)
{
    size_t units = multisig ? MULTISIG_UNITS : CHECKSIG_UNITS, each = multisig ? MULTISIG_KEYS : 1;
    size_t all = YC_TX_LEGACY_SIGOPS_MAX / each, inputs = (all + units - 1) / units;
    spend_kit_init(&x->kit, b, SPEND_P2PKH);
    for (size_t k = 0; k < 2; k++) {
        struct yc_writer w;
        yc_writer_init(&w, x->script[k], SCRIPT_BYTES);
        for (size_t i = 0; i < (k ? all - (inputs - 1) * units : units); i++)
            (multisig ? write_multisig : write_checksig)(&w, &x->kit);
        yc_writer_u8(&w, YC_OP_1);
        x->script_n[k] = w.n;
    }
    yc_random_fill(b->random, (uint8_t *)x->filler, sizeof x->filler);
    x->filler[0] = YC_OP_RETURN;
    for (size_t i = 0; i < inputs; i++) {
        size_t k = i + 1 == inputs;
        struct yc_view script = yc_view(x->script[k], x->script_n[k]);
        x->in[i] = (struct yc_txin){.prevout.index = (uint32_t)i, .sequence = YC_SEQUENCE_FINAL};
        x->spent[i] = (struct yc_spent){YC_COIN, script};
        x->coin[i] = (struct yc_coin){.value_sat = YC_COIN, .script = script};
    }
    x->out = (struct yc_txout){YC_COIN, yc_view(x->filler, filler_n)};
    x->tx = (struct yc_tx){.version = 2, .in_count = (uint32_t)inputs, .out_count = 1, .in = x->in, .out = &x->out};
    yc_spend_init(&x->spend, &x->tx, x->spent);
    const struct yc_tx_coins coins = {&x->tx, x->coin};
    if (yc_tx_legacy_sigops_bip54(&coins) != YC_TX_LEGACY_SIGOPS_MAX)
        bench_die("the worst transaction has %d signature operations", (int)yc_tx_legacy_sigops_bip54(&coins));
}

/* Bytes of a transaction of so many inputs without scripts, and one output. */
static size_t tx_bytes(size_t inputs, size_t filler_n)
{
    return 4 + 1 + 41 * inputs + 1 + 8 + (filler_n < 253 ? 1 : 5) + filler_n + 4;
}

/* Microseconds to verify all inputs. */
static double verify_once(struct bench *b, struct worst *x)
{
    int64_t begun = yc_mono_us(b->clock);
    for (uint32_t i = 0; i < x->tx.in_count; i++) {
        enum yc_script_error e =
            yc_script_verify(&x->spend, i, YC_SCRIPT_FLAGS_CONSENSUS, yc_checker_now(), x->machine);
        if (e != YC_SCRIPT_OK)
            bench_die("an input of the worst transaction fails with %s", yc_script_error_name(e));
    }
    return (double)(yc_mono_us(b->clock) - begun);
}

/* The fastest of as many times as there is time for. */
static double verify_all(struct bench *b, struct worst *x)
{
    int64_t begun = yc_mono_us(b->clock);
    double best_us = verify_once(b, x);
    while (yc_mono_us(b->clock) - begun < b->least_us) {
        double us = verify_once(b, x);
        best_us = us < best_us ? us : best_us;
    }
    return best_us;
}

void bench_worst(struct bench *b)
{
    static struct worst x;
    const char *hashes = "worst/tx-hashes", *checks = "worst/tx-checks", *block = "worst/block";
    bool wants_hashes = bench_wants(b, hashes), wants_checks = bench_wants(b, checks) || bench_wants(b, block);
    if (!wants_hashes && !wants_checks)
        return;
    x.machine = yc_script_machine_new(b->alloc);
    if (!x.machine)
        bench_die("no memory for a script machine");
    if (wants_hashes) {
        size_t inputs = (YC_TX_LEGACY_SIGOPS_MAX + CHECKSIG_UNITS - 1) / CHECKSIG_UNITS;
        make_worst(&x, b, false, BLOCK_BYTES - BLOCK_OTHER - tx_bytes(inputs, 253) + 253);
        bench_result(b, hashes, "transactions", 1, verify_all(b, &x));
    }
    if (wants_checks) {
        make_worst(&x, b, true, 1);
        double us = verify_all(b, &x);
        size_t count = (BLOCK_BYTES - BLOCK_OTHER) / tx_bytes(x.tx.in_count, 1);
        bench_result(b, checks, "transactions", 1, us);
        /* A whole block of them takes minutes; its transactions are alike and share nothing. */
        bench_result(b, block, "blocks", 1, us * (double)count);
    }
    yc_script_machine_free(x.machine);
}
