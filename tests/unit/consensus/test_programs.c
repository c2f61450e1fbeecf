/* Programs made at random of CHECKSIG, CHECKMULTISIG, NOT and IF, whose signatures are good, bad, empty or broken, under
 * random flags. A deferred signature is taken for good until the batch has been settled, and a bad one may be what makes a
 * script valid: with batches the verdict, the first failure and its reason must still be those of libsecp256k1 at once
 * (catalogue C38). */
#include "consensus/checks.h"
#include "consensus/script/asm.h"
#include "consensus/script/sighash.h"
#include "consensus/script/taproot.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "keys/signer.h"
#include "support/heap.h"

#define ROUNDS     24
#define PROGRAMS   64 /* of a round: their signatures are more than a collector holds */
#define SIGS       3  /* at the bottom of each program's stack */
#define KEYS       2
#define SCRIPT_MAX 4096

enum form { FORM_BARE, FORM_P2SH, FORM_V0, FORM_TAPSCRIPT, FORMS };
enum quality { SIG_GOOD, SIG_OF_ANOTHER, SIG_HIGH_S, SIG_EMPTY, SIG_BROKEN, QUALITIES };

struct key {
    uint8_t secret[32], pubkey[33], pubkey_long[65];
};

struct program {
    enum form form;
    struct yc_buf script, script_sig;
    uint8_t sig[SIGS][80], output[34], control[33];
    struct yc_view item[SIGS + 2];
    struct yc_txin in;
    struct yc_txout out;
    struct yc_tx tx;
    struct yc_spent spent;
    struct yc_spend spend;
    struct yc_script_check check;
    enum yc_verdict verdict; /* of libsecp256k1 at once */
    struct yc_reject why;
};

static struct scene {
    struct test_heap heap;
    struct yc_random_seeded seeded;
    struct yc_random random;
    struct yc_signer *signer;
    struct yc_script_machine *machine;
    struct key key[KEYS];
    struct program program[PROGRAMS];
    size_t valid, valid_as_bad, invalid_as_bad;
} scene;

static size_t below(size_t n)
{
    return (size_t)yc_random_below(&scene.random, n);
}

/* ---- programs ---- */

static void op(struct program *p, enum yc_opcode opcode)
{
    uint8_t byte = (uint8_t)opcode;
    yc_buf_append(&p->script, &byte, 1);
}

/* Keys of signatures and keys of scripts meet half of the time; those of tapscript nearly always, for there a signature
 * that is not good is the end. */
static const struct key *any_key(const struct program *p)
{
    return &scene.key[p->form == FORM_TAPSCRIPT && below(16) ? 0 : below(KEYS)];
}

/* A key in one of its forms; now and then one that is no key. */
static void push_key(struct program *p)
{
    const struct key *k = any_key(p);
    uint8_t bytes[65];
    size_t n = 33, kind = below(16);
    memcpy(bytes, k->pubkey, 33);
    if (p->form == FORM_TAPSCRIPT) {
        n = kind == 0 ? 33 : 32; /* 33: of a kind that is not known yet */
        memcpy(bytes, k->pubkey + 1, 32);
        bytes[0] ^= kind == 1;
    } else if (kind < 4) {
        n = 65;
        memcpy(bytes, k->pubkey_long, 65);
        if (kind < 2)
            bytes[0] = (uint8_t)(6 + (bytes[64] & 1)); /* hybrid */
        bytes[64] ^= kind == 3;                        /* off the curve */
    } else if (kind == 4) {
        bytes[1] ^= 1;
    } else if (kind == 5) {
        n = 32;
    }
    yc_script_push(&p->script, yc_view(bytes, n));
}

/* A copy of one of the signatures, `depth` elements above the lowest. */
static void pick_sig(struct program *p, size_t depth)
{
    yc_script_push_number(&p->script, (int64_t)(depth - 1 - below(SIGS)));
    op(p, YC_OP_PICK);
}

/* One element more: is a signature good, or is it not? */
static void ask(struct program *p, size_t depth)
{
    size_t kind = below(8);
    if (kind == 0 && p->form != FORM_TAPSCRIPT) {
        op(p, YC_OP_0);
        pick_sig(p, depth + 1);
        op(p, YC_OP_1);
        push_key(p);
        push_key(p);
        op(p, YC_OP_1 + 1);
        op(p, YC_OP_CHECKMULTISIG);
    } else {
        pick_sig(p, depth);
        if (p->form == FORM_TAPSCRIPT && kind < 3)
            op(p, kind ? YC_OP_0 : YC_OP_1);
        push_key(p);
        op(p, kind == 3                               ? YC_OP_CHECKSIGVERIFY
              : p->form == FORM_TAPSCRIPT && kind < 3 ? YC_OP_CHECKSIGADD
                                                      : YC_OP_CHECKSIG);
        if (kind == 3)
            op(p, YC_OP_1);
    }
    if (below(3) == 0)
        op(p, YC_OP_NOT);
}

