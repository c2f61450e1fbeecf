/* -reindex: the block index built anew from the block files, whatever order their blocks lie in. Bodies are checked as
 * on their first arrival; connecting them follows when all have been found.
 *
 * The files are read in steps of the chain, one record each, and what has been found is made durable every few seconds. A
 * flag in the index says that it is not complete: a start after a kill goes through the files again, but passes over what
 * the index knows, of which it reads no more than the header. */
#include <stdio.h>

#include "base/map.h"
#include "node/chain/internal.h"

#define WRITE_EVERY_US INT64_C(2000000)
#define TELL_EVERY_US  INT64_C(10000000)
#define DIRTY_MAX      20000 /* index records that wait to be written */

/* A block whose parent has not been met yet. */
struct waiting {
    struct yc_file_pos at;
    size_t next; /* the next one with the same parent, or NONE */
};
#define NONE SIZE_MAX

struct yc_reindex {
    struct yc_blockfile_list files;
    size_t next;                    /* the file that is being walked */
    struct yc_blockfile_walk *walk; /* NULL: not begun */
    struct yc_map by_parent;        /* block hash -> size_t index of the first that waits for it */
    struct waiting *list;
    size_t count, cap;
    size_t ready;                              /* the first of those whose parents have come, or NONE */
    uint64_t records, adopted, known, refused; /* records: all that looked like blocks */
    uint64_t done_bytes, total_bytes;          /* done: of files that are through */
    int64_t begun_us, written_us;
    struct yc_meter meter;
};

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to reindex");
}

void yc_reindex_free(struct yc_chain *c)
{
    struct yc_reindex *r = c->reindex;
    if (!r)
        return;
    yc_blockfile_walk_close(r->walk);
    yc_blockfiles_list_free(c->files, &r->files);
    yc_map_release(&r->by_parent);
    yc_alloc_free(c->alloc, r->list, r->cap * sizeof *r->list);
    yc_alloc_free(c->alloc, r, sizeof *r);
    c->reindex = NULL;
}

static uint64_t bytes_walked(const struct yc_reindex *r)
{
    uint64_t size;
    return r->done_bytes + (r->walk ? yc_blockfile_walk_at(r->walk, &size) : 0);
}

static struct yc_work_done walked(const struct yc_chain *c)
{
    const struct yc_reindex *r = c->reindex;
    uint64_t at = bytes_walked(r);
    return (struct yc_work_done){.height = c->best_header->height,
                                 .blocks = r->adopted + r->known,
                                 .bytes = at,
                                 .done = at,
                                 .total = r->total_bytes};
}

static void begin_clock(struct yc_chain *c, struct yc_reindex *r)
{
    struct yc_work_done w = walked(c);
    r->begun_us = r->written_us = yc_mono_us(c->config.clock);
    yc_meter_begin(&r->meter, r->begun_us, TELL_EVERY_US, &w);
}

enum yc_verdict yc_reindex_begin(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = yc_alloc_new(c->alloc, sizeof *r);
    struct yc_siphash_key seed;
    if (!r)
        return no_memory(err);
    *r = (struct yc_reindex){.ready = NONE};
    yc_random_fill(c->config.random, &seed, sizeof seed);
    yc_map_init(&r->by_parent, c->alloc, sizeof(struct yc_block_hash), sizeof(size_t), seed);
    c->reindex = r;
    enum yc_verdict v = yc_blockfiles_list(c->files, &r->files, err);
    for (size_t i = 0; v == YC_VALID && i < r->files.count; i++)
        r->total_bytes += r->files.file[i].bytes;
    if (v == YC_VALID && r->total_bytes > 0)
        v = yc_block_index_set_flag(&c->index, YC_REINDEX_FLAG, true, err);
    if (v != YC_VALID || r->total_bytes == 0)
        yc_reindex_free(c);
    else
        begin_clock(c, r);
    return v;
}

