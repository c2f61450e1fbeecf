/* Blocks verified again: what each level finds, and that nothing stored changes by it. */
#include "fixture.h"

static struct yc_reject why;
static struct yc_error err;

static bool nobody_checks(void *ctx, const struct yc_wtxid *wtxid, uint32_t flags)
{
    (void)ctx;
    (void)wtxid;
    (void)flags;
    return true;
}

/* 102 blocks; the last spends the first one's coinbase. bad_script: by a script that fails, which nobody ran. */
static const struct yc_node *make_chain(struct chain_world *w, bool bad_script)
{
    static struct made m;
    uint8_t tx[128];
    const struct yc_node *n = yc_chain_tip(w->chain), *last = NULL;
    make_block(w, &m, n, &(struct make_options){.extra = 1});
    struct yc_txid coinbase = m.coinbase;
    assert_int_equal(yc_chain_submit_block(w->chain, yc_view(m.bytes, m.n), 0, 0, &n, NULL, &why), YC_VALID);
    n = grow_many(w, n, 100, 1);
    size_t tx_n = make_spend(tx, sizeof tx, &coinbase, 50 * YC_COIN, 1000);
    if (bad_script) {
        /* OP_RETURN as its scriptSig. */
        memmove(tx + 43, tx + 42, tx_n - 42);
        tx[41] = 1;
        tx[42] = 0x6a;
        tx_n++;
        yc_chain_set_known_scripts(w->chain, (struct yc_known_scripts){nobody_checks, NULL});
    }
    struct yc_view txs[1] = {yc_view(tx, tx_n)};
    make_block(w, &m, n, &(struct make_options){.txs = txs, .tx_count = 1, .extra = 1, .claim_sat = 1000});
    assert_int_equal(yc_chain_submit_block(w->chain, yc_view(m.bytes, m.n), 0, 0, &last, NULL, &why), YC_VALID);
    world_settle(w);
    assert_ptr_equal(yc_chain_tip(w->chain), last);
    return last;
}

static struct yc_chain_verify verify(struct chain_world *w, uint32_t level, uint32_t blocks)
{
    assert_int_equal(yc_chain_verify_begin(w->chain, level, blocks, &err), YC_VALID);
    assert_int_equal(yc_chain_verify_state(w->chain).state, YC_VERIFY_RUNNING);
    world_settle(w);
    return yc_chain_verify_state(w->chain);
}

static void every_level_passes_and_changes_nothing(void **state)
{
    (void)state;
    struct chain_world w;
    uint8_t before[32], after[32];
    world_init(&w, 0);
    assert_int_equal(yc_chain_verify_state(w.chain).state, YC_VERIFY_NONE);
    make_chain(&w, false);
    coins_hash(&w, before);
    w.coins_fault.kinds = YC_KV_WRITE;
    w.coins_fault.count = 0;
    for (uint32_t level = 0; level <= YC_VERIFY_LEVEL_MAX; level++) {
        static const uint32_t blocks[] = {1, 50, 102, 0, 5000};
        for (size_t i = 0; i < 5; i++) {
            uint32_t looked = blocks[i] && blocks[i] < 102 ? blocks[i] : 102;
            struct yc_chain_verify v = verify(&w, level, blocks[i]);
            assert_int_equal(v.state, YC_VERIFY_PASSED);
            assert_int_equal(v.total, level == 4 ? 2 * looked : looked);
            assert_int_equal(v.done, v.total);
        }
    }
    assert_int_equal(w.coins_fault.count, 0);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(yc_chain_tip(w.chain)->height, 102);
    world_release(&w);
}

