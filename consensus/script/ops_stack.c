/* Moving elements about. Names end in the number of elements that move when it is not one. */
#include "consensus/script/run.h"

enum yc_script_error yc_op_to_alt(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    *yc_stack_room(&r->m->alt) = *yc_stack_top(&r->m->main, 0);
    yc_stack_drop(&r->m->main, 1);
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_from_alt(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    if (r->m->alt.count == 0)
        return YC_SCRIPT_ERR_INVALID_ALTSTACK_OPERATION;
    *yc_stack_room(&r->m->main) = *yc_stack_top(&r->m->alt, 0);
    yc_stack_drop(&r->m->alt, 1);
    return YC_SCRIPT_OK;
}

static enum yc_script_error drop(struct yc_script_run *r, size_t n)
{
    yc_stack_drop(&r->m->main, n);
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_drop(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return drop(r, 1);
}

enum yc_script_error yc_op_drop2(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return drop(r, 2);
}

/* Copy `n` elements, the deepest of which is the deep-th from the top, counted from one. */
static enum yc_script_error copy(struct yc_script_run *r, size_t deep, size_t n)
{
    for (size_t i = 0; i < n; i++)
        yc_stack_copy(&r->m->main, deep - 1);
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_dup(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return copy(r, 1, 1);
}

enum yc_script_error yc_op_dup2(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return copy(r, 2, 2);
}

enum yc_script_error yc_op_dup3(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return copy(r, 3, 3);
}

enum yc_script_error yc_op_over(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return copy(r, 2, 1);
}

enum yc_script_error yc_op_over2(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return copy(r, 4, 2);
}

/* Lift `n` elements, the deepest of which is the deep-th from the top, counted from one. */
static enum yc_script_error lift(struct yc_script_run *r, size_t deep, size_t n)
{
    for (size_t i = 0; i < n; i++)
        yc_stack_lift(&r->m->main, deep - 1);
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_op_swap(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return lift(r, 2, 1);
}

enum yc_script_error yc_op_swap2(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return lift(r, 4, 2);
}

enum yc_script_error yc_op_rot(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return lift(r, 3, 1);
}

enum yc_script_error yc_op_rot2(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return lift(r, 6, 2);
}

enum yc_script_error yc_op_nip(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    (void)lift(r, 2, 1);
    return drop(r, 1);
}

/* (a b -- b a b) */
enum yc_script_error yc_op_tuck(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    (void)lift(r, 2, 1);
    return copy(r, 2, 1);
}

enum yc_script_error yc_op_ifdup(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    return yc_script_bool(yc_stack_view(&r->m->main, 0)) ? copy(r, 1, 1) : YC_SCRIPT_OK;
}

enum yc_script_error yc_op_depth(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    yc_run_push_number(r, (int64_t)yc_stack_depth(&r->m->main));
    return YC_SCRIPT_OK;
}

/* OP_PICK and OP_ROLL */
enum yc_script_error yc_op_pick(struct yc_script_run *r, const struct yc_script_op *op)
{
    struct yc_stack *s = &r->m->main;
    int64_t n;
    if (!yc_run_number(r, 0, &n))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    yc_stack_drop(s, 1);
    if (n < 0 || (uint64_t)n >= yc_stack_depth(s))
        return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
    if ((uint64_t)n >= s->count)
        return YC_SCRIPT_ERR_STACK_SIZE; /* a buried element: the stack is over its limit anyway */
    if (op->opcode == YC_OP_ROLL)
        yc_stack_lift(s, (size_t)n);
    else
        yc_stack_copy(s, (size_t)n);
    return YC_SCRIPT_OK;
}
