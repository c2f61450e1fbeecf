/* -blockfilterindex=basic: for each block a compact filter (BIP 158), its hash, and the header that chains it to the
 * filters before (BIP 157). Records are kept under height and hash, those of blocks that the chain has left too: they
 * cost little, and a light client that was told of such a block may still ask. */
#include "node/index/internal.h"

#include "base/bytes.h"
#include "crypto/sha256.h"
#include "formats/blockfilter.h"

static enum yc_verdict add(struct yc_index *x, struct yc_index_block *b, struct yc_error *err)
{
    uint8_t key[BLOCK_KEY_BYTES], link[FILTER_LINK_BYTES];
    struct yc_buf filter;
    yc_buf_init(&filter, x->all->config.alloc, FILTER_BYTES_MAX);
    enum yc_verdict v = yc_blockfilter_basic(&filter, &b->block, &b->spent, b->arena, err);
    if (v == YC_VALID) {
        yc_sha256d(link, filter.p, filter.n);
        yc_blockfilter_header(link + 32, yc_buf_view(&filter), x->filter_header32);
        memcpy(x->filter_header32, link + 32, 32);
        yc_index_block_key(key, 'f', b->node);
        yc_kv_batch_put(&x->batch, yc_view(key, sizeof key), yc_buf_view(&filter));
        yc_index_block_key(key, 'h', b->node);
        yc_kv_batch_put(&x->batch, yc_view(key, sizeof key), yc_view(link, sizeof link));
    }
    yc_buf_release(&filter);
    return v;
}

static enum yc_verdict load(struct yc_index *x, const struct yc_node *n, struct yc_error *err)
{
    struct yc_filter_link link;
    memset(x->filter_header32, 0, 32);
    if (!n)
        return YC_VALID;
    enum yc_verdict v = yc_index_filter_link(x->all, n, &link, err);
    if (v == YC_VALID)
        memcpy(x->filter_header32, link.header32, 32);
    return v == YC_NOT_YET ? yc_index_corrupt(x, err) : v;
}

const struct yc_index_type yc_index_filters = {.name = "basic block filter index",
                                               .folder = "blockfilter/basic/db",
                                               .schema = "basic block filters",
                                               .version = 1,
                                               .from_genesis = true,
                                               .reads_spent = true,
                                               .add = add,
                                               .load = load};
