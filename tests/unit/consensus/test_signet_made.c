/* BIP 325 for blocks made here and signed by a key of our own: commitments with pushes of every form around the solution,
 * and blocks of several transactions. */
#include "consensus/script/sighash.h"
#include "consensus/signet.h"
#include "crypto/sha256.h"
#include "unit/consensus/support/bench.h"

#include <secp256k1.h>

#define COMMITMENT_MAX 200000

static const uint8_t secret32[32] = {1, 2, 3, 4};
static const uint8_t mark[4] = {0xec, 0xc7, 0xda, 0xa2};

/* A witness commitment's script, and the same with the solution cut out, as BIP 325 wants it signed. */
struct commitment {
    uint8_t with[COMMITMENT_MAX], without[COMMITMENT_MAX];
    size_t with_n, without_n;
};

static void append(uint8_t *out, size_t *n, const void *p, size_t bytes)
{
    assert_true(*n + bytes <= COMMITMENT_MAX);
    if (bytes)
        memcpy(out + *n, p, bytes);
    *n += bytes;
}

static void append_push(uint8_t *out, size_t *n, const uint8_t *p, size_t bytes)
{
    uint8_t head[5] = {(uint8_t)bytes};
    size_t head_n = 1;
    if (bytes > 65535) {
        head[0] = YC_OP_PUSHDATA4;
        yc_put32le(head + 1, (uint32_t)bytes);
        head_n = 5;
    } else if (bytes > 255) {
        head[0] = YC_OP_PUSHDATA2;
        yc_put16le(head + 1, (uint16_t)bytes);
        head_n = 3;
    } else if (bytes > 75) {
        head[0] = YC_OP_PUSHDATA1;
        head[1] = (uint8_t)bytes;
        head_n = 2;
    }
    append(out, n, head, head_n);
    append(out, n, p, bytes);
}

static void append_both(struct commitment *c, const void *p, size_t n)
{
    append(c->with, &c->with_n, p, n);
    append(c->without, &c->without_n, p, n);
}

static void push_both(struct commitment *c, const uint8_t *p, size_t n)
{
    append_push(c->with, &c->with_n, p, n);
    append_push(c->without, &c->without_n, p, n);
}

/* The commitment proper, fillers, the solution (when there is one), and fillers again. */
static void make_commitment(struct commitment *c, const uint8_t *filler, const size_t *sizes, size_t count,
                            const uint8_t *solution, size_t solution_n)
{
    static const uint8_t head[] = {YC_OP_RETURN}, other_ops[] = {YC_OP_0, YC_OP_1, YC_OP_NOP};
    uint8_t committed[36] = {0xaa, 0x21, 0xa9, 0xed}, marked[4 + 200];
    c->with_n = c->without_n = 0;
    append_both(c, head, 1);
    push_both(c, committed, sizeof committed);
    append_both(c, other_ops, sizeof other_ops);
    for (size_t i = 0; i < count; i++)
        push_both(c, filler, sizes[i]);
    /* The mark alone is no solution. */
    push_both(c, mark, sizeof mark);
    memcpy(marked, mark, sizeof mark);
    assert_true(solution_n <= 200);
    if (solution_n)
        memcpy(marked + 4, solution, solution_n);
    append_push(c->with, &c->with_n, marked, 4 + solution_n);
    append_push(c->without, &c->without_n, marked, 4);
    for (size_t i = 0; i < count; i++)
        push_both(c, filler, sizes[i]);
    /* A second one is data. */
    static const uint8_t second[] = {0xec, 0xc7, 0xda, 0xa2, 1};
    push_both(c, second, sizeof second);
}

static void txid_of(struct yc_txid *out, const struct yc_tx *tx)
{
    uint8_t bytes[400];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_tx_write(tx, false, &w);
    assert_false(w.failed);
    yc_sha256d(out->b, bytes, w.n);
}

/* The solution that signs the block in the making, whose coinbase holds the commitment without solution: script sig and
 * an empty witness. Returns its size. */
