/* The block index: records as they were put, in order, and refused when they are not what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "node/store/block_index.h"
#include "node/store/coins.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "node/store/schema.h"
#include "sys/heap.h"

static const struct yc_block_hash genesis = {{7, 8}};

struct rig {
    struct yc_kv_memory *memory;
    const struct yc_kv *kv;
    struct yc_block_index index;
    struct yc_error err;
};

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    assert_int_equal(yc_kv_memory_new(&r->memory, yc_heap(), "blocks/index", &r->err), YC_VALID);
    r->kv = yc_kv_memory_kv(r->memory);
    assert_int_equal(yc_block_index_open(&r->index, yc_heap(), r->kv, &genesis, &r->err), YC_VALID);
}

static struct yc_block_record make_record(struct yc_random *random, uint32_t height)
{
    struct yc_block_record b;
    memset(&b, 0, sizeof b);
    yc_random_fill(random, &b.header, sizeof b.header);
    b.hash = yc_header_hash(&b.header);
    b.height = height;
    b.status = (uint32_t)yc_random_u64(random);
    b.script_flags = (uint32_t)yc_random_u64(random);
    b.tx_count = (uint32_t)yc_random_u64(random);
    b.chain_tx_count = yc_random_u64(random);
    b.sequence = yc_random_u64(random);
    b.block = (struct yc_file_pos){(uint32_t)yc_random_u64(random), (uint32_t)yc_random_u64(random), 5};
    b.undo = (struct yc_file_pos){(uint32_t)yc_random_u64(random), (uint32_t)yc_random_u64(random), 6};
    b.block_checksum = yc_random_u64(random);
    b.undo_checksum = yc_random_u64(random);
    return b;
}

static void same_record(const struct yc_block_record *a, const struct yc_block_record *b)
{
    assert_memory_equal(&a->hash, &b->hash, 32);
    assert_memory_equal(&a->header, &b->header, sizeof a->header);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->script_flags, b->script_flags);
    assert_int_equal(a->tx_count, b->tx_count);
    assert_true(a->chain_tx_count == b->chain_tx_count && a->sequence == b->sequence);
    assert_memory_equal(&a->block, &b->block, sizeof a->block);
    assert_memory_equal(&a->undo, &b->undo, sizeof a->undo);
    assert_true(a->block_checksum == b->block_checksum && a->undo_checksum == b->undo_checksum);
}

struct seen {
    const struct yc_block_record *record;
    size_t count, found;
    uint32_t height;
};

static enum yc_verdict see(void *ctx, const struct yc_block_record *record)
{
    struct seen *s = (struct seen *)ctx;
    assert_true(record->height >= s->height);
    s->height = record->height;
    for (size_t i = 0; i < s->count; i++)
        if (yc_block_hash_equal(&s->record[i].hash, &record->hash)) {
            same_record(&s->record[i], record);
            s->found++;
        }
    return YC_VALID;
}

/* Heights whose order as bytes differs from their order as numbers when written carelessly. */
static void test_round_trip_in_order(void **state)
{
    (void)state;
    struct rig r;
    struct yc_random random;
    struct yc_random_seeded seeded;
    static const uint32_t heights[] = {300, 0, 255, 256, 1, 65536, 65535, 300, 2, 16777216};
    struct yc_block_record records[10], one;
    yc_random_seed(&random, &seeded, 1);
    rig_init(&r);
    for (size_t i = 0; i < 10; i++)
        records[i] = make_record(&random, heights[i]);
    assert_int_equal(yc_block_index_put(&r.index, records, 10, true, &r.err), YC_VALID);
    records[3].status ^= 5; /* overwritten */
    assert_int_equal(yc_block_index_put(&r.index, &records[3], 1, true, &r.err), YC_VALID);
    assert_int_equal(yc_block_index_set_flag(&r.index, "reindex", true, &r.err), YC_VALID);
    assert_int_equal(yc_kv_memory_power_cut(r.memory, NULL, &r.err), YC_VALID);
    assert_int_equal(yc_block_index_open(&r.index, yc_heap(), r.kv, &genesis, &r.err), YC_VALID);
    struct seen seen = {records, 10, 0, 0};
    assert_int_equal(yc_block_index_load(&r.index, see, &seen, &r.err), YC_VALID);
    assert_int_equal(seen.found, 10);
    assert_int_equal(yc_block_index_get(&r.index, 300, &records[7].hash, &one, &r.err), YC_VALID);
    same_record(&one, &records[7]);
    assert_int_equal(yc_block_index_get(&r.index, 301, &records[7].hash, &one, &r.err), YC_NOT_YET);
    bool on = false;
    assert_int_equal(yc_block_index_flag(&r.index, "reindex", &on, &r.err), YC_VALID);
    assert_true(on);
    assert_int_equal(yc_block_index_set_flag(&r.index, "reindex", false, &r.err), YC_VALID);
    assert_int_equal(yc_block_index_flag(&r.index, "reindex", &on, &r.err), YC_VALID);
    assert_false(on);
    yc_kv_memory_free(r.memory);
}

