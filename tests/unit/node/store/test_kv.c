/* The key-value stores beside a naive model, and LevelDB with its files damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_leveldb.h"
#include "node/store/kv_memory.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/heap_fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 512
#define KEYS           800

/* The model: the value of key number i is its first bytes; 0 of them: not there. */
struct model {
    uint8_t n[KEYS];
    uint8_t salt[KEYS];
};

static struct yc_view key_of(uint8_t out[8], unsigned i)
{
    /* Lengths differ, so that order is tested beyond equal lengths. */
    size_t n = (size_t)snprintf((char *)out, 8, "k%03u%s", i, i % 3 ? "" : "x");
    return yc_view(out, n);
}

static struct yc_view value_of(uint8_t out[256], const struct model *m, unsigned i)
{
    memset(out, m->salt[i], 256);
    return yc_view(out, m->n[i] - 1u);
}

static void random_batch(struct yc_kv_batch *b, struct model *m, struct yc_random *random)
{
    uint8_t key[8], value[256];
    yc_kv_batch_clear(b);
    /* Most are small; some change half of all keys, some remove many neighbours. */
    unsigned kind = (unsigned)yc_random_below(random, 30), first = (unsigned)yc_random_below(random, KEYS);
    for (size_t n = yc_random_below(random, kind < 2 ? KEYS / 2 : 20); n > 0; n--) {
        unsigned i = kind ? (unsigned)yc_random_below(random, KEYS) : (first + (unsigned)n) % KEYS;
        m->n[i] = (uint8_t)(kind && yc_random_below(random, 3) ? 1 + yc_random_below(random, 200) : 0);
        m->salt[i] = (uint8_t)yc_random_below(random, 256);
        if (m->n[i])
            yc_kv_batch_put(b, key_of(key, i), value_of(value, m, i));
        else
            yc_kv_batch_delete(b, key_of(key, i));
    }
}

static void check_get(const struct yc_kv *kv, const struct model *m)
{
    struct yc_buf got;
    struct yc_error err;
    uint8_t key[8], value[256];
    yc_buf_init(&got, yc_heap(), 1000);
    for (unsigned i = 0; i < KEYS; i++) {
        assert_int_equal(kv->get(kv->ctx, key_of(key, i), &got, &err), m->n[i] ? YC_VALID : YC_NOT_YET);
        if (m->n[i])
            assert_true(yc_view_equal(yc_buf_view(&got), value_of(value, m, i)));
    }
    yc_buf_release(&got);
}

/* The cursor gives exactly the model's entries from key number `from` on, in order. */
static void check_cursor(const struct yc_kv *kv, struct yc_kv_cursor *cursor, const struct model *m, unsigned from)
{
    struct yc_error err;
    struct yc_view k, v;
    uint8_t key[8], value[256];
    for (unsigned i = from; i < KEYS; i++) {
        if (!m->n[i])
            continue;
        assert_int_equal(kv->cursor_next(kv->ctx, cursor, &k, &v, &err), YC_VALID);
        assert_true(yc_view_equal(k, key_of(key, i)));
        assert_true(yc_view_equal(v, value_of(value, m, i)));
    }
    assert_int_equal(kv->cursor_next(kv->ctx, cursor, &k, &v, &err), YC_NOT_YET);
    assert_int_equal(kv->cursor_next(kv->ctx, cursor, &k, &v, &err), YC_NOT_YET);
    kv->cursor_close(kv->ctx, cursor);
}

static void run_model(const struct yc_kv *kv, struct model *m, uint64_t seed, unsigned steps)
{
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_kv_batch batch;
    struct yc_error err;
    yc_random_seed(&random, &seeded, seed);
    yc_kv_batch_init(&batch, yc_heap(), 1 << 20);
    for (unsigned step = 0; step < steps; step++) {
        struct model before = *m;
        struct yc_kv_cursor *cursor;
        uint8_t key[8];
        unsigned from = (unsigned)yc_random_below(&random, KEYS);
        assert_int_equal(kv->cursor_open(kv->ctx, &cursor, key_of(key, from), &err), YC_VALID);
        random_batch(&batch, m, &random);
        assert_int_equal(kv->write(kv->ctx, &batch, step % 8 == 0, &err), YC_VALID);
        check_cursor(kv, cursor, &before, from); /* a cursor is a snapshot */
        if (step % 10 == 0)
            check_get(kv, m);
    }
    yc_kv_batch_release(&batch);
}

