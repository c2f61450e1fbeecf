/* Opening, closing and stepping. */
#include "node/chain/internal.h"

#include <stdio.h>

#include "base/assert.h"

enum yc_verdict yc_chain_fail(struct yc_chain *c, const struct yc_error *err)
{
    if (!c->failed) {
        c->failed = true;
        c->failure = *err;
        yc_log_error(c->config.log, "%s", err->text);
    }
    return YC_SYSTEM;
}

const struct yc_error *yc_chain_failure(const struct yc_chain *c)
{
    return c->failed ? &c->failure : NULL;
}

/* ---- opening ---- */

struct load {
    struct yc_chain *c;
    struct yc_error *err;
};

static bool load_stored(struct yc_chain *c, struct yc_node *n, const struct yc_block_record *r)
{
    struct yc_stored *s = yc_tree_stored(&c->tree, n);
    uint64_t below = n->parent ? n->parent->stored->chain_tx_count : 0;
    if (!s)
        return false;
    *s = (struct yc_stored){.tx_count = r->tx_count,
                            .script_flags = r->script_flags,
                            .chain_tx_count = !n->parent || below ? r->tx_count + below : 0,
                            .sequence = (int64_t)r->sequence,
                            .data = r->block,
                            .undo = r->undo,
                            .data_sum = r->block_checksum,
                            .undo_sum = r->undo_checksum};
    return true;
}

