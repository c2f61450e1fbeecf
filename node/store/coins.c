#include "node/store/coins.h"

#include "base/assert.h"
#include "base/hex.h"
#include "consensus/script/script.h"
#include "node/store/coins_internal.h"
#include "node/store/schema.h"

#define BATCH_BYTES (1u << 20)

/* A stored coin is at most this long: longer scripts cannot be spent and are never stored. */
#define STORED_BYTES_MAX (YC_COIN_OVERHEAD_MAX + YC_SCRIPT_BYTES_MAX)

enum yc_verdict coins_no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the coins: give a smaller -dbcache");
}

static enum yc_verdict corrupt(const struct yc_outpoint *at, struct yc_error *err)
{
    char txid[65];
    yc_hex_write_reversed(txid, at->txid.b, 32);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "the stored coin %s:%u does not decode: start with -reindex-chainstate to build the coins anew",
                   txid, (unsigned)at->index);
}

enum yc_verdict coins_decode(const struct yc_outpoint *at, struct yc_view stored, struct yc_coin_short *out,
                             struct yc_error *err)
{
    struct yc_reader r;
    yc_reader_init(&r, stored);
    yc_coin_short_read(&r, out);
    return yc_reader_done(&r) && out->script.payload.n <= YC_SCRIPT_BYTES_MAX ? YC_VALID : corrupt(at, err);
}

struct yc_coin_short coin_record_short(struct coin_record *r)
{
    return (struct yc_coin_short){
        r->value_sat, r->code >> 1, r->code & 1, {(enum yc_script_form)r->form, {coin_payload(r), r->payload_n}}};
}

/* A record that holds the coin; 0 when there is no memory. */
static coin_ref record_new(struct yc_coins_cache *c, const struct yc_outpoint *at, const struct yc_coin_short *coin,
                           unsigned flags)
{
    YC_ASSERT(coin->script.payload.n <= YC_SCRIPT_BYTES_MAX);
    coin_ref ref = coin_slabs_take(&c->slabs, coin->script.payload.n);
    if (!ref)
        return 0;
    struct coin_record *r = coin_slabs_at(&c->slabs, ref);
    r->at = *at;
    r->code = coin->height << 1 | coin->coinbase;
    r->value_sat = coin->value_sat;
    r->flags = (uint8_t)(r->flags | flags);
    r->form = (uint8_t)coin->script.form;
    if (coin->script.payload.n)
        memcpy(coin_payload(r), coin->script.payload.p, coin->script.payload.n);
    return ref;
}

/* Rolling back may put back every slot that was removed since the oldest block that can be undone: their room is kept. */
static bool reserve_slot(struct yc_coins_cache *c)
{
    return coin_table_reserve(&c->table, c->table.count + c->removed + 1);
}

enum yc_verdict coins_insert_stored(struct yc_coins_cache *c, const struct yc_outpoint *at, uint32_t tag,
                                    struct yc_view stored, struct yc_error *err)
{
    struct yc_coin_short coin;
    enum yc_verdict v = coins_decode(at, stored, &coin, err);
    if (v != YC_VALID)
        return v;
    coin_ref ref = reserve_slot(c) ? record_new(c, at, &coin, 0) : 0;
    if (!ref)
        return coins_no_memory(err);
    coin_table_insert(&c->table, tag, ref);
    return YC_VALID;
}

static enum yc_verdict read_stored(struct yc_coins_cache *c, const struct yc_outpoint *at, struct yc_error *err)
{
    uint8_t key[YC_COIN_KEY_BYTES_MAX];
    struct yc_view k = {key, yc_coin_key_write(key, at)};
    return c->options.kv->get(c->options.kv->ctx, k, &c->value, err);
}

enum yc_verdict coins_find(struct yc_coins_cache *c, const struct yc_outpoint *at, uint32_t tag, struct coin_slot **out,
                           struct yc_error *err)
{
    *out = coin_table_find(&c->table, &c->slabs, tag, at);
    if (*out)
        return YC_VALID;
    enum yc_verdict v = read_stored(c, at, err);
    if (v == YC_VALID)
        v = coins_insert_stored(c, at, tag, yc_buf_view(&c->value), err);
    if (v == YC_VALID)
        *out = coin_table_find(&c->table, &c->slabs, tag, at);
    return v;
}

/* ---- what a block is made of ---- */

