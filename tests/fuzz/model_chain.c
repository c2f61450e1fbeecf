#include "fuzz/model_chain.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/map.h"
#include "consensus/pow.h"
#include "crypto/sha256.h"
#include "sys/heap.h"

#include <string.h>

/* The tree, the same for all runs. */
static uint8_t headers80[MODEL_BLOCKS][YC_HEADER_BYTES];
static struct yc_block_hash hashes[MODEL_BLOCKS];
static struct yc_wtxid wtxids[MODEL_BLOCKS][MODEL_TXS];
static struct yc_map numbers;                                        /* hash -> uint32_t */
static struct yc_u256 work_of_height[MODEL_TRUNK + MODEL_WORSE + 1]; /* all blocks are as hard */

static uint32_t parent_of(uint32_t block)
{
    if (block == MODEL_TRUNK + 1)
        return MODEL_BETTER;
    if (block == MODEL_SPOILED)
        return MODEL_WRONG;
    return block - 1;
}

uint32_t model_height(uint32_t block)
{
    if (block <= MODEL_TRUNK)
        return block;
    return block <= MODEL_END ? MODEL_BETTER + block - MODEL_TRUNK : MODEL_WRONG + block - MODEL_END;
}

uint32_t model_ancestor(uint32_t block, uint32_t height)
{
    uint32_t own = model_height(block), fork = block <= MODEL_END ? MODEL_BETTER : MODEL_WRONG;
    if (height > own)
        return MODEL_NONE;
    return block <= MODEL_TRUNK || height <= fork ? height : block - (own - height);
}

const struct yc_block_hash *model_hash(uint32_t block)
{
    return &hashes[block];
}

const uint8_t *model_header80(uint32_t block)
{
    return headers80[block];
}

uint32_t model_find(const struct yc_block_hash *hash)
{
    const uint32_t *number = yc_map_get(&numbers, hash);
    return number ? *number : MODEL_NONE;
}

static void write_tx(uint8_t out[MODEL_TX_BYTES], uint32_t block, uint32_t i)
{
    memset(out, 0, MODEL_TX_BYTES);
    out[0] = 2;
    out[4] = 1;
    yc_put32le(out + 5, block * MODEL_TXS + i + 1);
    out[46] = 1;
}

void model_body(uint32_t block, uint8_t out[MODEL_BLOCK_BYTES])
{
    memcpy(out, headers80[block], YC_HEADER_BYTES);
    out[YC_HEADER_BYTES] = MODEL_TXS;
    for (uint32_t i = 0; i < MODEL_TXS; i++)
        write_tx(out + YC_HEADER_BYTES + 1 + i * MODEL_TX_BYTES, block, i);
}

void model_compact(uint32_t block, struct yc_buf *out)
{
    uint8_t raw[MODEL_BLOCK_BYTES];
    struct yc_arena arena;
    struct yc_block b;
    struct yc_reject why;
    model_body(block, raw);
    yc_arena_init(&arena, yc_heap(), 8192, SIZE_MAX);
    enum yc_verdict v = yc_block_parse(&b, yc_view(raw, sizeof raw), &arena, &why);
    YC_ASSERT(v == YC_VALID);
    yc_compact_write(out, &b, block);
    yc_arena_release(&arena);
}

/* The tree's merkle roots are numbers: nothing here looks into bodies. */
static void make_block(const struct yc_chain_params *params, uint32_t block)
{
    uint32_t height = model_height(block);
    struct yc_header h = {.version = 4, .time = MODEL_START_S + MODEL_SPACE_S * height, .bits = params->genesis.bits};
    if (block)
        h.prev = hashes[parent_of(block)];
    yc_put32le(h.merkle_root, block);
    do {
        h.nonce++;
        hashes[block] = yc_header_hash(&h);
    } while (!yc_pow_check(&hashes[block], h.bits, params));
    yc_header_write(&h, headers80[block]);
    uint32_t *number = yc_map_put(&numbers, &hashes[block], NULL);
    YC_ASSERT(number != NULL);
    *number = block;
    work_of_height[height] = yc_u256_mul64(yc_work_of_bits(h.bits), (uint64_t)height + 1);
    for (uint32_t i = 0; i < MODEL_TXS && block >= MODEL_SECRET_I; i++) {
        uint8_t tx[MODEL_TX_BYTES];
        write_tx(tx, block, i);
        yc_sha256d(wtxids[block][i].b, tx, sizeof tx);
    }
}

