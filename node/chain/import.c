/* Blocks from an external file, in two passes: the headers of all records first, which costs a short read each and tells
 * how the blocks hang together, in whatever order they lie; then the bodies in the chain's order, fetched and checked by
 * workers ahead of their use. That all headers are known before the first block is connected is also what lets
 * -assumevalid find its block. */
#include "node/chain/import.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/map.h"
#include "node/chain/internal.h"

#define FRAME_BYTES     8 /* magic, length */
#define NOWHERE         UINT64_MAX
#define WINDOW_BYTES    65536
#define SCAN_STEP       512               /* looks at the file in one step */
#define SLOTS           256               /* bodies fetched ahead, when they are small */
#define AHEAD_BYTES_MAX ((size_t)1 << 20) /* for core and for each worker */

/* A record of the file whose header is in the tree. */
struct record {
    struct yc_node *node;
    uint64_t at; /* of its frame */
    uint32_t bytes;
};

/* One whose parent has not been met. */
struct orphan {
    struct yc_header header;
    uint64_t at;
    uint32_t bytes;
    size_t next; /* another one with this parent, or NONE */
};
#define NONE SIZE_MAX

/* A body that is being fetched. */
struct slot {
    struct yc_fetch fetch;
    struct record record;
};

struct yc_import {
    struct yc_chain *c;
    struct yc_import *next_open; /* of the chain's */
    struct yc_file *file;
    uint64_t scan_at, scan_end; /* what is to be scanned for records */
    uint64_t record_at;         /* the record that ends at scan_at, or NOWHERE */
    uint64_t doubted_to;        /* up to here there may be records whose length is doubtful */
    struct record *list;        /* found by scanning, in the chain's order from `next` on when sorted */
    size_t count, cap, next;
    bool sorted;
    struct orphan *orphan;
    size_t orphan_count, orphan_cap;
    struct yc_map by_parent; /* block hash -> size_t: its first orphan */
    size_t ready;            /* orphans whose parents have come */
    struct yc_work_group group;
    struct slot slot[SLOTS]; /* a ring: slot_count of them from slot_first on, oldest first */
    size_t slot_first, slot_count, ahead_bytes;
    struct yc_import_progress done;
    uint8_t window[WINDOW_BYTES];
};

enum yc_verdict yc_import_open(struct yc_import **out, struct yc_chain *c, const char *path, struct yc_error *err)
{
    const struct yc_fs *fs = c->config.fs;
    struct yc_import *im = yc_alloc_new(c->alloc, sizeof *im);
    *out = NULL;
    if (!im)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to import %s", path);
    memset(im, 0, sizeof *im);
    im->c = c;
    im->ready = NONE;
    im->record_at = NOWHERE;
    enum yc_verdict v = fs->open(fs->ctx, &im->file, path, YC_OPEN_READ, err);
    if (v == YC_VALID && (v = fs->size(fs->ctx, im->file, &im->scan_end, err)) != YC_VALID)
        fs->close(fs->ctx, im->file);
    if (v != YC_VALID) {
        yc_alloc_free(c->alloc, im, sizeof *im);
        return v;
    }
    im->done.size_bytes = im->scan_end;
    struct yc_siphash_key seed;
    yc_random_fill(c->config.random, &seed, sizeof seed);
    yc_map_init(&im->by_parent, c->alloc, sizeof(struct yc_block_hash), sizeof(size_t), seed);
    yc_work_group_init(&im->group, c->config.workers);
    im->next_open = c->imports;
    c->imports = im;
    *out = im;
    return YC_VALID;
}

void yc_import_close(struct yc_import *im)
{
    if (!im)
        return;
    const struct yc_alloc *alloc = im->c->alloc;
    struct yc_import **open = &im->c->imports;
    while (*open != im)
        open = &(*open)->next_open;
    *open = im->next_open;
    yc_workers_wait(&im->group);
    for (size_t i = 0; i < im->slot_count; i++)
        yc_loaded_free(im->c, im->slot[(im->slot_first + i) % SLOTS].fetch.loaded);
    im->c->config.fs->close(im->c->config.fs->ctx, im->file);
    yc_map_release(&im->by_parent);
    yc_alloc_free(alloc, im->orphan, im->orphan_cap * sizeof *im->orphan);
    yc_alloc_free(alloc, im->list, im->cap * sizeof *im->list);
    yc_alloc_free(alloc, im, sizeof *im);
}

