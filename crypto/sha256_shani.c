/* SHA-256 with the SHA extensions of x86. One message leaves the unit idle while each instruction waits for the one
 * before it, so the batches run two messages abreast.
 * Source: Intel's description of SHA256RNDS2, SHA256MSG1 and SHA256MSG2. */
#include "crypto/sha256_kernels.h"

#include <cpuid.h>
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* The eight words in the order that SHA256RNDS2 wants: abef holds f e b a reading from the lowest, cdgh h g d c. */
struct state {
    __m128i abef, cdgh;
};

/* A state at work, and the 16 words of the message schedule that are needed next. */
struct lane {
    struct state s;
    __m128i w[4];
};

INLINE struct state state_load(const uint32_t words[8])
{
    __m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)words);
    __m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)(words + 4));
    __m128i badc = _mm_shuffle_epi32(abcd, 0xb1), hgfe = _mm_shuffle_epi32(efgh, 0x1b);
    return (struct state){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

/* The words in their own order: abcd, then efgh. */
INLINE void state_words(__m128i words[2], struct state s)
{
    __m128i abef = _mm_shuffle_epi32(s.abef, 0x1b), ghcd = _mm_shuffle_epi32(s.cdgh, 0xb1);
    words[0] = _mm_blend_epi16(abef, ghcd, 0xf0);
    words[1] = _mm_alignr_epi8(ghcd, abef, 8);
}

INLINE void state_store(uint32_t words[8], struct state s)
{
    __m128i w[2];
    state_words(w, s);
    _mm_storeu_si128((__m128i *)(void *)words, w[0]);
    _mm_storeu_si128((__m128i *)(void *)(words + 4), w[1]);
}

INLINE __m128i swap_bytes(__m128i v)
{
    return _mm_shuffle_epi8(v, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* Four words of a message from its bytes. */
INLINE __m128i load_words(const uint8_t *p)
{
    return swap_bytes(_mm_loadu_si128((const __m128i *)(const void *)p));
}

INLINE __m128i k_load(const uint32_t *k)
{
    return _mm_loadu_si128((const __m128i *)(const void *)k);
}

INLINE void four_rounds(struct state *s, __m128i kw)
{
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, kw);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(kw, 0x0e));
}

/* Rounds 4i..4i+3, after which the oldest four words of the schedule are replaced by the four that follow the newest.
 */
INLINE void step(struct lane *x, unsigned i)
{
    __m128i *oldest = &x->w[i % 4], *newest = &x->w[(i + 3) % 4];
    four_rounds(&x->s, _mm_add_epi32(*oldest, k_load(yc_sha256_k + 4 * i)));
    if (i < 12) {
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*oldest, x->w[(i + 1) % 4]),
                                    _mm_alignr_epi8(*newest, x->w[(i + 2) % 4], 4));
        *oldest = _mm_sha256msg2_epu32(sum, *newest);
    }
}

/* For i = 0..15, spelled out so that every index is a constant and the schedule stays in registers. */
#define FOR_16(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

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

INLINE void absorb_two(struct lane *x, struct lane *y)
{
    struct state before_x = x->s, before_y = y->s;
#define DO(i)                                                                                                          \
    step(x, i);                                                                                                        \
    step(y, i);
    FOR_16(DO)
#undef DO
    state_add(&x->s, before_x);
    state_add(&y->s, before_y);
}

/* Absorb the block that pads 64 bytes. */
INLINE void absorb_pad64(struct state *x)
{
    struct state before = *x;
#define DO(i) four_rounds(x, k_load(yc_sha256_k_pad64 + 4 * i));
    FOR_16(DO)
#undef DO
    state_add(x, before);
}

INLINE void absorb_pad64_two(struct state *x, struct state *y)
{
    struct state before_x = *x, before_y = *y;
#define DO(i)                                                                                                          \
    four_rounds(x, k_load(yc_sha256_k_pad64 + 4 * i));                                                                 \
    four_rounds(y, k_load(yc_sha256_k_pad64 + 4 * i));
    FOR_16(DO)
#undef DO
    state_add(x, before_x);
    state_add(y, before_y);
}

INLINE void load_block(struct lane *x, const uint8_t *p)
{
    for (unsigned i = 0; i < 4; i++)
        x->w[i] = load_words(p + 16 * i);
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
    x->w[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->w[3] = _mm_set_epi32(256, 0, 0, 0);
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
    const uint8_t *p0 = p[0], *p1 = p[1];
    struct lane x, y;
    x.s = state_load(states[0]);
    y.s = state_load(states[1]);
    for (; count; count--, p0 += 64, p1 += 64) {
        load_block(&x, p0);
        load_block(&y, p1);
        absorb_two(&x, &y);
    }
    state_store(states[0], x.s);
    state_store(states[1], y.s);
}

static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    struct lane x, y;
    for (; count >= 2; count -= 2, in += 128, out += 2) {
        x.s = y.s = state_load(yc_sha256_start);
        load_block(&x, in);
        load_block(&y, in + 64);
        absorb_two(&x, &y);
        absorb_pad64_two(&x.s, &y.s);
        load_digest(&x);
        load_digest(&y);
        absorb_two(&x, &y);
        store_digest(out[0], &x);
        store_digest(out[1], &y);
    }
    if (count) {
        x.s = state_load(yc_sha256_start);
        load_block(&x, in);
        absorb(&x);
        absorb_pad64(&x.s);
        load_digest(&x);
        absorb(&x);
        store_digest(out[0], &x);
    }
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    struct lane x, y;
    for (; count >= 2; count -= 2, in += 2 * stride, out += 2) {
        x.s = y.s = state_load(yc_sha256_start);
        load_block(&x, in);
        load_block(&y, in + stride);
        absorb_two(&x, &y);
        load_tail80(&x, in);
        load_tail80(&y, in + stride);
        absorb_two(&x, &y);
        load_digest(&x);
        load_digest(&y);
        absorb_two(&x, &y);
        store_digest(out[0], &x);
        store_digest(out[1], &y);
    }
    if (count) {
        x.s = state_load(yc_sha256_start);
        load_block(&x, in);
        absorb(&x);
        load_tail80(&x, in);
        absorb(&x);
        load_digest(&x);
        absorb(&x);
        store_digest(out[0], &x);
    }
}

static bool here(void)
{
    unsigned a, b, c, d;
    const unsigned ssse3_sse41 = 1u << 9 | 1u << 19, sha = 1u << 29;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & ssse3_sse41) != ssse3_sse41)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha);
}

const struct yc_sha256_kernel yc_sha256_kernel_shani = {
    .name = "sha-ni",
    .here = here,
    .blocks = blocks,
    .lanes = 2,
    .lanes_least = 2,
    .blocks_abreast = blocks_abreast,
    .d64 = d64,
    .d80 = d80,
};
