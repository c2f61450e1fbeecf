/* What the files of node/index share. Nobody else includes this. */
#ifndef YC_NODE_INDEX_INTERNAL_H
#define YC_NODE_INDEX_INTERNAL_H

#include <stdatomic.h>

#include "base/progress.h"
#include "crypto/muhash.h"
#include "node/index/index.h"
#include "sys/thread.h"

/* One batch: at most so much, and no longer than this while blocks wait. */
#define BATCH_BYTES_MAX  ((size_t)64 << 20)
#define BATCH_BYTES_FULL ((size_t)4 << 20)
#define BATCH_US         INT64_C(1000000)
#define PROGRESS_US      INT64_C(30000000) /* between lines that say how far it has come */

struct yc_index;

/* A block that is to be indexed, or taken out again. spent is empty where the index does not ask for it. */
struct yc_index_block {
    const struct yc_node *node;
    struct yc_block block;
    struct yc_spent_coins spent;
    struct yc_arena *arena;
};

/* What makes one index differ from another. The functions add changes to the batch, which is written by their caller. */
struct yc_index_type {
    const char *name, *folder, *schema;
    uint32_t version;
    bool from_genesis; /* genesis has records too */
    bool reads_spent;  /* asks for what the block spends */
    bool reads_stale;  /* needs the body of a block that is taken out */
    enum yc_verdict (*add)(struct yc_index *x, struct yc_index_block *b, struct yc_error *err);
    /* NULL: nothing to do. x->at is still the block. */
    enum yc_verdict (*take_out)(struct yc_index *x, struct yc_index_block *b, struct yc_error *err);
    /* Read back what is kept in memory of block n, whose records are in the store (NULL: before the first). At the start,
     * and after n's child was taken out. NULL: nothing is. */
    enum yc_verdict (*load)(struct yc_index *x, const struct yc_node *n, struct yc_error *err);
    /* A batch is about to be written: add what is still in memory. NULL: nothing is. */
    enum yc_verdict (*save)(struct yc_index *x, struct yc_error *err);
};

extern const struct yc_index_type yc_index_txs, yc_index_filters, yc_index_coinstats;

struct yc_index {
    const struct yc_index_type *type;
    struct yc_indexes *all;
    const struct yc_kv *kv;   /* NULL: not kept */
    const struct yc_node *at; /* the last block in the store or in the batch; NULL: none */
    struct yc_kv_batch batch;
    int64_t batch_since_us;
    uint8_t filter_header32[32]; /* filters: of at */
    struct yc_coinstats stats;   /* coinstats: of at */
    struct yc_muhash muhash;
    struct yc_index_waiting
        *waiting; /* coinstats: blocks whose records are not made yet; COINSTATS_WAITING_MAX, or NULL */
    size_t waiting_count;
    /* progress */
    struct yc_meter meter;    /* while it is behind the tip */
    struct yc_work_done done; /* blocks, txs, bytes */
    /* read by any thread */
    _Atomic(const struct yc_node *) best;
    atomic_bool synced;
};

struct yc_indexes {
    struct yc_indexes_config config;
    struct yc_index index[YC_INDEX_COUNT];
    struct yc_error failure;
    bool failed;
    struct yc_thread thread;
    struct yc_indexes_events events; /* all NULL without a thread */
    struct yc_mutex lock;            /* over the next two; and held when best moves */
    bool ending, woken;
    struct yc_cond work, moved;
};

/* coinstats.c: a batch is written when so many blocks wait for their hashes, which are made together. */
#define COINSTATS_WAITING_MAX 256
void yc_index_coinstats_release(struct yc_index *x);

/* follow.c */
/** The next thing that waits for this index. YC_NOT_YET: nothing does. */
enum yc_verdict yc_index_advance(struct yc_index *x, struct yc_error *err);

/* lookup.c */
/** One record. YC_NOT_YET: none, or the index is not kept. */
enum yc_verdict yc_index_record(const struct yc_index *x, struct yc_view key, struct yc_buf *value,
                                struct yc_error *err);
enum yc_verdict yc_index_corrupt(const struct yc_index *x, struct yc_error *err);

/* Keys. */
#define YC_INDEX_KEY_BEST "!best" /* the hash of the block up to which there are records */
#define TX_KEY_BYTES      33      /* 't', txid */
#define BLOCK_KEY_BYTES                                                                                                \
    37 /* a letter ('f', 'h': filters; 's': coin statistics), height with its highest byte first, hash */
void yc_index_tx_key(uint8_t out[TX_KEY_BYTES], const struct yc_txid *txid);
void yc_index_block_key(uint8_t out[BLOCK_KEY_BYTES], char kind, const struct yc_node *n);
#define TX_VALUE_BYTES    12
#define FILTER_LINK_BYTES 64
#define FILTER_BYTES_MAX  ((size_t)8 << 20)

#endif
