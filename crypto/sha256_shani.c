/* SHA-256 with the SHA extensions of x86. One message leaves the unit idle while each instruction waits for the one before
 * it, so the batches run four messages abreast. */
#include "crypto/sha256_rounds_shani.h"

#define LANES      4
#define EACH(DO)   DO(0) DO(1) DO(2) DO(3)
#define FOR_16(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

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

INLINE void absorb(struct lane *x)
{
    struct state before = x->s;
#define DO(i) step(x, i);
    FOR_16(DO)
#undef DO
    state_add(&x->s, before);
}

INLINE void absorb_pad64(struct lane *x)
{
    struct state before = x->s;
#define DO(i) four_rounds(&x->s, k_load(yc_sha256_k_pad64 + 4 * i));
    FOR_16(DO)
#undef DO
    state_add(&x->s, before);
}

/* The same for all lanes, round by round. */
INLINE void absorb_abreast(struct lane x[LANES])
{
    struct state before[LANES];
#define SET(k) before[k] = x[k].s;
    EACH(SET)
#undef SET
#define DO(i) step(&x[0], i), step(&x[1], i), step(&x[2], i), step(&x[3], i);
    FOR_16(DO)
#undef DO
#define SET(k) state_add(&x[k].s, before[k]);
    EACH(SET)
#undef SET
}

INLINE void absorb_pad64_abreast(struct lane x[LANES])
{
    struct state before[LANES];
#define SET(k) before[k] = x[k].s;
    EACH(SET)
#undef SET
#define DO(i)                                                                                                          \
    {                                                                                                                  \
        const __m128i kw = k_load(yc_sha256_k_pad64 + 4 * i);                                                          \
        four_rounds(&x[0].s, kw), four_rounds(&x[1].s, kw), four_rounds(&x[2].s, kw), four_rounds(&x[3].s, kw);        \
    }
    FOR_16(DO)
#undef DO
#define SET(k) state_add(&x[k].s, before[k]);
    EACH(SET)
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

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    struct lane x;
    x.s = state_load(state);
    for (; count; count--, p += 64) {
        load_block(&x, p);
        absorb(&x);
    }
    state_store(state, x.s);
}

static void blocks_abreast(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    struct lane x[LANES];
#define SET(k) x[k].s = state_load(states[k]);
    EACH(SET)
#undef SET
    for (size_t at = 0; at < count; at++) {
#define SET(k) load_block(&x[k], p[k] + 64 * at);
        EACH(SET)
#undef SET
        absorb_abreast(x);
    }
#define SET(k) state_store(states[k], x[k].s);
    EACH(SET)
#undef SET
}

INLINE void finish_abreast(uint8_t (*out)[32], struct lane x[LANES])
{
#define SET(k) load_digest(&x[k]);
    EACH(SET)
#undef SET
    absorb_abreast(x);
#define SET(k) store_digest(out[k], &x[k]);
    EACH(SET)
#undef SET
}

INLINE void finish(uint8_t out32[32], struct lane *x)
{
    load_digest(x);
    absorb(x);
    store_digest(out32, x);
}

static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    struct lane x[LANES];
    for (; count >= LANES; count -= LANES, in += 64 * LANES, out += LANES) {
#define SET(k) x[k].s = state_load(yc_sha256_start), load_block(&x[k], in + 64 * k);
        EACH(SET)
#undef SET
        absorb_abreast(x);
        absorb_pad64_abreast(x);
        finish_abreast(out, x);
    }
    for (; count; count--, in += 64, out++) {
        x[0].s = state_load(yc_sha256_start);
        load_block(&x[0], in);
        absorb(&x[0]);
        absorb_pad64(&x[0]);
        finish(out[0], &x[0]);
    }
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    struct lane x[LANES];
    for (; count >= LANES; count -= LANES, in += LANES * stride, out += LANES) {
#define SET(k) x[k].s = state_load(yc_sha256_start), load_block(&x[k], in + stride * k);
        EACH(SET)
#undef SET
        absorb_abreast(x);
#define SET(k) load_tail80(&x[k], in + stride * k);
        EACH(SET)
#undef SET
        absorb_abreast(x);
        finish_abreast(out, x);
    }
    for (; count; count--, in += stride, out++) {
        x[0].s = state_load(yc_sha256_start);
        load_block(&x[0], in);
        absorb(&x[0]);
        load_tail80(&x[0], in);
        absorb(&x[0]);
        finish(out[0], &x[0]);
    }
}

const struct yc_sha256_kernel yc_sha256_kernel_shani = {
    .name = "sha-ni",
    .here = shani_here,
    .lanes = LANES,
    .lanes_least = 2,
    .step_ns = 66,
    .blocks = blocks,
    .blocks_abreast = blocks_abreast,
    .d64 = d64,
    .d80 = d80,
};
