/* A pool over a real chain on stores in memory: blocks are mined by node/template, coins are for anyone to spend. */
#ifndef YC_TESTS_NODE_MEMPOOL_FIXTURE_H
#define YC_TESTS_NODE_MEMPOOL_FIXTURE_H

#include "node/mempool/mempool.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "node/template/template.h"
#include "support/heap.h"
#include "support/unit.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"

#define BLOCKS_MAX   400
#define TX_BYTES_MAX 500000

struct pool_world {
    struct yc_chain *chain;
    struct yc_pool *pool;
    struct yc_chain_params params; /* regtest; to be changed before world_init() by its caller's hook only */
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index, *coins;
    struct yc_kv_fault coins_fault;
    struct yc_workers *workers;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_clock clock;
    struct yc_log log;
    int64_t wall_s, mono_us;
    struct test_heap heap; /* the pool's */
    struct yc_template_options options;
    uint32_t extra; /* goes into the next coinbase's tag, so that branches differ */

    /* What the pool told, in order: '+' added, '!' conflict; removed: m mined, r reorg, e expired, s size, c conflict, u
     * unmineable, p replaced. */
    char told[20000];
    size_t told_n;
    struct yc_txid last_removed, last_rival;
    unsigned scripts_known; /* transactions of blocks whose scripts were not run */
    char logged[4096];      /* warnings, one after another */
};

/** A fresh chain (genesis only) and an empty pool; config NULL: the default. */
void world_init(struct pool_world *w, const struct yc_pool_config *config);
/** The same over changed parameters. */
void world_init_params(struct pool_world *w, const struct yc_chain_params *params, const struct yc_pool_config *config);
void world_release(struct pool_world *w);
/** Replace the pool by a new, empty one. */
void world_new_pool(struct pool_world *w, const struct yc_pool_config *config);
void world_settle(struct pool_world *w);

/** Mine count blocks from the pool; each pays anyone (P2WSH of OP_TRUE). */
void mine(struct pool_world *w, unsigned count);
/** Mine one block of exactly these transactions. */
void mine_of(struct pool_world *w, const struct yc_view *txs, size_t count);
/** Give to every block of from's active chain; reorganises when that has more work. */
void follow(struct pool_world *to, const struct pool_world *from);
/** The outpoint of the block's coinbase at this height, and its value. */
struct yc_outpoint coinbase_at(struct pool_world *w, uint32_t height, int64_t *value_sat);

/* ---- transactions ---- */

extern const uint8_t anyone_script[34]; /* P2WSH of OP_TRUE */

struct in {
    struct yc_outpoint at;
    uint32_t sequence;
    struct yc_view script_sig;
    const struct yc_view *witness; /* NULL and count 0: the one that OP_TRUE in P2WSH wants */
    uint32_t witness_count;
    bool no_witness;
};
struct out {
    int64_t value_sat;
    struct yc_view script; /* empty: anyone_script */
};
struct spec {
    uint32_t version, lock_time;
    const struct in *in;
    size_t in_count;
    const struct out *out;
    size_t out_count;
};

struct tx {
    uint8_t bytes[4000];
    size_t n;
    struct yc_txid txid;
};

/** Serialise it; bytes in all. */
size_t write_spec(uint8_t *out, size_t cap, const struct spec *s);
void make(struct tx *out, const struct spec *s);
/** One input, out_count outputs to anyone that share what is left after the fee. */
void make_split(struct tx *out, struct yc_outpoint at, int64_t value_sat, unsigned out_count, int64_t fee_sat);
static inline struct yc_view raw_of(const struct tx *t)
{
    return yc_view(t->bytes, t->n);
}
static inline struct yc_outpoint output_of(const struct tx *t, uint32_t i)
{
    return (struct yc_outpoint){t->txid, i};
}

/** Submit and demand the verdict and Bitcoin Core's text for it. */
void expect(struct pool_world *w, struct yc_view raw, enum yc_verdict verdict, const char *text);
void expect_taken(struct pool_world *w, const struct tx *t);
bool pooled(struct pool_world *w, const struct tx *t);
size_t pool_count(struct pool_world *w);
/** The pool's own check, and a template over it for which nothing has to be dropped (catalogue M01). */
void check_minable(struct pool_world *w);
/** The same, and the template holds everything. */
void check(struct pool_world *w);

#endif
