/* Standard spends, recognised and nearly so, by the interpreter and past it: what is taken past it is what the interpreter
 * accepts after the same question about the same signature, under any flags; what is not taken has asked nothing. */
#include "base/random.h"
#include "consensus/checks.h"
#include "consensus/script/encoding.h"
#include "consensus/script/sighash.h"
#include "consensus/script/standard.h"
#include "crypto/hash.h"
#include "support/heap.h"
#include "support/unit.h"

enum form { P2PKH, P2WPKH, P2SH_P2WPKH, P2TR, FORMS };

#define ITEMS_MAX   3
#define STRINGS     (2 + ITEMS_MAX)
#define STRING_MAX  300
#define FLAGS_ALL   (YC_SCRIPT_FLAGS_STANDARD | YC_SCRIPT_SIGPUSHONLY)
#define ASKED_MAX   4
#define ASKED_BYTES 256

/* The bytes of a spend: the spent script, scriptSig, witness items. */
enum { SPENT, SCRIPT_SIG, ITEM };
struct spend_bytes {
    uint8_t byte[STRINGS][STRING_MAX];
    size_t n[STRINGS];
    uint32_t items;
};

/* What a spend is made of: all of it may be odd, and hashes are made to fit. */
struct parts {
    enum form form;
    struct yc_view sig, key;
    uint8_t sig_push, key_push, redeem_push; /* 0: the direct one; else YC_OP_PUSHDATA1.. */
    uint8_t redeem_version;                  /* OP_0 */
    bool annex;
};

/* Questions, and the one answer to all of them. */
struct asked {
    enum yc_sig answer;
    size_t count;
    size_t n[ASKED_MAX];
    uint8_t what[ASKED_MAX][ASKED_BYTES];
};

struct scene {
    struct test_heap heap;
    struct yc_script_machine *machine;
    struct yc_random_seeded seeded;
    struct yc_random random;
    struct yc_sigengine engine;
    struct yc_sig_collector *collector;
    unsigned taken, left;
};

static struct scene scene;

static void note(struct asked *a, uint8_t kind, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32])
{
    assert_true(a->count < ASKED_MAX);
    struct yc_writer w;
    yc_writer_init(&w, a->what[a->count], ASKED_BYTES);
    yc_writer_u8(&w, kind);
    yc_writer_var_bytes(&w, pubkey);
    yc_writer_var_bytes(&w, sig);
    yc_writer_bytes(&w, msg32, 32);
    assert_false(w.failed);
    a->n[a->count++] = w.n;
}

static enum yc_sig note_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                              bool may_defer)
{
    struct asked *a = ctx;
    assert_true(may_defer);
    note(a, 'e', pubkey, sig, msg32);
    return a->answer;
}

static enum yc_sig note_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                bool may_defer)
{
    struct asked *a = ctx;
    assert_true(may_defer);
    note(a, 's', yc_view(xonly32, 32), yc_view(sig64, 64), msg32);
    return a->answer;
}

/* ---- spends ---- */

static uint32_t allowed(uint32_t flags)
{
    flags &= FLAGS_ALL;
    if (!(flags & YC_SCRIPT_P2SH))
        flags &= ~(uint32_t)YC_SCRIPT_WITNESS;
    if (!(flags & YC_SCRIPT_WITNESS))
        flags &= ~(uint32_t)(YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT);
    return flags;
}

static void append(struct spend_bytes *b, unsigned string, const void *p, size_t n)
{
    assert_true(b->n[string] + n <= STRING_MAX);
    if (n)
        memcpy(b->byte[string] + b->n[string], p, n);
    b->n[string] += n;
}

static void append_push(struct spend_bytes *b, unsigned string, struct yc_view data, uint8_t opcode)
{
    const uint8_t length[4] = {(uint8_t)data.n, 0, 0, 0};
    append(b, string, opcode ? &opcode : length, 1);
    if (opcode)
        append(b, string, length, opcode == YC_OP_PUSHDATA1 ? 1 : opcode == YC_OP_PUSHDATA2 ? 2 : 4);
    append(b, string, data.p, data.n);
}

