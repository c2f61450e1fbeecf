/* Constants. */
#include "consensus/script/encoding.h"
#include "consensus/script/run.h"

enum yc_script_error yc_op_push(struct yc_script_run *r, const struct yc_script_op *op)
{
    if (r->flags & YC_SCRIPT_MINIMALDATA && !yc_push_is_minimal(op))
        return YC_SCRIPT_ERR_MINIMALDATA;
    yc_stack_borrow(&r->m->main, op->data);
    return YC_SCRIPT_OK;
}

/* OP_1NEGATE and OP_1..OP_16 */
enum yc_script_error yc_op_push_number(struct yc_script_run *r, const struct yc_script_op *op)
{
    yc_run_push_number(r, (int64_t)op->opcode - (YC_OP_1 - 1));
    return YC_SCRIPT_OK;
}
