/* The optional indexes follow the published tip: forward, back to a fork, and on from wherever a fault or a crash left
 * them (catalogue S01, S02, S04, S05, S22). */
#include "unit/node/chain/fixture.h"

#include "crypto/sha256.h"
#include "formats/blockfilter.h"
#include "node/index/index.h"
#include "support/heap.h"

static struct yc_error err;

/* A chain, the stores of all indexes, and the indexes. */
struct world {
    struct chain_world chain;
    struct yc_kv_memory *store[YC_INDEX_COUNT];
    struct yc_kv_fault fault[YC_INDEX_COUNT];
    struct yc_indexes *x;
    const struct yc_alloc *alloc; /* for the indexes; NULL: the heap */
};

static enum yc_verdict open_indexes(struct world *w)
{
    struct yc_indexes_config k = {
        .chain = w->chain.chain, .alloc = w->alloc ? w->alloc : yc_heap(), .clock = &w->chain.clock};
    for (int i = 0; i < YC_INDEX_COUNT; i++)
        k.kv[i] = &w->fault[i].kv;
    return yc_indexes_open(&w->x, &k, &err);
}

static void must_open(struct world *w)
{
    if (open_indexes(w) != YC_VALID)
        fail_msg("%s", err.text);
}

static void init(struct world *w)
{
    memset(w, 0, sizeof *w);
    world_init(&w->chain, 0);
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        assert_int_equal(yc_kv_memory_new(&w->store[i], yc_heap(), "index", &err), YC_VALID);
        yc_kv_fault_init(&w->fault[i], yc_kv_memory_kv(w->store[i]));
    }
    must_open(w);
}

static void release(struct world *w)
{
    yc_indexes_close(w->x);
    for (int i = 0; i < YC_INDEX_COUNT; i++)
        yc_kv_memory_free(w->store[i]);
    world_release(&w->chain);
}

/* The power fails for the chain and the indexes; what was not synced is gone. */
static void crash(struct world *w)
{
    yc_indexes_close(w->x);
    w->x = NULL;
    w->alloc = NULL;
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        assert_int_equal(yc_kv_memory_power_cut(w->store[i], NULL, &err), YC_VALID);
        yc_kv_fault_init(&w->fault[i], yc_kv_memory_kv(w->store[i]));
    }
    world_crash(&w->chain);
    must_open(w);
}

static enum yc_step follow(struct world *w)
{
    enum yc_step s;
    while ((s = yc_indexes_step(w->x, 1000)) == YC_STEP_MORE) {
    }
    return s;
}

static void must_follow(struct world *w)
{
    if (follow(w) != YC_STEP_DONE)
        fail_msg("%s", yc_indexes_failure(w->x)->text);
}

/* A block of the chain, read and parsed by the test itself. */
struct read {
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_block block;
    struct yc_spent_coins spent;
};

static void read_block(struct world *w, struct read *r, const struct yc_node *n)
{
    struct yc_reject why;
    assert_int_equal(yc_chain_read_block(w->chain.chain, n, yc_heap(), &r->raw, &err), YC_VALID);
    yc_arena_init(&r->arena, yc_heap(), 1 << 16, SIZE_MAX);
    assert_int_equal(yc_block_parse(&r->block, r->raw, &r->arena, &why), YC_VALID);
    assert_int_equal(yc_chain_read_spent(w->chain.chain, n, &r->arena, &r->spent, &err), YC_VALID);
}

static void drop(struct read *r)
{
    yc_arena_release(&r->arena);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)r->raw.p, r->raw.n);
}

static void check_txs(struct world *w, const struct yc_node *n, const struct read *r)
{
    for (uint32_t i = 0; i < r->block.tx_count; i++) {
        struct yc_tx_place at;
        const struct yc_tx *tx = &r->block.tx[i];
        enum yc_verdict v = yc_index_tx(w->x, &tx->txid, &at, &err);
        assert_int_equal(v, n->parent ? YC_VALID : YC_NOT_YET);
        if (v != YC_VALID)
            continue;
        uint8_t bytes[512];
        assert_int_equal(at.height, n->height);
        assert_int_equal(at.bytes, tx->raw.n);
        assert_int_equal(yc_chain_read_part(w->chain.chain, n, at.offset, at.bytes, bytes, &err), YC_VALID);
        assert_memory_equal(bytes, tx->raw.p, tx->raw.n);
    }
}

