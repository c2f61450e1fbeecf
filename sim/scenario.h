/* What may happen to a network, each as a row of a table: what it shows, how it is set up, what is done to it while it
 * works (the safety phase), and what must hold when it has been left in peace (the liveness phase).
 *
 * A row drives the engine (world.h) and never looks into it; what must hold in every scenario is in checks.h, how a run
 * goes on in time in run.c. doc/simulator.md says how to add a row. */
#ifndef YC_SIM_SCENARIO_H
#define YC_SIM_SCENARIO_H

#include "base/map.h"
#include "sim/chance.h"
#include "sim/liar.h"

struct sim_run;

/* Defaults of a scenario; the command line may change nodes and hours. */
struct sim_plan {
    unsigned nodes;          /* honest ones */
    unsigned extra;          /* nodes and puppets that the scenario adds */
    int64_t hours;           /* of the safety phase */
    int64_t act_every_us;    /* mean time between calls of act(); 0: never */
    int64_t spacing_us;      /* mean time between blocks, of all hash rate */
    int64_t pay_every_us;    /* mean time between payments */
    int64_t converge_us;     /* within which a healed network must agree */
    unsigned initial_blocks; /* that all nodes have at the start; 0: 112 */
    unsigned minimum_blocks; /* a chain of less work than of so many of the easiest blocks counts for nothing */
    bool grown_chain;        /* the initial chain was mined in its time, not at once */
    struct {
        enum yc_retarget kind; /* NONE: the difficulty stays */
        uint32_t half_life_s, window;
        bool bip54_off;
    } retarget;
    bool no_introductions;    /* the scenario itself says who knows whom */
    struct sim_options world; /* seed, sizes and handlers are filled in */
};

struct sim_scenario {
    const char *name;
    const char *shows;   /* the danger, in a sentence */
    const char *expects; /* what holds nevertheless */
    struct sim_plan plan;
    void (*setup)(struct sim_run *r); /* nodes exist and have the initial chain; or NULL */
    void (*act)(struct sim_run *r);   /* something happens; or NULL */
    /* A block was found by node i; true: the scenario saw to it. NULL: it is mined on the node's tip and published. */
    bool (*mine)(struct sim_run *r, unsigned i);
    /* Mean time to the next block, where it is not always plan.spacing_us; also before setup(). Or NULL. */
    int64_t (*spacing_us)(struct sim_run *r);
    void (*heal)(struct sim_run *r);   /* the faults end; islands are joined and nodes started without it; or NULL */
    void (*expect)(struct sim_run *r); /* what holds in this scenario alone: sim_fail() else; or NULL */
};

/* A coin of the simulated wallets: each payment spends it and makes it anew. */
struct sim_coin {
    struct yc_txid txid;
    int64_t value_sat;
    uint8_t raw[160]; /* the last payment, to be sent again when it was forgotten */
    size_t raw_n;     /* 0: a coinbase */
};

/* The network at one moment, for the plot. */
struct sim_sample {
    int64_t at_us;
    uint32_t height_max, height_min; /* of nodes that run */
    uint32_t tips;                   /* different ones */
    uint32_t running;
    uint32_t bits;          /* of the highest tip */
    uint32_t height_secret; /* the highest tip of an attacker's nodes; 0: there are none */
    uint32_t depth;         /* of the deepest reorganisation since the sample before */
};

#define SIM_SAMPLES_MAX 2000

struct sim_plot {
    struct sim_sample sample[SIM_SAMPLES_MAX];
    unsigned count;
    int64_t healed_us; /* the faults ended then; 0: they had not */
};

#define SIM_FACTS_MAX 12

/* What a scenario has to say about its run, beside the figures that all have. */
struct sim_fact {
    char name[32];
    int64_t value;
};

