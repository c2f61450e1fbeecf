#include "base/assert.h"
#include "base/bytes.h"
#include "consensus/script/script.h"
#include "node/store/coins_internal.h"

/* A flush walks over the coins this often, so that the list of what is to be written takes two bytes for each dirty coin
 * and not sixteen; a list shorter than ITEMS_FEW saves nothing. */
#define PARTS     8
#define ITEMS_FEW ((size_t)1 << 15)
#define KEYS_END  (UINT64_C(1) << 32) /* behind the first four bytes of every txid */
/* Fewer items than this are not worth a walk, however little memory there is. */
#define ITEMS_MIN 1024

void yc_coins_flush_begin(struct yc_coins_cache *c, bool drop)
{
    YC_ASSERT(!c->arena && c->held == 0 && !c->flush.running);
    c->flush.running = true;
    c->flush.drop = drop;
    c->flush.marked = c->interrupted;
}

/* Make room for one part of the dirty records, or for fewer when there is no memory, and say how wide a part is: txids are
 * hashes, so one of this width has about as many records as there is room for. */
static bool take_items(struct yc_coins_cache *c)
{
    struct coin_flush *f = &c->flush;
    if (f->item)
        return true;
    size_t part = c->dirty / PARTS > ITEMS_FEW ? c->dirty / PARTS : ITEMS_FEW;
    for (f->room = part < c->dirty ? part : c->dirty; f->room > 0; f->room = f->room > ITEMS_MIN ? f->room / 2 : 0) {
        f->item = (struct flush_item *)yc_alloc_new(c->options.alloc, f->room * sizeof f->item[0]);
        if (f->item)
            break;
    }
    if (!f->item)
        return false;
    /* A little narrower than would fill the room by the average. */
    f->part_width = f->room < c->dirty ? (KEYS_END / 8 * 7) / (c->dirty / f->room + 1) : KEYS_END;
    f->part_end = 0;
    return true;
}

static void collect_part(struct yc_coins_cache *c)
{
    struct coin_flush *f = &c->flush;
    f->count = f->next = 0;
    /* The slabs are walked, not the table: memory is read as it lies, several times as fast. No block is open or held, so every
     * record that is not given back is one of the table's. */
    for (coin_ref ref = 0; f->count < f->room && coin_slabs_next(&c->slabs, &ref);) {
        const struct coin_record *r = coin_slabs_at(&c->slabs, ref);
        if (!(r->flags & COIN_DIRTY) || yc_get32be(r->at.txid.b) >= f->part_end)
            continue;
        struct flush_item *item = &f->item[f->count++];
        memcpy(item->key, r->at.txid.b, 8);
        yc_put32be(item->key + 8, r->at.index);
        item->ref = ref;
    }
    coins_sort(f->item, f->count, sizeof f->item[0], sizeof f->item[0].key);
}

/* The next records to be written. There are dirty ones, and those of the parts before were written and are not dirty any
 * more. A part that had more than there was room for, as one may whose txids somebody chose, is collected once more. */
static bool collect(struct yc_coins_cache *c)
{
    struct coin_flush *f = &c->flush;
    bool whole = !f->item || f->count < f->room;
    if (!take_items(c))
        return false;
    do {
        if (whole)
            f->part_end = f->part_end + f->part_width < KEYS_END ? f->part_end + f->part_width : KEYS_END;
        collect_part(c);
        whole = true;
    } while (f->count == 0 && f->part_end < KEYS_END);
    YC_ASSERT(f->count > 0);
    return true;
}

static void put_change(struct yc_kv_batch *batch, struct coin_record *r)
{
    uint8_t key[YC_COIN_KEY_BYTES_MAX], value[YC_COIN_OVERHEAD_MAX + YC_SCRIPT_BYTES_MAX];
    struct yc_view k = {key, yc_coin_key_write(key, &r->at)};
    if (r->flags & COIN_SPENT) {
        yc_kv_batch_delete(batch, k);
        return;
    }
    struct yc_coin_short coin = coin_record_short(r);
    struct yc_writer w;
    yc_writer_init(&w, value, sizeof value);
    yc_coin_short_write(&w, &coin);
    YC_ASSERT(!w.failed);
    yc_kv_batch_put(batch, k, yc_writer_written(&w));
}

