#include "node/mempool/feerate.h"

struct product {
    uint64_t hi, lo;
};

static struct product multiply(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (middle & UINT32_MAX);
    return (struct product){a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (low & UINT32_MAX)};
}

static int compare(struct product a, struct product b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

int yc_fee_rate_compare(int64_t fee_a, uint64_t size_a, int64_t fee_b, uint64_t size_b)
{
    if ((fee_a < 0) != (fee_b < 0))
        return fee_a < 0 ? -1 : 1;
    int c = compare(multiply(magnitude(fee_a), size_b), multiply(magnitude(fee_b), size_a));
    return fee_a < 0 ? -c : c;
}

int64_t yc_fee_at_rate(int64_t sat_per_kvb, uint64_t vbytes)
{
    if (sat_per_kvb <= 0 || vbytes == 0)
        return 0;
    if ((uint64_t)sat_per_kvb > ((uint64_t)INT64_MAX - 999) / vbytes)
        return INT64_MAX;
    return (int64_t)(((uint64_t)sat_per_kvb * vbytes + 999) / 1000);
}

int64_t yc_fee_rate_of(int64_t fee_sat, uint64_t vbytes)
{
    if (fee_sat <= 0 || vbytes == 0)
        return 0;
    return fee_sat > INT64_MAX / 1000 ? INT64_MAX : fee_sat * 1000 / (int64_t)vbytes;
}
