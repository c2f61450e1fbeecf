/* A chain begun from a set of coins: its tip moves on from there at once, the blocks below follow in the background, and the
 * two sets are compared; every step of that fails once, and the node starts again; and sets that are not what they should
 * be are refused, or found out (catalogue S01, S02, S04, S05). */
#include "fixture.h"

#include "base/hex.h"
#include "crypto/sha256.h"
#include "node/store/coins_dump.h"

#include <stdio.h>

#define BASE   107
#define BLOCKS 112

static struct yc_error err;
static struct yc_reject why;

/* What another node has made: a chain that spends, and the set of coins after one of its blocks. */
static struct {
    struct made block[BLOCKS + 1];
    struct yc_chain_params params; /* they know that set */
    struct yc_view file;
    uint8_t tip_coins32[32], base_coins32[32], first_coins32[32];
    uint64_t base_txs, tip_txs;
} source;

static void make_source_block(struct chain_world *w, uint32_t height)
{
    uint8_t tx[2][128];
    struct yc_view txs[2];
    size_t count = 0;
    const struct yc_node *n = NULL, *tip = yc_chain_tip(w->chain);
    int64_t value_sat = yc_subsidy_sat(w->config.params, 1);
    if (height > 101) {
        struct yc_txid made;
        txs[0] = yc_view(tx[0], make_spend(tx[0], sizeof tx[0], &source.block[height - 101].coinbase, value_sat, 0));
        yc_sha256d(made.b, txs[0].p, txs[0].n);
        txs[1] = yc_view(tx[1], make_spend(tx[1], sizeof tx[1], &made, value_sat, 0));
        count = height % 2 ? 2 : 1;
    }
    make_block(w, &source.block[height], tip, &(struct make_options){.extra = 1, .txs = txs, .tx_count = count});
    struct yc_view raw = yc_view(source.block[height].bytes, source.block[height].n);
    assert_int_equal(yc_chain_submit_block(w->chain, raw, YC_SUBMIT_REQUESTED, 0, &n, NULL, &why), YC_VALID);
    world_settle(w);
    assert_int_equal(yc_chain_tip(w->chain)->height, height);
}

