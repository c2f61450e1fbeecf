/* bip54_timestamps.json, bip54_coinbases.json, bip54_txsize.json: the vectors of BIP 54, which run on Bitcoin's main
 * chain with BIP 54 in force from the genesis block on.
 *   timestamps  a tree of {"block_headers": [hex..], "valid"?, "comment"?, "extensions"?: [node..]}: each node goes on
 *               from the last header of its parent, and "valid" speaks of its own last header
 *   coinbases   [{"block_chain": [hex..], "valid", "comment"}..]: "valid" speaks of the last block
 *   txsize      [{"tx": hex, "valid", "comment"}..] */
#include "consensus/connect.h"
#include "vectors/vectors.h"

#define HEIGHT_MAX 8192

struct chain {
    struct yc_chain_params params;
    struct yc_ancestor at[HEIGHT_MAX];
    uint32_t count; /* headers so far */
};

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    return ((const struct chain *)ctx)->at[height];
}

static struct chain *new_chain(struct vectors *v)
{
    struct chain *c = vectors_take(v, sizeof *c);
    c->params = *yc_chain_builtin("main");
    c->params.pow.retarget = YC_RETARGET_WINDOW;
    c->params.rules.bip34 = 227931;
    c->params.rules.bip65 = 388381;
    c->params.rules.bip66 = 363725;
    c->params.rules.csv = 419328;
    c->params.rules.segwit = 481824;
    c->params.rules.bip16 = c->params.rules.taproot = c->params.rules.bip54 = 0;
    c->count = 0;
    return c;
}

/* Judge the header as the chain's next and append it when it is valid. The first is taken as it is. */
static enum yc_verdict append(struct chain *c, const struct yc_header *h, struct yc_reject *why)
{
    struct yc_ancestors a = {c->count - 1, ancestor_at, c};
    struct yc_block_hash hash = yc_header_hash(h);
    if (c->count == HEIGHT_MAX)
        return yc_reject_system(why, YC_SYSTEM_FULL);
    if (c->count) {
        enum yc_verdict verdict = yc_header_accept(h, &hash, &c->params, &a, INT64_C(0xffffffff), why);
        if (verdict != YC_VALID)
            return verdict;
    }
    c->at[c->count++] = (struct yc_ancestor){h->time, h->bits, h->version};
    return YC_VALID;
}

/* The verdict of the node's last header; YC_SYSTEM when an earlier one is refused or cannot be read. */
static enum yc_verdict append_all(struct chain *c, json_object *list, struct yc_reject *why)
{
    enum yc_verdict verdict = YC_SYSTEM;
    for (size_t i = 0; vectors_at(list, i); i++) {
        struct yc_view text = vectors_text(vectors_at(list, i));
        uint8_t bytes80[YC_HEADER_BYTES];
        struct yc_header h;
        if (i && verdict != YC_VALID)
            return YC_SYSTEM;
        if (!yc_hex_read(bytes80, sizeof bytes80, (const char *)text.p, text.n))
            return YC_SYSTEM;
        yc_header_read(&h, bytes80);
        verdict = append(c, &h, why);
    }
    return verdict;
}

static void run_node(struct vectors *v, struct chain *c, json_object *node)
{
    struct yc_reject why = {.code = YC_REJ_NONE};
    uint32_t count = c->count;
    enum yc_verdict verdict = append_all(c, vectors_get(node, "block_headers"), &why);
    json_object *valid = vectors_get(node, "valid"), *more = vectors_get(node, "extensions");
    bool expected = !valid || json_object_get_boolean(valid);
    bool by_bip54 = why.code == YC_REJ_HEADER_TIMEWARP || why.code == YC_REJ_HEADER_MURCH_ZAWY;
    bool agrees = expected ? verdict == YC_VALID : verdict == YC_INVALID && by_bip54;
    v->row++;
    if (valid || !agrees)
        vectors_case(v, agrees, "%s: %s", json_object_get_string(vectors_get(node, "comment")),
                     yc_reject_string(why.code));
    for (size_t i = 0; agrees && vectors_at(more, i); i++)
        run_node(v, c, vectors_at(more, i));
    c->count = count;
}

static void run_timestamps(struct vectors *v, struct yc_view file)
{
    json_object *root = vectors_json(v, file);
    if (root)
        run_node(v, new_chain(v), root);
    json_object_put(root);
}

