/* A state of the coins: opened where its store says that it stands, flushed as a whole, closed. How it moves from block to
 * block is connect.c's and line.c's, and when it is flushed commit.c's. */
#include "node/chain/internal.h"

struct yc_chainstate *yc_chainstate_new(struct yc_chain *c, const struct yc_kv *kv)
{
    struct yc_chainstate *s = yc_alloc_new(c->alloc, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct yc_chainstate){.chain = c, .kv = kv, .cache_bytes = c->config.coins_cache_bytes};
    yc_ahead_init(s);
    yc_inputs_init(s);
    yc_flush_init(s);
    return s;
}

void yc_chainstate_free(struct yc_chainstate *s)
{
    if (!s)
        return;
    struct yc_error ignored; /* the chain has failed, or was flushed already */
    yc_ignore(yc_flush_end(s, &ignored));
    yc_inputs_release(s);
    yc_ahead_clear(s);
    yc_line_release(s);
    yc_coins_close(s->coins);
    yc_alloc_free(s->chain->alloc, s, sizeof *s);
}

/* The node of a hash that the coins name; zeros stand for the state before genesis, which holds no coin either. */
static enum yc_verdict coins_node(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_node **out,
                                  struct yc_error *err)
{
    *out = yc_hash_is_zero(hash->b) ? c->tree.genesis : yc_tree_find(&c->tree, hash);
    if (*out)
        return YC_VALID;
    char text[65];
    yc_hex_write_reversed(text, hash->b, 32);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "the coins are those after block %s, which the block index does not know; restart with -reindex",
                   text);
}

static enum yc_verdict find_tip(struct yc_chainstate *s, struct yc_error *err)
{
    struct yc_chain *c = s->chain;
    struct yc_block_hash best = yc_coins_best(s->coins), from, to;
    if (yc_coins_interrupted(s->coins, &from, &to)) {
        enum yc_verdict v = coins_node(c, &from, &s->replay_from, err);
        s->tip = s->replay_from;
        return v == YC_VALID ? coins_node(c, &to, &s->replay_to, err) : v;
    }
    if (yc_hash_is_zero(best.b) && c->prune.ever && s == c->active)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "there are no coins, and the blocks to build them from were pruned: restore chainstate from a "
                       "backup, or restart with -reindex, which downloads everything anew");
    if (yc_hash_is_zero(best.b)) {
        /* No coin before genesis and none after it, but from now on the store can say after which block it stands. */
        struct yc_arena none;
        yc_arena_init_fixed(&none, NULL, 0);
        yc_coins_block_begin(s->coins, &none);
        yc_coins_block_commit(s->coins, &c->tree.genesis->hash);
    }
    return coins_node(c, &best, &s->tip, err);
}

enum yc_verdict yc_chainstate_open(struct yc_chainstate *s, struct yc_error *err)
{
    struct yc_chain *c = s->chain;
    struct yc_coins_options o = {.alloc = c->alloc, .kv = s->kv, .genesis = c->config.params->genesis.hash};
    yc_random_fill(c->config.random, &o.seed, sizeof o.seed);
    enum yc_verdict v = yc_coins_open(&s->coins, &o, err);
    if (v == YC_VALID)
        v = find_tip(s, err);
    s->front = s->tip;
    return v;
}

enum yc_verdict yc_chainstate_flush(struct yc_chainstate *s, struct yc_error *err)
{
    enum yc_verdict v = yc_flush_end(s, err);
    if (v != YC_VALID || s->replay_to || !s->coins)
        return v;
    yc_inputs_clear(s);
    v = yc_coins_flush(s->coins, false, err);
    if (v == YC_VALID)
        yc_note_flushed(s);
    return v;
}
