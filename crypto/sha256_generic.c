/* SHA-256 in portable C. */
#include "crypto/sha256_kernels.h"

#include "base/bytes.h"

static inline uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}
static inline uint32_t small0(uint32_t x)
{
    return rotr(x, 7) ^ rotr(x, 18) ^ x >> 3;
}
static inline uint32_t small1(uint32_t x)
{
    return rotr(x, 17) ^ rotr(x, 19) ^ x >> 10;
}

/* One round; the caller rotates the names of the eight words instead of moving the words. */
static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                        uint32_t *h, uint32_t kw)
{
    uint32_t t = *h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + kw;
    *d += t;
    *h = t + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

/* Eight rounds bring every word back to its own name. */
static inline void eight_steps(uint32_t v[8], const uint32_t kw[8])
{
    step(v[0], v[1], v[2], &v[3], v[4], v[5], v[6], &v[7], kw[0]);
    step(v[7], v[0], v[1], &v[2], v[3], v[4], v[5], &v[6], kw[1]);
    step(v[6], v[7], v[0], &v[1], v[2], v[3], v[4], &v[5], kw[2]);
    step(v[5], v[6], v[7], &v[0], v[1], v[2], v[3], &v[4], kw[3]);
    step(v[4], v[5], v[6], &v[7], v[0], v[1], v[2], &v[3], kw[4]);
    step(v[3], v[4], v[5], &v[6], v[7], v[0], v[1], &v[2], kw[5]);
    step(v[2], v[3], v[4], &v[5], v[6], v[7], v[0], &v[1], kw[6]);
    step(v[1], v[2], v[3], &v[4], v[5], v[6], v[7], &v[0], kw[7]);
}

static void rounds(uint32_t state[8], const uint32_t kw[64])
{
    uint32_t v[8];
    memcpy(v, state, sizeof v);
    for (unsigned t = 0; t < 64; t += 8)
        eight_steps(v, kw + t);
    for (unsigned i = 0; i < 8; i++)
        state[i] += v[i];
}

/* Absorb the block of these 16 words. */
static void absorb(uint32_t state[8], const uint32_t words[16])
{
    uint32_t w[64], kw[64];
    memcpy(w, words, 16 * sizeof w[0]);
    for (unsigned t = 16; t < 64; t++)
        w[t] = w[t - 16] + small0(w[t - 15]) + w[t - 7] + small1(w[t - 2]);
    for (unsigned t = 0; t < 64; t++)
        kw[t] = w[t] + yc_sha256_k[t];
    rounds(state, kw);
}

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    for (; count; count--, p += 64) {
        uint32_t w[16];
        for (unsigned i = 0; i < 16; i++)
            w[i] = yc_get32be(p + 4 * i);
        absorb(state, w);
    }
}

static void blocks_abreast(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    blocks(states[0], p[0], count);
}

/* The second hash: of the 32 bytes that the state stands for. */
static void finish_double(uint8_t out32[32], const uint32_t first[8])
{
    uint32_t w[16] = {[8] = 0x80000000, [15] = 256}, state[8];
    memcpy(w, first, 32);
    memcpy(state, yc_sha256_start, sizeof state);
    absorb(state, w);
    for (unsigned i = 0; i < 8; i++)
        yc_put32be(out32 + 4 * i, state[i]);
}

static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t state[8];
        memcpy(state, yc_sha256_start, sizeof state);
        blocks(state, in + 64 * i, 1);
        rounds(state, yc_sha256_k_pad64);
        finish_double(out[i], state);
    }
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = in + stride * i;
        uint32_t state[8], w[16] = {[4] = 0x80000000, [15] = 640};
        memcpy(state, yc_sha256_start, sizeof state);
        blocks(state, p, 1);
        for (unsigned j = 0; j < 4; j++)
            w[j] = yc_get32be(p + 64 + 4 * j);
        absorb(state, w);
        finish_double(out[i], state);
    }
}

static bool here(void)
{
    return true;
}

const struct yc_sha256_kernel yc_sha256_kernel_generic = {
    .name = "generic",
    .here = here,
    .blocks = blocks,
    .lanes = 1,
    .lanes_least = 1,
    .step_ns = 160,
    .blocks_abreast[1] = blocks_abreast,
    .d64 = d64,
    .d80 = d80,
};
