#include "consensus/script/verify.h"

#include "consensus/script/run.h"
#include "consensus/script/taproot.h"

#define TAPSCRIPT_BUDGET_BASE 50 /* BIP 342 */

struct yc_script_machine *yc_script_machine_new(const struct yc_alloc *alloc)
{
    struct yc_script_machine *m = yc_alloc_new(alloc, sizeof *m);
    if (m)
        m->alloc = alloc;
    return m;
}

void yc_script_machine_free(struct yc_script_machine *m)
{
    if (m)
        yc_alloc_free(m->alloc, m, sizeof *m);
}

static void stack_clear(struct yc_stack *s)
{
    s->count = s->buried = 0;
}

/* Copies the elements in use alone. */
static void stack_assign(struct yc_stack *to, const struct yc_stack *from)
{
    to->count = from->count;
    to->buried = from->buried;
    memcpy(to->at, from->at, from->count * sizeof from->at[0]);
}

static bool top_is_true(struct yc_stack *s)
{
    return s->count > 0 && yc_script_bool(yc_stack_view(s, 0));
}

/* Witness programs. */

/* Put witness elements on the stack, the first at the bottom; those that no operation can reach are counted only. */
static enum yc_script_error load_witness(struct yc_stack *s, const struct yc_view *item, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (item[i].n > YC_SCRIPT_ELEMENT_BYTES_MAX)
            return YC_SCRIPT_ERR_PUSH_SIZE;
    const size_t most = YC_SCRIPT_STACK_MAX + YC_STACK_REACH;
    stack_clear(s);
    s->buried = count > most ? (uint32_t)(count - most) : 0;
    for (size_t i = s->buried; i < count; i++)
        yc_stack_borrow(s, item[i]);
    return YC_SCRIPT_OK;
}

static enum yc_script_error run_witness_script(struct yc_script_job *job, enum yc_script_version version,
                                               struct yc_view script, const struct yc_view *item, size_t count,
                                               struct yc_sighash_tap *tap, int64_t budget)
{
    struct yc_stack *s = &job->machine->main;
    enum yc_script_error e = load_witness(s, item, count);
    if (!e)
        e = yc_script_run(job, version, script, tap, budget);
    if (e)
        return e;
    if (yc_stack_depth(s) != 1)
        return YC_SCRIPT_ERR_CLEANSTACK;
    return top_is_true(s) ? YC_SCRIPT_OK : YC_SCRIPT_ERR_EVAL_FALSE;
}

static enum yc_script_error verify_v0(struct yc_script_job *job, struct yc_view program)
{
    const struct yc_txin *in = &job->spend->tx->in[job->input];
    if (program.n == 32) {
        if (in->witness_count == 0)
            return YC_SCRIPT_ERR_WITNESS_PROGRAM_WITNESS_EMPTY;
        struct yc_view script = in->witness[in->witness_count - 1];
        uint8_t digest[32];
        yc_sha256_once(digest, script.p, script.n);
        if (memcmp(digest, program.p, 32) != 0)
            return YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH;
        return run_witness_script(job, YC_SCRIPT_V0, script, in->witness, in->witness_count - 1, NULL, 0);
    }
    if (program.n == 20) {
        if (in->witness_count != 2)
            return YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH;
        uint8_t script[25] = {YC_OP_DUP, YC_OP_HASH160, 20};
        memcpy(script + 3, program.p, 20);
        script[23] = YC_OP_EQUALVERIFY;
        script[24] = YC_OP_CHECKSIG;
        return run_witness_script(job, YC_SCRIPT_V0, yc_view(script, sizeof script), in->witness, 2, NULL, 0);
    }
    return YC_SCRIPT_ERR_WITNESS_PROGRAM_WRONG_LENGTH;
}

/* An OP_SUCCESS makes the script succeed whatever else it holds, even broken pushes behind it. */
static enum yc_script_error scan_success(struct yc_view script, uint32_t flags, bool *found)
{
    size_t at = 0;
    struct yc_script_op op;
    *found = false;
    while (yc_script_next(script, &at, &op, NULL)) {
        if (!yc_opcode_is_success(op.opcode))
            continue;
        *found = true;
        return flags & YC_SCRIPT_DISCOURAGE_OP_SUCCESS ? YC_SCRIPT_ERR_DISCOURAGE_OP_SUCCESS : YC_SCRIPT_OK;
    }
    return at < script.n ? YC_SCRIPT_ERR_BAD_OPCODE : YC_SCRIPT_OK;
}

