/* own/core_*.json: cases of generate.py, each a block on the same tip, with the verdict that Bitcoin Core gave:
 *   {about, confirmed_by, chain, height (of the tip), tip, now,
 *    first_height, times: [of that height and the following ones],
 *    coins: [[txid, height, coinbase, [[value, script] or null..]]..], shared: [transaction..],
 *    reasons: [text..],
 *    cases: [{name, block | txs: [transaction or number of a shared one..], hash, by?, here?, reject, pool?}..]}
 * An output that is null made no coin: nobody can ever spend it. Bytes are hex in which (xx*n) stands for n bytes xx and
 * <i> for the id of the i-th transaction of coins. A case with "txs" is an ordinary block made of them, whose hash
 * ends in "hash": own_block.h says what is ordinary. "reject" is null for a valid block, else the number of the reason; "pool", where
 * the memory pool was asked about the only transaction, likewise, or "=" when it says the same. by "proposal": judged before it was mined; here: the reason
 * that YCoin gives where it is meant to differ. */
#include "base/assert.h"
#include "base/map.h"
#include "consensus/connect.h"
#include "vectors/chains.h"
#include "vectors/own_block.h"
#include "vectors/spending.h"

#include <stdio.h>

#define CHECKS_MAX 65536

/* What a block changed: a coin, or that there is none. */
struct change {
    bool there;
    struct yc_coin coin;
};

struct stage {
    struct own_place place;
    struct yc_arena arena; /* lives as long as the file is run */
    uint32_t first_height;
    size_t time_count;
    uint32_t *times;
    int64_t now_s;
    struct own_ids ids;
    struct yc_map coins, changes; /* changes: of the block being judged */
    json_object *reasons;
    struct yc_view *shared;
    size_t shared_count;
    struct yc_script_check *checks; /* of the block being judged */
    size_t check_count;
};

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    const struct stage *s = ctx;
    YC_ASSERT(height >= s->first_height && height - s->first_height < s->time_count);
    return (struct yc_ancestor){s->times[height - s->first_height], OWN_BITS, OWN_VERSION};
}

/* The coins: those of the stage, under the changes of the block. */

static const struct yc_coin *coin_at(const struct stage *s, const struct yc_outpoint *at)
{
    const struct change *change = yc_map_get(&s->changes, at);
    if (change)
        return change->there ? &change->coin : NULL;
    return yc_map_get(&s->coins, at);
}

static enum yc_verdict set(struct stage *s, const struct yc_outpoint *at, const struct change *change)
{
    struct change *slot = yc_map_put(&s->changes, at, NULL);
    if (slot)
        *slot = *change;
    return slot ? YC_VALID : YC_SYSTEM;
}

static enum yc_verdict coin_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    const struct yc_coin *coin = coin_at(ctx, at);
    if (!coin)
        return YC_NOT_YET;
    *out = *coin;
    return set(ctx, at, &(struct change){.there = false});
}

static enum yc_verdict coin_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    return set(ctx, at, &(struct change){true, *coin});
}

static enum yc_verdict coin_has(void *ctx, const struct yc_outpoint *at)
{
    return coin_at(ctx, at) ? YC_VALID : YC_NOT_YET;
}

static enum yc_verdict take_check(void *ctx, const struct yc_script_check *check)
{
    struct stage *s = ctx;
    YC_ASSERT(s->check_count < CHECKS_MAX);
    s->checks[s->check_count++] = *check;
    return YC_VALID;
}

/* Reading the stage. */

