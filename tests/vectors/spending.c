#include "vectors/spending.h"

#include "base/assert.h"
#include "consensus/script/script.h"

static struct yc_script_machine *machine(void)
{
    static struct yc_script_machine *one;
    if (!one)
        one = yc_script_machine_new(yc_heap());
    YC_ASSERT(one);
    return one;
}

enum yc_script_error spending_verify(const struct yc_spend *s, uint32_t input, uint32_t flags)
{
    return yc_script_verify(s, input, flags, yc_checker_now(), machine());
}

#define DEFERRED_MAX 64
struct deferred {
    bool schnorr;
    uint8_t key[65], sig[YC_SCRIPT_ELEMENT_BYTES_MAX], msg32[32];
    size_t key_n, sig_n;
};
struct batch {
    size_t count;
    struct deferred at[DEFERRED_MAX];
};

static struct deferred *batch_add(struct batch *b, struct yc_view key, struct yc_view sig, const uint8_t msg32[32])
{
    struct deferred *d = &b->at[b->count++];
    memcpy(d->key, key.p, key.n);
    d->key_n = key.n;
    if (sig.n)
        memcpy(d->sig, sig.p, sig.n);
    d->sig_n = sig.n;
    memcpy(d->msg32, msg32, 32);
    return d;
}

static enum yc_sig defer_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                               bool may_defer)
{
    struct batch *b = ctx;
    if (!may_defer || b->count == DEFERRED_MAX)
        return yc_checker_now()->ecdsa(NULL, pubkey, sig, msg32, false);
    batch_add(b, pubkey, sig, msg32)->schnorr = false;
    return YC_SIG_DEFERRED;
}

static enum yc_sig defer_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                 bool may_defer)
{
    struct batch *b = ctx;
    if (!may_defer || b->count == DEFERRED_MAX)
        return yc_checker_now()->schnorr(NULL, xonly32, sig64, msg32, false);
    batch_add(b, yc_view(xonly32, 32), yc_view(sig64, 64), msg32)->schnorr = true;
    return YC_SIG_DEFERRED;
}

static bool batch_is_good(const struct batch *b)
{
    const struct yc_checker *now = yc_checker_now();
    bool good = true;
    for (size_t i = 0; i < b->count; i++) {
        const struct deferred *d = &b->at[i];
        enum yc_sig answer =
            d->schnorr ? now->schnorr(NULL, d->key, d->sig, d->msg32, false)
                       : now->ecdsa(NULL, yc_view(d->key, d->key_n), yc_view(d->sig, d->sig_n), d->msg32, false);
        good = good && answer == YC_SIG_GOOD;
    }
    return good;
}

enum yc_script_error spending_verify_deferred(const struct yc_spend *s, uint32_t input, uint32_t flags)
{
    static struct batch batch;
    batch.count = 0;
    const struct yc_checker deferring = {defer_ecdsa, defer_schnorr, &batch};
    enum yc_script_error e = yc_script_verify(s, input, flags, &deferring, machine());
    return e == YC_SCRIPT_OK && !batch_is_good(&batch) ? spending_verify(s, input, flags) : e;
}

uint32_t spending_flags_trim(uint32_t flags)
{
    if (!(flags & YC_SCRIPT_P2SH))
        flags &= ~(uint32_t)YC_SCRIPT_WITNESS;
    if (!(flags & YC_SCRIPT_WITNESS))
        flags &= ~(uint32_t)(YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT);
    return flags;
}

uint32_t spending_flags_fill(uint32_t flags)
{
    if (flags & (YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT))
        flags |= YC_SCRIPT_WITNESS;
    if (flags & YC_SCRIPT_WITNESS)
        flags |= YC_SCRIPT_P2SH;
    return flags;
}

bool spending_flags_allowed(uint32_t flags)
{
    return spending_flags_fill(flags) == flags;
}
