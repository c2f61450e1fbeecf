/* Catalogue rows about headers, blocks and amounts, each through the connection of a block to a chain; named by their
 * rows. */
#include "unit/consensus/rows/draft.h"

#include "crypto/sha256.h"

static struct yc_reject why;
static struct yc_error err;
static struct chain_world world;
static struct yc_chain_params params;

/* A world of YCoin's regtest under parameters that a test may change before it opens the chain again. */
static int open_world(void **state)
{
    (void)state;
    world_init(&world, 0);
    params = *yc_chain_builtin("regtest");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_release(&world);
    return 0;
}

static void reopen(void)
{
    world_close(&world);
    world.config.params = &params;
    assert_int_equal(yc_chain_open(&world.chain, &world.config, &err), YC_VALID);
    world_settle(&world);
}

static const struct yc_node *tip(void)
{
    return yc_chain_tip(world.chain);
}

/* The sealed draft is submitted and released; what it comes to, YC_REJ_NONE for the new tip. */
static enum yc_rej submitted(struct draft *d)
{
    world.failed_code = YC_REJ_NONE;
    enum yc_verdict v = draft_submit(d, NULL, &why);
    bool is_tip = yc_block_hash_equal(&tip()->hash, &d->hash);
    enum yc_rej code = v != YC_VALID ? why.code : world.failed_code;
    assert_int_equal(is_tip, code == YC_REJ_NONE);
    draft_release(d);
    return code;
}

static enum yc_rej sealed(struct draft *d)
{
    draft_seal(d);
    return submitted(d);
}

static void take_back(void)
{
    struct yc_block_hash hash = tip()->hash;
    assert_int_equal(yc_chain_invalidate(world.chain, &hash, &err), YC_VALID);
    world_settle(&world);
}

/* Find a nonce again after the header was bent. */
static void mine_anew(struct draft *d)
{
    for (d->header.nonce = 0;; d->header.nonce++) {
        d->hash = yc_header_hash(&d->header);
        if (d->hash.b[31] < 0x7f)
            break;
    }
    draft_write(d);
}

/* C01: a sum of outputs that wraps makes no coins. */
static void test_c01_sums_of_outputs(void **state)
{
    (void)state;
    static const struct {
        int64_t value[2];
        enum yc_rej code;
    } rows[] = {{{-1, 1}, YC_REJ_TX_VOUT_NEGATIVE},
                {{YC_MONEY_MAX + 1, 0}, YC_REJ_TX_VOUT_TOOLARGE},
                {{YC_MONEY_MAX, 1}, YC_REJ_TX_TXOUTTOTAL_TOOLARGE},
                {{0x7ffffffffff863af, 0x7ffffffffff863af}, YC_REJ_TX_VOUT_TOOLARGE},
                {{YC_MONEY_MAX, 0}, YC_REJ_TX_IN_BELOWOUT},
                {{25 * YC_COIN, 25 * YC_COIN + 1}, YC_REJ_TX_IN_BELOWOUT},
                {{25 * YC_COIN, 25 * YC_COIN}, YC_REJ_NONE}};
    struct yc_txid coin = rows_mature_coin(&world);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;
        draft_init(&d, &world, tip(), i);
        struct draft_tx *t = draft_add(&d, &coin, 0, 1, 0, 2);
        t->out[0].value_sat = rows[i].value[0];
        t->out[1].value_sat = rows[i].value[1];
        assert_int_equal(sealed(&d), rows[i].code);
    }
}

/* C04, C32: 80,000 of signature operations and one more, also before a push that is cut short. */
static void test_c04_c32_signature_operations(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    for (unsigned more = 0; more < 2; more++)
        for (unsigned cut = 0; cut < 3; cut++) {
            struct draft d;
            draft_init(&d, &world, tip(), 1 + more * 3 + cut);
            struct draft_tx *t = draft_add(&d, &coin, 0, 1, YC_COIN, 1);
            struct yc_view script = draft_fill(&d, 0xac, 20000 + more + 2);
            uint8_t *p = (uint8_t *)(uintptr_t)script.p;
            if (cut == 0)
                script.n -= 2;
            else if (cut == 1)
                p[script.n - 2] = 0x4b; /* a push of 75 bytes, of which one is there */
            else {
                p[script.n - 2] = 0x4d; /* a length of two bytes, of which one is there */
                p[script.n - 1] = 0xff;
            }
            t->out[0].script = script;
            assert_int_equal(sealed(&d), more ? YC_REJ_BLOCK_SIGOPS : YC_REJ_NONE);
            if (!more)
                take_back();
        }
}

