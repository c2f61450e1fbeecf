/* Which blocks' signatures lanes may judge: those of blocks that lie under 144 others of the best header chain, and of no
 * others unless the node is told so. Lanes that lie show who judged: what libsecp256k1 judges fails. */
#include "fixture.h"

#include "crypto/sha256.h"
#include "crypto/sigbatch/lanes.h"

#define SUSPECT_HEIGHT 103 /* the first that can spend what a spend of the first coinbase made */
#define DEPTH          144

static struct yc_reject why;
static struct yc_error err;

static void lying_lanes(struct yc_lane_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0xff;
}

/* The generator as a key, and CHECKSIG. */
static const uint8_t checksig_script[35] = {0x21, 0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0,
                                            0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                            0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98, 0xac};

/* Spend the coinbase to two outputs that want a signature each. */
static size_t write_fund(uint8_t *out, size_t cap, const struct yc_txid *coinbase)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, coinbase->b, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_u8(&w, 0);
    yc_writer_u32le(&w, YC_SEQUENCE_FINAL);
    yc_writer_u8(&w, 2);
    for (unsigned i = 0; i < 2; i++) {
        yc_writer_u64le(&w, 25 * (uint64_t)YC_COIN);
        yc_writer_var_bytes(&w, yc_view(checksig_script, sizeof checksig_script));
    }
    yc_writer_u32le(&w, 0);
    assert_false(w.failed);
    return w.n;
}

/* Spend both with signatures that are well encoded and of nothing. */
static size_t write_forgery(uint8_t *out, size_t cap, const struct yc_txid *fund)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 2);
    for (uint32_t i = 0; i < 2; i++) {
        yc_writer_bytes(&w, fund->b, 32);
        yc_writer_u32le(&w, i);
        yc_writer_var_bytes(&w, yc_view("\x09\x30\x06\x02\x01\x01\x02\x01\x01\x01", 10)); /* r = s = 1, ALL */
        yc_writer_u32le(&w, YC_SEQUENCE_FINAL);
    }
    yc_writer_u8(&w, 1);
    yc_writer_u64le(&w, 50 * (uint64_t)YC_COIN);
    yc_writer_var_bytes(&w, yc_view("\x51", 1));
    yc_writer_u32le(&w, 0);
    assert_false(w.failed);
    return w.n;
}

static const struct yc_node *header_on(struct chain_world *w, const struct yc_node *parent, unsigned extra,
                                       struct made *out, const struct make_options *o)
{
    struct make_options plain = {.extra = extra};
    struct yc_header h;
    const struct yc_node *n;
    make_block(w, out, parent, o ? o : &plain);
    yc_header_read(&h, out->bytes);
    assert_int_equal(yc_chain_submit_header(w->chain, &h, &n, &why), YC_VALID);
    return n;
}

static const struct yc_node *headers_on(struct chain_world *w, const struct yc_node *parent, unsigned count,
                                        unsigned extra)
{
    static struct made m;
    for (unsigned i = 0; i < count; i++)
        parent = header_on(w, parent, extra, &m, NULL);
    return parent;
}

/* A chain whose next block is forged, with so many headers on that block, and on a rival of it. The forged block's body is
 * given last. */
static void give_forged(struct chain_world *w, unsigned on_top, unsigned on_rival)
{
    static struct made first, funding, forged;
    uint8_t fund[256], forgery[256];
    world_init(w, 0);
    const struct yc_node *n = yc_chain_tip(w->chain);
    make_block(w, &first, n, &(struct make_options){.extra = 1});
    assert_int_equal(
        yc_chain_submit_block(w->chain, yc_view(first.bytes, first.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
        YC_VALID);
    world_settle(w);
    n = grow_many(w, n, SUSPECT_HEIGHT - 3, 1);
    struct yc_view tx = yc_view(fund, write_fund(fund, sizeof fund, &first.coinbase));
    make_block(w, &funding, n, &(struct make_options){.txs = &tx, .tx_count = 1});
    assert_int_equal(
        yc_chain_submit_block(w->chain, yc_view(funding.bytes, funding.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
        YC_VALID);
    world_settle(w);
    assert_int_equal(yc_chain_tip(w->chain)->height, SUSPECT_HEIGHT - 1);
    struct yc_txid fund_id;
    yc_sha256d(fund_id.b, tx.p, tx.n);
    tx = yc_view(forgery, write_forgery(forgery, sizeof forgery, &fund_id));
    const struct yc_node *suspect = header_on(w, n, 1, &forged, &(struct make_options){.txs = &tx, .tx_count = 1});
    (void)headers_on(w, suspect, on_top, 1);
    (void)headers_on(w, n, on_rival, 2);
    assert_int_equal(
        yc_chain_submit_block(w->chain, yc_view(forged.bytes, forged.n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
        YC_VALID);
}

/* Is the forged block taken, which only lanes would? */
static bool lanes_judge(unsigned on_top, unsigned on_rival)
{
    static struct chain_world w;
    give_forged(&w, on_top, on_rival);
    world_settle(&w);
    bool taken = yc_chain_tip(w.chain)->height == SUSPECT_HEIGHT;
    if (!taken)
        assert_int_equal(w.failed_code, YC_REJ_BLOCK_SCRIPT);
    world_release(&w);
    return taken;
}

static void only_under_144_blocks_of_the_best_headers(void **state)
{
    (void)state;
    const struct yc_sigengine engine = {YC_SIG_MODE_LANES, 0, lying_lanes, "lying", 2};
    world_sig_engine = &engine;
    world_sig_engine_auto = true;
    assert_false(lanes_judge(0, 0));
    assert_false(lanes_judge(DEPTH - 1, 0));
    assert_true(lanes_judge(DEPTH, 0));
    assert_false(lanes_judge(DEPTH, DEPTH + 2)); /* a better chain passes by it */
    assert_true(lanes_judge(DEPTH, DEPTH));
    world_sig_engine_auto = false;
    assert_true(lanes_judge(0, 0));
    world_sig_engine = NULL;
    assert_false(lanes_judge(DEPTH, 0));
}

/* -sigcheck: what lanes accept wrongly stops the chain when it is looked at, and blames no block. */
static void a_sampled_lie_stops_the_chain(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_sigengine engine = {YC_SIG_MODE_LANES, 1, lying_lanes, "lying", 2};
    enum yc_step step;
    world_sig_engine = &engine;
    world_sig_engine_auto = true;
    give_forged(&w, DEPTH, 0);
    while ((step = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE) {
    }
    assert_int_equal(step, YC_STEP_FAILED);
    assert_int_equal(yc_chain_failure(w.chain)->which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(yc_chain_failure(w.chain)->text, "the lanes accept a signature that libsecp256k1 refuses"));
    assert_int_equal(yc_chain_tip(w.chain)->height, SUSPECT_HEIGHT - 1);
    assert_int_equal(w.failed_code, YC_REJ_NONE);
    enum yc_verdict v = yc_chain_close(w.chain, &err);
    assert_true(v == YC_VALID || v == YC_SYSTEM);
    yc_workers_free(w.workers);
    yc_kv_memory_free(w.index);
    yc_kv_memory_free(w.coins);
    yc_fs_memory_free(w.fs);
    world_sig_engine = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_under_144_blocks_of_the_best_headers),
        cmocka_unit_test(a_sampled_lie_stops_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
