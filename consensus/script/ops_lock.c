/* Lock times (BIP 65) and sequences (BIP 112), which compare the script's number with the transaction's. */
#include "consensus/script/run.h"

/* The number on top, of up to five bytes: four end in 2038. */
static enum yc_script_error lock_number(struct yc_script_run *r, int64_t *out)
{
    if (yc_stack_depth(&r->m->main) < 1)
        return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
    if (!yc_script_num_read(out, yc_stack_view(&r->m->main, 0), YC_SCRIPT_LOCK_NUM_BYTES_MAX,
                            r->flags & YC_SCRIPT_MINIMALDATA))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    return *out < 0 ? YC_SCRIPT_ERR_NEGATIVE_LOCKTIME : YC_SCRIPT_OK;
}

enum yc_script_error yc_op_check_lock_time(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (!(r->flags & YC_SCRIPT_CHECKLOCKTIMEVERIFY))
        return YC_SCRIPT_OK;
    int64_t wanted;
    enum yc_script_error e = lock_number(r, &wanted);
    if (e)
        return e;
    const struct yc_tx *tx = r->job->spend->tx;
    bool same_unit = (wanted < YC_LOCKTIME_THRESHOLD) == (tx->lock_time < YC_LOCKTIME_THRESHOLD);
    if (!same_unit || wanted > tx->lock_time)
        return YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME;
    /* A transaction whose inputs are all final has no lock time: this input's being final might make it so. */
    if (tx->in[r->job->input].sequence == YC_SEQUENCE_FINAL)
        return YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_check_sequence(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (!(r->flags & YC_SCRIPT_CHECKSEQUENCEVERIFY))
        return YC_SCRIPT_OK;
    int64_t wanted;
    enum yc_script_error e = lock_number(r, &wanted);
    if (e)
        return e;
    if (wanted & YC_SEQUENCE_DISABLE)
        return YC_SCRIPT_OK;
    const struct yc_tx *tx = r->job->spend->tx;
    uint32_t sequence = tx->in[r->job->input].sequence;
    if (tx->version < 2 || sequence & YC_SEQUENCE_DISABLE)
        return YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME;
    bool same_unit = (wanted & YC_SEQUENCE_TIME) == (sequence & YC_SEQUENCE_TIME);
    bool reached = (wanted & YC_SEQUENCE_MASK) <= (sequence & YC_SEQUENCE_MASK);
    return same_unit && reached ? YC_SCRIPT_OK : YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME;
}
