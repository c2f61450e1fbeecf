/* script_tests.json: [[witness.., amount]?, scriptSig, scriptPubKey, flags, expected error, comment?]; a row of one text
 * is a comment. The spending transaction is made as the file's authors make it. */
#include "consensus/script/script.h"
#include "consensus/script/taproot.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "vectors/spending.h"

#include <math.h>

#define RANDOM_FLAG_SETS 32

/* The key whose secret is 1: the internal key of the generated taproot outputs. */
static const uint8_t internal32[32] = {0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
                                       0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                       0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};

struct row {
    struct yc_view script_sig, script;
    struct yc_view *witness;
    uint32_t witness_count;
    int64_t amount_sat;
    uint32_t flags;
    struct yc_view expected;
    uint8_t control33[33], output34[34]; /* where the row asks for generated ones */
};

static bool generate_output(struct row *r, struct yc_view leaf_script)
{
    uint8_t leaf[32], tweak[32];
    unsigned parity;
    yc_taproot_leaf_hash(leaf, YC_TAPROOT_LEAF_TAPSCRIPT, leaf_script);
    yc_taproot_tweak_hash(tweak, internal32, leaf);
    r->output34[0] = YC_OP_1;
    r->output34[1] = 32;
    if (!yc_secp_taproot_tweak(r->output34 + 2, &parity, internal32, tweak))
        return false;
    r->control33[0] = (uint8_t)(YC_TAPROOT_LEAF_TAPSCRIPT | parity);
    memcpy(r->control33 + 1, internal32, 32);
    return true;
}

static bool read_witness_item(struct vectors *v, struct row *r, struct yc_view text)
{
    static const char script_mark[] = "#SCRIPT#";
    struct yc_view *item = &r->witness[r->witness_count];
    size_t mark = sizeof script_mark - 1;
    if (text.n >= mark && !memcmp(text.p, script_mark, mark)) {
        if (!vectors_asm(v, yc_view_slice(text, mark, text.n - mark), item))
            return false;
    } else if (yc_view_equal(text, yc_view_text("#CONTROLBLOCK#"))) {
        if (r->witness_count == 0 || !generate_output(r, item[-1]))
            return false;
        *item = yc_view(r->control33, sizeof r->control33);
    } else if (!vectors_hex(v, text, item)) {
        return false;
    }
    r->witness_count++;
    return true;
}

static bool read_witness(struct vectors *v, struct row *r, json_object *witness)
{
    size_t n = json_object_array_length(witness);
    if (n == 0)
        return false;
    r->witness = vectors_take(v, n * sizeof *r->witness);
    for (size_t i = 0; i + 1 < n; i++)
        if (!read_witness_item(v, r, vectors_text(vectors_at(witness, i))))
            return false;
    r->amount_sat = llround(json_object_get_double(vectors_at(witness, n - 1)) * (double)YC_COIN);
    return true;
}

static bool read_row(struct vectors *v, struct row *r, json_object *json)
{
    size_t at = 0;
    *r = (struct row){0};
    if (json_object_is_type(vectors_at(json, 0), json_type_array) && !read_witness(v, r, vectors_at(json, at++)))
        return false;
    struct yc_view script_sig = vectors_text(vectors_at(json, at++)), script = vectors_text(vectors_at(json, at++));
    struct yc_view flags = vectors_text(vectors_at(json, at++));
    r->expected = vectors_text(vectors_at(json, at++));
    if (!vectors_asm(v, script_sig, &r->script_sig))
        return false;
    if (yc_view_equal(script, yc_view_text("0x51 0x20 #TAPROOTOUTPUT#")))
        r->script = yc_view(r->output34, sizeof r->output34);
    else if (!vectors_asm(v, script, &r->script))
        return false;
    return yc_script_flags_parse(&r->flags, (const char *)flags.p, flags.n);
}

/* The transaction that makes the coin, of which the txid alone matters. */
static struct yc_txid credit_txid(struct vectors *v, const struct row *r)
{
    struct yc_txin in = {.prevout.index = UINT32_MAX, .sequence = YC_SEQUENCE_FINAL, .script_sig = yc_view("\0\0", 2)};
    struct yc_txout out = {r->amount_sat, r->script};
    struct yc_tx tx = {.version = 1, .in_count = 1, .out_count = 1, .in = &in, .out = &out};
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_tx_write(&tx, false, &w);
    size_t n = w.n;
    uint8_t *bytes = vectors_take(v, n);
    yc_writer_init(&w, bytes, n);
    yc_tx_write(&tx, false, &w);
    struct yc_txid txid;
    yc_sha256d(txid.b, bytes, w.n);
    return txid;
}

/* A passing row passes under fewer flags, a failing one fails under more. */
static bool holds_under_other_flags(struct vectors *v, const struct yc_spend *s, uint32_t flags, bool passes)
{
    for (int i = 0; i < RANDOM_FLAG_SETS; i++) {
        uint32_t extra = (uint32_t)yc_random_u64(&v->random) & SPENDING_FLAGS_ALL;
        uint32_t other = passes ? flags & ~extra : flags | extra;
        if (spending_flags_allowed(other) && (spending_verify(s, 0, other) == YC_SCRIPT_OK) != passes)
            return false;
    }
    return true;
}

static void run_row(struct vectors *v, json_object *json)
{
    struct row r;
    if (!read_row(v, &r, json)) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    struct yc_txin in = {.prevout = {credit_txid(v, &r), 0},
                         .sequence = YC_SEQUENCE_FINAL,
                         .script_sig = r.script_sig,
                         .witness = r.witness,
                         .witness_count = r.witness_count};
    struct yc_txout out = {r.amount_sat, YC_VIEW_EMPTY};
    struct yc_tx tx = {.version = 1, .in_count = 1, .out_count = 1, .in = &in, .out = &out};
    struct yc_spent spent = {r.amount_sat, r.script};
    struct yc_spend spend;
    yc_spend_init(&spend, &tx, &spent);
    uint32_t flags = spending_flags_fill(r.flags);
    enum yc_script_error now = spending_verify(&spend, 0, flags);
    enum yc_script_error deferred = spending_verify_deferred(&spend, 0, flags);
    const char *name = yc_script_error_name(now);
    bool ok = yc_view_equal(r.expected, yc_view_text(name)) && deferred == now &&
              holds_under_other_flags(v, &spend, flags, now == YC_SCRIPT_OK);
    vectors_case(v, ok, "expected %.*s, found %s (deferred: %s) or another verdict under other flags: %s",
                 (int)r.expected.n, (const char *)r.expected.p, name, yc_script_error_name(deferred),
                 json_object_get_string(json));
}

static void run(struct vectors *v, struct yc_view file)
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        if (json_object_array_length(vectors_at(rows, i)) > 1)
            run_row(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

const struct vectors_kind vectors_kind_script_tests = {"script-tests", "script_tests.json", run};
