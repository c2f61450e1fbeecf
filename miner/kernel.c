/* The table of kernels, their check, their race; what the searches share. */
#include "miner/kernel_tables.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "crypto/sha256.h"

static const struct yc_miner_kernel *const kernels[] = {
    &yc_miner_kernel_generic,
#ifdef YC_MINER_X86
    &yc_miner_kernel_shani,
    &yc_miner_kernel_avx2,
    &yc_miner_kernel_avx512,
#endif
};

#define KERNEL_COUNT (sizeof kernels / sizeof kernels[0])

#define SLICE_US 1000

const struct yc_miner_kernel *const *yc_miner_kernels(size_t *count)
{
    *count = KERNEL_COUNT;
    return kernels;
}

void yc_nonce_search_init(struct yc_nonce_search *s, const struct yc_header *h, const struct yc_u256 *target)
{
    uint8_t bytes[YC_HEADER_BYTES];
    struct yc_sha256 sha;
    yc_header_write(h, bytes);
    yc_sha256_init(&sha);
    yc_sha256_update(&sha, bytes, 64);
    memcpy(s->midstate, sha.s, sizeof s->midstate);
    for (size_t i = 0; i < 3; i++)
        s->tail[i] = yc_get32be(bytes + 64 + 4 * i);
    s->target_top = (uint32_t)(target->w[3] >> 32);
}

/* Headers whose nonce is known: Bitcoin's genesis block, its block 1, and block 125552, which old documentation works
 * through. Each has the least nonce at which the top 32 bits are zero, from its own nonce - 40 on. */
static const char *const known[] = {
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc388"
    "8a5"
    "1323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c354"
    "0bf7"
    "b1cdb606e857233e0e61bc6649ffff001d01e36299",
    "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951ed7"
    "97f7"
    "affc8892b0f1fc122bc7f5d74df2b9441a42a14695",
};

static enum yc_verdict failed(const struct yc_miner_kernel *k, const char *what, struct yc_error *err)
{
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "the mining kernel %s gives wrong answers (%s): it is not used; the processor or the build is at fault",
        k->name, what);
}

/* The known nonce must be found wherever it lies in a range, and not outside of it. */
static bool finds(const struct yc_miner_kernel *k, const struct yc_nonce_search *s, uint32_t nonce)
{
    for (uint32_t before = 0; before <= 40; before++) {
        uint32_t found = 0;
        if (!k->search(s, nonce - before, before + 1, &found) || found != nonce)
            return false;
        if (!k->search(s, nonce - before, 100, &found) || found != nonce)
            return false;
        if (before > 0 && k->search(s, nonce - before, before, &found))
            return false;
    }
    return true;
}

/* With a target that every second nonce meets, each candidate must be the one that whole hashes give. */
static bool agrees(const struct yc_miner_kernel *k, struct yc_nonce_search *s, struct yc_header *h)
{
    s->target_top = 0x7fffffff;
    for (uint32_t nonce = 0; nonce < 200; nonce++) {
        uint32_t found = 0;
        h->nonce = nonce;
        struct yc_block_hash hash = yc_header_hash(h);
        bool good = (hash.b[31] & 0x80) == 0;
        if (k->search(s, nonce, 1, &found) != good || (good && found != nonce))
            return false;
    }
    return true;
}

enum yc_verdict yc_miner_kernel_check(const struct yc_miner_kernel *k, struct yc_error *err)
{
    const struct yc_u256 target = yc_u256_shl(yc_u256_from(0xffff), 208);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t bytes[YC_HEADER_BYTES];
        struct yc_header h;
        struct yc_nonce_search s;
        bool readable = yc_hex_read(bytes, sizeof bytes, known[i], strlen(known[i]));
        YC_ASSERT(readable);
        yc_header_read(&h, bytes);
        yc_nonce_search_init(&s, &h, &target);
        if (!finds(k, &s, h.nonce))
            return failed(k, "a known block", err);
        if (!agrees(k, &s, &h))
            return failed(k, "an easy target", err);
    }
    return YC_VALID;
}

enum yc_verdict yc_miner_kernel_named(const struct yc_miner_kernel **out, const char *name, struct yc_error *err)
{
    char here[128] = "";
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        if (!kernels[i]->here())
            continue;
        if (strcmp(kernels[i]->name, name) == 0) {
            *out = kernels[i];
            return yc_miner_kernel_check(kernels[i], err);
        }
        size_t n = strlen(here);
        snprintf(here + n, sizeof here - n, "%s%s", n ? ", " : "", kernels[i]->name);
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "there is no kernel '%s' on this machine: it has %s", name, here);
}

double yc_miner_kernel_measure(const struct yc_miner_kernel *k, const struct yc_clock *clock, int64_t run_us)
{
    /* A target that nothing meets in practice: the top word must be zero, and a hit is searched past. */
    struct yc_nonce_search s = {.midstate = {1, 2, 3, 4, 5, 6, 7, 8}, .tail = {9, 10, 11}, .target_top = 0};
    int64_t begin_us = yc_mono_us(clock), now_us = begin_us;
    uint32_t step = 1024, at = 0;
    double best = 0;
    while (now_us - begin_us < run_us) {
        int64_t then_us = now_us;
        for (uint32_t from = at, found; from - at < step; from = found + 1)
            if (!k->search(&s, from, at + step - from, &found))
                break;
        now_us = yc_mono_us(clock);
        if (now_us > then_us && (double)step / (double)(now_us - then_us) > best)
            best = (double)step / (double)(now_us - then_us);
        at = at > UINT32_MAX - 4 * step ? 0 : at + step;
        if (now_us - then_us < SLICE_US / 2 && step < 1u << 20)
            step *= 2;
    }
    return best;
}

enum yc_verdict yc_miner_kernel_fastest(const struct yc_miner_kernel **out, const struct yc_clock *clock,
                                        const struct yc_log *log, struct yc_error *err)
{
    double best = 0;
    *out = NULL;
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        if (!kernels[i]->here())
            continue;
        if (yc_miner_kernel_check(kernels[i], err) != YC_VALID) {
            yc_log_warning(log, "%s", err->text);
            continue;
        }
        double speed = yc_miner_kernel_measure(kernels[i], clock, INT64_C(50000) / (int64_t)KERNEL_COUNT);
        if (speed > best) {
            best = speed;
            *out = kernels[i];
        }
    }
    return *out ? YC_VALID
                : yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "no mining kernel gives right answers on this machine");
}
