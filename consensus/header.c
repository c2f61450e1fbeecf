#include "consensus/pow.h"
#include "crypto/sha256.h"

#include <stdio.h>

/* How far the first block of a period may be before its parent: BIP 54 allows for bad clocks, BIP 94 hardly. */
#define BIP54_GRACE_S 7200
#define BIP94_GRACE_S 600
/* BIP 54's period on chains whose parameters name none. */
#define BIP54_PERIOD 2016

void yc_header_read(struct yc_header *h, const uint8_t bytes80[YC_HEADER_BYTES])
{
    h->version = yc_get32le(bytes80);
    memcpy(h->prev.b, bytes80 + 4, 32);
    memcpy(h->merkle_root, bytes80 + 36, 32);
    h->time = yc_get32le(bytes80 + 68);
    h->bits = yc_get32le(bytes80 + 72);
    h->nonce = yc_get32le(bytes80 + 76);
}

void yc_header_write(const struct yc_header *h, uint8_t out80[YC_HEADER_BYTES])
{
    yc_put32le(out80, h->version);
    memcpy(out80 + 4, h->prev.b, 32);
    memcpy(out80 + 36, h->merkle_root, 32);
    yc_put32le(out80 + 68, h->time);
    yc_put32le(out80 + 72, h->bits);
    yc_put32le(out80 + 76, h->nonce);
}

struct yc_block_hash yc_header_hash(const struct yc_header *h)
{
    uint8_t bytes80[YC_HEADER_BYTES];
    struct yc_block_hash hash;
    yc_header_write(h, bytes80);
    yc_sha256d(hash.b, bytes80, sizeof bytes80);
    return hash;
}

int64_t yc_median_time_past_at(const struct yc_ancestors *a, uint32_t height)
{
    uint32_t times[YC_MTP_BLOCKS];
    unsigned count = 0;
    for (uint32_t h = height; count < YC_MTP_BLOCKS; h--) {
        uint32_t time = a->at(a->ctx, h).time;
        unsigned i = count++;
        for (; i > 0 && times[i - 1] > time; i--)
            times[i] = times[i - 1];
        times[i] = time;
        if (h == 0)
            break;
    }
    return times[count / 2];
}

int64_t yc_median_time_past(const struct yc_ancestors *a)
{
    return yc_median_time_past_at(a, a->height);
}

/* The bounds below which BIP 54 and BIP 94 allow no time for the block after the parent, INT64_MIN where they set
 * none. A majority of miners could otherwise let the time between periods run backwards and so lower the difficulty
 * at will (catalogue C15), or make a period end before it began (C16). */
struct time_bounds {
    int64_t timewarp_s, murch_zawy_s;
};

static struct time_bounds time_bounds_of(const struct yc_chain_params *params, const struct yc_ancestors *a)
{
    struct time_bounds bounds = {INT64_MIN, INT64_MIN};
    uint32_t height = a->height + 1, period = params->pow.window ? params->pow.window : BIP54_PERIOD;
    bool bip54 = yc_rule_active(params->rules.bip54, height);
    if (height % period == 0 && (bip54 || params->pow.bip94)) {
        int64_t grace_s = params->pow.bip94 ? BIP94_GRACE_S : BIP54_GRACE_S;
        bounds.timewarp_s = (int64_t)a->at(a->ctx, a->height).time - grace_s;
    }
    if (height % period == period - 1 && bip54 && period > 1)
        bounds.murch_zawy_s = a->at(a->ctx, height - (period - 1)).time;
    return bounds;
}

int64_t yc_time_min(const struct yc_chain_params *params, const struct yc_ancestors *a)
{
    struct time_bounds bounds = time_bounds_of(params, a);
    int64_t least_s = yc_median_time_past(a) + 1;
    if (least_s < bounds.timewarp_s)
        least_s = bounds.timewarp_s;
    if (least_s < bounds.murch_zawy_s)
        least_s = bounds.murch_zawy_s;
    return least_s;
}

static enum yc_verdict header_reject(struct yc_reject *why, enum yc_rej code)
{
    return yc_reject_set(why, code, YC_NO_INDEX, YC_NO_INDEX);
}

/* BIP 34, 65 and 66 each retired a version. Here, unlike in transactions, versions are compared as signed. */
static bool version_retired(uint32_t version, const struct yc_chain_params *params, uint32_t height)
{
    int64_t v = version < UINT32_C(0x80000000) ? (int64_t)version : (int64_t)version - INT64_C(0x100000000);
    return (v < 2 && yc_rule_active(params->rules.bip34, height)) ||
           (v < 3 && yc_rule_active(params->rules.bip66, height)) ||
           (v < 4 && yc_rule_active(params->rules.bip65, height));
}

enum yc_verdict yc_header_accept(const struct yc_header *h, const struct yc_block_hash *hash,
                                 const struct yc_chain_params *params, const struct yc_ancestors *a, int64_t now_s,
                                 struct yc_reject *why)
{
    if (!yc_pow_check(hash, h->bits, params))
        return header_reject(why, YC_REJ_HEADER_HIGH_HASH);
    return yc_header_accept_context(h, params, a, now_s, why);
}

enum yc_verdict yc_header_accept_context(const struct yc_header *h, const struct yc_chain_params *params,
                                         const struct yc_ancestors *a, int64_t now_s, struct yc_reject *why)
{
    if (h->bits != yc_bits_required(params, a, h->time))
        return header_reject(why, YC_REJ_HEADER_BAD_DIFFBITS);

    int64_t time_s = h->time;
    struct time_bounds bounds = time_bounds_of(params, a);
    if (time_s <= yc_median_time_past(a))
        return header_reject(why, YC_REJ_HEADER_TIME_TOO_OLD);
    if (time_s < bounds.timewarp_s)
        return header_reject(why, YC_REJ_HEADER_TIMEWARP);
    if (time_s < bounds.murch_zawy_s)
        return header_reject(why, YC_REJ_HEADER_MURCH_ZAWY);
    if (time_s - YC_FUTURE_TIME_MAX_S > now_s)
        return header_reject(why, YC_REJ_HEADER_TIME_TOO_NEW);
    if (version_retired(h->version, params, a->height + 1)) {
        enum yc_verdict verdict = header_reject(why, YC_REJ_HEADER_BAD_VERSION);
        snprintf(why->detail, sizeof why->detail, "0x%08x", (unsigned)h->version);
        return verdict;
    }
    return YC_VALID;
}
