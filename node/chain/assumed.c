/* A set of coins in place of the blocks before it: how the chain is begun from one, what is found of it at the start, and
 * what becomes of it when the background has come to its base.
 *
 * One record in the set's own store decides (struct yc_coins_base), so that every instant is a good one to crash at: a
 * store without it is half loaded and goes; with it the chain stands on the set; when it says that the set was proven,
 * the store takes the place of the other; when it says that the set was refuted, it is put away. What was concluded from
 * coins that nobody has proven carries YC_BLOCK_ASSUMED, so that it can be taken back. */
#include "node/chain/internal.h"

#include <stdio.h>

#include "base/assert.h"

static void hex_of(char out[65], const uint8_t *hash32)
{
    yc_hex_write_reversed(out, hash32, 32);
}

/* ---- at the start ---- */

static enum yc_verdict take_place(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    yc_log_info(c->config.log,
                "[snapshot] cleaning up unneeded background chainstate, then restarting from the proven one");
    enum yc_verdict v = shelf->remove(shelf->ctx, YC_STORE_COINS, err);
    return v == YC_VALID ? shelf->rename(shelf->ctx, YC_STORE_SNAPSHOT, YC_STORE_COINS, err) : v;
}

/* What an earlier run has left; *kv is the store of the set that the chain stands on, or NULL. */
static enum yc_verdict find_snapshot(struct yc_chain *c, const struct yc_kv **kv, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    struct yc_coins_base *base = &c->assumed.base;
    const struct yc_kv *found = NULL;
    *kv = NULL;
    enum yc_verdict v = shelf->open(shelf->ctx, YC_STORE_SNAPSHOT, false, &found, err);
    if (v != YC_VALID)
        return v == YC_NOT_YET ? YC_VALID : v;
    v = yc_coins_base_get(found, c->alloc, base, err);
    if (v == YC_NOT_YET) {
        yc_log_warning(c->config.log,
                       "[snapshot] A snapshot was being loaded when the node ended: what there is of it is removed");
        return shelf->remove(shelf->ctx, YC_STORE_SNAPSHOT, err);
    }
    if (v != YC_VALID)
        return v;
    switch (base->trust) {
    case YC_COINS_ASSUMED:
        *kv = found;
        return YC_VALID;
    case YC_COINS_PROVEN:
        return take_place(c, err);
    case YC_COINS_REFUTED:
        c->assumed.refuted = true;
        return YC_VALID;
    }
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "the snapshot's store is damaged; restart with -reindex-chainstate");
}

enum yc_verdict yc_assumed_open(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    const struct yc_kv *coins = c->config.coins_kv, *snapshot = NULL;
    enum yc_verdict v = shelf ? find_snapshot(c, &snapshot, err) : YC_VALID;
    if (v == YC_VALID && shelf)
        v = shelf->open(shelf->ctx, YC_STORE_COINS, true, &coins, err);
    if (v != YC_VALID)
        return v;
    struct yc_chainstate *s = yc_chainstate_new(c, coins);
    c->active = s;
    if (s && snapshot) {
        c->assumed.found = true;
        c->active = yc_chainstate_new(c, snapshot);
        c->background = s;
        c->active = c->active ? c->active : s;
    }
    return c->active && c->active != c->background
               ? YC_VALID
               : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to open the chain");
}

bool yc_assumed_note(struct yc_chain *c, struct yc_node *n)
{
    const struct yc_coins_base *base = &c->assumed.base;
    if (!c->assumed.found || !yc_block_hash_equal(&n->hash, &base->block))
        return true;
    struct yc_stored *s = yc_tree_stored(&c->tree, n);
    if (!s)
        return false;
    s->chain_tx_count = base->chain_tx_count;
    c->assumed.node = n;
    return true;
}

/* ---- marks ---- */

struct marks {
    struct yc_chain *c;
    bool take_back, ok, any;
};