struct remaining {
    const struct yc_block_record *record;
    size_t at;
};

static enum yc_verdict expect_every_third(void *ctx, const struct yc_block_record *b)
{
    struct remaining *left = ctx;
    same_record(b, &left->record[left->at]);
    left->at += 3;
    return YC_VALID;
}

static void test_removed_records_are_gone_after_a_power_cut(void **state)
{
    enum { COUNT = 60 };
    static struct yc_block_record b[COUNT];
    static struct yc_block_key gone[COUNT];
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct rig r;
    struct remaining left = {b, 0};
    size_t n = 0;
    (void)state;
    rig_init(&r);
    yc_random_seed(&random, &seeded, 9);
    for (uint32_t i = 0; i < COUNT; i++) {
        b[i] = make_record(&random, i);
        if (i % 3)
            gone[n++] = (struct yc_block_key){i, b[i].hash};
    }
    assert_int_equal(yc_block_index_put(&r.index, b, COUNT, true, &r.err), YC_VALID);
    assert_int_equal(yc_block_index_remove(&r.index, gone, n, &r.err), YC_VALID);
    assert_int_equal(yc_kv_memory_power_cut(r.memory, NULL, &r.err), YC_VALID);
    assert_int_equal(yc_block_index_load(&r.index, expect_every_third, &left, &r.err), YC_VALID);
    assert_int_equal(left.at, COUNT);
    yc_kv_memory_free(r.memory);
}

static void overwrite(struct rig *r, struct yc_view key, struct yc_view value)
{
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, yc_heap(), 1000);
    yc_kv_batch_put(&batch, key, value);
    assert_int_equal(r->kv->write(r->kv->ctx, &batch, true, &r->err), YC_VALID);
    yc_kv_batch_release(&batch);
}

/* A record that is cut, or whose header is another's, is corruption that names the block. */
static void test_damaged_records(void **state)
{
    (void)state;
    struct rig r;
    struct yc_random random;
    struct yc_random_seeded seeded;
    uint8_t key[37] = {'b', 0, 0, 1, 0};
    struct yc_buf value;
    yc_random_seed(&random, &seeded, 2);
    rig_init(&r);
    struct yc_block_record b = make_record(&random, 256);
    struct seen seen = {&b, 1, 0, 0};
    assert_int_equal(yc_block_index_put(&r.index, &b, 1, true, &r.err), YC_VALID);
    memcpy(key + 5, b.hash.b, 32);
    yc_buf_init(&value, yc_heap(), 1000);
    assert_int_equal(r.kv->get(r.kv->ctx, yc_view(key, 37), &value, &r.err), YC_VALID);
    for (size_t n = 0; n < value.n; n += 10) {
        overwrite(&r, yc_view(key, 37), yc_view(value.p, n));
        assert_int_equal(yc_block_index_load(&r.index, see, &seen, &r.err), YC_SYSTEM);
        assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    }
    for (size_t i = 0; i < 81; i += 8) { /* version and header */
        value.p[i] ^= 1;
        overwrite(&r, yc_view(key, 37), yc_buf_view(&value));
        assert_int_equal(yc_block_index_load(&r.index, see, &seen, &r.err), YC_SYSTEM);
        assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(r.err.text, "-reindex"));
        value.p[i] ^= 1;
    }
    assert_int_equal(seen.found, 0);
    overwrite(&r, yc_view(key, 37), yc_buf_view(&value));
    overwrite(&r, yc_view("bx", 2), yc_buf_view(&value));
    assert_int_equal(yc_block_index_load(&r.index, see, &seen, &r.err), YC_SYSTEM);
    yc_buf_release(&value);
    yc_kv_memory_free(r.memory);
}

