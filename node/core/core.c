/* The core's life and its turns; what the chain's and the pool's events lead to. */
#include "node/core/core_internal.h"

#include <stdio.h>

#define CHAIN_SLICE_US   2000 /* what is begun then takes a millisecond or two more */
#define LOAD_SLICE_US    2000
#define CONFIRM_EVERY_US 1000
#define TICK_US          (10 * SECOND_US)
#define TICK_SLACK_US    (5 * SECOND_US) /* a tick takes the next occasion, and this late has one of its own */
#define NEAR_TIP_S       (144 * 600)     /* within which a pruned peer has what we lack */

/* Events. They come from within yc_chain_step(): what they lead to is done after it. */

/* Who looks at the bodies of connected blocks: the pool when it is not empty, and relay when the node has caught up. */
static bool wants_body(void *ctx)
{
    struct yc_core *c = ctx;
    return c->pool && (!yc_core_is_initial_download(c) || yc_pool_wants_bodies(c->pool));
}

/* While the node catches up it neither asks for transactions nor keeps any that a block could make needless. */
static void note_mined(struct yc_core *c, const struct yc_chain_event *e)
{
    if (yc_core_is_initial_download(c))
        return;
    struct block_source source = unpack_source(e->source);
    if (e->body)
        yc_core_relay_block(c, &e->body->block);
    if (source.peer >= 0)
        yc_sync_on_connected(&c->sync, source.peer, &e->node->hash);
}

static void note_failed(struct yc_core *c, const struct yc_chain_event *e)
{
    char hash[65], text[128], detail[YC_REJECT_DETAIL_MAX], line[640];
    struct block_source source = unpack_source(e->source);
    struct conn *k = source.peer >= 0 ? yc_core_conn_of(c, (uint64_t)source.peer) : NULL;
    c->blocks_changed = true;
    if (!k)
        return;
    yc_hex_write_reversed(hash, e->node->hash.b, 32);
    yc_reject_text(text, sizeof text, e->why);
    yc_reject_describe(detail, e->why, NULL);
    snprintf(line, sizeof line, "invalid block %s, %s%s%s", hash, text, detail[0] ? ", " : "", detail);
    if (source.unvouched) {
        yc_log_debug(c->log, YC_LOGC_NET, "%s, by a compact block of peer=%lld", line, (long long)source.peer);
        return;
    }
    yc_peer_misbehaving(&k->peer, line);
    yc_core_busy(c, k);
}

static void on_chain_event(void *ctx, const struct yc_chain_event *e)
{
    struct yc_core *c = ctx;
    if (e->kind == YC_CHAIN_STORED) {
        yc_core_note_stored(c, e); /* nobody else acts on what may still turn out invalid */
        return;
    }
    if (c->pool)
        yc_pool_chain_event(c->pool, e);
    switch (e->kind) {
    case YC_CHAIN_STORED:
    case YC_CHAIN_CONNECTED:
        if (c->pool)
            note_mined(c, e);
        break;
    case YC_CHAIN_DISCONNECTED:
        yc_recent_clear(&c->mined);
        break;
    case YC_CHAIN_TIP:
        yc_recent_clear(&c->rejects);
        c->tip_moved = c->blocks_changed = true;
        if (c->indexes)
            yc_indexes_wake(c->indexes);
        break;
    case YC_CHAIN_FAILED:
        note_failed(c, e);
        break;
    case YC_CHAIN_REORG:
    case YC_CHAIN_HEADERS:
        break;
    }
    for (size_t i = 0; i < c->listener_count; i++)
        if (c->listener[i].chain)
            c->listener[i].chain(c->listener[i].ctx, e);
}

static void on_pool_event(void *ctx, const struct yc_pool_event *e)
{
    struct yc_core *c = ctx;
    if (e->kind == YC_POOL_ADDED && e->entry->sequence > c->last_sequence)
        c->last_sequence = e->entry->sequence;
    c->news = true;
    if (e->kind == YC_POOL_REMOVED && e->why != YC_POOL_MINED)
        yc_extra_add(&c->extra, &e->entry->tx);
    for (size_t i = 0; i < c->listener_count; i++)
        if (c->listener[i].pool)
            c->listener[i].pool(c->listener[i].ctx, e);
}

void yc_core_listen(struct yc_core *c, const struct yc_core_listener *l)
{
    YC_ASSERT(c->listener_count < YC_CORE_LISTENERS_MAX);
    c->listener[c->listener_count++] = *l;
}

