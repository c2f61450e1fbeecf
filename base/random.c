#include "base/random.h"

#include "base/assert.h"

uint64_t yc_random_below(const struct yc_random *r, uint64_t below)
{
    YC_ASSERT(below > 0);
    uint64_t fair = UINT64_MAX - UINT64_MAX % below, v;
    do {
        v = yc_random_u64(r);
    } while (v >= fair);
    return v % below;
}

static void fill_seeded(void *ctx, void *out, size_t n)
{
    struct yc_random_seeded *s = ctx;
    uint8_t *at = out;
    while (n) {
        uint64_t v = yc_siphash(s->key, &s->counter, sizeof s->counter);
        size_t take = n < sizeof v ? n : sizeof v;
        s->counter++;
        memcpy(at, &v, take);
        at += take;
        n -= take;
    }
}

void yc_random_seed(struct yc_random *out, struct yc_random_seeded *state, uint64_t seed)
{
    *state = (struct yc_random_seeded){{seed, ~seed}, 0};
    *out = (struct yc_random){fill_seeded, state};
}
