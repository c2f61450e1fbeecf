#include "unit/node/store/world.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "sys/heap.h"

void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    yc_random_seed(&w->random, &w->seeded, seed);
    yc_arena_init(&w->arena, yc_heap(), (size_t)1 << 20, SIZE_MAX);
}

void world_release(struct world *w)
{
    yc_arena_release(&w->arena);
}

static uint64_t below(struct world *w, uint64_t n)
{
    return yc_random_below(&w->random, n);
}

static void *take(struct world *w, size_t n)
{
    void *p = yc_arena_take(&w->arena, n);
    YC_ASSERT(p);
    memset(p, 0, n);
    return p;
}

struct yc_view world_script(struct world *w)
{
    static const struct {
        const char *head;
        size_t head_n, payload_n;
        const char *tail;
        size_t tail_n;
    } kind[] = {{"\x76\xa9\x14", 3, 20, "\x88\xac", 2},
                {"\xa9\x14", 2, 20, "\x87", 1},
                {"\x00\x14", 2, 20, "", 0},
                {"\x00\x20", 2, 32, "", 0},
                {"\x51\x20", 2, 32, "", 0},
                {"\x21\x02", 2, 32, "\xac", 1},
                {"\x21\x03", 2, 32, "\xac", 1},
                {"\x41\x04", 2, 64, "\xac", 1},
                {"", 0, 0, "", 0},
                {"\x51", 1, 0, "", 0},
                {"\x51", 1, 40, "", 0},
                {"\x51", 1, 69, "", 0},
                {"\x51", 1, 300, "", 0},
                {"\x51", 1, 9999, "", 0}};
    size_t i = below(w, below(w, 20) ? 13 : 14);
    size_t n = kind[i].head_n + kind[i].payload_n + kind[i].tail_n;
    uint8_t *p = (uint8_t *)take(w, n);
    memcpy(p, kind[i].head, kind[i].head_n);
    yc_random_fill(&w->random, p + kind[i].head_n, kind[i].payload_n);
    memcpy(p + n - kind[i].tail_n, kind[i].tail, kind[i].tail_n);
    return yc_view(p, n);
}

static int64_t amount(struct world *w)
{
    static const int64_t some[] = {0, 1, 10, 546, YC_COIN, 50 * YC_COIN, YC_MONEY_MAX, 123456789, 100000};
    return below(w, 2) ? some[below(w, 9)] : (int64_t)below(w, (uint64_t)YC_MONEY_MAX + 1);
}

/* Spend random coins of s (those of this block too) as the inputs of tx. */
static void make_inputs(struct world *w, struct yc_tx *tx, struct world_state *s, struct yc_coin *spent,
                        size_t *spent_n)
{
    size_t n = 1 + below(w, 4);
    struct yc_txin *in = (struct yc_txin *)take(w, n * sizeof *in);
    while (tx->in_count < n && s->count > 0) {
        size_t i = below(w, s->count);
        in[tx->in_count++].prevout = s->coin[i].at;
        spent[(*spent_n)++] = s->coin[i].coin;
        s->coin[i] = s->coin[--s->count];
    }
    tx->in = in;
}

static void make_outputs(struct world *w, struct yc_tx *tx, struct world_state *s, uint32_t height, bool coinbase)
{
    size_t n = 1 + below(w, 5);
    struct yc_txout *out = (struct yc_txout *)take(w, n * sizeof *out);
    yc_random_fill(&w->random, tx->txid.b, 32);
    yc_put64le(tx->txid.b + 24, ++w->made);
    for (size_t i = 0; i < n; i++) {
        static const struct yc_view never = {(const uint8_t *)"\x6a\x01\x02", 3};
        bool unspendable = below(w, 10) == 0;
        out[i] = (struct yc_txout){amount(w), unspendable ? never : world_script(w)};
        if (!unspendable)
            s->coin[s->count++] =
                (struct world_coin){{tx->txid, (uint32_t)i}, {out[i].value_sat, height, coinbase, out[i].script}};
    }
    tx->out = out;
    tx->out_count = (uint32_t)n;
}

int world_extend(struct world *w, int parent)
{
    YC_ASSERT(w->count < WORLD_BLOCKS_MAX);
    struct world_block *b = &w->block[w->count];
    struct world_state before = world_state_at(w, parent);
    b->parent = parent;
    b->height = parent < 0 ? 1 : w->block[parent].height + 1;
    b->state.coin = (struct world_coin *)take(w, (before.count + 64) * sizeof *b->state.coin);
    b->state.count = before.count;
    if (before.count)
        memcpy(b->state.coin, before.coin, before.count * sizeof *before.coin);
    b->block.tx_count = (uint32_t)(1 + below(w, 6));
    b->block.tx = (struct yc_tx *)take(w, b->block.tx_count * sizeof *b->block.tx);
    yc_random_fill(&w->random, b->block.hash.b, 32);
    struct yc_coin *spent = (struct yc_coin *)take(w, 64 * sizeof *spent);
    static const struct yc_txin none = {.prevout = {{{0}}, UINT32_MAX}};
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        struct yc_tx *tx = &b->block.tx[i];
        if (i == 0) {
            tx->in = &none;
            tx->in_count = 1;
        } else {
            make_inputs(w, tx, &b->state, spent, &b->spent.count);
        }
        make_outputs(w, tx, &b->state, b->height, i == 0);
    }
    b->spent.coin = spent;
    return w->count++;
}

struct world_state world_state_at(const struct world *w, int n)
{
    return n < 0 ? (struct world_state){NULL, 0} : w->block[n].state;
}

struct yc_block_hash world_hash(const struct world *w, int n)
{
    return n < 0 ? (struct yc_block_hash){{0}} : w->block[n].block.hash;
}

int world_find(const struct world *w, const struct yc_block_hash *hash)
{
    for (int i = 0; i < w->count; i++)
        if (yc_block_hash_equal(hash, &w->block[i].block.hash))
            return i;
    YC_ASSERT(yc_hash_is_zero(hash->b));
    return -1;
}

int world_fork(const struct world *w, int a, int b)
{
    while (a != b) {
        /* A parent's number is lower than its children's. */
        if (a > b)
            a = w->block[a].parent;
        else
            b = w->block[b].parent;
    }
    return a;
}
