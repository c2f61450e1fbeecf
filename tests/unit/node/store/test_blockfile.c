/* Block and undo files: what is appended is read back, what is not is not, and every fault is found or survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/bytes.h"
#include "node/store/blockfile.h"
#include "sys/fs_fault.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"
#include "sys/thread.h"

static const uint8_t magic[4] = {0xfa, 0xbf, 0xb5, 0xda};
static const struct yc_block_hash prev = {{3}};

#define FILE_MAX    4000
#define RECORDS_MAX 64

struct record {
    enum yc_blockfile_kind kind;
    struct yc_file_pos at;
    uint64_t checksum;
    uint8_t fill;
};

struct rig {
    struct yc_fs_memory *memory;
    struct yc_fs_fault fault;
    const struct yc_fs *fs;
    struct yc_blockfiles *files;
    struct record record[RECORDS_MAX]; /* the index */
    size_t count, durable;
    struct yc_error err;
};

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    assert_int_equal(yc_fs_memory_new(&r->memory, yc_heap(), 1 << 24, &r->err), YC_VALID);
    yc_fs_fault_init(&r->fault, yc_fs_memory_fs(r->memory));
    r->fs = &r->fault.fs;
}

static void rig_release(struct rig *r)
{
    yc_blockfiles_close(r->files);
    yc_fs_memory_free(r->memory);
}

static enum yc_verdict rig_open(struct rig *r)
{
    enum yc_verdict v = yc_blockfiles_open(&r->files, yc_heap(), r->fs, "/data/blocks", magic, FILE_MAX, &r->err);
    for (size_t i = 0; i < r->count && v == YC_VALID; i++)
        v = yc_blockfiles_know(r->files, r->record[i].kind, r->record[i].at, &r->err);
    return v == YC_VALID ? yc_blockfiles_start(r->files, &r->err) : v;
}

static void rig_close(struct rig *r)
{
    yc_blockfiles_close(r->files);
    r->files = NULL;
}

static uint8_t bytes[3000];

static enum yc_verdict append(struct rig *r, enum yc_blockfile_kind kind, size_t n)
{
    struct record *x = &r->record[r->count];
    x->kind = kind;
    x->fill = (uint8_t)(r->count * 7 + 1);
    memset(bytes, x->fill, n);
    struct yc_view v = yc_view(bytes, n);
    x->checksum = yc_blockfile_checksum(v);
    enum yc_verdict verdict = kind == YC_BLOCKFILE_BLOCK
                                  ? yc_blockfiles_append_block(r->files, v, &x->at, &r->err)
                                  : yc_blockfiles_append_undo(r->files, x[-1].at.file, &prev, v, &x->at, &r->err);
    r->count += verdict == YC_VALID;
    return verdict;
}

static enum yc_verdict read_record(struct rig *r, const struct record *x)
{
    uint8_t out[3000];
    enum yc_verdict v = yc_blockfiles_read(r->files, x->kind, x->at, x->checksum, out, &r->err);
    for (size_t i = 0; i < x->at.bytes && v == YC_VALID; i++)
        assert_int_equal(out[i], x->fill);
    return v;
}

static void check_all(struct rig *r)
{
    for (size_t i = 0; i < r->count; i++)
        assert_int_equal(read_record(r, &r->record[i]), YC_VALID);
}

/* Blocks of many sizes over several files, each with undo data, synced after the first and now and then. */
static enum yc_verdict workload(struct rig *r)
{
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; i < 12 && v == YC_VALID; i++) {
        v = append(r, YC_BLOCKFILE_BLOCK, 100 + i * 150);
        if (v == YC_VALID)
            v = append(r, YC_BLOCKFILE_UNDO, 10 + i * 40);
        if (v == YC_VALID && (i == 0 || i % 3 == 2)) {
            v = yc_blockfiles_sync(r->files, &r->err);
            if (v == YC_VALID)
                r->durable = r->count;
        }
    }
    return v;
}

