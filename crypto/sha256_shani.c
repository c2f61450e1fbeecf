/* SHA-256 with the SHA extensions of x86. One message leaves the unit idle while each instruction waits for the one before
 * it, so the batches run four messages abreast, and what is left of them two or three. */
#include "crypto/sha256_rounds_shani.h"

#define LANES      4
#define FOR_16(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

/* For the first n of the lanes. n is a constant wherever it is used, so that each count of lanes has code of its own; loops would
 * keep the lanes in memory. */
#define EACH(n, DO)                                                                                                    \
    {                                                                                                                  \
        DO(0)                                                                                                          \
        if ((n) > 1) {                                                                                                 \
            DO(1)                                                                                                      \
        }                                                                                                              \
        if ((n) > 2) {                                                                                                 \
            DO(2)                                                                                                      \
        }                                                                                                              \
        if ((n) > 3) {                                                                                                 \
            DO(3)                                                                                                      \
        }                                                                                                              \
    }

/* Four words of a message from its bytes. */
INLINE __m128i load_words(const uint8_t *p)
{
    return swap_bytes(_mm_loadu_si128((const __m128i *)(const void *)p));
}

INLINE void load_block(struct lane *x, const uint8_t *p)
{
    x->w[0] = load_words(p);
    x->w[1] = load_words(p + 16);
    x->w[2] = load_words(p + 32);
    x->w[3] = load_words(p + 48);
}

INLINE void state_add(struct state *s, struct state before)
{
    s->abef = _mm_add_epi32(s->abef, before.abef);
    s->cdgh = _mm_add_epi32(s->cdgh, before.cdgh);
}

/* A block each, the lanes taking turns round by round. */
INLINE void absorb(struct lane x[LANES], unsigned n)
{
    struct state before[LANES];
#define SET(k) before[k] = x[k].s;
    EACH(n, SET)
#undef SET
#define SET(k) step(&x[k], i);
#define DO(r)                                                                                                          \
    {                                                                                                                  \
        const unsigned i = r;                                                                                          \
        EACH(n, SET)                                                                                                   \
    }
    FOR_16(DO)
#undef DO
#undef SET
#define SET(k) state_add(&x[k].s, before[k]);
    EACH(n, SET)
#undef SET
}

INLINE void absorb_pad64(struct lane x[LANES], unsigned n)
{
    struct state before[LANES];
#define SET(k) before[k] = x[k].s;
    EACH(n, SET)
#undef SET
#define SET(k) four_rounds(&x[k].s, kw);
#define DO(i)                                                                                                          \
    {                                                                                                                  \
        const __m128i kw = k_load(yc_sha256_k_pad64 + 4 * i);                                                          \
        EACH(n, SET)                                                                                                   \
    }
    FOR_16(DO)
#undef DO
#undef SET
#define SET(k) state_add(&x[k].s, before[k]);
    EACH(n, SET)
#undef SET
}

/* The last 16 of 80 bytes and their padding. */
INLINE void load_tail80(struct lane *x, const uint8_t *p)
{
    x->w[0] = load_words(p + 64);
    x->w[1] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->w[2] = _mm_setzero_si128();
    x->w[3] = _mm_set_epi32(640, 0, 0, 0);
}

/* Make the digest of a lane the message of its second hash. */
INLINE void load_digest(struct lane *x)
{
    state_words(x->w, x->s);
    pad_digest(x);
    x->s = state_load(yc_sha256_start);
}

INLINE void store_digest(uint8_t out32[32], const struct lane *x)
{
    __m128i w[2];
    state_words(w, x->s);
    _mm_storeu_si128((__m128i *)(void *)out32, swap_bytes(w[0]));
    _mm_storeu_si128((__m128i *)(void *)(out32 + 16), swap_bytes(w[1]));
}

/* The second hash of each lane, and its digest. */
INLINE void finish(uint8_t (*out)[32], struct lane x[LANES], unsigned n)
{
#define SET(k) load_digest(&x[k]);
    EACH(n, SET)
#undef SET
    absorb(x, n);
#define SET(k) store_digest(out[k], &x[k]);
    EACH(n, SET)
#undef SET
}

INLINE void blocks_of(uint32_t (*states)[8], const uint8_t *const *p, size_t count, unsigned n)
{
    struct lane x[LANES];
#define SET(k) x[k].s = state_load(states[k]);
    EACH(n, SET)
#undef SET
    for (size_t at = 0; at < count; at++) {
#define SET(k) load_block(&x[k], p[k] + 64 * at);
        EACH(n, SET)
#undef SET
        absorb(x, n);
    }
#define SET(k) state_store(states[k], x[k].s);
    EACH(n, SET)
#undef SET
}

INLINE void d64_of(uint8_t (*out)[32], const uint8_t *in, unsigned n)
{
    struct lane x[LANES];
#define SET(k) x[k].s = state_load(yc_sha256_start), load_block(&x[k], in + 64 * k);
    EACH(n, SET)
#undef SET
    absorb(x, n);
    absorb_pad64(x, n);
    finish(out, x, n);
}

INLINE void d80_of(uint8_t (*out)[32], const uint8_t *in, size_t stride, unsigned n)
{
    struct lane x[LANES];
#define SET(k) x[k].s = state_load(yc_sha256_start), load_block(&x[k], in + stride * k);
    EACH(n, SET)
#undef SET
    absorb(x, n);
#define SET(k) load_tail80(&x[k], in + stride * k);
    EACH(n, SET)
#undef SET
    absorb(x, n);
    finish(out, x, n);
}

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    blocks_of((uint32_t(*)[8])state, &p, count, 1);
}

static void blocks_two(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    blocks_of(states, p, count, 2);
}

static void blocks_three(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    blocks_of(states, p, count, 3);
}

static void blocks_four(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    blocks_of(states, p, count, 4);
}

static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    for (; count >= LANES; count -= LANES, in += 64 * LANES, out += LANES)
        d64_of(out, in, LANES);
    if (count == 3)
        d64_of(out, in, 3);
    else if (count == 2)
        d64_of(out, in, 2);
    else if (count == 1)
        d64_of(out, in, 1);
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    for (; count >= LANES; count -= LANES, in += LANES * stride, out += LANES)
        d80_of(out, in, stride, LANES);
    if (count == 3)
        d80_of(out, in, stride, 3);
    else if (count == 2)
        d80_of(out, in, stride, 2);
    else if (count == 1)
        d80_of(out, in, stride, 1);
}

const struct yc_sha256_kernel yc_sha256_kernel_shani = {
    .name = "sha-ni",
    .here = shani_here,
    .lanes = LANES,
    .lanes_least = 2,
    .step_ns = 66,
    .blocks = blocks,
    .blocks_abreast = {NULL, NULL, blocks_two, blocks_three, blocks_four},
    .d64 = d64,
    .d80 = d80,
};
