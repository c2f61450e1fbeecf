/* The wallet follows the node's chain and pool. */
#include "wallet/sync.h"

#include <string.h>

#include "base/arena.h"
#include "base/hex.h"
#include "consensus/block.h"
#include "sys/heap.h"
#include "wallet/watch.h"

#define BATCH_BLOCKS 1000
#define BATCH_US     1000000
#define RESTARTS_MAX 20                          /* a chain that moves so often while it is read is not read further */
#define POOL_KEPT    ((size_t)128 * 1024 * 1024) /* bytes of pool transactions that are looked at more than once */

struct sync {
    struct yc_wallet *w;
    const struct yc_source *source;
    const struct yc_sync_config *config;
    struct yc_watch watch;
    struct yc_arena arena; /* one block or transaction at a time */
    struct yc_source_tip tip;
    uint32_t from; /* where this reading began */
    uint32_t next; /* the height to read next */
    bool has_last; /* last is the block below next */
    struct yc_store_block last;
    int64_t begun_us, shown_us;
};

static int64_t now_us(const struct sync *s)
{
    return yc_mono_us(s->config->clock);
}

static void show(struct sync *s)
{
    int64_t now = now_us(s);
    if (!s->config->progress || now - s->shown_us < 1000000)
        return;
    s->shown_us = now;
    struct yc_sync_progress p = {s->from, s->next, s->tip.height, now - s->begun_us};
    s->config->progress(s->config->ctx, &p);
}

/* Is the node on our chain at all? */
static enum yc_verdict check_genesis(struct sync *s, struct yc_error *err)
{
    struct yc_block_hash genesis;
    enum yc_verdict v = s->source->hash_at(s->source->ctx, 0, &genesis, err);
    if (v != YC_VALID || yc_block_hash_equal(&genesis, &s->w->params->genesis.hash))
        return v;
    return yc_fail(
        err, YC_INVALID, YC_SYSTEM_NONE,
        "the node follows another chain than %s: start ycoind for %s, or name the node's port with -rpcport=",
        s->w->params->name, s->w->params->name);
}

/* Find the highest block that the wallet read and the node still has on its active chain, and set s to go on there. */
static enum yc_verdict find_fork(struct sync *s, struct yc_error *err)
{
    struct yc_store_block at;
    struct yc_block_hash hash;
    bool any = false;
    enum yc_verdict v = yc_store_tip(s->w->store, &at, err);
    while (v == YC_VALID) {
        any = true;
        v = s->source->hash_at(s->source->ctx, at.height, &hash, err);
        if (v == YC_VALID && yc_block_hash_equal(&hash, &at.hash)) {
            s->last = at;
            s->has_last = true;
            s->next = at.height + 1;
            return YC_VALID;
        }
        if (v == YC_VALID || v == YC_NOT_YET) /* not on the active chain, or the chain is shorter */
            v = yc_store_block_below(s->w->store, at.height, &at, err);
    }
    if (v != YC_NOT_YET)
        return v;
    uint32_t birth = s->w->birth_height;
    s->has_last = false;
    s->next = any ? (birth > YC_STORE_REMEMBERED ? birth - YC_STORE_REMEMBERED : 0) : birth;
    return YC_VALID;
}

/* Forget what is above the fork, if anything is. */
static enum yc_verdict roll_back(struct sync *s, struct yc_error *err)
{
    struct yc_store_block top;
    enum yc_verdict v = yc_store_tip(s->w->store, &top, err);
    if (v == YC_NOT_YET || (v == YC_VALID && top.height < s->next))
        return YC_VALID;
    if (v == YC_VALID)
        v = yc_store_begin(s->w->store, err);
    if (v == YC_VALID)
        v = yc_store_disconnect(s->w->store, s->next, err);
    if (v == YC_VALID)
        return yc_store_commit(s->w->store, err);
    yc_store_rollback(s->w->store);
    return v;
}

/* All of a block's transactions; again when that made us watch more addresses, which an earlier one may pay. */
static enum yc_verdict read_txs(struct sync *s, const struct yc_block *b, uint32_t height, struct yc_error *err)
{
    struct yc_watch_seen seen = {height, b->header.time, yc_wall_s(s->config->clock)};
    enum yc_verdict v = YC_VALID;
    size_t added = 1;
    while (v == YC_VALID && added) {
        bool any = false;
        added = 0;
        for (uint32_t i = 0; i < b->tx_count && v == YC_VALID; i++) {
            bool relevant = false;
            v = yc_watch_tx(&s->watch, &b->tx[i], &seen, &relevant, err);
            any = any || relevant;
        }
        if (v == YC_VALID && any)
            v = yc_wallet_top_up(s->w, &added, err);
        if (v == YC_VALID && added)
            v = yc_watch_reload_scripts(&s->watch, err);
    }
    return v;
}

