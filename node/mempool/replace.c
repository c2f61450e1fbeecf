/* A transaction that spends what entries of the pool spend takes their place, and that of all that stand on them, when
 * nobody is worse off for it: whoever mines, and whoever relays. Nobody has to say beforehand that a transaction may be
 * replaced, since miners would take the better one anyway. The numbers of rules are Bitcoin Core's. */
#include <stdio.h>

#include "base/hex.h"
#include "formats/amount.h"
#include "node/mempool/attempt.h"
#include "node/mempool/diagram.h"

#define CLUSTERS_MAX 100 /* rule 5: distinct clusters of direct conflicts */

bool yc_attempt_find_conflicts(struct yc_attempt *a)
{
    struct yc_pool_links *l = &a->conflicts;
    l->cap = a->tx.in_count + 1; /* and a sibling */
    l->p = yc_arena_take_array(&a->p->scratch, l->cap, sizeof *l->p);
    if (!l->p)
        return false;
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        struct yc_pool_node *n = yc_pool_get_spender(a->p, &a->tx.in[i].prevout);
        if (!n || yc_pool_has_role(a->p, n, YC_ROLE_CONFLICTS))
            continue;
        if (l->n == 0)
            a->conflict_at = a->tx.in[i].prevout;
        yc_pool_give_role(a->p, n, YC_ROLE_CONFLICTS);
        l->p[l->n++] = n;
    }
    return true;
}

/* ---- who is affected ---- */

/* Clusters that change, as a list of their members through list_next. */
struct affected {
    struct yc_pool_node *first;
    uint32_t clusters;
};

static void add_cluster(struct yc_attempt *a, struct affected *f, struct yc_pool_node *n)
{
    if (yc_pool_has_role(a->p, n, YC_ROLE_AFFECTED))
        return;
    f->clusters++;
    for (struct yc_pool_node *r = yc_pool_cluster(a->p, n, false, UINT32_MAX); r; r = r->walk_next) {
        yc_pool_give_role(a->p, r, YC_ROLE_AFFECTED);
        r->list_next = f->first;
        f->first = r;
    }
}

/* Rule 5: what has to be put in order again is bounded. */
static enum yc_verdict find_affected(struct yc_attempt *a, struct affected *f, const char *id)
{
    for (uint32_t i = 0; i < a->conflicts.n; i++) {
        add_cluster(a, f, a->conflicts.p[i]);
        if (f->clusters > CLUSTERS_MAX)
            return yc_policy_refuse(a->why, YC_POLICY_REPLACES_MANY,
                                    "rejecting replacement %s; too many conflicting clusters (%u > %u)", id,
                                    f->clusters, CLUSTERS_MAX);
    }
    return YC_VALID;
}

static void mark_leaving(struct yc_attempt *a)
{
    for (uint32_t i = 0; i < a->conflicts.n; i++) {
        if (yc_pool_has_role(a->p, a->conflicts.p[i], YC_ROLE_LEAVES))
            continue; /* and so do its descendants */
        for (struct yc_pool_node *r = yc_pool_walk(a->p, a->conflicts.p[i], false); r; r = r->walk_next) {
            if (yc_pool_has_role(a->p, r, YC_ROLE_LEAVES))
                continue;
            yc_pool_give_role(a->p, r, YC_ROLE_LEAVES);
            a->leaving_count++;
            a->leaving_vbytes += r->e.vbytes;
            a->leaving_sat = yc_fee_sum(a->leaving_sat, yc_pool_modified_fee(&r->e));
        }
    }
}

/* ---- fees ---- */

/* As Bitcoin Core's sentences have amounts: at least two decimals. */
struct money {
    char text[YC_AMOUNT_TEXT_MAX];
};

static struct money money(int64_t sat)
{
    struct money m;
    yc_amount_print(m.text, sat);
    size_t n = strlen(m.text);
    for (int i = 0; i < 6 && m.text[n - 1] == '0'; i++)
        m.text[--n] = 0;
    return m;
}

/* Rule 3: no less in all than what leaves, which relaying has cost already. Rule 4: relaying the newcomer is paid for on
 * top of that; else one satoshi at a time would buy the bandwidth of the whole network. */
static enum yc_verdict check_fees(struct yc_attempt *a, const char *id)
{
    int64_t pays_sat = yc_pool_modified_fee(&a->probe.e), more_sat = pays_sat - a->leaving_sat;
    int64_t least_sat = yc_fee_at_rate(a->p->config.incremental_sat_per_kvb, a->probe.e.vbytes);
    if (more_sat < 0)
        return yc_policy_refuse(a->why, YC_POLICY_REPLACEMENT_FEE,
                                "rejecting replacement %s, less fees than conflicting txs; %s < %s", id,
                                money(pays_sat).text, money(a->leaving_sat).text);
    if (more_sat < least_sat)
        return yc_policy_refuse(a->why, YC_POLICY_REPLACEMENT_FEE,
                                "rejecting replacement %s, not enough additional fees to relay; %s < %s", id,
                                money(more_sat).text, money(least_sat).text);
    return YC_VALID;
}

