/* Pruning: removing block files whose blocks nobody needs any more. Whole files only, the oldest first, and only below what
 * any reorganisation that is allowed for may undo.
 *
 * Every instant is a good one to crash at: the coins have been flushed at the tip (so that no start needs older bodies),
 * then the index says durably that the data is gone, and only then are files removed. Files that a crash left behind are
 * removed at the next start. */
#include "node/chain/internal.h"

#include "base/assert.h"

/* Bodies and undo data of so many blocks below the tip are kept, as peers expect of each other (BIP 159). */
#define KEEP_BLOCKS 288
/* Room for what is written until the next look. */
#define BUFFER_BYTES ((uint64_t)17 << 20)
/* While much is still to come, room for it as well, so that not every file means a flush: a block's size, about. */
#define BLOCK_BYTES_USUAL UINT64_C(1000000)
/* So many more stay below what somebody needs, so that a small reorganisation does not lead to what is gone. */
#define LOCK_BLOCKS 10

static uint32_t chunk_bytes(const struct yc_chain *c)
{
    return c->config.block_file_bytes_max / 8;
}

/* Above which height nothing goes, whoever asks. False: nothing may go at all. */
static bool limit_of(const struct yc_chain *c, uint32_t wanted, uint32_t *limit)
{
    const struct yc_prune_lock *lock = &c->prune.lock;
    const char *name = NULL;
    uint32_t needed = UINT32_MAX;
    if (c->active->tip->height <= KEEP_BLOCKS)
        return false;
    *limit = c->active->tip->height - KEEP_BLOCKS;
    if (lock->lowest_needed)
        needed = lock->lowest_needed(lock->ctx, &name);
    /* Bitcoin Core's measure, said in its words: the lock is told of whether or not it is what counts in the end. */
    if (needed != UINT32_MAX) {
        uint32_t most = needed > LOCK_BLOCKS + 1 ? needed - LOCK_BLOCKS - 1 : 1;
        if (most <= c->active->tip->height)
            yc_log_debug(c->config.log, YC_LOGC_PRUNE, "%s limited pruning to height %u", name, most);
        *limit = most < *limit ? most : *limit;
    }
    if (c->background) {
        /* What the background has not brought into its store yet it would have to read again. */
        struct yc_block_hash stored = yc_coins_stored_best(c->background->coins);
        const struct yc_node *n = yc_tree_find(&c->tree, &stored);
        uint32_t most = n && !c->background->replay_to ? n->height : 0;
        *limit = most < *limit ? most : *limit;
    }
    *limit = wanted < *limit ? wanted : *limit;
    return true;
}

/* ---- which files ---- */

struct file_use {
    uint32_t last_height;
    uint64_t bytes; /* of bodies and undo data, about */
    bool used, goes;
};

struct uses {
    struct file_use *file;
    uint32_t count;
    struct yc_chain *c;
    bool ok;
};

static void add_up(void *ctx, struct yc_node *n)
{
    struct uses *u = ctx;
    uint32_t number = n->stored->data.file;
    if (!(n->status & YC_BLOCK_HAVE_DATA))
        return;
    YC_ASSERT(number < u->count);
    struct file_use *f = &u->file[number];
    f->used = true;
    f->bytes += (uint64_t)n->stored->data.bytes + n->stored->undo.bytes;
    f->last_height = n->height > f->last_height ? n->height : f->last_height;
}

static void forget_data(void *ctx, struct yc_node *n)
{
    struct uses *u = ctx;
    if (!(n->status & YC_BLOCK_HAVE_DATA) || !u->file[n->stored->data.file].goes)
        return;
    n->status |= YC_BLOCK_PRUNED;
    n->status &= ~(uint32_t)(YC_BLOCK_HAVE_DATA | YC_BLOCK_HAVE_UNDO);
    u->ok = u->ok && yc_mark_dirty(u->c, n);
}