static void clear_mark(void *ctx, struct yc_node *n)
{
    const uint32_t concluded = YC_BLOCK_CONNECTED | YC_BLOCK_SCRIPTS_VALID | YC_BLOCK_HAVE_UNDO | YC_BLOCK_FAILED;
    struct marks *m = ctx;
    uint32_t status = n->status;
    if (status & YC_BLOCK_ASSUMED)
        status &= ~(uint32_t)(YC_BLOCK_ASSUMED | (m->take_back ? concluded : 0));
    /* Parents come first: what stood on a block that failed may do so no more. */
    if (m->take_back && m->any && n->parent && (status & YC_BLOCK_FAILED_ANCESTOR) && !yc_node_failed(n->parent))
        status &= ~(uint32_t)YC_BLOCK_FAILED_ANCESTOR;
    if (status == n->status)
        return;
    m->any = true;
    n->status = status;
    m->ok = m->ok && yc_mark_dirty(m->c, n);
}

/* Nothing is assumed any more. take_back: what was concluded from it does not hold; else it does. */
static enum yc_verdict clear_marks(struct yc_chain *c, bool take_back, struct yc_error *err)
{
    struct marks m = {c, take_back, true, false};
    yc_tree_each(&c->tree, clear_mark, &m);
    if (!m.ok)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to go through the block index");
    return yc_write_dirty(c, err);
}

static enum yc_verdict put_away(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    enum yc_verdict v = clear_marks(c, true, err);
    if (v == YC_VALID)
        v = shelf->rename(shelf->ctx, YC_STORE_SNAPSHOT, YC_STORE_REFUTED, err);
    if (v == YC_VALID)
        yc_log_warning(c->config.log,
                       "[snapshot] The snapshot at height %u was found to be wrong: the chain goes on without it. The "
                       "bad coins are kept in %s, which may be removed",
                       c->assumed.base.height, YC_STORE_REFUTED);
    return v;
}

enum yc_verdict yc_assumed_loaded(struct yc_chain *c, struct yc_error *err)
{
    struct yc_coins_base proven;
    if (c->assumed.found && !c->assumed.node)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the coins begin at block %u, which the block index does not know; restart with -reindex",
                       c->assumed.base.height);
    if (c->assumed.found)
        return YC_VALID;
    if (c->assumed.refuted)
        return put_away(c, err);
    enum yc_verdict v = yc_coins_base_get(c->active->kv, c->alloc, &proven, err);
    if (v != YC_VALID && v != YC_NOT_YET)
        return v;
    bool was_proven = v == YC_VALID;
    v = clear_marks(c, !was_proven, err);
    return v == YC_VALID && was_proven ? yc_coins_base_set(c->active->kv, c->alloc, NULL, err) : v;
}

/* ---- loading one ---- */

static enum yc_verdict refuse_unknown(const struct yc_chain *c, const struct yc_block_hash *base, struct yc_error *err)
{
    const struct yc_chain_params *p = c->config.params;
    char hash[65], heights[16 * YC_ASSUMEUTXO_MAX] = "";
    size_t n = 0;
    hex_of(hash, base->b);
    for (size_t i = 0; i < p->assumeutxo_count && n < sizeof heights; i++)
        n += (size_t)snprintf(heights + n, sizeof heights - n, "%s%u", i ? ", " : "", p->assumeutxo[i].height);
    return yc_fail(
        err, YC_POLICY, YC_SYSTEM_NONE,
        "assumeutxo block hash in snapshot metadata not recognized (hash: %s). The following snapshot heights "
        "are available: %s",
        hash, heights);
}

static const struct yc_assumeutxo *known_set(const struct yc_chain *c, const struct yc_block_hash *base)
{
    const struct yc_chain_params *p = c->config.params;
    for (size_t i = 0; i < p->assumeutxo_count; i++) {
        if (yc_block_hash_equal(&p->assumeutxo[i].block, base))
            return &p->assumeutxo[i];
    }
    return NULL;
}

/* May the chain be begun from this set, which is known, now? */
static enum yc_verdict allowed(const struct yc_chain *c, const struct yc_assumeutxo *known, struct yc_node **out,
                               struct yc_error *err)
{
    char hash[65];
    struct yc_node *n = yc_tree_find(&c->tree, &known->block);
    hex_of(hash, known->block.b);
    *out = n;
    if (!n)
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "The base block header (%s) must appear in the headers chain. Make sure all headers are syncing, "
            "and call loadtxoutset again",
            hash);
    if (yc_node_failed(n))
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "The base block header (%s) is part of an invalid chain", hash);
    if (c->best_header->height < n->height || yc_node_ancestor(c->best_header, n->height) != n)
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "A forked headers-chain with more work than the chain with the snapshot base block header exists. "
            "Please proceed to sync without AssumeUtxo.");
    if (n->height != known->height)
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "Population failed: Assumeutxo height in snapshot metadata not recognized (%u) - refusing to load "
            "snapshot",
            n->height);
    return YC_VALID;
}

