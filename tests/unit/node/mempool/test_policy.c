/* Each refusal of policy.def with Bitcoin Core's string, at its limit and just inside it; and that blocks know nothing
 * of them (catalogue C30). */
#include "fixture.h"

#include "consensus/script/opcodes.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "node/mempool/feerate.h"

#include <stdio.h>

static struct pool_world w;

static int set_up(void **state)
{
    (void)state;
    world_init(&w, NULL);
    mine(&w, 120);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_release(&w);
    return 0;
}

static uint8_t big[TX_BYTES_MAX];

/* A transaction over one coinbase, to be changed by the test before it is written. */
struct draft {
    struct in in;
    struct out out[40];
    struct spec spec;
    int64_t value;
};

static void start(struct draft *d, uint32_t height)
{
    memset(d, 0, sizeof *d);
    d->in.at = coinbase_at(&w, height, &d->value);
    d->in.sequence = UINT32_MAX;
    d->out[0].value_sat = d->value - 100000;
    d->spec = (struct spec){.version = 2, .in = &d->in, .in_count = 1, .out = d->out, .out_count = 1};
}

static struct yc_view raw(const struct draft *d)
{
    return yc_view(big, write_spec(big, sizeof big, &d->spec));
}

static void refused(const struct draft *d, const char *text)
{
    expect(&w, raw(d), YC_POLICY, text);
}

static void taken(const struct draft *d)
{
    expect(&w, raw(d), YC_VALID, "");
}

/* Policy is no rule of blocks: a block may hold it. */
static void minable(const struct draft *d)
{
    uint32_t height = yc_chain_tip(w.chain)->height;
    struct yc_view txs[1] = {raw(d)};
    mine_of(&w, txs, 1);
    assert_int_equal(yc_chain_tip(w.chain)->height, height + 1);
}

/* Pay a script in a block, and give the outpoint. */
static struct yc_outpoint pay(uint32_t height, struct yc_view script, int64_t *value)
{
    struct draft d;
    struct tx t;
    start(&d, height);
    d.out[0].script = script;
    d.out[1].script = yc_view("\x6a", 1); /* else a short script makes 64 bytes, which BIP 54 forbids */
    d.spec.out_count = 2;
    make(&t, &d.spec);
    mine_of(&w, (struct yc_view[]){raw_of(&t)}, 1);
    *value = d.out[0].value_sat;
    return output_of(&t, 0);
}

static struct yc_view p2wsh(uint8_t out34[34], struct yc_view script)
{
    out34[0] = 0;
    out34[1] = 32;
    yc_sha256_once(out34 + 2, script.p, script.n);
    return yc_view(out34, 34);
}

static void versions(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    d.spec.version = 0;
    refused(&d, "version");
    d.spec.version = 4;
    refused(&d, "version");
    minable(&d);
    start(&d, 2);
    d.spec.version = 1;
    taken(&d);
}

static void a_coinbase_is_refused(void **state)
{
    (void)state;
    struct yc_view block;
    struct yc_error err;
    struct yc_template t;
    (void)block;
    assert_int_equal(yc_template_build(&t, w.chain, NULL, &w.clock, &w.options, &err), YC_VALID);
    expect(&w, t.coinbase, YC_POLICY, "coinbase");
    yc_template_release(&t);
}

static void broken_bytes_are_invalid(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    struct yc_view v = raw(&d);
    expect(&w, yc_view(v.p, v.n - 1), YC_INVALID, "tx-parse");
    expect(&w, YC_VIEW_EMPTY, YC_INVALID, "tx-parse");
    d.spec.out_count = 0;
    expect(&w, raw(&d), YC_INVALID, "bad-txns-vout-empty");
    start(&d, 1);
    d.out[0].value_sat = d.value + 1;
    expect(&w, raw(&d), YC_INVALID, "bad-txns-in-belowout");
}