/* BIP 342: what signature checks may weigh grows with the witness of this very input (catalogue C27). */
static int64_t tapscript_budget(const struct yc_txin *in)
{
    uint64_t bytes = yc_compact_bytes(in->witness_count);
    for (uint32_t i = 0; i < in->witness_count; i++)
        bytes += yc_compact_bytes(in->witness[i].n) + in->witness[i].n;
    return TAPSCRIPT_BUDGET_BASE + (int64_t)bytes;
}

static enum yc_script_error verify_tapscript(struct yc_script_job *job, struct yc_view script,
                                             const struct yc_view *item, size_t count, struct yc_sighash_tap *tap)
{
    bool success;
    enum yc_script_error e = scan_success(script, job->flags, &success);
    if (e || success)
        return e;
    if (count > YC_SCRIPT_STACK_MAX)
        return YC_SCRIPT_ERR_STACK_SIZE;
    int64_t budget = tapscript_budget(&job->spend->tx->in[job->input]);
    return run_witness_script(job, YC_SCRIPT_TAPSCRIPT, script, item, count, tap, budget);
}

/* Script path: the commitment is proven before the leaf version is looked at. Attack: an unknown version that
 * succeeds first makes every taproot output anyone's (catalogue C25). */
static enum yc_script_error verify_script_path(struct yc_script_job *job, struct yc_view program, size_t count,
                                               struct yc_sighash_tap *tap)
{
    const struct yc_view *item = job->spend->tx->in[job->input].witness;
    struct yc_view control = item[count - 1], script = item[count - 2];
    if (!yc_taproot_control_is_sized(control))
        return YC_SCRIPT_ERR_TAPROOT_WRONG_CONTROL_SIZE;
    uint8_t version = control.p[0] & YC_TAPROOT_LEAF_MASK;
    yc_taproot_leaf_hash(tap->leaf32, version, script);
    if (!yc_taproot_commits(program.p, control, tap->leaf32))
        return YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH;
    tap->is_script = true;
    if (version == YC_TAPROOT_LEAF_TAPSCRIPT)
        return verify_tapscript(job, script, item, count - 2, tap);
    return job->flags & YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION
               ? YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION
               : YC_SCRIPT_OK;
}

static enum yc_script_error verify_taproot(struct yc_script_job *job, struct yc_view program)
{
    const struct yc_txin *in = &job->spend->tx->in[job->input];
    size_t count = in->witness_count;
    struct yc_sighash_tap tap = {0};
    if (!(job->flags & YC_SCRIPT_TAPROOT))
        return YC_SCRIPT_OK;
    if (count == 0)
        return YC_SCRIPT_ERR_WITNESS_PROGRAM_WITNESS_EMPTY;
    struct yc_view last = in->witness[count - 1];
    if (count >= 2 && last.n > 0 && last.p[0] == YC_TAPROOT_ANNEX_TAG) {
        tap.has_annex = true;
        yc_sighash_annex(tap.annex32, last);
        count--;
    }
    if (count == 1)
        return yc_job_schnorr(job, in->witness[0], program.p, &tap);
    return verify_script_path(job, program, count, &tap);
}

static bool is_anchor(unsigned version, struct yc_view program)
{
    return version == 1 && program.n == 2 && program.p[0] == 0x4e && program.p[1] == 0x73;
}

static enum yc_script_error verify_program(struct yc_script_job *job, unsigned version, struct yc_view program,
                                           bool in_p2sh)
{
    if (version == 0)
        return verify_v0(job, program);
    if (version == 1 && program.n == 32 && !in_p2sh)
        return verify_taproot(job, program);
    if (is_anchor(version, program) && !in_p2sh)
        return YC_SCRIPT_OK;
    return job->flags & YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM
               ? YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM
               : YC_SCRIPT_OK;
}

/* Scripts. */

/* Is the script sig exactly one push of the redeem script, by the opcode that a builder takes? */
static bool is_push_of(struct yc_view script_sig, struct yc_view redeem)
{
    size_t at = 0;
    struct yc_script_op op;
    /* A witness program has 4 to 42 bytes, so the only such push is the direct one. */
    return yc_script_next(script_sig, &at, &op, NULL) && at == script_sig.n && op.opcode == redeem.n &&
           yc_view_equal(op.data, redeem);
}