static void ask_in_branch(struct program *p, size_t depth)
{
    ask(p, depth);
    op(p, below(2) ? YC_OP_BOOLAND : YC_OP_BOOLOR);
}

/* The verdict so far, on top, becomes another one. */
static void statement(struct program *p, size_t depth)
{
    switch (below(7)) {
    case 0:
        ask(p, depth);
        op(p, YC_OP_VERIFY);
        break;
    case 1:
        ask(p, depth);
        op(p, YC_OP_DROP);
        break;
    case 2:
    case 3:
        /* Branches that a signature chooses, or one that nobody takes. */
        if (below(3))
            ask(p, depth);
        else
            op(p, below(2) ? YC_OP_0 : YC_OP_1);
        op(p, below(2) ? YC_OP_IF : YC_OP_NOTIF);
        ask_in_branch(p, depth);
        op(p, YC_OP_ELSE);
        if (below(2))
            ask_in_branch(p, depth);
        op(p, YC_OP_ENDIF);
        break;
    case 4:
        op(p, YC_OP_NOT);
        break;
    default:
        ask_in_branch(p, depth);
        break;
    }
}

static void make_script(struct program *p)
{
    yc_buf_clear(&p->script);
    op(p, YC_OP_1);
    for (size_t i = 1 + below(4); i > 0; i--)
        statement(p, SIGS + 1);
    op(p, YC_OP_TOALTSTACK);
    for (size_t i = 0; i < SIGS; i++)
        op(p, YC_OP_DROP);
    op(p, YC_OP_FROMALTSTACK);
    if (below(3) == 0)
        op(p, YC_OP_NOT);
    assert_false(p->script.failed);
}

/* ---- the output, and what spends it ---- */

static void wrap(struct program *p)
{
    struct yc_view script = yc_buf_view(&p->script);
    uint8_t leaf[32], tweak[32];
    unsigned parity = 0;
    switch (p->form) {
    case FORM_BARE:
        p->spent.script = script;
        break;
    case FORM_P2SH:
        p->output[0] = YC_OP_HASH160;
        p->output[1] = 20;
        yc_hash160(p->output + 2, script.p, script.n);
        p->output[22] = YC_OP_EQUAL;
        p->spent.script = yc_view(p->output, 23);
        break;
    case FORM_V0:
        p->output[0] = YC_OP_0;
        p->output[1] = 32;
        yc_sha256_once(p->output + 2, script.p, script.n);
        p->spent.script = yc_view(p->output, 34);
        break;
    case FORM_TAPSCRIPT:
        yc_taproot_leaf_hash(leaf, YC_TAPROOT_LEAF_TAPSCRIPT, script);
        yc_taproot_tweak_hash(tweak, scene.key[0].pubkey + 1, leaf);
        assert_true(yc_secp_taproot_tweak(p->output + 2, &parity, scene.key[0].pubkey + 1, tweak));
        p->output[0] = YC_OP_1;
        p->output[1] = 32;
        p->control[0] = (uint8_t)(YC_TAPROOT_LEAF_TAPSCRIPT | parity);
        memcpy(p->control + 1, scene.key[0].pubkey + 1, 32);
        p->spent.script = yc_view(p->output, 34);
        break;
    case FORMS:
        break;
    }
}

static void digest_of(const struct program *p, uint8_t digest[32], uint8_t type)
{
    struct yc_view script = yc_buf_view(&p->script);
    struct yc_sighash_tap tap = {.is_script = true, .code_separator = UINT32_MAX};
    if (p->form == FORM_TAPSCRIPT) {
        yc_taproot_leaf_hash(tap.leaf32, YC_TAPROOT_LEAF_TAPSCRIPT, script);
        assert_true(yc_sighash_taproot(digest, &p->spend, 0, type, &tap));
    } else if (p->form == FORM_V0) {
        yc_sighash_v0(digest, &p->spend, 0, script, type, NULL);
    } else {
        yc_sighash_legacy(digest, &p->tx, 0, script, type, NULL);
    }
}

/* The same signature with order - S for S: both are one to consensus. Left as it is when S is a short one. */
static size_t raise_s(uint8_t *der, size_t n)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                      0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    if (der[n - 33] != 32 || der[3] + 38u != n || !der[n - 32])
        return n;
    unsigned borrow = 0;
    uint8_t s[32];
    for (size_t i = 32; i-- > 0;) {
        unsigned t = 256u + order[i] - der[n - 32 + i] - borrow;
        s[i] = (uint8_t)t;
        borrow = t < 256;
    }
    memcpy(der + n - 31, s, 32);
    der[n - 32] = 0;
    der[n - 33]++;
    der[1]++;
    return n + 1;
}

