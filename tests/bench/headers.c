#include "tests/bench/bench.h"

#include "node/chain/chain.h"
#include "node/store/kv_leveldb.h"
#include "sys/fs_memory.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEADERS       1000000
#define HEADERS_SMOKE 20000
#define BATCH         10000
#define ACCEPTED      2000 /* headers taken on top of those */
#define SLICE         200
#define WALKS         5
#define LOW           1000
#define BITS          0x207fffff /* regtest's: nonces cost nothing */
#define FIRST_TIME    1500000000
#define PATH_BYTES    512

/* A node that knows headers alone, in a store on the disk: what it takes to open it, in time and in memory. */
struct header_rig {
    struct bench *bench;
    struct yc_fs_memory *fs; /* block files: genesis alone */
    struct yc_workers *workers;
    struct yc_kv index, coins;
    struct yc_chain *chain;
    struct yc_block_record record[BATCH];
    char folder[PATH_BYTES], index_path[PATH_BYTES + 8], coins_path[PATH_BYTES + 8];
};

static void must(enum yc_verdict v, const struct yc_error *err)
{
    if (v != YC_VALID)
        bench_die("%s", err->text);
}

static void open_stores(struct header_rig *r)
{
    static const struct yc_kv_leveldb_options o = {.bloom_bits_per_key = 0};
    struct yc_error err;
    must(yc_kv_leveldb_open(&r->index, r->bench->alloc, yc_fs_posix(), r->index_path, &o, &err), &err);
    must(yc_kv_leveldb_open(&r->coins, r->bench->alloc, yc_fs_posix(), r->coins_path, &o, &err), &err);
}

static void close_stores(struct header_rig *r)
{
    r->index.close(r->index.ctx);
    r->coins.close(r->coins.ctx);
}

static void open_chain(struct header_rig *r, const struct yc_alloc *alloc)
{
    struct yc_error err;
    struct yc_chain_config config = {.params = yc_chain_builtin("regtest"),
                                     .fs = yc_fs_memory_fs(r->fs),
                                     .index_kv = &r->index,
                                     .coins_kv = &r->coins,
                                     .blocks_dir = "/data/blocks",
                                     .alloc = alloc,
                                     .clock = r->bench->clock,
                                     .random = r->bench->random,
                                     .workers = r->workers,
                                     .coins_cache_bytes = 1 << 20};
    must(yc_chain_open(&r->chain, &config, &err), &err);
}

static void close_chain(struct header_rig *r)
{
    struct yc_error err;
    must(yc_chain_close(r->chain, &err), &err);
}

/* Headers on the genesis block, as an index holds them that has no bodies yet. Only their hashes are right: that is what
 * loading checks. */
static void write_headers(struct header_rig *r, uint32_t count)
{
    struct yc_error err;
    struct yc_block_index x;
    struct yc_block_hash prev = yc_chain_builtin("regtest")->genesis.hash;
    must(yc_block_index_open(&x, r->bench->alloc, &r->index, &prev, &err), &err);
    for (uint32_t height = 1; height <= count;) {
        size_t n = 0;
        for (; n < BATCH && height <= count; n++, height++) {
            struct yc_header h = {.version = 0x20000000, .prev = prev, .time = FIRST_TIME + height, .bits = BITS};
            yc_random_fill(r->bench->random, h.merkle_root, sizeof h.merkle_root);
            prev = yc_header_hash(&h);
            r->record[n] =
                (struct yc_block_record){.hash = prev, .height = height, .header = h, .status = YC_BLOCK_HEADER_VALID};
        }
        must(yc_block_index_put(&x, r->record, n, height > count, &err), &err);
    }
}

/* Counts what is held from the heap. */
struct counted {
    struct yc_alloc alloc;
    size_t bytes;
};

static void *counted_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct counted *c = ctx;
    void *q = yc_alloc_resize(yc_heap(), p, old_n, n);
    if (q || n == 0)
        c->bytes += n - old_n;
    return q;
}

/* What the next header costs on so long a chain: the same on a short one and on a long one, or something walks it all. */
static void bench_accept(struct header_rig *r, const char *name)
{
    static struct yc_header h[ACCEPTED];
    const struct yc_node *best = yc_chain_best_header(r->chain);
    struct yc_block_hash prev = best->hash;
    struct yc_reject why;
    for (uint32_t i = 0; i < ACCEPTED; i++) {
        h[i] = (struct yc_header){.version = 0x20000000, .prev = prev, .time = best->time + 1 + i, .bits = BITS};
        do {
            h[i].nonce++;
            prev = yc_header_hash(&h[i]);
        } while (!yc_pow_check(&prev, h[i].bits, yc_chain_params_of(r->chain)));
    }
    double best_us = 0; /* of a slice: the fastest, so that a neighbour's load counts least */
    for (uint32_t i = 0; i < ACCEPTED;) {
        int64_t begun = yc_mono_us(r->bench->clock);
        for (uint32_t end = i + SLICE; i < end; i++)
            if (yc_chain_submit_header(r->chain, &h[i], NULL, &why) != YC_VALID)
                bench_die("a header is refused: %s", yc_reject_string(why.code));
        double us = (double)(yc_mono_us(r->bench->clock) - begun);
        best_us = best_us <= 0 || us < best_us ? us : best_us;
    }
    bench_result(r->bench, name, "headers", SLICE, best_us > 0 ? best_us : 1);
}

