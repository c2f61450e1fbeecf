/* script_assets*.json: {tx, prevouts, index, flags, comment, success?, failure?, final?}. Success must pass under every
 * set of consensus flags within `flags` (under every set at all when final), failure must fail under every set around
 * it. */
#include "base/reader.h"
#include "vectors/spending.h"

/* Every set of consensus flags that soft forks allow; returns false when i is past the last. */
static bool flag_set(unsigned i, uint32_t *out)
{
    static const uint32_t flags[] = {YC_SCRIPT_P2SH,
                                     YC_SCRIPT_DERSIG,
                                     YC_SCRIPT_NULLDUMMY,
                                     YC_SCRIPT_CHECKLOCKTIMEVERIFY,
                                     YC_SCRIPT_CHECKSEQUENCEVERIFY,
                                     YC_SCRIPT_WITNESS,
                                     YC_SCRIPT_TAPROOT};
    const unsigned count = sizeof flags / sizeof flags[0];
    *out = 0;
    for (unsigned k = 0; k < count; k++)
        if (i & (1u << k))
            *out |= flags[k];
    return i < 1u << count;
}

static bool read_spent(struct vectors *v, json_object *prevouts, struct yc_spent *spent, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct yc_view raw;
        if (!vectors_hex(v, vectors_text(vectors_at(prevouts, i)), &raw))
            return false;
        struct yc_reader r;
        yc_reader_init(&r, raw);
        spent[i].value_sat = (int64_t)yc_reader_u64le(&r);
        spent[i].script = yc_reader_var_bytes(&r);
        if (!yc_reader_done(&r))
            return false;
    }
    return true;
}

/* The transaction with this script sig and witness at the input that is tested. */
static bool fill_in(struct vectors *v, struct yc_tx *tx, uint32_t input, json_object *with)
{
    struct yc_txin *in = vectors_take(v, tx->in_count * sizeof *in);
    memcpy(in, tx->in, tx->in_count * sizeof *in);
    tx->in = in;
    return vectors_hex(v, vectors_text(vectors_get(with, "scriptSig")), &in[input].script_sig) &&
           vectors_hex_array(v, vectors_get(with, "witness"), &in[input].witness, &in[input].witness_count);
}

static bool verify_all(const struct yc_spend *s, uint32_t input, uint32_t flags, bool success, bool final)
{
    uint32_t set;
    for (unsigned i = 0; flag_set(i, &set); i++) {
        bool applies = success ? final || (set & flags) == set : (set & flags) == flags;
        if (!applies || !spending_flags_allowed(set))
            continue;
        enum yc_script_error now = spending_verify(s, input, set);
        if ((now == YC_SCRIPT_OK) != success || spending_verify_deferred(s, input, set) != now)
            return false;
    }
    return true;
}

static void run_one(struct vectors *v, json_object *json, const char *which)
{
    struct yc_tx tx;
    struct yc_view raw, flags_text = vectors_text(vectors_get(json, "flags"));
    struct yc_reject why;
    uint32_t flags, input = (uint32_t)json_object_get_int(vectors_get(json, "index"));
    struct yc_spend spend;
    struct yc_spent *spent = NULL;
    bool ok = vectors_hex(v, vectors_text(vectors_get(json, "tx")), &raw) &&
              yc_tx_parse(&tx, raw, &v->arena, &why) == YC_VALID && input < tx.in_count &&
              yc_script_flags_parse(&flags, (const char *)flags_text.p, flags_text.n);
    if (ok) {
        spent = vectors_take(v, tx.in_count * sizeof *spent);
        ok = read_spent(v, vectors_get(json, "prevouts"), spent, tx.in_count) &&
             fill_in(v, &tx, input, vectors_get(json, which));
    }
    if (!ok) {
        vectors_case(v, false, "the case cannot be read");
        return;
    }
    yc_spend_init(&spend, &tx, spent);
    bool final = json_object_get_boolean(vectors_get(json, "final"));
    vectors_case(v, verify_all(&spend, input, flags, !strcmp(which, "success"), final), "%s: not a %s",
                 json_object_get_string(vectors_get(json, "comment")), which);
}

static void run(struct vectors *v, struct yc_view file)
{
    static const char *const both[] = {"success", "failure"};
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++)
        for (int k = 0; k < 2; k++) {
            vectors_begin(v, i);
            if (vectors_get(vectors_at(rows, i), both[k]))
                run_one(v, vectors_at(rows, i), both[k]);
        }
    json_object_put(rows);
}

const struct vectors_kind vectors_kind_script_assets = {"script-assets", "script_assets*.json", run};