static void dump_set(struct chain_world *w)
{
    struct yc_coins_scan scan;
    struct yc_coins_past past;
    struct yc_coins_dumped done;
    yc_coins_past_init(&past, yc_heap(), 1 << 20);
    assert_int_equal(world_scan(w, &scan, &err), YC_VALID);
    struct yc_coins_dump d = {.alloc = yc_heap(),
                              .fs = &w->fs_fault.fs,
                              .path = "/data/set",
                              .base = yc_chain_tip(w->chain)->hash,
                              .scan = &scan,
                              .past = &past};
    memcpy(d.magic, w->config.params->magic, 4);
    assert_int_equal(yc_coins_dump(&d, &done, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    yc_coins_past_release(&past);
    assert_int_equal(yc_fs_read_file(yc_fs_memory_fs(w->fs), yc_heap(), "/data/set", 1 << 24, &source.file, &err),
                     YC_VALID);
    memcpy(source.base_coins32, done.hash32, 32);
}

static void make_source(void)
{
    static struct chain_world w;
    world_init(&w, 0);
    source.params = *yc_chain_builtin("regtest");
    for (uint32_t height = 1; height <= BLOCKS; height++) {
        make_source_block(&w, height);
        if (height == 1)
            coins_hash(&w, source.first_coins32);
        if (height != BASE)
            continue;
        dump_set(&w);
        source.base_txs = yc_chain_tip(w.chain)->stored->chain_tx_count;
        source.params.assumeutxo[0] = (struct yc_assumeutxo){
            BASE, yc_chain_tip(w.chain)->hash, {0}, yc_chain_tip(w.chain)->stored->chain_tx_count};
        memcpy(source.params.assumeutxo[0].coins_hash, source.base_coins32, 32);
        source.params.assumeutxo_count = 1;
    }
    coins_hash(&w, source.tip_coins32);
    source.tip_txs = yc_chain_tip(w.chain)->stored->chain_tx_count;
    world_release(&w);
}

/* ---- a node that begins from that set ---- */

static void put_file(struct chain_world *w, struct yc_view bytes)
{
    assert_int_equal(yc_fs_replace_file(yc_fs_memory_fs(w->fs), "/data/set", bytes, &err), YC_VALID);
}

static void node_init(struct chain_world *w, const struct yc_chain_params *params)
{
    world_init(w, 0);
    world_close(w);
    w->params = params;
    w->use_shelf = true;
    put_file(w, source.file);
    assert_int_equal(world_open(w, &err), YC_VALID);
    world_settle(w);
}

static bool settles(struct chain_world *w)
{
    enum yc_step s;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    return s == YC_STEP_DONE;
}

static bool give_headers(struct chain_world *w, uint32_t to)
{
    for (uint32_t height = 1; height <= to; height++) {
        struct yc_header h;
        yc_header_read(&h, source.block[height].bytes);
        if (yc_chain_submit_header(w->chain, &h, NULL, &why) != YC_VALID)
            return false;
    }
    return settles(w);
}

static bool give_blocks(struct chain_world *w, uint32_t from, uint32_t to)
{
    for (uint32_t height = from; height <= to; height++) {
        struct yc_view raw = yc_view(source.block[height].bytes, source.block[height].n);
        if (yc_chain_submit_block(w->chain, raw, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why) != YC_VALID || !settles(w))
            return false;
    }
    return true;
}

/* As loadtxoutset does it: what it says to begin with is the verdict of the whole. */
static enum yc_verdict load_set(struct chain_world *w)
{
    const struct yc_assumeutxo *known;
    struct yc_coins_file file;
    struct yc_coins_totals totals;
    struct yc_coins_load l = {.alloc = yc_heap(), .file = &file, .genesis = w->config.params->genesis.hash};
    enum yc_verdict v = yc_coins_file_open(&file, &w->fs_fault.fs, yc_heap(), "/data/set", &err);
    if (v != YC_VALID)
        return v;
    v = yc_chain_assume_begin(w->chain, &file.head.base, &known, &l.kv, &err);
    if (v != YC_VALID) {
        yc_coins_file_close(&file);
        return v;
    }
    file.height_max = known->height;
    v = yc_coins_load(&l, &totals, &err);
    yc_coins_file_close(&file);
    while (v == YC_VALID && (v = yc_chain_assume_end(w->chain, &totals, &err)) == YC_NOT_YET && settles(w)) {
        v = YC_VALID;
    }
    struct yc_error of_drop;
    if (v != YC_VALID && !yc_chain_failure(w->chain))
        yc_ignore(yc_chain_assume_drop(w->chain, &of_drop));
    return v;
}

static bool is_assumed(struct chain_world *w)
{
    struct yc_chain_assumed a;
    return yc_chain_assumed(w->chain, &a) && a.validated;
}

static void check_nothing_is_bad(struct chain_world *w)
{
    struct yc_chain_tip tips[16];
    size_t count = yc_chain_tips(w->chain, tips, 16);
    for (size_t i = 0; i < count && i < 16; i++)
        assert_int_not_equal(tips[i].status, YC_TIP_INVALID);
}

static void check_end(struct chain_world *w)
{
    uint8_t got[32];
    const struct yc_node *tip = yc_chain_tip(w->chain);
    check_nothing_is_bad(w);
    assert_int_equal(tip->height, BLOCKS);
    assert_int_equal(tip->stored->chain_tx_count, source.tip_txs);
    assert_false(is_assumed(w));
    assert_ptr_equal(yc_chain_validated(w->chain, NULL), tip);
    coins_hash(w, got);
    assert_memory_equal(got, source.tip_coins32, 32);
    for (const struct yc_node *n = tip; n->parent; n = n->parent)
        assert_int_equal(n->status & (YC_BLOCK_CONNECTED | YC_BLOCK_HAVE_UNDO | YC_BLOCK_ASSUMED),
                         YC_BLOCK_CONNECTED | YC_BLOCK_HAVE_UNDO);
}

static void the_tip_moves_first_and_the_past_follows(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_blocks(&w, 1, 1));
    assert_true(give_headers(&w, BLOCKS));
    assert_int_equal(load_set(&w), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BASE);
    assert_int_equal(yc_chain_tip(w.chain)->stored->chain_tx_count, source.base_txs);
    assert_int_equal(yc_chain_validated(w.chain, NULL)->height, 1);
    uint8_t got[32];
    coins_hash(&w, got);
    assert_memory_equal(got, source.base_coins32, 32);
    assert_true(give_blocks(&w, BASE + 1, BLOCKS));
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    assert_true(is_assumed(&w));
    world_crash(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    assert_true(is_assumed(&w));
    assert_true(give_blocks(&w, 2, BASE / 2));
    assert_true(is_assumed(&w));
    world_close(&w);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_validated(w.chain, NULL)->height, BASE / 2);
    /* The base comes before its ancestors. */
    assert_true(give_blocks(&w, BASE, BASE));
    assert_true(give_blocks(&w, BASE / 2 + 1, BASE - 1));
    check_end(&w);
    assert_non_null(w.snapshot);
    world_crash(&w);
    check_end(&w);
    assert_null(w.snapshot);
    assert_null(w.refuted);
    world_release(&w);
}

/* What was stored before the start is told of every ten seconds: there is nothing of it left where a set took its place. */
static void a_set_that_comes_late_is_gone_on_from(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_headers(&w, BLOCKS));
    w.mono_us += 60 * 1000000;
    assert_int_equal(load_set(&w), YC_VALID);
    world_settle(&w);
    assert_true(give_blocks(&w, BASE + 1, BLOCKS));
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    world_release(&w);
}