static void append_item(struct spend_bytes *b, struct yc_view item)
{
    append(b, ITEM + b->items++, item.p, item.n);
}

static void make(struct spend_bytes *b, const struct parts *p)
{
    uint8_t hash20[20], redeem[22] = {p->redeem_version, 20};
    *b = (struct spend_bytes){.items = 0};
    yc_hash160(hash20, p->key.p, p->key.n);
    switch (p->form) {
    case P2PKH:
        append(b, SPENT, "\x76\xa9\x14", 3);
        append(b, SPENT, hash20, 20);
        append(b, SPENT, "\x88\xac", 2);
        append_push(b, SCRIPT_SIG, p->sig, p->sig_push);
        append_push(b, SCRIPT_SIG, p->key, p->key_push);
        break;
    case P2SH_P2WPKH:
        memcpy(redeem + 2, hash20, 20);
        append_push(b, SCRIPT_SIG, yc_view(redeem, 22), p->redeem_push);
        yc_hash160(hash20, redeem, 22);
        append(b, SPENT, "\xa9\x14", 2);
        append(b, SPENT, hash20, 20);
        append(b, SPENT, "\x87", 1);
        break;
    case P2WPKH:
        append(b, SPENT, "\0\x14", 2);
        append(b, SPENT, hash20, 20);
        break;
    case P2TR:
        append(b, SPENT, "\x51\x20", 2);
        append(b, SPENT, p->key.p + 1, 32);
        break;
    case FORMS:
        break;
    }
    if (p->form != P2PKH)
        append_item(b, p->sig);
    if (p->form == P2WPKH || p->form == P2SH_P2WPKH)
        append_item(b, p->key);
    if (p->annex)
        append_item(b, yc_view_text("\x50 annex"));
}

/* ---- both ways ---- */

/* The input under test is the second of two, of a transaction with one output or two: SINGLE has none or its own. */
struct case_of {
    struct yc_view item[ITEMS_MAX];
    struct yc_txin in[2];
    struct yc_txout out[2];
    struct yc_spent spent[2];
    struct yc_tx tx;
    struct yc_spend spend;
};

static void case_init(struct case_of *c, const struct spend_bytes *b, uint32_t out_count)
{
    *c = (struct case_of){.out = {{500, yc_view_text("x")}, {7, yc_view_text("yy")}}};
    for (uint32_t i = 0; i < b->items; i++)
        c->item[i] = yc_view(b->byte[ITEM + i], b->n[ITEM + i]);
    c->in[0] = (struct yc_txin){.prevout.index = 3, .sequence = 9};
    c->in[1] = (struct yc_txin){.prevout.index = 4,
                                .sequence = YC_SEQUENCE_FINAL,
                                .script_sig = yc_view(b->byte[SCRIPT_SIG], b->n[SCRIPT_SIG]),
                                .witness = b->items ? c->item : NULL,
                                .witness_count = b->items};
    c->spent[0] = (struct yc_spent){1, yc_view_text("Q")};
    c->spent[1] = (struct yc_spent){1000, yc_view(b->byte[SPENT], b->n[SPENT])};
    c->tx =
        (struct yc_tx){.version = 2, .lock_time = 5, .in_count = 2, .out_count = out_count, .in = c->in, .out = c->out};
    yc_spend_init(&c->spend, &c->tx, c->spent);
}

