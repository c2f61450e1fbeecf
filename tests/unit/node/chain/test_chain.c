/* The chain manager: growth, forks, failures, restarts and crashes. */
#include "fixture.h"

static struct yc_reject why;

static void genesis_is_the_first_tip(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *tip = yc_chain_tip(w.chain);
    assert_int_equal(tip->height, 0);
    assert_true(yc_block_hash_equal(&tip->hash, &w.config.params->genesis.hash));
    assert_false(yc_chain_loading(w.chain, NULL, NULL));
    world_release(&w);
}

static void blocks_are_told_in_order_and_then_the_tip(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *a = grow(&w, yc_chain_tip(w.chain), 1), *b = grow(&w, a, 1);
    assert_ptr_not_equal(yc_chain_tip(w.chain), b);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    assert_string_equal(w.told, "++t");
    world_release(&w);
}

/* A listener that does not look at bodies is told all the same, and a reorganisation gives it those that it needs. */
static void bodies_that_nobody_wants_are_not_kept(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    w.wants_no_bodies = true;
    w.told_n = 0;
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    const struct yc_node *a = grow_many(&w, genesis, 2, 0);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), a);
    const struct yc_node *b = grow_many(&w, genesis, 3, 1);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    assert_string_equal(w.told, "+t+t--+++tr");
    world_release(&w);
}

static void bodies_may_come_out_of_order(void **state)
{
    (void)state;
    static struct made m[3];
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain), *got = NULL;
    for (int i = 0; i < 3; i++) {
        struct yc_header h;
        make_block(&w, &m[i], n, &(struct make_options){.extra = 1});
        yc_header_read(&h, m[i].bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &h, &n, &why), YC_VALID);
    }
    assert_ptr_equal(yc_chain_best_header(w.chain), n);
    for (int i = 2; i >= 0; i--) {
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(m[i].bytes, m[i].n), YC_SUBMIT_REQUESTED, 0, &got, NULL, &why),
            YC_VALID);
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, i == 0 ? 3 : 0);
    }
    assert_string_equal(w.told, "+++t");
    world_release(&w);
}

/* C36: known headers and blocks change nothing. */
static void resubmission_is_idempotent(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    bool is_new = false;
    uint8_t before[32], after[32];
    world_init(&w, 0);
    make_block(&w, &m, yc_chain_tip(w.chain), &(struct make_options){.extra = 1});
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, NULL, &is_new, &why), YC_VALID);
    assert_true(is_new);
    world_settle(&w);
    coins_hash(&w, before);
    const struct yc_node *tip = yc_chain_tip(w.chain);
    uint64_t total = tip->stored->chain_tx_count;
    int64_t sequence = tip->stored->sequence;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, NULL, &is_new, &why), YC_VALID);
        assert_false(is_new);
    }
    world_settle(&w);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(tip->stored->chain_tx_count, total);
    assert_int_equal(tip->stored->sequence, sequence);
    world_release(&w);
}

static void more_work_wins_and_the_reorganisation_is_told(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 2, 1);
    const struct yc_node *a = grow_many(&w, fork, 2, 1);
    const struct yc_node *b = grow_many(&w, fork, 2, 2);
    assert_ptr_equal(yc_chain_tip(w.chain), a); /* first seen keeps a tie */
    w.told_n = 0;
    b = grow(&w, b, 2);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    assert_string_equal(w.told, "--+++tr");
    assert_int_equal(w.reorg_depth, 2);
    world_release(&w);
}

/* However long a reorganisation takes, and though its blocks are made durable on the way, nobody ever sees a tip of less
 * work than the one before (a template on it would be lost work). */
static void the_published_tip_never_has_less_work(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 2, 1);
    grow_many(&w, fork, 20, 1);
    const struct yc_node *b = fork;
    for (int i = 0; i < 21; i++)
        b = grow(&w, b, 2);
    w.told_n = 0;
    struct yc_u256 work = yc_node_work(yc_chain_tip(w.chain));
    while (yc_chain_step(w.chain, 1) == YC_STEP_MORE) {
        w.mono_us += 400000; /* a slow machine: several group commits fall into it */
        assert_true(yc_u256_compare(yc_node_work(yc_chain_tip(w.chain)), work) >= 0);
        work = yc_node_work(yc_chain_tip(w.chain));
    }
    assert_ptr_equal(yc_chain_tip(w.chain), b);
    assert_string_equal(w.told, "--------------------+++++++++++++++++++++tr");
    assert_int_equal(w.reorg_depth, 20);
    world_release(&w);
}

