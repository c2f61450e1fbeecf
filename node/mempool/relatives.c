/* What a transaction on trial would be connected with: its parents and children, the rules of version 3, the limit on
 * clusters. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hex.h"
#include "node/mempool/attempt.h"

static bool add_once(struct yc_pool_links *l, struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->p[i] == n)
            return true;
    }
    if (l->n == l->cap)
        return false;
    l->p[l->n++] = n;
    return true;
}

bool yc_attempt_find_relatives(struct yc_attempt *a)
{
    struct yc_pool_links *up = &a->probe.parents, *down = &a->probe.children;
    up->p = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *up->p);
    down->p = yc_arena_take_array(&a->p->scratch, a->tx.out_count, sizeof *down->p);
    up->cap = a->tx.in_count;
    down->cap = a->tx.out_count;
    if (!up->p || !down->p)
        return false;
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        struct yc_pool_node *n = yc_pool_get(a->p, &a->tx.in[i].prevout.txid);
        if (n && !add_once(up, n))
            return false;
    }
    for (uint32_t i = 0; i < a->tx.out_count; i++) {
        struct yc_outpoint at = {a->tx.txid, i};
        struct yc_pool_node *n = yc_pool_get_spender(a->p, &at);
        if (n && !add_once(down, n))
            return false;
    }
    return true;
}

/* ---- version 3 ---- */

/* "tx TXID (wtxid=WTXID)", as Bitcoin Core names a transaction. */
struct tx_name {
    char text[2 * 64 + 16];
};

static struct tx_name name_of(const struct yc_tx *tx)
{
    struct tx_name name;
    char txid[65], wtxid[65];
    yc_hex_write_reversed(txid, tx->txid.b, 32);
    yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
    (void)snprintf(name.text, sizeof name.text, "tx %s (wtxid=%s)", txid, wtxid);
    return name;
}

static enum yc_verdict refuse_truc(struct yc_attempt *a, const struct yc_tx *tx, const char *what)
{
    return yc_policy_refuse(a->why, YC_POLICY_TRUC, "%s %s", name_of(tx).text, what);
}

static enum yc_verdict refuse_size(struct yc_attempt *a, const char *kind, uint32_t vbytes_max)
{
    return yc_policy_refuse(a->why, YC_POLICY_TRUC, "version=3 %s%s is too big: %llu > %u virtual bytes", kind,
                            name_of(&a->tx).text, (unsigned long long)a->probe.e.vbytes, vbytes_max);
}

/* The parent has a child already. One that only has this parent and no child may be evicted for the newcomer, as if both
 * spent the same coin: else whoever holds one output of the parent could keep the others from bringing a fee. */
static enum yc_verdict check_sibling(struct yc_attempt *a, struct yc_pool_node *parent)
{
    for (struct yc_pool_node *r = yc_pool_walk(a->p, parent, false)->walk_next; r; r = r->walk_next) {
        if (yc_pool_has_role(a->p, r, YC_ROLE_CONFLICTS))
            return YC_VALID;
    }
    struct yc_pool_node *sibling = parent->children.p[0];
    if (parent->down.count != 2 || sibling->up.count != 2 || yc_attempt_returns(a))
        return refuse_truc(a, &parent->e.tx, "would exceed descendant count limit");
    YC_ASSERT(a->conflicts.n < a->conflicts.cap);
    a->conflicts.p[a->conflicts.n++] = sibling;
    yc_pool_give_role(a->p, sibling, YC_ROLE_CONFLICTS);
    a->evicts_sibling = true;
    return YC_VALID;
}