/* The store says from which block to which it is on the way, durably, before it holds the first change. */
static enum yc_verdict mark(struct yc_coins_cache *c, struct yc_error *err)
{
    uint8_t heads[64];
    memcpy(heads, c->stored_best.b, 32);
    memcpy(heads + 32, c->best.b, 32);
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, c->options.alloc, 256);
    yc_kv_batch_put(&batch, yc_view_text(COINS_KEY_HEADS), yc_view(heads, sizeof heads));
    /* While a flush is under way the old best block is stored too: a store before genesis has none yet. */
    yc_kv_batch_put(&batch, yc_view_text(COINS_KEY_BEST), yc_view(c->stored_best.b, 32));
    enum yc_verdict v = c->options.kv->write(c->options.kv->ctx, &batch, true, err);
    yc_kv_batch_release(&batch);
    c->flush.marked = v == YC_VALID;
    return v;
}

/* The written records are what the store holds: clean, or gone. */
static void settle(struct yc_coins_cache *c, size_t first)
{
    for (size_t i = first; i < c->flush.next; i++) {
        coin_ref ref = c->flush.item[i].ref;
        struct coin_record *r = coin_slabs_at(&c->slabs, ref);
        c->dirty--;
        if (r->flags & COIN_SPENT) {
            uint32_t tag = coin_tag(c->options.seed, &r->at);
            coin_table_remove(&c->table, coin_table_find_ref(&c->table, tag, ref));
            coin_slabs_give(&c->slabs, ref);
        } else {
            r->flags = (uint8_t)(r->flags & ~(unsigned)(COIN_DIRTY | COIN_FRESH));
        }
    }
}

static void finish(struct yc_coins_cache *c, bool arrived)
{
    struct coin_flush *f = &c->flush;
    if (arrived) {
        c->stored_best = c->best;
        c->interrupted = false;
    }
    yc_kv_batch_release(&f->batch);
    yc_alloc_free(c->options.alloc, f->item, f->room * sizeof f->item[0]);
    f->item = NULL;
    f->room = f->count = f->next = 0;
    f->running = false;
    if (f->drop) {
        coin_slabs_release(&c->slabs);
        coin_table_release(&c->table);
        /* When there is no memory for this now the table grows as it is filled. */
        (void)coin_table_reserve(&c->table, c->options.expected_coins);
    }
}

enum yc_verdict yc_coins_flush_step(struct yc_coins_cache *c, bool *done, struct yc_error *err)
{
    struct coin_flush *f = &c->flush;
    YC_ASSERT(f->running && !c->arena);
    *done = false;
    if (f->next == f->count && c->dirty > 0 && !collect(c))
        return coins_no_memory(err);
    size_t first = f->next;
    yc_kv_batch_clear(&f->batch);
    while (f->next < f->count && f->batch.ops.n < c->options.batch_bytes)
        put_change(&f->batch, coin_slabs_at(&c->slabs, f->item[f->next++].ref));
    bool last = f->next - first == c->dirty;
    /* Before a replay has reached the block that the cut-off flush was going to, the store stays marked. */
    bool arrived = last && (!c->interrupted || yc_block_hash_equal(&c->best, &c->interrupted_to));
    if (arrived && (c->dirty > 0 || f->marked || !yc_block_hash_equal(&c->best, &c->stored_best))) {
        yc_kv_batch_put(&f->batch, yc_view_text(COINS_KEY_BEST), yc_view(c->best.b, 32));
        if (f->marked)
            yc_kv_batch_delete(&f->batch, yc_view_text(COINS_KEY_HEADS));
    }
    enum yc_verdict v = last || f->marked ? YC_VALID : mark(c, err);
    /* Each batch is synced: LevelDB may lose an unsynced one although a later one, synced, survives. */
    if (v == YC_VALID && f->batch.count > 0)
        v = c->options.kv->write(c->options.kv->ctx, &f->batch, true, err);
    if (v != YC_VALID)
        return v;
    settle(c, first);
    if (last)
        finish(c, arrived);
    *done = last;
    return YC_VALID;
}

enum yc_verdict yc_coins_flush(struct yc_coins_cache *c, bool drop, struct yc_error *err)
{
    bool done = false;
    yc_coins_flush_begin(c, drop);
    while (!done) {
        enum yc_verdict v = yc_coins_flush_step(c, &done, err);
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}
