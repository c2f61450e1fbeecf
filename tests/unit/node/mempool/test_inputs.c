/* Refusals that need the coins which are spent: scripts, witnesses, signature operations, relatives of version 3; and what
 * a block may take over from the pool (catalogue C30, C37, C38, P17, P32, M15). */
#include "draft.h"

#include "consensus/script/opcodes.h"
#include "crypto/hash.h"

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
    refused(&c, "insufficient fee (including sibling eviction)"); /* a second child that does not pay for the first */
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(spent_scripts),
        T(witnesses),
        T(c30_p32_scripts_that_fail),
        T(c37_c38_known_scripts_are_known_by_wtxid),
        T(p17_signature_operations_are_limited_before_scripts_run),
        T(m15_signature_operations_count_as_size),
        T(version_3_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