/* C47: there and back again leaves the coins byte for byte. */
static void disconnecting_restores_the_coins(void **state)
{
    (void)state;
    struct chain_world w;
    static struct made m;
    uint8_t tx[128], one[32], two[32];
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    make_block(&w, &m, n, &(struct make_options){.extra = 1});
    struct yc_txid coinbase = m.coinbase;
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, &n, NULL, &why), YC_VALID);
    n = grow_many(&w, n, 100, 1);
    coins_hash(&w, one);
    size_t tx_n = make_spend(tx, sizeof tx, &coinbase, 50 * YC_COIN, 1000);
    struct yc_view txs[1] = {yc_view(tx, tx_n)};
    const struct yc_node *spent = NULL;
    make_block(&w, &m, n, &(struct make_options){.txs = txs, .tx_count = 1, .extra = 1, .claim_sat = 1000});
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, &spent, NULL, &why), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), spent);
    struct yc_error err;
    assert_int_equal(yc_chain_invalidate(w.chain, &spent->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    coins_hash(&w, two);
    assert_memory_equal(one, two, 32);
    assert_int_equal(yc_chain_reconsider(w.chain, &spent->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), spent);
    world_release(&w);
}

/* C48: a longer branch with a bad block inside: back to the old tip, the rest of it marked. */
static void a_branch_that_fails_part_way_is_left(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 1, 1), *a = grow_many(&w, fork, 2, 1);
    const struct yc_node *b = grow(&w, fork, 2), *bad = NULL;
    /* A block that pays itself one unit too much, found out only when it is connected. */
    make_block(&w, &m, b, &(struct make_options){.extra = 2, .claim_sat = 1});
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 77, &bad, NULL, &why),
                     YC_VALID);
    const struct yc_node *above = grow(&w, bad, 2);
    w.told_n = 0;
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), a);
    assert_int_equal(w.failed_code, YC_REJ_BLOCK_CB_AMOUNT);
    assert_true(above->status & YC_BLOCK_FAILED_ANCESTOR);
    assert_true(bad->status & YC_BLOCK_FAILED);
    assert_false(b->status & YC_BLOCK_FAILED);
    /* Nothing more is taken on top of it, and the answer is final. */
    struct yc_header h = yc_node_header(above);
    h.prev = above->hash;
    do {
        h.nonce++;
        m.hash = yc_header_hash(&h);
    } while (!yc_pow_check(&m.hash, h.bits, w.config.params));
    assert_int_equal(yc_chain_submit_header(w.chain, &h, NULL, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_HEADER_PREV_INVALID);
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
                     YC_INVALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_KNOWN_INVALID);
    world_release(&w);
}

/* Poison, then honest: another body under an honest header is refused and the honest one is still taken (C06, C35). */
static void a_mutated_body_does_not_mark_the_header(void **state)
{
    (void)state;
    static struct made m, bad;
    struct chain_world w;
    world_init(&w, 0);
    make_block(&w, &m, yc_chain_tip(w.chain), &(struct make_options){.extra = 1});
    bad = m;
    bad.bytes[bad.n - 6] ^= 1; /* in the coinbase's output */
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(bad.bytes, bad.n), 0, 5, NULL, NULL, &why), YC_MUTATED);
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(bad.bytes, bad.n - 3), 0, 5, NULL, NULL, &why), YC_MUTATED);
    /* Nor does it bring the header in: whoever sends it may not have the block, and it would be the best header. */
    assert_null(yc_chain_find(w.chain, &m.hash));
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 6, NULL, NULL, &why), YC_VALID);
    world_settle(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &m.hash));
    world_release(&w);
}

/* P30: what nobody asked for and does not matter is not stored. */
static void unrequested_side_blocks_are_not_stored(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    grow_many(&w, genesis, 3, 1);
    int64_t bytes = yc_chain_disk_bytes(w.chain);
    make_block(&w, &m, genesis, &(struct make_options){.extra = 2});
    assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), 0, 0, NULL, NULL, &why), YC_NOT_YET);
    assert_int_equal(yc_chain_disk_bytes(w.chain), bytes);
    world_release(&w);
}

