/* Eight lanes of 64 bits: AVX-512 with IFMA, whose multiplier works on 52 bits. For files compiled with these instruction
 * sets. Additions, left shifts and multiplications promise that nothing is lost; see crypto/sigbatch/field.h. */
#ifndef YC_CRYPTO_SIGBATCH_LANE_AVX512_H
#define YC_CRYPTO_SIGBATCH_LANE_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define LANE             __m512i
#define LANE_MASK        __mmask8
#define LANES            8
#define LANE_FACTOR_BITS 52

#define LANE_OP static inline __attribute__((always_inline))

LANE_OP LANE lane_splat(uint64_t v)
{
    return _mm512_set1_epi64((long long)v);
}
LANE_OP LANE lane_load(const uint64_t *p)
{
    return _mm512_load_si512(p);
}
LANE_OP LANE lane_add(LANE a, LANE b)
{
    return _mm512_add_epi64(a, b);
}
LANE_OP LANE lane_sub(LANE a, LANE b)
{
    return _mm512_sub_epi64(a, b);
}
LANE_OP LANE lane_sub_if(LANE_MASK m, LANE otherwise, LANE a, LANE b)
{
    return _mm512_mask_sub_epi64(otherwise, m, a, b);
}
LANE_OP LANE lane_pick(LANE_MASK m, LANE if_clear, LANE if_set)
{
    return _mm512_mask_blend_epi64(m, if_clear, if_set);
}
LANE_OP LANE lane_shl(LANE a, unsigned k)
{
    return k ? _mm512_slli_epi64(a, k) : a;
}
LANE_OP LANE lane_shl_drop(LANE a, unsigned k)
{
    return _mm512_sll_epi64(a, _mm_cvtsi32_si128((int)k));
}
LANE_OP LANE lane_shr(LANE a, unsigned k)
{
    return k ? _mm512_srli_epi64(a, k) : a;
}
LANE_OP LANE lane_shr_by(LANE a, unsigned k)
{
    return _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)k));
}
LANE_OP LANE lane_low(LANE a, unsigned k)
{
    return _mm512_and_si512(a, lane_splat((UINT64_C(1) << k) - 1));
}
LANE_OP LANE lane_or(LANE a, LANE b)
{
    return _mm512_or_si512(a, b);
}
LANE_OP LANE lane_xor(LANE a, LANE b)
{
    return _mm512_xor_si512(a, b);
}
LANE_OP LANE lane_mad_low(LANE acc, LANE a, LANE b)
{
    return _mm512_madd52lo_epu64(acc, a, b);
}
LANE_OP LANE lane_mad_high(LANE acc, LANE a, LANE b)
{
    return _mm512_madd52hi_epu64(acc, a, b);
}
LANE_OP LANE lane_cut_mad_low(LANE acc, LANE a, LANE b)
{
    return _mm512_madd52lo_epu64(acc, a, b);
}
LANE_OP LANE lane_cut_mad_high(LANE acc, LANE a, LANE b)
{
    return _mm512_madd52hi_epu64(acc, a, b);
}
LANE_OP LANE_MASK lane_is_zero(LANE a)
{
    return _mm512_testn_epi64_mask(a, a);
}
LANE_OP LANE_MASK lane_not_zero(LANE a)
{
    return _mm512_test_epi64_mask(a, a);
}
LANE_OP LANE_MASK lane_is_odd(LANE a)
{
    return _mm512_test_epi64_mask(a, lane_splat(1));
}
LANE_OP LANE_MASK lane_mask_or(LANE_MASK a, LANE_MASK b)
{
    return (LANE_MASK)(a | b);
}
LANE_OP LANE_MASK lane_mask_and(LANE_MASK a, LANE_MASK b)
{
    return (LANE_MASK)(a & b);
}
LANE_OP LANE_MASK lane_mask_xor(LANE_MASK a, LANE_MASK b)
{
    return (LANE_MASK)(a ^ b);
}
LANE_OP LANE_MASK lane_mask_all(bool v)
{
    return v ? 0xff : 0;
}
LANE_OP LANE_MASK lane_mask_from_bits(unsigned bits)
{
    return (LANE_MASK)bits;
}
LANE_OP unsigned lane_mask_bits(LANE_MASK m)
{
    return m;
}

