/* What others ask of the indexes. Reads of a store may be made on any thread. */
#include "node/index/internal.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"

bool yc_indexes_has(const struct yc_indexes *x, enum yc_index_kind kind)
{
    return x && x->index[kind].kv;
}

const struct yc_node *yc_index_best(const struct yc_indexes *x, enum yc_index_kind kind)
{
    return x ? atomic_load(&x->index[kind].best) : NULL;
}

bool yc_index_synced(const struct yc_indexes *x, enum yc_index_kind kind)
{
    return x && atomic_load(&x->index[kind].synced);
}

bool yc_index_holds(const struct yc_indexes *x, enum yc_index_kind kind, const struct yc_node *n)
{
    const struct yc_node *best = yc_index_best(x, kind);
    return best && n->height <= best->height && yc_node_ancestor(best, n->height) == n;
}

bool yc_index_wait(struct yc_indexes *x, enum yc_index_kind kind, const struct yc_node *n, int64_t deadline_us)
{
    if (!yc_indexes_has(x, kind))
        return false;
    yc_mutex_lock(&x->lock);
    bool in_time = true;
    while (in_time && !x->ending && yc_index_synced(x, kind) && !yc_index_holds(x, kind, n))
        in_time = yc_cond_wait_until(&x->moved, &x->lock, deadline_us);
    yc_mutex_unlock(&x->lock);
    return yc_index_holds(x, kind, n);
}

uint32_t yc_indexes_lowest_needed(void *ctx, const char **name)
{
    const struct yc_indexes *x = ctx;
    uint32_t lowest = UINT32_MAX;
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        const struct yc_node *best = yc_index_best(x, (enum yc_index_kind)i);
        uint32_t height = best ? best->height : 0;
        if (!x->index[i].kv || height >= lowest)
            continue;
        lowest = height;
        *name = x->index[i].type->name;
    }
    return lowest;
}

/* ---- records ---- */

void yc_index_block_key(uint8_t out[BLOCK_KEY_BYTES], char kind, const struct yc_node *n)
{
    out[0] = (uint8_t)kind;
    yc_put32be(out + 1, n->height);
    memcpy(out + 5, n->hash.b, sizeof n->hash.b);
}

enum yc_verdict yc_index_record(const struct yc_index *x, struct yc_view key, struct yc_buf *value,
                                struct yc_error *err)
{
    if (!x->kv)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "there is no %s", x->type->name);
    return x->kv->get(x->kv->ctx, key, value, err);
}

enum yc_verdict yc_index_corrupt(const struct yc_index *x, struct yc_error *err)
{
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "the %s holds a record that does not decode: stop the node and remove the folder indexes/%s, and it is "
        "built anew",
        x->type->name, x->type->folder);
}

enum yc_verdict yc_index_tx(const struct yc_indexes *x, const struct yc_txid *txid, struct yc_tx_place *out,
                            struct yc_error *err)
{
    const struct yc_index *txs = &x->index[YC_INDEX_TXS];
    uint8_t key[TX_KEY_BYTES];
    struct yc_buf value;
    yc_index_tx_key(key, txid);
    yc_buf_init(&value, x->config.alloc, 1024);
    enum yc_verdict v = yc_index_record(txs, yc_view(key, sizeof key), &value, err);
    if (v == YC_VALID && value.n != TX_VALUE_BYTES)
        v = yc_index_corrupt(txs, err);
    if (v == YC_VALID)
        *out = (struct yc_tx_place){yc_get32le(value.p), yc_get32le(value.p + 4), yc_get32le(value.p + 8)};
    yc_buf_release(&value);
    return v;
}

enum yc_verdict yc_index_filter_link(const struct yc_indexes *x, const struct yc_node *n, struct yc_filter_link *out,
                                     struct yc_error *err)
{
    const struct yc_index *filters = &x->index[YC_INDEX_FILTERS];
    uint8_t key[BLOCK_KEY_BYTES];
    struct yc_buf value;
    yc_index_block_key(key, 'h', n);
    yc_buf_init(&value, x->config.alloc, 1024);
    enum yc_verdict v = yc_index_record(filters, yc_view(key, sizeof key), &value, err);
    if (v == YC_VALID && value.n != FILTER_LINK_BYTES)
        v = yc_index_corrupt(filters, err);
    if (v == YC_VALID) {
        memcpy(out->filter_hash32, value.p, 32);
        memcpy(out->header32, value.p + 32, 32);
    }
    yc_buf_release(&value);
    return v;
}

enum yc_verdict yc_index_filter(const struct yc_indexes *x, const struct yc_node *n, struct yc_buf *out,
                                struct yc_error *err)
{
    const struct yc_index *filters = &x->index[YC_INDEX_FILTERS];
    uint8_t key[BLOCK_KEY_BYTES], hash[32];
    struct yc_filter_link link;
    enum yc_verdict v = yc_index_filter_link(x, n, &link, err);
    if (v != YC_VALID)
        return v;
    yc_index_block_key(key, 'f', n);
    v = yc_index_record(filters, yc_view(key, sizeof key), out, err);
    if (v == YC_NOT_YET)
        return yc_index_corrupt(filters, err);
    if (v != YC_VALID)
        return v;
    yc_sha256d(hash, out->p, out->n);
    return memcmp(hash, link.filter_hash32, 32) == 0 ? YC_VALID : yc_index_corrupt(filters, err);
}
