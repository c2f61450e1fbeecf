/* Reading arguments: the errors and sentences are Bitcoin Core's. */
#include <stdio.h>

#include "base/hex.h"
#include "node/rpc/internal.h"

bool yc_rpc_has(const struct yc_rpc_call *c, size_t i)
{
    return !yc_json_is_null(c->arg[i]);
}

const char *yc_rpc_arg_text(const struct yc_rpc_call *c, size_t i, const char *fallback)
{
    const char *text = yc_json_text(c->arg[i]);
    if (yc_rpc_has(c, i))
        return text ? text : ""; /* a NUL inside a text is never right */
    return fallback;
}

bool yc_rpc_arg_path(struct yc_rpc_call *c, size_t i, char out[YC_RPC_PATH_BYTES])
{
    const char *given = yc_rpc_arg_text(c, i, ""), *dir = c->rpc->env.chain_dir ? c->rpc->env.chain_dir : ".";
    int n = given[0] == '/' ? snprintf(out, YC_RPC_PATH_BYTES, "%s", given)
                            : snprintf(out, YC_RPC_PATH_BYTES, "%s/%s", dir, given);
    if (n >= 0 && n < YC_RPC_PATH_BYTES && given[0])
        return true;
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "The path is empty or longer than %d bytes", YC_RPC_PATH_BYTES - 1);
    return false;
}

bool yc_rpc_arg_bool(const struct yc_rpc_call *c, size_t i, bool fallback)
{
    bool v = fallback;
    return yc_json_bool(c->arg[i], &v) ? v : fallback;
}

bool yc_rpc_expect(struct yc_rpc_call *c, const struct yc_json *v, enum yc_json_kind kind)
{
    if (yc_json_kind(v) == kind)
        return true;
    yc_rpc_fail(c, YC_RPC_TYPE, "JSON value of type %s is not of expected type %s", yc_json_kind_name(yc_json_kind(v)),
                yc_json_kind_name(kind));
    return false;
}

bool yc_rpc_int_of(struct yc_rpc_call *c, const struct yc_json *v, int64_t min, int64_t max, int64_t *out)
{
    if (!yc_rpc_expect(c, v, YC_JSON_NUMBER))
        return false;
    if (yc_json_int_in(v, min, max, out))
        return true;
    yc_rpc_fail(c, YC_RPC_MISC, "JSON integer out of range");
    return false;
}

bool yc_rpc_arg_int(struct yc_rpc_call *c, size_t i, int64_t fallback, int64_t min, int64_t max, int64_t *out)
{
    *out = fallback;
    return !yc_rpc_has(c, i) || yc_rpc_int_of(c, c->arg[i], min, max, out);
}

bool yc_rpc_hash_of(struct yc_rpc_call *c, const struct yc_json *v, const char *name, uint8_t out32[32])
{
    if (!yc_rpc_expect(c, v, YC_JSON_STRING))
        return false;
    struct yc_view text = yc_json_string(v);
    if (text.n == 64 && yc_hex_read_reversed(out32, 32, (const char *)text.p, text.n))
        return true;
    int shown = (int)(text.n < 200 ? text.n : 200);
    if (text.n != 64)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "%s must be of length 64 (not %zu, for '%.*s')", name, text.n, shown,
                    (const char *)text.p);
    else
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "%s must be hexadecimal string (not '%.*s')", name, shown,
                    (const char *)text.p);
    return false;
}

bool yc_rpc_member_of(struct yc_rpc_call *c, const struct yc_json *object, const char *name, const struct yc_json **out)
{
    *out = yc_json_member(object, name);
    if (yc_json_is_null(*out))
        yc_rpc_fail(c, YC_RPC_TYPE, "Missing %s", name);
    return !yc_json_is_null(*out);
}

bool yc_rpc_arg_hash(struct yc_rpc_call *c, size_t i, const char *name, uint8_t out32[32])
{
    return yc_rpc_hash_of(c, c->arg[i], name, out32);
}

bool yc_rpc_amount_of(struct yc_rpc_call *c, const struct yc_json *v, int64_t *sat)
{
    enum yc_json_kind kind = yc_json_kind(v);
    if (kind != YC_JSON_NUMBER && kind != YC_JSON_STRING)
        yc_rpc_fail(c, YC_RPC_TYPE, "Amount is not a number or string");
    else if (!yc_json_amount_sat(v, sat))
        yc_rpc_fail(c, YC_RPC_TYPE, "Invalid amount");
    else if (!yc_money_ok(*sat))
        yc_rpc_fail(c, YC_RPC_TYPE, "Amount out of range");
    else
        return true;
    return false;
}

bool yc_rpc_arg_feerate(struct yc_rpc_call *c, size_t i, int64_t fallback_sat, int64_t *sat_per_kvb)
{
    *sat_per_kvb = fallback_sat;
    if (!yc_rpc_has(c, i))
        return true;
    if (!yc_rpc_amount_of(c, c->arg[i], sat_per_kvb))
        return false;
    if (*sat_per_kvb < YC_COIN)
        return true;
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Fee rates larger than or equal to 1BTC/kvB are not accepted");
    return false;
}

bool yc_rpc_hex_of(struct yc_rpc_call *c, const struct yc_json *v, struct yc_view *out)
{
    struct yc_view text = yc_json_string(v);
    if (yc_json_kind(v) != YC_JSON_STRING || text.n % 2)
        return false;
    uint8_t *p = yc_arena_take(&c->arena, text.n / 2);
    *out = yc_view(p, text.n / 2);
    return p && yc_hex_read(p, out->n, (const char *)text.p, text.n);
}

bool yc_rpc_tx_of(struct yc_rpc_call *c, const struct yc_json *v, struct yc_tx *out)
{
    struct yc_view raw;
    struct yc_reject why;
    if (!yc_rpc_hex_of(c, v, &raw))
        return false;
    return yc_tx_parse(out, raw, &c->arena, &why) == YC_VALID;
}

bool yc_rpc_arg_block(struct yc_rpc_call *c, size_t i, const char *name, const struct yc_node **out)
{
    struct yc_block_hash hash;
    if (!yc_rpc_arg_hash(c, i, name, hash.b))
        return false;
    *out = yc_chain_find(c->chain, &hash);
    if (!*out)
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Block not found");
    return *out != NULL;
}

bool yc_rpc_block_of(struct yc_rpc_call *c, const struct yc_json *v, const struct yc_node **out)
{
    struct yc_block_hash hash;
    const struct yc_node *tip = yc_chain_tip(c->chain);
    int64_t height;
    if (yc_json_kind(v) != YC_JSON_NUMBER) {
        if (!yc_rpc_hash_of(c, v, "hash_or_height", hash.b))
            return false;
        *out = yc_chain_find(c->chain, &hash);
        if (!*out)
            yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Block not found");
        return *out != NULL;
    }
    if (!yc_rpc_int_of(c, v, INT32_MIN, INT32_MAX, &height))
        return false;
    if (height < 0)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Target block height %lld is negative", (long long)height);
    else if (height > tip->height)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Target block height %lld after current tip %u", (long long)height,
                    tip->height);
    else
        *out = yc_node_ancestor(tip, (uint32_t)height);
    return height >= 0 && height <= tip->height;
}