/* C05: a coinbase without its height, lock time or sequence could be made twice. */
static void test_c05_each_coinbase_is_one_of_a_kind(void **state)
{
    (void)state;
    grow_many(&world, tip(), 20, 1);
    for (unsigned i = 0; i < 4; i++) {
        struct draft d;
        draft_init(&d, &world, tip(), i);
        struct draft_tx *cb = d.tx[0];
        if (i == 1)
            cb->in[0].script_sig = draft_fill(&d, 0x01, 20);
        else if (i == 2)
            cb->tx.lock_time++;
        else if (i == 3)
            cb->in[0].sequence = YC_SEQUENCE_FINAL;
        static const enum yc_rej codes[] = {YC_REJ_NONE, YC_REJ_BLOCK_CB_HEIGHT, YC_REJ_BLOCK_TX_NONFINAL,
                                            YC_REJ_BLOCK_CB_SEQUENCE};
        assert_int_equal(sealed(&d), codes[i]);
    }
}

/* C07: no transaction of exactly 64 bytes without witness, and any of 63 or 65. */
static void test_c07_transactions_of_64_bytes(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    for (size_t n = 62; n <= 67; n++) {
        struct draft d;
        draft_init(&d, &world, tip(), (unsigned)n);
        struct draft_tx *t = draft_add(&d, &coin, 0, 1, YC_COIN, 1);
        t->in[0].script_sig = YC_VIEW_EMPTY;
        t->out[0].script = draft_fill(&d, 0x51, n - 60);
        assert_int_equal(sealed(&d), n == 64 ? YC_REJ_TX_STRIPPED_64 : YC_REJ_NONE);
        if (n != 64)
            take_back();
    }
}

/* C08: the inner nodes of a block's tree, told as if they were transactions, never stand in for the block. */
static void test_c08_inner_nodes_as_transactions(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    draft_init(&d, &world, tip(), 1);
    struct draft_tx *first = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 3);
    struct yc_txid id = draft_txid(&d, first), ids[4];
    draft_add(&d, &id, 0, 1, YC_COIN, 1);
    draft_add(&d, &id, 1, 1, YC_COIN, 1);
    draft_seal(&d);
    for (size_t i = 0; i < 4; i++)
        ids[i] = draft_txid(&d, d.tx[i]);
    uint8_t body[YC_HEADER_BYTES + 1 + 128];
    memcpy(body, d.raw.p, YC_HEADER_BYTES);
    body[YC_HEADER_BYTES] = 2;
    memcpy(body + YC_HEADER_BYTES + 1, ids, 128);
    const struct yc_node *node = NULL;
    assert_int_equal(
        yc_chain_submit_block(world.chain, yc_view(body, sizeof body), YC_SUBMIT_REQUESTED, 1, &node, NULL, &why),
        YC_MUTATED);
    world_settle(&world);
    assert_int_equal(submitted(&d), YC_REJ_NONE);
}

/* C09: one coin twice in a transaction, whether a block before made it or this one did. */
static void test_c09_inputs_twice(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    for (unsigned same_block = 0; same_block < 2; same_block++)
        for (unsigned apart = 0; apart < 2; apart++) {
            struct draft d;
            struct yc_txid id = coin;
            draft_init(&d, &world, tip(), 1 + 2 * same_block + apart);
            if (same_block)
                id = draft_txid(&d, draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 1));
            struct draft_tx *t = draft_add(&d, &id, 0, apart ? 1 : 2, YC_COIN, 1);
            if (apart)
                draft_add(&d, &id, 0, 1, 2 * YC_COIN, 1);
            else
                t->in[1].prevout.index = 0;
            if (!apart)
                t->in[1].script_sig = t->in[0].script_sig;
            assert_int_equal(sealed(&d), apart ? YC_REJ_TX_INPUTS_MISSING : YC_REJ_TX_INPUTS_DUPLICATE);
        }
}

