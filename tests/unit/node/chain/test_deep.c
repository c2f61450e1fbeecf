/* Deep reorganisations (catalogue C47, C48): there and back the coins are the same, and a branch that fails at its end leads
 * back to where the chain was. YCOIN_NIGHTLY asks for the depths that are promised; else they are smaller. */
#include "fixture.h"

#include <stdlib.h>

static struct yc_reject why;
static struct yc_error err;

static bool nightly(void)
{
    const char *text = getenv("YCOIN_NIGHTLY");
    return text && *text;
}

static void small_blocks_there_and_back(void **state)
{
    (void)state;
    struct chain_world w;
    uint8_t one[32], two[32], got[32];
    unsigned depth = nightly() ? 5000 : 700;
    world_init(&w, 0);
    w.told_n = sizeof w.told - 1; /* too many events to keep */
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    const struct yc_node *a = grow_many(&w, fork, depth, 1);
    coins_hash(&w, one);
    const struct yc_node *b = grow_many(&w, fork, depth + 1, 2);
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    assert_int_equal(w.reorg_depth, depth);
    coins_hash(&w, two);
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_node_ancestor(b, fork->height + 1)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), a);
    coins_hash(&w, got);
    assert_memory_equal(got, one, 32);
    struct yc_block_hash best = b->hash;
    assert_int_equal(yc_chain_reconsider(w.chain, &best, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    world_crash(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &best));
    coins_hash(&w, got);
    assert_memory_equal(got, two, 32);
    world_release(&w);
}

/* The last block of a longer branch is bad: the chain has gone all the way before it knows. */
static void a_branch_that_fails_at_its_end_leads_back(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    uint8_t before[32], after[32];
    unsigned depth = nightly() ? 2000 : 300;
    world_init(&w, 0);
    w.told_n = sizeof w.told - 1;
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 2, 1);
    const struct yc_node *a = grow_many(&w, fork, depth, 1);
    coins_hash(&w, before);
    const struct yc_node *b = grow_many(&w, fork, depth, 2), *bad = NULL;
    assert_ptr_equal(yc_chain_tip(w.chain), a);
    make_block(&w, &m, b, &(struct make_options){.extra = 2, .claim_sat = 1});
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 7, &bad, NULL, &why),
                     YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), a);
    assert_int_equal(w.failed_code, YC_REJ_BLOCK_CB_AMOUNT);
    assert_int_equal(w.failed_source, 7);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    struct yc_chain_tip tips[4];
    assert_int_equal(yc_chain_tips(w.chain, tips, 4), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(tips[i].status, tips[i].node == bad ? YC_TIP_INVALID : YC_TIP_ACTIVE);
    /* The rest of the branch is as good as it was. */
    const struct yc_node *c = grow_many(&w, b, 1, 3);
    assert_ptr_equal(yc_chain_tip(w.chain), c);
    world_release(&w);
}

#define FANS    58
#define OUTPUTS 23000 /* nearly all that a block holds */

/* A transaction that makes many coins of one. */
static size_t fan(uint8_t *out, size_t cap, const struct yc_txid *from, unsigned outputs)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, from->b, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_u8(&w, 0);
    yc_writer_u32le(&w, YC_SEQUENCE_FINAL);
    yc_writer_compact(&w, outputs);
    for (unsigned i = 0; i < outputs; i++) {
        yc_writer_u64le(&w, 1000);
        yc_writer_var_bytes(&w,
                            yc_view("\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75"
                                    "\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51\x75\x51",
                                    33));
    }
    yc_writer_u32le(&w, 0);
    assert_false(w.failed);
    return w.n;
}

static void full_blocks_there_and_back(void **state)
{
    (void)state;
    static struct made m;
    static uint8_t tx[MADE_BYTES_MAX];
    static struct yc_txid coinbase[FANS];
    struct chain_world w;
    uint8_t before[32], full[32], got[32];
    unsigned fans = nightly() ? FANS : 4, outputs = nightly() ? OUTPUTS : 4000;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (unsigned i = 0; i < fans; i++) {
        make_block(&w, &m, n, &(struct make_options){.extra = 1});
        coinbase[i] = m.coinbase;
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, &n, NULL, &why), YC_VALID);
    }
    const struct yc_node *fork = n = grow_many(&w, n, 100, 1);
    coins_hash(&w, before);
    for (unsigned i = 0; i < fans; i++) {
        struct yc_view txs[1] = {yc_view(tx, fan(tx, sizeof tx, &coinbase[i], outputs))};
        make_block(&w, &m, n, &(struct make_options){.txs = txs, .tx_count = 1, .extra = 1});
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, &n, NULL, &why), YC_VALID);
        world_settle(&w);
        assert_ptr_equal(yc_chain_tip(w.chain), n);
    }
    coins_hash(&w, full);
    struct yc_block_hash first = yc_node_ancestor(n, fork->height + 1)->hash;
    assert_int_equal(yc_chain_invalidate(w.chain, &first, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), fork);
    coins_hash(&w, got);
    assert_memory_equal(got, before, 32);
    assert_int_equal(yc_chain_reconsider(w.chain, &first, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    coins_hash(&w, got);
    assert_memory_equal(got, full, 32);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_blocks_there_and_back),
        cmocka_unit_test(a_branch_that_fails_at_its_end_leads_back),
        cmocka_unit_test(full_blocks_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
