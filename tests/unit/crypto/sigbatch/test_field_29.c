/* The field of the lane engine in plain C, of nine limbs of 29 bits. */
#define LANE_FACTOR_BITS 32
#include "unit/crypto/sigbatch/lane_plain.h"

static inline uint64_t lane_value(LANE a, unsigned lane)
{
    (void)lane;
    return a;
}

static inline LANE lane_from(const uint64_t v[LANES])
{
    return v[0];
}

#include "unit/crypto/sigbatch/field_checks.h"

int main(void)
{
    return run_field_checks();
}
