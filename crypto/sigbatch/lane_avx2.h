/* Four lanes of 64 bits: AVX2, whose multiplier takes 32 bits of each factor; with LANE_AVX_IFMA defined before, AVX-IFMA, which
 * has AVX-512 IFMA's multiplier of 52 bits over these registers. For files compiled with these instruction sets. Additions,
 * left shifts and multiplications promise that nothing is lost; see crypto/sigbatch/field.h. */
#ifndef YC_CRYPTO_SIGBATCH_LANE_AVX2_H
#define YC_CRYPTO_SIGBATCH_LANE_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define LANE      __m256i
#define LANE_MASK __m256i /* all bits of a lane alike */
#define LANES     4

#define LANE_OP static inline __attribute__((always_inline))

LANE_OP LANE lane_splat(uint64_t v)
{
    return _mm256_set1_epi64x((long long)v);
}
LANE_OP LANE lane_load(const uint64_t *p)
{
    return _mm256_load_si256((const void *)p);
}
LANE_OP LANE lane_add(LANE a, LANE b)
{
    return _mm256_add_epi64(a, b);
}
LANE_OP LANE lane_sub(LANE a, LANE b)
{
    return _mm256_sub_epi64(a, b);
}
LANE_OP LANE lane_pick(LANE_MASK m, LANE if_clear, LANE if_set)
{
    return _mm256_blendv_epi8(if_clear, if_set, m);
}
LANE_OP LANE lane_sub_if(LANE_MASK m, LANE otherwise, LANE a, LANE b)
{
    return lane_pick(m, otherwise, lane_sub(a, b));
}
LANE_OP LANE lane_shl(LANE a, unsigned k)
{
    return k ? _mm256_slli_epi64(a, (int)k) : a;
}
LANE_OP LANE lane_shl_drop(LANE a, unsigned k)
{
    return _mm256_sll_epi64(a, _mm_cvtsi32_si128((int)k));
}
LANE_OP LANE lane_shr(LANE a, unsigned k)
{
    return k ? _mm256_srli_epi64(a, (int)k) : a;
}
LANE_OP LANE lane_shr_by(LANE a, unsigned k)
{
    return _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)k));
}
LANE_OP LANE lane_low(LANE a, unsigned k)
{
    return _mm256_and_si256(a, lane_splat((UINT64_C(1) << k) - 1));
}
LANE_OP LANE lane_or(LANE a, LANE b)
{
    return _mm256_or_si256(a, b);
}
LANE_OP LANE lane_xor(LANE a, LANE b)
{
    return _mm256_xor_si256(a, b);
}

#ifdef LANE_AVX_IFMA
#define LANE_FACTOR_BITS 52
/* Compilers that know AVX-IFMA give these names to both encodings; those that do not have the one of AVX-512 alone. */
LANE_OP LANE lane_mad_low(LANE acc, LANE a, LANE b)
{
    return _mm256_madd52lo_epu64(acc, a, b);
}
LANE_OP LANE lane_mad_high(LANE acc, LANE a, LANE b)
{
    return _mm256_madd52hi_epu64(acc, a, b);
}
LANE_OP LANE lane_cut_mad_low(LANE acc, LANE a, LANE b)
{
    return _mm256_madd52lo_epu64(acc, a, b);
}
LANE_OP LANE lane_cut_mad_high(LANE acc, LANE a, LANE b)
{
    return _mm256_madd52hi_epu64(acc, a, b);
}
#else
#define LANE_FACTOR_BITS 32
LANE_OP LANE lane_mul(LANE a, LANE b)
{
    return _mm256_mul_epu32(a, b);
}
#endif

LANE_OP LANE_MASK lane_is_zero(LANE a)
{
    return _mm256_cmpeq_epi64(a, _mm256_setzero_si256());
}
LANE_OP LANE_MASK lane_mask_all(bool v)
{
    return lane_splat(v ? UINT64_MAX : 0);
}
LANE_OP LANE_MASK lane_not_zero(LANE a)
{
    return lane_xor(lane_is_zero(a), lane_mask_all(true));
}
LANE_OP LANE_MASK lane_is_odd(LANE a)
{
    return lane_not_zero(lane_low(a, 1));
}
LANE_OP LANE_MASK lane_mask_or(LANE_MASK a, LANE_MASK b)
{
    return lane_or(a, b);
}
LANE_OP LANE_MASK lane_mask_xor(LANE_MASK a, LANE_MASK b)
{
    return lane_xor(a, b);
}
LANE_OP LANE_MASK lane_mask_from_bits(unsigned bits)
{
    const LANE place = _mm256_set_epi64x(8, 4, 2, 1);
    return _mm256_cmpeq_epi64(_mm256_and_si256(lane_splat(bits), place), place);
}
LANE_OP unsigned lane_mask_bits(LANE_MASK m)
{
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(m));
}

/* Row l of a square of words is v[l]; afterwards v[i] holds word i of every row. Its own inverse. */
LANE_OP void lane_transpose(LANE v[4])
{
    LANE a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    LANE c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* A table of points that differ from lane to lane: 16 entries of (x, y, x') as 16 words. The four quarters of an entry hold
 * x[0..3]; x[4], y[0..2]; y[3..4], x'[0..1]; x'[2..4]. */
struct lane_table {
    _Alignas(64) uint64_t row[16][LANES][4][4];
};

LANE_OP void lane_table_put(struct lane_table *t, unsigned entry, const LANE x[5], const LANE y[5],
                            const LANE other_x[5])
{
    LANE quarter[4][4] = {{x[0], x[1], x[2], x[3]},
                          {x[4], y[0], y[1], y[2]},
                          {y[3], y[4], other_x[0], other_x[1]},
                          {other_x[2], other_x[3], other_x[4], lane_splat(0)}};
    for (unsigned q = 0; q < 4; q++) {
        lane_transpose(quarter[q]);
        for (unsigned l = 0; l < LANES; l++)
            _mm256_store_si256((void *)t->row[entry][l][q], quarter[q][l]);
    }
}

/* Entry index[l] (0..15) for lane l: (x, y), or (x', y) with other. */
LANE_OP void lane_table_get(const struct lane_table *t, LANE index, bool other, LANE x[5], LANE y[5])
{
    _Alignas(32) uint64_t at[LANES];
    LANE quarter[4][4];
    _mm256_store_si256((void *)at, index);
    for (unsigned q = 0; q < 4; q++) {
        for (unsigned l = 0; l < LANES; l++)
            quarter[q][l] = lane_load(t->row[at[l]][l][q]);
        lane_transpose(quarter[q]);
    }
    for (unsigned i = 0; i < 5; i++)
        x[i] = other ? quarter[(10 + i) / 4][(10 + i) % 4] : quarter[i / 4][i % 4];
    for (unsigned i = 0; i < 5; i++)
        y[i] = quarter[(5 + i) / 4][(5 + i) % 4];
}

/* Row index[l] of a table that all lanes share. */
LANE_OP void lane_rows(const uint64_t (*rows)[8], LANE index, LANE out[8])
{
    _Alignas(32) uint64_t at[LANES];
    _mm256_store_si256((void *)at, index);
    for (unsigned l = 0; l < LANES; l++) {
        out[l] = lane_load(rows[at[l]]);
        out[4 + l] = lane_load(rows[at[l]] + 4);
    }
    lane_transpose(out);
    lane_transpose(out + 4);
}

#endif
