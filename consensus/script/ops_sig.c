/* One signature at a time: CHECKSIG of the three script versions. */
#include "base/writer.h"
#include "consensus/script/encoding.h"
#include "consensus/script/run.h"
#include "consensus/script/solver.h"

#define SIGOP_WEIGHT 50 /* BIP 342: what a signature check takes from the budget */

enum yc_script_error yc_op_code_separator(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    r->code_start = r->next;
    if (r->tap)
        r->tap->code_separator = r->index;
    return YC_SCRIPT_OK;
}

struct yc_view yc_run_code(const struct yc_script_run *r)
{
    return yc_view_slice(r->script, r->code_start, r->script.n - r->code_start);
}

enum yc_script_error yc_run_delete_sig(struct yc_script_run *r, struct yc_view *code, struct yc_view sig)
{
    if (r->version != YC_SCRIPT_LEGACY)
        return YC_SCRIPT_OK;
    uint8_t push[YC_SCRIPT_ELEMENT_BYTES_MAX + 3];
    struct yc_writer w;
    yc_writer_init(&w, push, sizeof push);
    if (sig.n < YC_OP_PUSHDATA1) {
        yc_writer_u8(&w, (uint8_t)sig.n);
    } else if (sig.n <= UINT8_MAX) {
        yc_writer_u8(&w, YC_OP_PUSHDATA1);
        yc_writer_u8(&w, (uint8_t)sig.n);
    } else {
        yc_writer_u8(&w, YC_OP_PUSHDATA2);
        yc_writer_u16le(&w, (uint16_t)sig.n);
    }
    yc_writer_view(&w, sig);
    size_t n;
    if (yc_script_delete(r->m->code, &n, *code, yc_writer_written(&w)) == 0)
        return YC_SCRIPT_OK;
    if (r->flags & YC_SCRIPT_CONST_SCRIPTCODE)
        return YC_SCRIPT_ERR_SIG_FINDANDDELETE;
    *code = yc_view(r->m->code, n);
    return YC_SCRIPT_OK;
}

void yc_run_digest(struct yc_script_run *r, struct yc_view sig, struct yc_view code, uint8_t digest32[32])
{
    const struct yc_script_job *job = r->job;
    uint8_t type = sig.p[sig.n - 1];
    if (r->version == YC_SCRIPT_V0)
        yc_sighash_v0(digest32, job->spend, job->input, code, type, &r->m->sighash);
    else
        yc_sighash_legacy(digest32, job->spend->tx, job->input, code, type, &r->m->sighash);
}

bool yc_run_ecdsa(struct yc_script_run *r, struct yc_view sig, struct yc_view pubkey, struct yc_view code,
                  bool may_defer)
{
    if (sig.n == 0 || !yc_pubkey_has_valid_size(pubkey))
        return false;
    struct yc_script_job *job = r->job;
    uint8_t digest[32];
    yc_run_digest(r, sig, code, digest);
    enum yc_sig answer = job->checker->ecdsa(job->checker->ctx, pubkey, yc_view_slice(sig, 0, sig.n - 1), digest,
                                             may_defer && job->may_defer);
    job->deferred = job->deferred || answer == YC_SIG_DEFERRED;
    return answer != YC_SIG_BAD;
}

static enum yc_script_error check_ecdsa(struct yc_script_run *r, struct yc_view sig, struct yc_view pubkey, bool *good)
{
    struct yc_view code = yc_run_code(r);
    enum yc_script_error e = yc_run_delete_sig(r, &code, sig);
    if (!e)
        e = yc_sig_check_encoding(sig, r->flags);
    if (!e)
        e = yc_pubkey_check_encoding(pubkey, r->flags, r->version == YC_SCRIPT_V0);
    if (e)
        return e;
    *good = yc_run_ecdsa(r, sig, pubkey, code, true);
    return !*good && r->flags & YC_SCRIPT_NULLFAIL && sig.n ? YC_SCRIPT_ERR_SIG_NULLFAIL : YC_SCRIPT_OK;
}

