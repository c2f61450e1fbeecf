/* An ordered key-value store as an interface: what the block index, the coins and the optional indexes are kept in.
 * kv_leveldb.h is the real one, kv_memory.h one in memory that can lose what was not synced, and either can be wrapped
 * by kv_fault.h, which fails the n-th operation.
 *
 * Keys are ordered byte by byte. get and cursor_open may be called from any thread beside anything; write, compact and
 * close belong to one thread at a time; a cursor is used by one thread at a time, which may be another one than the
 * thread that opened it.
 * Every failure is YC_SYSTEM with a sentence that names the store: YC_SYSTEM_CORRUPT when what is stored contradicts
 * itself, YC_SYSTEM_IO or YC_SYSTEM_FULL for the disk, YC_SYSTEM_MEMORY. A read that fails is never "not there"
 * (catalogue S04), and a write that failed may or may not have happened: the caller stops (S05). */
#ifndef YC_NODE_STORE_KV_H
#define YC_NODE_STORE_KV_H

#include "base/buf.h"
#include "base/result.h"
#include "base/view.h"

/* Changes that happen together or not at all. Later changes of a key win over earlier ones. Sticky as yc_buf is: a
 * change that found no memory makes the write of the batch fail with YC_SYSTEM_MEMORY. */
struct yc_kv_batch {
    struct yc_buf ops; /* the changes in kv.c's own form; ops.n says how large the batch is */
    size_t count;
};

/** An empty batch that may grow to max_bytes; alloc is borrowed for its life. Takes no memory yet. */
void yc_kv_batch_init(struct yc_kv_batch *b, const struct yc_alloc *alloc, size_t max_bytes);
void yc_kv_batch_release(struct yc_kv_batch *b);
/** Forget the changes (and a failure), keep the memory. */
void yc_kv_batch_clear(struct yc_kv_batch *b);
/** Set a key, or remove it (removing what is not there is fine). Key and value are copied. */
void yc_kv_batch_put(struct yc_kv_batch *b, struct yc_view key, struct yc_view value);
void yc_kv_batch_delete(struct yc_kv_batch *b, struct yc_view key);

struct yc_kv_change {
    struct yc_view key;
    struct yc_view value; /* of a put */
    bool put;             /* else: delete */
};

/** For implementations: the changes in order. *at starts at 0; false at the end. The views point into the batch. */
bool yc_kv_batch_next(const struct yc_kv_batch *b, size_t *at, struct yc_kv_change *out);

struct yc_kv_cursor; /* opaque, made by an implementation */

struct yc_kv {
    /* Replaces what is in *value (an initialised buffer). YC_NOT_YET when the key is not there. */
    enum yc_verdict (*get)(void *ctx, struct yc_view key, struct yc_buf *value, struct yc_error *err);
    /* Apply all changes of the batch, or none. sync: they are on the disk when this returns YC_VALID. Without it a
     * power cut may take the batch back as a whole, even when later batches, synced or not, survive. */
    enum yc_verdict (*write)(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err);
    /* A cursor that stands before the first key >= from. It walks the store as it is now, whatever is written later:
     * a cursor is a snapshot. Must be closed before the store is. */
    enum yc_verdict (*cursor_open)(void *ctx, struct yc_kv_cursor **out, struct yc_view from, struct yc_error *err);
    /* Step to the next key; key and value are readable until the next step. YC_NOT_YET at the end. */
    enum yc_verdict (*cursor_next)(void *ctx, struct yc_kv_cursor *cursor, struct yc_view *key, struct yc_view *value,
                                   struct yc_error *err);
    void (*cursor_close)(void *ctx, struct yc_kv_cursor *cursor); /* NULL is fine */
    /* Bytes on the disk of the keys in [from, to), about. */
    uint64_t (*approximate_bytes)(void *ctx, struct yc_view from, struct yc_view to);
    /* Bytes written since it was opened, about: batches, and what the store has rewritten of itself. Beside
     * anything but a write. */
    uint64_t (*written_bytes)(void *ctx);
    /* Rewrite the store without what was overwritten or deleted. May take minutes. */
    void (*compact)(void *ctx);
    /* Close without syncing; the struct is dead afterwards. */
    void (*close)(void *ctx);
    void *ctx;
};

#endif