static uint64_t size_of(struct rig *r, const char *path)
{
    struct yc_file *f;
    uint64_t n = 0;
    const struct yc_fs *fs = yc_fs_memory_fs(r->memory);
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_READ, &r->err), YC_VALID);
    assert_int_equal(fs->size(fs->ctx, f, &n, &r->err), YC_VALID);
    fs->close(fs->ctx, f);
    return n;
}

static void peek(struct rig *r, const char *path, uint64_t offset, uint8_t *out, size_t n)
{
    struct yc_file *f;
    size_t got = 0;
    const struct yc_fs *fs = yc_fs_memory_fs(r->memory);
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_READ, &r->err), YC_VALID);
    assert_int_equal(fs->pread(fs->ctx, f, out, n, offset, &got, &r->err), YC_VALID);
    assert_int_equal(got, n);
    fs->close(fs->ctx, f);
}

static void poke(struct rig *r, const char *path, uint64_t offset, const void *p, size_t n)
{
    struct yc_file *f;
    const struct yc_fs *fs = yc_fs_memory_fs(r->memory);
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_WRITE, &r->err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, p, n, offset, &r->err), YC_VALID);
    fs->close(fs->ctx, f);
}

static void test_append_read_reopen(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(workload(&r), YC_VALID);
    assert_true(yc_blockfiles_last(r.files) >= 2);
    check_all(&r);
    uint64_t used = yc_blockfiles_bytes(r.files);
    rig_close(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(yc_blockfiles_bytes(r.files), used);
    check_all(&r);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 500), YC_VALID);
    check_all(&r);
    rig_release(&r);
}

/* The framing is that of Bitcoin Core's files: magic, length, block; xor.dat says that nothing is obfuscated. */
/* ---- one writes, many read (catalogue S13; the TSan build says whether they race) ---- */

#define READERS 3

struct shared {
    struct rig r;
    atomic_size_t ready; /* records that may be read */
    atomic_bool over;
    atomic_uint wrong, reading; /* reads that went wrong; readers that have begun */
};

struct reader {
    struct shared *all;
    struct yc_thread thread;
    uint32_t seed;
    size_t reads;
};

static void read_while_it_is_written(void *arg)
{
    struct reader *me = arg;
    struct shared *all = me->all;
    struct yc_error err;
    uint8_t out[3000];
    while (!atomic_load(&all->over)) {
        size_t ready = atomic_load(&all->ready);
        if (ready == 0)
            continue;
        const struct record *x = &all->r.record[(me->seed = me->seed * 1664525 + 1013904223) % ready];
        enum yc_verdict v = yc_blockfiles_read(all->r.files, x->kind, x->at, x->checksum, out, &err);
        if (v != YC_VALID || out[0] != x->fill || out[x->at.bytes - 1] != x->fill)
            atomic_fetch_add(&all->wrong, 1);
        if (me->reads++ == 0)
            atomic_fetch_add(&all->reading, 1);
    }
}

static void test_one_writes_and_many_read_S13(void **state)
{
    (void)state;
    static struct shared all;
    static struct reader reader[READERS];
    rig_init(&all.r);
    assert_int_equal(rig_open(&all.r), YC_VALID);
    for (uint32_t i = 0; i < READERS; i++) {
        reader[i] = (struct reader){.all = &all, .seed = i};
        assert_int_equal(yc_thread_start(&reader[i].thread, "reader", read_while_it_is_written, &reader[i], &all.r.err),
                         YC_VALID);
    }
    for (size_t i = 0; all.r.count < RECORDS_MAX; i++) {
        assert_int_equal(append(&all.r, i % 2 ? YC_BLOCKFILE_UNDO : YC_BLOCKFILE_BLOCK, 200 + i * 40), YC_VALID);
        if (i % 8 == 7)
            assert_int_equal(yc_blockfiles_sync(all.r.files, &all.r.err), YC_VALID);
        atomic_store(&all.ready, all.r.count);
        while (i == 0 && atomic_load(&all.reading) < READERS) {
        }
    }
    atomic_store(&all.over, true);
    for (uint32_t i = 0; i < READERS; i++)
        yc_thread_join(&reader[i].thread);
    assert_int_equal(atomic_load(&all.wrong), 0);
    assert_true(yc_blockfiles_last(all.r.files) > 1);
    check_all(&all.r);
    rig_release(&all.r);
}

