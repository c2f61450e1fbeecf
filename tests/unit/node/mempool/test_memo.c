/* Signatures remembered between two runs of the same scripts: only the very same question gets the old answer. */
#include "fixture.h"

#include "crypto/hash.h"
#include "keys/sign.h"
#include "node/mempool/memo.h"

static struct yc_signer *signer;
static struct yc_random_seeded seeded;
static struct yc_random seed;

static int set_up(void **state)
{
    struct yc_error err;
    (void)state;
    yc_random_seed(&seed, &seeded, 3);
    return yc_signer_new(&signer, &seed, &err) == YC_VALID ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    yc_signer_free(signer);
    return 0;
}

struct signature {
    uint8_t secret[32], key[33], msg[32], der[YC_ECDSA_DER_MAX], schnorr[64];
    size_t n;
};

static void sign(struct signature *s)
{
    struct yc_error err;
    static const uint8_t aux[32];
    yc_seckey_generate(s->secret, signer, &seed);
    yc_random_fill(&seed, s->msg, 32);
    assert_true(yc_seckey_pubkey(s->key, signer, s->secret));
    assert_int_equal(yc_ecdsa_sign(s->der, &s->n, signer, s->secret, s->msg, &err), YC_VALID);
    assert_int_equal(yc_schnorr_sign(s->schnorr, signer, s->secret, s->msg, aux, &err), YC_VALID);
}

static enum yc_sig ask(struct yc_memo *m, const struct signature *s)
{
    return m->checker.ecdsa(m->checker.ctx, yc_view(s->key, 33), yc_view(s->der, s->n), s->msg, true);
}

static enum yc_sig ask_schnorr(struct yc_memo *m, const struct signature *s)
{
    return m->checker.schnorr(m->checker.ctx, s->key + 1, s->schnorr, s->msg, true);
}

static void the_same_questions_are_answered_from_memory(void **state)
{
    (void)state;
    struct signature a, b, bad;
    struct yc_memo m;
    struct yc_arena arena;
    sign(&a);
    sign(&b);
    bad = b;
    bad.msg[0] ^= 1;
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    yc_memo_init(&m, yc_checker_now(), &arena);
    assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
    assert_int_equal(ask(&m, &bad), YC_SIG_BAD);
    assert_int_equal(ask_schnorr(&m, &b), YC_SIG_GOOD);
    assert_int_equal(m.answered, 0);
    yc_memo_replay(&m);
    assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
    assert_int_equal(ask(&m, &bad), YC_SIG_BAD);
    assert_int_equal(ask_schnorr(&m, &b), YC_SIG_GOOD);
    assert_int_equal(m.answered, 3);
    /* Past the end: verified. */
    assert_int_equal(ask(&m, &bad), YC_SIG_BAD);
    assert_int_equal(m.answered, 3);
    yc_arena_release(&arena);
}

static void any_other_question_is_verified(void **state)
{
    (void)state;
    struct signature a;
    struct yc_arena arena;
    sign(&a);
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    for (int what = 0; what < 4; what++) {
        struct yc_memo m;
        struct signature other = a;
        yc_memo_init(&m, yc_checker_now(), &arena);
        assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
        yc_memo_replay(&m);
        if (what == 0)
            other.msg[31] ^= 1;
        else if (what == 1)
            other.key[0] ^= 1;
        else if (what == 2)
            other.der[other.n - 1] ^= 1;
        else
            other.n--;
        assert_int_equal(ask(&m, &other), YC_SIG_BAD);
        assert_int_equal(m.answered, 0);
        /* The first is still expected. */
        assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
        assert_int_equal(m.answered, 1);
    }
    /* A Schnorr question is not an ECDSA one, whatever its bytes. */
    struct yc_memo m;
    yc_memo_init(&m, yc_checker_now(), &arena);
    assert_int_equal(ask_schnorr(&m, &a), YC_SIG_GOOD);
    yc_memo_replay(&m);
    assert_int_equal(m.checker.ecdsa(m.checker.ctx, yc_view(a.key + 1, 32), yc_view(a.schnorr, 64), a.msg, false),
                     YC_SIG_BAD);
    yc_arena_release(&arena);
}

static void without_memory_everything_is_verified(void **state)
{
    (void)state;
    struct signature a;
    struct yc_memo m;
    struct yc_arena arena;
    uint8_t few[8];
    sign(&a);
    yc_arena_init_fixed(&arena, few, sizeof few);
    yc_memo_init(&m, yc_checker_now(), &arena);
    assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
    yc_memo_replay(&m);
    assert_int_equal(ask(&m, &a), YC_SIG_GOOD);
    assert_int_equal(m.answered, 0);
}

/* Real signatures through the whole pool: a payment to a key (P2WPKH, then P2TR), spent, mined; a wrong one refused. */
static void signed_payments_are_taken_and_mined(void **state)
{
    (void)state;
    static struct pool_world w;
    struct signature k;
    struct yc_error err;
    int64_t value;
    world_init(&w, NULL);
    mine(&w, 105);
    for (int taproot = 0; taproot < 2; taproot++) {
        uint8_t script[34] = {taproot ? 0x51 : 0x00, taproot ? 32 : 20};
        size_t script_n = taproot ? 34 : 22;
        sign(&k);
        if (taproot)
            assert_true(yc_taproot_output_key(script + 2, k.key + 1, NULL));
        else
            yc_hash160(script + 2, k.key, 33);
        struct tx fund, spend;
        struct in in = {.at = coinbase_at(&w, (uint32_t)taproot + 1, &value), .sequence = UINT32_MAX};
        struct out out = {value - 1000, yc_view(script, script_n)};
        make(&fund, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
        expect_taken(&w, &fund);
        in = (struct in){.at = output_of(&fund, 0), .sequence = UINT32_MAX, .no_witness = true};
        out = (struct out){.value_sat = value - 2000};
        struct spec s = {.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1};
        make(&spend, &s);
        struct yc_tx tx;
        struct yc_arena arena;
        struct yc_reject why;
        struct yc_spend digest;
        struct yc_input_signature sig;
        yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
        assert_int_equal(yc_tx_parse(&tx, raw_of(&spend), &arena, &why), YC_VALID);
        const struct yc_spent spent = {value - 1000, yc_view(script, script_n)};
        yc_spend_init_to_sign(&digest, &tx, &spent);
        if (yc_sign_input(&sig, &digest, 0, k.secret, 0, signer, &seed, &err) != YC_VALID)
            fail_msg("%s", err.text);
        in.no_witness = false;
        in.witness = sig.witness;
        in.witness_count = sig.witness_count;
        uint8_t *middle = (uint8_t *)(uintptr_t)sig.witness[0].p + 20;
        *middle ^= 1;
        make(&spend, &s);
        expect(&w, raw_of(&spend), YC_INVALID,
               taproot
                   ? "mempool-script-verify-flag-failed (Invalid Schnorr signature)"
                   : "mempool-script-verify-flag-failed (Signature must be zero for failed CHECK(MULTI)SIG operation)");
        *middle ^= 1;
        make(&spend, &s);
        expect_taken(&w, &spend);
        check(&w);
        yc_arena_release(&arena);
    }
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_questions_are_answered_from_memory),
        cmocka_unit_test(any_other_question_is_verified),
        cmocka_unit_test(without_memory_everything_is_verified),
        cmocka_unit_test(signed_payments_are_taken_and_mined),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
