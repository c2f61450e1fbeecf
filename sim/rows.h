/* The rows of the scenarios by file; the table is in scenarios.c. */
#ifndef YC_SIM_ROWS_H
#define YC_SIM_ROWS_H

#include "sim/scenario.h"

/* Links as of people at home, far apart; transactions are announced at random moments as on a public chain. */
#define SIM_ORDINARY .latency_us = 20000, .jitter_us = 20000, .spread_us = 120000, .with_delays = true

/* scenarios_mining.c: those who own much hash rate */
extern const struct sim_scenario sim_selfish, sim_rewrite;

/* scenarios_time.c: clocks, times that lie, difficulty */
extern const struct sim_scenario sim_clocks, sim_timewarp, sim_timewarp_open, sim_hashrate_asert, sim_hashrate_window;

/* scenarios_peers.c: those who own connections */
extern const struct sim_scenario sim_eclipse, sim_header_spam, sim_header_spam_young, sim_floods, sim_stall,
    sim_mutated, sim_compact;

/* scenarios_spends.c: those who pay with one coin twice */
extern const struct sim_scenario sim_doublespend, sim_doublespend_near;

#endif
