/* Randomness as an argument. sys/random.h takes it from the operating system and aborts the process when there is
 * none; the simulator takes it from its seed. */
#ifndef YC_BASE_RANDOM_H
#define YC_BASE_RANDOM_H

#include "base/siphash.h"

struct yc_random {
    void (*fill)(void *ctx, void *out, size_t n); /* cannot fail */
    void *ctx;
};

static inline void yc_random_fill(const struct yc_random *r, void *out, size_t n)
{
    r->fill(r->ctx, out, n);
}

static inline uint64_t yc_random_u64(const struct yc_random *r)
{
    uint64_t v;
    r->fill(r->ctx, &v, sizeof v);
    return v;
}

/** Uniform in 0..below-1, without bias; below must not be 0. */
uint64_t yc_random_below(const struct yc_random *r, uint64_t below);

/** A source that is a function of its seed alone (SipHash in counter mode): for the simulator and for tests. */
struct yc_random_seeded {
    struct yc_siphash_key key;
    uint64_t counter;
};
void yc_random_seed(struct yc_random *out, struct yc_random_seeded *state, uint64_t seed);

#endif
