#include "miner/gbt.h"

#include "base/hex.h"
#include "consensus/pow.h"
#include "sys/json_out.h"

static enum yc_verdict missing(const char *name, const char *what, struct yc_error *err)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the node's block template has no proper \"%s\": %s is expected",
                   name, what);
}

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a block template");
}

static enum yc_verdict read_u32(uint32_t *out, const struct yc_json *o, const char *name, struct yc_error *err)
{
    int64_t v;
    if (!yc_json_int_in(yc_json_member(o, name), 0, UINT32_MAX, &v))
        return missing(name, "a number from 0 to 4294967295", err);
    *out = (uint32_t)v;
    return YC_VALID;
}

/* A version is a signed number in JSON and 32 bits in a header. */
static enum yc_verdict read_version(uint32_t *out, const struct yc_json *o, struct yc_error *err)
{
    int64_t v;
    if (!yc_json_int_in(yc_json_member(o, "version"), INT32_MIN, UINT32_MAX, &v))
        return missing("version", "a number", err);
    *out = (uint32_t)v;
    return YC_VALID;
}

static enum yc_verdict read_hash(uint8_t out32[32], const struct yc_json *o, const char *name, struct yc_error *err)
{
    struct yc_view text = yc_json_string(yc_json_member(o, name));
    if (!text.p || !yc_hex_read_reversed(out32, 32, (const char *)text.p, text.n))
        return missing(name, "a hash of 64 hex digits", err);
    return YC_VALID;
}

/* The bits rule; a target beside them must be the same one. */
static enum yc_verdict read_target(struct yc_gbt *out, const struct yc_json *o, struct yc_error *err)
{
    uint8_t bytes[32];
    struct yc_view text = yc_json_string(yc_json_member(o, "bits"));
    if (!text.p || !yc_hex_read(bytes, 4, (const char *)text.p, text.n))
        return missing("bits", "a number of 8 hex digits", err);
    out->bits = yc_get32be(bytes);
    if (!yc_compact_to_target(&out->target, out->bits))
        return missing("bits", "a target above zero that fits 256 bits", err);
    text = yc_json_string(yc_json_member(o, "target"));
    if (!text.p)
        return YC_VALID;
    if (!yc_hex_read(bytes, 32, (const char *)text.p, text.n) ||
        yc_u256_compare(yc_u256_from_be(bytes), out->target) != 0)
        return missing("target", "the target that \"bits\" stand for", err);
    return YC_VALID;
}

/* A member that is hex, into the arena; an empty view when it is not there. */
static enum yc_verdict read_hex(struct yc_view *out, const struct yc_json *node, const char *name,
                                struct yc_arena *arena, struct yc_error *err)
{
    struct yc_view text = yc_json_string(node);
    *out = YC_VIEW_EMPTY;
    if (yc_json_is_null(node))
        return YC_VALID;
    uint8_t *bytes = yc_arena_take(arena, text.n / 2 + 1);
    if (!bytes)
        return no_memory(err);
    if (!text.p || text.n % 2 || !yc_hex_read(bytes, text.n / 2, (const char *)text.p, text.n))
        return missing(name, "an even number of hex digits", err);
    *out = yc_view(bytes, text.n / 2);
    return YC_VALID;
}

/* A rule with a "!" changes what a miner must do: who does not know it must not mine (BIP 9). */
static enum yc_verdict read_rules(struct yc_gbt *out, const struct yc_json *o, struct yc_error *err)
{
    const struct yc_json *rules = yc_json_member(o, "rules");
    for (size_t i = 0; i < yc_json_count(rules); i++) {
        const char *rule = yc_json_text(yc_json_element(rules, i));
        if (!rule)
            return missing("rules", "a list of names", err);
        const char *name = rule[0] == '!' ? rule + 1 : rule;
        if (strcmp(name, "bip54") == 0)
            out->bip54 = true;
        else if (rule[0] == '!' && strcmp(name, "segwit") != 0)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "the chain demands the rule %s, which this miner does not know: its blocks would be invalid",
                           name);
    }
    return YC_VALID;
}

static enum yc_verdict read_aux(struct yc_gbt *out, const struct yc_json *o, struct yc_arena *arena,
                                struct yc_error *err)
{
    struct yc_json_walk w = {0};
    const struct yc_json *value;
    const char *name;
    out->aux = YC_VIEW_EMPTY;
    while (yc_json_next(yc_json_member(o, "coinbaseaux"), &w, &name, &value)) {
        struct yc_view more;
        enum yc_verdict v = read_hex(&more, value, "coinbaseaux", arena, err);
        if (v != YC_VALID)
            return v;
        uint8_t *both = yc_arena_take(arena, out->aux.n + more.n + 1);
        if (!both)
            return no_memory(err);
        if (out->aux.n)
            memcpy(both, out->aux.p, out->aux.n);
        if (more.n)
            memcpy(both + out->aux.n, more.p, more.n);
        out->aux = yc_view(both, out->aux.n + more.n);
    }
    return YC_VALID;
}