/* Row l of a square of words is row[l]; afterwards v[i] holds word i of every row. Its own inverse. */
LANE_OP void lane_transpose(LANE v[8])
{
    LANE a[8], b[8];
    /* pairs of words, then pairs of pairs, then halves */
    a[0] = _mm512_unpacklo_epi64(v[0], v[1]);
    a[1] = _mm512_unpackhi_epi64(v[0], v[1]);
    a[2] = _mm512_unpacklo_epi64(v[2], v[3]);
    a[3] = _mm512_unpackhi_epi64(v[2], v[3]);
    a[4] = _mm512_unpacklo_epi64(v[4], v[5]);
    a[5] = _mm512_unpackhi_epi64(v[4], v[5]);
    a[6] = _mm512_unpacklo_epi64(v[6], v[7]);
    a[7] = _mm512_unpackhi_epi64(v[6], v[7]);
    /* a[0] = words 0 2 4 6 of rows 0 and 1, a[1] = words 1 3 5 7 of them, … */
    b[0] = _mm512_shuffle_i64x2(a[0], a[2], 0x88); /* words 0 and 4 of rows 0..3 */
    b[2] = _mm512_shuffle_i64x2(a[0], a[2], 0xdd); /* words 2 and 6 */
    b[1] = _mm512_shuffle_i64x2(a[1], a[3], 0x88);
    b[3] = _mm512_shuffle_i64x2(a[1], a[3], 0xdd);
    b[4] = _mm512_shuffle_i64x2(a[4], a[6], 0x88);
    b[6] = _mm512_shuffle_i64x2(a[4], a[6], 0xdd);
    b[5] = _mm512_shuffle_i64x2(a[5], a[7], 0x88);
    b[7] = _mm512_shuffle_i64x2(a[5], a[7], 0xdd);
    v[0] = _mm512_shuffle_i64x2(b[0], b[4], 0x88);
    v[4] = _mm512_shuffle_i64x2(b[0], b[4], 0xdd);
    v[1] = _mm512_shuffle_i64x2(b[1], b[5], 0x88);
    v[5] = _mm512_shuffle_i64x2(b[1], b[5], 0xdd);
    v[2] = _mm512_shuffle_i64x2(b[2], b[6], 0x88);
    v[6] = _mm512_shuffle_i64x2(b[2], b[6], 0xdd);
    v[3] = _mm512_shuffle_i64x2(b[3], b[7], 0x88);
    v[7] = _mm512_shuffle_i64x2(b[3], b[7], 0xdd);
}

/* A table of points that differ from lane to lane: 16 entries of (x, y, x'), five limbs each. Row 0 of an entry holds
 * x and y[0..2], row 1 holds y[3..4] and x'. */
struct lane_table {
    _Alignas(64) uint64_t row[16][LANES][2][8];
};

LANE_OP void lane_table_put(struct lane_table *t, unsigned entry, const LANE x[5], const LANE y[5],
                            const LANE other_x[5])
{
    LANE first[8] = {x[0], x[1], x[2], x[3], x[4], y[0], y[1], y[2]};
    LANE second[8] = {y[3], y[4], other_x[0], other_x[1], other_x[2], other_x[3], other_x[4], lane_splat(0)};
    lane_transpose(first);
    lane_transpose(second);
    for (unsigned l = 0; l < LANES; l++) {
        _mm512_store_si512(t->row[entry][l][0], first[l]);
        _mm512_store_si512(t->row[entry][l][1], second[l]);
    }
}

/* Entry index[l] (0..15) for lane l: (x, y), or (x', y) with other. */
LANE_OP void lane_table_get(const struct lane_table *t, LANE index, bool other, LANE x[5], LANE y[5])
{
    _Alignas(64) uint64_t at[LANES];
    LANE first[8], second[8];
    _mm512_store_si512(at, index);
    for (unsigned l = 0; l < LANES; l++) {
        first[l] = lane_load(t->row[at[l]][l][0]);
        second[l] = lane_load(t->row[at[l]][l][1]);
    }
    lane_transpose(first);
    lane_transpose(second);
    for (unsigned i = 0; i < 5; i++) {
        x[i] = other ? second[i + 2] : first[i];
        y[i] = i < 3 ? first[i + 5] : second[i - 3];
    }
}

/* Row index[l] of a table that all lanes share. */
LANE_OP void lane_rows(const uint64_t (*rows)[8], LANE index, LANE out[8])
{
    _Alignas(64) uint64_t at[LANES];
    _mm512_store_si512(at, index);
    for (unsigned l = 0; l < LANES; l++)
        out[l] = lane_load(rows[at[l]]);
    lane_transpose(out);
}

#endif
