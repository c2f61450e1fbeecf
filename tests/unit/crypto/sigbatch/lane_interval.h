/* Lanes that are intervals: all values that a vector of the product can hold at that place, whatever the input. Running the
 * product's code over them proves its bounds for every input at once: each operation that promises to lose nothing
 * (a sum within 64 bits, a difference not below 0, factors within the multiplier's bits) counts a violation when it cannot keep the
 * promise. Memory that comes from outside is every value of 64 bits. */
#ifndef YC_TESTS_LANE_INTERVAL_H
#define YC_TESTS_LANE_INTERVAL_H

#include "crypto/sigbatch/lanes.h"

struct interval {
    uint64_t lo, hi;
};

#define LANE      struct interval
#define LANE_MASK bool /* unknown: both of two choices are followed */
#define LANES     YC_LANES

#ifndef LANE_FACTOR_BITS /* a test may want 32 */
#define LANE_FACTOR_BITS 52
#endif

#define LANE_OP static inline

#define LIMB_END (UINT64_C(1) << 52)

static unsigned violations;
static const char *first_violation;

static inline void violation(const char *what)
{
    if (violations++ == 0)
        first_violation = what;
}

static inline struct interval interval(uint64_t lo, uint64_t hi)
{
    return (struct interval){lo, hi};
}

static inline uint64_t ones(unsigned k)
{
    return k >= 64 ? UINT64_MAX : (UINT64_C(1) << k) - 1;
}

/* The least 2^k - 1 that is no less than v. */
static inline uint64_t filled(uint64_t v)
{
    for (unsigned i = 1; i < 64; i *= 2)
        v |= v >> i;
    return v;
}

static inline struct interval hull(struct interval a, struct interval b)
{
    return interval(a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi);
}

LANE_OP LANE lane_splat(uint64_t v)
{
    return interval(v, v);
}
LANE_OP LANE lane_load(const uint64_t *p)
{
    (void)p;
    return interval(0, UINT64_MAX);
}
LANE_OP LANE lane_add(LANE a, LANE b)
{
    if (a.hi > UINT64_MAX - b.hi)
        violation("a sum may exceed 64 bits");
    return interval(a.lo + b.lo, a.hi + b.hi);
}
LANE_OP LANE lane_sub(LANE a, LANE b)
{
    if (a.lo < b.hi)
        violation("a difference may be negative");
    return interval(a.lo - b.hi, a.hi - b.lo);
}
LANE_OP LANE lane_sub_if(LANE_MASK m, LANE otherwise, LANE a, LANE b)
{
    (void)m;
    return hull(otherwise, lane_sub(a, b));
}
LANE_OP LANE lane_pick(LANE_MASK m, LANE if_clear, LANE if_set)
{
    (void)m;
    return hull(if_clear, if_set);
}
LANE_OP LANE lane_shl(LANE a, unsigned k)
{
    if (a.hi > UINT64_MAX >> k)
        violation("a left shift may lose bits");
    return interval(a.lo << k, a.hi << k);
}
LANE_OP LANE lane_shl_drop(LANE a, unsigned k)
{
    (void)a;
    return interval(0, UINT64_MAX << k);
}
LANE_OP LANE lane_shr(LANE a, unsigned k)
{
    return interval(a.lo >> k, a.hi >> k);
}
LANE_OP LANE lane_shr_by(LANE a, unsigned k)
{
    return lane_shr(a, k);
}
LANE_OP LANE lane_low(LANE a, unsigned k)
{
    return a.hi <= ones(k) ? a : interval(0, ones(k));
}
LANE_OP LANE lane_or(LANE a, LANE b)
{
    return interval(a.lo > b.lo ? a.lo : b.lo, filled(a.hi | b.hi));
}
LANE_OP LANE lane_xor(LANE a, LANE b)
{
    return interval(0, filled(a.hi | b.hi));
}

/* The product of two intervals within 52 bits: its low or its high 52 bits. */
static inline struct interval product_low(struct interval a, struct interval b)
{
    if (b.hi && a.hi > ones(52) / b.hi)
        return interval(0, ones(52));
    return interval(a.lo * b.lo, a.hi * b.hi);
}