enum yc_script_error yc_job_schnorr(struct yc_script_job *job, struct yc_view sig, const uint8_t xonly32[32],
                                    struct yc_sighash_tap *tap)
{
    if (sig.n != 64 && sig.n != 65)
        return YC_SCRIPT_ERR_SCHNORR_SIG_SIZE;
    uint8_t digest[32], type = sig.n == 65 ? sig.p[64] : YC_SIGHASH_DEFAULT;
    /* The default is said by leaving the byte out: writing it would be a second form of the same signature. */
    if (sig.n == 65 && type == YC_SIGHASH_DEFAULT)
        return YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE;
    if (!yc_sighash_taproot(digest, job->spend, job->input, type, tap))
        return YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE;
    enum yc_sig answer = job->checker->schnorr(job->checker->ctx, xonly32, sig.p, digest, job->may_defer);
    job->deferred = job->deferred || answer == YC_SIG_DEFERRED;
    return answer == YC_SIG_BAD ? YC_SCRIPT_ERR_SCHNORR_SIG : YC_SCRIPT_OK;
}

/* BIP 342: the budget first, then the kind of key; a signature that is there must be good. */
static enum yc_script_error check_schnorr(struct yc_script_run *r, struct yc_view sig, struct yc_view pubkey,
                                          bool *good)
{
    *good = sig.n > 0;
    if (*good) {
        r->budget -= SIGOP_WEIGHT;
        if (r->budget < 0)
            return YC_SCRIPT_ERR_TAPSCRIPT_VALIDATION_WEIGHT;
    }
    if (pubkey.n == 0)
        return YC_SCRIPT_ERR_TAPSCRIPT_EMPTY_PUBKEY;
    if (pubkey.n == 32)
        return *good ? yc_job_schnorr(r->job, sig, pubkey.p, r->tap) : YC_SCRIPT_OK;
    return r->flags & YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE ? YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_PUBKEYTYPE
                                                                 : YC_SCRIPT_OK;
}

static enum yc_script_error check(struct yc_script_run *r, struct yc_view sig, struct yc_view pubkey, bool *good)
{
    if (r->version == YC_SCRIPT_TAPSCRIPT)
        return check_schnorr(r, sig, pubkey, good);
    return check_ecdsa(r, sig, pubkey, good);
}

/* OP_CHECKSIG and OP_CHECKSIGVERIFY: (sig pubkey -- good) */
enum yc_script_error yc_op_checksig(struct yc_script_run *r, const struct yc_script_op *op)
{
    struct yc_stack *s = &r->m->main;
    bool good = false;
    enum yc_script_error e = check(r, yc_stack_view(s, 1), yc_stack_view(s, 0), &good);
    if (e)
        return e;
    yc_stack_drop(s, 2);
    if (op->opcode == YC_OP_CHECKSIGVERIFY)
        return good ? YC_SCRIPT_OK : YC_SCRIPT_ERR_CHECKSIGVERIFY;
    yc_stack_bool(s, good);
    return YC_SCRIPT_OK;
}

/* (sig n pubkey -- n+good) */
enum yc_script_error yc_op_checksigadd(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    struct yc_stack *s = &r->m->main;
    int64_t n;
    bool good = false;
    if (r->version != YC_SCRIPT_TAPSCRIPT)
        return YC_SCRIPT_ERR_BAD_OPCODE;
    if (yc_stack_depth(s) < 3)
        return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
    if (!yc_run_number(r, 1, &n))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    enum yc_script_error e = check(r, yc_stack_view(s, 2), yc_stack_view(s, 0), &good);
    if (e)
        return e;
    yc_stack_drop(s, 3);
    yc_run_push_number(r, n + (good ? 1 : 0));
    return YC_SCRIPT_OK;
}
