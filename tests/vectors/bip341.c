/* bip341_wallet_vectors.json: the outputs (leaves, root, tweak, control blocks, addresses) and the digests of key path
 * spends. */
#include "consensus/script/sighash.h"
#include "consensus/script/taproot.h"
#include "crypto/secp.h"
#include "formats/address.h"
#include "vectors/chains.h"
#include "vectors/spending.h"

static struct yc_view text_at(json_object *object, const char *part, const char *name)
{
    return vectors_text(vectors_get(vectors_get(object, part), name));
}

/* Outputs. Leaves are numbered in the order in which the tree is walked. */

struct tree {
    struct vectors *v;
    json_object *leaf_hashes, *controls;
    unsigned leaves;
    struct yc_view output; /* 32 bytes */
    bool ok;
};

static void walk(struct tree *t, json_object *node, uint8_t out32[32])
{
    if (json_object_is_type(node, json_type_array)) {
        uint8_t left[32], right[32];
        walk(t, vectors_at(node, 0), left);
        walk(t, vectors_at(node, 1), right);
        yc_taproot_branch_hash(out32, left, right);
        return;
    }
    struct yc_view script, control;
    uint8_t version = (uint8_t)json_object_get_int(vectors_get(node, "leafVersion"));
    unsigned i = t->leaves++;
    memset(out32, 0, 32);
    if (!vectors_hex(t->v, vectors_text(vectors_get(node, "script")), &script) ||
        !vectors_hex(t->v, vectors_text(vectors_at(t->controls, i)), &control)) {
        t->ok = false;
        return;
    }
    yc_taproot_leaf_hash(out32, version, script);
    t->ok = t->ok && vectors_same_hex(vectors_text(vectors_at(t->leaf_hashes, i)), out32, 32) &&
            yc_taproot_control_is_sized(control) && yc_taproot_commits(t->output.p, control, out32);
}

/* The output's script is the expected one and has the expected address. */
static bool prints_as(json_object *json, const uint8_t output32[32])
{
    char text[YC_ADDRESS_TEXT_MAX];
    uint8_t script[34] = {0x51, 32};
    memcpy(script + 2, output32, 32);
    return vectors_same_hex(text_at(json, "expected", "scriptPubKey"), script, sizeof script) &&
           yc_address_print_script(text, vectors_chain("main"), yc_view(script, sizeof script)) &&
           yc_view_equal(text_at(json, "expected", "bip350Address"), yc_view_text(text));
}

static void run_output(struct vectors *v, json_object *json)
{
    uint8_t root[32], tweak[32], output[32];
    struct yc_view internal, expected;
    unsigned parity;
    json_object *scripts = vectors_get(vectors_get(json, "given"), "scriptTree");
    if (!vectors_hex(v, text_at(json, "given", "internalPubkey"), &internal) || internal.n != 32 ||
        !vectors_hex(v, text_at(json, "intermediary", "tweakedPubkey"), &expected) || expected.n != 32) {
        vectors_case(v, false, "the case cannot be read");
        return;
    }
    struct tree t = {.v = v,
                     .leaf_hashes = vectors_get(vectors_get(json, "intermediary"), "leafHashes"),
                     .controls = vectors_get(vectors_get(json, "expected"), "scriptPathControlBlocks"),
                     .output = expected,
                     .ok = true};
    if (scripts)
        walk(&t, scripts, root);
    yc_taproot_tweak_hash(tweak, internal.p, scripts ? root : NULL);
    bool ok = t.ok && (!scripts || vectors_same_hex(text_at(json, "intermediary", "merkleRoot"), root, 32)) &&
              vectors_same_hex(text_at(json, "intermediary", "tweak"), tweak, 32) &&
              yc_secp_taproot_tweak(output, &parity, internal.p, tweak) && !memcmp(output, expected.p, 32) &&
              prints_as(json, output);
    vectors_case(v, ok, "another output: %s", json_object_get_string(json));
}

/* Spends. */

static bool read_spent(struct vectors *v, json_object *utxos, struct yc_spent *spent, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        json_object *utxo = vectors_at(utxos, i);
        spent[i].value_sat = json_object_get_int64(vectors_get(utxo, "amountSats"));
        if (!vectors_hex(v, vectors_text(vectors_get(utxo, "scriptPubKey")), &spent[i].script))
            return false;
    }
    return true;
}

static void run_input(struct vectors *v, const struct yc_spend *s, json_object *json)
{
    uint32_t input = (uint32_t)json_object_get_int(vectors_get(vectors_get(json, "given"), "txinIndex"));
    uint8_t type = (uint8_t)json_object_get_int(vectors_get(vectors_get(json, "given"), "hashType"));
    struct yc_sighash_tap tap = {0};
    uint8_t digest[32];
    bool ok = input < s->tx->in_count && yc_sighash_taproot(digest, s, input, type, &tap) &&
              vectors_same_hex(text_at(json, "intermediary", "sigHash"), digest, 32) &&
              spending_verify(s, input, YC_SCRIPT_FLAGS_STANDARD) == YC_SCRIPT_OK &&
              spending_verify_deferred(s, input, YC_SCRIPT_FLAGS_STANDARD) == YC_SCRIPT_OK;
    vectors_case(v, ok, "input %u: another digest, or its signature does not verify", input);
}

static void run_spend(struct vectors *v, json_object *json)
{
    struct yc_tx tx;
    struct yc_view raw;
    struct yc_reject why;
    struct yc_spend s;
    if (!vectors_hex(v, text_at(json, "auxiliary", "fullySignedTx"), &raw) ||
        yc_tx_parse(&tx, raw, &v->arena, &why) != YC_VALID) {
        vectors_case(v, false, "the case cannot be read");
        return;
    }
    struct yc_spent *spent = vectors_take(v, tx.in_count * sizeof *spent);
    if (!read_spent(v, vectors_get(vectors_get(json, "given"), "utxosSpent"), spent, tx.in_count)) {
        vectors_case(v, false, "the spent outputs cannot be read");
        return;
    }
    yc_spend_init(&s, &tx, spent);
    const char *part = "intermediary";
    vectors_case(v,
                 vectors_same_hex(text_at(json, part, "hashAmounts"), s.amounts_single32, 32) &&
                     vectors_same_hex(text_at(json, part, "hashOutputs"), s.outputs_single32, 32) &&
                     vectors_same_hex(text_at(json, part, "hashPrevouts"), s.prevouts_single32, 32) &&
                     vectors_same_hex(text_at(json, part, "hashScriptPubkeys"), s.scripts_single32, 32) &&
                     vectors_same_hex(text_at(json, part, "hashSequences"), s.sequences_single32, 32),
                 "other shared hashes");
    json_object *inputs = vectors_get(json, "inputSpending");
    for (size_t i = 0; vectors_at(inputs, i); i++)
        run_input(v, &s, vectors_at(inputs, i));
}

static void run(struct vectors *v, struct yc_view file)
{
    json_object *root = vectors_json(v, file);
    json_object *outputs = vectors_get(root, "scriptPubKey"), *spends = vectors_get(root, "keyPathSpending");
    for (unsigned i = 0; vectors_at(outputs, i); i++) {
        vectors_begin(v, i);
        run_output(v, vectors_at(outputs, i));
    }
    for (unsigned i = 0; vectors_at(spends, i); i++) {
        vectors_begin(v, i);
        run_spend(v, vectors_at(spends, i));
    }
    json_object_put(root);
}

const struct vectors_kind vectors_kind_bip341 = {"bip341", "bip341_wallet_vectors.json", run};