static enum yc_verdict load_record(void *ctx, const struct yc_block_record *r)
{
    struct load *load = ctx;
    struct yc_chain *c = load->c;
    struct yc_node *parent = r->height ? yc_tree_find(&c->tree, &r->header.prev) : NULL;
    if ((r->height && (!parent || parent->height + 1 != r->height)) || (!r->height && c->tree.genesis))
        return yc_fail(load->err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the block index holds a block of height %u without its parent; restart with -reindex",
                       r->height);
    struct yc_node *n = yc_tree_add(&c->tree, &r->header, &r->hash, parent);
    if (!n)
        return yc_fail(load->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to load the block index");
    if (r->tx_count && !load_stored(c, n, r))
        return yc_fail(load->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to load the block index");
    if (!yc_assumed_note(c, n))
        return yc_fail(load->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to load the block index");
    n->status = r->status & ~YC_NODE_UNSTORED;
    int64_t sequence = n->stored->sequence;
    c->sequence_last = sequence > c->sequence_last ? sequence : c->sequence_last;
    c->precious_last = sequence < c->precious_last ? sequence : c->precious_last;
    if (parent && yc_node_failed(parent))
        n->status |= YC_BLOCK_FAILED_ANCESTOR;
    enum yc_verdict v = yc_blockfiles_know(c->files, YC_BLOCKFILE_BLOCK, r->block, load->err);
    return v == YC_VALID ? yc_blockfiles_know(c->files, YC_BLOCKFILE_UNDO, r->undo, load->err) : v;
}

/* The first start: the genesis block is in the tree before any other. */
static enum yc_verdict add_genesis(struct yc_chain *c, struct yc_error *err)
{
    uint8_t bytes[1024];
    struct yc_header h;
    size_t n = yc_genesis_write(c->config.params, bytes, sizeof bytes);
    YC_ASSERT(n > YC_HEADER_BYTES);
    yc_header_read(&h, bytes);
    struct yc_block_hash hash = yc_header_hash(&h);
    struct yc_node *g = yc_tree_add(&c->tree, &h, &hash, NULL);
    if (!g || !yc_mark_dirty(c, g))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the block index");
    g->status = YC_BLOCK_HEADER_VALID | YC_BLOCK_CONNECTED;
    c->best_header = g;
    return YC_VALID;
}

/* The genesis block is stored like any other, durably before any other. */
static enum yc_verdict store_genesis(struct yc_chain *c, struct yc_error *err)
{
    uint8_t bytes[1024];
    struct yc_node *g = c->tree.genesis;
    if (g->status & (YC_BLOCK_HAVE_DATA | YC_BLOCK_PRUNED))
        return YC_VALID;
    size_t n = yc_genesis_write(c->config.params, bytes, sizeof bytes);
    struct yc_file_pos at;
    struct yc_reject why;
    enum yc_verdict v = yc_blockfiles_append_block(c->files, yc_view(bytes, n), &at, err);
    if (v != YC_VALID)
        return v;
    if (yc_adopt_body(c, g, at, yc_view(bytes, n), &why) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the genesis block");
    v = yc_blockfiles_sync(c->files, err);
    return v == YC_VALID ? yc_write_dirty(c, err) : v;
}

static enum yc_verdict open_index(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_chain_config *k = &c->config;
    struct load load = {c, err};
    enum yc_verdict v = yc_block_index_open(&c->index, c->alloc, k->index_kv, &k->params->genesis.hash, err);
    if (v == YC_VALID)
        v = yc_blockfiles_open(&c->files, c->alloc, k->fs, k->blocks_dir, k->params->magic, k->block_file_bytes_max,
                               err);
    if (v == YC_VALID)
        v = yc_block_index_load(&c->index, load_record, &load, err);
    /* An index that knows nothing is that of a first start, or of a -reindex that was cut off as it began: if there are
     * block files, they are taken over now. */
    bool empty = v == YC_VALID && !c->tree.genesis, incomplete = false;
    if (empty)
        v = add_genesis(c, err);
    if (v == YC_VALID)
        v = yc_prune_open(c, empty || k->reindex, err);
    if (v == YC_VALID)
        v = yc_block_index_flag(&c->index, YC_REINDEX_FLAG, &incomplete, err);
    if (v != YC_VALID)
        return v;
    c->active->tip = c->active->front = c->tree.genesis;
    atomic_init(&c->published, c->active->tip);
    yc_best_header_rebuild(c);
    return empty || incomplete || k->reindex ? yc_reindex_begin(c, err) : YC_VALID;
}

/* Loading goes on up to the last block of the best branch that was connected before. */
static void find_load_target(struct yc_chain *c)
{
    struct yc_chainstate *s = c->active;
    const struct yc_node *best = yc_candidates_best(c);
    while (best->parent && !(best->status & YC_BLOCK_CONNECTED))
        best = best->parent;
    c->load_first = s->tip->height;
    c->load_last = best->height > s->tip->height ? best->height : s->tip->height;
    c->connect_first = s->tip;
    c->connect_last = yc_candidates_best(c);
    yc_connecting_begin(c);
}

/* The index is complete: from here on blocks may be appended and connected. */
static enum yc_verdict enter(struct yc_chain *c, struct yc_error *err)
{
    enum yc_verdict v = yc_blockfiles_start(c->files, err);
    if (v == YC_VALID)
        v = store_genesis(c, err);
    if (v == YC_VALID)
        v = yc_assumed_loaded(c, err);
    if (v == YC_VALID)
        v = yc_chainstate_open(c->active, err);
    if (v == YC_VALID && c->background)
        v = yc_chainstate_open(c->background, err);
    if (v == YC_VALID && !yc_candidates_rebuild(c))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to open the chain");
    if (v != YC_VALID)
        return v;
    yc_best_header_rebuild(c);
    atomic_store(&c->published, c->active->tip);
    atomic_store(&c->validated, c->background ? c->background->tip : NULL);
    c->headers_told = c->active->tip;
    yc_prune_opened(c);
    find_load_target(c);
    return YC_VALID;
}

static void release(struct yc_chain *c)
{
    while (c->cache) {
        struct yc_loaded *l = c->cache;
        c->cache = l->next;
        yc_loaded_free(c, l);
    }
    yc_commit_release(c);
    yc_reindex_free(c);
    yc_verify_free(c);
    yc_background_free(c);
    yc_chainstate_free(c->active);
    yc_loaded_free_spare(c);
    yc_blockfiles_close(c->files);
    yc_crew_release(&c->crew, c->alloc);
    yc_alloc_free(c->alloc, c->candidates, c->candidate_cap * sizeof *c->candidates);
    yc_alloc_free(c->alloc, c->dirty, c->dirty_cap * sizeof *c->dirty);
    yc_tree_release(&c->tree);
    yc_alloc_free(c->alloc, c, sizeof *c);
}

enum yc_verdict yc_chain_open(struct yc_chain **out, const struct yc_chain_config *config, struct yc_error *err)
{
    *out = NULL;
    if (!config->params->genesis.mined)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the genesis block of chain %s has no nonce and hash: mine it with -mkgenesis",
                       config->params->name);
    struct yc_chain *c = yc_alloc_new(config->alloc, sizeof *c);
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to open the chain");
    memset(c, 0, sizeof *c);
    c->config = *config;
    if (!c->config.block_file_bytes_max)
        c->config.block_file_bytes_max = YC_BLOCKFILE_BYTES_MAX;
    c->alloc = config->alloc;
    struct yc_siphash_key seed;
    yc_random_fill(config->random, &seed, sizeof seed);
    yc_tree_init(&c->tree, c->alloc, seed);
    yc_commit_init(c);
    enum yc_verdict v = yc_crew_init(&c->crew, config, err);
    if (v == YC_VALID)
        v = yc_assumed_open(c, err);
    if (v == YC_VALID)
        v = open_index(c, err);
    c->loading = true;
    if (v == YC_VALID && !c->reindex)
        v = enter(c, err);
    if (v != YC_VALID) {
        release(c);
        return v;
    }
    *out = c;
    return YC_VALID;
}

enum yc_verdict yc_chain_close(struct yc_chain *c, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    if (c->failed) {
        *err = c->failure;
        v = YC_SYSTEM;
    } else {
        yc_line_drop(c->active);
        if (c->background)
            yc_line_drop(c->background);
        v = yc_commit_end(c, err);
        /* An interrupted replay, or scan of the block files, is left for the next start. */
        if (v == YC_VALID && !c->active->replay_to && !c->reindex)
            v = yc_blockfiles_sync(c->files, err);
        if (v == YC_VALID)
            v = yc_write_dirty(c, err);
        if (v == YC_VALID && !c->reindex)
            v = yc_chainstate_flush(c->active, err);
        if (v == YC_VALID && !c->reindex && c->background)
            v = yc_chainstate_flush(c->background, err);
    }
    release(c);
    return v;
}

/* ---- stepping ---- */

/* The coins are where they were before the start. What was asked for is verified then; until it is, loading goes on. */
static enum yc_verdict loaded(struct yc_chain *c)
{
    struct yc_error err;
    struct yc_chain_verify v = yc_chain_verify_state(c);
    if (!c->config.verify || v.state == YC_VERIFY_PASSED || v.state == YC_VERIFY_SKIPPED) {
        c->loading = false;
        return YC_VALID;
    }
    if (v.state == YC_VERIFY_NONE &&
        yc_chain_verify_begin(c, c->config.verify_level, c->config.verify_blocks, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    if (v.state == YC_VERIFY_FAILED)
        return yc_chain_fail(c, &v.err);
    return YC_VALID;
}

static enum yc_verdict go_on_reindexing(struct yc_chain *c)
{
    struct yc_error err;
    enum yc_verdict v = yc_reindex_some(c, &err);
    if (v == YC_NOT_YET)
        v = enter(c, &err);
    return v == YC_VALID ? YC_VALID : yc_chain_fail(c, &err);
}

/* Let the next block of the best branch join the line. YC_NOT_YET: there is none, or its time has not come. *reads: its
 * body is being read. */
static enum yc_verdict extend(struct yc_chain *c, bool *reads)
{
    struct yc_chainstate *s = c->active;
    *reads = false;
    /* A chain that is verified while it loads does not move on. */
    if (yc_node_failed(s->tip) || yc_flush_due(s) || (c->loading && yc_verify_running(c)) || yc_prune_due(c) ||
        yc_forget_due(c) || (c->config.stop_height && s->front->height >= c->config.stop_height))
        return YC_NOT_YET;
    const struct yc_node *best = yc_candidates_best(c);
    if (best == s->front || best->height < s->front->height || yc_node_ancestor(best, s->front->height) != s->front)
        return YC_NOT_YET;
    struct yc_node *next = (struct yc_node *)(uintptr_t)yc_node_ancestor(best, s->front->height + 1);
    if (next->status & YC_BLOCK_PRUNED) {
        yc_log_warning(c->config.log,
                       "A branch with more work leads on to height %u, but the data of block %u was pruned: it cannot "
                       "be followed until that has come again",
                       best->height, next->height);
        yc_candidates_remove(c, best);
        return YC_VALID;
    }
    yc_tell_connecting(c);
    yc_ahead_fill(s, best);
    yc_inputs_fill(s, best);
    if (!yc_line_has_room(s) || yc_commit_is_behind(c))
        return YC_NOT_YET;
    enum yc_verdict v = yc_connect_begin(s, next);
    *reads = v == YC_NOT_YET;
    return v;
}

enum yc_verdict yc_wait_for_disk(struct yc_chain *c, uint64_t told)
{
    if (yc_chain_deadline_us(c) != INT64_MAX)
        return YC_NOT_YET;
    int64_t begun_us = yc_mono_us(c->config.clock);
    yc_crew_wait(&c->crew, told, begun_us + YC_CORE_WAIT_US);
    c->pace.disk_wait_us += yc_mono_us(c->config.clock) - begun_us;
    return YC_VALID;
}

/* Nothing is in flight: only a body that is being read can be waited for. */
static void wait_for_body(struct yc_chain *c, uint64_t told)
{
    int64_t begun_us = yc_mono_us(c->config.clock);
    yc_line_work(c, told);
    c->pace.disk_wait_us += yc_mono_us(c->config.clock) - begun_us;
}

/* The next thing that waits while no block is in flight. */
static enum yc_verdict advance_at_tip(struct yc_chain *c, uint64_t told)
{
    struct yc_chainstate *s = c->active;
    if (yc_node_failed(s->tip))
        return yc_disconnect_tip(s);
    /* Verifying comes last, but before a flush that would change the store below it, and before the chain moves on while
     * it loads. */
    if (yc_verify_running(c) && (c->loading || (yc_verify_holds_store(c) && yc_flush_due(s)))) {
        enum yc_verdict v = yc_verify_go_on(c);
        if (v != YC_NOT_YET)
            return v;
    }
    if (yc_prune_due(c)) {
        if (s->flush_blocks == 0 && yc_all_is_durable(c))
            return c->background && c->background->flush.running ? YC_NOT_YET : yc_prune_now(c);
        s->flush_wanted = true;
    }
    if (yc_forget_due(c) && c->commit.stage == YC_COMMIT_NONE)
        return yc_all_is_durable(c) ? yc_forget_now(c) : yc_commit_some(c);
    bool flush_due = yc_flush_due(s);
    if (flush_due && yc_all_is_durable(c)) {
        yc_flush_begin(s);
        return YC_VALID;
    }
    const struct yc_node *best = yc_candidates_best(c);
    bool stopped = c->config.stop_height && s->tip->height >= c->config.stop_height;
    if (best != s->tip && !stopped) {
        if (!yc_prune_allows(c, best)) {
            yc_candidates_remove(c, best);
            return YC_VALID;
        }
        if (yc_node_fork(s->tip, best) != s->tip)
            return yc_disconnect_tip(s);
        /* A cache that has outgrown its share is emptied between blocks, once what it rests on is durable. */
        if (flush_due && c->commit.stage == YC_COMMIT_NONE)
            return yc_commit_some(c);
    }
    if (c->commit.stage != YC_COMMIT_NONE)
        return c->background && !c->loading ? YC_NOT_YET : yc_wait_for_disk(c, told);
    if (c->pending_first || c->dirty_urgent || (c->dirty_count && flush_due) || atomic_load(&c->published) != s->tip ||
        c->headers_told != c->best_header || c->tip_owed)
        return yc_commit(c);
    if (yc_verify_running(c)) {
        enum yc_verdict v = yc_verify_go_on(c);
        if (v == YC_NOT_YET)
            yc_flush_begin(s);
        return v == YC_NOT_YET ? YC_VALID : v;
    }
    if (c->loading)
        return loaded(c);
    return YC_NOT_YET;
}

/* The next thing that waits. YC_VALID: done, more may wait. YC_NOT_YET: nothing waits. */
static enum yc_verdict advance(struct yc_chain *c)
{
    struct yc_chainstate *s = c->active;
    uint64_t told;
    bool reads;
    if (c->reindex)
        return go_on_reindexing(c);
    if (c->background && yc_node_failed(c->assumed.node))
        return yc_assumed_refuted(c, "a block below it breaks a rule");
    (void)yc_crew_waiting(&c->crew, &told);
    enum yc_verdict v = yc_commit_go_on(c);
    if (v != YC_NOT_YET)
        return v;
    if (s->replay_to)
        return yc_replay_one(s);
    if (s->flush.running) {
        v = yc_flush_go_on(s);
        return v == YC_NOT_YET ? yc_wait_for_disk(c, told) : v;
    }
    if (yc_line_ready(s))
        return yc_line_finish(s);
    if (yc_commit_due(c))
        return yc_commit_some(c);
    v = extend(c, &reads);
    if (v != YC_NOT_YET)
        return v;
    if (!s->line.first && !reads)
        return advance_at_tip(c, told);
    if (s->line.first)
        yc_line_work(c, told);
    else
        wait_for_body(c, told);
    return YC_VALID;
}

enum yc_step yc_chain_step(struct yc_chain *c, int64_t budget_us)
{
    struct yc_chainstate *s = c->active;
    int64_t end_us = yc_mono_us(c->config.clock) + budget_us;
    do {
        if (c->failed)
            return YC_STEP_FAILED;
        enum yc_verdict v = advance(c);
        if (v == YC_VALID && c->loading && !s->replay_to && !c->reindex && s->tip->height >= c->load_last &&
            yc_chain_at_rest(c))
            v = loaded(c);
        if (v == YC_NOT_YET)
            v = yc_background_advance(c);
        if (v == YC_NOT_YET)
            return YC_STEP_DONE;
        if (v != YC_VALID)
            return YC_STEP_FAILED;
    } while (yc_mono_us(c->config.clock) < end_us);
    return YC_STEP_MORE;
}

bool yc_chain_loading(const struct yc_chain *c, uint32_t *done, uint32_t *total)
{
    const struct yc_chainstate *s = c->active;
    if (done)
        *done = s->tip->height > c->load_first ? s->tip->height - c->load_first : 0;
    if (total)
        *total = c->load_last - c->load_first;
    return c->loading;
}

bool yc_chain_at_rest(const struct yc_chain *c)
{
    const struct yc_chainstate *s = c->active;
    return !s->line.first && !s->replay_to && !c->reindex && !s->flush.running &&
           s->tip == atomic_load(&c->published) && !c->tip_owed && yc_commit_rests(c) && !c->failed;
}
