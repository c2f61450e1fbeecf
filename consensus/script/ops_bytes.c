/* Elements as bytes. */
#include "consensus/script/run.h"

enum yc_script_error yc_op_size(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    yc_run_push_number(r, (int64_t)yc_stack_top(&r->m->main, 0)->n);
    return YC_SCRIPT_OK;
}

/* OP_EQUAL and OP_EQUALVERIFY */
enum yc_script_error yc_op_equal(struct yc_script_run *r, const struct yc_script_op *op)
{
    struct yc_stack *s = &r->m->main;
    bool equal = yc_view_equal(yc_stack_view(s, 0), yc_stack_view(s, 1));
    yc_stack_drop(s, 2);
    if (op->opcode == YC_OP_EQUALVERIFY)
        return equal ? YC_SCRIPT_OK : YC_SCRIPT_ERR_EQUALVERIFY;
    yc_stack_bool(s, equal);
    return YC_SCRIPT_OK;
}
