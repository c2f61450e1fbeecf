/* The built-in chains, genesis blocks and the subsidy. */
#include "base/hex.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <string.h>

static const char *const names[] = {"main", "test", "regtest"};

static void expect_genesis(const struct yc_chain_params *p, const char *displayed_hash)
{
    uint8_t raw[1024];
    char text[65];
    size_t n = yc_genesis_write(p, raw, sizeof raw);
    assert_in_range(n, 100, sizeof raw);
    struct yc_header h;
    yc_header_read(&h, raw);
    struct yc_block_hash hash = yc_header_hash(&h);
    yc_hex_write_reversed(text, hash.b, 32);
    assert_string_equal(text, displayed_hash);
    assert_memory_equal(&hash, &p->genesis.hash, 32);
    assert_true(yc_pow_check(&hash, p->genesis.bits, p));
}

static void own_genesis_blocks(void **state)
{
    (void)state;
    expect_genesis(yc_chain_builtin("main"), "000000007532b44806e9e0f39f99113ec1d4bfad782fcbbc211423c868bce0dc");
    expect_genesis(yc_chain_builtin("test"), "0000000ea9d8394335aaef279df55917198c70d726d169e73926265aef45425d");
    expect_genesis(yc_chain_builtin("regtest"), "52aa10ef4147506ec6dc3047f50454d4016e78320449ea92aed7b2ffed9b5080");
}

static void genesis_is_a_block_that_pays_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct yc_chain_params *p = yc_chain_builtin(names[i]);
        static uint8_t memory[1 << 16];
        uint8_t raw[1024];
        struct yc_arena arena;
        struct yc_block b;
        struct yc_reject why;
        yc_arena_init_fixed(&arena, memory, sizeof memory);
        size_t n = yc_genesis_write(p, raw, sizeof raw);
        assert_int_equal(yc_block_parse(&b, yc_view(raw, n), &arena, &why), YC_VALID);
        assert_int_equal(yc_block_check(&b, p, true, &arena, &why), YC_VALID);
        assert_int_equal(yc_block_accept(&b, p, 0, NULL, &arena, &why), YC_VALID);
        assert_int_equal(b.tx[0].out_count, 1);
        assert_int_equal(b.tx[0].out[0].value_sat, 0);
        assert_int_equal(b.tx[0].out[0].script.p[0], 0x6a);
    }
}

static struct yc_chain_params bitcoin(uint32_t time, uint32_t bits, uint32_t nonce)
{
    static const char script_hex[] =
        "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38"
        "c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac";
    struct yc_chain_params p = *yc_chain_builtin("regtest");
    p.genesis.version = 1;
    p.genesis.time = time;
    p.genesis.bits = bits;
    p.genesis.nonce = nonce;
    p.genesis.value_sat = 50 * YC_COIN;
    p.genesis.message_bits = 0x1d00ffff;
    strncpy(p.genesis.message, "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks",
            sizeof p.genesis.message - 1);
    p.genesis.output_script_n = (sizeof script_hex - 1) / 2;
    assert_true(yc_hex_read(p.genesis.output_script, p.genesis.output_script_n, script_hex, sizeof script_hex - 1));
    return p;
}

static void set_hash(struct yc_chain_params *p, const char *hex)
{
    assert_true(yc_hex_read_reversed(p->genesis.hash.b, 32, hex, 64));
}