static void sizes(void **state)
{
    (void)state;
    struct draft d;
    static uint8_t script[100000];
    /* Weight of everything but the data script: measured once, then filled to the limit. */
    start(&d, 1);
    d.spec.out_count = 2;
    memset(script, 0, sizeof script);
    script[0] = YC_OP_RETURN;
    script[1] = YC_OP_PUSHDATA4;
    size_t n = 99700;
    for (;; n++) {
        struct yc_tx tx;
        struct yc_arena arena;
        struct yc_reject why;
        yc_put32le(script + 2, (uint32_t)(n - 6));
        d.out[1].script = yc_view(script, n);
        yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
        assert_int_equal(yc_tx_parse(&tx, raw(&d), &arena, &why), YC_VALID);
        uint64_t weight = yc_tx_weight(&tx);
        yc_arena_release(&arena);
        if (weight > 400000)
            break;
    }
    refused(&d, "tx-size");
    n--;
    yc_put32le(script + 2, (uint32_t)(n - 6));
    d.out[1].script = yc_view(script, n);
    taken(&d);
    /* So large that it is not even read. */
    memset(big, 0xff, sizeof big);
    expect(&w, yc_view(big, 400001), YC_POLICY, "tx-size");
    /* 64 bytes without witness: 10 for the frame, 41 for the input, 13 for the output. */
    start(&d, 2);
    d.out[0].script = yc_view("\x6a\x02xy", 4);
    d.out[0].value_sat = d.value - 1000000;
    refused(&d, "tx-size-small");
    d.out[0].script = yc_view("\x6a\x03xyz", 5);
    taken(&d);
}

static void input_scripts(void **state)
{
    (void)state;
    struct draft d;
    static uint8_t push[2000];
    start(&d, 1);
    for (size_t i = 0; i < 3; i++) {
        push[523 * i] = YC_OP_PUSHDATA2;
        yc_put16le(push + 523 * i + 1, 520);
    }
    push[1569] = YC_OP_PUSHDATA1;
    push[1570] = 80;
    d.in.script_sig = yc_view(push, 1651);
    refused(&d, "scriptsig-size");
    push[1570] = 79;
    d.in.script_sig = yc_view(push, 1650);
    /* Witness programs allow no scriptSig: a rule of blocks, not of policy. */
    expect(&w, raw(&d), YC_INVALID, "mempool-script-verify-flag-failed (Witness requires empty scriptSig)");
    d.in.script_sig = yc_view("\x61", 1);
    refused(&d, "scriptsig-not-pushonly");
}

static void output_scripts(void **state)
{
    (void)state;
    struct draft d;
    struct yc_pool_config config;
    uint8_t multisig[200] = {YC_OP_1};
    size_t n = 1;
    start(&d, 1);
    d.out[0].script = yc_view("\x51", 1);
    refused(&d, "scriptpubkey");
    minable(&d);
    for (int i = 0; i < 4; i++) {
        multisig[n++] = 33;
        multisig[n] = 2;
        multisig[n + 32] = (uint8_t)(i + 1);
        n += 33;
    }
    multisig[n++] = YC_OP_4;
    multisig[n++] = YC_OP_CHECKMULTISIG;
    start(&d, 2);
    d.out[0].script = yc_view(multisig, n);
    refused(&d, "scriptpubkey");
    n = 1 + 3 * 34;
    multisig[n++] = YC_OP_3;
    multisig[n++] = YC_OP_CHECKMULTISIG;
    d.out[0].script = yc_view(multisig, n);
    taken(&d);
    yc_pool_config_default(&config);
    config.permit_bare_multisig = false;
    world_new_pool(&w, &config);
    refused(&d, "bare-multisig");
    config.require_standard = false;
    world_new_pool(&w, &config);
    taken(&d);
}

static void data_outputs(void **state)
{
    (void)state;
    struct draft d;
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    config.data_carrier_bytes_max = 20;
    world_new_pool(&w, &config);
    start(&d, 1);
    d.spec.out_count = 3;
    d.out[1].script = yc_view("\x6a\x08zzzzzzzz", 10);
    d.out[2].script = yc_view("\x6a\x09zzzzzzzzz", 11);
    refused(&d, "datacarrier");
    d.out[2].script = d.out[1].script;
    taken(&d);
}