/* Catalogue S29: another chain, another kind of store, another version, somebody else's store: refused, nothing written. */
static void test_schema(void **state)
{
    (void)state;
    struct rig r;
    struct yc_block_index other;
    struct yc_block_hash strange = {{9}};
    rig_init(&r);
    assert_int_equal(yc_block_index_open(&other, yc_heap(), r.kv, &strange, &r.err), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(r.err.text, "genesis"));
    assert_non_null(strstr(r.err.text, "-datadir"));
    struct yc_coins_cache *cache;
    struct yc_coins_options o = {.alloc = yc_heap(), .kv = r.kv, .genesis = genesis};
    assert_int_equal(yc_coins_open(&cache, &o, &r.err), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    struct yc_schema newer = {"block index", YC_BLOCK_INDEX_VERSION + 1, genesis};
    assert_int_equal(yc_schema_check(r.kv, yc_heap(), &newer, &r.err), YC_SYSTEM);
    assert_non_null(strstr(r.err.text, "version"));
    assert_int_equal(yc_kv_memory_count(r.memory), 1);
    yc_kv_memory_free(r.memory);

    assert_int_equal(yc_kv_memory_new(&r.memory, yc_heap(), "blocks/index", &r.err), YC_VALID);
    r.kv = yc_kv_memory_kv(r.memory);
    overwrite(&r, yc_view("foreign", 7), yc_view("1", 1));
    assert_int_equal(yc_block_index_open(&other, yc_heap(), r.kv, &genesis, &r.err), YC_SYSTEM);
    assert_int_equal(yc_kv_memory_count(r.memory), 1);
    yc_kv_memory_free(r.memory);
}

/* S04: a read that fails ends the load with SYSTEM, never with fewer blocks. */
static void test_read_faults(void **state)
{
    (void)state;
    struct rig r;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_block_record records[5];
    struct yc_kv_fault fault;
    yc_random_seed(&random, &seeded, 3);
    rig_init(&r);
    for (uint32_t i = 0; i < 5; i++)
        records[i] = make_record(&random, i);
    assert_int_equal(yc_block_index_put(&r.index, records, 5, true, &r.err), YC_VALID);
    yc_kv_fault_init(&fault, r.kv);
    enum yc_verdict v = YC_SYSTEM;
    for (fault.fail_at = 1; v == YC_SYSTEM; fault.fail_at++) {
        struct seen seen = {records, 5, 0, 0};
        fault.count = fault.failed = 0;
        v = yc_block_index_open(&r.index, yc_heap(), &fault.kv, &genesis, &r.err);
        if (v == YC_VALID)
            v = yc_block_index_load(&r.index, see, &seen, &r.err);
        assert_int_equal(v, fault.failed ? YC_SYSTEM : YC_VALID);
        if (v == YC_VALID)
            assert_int_equal(seen.found, 5);
    }
    assert_true(fault.fail_at > 7);
    yc_kv_memory_free(r.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_in_order), cmocka_unit_test(test_removed_records_are_gone_after_a_power_cut),
        cmocka_unit_test(test_damaged_records),     cmocka_unit_test(test_schema),
        cmocka_unit_test(test_read_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