/* Was it taken past the interpreter? Then the interpreter says the same. */
static bool compare(const struct case_of *c, uint32_t flags)
{
    static const enum yc_sig answers[] = {YC_SIG_DEFERRED, YC_SIG_GOOD, YC_SIG_BAD};
    static struct asked past, through;
    bool taken = false;
    for (size_t i = 0; i < 3; i++) {
        past.answer = through.answer = answers[i];
        past.count = through.count = 0;
        const struct yc_checker past_it = {note_ecdsa, note_schnorr, &past, NULL};
        const struct yc_checker through_it = {note_ecdsa, note_schnorr, &through, NULL};
        bool now = yc_standard_spend_ask(&c->spend, 1, flags, &past_it);
        if (i == 0)
            taken = now;
        assert_int_equal(now, taken && answers[i] != YC_SIG_BAD);
        assert_int_equal(past.count, taken ? 1 : 0);
        if (!taken)
            break;
        enum yc_script_error e = yc_script_verify(&c->spend, 1, flags, &through_it, scene.machine);
        assert_int_equal(e == YC_SCRIPT_OK, now);
        assert_int_equal(through.count, 1);
        assert_int_equal(past.n[0], through.n[0]);
        assert_memory_equal(past.what[0], through.what[0], past.n[0]);
    }
    scene.taken += taken;
    scene.left += !taken;
    return taken;
}

/* As a batch of one, and exactly: the signatures are mostly bad, so the reasons are those of the interpreter. */
static void compare_verdicts(const struct case_of *c, uint32_t flags)
{
    const struct yc_script_check check = {&c->spend, 1, 0, flags}, *const checks[] = {&check};
    struct yc_reject why = {0}, want_why = {0};
    struct yc_error err;
    size_t failed;
    enum yc_verdict want = yc_script_check_run(&check, scene.machine, yc_checker_now(), &want_why);
    assert_int_equal(yc_script_checks_run(checks, 1, scene.machine, scene.collector, &failed, &why, &err), want);
    assert_int_equal(failed, want == YC_VALID);
    assert_int_equal(why.code, want_why.code);
    assert_int_equal(why.script_error, want_why.script_error);
}

static const uint32_t sets[] = {
    YC_SCRIPT_FLAGS_CONSENSUS,
    FLAGS_ALL,
    YC_SCRIPT_FLAGS_NONE,
    YC_SCRIPT_P2SH,
    YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS,
    YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT,
    YC_SCRIPT_P2SH | YC_SCRIPT_DERSIG | YC_SCRIPT_LOW_S,
    YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_STRICTENC | YC_SCRIPT_CONST_SCRIPTCODE,
};
#define SETS (sizeof sets / sizeof sets[0])
/* Bit i is set when it was taken under sets[i]. */
static unsigned compare_bytes(const struct spend_bytes *b)
{
    struct case_of c;
    unsigned taken = 0;
    case_init(&c, b, 1);
    for (size_t i = 0; i < SETS; i++)
        taken |= (unsigned)compare(&c, sets[i]) << i;
    return taken;
}

static unsigned compare_parts(const struct parts *p)
{
    struct spend_bytes b;
    make(&b, p);
    unsigned taken = compare_bytes(&b);
    struct case_of c;
    case_init(&c, &b, 2);
    for (size_t i = 0; i < 2; i++) {
        compare(&c, sets[i]);
        compare_verdicts(&c, sets[i]);
    }
    return taken;
}

/* Under which of the sets is the plain form to be taken? */
static unsigned expected(enum form form)
{
    static const uint32_t needs[FORMS] = {0, YC_SCRIPT_WITNESS, YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS,
                                          YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT};
    unsigned taken = 0;
    for (size_t i = 0; i < SETS; i++)
        taken |= (unsigned)((sets[i] & needs[form]) == needs[form]) << i;
    return taken;
}

/* ---- keys and signatures ---- */

/* Strict DER of integers of r_n and s_n bytes, and a hash type. */
static struct yc_view make_der(uint8_t out[80], size_t r_n, size_t s_n, uint8_t hash_type)
{
    uint8_t *p = out;
    *p++ = 0x30;
    *p++ = (uint8_t)(r_n + s_n + 4);
    *p++ = 0x02;
    *p++ = (uint8_t)r_n;
    memset(p, 0x11, r_n);
    p += r_n;
    *p++ = 0x02;
    *p++ = (uint8_t)s_n;
    memset(p, 0x22, s_n);
    p += s_n;
    *p++ = hash_type;
    return yc_view(out, (size_t)(p - out));
}

