/* Any 256-bit numbers as targets, and any compact bits: rounding goes down and is stable, work falls as targets rise,
 * division gives back what multiplication made, and ASERT answers within the limit, never harder for a later block
 * (catalogue C17, C19).
 *
 * Input: two targets (32 bytes each), two bits (4 each), a divisor (8), two times (8 each), a height (4). */
#include "base/assert.h"
#include "consensus/pow.h"

#define SPACING_S   600
#define HALF_LIFE_S 172800

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_rounding(struct yc_u256 target)
{
    struct yc_u256 rounded;
    uint32_t bits = yc_compact_from_target(target);
    if (!yc_compact_to_target(&rounded, bits)) {
        YC_ASSERT(yc_u256_is_zero(target));
        return;
    }
    YC_ASSERT(yc_u256_compare(rounded, target) <= 0);
    YC_ASSERT(yc_u256_bits(rounded) == yc_u256_bits(target));
    YC_ASSERT(yc_compact_from_target(rounded) == bits);
}

static void check_work(uint32_t a, uint32_t b)
{
    struct yc_u256 low, high;
    bool low_ok = yc_compact_to_target(&low, a), high_ok = yc_compact_to_target(&high, b);
    YC_ASSERT(low_ok != yc_u256_is_zero(yc_work_of_bits(a)));
    if (!low_ok || !high_ok)
        return;
    int order = yc_u256_compare(low, high), work = yc_u256_compare(yc_work_of_bits(a), yc_work_of_bits(b));
    YC_ASSERT(order < 0 ? work >= 0 : order > 0 ? work <= 0 : work == 0);
}

static void check_division(struct yc_u256 a, struct yc_u256 b, uint64_t small)
{
    struct yc_u256 divisor = yc_u256_from(small ? small : 1);
    struct yc_u256 quotient = yc_u256_div(a, divisor);
    struct yc_u256 rest = yc_u256_sub(a, yc_u256_mul64(quotient, small ? small : 1));
    YC_ASSERT(yc_u256_compare(rest, divisor) < 0);
    YC_ASSERT(yc_u256_compare(yc_u256_sub(yc_u256_add(a, b), b), a) == 0);
    if (!yc_u256_is_zero(b))
        YC_ASSERT(yc_u256_is_zero(yc_u256_div(a, b)) == (yc_u256_compare(a, b) < 0));
}

static void check_asert(uint32_t bits, int64_t early_s, int64_t late_s, uint32_t height)
{
    const struct yc_chain_params *params = yc_chain_builtin("main");
    struct yc_u256 anchor, early, late;
    if (!yc_compact_to_target(&anchor, bits) || yc_u256_compare(anchor, params->pow.limit) > 0)
        return;
    uint32_t first = yc_asert_bits(bits, 0, 1, early_s, height, SPACING_S, HALF_LIFE_S, params->pow.limit);
    uint32_t second = yc_asert_bits(bits, 0, 1, late_s, height, SPACING_S, HALF_LIFE_S, params->pow.limit);
    YC_ASSERT(yc_compact_to_target(&early, first) && yc_compact_to_target(&late, second));
    YC_ASSERT(yc_u256_compare(late, params->pow.limit) <= 0 && yc_u256_compare(early, late) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_reader r;
    uint8_t a32[32], b32[32];
    yc_reader_init(&r, yc_view(data, n));
    yc_reader_copy(&r, a32, sizeof a32);
    yc_reader_copy(&r, b32, sizeof b32);
    uint32_t first = yc_reader_u32le(&r), second = yc_reader_u32le(&r);
    uint64_t divisor = yc_reader_u64le(&r);
    /* Times as headers have them: 32 bits; the anchor's parent is at 0. */
    int64_t early_s = (uint32_t)yc_reader_u64le(&r), late_s = (uint32_t)yc_reader_u64le(&r);
    uint32_t height = yc_reader_u32le(&r);
    check_rounding(yc_u256_from_le(a32));
    check_rounding(yc_u256_from_le(b32));
    check_work(first, second);
    check_division(yc_u256_from_le(a32), yc_u256_from_le(b32), divisor);
    check_asert(first, early_s < late_s ? early_s : late_s, early_s < late_s ? late_s : early_s, height ? height : 1);
    return 0;
}
