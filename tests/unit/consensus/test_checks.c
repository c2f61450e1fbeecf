/* Script checks with signatures in batches give, for any inputs and any that are spoilt, what running them one after the
 * other gives: the same verdict, the same first failure, the same reason. */
#include "consensus/checks.h"
#include "consensus/script/script.h"
#include "consensus/script/sighash.h"
#include "crypto/hash.h"
#include "crypto/sigbatch/lanes.h"
#include "keys/sign.h"
#include "support/heap.h"

#define INPUTS 330 /* more than a collector holds */

enum form { FORM_P2WPKH, FORM_P2TR, FORM_P2PKH, FORM_NOT, FORMS };

struct input {
    uint8_t secret[32], pubkey[33];
    uint8_t script[40], sig[80];
    struct yc_input_signature signature;
    uint8_t *place; /* a byte of the signature, to be spoilt */
};

/* One transaction of many inputs, each signed. FORM_NOT is `key CHECKSIG NOT` with a signature of something else: valid
 * because it is bad. */
struct scene {
    struct test_heap heap;
    struct yc_random_seeded seeded;
    struct yc_random random;
    struct yc_signer *signer;
    struct yc_script_machine *machine;
    struct input input[INPUTS];
    struct yc_txin in[INPUTS];
    struct yc_txout out;
    struct yc_spent spent[INPUTS];
    struct yc_tx tx;
    struct yc_spend spend;
    struct yc_script_check check[INPUTS];
    const struct yc_script_check *checks[INPUTS];
};

static struct scene scene;

static size_t make_script(struct input *i, enum form form)
{
    size_t n = 0;
    uint8_t *s = i->script;
    switch (form) {
    case FORM_P2WPKH:
        s[0] = 0;
        s[1] = 20;
        yc_hash160(s + 2, i->pubkey, 33);
        n = 22;
        break;
    case FORM_P2TR:
        s[0] = YC_OP_1;
        s[1] = 32;
        assert_true(yc_taproot_output_key(s + 2, i->pubkey + 1, NULL));
        n = 34;
        break;
    case FORM_P2PKH:
        memcpy(s, "\x76\xa9\x14", 3);
        yc_hash160(s + 3, i->pubkey, 33);
        memcpy(s + 23, "\x88\xac", 2);
        n = 25;
        break;
    case FORM_NOT:
        s[0] = 33;
        memcpy(s + 1, i->pubkey, 33);
        s[34] = YC_OP_CHECKSIG;
        s[35] = YC_OP_NOT;
        n = 36;
        break;
    case FORMS:
        break;
    }
    return n;
}

/* A signature for `key CHECKSIG NOT`, good or bad. */
static void sign_not(struct scene *s, uint32_t at, bool good)
{
    struct input *i = &s->input[at];
    uint8_t digest[32];
    size_t n;
    struct yc_error err;
    yc_sighash_legacy(digest, &s->tx, at, s->spent[at].script, YC_SIGHASH_ALL, NULL);
    digest[0] ^= !good;
    assert_int_equal(yc_ecdsa_sign(i->sig + 1, &n, s->signer, i->secret, digest, &err), YC_VALID);
    i->sig[0] = (uint8_t)(n + 1);
    i->sig[n + 1] = YC_SIGHASH_ALL;
    s->in[at].script_sig = yc_view(i->sig, n + 2);
}

static void sign(struct scene *s, uint32_t at)
{
    struct input *i = &s->input[at];
    struct yc_error err;
    if (at % FORMS == FORM_NOT) {
        sign_not(s, at, false);
        return;
    }
    assert_int_equal(yc_sign_input(&i->signature, &s->spend, at, i->secret, 0, s->signer, &s->random, &err), YC_VALID);
    s->in[at].script_sig = i->signature.script_sig;
    s->in[at].witness = i->signature.witness_count ? i->signature.witness : NULL;
    s->in[at].witness_count = i->signature.witness_count;
    /* the byte before the hash type, or one of s */
    const uint8_t *place = at % FORMS == FORM_P2WPKH ? i->signature.witness[0].p + i->signature.witness[0].n - 2
                           : at % FORMS == FORM_P2TR ? i->signature.witness[0].p + 40
                                                     : i->signature.script_sig.p + i->signature.script_sig.p[0] - 1;
    i->place = i->signature.bytes + (place - i->signature.bytes);
}

