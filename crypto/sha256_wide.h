/* Double SHA-256 of many messages abreast, written once for the vectors of every instruction set. A kernel first includes
 * the header of its vectors and sha256_lanes.h (with its SETS) and defines
 *
 *     v_load(r, p, at)        8 vectors: of each message the 8 words at p[i] + at, bytes as they lie, before transposing
 *     v_store(p, r)           the reverse: 32 bytes to each p[i]
 *     v_transpose(r)          from 8 words of each message to one vector for each word; its own inverse
 *     MASK v_more(v, limit)   where the words are above limit, all below 2^31
 *     v_add_where(m, a, b)    a + b where the mask has it, a elsewhere
 *
 * and gets wide_d64(), wide_d80() and wide_runs(), as struct yc_sha256_kernel wants them. */

#define WIDE_LANES (SETS * VEC_LANES)

LANES_INLINE void wide_copy(VEC v[8], const VEC s[8])
{
#define DO(i) v[i] = s[i];
    FOR_8(DO)
#undef DO
}

LANES_INLINE void wide_add(VEC s[8], const VEC v[8])
{
#define DO(i) s[i] = v_add(s[i], v[i]);
    FOR_8(DO)
#undef DO
}

/* The rounds of a block of these words, from s on: what is to be added to s. */
LANES_INLINE void wide_rounds(VEC (*v)[8], VEC (*s)[8], VEC (*words)[16])
{
    VEC w[SETS][16];
    for (unsigned k = 0; k < SETS; k++) {
        wide_copy(v[k], s[k]);
        wide_copy(w[k], words[k]);
        wide_copy(w[k] + 8, words[k] + 8);
    }
#define DO(i) sets_round_words(v, w, i, yc_sha256_k[i]);
    FOR_16(DO)
#undef DO
    sets_rounds_scheduled(v, w, 16, 64);
}

/* Once in memory for all callers: with two copies the code of a double hash does not fit the instruction cache. */
static __attribute__((noinline)) void wide_absorb(VEC (*s)[8], VEC (*words)[16])
{
    VEC v[SETS][8];
    wide_rounds(v, s, words);
    for (unsigned k = 0; k < SETS; k++)
        wide_add(s[k], v[k]);
}

/* Only for messages that have a block `at`. */
static void wide_absorb_some(VEC (*s)[8], VEC (*words)[16], const VEC *counts, uint32_t at)
{
    VEC v[SETS][8];
    wide_rounds(v, s, words);
    for (unsigned k = 0; k < SETS; k++) {
        MASK going = v_more(counts[k], at);
        for (unsigned i = 0; i < 8; i++)
            s[k][i] = v_add_where(going, s[k][i], v[k][i]);
    }
}

/* Absorb the block that pads 64 bytes. */
static void wide_absorb_pad64(VEC (*s)[8])
{
    VEC v[SETS][8];
    for (unsigned k = 0; k < SETS; k++)
        wide_copy(v[k], s[k]);
    for (unsigned t = 0; t < 64; t += 16) {
#define DO(i) sets_round(v, i, yc_sha256_k_pad64[t + i]);
        FOR_16(DO)
#undef DO
    }
    for (unsigned k = 0; k < SETS; k++)
        wide_add(s[k], v[k]);
}

LANES_INLINE void wide_start(VEC s[8])
{
#define DO(i) s[i] = v_splat(yc_sha256_start[i]);
    FOR_8(DO)
#undef DO
}

/* The second hash of every lane, of the digest that its state stands for, to the 32 bytes at its out. */
static void wide_finish(uint8_t *const *out, VEC (*first)[8])
{
    VEC s[SETS][8], w[SETS][16];
    for (unsigned k = 0; k < SETS; k++) {
        wide_start(s[k]);
        wide_copy(w[k], first[k]);
        w[k][8] = v_splat(LANES_PAD_BIT);
        for (unsigned i = 9; i < 15; i++)
            w[k][i] = v_splat(0);
        w[k][15] = v_splat(256);
    }
    wide_absorb(s, w);
    for (unsigned k = 0; k < SETS; k++) {
        for (unsigned i = 0; i < 8; i++)
            s[k][i] = v_swap(s[k][i]);
        v_transpose(s[k]);
        v_store(out + k * VEC_LANES, s[k]);
    }
}

