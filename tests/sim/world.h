/* A network of whole nodes in one thread: links with latency, a virtual clock, chance from one seed. The same seed gives
 * the same run, event by event, so that any failure can be replayed.
 *
 * Besides nodes there are puppets: an address at which a test itself answers, through the peer machine of net/proto, and
 * can therefore lie, stall and send garbage. */
#ifndef YC_TESTS_SIM_WORLD_H
#define YC_TESTS_SIM_WORLD_H

#include "node/core/core.h"
#include "node/store/kv_memory.h"
#include "support/unit.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"

#define SIM_NODES_MAX 16

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
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index_kv, *coins_kv;
    struct yc_workers *workers;
    struct yc_random random;
    struct yc_random_seeded seeded;
    const char *peers[8]; /* -addnode */
    char peer_text[8][32];
    const char *chain; /* of yc_chain_builtin(); NULL: regtest */
    bool blocks_only;
    const struct yc_alloc *alloc; /* NULL: the heap */
    bool may_fail;                /* a failure of the node is no failure of the test */
    bool failed;                  /* so it stands still until it is stopped */
    unsigned island;              /* nodes of different islands cannot reach each other */
};

struct sim_options {
    uint64_t seed;
    int64_t latency_us, jitter_us; /* one way: latency + 0..jitter */
    bool with_delays;              /* transactions are announced at random moments, as outside of test chains */
    size_t receive_budget_bytes;   /* 0: 64 MB */
};

struct sim_event;
struct sim_link;

struct sim {
    struct sim_options options;
    struct yc_clock clock;
    struct yc_random random;
    struct yc_random_seeded seeded;
    int64_t now_us;
    struct sim_node node[SIM_NODES_MAX];
    unsigned node_count;
    struct sim_event **heap;
    size_t heap_count, heap_cap;
    uint64_t next_order;
    struct sim_link *links;
    uint64_t next_handle;
    uint64_t trace; /* a hash over every event so far */
    bool print_log;
};

void sim_init(struct sim *s, const struct sim_options *o);
/** Closes every node, and checks each pool first. */
void sim_release(struct sim *s);

/** A node on YCoin's regtest, or a puppet; its index. */
unsigned sim_add_node(struct sim *s);
unsigned sim_add_puppet(struct sim *s, struct sim_puppet *p);
/** from is to keep a connection to to (-addnode): before sim_start(from). */
void sim_add_peer(struct sim *s, unsigned from, unsigned to);
/** Open the node, or open it again after sim_stop(), over what it stored. */
void sim_start(struct sim *s, unsigned i);
void sim_stop(struct sim *s, unsigned i);
/** Put a node on an island; connections to others break. */
void sim_set_island(struct sim *s, unsigned i, unsigned island);
/** A puppet connects to a node: the connection's handle, for sim_puppet_send(). */
uint64_t sim_puppet_connect(struct sim *s, unsigned puppet, unsigned to);
void sim_puppet_send(struct sim *s, uint64_t handle, struct yc_view bytes);
/** The puppet's peer machine of the connection, or NULL when it is closed. What is sent on it leaves at once. */
struct yc_peer *sim_puppet_peer(struct sim *s, uint64_t handle);
/** Send what the peer machines of puppets hold. */
void sim_flush_puppets(struct sim *s);

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
