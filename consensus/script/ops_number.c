/* Arithmetic: operands of four bytes, results of up to five. */
#include "consensus/script/run.h"

/* OP_1ADD .. OP_0NOTEQUAL */
enum yc_script_error yc_op_unary(struct yc_script_run *r, const struct yc_script_op *op)
{
    int64_t n;
    if (!yc_run_number(r, 0, &n))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    switch (op->opcode) {
    case YC_OP_1ADD:
        n++;
        break;
    case YC_OP_1SUB:
        n--;
        break;
    case YC_OP_NEGATE:
        n = -n;
        break;
    case YC_OP_ABS:
        n = n < 0 ? -n : n;
        break;
    case YC_OP_NOT:
        n = n == 0;
        break;
    default: /* OP_0NOTEQUAL */
        n = n != 0;
        break;
    }
    yc_stack_drop(&r->m->main, 1);
    yc_run_push_number(r, n);
    return YC_SCRIPT_OK;
}

static int64_t combine(uint8_t opcode, int64_t a, int64_t b)
{
    switch (opcode) {
    case YC_OP_ADD:
        return a + b;
    case YC_OP_SUB:
        return a - b;
    case YC_OP_BOOLAND:
        return a && b;
    case YC_OP_BOOLOR:
        return a || b;
    case YC_OP_NUMNOTEQUAL:
        return a != b;
    case YC_OP_LESSTHAN:
        return a < b;
    case YC_OP_GREATERTHAN:
        return a > b;
    case YC_OP_LESSTHANOREQUAL:
        return a <= b;
    case YC_OP_GREATERTHANOREQUAL:
        return a >= b;
    case YC_OP_MIN:
        return a < b ? a : b;
    case YC_OP_MAX:
        return a > b ? a : b;
    default: /* OP_NUMEQUAL, OP_NUMEQUALVERIFY */
        return a == b;
    }
}

/* OP_ADD .. OP_MAX */
enum yc_script_error yc_op_binary(struct yc_script_run *r, const struct yc_script_op *op)
{
    int64_t a, b;
    if (!yc_run_number(r, 1, &a) || !yc_run_number(r, 0, &b))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    int64_t result = combine(op->opcode, a, b);
    yc_stack_drop(&r->m->main, 2);
    if (op->opcode == YC_OP_NUMEQUALVERIFY)
        return result ? YC_SCRIPT_OK : YC_SCRIPT_ERR_NUMEQUALVERIFY;
    yc_run_push_number(r, result);
    return YC_SCRIPT_OK;
}

/* (x min max -- min <= x < max) */
enum yc_script_error yc_op_within(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)op;
    int64_t x, min, max;
    if (!yc_run_number(r, 2, &x) || !yc_run_number(r, 1, &min) || !yc_run_number(r, 0, &max))
        return YC_SCRIPT_ERR_SCRIPTNUM;
    yc_stack_drop(&r->m->main, 3);
    yc_stack_bool(&r->m->main, min <= x && x < max);
    return YC_SCRIPT_OK;
}
