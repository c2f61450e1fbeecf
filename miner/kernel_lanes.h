/* The search, written once for any number of lanes: generic, avx2 and avx512 differ in the vector type alone. Before
 * including this file a kernel defines
 *
 *     VEC                     the vector of 32-bit words
 *     LANES                   how many words it has
 *     v_splat(u) v_count()    the word u in all lanes; 0, 1, 2 … in the lanes
 *     v_add v_xor3 v_ch v_maj sum, three-way exclusive or, SHA-256's choose and majority
 *     v_ror(v, n) v_shr(v, n) rotation and shift to the right by a constant
 *     v_swap(v)               bytes of each word in the other order
 *     v_at_most(v, limit)     a mask with bit i set where lane i is at or below limit, unsigned
 *
 * and gets yc_lanes_search(). Everything is inline and every index a constant, so that words stay in registers. */

#define INLINE static inline __attribute__((always_inline))

#define FOR_8(DO)  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define FOR_16(DO) FOR_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

INLINE VEC big0(VEC a)
{
    return v_xor3(v_ror(a, 2), v_ror(a, 13), v_ror(a, 22));
}
INLINE VEC big1(VEC e)
{
    return v_xor3(v_ror(e, 6), v_ror(e, 11), v_ror(e, 25));
}
INLINE VEC small0(VEC w)
{
    return v_xor3(v_ror(w, 7), v_ror(w, 18), v_shr(w, 3));
}
INLINE VEC small1(VEC w)
{
    return v_xor3(v_ror(w, 17), v_ror(w, 19), v_shr(w, 10));
}

/* Round i (modulo 8 is what counts): the words a..h stay where they are and change their names. kw is the round's
 * constant plus its word of the message. */
INLINE void step(VEC v[8], unsigned i, VEC kw)
{
    VEC a = v[-i % 8], b = v[(1 - i) % 8], c = v[(2 - i) % 8], e = v[(4 - i) % 8];
    VEC *d = &v[(3 - i) % 8], *h = &v[(7 - i) % 8];
    VEC t = v_add(v_add(*h, kw), v_add(big1(e), v_ch(e, v[(5 - i) % 8], v[(6 - i) % 8])));
    *d = v_add(*d, t);
    *h = v_add(t, v_add(big0(a), v_maj(a, b, c)));
}

/* Replace word i of the schedule by the one 16 places on. */
INLINE void schedule(VEC w[16], unsigned i)
{
    w[i] = v_add(v_add(w[i], small0(w[(i + 1) % 16])), v_add(w[(i + 9) % 16], small1(w[(i + 14) % 16])));
}

/* What the rounds before the nonce's come to, and the words of the schedule that do not hold it: the same for all nonces
 * of a search. */
struct shared {
    uint32_t state[8]; /* after rounds 0..2, in the places that step() leaves them in */
    uint32_t w16, w17; /* of the schedule */
    uint32_t w18, w19; /* of these all but what the nonce adds: small0 of it, and it itself */
};

INLINE uint32_t ror32(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}
INLINE uint32_t small0_of(uint32_t w)
{
    return ror32(w, 7) ^ ror32(w, 18) ^ w >> 3;
}
INLINE uint32_t small1_of(uint32_t w)
{
    return ror32(w, 17) ^ ror32(w, 19) ^ w >> 10;
}

#define HEADER_BITS 640u        /* what a header's padding says of its length */
#define HASH_BITS   256u        /* and a hash's */
#define PAD_BIT     0x80000000u /* the word that begins a padding */

static void prepare(struct shared *p, const struct yc_nonce_search *s)
{
    uint32_t v[8];
    memcpy(v, s->midstate, sizeof v);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t a = v[-i % 8], b = v[(1 - i) % 8], c = v[(2 - i) % 8];
        uint32_t e = v[(4 - i) % 8], f = v[(5 - i) % 8], g = v[(6 - i) % 8];
        uint32_t t = v[(7 - i) % 8] + yc_miner_sha_k[i] + s->tail[i] + (ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25)) +
                     ((e & f) ^ (~e & g));
        v[(3 - i) % 8] += t;
        v[(7 - i) % 8] = t + (ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    }
    memcpy(p->state, v, sizeof v);
    p->w16 = s->tail[0] + small0_of(s->tail[1]);
    p->w17 = s->tail[1] + small0_of(s->tail[2]) + small1_of(HEADER_BITS);
    p->w18 = s->tail[2] + small1_of(p->w16);
    p->w19 = small0_of(PAD_BIT) + small1_of(p->w17);
}

