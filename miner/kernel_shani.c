/* Two nonces abreast with the SHA extensions of x86: one alone would leave the unit idle while each instruction waits for
 * the one before it. Source: Intel's description of SHA256RNDS2, SHA256MSG1 and SHA256MSG2. */
#include "miner/kernel_tables.h"

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

INLINE __m128i k_load(unsigned i)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(yc_miner_sha_k + 4 * i));
}

/* Rounds 4i to 4i + 3. Group i of the message is worked in, and replaced by the one four places on while one is needed. */
INLINE void step(struct lane *x, unsigned i)
{
    __m128i *oldest = &x->w[i % 4], *newest = &x->w[(i + 3) % 4];
    __m128i kw = _mm_add_epi32(*oldest, k_load(i));
    x->s.cdgh = _mm_sha256rnds2_epu32(x->s.cdgh, x->s.abef, kw);
    x->s.abef = _mm_sha256rnds2_epu32(x->s.abef, x->s.cdgh, _mm_shuffle_epi32(kw, 0x0e));
    if (i < 12) {
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*oldest, x->w[(i + 1) % 4]),
                                    _mm_alignr_epi8(*newest, x->w[(i + 2) % 4], 4));
        *oldest = _mm_sha256msg2_epu32(sum, *newest);
    }
}

#define FOR_15(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14)
#define DO_TWO(i)                                                                                                      \
    step(&x, i);                                                                                                       \
    step(&y, i);

/* Make the state, with what it began from added, the message of the second hash. */
INLINE void second_message(struct lane *x, struct state before)
{
    __m128i abef = _mm_shuffle_epi32(_mm_add_epi32(x->s.abef, before.abef), 0x1b);
    __m128i ghcd = _mm_shuffle_epi32(_mm_add_epi32(x->s.cdgh, before.cdgh), 0xb1);
    x->w[0] = _mm_blend_epi16(abef, ghcd, 0xf0);
    x->w[1] = _mm_alignr_epi8(ghcd, abef, 8);
    x->w[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->w[3] = _mm_set_epi32(256, 0, 0, 0);
}

/* The most significant word of the hash that is under way after round 61: what is then f is h after round 63. */
INLINE uint32_t top_of(const struct state *s)
{
    return yc_swap32((uint32_t)_mm_cvtsi128_si32(s->abef) + yc_miner_sha_start[7]);
}

/* Rounds 60 and 61. */
INLINE void last_rounds(struct lane *x)
{
    __m128i kw = _mm_add_epi32(x->w[15 % 4], k_load(15));
    __m128i abef = x->s.abef;
    x->s.abef = _mm_sha256rnds2_epu32(x->s.cdgh, abef, kw);
    x->s.cdgh = abef;
}

static bool search(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    const struct state middle = state_load(s->midstate), start = state_load(yc_miner_sha_start);
    const __m128i head = _mm_set_epi32(0, (int)s->tail[2], (int)s->tail[1], (int)s->tail[0]);
    for (uint32_t done = 0;; done += 2) {
        uint32_t nonce = first + done;
        struct lane x, y;
        x.s = y.s = middle;
        x.w[0] = _mm_insert_epi32(head, (int)yc_swap32(nonce), 3);
        y.w[0] = _mm_insert_epi32(head, (int)yc_swap32(nonce + 1), 3);
        x.w[1] = y.w[1] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
        x.w[2] = y.w[2] = _mm_setzero_si128();
        x.w[3] = y.w[3] = _mm_set_epi32(640, 0, 0, 0);
        FOR_15(DO_TWO)
        DO_TWO(15)
        second_message(&x, middle);
        second_message(&y, middle);
        x.s = y.s = start;
        FOR_15(DO_TWO)
        last_rounds(&x);
        last_rounds(&y);
        if (top_of(&x.s) <= s->target_top) {
            *found = nonce;
            return true;
        }
        if (count - done >= 2 && top_of(&y.s) <= s->target_top) {
            *found = nonce + 1;
            return true;
        }
        if (count - done <= 2)
            return false;
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

const struct yc_miner_kernel yc_miner_kernel_shani = {.name = "sha-ni", .here = here, .search = search};
