/* SHA-256's rounds with the SHA extensions of x86, for the files crypto/sha256_shani.c and miner/kernel_shani.c alone.
 * Source: Intel's description of SHA256RNDS2, SHA256MSG1 and SHA256MSG2. */
#ifndef YC_CRYPTO_SHA256_ROUNDS_SHANI_H
#define YC_CRYPTO_SHA256_ROUNDS_SHANI_H

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

INLINE __m128i k_load(const uint32_t *k)
{
    return _mm_loadu_si128((const __m128i *)(const void *)k);
}

INLINE void four_rounds(struct state *s, __m128i kw)
{
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, kw);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(kw, 0x0e));
}

/* Replace the group of four words of the schedule that rounds 4i..4i+3 have used by the one four groups on. */
INLINE void next_words(struct lane *x, unsigned i)
{
    __m128i *oldest = &x->w[i % 4], *newest = &x->w[(i + 3) % 4];
    __m128i sum =
        _mm_add_epi32(_mm_sha256msg1_epu32(*oldest, x->w[(i + 1) % 4]), _mm_alignr_epi8(*newest, x->w[(i + 2) % 4], 4));
    *oldest = _mm_sha256msg2_epu32(sum, *newest);
}

/* Rounds 4i..4i+3, and the words that are needed later. */
INLINE void step(struct lane *x, unsigned i)
{
    four_rounds(&x->s, _mm_add_epi32(x->w[i % 4], k_load(yc_sha256_k + 4 * i)));
    if (i < 12)
        next_words(x, i);
}

/* The words of a second hash's message behind the digest. */
INLINE void pad_digest(struct lane *x)
{
    x->w[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->w[3] = _mm_set_epi32(256, 0, 0, 0);
}

static inline bool shani_here(void)
{
    unsigned a, b, c, d;
    const unsigned ssse3_sse41 = 1u << 9 | 1u << 19, sha = 1u << 29;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & ssse3_sse41) != ssse3_sse41)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha);
}

#endif
