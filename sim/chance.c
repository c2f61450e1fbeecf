#include "sim/chance.h"

int64_t sim_chance_wait_us(const struct yc_random *r, int64_t mean_us)
{
    for (int64_t whole = 0;; whole++) {
        uint64_t first = yc_random_u64(r), least = first;
        unsigned falling = 1;
        for (uint64_t u; (u = yc_random_u64(r)) < least; falling++)
            least = u;
        if (falling % 2)
            return whole * mean_us + (int64_t)((uint64_t)mean_us * (first >> 40) >> 24);
    }
}