/* C35: what shows in a body alone is refused, but condemns no header: the next body may be the true one. */
static void a_body_that_is_bad_by_itself_condemns_no_header_C35(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    struct yc_txid txid = {{1}};
    uint8_t raw[256];
    world_init(&w, 0);
    size_t n = make_spend(raw, sizeof raw, &txid, YC_MONEY_MAX, -1); /* an output of more than there can be */
    struct yc_view tx = yc_view(raw, n);
    make_block(&w, &m, yc_chain_tip(w.chain), &(struct make_options){.txs = &tx, .tx_count = 1});
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
            YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_VOUT_TOOLARGE);
    const struct yc_node *node = yc_chain_find(w.chain, &m.hash);
    assert_non_null(node);
    assert_false(node->status & (YC_BLOCK_FAILED | YC_BLOCK_HAVE_DATA));
    world_release(&w);
}

static void a_restart_finds_the_same_tip(void **state)
{
    (void)state;
    struct chain_world w;
    uint8_t before[32], after[32];
    world_init(&w, 2);
    grow_many(&w, yc_chain_tip(w.chain), 30, 1);
    struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
    coins_hash(&w, before);
    world_close(&w);
    struct yc_error err;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &tip));
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    world_release(&w);
}

/* S01: what was published survives a kill, though the coins were never flushed. */
static void a_crash_loses_no_published_block(void **state)
{
    (void)state;
    struct chain_world w;
    uint8_t before[32], after[32];
    world_init(&w, 0);
    grow_many(&w, yc_chain_tip(w.chain), 120, 1);
    coins_hash(&w, before); /* flushes here … */
    const struct yc_node *tip = grow_many(&w, yc_chain_tip(w.chain), 40, 1);
    struct yc_block_hash hash = tip->hash;
    world_crash(&w); /* … and lags 40 blocks behind here */
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &hash));
    world_crash(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &hash));
    coins_hash(&w, after);
    assert_memory_not_equal(before, after, 32);
    world_release(&w);
}

/* C46: of two equal branches the first seen stays the tip over any number of restarts. */
static void a_tie_is_decided_alike_after_restarts(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    const struct yc_node *a = grow_many(&w, fork, 2, 1);
    struct yc_block_hash first = a->hash;
    grow_many(&w, fork, 2, 2);
    for (int i = 0; i < 20; i++) {
        if (i % 2) {
            world_crash(&w);
        } else {
            struct yc_error err;
            world_close(&w);
            assert_int_equal(world_open(&w, &err), YC_VALID);
            world_settle(&w);
        }
        assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &first));
    }
    world_release(&w);
}

/* C46: blocks that all wait for one below them were seen in some order as well, and that is the order that counts. */
static void bodies_that_waited_tie_in_their_order_C46(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        struct chain_world w;
        static struct made parent, child[2];
        const struct yc_node *n = NULL;
        struct yc_header h;
        world_init(&w, 0);
        const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 2, 1);
        make_block(&w, &parent, fork, &(struct make_options){.extra = 2});
        yc_header_read(&h, parent.bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &h, &n, &why), YC_VALID);
        for (unsigned i = 0; i < 2; i++)
            make_block(&w, &child[i], n, &(struct make_options){.extra = 3 + i});
        for (unsigned i = 0; i < 2; i++) {
            yc_header_read(&h, child[i].bytes);
            assert_int_equal(yc_chain_submit_header(w.chain, &h, NULL, &why), YC_VALID);
        }
        const struct made *order[] = {&child[first], &child[!first], &parent};
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(yc_chain_submit_block(w.chain, yc_view(order[i]->bytes, order[i]->n), YC_SUBMIT_REQUESTED,
                                                   0, NULL, NULL, &why),
                             YC_VALID);
        world_settle(&w);
        assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &child[first].hash));
        world_release(&w);
    }
}

static void tips_name_every_branch(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_chain_tip tips[8];
    struct yc_error err;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    grow_many(&w, fork, 3, 1);
    const struct yc_node *side = grow_many(&w, fork, 2, 2);
    assert_int_equal(yc_chain_tips(w.chain, tips, 8), 2);
    for (int i = 0; i < 2; i++) {
        bool is_side = tips[i].node == side;
        assert_int_equal(tips[i].branch_blocks, is_side ? 2 : 0);
        assert_int_equal(tips[i].status, is_side ? YC_TIP_VALID_HEADERS : YC_TIP_ACTIVE);
    }
    assert_int_equal(yc_chain_invalidate(w.chain, &side->hash, &err), YC_VALID);
    assert_int_equal(yc_chain_tips(w.chain, tips, 8), 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tips[i].status, tips[i].node == side ? YC_TIP_INVALID : YC_TIP_ACTIVE);
    world_release(&w);
}

