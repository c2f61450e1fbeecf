#include "consensus/script/script.h"

#include "base/bytes.h"
#include "consensus/script/flags.h"

/* Bytes of a push after its opcode: the length's own bytes and the data. False when the length is cut off. */
static bool push_size(struct yc_view s, size_t at, uint8_t opcode, size_t *length_bytes, size_t *data_bytes)
{
    static const uint8_t widths[] = {1, 2, 4};
    *length_bytes = 0;
    *data_bytes = opcode;
    if (opcode < YC_OP_PUSHDATA1)
        return true;
    *length_bytes = widths[opcode - YC_OP_PUSHDATA1];
    if (s.n - at < *length_bytes)
        return false;
    const uint8_t *p = s.p + at;
    *data_bytes = *length_bytes == 1 ? p[0] : *length_bytes == 2 ? yc_get16le(p) : yc_get32le(p);
    return true;
}

bool yc_script_next(struct yc_view s, size_t *at, struct yc_script_op *op, bool *bad)
{
    if (*at >= s.n)
        return false;
    op->opcode = s.p[*at];
    op->data = YC_VIEW_EMPTY;
    size_t next = *at + 1, length_bytes = 0, data_bytes = 0;
    if (op->opcode <= YC_OP_PUSHDATA4) {
        if (!push_size(s, next, op->opcode, &length_bytes, &data_bytes) || data_bytes > s.n - next - length_bytes) {
            if (bad)
                *bad = true;
            return false;
        }
        op->data = yc_view_slice(s, next + length_bytes, data_bytes);
    }
    *at = next + length_bytes + data_bytes;
    return true;
}

bool yc_script_is_p2sh(struct yc_view s)
{
    return s.n == 23 && s.p[0] == YC_OP_HASH160 && s.p[1] == 20 && s.p[22] == YC_OP_EQUAL;
}

bool yc_script_is_push_only(struct yc_view s)
{
    size_t at = 0;
    struct yc_script_op op;
    while (yc_script_next(s, &at, &op, NULL))
        if (op.opcode > YC_OP_16)
            return false;
    return at == s.n;
}

bool yc_script_is_witness_program(struct yc_view s, unsigned *version, struct yc_view *program)
{
    if (s.n < 4 || s.n > 42 || s.p[1] + 2u != s.n)
        return false;
    if (s.p[0] != YC_OP_0 && (s.p[0] < YC_OP_1 || s.p[0] > YC_OP_16))
        return false;
    *version = s.p[0] == YC_OP_0 ? 0u : s.p[0] - YC_OP_1 + 1u;
    *program = yc_view_slice(s, 2, s.n - 2);
    return true;
}

bool yc_script_is_unspendable(struct yc_view s)
{
    return (s.n > 0 && s.p[0] == YC_OP_RETURN) || s.n > YC_SCRIPT_BYTES_MAX;
}

bool yc_script_last_push(struct yc_view s, struct yc_view *out)
{
    size_t at = 0;
    struct yc_script_op op;
    struct yc_view last = YC_VIEW_EMPTY;
    while (yc_script_next(s, &at, &op, NULL)) {
        if (op.opcode > YC_OP_16)
            return false;
        last = op.data;
    }
    if (at != s.n || s.n == 0)
        return false;
    *out = last;
    return true;
}

uint32_t yc_script_sigops(struct yc_view s, bool accurate)
{
    size_t at = 0;
    struct yc_script_op op;
    uint32_t count = 0;
    uint8_t before = YC_OP_INVALID;
    while (yc_script_next(s, &at, &op, NULL)) {
        if (op.opcode == YC_OP_CHECKSIG || op.opcode == YC_OP_CHECKSIGVERIFY)
            count++;
        else if (op.opcode == YC_OP_CHECKMULTISIG || op.opcode == YC_OP_CHECKMULTISIGVERIFY)
            count += accurate && before >= YC_OP_1 && before <= YC_OP_16 ? before - YC_OP_1 + 1u : YC_SCRIPT_KEYS_MAX;
        before = op.opcode;
    }
    return count;
}

uint32_t yc_script_sigops_p2sh(struct yc_view spent_script, struct yc_view script_sig)
{
    struct yc_view redeem;
    if (!yc_script_is_p2sh(spent_script) || !yc_script_last_push(script_sig, &redeem))
        return 0;
    return yc_script_sigops(redeem, true);
}

static uint32_t program_sigops(unsigned version, struct yc_view program, const struct yc_view *witness,
                               uint32_t witness_count)
{
    if (version != 0)
        return 0;
    if (program.n == 20)
        return 1;
    return program.n == 32 && witness_count > 0 ? yc_script_sigops(witness[witness_count - 1], true) : 0;
}

uint32_t yc_script_sigops_witness(struct yc_view spent_script, struct yc_view script_sig, const struct yc_view *witness,
                                  uint32_t witness_count, uint32_t flags)
{
    unsigned version;
    struct yc_view program, redeem;
    if (!(flags & YC_SCRIPT_WITNESS))
        return 0;
    if (yc_script_is_witness_program(spent_script, &version, &program))
        return program_sigops(version, program, witness, witness_count);
    if (yc_script_is_p2sh(spent_script) && yc_script_last_push(script_sig, &redeem) &&
        yc_script_is_witness_program(redeem, &version, &program))
        return program_sigops(version, program, witness, witness_count);
    return 0;
}