static void m07_dust(void **state)
{
    (void)state;
    static const uint8_t p2pkh[25] = {YC_OP_DUP, YC_OP_HASH160, 20, [23] = YC_OP_EQUALVERIFY, YC_OP_CHECKSIG};
    static const uint8_t p2sh[23] = {YC_OP_HASH160, 20, [22] = YC_OP_EQUAL};
    static const uint8_t p2wpkh[22] = {0, 20}, p2tr[34] = {YC_OP_1, 32};
    const struct {
        struct yc_view script;
        int64_t least_sat;
    } rows[] = {{yc_view(p2pkh, 25), 546}, {yc_view(p2sh, 23), 540},          {yc_view(p2wpkh, 22), 294},
                {yc_view(p2tr, 34), 330},  {yc_view(anyone_script, 34), 330}, {yc_view("\x51\x02\x4e\x73", 4), 240}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;
        start(&d, (uint32_t)i + 1);
        d.spec.out_count = 2;
        d.out[1] = (struct out){rows[i].least_sat - 1, rows[i].script};
        refused(&d, "dust");
        if (i == 0)
            minable(&d);
        start(&d, (uint32_t)i + 10);
        d.spec.out_count = 2;
        d.out[1] = (struct out){rows[i].least_sat, rows[i].script};
        taken(&d);
    }
    /* Without a fee the fee is what is wrong; with no minimum either, dust still is. */
    struct draft d;
    struct yc_pool_config config;
    start(&d, 8);
    d.spec.out_count = 2;
    d.out[1].value_sat = 1;
    d.out[0].value_sat = d.value - 1;
    refused(&d, "min relay fee not met");
    yc_pool_config_default(&config);
    config.min_relay_sat_per_kvb = 0;
    world_new_pool(&w, &config);
    refused(&d, "dust");
    d.spec.out_count = 3;
    d.out[0].value_sat -= 1;
    d.out[2].value_sat = 1;
    refused(&d, "dust");
}

static void time_locks(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    d.in.sequence = 0;
    d.spec.lock_time = 121;
    refused(&d, "non-final");
    d.spec.lock_time = 120;
    taken(&d);
    start(&d, 2);
    d.in.sequence = 0;
    struct yc_ancestors a = yc_node_ancestors(yc_chain_tip(w.chain));
    d.spec.lock_time = (uint32_t)yc_median_time_past(&a);
    refused(&d, "non-final");
    d.spec.lock_time--;
    taken(&d);
    /* Coin of block 3, spent in block 121: 118 deep. */
    start(&d, 3);
    d.in.sequence = 119;
    refused(&d, "non-BIP68-final");
    d.in.sequence = 118;
    taken(&d);
    /* A coin of the pool itself is of the block to come. */
    struct tx parent;
    start(&d, 4);
    make(&parent, &d.spec);
    expect_taken(&w, &parent);
    d.in.at = output_of(&parent, 0);
    d.in.sequence = 1;
    d.out[0].value_sat -= 100000;
    refused(&d, "non-BIP68-final");
    d.in.sequence = 0;
    taken(&d);
    check(&w);
}

static void young_coinbases(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 22);
    refused(&d, "bad-txns-premature-spend-of-coinbase");
    start(&d, 21);
    taken(&d);
}

