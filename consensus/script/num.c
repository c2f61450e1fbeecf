#include "consensus/script/num.h"

#include "base/assert.h"

static bool is_minimal(struct yc_view v)
{
    if (v.n == 0)
        return true;
    /* A last byte of sign alone is needed only when the byte before it uses its top bit. */
    if (v.p[v.n - 1] & 0x7f)
        return true;
    return v.n > 1 && v.p[v.n - 2] & 0x80;
}

bool yc_script_num_read(int64_t *out, struct yc_view v, size_t bytes_max, bool minimal)
{
    YC_ASSERT(bytes_max <= 8);
    if (v.n > bytes_max || (minimal && !is_minimal(v)))
        return false;
    uint64_t magnitude = 0;
    for (size_t i = 0; i < v.n; i++)
        magnitude |= (uint64_t)v.p[i] << (8 * i);
    bool negative = v.n && v.p[v.n - 1] & 0x80;
    if (negative)
        magnitude &= ~(UINT64_C(0x80) << (8 * (v.n - 1)));
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

size_t yc_script_num_write(uint8_t out9[YC_SCRIPT_NUM_WRITE_BYTES], int64_t v)
{
    YC_ASSERT(v > INT64_MIN);
    uint64_t magnitude = (uint64_t)(v < 0 ? -v : v);
    size_t n = 0;
    for (; magnitude; magnitude >>= 8)
        out9[n++] = (uint8_t)magnitude;
    if (n && out9[n - 1] & 0x80)
        out9[n++] = 0;
    if (v < 0)
        out9[n - 1] |= 0x80;
    return n;
}

bool yc_script_bool(struct yc_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i])
            return i + 1 < v.n || v.p[i] != 0x80;
    return false;
}
