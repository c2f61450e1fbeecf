/* Blocks against coins that the caller looks up. What the block spends and makes is kept in a map over them. */
#include "base/map.h"
#include "consensus/public/internal.h"
#include "consensus/script/script.h"
#include "consensus/signet.h"
#include "crypto/sha256.h"

/* What the block did to an outpoint: the coin is now there, or it is not. */
struct change {
    bool is_there;
    struct yc_coin coin;
};

struct overlay {
    const struct ycoin_coins *below;
    struct yc_map changes; /* yc_outpoint -> struct change */
};

static enum yc_verdict look_up(struct overlay *o, const struct yc_outpoint *at, struct yc_coin *out)
{
    const struct change *change = yc_map_get(&o->changes, at);
    if (change) {
        *out = change->coin;
        return change->is_there ? YC_VALID : YC_NOT_YET;
    }
    struct ycoin_coin coin = {0};
    int found = o->below->get(o->below->user, at->txid.b, at->index, &coin);
    if (found < 0)
        return YC_SYSTEM;
    *out = (struct yc_coin){coin.value_sat, coin.height, coin.coinbase != 0, yc_view(coin.script, coin.script_size)};
    return found ? YC_VALID : YC_NOT_YET;
}

static enum yc_verdict coins_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    struct overlay *o = ctx;
    enum yc_verdict verdict = look_up(o, at, out);
    if (verdict != YC_VALID)
        return verdict;
    struct change *change = yc_map_put(&o->changes, at, NULL);
    if (!change)
        return YC_SYSTEM;
    *change = (struct change){.is_there = false};
    return YC_VALID;
}

static enum yc_verdict coins_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    struct overlay *o = ctx;
    struct change *change = yc_map_put(&o->changes, at, NULL);
    if (!change)
        return YC_SYSTEM;
    *change = (struct change){.is_there = true, .coin = *coin};
    return YC_VALID;
}

static enum yc_verdict coins_has(void *ctx, const struct yc_outpoint *at)
{
    struct yc_coin coin;
    return look_up(ctx, at, &coin);
}

/* Scripts are run as they come; the first that fails is kept, and none is run after it. */
struct scripts {
    struct yc_script_machine *machine;
    enum yc_verdict verdict;
    struct yc_reject reject;
};

static enum yc_verdict run_now(void *ctx, const struct yc_script_check *check)
{
    struct scripts *s = ctx;
    if (s->verdict == YC_VALID)
        s->verdict = yc_script_check_run(check, s->machine, yc_checker_now(), &s->reject);
    return YC_VALID;
}

/* Tell the caller what a valid block did. */
static void report(const struct yc_block *b, uint32_t height, const struct ycoin_coins *coins)
{
    for (uint32_t i = 0; height > 0 && i < b->tx_count; i++) {
        const struct yc_tx *t = &b->tx[i];
        for (uint32_t k = 0; coins->spent && i > 0 && k < t->in_count; k++)
            coins->spent(coins->user, t->in[k].prevout.txid.b, t->in[k].prevout.index);
        for (uint32_t k = 0; coins->made && k < t->out_count; k++) {
            struct yc_view script = t->out[k].script;
            struct ycoin_coin coin = {t->out[k].value_sat, height, i == 0, script.p, script.n};
            if (!yc_script_is_unspendable(script))
                coins->made(coins->user, t->txid.b, k, &coin);
        }
    }
}

/* A block and its place. */
struct placed {
    const struct yc_chain_params *params;
    struct yc_block block;
    struct yc_public_branch branch;
    const struct yc_ancestors *ancestors; /* NULL for genesis */
    uint32_t height;
};

/* Every rule that needs no coins: the header's first, which are cheap. */
static enum yc_verdict check_and_accept(const struct placed *p, int64_t now_s, struct yc_arena *arena,
                                        struct yc_reject *reject)
{
    const struct yc_block *b = &p->block;
    const struct ycoin_parent *parent = p->branch.parent;
    enum yc_verdict verdict = YC_VALID;
    if (parent ? memcmp(b->header.prev.b, parent->hash, 32) != 0
               : !yc_block_hash_equal(&b->hash, &p->params->genesis.hash))
        return yc_reject_set(reject, YC_REJ_HEADER_PREV_NOT_FOUND, YC_NO_INDEX, YC_NO_INDEX);
    if (p->ancestors)
        verdict = yc_header_accept(&b->header, &b->hash, p->params, p->ancestors, now_s, reject);
    if (verdict == YC_VALID)
        verdict = yc_block_check(b, p->params, yc_rule_active(p->params->rules.bip54, p->height), arena, reject);
    if (verdict == YC_VALID && p->ancestors)
        verdict = yc_block_accept(b, p->params, p->height, p->ancestors, arena, reject);
    return verdict;
}

/* Coins, amounts and scripts. A script is the reason only when no rule about coins is: as when scripts run elsewhere. */
static enum yc_verdict connect(const struct placed *p, struct ycoin_context *c, const struct ycoin_coins *coins,
                               int64_t *fees_sat, struct yc_reject *reject)
{
    struct overlay overlay = {.below = coins};
    struct yc_siphash_key seed;
    struct yc_spent_coins spent;
    /* Outpoints cannot be chosen to collide under a key that the block's own hash, which costs work, gives. */
    memcpy(&seed, p->block.hash.b, sizeof seed);
    yc_map_init(&overlay.changes, yc_public_heap(), sizeof(struct yc_outpoint), sizeof(struct change), seed);
    struct yc_coins view = {coins_spend, coins_add, coins_has, &overlay};
    struct scripts scripts = {.machine = c->machine, .verdict = YC_VALID};
    struct yc_script_sink sink = {run_now, &scripts};
    struct yc_connect how = {p->params, &p->block.hash, p->height, p->ancestors, &view, &sink, &c->arena};
    enum yc_verdict verdict = yc_block_connect(&p->block, &how, &spent, fees_sat, reject);
    yc_map_release(&overlay.changes);
    if (verdict == YC_VALID && scripts.verdict != YC_VALID) {
        *reject = scripts.reject;
        verdict = scripts.verdict;
    }
    return verdict;
}

enum ycoin_verdict ycoin_verify_block(struct ycoin_context *context, const struct ycoin_chain *chain,
                                      const uint8_t *block, size_t block_size, const struct ycoin_parent *parent,
                                      int64_t now_s, const struct ycoin_coins *coins, int64_t *fees_sat,
                                      struct ycoin_reason *why)
{
    struct placed p = {.params = &chain->params, .height = parent ? parent->height + 1 : 0};
    struct yc_reject reject;
    int64_t fees = 0;
    if (!yc_public_branch_init(&p.branch, parent))
        return yc_public_error(why, "parent: its height leaves none for the block after it");
    p.ancestors = parent ? &p.branch.ancestors : NULL;
    yc_arena_clear(&context->arena);
    enum yc_verdict verdict = yc_block_parse(&p.block, yc_view(block, block_size), &context->arena, &reject);
    if (verdict == YC_VALID)
        verdict = check_and_accept(&p, now_s, &context->arena, &reject);
    if (verdict == YC_VALID)
        verdict = connect(&p, context, coins, &fees, &reject);
    enum ycoin_verdict answer = yc_public_branch_verdict(&p.branch, verdict, &reject, why);
    if (answer == YCOIN_VALID) {
        report(&p.block, p.height, coins);
        if (fees_sat)
            *fees_sat = fees;
    }
    yc_arena_clear(&context->arena);
    return answer;
}