static enum yc_verdict bad_block(const struct yc_block_hash *hash, struct yc_error *err)
{
    char text[65];
    yc_hex_write_reversed(text, hash->b, 32);
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "what the node sent as block %s is not that block", text);
}

/* The node lacks a block that it named a moment ago: the chain moved, or it really is not there. */
static enum yc_verdict block_is_missing(struct sync *s, const struct yc_store_block *at)
{
    struct yc_block_hash now;
    struct yc_error ignored;
    enum yc_verdict v = s->source->hash_at(s->source->ctx, at->height, &now, &ignored);
    if (v == YC_NOT_YET || (v == YC_VALID && !yc_block_hash_equal(&now, &at->hash)))
        return YC_MUTATED;
    return YC_NOT_YET; /* with the source's own sentence */
}

/* Read the block at s->next. YC_MUTATED: the chain moved, so the fork must be found again. */
static enum yc_verdict read_block(struct sync *s, struct yc_error *err)
{
    struct yc_store_block at = {.height = s->next};
    struct yc_view raw;
    enum yc_verdict v = s->source->hash_at(s->source->ctx, s->next, &at.hash, err);
    if (v == YC_NOT_YET)
        return YC_MUTATED;
    if (v == YC_VALID)
        v = s->source->block(s->source->ctx, &at.hash, &raw, err);
    if (v == YC_NOT_YET)
        return block_is_missing(s, &at);
    if (v != YC_VALID)
        return v;
    struct yc_block block;
    struct yc_reject why;
    yc_arena_clear(&s->arena);
    v = yc_block_parse(&block, raw, &s->arena, &why);
    if (v == YC_SYSTEM)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read block %u", s->next);
    if (v != YC_VALID || !yc_block_hash_equal(&block.hash, &at.hash))
        return bad_block(&at.hash, err);
    if (s->has_last && !yc_block_hash_equal(&block.header.prev, &s->last.hash))
        return YC_MUTATED;
    v = read_txs(s, &block, s->next, err);
    if (v == YC_VALID)
        v = yc_store_add_block(s->w->store, &at, err);
    if (v == YC_VALID) {
        s->last = at;
        s->has_last = true;
        s->next++;
    }
    return v;
}

/* The store must still stand where this reading left it: another ycoin-wallet may have gone on meanwhile. */
static enum yc_verdict check_place(struct sync *s, struct yc_error *err)
{
    struct yc_store_block top;
    enum yc_verdict v = yc_store_tip(s->w->store, &top, err);
    if (v == YC_NOT_YET)
        return s->has_last ? YC_MUTATED : YC_VALID;
    if (v == YC_VALID && (!s->has_last || !yc_block_hash_equal(&top.hash, &s->last.hash)))
        return YC_MUTATED;
    return v;
}

/* One batch, committed whole. What a batch that stops early has read counts too. */
static enum yc_verdict read_batch(struct sync *s, struct yc_error *err)
{
    struct sync before = *s;
    enum yc_verdict v = yc_store_begin(s->w->store, err);
    if (v != YC_VALID)
        return v;
    v = check_place(s, err);
    int64_t begun = now_us(s);
    for (unsigned i = 0; v == YC_VALID && s->next <= s->tip.height && i < BATCH_BLOCKS && now_us(s) - begun < BATCH_US;
         i++) {
        v = read_block(s, err);
        show(s);
    }
    if (v != YC_SYSTEM) {
        enum yc_verdict committed = yc_store_commit(s->w->store, err);
        return v != YC_VALID ? v : committed;
    }
    yc_store_rollback(s->w->store);
    s->next = before.next;
    s->last = before.last;
    s->has_last = before.has_last;
    return v;
}

