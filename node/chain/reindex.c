/* -reindex: the block index built anew from the block files, whatever order their blocks lie in. Bodies are checked as
 * on their first arrival; connecting them follows in steps, as always. */
#include "node/chain/internal.h"

#include "base/map.h"

/* A block whose parent has not been met yet. */
struct waiting {
    struct yc_file_pos at;
    size_t next; /* the next one with the same parent, or NONE */
};
#define NONE SIZE_MAX

struct scan {
    struct yc_chain *c;
    struct yc_map by_parent; /* block hash -> size_t index of the first that waits for it */
    struct waiting *list;
    size_t count, cap;
    uint64_t adopted, skipped;
    struct yc_error *err;
};

static enum yc_verdict no_memory(struct scan *s)
{
    return yc_fail(s->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to reindex");
}

static enum yc_verdict wait_for_parent(struct scan *s, const struct yc_block_hash *parent, struct yc_file_pos at)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        void *p = yc_alloc_resize(s->c->alloc, s->list, s->cap * sizeof *s->list, cap * sizeof *s->list);
        if (!p)
            return no_memory(s);
        s->list = p;
        s->cap = cap;
    }
    bool is_new = false;
    size_t *first = yc_map_put(&s->by_parent, parent, &is_new);
    if (!first)
        return no_memory(s);
    s->list[s->count] = (struct waiting){at, is_new ? NONE : *first};
    *first = s->count++;
    return YC_VALID;
}

/* Take one block where it lies. *node is set when it now is in the index with its body. */
static enum yc_verdict adopt(struct scan *s, struct yc_file_pos at, struct yc_view bytes, struct yc_node **node)
{
    struct yc_header h;
    struct yc_reject why;
    const struct yc_node *found = NULL;
    *node = NULL;
    yc_header_read(&h, bytes.p);
    enum yc_verdict v = yc_chain_submit_header(s->c, &h, &found, &why);
    if (v == YC_NOT_YET && why.code == YC_REJ_HEADER_PREV_NOT_FOUND)
        return wait_for_parent(s, &h.prev, at);
    if (v == YC_SYSTEM)
        return no_memory(s);
    if (v != YC_VALID) {
        s->skipped++;
        return YC_VALID;
    }
    struct yc_node *n = (struct yc_node *)(uintptr_t)found;
    v = yc_adopt_body(s->c, n, at, bytes, &why);
    if (v == YC_SYSTEM)
        return no_memory(s);
    if (v != YC_VALID) {
        s->skipped++;
        return YC_VALID;
    }
    s->adopted++;
    *node = n;
    return yc_blockfiles_know(s->c->files, YC_BLOCKFILE_BLOCK, n->stored->data, s->err);
}

/* Blocks that waited for n, and for those in turn. A stack of heights would be as deep as the chain: a queue through the
 * list is not. */
static enum yc_verdict adopt_children(struct scan *s, const struct yc_node *n)
{
    size_t *first = yc_map_get(&s->by_parent, &n->hash);
    size_t queue = first ? *first : NONE;
    if (first)
        yc_map_remove(&s->by_parent, &n->hash);
    while (queue != NONE) {
        struct waiting w = s->list[queue];
        queue = w.next;
        struct yc_node *child = NULL;
        uint8_t *bytes = yc_alloc_new(s->c->alloc, w.at.bytes);
        if (!bytes)
            return no_memory(s);
        enum yc_verdict v =
            yc_blockfiles_read_part(s->c->files, YC_BLOCKFILE_BLOCK, w.at, 0, w.at.bytes, bytes, s->err);
        if (v == YC_VALID)
            v = adopt(s, w.at, yc_view(bytes, w.at.bytes), &child);
        yc_alloc_free(s->c->alloc, bytes, w.at.bytes);
        if (v != YC_VALID)
            return v;
        first = child ? yc_map_get(&s->by_parent, &child->hash) : NULL;
        if (first) {
            /* Put the grandchildren in front of what is left. */
            size_t last = *first;
            while (s->list[last].next != NONE)
                last = s->list[last].next;
            s->list[last].next = queue;
            queue = *first;
            yc_map_remove(&s->by_parent, &child->hash);
        }
    }
    return YC_VALID;
}

static enum yc_verdict on_record(void *ctx, struct yc_file_pos at, struct yc_view bytes)
{
    struct scan *s = ctx;
    struct yc_node *n = NULL;
    if (bytes.n < YC_HEADER_BYTES)
        return YC_MUTATED;
    enum yc_verdict v = adopt(s, at, bytes, &n);
    if (v != YC_VALID || !n)
        return v;
    if (n->height % 10000 == 0)
        yc_log_info(s->c->config.log, "Reindexing: block %u found", n->height);
    return adopt_children(s, n);
}

enum yc_verdict yc_reindex_scan(struct yc_chain *c, struct yc_error *err)
{
    struct scan s = {.c = c, .err = err};
    struct yc_siphash_key seed;
    enum yc_verdict v = YC_VALID;
    yc_random_fill(c->config.random, &seed, sizeof seed);
    yc_map_init(&s.by_parent, c->alloc, sizeof(struct yc_block_hash), sizeof(size_t), seed);
    for (uint32_t file = 0; v == YC_VALID && file <= YC_BLOCKFILE_NUMBER_MAX; file++) {
        struct yc_blockfile_scan result;
        v = yc_blockfiles_scan(c->files, file, YC_BLOCK_BYTES_MAX, on_record, &s, &result, err);
        if (v == YC_VALID)
            yc_log_info(c->config.log, "Reindexing block file blk%05u.dat: %llu records, %llu bytes passed over", file,
                        (unsigned long long)result.records, (unsigned long long)result.skipped_bytes);
    }
    if (v == YC_NOT_YET) /* the first number without a file */
        v = YC_VALID;
    yc_map_release(&s.by_parent);
    yc_alloc_free(c->alloc, s.list, s.cap * sizeof *s.list);
    if (c->config.reindex || s.adopted > 0)
        yc_log_info(c->config.log, "Reindexing: %llu blocks taken over, %llu refused, best header at height %u",
                    (unsigned long long)s.adopted, (unsigned long long)s.skipped, c->best_header->height);
    return v;
}
