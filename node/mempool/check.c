/* The pool checked against itself and against the chain: everything that is kept is counted again. For tests. */
#include "node/mempool/pool.h"

static const char *check_indices(const struct yc_pool *p, const struct yc_pool_node *n)
{
    const struct yc_tx *tx = &n->e.tx;
    if (yc_pool_get(p, &tx->txid) != n || yc_pool_find_wtxid(p, &tx->wtxid) != &n->e)
        return "an entry is not found by its ids";
    for (uint32_t i = 0; i < tx->in_count; i++) {
        if (yc_pool_get_spender(p, &tx->in[i].prevout) != n)
            return "an entry is not the spender of what it spends";
    }
    if (n->e.slot >= p->worst_count || p->worst[n->e.slot] != n)
        return "an entry is not in its slot";
    return NULL;
}

static bool has_link(const struct yc_pool_links *l, const struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->p[i] == n)
            return true;
    }
    return false;
}

static const char *check_links(struct yc_pool *p, const struct yc_pool_node *n)
{
    uint32_t found = 0;
    struct yc_pool_links seen = {0};
    for (uint32_t i = 0; i < n->e.tx.in_count; i++) {
        const struct yc_pool_node *parent = yc_pool_get(p, &n->e.tx.in[i].prevout.txid);
        if (!parent)
            continue;
        found++;
        if (!has_link(&n->parents, parent) || !has_link(&parent->children, n))
            return "a parent and its child are not linked";
        if (parent->e.sequence >= n->e.sequence)
            return "a child comes before its parent";
    }
    for (uint32_t i = 0; i < n->parents.n; i++) {
        seen = (struct yc_pool_links){n->parents.p, i, i};
        if (has_link(&seen, n->parents.p[i]))
            return "a link is there twice";
    }
    if (n->parents.n > found || n->parents.n != n->e.parent_count || n->children.n != n->e.child_count)
        return "a link leads to no parent, or counts of links are wrong";
    for (uint32_t i = 0; i < n->children.n; i++) {
        if (!has_link(&n->children.p[i]->parents, n))
            return "a child does not know its parent";
    }
    return NULL;
}

static bool same_totals(struct yc_pool *p, struct yc_pool_node *n, bool up)
{
    struct yc_pool_package k = {0};
    const struct yc_pool_package *kept = up ? &n->up : &n->down;
    for (struct yc_pool_node *r = yc_pool_walk(p, n, up); r; r = r->walk_next) {
        k.count++;
        k.vbytes += r->e.vbytes;
        k.fees_sat += yc_pool_modified_fee(&r->e);
    }
    return k.count == kept->count && k.vbytes == kept->vbytes && k.fees_sat == kept->fees_sat;
}

/* Every coin that an entry spends is there, in the pool or in the chain, and is what the entry holds of it. */
static const char *check_coins(struct yc_pool *p, const struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < n->e.tx.in_count; i++) {
        struct yc_coin coin;
        const struct yc_outpoint *at = &n->e.tx.in[i].prevout;
        if (yc_pool_coin(p, at, &p->scratch, &coin) != YC_VALID)
            return "an entry spends a coin that is not there";
        if (coin.value_sat != n->e.coin[i].value_sat || !yc_view_equal(coin.script, n->e.coin[i].script))
            return "an entry's coin is another one";
        if (!yc_pool_get(p, &at->txid) &&
            (coin.height != n->e.coin[i].height || coin.coinbase != n->e.coin[i].coinbase))
            return "an entry's coin is from another block";
    }
    return NULL;
}

/* The list of those to confirm holds just the entries that lanes alone have judged, but for those that are being
 * confirmed. */
static const char *check_unconfirmed(const struct yc_pool *p)
{
    size_t unsure = 0, waiting = 0, listed = 0;
    for (const struct yc_pool_node *n = p->oldest; n; n = n->newer) {
        unsure += n->e.by_lanes;
        waiting += n->e.by_lanes && !n->confirming;
    }
    for (const struct yc_pool_node *n = p->unsure_oldest; n; n = n->unsure_newer) {
        listed++;
        if (!n->e.by_lanes || n->confirming ||
            (n->unsure_newer ? n->unsure_newer->unsure_older : p->unsure_newest) != n)
            return "the list of entries to confirm is broken";
    }
    return unsure == p->unsure_count && waiting == listed ? NULL : "an entry to confirm is not in the list";
}

const char *yc_pool_check(struct yc_pool *p)
{
    size_t count = 0, inputs = 0;
    uint64_t vbytes = 0, sequence = 0;
    int64_t fees_sat = 0;
    size_t unbroadcast = 0;
    const char *wrong = NULL;
    for (struct yc_pool_node *n = p->oldest; n && !wrong; n = n->newer) {
        yc_arena_clear(&p->scratch);
        wrong = check_indices(p, n);
        if (!wrong)
            wrong = check_links(p, n);
        if (!wrong)
            wrong = check_coins(p, n);
        if (!wrong && (!same_totals(p, n, true) || !same_totals(p, n, false)))
            wrong = "an entry's package is not what its relatives amount to";
        if (!wrong && (n->e.sequence <= sequence || (n->newer ? n->newer->older != n : p->newest != n)))
            wrong = "the order of arrival is broken";
        sequence = n->e.sequence;
        count++;
        inputs += n->e.tx.in_count;
        vbytes += n->e.vbytes;
        fees_sat += n->e.fee_sat;
        unbroadcast += n->e.unbroadcast;
    }
    if (!wrong)
        wrong = check_unconfirmed(p);
    if (wrong)
        return wrong;
    if (count != p->worst_count || count != p->by_txid.count || count != p->by_wtxid.count ||
        inputs != p->by_spent.count)
        return "an index holds more or less than the pool";
    bool right = vbytes == p->vbytes && fees_sat == p->fees_sat && unbroadcast == p->unbroadcast;
    return right ? NULL : "the pool's sums are wrong";
}