/* S04, S05, S07, C11: whatever operation of the disk fails, the chain stops, marks nothing as invalid, and after a
 * restart stands at a block that was published or one that was about to be. */
static void every_failing_write_stops_the_chain_and_harms_nothing(void **state)
{
    (void)state;
    static struct made m[12];
    for (unsigned at = 1;; at++) {
        struct chain_world w;
        world_init(&w, 0);
        const struct yc_node *n = grow_many(&w, yc_chain_tip(w.chain), 3, 1), *fork = n;
        w.fs_fault.kinds = YC_FS_CHANGES;
        w.fs_fault.fail_at = at;
        w.fs_fault.count = 0;
        w.fs_fault.which = at % 2 ? YC_SYSTEM_FULL : YC_SYSTEM_IO;
        w.index_fault.kinds = YC_KV_WRITE;
        w.index_fault.fail_at = at;
        w.index_fault.count = 0;
        w.index_fault.which = YC_SYSTEM_IO;
        enum yc_verdict v = YC_VALID;
        enum yc_step s = YC_STEP_DONE;
        for (int i = 0; i < 12 && v == YC_VALID && s == YC_STEP_DONE; i++) {
            make_block(&w, &m[i], i == 6 ? fork : n, &(struct make_options){.extra = i < 6 ? 1 : 2});
            v = yc_chain_submit_block(w.chain, yc_view(m[i].bytes, m[i].n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why);
            while (v == YC_VALID && (s = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE) {
            }
        }
        bool failed = s == YC_STEP_FAILED || v != YC_VALID;
        uint32_t height = yc_chain_tip(w.chain)->height;
        struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
        if (failed) {
            assert_int_equal(v == YC_VALID ? YC_SYSTEM : v, YC_SYSTEM);
            assert_non_null(yc_chain_failure(w.chain));
        }
        world_crash(&w);
        const struct yc_node *was = yc_chain_find(w.chain, &tip);
        assert_non_null(was);
        assert_true(yc_chain_tip(w.chain)->height >= height);
        struct yc_chain_tip tips[16];
        size_t count = yc_chain_tips(w.chain, tips, 16);
        for (size_t i = 0; i < count; i++)
            assert_int_not_equal(tips[i].status, YC_TIP_INVALID);
        world_release(&w);
        if (!failed)
            break;
    }
}

/* S02: a flush that is cut off at any write is completed by the next start. */
static void an_interrupted_flush_is_completed(void **state)
{
    (void)state;
    uint8_t want[32], got[32];
    for (unsigned at = 1;; at++) {
        struct chain_world w;
        struct yc_coins_scan scan;
        struct yc_error err;
        world_init(&w, 0);
        grow_many(&w, yc_chain_tip(w.chain), 5, 1);
        coins_hash(&w, want);
        grow_many(&w, yc_chain_tip(w.chain), 5, 1);
        w.coins_fault.kinds = YC_KV_WRITE;
        w.coins_fault.fail_at = at;
        w.coins_fault.count = 0;
        w.coins_fault.which = YC_SYSTEM_IO;
        enum yc_verdict v = world_scan(&w, &scan, &err);
        if (v == YC_VALID)
            yc_coins_scan_close(&scan);
        world_crash(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, 10);
        coins_hash(&w, got);
        assert_memory_not_equal(want, got, 32);
        world_release(&w);
        if (v == YC_VALID)
            break;
    }
}

/* S15: the index is built anew from the block files, though bodies lie there in another order and junk between them. */
static void reindexing_finds_every_block(void **state)
{
    (void)state;
    static struct made m[6];
    struct chain_world w;
    uint8_t before[32], after[32];
    struct yc_error err;
    world_init(&w, 0);
    const struct yc_node *n = grow_many(&w, yc_chain_tip(w.chain), 20, 1);
    for (int i = 0; i < 6; i++) {
        struct yc_header h;
        make_block(&w, &m[i], n, &(struct make_options){.extra = 1});
        yc_header_read(&h, m[i].bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &h, &n, &why), YC_VALID);
    }
    for (int i = 5; i >= 0; i--)
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(m[i].bytes, m[i].n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
            YC_VALID);
    world_settle(&w);
    struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
    assert_int_equal(yc_chain_tip(w.chain)->height, 26);
    coins_hash(&w, before);
    world_close(&w);
    yc_kv_memory_free(w.index);
    yc_kv_memory_free(w.coins);
    assert_int_equal(yc_kv_memory_new(&w.index, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w.coins, yc_heap(), "coins", &err), YC_VALID);
    yc_kv_fault_init(&w.index_fault, yc_kv_memory_kv(w.index));
    yc_kv_fault_init(&w.coins_fault, yc_kv_memory_kv(w.coins));
    w.reindex = true;
    if (world_open(&w, &err) != YC_VALID)
        fail_msg("%s", err.text);
    world_settle(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &tip));
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    w.reindex = false;
    world_crash(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &tip));
    world_release(&w);
}