/* What walks the whole tree: the tips of all branches, and a mark that makes the chain look for another best header. */
static void bench_walks(struct header_rig *r)
{
    struct yc_chain_tip tip[4];
    struct yc_error err;
    struct yc_block_hash best = yc_chain_best_header(r->chain)->hash;
    double tips_us = 0, mark_us = 0;
    for (unsigned i = 0; i < WALKS; i++) {
        int64_t t0 = yc_mono_us(r->bench->clock);
        if (yc_chain_tips(r->chain, tip, 4) != 2)
            bench_die("genesis and one branch of headers have not two tips");
        int64_t t1 = yc_mono_us(r->bench->clock);
        must(yc_chain_invalidate(r->chain, &best, &err), &err);
        int64_t t2 = yc_mono_us(r->bench->clock);
        must(yc_chain_reconsider(r->chain, &best, &err), &err);
        tips_us = i == 0 || (double)(t1 - t0) < tips_us ? (double)(t1 - t0) : tips_us;
        mark_us = i == 0 || (double)(t2 - t1) < mark_us ? (double)(t2 - t1) : mark_us;
    }
    bench_result(r->bench, "headers/tips", "calls", 1, tips_us > 0 ? tips_us : 1);
    bench_result(r->bench, "headers/mark", "calls", 1, mark_us > 0 ? mark_us : 1);
}

static void bench_load(struct header_rig *r, uint32_t count)
{
    struct counted c = {.bytes = 0};
    double best_us = 0;
    int64_t begun = yc_mono_us(r->bench->clock);
    size_t bytes = 0;
    c.alloc = (struct yc_alloc){counted_resize, &c};
    do {
        open_stores(r);
        int64_t t0 = yc_mono_us(r->bench->clock);
        open_chain(r, &c.alloc);
        int64_t t1 = yc_mono_us(r->bench->clock);
        if (yc_chain_best_header(r->chain)->height != count)
            bench_die("%u headers were written and %u loaded", count, yc_chain_best_header(r->chain)->height);
        bytes = c.bytes;
        close_chain(r);
        close_stores(r);
        if (best_us <= 0 || (double)(t1 - t0) < best_us)
            best_us = (double)(t1 - t0);
    } while (yc_mono_us(r->bench->clock) - begun < r->bench->least_us * 6);
    bench_result_sized(r->bench, "headers/load", "headers", count, best_us, (double)bytes / count);
}

static void open_rig(struct header_rig *r)
{
    struct yc_error err;
    const char *base = getenv("TMPDIR");
    const struct yc_alloc *alloc = r->bench->alloc;
    snprintf(r->folder, sizeof r->folder, "%.400s/ycoin-bench-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(r->folder))
        bench_die("cannot make the folder %s", r->folder);
    snprintf(r->index_path, sizeof r->index_path, "%s/index", r->folder);
    snprintf(r->coins_path, sizeof r->coins_path, "%s/coins", r->folder);
    must(yc_fs_memory_new(&r->fs, alloc, UINT64_MAX, &err), &err);
    const struct yc_fs *fs = yc_fs_memory_fs(r->fs);
    must(fs->make_dir(fs->ctx, "/data/blocks", &err), &err);
    must(yc_workers_new(&r->workers, alloc, "script", 0, &err), &err);
}

static void close_rig(struct header_rig *r)
{
    struct yc_error err;
    must(yc_kv_leveldb_destroy(yc_fs_posix(), r->index_path, &err), &err);
    must(yc_kv_leveldb_destroy(yc_fs_posix(), r->coins_path, &err), &err);
    (void)rmdir(r->folder);
    yc_workers_free(r->workers);
    yc_fs_memory_free(r->fs);
}

/* A chain of count headers, timed when it is loaded and when more come. */
static void bench_chain(struct bench *b, uint32_t count, bool load, const char *accept)
{
    static struct header_rig r;
    r = (struct header_rig){.bench = b};
    open_rig(&r);
    open_stores(&r);
    open_chain(&r, b->alloc);
    close_chain(&r);
    write_headers(&r, count);
    close_stores(&r);
    if (load)
        bench_load(&r, count);
    open_stores(&r);
    open_chain(&r, b->alloc);
    bench_accept(&r, accept);
    if (load)
        bench_walks(&r);
    close_chain(&r);
    close_stores(&r);
    close_rig(&r);
}

void bench_headers(struct bench *b)
{
    if (!bench_wants(b, "headers/load") && !bench_wants(b, "headers/accept-low") &&
        !bench_wants(b, "headers/accept-high") && !bench_wants(b, "headers/tips") && !bench_wants(b, "headers/mark"))
        return;
    bench_chain(b, LOW, false, "headers/accept-low");
    bench_chain(b, b->least_us < 100000 ? HEADERS_SMOKE : HEADERS, true, "headers/accept-high");
}
