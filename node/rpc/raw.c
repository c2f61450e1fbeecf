/* Making transactions by hand: createrawtransaction. */
#include "formats/address.h"
#include "formats/output.h"
#include "node/rpc/internal.h"

#define SEQUENCE_REPLACEABLE 0xfffffffdu /* BIP 125 */
#define SEQUENCE_LOCKED      0xfffffffeu /* not final, so that the lock time counts */
#define SEQUENCE_FINAL       0xffffffffu
#define VERSION_DEFAULT      2
#define VERSION_MAX          3

static bool read_input(struct yc_rpc_call *c, const struct yc_json *v, uint32_t sequence, struct yc_txin *out)
{
    const struct yc_json *vout, *txid = yc_json_member(v, "txid"), *given = yc_json_member(v, "sequence");
    int64_t n;
    *out = (struct yc_txin){.sequence = sequence};
    if (!yc_rpc_expect(c, v, YC_JSON_OBJECT) || !yc_rpc_hash_of(c, txid, "txid", out->prevout.txid.b))
        return false;
    vout = yc_json_member(v, "vout");
    if (yc_json_kind(vout) != YC_JSON_NUMBER) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, missing vout key");
        return false;
    }
    if (!yc_rpc_int_of(c, vout, INT32_MIN, INT32_MAX, &n))
        return false;
    if (n < 0) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, vout cannot be negative");
        return false;
    }
    out->prevout.index = (uint32_t)n;
    if (yc_json_kind(given) != YC_JSON_NUMBER)
        return true;
    if (!yc_json_int_in(given, 0, SEQUENCE_FINAL, &n)) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, sequence number is out of range");
        return false;
    }
    out->sequence = (uint32_t)n;
    return true;
}

static bool read_data(struct yc_rpc_call *c, const struct yc_json *v, struct yc_txout *out)
{
    struct yc_view data;
    struct yc_writer w;
    if (!yc_rpc_hex_of(c, v, &data)) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Data must be hexadecimal string (not '%.200s')",
                    yc_json_text(v) ? yc_json_text(v) : "");
        return false;
    }
    size_t cap = data.n + 6; /* OP_RETURN and the longest push code */
    uint8_t *p = yc_arena_take(&c->arena, cap);
    if (!p) {
        yc_rpc_fail_memory(c);
        return false;
    }
    yc_writer_init(&w, p, cap);
    yc_output_write_nulldata(&w, data);
    *out = (struct yc_txout){.value_sat = 0, .script = yc_writer_written(&w)};
    return true;
}

/* One member: "address": amount, or "data": "hex". */
static bool read_output(struct yc_rpc_call *c, const char *name, const struct yc_json *v, struct yc_txout *out)
{
    struct yc_error err;
    if (!strcmp(name, "data"))
        return read_data(c, v, out);
    if (!yc_rpc_output_script(c, name, true, false, &out->script, &err)) {
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Invalid Bitcoin address: %.200s", name);
        return false;
    }
    return yc_rpc_amount_of(c, v, &out->value_sat);
}

static bool is_twice(struct yc_rpc_call *c, const struct yc_txout *out, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (!yc_view_equal(out[i].script, out[n].script))
            continue;
        if (out[n].script.p[0] == 0x6a) /* OP_RETURN */
            yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, duplicate key: data");
        else
            yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, duplicated address: %.200s", name);
        return true;
    }
    return false;
}

/* An object of outputs, or an array of objects with one member each. */
static bool read_outputs(struct yc_rpc_call *c, const struct yc_json *v, struct yc_txout *out, uint32_t *count)
{
    bool is_array = yc_json_kind(v) == YC_JSON_ARRAY;
    size_t n = yc_json_count(v);
    struct yc_json_walk w = {0}, inner;
    const char *name;
    const struct yc_json *value, *one = v;
    if (!is_array && yc_json_kind(v) != YC_JSON_OBJECT)
        return yc_rpc_expect(c, v, YC_JSON_ARRAY);
    for (*count = 0; *count < n; (*count)++) {
        inner = (struct yc_json_walk){0};
        if (is_array) {
            one = yc_json_element(v, *count);
            if (yc_json_kind(one) != YC_JSON_OBJECT || yc_json_count(one) != 1) {
                yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                            "Invalid parameter, key-value pair must contain exactly one key");
                return false;
            }
        }
        if (!yc_json_next(one, is_array ? &inner : &w, &name, &value) || !read_output(c, name, value, &out[*count]) ||
            is_twice(c, out, *count, name))
            return false;
    }
    return true;
}

enum yc_rpc_flow yc_method_createrawtransaction(struct yc_rpc_call *c)
{
    size_t in_count = yc_json_count(c->arg[0]), out_count = yc_json_count(c->arg[1]);
    int64_t lock_time = 0, version = VERSION_DEFAULT;
    struct yc_txin *in = yc_arena_take_array(&c->arena, in_count, sizeof *in);
    struct yc_txout *out = yc_arena_take_array(&c->arena, out_count, sizeof *out);
    struct yc_tx tx = {.in = in, .out = out, .in_count = (uint32_t)in_count};
    struct yc_writer w;
    if (!in || !out)
        return yc_rpc_fail_memory(c);
    if (!yc_rpc_arg_int(c, 2, 0, INT64_MIN, INT64_MAX, &lock_time) ||
        !yc_rpc_arg_int(c, 4, VERSION_DEFAULT, INT64_MIN, INT64_MAX, &version))
        return YC_RPC_FAILED;
    if (lock_time < 0 || lock_time > UINT32_MAX)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, locktime out of range");
    if (version < 1 || version > VERSION_MAX)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, version out of range(1~%d)", VERSION_MAX);
    bool replaceable = yc_rpc_arg_bool(c, 3, true);
    uint32_t sequence = replaceable ? SEQUENCE_REPLACEABLE : lock_time ? SEQUENCE_LOCKED : SEQUENCE_FINAL;
    bool signals = in_count == 0;
    for (size_t i = 0; i < in_count; i++) {
        if (!read_input(c, yc_json_element(c->arg[0], i), sequence, &in[i]))
            return YC_RPC_FAILED;
        signals = signals || in[i].sequence <= SEQUENCE_REPLACEABLE;
    }
    if (!read_outputs(c, c->arg[1], out, &tx.out_count))
        return YC_RPC_FAILED;
    if (yc_rpc_has(c, 3) && replaceable && !signals)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                           "Invalid parameter combination: Sequence number(s) contradict replaceable option");
    tx.version = (uint32_t)version;
    tx.lock_time = (uint32_t)lock_time;
    size_t cap = 32 + in_count * 41;
    for (size_t i = 0; i < tx.out_count; i++)
        cap += 17 + out[i].script.n;
    uint8_t *p = yc_arena_take(&c->arena, cap);
    if (!p)
        return yc_rpc_fail_memory(c);
    yc_writer_init(&w, p, cap);
    yc_tx_write(&tx, false, &w);
    yc_json_put_hex(&c->out, yc_writer_written(&w));
    return YC_RPC_DONE;
}