/* Opening and closing. */

static void open_shared(struct yc_core *c)
{
    const struct yc_chain_params *p = c->config.chain.params;
    c->shared = yc_peer_shared_default();
    c->shared.alloc = c->alloc;
    c->shared.log = c->log;
    c->shared.random = c->random;
    c->shared.nonces = &c->nonces;
    memcpy(c->shared.magic, p->magic, 4);
    c->shared.services = YC_NODE_WITNESS | YC_NODE_NETWORK_LIMITED;
    if (c->config.serve_filters)
        c->shared.services |= YC_NODE_COMPACT_FILTERS;
    c->shared.services_wanted = YC_NODE_NETWORK | YC_NODE_WITNESS;
    c->shared.relay = c->config.relay_txs;
    snprintf(c->shared.user_agent, sizeof c->shared.user_agent, "%s", c->config.user_agent);
    if (c->config.peer_timeout_s > 0)
        c->shared.handshake_timeout_us = c->config.peer_timeout_s * SECOND_US;
    if (c->config.send_buffer_max_bytes)
        c->shared.send_pause_bytes = c->config.send_buffer_max_bytes;
    if (c->shared.send_max_bytes < c->shared.send_pause_bytes)
        c->shared.send_max_bytes = c->shared.send_pause_bytes;
}

static enum yc_verdict open_pool(struct yc_core *c, struct yc_error *err)
{
    c->config.pool.chain = c->chain;
    c->config.pool.alloc = c->alloc;
    c->config.pool.clock = c->clock;
    c->config.pool.random = c->random;
    c->config.pool.log = c->log;
    c->config.pool.sig_engine = c->config.chain.sig_engine;
    c->config.pool.lanes_trusted = c->config.chain.sig_engine_always;
    c->config.pool.workers = c->config.chain.workers;
    enum yc_verdict v = yc_pool_new(&c->pool, &c->config.pool, (struct yc_pool_listener){on_pool_event, c}, err);
    if (v == YC_VALID)
        yc_chain_set_known_scripts(c->chain, yc_pool_known_scripts(c->pool));
    return v;
}