/* ---- the view ---- */

static void fill(const struct model_chain *c, uint32_t block, struct yc_chain_entry *out)
{
    struct yc_header h;
    yc_header_read(&h, headers80[block]);
    *out = (struct yc_chain_entry){.hash = hashes[block],
                                   .prev = h.prev,
                                   .height = model_height(block),
                                   .time = h.time,
                                   .bits = h.bits,
                                   .active = model_ancestor(c->tip, model_height(block)) == block,
                                   .have_body = c->body[block],
                                   .failed = c->failed[block]};
    out->work = work_of_height[out->height];
}

static void view_tip(void *ctx, struct yc_chain_entry *out)
{
    const struct model_chain *c = ctx;
    fill(c, c->tip, out);
}

static void view_best_header(void *ctx, struct yc_chain_entry *out)
{
    const struct model_chain *c = ctx;
    fill(c, c->best, out);
}

static bool view_find(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out)
{
    const struct model_chain *c = ctx;
    uint32_t block = model_find(hash);
    if (block == MODEL_NONE || !c->known[block])
        return false;
    fill(c, block, out);
    return true;
}

static bool view_active_at(void *ctx, uint32_t height, struct yc_chain_entry *out)
{
    const struct model_chain *c = ctx;
    uint32_t block = model_ancestor(c->tip, height);
    if (block != MODEL_NONE)
        fill(c, block, out);
    return block != MODEL_NONE;
}

static bool view_ancestor(void *ctx, const struct yc_block_hash *hash, uint32_t height, struct yc_chain_entry *out)
{
    const struct model_chain *c = ctx;
    uint32_t block = model_find(hash);
    if (block == MODEL_NONE || !c->known[block] || height > model_height(block))
        return false;
    fill(c, model_ancestor(block, height), out);
    return true;
}

static bool view_initial_download(void *ctx)
{
    struct model_chain *c = ctx;
    int64_t tip_s = MODEL_START_S + (int64_t)MODEL_SPACE_S * model_height(c->tip);
    c->caught_up |= tip_s > c->now_s - 86400 && model_height(c->tip) >= c->floor_height;
    return !c->caught_up;
}

static struct yc_u256 view_work_floor(void *ctx)
{
    const struct model_chain *c = ctx;
    struct yc_chain_entry e;
    fill(c, c->floor_height, &e);
    return e.work;
}

static size_t view_locator(void *ctx, const struct yc_block_hash *from, struct yc_block_hash out[YC_LOCATOR_COUNT_MAX])
{
    const struct model_chain *c = ctx;
    uint32_t block = from ? model_find(from) : c->tip, step = 1;
    size_t n = 0;
    if (block == MODEL_NONE || !c->known[block])
        block = c->tip;
    for (;;) {
        uint32_t height = model_height(block);
        out[n++] = hashes[block];
        if (height == 0)
            return n;
        block = model_ancestor(block, height > step ? height - step : 0);
        step *= n > 10 ? 2 : 1;
    }
}

static size_t view_headers_after(void *ctx, const struct yc_locator_view *locator, uint8_t *out80, size_t max)
{
    const struct model_chain *c = ctx;
    uint32_t block = model_find(&locator->stop);
    YC_ASSERT(locator->count == 0 && max > 0); /* net/sync asks for single headers that it knows */
    if (block == MODEL_NONE || !c->known[block] || c->failed[block])
        return 0;
    memcpy(out80, headers80[block], YC_HEADER_BYTES);
    return 1;
}