static struct yc_view make_key(uint8_t out[80], uint8_t first, size_t n)
{
    memset(out, 0x5a, 80);
    out[0] = first;
    return yc_view(out, n);
}

static struct yc_view plain_sig(uint8_t out[80], enum form form)
{
    if (form != P2TR)
        return make_der(out, 32, 32, YC_SIGHASH_ALL);
    memset(out, 0x33, 80);
    return yc_view(out, 64);
}

static struct parts plain(enum form form, uint8_t sig[80], uint8_t key[80])
{
    return (struct parts){
        .form = form, .sig = plain_sig(sig, form), .key = make_key(key, 2, 33), .redeem_version = YC_OP_0};
}

static void plain_bytes(struct spend_bytes *b, enum form form)
{
    uint8_t sig[80], key[80];
    struct parts p = plain(form, sig, key);
    make(b, &p);
}

/* ---- tests ---- */

static void plain_forms_under_all_flags(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++) {
        struct spend_bytes b;
        struct case_of c;
        plain_bytes(&b, form);
        assert_int_equal(compare_bytes(&b), expected(form));
        case_init(&c, &b, 1);
        for (unsigned round = 0; round < 4000; round++) {
            uint32_t flags = allowed((uint32_t)yc_random_u64(&scene.random));
            bool usual = (flags & YC_SCRIPT_FLAGS_CONSENSUS) == YC_SCRIPT_FLAGS_CONSENSUS;
            assert_true(compare(&c, flags) || !usual);
        }
    }
}

/* Each bit of each string turned, hashes left alone. */
static void turned_bits(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++) {
        struct spend_bytes b;
        plain_bytes(&b, form);
        for (unsigned string = 0; string < STRINGS; string++) {
            for (size_t bit = 0; bit < b.n[string] * 8; bit++) {
                b.byte[string][bit / 8] ^= (uint8_t)(1u << bit % 8);
                (void)compare_bytes(&b);
                b.byte[string][bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
        assert_int_equal(compare_bytes(&b), expected(form));
    }
}

/* Each string cut short, or with bytes behind it; items missing and too many. */
static void other_lengths(void **state)
{
    (void)state;
    static const uint8_t tails[] = {0x00, 0x01, 0x51, 0x50, 0x61, 0xac, 0x4c, 0xab};
    for (enum form form = 0; form < FORMS; form++) {
        uint8_t sig[80], key[80];
        struct spend_bytes b, other;
        struct parts p = plain(form, sig, key);
        make(&b, &p);
        for (unsigned string = 0; string < STRINGS; string++) {
            other = b;
            for (other.n[string] = 0; other.n[string] < b.n[string]; other.n[string]++)
                assert_int_equal(compare_bytes(&other), 0);
            for (size_t i = 0; i < sizeof tails; i++) {
                other = b;
                append(&other, string, &tails[i], 1);
                if (string < ITEM + b.items) /* of a taproot signature: its hash type */
                    assert_true(compare_bytes(&other) == 0 || (form == P2TR && string == ITEM && tails[i] == 0x01));
            }
        }
        for (other = b; other.items > 0;) {
            other.items--;
            assert_int_equal(compare_bytes(&other), 0);
        }
        other = b;
        append_item(&other, YC_VIEW_EMPTY);
        assert_int_equal(compare_bytes(&other), 0);
        p.annex = true;
        assert_int_equal(compare_parts(&p), 0);
    }
}

/* Pushes by opcodes that are longer than they need be; pushes that are none; another version of the redeem script. */
static void other_pushes(void **state)
{
    (void)state;
    uint8_t sig[80], key[80];
    for (uint8_t opcode = YC_OP_PUSHDATA1; opcode <= YC_OP_PUSHDATA4; opcode++) {
        struct parts p = plain(P2PKH, sig, key);
        p.sig_push = opcode;
        assert_int_equal(compare_parts(&p), 0);
        p = plain(P2PKH, sig, key);
        p.key_push = opcode;
        assert_int_equal(compare_parts(&p), 0);
        p = plain(P2SH_P2WPKH, sig, key);
        p.redeem_push = opcode;
        assert_int_equal(compare_parts(&p), 0);
    }
    for (uint8_t version = YC_OP_1; version <= YC_OP_16; version++) {
        struct parts p = plain(P2SH_P2WPKH, sig, key);
        p.redeem_version = version;
        assert_int_equal(compare_parts(&p), 0);
    }
    static const uint8_t fronts[] = {YC_OP_0, YC_OP_1, YC_OP_NOP, YC_OP_CODESEPARATOR};
    for (enum form form = 0; form < FORMS; form++) {
        for (size_t i = 0; i < sizeof fronts; i++) {
            for (unsigned string = SPENT; string <= SCRIPT_SIG; string++) {
                struct spend_bytes b;
                plain_bytes(&b, form);
                memmove(b.byte[string] + 1, b.byte[string], b.n[string]++);
                b.byte[string][0] = fronts[i];
                assert_int_equal(compare_bytes(&b), 0);
            }
        }
    }
}

/* Keys of all lengths and first bytes, whose hashes fit. */
static void other_keys(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 20, 32, 33, 34, 64, 65, 66, 75};
    for (enum form form = P2PKH; form <= P2SH_P2WPKH; form++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            for (unsigned first = 0; first < 16; first++) {
                uint8_t sig[80], key[80];
                struct parts p = plain(form, sig, key);
                p.key = make_key(key, (uint8_t)first, lengths[i]);
                bool compressed = lengths[i] == 33 && (first == 2 || first == 3);
                bool plain_key = compressed || (form == P2PKH && lengths[i] == 65 && first == 4);
                assert_int_equal(compare_parts(&p), plain_key ? expected(form) : 0);
            }
        }
    }
}