static bool read_coins(struct stage *s, json_object *made)
{
    struct yc_view txid = vectors_text(vectors_at(made, 0));
    struct yc_outpoint at = {.index = 0};
    if (!yc_hex_read_reversed(at.txid.b, 32, (const char *)txid.p, txid.n))
        return false;
    memcpy(s->ids.id[s->ids.count++], at.txid.b, 32);
    json_object *outputs = vectors_at(made, 3);
    size_t count = outputs ? json_object_array_length(outputs) : 0;
    for (; at.index < count; at.index++) {
        json_object *output = vectors_at(outputs, at.index);
        if (!output)
            continue;
        struct yc_coin *coin = yc_map_put(&s->coins, &at, NULL);
        if (!coin || !own_bytes(&s->arena, &s->ids, vectors_text(vectors_at(output, 1)), &coin->script))
            return false;
        coin->value_sat = json_object_get_int64(vectors_at(output, 0));
        coin->height = (uint32_t)json_object_get_int64(vectors_at(made, 1));
        coin->coinbase = json_object_get_boolean(vectors_at(made, 2));
    }
    return true;
}

static uint32_t number_of(json_object *root, const char *name)
{
    return (uint32_t)json_object_get_int64(vectors_get(root, name));
}

static bool read_place(struct stage *s, json_object *root)
{
    struct yc_view tip = vectors_text(vectors_get(root, "tip"));
    json_object *times = vectors_get(root, "times");
    s->place.params = vectors_chain(json_object_get_string(vectors_get(root, "chain")));
    s->place.height = number_of(root, "height") + 1;
    s->now_s = json_object_get_int64(vectors_get(root, "now"));
    s->first_height = number_of(root, "first_height");
    s->time_count = times ? json_object_array_length(times) : 0;
    s->times = yc_arena_take_array(&s->arena, s->time_count + 1, sizeof *s->times);
    if (!s->times || s->first_height + s->time_count != s->place.height)
        return false;
    for (size_t i = 0; i < s->time_count; i++)
        s->times[i] = (uint32_t)json_object_get_int64(vectors_at(times, i));
    s->place.time = s->times[s->time_count - 1] + OWN_SPACING_S;
    return yc_hex_read_reversed(s->place.prev.b, 32, (const char *)tip.p, tip.n);
}

static bool read_stage(struct stage *s, json_object *root)
{
    json_object *coins = vectors_get(root, "coins"), *shared = vectors_get(root, "shared");
    s->reasons = vectors_get(root, "reasons");
    size_t made = coins ? json_object_array_length(coins) : 0;
    s->ids.id = yc_arena_take_array(&s->arena, made + 1, sizeof *s->ids.id);
    bool ok = root && s->ids.id && read_place(s, root);
    for (size_t i = 0; ok && i < made; i++)
        ok = read_coins(s, vectors_at(coins, i));
    s->shared_count = shared ? json_object_array_length(shared) : 0;
    s->shared = yc_arena_take_array(&s->arena, s->shared_count + 1, sizeof *s->shared);
    s->checks = yc_arena_take_array(&s->arena, CHECKS_MAX, sizeof *s->checks);
    ok = ok && s->shared && s->checks;
    for (size_t i = 0; ok && i < s->shared_count; i++)
        ok = own_bytes(&s->arena, &s->ids, vectors_text(vectors_at(shared, i)), &s->shared[i]);
    return ok;
}

static void open_stage(struct stage *s)
{
    *s = (struct stage){.now_s = 0};
    yc_arena_init(&s->arena, yc_heap(), 1 << 20, 256u << 20);
    yc_map_init(&s->coins, yc_heap(), sizeof(struct yc_outpoint), sizeof(struct yc_coin),
                (struct yc_siphash_key){1, 2});
    yc_map_init(&s->changes, yc_heap(), sizeof(struct yc_outpoint), sizeof(struct change),
                (struct yc_siphash_key){3, 4});
}

static void close_stage(struct stage *s)
{
    yc_map_release(&s->changes);
    yc_map_release(&s->coins);
    yc_arena_release(&s->arena);
}

/* A case. */

