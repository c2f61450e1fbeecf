/* SHA-256 of 16 messages abreast with AVX-512: word i of every message lies in one vector. What does not fill the 16
 * lanes, and single messages, are left to the SHA extensions, which every processor that has both does better. */
#include "crypto/sha256_kernels.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

#define LANES 16

INLINE __m512i add(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}
INLINE __m512i splat(uint32_t v)
{
    return _mm512_set1_epi32((int)v);
}
INLINE __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
INLINE __m512i choose(__m512i e, __m512i f, __m512i g)
{
    return _mm512_ternarylogic_epi32(e, f, g, 0xca);
}
INLINE __m512i majority(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0xe8);
}

INLINE __m512i big0(__m512i a)
{
    return xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
}

INLINE __m512i big1(__m512i e)
{
    return xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
}

INLINE __m512i small0(__m512i w)
{
    return xor3(_mm512_ror_epi32(w, 7), _mm512_ror_epi32(w, 18), _mm512_srli_epi32(w, 3));
}

INLINE __m512i small1(__m512i w)
{
    return xor3(_mm512_ror_epi32(w, 17), _mm512_ror_epi32(w, 19), _mm512_srli_epi32(w, 10));
}

/* Round i of 16; the words a..h stay where they are and change their names. */
INLINE void step(__m512i v[8], unsigned i, __m512i kw)
{
    __m512i a = v[-i % 8], b = v[(1 - i) % 8], c = v[(2 - i) % 8], e = v[(4 - i) % 8];
    __m512i *d = &v[(3 - i) % 8], *h = &v[(7 - i) % 8];
    __m512i t = add(add(*h, kw), add(big1(e), choose(e, v[(5 - i) % 8], v[(6 - i) % 8])));
    *d = add(*d, t);
    *h = add(t, add(big0(a), majority(a, b, c)));
}

/* Replace word i of the schedule by the one 16 places on. */
INLINE void schedule(__m512i w[16], unsigned i)
{
    w[i] = add(add(w[i], small0(w[(i + 1) % 16])), add(w[(i + 9) % 16], small1(w[(i + 14) % 16])));
}

/* For i = 0..15, spelled out so that every index is a constant and the vectors stay in registers. */
#define FOR_8(DO)  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define FOR_16(DO) FOR_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

INLINE void copy_state(__m512i v[8], const __m512i s[8])
{
#define DO(i) v[i] = s[i];
    FOR_8(DO)
#undef DO
}

INLINE void add_state(__m512i s[8], const __m512i v[8])
{
#define DO(i) s[i] = add(s[i], v[i]);
    FOR_8(DO)
#undef DO
}

static void absorb(__m512i s[8], const __m512i words[16])
{
    __m512i v[8], w[16];
#define DO(i) w[i] = words[i];
    FOR_16(DO)
#undef DO
    copy_state(v, s);
#define DO(i) step(v, i, add(w[i], splat(yc_sha256_k[i])));
    FOR_16(DO)
#undef DO
    for (unsigned t = 16; t < 64; t += 16) {
#define DO(i)                                                                                                          \
    schedule(w, i);                                                                                                    \
    step(v, i, add(w[i], splat(yc_sha256_k[t + i])));
        FOR_16(DO)
#undef DO
    }
    add_state(s, v);
}

/* Absorb the block that pads 64 bytes. */
static void absorb_pad64(__m512i s[8])
{
    __m512i v[8];
    copy_state(v, s);
    for (unsigned t = 0; t < 64; t += 16) {
#define DO(i) step(v, i, splat(yc_sha256_k_pad64[t + i]));
        FOR_16(DO)
#undef DO
    }
    add_state(s, v);
}

/* Turn rows into columns in both halves at once: vector i holds 8 words of message i, then 8 words of message i + 8;
 * after it vector j holds word j of messages 0..15. It is its own inverse. */