static size_t sign(struct bench *b, struct yc_view challenge, uint8_t solution[200])
{
    uint8_t script_sig[74] = {YC_OP_0, 72}, digest[32], der[80];
    yc_put32le(script_sig + 2, b->header.version);
    memcpy(script_sig + 6, b->header.prev.b, 32);
    memcpy(script_sig + 38, b->header.merkle_root, 32);
    yc_put32le(script_sig + 70, b->header.time);
    struct yc_txin from = {.prevout.index = UINT32_MAX, .script_sig = yc_view(script_sig, sizeof script_sig)};
    struct yc_txout to = {0, challenge};
    struct yc_tx to_spend = {.in_count = 1, .out_count = 1, .in = &from, .out = &to};
    static const uint8_t op_return[1] = {YC_OP_RETURN};
    struct yc_txin in = {.prevout.index = 0};
    struct yc_txout out = {0, yc_view(op_return, 1)};
    struct yc_tx to_sign = {.in_count = 1, .out_count = 1, .in = &in, .out = &out};
    txid_of(&in.prevout.txid, &to_spend);
    yc_sighash_legacy(digest, &to_sign, 0, challenge, YC_SIGHASH_ALL, NULL);

    secp256k1_context *secp = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    secp256k1_ecdsa_signature signature;
    size_t der_n = sizeof der;
    assert_int_equal(secp256k1_ecdsa_sign(secp, &signature, digest, secret32, NULL, NULL), 1);
    assert_int_equal(secp256k1_ecdsa_signature_serialize_der(secp, der, &der_n, &signature), 1);
    secp256k1_context_destroy(secp);
    der[der_n++] = YC_SIGHASH_ALL;
    solution[0] = (uint8_t)(der_n + 1); /* the script sig: one push */
    solution[1] = (uint8_t)der_n;
    memcpy(solution + 2, der, der_n);
    solution[2 + der_n] = 0; /* no witness */
    return 3 + der_n;
}

static struct bench *bench;
static struct commitment commitment;
static uint8_t filler[70000], challenge[35];

static int set_up(void **state)
{
    (void)state;
    secp256k1_context *secp = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    secp256k1_pubkey key;
    size_t n = 33;
    assert_int_equal(secp256k1_ec_pubkey_create(secp, &key, secret32), 1);
    challenge[0] = 33;
    assert_int_equal(secp256k1_ec_pubkey_serialize(secp, challenge + 1, &n, &key, SECP256K1_EC_COMPRESSED), 1);
    challenge[34] = YC_OP_CHECKSIG;
    secp256k1_context_destroy(secp);
    memset(filler, 0x11, sizeof filler);
    bench = bench_new(200);
    memcpy(bench->params.signet_challenge, challenge, sizeof challenge);
    bench->params.signet_challenge_n = sizeof challenge;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

/* Make the coinbase commit by this script, and seal the block. */
static void seal_with(const uint8_t *script, size_t n)
{
    struct bench_tx *coinbase = bench->tx[0];
    struct yc_txout *out = yc_arena_take(&bench->arena, 2 * sizeof *out);
    assert_non_null(out);
    out[0] = coinbase->out[0];
    out[1] = (struct yc_txout){0, bench_bytes(bench, script, n)};
    coinbase->tx.out = coinbase->out = out;
    coinbase->tx.out_count = 2;
    bench_seal(bench);
}

static enum yc_verdict judge(const size_t *sizes, size_t count)
{
    uint8_t solution[200];
    make_commitment(&commitment, filler, sizes, count, NULL, 0);
    seal_with(commitment.without, commitment.without_n);
    size_t solution_n = sign(bench, yc_view(challenge, sizeof challenge), solution);
    make_commitment(&commitment, filler, sizes, count, solution, solution_n);
    seal_with(commitment.with, commitment.with_n);
    return yc_signet_check(&bench->block, &bench->params, &bench->arena, &bench->why);
}

static void a_block_that_is_signed_here(void **state)
{
    (void)state;
    assert_int_equal(judge(NULL, 0), YC_VALID);
}

/* The solution is cut out of a script that is written anew: each push in its shortest form. */
static void pushes_of_every_form_around_the_solution(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 75, 76, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(judge(&sizes[i], 1), YC_VALID);
}

/* The signature covers every transaction, by way of the merkle root. */
static void every_transaction_is_signed(void **state)
{
    (void)state;
    for (int count = 1; count <= 5; count++) {
        bench_add_spend(bench, 5000);
        assert_int_equal(judge(NULL, 0), YC_VALID);
    }
    bench->tx[3]->out[0].value_sat--;
    bench_seal(bench);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &bench->arena, &bench->why), YC_INVALID);
    assert_int_equal(bench->why.code, YC_REJ_BLOCK_SIGNET_SIGNATURE);
}