static enum yc_verdict leads_on(const struct yc_chain *c, const struct yc_node *n, struct yc_error *err)
{
    if (yc_node_work_compare(n, c->active->tip) > 0)
        return YC_VALID;
    return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "Population failed: Work does not exceed active chainstate");
}

enum yc_verdict yc_chain_assume_check(const struct yc_chain *c, const struct yc_block_hash *base, struct yc_error *err)
{
    const struct yc_assumeutxo *known = known_set(c, base);
    struct yc_node *n = NULL;
    if (!c->config.coins_shelf)
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "This node has no place for a second set of coins");
    if (c->assumed.node)
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "Can't activate a snapshot-based chainstate more than once");
    if (c->assumed.loading)
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "A snapshot is being loaded already");
    return known ? allowed(c, known, &n, err) : refuse_unknown(c, base, err);
}

enum yc_verdict yc_chain_assume_begin(struct yc_chain *c, const struct yc_block_hash *base,
                                      const struct yc_assumeutxo **known, const struct yc_kv **kv, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    *kv = NULL;
    *known = known_set(c, base);
    enum yc_verdict v = yc_chain_assume_check(c, base, err);
    if (v == YC_VALID)
        v = leads_on(c, yc_tree_find(&c->tree, base), err);
    if (v != YC_VALID)
        return v;
    v = shelf->remove(shelf->ctx, YC_STORE_SNAPSHOT, err);
    if (v == YC_VALID)
        v = shelf->open(shelf->ctx, YC_STORE_SNAPSHOT, true, kv, err);
    c->assumed.loading = v == YC_VALID ? *known : NULL;
    return v;
}

enum yc_verdict yc_chain_assume_drop(struct yc_chain *c, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    c->assumed.loading = NULL;
    return shelf->remove(shelf->ctx, YC_STORE_SNAPSHOT, err);
}

/* The store becomes the chain's coins. From the moment that its record is written a restart stands on it too. */
static enum yc_verdict take_over(struct yc_chain *c, struct yc_chainstate *s, struct yc_node *n, struct yc_error *err)
{
    struct yc_stored *stored = yc_tree_stored(&c->tree, n);
    if (!stored)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to begin from a snapshot");
    enum yc_verdict v = yc_coins_base_set(s->kv, c->alloc, &c->assumed.base, err);
    if (v != YC_VALID)
        return v;
    stored->chain_tx_count = c->assumed.base.chain_tx_count;
    c->assumed.node = n;
    c->assumed.loading = NULL;
    c->background = c->active;
    c->active = s;
    atomic_store(&c->validated, c->background->tip);
    c->connect_last = NULL;
    yc_ahead_clear(c->background);
    bool ok = true;
    for (struct yc_node *child = n->first_child; ok && child; child = child->next_sibling)
        ok = yc_candidates_complete(c, child) == YC_VALID;
    return ok && yc_candidates_rebuild(c)
               ? YC_VALID
               : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to begin from a snapshot");
}

enum yc_verdict yc_chain_assume_end(struct yc_chain *c, const struct yc_coins_totals *loaded, struct yc_error *err)
{
    const struct yc_assumeutxo *known = c->assumed.loading;
    const struct yc_kv_shelf *shelf = c->config.coins_shelf;
    const struct yc_kv *kv = NULL;
    struct yc_node *n = NULL;
    YC_ASSERT(known);
    enum yc_verdict v = allowed(c, known, &n, err);
    if (v == YC_VALID)
        v = leads_on(c, n, err);
    if (v != YC_VALID)
        return v;
    if (memcmp(loaded->hash32, known->coins_hash, 32) != 0) {
        char expected[65], got[65];
        hex_of(expected, known->coins_hash);
        hex_of(got, loaded->hash32);
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE,
                       "Population failed: Bad snapshot content hash: expected %s, got %s", expected, got);
    }
    if (!yc_chain_at_rest(c) || c->pending_first || c->commit.stage != YC_COMMIT_NONE || yc_verify_running(c))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the chain is busy; try again in a moment");
    c->assumed.base = (struct yc_coins_base){
        .block = n->hash, .height = n->height, .chain_tx_count = known->tx_count ? known->tx_count : 1};
    memcpy(c->assumed.base.hash32, known->coins_hash, 32);
    if (yc_make_durable(c) != YC_VALID) {
        *err = c->failure;
        return YC_SYSTEM;
    }
    v = shelf->open(shelf->ctx, YC_STORE_SNAPSHOT, false, &kv, err);
    struct yc_chainstate *s = v == YC_VALID ? yc_chainstate_new(c, kv) : NULL;
    if (v == YC_VALID)
        v = s ? yc_chainstate_open(s, err) : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the coins");
    if (v == YC_VALID)
        v = take_over(c, s, n, err);
    if (v == YC_VALID) {
        yc_log_info(c->config.log, "[snapshot] The chain goes on from the snapshot at height %u (%llu coins)",
                    n->height, (unsigned long long)loaded->txouts);
        return YC_VALID;
    }
    /* Whether the record was written is not known: the next start looks. */
    if (s != c->active)
        yc_chainstate_free(s);
    return yc_chain_fail(c, err);
}