/* C14: BIP 54's limit on what one transaction's legacy scripts may cost. */
static void test_c14_legacy_signature_operations(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    for (unsigned more = 0; more < 2; more++) {
        struct draft d;
        draft_init(&d, &world, tip(), 1 + more);
        struct draft_tx *funding = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 26);
        for (uint32_t i = 0; i < 26; i++) {
            /* 0 IF CHECKSIG... ENDIF 1, of which 25 make 2,500. */
            size_t n = i < 25 ? 100 : more;
            uint8_t *p = (uint8_t *)(uintptr_t)draft_fill(&d, 0xac, n + 4).p;
            p[0] = 0x00;
            p[1] = 0x63;
            p[n + 2] = 0x68;
            p[n + 3] = 0x51;
            funding->out[i].script = yc_view(p, n + 4);
        }
        struct yc_txid id = draft_txid(&d, funding);
        draft_add(&d, &id, 0, 26, YC_COIN, 1);
        assert_int_equal(sealed(&d), more ? YC_REJ_TX_LEGACY_SIGOPS : YC_REJ_NONE);
        if (!more)
            take_back();
    }
}

/* A chain whose periods have 16 blocks, at its easiest. */
static void open_with_periods(void)
{
    params.pow.retarget = YC_RETARGET_WINDOW;
    params.pow.window = 16;
    reopen();
}

static enum yc_rej next_at(uint32_t time, unsigned extra)
{
    struct draft d;
    draft_init(&d, &world, tip(), extra);
    d.header.time = time;
    return sealed(&d);
}

/* C15: the first block of a period is at most two hours before its parent. */
static void test_c15_timewarp(void **state)
{
    (void)state;
    open_with_periods();
    while (tip()->height < 15)
        assert_int_equal(next_at(tip()->time + (tip()->height == 14 ? 100000 : 600), 1), YC_REJ_NONE);
    uint32_t parent = tip()->time;
    assert_int_equal(next_at(parent - 7201, 2), YC_REJ_HEADER_TIMEWARP);
    assert_int_equal(next_at(parent - 7200, 3), YC_REJ_NONE);
}

/* C16: the last block of a period is not before its first. */
static void test_c16_murch_zawy(void **state)
{
    (void)state;
    open_with_periods();
    while (tip()->height < 15)
        assert_int_equal(next_at(tip()->time + 600, 1), YC_REJ_NONE);
    /* The first block of the next period is far ahead; the median stays behind for five more. */
    uint32_t first = tip()->time + 5000;
    assert_int_equal(next_at(first, 1), YC_REJ_NONE);
    while (tip()->height < 30)
        assert_int_equal(next_at((uint32_t)yc_node_median_time(tip()) + 1, 1), YC_REJ_NONE);
    assert_true(yc_node_median_time(tip()) < first - 1);
    assert_int_equal(next_at(first - 1, 2), YC_REJ_HEADER_MURCH_ZAWY);
    assert_int_equal(next_at(first, 3), YC_REJ_NONE);
}

/* C17: difficulties that decode to nothing good: zero, negative, overflowing, above the limit. */
static void test_c17_compact_difficulties(void **state)
{
    (void)state;
    static const uint32_t bits[] = {0,          0x01fedcba, 0x04923456, 0xff123456,
                                    0x20800000, 0x21008000, 0x207ffffe, 0x1d00ffff};
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct draft d;
        draft_init(&d, &world, tip(), i);
        draft_seal(&d);
        d.header.bits = bits[i];
        mine_anew(&d);
        enum yc_rej code = submitted(&d);
        assert_true(code == YC_REJ_HEADER_HIGH_HASH || code == YC_REJ_HEADER_BAD_DIFFBITS);
    }
}

/* C18: with BIP 94 a period is reckoned from its first block, so that easy blocks at its end change nothing. */
static void test_c18_easy_blocks_do_not_spread(void **state)
{
    (void)state;
    for (int bip94 = 0; bip94 < 2; bip94++) {
        params.pow.bip94 = bip94 == 1;
        params.pow.min_difficulty_after_s = 1200;
        params.rules.bip54 = YC_NEVER;
        open_with_periods();
        while (tip()->height < 31)
            assert_int_equal(next_at(tip()->time + (tip()->height < 16 ? 100 : 600), 5), YC_REJ_NONE);
        uint32_t easiest = params.genesis.bits, hard = tip()->bits;
        assert_true(hard != easiest);
        take_back();
        /* The last block of the period comes late, and may be easy. */
        assert_int_equal(next_at(tip()->time + 1201, 6), YC_REJ_NONE);
        assert_int_equal(tip()->bits, easiest);
        assert_int_equal(next_at(tip()->time + 600, 7), YC_REJ_NONE);
        assert_int_equal(tip()->bits == easiest, !bip94);
        world_release(&world);
        world_init(&world, 0);
    }
}

