/* Bodies in memory: parsed once when they arrive, kept for the connection that usually follows at once, read back from
 * the block files otherwise. */
#include "node/chain/internal.h"

#define CACHE_BODIES_MAX 32
#define CACHE_BYTES_MAX                                                                                                \
    ((size_t)8 << 20) /* that bodies are fetched ahead for; what peers send is bounded by count alone */
/* So many, as long as all of them together are small: each time that none is left a commit is made. */
#define CACHE_SMALL_MAX       256
#define CACHE_SMALL_BYTES_MAX ((size_t)1 << 20)

/* Bodies that are done with are kept to be used again: their memory has been touched, and asking the system for fresh
 * pages costs as much as parsing into them. */
#define SPARE_MAX       16
#define SPARE_BYTES_MAX ((size_t)1 << 20) /* of the raw bytes of one */

static void loaded_release(struct yc_chain *c, struct yc_loaded *l)
{
    yc_arena_release(&l->arena);
    yc_alloc_free(c->alloc, l->raw, l->raw_cap);
    yc_alloc_free(c->alloc, l, sizeof *l);
}

void yc_loaded_free(struct yc_chain *c, struct yc_loaded *l)
{
    if (!l)
        return;
    if (c->spare_count == SPARE_MAX || l->raw_cap > SPARE_BYTES_MAX) {
        loaded_release(c, l);
        return;
    }
    l->next = c->spare;
    c->spare = l;
    c->spare_count++;
}

void yc_loaded_free_spare(struct yc_chain *c)
{
    while (c->spare) {
        struct yc_loaded *l = c->spare;
        c->spare = l->next;
        loaded_release(c, l);
    }
    c->spare_count = 0;
}

/* A spare one with room for n bytes, cleared; NULL: there is none. */
static struct yc_loaded *take_spare(struct yc_chain *c, size_t n)
{
    for (struct yc_loaded **at = &c->spare; *at; at = &(*at)->next) {
        struct yc_loaded *l = *at;
        if (l->raw_cap < n)
            continue;
        *at = l->next;
        c->spare_count--;
        yc_arena_clear(&l->arena);
        struct yc_arena arena = l->arena;
        *l = (struct yc_loaded){.arena = arena, .raw = l->raw, .raw_cap = l->raw_cap, .raw_n = n};
        return l;
    }
    return NULL;
}

struct yc_loaded *yc_loaded_empty(struct yc_chain *c, size_t n)
{
    struct yc_loaded *l = take_spare(c, n);
    if (l)
        return l;
    l = yc_alloc_new(c->alloc, sizeof *l);
    if (!l)
        return NULL;
    /* A little more than this body needs, so that the next ones fit too. */
    *l = (struct yc_loaded){.raw_n = n, .raw_cap = n + n / 8 + 256};
    l->raw = yc_alloc_new(c->alloc, l->raw_cap);
    if (!l->raw) {
        yc_alloc_free(c->alloc, l, sizeof *l);
        return NULL;
    }
    yc_arena_init(&l->arena, c->alloc, yc_block_arena_bytes(l->raw_cap), SIZE_MAX);
    return l;
}

enum yc_verdict yc_loaded_new(struct yc_chain *c, struct yc_loaded **out, struct yc_view raw, struct yc_reject *why)
{
    *out = NULL;
    struct yc_loaded *l = yc_loaded_empty(c, raw.n);
    if (!l)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (raw.n)
        memcpy(l->raw, raw.p, raw.n);
    enum yc_verdict v = yc_block_parse(&l->body.block, yc_view(l->raw, raw.n), &l->arena, why);
    if (v != YC_VALID) {
        yc_loaded_free(c, l);
        return v;
    }
    l->sum = yc_blockfile_checksum(l->body.block.raw);
    *out = l;
    return YC_VALID;
}

static bool cache_may_hold(size_t bodies, size_t bytes)
{
    return bodies <= CACHE_BODIES_MAX || (bodies <= CACHE_SMALL_MAX && bytes <= CACHE_SMALL_BYTES_MAX);
}

static void drop_oldest(struct yc_chain *c)
{
    struct yc_loaded **at = &c->cache;
    while ((*at)->next)
        at = &(*at)->next;
    c->cache_bytes -= (*at)->raw_n;
    yc_loaded_free(c, *at);
    *at = NULL;
    c->cache_count--;
}

void yc_cache_put(struct yc_chain *c, struct yc_loaded *l)
{
    l->next = c->cache;
    c->cache = l;
    c->cache_bytes += l->raw_n;
    c->cache_count++;
    while (!cache_may_hold(c->cache_count, c->cache_bytes))
        drop_oldest(c);
}

