/* Random numbers for tests from a seed. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
 * (SplitMix64). */
#ifndef YC_TESTS_SIGBATCH_RANDOM_H
#define YC_TESTS_SIGBATCH_RANDOM_H

#include <stdint.h>

/** The next number of the stream; *state is the seed at first. */
static inline uint64_t check_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