enum yc_verdict yc_attempt_check_truc(struct yc_attempt *a)
{
    const struct yc_pool_links *up = &a->probe.parents;
    bool truc = a->tx.version == YC_TRUC_VERSION;
    for (uint32_t i = 0; i < up->n; i++) {
        bool parent_truc = up->p[i]->e.tx.version == YC_TRUC_VERSION;
        if (truc != parent_truc)
            return yc_policy_refuse(a->why, YC_POLICY_TRUC, "%sversion=3 %s cannot spend from %sversion=3 %s",
                                    truc ? "" : "non-", name_of(&a->tx).text, parent_truc ? "" : "non-",
                                    name_of(&up->p[i]->e.tx).text);
    }
    if (!truc)
        return YC_VALID;
    if (a->probe.e.vbytes > YC_TRUC_VBYTES_MAX)
        return refuse_size(a, "", YC_TRUC_VBYTES_MAX);
    if (up->n > 1 || (up->n == 1 && up->p[0]->up.count > 1))
        return refuse_truc(a, &a->tx, "would have too many ancestors");
    if (up->n == 1 && a->probe.e.vbytes > YC_TRUC_CHILD_VBYTES_MAX)
        return refuse_size(a, "child ", YC_TRUC_CHILD_VBYTES_MAX);
    return up->n == 1 && up->p[0]->down.count > 1 ? check_sibling(a, up->p[0]) : YC_VALID;
}

/* ---- clusters ---- */

/* Members of the cluster that it would be in, up to a few more than allowed, or all of them. */
static uint32_t count_cluster(struct yc_attempt *a, bool all, uint64_t *weight)
{
    uint32_t count = 0;
    *weight = 0;
    for (struct yc_pool_node *r = yc_pool_cluster(a->p, &a->probe, true, all ? UINT32_MAX : a->p->config.cluster_max);
         r; r = r->walk_next) {
        count++;
        *weight += r->e.weight;
    }
    return count;
}

static int later_first(const void *a, const void *b)
{
    const struct yc_pool_node *const *x = a, *const *y = b;
    return (*x)->e.sequence > (*y)->e.sequence ? -1 : (*x)->e.sequence < (*y)->e.sequence;
}

static void drop_leaf(struct yc_attempt *a, struct yc_pool_node *leaf)
{
    struct yc_pool_links *down = &a->probe.children;
    for (uint32_t i = 0; i < down->n; i++) {
        if (down->p[i] == leaf) {
            down->p[i] = down->p[--down->n];
            break;
        }
    }
    YC_ASSERT(leaf->children.n == 0);
    yc_pool_drop(a->p, leaf, YC_POOL_REORG);
}

/* What comes back was there before all that came later: the latest make room, half of what is too much at a time, since
 * those that only they connect go out of the cluster with them. Children come after their parents, so that the latest of
 * a cluster has none. False when nothing is later, or without memory. */
static bool make_room(struct yc_attempt *a, uint32_t count)
{
    uint32_t most = a->p->config.cluster_max, excess = count > most ? count - most : 1, n = 0;
    struct yc_pool_node **member = yc_arena_take_array(&a->p->scratch, count, sizeof *member);
    if (!member)
        return false;
    for (struct yc_pool_node *r = yc_pool_cluster(a->p, &a->probe, true, UINT32_MAX)->walk_next; r; r = r->walk_next) {
        if (r->e.sequence > a->s->sequence)
            member[n++] = r;
    }
    qsort(member, n, sizeof *member, later_first);
    for (uint32_t i = 0; i < n && i < (excess + 1) / 2; i++)
        drop_leaf(a, member[i]);
    return n > 0;
}

enum yc_verdict yc_attempt_check_cluster(struct yc_attempt *a)
{
    const struct yc_pool_config *c = &a->p->config;
    for (;;) {
        uint64_t weight;
        uint32_t count = count_cluster(a, yc_attempt_returns(a), &weight);
        if (count <= c->cluster_max && weight <= c->cluster_vbytes_max * YC_WITNESS_SCALE)
            return YC_VALID;
        if (!yc_attempt_returns(a) || !make_room(a, count))
            return yc_policy_refuse(a->why, YC_POLICY_LARGE_CLUSTER, "%s", "");
    }
}