/* Make the input's signature bad, or good again; for FORM_NOT good, or bad again. */
static void spoil(struct scene *s, uint32_t at, bool spoilt)
{
    if (at % FORMS == FORM_NOT)
        sign_not(s, at, spoilt);
    else
        *s->input[at].place ^= 1;
}

static int make_scene(void **state)
{
    struct scene *s = *state = &scene;
    struct yc_error err;
    test_heap_init(&s->heap);
    yc_random_seed(&s->random, &s->seeded, 1);
    assert_int_equal(yc_signer_new(&s->signer, &s->random, &err), YC_VALID);
    s->machine = yc_script_machine_new(&s->heap.alloc);
    assert_non_null(s->machine);
    s->out = (struct yc_txout){1, yc_view_text("x")};
    s->tx = (struct yc_tx){.version = 2, .in_count = INPUTS, .out_count = 1, .in = s->in, .out = &s->out};
    for (uint32_t at = 0; at < INPUTS; at++) {
        struct input *i = &s->input[at];
        yc_seckey_generate(i->secret, s->signer, &s->random);
        assert_true(yc_seckey_pubkey(i->pubkey, s->signer, i->secret));
        s->in[at] = (struct yc_txin){.prevout.index = at, .sequence = YC_SEQUENCE_FINAL};
        s->spent[at] = (struct yc_spent){1000 + at, yc_view(i->script, make_script(i, at % FORMS))};
        s->check[at] = (struct yc_script_check){&s->spend, at, 7, YC_SCRIPT_FLAGS_CONSENSUS};
        s->checks[at] = &s->check[at];
    }
    yc_spend_init_to_sign(&s->spend, &s->tx, s->spent);
    for (uint32_t at = 0; at < INPUTS; at++)
        sign(s, at);
    return 0;
}

static int end_scene(void **state)
{
    struct scene *s = *state;
    yc_script_machine_free(s->machine);
    yc_signer_free(s->signer);
    assert_int_equal(s->heap.live_bytes, 0);
    return 0;
}

static void engine_init(struct yc_sigengine *engine, enum yc_sig_mode mode)
{
    struct yc_error err;
    if (yc_sigengine_init(engine, mode, 0, NULL, &err) != YC_VALID)
        assert_int_equal(engine->mode, YC_SIG_MODE_SCALAR); /* no lanes here */
}

static struct yc_sig_collector *new_collector(struct scene *s, const struct yc_sigengine *engine)
{
    struct yc_sig_collector *c;
    struct yc_error err;
    assert_int_equal(yc_sig_collector_new(&c, engine, 1, &s->heap.alloc, &err), YC_VALID);
    return c;
}

/* Both ways over count checks from first on; true when they are valid. */
static bool assert_same(struct scene *s, struct yc_sig_collector *c, size_t first, size_t count)
{
    struct yc_reject why = {0}, want_why = {0};
    struct yc_error err;
    enum yc_verdict want = YC_VALID;
    size_t failed, want_failed = count;
    for (size_t i = 0; i < count && want == YC_VALID; i++) {
        want = yc_script_check_run(s->checks[first + i], s->machine, yc_checker_now(), &want_why);
        if (want != YC_VALID)
            want_failed = i;
    }
    assert_int_equal(yc_script_checks_run(s->checks + first, count, s->machine, c, &failed, &why, &err), want);
    assert_int_equal(failed, want_failed);
    assert_int_equal(yc_sig_collector_count(c), 0);
    if (want != YC_VALID) {
        assert_int_equal(why.code, want_why.code);
        assert_int_equal(why.script_error, want_why.script_error);
        assert_int_equal(why.tx, want_why.tx);
        assert_int_equal(why.input, want_why.input);
    }
    return want == YC_VALID;
}