static void spent_scripts(void **state)
{
    (void)state;
    struct draft d;
    int64_t value;
    start(&d, 2);
    d.in.at = pay(1, yc_view("\x51", 1), &value);
    d.in.no_witness = true;
    d.out[0].value_sat = value - 1000;
    refused(&d, "bad-txns-nonstandard-inputs");
    minable(&d);
    /* A witness program of a version without meaning. */
    d.in.at = pay(2, yc_view("\x52\x02zz", 4), &value);
    d.out[0].value_sat = value - 1000;
    refused(&d, "bad-txns-nonstandard-inputs");
    minable(&d);
    /* A redeem script of 16 CHECKSIGs. */
    uint8_t redeem[40], script[23] = {YC_OP_HASH160, 20}, sig[41];
    memset(redeem, YC_OP_CHECKSIG, 16);
    yc_hash160(script + 2, redeem, 16);
    script[22] = YC_OP_EQUAL;
    d.in.at = pay(3, yc_view(script, 23), &value);
    sig[0] = 16;
    memcpy(sig + 1, redeem, 16);
    d.in.script_sig = yc_view(sig, 17);
    d.out[0].value_sat = value - 1000;
    refused(&d, "bad-txns-nonstandard-inputs");
    /* No redeem script, and one behind OP_RESERVED, which counts as a push but does not run. */
    d.in.script_sig = YC_VIEW_EMPTY;
    refused(&d, "bad-txns-nonstandard-inputs");
    d.in.script_sig = yc_view("\x50\x01\x51", 3);
    refused(&d, "bad-txns-nonstandard-inputs");
}

static void witnesses(void **state)
{
    (void)state;
    struct draft d;
    int64_t value;
    uint8_t program[34];
    static uint8_t script[4000], item[100];
    struct yc_view stack[120];
    /* Ninety-nine drops and OP_1: takes 99 items. */
    memset(script, YC_OP_DROP, sizeof script);
    script[100] = YC_OP_1;
    struct yc_view s = yc_view(script, 101);
    struct yc_outpoint at = pay(1, p2wsh(program, s), &value);
    start(&d, 2);
    d.in.at = at;
    d.out[0].value_sat = value - 20000;
    for (int i = 0; i < 101; i++)
        stack[i] = yc_view(item, 1);
    stack[100] = s;
    d.in.witness = stack;
    d.in.witness_count = 101;
    taken(&d);
    /* An item of 81 bytes. */
    world_new_pool(&w, NULL);
    stack[7] = yc_view(item, 81);
    refused(&d, "bad-witness-nonstandard");
    minable(&d);
    /* 101 items. */
    script[101] = YC_OP_1;
    script[100] = YC_OP_DROP;
    s = yc_view(script, 102);
    d.in.at = pay(3, p2wsh(program, s), &value);
    for (int i = 0; i < 101; i++)
        stack[i] = yc_view(item, 1);
    stack[101] = s;
    d.in.witness_count = 102;
    d.out[0].value_sat = value - 20000;
    refused(&d, "bad-witness-nonstandard");
    /* A script of 3601 bytes. */
    memset(script, YC_OP_NOP, sizeof script);
    for (size_t i = 0; i < 3600; i += 2) {
        script[i] = 1;
        script[i + 1] = 1;
    }
    memset(script + 3000, YC_OP_1, 601);
    s = yc_view(script, 3601);
    d.in.at = pay(4, p2wsh(program, s), &value);
    stack[0] = s;
    d.in.witness_count = 1;
    d.out[0].value_sat = value - 20000;
    refused(&d, "bad-witness-nonstandard");
    /* An anchor takes no witness at all. */
    d.in.at = pay(5, yc_view("\x51\x02\x4e\x73", 4), &value);
    d.out[0].value_sat = value - 20000;
    refused(&d, "bad-witness-nonstandard");
    d.in.no_witness = true;
    taken(&d);
}

/* A script that consensus accepts and policy does not (catalogue C30), one that both refuse, and a stripped copy (P32). */
static void c30_p32_scripts_that_fail(void **state)
{
    (void)state;
    struct draft d;
    int64_t value;
    uint8_t program[34];
    struct yc_view nop = yc_view("\xb3\x51", 2); /* OP_NOP4 is for upgrades to come */
    start(&d, 2);
    d.in.at = pay(1, p2wsh(program, nop), &value);
    d.in.witness = &nop;
    d.in.witness_count = 1;
    d.out[0].value_sat = value - 1000;
    refused(&d, "mempool-script-verify-flag-failed (NOPx reserved for soft-fork upgrades)");
    minable(&d);
    struct yc_view fails = yc_view("\x00", 1);
    d.in.at = pay(2, p2wsh(program, fails), &value);
    d.in.witness = &fails;
    d.out[0].value_sat = value - 1000;
    expect(
        &w, raw(&d), YC_INVALID,
        "mempool-script-verify-flag-failed (Script evaluated without error but finished with a false/empty top stack "
        "element)");
    start(&d, 3);
    d.in.no_witness = true;
    expect(&w, raw(&d), YC_MUTATED, "mempool-script-verify-flag-failed (Witness program was passed an empty witness)");
    d.in.no_witness = false;
    taken(&d);
}

