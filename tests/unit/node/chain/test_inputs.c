/* What blocks spend is read by other threads before their turn comes, and nobody can tell but by the clock (C34, S04). */
#include "crypto/sha256.h"
#include "fixture.h"

static struct yc_reject why;
static struct yc_error err;

#define OLD    140 /* blocks whose coinbases are spent */
#define SPEND  30  /* blocks that spend: old coinbases, what they make themselves, what the one before has made */
#define BRANCH 12  /* the last so many of them are left for a branch that spends less */

struct bytes {
    uint8_t p[1200];
    size_t n;
};

static struct bytes old[OLD], last[SPEND], other[BRANCH + 1];
static struct yc_txid coinbase[OLD];
static uint8_t last32[32], other32[32];

static const struct yc_node *submit(struct chain_world *w, const struct bytes *b)
{
    const struct yc_node *n = NULL;
    if (yc_chain_submit_block(w->chain, yc_view(b->p, b->n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why) == YC_VALID)
        return n;
    assert_int_equal(why.code, YC_REJ_NONE); /* nothing but our own failure */
    return NULL;
}

static const struct yc_node *make(struct chain_world *w, struct bytes *out, const struct yc_node *parent,
                                  const struct make_options *o, struct yc_txid *made_coinbase)
{
    static struct made m;
    make_block(w, &m, parent, o);
    assert_true(m.n <= sizeof out->p);
    memcpy(out->p, m.bytes, m.n);
    out->n = m.n;
    if (made_coinbase)
        *made_coinbase = m.coinbase;
    const struct yc_node *n = submit(w, out);
    assert_non_null(n);
    world_settle(w);
    return n;
}

/* Two old coinbases, one of them handed on within the block, and what the block before has left. */
static const struct yc_node *make_spender(struct chain_world *w, size_t i, const struct yc_node *parent,
                                          struct yc_txid *left)
{
    uint8_t raw[4][128];
    struct yc_view tx[4];
    struct yc_txid first;
    size_t n = 3;
    tx[0] = yc_view(raw[0], make_spend(raw[0], 128, &coinbase[2 * i], 50 * YC_COIN, 0));
    yc_sha256d(first.b, tx[0].p, tx[0].n);
    tx[1] = yc_view(raw[1], make_spend(raw[1], 128, &first, 50 * YC_COIN, 0));
    tx[2] = yc_view(raw[2], make_spend(raw[2], 128, &coinbase[2 * i + 1], 50 * YC_COIN, 0));
    if (i > 0)
        tx[n++] = yc_view(raw[3], make_spend(raw[3], 128, left, 50 * YC_COIN, 0));
    yc_sha256d(left->b, tx[2].p, tx[2].n);
    return make(w, &last[i], parent, &(struct make_options){.txs = tx, .tx_count = n, .extra = 1}, NULL);
}

static void make_all(void)
{
    struct chain_world w;
    struct yc_txid left = {{0}};
    const struct yc_node *fork = NULL;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (size_t i = 0; i < OLD; i++)
        n = make(&w, &old[i], n, &(struct make_options){.extra = 1}, &coinbase[i]);
    for (size_t i = 0; i < SPEND; i++) {
        if (i == SPEND - BRANCH)
            fork = n;
        n = make_spender(&w, i, n, &left);
    }
    coins_hash(&w, last32);
    n = fork;
    for (size_t i = 0; i <= BRANCH; i++) {
        uint8_t raw[128];
        struct yc_view tx =
            yc_view(raw, make_spend(raw, sizeof raw, &coinbase[2 * (SPEND - BRANCH + i % BRANCH) + i / BRANCH],
                                    50 * YC_COIN, 7));
        n = make(&w, &other[i], n, &(struct make_options){.txs = &tx, .tx_count = 1, .extra = 2}, NULL);
    }
    coins_hash(&w, other32);
    assert_memory_not_equal(last32, other32, 32);
    world_release(&w);
}

/* A world that stands after the old blocks, with nothing cached. */
static void world_cold(struct chain_world *w, unsigned workers)
{
    world_init(w, workers);
    for (size_t i = 0; i < OLD; i++)
        assert_non_null(submit(w, &old[i]));
    world_settle(w);
    world_close(w);
    assert_int_equal(world_open(w, &err), YC_VALID);
    world_settle(w);
}

static void check_coins(struct chain_world *w, const uint8_t want32[32])
{
    uint8_t got[32];
    coins_hash(w, got);
    assert_memory_equal(got, want32, 32);
}

static void coins_are_the_same_whoever_reads_them(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 4; workers += 2) {
        struct chain_world w;
        world_cold(&w, workers);
        for (size_t i = 0; i < SPEND; i++)
            assert_non_null(submit(&w, &last[i]));
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, OLD + SPEND);
        check_coins(&w, last32);
        /* The same from an empty cache, in a reorganisation. */
        world_close(&w);
        assert_int_equal(world_open(&w, &err), YC_VALID);
        for (size_t i = 0; i <= BRANCH; i++)
            assert_non_null(submit(&w, &other[i]));
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, OLD + SPEND + 1);
        check_coins(&w, other32);
        world_release(&w);
    }
}