static void a_block_is_tested_without_a_trace(void **state)
{
    (void)state;
    static struct made m;
    struct chain_world w;
    uint8_t before[32], after[32];
    world_init(&w, 0);
    const struct yc_node *tip = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    coins_hash(&w, before);
    make_block(&w, &m, tip, &(struct make_options){.extra = 1});
    assert_int_equal(yc_chain_test_block(w.chain, yc_view(m.bytes, m.n), true, &why), YC_VALID);
    make_block(&w, &m, tip, &(struct make_options){.extra = 1, .claim_sat = 1});
    assert_int_equal(yc_chain_test_block(w.chain, yc_view(m.bytes, m.n), true, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_CB_AMOUNT);
    m.bytes[76] ^= 0x55;
    assert_int_equal(yc_chain_test_block(w.chain, yc_view(m.bytes, m.n), false, &why), YC_INVALID);
    make_block(&w, &m, tip->parent, &(struct make_options){.extra = 2});
    assert_int_equal(yc_chain_test_block(w.chain, yc_view(m.bytes, m.n), true, &why), YC_NOT_YET);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    assert_null(yc_chain_find(w.chain, &m.hash));
    world_release(&w);
}

/* Whoever follows the chain is told of the tip at the end, though it is the one of before: a pool that heard blocks go puts
 * itself in order then (catalogue M09). */
static void a_reorganisation_that_comes_to_nothing_ends_with_the_tip(void **state)
{
    (void)state;
    struct chain_world w;
    static struct made bad;
    struct yc_reject bad_why;
    world_init(&w, 0);
    const struct yc_node *genesis = yc_chain_tip(w.chain), *tip = grow_many(&w, genesis, 2, 1);
    w.told_n = w.rested_n = 0;
    const struct yc_node *n = grow(&w, grow(&w, genesis, 2), 2);
    make_block(&w, &bad, n, &(struct make_options){.claim_sat = 1});
    assert_int_equal(
        yc_chain_submit_block(w.chain, yc_view(bad.bytes, bad.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &bad_why),
        YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), tip);
    assert_string_equal(w.told, "--++x--++t");
    assert_int_equal(w.rested_n, w.told_n);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reorganisation_that_comes_to_nothing_ends_with_the_tip),
        cmocka_unit_test(genesis_is_the_first_tip),
        cmocka_unit_test(blocks_are_told_in_order_and_then_the_tip),
        cmocka_unit_test(bodies_that_nobody_wants_are_not_kept),
        cmocka_unit_test(bodies_may_come_out_of_order),
        cmocka_unit_test(resubmission_is_idempotent),
        cmocka_unit_test(more_work_wins_and_the_reorganisation_is_told),
        cmocka_unit_test(the_published_tip_never_has_less_work),
        cmocka_unit_test(disconnecting_restores_the_coins),
        cmocka_unit_test(a_branch_that_fails_part_way_is_left),
        cmocka_unit_test(a_mutated_body_does_not_mark_the_header),
        cmocka_unit_test(unrequested_side_blocks_are_not_stored),
        cmocka_unit_test(a_body_that_is_bad_by_itself_condemns_no_header_C35),
        cmocka_unit_test(a_restart_finds_the_same_tip),
        cmocka_unit_test(a_crash_loses_no_published_block),
        cmocka_unit_test(a_tie_is_decided_alike_after_restarts),
        cmocka_unit_test(bodies_that_waited_tie_in_their_order_C46),
        cmocka_unit_test(tips_name_every_branch),
        cmocka_unit_test(every_failing_write_stops_the_chain_and_harms_nothing),
        cmocka_unit_test(an_interrupted_flush_is_completed),
        cmocka_unit_test(reindexing_finds_every_block),
        cmocka_unit_test(a_block_is_tested_without_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
