/* tx_valid.json, tx_invalid.json: [[[txid, index, script, amount?]..], transaction, flags]; a row of one text is a
 * comment. The flags of a valid row are those it must not be run under, each of which breaks it; those of an invalid
 * row are just enough to break it, or "BADTX" when it breaks rules that need no coins. */
#include "vectors/spending.h"

#define RANDOM_FLAG_SETS 32

struct row {
    struct yc_tx tx;
    struct yc_spent *spent;
    uint32_t flags;
    bool bad_tx; /* expected to break yc_tx_check() */
};

static bool read_coin(struct vectors *v, struct row *r, json_object *coin)
{
    struct yc_outpoint at = {.index = (uint32_t)json_object_get_int64(vectors_at(coin, 1))};
    struct yc_view txid = vectors_text(vectors_at(coin, 0));
    struct yc_spent spent = {.value_sat = json_object_get_int64(vectors_at(coin, 3))};
    if (!yc_hex_read_reversed(at.txid.b, 32, (const char *)txid.p, txid.n) ||
        !vectors_asm(v, vectors_text(vectors_at(coin, 2)), &spent.script))
        return false;
    for (uint32_t i = 0; i < r->tx.in_count; i++)
        if (yc_outpoint_equal(&r->tx.in[i].prevout, &at))
            r->spent[i] = spent;
    return true;
}

static bool read_row(struct vectors *v, struct row *r, json_object *json)
{
    *r = (struct row){0};
    struct yc_view raw, flags = vectors_text(vectors_at(json, 2));
    struct yc_reject why;
    if (!vectors_hex(v, vectors_text(vectors_at(json, 1)), &raw) ||
        yc_tx_parse(&r->tx, raw, &v->arena, &why) != YC_VALID)
        return false;
    r->spent = vectors_take(v, r->tx.in_count * sizeof *r->spent);
    for (uint32_t i = 0; i < r->tx.in_count; i++)
        r->spent[i] = (struct yc_spent){0};
    for (size_t i = 0; vectors_at(vectors_at(json, 0), i); i++)
        if (!read_coin(v, r, vectors_at(vectors_at(json, 0), i)))
            return false;
    r->bad_tx = yc_view_equal(flags, yc_view_text("BADTX"));
    return r->bad_tx || yc_script_flags_parse(&r->flags, (const char *)flags.p, flags.n);
}

static bool passes(const struct yc_spend *s, uint32_t flags)
{
    for (uint32_t i = 0; i < s->tx->in_count; i++) {
        enum yc_script_error now = spending_verify(s, i, flags);
        if (now != spending_verify_deferred(s, i, flags) || now != YC_SCRIPT_OK)
            return false;
    }
    return true;
}

static bool check_ok(struct vectors *v, const struct row *r)
{
    struct yc_reject why;
    return yc_tx_check(&r->tx, &v->arena, &why) == YC_VALID;
}

/* Valid: passes under all flags but the named, and any fewer; fails when one named flag is set too. */
static void run_valid(struct vectors *v, const struct row *r, json_object *json)
{
    struct yc_spend spend;
    yc_spend_init(&spend, &r->tx, r->spent);
    uint32_t most = SPENDING_FLAGS_ALL & ~r->flags;
    bool fewer = true, maximal = true;
    for (int i = 0; i < RANDOM_FLAG_SETS; i++)
        fewer = fewer && passes(&spend, spending_flags_trim(most & (uint32_t)yc_random_u64(&v->random)));
    for (uint32_t flag = 1; flag <= SPENDING_FLAGS_ALL; flag <<= 1) {
        fewer = fewer && passes(&spend, spending_flags_trim(most & ~flag));
        uint32_t without = spending_flags_trim(r->flags & ~flag);
        if (without != r->flags)
            maximal = maximal && !passes(&spend, SPENDING_FLAGS_ALL & ~without);
    }
    bool ok = check_ok(v, r), full = passes(&spend, most);
    vectors_case(v, ok && full && fewer && maximal,
                 "valid without coins: %d, scripts pass: %d, also under fewer flags: %d, flags are maximal: %d: %s", ok,
                 full, fewer, maximal, json_object_get_string(json));
}

/* Invalid: fails under the named flags and any more; passes when one of them is left out. */
static void run_invalid(struct vectors *v, const struct row *r, json_object *json)
{
    if (r->bad_tx) {
        vectors_case(v, !check_ok(v, r), "not found bad without coins: %s", json_object_get_string(json));
        return;
    }
    struct yc_spend spend;
    yc_spend_init(&spend, &r->tx, r->spent);
    bool more = true, minimal = true;
    for (int i = 0; i < RANDOM_FLAG_SETS; i++) {
        uint32_t extra = (uint32_t)yc_random_u64(&v->random) & SPENDING_FLAGS_ALL;
        more = more && !passes(&spend, spending_flags_fill(r->flags | extra));
    }
    for (uint32_t flag = 1; flag <= SPENDING_FLAGS_ALL; flag <<= 1) {
        more = more && !passes(&spend, spending_flags_fill(r->flags | flag));
        uint32_t without = spending_flags_trim(r->flags & ~flag);
        if (without != r->flags)
            minimal = minimal && passes(&spend, without);
    }
    bool ok = check_ok(v, r), fails = !passes(&spend, r->flags);
    vectors_case(v, ok && fails && more && minimal,
                 "valid without coins: %d, scripts fail: %d, also under more flags: %d, flags are minimal: %d: %s", ok,
                 fails, more, minimal, json_object_get_string(json));
}

static void run_rows(struct vectors *v, struct yc_view file,
                     void (*run_one)(struct vectors *, const struct row *, json_object *))
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        json_object *json = vectors_at(rows, i);
        struct row r;
        vectors_begin(v, i);
        if (!json_object_is_type(vectors_at(json, 0), json_type_array))
            continue;
        if (read_row(v, &r, json))
            run_one(v, &r, json);
        else
            vectors_case(v, false, "the row cannot be read: %s", json_object_get_string(json));
    }
    json_object_put(rows);
}

static void run_tx_valid(struct vectors *v, struct yc_view file)
{
    run_rows(v, file, run_valid);
}

static void run_tx_invalid(struct vectors *v, struct yc_view file)
{
    run_rows(v, file, run_invalid);
}

const struct vectors_kind vectors_kind_tx_valid = {"tx-valid", "tx_valid.json", run_tx_valid};
const struct vectors_kind vectors_kind_tx_invalid = {"tx-invalid", "tx_invalid.json", run_tx_invalid};