bool yc_chain_reindexing(const struct yc_chain *c, struct yc_progress *out)
{
    const struct yc_reindex *r = c->reindex;
    if (!r)
        return false;
    *out = yc_progress_of(bytes_walked(r), r->total_bytes, yc_mono_us(c->config.clock) - r->begun_us);
    return true;
}

/* ---- one block ---- */

static enum yc_verdict wait_for_parent(struct yc_chain *c, const struct yc_block_hash *parent, struct yc_file_pos at,
                                       struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 1024;
        void *p = yc_alloc_resize(c->alloc, r->list, r->cap * sizeof *r->list, cap * sizeof *r->list);
        if (!p)
            return no_memory(err);
        r->list = p;
        r->cap = cap;
    }
    bool is_new = false;
    size_t *first = yc_map_put(&r->by_parent, parent, &is_new);
    if (!first)
        return no_memory(err);
    r->list[r->count] = (struct waiting){at, is_new ? NONE : *first};
    *first = r->count++;
    /* In the words that tools look for (Bitcoin Core's). */
    yc_log_debug(c->config.log, YC_LOGC_REINDEX,
                 "LoadExternalBlockFile: Out of order block at byte %u of blk%05u.dat waits for its parent", at.offset,
                 at.file);
    return YC_VALID;
}

/* Those that wait for n are next, in front of others that are ready. */
static void make_ready(struct yc_reindex *r, const struct yc_node *n)
{
    size_t *first = yc_map_get(&r->by_parent, &n->hash);
    if (!first)
        return;
    size_t last = *first;
    while (r->list[last].next != NONE)
        last = r->list[last].next;
    r->list[last].next = r->ready;
    r->ready = *first;
    yc_map_remove(&r->by_parent, &n->hash);
}

/* Take one block where it lies. YC_MUTATED: the bytes are no block. */
static enum yc_verdict adopt(struct yc_chain *c, struct yc_file_pos at, struct yc_view bytes, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    struct yc_header h;
    struct yc_reject why = {.code = YC_REJ_NONE};
    const struct yc_node *found = NULL;
    if (bytes.n < at.bytes)
        return YC_MUTATED;
    yc_header_read(&h, bytes.p);
    struct yc_block_hash hash = yc_header_hash(&h);
    /* Without work it is some other bytes behind what looks like a frame: a block may lie inside. */
    if (!yc_pow_check(&hash, h.bits, c->config.params) && yc_tree_find(&c->tree, &hash) == NULL)
        return YC_MUTATED;
    enum yc_verdict v = yc_chain_submit_header(c, &h, &found, &why);
    if (v == YC_NOT_YET && why.code == YC_REJ_HEADER_PREV_NOT_FOUND)
        return wait_for_parent(c, &h.prev, at, err);
    struct yc_node *n = (struct yc_node *)(uintptr_t)found;
    if (v == YC_VALID)
        v = yc_adopt_body(c, n, at, bytes, &why);
    if (v == YC_SYSTEM)
        return no_memory(err);
    if (v != YC_VALID) {
        r->refused++;
        return v == YC_MUTATED ? YC_MUTATED : YC_VALID;
    }
    r->adopted++;
    make_ready(r, n);
    return yc_blockfiles_know(c->files, YC_BLOCKFILE_BLOCK, n->stored->data, err);
}

static enum yc_verdict adopt_ready(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    struct waiting w = r->list[r->ready];
    r->ready = w.next;
    uint8_t *bytes = yc_alloc_new(c->alloc, w.at.bytes);
    if (!bytes)
        return no_memory(err);
    yc_log_debug(c->config.log, YC_LOGC_REINDEX,
                 "LoadExternalBlockFile: Processing out of order child at byte %u of blk%05u.dat", w.at.offset,
                 w.at.file);
    enum yc_verdict v = yc_blockfiles_read_part(c->files, YC_BLOCKFILE_BLOCK, w.at, 0, w.at.bytes, bytes, err);
    if (v == YC_VALID)
        v = adopt(c, w.at, yc_view(bytes, w.at.bytes), err);
    yc_alloc_free(c->alloc, bytes, w.at.bytes);
    return v == YC_MUTATED ? YC_VALID : v;
}