static void test_memory_model(void **state)
{
    (void)state;
    struct yc_heap_fault heap;
    struct yc_kv_memory *memory;
    struct yc_error err;
    struct model m = {{0}, {0}};
    yc_heap_fault_init(&heap, 0, false);
    assert_int_equal(yc_kv_memory_new(&memory, &heap.alloc, "test", &err), YC_VALID);
    run_model(yc_kv_memory_kv(memory), &m, 1, 600);
    yc_kv_memory_free(memory);
    assert_int_equal(heap.used_bytes, 0);
}

/* Of two unsynced batches any may be lost, each as a whole; a synced one stays, before or behind them. */
static void test_memory_power_cut(void **state)
{
    (void)state;
    unsigned seen[4] = {0};
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct yc_kv_memory *memory;
        struct yc_error err;
        struct yc_kv_batch batch;
        struct yc_random random;
        struct yc_random_seeded seeded;
        struct yc_buf got;
        static const char *const names[] = {"a", "b", "c", "d"};
        yc_random_seed(&random, &seeded, seed);
        yc_buf_init(&got, yc_heap(), 10);
        yc_kv_batch_init(&batch, yc_heap(), 100);
        assert_int_equal(yc_kv_memory_new(&memory, yc_heap(), "test", &err), YC_VALID);
        const struct yc_kv *kv = yc_kv_memory_kv(memory);
        for (unsigned i = 0; i < 4; i++) {
            yc_kv_batch_clear(&batch);
            yc_kv_batch_put(&batch, yc_view_text(names[i]), yc_view("1", 1));
            yc_kv_batch_put(&batch, yc_view_text("last"), yc_view_text(names[i]));
            assert_int_equal(kv->write(kv->ctx, &batch, i == 0 || i == 3, &err), YC_VALID);
        }
        assert_int_equal(yc_kv_memory_power_cut(memory, seed ? &random : NULL, &err), YC_VALID);
        for (unsigned i = 0; i < 4; i++)
            seen[i] += kv->get(kv->ctx, yc_view_text(names[i]), &got, &err) == YC_VALID;
        assert_int_equal(kv->get(kv->ctx, yc_view_text("last"), &got, &err), YC_VALID);
        assert_true(yc_view_equal(yc_buf_view(&got), yc_view_text("d")));
        yc_buf_release(&got);
        yc_kv_batch_release(&batch);
        yc_kv_memory_free(memory);
    }
    assert_int_equal(seen[0], 40);
    assert_int_equal(seen[3], 40);
    assert_in_range(seen[1], 5, 35);
    assert_in_range(seen[2], 5, 35);
}

/* No memory: the batch did not happen. */
static void test_memory_is_short(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t fail_at = 1; failed; fail_at++) {
        struct yc_heap_fault heap;
        struct yc_kv_memory *memory;
        struct yc_kv_batch batch;
        struct yc_error err;
        yc_heap_fault_init(&heap, fail_at, false);
        enum yc_verdict v = yc_kv_memory_new(&memory, &heap.alloc, "test", &err);
        if (v == YC_VALID) {
            const struct yc_kv *kv = yc_kv_memory_kv(memory);
            yc_kv_batch_init(&batch, yc_heap(), 100);
            yc_kv_batch_put(&batch, yc_view_text("a"), yc_view("1", 1));
            yc_kv_batch_put(&batch, yc_view_text("b"), yc_view("2", 1));
            v = kv->write(kv->ctx, &batch, fail_at % 2, &err);
            assert_int_equal(yc_kv_memory_count(memory), v == YC_VALID ? 2 : 0);
            yc_kv_batch_release(&batch);
            yc_kv_memory_free(memory);
        }
        failed = heap.failed > 0;
        assert_int_equal(v, failed ? YC_SYSTEM : YC_VALID);
        assert_int_equal(heap.used_bytes, 0);
    }
}

