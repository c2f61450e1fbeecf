/* The coins that blocks are about to spend, read from the store by other threads before their turn to be connected comes.
 *
 * Core looks which of them are not cached, the threads read those, and core puts what they found into the cache when the
 * block is connected. In between blocks may be connected and taken off: whatever they do to a coin that the store holds
 * leaves an entry in the cache until the next flush, and what is cached already is left alone. Before a flush, all is
 * forgotten. */
#include "node/chain/internal.h"

#include "base/assert.h"
#include "base/bytes.h"

#define BYTES_MAX ((size_t)4 << 20) /* of the bodies that wait here, the first one beside */
#define PART_MIN  16                /* coins for each thread, so that asking it costs less than reading */
/* After a block with nothing to read, so many such blocks on end are looked at when their turn comes and no earlier: that
 * they are not cached is found out fastest when they are about to be. */
#define DEEP_BLOCKS 16
#define PROBES_MAX  8

static struct yc_inputs_block *at(struct yc_inputs *in, size_t i)
{
    return &in->block[(in->first + i) % YC_INPUTS_MAX];
}

void yc_inputs_init(struct yc_chainstate *s)
{
    const struct yc_chain_config *k = &s->chain->config;
    struct yc_inputs *in = &s->inputs;
    yc_work_group_init(&in->group, k->store_workers ? k->store_workers : k->workers);
    for (size_t i = 0; i < YC_INPUTS_MAX; i++) {
        in->block[i].state = s;
        for (size_t p = 0; p < YC_INPUTS_PARTS_MAX; p++) {
            in->block[i].part[p].block = &in->block[i];
            yc_arena_init(&in->block[i].part[p].arena, s->chain->alloc, 16384, SIZE_MAX);
        }
    }
}

/* ---- any thread ---- */