/* Words first.. first + 8 of the blocks at p[i] + at. */
LANES_INLINE void wide_load(VEC (*w)[16], const uint8_t *const *p, size_t at, unsigned first)
{
    for (unsigned k = 0; k < SETS; k++) {
        v_load(w[k] + first, p + k * VEC_LANES, at);
        for (unsigned i = 0; i < 8; i++)
            w[k][first + i] = v_swap(w[k][first + i]);
        v_transpose(w[k] + first);
    }
}

/* Where the next messages begin that lie stride bytes apart, and where their digests go. Lanes without a message repeat
 * the last one's and write where nobody looks. */
LANES_INLINE void wide_places(const uint8_t **p, uint8_t **to, uint8_t (*out)[32], const uint8_t *in, size_t stride,
                              size_t count, uint8_t nowhere32[32])
{
    for (size_t i = 0; i < WIDE_LANES; i++) {
        p[i] = in + stride * (i < count ? i : count - 1);
        to[i] = i < count ? out[i] : nowhere32;
    }
}

static void wide_d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    const uint8_t *p[WIDE_LANES];
    uint8_t *to[WIDE_LANES], nowhere[32];
    while (count) {
        size_t n = count < WIDE_LANES ? count : WIDE_LANES;
        VEC s[SETS][8], w[SETS][16];
        wide_places(p, to, out, in, 64, n, nowhere);
        wide_load(w, p, 0, 0);
        wide_load(w, p, 32, 8);
        for (unsigned k = 0; k < SETS; k++)
            wide_start(s[k]);
        wide_absorb(s, w);
        wide_absorb_pad64(s);
        wide_finish(to, s);
        count -= n;
        in += 64 * n;
        out += n;
    }
}

static void wide_d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    const uint8_t *p[WIDE_LANES];
    uint8_t *to[WIDE_LANES], nowhere[32];
    while (count) {
        size_t n = count < WIDE_LANES ? count : WIDE_LANES;
        VEC s[SETS][8], w[SETS][16];
        wide_places(p, to, out, in, stride, n, nowhere);
        wide_load(w, p, 0, 0);
        wide_load(w, p, 32, 8);
        for (unsigned k = 0; k < SETS; k++)
            wide_start(s[k]);
        wide_absorb(s, w);
        /* The last 32 bytes, of which the first half belongs to the block before: no byte past the 80 is read. */
        wide_load(w, p, 48, 0);
        for (unsigned k = 0; k < SETS; k++) {
            memcpy(w[k], w[k] + 4, 4 * sizeof w[k][0]);
            w[k][4] = v_splat(LANES_PAD_BIT);
            for (unsigned i = 5; i < 15; i++)
                w[k][i] = v_splat(0);
            w[k][15] = v_splat(640);
        }
        wide_absorb(s, w);
        wide_finish(to, s);
        count -= n;
        in += stride * n;
        out += n;
    }
}

static void wide_runs(const struct yc_sha256_run *runs, size_t count)
{
    const uint8_t *p[WIDE_LANES];
    uint8_t *to[WIDE_LANES], nowhere[32];
    uint32_t counts[WIDE_LANES] = {0}, most = 0;
    VEC s[SETS][8], w[SETS][16], lane_counts[SETS];
    for (size_t i = 0; i < WIDE_LANES; i++) {
        to[i] = nowhere;
        if (i < count) {
            to[i] = runs[i].out32;
            counts[i] = runs[i].count;
            most = counts[i] > most ? counts[i] : most;
        }
    }
    memcpy(lane_counts, counts, sizeof counts);
    for (unsigned k = 0; k < SETS; k++)
        wide_start(s[k]);
    for (uint32_t at = 0; at < most; at++) {
        for (size_t i = 0; i < WIDE_LANES; i++) {
            /* A lane without such a block repeats what it has, and its state stays. */
            const struct yc_sha256_run *r = &runs[i < count ? i : 0];
            uint32_t end_at = at < r->count ? at - r->body_count : 0;
            p[i] = at < r->body_count ? r->body + 64 * (size_t)at : r->end + 64 * (size_t)end_at;
        }
        wide_load(w, p, 0, 0);
        wide_load(w, p, 32, 8);
        wide_absorb_some(s, w, lane_counts, at);
    }
    wide_finish(to, s);
}