struct yc_import *yc_import_next(const struct yc_import *im)
{
    return im->next_open;
}

void yc_import_each_node(const struct yc_import *im, void (*each)(void *ctx, struct yc_node *n), void *ctx)
{
    for (size_t i = im->next; i < im->count; i++)
        each(ctx, im->list[i].node);
    for (size_t i = 0; i < im->slot_count; i++)
        each(ctx, im->slot[(im->slot_first + i) % SLOTS].record.node);
}

static enum yc_verdict no_memory(struct yc_import *im)
{
    struct yc_error err;
    (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to import blocks");
    return yc_chain_fail(im->c, &err);
}

static enum yc_verdict read_some(struct yc_import *im, uint64_t at, uint8_t *out, size_t n, size_t *got,
                                 struct yc_error *err)
{
    const struct yc_fs *fs = im->c->config.fs;
    return fs->pread(fs->ctx, im->file, out, n, at, got, err);
}

/* ---- the first pass: headers ---- */

static enum yc_verdict note_record(struct yc_import *im, struct record r)
{
    if (im->count == im->cap) {
        size_t cap = im->cap ? im->cap * 2 : 1024;
        void *p = yc_alloc_resize(im->c->alloc, im->list, im->cap * sizeof *im->list, cap * sizeof *im->list);
        if (!p)
            return no_memory(im);
        im->list = p;
        im->cap = cap;
    }
    im->list[im->count++] = r;
    im->sorted = false;
    return YC_VALID;
}

static enum yc_verdict note_orphan(struct yc_import *im, const struct yc_header *h, uint64_t at, uint32_t bytes)
{
    if (im->orphan_count == im->orphan_cap) {
        size_t cap = im->orphan_cap ? im->orphan_cap * 2 : 256;
        void *p =
            yc_alloc_resize(im->c->alloc, im->orphan, im->orphan_cap * sizeof *im->orphan, cap * sizeof *im->orphan);
        if (!p)
            return no_memory(im);
        im->orphan = p;
        im->orphan_cap = cap;
    }
    bool is_new = false;
    size_t *first = yc_map_put(&im->by_parent, &h->prev, &is_new);
    if (!first)
        return no_memory(im);
    im->orphan[im->orphan_count] = (struct orphan){*h, at, bytes, is_new ? NONE : *first};
    *first = im->orphan_count++;
    im->done.waiting++;
    return YC_VALID;
}

/* This header is in the tree now: what waited for it can be placed. */
static void release_children(struct yc_import *im, const struct yc_block_hash *parent)
{
    const size_t *first = yc_map_get(&im->by_parent, parent);
    if (!first)
        return;
    for (size_t at = *first, next; at != NONE; at = next) {
        next = im->orphan[at].next;
        im->orphan[at].next = im->ready;
        im->ready = at;
        im->done.waiting--;
    }
    (void)yc_map_remove(&im->by_parent, parent);
}

/* Place a header in the tree. YC_MUTATED: nobody has worked for it, so these bytes are no record. */
static enum yc_verdict place(struct yc_import *im, const struct yc_header *h, uint64_t at, uint32_t bytes)
{
    struct yc_reject why;
    const struct yc_node *found = NULL;
    enum yc_verdict v = yc_chain_submit_header(im->c, h, &found, &why);
    if (v == YC_SYSTEM)
        return no_memory(im);
    if (v == YC_NOT_YET && why.code == YC_REJ_HEADER_PREV_NOT_FOUND) {
        struct yc_block_hash hash = yc_header_hash(h);
        return yc_pow_check(&hash, h->bits, im->c->config.params) ? note_orphan(im, h, at, bytes) : YC_MUTATED;
    }
    if (v != YC_VALID) {
        im->done.refused++;
        return YC_VALID;
    }
    release_children(im, &found->hash);
    return note_record(im, (struct record){(struct yc_node *)(uintptr_t)found, at, bytes});
}

static enum yc_verdict place_ready(struct yc_import *im)
{
    struct orphan o = im->orphan[im->ready];
    im->ready = o.next;
    enum yc_verdict v = place(im, &o.header, o.at, o.bytes);
    return v == YC_MUTATED ? YC_VALID : v;
}

/* Pass over n bytes that are no record; those that had been taken for one before are not counted. */
static void skip(struct yc_import *im, uint64_t n)
{
    uint64_t to = im->scan_at + n, from = im->scan_at > im->doubted_to ? im->scan_at : im->doubted_to;
    im->done.skipped_bytes += to > from ? to - from : 0;
    im->scan_at = to;
}

/* Move to the next place where a magic begins, or to the end. */
static enum yc_verdict hunt(struct yc_import *im, struct yc_error *err)
{
    const uint8_t *magic = im->c->config.params->magic;
    size_t got = 0;
    enum yc_verdict v = read_some(im, im->scan_at, im->window, WINDOW_BYTES, &got, err);
    if (v != YC_VALID)
        return v;
    if (got < 4) {
        skip(im, im->scan_end - im->scan_at);
        return YC_VALID;
    }
    /* A magic may begin in the last three bytes of the window. */
    const uint8_t *end = im->window + got - 3, *p = im->window;
    while ((p = memchr(p, magic[0], (size_t)(end - p))) && memcmp(p, magic, 4) != 0)
        p++;
    uint64_t passed = p ? (uint64_t)(p - im->window) : got - 3, left = im->scan_end - im->scan_at;
    skip(im, passed < left ? passed : left);
    return YC_VALID;
}

/* What comes right behind a record is neither another one, nor zeros, nor the end: its length may be wrong, and a record
 * that was cut off must not hide the one behind it, whose beginning it seems to reach over. */
static bool length_is_doubtful(const struct yc_import *im, const uint8_t *head, size_t got)
{
    static const uint8_t zeros[4];
    return im->record_at != NOWHERE && got >= 4 && memcmp(head, zeros, 4) != 0;
}

/* One look at the file: a record is noted, or some bytes are passed over. */
static enum yc_verdict scan_some(struct yc_import *im, struct yc_error *err)
{
    uint8_t head[FRAME_BYTES + YC_HEADER_BYTES];
    struct yc_header h;
    size_t got = 0;
    enum yc_verdict v = read_some(im, im->scan_at, head, sizeof head, &got, err);
    if (v != YC_VALID)
        return v;
    if (got < 4 || memcmp(head, im->c->config.params->magic, 4) != 0) {
        if (length_is_doubtful(im, head, got)) {
            im->doubted_to = im->scan_at;
            im->scan_at = im->record_at + 1;
        }
        im->record_at = NOWHERE;
        return hunt(im, err);
    }
    uint32_t n = got < sizeof head ? 0 : yc_get32le(head + 4);
    v = YC_MUTATED;
    if (n > YC_HEADER_BYTES && n <= YC_BLOCK_BYTES_MAX && n <= im->done.size_bytes - im->scan_at - FRAME_BYTES) {
        yc_header_read(&h, head + FRAME_BYTES);
        v = place(im, &h, im->scan_at, n);
    }
    im->record_at = v == YC_MUTATED ? NOWHERE : im->scan_at;
    if (v == YC_MUTATED)
        skip(im, 1);
    else
        im->scan_at += (uint64_t)FRAME_BYTES + n;
    return v == YC_MUTATED ? YC_VALID : v;
}

/* ---- the second pass: bodies ---- */

static int by_height(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->node->height != y->node->height)
        return x->node->height < y->node->height ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static struct slot *oldest(struct yc_import *im)
{
    return &im->slot[im->slot_first];
}

/* May so many more bodies be fetched? Bodies wait in memory to be connected: more of them than that are not to be. */
static bool has_room(const struct yc_import *im, size_t n)
{
    return im->slot_count + n <= SLOTS && im->ahead_bytes < AHEAD_BYTES_MAX * im->c->crew.kit_count &&
           yc_cache_has_room(im->c, im->slot_count + n - 1, im->ahead_bytes);
}

static enum yc_verdict fetch_next(struct yc_import *im, struct yc_fetches *fetches)
{
    struct record r = im->list[im->next++];
    if (r.node->status & YC_BLOCK_HAVE_DATA) {
        im->done.known++;
        im->done.at_bytes += FRAME_BYTES + r.bytes;
        return YC_VALID;
    }
    struct yc_loaded *l = yc_loaded_empty(im->c, r.bytes);
    if (!l)
        return no_memory(im);
    struct slot *s = &im->slot[(im->slot_first + im->slot_count++) % SLOTS];
    im->ahead_bytes += r.bytes;
    s->record = r;
    s->fetch = (struct yc_fetch){.chain = im->c,
                                 .loaded = l,
                                 .node = r.node,
                                 .file = im->file,
                                 .offset = r.at + FRAME_BYTES,
                                 .check = true,
                                 .crew = &im->c->crew};
    yc_fetches_add(fetches, &s->fetch);
    return YC_VALID;
}

/* Fetch while there is room. One body at a time, as each place becomes free, would never find several to fetch together: while
 * others are on their way, room for several is waited for. */
static enum yc_verdict fetch_some(struct yc_import *im, bool *worked)
{
    struct yc_fetches fetches = {.group = &im->group};
    enum yc_verdict v = YC_VALID;
    bool begin = im->slot_count == 0 || has_room(im, YC_FETCHES_MAX);
    while (v == YC_VALID && begin && im->sorted && im->next < im->count && has_room(im, 1)) {
        v = fetch_next(im, &fetches);
        *worked = true;
    }
    yc_fetches_start(&fetches);
    return v;
}

static void log_refused(const struct yc_import *im, const struct record *r, const struct yc_reject *why)
{
    char text[192];
    yc_reject_text(text, sizeof text, why);
    yc_log_warning(im->c->config.log, "Import: the block at byte %llu (height %u) is refused: %s",
                   (unsigned long long)r->at, r->node->height, text);
}

static enum yc_verdict store_oldest(struct yc_import *im, struct yc_error *err)
{
    struct yc_fetch *f = &oldest(im)->fetch;
    struct record r = oldest(im)->record;
    struct yc_reject why = f->why;
    enum yc_verdict v = f->verdict;
    if (f->io_failed) {
        *err = f->err;
        return v;
    }
    im->slot_first = (im->slot_first + 1) % SLOTS;
    im->slot_count--;
    im->ahead_bytes -= r.bytes;
    im->done.at_bytes += FRAME_BYTES + r.bytes;
    bool known = r.node->status & YC_BLOCK_HAVE_DATA;
    if (known || (v == YC_MUTATED && why.code == YC_REJ_BLOCK_PARSE)) {
        yc_loaded_free(im->c, f->loaded);
        im->done.known += known;
        if (!known) {
            /* What looked like a record is none: there may be records inside it. */
            im->done.skipped_bytes++;
            im->scan_at = r.at + 1;
            im->record_at = NOWHERE;
            im->scan_end = r.at + FRAME_BYTES + r.bytes;
        }
        return YC_VALID;
    }
    v = yc_take_body(im->c, f->loaded, r.node, v, &why);
    if (v == YC_SYSTEM)
        return im->c->failed ? v : no_memory(im);
    im->done.loaded += v == YC_VALID;
    im->done.refused += v != YC_VALID;
    if (v != YC_VALID)
        log_refused(im, &r, &why);
    return YC_VALID;
}

static bool scanning(const struct yc_import *im)
{
    return im->ready != NONE || im->scan_at < im->scan_end;
}

enum yc_step yc_import_step(struct yc_import *im, bool *waits, struct yc_error *err)
{
    bool worked = scanning(im);
    enum yc_verdict v = im->c->failed ? YC_SYSTEM : YC_VALID;
    for (size_t i = 0; i < SCAN_STEP && v == YC_VALID && scanning(im); i++)
        v = im->ready != NONE ? place_ready(im) : scan_some(im, err);
    if (v == YC_VALID && !scanning(im) && !im->sorted) {
        if (im->count > im->next)
            qsort(im->list + im->next, im->count - im->next, sizeof *im->list, by_height);
        im->sorted = true;
    }
    while (v == YC_VALID && im->slot_count > 0 && !scanning(im) && yc_fetch_done(&oldest(im)->fetch)) {
        v = store_oldest(im, err);
        worked = true;
    }
    if (v == YC_VALID)
        v = fetch_some(im, &worked);
    if (waits)
        *waits = !worked;
    if (v != YC_VALID)
        return YC_STEP_FAILED;
    return im->slot_count > 0 || im->next < im->count || scanning(im) ? YC_STEP_MORE : YC_STEP_DONE;
}

struct yc_import_progress yc_import_progress(const struct yc_import *im)
{
    return im->done;
}