static void same_as_one_after_the_other(void **state)
{
    struct scene *s = *state;
    static const enum yc_sig_mode modes[] = {YC_SIG_MODE_SCALAR, YC_SIG_MODE_AUTO, YC_SIG_MODE_BOTH};
    for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        struct yc_sigengine engine;
        engine_init(&engine, modes[m]);
        struct yc_sig_collector *c = new_collector(s, &engine);
        unsigned valid = 0;
        assert_true(assert_same(s, c, 0, 0));
        assert_true(assert_same(s, c, 0, INPUTS));
        for (unsigned round = 0; round < 60; round++) {
            uint32_t spoilt[3], spoilt_count = 1 + round % 3;
            size_t first = yc_random_below(&s->random, 20), count = yc_random_below(&s->random, 80);
            for (uint32_t i = 0; i < spoilt_count; i++) {
                spoilt[i] = (uint32_t)yc_random_below(&s->random, 100);
                for (uint32_t k = 0; k < i; k++)
                    spoilt[i] += spoilt[k] == spoilt[i] ? 101 : 0; /* not the same twice */
                spoil(s, spoilt[i], true);
            }
            valid += assert_same(s, c, first, count);
            for (uint32_t i = 0; i < spoilt_count; i++)
                spoil(s, spoilt[i], false);
        }
        assert_in_range(valid, 10, 50);
        yc_sig_collector_free(c);
    }
}

/* A bad signature that is held while the collector is emptied in the middle, and one behind that. */
static void failures_beyond_a_full_collector(void **state)
{
    struct scene *s = *state;
    struct yc_sigengine engine;
    engine_init(&engine, YC_SIG_MODE_AUTO);
    struct yc_sig_collector *c = new_collector(s, &engine);
    static const uint32_t places[] = {0, 3, 222, 223, 224, 225, 226, 300, INPUTS - 1};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        spoil(s, places[i], true);
        assert_false(assert_same(s, c, 0, INPUTS));
        spoil(s, INPUTS - 2, true);
        assert_false(assert_same(s, c, 0, INPUTS));
        spoil(s, INPUTS - 2, false);
        spoil(s, places[i], false);
    }
    assert_true(assert_same(s, c, 0, INPUTS));
    yc_sig_collector_free(c);
}

/* An input that fails by itself comes after one whose signature is bad: the earlier one is reported. */
static void the_first_failure_counts(void **state)
{
    struct scene *s = *state;
    struct yc_sigengine engine;
    engine_init(&engine, YC_SIG_MODE_AUTO);
    struct yc_sig_collector *c = new_collector(s, &engine);
    uint8_t *hash = s->input[10].script + 3;
    hash[0] ^= 1; /* P2PKH of another key: EQUALVERIFY fails at once */
    assert_false(assert_same(s, c, 0, 40));
    spoil(s, 4, true);
    assert_false(assert_same(s, c, 0, 40));
    assert_false(assert_same(s, c, 5, 40));
    spoil(s, 4, false);
    spoil(s, 12, true);
    assert_false(assert_same(s, c, 0, 40));
    spoil(s, 12, false);
    hash[0] ^= 1;
    assert_true(assert_same(s, c, 0, 40));
    yc_sig_collector_free(c);
}

/* How often libsecp256k1 is asked: the linker leads its callers here. */
static unsigned asked;
bool __real_yc_secp_ecdsa_verify(struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32]);
bool __wrap_yc_secp_ecdsa_verify(struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32]);
bool __wrap_yc_secp_ecdsa_verify(struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32])
{
    asked++;
    return __real_yc_secp_ecdsa_verify(pubkey, sig, msg32);
}

/* A script that is valid because its signature is bad runs three times: deferring, exactly because it fails so, and exactly
 * because the batch says that the signature which it had deferred is bad. None of the others runs again for that. */
