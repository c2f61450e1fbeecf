/* CHECKMULTISIG in batches gives what trying keys in turn gives: random scripts of up to five keys, with signatures in any
 * order, twice, by nobody, of something else, empty or badly encoded, under many flags, one after the other and collected. */
#include "consensus/checks.h"
#include "consensus/script/flags.h"
#include "consensus/script/script.h"
#include "consensus/script/sighash.h"
#include "crypto/sigbatch/lanes.h"
#include "keys/sign.h"
#include "support/heap.h"

#define INPUTS   40
#define KEYS_MAX 5

struct input {
    uint8_t script[16 + 66 * KEYS_MAX], unlock[8 + 80 * KEYS_MAX];
};

static struct {
    struct test_heap heap;
    struct yc_random_seeded seeded;
    struct yc_random random;
    struct yc_signer *signer;
    struct yc_script_machine *machine;
    uint8_t secret[KEYS_MAX][32], pubkey[KEYS_MAX][33];
    struct input input[INPUTS];
    struct yc_txin in[INPUTS];
    struct yc_txout out;
    struct yc_spent spent[INPUTS];
    struct yc_tx tx;
    struct yc_spend spend;
    struct yc_script_check check[INPUTS];
    const struct yc_script_check *checks[INPUTS];
} s;

static unsigned below(unsigned n)
{
    return (unsigned)yc_random_below(&s.random, n);
}

/* sig_count keys… key_count CHECKMULTISIG, sometimes NOT behind it; the number of keys. */
static size_t make_script(struct input *i, struct yc_view *script, unsigned *sig_count)
{
    unsigned keys = 1 + below(KEYS_MAX);
    size_t n = 0;
    *sig_count = below(8) == 0 ? 0 : 1 + below(keys);
    i->script[n++] = (uint8_t)(*sig_count ? YC_OP_1 + *sig_count - 1 : 0);
    for (unsigned k = 0; k < keys; k++) {
        size_t bytes = below(10) == 0 ? 65 : 33;
        i->script[n++] = (uint8_t)bytes;
        memset(i->script + n, 0x11, bytes);
        memcpy(i->script + n, s.pubkey[k], 33);
        if (bytes == 65 || below(12) == 0)
            i->script[n] = (uint8_t)(bytes == 65 ? 4 + below(4) : below(8)); /* none, or written in an unusual way */
        n += bytes;
    }
    i->script[n++] = (uint8_t)(YC_OP_1 + keys - 1);
    i->script[n++] = YC_OP_CHECKMULTISIG;
    if (below(6) == 0)
        i->script[n++] = YC_OP_NOT;
    *script = yc_view(i->script, n);
    return keys;
}

static size_t put_signature(uint8_t *out, uint32_t at, unsigned key)
{
    static const uint8_t types[] = {YC_SIGHASH_ALL, YC_SIGHASH_ALL, YC_SIGHASH_NONE, YC_SIGHASH_SINGLE, 0x81, 0x55};
    uint8_t digest[32], type = types[below(sizeof types)];
    struct yc_error err;
    size_t n;
    if (below(20) == 0) {
        out[0] = 0;
        return 1;
    }
    yc_sighash_legacy(digest, &s.tx, at, s.spent[at].script, type, NULL);
    digest[0] ^= below(10) == 0;
    assert_int_equal(yc_ecdsa_sign(out + 1, &n, s.signer, s.secret[key], digest, &err), YC_VALID);
    if (below(20) == 0)
        out[1 + below((unsigned)n)] ^= 1;
    out[0] = (uint8_t)(n + 1);
    out[n + 1] = type;
    return n + 2;
}

static void make_input(uint32_t at)
{
    struct input *i = &s.input[at];
    unsigned sig_count, key = 0, next;
    size_t keys = make_script(i, &s.spent[at].script, &sig_count), n = 1;
    i->unlock[0] = 0;
    for (unsigned k = 0; k < sig_count; k++) {
        /* Mostly keys in their order, as many as can be left out left out now and then. */
        unsigned spare = (unsigned)keys - key > sig_count - k ? (unsigned)keys - key - (sig_count - k) : 0;
        next = below(8) == 0 ? below((unsigned)keys) : key + below(spare + 1);
        next = next < keys ? next : (unsigned)keys - 1;
        n += put_signature(i->unlock + n, at, next);
        key = next + 1;
    }
    s.in[at].script_sig = yc_view(i->unlock, n);
}