static void check_filter(struct world *w, const struct yc_node *n, struct read *r, uint8_t header32[32])
{
    struct yc_filter_link link;
    struct yc_buf expected, found;
    uint8_t hash[32], next[32];
    yc_buf_init(&expected, yc_heap(), 1 << 20);
    yc_buf_init(&found, yc_heap(), 1 << 20);
    assert_int_equal(yc_blockfilter_basic(&expected, &r->block, &r->spent, &r->arena, &err), YC_VALID);
    assert_int_equal(yc_index_filter(w->x, n, &found, &err), YC_VALID);
    assert_true(yc_view_equal(yc_buf_view(&expected), yc_buf_view(&found)));
    assert_int_equal(yc_index_filter_link(w->x, n, &link, &err), YC_VALID);
    yc_sha256d(hash, expected.p, expected.n);
    assert_memory_equal(hash, link.filter_hash32, 32);
    yc_blockfilter_header(next, yc_buf_view(&expected), header32);
    memcpy(header32, next, 32);
    assert_memory_equal(header32, link.header32, 32);
    yc_buf_release(&expected);
    yc_buf_release(&found);
}

/* What the index says of the tip is what all coins come to. */
static void check_stats(struct world *w)
{
    const struct yc_node *tip = yc_chain_tip(w->chain.chain);
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    struct yc_coinstats s;
    assert_int_equal(world_scan(&w->chain, &scan, &err), YC_VALID);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_MU, NULL, NULL, &totals, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    assert_int_equal(yc_index_coinstats_at(w->x, tip, &s, &err), YC_VALID);
    assert_int_equal(s.txouts, totals.txouts);
    assert_int_equal(s.bogosize, totals.bogosize);
    assert_int_equal(s.total_sat, totals.total_sat);
    assert_memory_equal(s.muhash32, totals.hash32, 32);
    int64_t made_sat = 0;
    for (uint32_t height = 0; height <= tip->height; height++)
        made_sat += yc_subsidy_sat(w->chain.config.params, height);
    assert_int_equal(s.total_sat + s.unspendable_sat, made_sat);
}

/* The indexes say of the chain what the blocks say, and the one of transactions nothing more: what it holds depends on
 * the chain alone, not on the way that led to it. */
static void check(struct world *w)
{
    const struct yc_node *tip = yc_chain_tip(w->chain.chain);
    uint8_t header32[32] = {0};
    size_t txs = 0;
    for (uint32_t height = 0; height <= tip->height; height++) {
        const struct yc_node *n = yc_node_ancestor(tip, height);
        struct read r;
        read_block(w, &r, n);
        check_txs(w, n, &r);
        check_filter(w, n, &r, header32);
        txs += n->parent ? r.block.tx_count : 0;
        drop(&r);
    }
    check_stats(w);
    assert_int_equal(yc_kv_memory_count(w->store[YC_INDEX_TXS]), txs + 2); /* the schema, and the best block */
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        assert_ptr_equal(yc_index_best(w->x, (enum yc_index_kind)i), tip);
        assert_true(yc_index_synced(w->x, (enum yc_index_kind)i));
        assert_true(yc_index_holds(w->x, (enum yc_index_kind)i, tip));
    }
}

/* ---- following ---- */