static struct yc_view sign(struct program *p, uint8_t *out, enum quality quality)
{
    const struct key *k = any_key(p);
    const uint8_t type = below(4) ? YC_SIGHASH_ALL : YC_SIGHASH_ALL | YC_SIGHASH_ANYONECANPAY;
    uint8_t digest[32], aux32[32] = {0};
    struct yc_error err;
    size_t n = 64;
    if (quality == SIG_EMPTY)
        return yc_view(out, 0);
    if (quality == SIG_BROKEN) {
        n = 1 + below(76);
        yc_random_fill(&scene.random, out, n);
        return yc_view(out, n);
    }
    digest_of(p, digest, type);
    digest[31] ^= quality == SIG_OF_ANOTHER;
    if (p->form == FORM_TAPSCRIPT)
        assert_int_equal(yc_schnorr_sign(out, scene.signer, k->secret, digest, aux32, &err), YC_VALID);
    else
        assert_int_equal(yc_ecdsa_sign(out, &n, scene.signer, k->secret, digest, &err), YC_VALID);
    if (p->form != FORM_TAPSCRIPT && quality == SIG_HIGH_S)
        n = raise_s(out, n);
    out[n] = type;
    return yc_view(out, n + 1);
}

static enum quality random_quality(enum form form)
{
    /* Of tapscript any signature that is there must be good. */
    size_t dice = below(form == FORM_TAPSCRIPT ? 20 : 10);
    return dice < 3    ? SIG_OF_ANOTHER
           : dice == 3 ? SIG_BROKEN
           : dice < 6  ? SIG_EMPTY
           : dice == 6 ? SIG_HIGH_S
                       : SIG_GOOD;
}

/* Every signature where the form has it. */
static void unlock(struct program *p)
{
    yc_buf_clear(&p->script_sig);
    for (size_t i = 0; i < SIGS; i++) {
        p->item[i] = sign(p, p->sig[i], random_quality(p->form));
        if (p->form == FORM_BARE || p->form == FORM_P2SH)
            yc_script_push(&p->script_sig, p->item[i]);
    }
    if (p->form == FORM_P2SH)
        yc_script_push(&p->script_sig, yc_buf_view(&p->script));
    p->in.script_sig = yc_buf_view(&p->script_sig);
    p->item[SIGS] = yc_buf_view(&p->script);
    p->item[SIGS + 1] = yc_view(p->control, sizeof p->control);
    p->in.witness = p->item;
    p->in.witness_count = p->form == FORM_V0 ? SIGS + 1 : p->form == FORM_TAPSCRIPT ? SIGS + 2 : 0;
}

static uint32_t random_flags(void)
{
    const uint32_t soft_forks = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT;
    switch (below(4)) {
    case 0:
        return YC_SCRIPT_FLAGS_CONSENSUS;
    case 1:
        return YC_SCRIPT_FLAGS_STANDARD;
    case 2:
        return soft_forks;
    default:
        return soft_forks | ((uint32_t)yc_random_u64(&scene.random) & YC_SCRIPT_FLAGS_STANDARD);
    }
}

/* A checker to which every signature is good. */
static enum yc_sig any_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                             bool may_defer)
{
    (void)ctx, (void)pubkey, (void)sig, (void)msg32, (void)may_defer;
    return YC_SIG_GOOD;
}

static enum yc_sig any_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                               bool may_defer)
{
    (void)ctx, (void)xonly32, (void)sig64, (void)msg32, (void)may_defer;
    return YC_SIG_GOOD;
}

static void make_program(struct program *p, uint32_t at)
{
    const struct yc_checker any = {any_ecdsa, any_schnorr, NULL, NULL};
    p->form = (enum form)below(FORMS);
    p->in = (struct yc_txin){.prevout.index = at, .sequence = YC_SEQUENCE_FINAL};
    p->out = (struct yc_txout){1, yc_view_text("x")};
    p->tx = (struct yc_tx){.version = 2, .in_count = 1, .out_count = 1, .in = &p->in, .out = &p->out};
    p->spent = (struct yc_spent){1000 + at, YC_VIEW_EMPTY};
    make_script(p);
    wrap(p);
    yc_spend_init_to_sign(&p->spend, &p->tx, &p->spent);
    unlock(p);
    p->check = (struct yc_script_check){&p->spend, 0, at, random_flags()};
    p->why = (struct yc_reject){.code = YC_REJ_NONE};
    p->verdict = yc_script_check_run(&p->check, scene.machine, yc_checker_now(), &p->why);
    bool valid = p->verdict == YC_VALID;
    bool would_be = yc_script_verify(&p->spend, 0, p->check.flags, &any, scene.machine) == YC_SCRIPT_OK;
    scene.valid += valid;
    scene.valid_as_bad += valid && !would_be;
    scene.invalid_as_bad += !valid && would_be;
}

