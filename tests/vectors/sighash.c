/* sighash.json: [transaction, script code, input, hash type, digest as displayed], legacy. */
#include "consensus/script/sighash.h"
#include "vectors/vectors.h"

static void run_row(struct vectors *v, json_object *json)
{
    struct yc_tx tx;
    struct yc_view raw, code, expected = vectors_text(vectors_at(json, 4));
    struct yc_reject why;
    uint8_t want[32], found[32], cached[32], again[32];
    uint32_t input = (uint32_t)json_object_get_int(vectors_at(json, 2));
    uint32_t type = (uint32_t)json_object_get_int(vectors_at(json, 3));
    if (!vectors_hex(v, vectors_text(vectors_at(json, 0)), &raw) ||
        !vectors_hex(v, vectors_text(vectors_at(json, 1)), &code) ||
        !yc_hex_read_reversed(want, 32, (const char *)expected.p, expected.n) ||
        yc_tx_parse(&tx, raw, &v->arena, &why) != YC_VALID || input >= tx.in_count) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    struct yc_sighash_cache *cache = vectors_take(v, sizeof *cache);
    yc_sighash_cache_clear(cache);
    yc_sighash_legacy(found, &tx, input, code, type, NULL);
    yc_sighash_legacy(cached, &tx, input, code, type, cache);
    yc_sighash_legacy(again, &tx, input, code, type, cache);
    bool same = !memcmp(found, cached, 32) && !memcmp(found, again, 32);
    vectors_case(v, same && !memcmp(found, want, 32), "another digest: %s", json_object_get_string(json));
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

const struct vectors_kind vectors_kind_sighash = {"sighash", "sighash.json", run};
