/* Conditionals and ends. Branches are kept as two numbers, not a stack: only the outermost branch that is not taken
 * matters, so nesting costs nothing however deep it goes. */
#include "consensus/script/run.h"

enum yc_script_error yc_op_nop(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)r;
    (void)op;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_upgradable_nop(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return r->flags & YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS ? YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_NOPS : YC_SCRIPT_OK;
}

static bool is_empty_or_one(struct yc_view v)
{
    return v.n == 0 || (v.n == 1 && v.p[0] == 1);
}

/* OP_IF and OP_NOTIF */
enum yc_script_error yc_op_if(struct yc_script_run *r, const struct yc_script_op *op)
{
    bool taken = false;
    if (r->untaken_depth == 0) {
        if (yc_stack_depth(&r->m->main) < 1)
            return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
        struct yc_view v = yc_stack_view(&r->m->main, 0);
        if (r->version == YC_SCRIPT_TAPSCRIPT && !is_empty_or_one(v))
            return YC_SCRIPT_ERR_TAPSCRIPT_MINIMALIF;
        if (r->version == YC_SCRIPT_V0 && r->flags & YC_SCRIPT_MINIMALIF && !is_empty_or_one(v))
            return YC_SCRIPT_ERR_MINIMALIF;
        taken = yc_script_bool(v) == (op->opcode == YC_OP_IF);
        yc_stack_drop(&r->m->main, 1);
    }
    r->branch_depth++;
    if (!taken && r->untaken_depth == 0)
        r->untaken_depth = r->branch_depth;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_else(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (r->branch_depth == 0)
        return YC_SCRIPT_ERR_UNBALANCED_CONDITIONAL;
    if (r->untaken_depth == 0)
        r->untaken_depth = r->branch_depth;
    else if (r->untaken_depth == r->branch_depth)
        r->untaken_depth = 0;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_endif(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (r->branch_depth == 0)
        return YC_SCRIPT_ERR_UNBALANCED_CONDITIONAL;
    if (r->untaken_depth == r->branch_depth)
        r->untaken_depth = 0;
    r->branch_depth--;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_verify(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (!yc_script_bool(yc_stack_view(&r->m->main, 0)))
        return YC_SCRIPT_ERR_VERIFY;
    yc_stack_drop(&r->m->main, 1);
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_return(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)r;
    (void)op;
    return YC_SCRIPT_ERR_OP_RETURN;
}