static struct yc_tx parse(struct yc_view bytes, struct yc_arena *arena)
{
    struct yc_tx tx;
    struct yc_reject why;
    assert_int_equal(yc_tx_parse(&tx, bytes, arena, &why), YC_VALID);
    return tx;
}

/* A block may rest on what the pool has verified, but only for the very same witness, and for scripts alone. */
static void c37_c38_known_scripts_are_known_by_wtxid(void **state)
{
    (void)state;
    struct draft good, bad;
    struct yc_arena arena;
    struct yc_template t;
    struct yc_reject why;
    struct yc_error err;
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    start(&good, 1);
    taken(&good);
    struct yc_tx tx = parse(raw(&good), &arena);
    const uint32_t flags = YC_SCRIPT_FLAGS_CONSENSUS;
    assert_true(yc_pool_scripts_known(w.pool, &tx.wtxid, flags));
    assert_false(yc_pool_scripts_known(w.pool, &tx.wtxid, flags | YC_SCRIPT_LOW_S));
    assert_false(yc_pool_scripts_known(w.pool, &tx.wtxid, flags & ~(uint32_t)YC_SCRIPT_TAPROOT));
    /* The same txid with another witness, in a block. */
    bad = good;
    bad.spec.in = &bad.in;
    bad.spec.out = bad.out;
    struct yc_view wrong = yc_view("\x52", 1);
    bad.in.witness = &wrong;
    bad.in.witness_count = 1;
    struct yc_view list[1] = {raw(&bad)};
    w.scripts_known = 0;
    assert_int_equal(yc_template_build_of(&t, w.chain, &w.clock, &w.options, list, 1, &why, &err), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_SCRIPT);
    assert_int_equal(w.scripts_known, 0);
    /* The good one is known, on trial and for good; also when its block leaves and it comes back. */
    mine(&w, 1);
    assert_int_equal(w.scripts_known, 2);
    assert_true(yc_pool_scripts_known(w.pool, &tx.wtxid, flags));
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_chain_tip(w.chain)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(pool_count(&w), 1);
    /* The reverse: refused first, then good in a block. */
    struct draft other;
    start(&other, 2);
    other.in.witness = &wrong;
    other.in.witness_count = 1;
    expect(&w, raw(&other), YC_INVALID, "mempool-script-verify-flag-failed (Witness program hash mismatch)");
    tx = parse(raw(&other), &arena);
    assert_false(yc_pool_scripts_known(w.pool, &tx.wtxid, flags));
    other.in.witness = NULL;
    minable(&other);
    /* Known scripts do not make a spent coin spendable. */
    list[0] = raw(&other);
    assert_int_equal(yc_template_build_of(&t, w.chain, &w.clock, &w.options, list, 1, &why, &err), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_INPUTS_MISSING);
    yc_arena_release(&arena);
}

/* P17: what costs much to run is refused by its form. The script of 2501 signature operations is never run. */
static void p17_signature_operations_are_limited_before_scripts_run(void **state)
{
    (void)state;
    static uint8_t script[4000], sig[600];
    struct yc_pool_config config;
    struct draft d;
    int64_t value;
    memset(script, YC_OP_CHECKSIG, sizeof script);
    struct yc_outpoint at = pay(1, yc_view(script, 2501), &value);
    start(&d, 2);
    d.in.at = at;
    d.in.no_witness = true;
    memset(sig, YC_OP_0, sizeof sig);
    d.in.script_sig = yc_view(sig, 500);
    d.out[0].value_sat = value - 1000000;
    refused(&d, "bad-txns-nonstandard-inputs");
    yc_pool_config_default(&config);
    config.require_standard = false;
    world_new_pool(&w, &config);
    expect(&w, raw(&d), YC_INVALID, "bad-txns-legacy-sigops");
}

