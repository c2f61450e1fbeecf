#include "consensus/pow.h"

#include "base/assert.h"

/* A retarget moves the target by at most this factor. */
#define RETARGET_FACTOR_MAX 4

bool yc_compact_to_target(struct yc_u256 *out, uint32_t bits)
{
    unsigned size = bits >> 24;
    uint32_t mantissa = bits & 0x007fffff;
    if (size <= 3)
        mantissa >>= 8 * (3 - size);
    if (mantissa == 0 || bits & 0x00800000)
        return false;
    if (size > 34 || (size > 33 && mantissa > 0xff) || (size > 32 && mantissa > 0xffff))
        return false;
    *out = yc_u256_from(mantissa);
    if (size > 3)
        *out = yc_u256_shl(*out, 8 * (size - 3));
    return true;
}

uint32_t yc_compact_from_target(struct yc_u256 target)
{
    unsigned size = (yc_u256_bits(target) + 7) / 8;
    uint32_t mantissa;
    if (size <= 3)
        mantissa = (uint32_t)(target.w[0] << (8 * (3 - size)));
    else
        mantissa = (uint32_t)yc_u256_shr(target, 8 * (size - 3)).w[0];
    /* The mantissa's highest bit is a sign: a byte more keeps it clear. */
    if (mantissa & 0x00800000) {
        mantissa >>= 8;
        size++;
    }
    return mantissa | (uint32_t)size << 24;
}

struct yc_u256 yc_work_of_bits(uint32_t bits)
{
    struct yc_u256 target;
    if (!yc_compact_to_target(&target, bits))
        return YC_U256_ZERO;
    struct yc_u256 next = yc_u256_add(target, yc_u256_from(1));
    /* 2^256 does not fit, but 2^256 / (t + 1) is (2^256 - 1 - t) / (t + 1) + 1. No valid target is all ones. */
    return yc_u256_add(yc_u256_div(yc_u256_not(target), next), yc_u256_from(1));
}

double yc_difficulty_of_bits(uint32_t bits)
{
    uint32_t mantissa = bits & 0x00ffffff;
    if (mantissa == 0)
        return 0;
    double difficulty = (double)0x0000ffff / (double)mantissa;
    for (unsigned size = bits >> 24; size < 29; size++)
        difficulty *= 256;
    for (unsigned size = bits >> 24; size > 29; size--)
        difficulty /= 256;
    return difficulty;
}

bool yc_pow_check(const struct yc_block_hash *hash, uint32_t bits, const struct yc_chain_params *params)
{
    struct yc_u256 target;
    if (!yc_compact_to_target(&target, bits) || yc_u256_compare(target, params->pow.limit) > 0)
        return false;
    return yc_u256_compare(yc_u256_from_le(hash->b), target) <= 0;
}

static struct yc_u256 target_at_most(struct yc_u256 target, struct yc_u256 limit)
{
    return yc_u256_compare(target, limit) > 0 ? limit : target;
}

/* old * span / timespan, at least 1 and at most the limit, in compact form and so rounded. Where a chain's limit leaves
 * no room for the product, which is so on no chain of Bitcoin's that retargets, the lowest bits are lost first. */
static uint32_t scaled_bits(uint32_t old_bits, int64_t span_s, int64_t timespan_s, struct yc_u256 limit)
{
    struct yc_u256 target, span = yc_u256_from((uint64_t)span_s);
    if (!yc_compact_to_target(&target, old_bits))
        target = YC_U256_ZERO;
    unsigned bits = yc_u256_bits(target) + yc_u256_bits(span);
    unsigned lost = bits > 256 ? bits - 256 : 0;
    target = yc_u256_mul64(yc_u256_shr(target, lost), (uint64_t)span_s);
    target = yc_u256_div(target, yc_u256_from((uint64_t)timespan_s));
    if (yc_u256_bits(target) + lost > 256)
        return yc_compact_from_target(limit);
    target = yc_u256_shl(target, lost);
    if (yc_u256_is_zero(target))
        target = yc_u256_from(1);
    return yc_compact_from_target(target_at_most(target, limit));
}

static int64_t timespan_of(const struct yc_chain_params *params)
{
    int64_t timespan_s = (int64_t)params->pow.window * params->pow.spacing_s;
    YC_ASSERT(timespan_s > 0);
    return timespan_s;
}

/* The first block of a period takes the target of the last one (BIP 94: of the period's first block), scaled by the
 * time that the period took. */
static uint32_t window_retarget(const struct yc_chain_params *params, const struct yc_ancestors *a)
{
    struct yc_ancestor last = a->at(a->ctx, a->height);
    struct yc_ancestor first = a->at(a->ctx, a->height - (params->pow.window - 1));
    int64_t timespan_s = timespan_of(params);
    int64_t least_s = timespan_s / RETARGET_FACTOR_MAX, most_s = timespan_s * RETARGET_FACTOR_MAX;
    int64_t span_s = (int64_t)last.time - (int64_t)first.time;
    if (span_s < least_s)
        span_s = least_s;
    if (span_s > most_s)
        span_s = most_s;
    return scaled_bits(params->pow.bip94 ? first.bits : last.bits, span_s, timespan_s, params->pow.limit);
}

/* Within a period on chains with the minimum-difficulty rule: a late block is an easy one, and behind easy blocks the
 * last other block's difficulty holds. */
