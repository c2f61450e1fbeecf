/* The chain as net/ sees it. */
#include "node/core/core_internal.h"

#define WORK_FLOOR_BLOCKS 144 /* as Bitcoin Core's anti-DoS threshold */

static void fill(const struct yc_core *c, const struct yc_node *n, struct yc_chain_entry *out)
{
    uint32_t failed = YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR;
    memset(out, 0, sizeof *out);
    out->hash = n->hash;
    if (n->parent)
        out->prev = n->parent->hash;
    out->height = n->height;
    out->time = n->time;
    out->bits = n->bits;
    out->work = yc_node_work(n);
    out->active = yc_chain_has(c->chain, n);
    /* What was pruned of the chain is done with; of a branch, it would have to be fetched again. */
    out->have_body = (n->status & YC_BLOCK_HAVE_DATA) || (out->active && (n->status & YC_BLOCK_PRUNED));
    out->failed = n->status & failed;
}

static void view_tip(void *ctx, struct yc_chain_entry *out)
{
    const struct yc_core *c = ctx;
    fill(c, yc_chain_tip(c->chain), out);
}

static void view_best_header(void *ctx, struct yc_chain_entry *out)
{
    const struct yc_core *c = ctx;
    fill(c, yc_chain_best_header(c->chain), out);
}

static bool view_find(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    if (n)
        fill(c, n, out);
    return n != NULL;
}

static bool view_active_at(void *ctx, uint32_t height, struct yc_chain_entry *out)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_at(c->chain, height);
    if (n)
        fill(c, n, out);
    return n != NULL;
}

static bool view_ancestor(void *ctx, const struct yc_block_hash *hash, uint32_t height, struct yc_chain_entry *out)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    if (!n || n->height < height)
        return false;
    fill(c, yc_node_ancestor(n, height), out);
    return true;
}

static bool view_initial_download(void *ctx)
{
    return yc_core_is_initial_download(ctx);
}

static struct yc_u256 view_work_floor(void *ctx)
{
    const struct yc_core *c = ctx;
    const struct yc_node *tip = yc_chain_tip(c->chain);
    struct yc_u256 floor = YC_U256_ZERO, minimum = c->config.chain.minimum_chain_work;
    if (tip->height > WORK_FLOOR_BLOCKS)
        floor = yc_node_work(yc_node_ancestor(tip, tip->height - WORK_FLOOR_BLOCKS));
    return yc_u256_compare(floor, minimum) > 0 ? floor : minimum;
}

static bool view_history(void *ctx, struct yc_chain_entry *from, struct yc_chain_entry *to)
{
    const struct yc_core *c = ctx;
    struct yc_chain_assumed a;
    if (!yc_chain_assumed(c->chain, &a) || !a.validated || a.validated == a.base)
        return false;
    /* The coins below may stand on another branch still. */
    fill(c, yc_node_fork(a.validated, a.base), from);
    fill(c, a.base, to);
    return true;
}

static size_t view_locator(void *ctx, const struct yc_block_hash *from, struct yc_block_hash out[YC_LOCATOR_COUNT_MAX])
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = from ? yc_chain_find(c->chain, from) : yc_chain_tip(c->chain);
    uint32_t step = 1;
    size_t count = 0;
    if (!n)
        n = yc_chain_tip(c->chain);
    /* Steps double after ten: 32 bits of height take fewer than 50. */
    for (;;) {
        out[count++] = n->hash;
        if (n->height == 0)
            return count;
        n = yc_node_ancestor(n, n->height > step ? n->height - step : 0);
        if (count > 10)
            step *= 2;
    }
}

/* The last block that we share with whoever wrote the locator. */
static const struct yc_node *shared(const struct yc_core *c, const struct yc_locator_view *locator)
{
    for (size_t i = 0; i < locator->count; i++) {
        struct yc_block_hash hash = yc_locator_at(locator, i);
        const struct yc_node *n = yc_chain_find(c->chain, &hash);
        if (n && yc_chain_has(c->chain, n))
            return n;
    }
    return yc_chain_at(c->chain, 0);
}

static size_t view_headers_after(void *ctx, const struct yc_locator_view *locator, uint8_t *out80, size_t max)
{
    const struct yc_core *c = ctx;
    struct yc_chain_entry e;
    if (locator->count == 0) {
        const struct yc_node *n = yc_chain_find(c->chain, &locator->stop);
        if (!n || max == 0)
            return 0;
        fill(c, n, &e);
        if (e.failed)
            return 0;
        struct yc_header h = yc_node_header(n);
        yc_header_write(&h, out80);
        return 1;
    }
    size_t count = 0;
    for (uint32_t height = shared(c, locator)->height + 1; count < max; height++) {
        const struct yc_node *n = yc_chain_at(c->chain, height);
        if (!n)
            break;
        struct yc_header h = yc_node_header(n);
        yc_header_write(&h, out80 + count++ * YC_HEADER_BYTES);
        if (yc_block_hash_equal(&n->hash, &locator->stop))
            break;
    }
    return count;
}

