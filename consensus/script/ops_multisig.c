/* CHECKMULTISIG: (dummy sig.. sig_count key.. key_count -- good), from the top down. Legacy and witness v0. */
#include "consensus/script/encoding.h"
#include "consensus/script/run.h"
#include "consensus/script/solver.h"

struct multisig {
    size_t key_count, sig_count;
    size_t key_at, sig_at; /* places from the top of the last key and the last signature: matching goes from there */
    size_t taken;          /* elements down to the dummy, which is left out */
};

/* Where everything lies, with the checks of counts in their order. */
static enum yc_script_error layout(struct yc_script_run *r, struct multisig *m)
{
    struct yc_stack *s = &r->m->main;
    int64_t n;
    if (yc_stack_depth(s) < 1)
        return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
    if (!yc_run_number(r, 0, &n))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    if (n < 0 || n > YC_SCRIPT_KEYS_MAX)
        return YC_SCRIPT_ERR_PUBKEY_COUNT;
    m->key_count = (size_t)n;
    r->counted += (uint32_t)n;
    if (r->counted > YC_SCRIPT_OPS_MAX)
        return YC_SCRIPT_ERR_OP_COUNT;
    m->key_at = 1;
    if (yc_stack_depth(s) < m->key_count + 2)
        return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
    if (!yc_run_number(r, m->key_count + 1, &n))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    if (n < 0 || (size_t)n > m->key_count)
        return YC_SCRIPT_ERR_SIG_COUNT;
    m->sig_count = (size_t)n;
    m->sig_at = m->key_count + 2;
    m->taken = m->sig_at + m->sig_count;
    /* The dummy must be there before any signature is looked at. */
    return yc_stack_depth(s) < m->taken + 1 ? YC_SCRIPT_ERR_INVALID_STACK_OPERATION : YC_SCRIPT_OK;
}

/* Each key is tried against one signature, in order; a key that fails is passed over for good. */
static enum yc_script_error match(struct yc_script_run *r, const struct multisig *m, struct yc_view code, bool *good)
{
    struct yc_stack *s = &r->m->main;
    size_t sigs = m->sig_count, keys = m->key_count, sig_at = m->sig_at, key_at = m->key_at;
    *good = true;
    while (sigs > 0) {
        struct yc_view sig = yc_stack_view(s, sig_at), key = yc_stack_view(s, key_at);
        enum yc_script_error e = yc_sig_check_encoding(sig, r->flags);
        if (!e)
            e = yc_pubkey_check_encoding(key, r->flags, r->version == YC_SCRIPT_V0);
        if (e)
            return e;
        if (yc_run_ecdsa(r, sig, key, code, false)) {
            sig_at++;
            sigs--;
        }
        key_at++;
        keys--;
        if (sigs > keys) {
            *good = false;
            break;
        }
    }
    return YC_SCRIPT_OK;
}

/* Hand it to the checker as a whole, to be decided later. Only when no signature and no key could end the script by its
 * encoding, whichever of them the exact way would come to. */
static bool defer(struct yc_script_run *r, const struct multisig *m, struct yc_view code)
{
    struct yc_stack *s = &r->m->main;
    struct yc_script_job *job = r->job;
    struct yc_view sig[YC_SCRIPT_KEYS_MAX], key[YC_SCRIPT_KEYS_MAX];
    uint8_t digest32[YC_SCRIPT_KEYS_MAX][32];
    if (!job->may_defer || !job->checker->multisig || m->sig_count == 0)
        return false;
    for (size_t i = 0; i < m->key_count; i++) {
        key[i] = yc_stack_view(s, m->key_at + i);
        if (!yc_pubkey_has_valid_size(key[i]) ||
            yc_pubkey_check_encoding(key[i], r->flags, r->version == YC_SCRIPT_V0) != YC_SCRIPT_OK)
            return false;
    }
    for (size_t i = 0; i < m->sig_count; i++) {
        sig[i] = yc_stack_view(s, m->sig_at + i);
        if (sig[i].n == 0 || yc_sig_check_encoding(sig[i], r->flags) != YC_SCRIPT_OK)
            return false;
        yc_run_digest(r, sig[i], code, digest32[i]);
        sig[i].n--;
    }
    struct yc_multisig whole = {m->sig_count, m->key_count, sig, key, (const uint8_t(*)[32])digest32};
    bool deferred = job->checker->multisig(job->checker->ctx, &whole);
    job->deferred = job->deferred || deferred;
    return deferred;
}

/* What is checked after the fact: failed signatures must have been empty, and so must the dummy, the extra element that
 * CHECKMULTISIG has always taken by mistake. */
static enum yc_script_error clean_up(struct yc_script_run *r, const struct multisig *m, bool good)
{
    struct yc_stack *s = &r->m->main;
    for (size_t i = 0; !good && r->flags & YC_SCRIPT_NULLFAIL && i < m->sig_count; i++)
        if (yc_stack_top(s, m->sig_at + i)->n)
            return YC_SCRIPT_ERR_SIG_NULLFAIL;
    yc_stack_drop(s, m->taken);
    if (r->flags & YC_SCRIPT_NULLDUMMY && yc_stack_top(s, 0)->n)
        return YC_SCRIPT_ERR_SIG_NULLDUMMY;
    yc_stack_drop(s, 1);
    return YC_SCRIPT_OK;
}

/* OP_CHECKMULTISIG and OP_CHECKMULTISIGVERIFY */
enum yc_script_error yc_op_checkmultisig(struct yc_script_run *r, const struct yc_script_op *op)
{
    if (r->version == YC_SCRIPT_TAPSCRIPT)
        return YC_SCRIPT_ERR_TAPSCRIPT_CHECKMULTISIG;
    struct multisig m;
    bool good = false;
    enum yc_script_error e = layout(r, &m);
    struct yc_view code = yc_run_code(r);
    for (size_t i = 0; !e && i < m.sig_count; i++)
        e = yc_run_delete_sig(r, &code, yc_stack_view(&r->m->main, m.sig_at + i));
    if (!e && defer(r, &m, code))
        good = true;
    else if (!e)
        e = match(r, &m, code, &good);
    if (!e)
        e = clean_up(r, &m, good);
    if (e)
        return e;
    if (op->opcode == YC_OP_CHECKMULTISIGVERIFY)
        return good ? YC_SCRIPT_OK : YC_SCRIPT_ERR_CHECKMULTISIGVERIFY;
    yc_stack_bool(&r->m->main, good);
    return YC_SCRIPT_OK;
}
