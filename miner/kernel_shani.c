/* Four nonces abreast with the SHA extensions of x86: one alone would leave the unit idle while each instruction waits for
 * the one before it. */
#include "crypto/sha256_rounds_shani.h"
#include "miner/kernel_tables.h"

#define LANES    4u
#define EACH(DO) DO(0) DO(1) DO(2) DO(3)

/* Of the block that holds the nonce all else is known: words 4 to 15 are its padding, with which the rounds' constants are
 * added up once. */
struct shared {
    __m128i w[4];      /* the block, the nonce being zero */
    __m128i kw[4];     /* and the constants of rounds 0 to 15 */
    struct state s;    /* the midstate */
    struct state next; /* and after rounds 0 and 1, in the places of the round before */
    struct state start;
};

static void prepare(struct shared *p, const struct yc_nonce_search *s)
{
    p->w[0] = _mm_set_epi32(0, (int)s->tail[2], (int)s->tail[1], (int)s->tail[0]);
    p->w[1] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    p->w[2] = _mm_setzero_si128();
    p->w[3] = _mm_set_epi32(640, 0, 0, 0);
    for (unsigned i = 0; i < 4; i++)
        p->kw[i] = _mm_add_epi32(p->w[i], k_load(yc_sha256_k + 4 * i));
    p->s = state_load(s->midstate);
    p->start = state_load(yc_sha256_start);
    p->next.abef = p->s.abef;
    p->next.cdgh = _mm_sha256rnds2_epu32(p->s.cdgh, p->s.abef, p->kw[0]);
}

/* Rounds 2 and 3 with the nonce, which is word 3. */
INLINE void begin(struct lane *x, const struct shared *p, uint32_t nonce)
{
    x->w[0] = _mm_insert_epi32(p->w[0], (int)yc_swap32(nonce), 3);
    x->w[1] = p->w[1];
    x->w[2] = p->w[2];
    x->w[3] = p->w[3];
    __m128i kw = _mm_add_epi32(x->w[0], k_load(yc_sha256_k));
    x->s.cdgh = p->next.cdgh;
    x->s.abef = _mm_sha256rnds2_epu32(p->next.abef, p->next.cdgh, _mm_shuffle_epi32(kw, 0x0e));
    next_words(x, 0);
}

/* Rounds 4i..4i+3 of the block with the nonce, i = 1..3. */
INLINE void step_padding(struct lane *x, const struct shared *p, unsigned i)
{
    four_rounds(&x->s, p->kw[i]);
    next_words(x, i);
}

/* Make the state, with what it began from added, the message of the second hash. */
INLINE void second_message(struct lane *x, const struct shared *p)
{
    struct state digest = {_mm_add_epi32(x->s.abef, p->s.abef), _mm_add_epi32(x->s.cdgh, p->s.cdgh)};
    state_words(x->w, digest);
    pad_digest(x);
    x->s = p->start;
}

/* Rounds 60 and 61, and then the most significant word of the hash: what is f after round 61 is h after round 63. */
INLINE uint32_t top_word(const struct lane *x)
{
    __m128i kw = _mm_add_epi32(x->w[15 % 4], k_load(yc_sha256_k + 60));
    __m128i abef = _mm_sha256rnds2_epu32(x->s.cdgh, x->s.abef, kw);
    return yc_swap32((uint32_t)_mm_cvtsi128_si32(abef) + yc_sha256_start[7]);
}

#define FOR_11(DO) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14)
#define STEPS(i)   step(&x[0], i), step(&x[1], i), step(&x[2], i), step(&x[3], i);

static bool search(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    struct shared p;
    prepare(&p, s);
    for (uint32_t done = 0;; done += LANES) {
        struct lane x[LANES];
#define SET(k) begin(&x[k], &p, first + done + k);
        EACH(SET)
#undef SET
#define SET(k) step_padding(&x[k], &p, 1);
        EACH(SET)
#undef SET
#define SET(k) step_padding(&x[k], &p, 2);
        EACH(SET)
#undef SET
#define SET(k) step_padding(&x[k], &p, 3);
        EACH(SET)
#undef SET
        FOR_11(STEPS)
        STEPS(15)
#define SET(k) second_message(&x[k], &p);
        EACH(SET)
#undef SET
        STEPS(0)
        STEPS(1)
        STEPS(2)
        STEPS(3)
        FOR_11(STEPS)
        /* All at once: a branch for each would let the compiler work out one nonce after the other. */
        uint32_t hits = 0;
#define SET(k) hits |= (uint32_t)(top_word(&x[k]) <= s->target_top) << k;
        EACH(SET)
#undef SET
        if (count - done < LANES)
            hits &= (UINT32_C(1) << (count - done)) - 1;
        if (hits) {
            *found = first + done + (uint32_t)__builtin_ctz(hits);
            return true;
        }
        if (count - done <= LANES)
            return false;
    }
}

const struct yc_miner_kernel yc_miner_kernel_shani = {.name = "sha-ni", .here = shani_here, .search = search};