INLINE void transpose(__m512i r[8])
{
    const __m512i even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    __m512i pairs[8], fours[8]; /* fours[j]: words j and j + 4 of messages 0..3; fours[4 + j]: of messages 4..7 */
    for (unsigned i = 0; i < 8; i += 4) {
        pairs[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        pairs[i + 2] = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
        pairs[i + 3] = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
        fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (unsigned j = 0; j < 4; j++) {
        r[j] = _mm512_permutex2var_epi64(fours[j], even, fours[4 + j]);
        r[j + 4] = _mm512_permutex2var_epi64(fours[j], odd, fours[4 + j]);
    }
}

INLINE __m512i swap_bytes(__m512i v)
{
    return _mm512_shuffle_epi8(
        v, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

/* 32 bytes at a and 32 at b. */
INLINE __m512i load_two(const void *a, const void *b)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(a)), _mm256_loadu_si256(b), 1);
}

INLINE void store_two(void *a, void *b, __m512i v)
{
    _mm256_storeu_si256(a, _mm512_castsi512_si256(v));
    _mm256_storeu_si256(b, _mm512_extracti64x4_epi64(v, 1));
}

/* The words of 16 blocks: the block of message i begins at p[i] + offset. */
INLINE void load_blocks(__m512i w[16], const uint8_t *const *p, size_t offset)
{
    for (unsigned i = 0; i < 8; i++) {
        w[i] = swap_bytes(load_two(p[i] + offset, p[i + 8] + offset));
        w[i + 8] = swap_bytes(load_two(p[i] + offset + 32, p[i + 8] + offset + 32));
    }
    transpose(w);
    transpose(w + 8);
}

INLINE void start(__m512i s[8])
{
    for (unsigned i = 0; i < 8; i++)
        s[i] = splat(yc_sha256_start[i]);
}

/* The padding behind `words` words of a last block, of a message of so many bits. */
INLINE void pad(__m512i w[16], unsigned words, uint32_t bits)
{
    w[words] = splat(0x80000000);
    for (unsigned i = words + 1; i < 15; i++)
        w[i] = _mm512_setzero_si512();
    w[15] = splat(bits);
}

/* The second hash of every lane, and its digests to out. */
static void finish_double(uint8_t (*out)[32], const __m512i first[8])
{
    __m512i w[16], s[8];
    memcpy(w, first, 8 * sizeof w[0]);
    pad(w, 8, 256);
    start(s);
    absorb(s, w);
    for (unsigned i = 0; i < 8; i++)
        s[i] = swap_bytes(s[i]);
    transpose(s);
    for (unsigned i = 0; i < 8; i++)
        store_two(out[i], out[i + 8], s[i]);
}

static void blocks_abreast(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    __m512i s[8], w[16];
    for (unsigned i = 0; i < 8; i++)
        s[i] = load_two(states[i], states[i + 8]);
    transpose(s);
    for (size_t at = 0; at < count; at++) {
        load_blocks(w, p, 64 * at);
        absorb(s, w);
    }
    transpose(s);
    for (unsigned i = 0; i < 8; i++)
        store_two(states[i], states[i + 8], s[i]);
}

/* Where 16 messages begin that lie stride bytes apart. */
INLINE void starts(const uint8_t *p[LANES], const uint8_t *in, size_t stride)
{
    for (size_t i = 0; i < LANES; i++)
        p[i] = in + stride * i;
}

static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    for (; count >= LANES; count -= LANES, in += 64 * LANES, out += LANES) {
        const uint8_t *p[LANES];
        __m512i s[8], w[16];
        starts(p, in, 64);
        load_blocks(w, p, 0);
        start(s);
        absorb(s, w);
        absorb_pad64(s);
        finish_double(out, s);
    }
    yc_sha256_kernel_shani.d64(out, in, count);
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    for (; count >= LANES; count -= LANES, in += stride * LANES, out += LANES) {
        const uint8_t *p[LANES];
        __m512i s[8], w[16];
        starts(p, in, stride);
        load_blocks(w, p, 0);
        start(s);
        absorb(s, w);
        /* The last 32 bytes, of which the first half belongs to the block before: no byte past the 80 is read. */
        for (unsigned i = 0; i < 8; i++)
            w[i] = swap_bytes(load_two(p[i] + 48, p[i + 8] + 48));
        transpose(w);
        memcpy(w, w + 4, 4 * sizeof w[0]);
        pad(w, 4, 640);
        absorb(s, w);
        finish_double(out, s);
    }
    yc_sha256_kernel_shani.d80(out, in, stride, count);
}

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    yc_sha256_kernel_shani.blocks(state, p, count);
}

/* The compiler's check covers the operating system's support of the registers too. */
static bool here(void)
{
    return yc_sha256_kernel_shani.here() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct yc_sha256_kernel yc_sha256_kernel_avx512 = {
    .name = "avx512",
    .here = here,
    .blocks = blocks,
    .lanes = LANES,
    .lanes_least = 6,
    .blocks_abreast = blocks_abreast,
    .d64 = d64,
    .d80 = d80,
};