/* C19: times near the end of 32 bits are only numbers. */
static void test_c19_times_at_the_end_of_the_range(void **state)
{
    (void)state;
    grow_many(&world, tip(), 12, 1);
    world.wall_s = (int64_t)UINT32_MAX - 7201;
    assert_int_equal(next_at(UINT32_MAX, 1), YC_REJ_HEADER_TIME_TOO_NEW);
    world.wall_s++;
    assert_int_equal(next_at(UINT32_MAX, 2), YC_REJ_NONE);
    world.wall_s = (int64_t)UINT32_MAX + 100;
    assert_int_equal(next_at((uint32_t)yc_node_median_time(tip()), 3), YC_REJ_HEADER_TIME_TOO_OLD);
    assert_int_equal(next_at((uint32_t)yc_node_median_time(tip()) + 1, 4), YC_REJ_NONE);
    assert_int_equal(next_at(UINT32_MAX, 5), YC_REJ_NONE);
}

/* C40, C56: coins are spent behind what makes them, when they are of age, and transactions when they are final. */
static void test_c40_c56_order_age_and_finality(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    draft_init(&d, &world, tip(), 1);
    struct draft_tx *first = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 1);
    struct yc_txid id = draft_txid(&d, first);
    draft_add(&d, &id, 0, 1, 50 * YC_COIN, 1);
    struct draft_tx *swapped = d.tx[1];
    d.tx[1] = d.tx[2];
    d.tx[2] = swapped;
    assert_int_equal(sealed(&d), YC_REJ_TX_INPUTS_MISSING);
    /* In the hundredth block behind it, and in the one before that. */
    for (unsigned young = 2; young-- > 0;) {
        draft_init(&d, &world, tip(), 5 + young);
        struct yc_txid own = draft_txid(&d, d.tx[0]);
        draft_must_be_tip(&d);
        draft_release(&d);
        grow_many(&world, tip(), YC_COINBASE_MATURITY - 1 - young, 1);
        draft_init(&d, &world, tip(), 7 + young);
        draft_add(&d, &own, 0, 1, YC_COIN, 1);
        assert_int_equal(sealed(&d), young ? YC_REJ_TX_PREMATURE_COINBASE : YC_REJ_NONE);
    }
    for (unsigned i = 0; i < 4; i++) {
        draft_init(&d, &world, tip(), 10 + i);
        struct draft_tx *t = draft_add(&d, &coin, 0, 1, YC_COIN, 1);
        uint32_t median = (uint32_t)yc_node_median_time(tip());
        t->tx.lock_time = i == 0 ? tip()->height + 1 : i == 1 ? tip()->height : i == 2 ? median : median - 1;
        assert_int_equal(sealed(&d), i % 2 == 0 ? YC_REJ_BLOCK_TX_NONFINAL : YC_REJ_NONE);
        if (i % 2)
            take_back();
    }
}

/* C41: what a block may create is halved to nothing and stays nothing, also from the 64th halving on. */
static void test_c41_subsidies_end(void **state)
{
    (void)state;
    params.subsidy_halving_interval = 1;
    reopen();
    for (uint32_t height = 1; height <= 130; height++)
        for (unsigned more = 2; more-- > 0;) {
            struct draft d;
            draft_init(&d, &world, tip(), more);
            int64_t right = height < 33 ? (50 * YC_COIN) >> height : 0;
            d.tx[0]->out[0].value_sat = right + (int64_t)more;
            assert_int_equal(sealed(&d), more ? YC_REJ_BLOCK_CB_AMOUNT : YC_REJ_NONE);
        }
}