/* ---- the files ---- */

static bool known_body(const struct yc_chain *c, struct yc_view head)
{
    struct yc_header h;
    yc_header_read(&h, head.p);
    struct yc_block_hash hash = yc_header_hash(&h);
    const struct yc_node *n = yc_tree_find(&c->tree, &hash);
    return n && (n->status & YC_BLOCK_HAVE_DATA);
}

static enum yc_verdict walk_begin(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    uint32_t number = r->files.file[r->next].number;
    struct yc_progress p;
    char text[YC_PROGRESS_TEXT];
    yc_chain_reindexing(c, &p);
    yc_progress_text(text, p);
    yc_log_info(c->config.log, "Reindexing block file blk%05u.dat (%s)", number, text);
    enum yc_verdict v = yc_blockfile_walk_open(&r->walk, c->files, number, YC_BLOCK_BYTES_MAX, err);
    if (v == YC_NOT_YET) /* removed since it was listed */
        r->next++;
    return v == YC_NOT_YET ? YC_VALID : v;
}

static void walk_end(struct yc_chain *c)
{
    struct yc_reindex *r = c->reindex;
    struct yc_blockfile_scan found = yc_blockfile_walk_counts(r->walk);
    uint64_t size;
    r->done_bytes += yc_blockfile_walk_at(r->walk, &size);
    yc_blockfile_walk_close(r->walk);
    r->walk = NULL;
    if (found.skipped_bytes)
        yc_log_info(c->config.log, "Reindexing: %llu bytes of blk%05u.dat are no blocks and were passed over",
                    (unsigned long long)found.skipped_bytes, r->files.file[r->next].number);
    r->next++;
}

/* It was read since then. */
static void waited(struct yc_chain *c, int64_t since_us)
{
    yc_meter_waited(&c->reindex->meter, YC_WAITED_DISK, yc_mono_us(c->config.clock) - since_us);
}

static enum yc_verdict next_record(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    struct yc_file_pos at;
    struct yc_view bytes;
    if (!r->walk)
        return walk_begin(c, err);
    int64_t begun_us = yc_mono_us(c->config.clock);
    enum yc_verdict v = yc_blockfile_walk_next(r->walk, &at, YC_HEADER_BYTES, &bytes, err);
    waited(c, begun_us);
    if (v == YC_NOT_YET) {
        walk_end(c);
        return YC_VALID;
    }
    if (v != YC_VALID)
        return v;
    r->records++;
    if (bytes.n == YC_HEADER_BYTES && known_body(c, bytes)) {
        r->known++;
        return YC_VALID;
    }
    if (bytes.n == YC_HEADER_BYTES) {
        begun_us = yc_mono_us(c->config.clock);
        v = yc_blockfile_walk_body(r->walk, &bytes, err);
        waited(c, begun_us);
        if (v == YC_VALID)
            v = adopt(c, at, bytes, err);
    } else {
        v = YC_MUTATED;
    }
    if (v == YC_MUTATED)
        yc_blockfile_walk_refuse(r->walk);
    return v == YC_MUTATED ? YC_VALID : v;
}

/* There are blocks, but none hangs together with genesis: the first ones are damaged, or another chain's index was lost.
 * New blocks go behind them, so that a later -reindex finds them all once their ancestors have come. */