static enum yc_verdict judge(struct stage *s, const struct yc_block *b, struct yc_arena *arena, struct yc_reject *why)
{
    const struct yc_chain_params *params = s->place.params;
    struct yc_ancestors a = {s->place.height - 1, ancestor_at, s};
    const struct yc_coins coins = {coin_spend, coin_add, coin_has, s};
    const struct yc_script_sink sink = {take_check, s};
    struct yc_connect c = {params, &b->hash, s->place.height, &a, &coins, &sink, arena};
    struct yc_spent_coins spent;
    s->check_count = 0;
    yc_map_clear(&s->changes);
    enum yc_verdict verdict = yc_header_accept(&b->header, &b->hash, params, &a, s->now_s, why);
    if (verdict == YC_VALID)
        verdict = yc_block_check(b, params, false, arena, why);
    if (verdict == YC_VALID)
        verdict = yc_block_accept(b, params, s->place.height, &a, arena, why);
    if (verdict == YC_VALID)
        verdict = yc_block_connect(b, &c, &spent, NULL, why);
    return verdict;
}

/* The first script that fails under its own flags, or under those of the pool. Deferring signatures changes nothing. */
static enum yc_script_error run_scripts(const struct stage *s, bool pool, bool *deferring_agrees)
{
    enum yc_script_error error = YC_SCRIPT_OK;
    for (size_t i = 0; i < s->check_count && error == YC_SCRIPT_OK; i++) {
        const struct yc_script_check *c = &s->checks[i];
        uint32_t flags = pool ? YC_SCRIPT_FLAGS_STANDARD : c->flags;
        error = spending_verify(c->spend, c->input, flags);
        *deferring_agrees = *deferring_agrees && spending_verify_deferred(c->spend, c->input, flags) == error;
    }
    return error;
}

#define TEXT_MAX 192

/* The reason as Bitcoin Core says it; "" for none. */
static void tell(char text[TEXT_MAX], enum yc_verdict verdict, const struct yc_reject *why)
{
    text[0] = 0;
    if (verdict == YC_SYSTEM)
        (void)snprintf(text, TEXT_MAX, "our own failure %d", (int)why->system);
    else if (verdict != YC_VALID && why->code == YC_REJ_BLOCK_PARSE)
        (void)snprintf(text, TEXT_MAX, "Block decode failed");
    else if (verdict != YC_VALID)
        yc_reject_text(text, TEXT_MAX, why);
}

/* "" for none. */
static const char *reason_of(const struct stage *s, json_object *number)
{
    const char *text =
        number ? json_object_get_string(vectors_at(s->reasons, (size_t)json_object_get_int(number))) : "";
    return text ? text : "a reason that the file does not have";
}

/* What the pool said of the scripts; it may have had other reasons, which are not this program's to check. */
static bool pool_agrees(const struct stage *s, json_object *expected, enum yc_script_error in_block,
                        bool *deferring_agrees)
{
    static const char prefix[] = "mempool-script-verify-flag-failed";
    if (json_object_is_type(expected, json_type_string))
        return run_scripts(s, true, deferring_agrees) == in_block;
    const char *reason = reason_of(s, expected);
    if (reason[0] && strncmp(reason, prefix, sizeof prefix - 1) != 0)
        return true;
    char text[TEXT_MAX] = "";
    enum yc_script_error error = run_scripts(s, true, deferring_agrees);
    if (error != YC_SCRIPT_OK)
        (void)snprintf(text, sizeof text, "%s (%s)", prefix, yc_script_error_text(error));
    return !strcmp(text, reason);
}