/* The state after the header's last 16 bytes, whose nonces (as SHA-256 reads them) are given. */
INLINE void hash_tail(VEC out[8], const struct yc_nonce_search *s, const struct shared *p, VEC nonce)
{
    VEC v[8], w[16];
#define DO(i) v[i] = v_splat(p->state[i]);
    FOR_8(DO)
#undef DO
    step(v, 3, v_add(nonce, v_splat(yc_miner_sha_k[3])));
    step(v, 4, v_splat(yc_miner_sha_k[4] + PAD_BIT));
#define DO(i)                                                                                                          \
    if (i > 4 && i < 15)                                                                                               \
        step(v, i, v_splat(yc_miner_sha_k[i]));
    FOR_16(DO)
#undef DO
    step(v, 15, v_splat(yc_miner_sha_k[15] + HEADER_BITS));
    /* The schedule from word 16 on. The words 5 to 14 of the message are zeros. */
    w[0] = v_splat(p->w16);
    w[1] = v_splat(p->w17);
    w[2] = v_add(v_splat(p->w18), small0(nonce));
    w[3] = v_add(v_splat(p->w19), nonce);
    w[4] = v_add(v_splat(PAD_BIT), small1(w[2]));
    w[5] = small1(w[3]);
    w[6] = v_add(v_splat(HEADER_BITS), small1(w[4]));
    w[7] = v_add(w[0], small1(w[5]));
    w[8] = v_add(w[1], small1(w[6]));
    w[9] = v_add(w[2], small1(w[7]));
    w[10] = v_add(w[3], small1(w[8]));
    w[11] = v_add(w[4], small1(w[9]));
    w[12] = v_add(w[5], small1(w[10]));
    w[13] = v_add(w[6], small1(w[11]));
    w[14] = v_add(v_add(w[7], v_splat(small0_of(HEADER_BITS))), small1(w[12]));
    w[15] = v_add(v_add(v_splat(HEADER_BITS), small0(w[0])), v_add(w[8], small1(w[13])));
#define DO(i) step(v, i, v_add(w[i], v_splat(yc_miner_sha_k[16 + i])));
    FOR_16(DO)
#undef DO
    for (unsigned t = 32; t < 64; t += 16) {
#define DO(i)                                                                                                          \
    schedule(w, i);                                                                                                    \
    step(v, i, v_add(w[i], v_splat(yc_miner_sha_k[t + i])));
        FOR_16(DO)
#undef DO
    }
#define DO(i) out[i] = v_add(v[i], v_splat(s->midstate[i]));
    FOR_8(DO)
#undef DO
}

/* The last word of the hash of 32 bytes. It is what the fourth last round makes of e, so the last three are left out. */
INLINE VEC last_word(const VEC first[8])
{
    VEC v[8], w[16];
#define DO(i)                                                                                                          \
    v[i] = v_splat(yc_miner_sha_start[i]);                                                                             \
    w[i] = first[i];
    FOR_8(DO)
#undef DO
    w[8] = v_splat(PAD_BIT);
    w[9] = w[10] = w[11] = w[12] = w[13] = w[14] = v_splat(0);
    w[15] = v_splat(HASH_BITS);
#define DO(i) step(v, i, v_add(w[i], v_splat(yc_miner_sha_k[i])));
    FOR_16(DO)
#undef DO
    for (unsigned t = 16; t < 48; t += 16) {
#define DO(i)                                                                                                          \
    schedule(w, i);                                                                                                    \
    step(v, i, v_add(w[i], v_splat(yc_miner_sha_k[t + i])));
        FOR_16(DO)
#undef DO
    }
#define DO(i)                                                                                                          \
    if (i < 13) {                                                                                                      \
        schedule(w, i);                                                                                                \
        step(v, i, v_add(w[i], v_splat(yc_miner_sha_k[48 + i])));                                                      \
    }
    FOR_16(DO)
#undef DO
    /* Round 60 has put the new e at the place that d had in it: (3 - 60) modulo 8. */
    return v_add(v[(3u - 60u) % 8], v_splat(yc_miner_sha_start[7]));
}

static bool yc_lanes_search(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    struct shared p;
    prepare(&p, s);
    for (uint32_t done = 0; done < count; done += LANES) {
        VEC nonce = v_add(v_splat(first + done), v_count()), hash[8];
        hash_tail(hash, s, &p, v_swap(nonce));
        uint32_t hits = v_at_most(v_swap(last_word(hash)), s->target_top);
        if (count - done < LANES)
            hits &= (UINT32_C(1) << (count - done)) - 1; /* lanes past the end are not asked for */
        if (hits) {
            *found = first + done + (uint32_t)__builtin_ctz(hits);
            return true;
        }
        if (count - done <= LANES)
            break;
    }
    return false;
}