static void m15_signature_operations_count_as_size(void **state)
{
    (void)state;
    struct draft d;
    int64_t value;
    uint8_t program[34];
    static uint8_t script[3000];
    struct yc_pool_entry e;
    struct yc_pool_reject why;
    /* OP_1, OP_0 IF then 200 CHECKSIGs that never run, ENDIF. */
    memset(script, YC_OP_CHECKSIG, sizeof script);
    script[0] = YC_OP_1;
    script[1] = YC_OP_0;
    script[2] = YC_OP_IF;
    script[190] = YC_OP_ENDIF;
    struct yc_view s = yc_view(script, 191);
    start(&d, 2);
    d.in.at = pay(1, p2wsh(program, s), &value);
    d.in.witness = &s;
    d.in.witness_count = 1;
    d.out[0].value_sat = value - 1000;
    assert_int_equal(yc_pool_submit(w.pool, raw(&d), true, -1, &e, &why), YC_VALID);
    assert_int_equal(e.sigop_cost, 187);
    assert_int_equal(e.vbytes, 187 * 20 / 4);
    taken(&d);
    struct yc_template t;
    struct yc_error err;
    assert_int_equal(yc_template_build(&t, w.chain, w.pool, &w.clock, &w.options, &err), YC_VALID);
    assert_int_equal(t.tx_count, 1);
    assert_int_equal(t.tx[0].sigop_cost, 187);
    yc_template_release(&t);
    /* More than a fifth of a block's. */
    start(&d, 3);
    d.spec.out_count = 20;
    static uint8_t multisig[105] = {YC_OP_1};
    for (int i = 0; i < 3; i++) {
        multisig[1 + 34 * i] = 33;
        multisig[2 + 34 * i] = 2;
    }
    multisig[103] = YC_OP_3;
    multisig[104] = YC_OP_CHECKMULTISIG;
    for (int i = 0; i < 20; i++)
        d.out[i] = (struct out){10000, yc_view(multisig, 105)};
    assert_int_equal(yc_pool_submit(w.pool, raw(&d), true, -1, &e, &why), YC_VALID);
    assert_int_equal(e.sigop_cost, 20 * 20 * 4);
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    config.require_standard = false;
    world_new_pool(&w, &config);
    static uint8_t many[4001];
    memset(many, YC_OP_CHECKSIG, sizeof many);
    d.spec.out_count = 1;
    d.out[0] = (struct out){10000, yc_view(many, 4001)};
    refused(&d, "bad-txns-too-many-sigops");
    d.out[0].script.n = 4000;
    taken(&d);
}

static void version_3_transactions(void **state)
{
    (void)state;
    struct draft d;
    struct tx parent, child, second;
    start(&d, 1);
    d.spec.version = 3;
    d.spec.out_count = 2;
    d.out[0].value_sat = d.out[1].value_sat = d.value / 2 - 1000;
    make(&parent, &d.spec);
    expect_taken(&w, &parent);
    struct draft c;
    start(&c, 2);
    c.in.at = output_of(&parent, 0);
    c.out[0].value_sat = d.out[0].value_sat - 1000;
    refused(&c, "TRUC-violation"); /* version 2 */
    c.spec.version = 3;
    static uint8_t data[1100];
    data[0] = YC_OP_RETURN;
    data[1] = YC_OP_PUSHDATA2;
    yc_put16le(data + 2, 1000);
    c.spec.out_count = 2;
    c.out[1].script = yc_view(data, 1004);
    c.out[0].value_sat -= 1000;
    refused(&c, "TRUC-violation"); /* more than 1000 virtual bytes */
    c.spec.out_count = 1;
    make(&child, &c.spec);
    expect_taken(&w, &child);
    c.in.at = output_of(&parent, 1);
    refused(&c, "TRUC-violation"); /* a second child */
    c.in.at = output_of(&child, 0);
    c.out[0].value_sat -= 1000;
    refused(&c, "TRUC-violation"); /* a grandchild */
    (void)second;
    /* And none may spend from version 2. */
    struct tx plain;
    start(&d, 3);
    make(&plain, &d.spec);
    expect_taken(&w, &plain);
    c.in.at = output_of(&plain, 0);
    c.out[0].value_sat = d.out[0].value_sat - 1000;
    refused(&c, "TRUC-violation");
    check(&w);
}