static enum yc_verdict spare_files(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_reindex *r = c->reindex;
    if (r->records == 0 || r->adopted + r->known > 0)
        return YC_VALID;
    yc_log_warning(c->config.log,
                   "The block files hold no block that leads on from the genesis block: their beginning is damaged, or "
                   "they are another chain's. They are left as they are, and blocks are downloaded anew");
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; v == YC_VALID && i < r->files.count; i++) {
        uint64_t end = r->files.file[i].bytes;
        if (end > YC_HEADER_BYTES && end <= UINT32_MAX) { /* its last byte counts as a record's */
            struct yc_file_pos last = {r->files.file[i].number, (uint32_t)end - 1, 1};
            v = yc_blockfiles_know(c->files, YC_BLOCKFILE_BLOCK, last, err);
        }
    }
    return v;
}

static enum yc_verdict finish(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    enum yc_verdict v = yc_write_dirty(c, err);
    if (v == YC_VALID)
        v = spare_files(c, err);
    if (v == YC_VALID)
        v = yc_block_index_set_flag(&c->index, YC_REINDEX_FLAG, false, err);
    if (v != YC_VALID)
        return v;
    yc_log_info(
        c->config.log,
        "Reindexing finished: %llu blocks taken over, %llu known before, %llu refused, best header at height %u",
        (unsigned long long)r->adopted, (unsigned long long)r->known, (unsigned long long)r->refused,
        c->best_header->height);
    yc_reindex_free(c);
    return YC_NOT_YET;
}

enum yc_verdict yc_reindex_some(struct yc_chain *c, struct yc_error *err)
{
    struct yc_reindex *r = c->reindex;
    int64_t now_us = yc_mono_us(c->config.clock);
    if (c->dirty_count >= DIRTY_MAX || now_us - r->written_us >= WRITE_EVERY_US) {
        r->written_us = now_us;
        enum yc_verdict v = yc_write_dirty(c, err);
        if (v != YC_VALID)
            return v;
    }
    if (yc_meter_due(&r->meter, now_us)) {
        char text[YC_METER_TEXT];
        struct yc_work_done w = walked(c);
        yc_meter_text(&r->meter, text, now_us, &w);
        yc_log_info(c->config.log, "Reindexing: %s", text);
    }
    if (r->ready != NONE)
        return adopt_ready(c, err);
    return r->next < r->files.count ? next_record(c, err) : finish(c, err);
}

/* ---- what follows ---- */

static struct yc_work_done connected(const struct yc_chain *c)
{
    uint64_t first = c->connect_first->stored->chain_tx_count, at = c->active->tip->stored->chain_tx_count;
    uint64_t total = c->connect_last->stored->chain_tx_count;
    return (struct yc_work_done){.height = c->active->tip->height,
                                 .blocks = c->pace.blocks,
                                 .txs = at > first ? at - first : 0,
                                 .bytes = c->pace.bytes,
                                 .done = at > first ? at - first : 0,
                                 .total = total > first ? total - first : 0};
}

void yc_connecting_begin(struct yc_chain *c)
{
    struct yc_work_done w = connected(c);
    yc_meter_begin(&c->connecting, yc_mono_us(c->config.clock), TELL_EVERY_US, &w);
    c->told_pace = c->pace;
}

void yc_tell_connecting(struct yc_chain *c)
{
    int64_t now_us = yc_mono_us(c->config.clock);
    /* Nothing that was stored is left to be connected, or a snapshot took its place. */
    if (!c->connect_last || c->active->tip->height >= c->connect_last->height || !yc_meter_due(&c->connecting, now_us))
        return;
    char text[YC_METER_TEXT];
    struct yc_work_done w = connected(c);
    yc_meter_waited(&c->connecting, YC_WAITED_DISK, c->pace.disk_wait_us - c->told_pace.disk_wait_us);
    c->told_pace = c->pace;
    yc_meter_text(&c->connecting, text, now_us, &w);
    yc_log_info(c->config.log, "Connecting stored blocks up to height %u: %s", c->connect_last->height, text);
}

struct yc_chain_pace yc_chain_pace_of(const struct yc_chain *c)
{
    return c->pace;
}