static void run_part(void *job)
{
    struct yc_inputs_part *p = job;
    struct yc_inputs_block *b = p->block;
    struct yc_chain *c = b->state->chain;
    struct yc_crew *crew = &c->crew;
    p->fetched = yc_arena_take_array(&p->arena, p->count, sizeof *p->fetched);
    p->verdict = p->fetched ? yc_coins_fetch(b->state->kv, c->alloc, b->want + p->first, p->count, &p->arena,
                                             p->fetched, &p->err)
                            : yc_fail(&p->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read coins");
    if (atomic_fetch_sub_explicit(&b->left, 1, memory_order_acq_rel) == 1)
        yc_crew_tell(crew);
}

/* ---- what is made on the way ---- */

/* A transaction of a block that is not connected yet makes coins that no store knows: its id, shortened, in a table. One
 * that does not find a place is asked of the store, which does no harm. */
static uint64_t short_id(const struct yc_txid *id)
{
    uint64_t v = yc_get64le(id->b);
    return v ? v : 1;
}

static bool note_made(const struct yc_chain *c, struct yc_inputs_block *b)
{
    const struct yc_block *block = &b->loaded->body.block;
    size_t room = 16;
    while (room < (size_t)block->tx_count * 2)
        room *= 2;
    if (b->made_n)
        return true;
    if (room > b->made_room) {
        void *p = yc_alloc_resize(c->alloc, b->made, b->made_room * sizeof *b->made, room * sizeof *b->made);
        if (!p)
            return false;
        b->made = p;
        b->made_room = room;
    }
    b->made_n = room;
    memset(b->made, 0, room * sizeof *b->made);
    for (uint32_t t = 0; t < block->tx_count; t++) {
        uint64_t id = short_id(&block->tx[t].txid);
        for (size_t probe = 0; probe < PROBES_MAX; probe++) {
            uint64_t *place = &b->made[(id + probe) & (room - 1)];
            if (*place)
                continue;
            *place = id;
            break;
        }
    }
    return true;
}

static bool makes(const struct yc_inputs_block *b, const struct yc_txid *txid)
{
    uint64_t id = short_id(txid);
    for (size_t probe = 0; probe < PROBES_MAX; probe++) {
        uint64_t found = b->made[(id + probe) & (b->made_n - 1)];
        if (!found || found == id)
            return found;
    }
    return false;
}

/* Pass over what this block and those before it make. */
static bool drop_made(struct yc_chainstate *s, struct yc_inputs_block *b)
{
    struct yc_inputs *in = &s->inputs;
    for (size_t i = 0; i < in->count && b->count > 0; i++) {
        struct yc_inputs_block *before = at(in, i);
        size_t kept = 0;
        if (!note_made(s->chain, before))
            return false;
        for (size_t k = 0; k < b->count; k++)
            if (!makes(before, &b->want[k].txid))
                b->want[kept++] = b->want[k];
        b->count = kept;
    }
    return true;
}

/* ---- core ---- */

static bool collect(struct yc_chainstate *s, struct yc_inputs_block *b)
{
    const struct yc_block *block = &b->loaded->body.block;
    const struct yc_alloc *alloc = s->chain->alloc;
    size_t n = 0;
    for (uint32_t t = 1; t < block->tx_count; t++)
        n += block->tx[t].in_count;
    if (n > b->cap) {
        void *p = yc_alloc_resize(alloc, b->want, b->cap * sizeof *b->want, n * sizeof *b->want);
        if (!p)
            return false;
        b->want = p;
        b->cap = n;
    }
    n = 0;
    for (uint32_t t = 1; t < block->tx_count; t++)
        for (uint32_t i = 0; i < block->tx[t].in_count; i++)
            b->want[n++] = block->tx[t].in[i].prevout;
    b->count = yc_coins_pick_missing(s->coins, b->want, n);
    return true;
}

static void submit(struct yc_inputs *in, struct yc_inputs_block *b)
{
    size_t parts = (b->count + PART_MIN - 1) / PART_MIN;
    b->parts = parts < YC_INPUTS_PARTS_MAX ? parts : YC_INPUTS_PARTS_MAX;
    atomic_store(&b->left, b->parts);
    for (size_t i = 0; i < b->parts; i++) {
        b->part[i].first = b->count * i / b->parts;
        b->part[i].count = b->count * (i + 1) / b->parts - b->part[i].first;
    }
    yc_workers_submit_array(&in->group, run_part, b->part, sizeof b->part[0], b->parts);
}

/* Begin to read what this block spends, behind the others. l is the callee's, also on failure. */
static bool start(struct yc_chainstate *s, struct yc_loaded *l)
{
    struct yc_inputs *in = &s->inputs;
    YC_ASSERT(in->count < YC_INPUTS_MAX);
    struct yc_inputs_block *b = at(in, in->count++);
    b->loaded = l;
    b->made_n = b->parts = b->count = 0;
    atomic_store(&b->left, 0);
    if (!collect(s, b) || !drop_made(s, b)) {
        in->count--;
        yc_loaded_free(s->chain, l);
        return false;
    }
    in->bytes += l->raw_n;
    in->deep = b->count > 0 ? DEEP_BLOCKS : in->deep > 0 ? in->deep - 1 : 0;
    submit(in, b);
    return true;
}

/* The body of n when it needs no waiting for. */
static struct yc_loaded *at_hand(struct yc_chainstate *s, struct yc_node *n)
{
    struct yc_loaded *l = NULL;
    struct yc_error ignored; /* who needs it will read it again, and be told */
    if (!yc_ahead_reads(s, n))
        return yc_cache_take(s->chain, n);
    return yc_ahead_take(s, n, &l, &ignored) == YC_VALID ? l : NULL;
}

void yc_inputs_fill(struct yc_chainstate *s, const struct yc_node *best)
{
    struct yc_inputs *in = &s->inputs;
    if (yc_workers_count(in->group.workers) == 0 || (in->count > 0 && at(in, 0)->loaded->node->parent != s->front))
        return;
    while (in->count == 0 || (in->deep > 0 && in->count < YC_INPUTS_MAX && in->bytes < BYTES_MAX)) {
        const struct yc_node *last = in->count ? at(in, in->count - 1)->loaded->node : s->front;
        if (last->height >= best->height || yc_node_ancestor(best, last->height) != last)
            return;
        struct yc_node *n = (struct yc_node *)(uintptr_t)yc_node_ancestor(best, last->height + 1);
        struct yc_loaded *l = at_hand(s, n);
        if (!l || !start(s, l))
            return;
    }
}

static void pop(struct yc_inputs *in)
{
    in->bytes -= at(in, 0)->loaded->raw_n;
    for (size_t p = 0; p < at(in, 0)->parts; p++)
        yc_arena_clear(&at(in, 0)->part[p].arena);
    at(in, 0)->loaded = NULL;
    in->first = (in->first + 1) % YC_INPUTS_MAX;
    in->count--;
}

enum yc_verdict yc_inputs_take(struct yc_chainstate *s, struct yc_node *n, struct yc_loaded **out, struct yc_error *err)
{
    struct yc_inputs *in = &s->inputs;
    struct yc_loaded *l = NULL;
    enum yc_verdict v = YC_VALID;
    if (in->count > 0 && at(in, 0)->loaded->node != n)
        yc_inputs_clear(s);
    if (in->count == 0) {
        v = yc_ahead_take(s, n, &l, err);
        if (v != YC_VALID)
            return v;
        if (!start(s, l))
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to connect block %u", n->height);
    }
    struct yc_inputs_block *b = at(in, 0);
    if (atomic_load_explicit(&b->left, memory_order_acquire) > 0)
        return YC_NOT_YET;
    for (size_t i = 0; i < b->parts && v == YC_VALID; i++) {
        v = b->part[i].verdict;
        if (v == YC_VALID)
            v = yc_coins_keep(s->coins, b->part[i].fetched, b->part[i].count, err);
        else
            *err = b->part[i].err;
    }
    l = b->loaded;
    pop(in);
    if (v != YC_VALID)
        yc_loaded_free(s->chain, l);
    else
        *out = l;
    return v;
}

bool yc_inputs_reads(const struct yc_chainstate *s, const struct yc_node *n)
{
    const struct yc_inputs *in = &s->inputs;
    return in->count > 0 && in->block[in->first].loaded->node == n;
}

void yc_inputs_clear(struct yc_chainstate *s)
{
    struct yc_inputs *in = &s->inputs;
    struct yc_loaded *bodies[YC_INPUTS_MAX];
    size_t n = 0;
    yc_workers_wait(&in->group);
    while (in->count > 0) {
        bodies[n++] = at(in, 0)->loaded;
        pop(in);
    }
    /* The first is the next to be wanted: the newest in the cache. */
    while (n > 0)
        yc_cache_put(s->chain, bodies[--n]);
}

void yc_inputs_release(struct yc_chainstate *s)
{
    struct yc_inputs *in = &s->inputs;
    const struct yc_alloc *alloc = s->chain->alloc;
    yc_workers_wait(&in->group);
    while (in->count > 0) {
        struct yc_loaded *l = at(in, 0)->loaded;
        pop(in);
        yc_loaded_free(s->chain, l);
    }
    for (size_t i = 0; i < YC_INPUTS_MAX; i++) {
        struct yc_inputs_block *b = &in->block[i];
        yc_alloc_free(alloc, b->want, b->cap * sizeof *b->want);
        yc_alloc_free(alloc, b->made, b->made_room * sizeof *b->made);
        for (size_t p = 0; p < YC_INPUTS_PARTS_MAX; p++)
            yc_arena_release(&b->part[p].arena);
    }
}