static void run_block(struct vectors *v, struct stage *s, json_object *json, struct yc_view raw)
{
    struct yc_block b;
    struct yc_reject why = {.code = YC_REJ_NONE};
    bool deferring_agrees = true, connected = false;
    char text[TEXT_MAX];
    enum yc_verdict verdict = yc_block_parse(&b, raw, &v->arena, &why);
    if (verdict == YC_VALID) {
        verdict = judge(s, &b, &v->arena, &why);
        connected = verdict == YC_VALID;
    }
    enum yc_script_error error = connected ? run_scripts(s, false, &deferring_agrees) : YC_SCRIPT_OK;
    if (error != YC_SCRIPT_OK) {
        verdict = yc_reject_set(&why, YC_REJ_BLOCK_SCRIPT, YC_NO_INDEX, YC_NO_INDEX);
        why.script_error = error;
    }
    tell(text, verdict, &why);
    json_object *pool;
    bool asked = json_object_object_get_ex(json, "pool", &pool);
    json_object *here = vectors_get(json, "here");
    const char *expected = reason_of(s, here ? here : vectors_get(json, "reject"));
    bool blame = verdict == YC_VALID || verdict == yc_reject_verdict(why.code);
    bool pool_same = !asked || !connected || pool_agrees(s, pool, error, &deferring_agrees);
    vectors_case(v, !strcmp(text, expected) && blame && pool_same && deferring_agrees,
                 "%s: \"%s\"; expected \"%s\"; the pool's verdict agrees: %d, deferring agrees: %d",
                 json_object_get_string(vectors_get(json, "name")), text, expected, pool_same, deferring_agrees);
}

/* The bytes of the case's transactions, some of which are shared. */
static bool read_txs(struct vectors *v, const struct stage *s, json_object *list, struct own_txs *out)
{
    out->count = json_object_array_length(list);
    struct yc_tx *tx = vectors_take(v, out->count * sizeof *tx);
    out->tx = tx;
    for (size_t i = 0; i < out->count; i++) {
        json_object *item = vectors_at(list, i);
        struct yc_view raw;
        struct yc_reject why;
        size_t index = json_object_is_type(item, json_type_int) ? (size_t)json_object_get_int(item) : SIZE_MAX;
        if (index < s->shared_count)
            raw = s->shared[index];
        else if (!own_bytes(&v->arena, &s->ids, vectors_text(item), &raw))
            return false;
        if (yc_tx_parse(&tx[i], raw, &v->arena, &why) != YC_VALID)
            return false;
    }
    return true;
}

static bool ends_in(const struct yc_block_hash *hash, struct yc_view digits)
{
    char text[65];
    yc_hex_write_reversed(text, hash->b, 32);
    return digits.n <= 64 && yc_view_equal(yc_view(text + 64 - digits.n, digits.n), digits);
}

static void run_case(struct vectors *v, struct stage *s, json_object *json)
{
    struct yc_view raw;
    struct yc_block_hash hash;
    struct own_txs txs;
    const char *name = json_object_get_string(vectors_get(json, "name"));
    if (!vectors_get(json, "txs")) {
        if (own_bytes(&v->arena, &s->ids, vectors_text(vectors_get(json, "block")), &raw))
            run_block(v, s, json, raw);
        else
            vectors_case(v, false, "%s: the block cannot be read", name);
    } else if (!read_txs(v, s, vectors_get(json, "txs"), &txs) ||
               !own_block(&raw, &hash, &s->place, v->row, &txs, &v->arena)) {
        vectors_case(v, false, "%s: the transactions cannot be read", name);
    } else if (!ends_in(&hash, vectors_text(vectors_get(json, "hash")))) {
        vectors_case(v, false, "%s: another block than the one that was judged", name);
    } else {
        run_block(v, s, json, raw);
    }
}

static void run(struct vectors *v, struct yc_view file)
{
    json_object *root = vectors_json(v, file), *cases = vectors_get(root, "cases");
    struct stage s;
    open_stage(&s);
    if (!read_stage(&s, root))
        vectors_case(v, false, "the head of the file cannot be read");
    else
        for (unsigned i = 0; vectors_at(cases, i); i++) {
            vectors_begin(v, i + 1);
            run_case(v, &s, vectors_at(cases, i));
        }
    close_stage(&s);
    json_object_put(root);
}

const struct vectors_kind vectors_kind_own = {"own", "own/core_*.json", run};