/* The chains hold coinbases only: no coin is ever asked for but to be missing. */
static enum yc_verdict no_coin(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    (void)ctx;
    (void)at;
    (void)out;
    return YC_NOT_YET;
}

static enum yc_verdict keep_nothing(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    (void)ctx;
    (void)at;
    (void)coin;
    return YC_VALID;
}

static enum yc_verdict has_nothing(void *ctx, const struct yc_outpoint *at)
{
    (void)ctx;
    (void)at;
    return YC_NOT_YET;
}

static enum yc_verdict append_block(struct vectors *v, struct chain *c, struct yc_view raw, struct yc_reject *why)
{
    static const struct yc_coins coins = {no_coin, keep_nothing, has_nothing, NULL};
    struct yc_block b;
    struct yc_spent_coins spent;
    uint32_t height = c->count;
    struct yc_ancestors a = {height - 1, ancestor_at, c};
    enum yc_verdict verdict = yc_block_parse(&b, raw, &v->arena, why);
    if (verdict == YC_VALID)
        verdict = append(c, &b.header, why);
    if (verdict == YC_VALID)
        verdict = yc_block_check(&b, &c->params, true, &v->arena, why);
    if (height == 0 || verdict != YC_VALID)
        return verdict;
    verdict = yc_block_accept(&b, &c->params, height, &a, &v->arena, why);
    struct yc_connect connect = {
        .params = &c->params, .hash = &b.hash, .height = height, .ancestors = &a, .coins = &coins, .arena = &v->arena};
    return verdict == YC_VALID ? yc_block_connect(&b, &connect, &spent, NULL, why) : verdict;
}

static void run_chain(struct vectors *v, json_object *json)
{
    json_object *blocks = vectors_get(json, "block_chain");
    bool expected = json_object_get_boolean(vectors_get(json, "valid"));
    struct chain *c = new_chain(v);
    struct yc_reject why = {.code = YC_REJ_NONE};
    enum yc_verdict verdict = YC_VALID;
    size_t count = json_object_array_length(blocks);
    for (size_t i = 0; i < count; i++) {
        struct yc_view raw;
        if (verdict != YC_VALID || !vectors_hex(v, vectors_text(vectors_at(blocks, i)), &raw))
            break;
        verdict = append_block(v, c, raw, &why);
    }
    /* An invalid chain is one whose last block alone is refused, by BIP 54. */
    bool by_bip54 = why.code == YC_REJ_BLOCK_CB_LOCKTIME || why.code == YC_REJ_BLOCK_CB_SEQUENCE ||
                    why.code == YC_REJ_BLOCK_TX_NONFINAL;
    bool agrees = c->count == count && (expected ? verdict == YC_VALID : verdict == YC_INVALID && by_bip54);
    vectors_case(v, agrees, "%s: %s", json_object_get_string(vectors_get(json, "comment")), yc_reject_string(why.code));
}

static void run_coinbases(struct vectors *v, struct yc_view file)
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        run_chain(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

static void run_size(struct vectors *v, json_object *json)
{
    bool expected = json_object_get_boolean(vectors_get(json, "valid"));
    struct yc_tx tx;
    struct yc_view raw;
    struct yc_reject why;
    if (!vectors_hex(v, vectors_text(vectors_get(json, "tx")), &raw) ||
        yc_tx_parse(&tx, raw, &v->arena, &why) != YC_VALID) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    bool agrees =
        yc_tx_check(&tx, &v->arena, &why) == YC_VALID && (yc_tx_check_bip54(&tx, &why) == YC_VALID) == expected;
    vectors_case(v, agrees, "%s", json_object_get_string(vectors_get(json, "comment")));
}

static void run_sizes(struct vectors *v, struct yc_view file)
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        run_size(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

const struct vectors_kind vectors_kind_bip54_timestamps = {"bip54-timestamps", "bip54_timestamps.json", run_timestamps};
const struct vectors_kind vectors_kind_bip54_coinbases = {"bip54-coinbases", "bip54_coinbases.json", run_coinbases};
const struct vectors_kind vectors_kind_bip54_txsize = {"bip54-txsize", "bip54_txsize.json", run_sizes};