/* How much there may be in the files; everything that may go does when an operator has named a height. */
static uint64_t room_bytes(const struct yc_chain *c)
{
    uint64_t buffer = BUFFER_BYTES;
    if (c->prune.manual)
        return 0;
    if (!c->left_initial_download && c->best_header->height > c->active->tip->height)
        buffer += BLOCK_BYTES_USUAL * (c->best_header->height - c->active->tip->height);
    return buffer < c->config.prune_target_bytes ? c->config.prune_target_bytes - buffer : 0;
}

/* Mark what goes; the number of files. */
static uint32_t choose(struct uses *u, uint32_t limit)
{
    uint64_t bytes = yc_blockfiles_bytes(u->c->files), room = room_bytes(u->c);
    uint32_t count = 0;
    for (uint32_t i = 0; i + 1 < u->count && bytes >= room; i++) {
        struct file_use *f = &u->file[i];
        if (!f->used || f->last_height > limit)
            continue;
        f->goes = true;
        bytes -= f->bytes < bytes ? f->bytes : bytes;
        count++;
    }
    return count;
}

/* ---- removing ---- */

/* The last block of the chain without data; -1: none. */
static int64_t find_pruned_height(const struct yc_chain *c)
{
    /* Blocks up to an assumed base that are not here yet have not been removed. */
    const struct yc_node *n = c->background ? c->background->tip : c->active->tip;
    if (!c->prune.ever)
        return -1;
    while (n && (n->status & YC_BLOCK_HAVE_DATA) && (!n->parent || (n->status & YC_BLOCK_HAVE_UNDO)))
        n = n->parent;
    return n ? (int64_t)n->height : -1;
}

static enum yc_verdict remove_chosen(struct yc_chain *c, struct uses *u, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    if (!c->prune.ever)
        v = yc_block_index_set_flag(&c->index, "pruned", true, err);
    if (v != YC_VALID)
        return v;
    c->prune.ever = true;
    yc_tree_each(&c->tree, forget_data, u);
    if (!u->ok)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to note which blocks were pruned");
    v = yc_write_dirty(c, err);
    for (uint32_t i = 0; v == YC_VALID && i < u->count; i++) {
        if (!u->file[i].goes)
            continue;
        v = yc_blockfiles_remove(c->files, i, err);
        if (v == YC_VALID)
            yc_log_debug(c->config.log, YC_LOGC_PRUNE, "Prune: deleted blk/rev (%05u)", i);
    }
    return v;
}

static enum yc_verdict prune_to(struct yc_chain *c, uint32_t limit, struct yc_error *err)
{
    struct uses u = {.count = yc_blockfiles_last(c->files) + 1, .c = c, .ok = true};
    size_t bytes = u.count * sizeof *u.file;
    u.file = yc_alloc_new(c->alloc, bytes);
    if (!u.file)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to look for files to prune");
    memset(u.file, 0, bytes);
    yc_tree_each(&c->tree, add_up, &u);
    uint32_t count = choose(&u, limit);
    enum yc_verdict v = count ? remove_chosen(c, &u, err) : YC_VALID;
    yc_alloc_free(c->alloc, u.file, bytes);
    if (v == YC_VALID && count)
        yc_log_info(c->config.log, "Pruned %u block file%s up to height %u; %llu MiB are left", count,
                    count == 1 ? "" : "s", limit, (unsigned long long)(yc_blockfiles_bytes(c->files) >> 20));
    return v;
}

enum yc_verdict yc_prune_now(struct yc_chain *c)
{
    struct yc_error err;
    uint32_t limit = 0;
    enum yc_verdict v = YC_VALID;
    if (limit_of(c, c->prune.manual ? c->prune.manual_height : UINT32_MAX, &limit))
        v = prune_to(c, limit, &err);
    c->prune.manual = false;
    c->prune.looked_bytes = yc_blockfiles_bytes(c->files);
    c->prune.pruned_height = find_pruned_height(c);
    return v == YC_VALID ? YC_VALID : yc_chain_fail(c, &err);
}

/* In the middle of a reorganisation the chain may still have to turn back, and a branch of easy blocks may stand higher by
 * then than the one that was left: measured from there, what turning back needs would seem to be old. */
