/* The search, written once for any number of lanes: generic, avx2 and avx512 differ in their vectors alone. Before
 * including this file a kernel includes its vectors (crypto/sha256_vec_*.h) and crypto/sha256_lanes.h and defines
 *
 *     v_count()               0, 1, 2 … in the lanes
 *     v_at_most(v, limit)     a mask with bit i set where lane i is at or below limit, unsigned
 *
 * and gets yc_lanes_search(). */

#define LANES (SETS * VEC_LANES)

/* So many times LANES nonces go through the first hash before the second is run over them: the code of both together does
 * not fit what the processor keeps decoded. */
#define GROUPS 16u

/* What all nonces of a search share. The nonce is word 3 of its block: rounds 0 to 2 are done once, and of round 3 all but
 * the nonce itself, which is added to the two words that the round makes. In the rounds after it, until what the nonce
 * changed arrives there, h is known; it is added to the round's constant. The second hash begins with known words too: its
 * word 0 is what the nonce is to the first hash. */
struct known {
    uint32_t state[8]; /* in the places that v_step() leaves them in */
    uint32_t kw[3];    /* h, constant and word of the three rounds that follow */
};

struct shared {
    struct known first, second;
    uint32_t midstate[8];
    uint32_t w16, w17; /* of the schedule */
    uint32_t w18, w19; /* of these all but what the nonce adds: small0 of it, and it itself */
    uint32_t w31;      /* and of this the words that are known */
};

#define HEADER_BITS 640u /* what a header's padding says of its length */
#define HASH_BITS   256u /* and a hash's */

LANES_INLINE uint32_t ror32(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}
LANES_INLINE uint32_t small0_of(uint32_t w)
{
    return ror32(w, 7) ^ ror32(w, 18) ^ w >> 3;
}
LANES_INLINE uint32_t small1_of(uint32_t w)
{
    return ror32(w, 17) ^ ror32(w, 19) ^ w >> 10;
}