/* The writer is right when it writes Bitcoin's own. */
static void genesis_blocks_of_bitcoin(void **state)
{
    (void)state;
    static const struct {
        uint32_t time, bits, nonce;
        const char *hash;
    } cases[] = {
        {1231006505, 0x1d00ffff, 2083236893, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"},
        {1296688602, 0x1d00ffff, 414098458, "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"},
        {1296688602, 0x207fffff, 2, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"},
        {1598918400, 0x1e0377ae, 52613770, "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_chain_params p = bitcoin(cases[i].time, cases[i].bits, cases[i].nonce);
        set_hash(&p, cases[i].hash);
        expect_genesis(&p, cases[i].hash);
    }
}

/* A message of 76 bytes takes PUSHDATA1. */
static void genesis_block_of_testnet4(void **state)
{
    (void)state;
    static const char message[] = "03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e";
    struct yc_chain_params p = bitcoin(1714777860, 0x1d00ffff, 393743547);
    assert_int_equal(sizeof message - 1, 76);
    memcpy(p.genesis.message, message, sizeof message);
    memset(p.genesis.output_script, 0, sizeof p.genesis.output_script);
    p.genesis.output_script[0] = 33;
    p.genesis.output_script[34] = 0xac;
    p.genesis.output_script_n = 35;
    set_hash(&p, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043");
    expect_genesis(&p, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043");
}

static void genesis_that_does_not_fit(void **state)
{
    (void)state;
    const struct yc_chain_params *p = yc_chain_builtin("main");
    uint8_t raw[1024];
    size_t n = yc_genesis_write(p, raw, sizeof raw);
    assert_int_equal(yc_genesis_write(p, raw, n), n);
    for (size_t cap = 0; cap < n; cap++)
        assert_int_equal(yc_genesis_write(p, raw, cap), 0);
}

static void mining_finds_what_is_there(void **state)
{
    (void)state;
    struct yc_chain_params p = *yc_chain_builtin("main");
    uint64_t tried;
    p.genesis.mined = false;
    memset(&p.genesis.hash, 0, sizeof p.genesis.hash);
    p.genesis.nonce -= 700;
    assert_false(yc_genesis_mine(&p, 100, &tried));
    assert_int_equal(tried, 100);
    assert_false(p.genesis.mined);
    assert_true(yc_genesis_mine(&p, 10000, &tried));
    assert_int_equal(tried, 601);
    assert_true(p.genesis.mined);
    assert_int_equal(p.genesis.nonce, yc_chain_builtin("main")->genesis.nonce);
    assert_memory_equal(&p.genesis.hash, &yc_chain_builtin("main")->genesis.hash, 32);
    /* The search ends at the last nonce. */
    p.genesis.nonce = UINT32_MAX - 2;
    assert_false(yc_genesis_mine(&p, UINT64_MAX, &tried));
    assert_int_equal(tried, 3);
}

/* C41 */
static void subsidy_ends_for_good(void **state)
{
    (void)state;
    const struct yc_chain_params *p = yc_chain_builtin("main");
    assert_int_equal(yc_subsidy_sat(p, 1), 50 * YC_COIN);
    assert_int_equal(yc_subsidy_sat(p, 209999), 50 * YC_COIN);
    assert_int_equal(yc_subsidy_sat(p, 210000), 25 * YC_COIN);
    assert_int_equal(yc_subsidy_sat(p, 210000 * 32), 1);
    assert_int_equal(yc_subsidy_sat(p, 210000 * 33 - 1), 1);
    assert_int_equal(yc_subsidy_sat(p, 210000 * 33), 0);
    for (uint32_t halvings = 63; halvings <= 66; halvings++)
        assert_int_equal(yc_subsidy_sat(p, 210000 * halvings), 0);
    assert_int_equal(yc_subsidy_sat(p, INT32_MAX), 0);
    assert_int_equal(yc_subsidy_sat(p, UINT32_MAX), 0);
    struct yc_chain_params fast = *yc_chain_builtin("regtest");
    fast.subsidy_initial_sat = INT64_MAX;
    assert_int_equal(yc_subsidy_sat(&fast, 150 * 62), 1);
    assert_int_equal(yc_subsidy_sat(&fast, 150 * 63), 0);
    assert_int_equal(yc_subsidy_sat(&fast, 150 * 64), 0);
    assert_int_equal(yc_subsidy_sat(&fast, 150 * 65), 0);
}

static void whole_subsidy_stays_below_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(yc_subsidy_total_ok(yc_chain_builtin(names[i])));
    struct yc_chain_params p = *yc_chain_builtin("main");
    int64_t sum_sat = 0;
    for (uint32_t h = 0; h < 64; h++)
        sum_sat += 210000 * yc_subsidy_sat(&p, h * 210000);
    assert_int_equal(sum_sat, INT64_C(2099999997690000));
    p.subsidy_initial_sat++;
    assert_true(yc_subsidy_total_ok(&p));
    p.subsidy_initial_sat = 51 * YC_COIN;
    assert_false(yc_subsidy_total_ok(&p));
    p.subsidy_initial_sat = INT64_MAX;
    assert_false(yc_subsidy_total_ok(&p));
    p.subsidy_initial_sat = -1;
    assert_false(yc_subsidy_total_ok(&p));
    p.subsidy_initial_sat = 1;
    p.subsidy_halving_interval = 0;
    assert_false(yc_subsidy_total_ok(&p));
}

/* What each built-in chain owes to the design: all rules from block 1, and nothing of Bitcoin's that could be mixed up. */
static void builtin_chains(void **state)
{
    (void)state;
    static const uint8_t bitcoin_versions[] = {0, 5, 128, 111, 196, 239};
    static const uint32_t bitcoin_keys[] = {0x0488b21e, 0x0488ade4, 0x043587cf, 0x04358394};
    for (size_t i = 0; i < 3; i++) {
        const struct yc_chain_params *p = yc_chain_builtin(names[i]);
        assert_string_equal(p->name, names[i]);
        const uint32_t heights[] = {p->rules.bip16, p->rules.bip34,  p->rules.bip65,   p->rules.bip66,
                                    p->rules.csv,   p->rules.segwit, p->rules.taproot, p->rules.bip54};
        for (size_t k = 0; k < 8; k++)
            assert_int_equal(heights[k], 1);
        assert_int_equal(yc_compact_from_target(p->pow.limit), p->genesis.bits);
        assert_true(p->pow.retarget != YC_RETARGET_ASERT || p->pow.min_difficulty_after_s == 0);
        const uint8_t versions[] = {p->p2pkh_version, p->p2sh_version, p->wif_version};
        for (size_t k = 0; k < 3; k++) {
            for (size_t m = 0; m < sizeof bitcoin_versions; m++)
                assert_int_not_equal(versions[k], bitcoin_versions[m]);
        }
        for (size_t m = 0; m < 4; m++)
            assert_true(p->xpub_version != bitcoin_keys[m] && p->xprv_version != bitcoin_keys[m]);
    }
    assert_null(yc_chain_builtin("mainnet"));
    assert_null(yc_chain_builtin(""));
}

/* What the nodes of each network agree on. A change here makes another network. */
static void networks_are_as_they_were_published(void **state)
{
    (void)state;
    static const struct {
        uint8_t magic[4];
        uint16_t port, rpc_port;
        const char *hrp, *dir;
        uint8_t p2pkh, p2sh, wif;
        uint32_t xpub, xprv, bip44, window, half_life_s, halving, prune_after, genesis_time;
        enum yc_retarget retarget;
        bool test_chain;
    } rows[] = {
        {{0xe3, 0xc1, 0xd9, 0xf4},
         17333,
         17332,
         "yc",
         "",
         78,
         28,
         206,
         0x0499280f,
         0x049927fa,
         17333,
         2016,
         172800,
         210000,
         100000,
         1795176002,
         YC_RETARGET_ASERT,
         false},
        {{0xe4, 0xc2, 0xda, 0xf5},
         27333,
         27332,
         "tyc",
         "test",
         140,
         87,
         251,
         0x049ee45b,
         0x049ee446,
         1,
         2016,
         3600,
         210000,
         1000,
         1795176000,
         YC_RETARGET_ASERT,
         true},
        {{0xe5, 0xc3, 0xdb, 0xf6},
         37444,
         37443,
         "ycrt",
         "regtest",
         122,
         112,
         233,
         0x049e2cd2,
         0x049e2cbd,
         1,
         144,
         0,
         150,
         1000,
         1795176000,
         YC_RETARGET_NONE,
         true},
    };
    static const char *const limits[] = {"00000000ffff0000000000000000000000000000000000000000000000000000",
                                         "0000000fffff0000000000000000000000000000000000000000000000000000",
                                         "7fffff0000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < 3; i++) {
        const struct yc_chain_params *p = yc_chain_builtin(names[i]);
        uint8_t limit[32];
        char text[65];
        yc_u256_to_be(limit, p->pow.limit);
        yc_hex_write(text, limit, 32);
        assert_string_equal(text, limits[i]);
        assert_memory_equal(p->magic, rows[i].magic, 4);
        assert_true(p->port == rows[i].port && p->rpc_port == rows[i].rpc_port);
        assert_string_equal(p->hrp, rows[i].hrp);
        assert_string_equal(p->dir, rows[i].dir);
        assert_true(p->p2pkh_version == rows[i].p2pkh && p->p2sh_version == rows[i].p2sh &&
                    p->wif_version == rows[i].wif);
        assert_true(p->xpub_version == rows[i].xpub && p->xprv_version == rows[i].xprv &&
                    p->bip44_coin == rows[i].bip44);
        assert_true(p->pow.spacing_s == 600 && p->pow.window == rows[i].window &&
                    p->pow.half_life_s == rows[i].half_life_s);
        assert_true(p->pow.retarget == rows[i].retarget && !p->pow.bip94 && p->pow.min_difficulty_after_s == 0);
        assert_true(p->subsidy_initial_sat == 5000000000 && p->subsidy_halving_interval == rows[i].halving);
        assert_true(p->prune_after_height == rows[i].prune_after && p->test_chain == rows[i].test_chain);
        assert_true(p->genesis.time == rows[i].genesis_time && p->genesis.mined && p->genesis.version == 1);
        assert_string_equal(p->genesis.message,
                            "20 Nov 2026: this chain begins without a coin, and each is yet to be mined");
        assert_true(p->genesis.message_bits == 0x1d00ffff && p->genesis.value_sat == 0);
        assert_true(p->flag_exception_count + p->bip30_repeat_count + p->bip30_overwritten_count == 0);
        assert_true(p->signet_challenge_n == 0 && p->assumeutxo_count == 0);
    }
}

static void genesis_that_cannot_be_mined(void **state)
{
    (void)state;
    struct yc_chain_params p = *yc_chain_builtin("regtest");
    uint64_t tried = 9;
    p.genesis.bits = 0x1d80ffff; /* no target */
    assert_false(yc_genesis_mine(&p, 1000, &tried));
    assert_int_equal(tried, 0);
    p = *yc_chain_builtin("regtest");
    p.genesis.output_script_n = sizeof p.genesis.output_script;
    assert_false(yc_genesis_mine(&p, 0, &tried));
    assert_int_equal(tried, 0);
    memset(&p.genesis.hash, 0xff, sizeof p.genesis.hash);
    assert_true(yc_genesis_mine(&p, 1000, NULL));
    uint8_t raw[1024];
    struct yc_header h;
    assert_true(yc_genesis_write(&p, raw, sizeof raw) > 0);
    yc_header_read(&h, raw);
    struct yc_block_hash hash = yc_header_hash(&h);
    assert_memory_equal(&p.genesis.hash, &hash, 32);
    /* The widest push of bits: five bytes and its length. */
    p.genesis.message_bits = 0xff000000;
    assert_true(yc_genesis_write(&p, raw, sizeof raw) > 0);
    assert_memory_equal(raw + 80 + 1 + 4 + 1 + 36 + 1, "\x05\x00\x00\x00\xff\x00\x01\x04", 8);
}

/* A subsidy that is never halved. */
static void subsidy_without_halvings(void **state)
{
    (void)state;
    struct yc_chain_params p = *yc_chain_builtin("regtest");
    p.subsidy_halving_interval = 0;
    assert_int_equal(yc_subsidy_sat(&p, UINT32_MAX), 50 * YC_COIN);
    p.subsidy_initial_sat = 0;
    assert_true(yc_subsidy_total_ok(&p));
    p.subsidy_halving_interval = 150;
    assert_true(yc_subsidy_total_ok(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_genesis_blocks),
        cmocka_unit_test(genesis_is_a_block_that_pays_nobody),
        cmocka_unit_test(genesis_blocks_of_bitcoin),
        cmocka_unit_test(genesis_block_of_testnet4),
        cmocka_unit_test(genesis_that_does_not_fit),
        cmocka_unit_test(mining_finds_what_is_there),
        cmocka_unit_test(subsidy_ends_for_good),
        cmocka_unit_test(whole_subsidy_stays_below_the_limit),
        cmocka_unit_test(builtin_chains),
        cmocka_unit_test(networks_are_as_they_were_published),
        cmocka_unit_test(genesis_that_cannot_be_mined),
        cmocka_unit_test(subsidy_without_halvings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