static enum yc_verdict view_read_compact(void *ctx, const struct yc_block_hash *hash, struct yc_view *out,
                                         struct yc_error *err)
{
    static uint8_t bytes[2 * MODEL_BLOCK_BYTES];
    const struct model_chain *c = ctx;
    struct yc_buf payload;
    uint32_t block = model_find(hash);
    if (block == MODEL_NONE || !c->body[block])
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no such body");
    yc_buf_init(&payload, yc_heap(), sizeof bytes);
    model_compact(block, &payload);
    YC_ASSERT(!payload.failed);
    memcpy(bytes, payload.p, payload.n);
    *out = yc_view(bytes, payload.n);
    yc_buf_release(&payload);
    return YC_VALID;
}

static enum yc_verdict refuse(struct yc_reject *why, enum yc_verdict v, enum yc_rej code)
{
    *why = (struct yc_reject){.code = code};
    return v;
}

/* One header; the caller has checked its proof of work. */
static enum yc_verdict take_header(struct model_chain *c, const uint8_t *bytes80, bool *added, uint32_t *block,
                                   struct yc_reject *why)
{
    struct yc_header h;
    yc_header_read(&h, bytes80);
    struct yc_block_hash hash = yc_header_hash(&h);
    uint32_t parent = model_find(&h.prev);
    *block = model_find(&hash);
    *added = false;
    if (parent == MODEL_NONE || !c->known[parent])
        return *block == 0 ? YC_VALID : refuse(why, YC_NOT_YET, YC_REJ_HEADER_PREV_NOT_FOUND);
    if (*block == MODEL_NONE)
        return refuse(why, YC_INVALID, YC_REJ_HEADER_BAD_DIFFBITS);
    if (c->known[*block] && c->failed[*block])
        return refuse(why, YC_INVALID, YC_REJ_BLOCK_KNOWN_INVALID);
    if (c->failed[parent])
        return refuse(why, YC_INVALID, YC_REJ_HEADER_PREV_INVALID);
    *added = !c->known[*block];
    c->known[*block] = true;
    if (model_height(*block) > model_height(c->best))
        c->best = *block;
    return YC_VALID;
}

static enum yc_verdict view_submit_headers(void *ctx, const uint8_t *headers, size_t stride, size_t count,
                                           struct yc_headers_result *result, struct yc_reject *why)
{
    struct model_chain *c = ctx;
    *result = (struct yc_headers_result){0};
    for (size_t i = 0; i < count; i++) {
        uint32_t block;
        bool added;
        enum yc_verdict v = take_header(c, headers + i * stride, &added, &block, why);
        if (v != YC_VALID)
            return v;
        result->accepted++;
        result->added += added;
        fill(c, block, &result->last);
    }
    return YC_VALID;
}

/* A block fails, and all that stand on it. */
static void fail(struct model_chain *c, uint32_t block)
{
    for (uint32_t i = 0; i < MODEL_BLOCKS; i++)
        c->failed[i] |= model_ancestor(i, model_height(block)) == block;
    c->best = c->tip;
    for (uint32_t i = 0; i < MODEL_BLOCKS; i++)
        if (c->known[i] && !c->failed[i] && model_height(i) > model_height(c->best))
            c->best = i;
}

