#include "net/relay/extra.h"

void yc_extra_init(struct yc_extra *x, const struct yc_alloc *alloc)
{
    memset(x, 0, sizeof *x);
    x->alloc = alloc;
}

void yc_extra_release(struct yc_extra *x)
{
    for (size_t i = 0; i < YC_EXTRA_MAX; i++) {
        yc_alloc_free(x->alloc, x->item[i].p, x->item[i].n);
        x->item[i].p = NULL;
        x->item[i].n = 0;
    }
}

void yc_extra_add(struct yc_extra *x, const struct yc_tx *tx)
{
    if (tx->raw.n == 0 || tx->raw.n > YC_EXTRA_TX_BYTES_MAX)
        return;
    for (size_t i = 0; i < YC_EXTRA_MAX; i++)
        if (x->item[i].p && yc_wtxid_equal(&x->item[i].wtxid, &tx->wtxid))
            return;
    uint8_t *p = yc_alloc_new(x->alloc, tx->raw.n);
    if (!p)
        return;
    memcpy(p, tx->raw.p, tx->raw.n);
    yc_alloc_free(x->alloc, x->item[x->next].p, x->item[x->next].n);
    x->item[x->next].p = p;
    x->item[x->next].n = tx->raw.n;
    x->item[x->next].wtxid = tx->wtxid;
    x->next = (x->next + 1) % YC_EXTRA_MAX;
}

void yc_extra_offer(const struct yc_extra *x, struct yc_compact *c)
{
    for (size_t i = 0; i < YC_EXTRA_MAX; i++)
        if (x->item[i].p &&
            !yc_compact_offer(c, &x->item[i].wtxid, yc_view(x->item[i].p, x->item[i].n), YC_COMPACT_EXTRA))
            return;
}