/* ---- what becomes of it ---- */

bool yc_below_base(const struct yc_chain *c, const struct yc_node *n)
{
    const struct yc_node *base = c->assumed.node;
    return c->background && base && n->height <= base->height && yc_node_ancestor(base, n->height) == n;
}

/* The numbers of transactions above the base rest on what somebody has said. */
static void count_again(struct yc_chain *c, struct yc_node *base)
{
    for (struct yc_node *n = base; n; n = yc_node_next_in_subtree(base, n)) {
        uint64_t below = n->parent->stored->chain_tx_count;
        struct yc_stored *s = n->stored->chain_tx_count ? yc_tree_stored(&c->tree, n) : NULL;
        if (s)
            s->chain_tx_count = below + s->tx_count;
    }
}

enum yc_verdict yc_assumed_proven(struct yc_chain *c)
{
    struct yc_error err;
    struct yc_node *base = c->assumed.node;
    c->assumed.base.trust = YC_COINS_PROVEN;
    enum yc_verdict v = yc_coins_base_set(c->active->kv, c->alloc, &c->assumed.base, &err);
    if (v == YC_VALID) {
        yc_chainstate_free(c->background);
        c->background = NULL;
        c->active->cache_bytes = c->config.coins_cache_bytes;
        count_again(c, base);
        v = clear_marks(c, false, &err);
    }
    if (v == YC_VALID && !yc_candidates_rebuild(c))
        v = yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to go through the block index");
    if (v != YC_VALID)
        return yc_chain_fail(c, &err);
    atomic_store(&c->validated, NULL);
    c->tip_owed = true; /* others learn that the blocks below are here */
    yc_log_info(c->config.log, "[snapshot] The snapshot at height %u has been fully validated", base->height);
    return YC_VALID;
}

enum yc_verdict yc_assumed_refuted(struct yc_chain *c, const char *why)
{
    struct yc_error err;
    c->assumed.base.trust = YC_COINS_REFUTED;
    if (yc_commit_end(c, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    if (yc_make_durable(c) != YC_VALID)
        return YC_SYSTEM;
    if (yc_coins_base_set(c->active->kv, c->alloc, &c->assumed.base, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    (void)yc_fail(
        &err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "The snapshot at height %u is wrong: %s. Nothing that was built on it is believed. Start again: the node "
        "goes on from block %u without it. Find out where the snapshot and its hash came from, and check this "
        "machine's memory and disk",
        c->assumed.base.height, why, c->background->tip->height);
    return yc_chain_fail(c, &err);
}

bool yc_chain_assumed(const struct yc_chain *c, struct yc_chain_assumed *out)
{
    *out = (struct yc_chain_assumed){.base = c->assumed.node,
                                     .validated = c->background ? c->background->tip : NULL,
                                     .base_tx_count = c->assumed.base.chain_tx_count,
                                     .active_cache_bytes = c->active->cache_bytes,
                                     .background_cache_bytes = c->background ? c->background->cache_bytes : 0};
    return c->assumed.node != NULL;
}

const struct yc_node *yc_chain_validated(const struct yc_chain *c, bool *behind)
{
    const struct yc_node *n = atomic_load(&c->validated);
    if (behind)
        *behind = n != NULL;
    return n ? n : atomic_load(&c->published);
}