/* The script on top of what scriptSig left, run on the rest. */
static enum yc_script_error verify_p2sh(struct yc_script_job *job, bool *had_witness)
{
    struct yc_script_machine *m = job->machine;
    struct yc_view script_sig = job->spend->tx->in[job->input].script_sig;
    if (!yc_script_is_push_only(script_sig))
        return YC_SCRIPT_ERR_SIG_PUSHONLY;
    stack_assign(&m->main, &m->kept);
    /* The element may hold its own bytes (OP_1 as a redeem script), and its slot is about to be used again. */
    const struct yc_element top = *yc_stack_top(&m->main, 0);
    struct yc_view redeem = yc_element_view(&top), program;
    yc_stack_drop(&m->main, 1);
    enum yc_script_error e = yc_script_run(job, YC_SCRIPT_LEGACY, redeem, NULL, 0);
    if (e)
        return e;
    if (!top_is_true(&m->main))
        return YC_SCRIPT_ERR_EVAL_FALSE;
    unsigned version;
    if (!(job->flags & YC_SCRIPT_WITNESS) || !yc_script_is_witness_program(redeem, &version, &program))
        return YC_SCRIPT_OK;
    *had_witness = true;
    if (!is_push_of(script_sig, redeem))
        return YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH;
    return verify_program(job, version, program, true);
}

/* scriptSig and the spent script run apart, and only the stack crosses (CVE-2010-5141, catalogue C02). */
static enum yc_script_error run_both(struct yc_script_job *job, bool is_p2sh)
{
    struct yc_script_machine *m = job->machine;
    stack_clear(&m->main);
    enum yc_script_error e = yc_script_run(job, YC_SCRIPT_LEGACY, job->spend->tx->in[job->input].script_sig, NULL, 0);
    if (e)
        return e;
    if (is_p2sh)
        stack_assign(&m->kept, &m->main);
    e = yc_script_run(job, YC_SCRIPT_LEGACY, job->spend->spent[job->input].script, NULL, 0);
    if (e)
        return e;
    return top_is_true(&m->main) ? YC_SCRIPT_OK : YC_SCRIPT_ERR_EVAL_FALSE;
}

static enum yc_script_error verify(struct yc_script_job *job)
{
    const struct yc_txin *in = &job->spend->tx->in[job->input];
    struct yc_view script = job->spend->spent[job->input].script, program;
    bool is_p2sh = job->flags & YC_SCRIPT_P2SH && yc_script_is_p2sh(script), had_witness = false;
    unsigned version;
    if (job->flags & YC_SCRIPT_SIGPUSHONLY && !yc_script_is_push_only(in->script_sig))
        return YC_SCRIPT_ERR_SIG_PUSHONLY;
    enum yc_script_error e = run_both(job, is_p2sh);
    if (e)
        return e;
    if (job->flags & YC_SCRIPT_WITNESS && yc_script_is_witness_program(script, &version, &program)) {
        had_witness = true;
        e = in->script_sig.n ? YC_SCRIPT_ERR_WITNESS_MALLEATED : verify_program(job, version, program, false);
    } else if (is_p2sh) {
        e = verify_p2sh(job, &had_witness);
    }
    if (e)
        return e;
    /* A witness program's own stack was checked where it ran. */
    if (job->flags & YC_SCRIPT_CLEANSTACK && !had_witness && yc_stack_depth(&job->machine->main) != 1)
        return YC_SCRIPT_ERR_CLEANSTACK;
    if (job->flags & YC_SCRIPT_WITNESS && !had_witness && in->witness_count > 0)
        return YC_SCRIPT_ERR_WITNESS_UNEXPECTED;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_script_verify(const struct yc_spend *s, uint32_t input, uint32_t flags,
                                      const struct yc_checker *checker, struct yc_script_machine *m)
{
    YC_ASSERT(input < s->tx->in_count && s->spent);
    struct yc_script_job job = {
        .spend = s, .input = input, .flags = flags, .checker = checker, .machine = m, .may_defer = true};
    enum yc_script_error e = verify(&job);
    if (e && job.deferred) {
        /* A deferred signature was taken for good; were it bad, the script might have gone another way. */
        job.may_defer = false;
        e = verify(&job);
    }
    return e;
}