static void what_a_failing_signature_costs(void **state)
{
    struct scene *s = *state;
    struct yc_sigengine engine;
    const struct yc_script_check *checks[16];
    struct yc_reject why;
    struct yc_error err;
    size_t failed;
    engine_init(&engine, YC_SIG_MODE_AUTO);
    struct yc_sig_collector *c = new_collector(s, &engine);
    for (size_t i = 0; i < 16; i++)
        checks[i] = s->checks[FORMS * i + FORM_P2WPKH];
    checks[7] = s->checks[FORM_NOT];
    asked = 0;
    assert_int_equal(yc_script_checks_run(checks, 16, s->machine, c, &failed, &why, &err), YC_VALID);
    assert_int_equal(asked, engine.lanes ? 2 : 15 + 3);
    yc_sig_collector_free(c);
}

static void a_full_collector_decides_at_once(void **state)
{
    struct scene *s = *state;
    struct yc_sigengine engine;
    struct yc_error err;
    const size_t *items;
    size_t count;
    engine_init(&engine, YC_SIG_MODE_AUTO);
    struct yc_sig_collector *c = new_collector(s, &engine);
    const struct yc_checker *checker = yc_sig_collector_checker(c);
    struct yc_view key = s->in[0].witness[1], sig = s->in[0].witness[0];
    uint8_t msg32[32] = {0}, long_sig[YC_SCRIPT_ELEMENT_BYTES_MAX] = {0};
    sig.n--; /* the hash type */
    assert_int_equal(checker->ecdsa(checker->ctx, key, sig, msg32, false), YC_SIG_BAD);
    assert_int_equal(checker->ecdsa(checker->ctx, key, yc_view(long_sig, sizeof long_sig), msg32, true), YC_SIG_BAD);
    assert_int_equal(yc_sig_collector_count(c), 0);
    for (size_t i = 0; i < YC_SIG_COLLECTOR_MAX; i++) {
        yc_sig_collector_begin(c, i / 100);
        assert_int_equal(checker->ecdsa(checker->ctx, key, sig, msg32, true), YC_SIG_DEFERRED);
    }
    assert_int_equal(checker->ecdsa(checker->ctx, key, sig, msg32, true), YC_SIG_BAD);
    yc_sig_collector_drop(c); /* item 2 */
    assert_int_equal(yc_sig_collector_count(c), 200);
    assert_int_equal(yc_sig_collector_settle(c, &items, &count, &err), YC_VALID);
    assert_int_equal(count, 2);
    assert_true(items[0] == 0 && items[1] == 1);
    assert_int_equal(yc_sig_collector_settle(c, &items, &count, &err), YC_VALID);
    assert_int_equal(count, 0);
    yc_sig_collector_free(c);
}

/* Lanes that are sure of everything. */
static void lying_lanes(struct yc_lane_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0xff;
}

/* Engines that differ stop everything: no verdict on the inputs. */
static void engines_that_differ(void **state)
{
    struct scene *s = *state;
    const struct yc_sigengine engine = {YC_SIG_MODE_BOTH, 0, lying_lanes, "lying", 2};
    struct yc_sig_collector *c = new_collector(s, &engine);
    struct yc_reject why;
    struct yc_error err;
    size_t failed;
    spoil(s, 2, true);
    assert_int_equal(yc_script_checks_run(s->checks, 8, s->machine, c, &failed, &why, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    spoil(s, 2, false);
    yc_sig_collector_free(c);
}

static void no_memory(void **state)
{
    (void)state;
    const struct yc_sigengine engine = {YC_SIG_MODE_SCALAR, 0, NULL, "libsecp256k1", 2};
    for (size_t fail_at = 1; fail_at <= 2; fail_at++) {
        struct test_heap heap;
        struct yc_sig_collector *c;
        struct yc_error err;
        test_heap_init(&heap);
        heap.fail_at = fail_at;
        assert_int_equal(yc_sig_collector_new(&c, &engine, 1, &heap.alloc, &err), YC_SYSTEM);
        assert_int_equal(heap.live_bytes, 0);
    }
    yc_sig_collector_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_one_after_the_other),
        cmocka_unit_test(failures_beyond_a_full_collector),
        cmocka_unit_test(the_first_failure_counts),
        cmocka_unit_test(a_full_collector_decides_at_once),
        cmocka_unit_test(what_a_failing_signature_costs),
        cmocka_unit_test(engines_that_differ),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, make_scene, end_scene);
}
