#include "tests/bench/bench.h"

#include "base/alloc.h"
#include "consensus/block.h"
#include "sys/fs_posix.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK_FILE "block413567.raw"

struct parsing {
    struct yc_view raw;
    struct yc_arena arena;
};

static void parse_once(void *ctx)
{
    struct parsing *p = ctx;
    struct yc_block block;
    struct yc_reject why;
    yc_arena_clear(&p->arena);
    if (yc_block_parse(&block, p->raw, &p->arena, &why) != YC_VALID)
        bench_die("the block in %s does not parse: %s", BLOCK_FILE, yc_reject_string(why.code));
}

static void bench_parse(struct bench *b)
{
    const char *folder = getenv("YCOIN_VECTORS");
    char path[1024];
    struct parsing p;
    struct yc_error err;
    if (!bench_wants(b, "block-parse"))
        return;
    snprintf(path, sizeof path, "%s/" BLOCK_FILE, folder ? folder : "../shared/vectors");
    enum yc_verdict v = yc_fs_read_file(yc_fs_posix(), b->alloc, path, YC_BLOCK_BYTES_MAX, &p.raw, &err);
    if (v != YC_VALID) {
        bench_skip(b, "block-parse", BLOCK_FILE " is not there: set YCOIN_VECTORS to its folder");
        return;
    }
    size_t room = yc_block_arena_bytes(p.raw.n);
    uint8_t *memory = yc_alloc_new(b->alloc, room);
    if (!memory)
        bench_die("no memory to parse a block");
    yc_arena_init_fixed(&p.arena, memory, room);
    bench_run(b, "block-parse", "bytes", (double)p.raw.n, parse_once, &p);
    yc_alloc_free(b->alloc, memory, room);
    yc_alloc_free(b->alloc, (void *)(uintptr_t)p.raw.p, p.raw.n);
}

#define LEAVES_MAX 9001

struct merkle {
    size_t count;
    uint8_t leaves[LEAVES_MAX][32];
    uint8_t scratch[LEAVES_MAX][32];
};

static void merkle_once(void *ctx)
{
    struct merkle *m = ctx;
    uint8_t root[32];
    memcpy(m->scratch, m->leaves, m->count * 32);
    yc_merkle_root(root, m->scratch, m->count, NULL);
}

void bench_block(struct bench *b)
{
    static struct merkle m;
    bench_parse(b);
    yc_random_fill(b->random, m.leaves, sizeof m.leaves);
    m.count = 4096;
    bench_run(b, "merkle-4096", "leaves", 4096, merkle_once, &m);
    m.count = LEAVES_MAX;
    bench_run(b, "merkle-9001", "leaves", LEAVES_MAX, merkle_once, &m);
}