/* ---- both ways ---- */

static void assert_as_at_once(struct program *const *list, size_t count, struct yc_sig_collector *c)
{
    const struct yc_script_check *checks[PROGRAMS] = {NULL};
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_error err;
    size_t failed, want = 0;
    for (size_t i = 0; i < count; i++)
        checks[i] = &list[i]->check;
    while (want < count && list[want]->verdict == YC_VALID)
        want++;
    enum yc_verdict v = yc_script_checks_run(checks, count, scene.machine, c, &failed, &why, &err);
    assert_int_equal(v, want < count ? list[want]->verdict : YC_VALID);
    assert_int_equal(failed, want);
    assert_int_equal(yc_sig_collector_count(c), 0);
    if (want == count)
        return;
    assert_int_equal(why.code, list[want]->why.code);
    assert_int_equal(why.script_error, list[want]->why.script_error);
    assert_int_equal(why.tx, list[want]->why.tx);
    assert_int_equal(why.input, list[want]->why.input);
}

/* Each alone, then the valid ones together with a few others among them. */
static void round_of_programs(struct yc_sig_collector *c)
{
    struct program *list[PROGRAMS];
    size_t n = 0;
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct program *p = &scene.program[i];
        make_program(p, i);
        assert_as_at_once(&p, 1, c);
        if (p->verdict == YC_VALID || below(PROGRAMS) == 0)
            list[n++] = p;
    }
    for (size_t first = 0; first < n; first += 1 + below(8))
        assert_as_at_once(list + first, n - first, c);
}

static void programs_have_the_verdict_they_have_at_once(void **state)
{
    static const enum yc_sig_mode modes[] = {YC_SIG_MODE_SCALAR, YC_SIG_MODE_AUTO};
    (void)state;
    for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        struct yc_sigengine engine;
        struct yc_sig_collector *c;
        struct yc_error err;
        scene.valid = scene.valid_as_bad = scene.invalid_as_bad = 0;
        assert_int_equal(yc_sigengine_init(&engine, modes[m], 0, NULL, &err), YC_VALID);
        assert_int_equal(yc_sig_collector_new(&c, &engine, 1, &scene.heap.alloc, &err), YC_VALID);
        for (size_t i = 0; i < ROUNDS; i++)
            round_of_programs(c);
        yc_sig_collector_free(c);
        /* The programs are worth the name: neither verdict is rare, and bad signatures decide in both directions. */
        assert_in_range(scene.valid, ROUNDS * PROGRAMS / 8, ROUNDS * PROGRAMS * 7 / 8);
        assert_true(scene.valid_as_bad > ROUNDS && scene.invalid_as_bad > ROUNDS);
    }
}

static int make_scene(void **state)
{
    struct yc_error err;
    (void)state;
    test_heap_init(&scene.heap);
    yc_random_seed(&scene.random, &scene.seeded, 1);
    assert_int_equal(yc_signer_new(&scene.signer, &scene.random, &err), YC_VALID);
    scene.machine = yc_script_machine_new(&scene.heap.alloc);
    assert_non_null(scene.machine);
    for (size_t i = 0; i < KEYS; i++) {
        struct key *k = &scene.key[i];
        yc_seckey_generate(k->secret, scene.signer, &scene.random);
        assert_true(yc_seckey_pubkey(k->pubkey, scene.signer, k->secret));
        assert_true(yc_seckey_pubkey_long(k->pubkey_long, scene.signer, k->secret));
    }
    for (size_t i = 0; i < PROGRAMS; i++) {
        yc_buf_init(&scene.program[i].script, &scene.heap.alloc, SCRIPT_MAX);
        yc_buf_init(&scene.program[i].script_sig, &scene.heap.alloc, 2 * SCRIPT_MAX);
    }
    return 0;
}

static int end_scene(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        yc_buf_release(&scene.program[i].script);
        yc_buf_release(&scene.program[i].script_sig);
    }
    yc_script_machine_free(scene.machine);
    yc_signer_free(scene.signer);
    assert_int_equal(scene.heap.live_bytes, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(programs_have_the_verdict_they_have_at_once)};
    return cmocka_run_group_tests(tests, make_scene, end_scene);
}