static enum yc_verdict read_chain(struct sync *s, struct yc_error *err)
{
    enum yc_verdict v = YC_MUTATED;
    for (unsigned i = 0; v == YC_MUTATED && i < RESTARTS_MAX; i++) {
        yc_watch_release(&s->watch);
        v = yc_watch_init(&s->watch, s->w, err);
        if (v == YC_VALID)
            v = s->source->tip(s->source->ctx, &s->tip, err);
        if (v == YC_VALID)
            v = find_fork(s, err);
        if (v == YC_VALID)
            v = roll_back(s, err);
        s->from = s->next;
        while (v == YC_VALID && s->next <= s->tip.height)
            v = read_batch(s, err);
    }
    if (v == YC_MUTATED)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the node's chain moves faster than it can be read: try again");
    return v;
}

/* -- the pool */

static enum yc_verdict look_at(struct sync *s, struct yc_view raw, bool *relevant, struct yc_error *err)
{
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_watch_seen seen = {-1, 0, yc_wall_s(s->config->clock)};
    *relevant = false;
    yc_arena_clear(&s->arena);
    enum yc_verdict v = yc_tx_parse(&tx, raw, &s->arena, &why);
    if (v != YC_VALID)
        return yc_fail(err, v, v == YC_SYSTEM ? YC_SYSTEM_MEMORY : YC_SYSTEM_NONE,
                       "a transaction of the node's pool could not be read");
    struct yc_store_tx known;
    v = yc_store_get_tx(s->w->store, &tx.txid, &known, err);
    if (v == YC_VALID && known.height >= 0)
        return YC_VALID; /* mined since the pool was listed */
    if (v == YC_VALID || v == YC_NOT_YET)
        v = yc_watch_tx(&s->watch, &tx, &seen, relevant, err);
    return v;
}

/* Look at what is kept until nothing new is found: a transaction may come before its parent in the list, or pay an
 * address that another one made us watch. */
static enum yc_verdict look_again(struct sync *s, const struct yc_buf *kept, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    size_t before = SIZE_MAX, found = 0;
    while (v == YC_VALID && found != before) {
        size_t added = 0;
        before = found;
        found = 0;
        for (size_t at = 0; at < kept->n && v == YC_VALID;) {
            size_t n = yc_get32le(kept->p + at);
            bool relevant;
            v = look_at(s, yc_view(kept->p + at + 4, n), &relevant, err);
            found += relevant;
            at += 4 + n;
        }
        if (v == YC_VALID && found)
            v = yc_wallet_top_up(s->w, &added, err);
        if (v == YC_VALID && added)
            v = yc_watch_reload_scripts(&s->watch, err);
        found += added;
    }
    return v;
}

/* Fetch what was not looked at yet; keeps each as its length and its bytes. */
static enum yc_verdict fetch_unseen(struct sync *s, struct yc_buf *ids, struct yc_buf *kept, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; i < ids->n / 32 && v == YC_VALID; i++) {
        struct yc_txid txid;
        struct yc_view raw;
        bool seen;
        memcpy(txid.b, ids->p + 32 * i, 32);
        v = yc_store_pool_seen(s->w->store, &txid, &seen, err);
        if (v != YC_VALID || seen)
            continue;
        v = s->source->pool_tx(s->source->ctx, &txid, &raw, err);
        if (v == YC_NOT_YET) { /* it left; if it is back at the next sync it is looked at then */
            memset(ids->p + 32 * i, 0, 32);
            v = YC_VALID;
            continue;
        }
        uint8_t *at = v == YC_VALID ? yc_buf_room(kept, 4 + raw.n) : NULL;
        if (at) {
            yc_put32le(at, (uint32_t)raw.n);
            memcpy(at + 4, raw.p, raw.n);
        } else if (v == YC_VALID) {
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the node's pool");
        }
    }
    return v;
}

static enum yc_verdict store_pool(struct sync *s, const struct yc_buf *ids, const struct yc_buf *kept,
                                  struct yc_error *err)
{
    enum yc_verdict v = yc_store_begin(s->w->store, err);
    if (v != YC_VALID)
        return v;
    v = check_place(s, err);
    if (v == YC_VALID)
        v = look_again(s, kept, err);
    if (v == YC_VALID)
        v = yc_store_set_pool(s->w->store, (const struct yc_txid *)(const void *)ids->p, ids->n / 32, err);
    if (v == YC_VALID)
        return yc_store_commit(s->w->store, err);
    yc_store_rollback(s->w->store);
    return v;
}

