/* The block index on disk: one record for each header, keyed by height and hash so that loading is one sequential scan
 * in which parents come before children. One thread. */
#ifndef YC_NODE_STORE_BLOCK_INDEX_H
#define YC_NODE_STORE_BLOCK_INDEX_H

#include "consensus/block.h"
#include "node/store/blockfile.h"
#include "node/store/kv.h"

#define YC_BLOCK_INDEX_VERSION 1

/* What is known of a block; stored, do not renumber. */
enum yc_block_status {
    YC_BLOCK_HEADER_VALID = 1 << 0,  /* the header obeys every rule, and so do its ancestors' */
    YC_BLOCK_BODY_VALID = 1 << 1,    /* yc_block_check() and yc_block_accept() passed */
    YC_BLOCK_CONNECTED = 1 << 2,     /* connected once: coins, amounts, locks are valid */
    YC_BLOCK_SCRIPTS_VALID = 1 << 3, /* its scripts are valid under script_flags */
    YC_BLOCK_HAVE_DATA = 1 << 4,     /* `block` and `block_checksum` say where */
    YC_BLOCK_HAVE_UNDO = 1 << 5,
    YC_BLOCK_PRUNED = 1 << 6, /* the data was there and was removed */
    YC_BLOCK_FAILED = 1 << 7, /* breaks a rule itself */
    YC_BLOCK_FAILED_ANCESTOR = 1 << 8,
    YC_BLOCK_FAILED_BY_OPERATOR = 1 << 9, /* invalidateblock, to be told apart by reconsiderblock */
    YC_BLOCK_ASSUMED = 1 << 10 /* connected, or found to break a rule, on coins that nobody has validated yet: those of
                                  a snapshot */
};

struct yc_block_record {
    struct yc_block_hash hash;
    uint32_t height;
    struct yc_header header;
    uint32_t status;          /* enum yc_block_status */
    uint32_t script_flags;    /* with YC_BLOCK_SCRIPTS_VALID */
    uint32_t tx_count;        /* 0: unknown */
    uint64_t chain_tx_count;  /* transactions up to and with this block; 0: unknown */
    uint64_t sequence;        /* order in which bodies arrived, from 1; 0: none; below 0 in two's complement: an
                                 operator's preference. Decides ties of work (catalogue C46) */
    struct yc_file_pos block; /* bytes == 0: none */
    struct yc_file_pos undo;
    uint64_t block_checksum, undo_checksum; /* yc_blockfile_checksum() */
};

struct yc_block_index {
    const struct yc_kv *kv;
    const struct yc_alloc *alloc;
};

/** Check the schema (schema.h) of the store, making it when the store is empty. kv and alloc are borrowed for the
 *  index's life; closing kv is the caller's.
 *  Returns YC_VALID; YC_SYSTEM, with the way out for a store of another chain or version. */
enum yc_verdict yc_block_index_open(struct yc_block_index *x, const struct yc_alloc *alloc, const struct yc_kv *kv,
                                    const struct yc_block_hash *genesis, struct yc_error *err) YC_MUST_USE;

/** Called for each record in order of height; anything but YC_VALID ends the load with that verdict. */
typedef enum yc_verdict (*yc_block_record_each)(void *ctx, const struct yc_block_record *record);

/** Read every record. YC_VALID; the callee's verdict; YC_SYSTEM (CORRUPT) for a record that does not decode or whose
 *  header does not have the hash that its key says. */
enum yc_verdict yc_block_index_load(const struct yc_block_index *x, yc_block_record_each each, void *each_ctx,
                                    struct yc_error *err) YC_MUST_USE;

/** Write (or overwrite) n records in one batch, atomically. With sync they are durable on return: block data that they
 *  point to must have been synced before. */
enum yc_verdict yc_block_index_put(struct yc_block_index *x, const struct yc_block_record *records, size_t n, bool sync,
                                   struct yc_error *err) YC_MUST_USE;

/* Which record. */
struct yc_block_key {
    uint32_t height;
    struct yc_block_hash hash;
};

/** Remove n records in one batch, atomically and durably: the caller leaves none without its parent. */
enum yc_verdict yc_block_index_remove(struct yc_block_index *x, const struct yc_block_key *keys, size_t n,
                                      struct yc_error *err) YC_MUST_USE;

/** One record. YC_NOT_YET when there is none. */
enum yc_verdict yc_block_index_get(const struct yc_block_index *x, uint32_t height, const struct yc_block_hash *hash,
                                   struct yc_block_record *out, struct yc_error *err) YC_MUST_USE;

/** Does it hold no block? */
enum yc_verdict yc_block_index_is_empty(const struct yc_block_index *x, bool *empty, struct yc_error *err) YC_MUST_USE;

/** A named fact that outlives a restart ("reindex", "pruned"); durable on return. Names are 1..32 bytes. */
enum yc_verdict yc_block_index_set_flag(struct yc_block_index *x, const char *name, bool on,
                                        struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_block_index_flag(const struct yc_block_index *x, const char *name, bool *on,
                                    struct yc_error *err) YC_MUST_USE;

#endif