/* Plain data: a run in a process of its own hands it over as it is. */
struct sim_result {
    char scenario[32];
    uint64_t seed, trace;
    unsigned nodes;
    int64_t hours;
    char more[160]; /* of the wish */
    bool failed;
    char why[SIM_TEXT_MAX + 80];
    uint32_t height, blocks, stale, reorgs, reorg_depth_max;
    uint64_t payments, payments_refused, connections, crashes, events, steps, messages_bytes;
    int64_t virtual_us, cpu_us, converge_us;
    size_t node_bytes_peak;
    struct sim_fact fact[SIM_FACTS_MAX];
    unsigned fact_count;
};

struct sim_run {
    struct sim s;
    const struct sim_scenario *scenario;
    struct sim_plan plan;
    struct yc_random chance; /* of everything that scenarios choose; the world has its own */
    struct yc_random_seeded chance_state;
    uint32_t *share;             /* hash rate of each node, by index */
    struct yc_map honest;        /* blocks that honest nodes made: hash -> miner */
    struct yc_block_hash *shown; /* by node: the last tip that it acknowledged */
    uint64_t *shown_work;        /* of it, lower half; initial chains are short */
    struct sim_coin *coin;
    unsigned coin_count;
    int64_t block_at_us, pay_at_us, act_at_us, sample_at_us, check_at_us;
    int64_t sample_every_us;
    struct yc_chain_params params; /* those of its chain */
    bool peace;                    /* the liveness phase */
    uint64_t minutes,
        minutes_behind; /* looks at the network while faults lasted; those at which a node was two blocks or more
                                         behind the best one */
    void *state;        /* the scenario's own, from sim_new(); freed with the run */
    uint32_t depth;     /* of the deepest reorganisation since the last look */
    struct sim_result *result;
    struct sim_plot *plot;
};

/** All scenarios; NULL ends them. */
extern const struct sim_scenario *const sim_scenarios[];
const struct sim_scenario *sim_scenario_named(const char *name);

#define SIM_SHARES_MAX 64

/* What to play, from which seed. */
struct sim_wish {
    const struct sim_scenario *scenario;
    uint64_t seed;
    unsigned nodes;                 /* 0: the scenario's own */
    int64_t hours;                  /* 0: the scenario's own */
    int64_t pay_every_us;           /* mean time between payments; 0: the scenario's own, below 0: none */
    uint32_t share[SIM_SHARES_MAX]; /* hash rate of nodes 0, 1, …; those behind the last have none */
    unsigned share_count;           /* 0: all have what chance gives them */
    char more[160];                 /* the options that chose the last three, to be repeated in the line that replays */
    bool show_progress;             /* a line on standard error, again and again */
};
/** The result says whether what was promised held; a failure ends the run where it happened. plot, which may be NULL, gets the
 *  network over time. */
void sim_play(const struct sim_wish *wish, struct sim_result *out, struct sim_plot *plot);
/** The nodes and hours that the wish comes to. */
unsigned sim_wish_nodes(const struct sim_wish *wish);
int64_t sim_wish_hours(const struct sim_wish *wish);

/* For scenarios. */

/** A random honest node that runs; UINT32_MAX when there is none. */
unsigned sim_any_node(struct sim_run *r);
/** A figure for the report; the value of a name that is there already is replaced. */
void sim_fact(struct sim_run *r, const char *name, int64_t value);
/** The node finds a block on its tip and publishes it. */
void sim_find_block(struct sim_run *r, unsigned i);
/** The hash of a block that an honest node made is remembered: nobody may call it invalid. */
void sim_remember_honest(struct sim_run *r, const struct yc_block_hash *hash, unsigned miner);
/** Node `to` is handed every block of from's chain up to this height that it lacks, by another way than the network. */
void sim_copy_blocks(struct sim_run *r, unsigned from, unsigned to, uint32_t height_max);
/** A node that belongs to an attacker: nothing is asked of it at the end. It has the initial chain and runs. */
unsigned sim_add_attacker(struct sim_run *r);
/** The raw bytes of a node's block in memory of the heap; the caller frees out->p. */
void sim_read_block(struct sim_run *r, unsigned i, const struct yc_node *n, struct yc_view *out);

#endif
