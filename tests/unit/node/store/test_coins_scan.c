/* Totals and hash of the whole set of coins, against numbers that Bitcoin Core 31 gave for the same coins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "node/store/coins.h"
#include "node/store/coins_scan.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "sys/heap.h"

/* The coinbase outputs of a regtest chain of 12 blocks, one for each kind of script; gettxoutsetinfo said what is checked
 * below. */
static const struct {
    const char *txid;
    uint32_t height;
    const char *script;
} coins[] = {
    {"3ae6d983083923fbf9e94784b9d2039293830b88646bf5c4b3ea9294b4ced2c6", 1,
     "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac"},
    {"5ef567a93e3a98b08e9916f21100356184d3b1edee9b5630dd94e63d6fece13f", 2,
     "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
    {"da3fcadd35842d58051380885357fd4a234a6eb27670c1e98f23cfe421f1a52d", 3,
     "a914bcfeb728b584253d5f3f70bcb780e9ef218a68f487"},
    {"46c00a89e4e437954c052a7b9271106c550386b29f40f870f8bead0306b14484", 4,
     "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"},
    {"6c5e63031d96aa3ea808797924beb95e5cdb6661243ba98bb2a2a59421f006ee", 5,
     "5120da4710964f7852695de2da025290e24af6d8c281de5a0b902b7135fd9fd74d21"},
    {"802e15529a6fe2272f0f6ae34fb129e1e463573ffe984f61ff41807810569cd0", 6,
     "210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798ac"},
    {"4030c5c65222ccb5605ef0ea9394dd51f9b5d557c2fd84a77c42bf3315a0d675", 7,
     "2103fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556ac"},
    {"1c52121298278ff0c7db854396b8fec8fba7b2fec7c490625d3537ecb0a85d4a", 8,
     "410479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
     "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8ac"},
    {"5256c15c16e970f015f9f06b4e5cc114e458acf55106dcb647c5a2369ee3fcb8", 9, "51"},
    {"9200df46b455f21a532201f54781a5414552f3ca01c63c3b5405931c31ca9d50", 10, "51024e73"},
    {"b23e465a9a4571701d022ead4b84884a1b4fc1a1bd3bcd9e59347ce67867d47a", 11,
     "51210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
     "2103fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a146029755652ae"},
    {"30208899fb8263eb6ab19a54f7b8c4a2470da79d6717d31152ff818b760cfc2e", 12, NULL /* 300 times 51 */},
};
#define COUNT (sizeof coins / sizeof coins[0])

static const char best_text[] = "75b925eb01ad6072228875968a8e1448874af1abc805e29e108451140c368563";

struct rig {
    struct yc_kv_memory *memory;
    const struct yc_kv *kv;
    struct yc_coins_cache *cache;
    struct yc_arena arena;
    struct yc_error err;
};

static void add(struct rig *r, const struct yc_outpoint *at, struct yc_coin coin)
{
    const struct yc_coins *view = yc_coins_view(r->cache);
    assert_int_equal(view->add(view->ctx, at, &coin), YC_VALID);
}

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    assert_int_equal(yc_kv_memory_new(&r->memory, yc_heap(), "chainstate", &r->err), YC_VALID);
    r->kv = yc_kv_memory_kv(r->memory);
    yc_arena_init(&r->arena, yc_heap(), 65536, SIZE_MAX);
    struct yc_coins_options o = {.alloc = yc_heap(), .kv = r->kv, .seed = {3, 4}};
    assert_int_equal(yc_coins_open(&r->cache, &o, &r->err), YC_VALID);
    yc_coins_block_begin(r->cache, &r->arena);
}

static void rig_flush(struct rig *r)
{
    struct yc_block_hash best;
    assert_true(yc_hex_read_reversed(best.b, 32, best_text, 64));
    yc_coins_block_commit(r->cache, &best);
    assert_int_equal(yc_coins_flush(r->cache, true, &r->err), YC_VALID);
}

static void rig_release(struct rig *r)
{
    yc_coins_close(r->cache);
    yc_arena_release(&r->arena);
    yc_kv_memory_free(r->memory);
}

static enum yc_verdict totals(struct rig *r, struct yc_coins_totals *t)
{
    struct yc_coins_scan scan;
    enum yc_verdict v = yc_coins_scan_open(&scan, r->kv, &r->err);
    if (v != YC_VALID)
        return v;
    v = yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, NULL, NULL, t, &r->err);
    yc_coins_scan_close(&scan);
    return v;
}

static void test_core_vector(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coins_totals t;
    rig_init(&r);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t script[512];
        size_t n = coins[i].script ? strlen(coins[i].script) / 2 : 300;
        struct yc_outpoint at = {.index = 0};
        memset(script, 0x51, sizeof script);
        if (coins[i].script)
            assert_true(yc_hex_read(script, n, coins[i].script, 2 * n));
        assert_true(yc_hex_read_reversed(at.txid.b, 32, coins[i].txid, 64));
        add(&r, &at, (struct yc_coin){50 * YC_COIN, coins[i].height, true, yc_view(script, n)});
    }
    rig_flush(&r);
    assert_int_equal(totals(&r, &t), YC_VALID);
    char text[65];
    yc_hex_write_reversed(text, t.hash32, 32);
    assert_string_equal(text, "281cadf996d83ad12bec1a7d4be98cef33851a96514932d73b058a0f26a164c1");
    yc_hex_write_reversed(text, t.best.b, 32);
    assert_string_equal(text, best_text);
    assert_int_equal(t.txouts, 12);
    assert_int_equal(t.transactions, 12);
    assert_int_equal(t.bogosize, 1251);
    assert_int_equal(t.total_sat, 600 * YC_COIN);
    rig_release(&r);
}