/* A chain of mature coins with a block that spends two of them. */
static const struct yc_node *grow_spending(struct world *w)
{
    static struct made first, second, spender;
    struct chain_world *c = &w->chain;
    struct yc_reject why;
    const struct yc_node *n = yc_chain_tip(c->chain);
    struct made *const block[2] = {&first, &second};
    for (int i = 0; i < 2; i++) {
        make_block(c, block[i], n, &(struct make_options){.extra = 1});
        assert_int_equal(yc_chain_submit_block(c->chain, yc_view(block[i]->bytes, block[i]->n), YC_SUBMIT_REQUESTED, 0,
                                               &n, NULL, &why),
                         YC_VALID);
    }
    n = grow_many(c, n, 100, 1);
    uint8_t tx[2][128];
    int64_t value_sat = yc_subsidy_sat(c->config.params, 1);
    struct yc_view txs[2] = {{tx[0], make_spend(tx[0], sizeof tx[0], &first.coinbase, value_sat, 0)},
                             {tx[1], make_spend(tx[1], sizeof tx[1], &second.coinbase, value_sat, 0)}};
    make_block(c, &spender, n, &(struct make_options){.extra = 1, .txs = txs, .tx_count = 2});
    assert_int_equal(
        yc_chain_submit_block(c->chain, yc_view(spender.bytes, spender.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
        YC_VALID);
    world_settle(c);
    return yc_chain_tip(c->chain);
}

static void follows_block_by_block(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    must_follow(&w);
    check(&w);
    const struct yc_node *n = yc_chain_tip(w.chain.chain);
    for (int i = 0; i < 5; i++) {
        n = grow_many(&w.chain, n, 1, 1);
        assert_false(yc_index_holds(w.x, YC_INDEX_TXS, n));
        must_follow(&w);
        check(&w);
    }
    release(&w);
}

static void catches_up_with_a_chain_that_was_there_before(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    const struct yc_node *tip = grow_spending(&w);
    assert_false(yc_index_synced(w.x, YC_INDEX_TXS));
    must_follow(&w);
    check(&w);
    struct read r;
    read_block(&w, &r, tip);
    assert_int_equal(r.block.tx_count, 3);
    assert_int_equal(r.spent.count, 2);
    drop(&r);
    release(&w);
}

static void goes_back_to_the_fork(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    const struct yc_node *old = grow_spending(&w), *fork = yc_node_ancestor(old, 50);
    must_follow(&w);
    struct read left;
    read_block(&w, &left, old);
    grow_many(&w.chain, fork, old->height - fork->height + 1, 2);
    must_follow(&w);
    check(&w);
    struct yc_tx_place at;
    struct yc_filter_link link;
    assert_int_equal(yc_index_tx(w.x, &left.block.tx[1].txid, &at, &err), YC_NOT_YET);
    assert_false(yc_index_holds(w.x, YC_INDEX_TXS, old));
    /* A light client may still ask for the filter of a block that it was told of (BIP 157). */
    assert_int_equal(yc_index_filter_link(w.x, old, &link, &err), YC_VALID);
    drop(&left);
    /* And back again. */
    assert_int_equal(yc_chain_invalidate(w.chain.chain, &yc_node_ancestor(yc_chain_tip(w.chain.chain), 51)->hash, &err),
                     YC_VALID);
    world_settle(&w.chain);
    assert_ptr_equal(yc_chain_tip(w.chain.chain), old);
    must_follow(&w);
    check(&w);
    release(&w);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    const struct yc_node *n = grow_many(&w.chain, yc_chain_tip(w.chain.chain), 6, 1), *fork = yc_node_ancestor(n, 3);
    must_follow(&w);
    /* The chain leaves for another branch while the index does not look, and the node is killed. */
    grow_many(&w.chain, fork, 5, 2);
    crash(&w);
    assert_int_equal(yc_index_best(w.x, YC_INDEX_TXS)->height, 6);
    must_follow(&w);
    check(&w);
    release(&w);
}

static void without_stores_there_is_nothing(void **state)
{
    (void)state;
    struct chain_world c;
    struct yc_indexes *x = NULL;
    world_init(&c, 0);
    struct yc_indexes_config k = {.chain = c.chain, .alloc = yc_heap(), .clock = &c.clock};
    assert_int_equal(yc_indexes_open(&x, &k, &err), YC_VALID);
    assert_int_equal(yc_indexes_step(x, 1000), YC_STEP_DONE);
    struct yc_tx_place at;
    struct yc_txid txid = {{1}};
    assert_false(yc_indexes_has(x, YC_INDEX_TXS));
    assert_int_equal(yc_index_tx(x, &txid, &at, &err), YC_NOT_YET);
    assert_false(yc_index_wait(x, YC_INDEX_TXS, yc_chain_tip(c.chain), 0));
    yc_indexes_close(x);
    world_release(&c);
}

/* ---- faults ---- */

static const struct yc_node *play(struct world *w)
{
    const struct yc_node *n = grow_many(&w->chain, yc_chain_tip(w->chain.chain), 3, 1), *fork = n->parent;
    if (follow(w) != YC_STEP_DONE)
        return NULL;
    n = grow_many(&w->chain, fork, 3, 2);
    return follow(w) == YC_STEP_DONE ? n : NULL;
}

static void every_store_operation_fails_once(void **state)
{
    (void)state;
    for (int how = 0; how < 2 * YC_INDEX_COUNT; how++) {
        bool failed = true;
        for (unsigned at = 1; failed; at++) {
            struct world w;
            init(&w);
            struct yc_kv_fault *f = &w.fault[how / 2];
            f->kinds = YC_KV_ALL;
            f->count = 0;
            f->fail_at = at;
            f->which = at % 2 ? YC_SYSTEM_IO : YC_SYSTEM_FULL;
            f->write_anyway = how % 2;
            failed = !play(&w);
            assert_int_equal(failed, yc_indexes_failure(w.x) != NULL);
            crash(&w);
            must_follow(&w);
            check(&w);
            release(&w);
        }
    }
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t at = 1; failed; at++) {
        struct world w;
        struct test_heap heap;
        test_heap_init(&heap);
        init(&w);
        yc_indexes_close(w.x);
        w.x = NULL;
        w.alloc = &heap.alloc;
        heap.fail_at = at;
        failed = open_indexes(&w) != YC_VALID;
        if (!failed)
            failed = !play(&w);
        if (failed)
            assert_int_equal(w.x ? yc_indexes_failure(w.x)->which : err.which, YC_SYSTEM_MEMORY);
        crash(&w);
        assert_int_equal(heap.live_bytes, 0);
        must_follow(&w);
        if (!failed)
            check(&w);
        release(&w);
    }
}

/* A crash between any two steps. */
static void every_instant_is_a_good_one_to_stop_at(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned steps = 0; more; steps++) {
        struct world w;
        init(&w);
        const struct yc_node *n = grow_many(&w.chain, yc_chain_tip(w.chain.chain), 4, 1);
        must_follow(&w);
        grow_many(&w.chain, yc_node_ancestor(n, 1), 6, 2);
        for (unsigned i = 0; more && i < steps; i++)
            more = yc_indexes_step(w.x, 0) == YC_STEP_MORE;
        crash(&w);
        must_follow(&w);
        check(&w);
        release(&w);
    }
}

