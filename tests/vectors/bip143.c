/* own/bip143.json: the worked examples of BIP 143: [name, transaction, [[script spent, value]..], [[input, script code,
 * hash type, digest]..]]; every input verifies. */
#include "consensus/script/sighash.h"
#include "vectors/spending.h"

static bool digest_ok(struct vectors *v, const struct yc_spend *s, json_object *row)
{
    struct yc_view code;
    uint8_t found[32];
    uint32_t input = (uint32_t)json_object_get_int(vectors_at(row, 0));
    if (input >= s->tx->in_count || !vectors_hex(v, vectors_text(vectors_at(row, 1)), &code))
        return false;
    yc_sighash_v0(found, s, input, code, (uint32_t)json_object_get_int(vectors_at(row, 2)), NULL);
    return vectors_same_hex(vectors_text(vectors_at(row, 3)), found, 32);
}

static void run_row(struct vectors *v, json_object *row)
{
    struct yc_tx tx;
    struct yc_view raw;
    struct yc_reject why;
    struct yc_spend s;
    if (!vectors_hex(v, vectors_text(vectors_at(row, 1)), &raw) || yc_tx_parse(&tx, raw, &v->arena, &why) != YC_VALID) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    struct yc_spent *spent = vectors_take(v, tx.in_count * sizeof *spent);
    for (uint32_t i = 0; i < tx.in_count; i++) {
        json_object *coin = vectors_at(vectors_at(row, 2), i);
        spent[i].value_sat = json_object_get_int64(vectors_at(coin, 1));
        if (!vectors_hex(v, vectors_text(vectors_at(coin, 0)), &spent[i].script)) {
            vectors_case(v, false, "the spent output %u cannot be read", i);
            return;
        }
    }
    yc_spend_init(&s, &tx, spent);
    bool same = true, verified = true;
    for (size_t i = 0; vectors_at(vectors_at(row, 3), i); i++)
        same = same && digest_ok(v, &s, vectors_at(vectors_at(row, 3), i));
    for (uint32_t i = 0; i < tx.in_count; i++)
        verified = verified && spending_verify(&s, i, YC_SCRIPT_FLAGS_CONSENSUS) == YC_SCRIPT_OK &&
                   spending_verify_deferred(&s, i, YC_SCRIPT_FLAGS_CONSENSUS) == YC_SCRIPT_OK;
    vectors_case(v, same && verified, "the digests are the same: %d, verified: %d: %s", same, verified,
                 json_object_get_string(vectors_at(row, 0)));
}

static void run(struct vectors *v, struct yc_view file)
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 1; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        run_row(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

const struct vectors_kind vectors_kind_bip143 = {"bip143", "own/bip143.json", run};
