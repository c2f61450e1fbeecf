/* A network of whole nodes in one thread: links with latency, a virtual clock, chance from one seed. The same seed gives
 * the same run, event by event, so that any failure can be replayed. One thread owns a world and all that is in it.
 *
 * Time stands still while a node works, but for a microsecond at each look at the clock; only the node's disk can keep it
 * busy (sim/disk.h). A world costs nothing for nodes that have nothing to do: each is looked at when something arrives or
 * when it said that it wants to be.
 *
 * Besides nodes there are puppets: an address at which a test or a scenario itself answers, through the peer machine of net/proto, and
 * can therefore lie, stall and send garbage. */
#ifndef YC_SIM_WORLD_H
#define YC_SIM_WORLD_H

#include "node/core/core.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "sim/disk.h"
#include "sys/fs_fault.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"

#define SIM_NODES_DEFAULT 64   /* nodes and puppets together, when the options do not say */
#define SIM_NODES_MAX     4096 /* each has an address of its own */
#define SIM_TEXT_MAX      512

struct sim;

/* What a puppet does when the node at the other end of its connection says something. */
struct sim_puppet {
    void (*event)(struct sim_puppet *p, struct sim *s, struct yc_peer *peer, const struct yc_peer_event *ev);
    void *ctx;
    bool raw;             /* no peer machine: whatever is sent to it is counted and dropped */
    bool deaf;            /* reads nothing any more: what is sent to it waits for ever */
    uint64_t received;    /* bytes */
    unsigned connections; /* open now */
    unsigned closed;      /* that the other end closed */
};

struct sim_node {
    struct sim *sim;
    unsigned index;
    struct yc_netaddr addr;
    struct yc_core *core; /* NULL: a puppet, or switched off */
    struct sim_puppet *puppet;
    struct yc_peer_shared shared; /* puppets: of their peer machines */
    struct yc_core_config config;
    struct yc_clock clock; /* its own: skew_s beside the others' */
    struct yc_log log;
    struct yc_heap_capped heap; /* what the node itself may hold, stores apart */
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index_kv, *coins_kv;
    struct sim_disk disk; /* over fs: latency */
    struct sim_disk_kv index_disk, coins_disk;
    struct yc_fs_fault fs_fault; /* over disk: refuses all while the node is being torn down after a crash */
    struct yc_kv_fault index_fault, coins_fault;
    struct yc_workers *workers;
    struct yc_random random;
    struct yc_random_seeded seeded;
    const char *peers[8]; /* -addnode */
    char peer_text[8][32];
    const char *chain; /* of yc_chain_builtin(); NULL: regtest */
    bool blocks_only;
    const struct yc_alloc *alloc; /* NULL: the node's share of the heap */
    bool may_fail;                /* a failure of the node is no failure of the test */
    bool failed;                  /* so it stands still until it is stopped */
    bool hidden;                  /* behind a router: it connects to others, nobody to it */
    bool liar;                    /* an attacker: what holds for honest nodes is not asked of it */
    int64_t skew_s;               /* its wall clock is so far ahead of the world's */
    uint64_t up_bytes_per_s;      /* what it can send; 0: no limit */
    unsigned island;              /* nodes of different islands cannot reach each other */

    /* The world's own. */
    bool dirty;            /* to be stepped before time passes */
    int64_t due_us;        /* when it wants to be stepped; INT64_MAX: never */
    size_t due_at;         /* its place in the order of that */
    int64_t up_free_us;    /* when its line has sent what it was given */
    int64_t busy_until_us; /* its disk works so long */
};

struct sim_options {
    uint64_t seed;
    int64_t latency_us, jitter_us; /* one way: latency + 0..jitter */
    bool with_delays;              /* transactions are announced at random moments, as outside of test chains */
    size_t receive_budget_bytes;   /* 0: 64 MB */
    unsigned nodes_max;            /* 0: SIM_NODES_DEFAULT */
    int64_t spread_us;          /* each direction of each link is slower by 0..spread, for good: links are asymmetric */
    uint64_t up_bytes_per_s;    /* of every node added from now on; 0: no limit */
    struct sim_disk_speed disk; /* of every node added from now on; zeros: instant */
    bool public_addresses;      /* routable ones, each in a group of its own, so that they are gossiped */
    size_t node_bytes_max;      /* what one node may hold, stores apart; 0: 256 MB. More fails the node */
    size_t coins_cache_bytes;   /* 0: 16 MB */
    const struct yc_chain_params *params; /* NULL: YCoin's regtest */
    /* The world broke a promise: does not return. NULL: print the sentence and abort. */
    void (*fail)(void *ctx, const char *text);
    void (*on_chain)(void *ctx, struct sim_node *n,
                     const struct yc_chain_event *e); /* what a node's chain does; or NULL */
    void *ctx;                                        /* of both */
};

struct sim_event;
struct sim_link;

