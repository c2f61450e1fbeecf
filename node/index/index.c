/* Opening, closing, stepping. */
#include "node/index/internal.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "node/store/schema.h"

static const struct yc_index_type *const types[YC_INDEX_COUNT] = {
    [YC_INDEX_TXS] = &yc_index_txs,
    [YC_INDEX_COINSTATS] = &yc_index_coinstats,
    [YC_INDEX_FILTERS] = &yc_index_filters,
};

const char *yc_index_name(enum yc_index_kind kind)
{
    return types[kind]->name;
}

const char *yc_index_folder(enum yc_index_kind kind)
{
    return types[kind]->folder;
}

/* ---- opening ---- */

static enum yc_verdict find_best(struct yc_index *x, struct yc_view found, struct yc_error *err)
{
    struct yc_block_hash hash;
    char text[65];
    if (found.n != sizeof hash.b)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the %s does not say after which block it stands: remove the folder indexes/%s, and it is built "
                       "anew",
                       x->type->name, x->type->folder);
    memcpy(hash.b, found.p, sizeof hash.b);
    x->at = yc_chain_find(x->all->config.chain, &hash);
    if (x->at)
        return YC_VALID;
    yc_hex_write_reversed(text, hash.b, sizeof hash.b);
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "the %s stands after block %s, which the block index does not know: remove the folder indexes/%s, and "
        "it is built anew",
        x->type->name, text, x->type->folder);
}

/* What an index has still to read must be there. */
static enum yc_verdict check_data(const struct yc_index *x, struct yc_error *err)
{
    const struct yc_chain *c = x->all->config.chain;
    const struct yc_node *tip = yc_chain_validated(c, NULL);
    const struct yc_node *from = x->at ? yc_node_fork(x->at, tip) : NULL;
    uint32_t next = from ? from->height + 1 : 0;
    if ((int64_t)next > yc_chain_pruned_height(c))
        return YC_VALID;
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "%s best block of the index goes beyond pruned data%s. Please disable the index or reindex (which will "
        "download the whole blockchain again)",
        x->type->name, x->type->reads_spent ? " (including undo data)" : "");
}

static enum yc_verdict open_one(struct yc_index *x, struct yc_error *err)
{
    const struct yc_indexes_config *k = &x->all->config;
    struct yc_schema schema = {x->type->schema, x->type->version, yc_chain_params_of(k->chain)->genesis.hash};
    struct yc_buf found;
    enum yc_verdict v = yc_schema_check(x->kv, k->alloc, &schema, err);
    if (v != YC_VALID)
        return v;
    yc_buf_init(&found, k->alloc, 1024);
    v = x->kv->get(x->kv->ctx, yc_view_text(YC_INDEX_KEY_BEST), &found, err);
    if (v == YC_VALID)
        v = find_best(x, yc_buf_view(&found), err);
    else if (v == YC_NOT_YET)
        v = YC_VALID;
    yc_buf_release(&found);
    if (v == YC_VALID)
        v = check_data(x, err);
    if (v == YC_VALID)
        v = x->type->load ? x->type->load(x, x->at, err) : YC_VALID;
    if (v != YC_VALID)
        return v;
    atomic_store(&x->best, x->at);
    if (x->at)
        yc_log_info(k->log, "%s: stands at height %u", x->type->name, x->at->height);
    else
        yc_log_info(k->log, "%s: built from the first block on", x->type->name);
    return YC_VALID;
}

enum yc_verdict yc_indexes_open(struct yc_indexes **out, const struct yc_indexes_config *config, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    struct yc_indexes *x = yc_alloc_new(config->alloc, sizeof *x);
    *out = NULL;
    if (!x)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to open the indexes");
    memset(x, 0, sizeof *x);
    x->config = *config;
    yc_mutex_init(&x->lock);
    yc_cond_init(&x->work);
    yc_cond_init(&x->moved);
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        x->index[i] = (struct yc_index){.type = types[i], .all = x, .kv = config->kv[i]};
        yc_kv_batch_init(&x->index[i].batch, config->alloc, BATCH_BYTES_MAX);
    }
    for (int i = 0; v == YC_VALID && i < YC_INDEX_COUNT; i++) {
        if (x->index[i].kv)
            v = open_one(&x->index[i], err);
    }
    if (v != YC_VALID) {
        yc_indexes_close(x);
        return v;
    }
    *out = x;
    return YC_VALID;
}

void yc_indexes_close(struct yc_indexes *x)
{
    if (!x)
        return;
    /* What is in a batch and not written is read from the blocks again. */
    for (int i = 0; i < YC_INDEX_COUNT; i++)
        yc_kv_batch_release(&x->index[i].batch);
    yc_index_coinstats_release(&x->index[YC_INDEX_COINSTATS]);
    yc_cond_release(&x->moved);
    yc_cond_release(&x->work);
    yc_mutex_release(&x->lock);
    yc_alloc_free(x->config.alloc, x, sizeof *x);
}

/* ---- stepping ---- */

enum yc_step yc_indexes_step(struct yc_indexes *x, int64_t budget_us)
{
    int64_t end_us = yc_mono_us(x->config.clock) + budget_us;
    bool more;
    do {
        more = false;
        for (int i = 0; !x->failed && i < YC_INDEX_COUNT; i++) {
            enum yc_verdict v = x->index[i].kv ? yc_index_advance(&x->index[i], &x->failure) : YC_NOT_YET;
            more |= v == YC_VALID;
            x->failed = v != YC_VALID && v != YC_NOT_YET;
        }
        if (x->failed)
            return YC_STEP_FAILED;
    } while (more && yc_mono_us(x->config.clock) < end_us);
    return more ? YC_STEP_MORE : YC_STEP_DONE;
}

const struct yc_error *yc_indexes_failure(const struct yc_indexes *x)
{
    return x->failed ? &x->failure : NULL;
}

/* ---- the thread ---- */

#define SLICE_US INT64_C(50000)

/* False: the end. */
static bool wait_for_work(struct yc_indexes *x, bool idle)
{
    yc_mutex_lock(&x->lock);
    while (idle && !x->ending && !x->woken)
        yc_cond_wait(&x->work, &x->lock);
    x->woken = false;
    bool go_on = !x->ending;
    yc_mutex_unlock(&x->lock);
    return go_on;
}

static void thread_main(void *arg)
{
    struct yc_indexes *x = arg;
    enum yc_step step = YC_STEP_MORE;
    while (wait_for_work(x, step != YC_STEP_MORE)) {
        bool had_failed = step == YC_STEP_FAILED;
        step = had_failed ? YC_STEP_FAILED : yc_indexes_step(x, SLICE_US);
        if (step == YC_STEP_FAILED && !had_failed)
            x->events.failed(x->events.ctx, &x->failure);
    }
}

enum yc_verdict yc_indexes_start(struct yc_indexes *x, const struct yc_indexes_events *events, struct yc_error *err)
{
    x->events = *events;
    return yc_thread_start(&x->thread, "index", thread_main, x, err);
}

void yc_indexes_stop(struct yc_indexes *x)
{
    yc_mutex_lock(&x->lock);
    x->ending = true;
    yc_cond_broadcast(&x->work);
    yc_cond_broadcast(&x->moved);
    yc_mutex_unlock(&x->lock);
    yc_thread_join(&x->thread);
}

void yc_indexes_wake(struct yc_indexes *x)
{
    yc_mutex_lock(&x->lock);
    x->woken = true;
    yc_cond_signal(&x->work);
    yc_mutex_unlock(&x->lock);
}