/* The chain goes on meanwhile; what was the tip when it began is what is verified. */
static void blocks_come_while_it_runs(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = make_chain(&w, false);
    assert_int_equal(yc_chain_verify_begin(w.chain, 4, 0, &err), YC_VALID);
    assert_int_equal(yc_chain_verify_begin(w.chain, 0, 1, &err), YC_NOT_YET);
    bool grew = false;
    while (yc_chain_verify_state(w.chain).state == YC_VERIFY_RUNNING) {
        assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
        struct yc_coins_scan scan;
        if (yc_chain_verify_state(w.chain).done == 20 && !grew) {
            n = grow(&w, n, 2);
            grew = true;
        }
        /* A flush would change the coins that are being read. */
        if (yc_chain_verify_state(w.chain).done > 30 && yc_chain_verify_state(w.chain).state == YC_VERIFY_RUNNING)
            assert_int_equal(yc_chain_coins_scan(w.chain, &scan, &err), YC_NOT_YET);
    }
    assert_true(grew);
    assert_int_equal(yc_chain_verify_state(w.chain).state, YC_VERIFY_PASSED);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    world_release(&w);
}

static void flip(struct chain_world *w, const char *path, uint64_t at)
{
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    struct yc_file *f;
    uint8_t byte;
    size_t got;
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pread(fs->ctx, f, &byte, 1, at, &got, &err), YC_VALID);
    byte ^= 1;
    assert_int_equal(fs->pwrite(fs->ctx, f, &byte, 1, at, &err), YC_VALID);
    fs->close(fs->ctx, f);
}