/* Outputs of one transaction come in the order of their index, whatever the length of its encoding. */
static void test_order_of_indexes(void **state)
{
    (void)state;
    static const uint32_t index[] = {70000, 0, 65536, 252, 253, 65535, 256, 1, 255, 254};
    static const uint32_t sorted[] = {0, 1, 252, 253, 254, 255, 256, 65535, 65536, 70000};
    struct rig r;
    struct yc_coins_scan scan;
    struct yc_outpoint at = {{{5}}, 0};
    struct yc_coin_short coin;
    rig_init(&r);
    for (size_t i = 0; i < 10; i++) {
        at.index = index[i];
        add(&r, &at, (struct yc_coin){(int64_t)index[i], 1, false, YC_VIEW_EMPTY});
    }
    rig_flush(&r);
    assert_int_equal(yc_coins_scan_open(&scan, r.kv, &r.err), YC_VALID);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(yc_coins_scan_next(&scan, &at, &coin, &r.err), YC_VALID);
        assert_int_equal(at.index, sorted[i]);
        assert_int_equal(coin.value_sat, sorted[i]);
    }
    assert_int_equal(yc_coins_scan_next(&scan, &at, &coin, &r.err), YC_NOT_YET);
    yc_coins_scan_close(&scan);
    struct yc_coins_totals t;
    assert_int_equal(totals(&r, &t), YC_VALID);
    assert_int_equal(t.transactions, 1);
    rig_release(&r);
}

static bool stop(void *ctx)
{
    ++*(unsigned *)ctx;
    return false;
}

/* A scan goes on beside later flushes, and can be called off. */
static void test_scan_is_a_snapshot(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coins_scan scan;
    struct yc_coins_totals t;
    struct yc_outpoint at = {{{5}}, 0};
    unsigned asked = 0;
    rig_init(&r);
    for (at.index = 0; at.index < 5000; at.index++)
        add(&r, &at, (struct yc_coin){1, 1, false, YC_VIEW_EMPTY});
    rig_flush(&r);
    assert_int_equal(yc_coins_scan_open(&scan, r.kv, &r.err), YC_VALID);
    yc_coins_block_begin(r.cache, &r.arena);
    add(&r, &at, (struct yc_coin){1, 1, false, YC_VIEW_EMPTY});
    rig_flush(&r);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_NONE, NULL, NULL, &t, &r.err), YC_VALID);
    assert_int_equal(t.txouts, 5000);
    yc_coins_scan_close(&scan);
    assert_int_equal(totals(&r, &t), YC_VALID);
    assert_int_equal(t.txouts, 5001);
    assert_int_equal(yc_coins_scan_open(&scan, r.kv, &r.err), YC_VALID);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, stop, &asked, &t, &r.err), YC_NOT_YET);
    assert_int_equal(asked, 1);
    yc_coins_scan_close(&scan);
    rig_release(&r);
}

/* Catalogue S21: a sum that cannot be is corruption, not a wrong number. */
static void test_impossible_sum(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coins_totals t;
    struct yc_outpoint at = {{{5}}, 0};
    rig_init(&r);
    for (at.index = 0; at.index < 2; at.index++)
        add(&r, &at, (struct yc_coin){YC_MONEY_MAX, 1, false, YC_VIEW_EMPTY});
    rig_flush(&r);
    assert_int_equal(totals(&r, &t), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    rig_release(&r);
}

/* S04: no failure of a read gives totals of fewer coins. */
static void test_read_faults(void **state)
{
    (void)state;
    struct rig r;
    struct yc_outpoint at = {{{5}}, 0};
    rig_init(&r);
    struct yc_coins_totals t;
    assert_int_equal(totals(&r, &t), YC_SYSTEM); /* no state yet */
    for (at.index = 0; at.index < 20; at.index++)
        add(&r, &at, (struct yc_coin){1, 1, false, YC_VIEW_EMPTY});
    rig_flush(&r);
    struct yc_kv_fault fault;
    yc_kv_fault_init(&fault, r.kv);
    r.kv = &fault.kv;
    enum yc_verdict v = YC_SYSTEM;
    unsigned failures = 0;
    for (fault.fail_at = 1; v == YC_SYSTEM; fault.fail_at++) {
        fault.count = fault.failed = 0;
        v = totals(&r, &t);
        failures += fault.failed;
        assert_int_equal(v, fault.failed ? YC_SYSTEM : YC_VALID);
    }
    assert_int_equal(t.txouts, 20);
    assert_true(failures > 20);
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_vector),        cmocka_unit_test(test_order_of_indexes),
        cmocka_unit_test(test_scan_is_a_snapshot), cmocka_unit_test(test_impossible_sum),
        cmocka_unit_test(test_read_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