static enum yc_verdict open_relay(struct yc_core *c, struct yc_error *err)
{
    yc_recent_init(&c->rejects, c->alloc, 32, REJECTS_MAX, c->key);
    yc_recent_init(&c->mined, c->alloc, 32, MINED_MAX, c->key);
    yc_news_init(&c->tx_news, c->alloc);
    if (yc_txreq_new(&c->requests, c->alloc, c->key) != YC_VALID ||
        yc_orphans_new(&c->orphans, c->alloc, c->key) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while preparing the relay of transactions");
    return YC_VALID;
}

static enum yc_verdict open_indexes(struct yc_core *c, struct yc_error *err)
{
    struct yc_indexes_config k = {.chain = c->chain, .alloc = c->alloc, .clock = c->clock, .log = c->log};
    memcpy(k.kv, c->config.optional_kv, sizeof k.kv);
    enum yc_verdict v = yc_indexes_open(&c->indexes, &k, err);
    if (v == YC_VALID)
        yc_chain_set_prune_lock(c->chain, (struct yc_prune_lock){yc_indexes_lowest_needed, c->indexes});
    return v;
}

/* Indexes go on with what has been validated; and while blocks are missing that others would ask for, we do not say that we
 * have them all. */
static void follow_validated(struct yc_core *c)
{
    const struct yc_node *n = yc_chain_validated(c->chain, &c->behind);
    if (c->behind || c->config.chain.prune_target_bytes)
        c->shared.services &= ~(uint64_t)YC_NODE_NETWORK;
    else
        c->shared.services |= YC_NODE_NETWORK;
    if (n != c->validated && c->indexes)
        yc_indexes_wake(c->indexes);
    c->validated = n;
}

static void release_all(struct yc_core *c)
{
    if (c->indexes)
        yc_indexes_stop(c->indexes);
    yc_chain_set_prune_lock(c->chain, (struct yc_prune_lock){NULL, NULL});
    yc_indexes_close(c->indexes);
    yc_core_conns_close(c);
    yc_addrman_free(c->book);
    yc_sync_release(&c->sync);
    yc_txreq_free(c->requests);
    yc_orphans_free(c->orphans);
    yc_core_compact_close(c);
    yc_recent_release(&c->rejects);
    yc_recent_release(&c->mined);
    yc_news_release(&c->tx_news);
    yc_chain_set_known_scripts(c->chain, (struct yc_known_scripts){NULL, NULL});
    yc_pool_free(c->pool);
    yc_extra_release(&c->extra);
}

enum yc_verdict yc_core_open(struct yc_core **out, const struct yc_core_config *config, struct yc_error *err)
{
    const struct yc_alloc *alloc = config->chain.alloc;
    struct yc_core *c = yc_alloc_new(alloc, sizeof *c);
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while starting the node");
    memset(c, 0, sizeof *c);
    c->config = *config;
    c->alloc = alloc;
    c->clock = config->chain.clock;
    c->pace = config->pace ? config->pace : c->clock;
    c->random = config->chain.random;
    c->log = config->chain.log;
    c->key = (struct yc_siphash_key){yc_random_u64(c->random), yc_random_u64(c->random)};
    c->config.chain.listener = (struct yc_chain_listener){on_chain_event, wants_body, c};
    c->tick_at_us = c->tick_by_us = INT64_MIN;
    c->confirm_at_us = INT64_MAX;
    c->importing = config->imports;
    yc_core_view_init(c);
    open_shared(c);
    yc_core_turns_open(c);
    if (c->config.capture_messages)
        yc_core_capture_begin(c);
    enum yc_verdict v = yc_chain_open(&c->chain, &c->config.chain, err);
    if (v != YC_VALID) {
        yc_alloc_free(alloc, c, sizeof *c);
        return v;
    }
    follow_validated(c);
    yc_sync_init(&c->sync, &c->view, alloc, c->key);
    yc_core_compact_open(c);
    v = open_indexes(c, err);
    if (v == YC_VALID)
        v = open_relay(c, err);
    if (v == YC_VALID)
        v = open_pool(c, err);
    if (v == YC_VALID)
        v = yc_core_book_open(c, err);
    if (v == YC_VALID)
        yc_gossip_init(&c->gossip, c->book, &c->bans, c->config.listen ? &c->self : NULL, c->random, c->log);
    c->gossip.networks = c->config.networks;
    c->gossip.cjdns = c->config.cjdns;
    c->gossip.discover = c->config.discover;
    c->gossip.port = c->config.listening_port;
    c->gossip.quiet = true;
    if (v == YC_VALID)
        v = yc_core_conns_open(c, err);
    if (v != YC_VALID) {
        struct yc_error ignored;
        release_all(c);
        enum yc_verdict closed = yc_chain_close(c->chain, &ignored);
        (void)closed; /* err says already why the node does not start */
        yc_alloc_free(alloc, c, sizeof *c);
        return v;
    }
    *out = c;
    return YC_VALID;
}

enum yc_verdict yc_core_close(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX];
    struct yc_error saving;
    c->ended = true;
    /* What is lost when these cannot be written is not the chain's: the rest is closed in order all the same. */
    if (yc_core_book_save(c, &saving) != YC_VALID)
        yc_log_warning(c->log, "%s", saving.text);
    if (yc_core_anchors_save(c, &saving) != YC_VALID)
        yc_log_warning(c->log, "%s", saving.text);
    if (c->config.persist_mempool && yc_core_pool_loaded(c) &&
        yc_core_pool_save(c, path, sizeof path, &saving) != YC_VALID)
        yc_log_warning(c->log, "%s", saving.text);
    release_all(c);
    c->pool = NULL;
    enum yc_verdict v = yc_chain_close(c->chain, err);
    yc_alloc_free(c->alloc, c, sizeof *c);
    return v;
}

/* Turns. */

/* Once the chain's coins are brought forward the rest begins. */
static void start(struct yc_core *c)
{
    c->started = true;
    c->shared.height = (int32_t)yc_chain_tip(c->chain)->height;
    yc_core_seeds_begin(c, core_now(c));
}

/* What the pool kept is checked against the tip of all that is stored or imported, and not against one on the way there. */
static void begin_pool(struct yc_core *c)
{
    char path[YC_CORE_PATH_MAX];
    struct yc_error err;
    if (c->pool_begun || c->importing || !yc_chain_settled(c->chain))
        return;
    c->pool_begun = true;
    if (!c->config.persist_mempool)
        return;
    yc_core_path(c, path, "mempool.dat");
    if (yc_pool_load_begin(c->pool, c->config.chain.fs, path, &err) != YC_VALID)
        yc_log_warning(c->log, "%s", err.text);
    else
        c->pool_loading = true;
}