/* What is being read is of no use any more: another branch, an operator's word, a flush, the end. */
static void plans_change_while_coins_are_read(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps < 40; steps++) {
        struct chain_world w;
        struct yc_coins_scan scan;
        world_cold(&w, 2);
        const struct yc_node *n = NULL, *middle = NULL;
        for (size_t i = 0; i < SPEND; i++) {
            n = submit(&w, &last[i]);
            assert_non_null(n);
            middle = i == SPEND / 2 ? n : middle;
        }
        struct yc_block_hash hash = middle->hash;
        for (unsigned i = 0; i < steps; i++)
            (void)yc_chain_step(w.chain, 1);
        if (steps % 4 == 0) {
            assert_int_equal(yc_chain_invalidate(w.chain, &hash, &err), YC_VALID);
            world_settle(&w);
            assert_int_equal(yc_chain_reconsider(w.chain, &hash, &err), YC_VALID);
        } else if (steps % 4 == 1) {
            for (size_t i = 0; i <= BRANCH; i++)
                assert_non_null(submit(&w, &other[i]));
        } else if (steps % 4 == 2) {
            assert_int_equal(world_scan(&w, &scan, &err), YC_VALID);
            yc_coins_scan_close(&scan);
        } else {
            world_close(&w);
            assert_int_equal(world_open(&w, &err), YC_VALID);
        }
        world_settle(&w);
        check_coins(&w, steps % 4 == 1 ? other32 : last32);
        world_release(&w);
    }
}

/* S04: a coin that cannot be read is our failure, and never a coin that is not there. */
static void a_coin_that_cannot_be_read_condemns_nobody(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers += 2) {
        bool failed = true;
        for (unsigned at = 1; failed; at += 7) {
            struct chain_world w;
            struct yc_chain_tip tips[8];
            world_cold(&w, workers);
            w.coins_fault.kinds = YC_KV_GET;
            w.coins_fault.count = 0;
            w.coins_fault.fail_at = at;
            w.coins_fault.which = YC_SYSTEM_IO;
            failed = false;
            for (size_t i = 0; i < SPEND && !failed; i++)
                failed = !submit(&w, &last[i]);
            while (!failed && yc_chain_tip(w.chain)->height < OLD + SPEND)
                failed = yc_chain_step(w.chain, 5000) == YC_STEP_FAILED;
            world_crash(&w);
            size_t count = yc_chain_tips(w.chain, tips, 8);
            for (size_t i = 0; i < count; i++)
                assert_int_not_equal(tips[i].status, YC_TIP_INVALID);
            for (size_t i = 0; i < SPEND; i++)
                assert_non_null(submit(&w, &last[i]));
            world_settle(&w);
            check_coins(&w, last32);
            world_release(&w);
        }
    }
}

int main(void)
{
    make_all();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coins_are_the_same_whoever_reads_them),
        cmocka_unit_test(plans_change_while_coins_are_read),
        cmocka_unit_test(a_coin_that_cannot_be_read_condemns_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
