#include "consensus/script/solver.h"

#include "consensus/script/encoding.h"
#include "consensus/script/num.h"

bool yc_pubkey_has_valid_size(struct yc_view key)
{
    if (key.n == 33)
        return key.p[0] == 0x02 || key.p[0] == 0x03;
    return key.n == 65 && (key.p[0] == 0x04 || key.p[0] == 0x06 || key.p[0] == 0x07);
}

static enum yc_script_kind program_kind(unsigned version, struct yc_view program)
{
    if (version == 0)
        return program.n == 20   ? YC_SCRIPT_KIND_WITNESS_V0_KEYHASH
               : program.n == 32 ? YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH
                                 : YC_SCRIPT_KIND_NONSTANDARD;
    if (version == 1 && program.n == 32)
        return YC_SCRIPT_KIND_WITNESS_V1_TAPROOT;
    if (version == 1 && program.n == 2 && program.p[0] == 0x4e && program.p[1] == 0x73)
        return YC_SCRIPT_KIND_ANCHOR;
    return YC_SCRIPT_KIND_WITNESS_UNKNOWN;
}

static bool is_nulldata(struct yc_view s)
{
    return s.n > 0 && s.p[0] == YC_OP_RETURN && yc_script_is_push_only(yc_view_slice(s, 1, s.n - 1));
}

static bool is_pubkey(struct yc_view s, struct yc_view *key)
{
    if (s.n < 2 || s.p[0] != s.n - 2 || s.p[s.n - 1] != YC_OP_CHECKSIG)
        return false;
    *key = yc_view_slice(s, 1, s.n - 2);
    return yc_pubkey_has_valid_size(*key);
}

static bool is_pubkeyhash(struct yc_view s, struct yc_view *hash)
{
    if (s.n != 25 || s.p[0] != YC_OP_DUP || s.p[1] != YC_OP_HASH160 || s.p[2] != 20 || s.p[23] != YC_OP_EQUALVERIFY ||
        s.p[24] != YC_OP_CHECKSIG)
        return false;
    *hash = yc_view_slice(s, 3, 20);
    return true;
}

/* A count of 1..20, by OP_n or by a minimal push. */
static bool read_count(const struct yc_script_op *op, uint32_t *count)
{
    int64_t n;
    if (op->opcode >= YC_OP_1 && op->opcode <= YC_OP_16)
        n = op->opcode - YC_OP_1 + 1;
    else if (op->opcode == YC_OP_0 || op->opcode > YC_OP_PUSHDATA4 || !yc_push_is_minimal(op) ||
             !yc_script_num_read(&n, op->data, YC_SCRIPT_NUM_BYTES_MAX, true))
        return false;
    if (n < 1 || n > YC_SCRIPT_KEYS_MAX)
        return false;
    *count = (uint32_t)n;
    return true;
}

static bool is_multisig(struct yc_view s, struct yc_script_solution *out)
{
    size_t at = 0;
    struct yc_script_op op;
    uint32_t keys = 0, declared;
    if (s.n == 0 || s.p[s.n - 1] != YC_OP_CHECKMULTISIG)
        return false;
    if (!yc_script_next(s, &at, &op, NULL) || !read_count(&op, &out->required))
        return false;
    for (;;) {
        if (!yc_script_next(s, &at, &op, NULL))
            return false;
        if (!yc_pubkey_has_valid_size(op.data))
            break;
        if (keys == YC_SCRIPT_KEYS_MAX)
            return false;
        out->keys[keys++] = op.data;
    }
    out->key_count = keys;
    return read_count(&op, &declared) && declared == keys && out->required <= keys && at + 1 == s.n;
}

enum yc_script_kind yc_script_solve(struct yc_view s, struct yc_script_solution *out)
{
    struct yc_script_solution local;
    if (!out)
        out = &local;
    *out = (struct yc_script_solution){0};
    if (yc_script_is_p2sh(s)) {
        out->data = yc_view_slice(s, 2, 20);
        return YC_SCRIPT_KIND_SCRIPTHASH;
    }
    if (yc_script_is_witness_program(s, &out->witness_version, &out->data))
        return program_kind(out->witness_version, out->data);
    if (is_nulldata(s))
        return YC_SCRIPT_KIND_NULLDATA;
    if (is_pubkey(s, &out->data))
        return YC_SCRIPT_KIND_PUBKEY;
    if (is_pubkeyhash(s, &out->data))
        return YC_SCRIPT_KIND_PUBKEYHASH;
    out->data = YC_VIEW_EMPTY;
    if (is_multisig(s, out))
        return YC_SCRIPT_KIND_MULTISIG;
    *out = (struct yc_script_solution){0};
    return YC_SCRIPT_KIND_NONSTANDARD;
}

const char *yc_script_kind_name(enum yc_script_kind kind)
{
    switch (kind) {
    case YC_SCRIPT_KIND_NONSTANDARD:
        break;
    case YC_SCRIPT_KIND_PUBKEY:
        return "pubkey";
    case YC_SCRIPT_KIND_PUBKEYHASH:
        return "pubkeyhash";
    case YC_SCRIPT_KIND_SCRIPTHASH:
        return "scripthash";
    case YC_SCRIPT_KIND_MULTISIG:
        return "multisig";
    case YC_SCRIPT_KIND_NULLDATA:
        return "nulldata";
    case YC_SCRIPT_KIND_WITNESS_V0_KEYHASH:
        return "witness_v0_keyhash";
    case YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH:
        return "witness_v0_scripthash";
    case YC_SCRIPT_KIND_WITNESS_V1_TAPROOT:
        return "witness_v1_taproot";
    case YC_SCRIPT_KIND_ANCHOR:
        return "anchor";
    case YC_SCRIPT_KIND_WITNESS_UNKNOWN:
        return "witness_unknown";
    }
    return "nonstandard";
}