static void follow_chain(struct yc_core *c, struct yc_now now)
{
    if (c->tip_moved) {
        c->tip_moved_us = now.mono_us;
        c->shared.height = (int32_t)yc_chain_tip(c->chain)->height;
        if (!yc_core_is_initial_download(c))
            yc_sync_announce_tip(&c->sync);
    }
    c->shared.limited_will_do = (int64_t)yc_chain_tip(c->chain)->time > now.wall_s - NEAR_TIP_S;
    if (c->blocks_changed)
        yc_sync_chain_changed(&c->sync, now);
    c->tip_moved = c->blocks_changed = false;
}

static void work_on_pool(struct yc_core *c)
{
    if (!yc_chain_at_rest(c->chain))
        return;
    begin_pool(c);
    if (c->pool_loading)
        c->pool_loading = yc_pool_load_step(c->pool, LOAD_SLICE_US);
    /* One a turn, or one batch: each may cost a second (catalogue P06). */
    for (size_t i = 0; i < YC_POOL_PREPARE_MAX && yc_core_take_orphan(c) && c->intake.count > 0; i++) {
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void yc_core_tick_by(struct yc_core *c, int64_t at_us)
{
    c->tick_at_us = earlier(c->tick_at_us, at_us);
    c->tick_by_us = earlier(c->tick_by_us, at_us);
}

static void tick(struct yc_core *c, struct yc_now now)
{
    if (now.mono_us >= c->rebroadcast_at_us)
        yc_core_rebroadcast(c, now);
    if (now.mono_us >= c->tick_at_us) {
        c->tick_at_us = now.mono_us + TICK_US;
        c->tick_by_us = c->tick_at_us + TICK_SLACK_US;
        yc_pool_tick(c->pool);
        yc_core_addr_tick(c, now);
        yc_core_outbound_tick(c, now);
        yc_core_balance_input(c, now);
        c->look_at_all = true;
    }
    yc_gossip_tick(&c->gossip, now);
    if (now.mono_us >= yc_core_connect_deadline_us(c))
        yc_core_open_wanted(c, now);
    yc_sync_tick(&c->sync, now);
    yc_core_relay_tick(c, now);
}

/* What lanes have accepted is confirmed on the workers, or by the core itself in small pieces. */
static void confirm_some(struct yc_core *c, struct yc_now now)
{
    bool waits = c->confirm_at_us != INT64_MAX;
    if (waits ? now.mono_us >= c->confirm_at_us : yc_pool_unconfirmed(c->pool) > 0)
        c->confirm_at_us = yc_pool_confirm_step(c->pool) ? now.mono_us + CONFIRM_EVERY_US : INT64_MAX;
}

void yc_core_import_over(struct yc_core *c)
{
    c->importing = false;
}

bool yc_core_pool_loaded(const struct yc_core *c)
{
    return c->pool_begun && yc_pool_loaded(c->pool, NULL);
}

enum yc_verdict yc_core_pool_save(struct yc_core *c, char *path, size_t cap, struct yc_error *err)
{
    char name[YC_CORE_PATH_MAX];
    if (!yc_core_pool_loaded(c))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "The mempool was not loaded yet");
    yc_core_path(c, name, "mempool.dat");
    snprintf(path, cap, "%s", name);
    return yc_pool_save(c->pool, c->config.chain.fs, name, err);
}

enum yc_step yc_core_step(struct yc_core *c, int64_t budget_us)
{
    int64_t until_us = yc_mono_us(c->clock) + budget_us;
    c->chain_fed = false;
    enum yc_step chain = yc_chain_step(c->chain, budget_us < CHAIN_SLICE_US ? budget_us : CHAIN_SLICE_US);
    if (chain == YC_STEP_FAILED) {
        c->failure = *yc_chain_failure(c->chain);
        return YC_STEP_FAILED;
    }
    if (yc_chain_loading(c->chain, NULL, NULL))
        return chain; /* DONE: it waits for the disk */
    if (!c->started)
        start(c);
    struct yc_now now = core_now(c);
    follow_validated(c);
    c->chain_done = chain == YC_STEP_DONE && yc_chain_deadline_us(c->chain) == INT64_MAX;
    follow_chain(c, now);
    tick(c, now);
    work_on_pool(c);
    bool more = yc_core_serve_peers(c, until_us);
    if (yc_chain_at_rest(c->chain))
        more |= c->pool_loading || yc_orphans_waiting(c->orphans);
    more |= c->pongs_wait;
    c->pongs_wait = false;
    confirm_some(c, core_now(c));
    if (yc_pool_failure(c->pool)) {
        c->failure = *yc_pool_failure(c->pool);
        return YC_STEP_FAILED;
    }
    more |= chain == YC_STEP_MORE || c->chain_fed || c->tip_moved || c->blocks_changed;
    return more ? YC_STEP_MORE : YC_STEP_DONE;
}

int64_t yc_core_deadline_us(const struct yc_core *c)
{
    if (!c->started)
        return yc_chain_deadline_us(c->chain);
    int64_t at = earlier(c->tick_by_us, yc_sync_deadline_us(&c->sync));
    at = earlier(at, earlier(yc_core_relay_deadline_us(c), c->rebroadcast_at_us));
    at = earlier(at, earlier(yc_core_connect_deadline_us(c), yc_gossip_next_deadline_us(&c->gossip)));
    at = earlier(at, earlier(c->peers_due_us, earlier(c->confirm_at_us, yc_chain_deadline_us(c->chain))));
    bool limited = c->upload.bytes_per_s || c->download.bytes_per_s;
    for (const struct conn *k = c->first; limited && k; k = k->next) {
        /* What waits for the line to be free again. */
        if (!k->open || k->closing)
            continue;
        if (c->upload.bytes_per_s && yc_peer_output(&k->peer).n)
            at = earlier(at, yc_rate_next_us(&c->upload));
        if (c->download.bytes_per_s && k->paused)
            at = earlier(at, yc_rate_next_us(&c->download));
    }
    return at;
}

const struct yc_error *yc_core_failure(const struct yc_core *c)
{
    return &c->failure;
}

struct yc_chain *yc_core_chain(struct yc_core *c)
{
    return c->chain;
}

struct yc_pool *yc_core_pool(struct yc_core *c)
{
    return c->pool;
}

struct yc_indexes *yc_core_indexes(struct yc_core *c)
{
    return c->indexes;
}

const struct yc_core_config *yc_core_config_of(const struct yc_core *c)
{
    return &c->config;
}

/* What RPC hands in. */

enum yc_verdict yc_core_submit_block(struct yc_core *c, struct yc_view raw, const struct yc_node **out, bool *is_new,
                                     struct yc_reject *why)
{
    enum yc_verdict v = yc_chain_submit_block(c->chain, raw, YC_SUBMIT_REQUESTED, 0, out, is_new, why);
    yc_core_tell_early(c);
    return v;
}

enum yc_verdict yc_core_submit_tx(struct yc_core *c, struct yc_view raw, int64_t fee_max_sat, struct yc_pool_entry *out,
                                  struct yc_pool_reject *why)
{
    struct yc_pool_entry entry;
    enum yc_verdict v = yc_pool_submit(c->pool, raw, false, fee_max_sat, &entry, why);
    if (v != YC_VALID)
        return v;
    yc_pool_set_unbroadcast(c->pool, &entry.tx.txid);
    yc_orphans_parent(c->orphans, &entry.tx.txid);
    yc_core_queue_tx(c, &entry);
    if (out)
        *out = entry;
    return v;
}

void yc_core_announce_tx(struct yc_core *c, const struct yc_txid *txid)
{
    const struct yc_pool_entry *e = yc_pool_find(c->pool, txid);
    if (e)
        yc_core_queue_tx(c, e);
}

bool yc_core_is_initial_download(struct yc_core *c)
{
    /* What is imported is old, whatever its headers say: nothing is relayed or told of before it is over. */
    return c->importing || yc_chain_is_initial_download(c->chain, c->config.max_tip_age_s);
}

bool yc_core_may_mine(struct yc_core *c, struct yc_error *err)
{
    const struct yc_chain_params *p = c->config.chain.params;
    uint32_t in, out;
    if (yc_chain_loading(c->chain, NULL, NULL)) {
        (void)yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the chain is still being loaded: try again in a moment");
        return false;
    }
    if (p->test_chain || c->config.launch)
        return true;
    yc_core_connections(c, &in, &out);
    if (in + out == 0) {
        (void)yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                      "no peer is known for %s: give -addnode=HOST, or -launch to start the chain", p->name);
        return false;
    }
    if (yc_core_is_initial_download(c)) {
        (void)yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                      "YCoin is in initial sync and waiting for blocks: wait until it has caught up");
        return false;
    }
    return true;
}