static enum yc_verdict view_submit_block(void *ctx, struct yc_view raw, int64_t from, unsigned how, bool *is_new,
                                         struct yc_reject *why)
{
    struct model_chain *c = ctx;
    uint8_t body[MODEL_BLOCK_BYTES];
    uint32_t block;
    bool added;
    *is_new = false;
    YC_ASSERT(raw.n >= YC_HEADER_BYTES);
    enum yc_verdict v = take_header(c, raw.p, &added, &block, why);
    if (v != YC_VALID)
        return v;
    model_body(block, body);
    if (!yc_view_equal(raw, yc_view(body, sizeof body)))
        return refuse(why, YC_MUTATED, raw.n == sizeof body ? YC_REJ_BLOCK_MERKLE_ROOT : YC_REJ_BLOCK_PARSE);
    if (block == MODEL_SPOILED && c->at_once) {
        fail(c, block);
        return refuse(why, YC_INVALID, YC_REJ_BLOCK_WEIGHT);
    }
    if (c->body[block])
        return YC_VALID;
    if (!(how & YC_VIEW_REQUESTED) && model_height(block) <= model_height(c->tip))
        return refuse(why, YC_NOT_YET, YC_REJ_HEADER_LOW_WORK);
    c->body[block] = *is_new = true;
    c->source[block] = from;
    c->unvouched[block] = how & YC_VIEW_UNVOUCHED;
    return YC_VALID;
}

/* ---- what happens to it ---- */

/* Can the branch that ends in block be connected, up to it? */
static bool whole(const struct model_chain *c, uint32_t block)
{
    for (uint32_t height = model_height(block);; height--) {
        uint32_t at = model_ancestor(block, height);
        if (at == model_ancestor(c->tip, height))
            return true;
        if (!c->body[at] || c->failed[at])
            return false;
    }
}

/* The block with the most work that could be; far below the branches, the next one of the trunk. */
static uint32_t next_to_connect(const struct model_chain *c)
{
    uint32_t best = c->tip;
    if (c->tip < MODEL_WRONG)
        return c->body[c->tip + 1] ? c->tip + 1 : MODEL_NONE;
    for (uint32_t i = MODEL_WRONG; i < MODEL_BLOCKS; i++)
        if (c->body[i] && !c->failed[i] && model_height(i) > model_height(best) && whole(c, i))
            best = i;
    return best == c->tip ? MODEL_NONE : best;
}

bool model_connect(struct model_chain *c, uint32_t *block, bool *valid)
{
    *block = next_to_connect(c);
    if (*block == MODEL_NONE)
        return false;
    uint32_t first = model_ancestor(*block, MODEL_WRONG + 1);
    *valid = first != MODEL_SPOILED;
    if (*valid)
        c->tip = *block;
    else
        fail(c, *block = first);
    return true;
}

void model_offer_all(void *ctx, struct yc_compact *compact)
{
    const struct model_chain *c = ctx;
    for (uint32_t block = MODEL_SECRET_I; block < MODEL_BLOCKS; block++) {
        for (uint32_t i = 0; i < MODEL_TXS; i++) {
            uint8_t tx[MODEL_TX_BYTES];
            if (!(c->pool >> i & 1))
                continue;
            write_tx(tx, block, i);
            if (!yc_compact_offer(compact, &wtxids[block][i], yc_view(tx, sizeof tx), YC_COMPACT_POOL))
                return;
        }
    }
}

void model_init(struct model_chain *c, uint32_t start)
{
    const struct yc_chain_params *params = yc_chain_builtin("regtest");
    if (!numbers.alloc) {
        yc_map_init(&numbers, yc_heap(), sizeof(struct yc_block_hash), sizeof(uint32_t), (struct yc_siphash_key){1, 1});
        for (uint32_t i = 0; i < MODEL_BLOCKS; i++)
            make_block(params, i);
    }
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i <= start; i++)
        c->known[i] = c->body[i] = true;
    c->tip = c->best = start;
    c->now_s = MODEL_START_S + (int64_t)MODEL_SPACE_S * (model_height(MODEL_LAST) + 1);
    c->view = (struct yc_chain_view){.params = params,
                                     .tip = view_tip,
                                     .best_header = view_best_header,
                                     .find = view_find,
                                     .active_at = view_active_at,
                                     .ancestor = view_ancestor,
                                     .initial_download = view_initial_download,
                                     .work_floor = view_work_floor,
                                     .locator = view_locator,
                                     .headers_after = view_headers_after,
                                     .read_compact = view_read_compact,
                                     .submit_headers = view_submit_headers,
                                     .submit_block = view_submit_block,
                                     .ctx = c};
}
