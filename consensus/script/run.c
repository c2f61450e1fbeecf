#include "consensus/script/run.h"

enum op_class { OP_CLASS_NONE = 0, OP_CLASS_PUSH, OP_CLASS_RUN, OP_CLASS_FLOW, OP_CLASS_DISABLED };

/* Bytes that the table leaves out mean nothing: running one is an error. Pushes never look here. */
static const struct op_entry {
    enum op_class class;
    uint8_t needs;
    yc_op_handler *handler;
} table[256] = {
#define X(name, byte, class, needs, handler) [byte] = {OP_CLASS_##class, needs, yc_op_##handler},
#include "consensus/script/opcodes.def"
#undef X
};

enum yc_script_error yc_op_bad(struct yc_script_run *r, const struct yc_script_op *op)
{
    (void)r;
    (void)op;
    return YC_SCRIPT_ERR_BAD_OPCODE;
}

bool yc_run_number(struct yc_script_run *r, size_t i, int64_t *out)
{
    return yc_script_num_read(out, yc_stack_view(&r->m->main, i), YC_SCRIPT_NUM_BYTES_MAX,
                              r->flags & YC_SCRIPT_MINIMALDATA);
}

void yc_run_push_number(struct yc_script_run *r, int64_t value)
{
    uint8_t bytes[YC_SCRIPT_NUM_WRITE_BYTES];
    yc_stack_own(&r->m->main, bytes, yc_script_num_write(bytes, value));
}

/* The checks that hold in branches not taken, too. */
static enum yc_script_error check_anywhere(struct yc_script_run *r, const struct yc_script_op *op)
{
    if (op->data.n > YC_SCRIPT_ELEMENT_BYTES_MAX)
        return YC_SCRIPT_ERR_PUSH_SIZE;
    if (r->version != YC_SCRIPT_TAPSCRIPT && op->opcode > YC_OP_16 && ++r->counted > YC_SCRIPT_OPS_MAX)
        return YC_SCRIPT_ERR_OP_COUNT;
    if (table[op->opcode].class == OP_CLASS_DISABLED)
        return YC_SCRIPT_ERR_DISABLED_OPCODE;
    if (op->opcode == YC_OP_CODESEPARATOR && r->version == YC_SCRIPT_LEGACY && r->flags & YC_SCRIPT_CONST_SCRIPTCODE)
        return YC_SCRIPT_ERR_OP_CODESEPARATOR;
    return YC_SCRIPT_OK;
}

static enum yc_script_error step(struct yc_script_run *r, const struct yc_script_op *op)
{
    enum yc_script_error e = check_anywhere(r, op);
    if (e)
        return e;
    const struct op_entry *entry = &table[op->opcode];
    if (r->untaken_depth == 0 || entry->class == OP_CLASS_FLOW) {
        if (yc_stack_depth(&r->m->main) < entry->needs)
            return YC_SCRIPT_ERR_INVALID_STACK_OPERATION;
        yc_op_handler *handler = op->opcode <= YC_OP_PUSHDATA4 ? yc_op_push : entry->handler;
        e = handler ? handler(r, op) : YC_SCRIPT_ERR_BAD_OPCODE;
        if (e)
            return e;
    }
    if (yc_stack_depth(&r->m->main) + r->m->alt.count > YC_SCRIPT_STACK_MAX)
        return YC_SCRIPT_ERR_STACK_SIZE;
    return YC_SCRIPT_OK;
}

enum yc_script_error yc_script_run(struct yc_script_job *job, enum yc_script_version version, struct yc_view script,
                                   struct yc_sighash_tap *tap, int64_t budget)
{
    struct yc_script_run r = {.job = job,
                              .m = job->machine,
                              .version = version,
                              .flags = job->flags,
                              .script = script,
                              .tap = tap,
                              .budget = budget};
    if (version != YC_SCRIPT_TAPSCRIPT && script.n > YC_SCRIPT_BYTES_MAX)
        return YC_SCRIPT_ERR_SCRIPT_SIZE;
    if (tap)
        tap->code_separator = UINT32_MAX;
    r.m->alt.count = r.m->alt.buried = 0;
    yc_sighash_cache_clear(&r.m->sighash);
    struct yc_script_op op;
    for (; yc_script_next(script, &r.next, &op, NULL); r.index++) {
        enum yc_script_error e = step(&r, &op);
        if (e)
            return e;
    }
    if (r.next < script.n)
        return YC_SCRIPT_ERR_BAD_OPCODE;
    return r.branch_depth ? YC_SCRIPT_ERR_UNBALANCED_CONDITIONAL : YC_SCRIPT_OK;
}
