#include "tests/bench/bench.h"

#include "consensus/block.h"
#include "crypto/sha256.h"

#include <stdio.h>

#define MESSAGES 4096

struct hashing {
    uint8_t in[MESSAGES * 80];
    uint8_t out[MESSAGES][32];
};

static void once_64(void *ctx)
{
    struct hashing *h = ctx;
    yc_sha256d_64_batch(h->out, h->in, MESSAGES);
}

static void once_80(void *ctx)
{
    struct hashing *h = ctx;
    yc_sha256d_80_batch(h->out, h->in, 80, MESSAGES);
}

static void select_kernel(const char *name)
{
    struct yc_error err;
    if (yc_sha256_select(name, &err) != YC_VALID)
        bench_die("%s", err.text);
}
static void select_generic(void *ctx)
{
    (void)ctx;
    select_kernel("generic");
}
static void select_best(void *ctx)
{
    (void)ctx;
    select_kernel(NULL);
}

/* A megabyte of transactions, mostly of one input and two outputs, some of tens of inputs, few of hundreds. */
#define BLOCK_BYTES   1000000
#define BLOCK_TXS_MAX 4000

struct txids {
    uint8_t bytes[BLOCK_BYTES];
    uint8_t out[BLOCK_TXS_MAX][32];
    struct yc_view in[BLOCK_TXS_MAX];
    struct yc_sha256_job jobs[BLOCK_TXS_MAX];
    size_t count;
};

static void cut_txs(struct txids *t)
{
    size_t at = 0;
    for (t->count = 0; t->count < BLOCK_TXS_MAX; t->count++) {
        size_t i = t->count, n = i % 150 == 149 ? 20000 : i % 10 == 9 ? 900 : i % 3 == 2 ? 373 : 225;
        if (n > BLOCK_BYTES - at)
            break;
        t->in[i] = yc_view(t->bytes + at, n);
        at += n;
    }
}

static void txids_at_once(void *ctx)
{
    struct txids *t = ctx;
    for (size_t i = 0; i < t->count; i++)
        t->jobs[i] = (struct yc_sha256_job){t->in[i], t->out[i]};
    yc_sha256d_jobs(t->jobs, t->count);
}
static void txids_one_by_one(void *ctx)
{
    struct txids *t = ctx;
    for (size_t i = 0; i < t->count; i++)
        yc_sha256d(t->out[i], t->in[i].p, t->in[i].n);
}

static void merkle_at_once(void *ctx)
{
    struct hashing *h = ctx;
    uint8_t root[32];
    memcpy(h->out, h->in, sizeof h->out);
    yc_merkle_root(root, h->out, MESSAGES, NULL);
}
static void merkle_one_by_one(void *ctx)
{
    struct hashing *h = ctx;
    memcpy(h->out, h->in, sizeof h->out);
    for (size_t n = MESSAGES / 2; n; n /= 2) {
        for (size_t i = 0; i < n; i++)
            yc_sha256d(h->out[i], h->out[2 * i], 64);
    }
}

#define ONE_BY_ONE "one message after the other with the generic kernel"

static void bench_batches(struct bench *b, struct hashing *h)
{
    static struct txids t;
    const struct bench_way txids = {txids_at_once, select_best, &t}, each_txid = {txids_one_by_one, select_generic, &t};
    const struct bench_way merkle = {merkle_at_once, select_best, h},
                           each_node = {merkle_one_by_one, select_generic, h};
    yc_random_fill(b->random, t.bytes, sizeof t.bytes);
    cut_txs(&t);
    bench_compare(b, "batch/txids", "transactions", (double)t.count, &txids, &each_txid, ONE_BY_ONE);
    bench_compare(b, "batch/merkle", "leaves", MESSAGES, &merkle, &each_node, ONE_BY_ONE);
}

void bench_hash(struct bench *b)
{
    static struct hashing h;
    size_t count = 0;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    yc_random_fill(b->random, h.in, sizeof h.in);
    for (size_t i = 0; i < count; i++) {
        char name_64[64], name_80[64];
        snprintf(name_64, sizeof name_64, "sha256d-64/%s", kernels[i]->name);
        snprintf(name_80, sizeof name_80, "sha256d-80/%s", kernels[i]->name);
        if (!kernels[i]->here()) {
            bench_skip(b, name_64, "this machine does not have it");
            bench_skip(b, name_80, "this machine does not have it");
            continue;
        }
        select_kernel(kernels[i]->name);
        bench_run(b, name_64, "messages", MESSAGES, once_64, &h);
        bench_run(b, name_80, "headers", MESSAGES, once_80, &h);
    }
    bench_batches(b, &h);
    select_kernel(NULL);
}