/* v_step() for words that are known. */
static void step_known(uint32_t v[8], unsigned i, uint32_t kw)
{
    uint32_t a = v[-i % 8], b = v[(1 - i) % 8], c = v[(2 - i) % 8];
    uint32_t e = v[(4 - i) % 8], f = v[(5 - i) % 8], g = v[(6 - i) % 8];
    uint32_t t = v[(7 - i) % 8] + kw + (ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25)) + ((e & f) ^ (~e & g));
    v[(3 - i) % 8] += t;
    v[(7 - i) % 8] = t + (ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

/* The rounds before `last` with these words, round `last` without its word, and the three behind it. */
static void prepare_known(struct known *k, const uint32_t state[8], const uint32_t *words, unsigned last,
                          uint32_t word_after)
{
    memcpy(k->state, state, sizeof k->state);
    for (unsigned i = 0; i < last; i++)
        step_known(k->state, i, yc_sha256_k[i] + words[i]);
    step_known(k->state, last, yc_sha256_k[last]);
    for (unsigned i = 0; i < 3; i++)
        k->kw[i] = k->state[(6 - last - i) % 8] + yc_sha256_k[last + 1 + i] + (i == 0 ? word_after : 0);
}

static void prepare(struct shared *p, const struct yc_nonce_search *s)
{
    prepare_known(&p->first, s->midstate, s->tail, 3, LANES_PAD_BIT);
    prepare_known(&p->second, yc_sha256_start, NULL, 0, 0);
    memcpy(p->midstate, s->midstate, sizeof p->midstate);
    p->w16 = s->tail[0] + small0_of(s->tail[1]);
    p->w17 = s->tail[1] + small0_of(s->tail[2]) + small1_of(HEADER_BITS);
    p->w18 = s->tail[2] + small1_of(p->w16);
    p->w19 = small0_of(LANES_PAD_BIT) + small1_of(p->w17);
    p->w31 = HEADER_BITS + small0_of(p->w16);
}

/* Words 16 to 31 of a header's schedule. Word 4 begins the padding, word 15 is the length, those between are zeros. */
LANES_INLINE void schedule_header(VEC w[16], const struct shared *p, VEC nonce)
{
    w[0] = v_splat(p->w16);
    w[1] = v_splat(p->w17);
    w[2] = v_add(v_splat(p->w18), v_small0(nonce));
    w[3] = v_add(v_splat(p->w19), nonce);
    w[4] = v_add(v_splat(LANES_PAD_BIT), v_small1(w[2]));
    w[5] = v_small1(w[3]);
    w[6] = v_add(v_splat(HEADER_BITS), v_small1(w[4]));
    w[7] = v_add(w[0], v_small1(w[5]));
    w[8] = v_add(w[1], v_small1(w[6]));
    w[9] = v_add(w[2], v_small1(w[7]));
    w[10] = v_add(w[3], v_small1(w[8]));
    w[11] = v_add(w[4], v_small1(w[9]));
    w[12] = v_add(w[5], v_small1(w[10]));
    w[13] = v_add(w[6], v_small1(w[11]));
    w[14] = v_add(v_add(w[7], v_splat(small0_of(HEADER_BITS))), v_small1(w[12]));
    w[15] = v_add(v_splat(p->w31), v_add(w[8], v_small1(w[13])));
}

/* Words 16 to 31 of the schedule of the block that a digest, words 0 to 7, fills to the half: in place. */
LANES_INLINE void schedule_digest(VEC w[16])
{
    w[0] = v_add(w[0], v_small0(w[1]));
    w[1] = v_add(v_add(w[1], v_splat(small1_of(HASH_BITS))), v_small0(w[2]));
    w[2] = v_add(v_add(w[2], v_small0(w[3])), v_small1(w[0]));
    w[3] = v_add(v_add(w[3], v_small0(w[4])), v_small1(w[1]));
    w[4] = v_add(v_add(w[4], v_small0(w[5])), v_small1(w[2]));
    w[5] = v_add(v_add(w[5], v_small0(w[6])), v_small1(w[3]));
    w[6] = v_add(v_add(w[6], v_small0(w[7])), v_add(v_splat(HASH_BITS), v_small1(w[4])));
    w[7] = v_add(v_add(w[7], v_splat(small0_of(LANES_PAD_BIT))), v_add(w[0], v_small1(w[5])));
    w[8] = v_add(v_add(w[1], v_splat(LANES_PAD_BIT)), v_small1(w[6]));
    w[9] = v_add(w[2], v_small1(w[7]));
    w[10] = v_add(w[3], v_small1(w[8]));
    w[11] = v_add(w[4], v_small1(w[9]));
    w[12] = v_add(w[5], v_small1(w[10]));
    w[13] = v_add(w[6], v_small1(w[11]));
    w[14] = v_add(v_add(w[7], v_splat(small0_of(HASH_BITS))), v_small1(w[12]));
    w[15] = v_add(v_add(w[8], v_splat(HASH_BITS)), v_add(v_small0(w[0]), v_small1(w[13])));
}

/* Once in memory for both hashes: with two copies the search does not fit the instruction cache. */
static __attribute__((noinline)) void more_rounds(VEC (*v)[8], VEC (*w)[16], unsigned from, unsigned to)
{
    sets_rounds_scheduled(v, w, from, to);
}

/* The digest of each header's first hash. */
static void hash_headers(VEC (*digest)[8], const struct shared *p, uint32_t first)
{
    VEC v[SETS][8], w[SETS][16], nonce[SETS];
    for (unsigned k = 0; k < SETS; k++) {
        nonce[k] = v_swap(v_add(v_splat(first + k * VEC_LANES), v_count()));
        for (unsigned i = 0; i < 8; i++)
            v[k][i] = v_splat(p->first.state[i]);
        v[k][0] = v_add(v[k][0], nonce[k]); /* what round 3 made of d and h */
        v[k][4] = v_add(v[k][4], nonce[k]);
        schedule_header(w[k], p, nonce[k]);
    }
    sets_round_sum(v, 4, p->first.kw[0]);
    sets_round_sum(v, 5, p->first.kw[1]);
    sets_round_sum(v, 6, p->first.kw[2]);
#define DO(i)                                                                                                          \
    if (i > 6)                                                                                                         \
        sets_round(v, i, yc_sha256_k[i] + (i == 15 ? HEADER_BITS : 0));
    FOR_16(DO)
#undef DO
#define DO(i) sets_round_words(v, w, i, yc_sha256_k[16 + i]);
    FOR_16(DO)
#undef DO
    more_rounds(v, w, 32, 64);
    for (unsigned k = 0; k < SETS; k++)
        for (unsigned i = 0; i < 8; i++)
            digest[k][i] = v_add(v[k][i], v_splat(p->midstate[i]));
}

/* Which of the headers with these digests are candidates. Of the second hash the last word counts. It is what the fourth
 * last round makes of e, so the last three are left out. */
static uint32_t candidates(VEC (*digest)[8], const struct shared *p, uint32_t target_top)
{
    VEC v[SETS][8], w[SETS][16];
    for (unsigned k = 0; k < SETS; k++) {
        for (unsigned i = 0; i < 8; i++)
            w[k][i] = digest[k][i];
        for (unsigned i = 0; i < 8; i++)
            v[k][i] = v_splat(p->second.state[i]);
        v[k][3] = v_add(v[k][3], w[k][0]); /* what round 0 made of d and h */
        v[k][7] = v_add(v[k][7], w[k][0]);
        for (unsigned i = 1; i < 4; i++)
            v_step_sum(v[k], i, v_add(w[k][i], v_splat(p->second.kw[i - 1])));
    }
#define DO(i)                                                                                                          \
    if (i > 3 && i < 8)                                                                                                \
        sets_round_words(v, w, i, yc_sha256_k[i]);                                                                     \
    if (i > 7)                                                                                                         \
        sets_round(v, i, yc_sha256_k[i] + (i == 8 ? LANES_PAD_BIT : i == 15 ? HASH_BITS : 0));
    FOR_16(DO)
#undef DO
    for (unsigned k = 0; k < SETS; k++)
        schedule_digest(w[k]);
#define DO(i) sets_round_words(v, w, i, yc_sha256_k[16 + i]);
    FOR_16(DO)
#undef DO
    more_rounds(v, w, 32, 48);
#define DO(i)                                                                                                          \
    if (i < 13)                                                                                                        \
        sets_round_scheduled(v, w, i, yc_sha256_k[48 + i]);
    FOR_16(DO)
#undef DO
    /* Round 60 has put the new e at the place that d had in it: (3 - 60) modulo 8. */
    uint32_t hits = 0;
    for (unsigned k = 0; k < SETS; k++) {
        VEC last = v_add(v[k][(3u - 60u) % 8], v_splat(yc_sha256_start[7]));
        hits |= v_at_most(v_swap(last), target_top) << k * VEC_LANES;
    }
    return hits;
}

static bool yc_lanes_search(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    struct shared p;
    VEC digest[GROUPS][SETS][8];
    prepare(&p, s);
    for (uint32_t done = 0; done < count;) {
        uint32_t left = count - done, groups = left < GROUPS * LANES ? (left + LANES - 1) / LANES : GROUPS;
        for (uint32_t g = 0; g < groups; g++)
            hash_headers(digest[g], &p, first + done + g * LANES);
        for (uint32_t g = 0; g < groups; g++, left -= LANES) {
            uint32_t hits = candidates(digest[g], &p, s->target_top);
            if (left < LANES)
                hits &= (UINT32_C(1) << left) - 1; /* lanes past the end are not asked for */
            if (hits) {
                *found = first + done + g * LANES + (uint32_t)__builtin_ctz(hits);
                return true;
            }
            if (left <= LANES)
                return false;
        }
        done += groups * LANES;
    }
    return false;
}
