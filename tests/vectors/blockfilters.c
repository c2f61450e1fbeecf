/* blockfilters.json, bip158_testnet.json: [height, block hash, block, [scripts spent..], filter header before, filter,
 * filter header, notes]; the first row names the columns. */
#include "formats/blockfilter.h"
#include "vectors/vectors.h"

static bool read_hash(json_object *text, uint8_t out32[32])
{
    struct yc_view t = vectors_text(text);
    return yc_hex_read_reversed(out32, 32, (const char *)t.p, t.n);
}

static void run_row(struct vectors *v, json_object *row)
{
    struct yc_block b;
    struct yc_view raw;
    struct yc_reject why;
    const struct yc_view *scripts;
    uint32_t count;
    uint8_t hash32[32], before32[32], header32[32], found32[32];
    if (!read_hash(vectors_at(row, 1), hash32) || !vectors_hex(v, vectors_text(vectors_at(row, 2)), &raw) ||
        !vectors_hex_array(v, vectors_at(row, 3), &scripts, &count) || !read_hash(vectors_at(row, 4), before32) ||
        !read_hash(vectors_at(row, 6), header32) || yc_block_parse(&b, raw, &v->arena, &why) != YC_VALID) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    struct yc_coin *coins = vectors_take(v, count * sizeof *coins);
    for (uint32_t i = 0; i < count; i++)
        coins[i] = (struct yc_coin){.script = scripts[i]};
    struct yc_spent_coins spent = {coins, count};
    struct yc_error err;
    struct yc_buf filter;
    yc_buf_init(&filter, yc_heap(), 1 << 22);
    bool made = yc_blockfilter_basic(&filter, &b, &spent, &v->arena, &err) == YC_VALID;
    yc_blockfilter_header(found32, yc_buf_view(&filter), before32);
    bool same = vectors_same_hex(vectors_text(vectors_at(row, 5)), filter.p, filter.n) &&
                !memcmp(found32, header32, 32) && !memcmp(b.hash.b, hash32, 32);
    bool hits = true;
    for (uint32_t i = 0; made && i < count; i++) {
        bool hit = false;
        hits = hits && yc_blockfilter_match_any(&hit, yc_buf_view(&filter), &b.hash, &scripts[i], 1, &v->arena, &err) ==
                           YC_VALID;
        hits = hits && hit == (scripts[i].n > 0);
    }
    vectors_case(v, made && same && hits, "made: %d, the same: %d, finds its own scripts: %d: %s", made, same, hits,
                 json_object_get_string(vectors_at(row, 7)));
    yc_buf_release(&filter);
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

const struct vectors_kind vectors_kind_blockfilters = {"blockfilters", "blockfilters.json, bip158_testnet.json", run};