/* ---- everything fails once ---- */

/* From an empty node to the end, in the order of a busy one. False as soon as something has failed. */
static bool run_all(struct chain_world *w)
{
    struct yc_chain_assumed a;
    if (!give_headers(w, BLOCKS))
        return false;
    if (!yc_chain_assumed(w->chain, &a) && yc_chain_tip(w->chain)->height < BASE && load_set(w) != YC_VALID)
        return false;
    return settles(w) && give_blocks(w, BASE + 1, BLOCKS - 1) && give_blocks(w, 1, BASE) &&
           give_blocks(w, BLOCKS, BLOCKS);
}

/* The node starts again after the failure, and ends where it should. The file system is not among what fails here: block
 * files fail in test_faults.c. */
static void fail_each(unsigned kinds, bool anyway, struct yc_kv_fault *(*which)(struct chain_world *w))
{
    static struct chain_world w;
    bool failed = true;
    unsigned at;
    for (at = 1; failed; at++) {
        node_init(&w, &source.params);
        struct yc_kv_fault *f = which(&w);
        if (f) {
            f->kinds = kinds;
            f->count = 0;
            f->fail_at = at;
            f->write_anyway = anyway;
        } else {
            w.shelf_calls = 0;
            w.shelf_fail_at = at;
        }
        failed = !run_all(&w);
        world_crash(&w);
        check_nothing_is_bad(&w);
        if (!run_all(&w))
            fail_msg("after failure %u: %s", at, err.text);
        check_end(&w);
        world_crash(&w);
        check_end(&w);
        assert_null(w.snapshot);
        world_release(&w);
        if (failed && at > 60 && kinds != YC_KV_WRITE)
            at += at / 8; /* reads are many and alike */
    }
    assert_true(at > 2);
}

static struct yc_kv_fault *of_index(struct chain_world *w)
{
    return &w->index_fault;
}
static struct yc_kv_fault *of_coins(struct chain_world *w)
{
    return &w->coins_fault;
}
static struct yc_kv_fault *of_snapshot(struct chain_world *w)
{
    return &w->snapshot_fault;
}
static struct yc_kv_fault *of_none(struct chain_world *w)
{
    (void)w;
    return NULL;
}

static void every_store_operation_fails_once(void **state)
{
    (void)state;
    for (int anyway = 0; anyway < 2; anyway++) {
        fail_each(YC_KV_WRITE, anyway, of_index);
        fail_each(YC_KV_WRITE, anyway, of_coins);
        fail_each(YC_KV_WRITE, anyway, of_snapshot);
    }
    fail_each(YC_KV_ALL, false, of_snapshot);
    fail_each(YC_KV_ALL, false, of_coins);
}