static void test_framing(void **state)
{
    (void)state;
    struct rig r;
    uint8_t frame[8], zeros[8] = {0}, xor[8];
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 300), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_UNDO, 50), YC_VALID);
    assert_int_equal(r.record[0].at.offset, 8);
    peek(&r, "/data/blocks/blk00000.dat", 0, frame, 8);
    assert_memory_equal(frame, magic, 4);
    assert_int_equal(yc_get32le(frame + 4), 300);
    assert_int_equal(size_of(&r, "/data/blocks/blk00000.dat"), 308);
    assert_int_equal(size_of(&r, "/data/blocks/rev00000.dat"), 8 + 50 + 32);
    peek(&r, "/data/blocks/xor.dat", 0, xor, 8);
    assert_memory_equal(xor, zeros, 8);
    uint8_t part[3];
    assert_int_equal(yc_blockfiles_read_part(r.files, YC_BLOCKFILE_BLOCK, r.record[0].at, 297, 3, part, &r.err),
                     YC_VALID);
    assert_int_equal(part[2], r.record[0].fill);
    rig_release(&r);
}

/* Catalogue S09: any byte of a record changed, in its frame or behind, is found when it is read. */
static void test_every_changed_byte_is_found(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_UNDO, 60), YC_VALID);
    for (size_t k = 0; k < 2; k++) {
        const char *path = k ? "/data/blocks/rev00000.dat" : "/data/blocks/blk00000.dat";
        for (uint32_t i = 0; i < 8 + r.record[k].at.bytes; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                uint8_t byte, flipped;
                peek(&r, path, i, &byte, 1);
                flipped = (uint8_t)(byte ^ 1u << bit);
                poke(&r, path, i, &flipped, 1);
                assert_int_equal(read_record(&r, &r.record[k]), YC_SYSTEM);
                assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
                assert_non_null(strstr(r.err.text, k ? "rev00000.dat" : "blk00000.dat"));
                poke(&r, path, i, &byte, 1);
            }
    }
    check_all(&r);
    rig_release(&r);
}

/* S18: a file that the index refers to is missing or short. */
static void test_missing_and_short_files(void **state)
{
    (void)state;
    static const char *const names[] = {"/data/blocks/blk00001.dat", "/data/blocks/rev00000.dat"};
    for (size_t k = 0; k < 4; k++) {
        struct rig r;
        rig_init(&r);
        assert_int_equal(rig_open(&r), YC_VALID);
        assert_int_equal(workload(&r), YC_VALID);
        rig_close(&r);
        const struct yc_fs *fs = yc_fs_memory_fs(r.memory);
        if (k < 2) {
            assert_int_equal(fs->remove(fs->ctx, names[k], &r.err), YC_VALID);
        } else {
            struct yc_file *f;
            uint64_t n = size_of(&r, names[k - 2]);
            assert_int_equal(fs->open(fs->ctx, &f, names[k - 2], YC_OPEN_WRITE, &r.err), YC_VALID);
            assert_int_equal(fs->truncate(fs->ctx, f, n - 1, &r.err), YC_VALID);
            fs->close(fs->ctx, f);
        }
        assert_int_equal(rig_open(&r), YC_SYSTEM);
        assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(r.err.text, names[k % 2]));
        rig_release(&r);
    }
}

/* S18: block files beside an index that knows nothing are not buried under new ones. */
static void test_lost_index_is_found(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    rig_close(&r);
    r.count = 0; /* genesis alone may have been cut off */
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    rig_close(&r);
    r.count = 0;
    assert_int_equal(rig_open(&r), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(r.err.text, "-reindex"));
    rig_release(&r);
}