static bool between_tips(const struct yc_chain *c)
{
    const struct yc_node *shown = atomic_load(&c->published);
    return !yc_node_failed(shown) && yc_node_work_compare(c->active->tip, shown) < 0;
}

bool yc_prune_due(const struct yc_chain *c)
{
    uint64_t bytes = yc_blockfiles_bytes(c->files), target = c->config.prune_target_bytes;
    if (target == 0 || c->loading || c->active->replay_to || yc_verify_running(c) || between_tips(c))
        return false;
    if (c->prune.manual)
        return true;
    if (target == YC_PRUNE_MANUALLY || c->active->tip->height <= c->config.params->prune_after_height)
        return false;
    return bytes + BUFFER_BYTES >= target && bytes >= c->prune.looked_bytes + chunk_bytes(c);
}

/* ---- at the start ---- */

enum yc_verdict yc_prune_open(struct yc_chain *c, bool scan, struct yc_error *err)
{
    uint32_t gap = 0, removed = 0;
    c->prune.pruned_height = -1; /* until the tip is known */
    enum yc_verdict v = yc_block_index_flag(&c->index, "pruned", &c->prune.ever, err);
    if (v == YC_VALID && c->prune.ever && c->config.prune_target_bytes == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "You need to rebuild the database using -reindex to go back to unpruned mode.  This will "
                       "redownload the entire blockchain");
    if (v == YC_VALID && c->prune.ever && !scan)
        v = yc_blockfiles_remove_unknown(c->files, 0, yc_blockfiles_last(c->files), &removed, err);
    /* Blocks behind a gap have no parents to be put on: they are downloaded again. */
    if (v == YC_VALID && scan && c->config.prune_target_bytes) {
        v = yc_blockfiles_first_missing(c->files, &gap, err);
        if (v == YC_VALID)
            v = yc_blockfiles_remove_unknown(c->files, gap, UINT32_MAX, &removed, err);
    }
    if (v == YC_VALID && removed)
        yc_log_info(c->config.log, "Removed %u block files that had been pruned", removed);
    return v;
}

void yc_prune_opened(struct yc_chain *c)
{
    c->prune.pruned_height = find_pruned_height(c);
}

/* ---- branches whose data is gone ---- */

static bool path_is_here(const struct yc_node *n, const struct yc_node *down_to, uint32_t wanted)
{
    for (; n != down_to; n = n->parent) {
        if ((n->status & wanted) != wanted)
            return false;
    }
    return true;
}

bool yc_prune_allows(struct yc_chain *c, const struct yc_node *best)
{
    const struct yc_node *fork = yc_node_fork(c->active->tip, best);
    if (c->background && fork != c->active->tip && fork->height < c->assumed.node->height) {
        yc_log_warning(c->config.log,
                       "A branch with more work leads to height %u, but it leaves this chain at height %u, below the "
                       "snapshot at height %u that is still being validated: it is followed when that is done",
                       best->height, fork->height, c->assumed.node->height);
        return false;
    }
    if (!c->prune.ever || fork == c->active->tip)
        return true;
    if (!path_is_here(c->active->tip, fork, YC_BLOCK_HAVE_DATA | YC_BLOCK_HAVE_UNDO)) {
        char hash[65];
        yc_hex_write_reversed(hash, best->hash.b, 32);
        yc_log_warning(
            c->config.log,
            "A branch with more work leads to block %s (height %u), but it leaves this chain at height %u, "
            "whose data was pruned: it cannot be followed. Restart with -reindex to download everything anew",
            hash, best->height, fork->height);
        return false;
    }
    return path_is_here(best, fork, YC_BLOCK_HAVE_DATA);
}

/* ---- for others ---- */

void yc_chain_set_prune_lock(struct yc_chain *c, struct yc_prune_lock lock)
{
    c->prune.lock = lock;
}

void yc_chain_prune(struct yc_chain *c, uint32_t height)
{
    c->prune.manual = true;
    c->prune.manual_height = height;
}

bool yc_chain_pruning(const struct yc_chain *c)
{
    return c->prune.manual;
}

int64_t yc_chain_pruned_height(const struct yc_chain *c)
{
    return c->prune.pruned_height;
}