static enum yc_verdict read_transactions(struct yc_gbt *out, const struct yc_json *o, struct yc_arena *arena,
                                         struct yc_error *err)
{
    const struct yc_json *list = yc_json_member(o, "transactions");
    if (yc_json_kind(list) != YC_JSON_ARRAY)
        return missing("transactions", "a list", err);
    size_t count = yc_json_count(list);
    struct yc_view *tx = yc_arena_take_array(arena, count, sizeof *tx);
    struct yc_txid *txid = yc_arena_take_array(arena, count, sizeof *txid);
    if (!tx || !txid)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct yc_json *each = yc_json_element(list, i);
        enum yc_verdict v = read_hex(&tx[i], yc_json_member(each, "data"), "data", arena, err);
        if (v == YC_VALID && tx[i].n == 0)
            v = missing("data", "a transaction in hex", err);
        /* Before segwit "hash" was the txid, and servers of that time gave no "txid". */
        if (v == YC_VALID)
            v = read_hash(txid[i].b, each, yc_json_is_null(yc_json_member(each, "txid")) ? "hash" : "txid", err);
        if (v != YC_VALID)
            return v;
    }
    out->tx = tx;
    out->txid = txid;
    out->tx_count = (uint32_t)count;
    return YC_VALID;
}

static void read_longpollid(struct yc_gbt *out, const struct yc_json *o)
{
    const char *id = yc_json_text(yc_json_member(o, "longpollid"));
    size_t n = id ? strlen(id) : 0;
    out->longpollid[0] = 0;
    if (n > 0 && n < sizeof out->longpollid)
        memcpy(out->longpollid, id, n + 1);
}

enum yc_verdict yc_gbt_read(struct yc_gbt *out, const struct yc_json *result, struct yc_arena *arena,
                            struct yc_error *err)
{
    *out = (struct yc_gbt){0};
    enum yc_verdict v = read_rules(out, result, err);
    if (v == YC_VALID)
        v = read_version(&out->version, result, err);
    if (v == YC_VALID)
        v = read_u32(&out->height, result, "height", err);
    if (v == YC_VALID && out->height == 0)
        v = missing("height", "a number above 0", err);
    if (v == YC_VALID)
        v = read_u32(&out->time, result, "curtime", err);
    if (v == YC_VALID)
        v = read_u32(&out->time_min, result, "mintime", err);
    if (v == YC_VALID)
        v = read_hash(out->prev.b, result, "previousblockhash", err);
    if (v == YC_VALID)
        v = read_target(out, result, err);
    if (v == YC_VALID &&
        !yc_json_int_in(yc_json_member(result, "coinbasevalue"), 0, YC_MONEY_MAX, &out->coinbase_value_sat))
        v = missing("coinbasevalue", "an amount in base units", err);
    if (v == YC_VALID)
        v = read_hex(&out->commitment_script, yc_json_member(result, "default_witness_commitment"),
                     "default_witness_commitment", arena, err);
    if (v == YC_VALID)
        v = read_aux(out, result, arena, err);
    if (v == YC_VALID)
        v = read_transactions(out, result, arena, err);
    if (v == YC_VALID)
        read_longpollid(out, result);
    if (v == YC_VALID && out->time < out->time_min)
        out->time = out->time_min;
    return v;
}

void yc_gbt_write_params(struct yc_buf *out, const char *longpollid)
{
    static const char *const capabilities[] = {"coinbasevalue", "longpoll"}, *const rules[] = {"segwit", "bip54"};
    struct yc_json_out j;
    yc_json_out_init(&j, out, 0);
    yc_json_begin_array(&j);
    yc_json_begin_object(&j);
    yc_json_key(&j, "capabilities");
    yc_json_begin_array(&j);
    for (size_t i = 0; i < 2; i++)
        yc_json_put_text(&j, capabilities[i]);
    yc_json_end_array(&j);
    yc_json_key(&j, "rules");
    yc_json_begin_array(&j);
    for (size_t i = 0; i < 2; i++)
        yc_json_put_text(&j, rules[i]);
    yc_json_end_array(&j);
    if (longpollid && longpollid[0])
        yc_json_member_text(&j, "longpollid", longpollid);
    yc_json_end_object(&j);
    yc_json_end_array(&j);
}