static void test_garbage_behind_the_end_is_overwritten(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 900), YC_VALID);
    rig_close(&r);
    r.count = 1; /* the second record never got into the index */
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 300), YC_VALID);
    assert_int_equal(r.record[1].at.offset, 200 + 8 + 8);
    check_all(&r);
    rig_release(&r);
}

static void test_obfuscated_folder_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    rig_close(&r);
    poke(&r, "/data/blocks/xor.dat", 3, "\x01", 1);
    assert_int_equal(rig_open(&r), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(r.err.text, "xor.dat"));
    rig_release(&r);
}

/* Every operation fails once, then the power is cut: what was synced before is there, and more can be appended. */
static void run_faults(size_t tear, bool keep_failing)
{
    enum yc_verdict v = YC_SYSTEM;
    unsigned failures = 0;
    for (unsigned fail_at = 1; v == YC_SYSTEM; fail_at++) {
        struct rig r;
        struct yc_random random;
        struct yc_random_seeded seeded;
        rig_init(&r);
        yc_random_seed(&random, &seeded, fail_at);
        r.fault.kinds = YC_FS_ALL;
        r.fault.fail_at = fail_at;
        r.fault.tear_bytes = tear;
        r.fault.keep_failing = keep_failing;
        r.fault.which = YC_SYSTEM_FULL;
        v = rig_open(&r);
        if (v == YC_VALID)
            v = workload(&r);
        failures += v == YC_SYSTEM;
        rig_close(&r);
        r.fault.fail_at = 0;
        assert_int_equal(yc_fs_memory_power_cut(r.memory, fail_at % 2 ? &random : NULL, &r.err), YC_VALID);
        r.count = r.durable; /* the index holds what was synced */
        assert_int_equal(rig_open(&r), YC_VALID);
        check_all(&r);
        assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 700), YC_VALID);
        assert_int_equal(append(&r, YC_BLOCKFILE_UNDO, 70), YC_VALID);
        assert_int_equal(yc_blockfiles_sync(r.files, &r.err), YC_VALID);
        rig_close(&r);
        assert_int_equal(yc_fs_memory_power_cut(r.memory, NULL, &r.err), YC_VALID);
        assert_int_equal(rig_open(&r), YC_VALID);
        check_all(&r);
        rig_release(&r);
    }
    assert_true(failures > 50);
}

static void test_faults(void **state)
{
    (void)state;
    run_faults(YC_FS_TEAR_NONE, false);
    run_faults(5, false);
    run_faults(1000, true);
}

/* S05: a sync that failed is never taken for done when it is asked for again. */
static void test_failed_sync_is_final(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    r.fault.kinds = YC_FS_SYNC;
    r.fault.count = 0;
    r.fault.fail_at = 1;
    assert_int_equal(yc_blockfiles_sync(r.files, &r.err), YC_SYSTEM);
    assert_int_equal(yc_blockfiles_sync(r.files, &r.err), YC_SYSTEM);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_SYSTEM);
    rig_release(&r);
}

/* S07: a full disk loses nothing; when there is room again the same place is used. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 200), YC_VALID);
    r.fault.kinds = YC_FS_WRITE;
    r.fault.count = 0;
    r.fault.fail_at = 2;
    r.fault.tear_bytes = 100;
    r.fault.which = YC_SYSTEM_FULL;
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 300), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_FULL);
    r.fault.fail_at = 0;
    assert_int_equal(append(&r, YC_BLOCKFILE_BLOCK, 250), YC_VALID);
    assert_int_equal(r.record[1].at.offset, 216);
    check_all(&r);
    rig_release(&r);
}

static void test_remove(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    assert_int_equal(workload(&r), YC_VALID);
    uint64_t before = yc_blockfiles_bytes(r.files);
    assert_int_equal(yc_blockfiles_remove(r.files, 0, &r.err), YC_VALID);
    assert_true(yc_blockfiles_bytes(r.files) < before);
    size_t kept = 0;
    for (size_t i = 0; i < r.count; i++) {
        bool gone = r.record[i].at.file == 0;
        assert_int_equal(read_record(&r, &r.record[i]), gone ? YC_SYSTEM : YC_VALID);
        if (!gone)
            r.record[kept++] = r.record[i];
    }
    assert_true(kept < r.count);
    r.count = kept;
    rig_close(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    check_all(&r);
    rig_release(&r);
}

/* ---- scanning ---- */

