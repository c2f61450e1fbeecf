/* A chain on stores in memory and a virtual clock, and blocks made for it by hand: what every test of node/chain needs. */
#ifndef YC_TESTS_NODE_CHAIN_FIXTURE_H
#define YC_TESTS_NODE_CHAIN_FIXTURE_H

#include "node/chain/chain.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "support/unit.h"
#include "sys/fs_fault.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"

struct chain_world {
    struct yc_chain *chain;
    struct yc_chain_config config;
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index, *coins;
    struct yc_kv_memory *snapshot, *refuted; /* NULL: there is none */
    struct yc_fs_fault fs_fault;
    struct yc_kv_fault index_fault, coins_fault, snapshot_fault;
    struct yc_kv_shelf shelf;                   /* of the three stores of coins */
    unsigned shelf_calls, shelf_fail_at;        /* the change of it that fails, from 1; 0: none */
    bool use_shelf;                             /* for the next opening: coins_shelf in place of coins_kv */
    bool shelf_dead;                            /* every change of it fails */
    struct yc_workers *workers, *store_workers; /* store_workers NULL, but a test sets them for the next opening */
    struct yc_random random;
    struct yc_random_seeded seeded;
    int64_t wall_s, mono_us;
    struct yc_clock clock;
    /* What was told, in order: '+' connected, '-' disconnected, 't' tip, 'r' reorg, 'x' failed. */
    char told[4096];
    size_t told_n, rested_n; /* rested_n: up to the last tip that was told of at rest */
    enum yc_rej failed_code;
    uint64_t failed_source;
    uint32_t reorg_depth;
    bool wants_no_bodies; /* of connected blocks */
    bool reindex, verify; /* for the next opening, as what follows */
    uint32_t block_file_bytes_max, side_blocks_max;
    uint64_t prune_target_bytes;
    uint32_t verify_level, verify_blocks;
    int64_t disk_latency_us;
    const struct yc_fs *fs_over;          /* for the next opening, around fs_fault; NULL: none */
    const struct yc_alloc *alloc;         /* for the next opening; NULL: the heap */
    const struct yc_chain_params *params; /* for the next opening; NULL: YCoin's regtest */
};

/* What every world's chain judges signatures with from now on; NULL: libsecp256k1 at once. */
extern const struct yc_sigengine *world_sig_engine;
extern bool world_sig_engine_auto; /* and not all blocks, but those that lie deep */

/** A fresh world on YCoin's regtest; opened and stepped until nothing waits. */
void world_init(struct chain_world *w, unsigned worker_count);
void world_release(struct chain_world *w);
/** Open over what the stores hold. */
enum yc_verdict world_open(struct chain_world *w, struct yc_error *err);
/** Close cleanly. */
void world_close(struct chain_world *w);
/** Drop everything that was not synced, as a power cut or a kill does, and open again. */
void world_crash(struct chain_world *w);
/** Step until nothing waits; fails the test on a SYSTEM failure. */
void world_settle(struct chain_world *w);

#define MADE_BYTES_MAX 1100000

/* A block made for a test. */
struct made {
    uint8_t bytes[MADE_BYTES_MAX];
    size_t n;
    struct yc_block_hash hash;
    struct yc_txid coinbase;
};

struct make_options {
    const struct yc_view *txs; /* behind the coinbase */
    size_t tx_count;
    int64_t claim_sat;  /* beyond subsidy and nothing else */
    unsigned extra;     /* tells blocks of one parent apart */
    bool spoil_root;    /* a merkle root of other transactions */
    uint32_t as_height; /* the coinbase is that of this height; 0: of the block's own */
    uint32_t step_s;    /* at least so much later than the parent; 0: a second */
};

/** A block on the parent with a valid nonce. */
void make_block(struct chain_world *w, struct made *out, const struct yc_node *parent, const struct make_options *o);
/** Make one on the parent and submit it; its node. */
const struct yc_node *grow(struct chain_world *w, const struct yc_node *parent, unsigned extra);
/** count blocks on the parent, one after another; the last node. */
const struct yc_node *grow_many(struct chain_world *w, const struct yc_node *parent, unsigned count, unsigned extra);
/** A transaction that spends output 0 of txid (OP_TRUE) to OP_TRUE, paying fee_sat; returns its size. */
size_t make_spend(uint8_t *out, size_t cap, const struct yc_txid *txid, int64_t value_sat, int64_t fee_sat);
/** Step until the coins are written, and open a scan; YC_SYSTEM when the chain fails on the way. */
enum yc_verdict world_scan(struct chain_world *w, struct yc_coins_scan *out, struct yc_error *err);
/* Work that meets a failure of its stores: a fresh world each time. */
struct workload {
    void (*begin)(struct chain_world *w, unsigned workers);
    bool (*run)(struct chain_world *w);   /* false: the chain has failed */
    void (*check)(struct chain_world *w); /* after it, whatever happened; releases the world */
};
/** Fail the n-th operation on files for n = 1, 2, … until the workload runs clean; writes are torn at times. The number of
 *  worlds that this took. */
unsigned world_fail_each_file_operation(const struct workload *k, unsigned workers);
/** The same of the index and of the coins' store, where a write that fails may have happened or not; the fewest worlds of
 *  the four. */
unsigned world_fail_each_store_operation(const struct workload *k, unsigned workers);

/** Bitcoin Core's hash over all coins. */
void coins_hash(struct chain_world *w, uint8_t out32[32]);

#endif