/* Whatever is the step at which memory ends, it is our failure. */
static void memory_may_end_at_any_step(void **state)
{
    (void)state;
    static uint8_t memory[YC_SIGNET_SCRATCH_BYTES];
    unsigned failed = 0;
    assert_int_equal(judge(NULL, 0), YC_VALID);
    for (size_t room = 0; room < 4096; room += 8) {
        struct yc_arena arena;
        yc_arena_init_fixed(&arena, memory, room);
        assert_int_equal(yc_signet_check(&bench->block, &bench->params, &arena, &bench->why), YC_SYSTEM);
        assert_int_equal(bench->why.system, YC_SYSTEM_MEMORY);
        failed++;
    }
    assert_int_equal(failed, 512);
    struct yc_arena arena;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &arena, &bench->why), YC_VALID);
}

/* A solution's witness may hold empty items, of one byte each. */
static void a_witness_of_empty_items(void **state)
{
    (void)state;
    static const uint8_t script[] = {YC_OP_2DROP, YC_OP_2DROP, YC_OP_DROP, YC_OP_1};
    const uint8_t solution[] = {0, 6, 0, 0, 0, 0, 0, 4, script[0], script[1], script[2], script[3]};
    bench->params.signet_challenge[0] = YC_OP_0;
    bench->params.signet_challenge[1] = 32;
    yc_sha256_once(bench->params.signet_challenge + 2, script, sizeof script);
    bench->params.signet_challenge_n = 34;
    make_commitment(&commitment, filler, NULL, 0, solution, sizeof solution);
    seal_with(commitment.with, commitment.with_n);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &bench->arena, &bench->why), YC_VALID);
    make_commitment(&commitment, filler, NULL, 0, solution, sizeof solution - 1);
    seal_with(commitment.with, commitment.with_n);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &bench->arena, &bench->why), YC_INVALID);
}

/* More leaves than there is room for, and room enough for everything else. */
static void memory_may_end_at_the_leaves_alone(void **state)
{
    (void)state;
    static uint8_t memory[300000];
    struct yc_arena arena;
    for (int i = 0; i < 10000; i++)
        bench_add_spend(bench, 1);
    make_commitment(&commitment, filler, NULL, 0, NULL, 0);
    seal_with(commitment.without, commitment.without_n);
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &arena, &bench->why), YC_SYSTEM);
    assert_int_equal(bench->why.system, YC_SYSTEM_MEMORY);
    bench_block(bench);
    seal_with(commitment.without, commitment.without_n);
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_signet_check(&bench->block, &bench->params, &arena, &bench->why), YC_INVALID);
}

/* A solution of more items than there is room for, where everything behind them would find room: what is left out must not
 * make the block valid. */
static void memory_may_end_at_the_items_alone(void **state)
{
    (void)state;
    enum { ITEMS = 30000 };
    static uint8_t memory[2 << 20], solution[ITEMS + 4], raw[ITEMS + 200];
    struct yc_writer w;
    solution[0] = 0;
    solution[1] = 0xfd;
    yc_put16le(solution + 2, ITEMS); /* empty items, each a byte that is zero */
    bench->params.signet_challenge[0] = YC_OP_1;
    bench->params.signet_challenge_n = 1;
    const uint8_t head[] = {YC_OP_RETURN, 36, 0xaa, 0x21, 0xa9, 0xed};
    yc_writer_init(&w, raw, sizeof raw);
    yc_writer_bytes(&w, head, sizeof head);
    memset(yc_writer_room(&w, 32), 0, 32);
    yc_writer_u8(&w, YC_OP_PUSHDATA2);
    yc_writer_u16le(&w, sizeof mark + sizeof solution);
    yc_writer_bytes(&w, mark, sizeof mark);
    yc_writer_bytes(&w, solution, sizeof solution);
    assert_false(w.failed);
    seal_with(raw, w.n);
    unsigned failed = 0, refused = 0;
    for (size_t room = 100000; room <= sizeof memory; room += 50000) {
        struct yc_arena arena;
        yc_arena_init_fixed(&arena, memory, room);
        enum yc_verdict v = yc_signet_check(&bench->block, &bench->params, &arena, &bench->why);
        assert_true(v == YC_SYSTEM || v == YC_INVALID); /* a witness that no program asked for */
        assert_true(v == YC_INVALID || refused == 0);
        failed += v == YC_SYSTEM;
        refused += v == YC_INVALID;
    }
    assert_true(failed && refused);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_block_that_is_signed_here),       T(pushes_of_every_form_around_the_solution),
        T(every_transaction_is_signed),       T(memory_may_end_at_any_step),
        T(a_witness_of_empty_items),          T(memory_may_end_at_the_leaves_alone),
        T(memory_may_end_at_the_items_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