static void each_level_finds_its_damage(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = make_chain(&w, false);
    const char *blk = "/data/blocks/blk00000.dat", *rev = "/data/blocks/rev00000.dat";
    uint64_t body = n->stored->data.offset + 100, undo = n->stored->undo.offset + 2;
    flip(&w, blk, body); /* S09 */
    assert_int_equal(verify(&w, 0, 1).state, YC_VERIFY_FAILED);
    assert_non_null(strstr(yc_chain_verify_state(w.chain).err.text, "blk00000.dat"));
    flip(&w, blk, body);
    assert_int_equal(verify(&w, 0, 1).state, YC_VERIFY_PASSED);
    flip(&w, rev, undo);
    assert_int_equal(verify(&w, 1, 1).state, YC_VERIFY_PASSED);
    assert_int_equal(verify(&w, 2, 1).state, YC_VERIFY_FAILED);
    assert_non_null(strstr(yc_chain_verify_state(w.chain).err.text, "rev00000.dat"));
    flip(&w, rev, undo);
    assert_int_equal(verify(&w, 2, 1).state, YC_VERIFY_PASSED);
    assert_int_equal(verify(&w, 3, 1).state, YC_VERIFY_PASSED);
    /* A coin of the last block is lost from the store. */
    struct yc_coins_scan scan;
    assert_int_equal(world_scan(&w, &scan, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    world_close(&w);
    const struct yc_kv *kv = yc_kv_memory_kv(w.coins);
    struct yc_kv_cursor *cursor;
    struct yc_view key, value;
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, yc_heap(), 1 << 20);
    assert_int_equal(kv->cursor_open(kv->ctx, &cursor, yc_view("A", 1), &err), YC_VALID);
    while (kv->cursor_next(kv->ctx, cursor, &key, &value, &err) == YC_VALID)
        yc_kv_batch_delete(&batch, key);
    kv->cursor_close(kv->ctx, cursor);
    assert_int_equal(kv->write(kv->ctx, &batch, true, &err), YC_VALID);
    yc_kv_batch_release(&batch);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(verify(&w, 2, 1).state, YC_VERIFY_PASSED);
    assert_int_equal(verify(&w, 3, 1).state, YC_VERIFY_FAILED);
    assert_non_null(strstr(yc_chain_verify_state(w.chain).err.text, "-reindex-chainstate"));
    assert_null(yc_chain_failure(w.chain)); /* finding it is no reason to stop a node that runs */
    world_release(&w);
}

static void scripts_are_run_at_level_four_alone(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    make_chain(&w, true);
    assert_int_equal(verify(&w, 3, 1).state, YC_VERIFY_PASSED);
    assert_int_equal(verify(&w, 4, 1).state, YC_VERIFY_FAILED);
    assert_non_null(strstr(yc_chain_verify_state(w.chain).err.text, "block 102"));
    world_release(&w);
}

static const struct yc_node *grow_as(struct chain_world *w, const struct yc_node *parent, uint32_t as_height)
{
    static struct made m;
    const struct yc_node *n = NULL;
    make_block(w, &m, parent, &(struct make_options){.extra = 1, .as_height = as_height});
    assert_int_equal(yc_chain_submit_block(w->chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
                     YC_VALID);
    world_settle(w);
    return n;
}

/* Bitcoin's main chain has two blocks whose coinbase a later block, which BIP 30 excepts, made once more: undoing the
 * later one takes the coin away, and it is missing when the earlier one is undone (exceptions.bip30_overwritten). */
static void coins_that_were_overwritten_may_be_missing(void **state)
{
    (void)state;
    struct chain_world w;
    uint8_t before[32], after[32];
    struct yc_chain_params params = *yc_chain_builtin("regtest");
    params.rules.bip34 = params.rules.bip54 = YC_NEVER;
    world_init(&w, 0);
    world_close(&w);
    w.params = &params;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    const struct yc_node *genesis = yc_chain_tip(w.chain), *first = grow(&w, genesis, 1), *n = grow(&w, first, 1);
    const struct yc_node *again = grow_as(&w, n, 1);
    assert_ptr_equal(yc_chain_tip(w.chain), n); /* BIP 30 */
    params.bip30_repeat_count = params.bip30_overwritten_count = 1;
    params.bip30_repeats[0] = (struct yc_bip30_exception){again->height, again->hash};
    params.bip30_overwritten[0] = (struct yc_bip30_exception){first->height, n->hash}; /* not quite */
    assert_int_equal(yc_chain_reconsider(w.chain, &again->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), again);
    coins_hash(&w, before);
    assert_int_equal(verify(&w, 3, 0).state, YC_VERIFY_FAILED);
    params.bip30_overwritten[0].block = first->hash;
    assert_int_equal(verify(&w, 3, 0).state, YC_VERIFY_PASSED);
    assert_int_equal(verify(&w, 4, 0).state, YC_VERIFY_PASSED);
    assert_int_equal(yc_chain_invalidate(w.chain, &first->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), genesis);
    assert_int_equal(yc_chain_reconsider(w.chain, &first->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), again);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    world_release(&w);
}

/* -checkblocks: loading ends with it, and a start that finds damage is none. */
static void a_start_verifies_and_stops_at_damage(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = make_chain(&w, false);
    uint64_t body = n->stored->data.offset + 100;
    world_close(&w);
    w.verify = true;
    w.verify_level = 3;
    w.verify_blocks = 6;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    assert_true(yc_chain_loading(w.chain, NULL, NULL));
    world_settle(&w);
    assert_false(yc_chain_loading(w.chain, NULL, NULL));
    assert_int_equal(yc_chain_verify_state(w.chain).state, YC_VERIFY_PASSED);
    assert_int_equal(yc_chain_verify_state(w.chain).done, 6);
    world_crash(&w); /* the coins lag behind, and are brought forward before they are verified */
    assert_int_equal(yc_chain_verify_state(w.chain).state, YC_VERIFY_PASSED);
    world_close(&w);
    flip(&w, "/data/blocks/blk00000.dat", body);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    enum yc_step s;
    while ((s = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE)
        assert_true(yc_chain_loading(w.chain, NULL, NULL));
    assert_int_equal(s, YC_STEP_FAILED);
    assert_non_null(strstr(yc_chain_failure(w.chain)->text, "blk00000.dat"));
    assert_int_equal(yc_chain_close(w.chain, &err), YC_SYSTEM);
    w.chain = NULL;
    flip(&w, "/data/blocks/blk00000.dat", body);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 102);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_passes_and_changes_nothing),
        cmocka_unit_test(blocks_come_while_it_runs),
        cmocka_unit_test(each_level_finds_its_damage),
        cmocka_unit_test(scripts_are_run_at_level_four_alone),
        cmocka_unit_test(coins_that_were_overwritten_may_be_missing),
        cmocka_unit_test(a_start_verifies_and_stops_at_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