struct found {
    struct yc_file_pos at[16];
    size_t count;
    uint8_t refuse; /* records that begin with this byte are no blocks */
};

/* Walk a whole file, noting its records. */
static enum yc_verdict scan_all(struct rig *r, uint32_t file, struct found *f, struct yc_blockfile_scan *out)
{
    struct yc_blockfile_walk *w;
    struct yc_file_pos at;
    struct yc_view head, body;
    enum yc_verdict v = yc_blockfile_walk_open(&w, r->files, file, 1000, &r->err);
    if (v != YC_VALID)
        return v;
    while ((v = yc_blockfile_walk_next(w, &at, 4, &head, &r->err)) == YC_VALID) {
        assert_int_equal(head.n, at.bytes < 4 ? at.bytes : 4);
        assert_int_equal(yc_blockfile_walk_body(w, &body, &r->err), YC_VALID);
        assert_int_equal(body.n, at.bytes);
        assert_memory_equal(body.p, head.p, head.n);
        if (f->refuse && body.p[0] == f->refuse)
            yc_blockfile_walk_refuse(w);
        else
            f->at[f->count++] = at;
    }
    *out = yc_blockfile_walk_counts(w);
    uint64_t size, end = yc_blockfile_walk_at(w, &size);
    assert_int_equal(end, size);
    yc_blockfile_walk_close(w);
    return v == YC_NOT_YET ? YC_VALID : v;
}

/* S15: garbage, a wrong magic, zeros, a record inside a false one, and a torn end are passed over. */
static void test_scan(void **state)
{
    (void)state;
    struct rig r;
    uint8_t file[2000];
    size_t n = 0;
    memset(file, 0, sizeof file);
    static const struct {
        uint32_t size;
        uint8_t fill;
        bool real;
        size_t gap;
    } layout[] = {{50, 1, true, 0}, {60, 2, true, 7}, {UINT32_MAX, 3, false, 3}, {70, 9, false, 0},
                  {1, 4, true, 2},  {0, 5, false, 0}, {80, 6, true, 1}};
    struct yc_file_pos want[8];
    size_t wanted = 0;
    for (size_t i = 0; i < sizeof layout / sizeof layout[0]; i++) {
        memset(file + n, i % 2 ? 0xfa : 0, layout[i].gap);
        n += layout[i].gap;
        memcpy(file + n, magic, 4);
        yc_put32le(file + n + 4, layout[i].size);
        n += 8;
        if (layout[i].real)
            want[wanted++] = (struct yc_file_pos){0, (uint32_t)n, layout[i].size};
        size_t body = layout[i].size == UINT32_MAX || layout[i].size == 0 ? 5 : layout[i].size;
        memset(file + n, layout[i].fill, body);
        if (layout[i].fill == 9) { /* no block, but there is one inside */
            memcpy(file + n + 20, magic, 4);
            yc_put32le(file + n + 24, 30);
            memset(file + n + 28, 8, 30);
            want[wanted++] = (struct yc_file_pos){0, (uint32_t)n + 28, 30};
        }
        n += body;
    }
    memcpy(file + n, magic, 4);
    yc_put32le(file + n + 4, 100);
    n += 8 + 40; /* torn */
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    poke(&r, "/data/blocks/blk00000.dat", 0, file, n);
    struct found found = {.refuse = 9};
    struct yc_blockfile_scan scan;
    assert_int_equal(scan_all(&r, 0, &found, &scan), YC_VALID);
    assert_int_equal(found.count, wanted);
    assert_memory_equal(found.at, want, wanted * sizeof want[0]);
    assert_int_equal(scan.records, wanted);
    size_t covered = 0;
    for (size_t i = 0; i < wanted; i++)
        covered += 8 + want[i].bytes;
    assert_int_equal(scan.skipped_bytes, n - covered);
    assert_int_equal(scan_all(&r, 1, &found, &scan), YC_NOT_YET);
    rig_release(&r);
}

