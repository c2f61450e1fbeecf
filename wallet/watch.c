/* Transactions against our scripts and outputs. */
#include "wallet/watch.h"

#include <stdlib.h>
#include <string.h>

#include "sys/heap.h"

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the wallet's scripts and coins");
}

/* False when the script is longer than any of ours. */
static bool script_key(uint8_t key[YC_WATCH_SCRIPT_BYTES], struct yc_view script)
{
    if (script.n == 0 || script.n > YC_WATCH_SCRIPT_BYTES)
        return false;
    memset(key, 0, YC_WATCH_SCRIPT_BYTES);
    memcpy(key, script.p, script.n);
    return true;
}

/* The place of a script, NULL when it is not ours. A script that only equals one of ours after padding is excluded by
 * its length: ours begin with a version and the length of what follows. */
static const struct yc_watch_place *place_of(const struct yc_watch *watch, struct yc_view script)
{
    uint8_t key[YC_WATCH_SCRIPT_BYTES];
    if (!script_key(key, script) || script.n < 2 || script.p[1] + (size_t)2 != script.n)
        return NULL;
    return yc_map_get(&watch->scripts, key);
}

static enum yc_verdict add_script(void *ctx, const struct yc_store_script *row)
{
    struct yc_watch *watch = ctx;
    uint8_t key[YC_WATCH_SCRIPT_BYTES];
    struct yc_watch_place *place = script_key(key, row->script) ? yc_map_put(&watch->scripts, key, NULL) : NULL;
    if (!place)
        return YC_SYSTEM;
    *place = (struct yc_watch_place){row->branch, row->index};
    return YC_VALID;
}

static enum yc_verdict add_output(void *ctx, const struct yc_store_output *row)
{
    struct yc_watch *watch = ctx;
    int64_t *value = yc_map_put(&watch->outputs, &row->outpoint, NULL);
    if (!value)
        return YC_SYSTEM;
    *value = row->value_sat;
    return YC_VALID;
}

enum yc_verdict yc_watch_reload_scripts(struct yc_watch *watch, struct yc_error *err)
{
    if (err)
        err->text[0] = 0;
    enum yc_verdict v = yc_store_each_script(watch->wallet->store, add_script, watch, err);
    return v != YC_VALID && err && !err->text[0] ? no_memory(err) : v;
}

enum yc_verdict yc_watch_init(struct yc_watch *watch, struct yc_wallet *w, struct yc_error *err)
{
    struct yc_siphash_key seed = {yc_random_u64(w->random), yc_random_u64(w->random)};
    watch->wallet = w;
    yc_map_init(&watch->scripts, yc_heap(), YC_WATCH_SCRIPT_BYTES, sizeof(struct yc_watch_place), seed);
    yc_map_init(&watch->outputs, yc_heap(), sizeof(struct yc_outpoint), sizeof(int64_t), seed);
    enum yc_verdict v = yc_watch_reload_scripts(watch, err);
    if (v != YC_VALID)
        return v;
    if (err)
        err->text[0] = 0;
    v = yc_store_each_output(w->store, add_output, watch, err);
    return v != YC_VALID && err && !err->text[0] ? no_memory(err) : v;
}

void yc_watch_release(struct yc_watch *watch)
{
    yc_map_release(&watch->scripts);
    yc_map_release(&watch->outputs);
}

struct flow { /* what a transaction moves for us */
    size_t ours_in, ours_out;
    int64_t in_sat, out_sat; /* in: ours; out: all */
};

static bool measure(const struct yc_watch *watch, const struct yc_tx *tx, struct flow *f)
{
    *f = (struct flow){0, 0, 0, 0};
    for (uint32_t i = 0; i < tx->in_count; i++) {
        const int64_t *value = yc_map_get(&watch->outputs, &tx->in[i].prevout);
        if (value && yc_money_add(&f->in_sat, *value))
            f->ours_in++;
    }
    bool sane = true;
    for (uint32_t i = 0; i < tx->out_count; i++) {
        sane = yc_money_add(&f->out_sat, tx->out[i].value_sat) && sane;
        f->ours_out += place_of(watch, tx->out[i].script) != NULL;
    }
    return sane && (f->ours_in || f->ours_out);
}

static enum yc_verdict store_outputs(struct yc_watch *watch, const struct yc_tx *tx, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (uint32_t i = 0; i < tx->out_count && v == YC_VALID; i++) {
        const struct yc_watch_place *place = place_of(watch, tx->out[i].script);
        if (!place)
            continue;
        struct yc_store_output row = {{tx->txid, i}, tx->out[i].value_sat, place->branch, place->index};
        v = yc_store_put_output(watch->wallet->store, &row, err);
        if (v == YC_VALID && add_output(watch, &row) != YC_VALID)
            v = no_memory(err);
    }
    return v;
}

enum yc_verdict yc_watch_tx(struct yc_watch *watch, const struct yc_tx *tx, const struct yc_watch_seen *seen,
                            bool *relevant, struct yc_error *err)
{
    struct flow f;
    *relevant = measure(watch, tx, &f);
    if (!*relevant)
        return YC_VALID;
    struct yc_store_tx row = {
        .txid = tx->txid,
        .raw = tx->raw,
        .height = seen->height,
        .block_time_s = seen->block_time_s,
        .seen_s = seen->now_s,
        .state = YC_TX_POOL,
        .coinbase = yc_tx_is_coinbase(tx),
        .own = f.ours_in > 0,
        .fee_sat = f.ours_in == tx->in_count && f.in_sat >= f.out_sat ? f.in_sat - f.out_sat : -1,
    };
    struct yc_outpoint *inputs = calloc(tx->in_count ? tx->in_count : 1, sizeof *inputs);
    if (!inputs)
        return no_memory(err);
    for (uint32_t i = 0; i < tx->in_count; i++)
        inputs[i] = tx->in[i].prevout;
    enum yc_verdict v = yc_store_put_tx(watch->wallet->store, &row, inputs, tx->in_count, err);
    free(inputs);
    return v == YC_VALID ? store_outputs(watch, tx, err) : v;
}