/* DER of all lengths, one of which is that of the hash in the script code; forms that are not strict; high s. */
static void other_ecdsa_signatures(void **state)
{
    (void)state;
    uint8_t sig[80], key[80];
    for (enum form form = P2PKH; form <= P2SH_P2WPKH; form++) {
        for (size_t r_n = 1; r_n <= 33; r_n++) {
            for (size_t s_n = 1; s_n <= 33; s_n++) {
                struct parts p = plain(form, sig, key);
                p.sig = make_der(sig, r_n, s_n, YC_SIGHASH_ALL);
                bool takes = form != P2PKH || p.sig.n != 20;
                struct spend_bytes b;
                make(&b, &p);
                /* Integers of 33 bytes are above n here, which is a rule of LOW_S alone. */
                assert_int_equal((compare_bytes(&b) & 1) != 0, takes);
            }
        }
        /* Lengths that do not add up; a negative r; a padded one. */
        static const uint8_t changes[][2] = {{3, 31}, {4, 0x80}, {4, 0}};
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            struct parts p = plain(form, sig, key);
            sig[changes[i][0]] = changes[i][1];
            assert_int_equal(compare_parts(&p), 0);
        }
        struct parts p = plain(form, sig, key);
        memset(sig + 39, 0xff, 31); /* high s: only where LOW_S is not asked for */
        sig[38] = 0x7f;
        unsigned low_s = 0;
        for (size_t i = 0; i < SETS; i++)
            low_s |= (unsigned)(sets[i] & YC_SCRIPT_LOW_S ? 1 : 0) << i;
        assert_int_equal(compare_parts(&p), expected(form) & ~low_s);
        for (size_t n = 0; n < 9; n++) {
            p.sig = yc_view(sig, n);
            assert_int_equal(compare_parts(&p), 0);
        }
    }
}

/* Every hash type; with taproot 0 must not be written. */
static void all_hash_types(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++) {
        for (unsigned type = 0; type < 256; type++) {
            uint8_t sig[80], key[80];
            struct parts p = plain(form, sig, key);
            sig[form == P2TR ? 64 : 70] = (uint8_t)type;
            p.sig.n = form == P2TR ? 65 : 71;
            unsigned kind = type & ~0x80u;
            bool defined = kind >= 1 && kind <= 3, has_output = form != P2TR || kind != YC_SIGHASH_SINGLE;
            struct spend_bytes b;
            make(&b, &p);
            assert_int_equal((compare_bytes(&b) & 2) != 0, defined && has_output); /* FLAGS_ALL */
            (void)compare_parts(&p);
        }
    }
}