/* A batch that found no memory is not written in part. */
static void test_overfull_batch_is_refused(void **state)
{
    (void)state;
    struct yc_kv_memory *memory;
    struct yc_kv_batch batch;
    struct yc_error err;
    assert_int_equal(yc_kv_memory_new(&memory, yc_heap(), "test", &err), YC_VALID);
    const struct yc_kv *kv = yc_kv_memory_kv(memory);
    yc_kv_batch_init(&batch, yc_heap(), 10);
    yc_kv_batch_put(&batch, yc_view_text("a"), yc_view("1", 1));
    yc_kv_batch_put(&batch, yc_view_text("abcdef"), yc_view("123456", 6));
    assert_int_equal(kv->write(kv->ctx, &batch, true, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    assert_int_equal(yc_kv_memory_count(memory), 0);
    yc_kv_batch_release(&batch);
    yc_kv_memory_free(memory);
}

static void test_fault(void **state)
{
    (void)state;
    struct yc_kv_memory *memory;
    struct yc_kv_fault fault;
    struct yc_kv_batch batch;
    struct yc_error err;
    assert_int_equal(yc_kv_memory_new(&memory, yc_heap(), "test", &err), YC_VALID);
    yc_kv_fault_init(&fault, yc_kv_memory_kv(memory));
    yc_kv_batch_init(&batch, yc_heap(), 100);
    yc_kv_batch_put(&batch, yc_view_text("a"), yc_view("1", 1));
    fault.fail_at = 2;
    fault.which = YC_SYSTEM_FULL;
    assert_int_equal(fault.kv.write(fault.kv.ctx, &batch, true, &err), YC_VALID);
    yc_kv_batch_put(&batch, yc_view_text("b"), yc_view("1", 1));
    assert_int_equal(fault.kv.write(fault.kv.ctx, &batch, true, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_FULL);
    assert_int_equal(yc_kv_memory_count(memory), 1);
    fault.fail_at = 3;
    fault.write_anyway = true;
    assert_int_equal(fault.kv.write(fault.kv.ctx, &batch, true, &err), YC_SYSTEM);
    assert_int_equal(yc_kv_memory_count(memory), 2);
    assert_int_equal(fault.failed, 2);
    yc_kv_batch_release(&batch);
    yc_kv_memory_free(memory);
}

/* ---- LevelDB ---- */

static void temp_dir(char out[PATH_MAX_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(out, PATH_MAX_BYTES, "%.400s/ycoin-kv-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(out));
}

/* A file of the store whose name begins and ends so; the first that is found. */
struct pick {
    const char *head, *tail;
    char name[128];
};

static enum yc_verdict pick_name(void *ctx, const char *name, bool is_dir)
{
    struct pick *p = (struct pick *)ctx;
    size_t n = strlen(name), tail = strlen(p->tail);
    if (!is_dir && !strncmp(name, p->head, strlen(p->head)) && n >= tail && !strcmp(name + n - tail, p->tail))
        snprintf(p->name, sizeof p->name, "%s", name);
    return YC_VALID;
}

static void file_of(char out[2 * PATH_MAX_BYTES], const char *dir, const char *head, const char *tail)
{
    struct pick p = {head, tail, ""};
    struct yc_error err;
    assert_int_equal(yc_fs_posix()->list(yc_fs_posix()->ctx, dir, pick_name, &p, &err), YC_VALID);
    assert_true(p.name[0]);
    snprintf(out, 2 * PATH_MAX_BYTES, "%s/%s", dir, p.name);
}

static enum yc_verdict open_store(struct yc_kv *kv, const char *dir, bool must_exist, struct yc_error *err)
{
    struct yc_kv_leveldb_options o = {.write_buffer_bytes = 64 * 1024, .must_exist = must_exist};
    return yc_kv_leveldb_open(kv, yc_heap(), yc_fs_posix(), dir, &o, err);
}

static void remove_store(const char *dir)
{
    struct yc_error err;
    assert_int_equal(yc_kv_leveldb_destroy(yc_fs_posix(), dir, &err), YC_VALID);
    (void)rmdir(dir);
}

/* A crash while a store is removed leaves the whole store or none under its name. */
static void test_leveldb_half_removed(void **state)
{
    (void)state;
    char dir[PATH_MAX_BYTES], sub[PATH_MAX_BYTES + 16], away[PATH_MAX_BYTES + 32], current[PATH_MAX_BYTES + 48];
    struct yc_error err;
    struct yc_kv kv;
    temp_dir(dir);
    snprintf(sub, sizeof sub, "%s/chainstate", dir);
    snprintf(away, sizeof away, "%s.removed", sub);
    snprintf(current, sizeof current, "%s/CURRENT", away);
    assert_int_equal(open_store(&kv, sub, false, &err), YC_VALID);
    kv.close(kv.ctx);
    assert_int_equal(rename(sub, away), 0);
    assert_int_equal(remove(current), 0); /* as far as the removal had got */
    assert_int_equal(open_store(&kv, sub, false, &err), YC_VALID);
    kv.close(kv.ctx);
    assert_int_not_equal(access(away, F_OK), 0);
    remove_store(sub);
    assert_int_not_equal(access(sub, F_OK), 0);
    assert_int_not_equal(access(away, F_OK), 0);
    (void)rmdir(dir);
}

/* The engine is held to the model that every store is held to: faults of its versions show here, and another one could take
 * its place (catalogue S11). */
static void test_leveldb_model(void **state)
{
    (void)state;
    char dir[PATH_MAX_BYTES], sub[PATH_MAX_BYTES + 16];
    struct yc_error err;
    struct model m = {{0}, {0}};
    temp_dir(dir);
    snprintf(sub, sizeof sub, "%s/chainstate", dir);
    for (uint64_t run = 0; run < 3; run++) {
        struct yc_kv kv;
        assert_int_equal(open_store(&kv, sub, run > 0, &err), YC_VALID);
        check_get(&kv, &m);
        uint64_t before = kv.written_bytes(kv.ctx);
        run_model(&kv, &m, run, 40);
        assert_true(kv.written_bytes(kv.ctx) > before);
        if (run == 1)
            kv.compact(kv.ctx);
        if (run == 2)
            assert_true(kv.approximate_bytes(kv.ctx, yc_view("a", 1), yc_view("z", 1)) > 0);
        check_get(&kv, &m);
        kv.close(kv.ctx);
    }
    remove_store(sub);
    (void)rmdir(dir);
}

/* What this process has handed to the system to write, in bytes. */
static uint64_t bytes_written(void)
{
    char line[128];
    unsigned long long n = 0;
    FILE *f = fopen("/proc/self/io", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) && sscanf(line, "wchar: %llu", &n) != 1) {
    }
    (void)fclose(f);
    return n;
}

/* Reads at random make LevelDB move tables that were looked into in vain: that ends, and does not rewrite the store hour by
 * hour (catalogue S10). */
static void test_leveldb_reads_do_not_rewrite_the_store_S10(void **state)
{
    enum { SPREAD_KEYS = 40000, READS_MAX = 400000 };
    char dir[PATH_MAX_BYTES], sub[PATH_MAX_BYTES + 16];
    static const uint8_t value[100] = {1};
    struct yc_error err;
    struct yc_kv kv;
    struct yc_buf got;
    struct yc_random random;
    struct yc_random_seeded seeded;
    (void)state;
    if (access("/proc/self/io", R_OK) != 0)
        skip();
    temp_dir(dir);
    snprintf(sub, sizeof sub, "%s/chainstate", dir);
    yc_random_seed(&random, &seeded, 3);
    struct yc_kv_leveldb_options o = {.write_buffer_bytes = 64 * 1024, .bloom_bits_per_key = 10};
    assert_int_equal(yc_kv_leveldb_open(&kv, yc_heap(), yc_fs_posix(), sub, &o, &err), YC_VALID);
    for (uint32_t i = 0; i < SPREAD_KEYS;) {
        struct yc_kv_batch batch;
        yc_kv_batch_init(&batch, yc_heap(), SIZE_MAX);
        for (uint32_t end = i + 1000; i < end; i++) {
            uint8_t key[8];
            yc_put32be(key, i * UINT32_C(2654435761)); /* spread, so that tables overlap */
            yc_put32be(key + 4, i);
            yc_kv_batch_put(&batch, yc_view(key, sizeof key), yc_view(value, sizeof value));
        }
        assert_int_equal(kv.write(kv.ctx, &batch, true, &err), YC_VALID);
        yc_kv_batch_release(&batch);
    }
    uint64_t before = bytes_written(), store = (uint64_t)SPREAD_KEYS * (8 + sizeof value);
    yc_buf_init(&got, yc_heap(), 4096);
    for (uint32_t n = 0; n < READS_MAX; n++) {
        uint8_t key[8];
        uint32_t i = (uint32_t)yc_random_below(&random, SPREAD_KEYS);
        yc_put32be(key, i * UINT32_C(2654435761));
        yc_put32be(key + 4, i);
        assert_int_equal(kv.get(kv.ctx, yc_view(key, sizeof key), &got, &err), YC_VALID);
    }
    yc_buf_release(&got);
    assert_true(bytes_written() - before <= 4 * store);
    kv.close(kv.ctx);
    remove_store(sub);
    (void)rmdir(dir);
}

static void test_leveldb_is_held_by_one(void **state)
{
    (void)state;
    char dir[PATH_MAX_BYTES];
    struct yc_error err;
    struct yc_kv a, b;
    temp_dir(dir);
    assert_int_equal(open_store(&a, dir, false, &err), YC_VALID);
    assert_int_equal(open_store(&b, dir, false, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_IO);
    assert_non_null(strstr(err.text, dir));
    assert_non_null(strstr(err.text, "second node"));
    a.close(a.ctx);
    remove_store(dir);
}

/* A store of many small tables, closed. */
static void make_store(const char *dir, unsigned keys)
{
    struct yc_kv kv;
    struct yc_error err;
    struct yc_kv_batch batch;
    uint8_t value[100] = {1};
    assert_int_equal(open_store(&kv, dir, false, &err), YC_VALID);
    yc_kv_batch_init(&batch, yc_heap(), 1 << 20);
    for (unsigned i = 0; i < keys; i++) {
        uint8_t key[4] = {(uint8_t)(i >> 8), (uint8_t)i, 0, 0};
        yc_kv_batch_clear(&batch);
        memset(value, (int)(i % 251), sizeof value);
        yc_kv_batch_put(&batch, yc_view(key, 4), yc_view(value, sizeof value));
        assert_int_equal(kv.write(kv.ctx, &batch, false, &err), YC_VALID);
    }
    kv.compact(kv.ctx);
    yc_kv_batch_release(&batch);
    kv.close(kv.ctx);
}

/* Catalogue S18: a missing file is named or at least refused, never replaced by an empty store. */
static void test_leveldb_missing_files(void **state)
{
    (void)state;
    static const char *const parts[][2] = {{"CURRENT", "CURRENT"}, {"MANIFEST-", ""}, {"", ".ldb"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char dir[PATH_MAX_BYTES], file[2 * PATH_MAX_BYTES];
        struct yc_kv kv;
        struct yc_error err;
        temp_dir(dir);
        make_store(dir, 3000);
        file_of(file, dir, parts[i][0], parts[i][1]);
        assert_int_equal(unlink(file), 0);
        assert_int_equal(open_store(&kv, dir, false, &err), YC_SYSTEM);
        assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(err.text, dir));
        assert_non_null(strstr(err.text, "-reindex"));
        remove_store(dir);
    }
    char dir[PATH_MAX_BYTES];
    struct yc_kv kv;
    struct yc_error err;
    temp_dir(dir);
    assert_int_equal(open_store(&kv, dir, true, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    assert_int_equal(rmdir(dir), 0);
}

/* Killed while it was made: LevelDB has written its first manifest, and CURRENT does not say yet that there is a store. */
static void test_leveldb_half_made(void **state)
{
    (void)state;
    static const char *const name[] = {"LOCK", "LOG", "MANIFEST-000001", "000001.dbtmp", "000003.log"};
    for (size_t count = 1; count <= 5; count++) {
        char dir[PATH_MAX_BYTES], file[2 * PATH_MAX_BYTES];
        struct yc_kv kv;
        struct yc_error err;
        temp_dir(dir);
        for (size_t i = 0; i < count; i++) {
            snprintf(file, sizeof file, "%s/%s", dir, name[i]);
            FILE *f = fopen(file, "w");
            assert_non_null(f);
            assert_true(fputs("MANIFEST-000001\n", f) >= 0);
            assert_int_equal(fclose(f), 0);
        }
        /* A log shows that it was in use: then CURRENT is lost. */
        enum yc_verdict v = open_store(&kv, dir, false, &err);
        assert_int_equal(v, count < 5 ? YC_VALID : YC_SYSTEM);
        if (v == YC_VALID)
            kv.close(kv.ctx);
        remove_store(dir);
    }
}

/* Every key is right or the store fails: no bit of a table can change an answer, or hide a key from a walk. */
static enum yc_verdict read_all(const char *dir, unsigned keys)
{
    struct yc_kv kv;
    struct yc_error err;
    struct yc_buf got;
    struct yc_kv_cursor *cursor;
    struct yc_view k, value;
    unsigned walked = 0;
    enum yc_verdict v = open_store(&kv, dir, true, &err), worst = v;
    if (v != YC_VALID)
        return v;
    yc_buf_init(&got, yc_heap(), 1000);
    for (unsigned i = 0; i < keys; i += 7) {
        uint8_t key[4] = {(uint8_t)(i >> 8), (uint8_t)i, 0, 0};
        v = kv.get(kv.ctx, yc_view(key, 4), &got, &err);
        assert_true(v == YC_SYSTEM || v == YC_VALID);
        if (v == YC_VALID)
            assert_true(got.n == 100 && got.p[0] == i % 251 && got.p[99] == i % 251);
        else
            worst = v;
    }
    assert_int_equal(kv.cursor_open(kv.ctx, &cursor, YC_VIEW_EMPTY, &err), YC_VALID);
    while ((v = kv.cursor_next(kv.ctx, cursor, &k, &value, &err)) == YC_VALID)
        walked++;
    kv.cursor_close(kv.ctx, cursor);
    if (v == YC_SYSTEM)
        worst = v;
    else
        assert_int_equal(walked, keys);
    yc_buf_release(&got);
    kv.close(kv.ctx);
    return worst;
}

/* S08: bits flipped in a table file. */
static void test_leveldb_flipped_bits(void **state)
{
    (void)state;
    char dir[PATH_MAX_BYTES], file[2 * PATH_MAX_BYTES];
    struct yc_random random;
    struct yc_random_seeded seeded;
    unsigned found = 0;
    yc_random_seed(&random, &seeded, 8);
    temp_dir(dir);
    make_store(dir, 1000);
    assert_int_equal(read_all(dir, 1000), YC_VALID);
    file_of(file, dir, "", ".ldb");
    for (unsigned i = 0; i < 60; i++) {
        FILE *f = fopen(file, "r+b");
        assert_non_null(f);
        assert_int_equal(fseek(f, 0, SEEK_END), 0);
        long at = (long)yc_random_below(&random, (uint64_t)ftell(f));
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        int byte = fgetc(f), flipped = byte ^ 1 << yc_random_below(&random, 8);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fputc(flipped, f), flipped);
        assert_int_equal(fclose(f), 0);
        found += read_all(dir, 1000) == YC_SYSTEM;
        f = fopen(file, "r+b");
        assert_non_null(f);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fputc(byte, f), byte);
        assert_int_equal(fclose(f), 0);
    }
    assert_int_equal(read_all(dir, 1000), YC_VALID);
    assert_true(found > 50);
    remove_store(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_model),
        cmocka_unit_test(test_memory_power_cut),
        cmocka_unit_test(test_memory_is_short),
        cmocka_unit_test(test_overfull_batch_is_refused),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_leveldb_half_removed),
        cmocka_unit_test(test_leveldb_model),
        cmocka_unit_test(test_leveldb_reads_do_not_rewrite_the_store_S10),
        cmocka_unit_test(test_leveldb_is_held_by_one),
        cmocka_unit_test(test_leveldb_missing_files),
        cmocka_unit_test(test_leveldb_half_made),
        cmocka_unit_test(test_leveldb_flipped_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