/* a·b >> 52 */
static inline uint64_t high(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 26, a0 = a & ones(26), b1 = b >> 26, b0 = b & ones(26);
    return a1 * b1 + ((a1 * b0 + a0 * b1 + (a0 * b0 >> 26)) >> 26);
}

LANE_OP LANE lane_mul(LANE a, LANE b)
{
    if (a.hi > ones(32) || b.hi > ones(32)) {
        violation("a factor may exceed 32 bits");
        a = lane_low(a, 32);
        b = lane_low(b, 32);
    }
    return interval(a.lo * b.lo, a.hi * b.hi);
}
LANE_OP LANE lane_mad_low(LANE acc, LANE a, LANE b)
{
    if (a.hi >= LIMB_END || b.hi >= LIMB_END) {
        violation("a factor may exceed 52 bits");
        a = lane_low(a, 52);
        b = lane_low(b, 52);
    }
    return lane_add(acc, product_low(a, b));
}
LANE_OP LANE lane_mad_high(LANE acc, LANE a, LANE b)
{
    if (a.hi >= LIMB_END || b.hi >= LIMB_END) {
        violation("a factor may exceed 52 bits");
        a = lane_low(a, 52);
        b = lane_low(b, 52);
    }
    return lane_add(acc, interval(high(a.lo, b.lo), high(a.hi, b.hi)));
}
LANE_OP LANE lane_cut_mad_low(LANE acc, LANE a, LANE b)
{
    return lane_mad_low(acc, lane_low(a, 52), b);
}
LANE_OP LANE lane_cut_mad_high(LANE acc, LANE a, LANE b)
{
    return lane_mad_high(acc, lane_low(a, 52), b);
}

LANE_OP LANE_MASK lane_is_zero(LANE a)
{
    return a.lo == 0;
}
LANE_OP LANE_MASK lane_not_zero(LANE a)
{
    return a.hi != 0;
}
LANE_OP LANE_MASK lane_is_odd(LANE a)
{
    return a.hi != 0;
}
LANE_OP LANE_MASK lane_mask_or(LANE_MASK a, LANE_MASK b)
{
    return a || b;
}
LANE_OP LANE_MASK lane_mask_xor(LANE_MASK a, LANE_MASK b)
{
    return a != b;
}
LANE_OP LANE_MASK lane_mask_all(bool v)
{
    return v;
}
LANE_OP LANE_MASK lane_mask_from_bits(unsigned bits)
{
    return bits != 0;
}
LANE_OP unsigned lane_mask_bits(LANE_MASK m)
{
    return m ? 0xff : 0;
}

/* What any entry may hold. The last entry is put first, which begins a table. */
struct lane_table {
    struct interval x[5], y[5], other_x[5];
};

LANE_OP void lane_table_put(struct lane_table *t, unsigned entry, const LANE x[5], const LANE y[5],
                            const LANE other_x[5])
{
    bool begins = entry == 15;
    for (unsigned i = 0; i < 5; i++) {
        t->x[i] = begins ? x[i] : hull(t->x[i], x[i]);
        t->y[i] = begins ? y[i] : hull(t->y[i], y[i]);
        t->other_x[i] = begins ? other_x[i] : hull(t->other_x[i], other_x[i]);
    }
}

LANE_OP void lane_table_get(const struct lane_table *t, LANE index, bool other, LANE x[5], LANE y[5])
{
    if (index.hi > 15)
        violation("an index may exceed the table of the key");
    for (unsigned i = 0; i < 5; i++) {
        x[i] = other ? t->other_x[i] : t->x[i];
        y[i] = t->y[i];
    }
}

LANE_OP void lane_rows(const uint64_t (*rows)[8], LANE index, LANE out[8])
{
    (void)rows;
    if (index.hi >= YC_GTABLE_ROWS)
        violation("an index may exceed the table of G");
    for (unsigned i = 0; i < 8; i++)
        out[i] = interval(0, UINT64_MAX);
}

#endif
