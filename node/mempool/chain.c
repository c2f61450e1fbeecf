/* The pool follows the chain: what was mined leaves, what its blocks spent leaves too with all that stands on it, and
 * what was in blocks that are no longer in the chain returns. Afterwards the pool is what it would be if everything had
 * been submitted anew: those of the blocks first, oldest block first, then the pool in its order (catalogue M09). */
#include "base/assert.h"
#include "base/bytes.h"
#include "node/mempool/pool.h"

/* Transactions of disconnected blocks that are kept for their return. Beyond that the highest blocks' are given up. */
#define LEFT_BYTES_MAX   (UINT32_C(64) << 20)
#define LEFT_ARENA_CHUNK 65536

/* ---- a block came ---- */

/* The children's coin is in the chain now. */
static void note_mined_parent(struct yc_pool_node *n, uint32_t height)
{
    for (uint32_t i = 0; i < n->children.n; i++) {
        const struct yc_pool_entry *child = &n->children.p[i]->e;
        struct yc_coin *coin = (struct yc_coin *)(uintptr_t)child->coin;
        for (uint32_t j = 0; j < child->tx.in_count; j++) {
            if (yc_txid_equal(&child->tx.in[j].prevout.txid, &n->e.tx.txid))
                coin[j].height = height;
        }
    }
}

static void forget_left(struct yc_pool *p, size_t at)
{
    p->left_bytes -= p->left[at].n;
    yc_alloc_free(p->config.alloc, p->left[at].p, p->left[at].n);
    p->left_count--;
    memmove(&p->left[at], &p->left[at + 1], (p->left_count - at) * sizeof *p->left);
}

bool yc_pool_wants_bodies(const struct yc_pool *p)
{
    return p->oldest || p->deltas.count > 0;
}

/* b is NULL when nobody wanted it. */
static void connected(struct yc_pool *p, const struct yc_node *node, const struct yc_block *b)
{
    for (uint32_t i = 1; b && i < b->tx_count; i++) {
        const struct yc_tx *tx = &b->tx[i];
        struct yc_pool_node *n = yc_pool_get(p, &tx->txid);
        if (n) {
            note_mined_parent(n, node->height);
            yc_pool_drop(p, n, YC_POOL_MINED);
        }
        for (uint32_t j = 0; j < tx->in_count; j++) {
            struct yc_pool_node *rival = yc_pool_get_spender(p, &tx->in[j].prevout);
            if (rival)
                yc_pool_drop_all(p, rival, YC_POOL_CONFLICT);
        }
        (void)yc_map_remove(&p->deltas, &tx->txid);
    }
    for (size_t i = p->left_count; i-- > 0;) {
        if (yc_block_hash_equal(&p->left[i].block, &node->hash))
            forget_left(p, i);
    }
    p->block_since_bump = true;
    p->rolling_since_s = yc_wall_s(p->config.clock);
}

/* ---- a block went ---- */

static bool left_reserve(struct yc_pool *p)
{
    if (p->left_count < p->left_cap)
        return true;
    size_t cap = p->left_cap ? p->left_cap * 2 : 8;
    void *bigger = yc_alloc_resize(p->config.alloc, p->left, p->left_cap * sizeof *p->left, cap * sizeof *p->left);
    if (!bigger)
        return false;
    p->left = bigger;
    p->left_cap = cap;
    return true;
}

static void disconnected(struct yc_pool *p, const struct yc_node *node, const struct yc_block *b)
{
    size_t n = 0;
    if (!p->reorganised || node->height - 1 < p->fork_height)
        p->fork_height = node->height - 1;
    p->reorganised = true;
    for (uint32_t i = 1; i < b->tx_count; i++)
        n += 4 + b->tx[i].raw.n;
    uint8_t *copy = n && n <= LEFT_BYTES_MAX && left_reserve(p) ? yc_alloc_new(p->config.alloc, n) : NULL;
    if (!copy) {
        if (n)
            yc_log_warning(p->config.log, "The transactions of block %u, which left the chain, could not be kept",
                           node->height);
        return;
    }
    uint8_t *at = copy;
    for (uint32_t i = 1; i < b->tx_count; i++) {
        yc_put32le(at, (uint32_t)b->tx[i].raw.n);
        memcpy(at + 4, b->tx[i].raw.p, b->tx[i].raw.n);
        at += 4 + b->tx[i].raw.n;
    }
    p->left[p->left_count++] = (struct yc_pool_left){node->hash, node->height, b->tx_count - 1, copy, n};
    p->left_bytes += n;
    while (p->left_bytes > LEFT_BYTES_MAX)
        forget_left(p, 0);
}

/* ---- the chain rests ---- */

static struct yc_view left_tx(const uint8_t *at)
{
    return yc_view(at + 4, yc_get32le(at));
}

/* Run the scripts of the next of `count` transactions together; how many. */
static uint32_t prepare_some(struct yc_pool *p, struct yc_arena *arena, const uint8_t *at, uint32_t count)
{
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    struct yc_reject why;
    uint32_t n = 0, parsed = 0;
    size_t bytes = 0;
    yc_arena_clear(arena);
    for (; n < count && n < YC_POOL_PREPARE_MAX; n++) {
        struct yc_view raw = left_tx(at);
        bytes += raw.n;
        if (n > 0 && bytes > YC_POOL_PREPARE_BYTES_MAX)
            break;
        struct yc_tx *tx = yc_arena_take(arena, sizeof *tx);
        if (tx && yc_tx_parse(tx, raw, arena, &why) == YC_VALID)
            list[parsed++] = tx;
        at += 4 + raw.n;
    }
    yc_pool_prepare_all(p, list, parsed, true);
    return n;
}