/* A magic that lies across the windows that garbage is read in is found. */
static void test_scan_across_windows(void **state)
{
    (void)state;
    static uint8_t garbage[65536 + 64];
    for (size_t before = 65536 - 12; before < 65536 + 12; before++) {
        struct rig r;
        struct found found = {.refuse = 0};
        struct yc_blockfile_scan scan;
        uint8_t record[18] = {0};
        rig_init(&r);
        assert_int_equal(rig_open(&r), YC_VALID);
        memset(garbage, 0x11, before);
        poke(&r, "/data/blocks/blk00000.dat", 0, garbage, before);
        memcpy(record, magic, 4);
        record[4] = 10;
        poke(&r, "/data/blocks/blk00000.dat", before, record, sizeof record);
        assert_int_equal(scan_all(&r, 0, &found, &scan), YC_VALID);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.at[0].offset, before + 8);
        assert_int_equal(scan.skipped_bytes, before);
        rig_release(&r);
    }
}

static void test_listing(void **state)
{
    (void)state;
    static const char *const name[] = {"blk00007.dat", "blk00000.dat", "blk00012.dat",    "rev00000.dat",
                                       "blk0001.dat",  "blk000x1.dat", "blk00001.dat.bak"};
    struct rig r;
    struct yc_blockfile_list list;
    rig_init(&r);
    assert_int_equal(rig_open(&r), YC_VALID);
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "/data/blocks/%s", name[i]);
        poke(&r, path, 0, magic, i % 4 + 1);
    }
    assert_int_equal(yc_blockfiles_list(r.files, &list, &r.err), YC_VALID);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.file[0].number, 0);
    assert_int_equal(list.file[1].number, 7);
    assert_int_equal(list.file[2].number, 12);
    assert_int_equal(list.file[0].bytes, 2);
    assert_int_equal(list.file[1].bytes, 1);
    yc_blockfiles_list_free(r.files, &list);
    rig_release(&r);
}

/* A position that cannot be, from a damaged index. */
static void test_impossible_positions(void **state)
{
    (void)state;
    static const struct yc_file_pos bad[] = {{100000, 8, 10}, {0, 7, 10}, {0, UINT32_MAX, 10}, {0, 8, UINT32_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rig r;
        uint8_t out[16];
        rig_init(&r);
        assert_int_equal(yc_blockfiles_open(&r.files, yc_heap(), r.fs, "/data/blocks", magic, FILE_MAX, &r.err),
                         YC_VALID);
        assert_int_equal(yc_blockfiles_know(r.files, YC_BLOCKFILE_BLOCK, bad[i], &r.err), YC_SYSTEM);
        assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
        if (bad[i].bytes == 10)
            assert_int_equal(yc_blockfiles_read(r.files, YC_BLOCKFILE_BLOCK, bad[i], 0, out, &r.err), YC_SYSTEM);
        rig_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_read_reopen),
        cmocka_unit_test(test_one_writes_and_many_read_S13),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_every_changed_byte_is_found),
        cmocka_unit_test(test_missing_and_short_files),
        cmocka_unit_test(test_lost_index_is_found),
        cmocka_unit_test(test_garbage_behind_the_end_is_overwritten),
        cmocka_unit_test(test_obfuscated_folder_is_refused),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_failed_sync_is_final),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_scan_across_windows),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_impossible_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
