/* SHA-256's rounds over vectors of 32-bit words: lane i of every vector belongs to message i. For the kernels of crypto/
 * and miner/ alone, each of which first includes the header of its vectors (sha256_vec_*.h) and defines
 *
 *     SETS                    how many sets of VEC_LANES messages go abreast, 1 or 2. Each instruction of a round waits for
 *                             the one before it; with two sets the arithmetic of one fills the gaps of the other.
 *
 * The vectors are
 *
 *     VEC                     the vector
 *     VEC_LANES               how many words it has
 *     v_splat(u)              the word u in all lanes
 *     v_add v_xor3 v_ch v_maj sum, three-way exclusive or, SHA-256's choose and majority
 *     v_ror(v, n) v_shr(v, n) rotation and shift to the right by a constant
 *     v_swap(v)               bytes of each word in the other order
 *
 * Everything is inline and every index a constant, so that words stay in registers. */
#ifndef YC_CRYPTO_SHA256_LANES_H
#define YC_CRYPTO_SHA256_LANES_H

#define LANES_INLINE static inline __attribute__((always_inline))

/* For i = 0..7 or 0..15, spelled out. */
#define FOR_8(DO)  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define FOR_16(DO) FOR_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

LANES_INLINE VEC v_big0(VEC a)
{
    return v_xor3(v_ror(a, 2), v_ror(a, 13), v_ror(a, 22));
}
LANES_INLINE VEC v_big1(VEC e)
{
    return v_xor3(v_ror(e, 6), v_ror(e, 11), v_ror(e, 25));
}
LANES_INLINE VEC v_small0(VEC w)
{
    return v_xor3(v_ror(w, 7), v_ror(w, 18), v_shr(w, 3));
}
LANES_INLINE VEC v_small1(VEC w)
{
    return v_xor3(v_ror(w, 17), v_ror(w, 19), v_shr(w, 10));
}

/* Round i (modulo 8 is what counts): the words a..h stay where they are and change their names. hkw is h, the round's
 * constant and its word of the message. In this order of sums big1, which takes longest, comes last on the way from e to
 * the next e. */
LANES_INLINE void v_step_sum(VEC v[8], unsigned i, VEC hkw)
{
    VEC a = v[-i % 8], b = v[(1 - i) % 8], c = v[(2 - i) % 8], e = v[(4 - i) % 8];
    VEC t = v_add(v_add(hkw, v_ch(e, v[(5 - i) % 8], v[(6 - i) % 8])), v_big1(e));
    v[(3 - i) % 8] = v_add(v[(3 - i) % 8], t);
    v[(7 - i) % 8] = v_add(t, v_add(v_big0(a), v_maj(a, b, c)));
}
LANES_INLINE void v_step(VEC v[8], unsigned i, VEC kw)
{
    v_step_sum(v, i, v_add(v[(7 - i) % 8], kw));
}

/* Replace word i of the schedule by the one 16 places on. */
LANES_INLINE void v_schedule(VEC w[16], unsigned i)
{
    w[i] = v_add(v_add(w[i], v_small0(w[(i + 1) % 16])), v_add(w[(i + 9) % 16], v_small1(w[(i + 14) % 16])));
}

/* Round i of each set: with one word for all messages, with h known as well, and with the messages' words w[i]. */
LANES_INLINE void sets_round(VEC (*v)[8], unsigned i, uint32_t kw)
{
    v_step(v[0], i, v_splat(kw));
    if (SETS == 2)
        v_step(v[SETS - 1], i, v_splat(kw));
}
LANES_INLINE void sets_round_sum(VEC (*v)[8], unsigned i, uint32_t hkw)
{
    v_step_sum(v[0], i, v_splat(hkw));
    if (SETS == 2)
        v_step_sum(v[SETS - 1], i, v_splat(hkw));
}
LANES_INLINE void sets_round_words(VEC (*v)[8], VEC (*w)[16], unsigned i, uint32_t k)
{
    v_step(v[0], i, v_add(w[0][i], v_splat(k)));
    if (SETS == 2)
        v_step(v[SETS - 1], i, v_add(w[SETS - 1][i], v_splat(k)));
}

/* Word i of each set's schedule, then the round with it. */
LANES_INLINE void sets_round_scheduled(VEC (*v)[8], VEC (*w)[16], unsigned i, uint32_t k)
{
    v_schedule(w[0], i);
    if (SETS == 2)
        v_schedule(w[SETS - 1], i);
    sets_round_words(v, w, i, k);
}

/* Rounds from..to - 1, multiples of 16, whose words are to be scheduled. */
LANES_INLINE void sets_rounds_scheduled(VEC (*v)[8], VEC (*w)[16], unsigned from, unsigned to)
{
    for (const uint32_t *k = yc_sha256_k + from; k < yc_sha256_k + to; k += 16) {
#define DO(i) sets_round_scheduled(v, w, i, k[i]);
        FOR_16(DO)
#undef DO
    }
}

#define LANES_PAD_BIT 0x80000000u /* the word that begins a padding */

#endif