/* C44, C45: counts have one form, and so have transactions. */
static void test_c44_c45_one_form_for_bytes(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    draft_init(&d, &world, tip(), 1);
    draft_add(&d, &coin, 0, 1, YC_COIN, 1);
    draft_seal(&d);
    static const struct {
        size_t n;
        uint8_t bytes[9];
    } counts[] = {{3, {0xfd, 2, 0}},
                  {5, {0xfe, 2, 0, 0, 0}},
                  {9, {0xff, 2, 0, 0, 0, 0, 0, 0, 0}},
                  {1, {3}},
                  {1, {1}},
                  {1, {0}},
                  {5, {0xfe, 0xff, 0xff, 0xff, 0xff}},
                  {9, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
    struct yc_view honest = d.raw;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint8_t bytes[1000];
        struct yc_writer w;
        yc_writer_init(&w, bytes, sizeof bytes);
        yc_writer_view(&w, yc_view_slice(honest, 0, YC_HEADER_BYTES));
        yc_writer_view(&w, yc_view(counts[i].bytes, counts[i].n));
        yc_writer_view(&w, yc_view_slice(honest, YC_HEADER_BYTES + 1, honest.n - YC_HEADER_BYTES - 1));
        assert_int_equal(
            yc_chain_submit_block(world.chain, yc_writer_written(&w), YC_SUBMIT_REQUESTED, 1, NULL, NULL, &why),
            YC_MUTATED);
        /* Bytes left over are told from a body that is not the header's. */
        bool too_few = counts[i].n == 1 && counts[i].bytes[0] < 2;
        assert_int_equal(why.code, too_few ? YC_REJ_BLOCK_MERKLE_ROOT : YC_REJ_BLOCK_PARSE);
    }
    /* Every length but its own. */
    for (size_t n = 0; n < honest.n; n++) {
        enum yc_verdict v =
            yc_chain_submit_block(world.chain, yc_view_slice(honest, 0, n), YC_SUBMIT_REQUESTED, 1, NULL, NULL, &why);
        assert_true(v == YC_MUTATED && why.code == YC_REJ_BLOCK_PARSE);
    }
    d.raw = honest;
    assert_int_equal(submitted(&d), YC_REJ_NONE);
}

/* C58: the coinbase begins with its height in the shortest form that pushes a number. */
static void test_c58_heights_in_coinbases(void **state)
{
    (void)state;
    static const uint32_t heights[] = {1, 2, 16, 17, 127, 128, 129, 255, 256};
    for (size_t at = 0; at < sizeof heights / sizeof heights[0]; at++) {
        uint32_t height = heights[at];
        grow_many(&world, tip(), height - 1 - tip()->height, 1);
        uint8_t exact[6];
        size_t n = yc_bip34_push(exact, height);
        for (unsigned form = 5; form-- > 0;) {
            struct draft d;
            uint8_t script[20] = {0};
            size_t script_n = n;
            memcpy(script, exact, n);
            if (form == 1) /* another height */
                (void)yc_bip34_push(script, height + 1);
            else if (form == 2) { /* two bytes whatever the height */
                script[0] = 2;
                script[1] = (uint8_t)height;
                script[2] = (uint8_t)(height >> 8);
                script_n = 3;
            } else if (form == 3) { /* a longer push */
                script[0] = 0x4c;
                script[1] = 1;
                script[2] = (uint8_t)height;
                script_n = 3;
            } else if (form == 4) { /* behind something */
                memmove(script + 1, script, n);
                script[0] = 0x61;
                script_n = n + 1;
            }
            bool same = script_n == n && memcmp(script, exact, n) == 0;
            script[script_n] = (uint8_t)form; /* no two blocks are alike */
            draft_init(&d, &world, tip(), 0);
            d.tx[0]->in[0].script_sig = draft_copy(&d, script, script_n + 4);
            enum yc_rej code = sealed(&d);
            if (code != (same ? YC_REJ_NONE : YC_REJ_BLOCK_CB_HEIGHT))
                fail_msg("height %u, form %u: %s", (unsigned)height, form, yc_reject_string(code));
            if (same && form)
                take_back();
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_c01_sums_of_outputs),
        T(test_c04_c32_signature_operations),
        T(test_c05_each_coinbase_is_one_of_a_kind),
        T(test_c07_transactions_of_64_bytes),
        T(test_c08_inner_nodes_as_transactions),
        T(test_c09_inputs_twice),
        T(test_c14_legacy_signature_operations),
        T(test_c15_timewarp),
        T(test_c16_murch_zawy),
        T(test_c17_compact_difficulties),
        T(test_c18_easy_blocks_do_not_spread),
        T(test_c19_times_at_the_end_of_the_range),
        T(test_c40_c56_order_age_and_finality),
        T(test_c41_subsidies_end),
        T(test_c44_c45_one_form_for_bytes),
        T(test_c58_heights_in_coinbases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
