#include "tests/bench/bench.h"

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

void bench_hash(struct bench *b)
{
    static struct hashing h;
    struct yc_error err;
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
        if (yc_sha256_select(kernels[i]->name, &err) != YC_VALID)
            bench_die("%s", err.text);
        bench_run(b, name_64, "messages", MESSAGES, once_64, &h);
        bench_run(b, name_80, "headers", MESSAGES, once_80, &h);
    }
    if (yc_sha256_select(NULL, &err) != YC_VALID)
        bench_die("%s", err.text);
}