enum yc_verdict coins_spend(struct yc_coins_cache *c, const struct yc_outpoint *at, struct yc_coin *out,
                            struct yc_error *err)
{
    static const struct yc_coin_short nothing = {0, 0, false, {YC_FORM_RAW, {NULL, 0}}};
    YC_ASSERT(c->arena);
    uint32_t tag = coin_tag(c->options.seed, at);
    struct coin_slot *slot;
    enum yc_verdict v = coins_find(c, at, tag, &slot, err);
    if (v != YC_VALID)
        return v;
    struct coin_record *r = coin_slabs_at(&c->slabs, slot->ref);
    if (r->flags & COIN_SPENT)
        return YC_NOT_YET;
    struct yc_coin_short coin = coin_record_short(r);
    if (!coins_log_reserve(c) || !yc_coin_whole(out, &coin, c->arena))
        return coins_no_memory(err);
    /* A coin that the store never saw leaves no trace; else a record that says "spent" remains until the flush. */
    coin_ref to = 0;
    if (!(r->flags & COIN_FRESH)) {
        to = record_new(c, at, &nothing, COIN_DIRTY | COIN_SPENT);
        if (!to)
            return coins_no_memory(err);
    }
    coins_log_change(c, slot, tag, to);
    return YC_VALID;
}

enum yc_verdict coins_add(struct yc_coins_cache *c, const struct yc_outpoint *at, const struct yc_coin *coin,
                          bool may_be_stored, struct yc_error *err)
{
    YC_ASSERT(c->arena);
    uint32_t tag = coin_tag(c->options.seed, at);
    if (!reserve_slot(c) || !coins_log_reserve(c))
        return coins_no_memory(err);
    struct coin_slot *slot = coin_table_find(&c->table, &c->slabs, tag, at);
    bool fresh = slot ? coin_slabs_at(&c->slabs, slot->ref)->flags & COIN_FRESH : !may_be_stored && !c->interrupted;
    const struct yc_coin_short s = {coin->value_sat, coin->height, coin->coinbase, yc_script_shorten(coin->script)};
    coin_ref to = record_new(c, at, &s, COIN_DIRTY | (fresh ? COIN_FRESH : 0u));
    if (!to)
        return coins_no_memory(err);
    coins_log_change(c, slot, tag, to);
    return YC_VALID;
}

static enum yc_verdict view_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    struct yc_coins_cache *c = (struct yc_coins_cache *)ctx;
    return coins_spend(c, at, out, &c->error);
}

/* The store may hold a coin under the outpoint of a coinbase output, by an equal coinbase before BIP 34; other
 * transactions spend coins that only they could. */
static enum yc_verdict view_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    struct yc_coins_cache *c = (struct yc_coins_cache *)ctx;
    return coins_add(c, at, coin, coin->coinbase, &c->error);
}

static enum yc_verdict view_has(void *ctx, const struct yc_outpoint *at)
{
    struct yc_coins_cache *c = (struct yc_coins_cache *)ctx;
    struct coin_slot *slot = coin_table_find(&c->table, &c->slabs, coin_tag(c->options.seed, at), at);
    if (slot)
        return coin_slabs_at(&c->slabs, slot->ref)->flags & COIN_SPENT ? YC_NOT_YET : YC_VALID;
    return read_stored(c, at, &c->error);
}

/* ---- opening, reading ---- */

static enum yc_verdict read_state(struct yc_coins_cache *c, struct yc_error *err)
{
    const struct yc_kv *kv = c->options.kv;
    enum yc_verdict v = kv->get(kv->ctx, yc_view_text(COINS_KEY_BEST), &c->value, err);
    if (v == YC_SYSTEM)
        return v;
    bool ok = v == YC_NOT_YET || c->value.n == 32;
    if (v == YC_VALID && ok)
        memcpy(c->best.b, c->value.p, 32);
    v = kv->get(kv->ctx, yc_view_text(COINS_KEY_HEADS), &c->value, err);
    if (v == YC_SYSTEM)
        return v;
    c->interrupted = v == YC_VALID;
    if (c->interrupted && c->value.n == 64) {
        memcpy(c->interrupted_from.b, c->value.p, 32);
        memcpy(c->interrupted_to.b, c->value.p + 32, 32);
        ok = ok && yc_block_hash_equal(&c->interrupted_from, &c->best);
    } else if (c->interrupted) {
        ok = false;
    }
    c->stored_best = c->best;
    return ok ? YC_VALID
              : yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                        "the coins do not say which block they belong to: start with -reindex-chainstate to build them "
                        "anew");
}