static void take_back(struct yc_pool *p, const struct yc_pool_left *l, uint64_t sequence, int64_t now_s)
{
    const uint8_t *at = l->p;
    struct yc_arena arena;
    yc_arena_init(&arena, p->config.alloc, LEFT_ARENA_CHUNK, LEFT_BYTES_MAX);
    for (uint32_t i = 0, prepared = 0; i < l->count; i++) {
        if (i >= prepared)
            prepared += prepare_some(p, &arena, at, l->count - i);
        struct yc_view raw = left_tx(at);
        struct yc_pool_reject why;
        char text[192];
        enum yc_verdict v = yc_pool_try(
            p, &(struct yc_pool_submission){.raw = raw, .fee_max_sat = -1, .time_s = now_s, .sequence = sequence + i},
            NULL, &why);
        if (v != YC_VALID && !(v == YC_POLICY && why.policy == YC_POLICY_ALREADY_KNOWN)) {
            yc_pool_reject_text(text, sizeof text, v, &why);
            yc_log_debug(p->config.log, YC_LOGC_MEMPOOL,
                         "a transaction of block %u, which left the chain, is not taken back: %s", l->height, text);
        }
        at += 4 + raw.n;
    }
    yc_arena_release(&arena);
}

/* Look again for the coins that the blocks above the fork had made. */
static bool refresh_coins(struct yc_pool *p, const struct yc_pool_entry *e, uint32_t next_height)
{
    struct yc_coin *coin = (struct yc_coin *)(uintptr_t)e->coin;
    for (uint32_t i = 0; i < e->tx.in_count; i++) {
        const struct yc_outpoint *at = &e->tx.in[i].prevout;
        if (yc_pool_get(p, &at->txid)) {
            coin[i].height = next_height;
            coin[i].coinbase = false;
            continue;
        }
        if (coin[i].height <= p->fork_height)
            continue;
        struct yc_coin now;
        struct yc_error err;
        yc_arena_clear(&p->scratch);
        enum yc_verdict v = yc_chain_coin(p->chain, at, false, &p->scratch, &now, &err);
        if (v == YC_NOT_YET)
            return false;
        /* A coin that cannot be read is no reason to lose a transaction: the node is about to stop. */
        if (v == YC_VALID) {
            coin[i].height = now.height;
            coin[i].coinbase = now.coinbase;
        }
    }
    return true;
}

static bool still_valid(struct yc_pool *p, const struct yc_pool_entry *e, const struct yc_ancestors *a, int64_t mtp_s)
{
    struct yc_tx_coins t = {&e->tx, e->coin};
    struct yc_reject why;
    int64_t fee_sat;
    return refresh_coins(p, e, a->height + 1) && yc_tx_is_final(&e->tx, a->height + 1, mtp_s) &&
           yc_tx_sequence_locks_ok(&t, a) && yc_tx_check_inputs(&t, a->height + 1, &fee_sat, &why) == YC_VALID;
}

static void drop_what_became_invalid(struct yc_pool *p)
{
    struct yc_ancestors a = yc_node_ancestors(yc_chain_tip(p->chain));
    int64_t mtp_s = yc_median_time_past(&a);
    for (struct yc_pool_node *n = p->oldest, *older; n; n = older ? older->newer : p->oldest) {
        older = n;
        if (!still_valid(p, &n->e, &a, mtp_s)) {
            /* Descendants come later in the list, so what is older stays. */
            older = n->older;
            yc_pool_drop_all(p, n, YC_POOL_REORG);
        }
    }
}

static void at_tip(struct yc_pool *p)
{
    /* Coins are those of the tip only when it rests; until then what has come back waits. */
    if (!p->reorganised || !yc_chain_at_rest(p->chain))
        return;
    uint64_t count = 0;
    int64_t now_s = yc_wall_s(p->config.clock);
    for (size_t i = 0; i < p->left_count; i++)
        count += p->left[i].count;
    p->first_sequence -= count;
    uint64_t sequence = p->first_sequence;
    p->placed = NULL;
    while (p->left_count > 0) {
        const struct yc_pool_left *lowest = &p->left[p->left_count - 1];
        take_back(p, lowest, sequence, now_s);
        sequence += lowest->count;
        forget_left(p, p->left_count - 1);
    }
    drop_what_became_invalid(p);
    p->reorganised = false;
    yc_pool_trim(p);
}

void yc_pool_chain_event(struct yc_pool *p, const struct yc_chain_event *e)
{
    switch (e->kind) {
    case YC_CHAIN_CONNECTED:
        connected(p, e->node, e->body ? &e->body->block : NULL);
        break;
    case YC_CHAIN_DISCONNECTED:
        disconnected(p, e->node, &e->body->block);
        break;
    case YC_CHAIN_TIP:
        at_tip(p);
        break;
    case YC_CHAIN_STORED:
    case YC_CHAIN_REORG:
    case YC_CHAIN_FAILED:
    case YC_CHAIN_HEADERS:
        break;
    }
}