static void every_change_of_the_shelf_fails_once(void **state)
{
    (void)state;
    fail_each(0, false, of_none);
}

/* A kill after each block, and after each step of the load. */
static void a_kill_at_any_block_is_survived(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_headers(&w, BLOCKS));
    assert_int_equal(load_set(&w), YC_VALID);
    world_crash(&w); /* before the tip has moved */
    assert_int_equal(yc_chain_tip(w.chain)->height, BASE);
    for (uint32_t height = 1; height <= BASE; height++) {
        assert_true(give_blocks(&w, height, height));
        if (height <= 6 || height >= BASE - 6)
            world_crash(&w);
        if (BLOCKS - height < BASE)
            continue;
        assert_true(give_blocks(&w, BASE + height, BASE + height));
        world_crash(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, BASE + height);
    }
    check_end(&w);
    world_release(&w);
}

static void a_half_loaded_set_is_removed(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_assumeutxo *known;
    const struct yc_kv *kv;
    node_init(&w, &source.params);
    assert_true(give_blocks(&w, 1, 3) && give_headers(&w, BLOCKS));
    assert_int_equal(yc_chain_assume_begin(w.chain, &source.params.assumeutxo[0].block, &known, &kv, &err), YC_VALID);
    assert_int_equal(yc_chain_assume_begin(w.chain, &source.params.assumeutxo[0].block, &known, &kv, &err), YC_POLICY);
    assert_string_equal(err.text, "A snapshot is being loaded already");
    assert_non_null(w.snapshot);
    world_crash(&w);
    assert_null(w.snapshot);
    assert_int_equal(yc_chain_tip(w.chain)->height, 3);
    assert_true(give_blocks(&w, 4, BLOCKS));
    check_end(&w);
    world_release(&w);
}

/* ---- sets that are not what they should be ---- */

/* What loading these bytes says. */
static void refused(struct yc_view bytes, enum yc_verdict v, const char *text)
{
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_headers(&w, BLOCKS));
    put_file(&w, bytes);
    assert_int_equal(load_set(&w), v);
    if (!strstr(err.text, text))
        fail_msg("%s", err.text);
    assert_null(w.snapshot);
    assert_int_equal(yc_chain_tip(w.chain)->height, 0);
    assert_true(give_blocks(&w, 1, 2));
    assert_int_equal(yc_chain_tip(w.chain)->height, 2);
    put_file(&w, source.file);
    assert_int_equal(load_set(&w), YC_VALID);
    world_release(&w);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    static uint8_t f[1 << 16];
    struct yc_view whole = source.file;
    assert_true(whole.n < sizeof f - 100);
    refused(yc_view("", 0), YC_INVALID, "Invalid UTXO set snapshot magic bytes");
    refused(yc_view(whole.p, 50), YC_INVALID, "ends within the snapshot's head");
    for (size_t n = 51; n < whole.n; n += 1 + n / 40)
        refused(yc_view(whole.p, n), YC_INVALID, "Bad snapshot format or truncated snapshot after deserializing");
    memcpy(f, whole.p, whole.n);
    f[whole.n] = 0;
    refused(yc_view(f, whole.n + 1), YC_INVALID, "Bad snapshot - coins left over after deserializing");
    f[5] = 1;
    refused(yc_view(f, whole.n), YC_INVALID, "Version of snapshot 1 does not match");
    f[5] = 2;
    f[11] ^= 1;
    refused(yc_view(f, whole.n), YC_POLICY, "The following snapshot heights are available: 107");
    f[11] ^= 1;
    f[51] ^= 1; /* a transaction's id */
    refused(yc_view(f, whole.n), YC_POLICY, "Population failed: Bad snapshot content hash: expected");
    f[51] ^= 1;
    /* A coin twice, and the head says so. */
    size_t last = whole.n - 32 - 1;
    while (memcmp(f + last, source.block[20].coinbase.b, 32) != 0 && last > 51)
        last--;
    size_t one = 32 + 1 + 1 + 1 + 1 + 2;
    memmove(f + last + one, f + last, whole.n - last);
    f[43]++;
    refused(yc_view(f, whole.n + one), YC_INVALID, "named more than once");
}

