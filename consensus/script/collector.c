#include "consensus/script/collector.h"

#include "base/assert.h"

/* As long as a signature can be that the lanes would take; longer ones (of blocks before BIP 66) are decided at once. */
#define SIG_BYTES_MAX 80

struct held {
    uint8_t pubkey[65], sig[SIG_BYTES_MAX], msg32[32];
};

/* A CHECKMULTISIG: signature i may be for the keys i to i + span - 1, and the pairs lie signature by signature. */
struct multisig {
    size_t first; /* pair, among the tasks */
    size_t sig_count, span;
};
#define MULTISIGS_MAX 64

struct yc_sig_collector {
    struct yc_checker checker;
    struct yc_sigbatch *batch;
    struct yc_alloc alloc;
    bool lanes_alone;
    size_t count, item;
    struct held held[YC_SIG_COLLECTOR_MAX];
    struct yc_sig_task task[YC_SIG_COLLECTOR_MAX]; /* over held */
    struct multisig multisig[MULTISIGS_MAX];
    size_t multisig_count;
    size_t item_of[YC_SIG_COLLECTOR_MAX];
    size_t bad[YC_SIG_COLLECTOR_MAX]; /* what settling found */
};

/* Hold a signature; false when there is no room for it. */
static bool hold(struct yc_sig_collector *c, enum yc_sig_kind kind, struct yc_view pubkey, struct yc_view sig,
                 const uint8_t msg32[32])
{
    if (c->count == YC_SIG_COLLECTOR_MAX || pubkey.n > sizeof c->held[0].pubkey || sig.n > SIG_BYTES_MAX)
        return false;
    struct held *h = &c->held[c->count];
    if (pubkey.n)
        memcpy(h->pubkey, pubkey.p, pubkey.n);
    if (sig.n)
        memcpy(h->sig, sig.p, sig.n);
    memcpy(h->msg32, msg32, 32);
    c->task[c->count] = (struct yc_sig_task){.kind = kind,
                                             .pubkey = yc_view(h->pubkey, pubkey.n),
                                             .sig = yc_view(h->sig, sig.n),
                                             .msg32 = h->msg32,
                                             .sure_only = c->lanes_alone};
    c->item_of[c->count++] = c->item;
    return true;
}

static enum yc_sig ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32], bool may_defer)
{
    if (may_defer && hold(ctx, YC_SIG_KIND_ECDSA, pubkey, sig, msg32))
        return YC_SIG_DEFERRED;
    const struct yc_checker *now = yc_checker_now();
    return now->ecdsa(now->ctx, pubkey, sig, msg32, false);
}

static enum yc_sig schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                           bool may_defer)
{
    if (may_defer && hold(ctx, YC_SIG_KIND_BIP340, yc_view(xonly32, 32), yc_view(sig64, 64), msg32))
        return YC_SIG_DEFERRED;
    const struct yc_checker *now = yc_checker_now();
    return now->schnorr(now->ctx, xonly32, sig64, msg32, false);
}

static bool multisig(void *ctx, const struct yc_multisig *m)
{
    struct yc_sig_collector *c = ctx;
    size_t span = m->key_count - m->sig_count + 1, pairs = m->sig_count * span, first = c->count;
    if (pairs > YC_SIG_COLLECTOR_PAIRS_MAX || pairs > YC_SIG_COLLECTOR_MAX - c->count ||
        c->multisig_count == MULTISIGS_MAX)
        return false;
    for (size_t i = 0; i < pairs; i++) {
        size_t sig = i / span, key = sig + i % span;
        if (!hold(c, YC_SIG_KIND_ECDSA, m->key[key], m->sig[sig], m->digest32[sig])) {
            c->count = first;
            return false;
        }
        c->task[first + i].sure_only = true;
    }
    c->multisig[c->multisig_count++] = (struct multisig){first, m->sig_count, span};
    return true;
}

/* Are there surely good keys for all signatures, in the same order? Then the exact way, which tries keys in turn and knows of
 * more good pairs at most, finds such keys too. */
static bool is_matched(const struct multisig *m, const bool *good)
{
    size_t key = 0; /* the first that is not taken */
    for (size_t sig = 0; sig < m->sig_count; sig++) {
        if (key < sig)
            key = sig;
        while (key < sig + m->span && !good[m->first + sig * m->span + (key - sig)])
            key++;
        if (key++ == sig + m->span)
            return false;
    }
    return true;
}

enum yc_verdict yc_sig_collector_new(struct yc_sig_collector **out, const struct yc_sigengine *engine, uint64_t seed,
                                     const struct yc_alloc *alloc, struct yc_error *err)
{
    struct yc_sig_collector *c = yc_alloc_new(alloc, sizeof *c);
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for %zu bytes to gather signatures in", sizeof *c);
    enum yc_verdict verdict = yc_sigbatch_new(&c->batch, engine, seed, alloc, err);
    if (verdict != YC_VALID) {
        yc_alloc_free(alloc, c, sizeof *c);
        return verdict;
    }
    c->checker = (struct yc_checker){ecdsa, schnorr, c, multisig};
    c->alloc = *alloc;
    c->count = c->item = c->multisig_count = 0;
    c->lanes_alone = engine->lanes != NULL;
    *out = c;
    return YC_VALID;
}

void yc_sig_collector_free(struct yc_sig_collector *c)
{
    if (!c)
        return;
    struct yc_alloc alloc = c->alloc;
    yc_sigbatch_free(c->batch);
    yc_alloc_free(&alloc, c, sizeof *c);
}

const struct yc_checker *yc_sig_collector_checker(struct yc_sig_collector *c)
{
    return &c->checker;
}

void yc_sig_collector_begin(struct yc_sig_collector *c, size_t item)
{
    YC_ASSERT(c->count == 0 || item >= c->item_of[c->count - 1]);
    c->item = item;
}

void yc_sig_collector_drop(struct yc_sig_collector *c)
{
    while (c->count && c->item_of[c->count - 1] == c->item)
        c->count--;
    while (c->multisig_count && c->multisig[c->multisig_count - 1].first >= c->count)
        c->multisig_count--;
}

size_t yc_sig_collector_count(const struct yc_sig_collector *c)
{
    return c->count;
}

enum yc_verdict yc_sig_collector_settle(struct yc_sig_collector *c, const size_t **out_items, size_t *out_count,
                                        struct yc_error *err)
{
    bool good[YC_SIG_COLLECTOR_MAX];
    struct yc_sigbatch_mismatch mismatch; /* err says it */
    size_t bad = 0;
    enum yc_verdict verdict = yc_sigbatch_check(c->batch, c->task, c->count, good, &mismatch, err);
    size_t next = 0; /* CHECKMULTISIG */
    for (size_t i = 0; verdict == YC_VALID && i < c->count;) {
        bool whole = next < c->multisig_count && c->multisig[next].first == i;
        const struct multisig *m = whole ? &c->multisig[next++] : NULL;
        bool ok = m ? is_matched(m, good) : good[i];
        if (!ok && (bad == 0 || c->bad[bad - 1] != c->item_of[i]))
            c->bad[bad++] = c->item_of[i];
        i += m ? m->sig_count * m->span : 1;
    }
    c->multisig_count = 0;
    c->count = 0;
    *out_items = c->bad;
    *out_count = bad;
    return verdict;
}