static uint32_t some_flags(void)
{
    static const uint32_t choice[] = {YC_SCRIPT_FLAGS_CONSENSUS,
                                      YC_SCRIPT_FLAGS_STANDARD,
                                      0,
                                      YC_SCRIPT_DERSIG,
                                      YC_SCRIPT_STRICTENC,
                                      YC_SCRIPT_NULLFAIL,
                                      YC_SCRIPT_LOW_S | YC_SCRIPT_NULLDUMMY};
    return choice[below(sizeof choice / sizeof *choice)];
}

/* The first that fails, of the whole list. */
static void assert_same(struct yc_sig_collector *c, size_t first, unsigned *valid)
{
    struct yc_reject why = {0}, want_why = {0};
    struct yc_error err;
    enum yc_verdict want = YC_VALID;
    size_t failed, want_failed = INPUTS - first;
    for (size_t i = first; i < INPUTS && want == YC_VALID; i++) {
        want = yc_script_check_run(s.checks[i], s.machine, yc_checker_now(), &want_why);
        *valid += want == YC_VALID;
        if (want != YC_VALID)
            want_failed = i - first;
    }
    assert_int_equal(yc_script_checks_run(s.checks + first, INPUTS - first, s.machine, c, &failed, &why, &err), want);
    assert_int_equal(failed, want_failed);
    if (want != YC_VALID)
        assert_int_equal(why.script_error, want_why.script_error);
}

static void batches_find_what_trying_in_turn_finds(void **state)
{
    static const enum yc_sig_mode modes[] = {YC_SIG_MODE_SCALAR, YC_SIG_MODE_AUTO, YC_SIG_MODE_BOTH};
    unsigned valid = 0, seen = 0;
    (void)state;
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        struct yc_sigengine engine;
        struct yc_sig_collector *c;
        struct yc_error err;
        if (yc_sigengine_init(&engine, modes[m], 0, NULL, &err) != YC_VALID)
            assert_int_equal(engine.mode, YC_SIG_MODE_SCALAR); /* no lanes here */
        assert_int_equal(yc_sig_collector_new(&c, &engine, 1, &s.heap.alloc, &err), YC_VALID);
        for (unsigned round = 0; round < 12; round++) {
            for (uint32_t at = 0; at < INPUTS; at++) {
                make_input(at);
                s.check[at].flags = some_flags();
            }
            for (size_t first = 0; first < INPUTS; first++, seen++)
                assert_same(c, first, &valid);
        }
        yc_sig_collector_free(c);
    }
    assert_in_range(valid, seen / 2, 20 * seen); /* good ones and bad ones came, in plenty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(batches_find_what_trying_in_turn_finds)};
    struct yc_error err;
    test_heap_init(&s.heap);
    yc_random_seed(&s.random, &s.seeded, 9);
    s.machine = yc_script_machine_new(&s.heap.alloc);
    if (!s.machine || yc_signer_new(&s.signer, &s.random, &err) != YC_VALID)
        return 1;
    for (size_t k = 0; k < KEYS_MAX; k++) {
        yc_seckey_generate(s.secret[k], s.signer, &s.random);
        if (!yc_seckey_pubkey(s.pubkey[k], s.signer, s.secret[k]))
            return 1;
    }
    s.out = (struct yc_txout){1, yc_view_text("x")};
    s.tx = (struct yc_tx){.version = 2, .in_count = INPUTS, .out_count = 1, .in = s.in, .out = &s.out};
    for (uint32_t at = 0; at < INPUTS; at++) {
        s.in[at] = (struct yc_txin){.prevout.index = at, .sequence = YC_SEQUENCE_FINAL};
        s.spent[at].value_sat = 1000;
        s.check[at] = (struct yc_script_check){&s.spend, at, 7, 0};
        s.checks[at] = &s.check[at];
    }
    yc_spend_init_to_sign(&s.spend, &s.tx, s.spent);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    yc_script_machine_free(s.machine);
    yc_signer_free(s.signer);
    return failed;
}
