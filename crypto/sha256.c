#include "crypto/sha256.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256_kernels.h"

static const struct yc_sha256_kernel *const kernels[] = {
#ifdef YC_SHA256_X86
    &yc_sha256_kernel_avx512,  &yc_sha256_kernel_shani, &yc_sha256_kernel_avx2,
#endif
#ifdef YC_SHA256_ARMV8
    &yc_sha256_kernel_armv8,
#endif
    &yc_sha256_kernel_generic,
};

#define KERNEL_COUNT (sizeof kernels / sizeof kernels[0])

/* Written by yc_sha256_select() alone, before threads start. */
static struct yc_sha256_pair selected = {&yc_sha256_kernel_generic, &yc_sha256_kernel_generic};

/* One message. */

void yc_sha256_init(struct yc_sha256 *h)
{
    yc_sha256_init_midstate(h, yc_sha256_start, 0);
}

void yc_sha256_init_midstate(struct yc_sha256 *h, const uint32_t state[8], uint64_t bytes)
{
    YC_ASSERT(bytes % 64 == 0);
    memcpy(h->s, state, sizeof h->s);
    h->bytes = bytes;
}

void yc_sha256_update_with(const struct yc_sha256_pair *pair, struct yc_sha256 *h, const void *p, size_t n)
{
    const uint8_t *at = p;
    size_t held = (size_t)(h->bytes % 64);
    h->bytes += n;
    if (held) {
        size_t take = n < 64 - held ? n : 64 - held;
        if (take)
            memcpy(h->tail + held, at, take);
        if (held + take < 64)
            return;
        pair->narrow->blocks(h->s, h->tail, 1);
        at += take;
        n -= take;
    }
    if (n >= 64) {
        pair->narrow->blocks(h->s, at, n / 64);
        at += n / 64 * 64;
        n %= 64;
    }
    if (n)
        memcpy(h->tail, at, n);
}

size_t yc_sha256_pad(uint8_t out128[128], const uint8_t *last, uint64_t bytes)
{
    size_t held = (size_t)(bytes % 64), count = held < 56 ? 1 : 2;
    memset(out128, 0, 128);
    if (held)
        memcpy(out128, last, held);
    out128[held] = 0x80;
    yc_put64be(out128 + 64 * count - 8, bytes * 8);
    return count;
}

void yc_sha256_put_digest(uint8_t out32[32], const uint32_t state[8])
{
    for (unsigned i = 0; i < 8; i++)
        yc_put32be(out32 + 4 * i, state[i]);
}

void yc_sha256_final_with(const struct yc_sha256_pair *pair, struct yc_sha256 *h, uint8_t out32[32])
{
    uint8_t end[128];
    size_t count = yc_sha256_pad(end, h->tail, h->bytes);
    pair->narrow->blocks(h->s, end, count);
    yc_sha256_put_digest(out32, h->s);
}

void yc_sha256_update(struct yc_sha256 *h, const void *p, size_t n)
{
    yc_sha256_update_with(&selected, h, p, n);
}
void yc_sha256_final(struct yc_sha256 *h, uint8_t out32[32])
{
    yc_sha256_final_with(&selected, h, out32);
}

void yc_sha256_once(uint8_t out32[32], const void *p, size_t n)
{
    struct yc_sha256 h;
    yc_sha256_init(&h);
    yc_sha256_update(&h, p, n);
    yc_sha256_final(&h, out32);
}
void yc_sha256d(uint8_t out32[32], const void *p, size_t n)
{
    yc_sha256_once(out32, p, n);
    yc_sha256_once(out32, out32, 32);
}

void yc_sha256_init_tagged(struct yc_sha256 *h, const char *tag)
{
    uint8_t digest[32];
    yc_sha256_once(digest, tag, strlen(tag));
    yc_sha256_init(h);
    yc_sha256_update(h, digest, sizeof digest);
    yc_sha256_update(h, digest, sizeof digest);
}

void yc_sha256_tagged(uint8_t out32[32], const char *tag, struct yc_view a, struct yc_view b, struct yc_view c)
{
    struct yc_sha256 h;
    yc_sha256_init_tagged(&h, tag);
    yc_sha256_update(&h, a.p, a.n);
    yc_sha256_update(&h, b.p, b.n);
    yc_sha256_update(&h, c.p, c.n);
    yc_sha256_final(&h, out32);
}

/* Many messages: sha256_batch.c does them. */

void yc_sha256d_jobs(struct yc_sha256_job *jobs, size_t count)
{
    yc_sha256d_jobs_with(&selected, jobs, count);
}

void yc_sha256d_64_batch(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    yc_sha256d_64_with(&selected, out, in, count);
}

void yc_sha256d_80_batch(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    YC_ASSERT(stride >= 80);
    yc_sha256d_80_with(&selected, out, in, stride, count);
}

/* Which kernels. */

const struct yc_sha256_kernel *const *yc_sha256_kernels(size_t *count)
{
    *count = KERNEL_COUNT;
    return kernels;
}

/* The kernel and the best narrow one of this machine. */
static struct yc_sha256_pair pair_of(const struct yc_sha256_kernel *k)
{
    struct yc_sha256_pair pair = {k, k};
    for (size_t i = 0; !pair.narrow->blocks; i++) {
        if (kernels[i]->blocks && kernels[i]->here())
            pair.narrow = kernels[i]; /* the last of the table is narrow and everywhere */
    }
    return pair;
}

enum yc_verdict yc_sha256_select(const char *name, struct yc_error *err)
{
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        const struct yc_sha256_kernel *k = kernels[i];
        if (name && strcmp(name, k->name) != 0)
            continue;
        if (!k->here()) {
            if (!name)
                continue;
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "this machine does not have the instructions of the SHA-256 kernel '%s'; choose another or none", name);
        }
        struct yc_sha256_pair pair = pair_of(k);
        if (!yc_sha256_passes(&pair))
            return yc_fail(
                err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                "the SHA-256 kernel '%s' gives wrong digests on this machine; choose another kernel and check the "
                "machine's hardware",
                k->name);
        selected = pair;
        return YC_VALID;
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "there is no SHA-256 kernel named '%s' in this build", name);
}

const char *yc_sha256_selected(void)
{
    return selected.wide->name;
}