struct sim_totals {
    uint64_t events, messages_bytes, connections, crashes, steps;
};

struct sim {
    struct sim_options options;
    struct yc_clock clock;
    struct yc_random random;
    struct yc_random_seeded seeded;
    int64_t now_us;
    struct sim_node *node; /* never moves */
    unsigned node_count;
    struct sim_event **heap;
    size_t heap_count, heap_cap;
    uint64_t next_order;
    struct sim_link *links; /* those that are not over, or of which something is still under way */
    struct sim_link **by_handle;
    size_t link_count, link_cap; /* ever made */
    unsigned *due;               /* the running nodes, a heap by due_us */
    size_t due_count;
    unsigned *dirty;
    size_t dirty_count;
    uint64_t trace; /* a hash over every event so far */
    struct sim_totals totals;
    bool print_log;
};

/** An empty world. o is copied; what it points to must outlive the world. */
void sim_init(struct sim *s, const struct sim_options *o);
/** Closes every node, and checks each pool first. */
void sim_release(struct sim *s);
/** Say what went wrong, at which seed and time, to options.fail. */
_Noreturn void sim_fail(struct sim *s, const char *format, ...) YC_PRINTF(2, 3);

/** A node on YCoin's regtest, or a puppet; its index. */
unsigned sim_add_node(struct sim *s);
unsigned sim_add_puppet(struct sim *s, struct sim_puppet *p);
/** from is to keep a connection to to (-addnode): before sim_start(from). */
void sim_add_peer(struct sim *s, unsigned from, unsigned to);
/** Open the node, or open it again after sim_stop(), over what it stored. */
void sim_start(struct sim *s, unsigned i);
void sim_stop(struct sim *s, unsigned i);
/** The power of the node fails: it is gone at once, and its disk holds what was synced and, by chance, some of what was
 *  not, the last write perhaps in part. sim_start() brings it back. */
void sim_crash(struct sim *s, unsigned i);
/** One of the node's connections breaks, chosen by chance; false when it has none. */
bool sim_break_link(struct sim *s, unsigned i);
/** to's address goes into the address book of from, which runs. */
void sim_introduce(struct sim *s, unsigned from, unsigned to);
/** Does the node run? */
static inline bool sim_runs(const struct sim *s, unsigned i)
{
    return s->node[i].core && !s->node[i].failed;
}
/** Put a node on an island; connections to others break. */
void sim_set_island(struct sim *s, unsigned i, unsigned island);
/** A puppet connects to a node: the connection's handle, for sim_puppet_send(). */
uint64_t sim_puppet_connect(struct sim *s, unsigned puppet, unsigned to);
void sim_puppet_send(struct sim *s, uint64_t handle, struct yc_view bytes);
/** The puppet's peer machine of the connection, or NULL when it is closed. What is sent on it leaves at once. */
struct yc_peer *sim_puppet_peer(struct sim *s, uint64_t handle);
/** Send what the peer machines of puppets hold. */
void sim_flush_puppets(struct sim *s);

/** The node was handed something from outside: it is stepped before time passes. */
void sim_touch(struct sim *s, unsigned i);
/** Let every node do the work that waits, without time passing. */
void sim_step(struct sim *s);
/** Let seconds pass. */
void sim_run(struct sim *s, double seconds);
/** Until done() or for so many seconds at most; whether done() came true. */
bool sim_run_until(struct sim *s, double seconds, bool (*done)(struct sim *s, void *ctx), void *ctx);
/** Until all nodes that run, of this island, have the same tip at this height or above; fails the test otherwise. */
void sim_expect_agreement(struct sim *s, unsigned island, uint32_t height_min, double seconds);

/** The node mines on its tip from its pool. The reward can be spent by anyone. The last block's hash. */
struct yc_block_hash sim_mine(struct sim *s, unsigned i, unsigned count);
/** The raw bytes of a block that the node could mine now, with its proof of work found, not handed in. The caller
 *  frees out->p. */
void sim_make_block(struct sim *s, unsigned i, struct yc_view *out);
/** A transaction that spends the first output of the coinbase at this height of the node's chain; its size. */
size_t sim_spend(struct sim *s, unsigned i, uint32_t height, int64_t fee_sat, uint8_t *out, size_t cap,
                 struct yc_txid *txid);
/** The same of output 0 of any transaction that was made here, worth value_sat. */
size_t sim_spend_output(const struct yc_txid *of, int64_t value_sat, int64_t fee_sat, uint8_t *out, size_t cap,
                        struct yc_txid *txid);
/** Hand it to the node as RPC does; fails the test when it is refused. */
void sim_submit_tx(struct sim *s, unsigned i, struct yc_view raw);
bool sim_has_tx(struct sim *s, unsigned i, const struct yc_txid *txid);
uint32_t sim_height(struct sim *s, unsigned i);
/** Peers of the node whose handshake is complete. */
unsigned sim_peers(struct sim *s, unsigned i);

#endif
