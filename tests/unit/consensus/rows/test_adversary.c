/* C52: a miner with all the hashing power, who may write any time that the rules allow, cannot make ASERT hand out blocks
 * faster than the schedule: a million blocks in all. */
#include "base/random.h"
#include "consensus/pow.h"
#include "support/unit.h"

#include <math.h>
#include <stdlib.h>

#define BLOCKS      200000u
#define SPACING_S   600
#define HALF_LIFE_S 172800
#define AHEAD_S     7200 /* how far a time may run ahead of the clock */
#define START_BITS  0x1a7fffffu

enum strategy { HONEST, EARLIEST, LATEST, SAW, ANY, STRATEGY_COUNT };

struct miner {
    enum strategy strategy;
    struct yc_random random;
    struct yc_random_seeded state;
    double now_s; /* of the real clock, since the anchor's parent */
    int64_t last[YC_MTP_BLOCKS];
    uint32_t height;
};

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int64_t median(const struct miner *m)
{
    int64_t sorted[YC_MTP_BLOCKS];
    memcpy(sorted, m->last, sizeof sorted);
    qsort(sorted, YC_MTP_BLOCKS, sizeof sorted[0], compare);
    return sorted[YC_MTP_BLOCKS / 2];
}

/* The time that suits the miner, between what the median and what the clock allow. */
static int64_t choose_time(struct miner *m)
{
    int64_t least = median(m) + 1, most = (int64_t)m->now_s + AHEAD_S, honest = (int64_t)m->now_s;
    int64_t wanted = honest;
    switch (m->strategy) {
    case HONEST:
    case STRATEGY_COUNT:
        break;
    case EARLIEST:
        wanted = least;
        break;
    case LATEST:
        wanted = most;
        break;
    case SAW:
        wanted = m->height / 500 % 2 ? most : least;
        break;
    case ANY:
        wanted = most > least ? least + (int64_t)(yc_random_u64(&m->random) % (uint64_t)(most - least + 1)) : most;
        break;
    }
    wanted = wanted > most ? most : wanted;
    return wanted < least ? least : wanted;
}

/* How long the next block takes: exponential, its mean the spacing at the starting difficulty. */
static double draw_s(struct miner *m, uint32_t bits)
{
    double uniform = ((double)(yc_random_u64(&m->random) >> 11) + 0.5) / 9007199254740992.0;
    return -log(uniform) * SPACING_S * yc_difficulty_of_bits(bits) / yc_difficulty_of_bits(START_BITS);
}

static void mine(struct miner *m)
{
    struct yc_u256 limit = yc_chain_builtin("main")->pow.limit;
    uint32_t bits =
        yc_asert_bits(START_BITS, 0, 1, m->last[m->height % YC_MTP_BLOCKS], m->height, SPACING_S, HALF_LIFE_S, limit);
    m->now_s += draw_s(m, bits);
    m->height++;
    m->last[m->height % YC_MTP_BLOCKS] = choose_time(m);
}

static void run(enum strategy strategy)
{
    struct miner m = {.strategy = strategy, .now_s = SPACING_S, .height = 1};
    yc_random_seed(&m.random, &m.state, 1 + (uint64_t)strategy);
    for (int i = 0; i < YC_MTP_BLOCKS; i++)
        m.last[i] = SPACING_S;
    while (m.height < BLOCKS) {
        mine(&m);
        /* At no time are more blocks there than the schedule has, but for the two hours that a time may run ahead, some
         * luck, and the little that a falling target lags: a half-life stands for 288 blocks. */
        double most = (m.now_s + AHEAD_S) / SPACING_S + 4.0 * HALF_LIFE_S / SPACING_S;
        if ((double)m.height > most)
            fail_msg("strategy %d: %u blocks in %.0f s", (int)strategy, m.height, m.now_s);
    }
    /* Whoever always writes the earliest time only slows the chain down. */
    if (strategy != EARLIEST)
        assert_true(m.now_s < 1.02 * SPACING_S * BLOCKS);
}

static void test_c52_times_buy_no_blocks(void **state)
{
    (void)state;
    for (int s = HONEST; s < STRATEGY_COUNT; s++)
        run((enum strategy)s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_c52_times_buy_no_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