/* Rule 6: with the newcomer, blocks of any size earn no less than before, and those of some size more. */
static enum yc_verdict check_diagram(struct yc_attempt *a, struct affected *f)
{
    struct yc_diagram before = {0}, after = {0};
    for (uint32_t i = 0; i < a->probe.parents.n; i++)
        add_cluster(a, f, a->probe.parents.p[i]);
    for (struct yc_pool_node *n = f->first; n; n = n->list_next) {
        if (yc_pool_has_role(a->p, n, YC_ROLE_BEFORE))
            continue;
        struct yc_pool_node *cluster = yc_pool_cluster(a->p, n, false, UINT32_MAX);
        for (struct yc_pool_node *r = cluster; r; r = r->walk_next)
            yc_pool_give_role(a->p, r, YC_ROLE_BEFORE);
        if (!yc_diagram_add(&before, a->p, cluster))
            return yc_attempt_no_memory(a);
    }
    struct yc_pool_node *n = &a->probe;
    for (n->list_next = f->first; n; n = n->list_next) {
        if (yc_pool_has_role(a->p, n, YC_ROLE_LEAVES) || yc_pool_has_role(a->p, n, YC_ROLE_AFTER))
            continue;
        struct yc_pool_node *cluster = yc_pool_cluster(a->p, n, true, UINT32_MAX);
        for (struct yc_pool_node *r = cluster; r; r = r->walk_next)
            yc_pool_give_role(a->p, r, YC_ROLE_AFTER);
        if (!yc_diagram_add(&after, a->p, cluster))
            return yc_attempt_no_memory(a);
    }
    if (!yc_diagram_improves(&before, &after))
        return yc_policy_refuse(a->why, YC_POLICY_REPLACEMENT_RATE,
                                "insufficient feerate: does not improve feerate diagram");
    return YC_VALID;
}

enum yc_verdict yc_attempt_check_replacement(struct yc_attempt *a)
{
    struct affected f = {0};
    char id[65];
    yc_hex_write_reversed(id, a->tx.txid.b, 32);
    a->why->conflict = a->conflicts.p[0]->e.tx.txid;
    a->why->evicts_sibling = a->evicts_sibling;

    enum yc_verdict v = find_affected(a, &f, id);
    if (v != YC_VALID)
        return v;
    mark_leaving(a);
    v = check_fees(a, id);
    if (v == YC_VALID)
        v = yc_attempt_check_cluster(a);
    if (v == YC_VALID)
        v = check_diagram(a, &f);
    return v;
}

enum yc_verdict yc_attempt_check_foundation(struct yc_attempt *a)
{
    char id[65], conflict[65];
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, true)->walk_next; r; r = r->walk_next) {
        if (!yc_pool_has_role(a->p, r, YC_ROLE_CONFLICTS))
            continue;
        yc_hex_write_reversed(id, a->tx.txid.b, 32);
        yc_hex_write_reversed(conflict, r->e.tx.txid.b, 32);
        return yc_policy_refuse(a->why, YC_POLICY_SPENDS_CONFLICT, "%s spends conflicting transaction %s", id,
                                conflict);
    }
    return YC_VALID;
}

/* ---- doing it ---- */

static void log_replaced(const struct yc_attempt *a, const struct yc_pool_entry *old)
{
    char old_txid[65], old_wtxid[65], txid[65], wtxid[65];
    const struct yc_pool_entry *e = &a->probe.e;
    yc_hex_write_reversed(old_txid, old->tx.txid.b, 32);
    yc_hex_write_reversed(old_wtxid, old->tx.wtxid.b, 32);
    yc_hex_write_reversed(txid, a->tx.txid.b, 32);
    yc_hex_write_reversed(wtxid, a->tx.wtxid.b, 32);
    yc_log_debug(a->p->config.log, YC_LOGC_MEMPOOL,
                 "replacing mempool tx %s (wtxid=%s, fees=%lld, vsize=%llu). New tx %s (wtxid=%s, fees=%lld, "
                 "vsize=%llu)",
                 old_txid, old_wtxid, (long long)old->fee_sat, (unsigned long long)old->vbytes, txid, wtxid,
                 (long long)yc_pool_modified_fee(e), (unsigned long long)e->vbytes);
}

void yc_attempt_replace(struct yc_attempt *a)
{
    struct yc_pool_links *l = &a->conflicts;
    /* A conflict that stands on another goes with that one. */
    for (uint32_t i = 0; i < l->n; i++) {
        for (struct yc_pool_node *r = yc_pool_walk(a->p, l->p[i], false)->walk_next; r; r = r->walk_next)
            r->roles &= ~(unsigned)YC_ROLE_CONFLICTS;
    }
    uint32_t roots = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        if (yc_pool_has_role(a->p, l->p[i], YC_ROLE_CONFLICTS))
            l->p[roots++] = l->p[i];
    }
    l->n = roots;
    for (uint32_t i = 0; i < l->n; i++) {
        for (struct yc_pool_node *r = yc_pool_walk(a->p, l->p[i], false); r; r = r->walk_next)
            log_replaced(a, &r->e);
        yc_pool_drop_all(a->p, l->p[i], YC_POOL_REPLACED);
    }
}