static void no_witness_before_segwit(void **state)
{
    (void)state;
    struct yc_chain_params params = *yc_chain_builtin("regtest");
    static struct pool_world old;
    struct tx a;
    int64_t value;
    params.rules.segwit = 112;
    params.rules.taproot = 112;
    world_init_params(&old, &params, NULL);
    mine(&old, 110);
    struct yc_outpoint at = coinbase_at(&old, 1, &value);
    make_split(&a, at, value, 1, 1000);
    expect(&old, raw_of(&a), YC_POLICY, "no-witness-yet");
    mine(&old, 1);
    expect_taken(&old, &a);
    check(&old);
    world_release(&old);
}

static void rates_are_compared_exactly(void **state)
{
    (void)state;
    assert_int_equal(yc_fee_rate_compare(1, 3, 2, 6), 0);
    assert_int_equal(yc_fee_rate_compare(1, 3, 333333333, 1000000000), 1);
    assert_int_equal(yc_fee_rate_compare(-1, 3, 0, 1), -1);
    assert_int_equal(yc_fee_rate_compare(-1, 3, -1, 2), 1);
    assert_int_equal(yc_fee_rate_compare(INT64_MAX, 2, INT64_MAX - 1, 2), 1);
    assert_int_equal(yc_fee_rate_compare(INT64_MAX, INT64_MAX, INT64_MAX - 1, INT64_MAX - 1), 0);
    assert_int_equal(yc_fee_rate_compare(INT64_MIN, 1, INT64_MIN + 1, 1), -1);
    assert_int_equal(yc_fee_at_rate(100, 101), 11);
    assert_int_equal(yc_fee_at_rate(0, 101), 0);
    assert_int_equal(yc_fee_at_rate(INT64_MAX, 2), INT64_MAX);
    assert_int_equal(yc_fee_rate_of(11, 101), 108);
    assert_int_equal(yc_fee_rate_of(-11, 101), 0);
}

/* Every code is one that some test above or in test_pool.c provokes, and its string is Bitcoin Core's. */
static void every_code_has_its_own_string(void **state)
{
    (void)state;
    for (int i = 1; i < YC_POLICY_COUNT; i++) {
        struct yc_pool_reject why = {.policy = (enum yc_policy)i};
        char text[192];
        yc_pool_reject_text(text, sizeof text, YC_POLICY, &why);
        assert_true(strlen(text) > 0);
        for (int j = 1; j < i; j++) {
            struct yc_pool_reject other = {.policy = (enum yc_policy)j};
            char text2[192];
            yc_pool_reject_text(text2, sizeof text2, YC_POLICY, &other);
            assert_string_not_equal(text, text2);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(versions),
        T(a_coinbase_is_refused),
        T(broken_bytes_are_invalid),
        T(sizes),
        T(input_scripts),
        T(output_scripts),
        T(data_outputs),
        T(m07_dust),
        T(time_locks),
        T(young_coinbases),
        T(spent_scripts),
        T(witnesses),
        T(c30_p32_scripts_that_fail),
        T(c37_c38_known_scripts_are_known_by_wtxid),
        T(p17_signature_operations_are_limited_before_scripts_run),
        T(m15_signature_operations_count_as_size),
        T(version_3_transactions),
        cmocka_unit_test(no_witness_before_segwit),
        cmocka_unit_test(rates_are_compared_exactly),
        cmocka_unit_test(every_code_has_its_own_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