static uint32_t min_difficulty_bits(const struct yc_chain_params *params, const struct yc_ancestors *a, uint32_t time)
{
    uint32_t easiest = yc_compact_from_target(params->pow.limit);
    uint32_t height = a->height;
    struct yc_ancestor at = a->at(a->ctx, height);
    if ((int64_t)time > (int64_t)at.time + params->pow.min_difficulty_after_s)
        return easiest;
    while (height > 0 && height % params->pow.window != 0 && at.bits == easiest)
        at = a->at(a->ctx, --height);
    return at.bits;
}

/* Anchored at block 1: blocks 1 and 2 carry the genesis bits, and a long pause between genesis and launch is no delay
 * that would have to be made up for. */
static uint32_t asert_bits_required(const struct yc_chain_params *params, const struct yc_ancestors *a)
{
    if (a->height == 0)
        return a->at(a->ctx, 0).bits;
    struct yc_ancestor anchor = a->at(a->ctx, 1), last = a->at(a->ctx, a->height);
    return yc_asert_bits(anchor.bits, (int64_t)anchor.time - params->pow.spacing_s, 1, last.time, a->height,
                         params->pow.spacing_s, params->pow.half_life_s, params->pow.limit);
}

uint32_t yc_bits_required(const struct yc_chain_params *params, const struct yc_ancestors *a, uint32_t time)
{
    if (params->pow.retarget == YC_RETARGET_ASERT)
        return asert_bits_required(params, a);
    bool first_of_period = params->pow.window && (a->height + 1) % params->pow.window == 0;
    if (first_of_period && params->pow.retarget == YC_RETARGET_WINDOW)
        return window_retarget(params, a);
    if (!first_of_period && params->pow.window && params->pow.min_difficulty_after_s)
        return min_difficulty_bits(params, a, time);
    return a->at(a->ctx, a->height).bits;
}

/* n / 65536 rounded down, also below zero. */
static int64_t floor_div_65536(int64_t n)
{
    return n >= 0 ? n / 65536 : -((65535 - n) / 65536);
}

uint32_t yc_asert_bits(uint32_t anchor_bits, int64_t anchor_parent_time_s, uint32_t anchor_height, int64_t time_s,
                       uint32_t height, uint32_t spacing_s, uint32_t half_life_s, struct yc_u256 limit)
{
    /* A delay this long, either way, is beyond 2^14 half-lives of any length: the target is at its bound, and nothing
     * below overflows. */
    const int64_t delay_max_s = INT64_C(1) << 46;
    struct yc_u256 target;
    YC_ASSERT(half_life_s > 0 && height >= anchor_height);
    if (!yc_compact_to_target(&target, anchor_bits))
        return yc_compact_from_target(limit);

    uint64_t ideal_s = (uint64_t)spacing_s * ((uint64_t)(height - anchor_height) + 1);
    int64_t delay_s = time_s - anchor_parent_time_s;
    delay_s = ideal_s > (uint64_t)delay_max_s * 2 ? -delay_max_s : delay_s - (int64_t)ideal_s;
    if (delay_s > delay_max_s)
        delay_s = delay_max_s;
    if (delay_s < -delay_max_s)
        delay_s = -delay_max_s;

    /* The exponent, in 65536ths, is rounded towards zero; its fraction's power of two is a cubic approximation. */
    int64_t exponent = delay_s * 65536 / (int64_t)half_life_s;
    int64_t shifts = floor_div_65536(exponent);
    uint64_t f = (uint64_t)(exponent - shifts * 65536);
    uint64_t factor = 65536 + ((UINT64_C(195766423245049) * f + UINT64_C(971821376) * f * f +
                                UINT64_C(5127) * f * f * f + (UINT64_C(1) << 47)) >>
                               48);
    /* The factor has up to 17 bits. Targets that leave no room for them, which no deployed ASERT chain has, lose
     * their lowest bits first. */
    shifts -= 16;
    if (yc_u256_bits(target) > 256 - 17) {
        target = yc_u256_shr(target, 17);
        shifts += 17;
    }
    target = yc_u256_mul64(target, factor);
    if (shifts <= 0) {
        target = shifts <= -256 ? YC_U256_ZERO : yc_u256_shr(target, (unsigned)-shifts);
    } else if (shifts + (int64_t)yc_u256_bits(target) > 256) {
        target = limit;
    } else {
        target = yc_u256_shl(target, (unsigned)shifts);
    }
    if (yc_u256_is_zero(target))
        target = yc_u256_from(1);
    return yc_compact_from_target(target_at_most(target, limit));
}

bool yc_bits_transition_ok(const struct yc_chain_params *params, uint32_t height, uint32_t old_bits, uint32_t new_bits)
{
    struct yc_u256 observed, least, most;
    if (!yc_compact_to_target(&observed, new_bits) || yc_u256_compare(observed, params->pow.limit) > 0)
        return false;
    /* ASERT moves with every block, by as much as its time says; no bound holds between two neighbours alone. */
    if (params->pow.min_difficulty_after_s || params->pow.retarget == YC_RETARGET_ASERT)
        return true;
    if (params->pow.retarget == YC_RETARGET_NONE || height % params->pow.window != 0)
        return old_bits == new_bits;
    int64_t timespan_s = timespan_of(params);
    uint32_t most_bits = scaled_bits(old_bits, timespan_s * RETARGET_FACTOR_MAX, timespan_s, params->pow.limit);
    uint32_t least_bits = scaled_bits(old_bits, timespan_s / RETARGET_FACTOR_MAX, timespan_s, params->pow.limit);
    if (!yc_compact_to_target(&most, most_bits) || yc_u256_compare(observed, most) > 0)
        return false;
    return !yc_compact_to_target(&least, least_bits) || yc_u256_compare(observed, least) >= 0;
}