/* A program that is no number but zero is false on the stack, and the spend is refused before its signature is looked at. x = 0x80
 * is such a taproot output. */
static void programs_that_are_false(void **state)
{
    (void)state;
    for (unsigned last = 0; last <= 0x80; last += 0x40) {
        uint8_t sig[80], key[80];
        struct parts p = plain(P2TR, sig, key);
        memset(key, 0, sizeof key);
        key[32] = (uint8_t)last;
        assert_int_equal(compare_parts(&p), last == 0x40 ? expected(P2TR) : 0);
    }
}

/* Why a signature of any length but 20 is not found in the script code of P2PKH: its push is compared at the starts of
 * operations, of which the hash's is the only push. */
static void signatures_in_the_script_code(void **state)
{
    (void)state;
    uint8_t script[25] = {YC_OP_DUP, YC_OP_HASH160, 20}, out[25], push[1 + 80];
    script[23] = YC_OP_EQUALVERIFY;
    script[24] = YC_OP_CHECKSIG;
    for (size_t n = 9; n <= 73; n++) {
        struct yc_view sig = make_der(push + 1, n - 8, 1, YC_SIGHASH_ALL);
        push[0] = (uint8_t)n;
        memcpy(script + 3, sig.p, n < 20 ? n : 20);
        size_t out_n;
        assert_int_equal(yc_script_delete(out, &out_n, yc_view(script, 25), yc_view(push, n + 1)), n == 20);
    }
}

/* Two changes at a time, at random, under flags at random. */
static void random_changes(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40000; round++) {
        struct spend_bytes b;
        struct case_of c;
        plain_bytes(&b, round % FORMS);
        for (uint64_t changes = yc_random_below(&scene.random, 3); changes > 0; changes--) {
            unsigned string = (unsigned)yc_random_below(&scene.random, STRINGS);
            size_t at = b.n[string] ? yc_random_below(&scene.random, b.n[string]) : 0;
            b.byte[string][at] = (uint8_t)yc_random_u64(&scene.random);
            if (yc_random_below(&scene.random, 8) == 0)
                b.n[string] = at;
        }
        case_init(&c, &b, 1 + round % 2);
        (void)compare(&c, allowed((uint32_t)yc_random_u64(&scene.random)));
    }
}

static int make_scene(void **state)
{
    (void)state;
    struct yc_error err;
    test_heap_init(&scene.heap);
    yc_random_seed(&scene.random, &scene.seeded, 6);
    scene.machine = yc_script_machine_new(&scene.heap.alloc);
    assert_non_null(scene.machine);
    if (yc_sigengine_init(&scene.engine, YC_SIG_MODE_AUTO, 0, NULL, &err) != YC_VALID)
        assert_int_equal(scene.engine.mode, YC_SIG_MODE_SCALAR); /* no lanes here */
    assert_int_equal(yc_sig_collector_new(&scene.collector, &scene.engine, 1, &scene.heap.alloc, &err), YC_VALID);
    return 0;
}

static int end_scene(void **state)
{
    (void)state;
    assert_true(scene.taken > 10000 && scene.left > 10000);
    yc_sig_collector_free(scene.collector);
    yc_script_machine_free(scene.machine);
    assert_int_equal(scene.heap.live_bytes, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_forms_under_all_flags),
        cmocka_unit_test(turned_bits),
        cmocka_unit_test(other_lengths),
        cmocka_unit_test(other_pushes),
        cmocka_unit_test(other_keys),
        cmocka_unit_test(other_ecdsa_signatures),
        cmocka_unit_test(all_hash_types),
        cmocka_unit_test(programs_that_are_false),
        cmocka_unit_test(signatures_in_the_script_code),
        cmocka_unit_test(random_changes),
    };
    return cmocka_run_group_tests(tests, make_scene, end_scene);
}