bool yc_cache_has_room(struct yc_chain *c, size_t coming, size_t coming_bytes)
{
    size_t bytes = c->cache_bytes + coming_bytes;
    return (cache_may_hold(c->cache_count + coming + 1, bytes) && bytes < CACHE_BYTES_MAX) ||
           yc_candidates_best(c) == c->active->front;
}

struct yc_loaded *yc_cache_take(struct yc_chain *c, const struct yc_node *n)
{
    for (struct yc_loaded **at = &c->cache; *at; at = &(*at)->next) {
        struct yc_loaded *l = *at;
        if (l->node == n) {
            *at = l->next;
            l->next = NULL;
            c->cache_bytes -= l->raw_n;
            c->cache_count--;
            return l;
        }
    }
    return NULL;
}

bool yc_cache_holds(const struct yc_chain *c, const struct yc_node *n)
{
    const struct yc_loaded *l = c->cache;
    while (l && l->node != n)
        l = l->next;
    return l;
}

void yc_cache_drop(struct yc_chain *c, const struct yc_node *n)
{
    yc_loaded_free(c, yc_cache_take(c, n));
}

/* The bytes of a body, n of them. */
static enum yc_verdict read_bytes(struct yc_fetch *f, size_t *n)
{
    struct yc_loaded *l = f->loaded;
    if (!f->file) {
        *n = f->stored.bytes;
        l->sum = f->sum;
        return yc_blockfiles_read(f->chain->files, YC_BLOCKFILE_BLOCK, f->stored, f->sum, l->raw, &f->err);
    }
    const struct yc_fs *fs = f->chain->config.fs;
    enum yc_verdict v = fs->pread(fs->ctx, f->file, l->raw, l->raw_n, f->offset, n, &f->err);
    f->io_failed = v != YC_VALID;
    return v;
}