/* The block without its witnesses, for those who ask in the old form. */
static enum yc_verdict append_stripped(const struct yc_core *c, struct yc_view raw, struct yc_buf *out,
                                       struct yc_error *err)
{
    struct yc_arena arena;
    struct yc_block b;
    struct yc_reject why;
    uint8_t *at = NULL;
    size_t bytes = yc_block_arena_bytes(raw.n);
    yc_arena_init(&arena, c->alloc, bytes, 2 * bytes);
    enum yc_verdict v = yc_block_parse(&b, raw, &arena, &why);
    if (v == YC_VALID) {
        at = yc_buf_room(out, b.stripped_bytes);
        if (at) {
            struct yc_writer w;
            yc_writer_init(&w, at, b.stripped_bytes);
            yc_header_write(&b.header, yc_writer_room(&w, YC_HEADER_BYTES));
            yc_writer_compact(&w, b.tx_count);
            for (uint32_t i = 0; i < b.tx_count; i++)
                yc_tx_write(&b.tx[i], false, &w);
            YC_ASSERT(!w.failed && w.n == b.stripped_bytes);
        }
    }
    yc_arena_release(&arena);
    return v == YC_VALID && at ? YC_VALID
                               : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading a block");
}

static enum yc_verdict view_read_block(void *ctx, const struct yc_block_hash *hash, bool with_witness,
                                       struct yc_buf *out, struct yc_error *err)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    struct yc_view raw;
    if (!n)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "The block is not known");
    enum yc_verdict v = yc_chain_read_block(c->chain, n, c->alloc, &raw, err);
    if (v != YC_VALID)
        return v;
    if (with_witness) {
        yc_buf_append(out, raw.p, raw.n);
        if (out->failed)
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading a block");
    } else {
        v = append_stripped(c, raw, out, err);
    }
    yc_alloc_free(c->alloc, (void *)(uintptr_t)raw.p, raw.n);
    return v;
}

static enum yc_verdict view_read_compact(void *ctx, const struct yc_block_hash *hash, struct yc_view *out,
                                         struct yc_error *err)
{
    return yc_core_read_compact(ctx, hash, out, err);
}

static enum yc_verdict view_submit_headers(void *ctx, const uint8_t *headers, size_t stride, size_t count,
                                           struct yc_headers_result *result, struct yc_reject *why)
{
    struct yc_core *c = ctx;
    const struct yc_node *n = NULL, *last = NULL;
    enum yc_verdict v = YC_VALID;
    memset(result, 0, sizeof *result);
    for (size_t i = 0; v == YC_VALID && i < count; i++) {
        struct yc_header h;
        yc_header_read(&h, headers + i * stride);
        struct yc_block_hash hash = yc_header_hash(&h);
        bool known = yc_chain_find(c->chain, &hash) != NULL;
        v = yc_chain_submit_header(c->chain, &h, &n, why);
        if (v != YC_VALID)
            break;
        result->accepted++;
        result->added += !known;
        last = n;
    }
    if (last)
        fill(c, last, &result->last);
    return v;
}

static enum yc_verdict view_submit_block(void *ctx, struct yc_view raw, int64_t from, unsigned how, bool *is_new,
                                         struct yc_reject *why)
{
    struct yc_core *c = ctx;
    struct block_source source = {.peer = from, .unvouched = how & YC_VIEW_UNVOUCHED};
    return yc_chain_submit_block(c->chain, raw, how & YC_VIEW_REQUESTED ? YC_SUBMIT_REQUESTED : 0, pack_source(source),
                                 NULL, is_new, why);
}

static bool view_may_tell(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out)
{
    struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    if (!n || !yc_core_may_tell(c, n))
        return false;
    fill(c, n, out);
    return true;
}

static enum yc_verdict view_filter(void *ctx, const struct yc_block_hash *hash, struct yc_buf *out,
                                   struct yc_error *err)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    return n ? yc_index_filter(c->indexes, n, out, err) : YC_NOT_YET;
}

static enum yc_verdict view_filter_link(void *ctx, const struct yc_block_hash *hash, uint8_t filter_hash32[32],
                                        uint8_t header32[32], struct yc_error *err)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    struct yc_filter_link link;
    enum yc_verdict v = n ? yc_index_filter_link(c->indexes, n, &link, err) : YC_NOT_YET;
    if (v == YC_VALID) {
        memcpy(filter_hash32, link.filter_hash32, 32);
        memcpy(header32, link.header32, 32);
    }
    return v;
}

/* The index is a moment behind the tip: it will come to this block. */
static bool view_filters_soon(void *ctx, const struct yc_block_hash *hash)
{
    const struct yc_core *c = ctx;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    return n && yc_chain_has(c->chain, n) && yc_index_synced(c->indexes, YC_INDEX_FILTERS) &&
           !yc_index_holds(c->indexes, YC_INDEX_FILTERS, n);
}

void yc_core_view_init(struct yc_core *c)
{
    c->view = (struct yc_chain_view){
        .params = c->config.chain.params,
        .tip = view_tip,
        .best_header = view_best_header,
        .find = view_find,
        .active_at = view_active_at,
        .ancestor = view_ancestor,
        .initial_download = view_initial_download,
        .history = view_history,
        .work_floor = view_work_floor,
        .locator = view_locator,
        .headers_after = view_headers_after,
        .read_block = view_read_block,
        .read_compact = view_read_compact,
        .submit_headers = view_submit_headers,
        .submit_block = view_submit_block,
        .may_tell = view_may_tell,
        .ctx = c,
    };
    if (c->config.serve_filters) {
        c->view.filter = view_filter;
        c->view.filter_link = view_filter_link;
        c->view.filters_soon = view_filters_soon;
    }
}