static enum yc_verdict read_pool(struct sync *s, struct yc_error *err)
{
    const struct yc_txid *txids;
    size_t count;
    struct yc_buf ids, kept;
    yc_buf_init(&ids, yc_heap(), SIZE_MAX);
    yc_buf_init(&kept, yc_heap(), POOL_KEPT);
    enum yc_verdict v = s->source->pool(s->source->ctx, &txids, &count, err);
    if (v == YC_VALID && count) {
        yc_buf_append(&ids, txids, count * 32);
        if (ids.failed)
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the node's pool");
    }
    if (v == YC_VALID)
        v = fetch_unseen(s, &ids, &kept, err);
    if (v == YC_VALID)
        v = store_pool(s, &ids, &kept, err);
    yc_buf_release(&ids);
    yc_buf_release(&kept);
    return v;
}

/* -- payments that the node lacks */

struct resend {
    struct sync *s;
    struct yc_buf ids;
};

static enum yc_verdict note_resend(void *ctx, const struct yc_store_history *row)
{
    struct resend *r = ctx;
    int64_t now = yc_wall_s(r->s->config->clock);
    bool due = row->tx.sent_s == 0 || now - row->tx.sent_s > YC_SYNC_RESEND_S || now < row->tx.sent_s;
    if (row->tx.height < 0 && row->tx.state == YC_TX_PENDING && due)
        yc_buf_append(&r->ids, row->tx.txid.b, 32);
    return YC_VALID;
}

/* A refusal is no failure of the sync: the payment stays pending, and the history shows it. */
static enum yc_verdict resend_one(struct sync *s, const struct yc_txid *txid, struct yc_error *err)
{
    struct yc_store_tx tx;
    enum yc_verdict v = yc_store_get_tx(s->w->store, txid, &tx, err);
    if (v != YC_VALID)
        return v;
    if (s->source->send(s->source->ctx, tx.raw, err) != YC_VALID)
        return YC_VALID;
    v = yc_store_begin(s->w->store, err);
    if (v == YC_VALID)
        v = yc_store_set_sent(s->w->store, txid, yc_wall_s(s->config->clock), err);
    if (v == YC_VALID)
        v = yc_store_set_state(s->w->store, txid, YC_TX_POOL, err);
    if (v == YC_VALID)
        return yc_store_commit(s->w->store, err);
    yc_store_rollback(s->w->store);
    return v;
}

static enum yc_verdict resend(struct sync *s, struct yc_error *err)
{
    struct resend r = {.s = s};
    yc_buf_init(&r.ids, yc_heap(), SIZE_MAX);
    enum yc_verdict v = yc_store_each_history(s->w->store, note_resend, &r, err);
    for (size_t i = 0; i < r.ids.n / 32 && v == YC_VALID; i++) {
        struct yc_txid txid;
        memcpy(txid.b, r.ids.p + 32 * i, 32);
        v = resend_one(s, &txid, err);
    }
    yc_buf_release(&r.ids);
    return v;
}

/* The blocks and the pool belong together when the tip is the same before and after. */
static enum yc_verdict read_all(struct sync *s, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (unsigned i = 0; v == YC_VALID && i < RESTARTS_MAX; i++) {
        struct yc_source_tip after;
        v = read_chain(s, err);
        if (v == YC_VALID)
            v = read_pool(s, err);
        bool moved = v == YC_MUTATED;
        if (moved)
            v = YC_VALID;
        if (v == YC_VALID)
            v = s->source->tip(s->source->ctx, &after, err);
        if (v == YC_VALID && !moved && yc_block_hash_equal(&after.hash, &s->tip.hash))
            return resend(s, err);
    }
    return v != YC_VALID ? v
                         : yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                                   "the node's chain moves faster than it can be read: try again");
}

enum yc_verdict yc_wallet_sync(struct yc_wallet *w, const struct yc_source *source, const struct yc_sync_config *config,
                               struct yc_source_tip *tip, struct yc_error *err)
{
    struct sync s = {.w = w, .source = source, .config = config};
    s.begun_us = s.shown_us = now_us(&s);
    yc_arena_init(&s.arena, yc_heap(), (size_t)1 << 20, yc_block_arena_bytes(YC_BLOCK_BYTES_MAX));
    enum yc_verdict v = check_genesis(&s, err);
    if (v == YC_VALID)
        v = read_all(&s, err);
    yc_watch_release(&s.watch);
    yc_arena_release(&s.arena);
    *tip = s.tip;
    return v;
}