/* S18, S29: a store of another chain, or one that stands at a block which nobody knows, is refused with the way out. */
static void a_store_of_unknown_blocks_is_refused(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    grow_many(&w.chain, yc_chain_tip(w.chain.chain), 3, 1);
    must_follow(&w);
    yc_indexes_close(w.x);
    w.x = NULL;
    world_release(&w.chain);
    world_init(&w.chain, 0);
    assert_int_equal(open_indexes(&w), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(err.text, "remove the folder indexes/txindex"));
    release(&w);
}

static void a_spoilt_filter_is_not_handed_out(void **state)
{
    (void)state;
    struct world w;
    init(&w);
    must_follow(&w);
    const struct yc_node *n = yc_chain_tip(w.chain.chain);
    const struct yc_kv *kv = yc_kv_memory_kv(w.store[YC_INDEX_FILTERS]);
    uint8_t key[37] = {'f'};
    memcpy(key + 5, n->hash.b, 32);
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, yc_heap(), 1024);
    yc_kv_batch_put(&batch, yc_view(key, sizeof key), yc_view_text("other"));
    assert_int_equal(kv->write(kv->ctx, &batch, true, &err), YC_VALID);
    yc_kv_batch_release(&batch);
    struct yc_buf out;
    yc_buf_init(&out, yc_heap(), 1024);
    assert_int_equal(yc_index_filter(w.x, n, &out, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    yc_buf_release(&out);
    release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_block_by_block),
        cmocka_unit_test(catches_up_with_a_chain_that_was_there_before),
        cmocka_unit_test(goes_back_to_the_fork),
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(without_stores_there_is_nothing),
        cmocka_unit_test(every_store_operation_fails_once),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(every_instant_is_a_good_one_to_stop_at),
        cmocka_unit_test(a_store_of_unknown_blocks_is_refused),
        cmocka_unit_test(a_spoilt_filter_is_not_handed_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
