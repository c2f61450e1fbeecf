/* A file of coins that a stranger gave us (loadtxoutset): what can be read of it is written into a store; and a set that was
 * taken whole is the same set when it is written to a file and read again. */
#include "base/assert.h"
#include "node/store/coins_dump.h"
#include "node/store/coins_load.h"
#include "node/store/kv_memory.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define HEIGHT_MAX 1000

static struct yc_error err;

static void must(enum yc_verdict v)
{
    YC_ASSERT(v == YC_VALID);
}

static enum yc_verdict load(const struct yc_fs *fs, const char *path, const struct yc_kv *kv,
                            struct yc_coins_totals *out)
{
    struct yc_coins_file f;
    struct yc_coins_load l = {.alloc = yc_heap(), .file = &f, .kv = kv};
    enum yc_verdict v = yc_coins_file_open(&f, fs, yc_heap(), path, &err);
    if (v == YC_VALID) {
        f.height_max = HEIGHT_MAX;
        v = yc_coins_load(&l, out, &err);
        YC_ASSERT(f.taken <= f.head.coins && (v != YC_VALID || f.taken == out->txouts));
        yc_coins_file_close(&f);
    }
    YC_ASSERT(v == YC_VALID || v == YC_INVALID);
    return v;
}

static void dump(const struct yc_fs *fs, const char *path, const struct yc_kv *kv)
{
    struct yc_coins_scan scan;
    struct yc_coins_past past;
    struct yc_coins_dumped done;
    must(yc_coins_scan_open(&scan, kv, &err));
    yc_coins_past_init(&past, yc_heap(), 1 << 20);
    struct yc_coins_dump d = {
        .alloc = yc_heap(), .fs = fs, .path = path, .base = scan.best, .scan = &scan, .past = &past};
    must(yc_coins_dump(&d, &done, &err));
    yc_coins_past_release(&past);
    yc_coins_scan_close(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_fs_memory *m;
    struct yc_kv_memory *first, *second;
    struct yc_coins_totals totals, again;
    struct yc_coins_base base;
    if (n > 4096) /* a write of the store in memory takes time with each key */
        return 0;
    must(yc_fs_memory_new(&m, yc_heap(), UINT64_MAX, &err));
    must(yc_kv_memory_new(&first, yc_heap(), "first", &err));
    must(yc_kv_memory_new(&second, yc_heap(), "second", &err));
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    must(yc_fs_replace_file(fs, "/given", yc_view(data, n), &err));
    bool whole = load(fs, "/given", yc_kv_memory_kv(first), &totals) == YC_VALID;
    YC_ASSERT(yc_coins_base_get(yc_kv_memory_kv(first), yc_heap(), &base, &err) == YC_NOT_YET);
    if (whole) {
        dump(fs, "/made", yc_kv_memory_kv(first));
        must(load(fs, "/made", yc_kv_memory_kv(second), &again));
        YC_ASSERT(again.txouts == totals.txouts && again.total_sat == totals.total_sat &&
                  !memcmp(again.hash32, totals.hash32, 32));
    }
    yc_kv_memory_free(second);
    yc_kv_memory_free(first);
    yc_fs_memory_free(m);
    return 0;
}