/* What parsing stored bytes has found. */
static enum yc_verdict judge_stored(struct yc_fetch *f, enum yc_verdict v)
{
    const struct yc_node *n = f->node;
    if (v == YC_VALID && yc_block_hash_equal(&f->loaded->body.block.hash, &n->hash))
        return YC_VALID;
    if (v == YC_SYSTEM)
        return yc_fail(&f->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read block %u", n->height);
    return yc_fail(&f->err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "blk%05u.dat does not hold block %u where the index says; restart with -reindex", f->stored.file,
                   n->height);
}

static enum yc_verdict judge_external(struct yc_fetch *f, enum yc_verdict v)
{
    struct yc_loaded *l = f->loaded;
    if (v == YC_VALID && !yc_block_hash_equal(&l->body.block.hash, &f->node->hash))
        v = yc_reject_set(&f->why, YC_REJ_BLOCK_PARSE, YC_NO_INDEX, YC_NO_INDEX); /* changed under our hands */
    if (v == YC_VALID)
        l->sum = yc_blockfile_checksum(l->body.block.raw);
    return v;
}

static void run_fetches(void *job)
{
    struct yc_block_parsing parsing[YC_FETCHES_MAX];
    struct yc_fetch *read[YC_FETCHES_MAX], *next;
    struct yc_crew *crew = ((struct yc_fetch *)job)->crew;
    size_t count = 0;
    for (struct yc_fetch *f = job; f; f = f->next) {
        struct yc_loaded *l = f->loaded;
        size_t n = 0;
        f->verdict = read_bytes(f, &n);
        if (f->verdict != YC_VALID)
            continue;
        read[count] = f;
        parsing[count++] = (struct yc_block_parsing){
            .block = &l->body.block, .raw = yc_view(l->raw, n), .arena = &l->arena, .why = &f->why};
    }
    yc_blocks_parse(parsing, count);
    for (size_t i = 0; i < count; i++) {
        struct yc_fetch *f = read[i];
        f->verdict = f->file ? judge_external(f, parsing[i].verdict) : judge_stored(f, parsing[i].verdict);
        if (f->verdict == YC_VALID && f->check)
            f->verdict = yc_check_body(f->chain->config.params, f->loaded, f->node, &f->why);
    }
    for (struct yc_fetch *f = job; f; f = next) {
        next = f->next;
        /* From here on it is core's again. */
        atomic_store_explicit(&f->done, true, memory_order_release);
    }
    yc_crew_tell(crew);
}

void yc_fetches_add(struct yc_fetches *fs, struct yc_fetch *f)
{
    size_t bytes = f->loaded->raw_n;
    if (fs->count == YC_FETCHES_MAX || fs->bytes + bytes > YC_FETCHES_BYTES_MAX)
        yc_fetches_start(fs);
    atomic_init(&f->done, false);
    f->next = NULL;
    *(fs->last ? &fs->last->next : &fs->first) = f;
    fs->last = f;
    fs->count++;
    fs->bytes += bytes;
}

void yc_fetches_start(struct yc_fetches *fs)
{
    if (fs->first)
        yc_workers_submit(fs->group, run_fetches, fs->first);
    *fs = (struct yc_fetches){.group = fs->group};
}

bool yc_fetch_done(const struct yc_fetch *f)
{
    return atomic_load_explicit(&f->done, memory_order_acquire);
}

static enum yc_verdict read_body(struct yc_chain *c, struct yc_loaded **out, struct yc_node *n, struct yc_error *err)
{
    if (!(n->status & YC_BLOCK_HAVE_DATA))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the body of block %u is not here", n->height);
    struct yc_loaded *l = yc_loaded_empty(c, n->stored->data.bytes);
    if (!l)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read block %u", n->height);
    struct yc_fetch f = {
        .chain = c, .loaded = l, .node = n, .stored = n->stored->data, .sum = n->stored->data_sum, .crew = &c->crew};
    run_fetches(&f);
    if (f.verdict != YC_VALID) {
        *err = f.err;
        yc_loaded_free(c, l);
        return f.verdict;
    }
    l->node = n;
    *out = l;
    return YC_VALID;
}

enum yc_verdict yc_loaded_get(struct yc_chain *c, struct yc_loaded **out, struct yc_node *n, struct yc_error *err)
{
    *out = yc_cache_take(c, n);
    return *out ? YC_VALID : read_body(c, out, n, err);
}

enum yc_verdict yc_loaded_spent(struct yc_chain *c, struct yc_loaded *l, struct yc_error *err)
{
    return yc_chain_read_spent(c, l->node, &l->arena, &l->body.spent, err);
}

/* A file may be pruned while another thread reads it. */
static enum yc_verdict pruned_meanwhile(const struct yc_node *n, enum yc_verdict v, struct yc_error *err)
{
    if (v != YC_SYSTEM || (n->status & YC_BLOCK_HAVE_DATA))
        return v;
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the data of block %u was pruned", n->height);
}

enum yc_verdict yc_chain_read_block(const struct yc_chain *c, const struct yc_node *n, const struct yc_alloc *alloc,
                                    struct yc_view *out, struct yc_error *err)
{
    *out = YC_VIEW_EMPTY;
    if (!(n->status & YC_BLOCK_HAVE_DATA))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the body of block %u is not here", n->height);
    uint8_t *p = yc_alloc_new(alloc, n->stored->data.bytes);
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read block %u", n->height);
    enum yc_verdict v = yc_blockfiles_read(c->files, YC_BLOCKFILE_BLOCK, n->stored->data, n->stored->data_sum, p, err);
    if (v != YC_VALID) {
        yc_alloc_free(alloc, p, n->stored->data.bytes);
        return pruned_meanwhile(n, v, err);
    }
    *out = yc_view(p, n->stored->data.bytes);
    return YC_VALID;
}

enum yc_verdict yc_chain_read_part(const struct yc_chain *c, const struct yc_node *n, uint32_t from, uint32_t bytes,
                                   uint8_t *out, struct yc_error *err)
{
    if (!(n->status & YC_BLOCK_HAVE_DATA) || from > n->stored->data.bytes || bytes > n->stored->data.bytes - from)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "these bytes of block %u are not here", n->height);
    enum yc_verdict v = yc_blockfiles_read_part(c->files, YC_BLOCKFILE_BLOCK, n->stored->data, from, bytes, out, err);
    return pruned_meanwhile(n, v, err);
}

enum yc_verdict yc_chain_read_spent(const struct yc_chain *c, const struct yc_node *n, struct yc_arena *arena,
                                    struct yc_spent_coins *out, struct yc_error *err)
{
    *out = (struct yc_spent_coins){NULL, 0};
    if (!n->parent)
        return YC_VALID; /* genesis spends nothing */
    if (!(n->status & YC_BLOCK_HAVE_UNDO))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "there is no undo data for block %u", n->height);
    uint8_t *p = yc_arena_take(arena, n->stored->undo.bytes);
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read the undo data of block %u", n->height);
    enum yc_verdict v = yc_blockfiles_read(c->files, YC_BLOCKFILE_UNDO, n->stored->undo, n->stored->undo_sum, p, err);
    if (v != YC_VALID)
        return pruned_meanwhile(n, v, err);
    return yc_undo_read(out, yc_view(p, n->stored->undo.bytes), arena, err);
}