static void a_chain_that_does_not_need_it_refuses(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_int_equal(load_set(&w), YC_POLICY);
    assert_non_null(strstr(err.text, "must appear in the headers chain"));
    assert_true(give_blocks(&w, 1, BASE));
    assert_int_equal(load_set(&w), YC_POLICY);
    assert_string_equal(err.text, "Population failed: Work does not exceed active chainstate");
    assert_int_equal(yc_chain_invalidate(w.chain, &source.block[BASE - 1].hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(load_set(&w), YC_POLICY);
    assert_non_null(strstr(err.text, "is part of an invalid chain"));
    world_release(&w);
}

/* The chain file names the hash of a set that the blocks do not lead to: it is loaded, and found out. */
static void a_wrong_set_is_found_out(void **state)
{
    (void)state;
    static struct chain_world w;
    static uint8_t f[1 << 16];
    static struct yc_chain_params lying;
    lying = source.params;
    node_init(&w, &lying);
    assert_true(give_headers(&w, BLOCKS));
    memcpy(f, source.file.p, source.file.n);
    f[51 + 32 + 1 + 1] ^= 2; /* the height of a coin, or whether it is a coinbase's */
    put_file(&w, yc_view(f, source.file.n));
    assert_int_equal(load_set(&w), YC_POLICY);
    const char *got = strstr(err.text, "got ");
    assert_non_null(got);
    assert_true(yc_hex_read_reversed(lying.assumeutxo[0].coins_hash, 32, got + 4, 64));
    assert_int_equal(load_set(&w), YC_VALID);
    assert_true(give_blocks(&w, BASE + 1, BLOCKS));
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    assert_true(give_blocks(&w, 1, BASE - 1));
    assert_false(give_blocks(&w, BASE, BASE));
    const char *text = yc_chain_failure(w.chain)->text;
    assert_non_null(strstr(text, "The snapshot at height 107 is wrong: the hash of its coins is "));
    assert_non_null(strstr(text, "goes on from block 107 without it"));
    world_crash(&w);
    assert_null(w.snapshot);
    assert_non_null(w.refuted);
    check_end(&w); /* the blocks above were here, and are connected to the right coins */
    world_release(&w);
}

/* ---- what an operator, and other branches, may do meanwhile ---- */

static void below_the_base_nothing_moves(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_headers(&w, BLOCKS));
    assert_int_equal(load_set(&w), YC_VALID);
    assert_true(give_blocks(&w, BASE + 1, BLOCKS));
    for (uint32_t height = 1; height <= BASE; height += 53) {
        assert_int_equal(yc_chain_invalidate(w.chain, &source.block[height].hash, &err), YC_POLICY);
        assert_non_null(strstr(err.text, "still being validated"));
    }
    assert_int_equal(load_set(&w), YC_POLICY);
    assert_string_equal(err.text, "Can't activate a snapshot-based chainstate more than once");
    /* Above it the chain moves as ever: down to the base, and up again. */
    assert_int_equal(yc_chain_invalidate(w.chain, &source.block[BASE + 1].hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BASE);
    assert_int_equal(yc_chain_reconsider(w.chain, &source.block[BASE + 1].hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    /* A longer branch that leaves below the base has to wait. */
    assert_true(give_blocks(&w, 1, 2));
    const struct yc_node *n = yc_chain_find(w.chain, &source.block[2].hash);
    for (uint32_t height = 3; height <= BLOCKS + 1; height++)
        n = grow(&w, n, 9);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &source.block[BLOCKS].hash));
    assert_true(give_blocks(&w, 3, BASE));
    assert_false(is_assumed(&w));
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    world_release(&w);
}

/* The chain stood on another branch when the set was loaded: the background goes back first. */
static void the_background_leaves_another_branch(void **state)
{
    (void)state;
    static struct chain_world w;
    node_init(&w, &source.params);
    assert_true(give_blocks(&w, 1, 2));
    const struct yc_block_hash other = grow_many(&w, yc_chain_tip(w.chain), 5, 9)->hash;
    assert_true(give_headers(&w, BLOCKS));
    assert_int_equal(load_set(&w), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BASE);
    assert_int_equal(yc_chain_validated(w.chain, NULL)->height, 7);
    assert_true(give_blocks(&w, 3, 3)); /* now it can go on */
    assert_int_equal(yc_chain_validated(w.chain, NULL)->height, 3);
    world_crash(&w);
    assert_int_equal(yc_chain_validated(w.chain, NULL)->height, 3);
    assert_true(give_blocks(&w, 4, BLOCKS));
    check_end(&w);
    assert_false(yc_chain_has(w.chain, yc_chain_find(w.chain, &other)));
    world_release(&w);
}

/* A block below the base that breaks a rule refutes the set: the node stops, and then knows better. */
static void a_bad_block_below_refutes_it(void **state)
{
    (void)state;
    static struct chain_world w;
    static struct made bad;
    static struct yc_chain_params other;
    struct yc_header h;
    node_init(&w, &source.params);
    assert_true(give_blocks(&w, 1, 1));
    make_block(&w, &bad, yc_chain_tip(w.chain), &(struct make_options){.extra = 5, .claim_sat = 1});
    yc_header_read(&h, bad.bytes);
    const struct yc_node *n = NULL;
    assert_int_equal(yc_chain_submit_header(w.chain, &h, &n, &why), YC_VALID);
    world_close(&w);
    /* Somebody vouches for coins after it. */
    other = source.params;
    other.assumeutxo[0] = (struct yc_assumeutxo){2, bad.hash, {0}, 3};
    memcpy(other.assumeutxo[0].coins_hash, source.first_coins32, 32);
    w.params = &other;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    static uint8_t f[1 << 12];
    struct yc_coins_scan scan;
    struct yc_coins_past past;
    struct yc_coins_dumped done;
    yc_coins_past_init(&past, yc_heap(), 1 << 20);
    assert_int_equal(world_scan(&w, &scan, &err), YC_VALID);
    const struct yc_fs *fs = yc_fs_memory_fs(w.fs);
    struct yc_coins_dump d = {
        .alloc = yc_heap(), .fs = fs, .path = "/data/first", .base = bad.hash, .scan = &scan, .past = &past};
    assert_int_equal(yc_coins_dump(&d, &done, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    yc_coins_past_release(&past);
    struct yc_view made;
    assert_int_equal(yc_fs_read_file(fs, yc_heap(), "/data/first", sizeof f, &made, &err), YC_VALID);
    put_file(&w, made);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)made.p, made.n);
    assert_int_equal(load_set(&w), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 2);
    assert_int_equal(
        yc_chain_submit_block(w.chain, yc_view(bad.bytes, bad.n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why), YC_VALID);
    assert_false(settles(&w));
    assert_non_null(strstr(yc_chain_failure(w.chain)->text, "The snapshot at height 2 is wrong: bad-cb-amount"));
    world_crash(&w);
    assert_null(w.snapshot);
    assert_int_equal(yc_chain_tip(w.chain)->height, 1);
    assert_true(yc_chain_find(w.chain, &bad.hash)->status & YC_BLOCK_FAILED);
    assert_true(give_blocks(&w, 2, BLOCKS));
    assert_int_equal(yc_chain_tip(w.chain)->height, BLOCKS);
    world_release(&w);
}

int main(void)
{
    make_source();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tip_moves_first_and_the_past_follows),
        cmocka_unit_test(a_set_that_comes_late_is_gone_on_from),
        cmocka_unit_test(a_kill_at_any_block_is_survived),
        cmocka_unit_test(a_half_loaded_set_is_removed),
        cmocka_unit_test(every_store_operation_fails_once),
        cmocka_unit_test(every_change_of_the_shelf_fails_once),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(a_chain_that_does_not_need_it_refuses),
        cmocka_unit_test(a_wrong_set_is_found_out),
        cmocka_unit_test(below_the_base_nothing_moves),
        cmocka_unit_test(the_background_leaves_another_branch),
        cmocka_unit_test(a_bad_block_below_refutes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