enum yc_verdict yc_coins_open(struct yc_coins_cache **out, const struct yc_coins_options *options, struct yc_error *err)
{
    struct yc_schema schema = {"coins", YC_COINS_VERSION, options->genesis};
    enum yc_verdict v = yc_schema_check(options->kv, options->alloc, &schema, err);
    if (v != YC_VALID)
        return v;
    struct yc_coins_cache *c = (struct yc_coins_cache *)yc_alloc_new(options->alloc, sizeof *c);
    if (!c)
        return coins_no_memory(err);
    *c = (struct yc_coins_cache){.options = *options,
                                 .view = {view_spend, view_add, view_has, c},
                                 .table = {.alloc = options->alloc, .seed = options->seed}};
    if (!c->options.batch_bytes)
        c->options.batch_bytes = BATCH_BYTES;
    coin_slabs_init(&c->slabs, options->alloc);
    yc_buf_init(&c->value, options->alloc, STORED_BYTES_MAX);
    yc_kv_batch_init(&c->flush.batch, options->alloc, SIZE_MAX);
    v = coin_table_reserve(&c->table, options->expected_coins) ? read_state(c, err) : coins_no_memory(err);
    if (v != YC_VALID) {
        yc_coins_close(c);
        return v;
    }
    *out = c;
    return YC_VALID;
}

void yc_coins_close(struct yc_coins_cache *c)
{
    if (!c)
        return;
    const struct yc_alloc *alloc = c->options.alloc;
    coin_slabs_release(&c->slabs);
    coin_table_release(&c->table);
    yc_buf_release(&c->value);
    yc_kv_batch_release(&c->flush.batch);
    yc_alloc_free(alloc, c->flush.item, c->flush.room * sizeof c->flush.item[0]);
    coins_log_release(c);
    yc_alloc_free(alloc, c, sizeof *c);
}

struct yc_block_hash yc_coins_best(const struct yc_coins_cache *c)
{
    return c->best;
}

struct yc_block_hash yc_coins_stored_best(const struct yc_coins_cache *c)
{
    return c->stored_best;
}

bool yc_coins_interrupted(const struct yc_coins_cache *c, struct yc_block_hash *from, struct yc_block_hash *to)
{
    if (c->interrupted) {
        *from = c->interrupted_from;
        *to = c->interrupted_to;
    }
    return c->interrupted;
}

const struct yc_coins *yc_coins_view(struct yc_coins_cache *c)
{
    return &c->view;
}

const struct yc_error *yc_coins_error(const struct yc_coins_cache *c)
{
    return &c->error;
}

enum yc_verdict yc_coins_get(struct yc_coins_cache *c, const struct yc_outpoint *at, bool keep, struct yc_arena *arena,
                             struct yc_coin *out, struct yc_error *err)
{
    struct yc_coin_short coin;
    uint32_t tag = coin_tag(c->options.seed, at);
    struct coin_slot *slot = coin_table_find(&c->table, &c->slabs, tag, at);
    enum yc_verdict v = YC_VALID;
    if (!slot && keep)
        v = coins_find(c, at, tag, &slot, err);
    else if (!slot)
        v = read_stored(c, at, err);
    if (v != YC_VALID)
        return v;
    if (slot && coin_slabs_at(&c->slabs, slot->ref)->flags & COIN_SPENT)
        return YC_NOT_YET;
    if (slot)
        coin = coin_record_short(coin_slabs_at(&c->slabs, slot->ref));
    else if ((v = coins_decode(at, yc_buf_view(&c->value), &coin, err)) != YC_VALID)
        return v;
    return yc_coin_whole(out, &coin, arena) ? YC_VALID : coins_no_memory(err);
}

struct yc_coins_usage yc_coins_usage(const struct yc_coins_cache *c)
{
    return (struct yc_coins_usage){.bytes = sizeof *c + c->slabs.bytes + c->table.capacity * sizeof c->table.slot[0] +
                                            c->log_bytes + c->value.cap + c->flush.batch.ops.cap +
                                            c->flush.room * sizeof c->flush.item[0],
                                   .entries = c->table.count,
                                   .dirty = c->dirty};
}
