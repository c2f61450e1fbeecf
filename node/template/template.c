#include "node/template/template.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "base/map.h"
#include "consensus/script/script.h"
#include "crypto/sha256.h"
#include "node/template/coinbase.h"
#include "node/template/select.h"

#define ARENA_CHUNK_BYTES   (UINT32_C(1) << 20)
#define ARENA_BYTES_MAX     (UINT32_C(256) << 20)
#define VERSION_BITS_TOP    UINT32_C(0x20000000) /* BIP 9: no deployment is signalled */
#define SIGOP_COST_RESERVED 400                  /* for the coinbase, which a miner may replace */
/* Inputs of entries that lanes alone have judged: the trial connection runs their scripts by libsecp256k1, which takes a
 * core 30 us each, so that a template never waits long for them. */
#define UNCONFIRMED_INPUTS_MAX 512
/* How often a template that turns out invalid is built again without the transaction at fault. */
#define REBUILDS_MAX 64

/* What a template is built from. */
struct plan {
    struct yc_chain *chain;
    const struct yc_template_options *options;
    const struct yc_node *tip;
    struct yc_ancestors ancestors;
    uint32_t time;
};

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to build a block template");
}

static enum yc_verdict plan_init(struct plan *p, struct yc_chain *chain, const struct yc_clock *clock,
                                 const struct yc_template_options *options, struct yc_error *err)
{
    if (!yc_chain_at_rest(chain))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "a block is being connected; try again in a moment");
    if (options->coinbase_tag.n > YC_COINBASE_TAG_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a coinbase tag of %zu bytes is too long: at most %d",
                       options->coinbase_tag.n, YC_COINBASE_TAG_MAX);
    p->chain = chain;
    p->options = options;
    p->tip = yc_chain_tip(chain);
    p->ancestors = yc_node_ancestors(p->tip);
    p->time = (uint32_t)yc_wall_s(clock);
    return YC_VALID;
}

/* ---- from transactions to bytes ---- */

static struct yc_view output_script(const struct plan *p)
{
    static const uint8_t anyone[1] = {YC_OP_1};
    return p->options->coinbase_script.n ? p->options->coinbase_script : yc_view(anyone, sizeof anyone);
}

static bool write_coinbase(struct yc_template *t, const struct plan *p, const uint8_t *commitment)
{
    struct yc_coinbase c = {t->height, t->coinbase_value_sat, output_script(p), p->options->coinbase_tag, commitment};
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_coinbase_write(&w, &c);
    size_t n = w.n;
    uint8_t *bytes = yc_arena_take(&t->arena, n);
    if (!bytes)
        return false;
    yc_writer_init(&w, bytes, n);
    yc_coinbase_write(&w, &c);
    YC_ASSERT(!w.failed && w.n == n);
    t->coinbase = yc_view(bytes, n);
    return true;
}

/* Root over the transactions' wtxids, the coinbase's taken as zeros. */
static bool witness_root(uint8_t out32[32], struct yc_template *t)
{
    uint8_t(*leaves)[32] = yc_arena_take_array(&t->arena, (size_t)t->tx_count + 1, 32);
    if (!leaves)
        return false;
    memset(leaves[0], 0, 32);
    for (uint32_t i = 0; i < t->tx_count; i++)
        memcpy(leaves[i + 1], t->tx[i].wtxid.b, 32);
    yc_merkle_root(out32, leaves, (size_t)t->tx_count + 1, NULL);
    return true;
}

static bool merkle_root(uint8_t out32[32], struct yc_template *t)
{
    struct yc_tx coinbase;
    struct yc_reject why;
    uint8_t(*leaves)[32] = yc_arena_take_array(&t->arena, (size_t)t->tx_count + 1, 32);
    if (!leaves || yc_tx_parse(&coinbase, t->coinbase, &t->arena, &why) != YC_VALID)
        return false;
    memcpy(leaves[0], coinbase.txid.b, 32);
    for (uint32_t i = 0; i < t->tx_count; i++)
        memcpy(leaves[i + 1], t->tx[i].txid.b, 32);
    yc_merkle_root(out32, leaves, (size_t)t->tx_count + 1, NULL);
    t->weight += yc_tx_weight(&coinbase);
    return true;
}

static bool write_block(struct yc_template *t)
{
    size_t n = YC_HEADER_BYTES + yc_compact_bytes((uint64_t)t->tx_count + 1) + t->coinbase.n;
    for (uint32_t i = 0; i < t->tx_count; i++)
        n += t->tx[i].raw.n;
    uint8_t *bytes = yc_arena_take(&t->arena, n);
    if (!bytes)
        return false;
    struct yc_writer w;
    yc_writer_init(&w, bytes, n);
    yc_header_write(&t->header, yc_writer_room(&w, YC_HEADER_BYTES));
    yc_writer_compact(&w, (uint64_t)t->tx_count + 1);
    yc_writer_view(&w, t->coinbase);
    for (uint32_t i = 0; i < t->tx_count; i++)
        yc_writer_view(&w, t->tx[i].raw);
    YC_ASSERT(!w.failed && w.n == n);
    t->block = yc_view(bytes, n);
    return true;
}

/* Everything that follows from the chosen transactions: coinbase, roots, header, bytes. */
static bool assemble(struct yc_template *t, const struct plan *p)
{
    const struct yc_chain_params *params = yc_chain_params_of(p->chain);
    YC_ASSERT(p->tip);
    t->height = p->tip->height + 1;
    t->coinbase_value_sat = yc_subsidy_sat(params, t->height) + t->fees_sat;
    uint8_t *commitment = NULL;
    if (yc_rule_active(params->rules.segwit, t->height)) {
        uint8_t root32[32];
        commitment = yc_arena_take(&t->arena, YC_COMMITMENT_SCRIPT_BYTES);
        if (!commitment || !witness_root(root32, t))
            return false;
        yc_commitment_script(commitment, root32);
        t->commitment_script = yc_view(commitment, YC_COMMITMENT_SCRIPT_BYTES);
    }
    t->weight += (uint64_t)YC_WITNESS_SCALE * (YC_HEADER_BYTES + yc_compact_bytes((uint64_t)t->tx_count + 1));
    if (!write_coinbase(t, p, commitment) || !merkle_root(t->header.merkle_root, t))
        return false;
    t->time_min = (uint32_t)yc_time_min(params, &p->ancestors);
    t->header.version = VERSION_BITS_TOP;
    t->header.prev = p->tip->hash;
    t->header.time = p->time > t->time_min ? p->time : t->time_min;
    t->header.bits = yc_bits_required(params, &p->ancestors, t->header.time);
    return write_block(t);
}

/* ---- from the pool ---- */

/* Weight of the header, the largest count of transactions and our own coinbase: what the reserve must hold at least. */
static uint64_t own_weight(const struct plan *p)
{
    static const uint8_t commitment[YC_COMMITMENT_SCRIPT_BYTES];
    const struct yc_chain_params *params = yc_chain_params_of(p->chain);
    YC_ASSERT(p->tip);
    uint32_t height = p->tip->height + 1;
    bool segwit = yc_rule_active(params->rules.segwit, height);
    struct yc_coinbase c = {height, 0, output_script(p), p->options->coinbase_tag, segwit ? commitment : NULL};
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_coinbase_write(&w, &c);
    return (uint64_t)YC_WITNESS_SCALE * (YC_HEADER_BYTES + 5 + w.n);
}

static struct yc_selection_limits limits_of(const struct plan *p)
{
    const struct yc_template_options *o = p->options;
    uint64_t own = own_weight(p), reserved = o->reserved_weight > own ? o->reserved_weight : own;
    uint64_t all = o->weight_max < YC_BLOCK_WEIGHT_MAX ? o->weight_max : YC_BLOCK_WEIGHT_MAX;
    uint64_t cost = (uint64_t)YC_WITNESS_SCALE * yc_script_sigops(output_script(p), false);
    uint64_t sigops = cost > SIGOP_COST_RESERVED ? cost : SIGOP_COST_RESERVED;
    /* Compared before subtracting: nothing wraps when the reserve is the whole block (catalogue N02). */
    return (struct yc_selection_limits){
        .weight_max = reserved < all ? all - reserved : 0,
        .sigop_cost_max = sigops < YC_BLOCK_SIGOP_COST_MAX ? YC_BLOCK_SIGOP_COST_MAX - sigops : 0,
        .min_sat_per_kvb = o->min_sat_per_kvb,
        .height = p->tip->height + 1,
        .unconfirmed_inputs_max = UNCONFIRMED_INPUTS_MAX,
        .witness = yc_rule_active(yc_chain_params_of(p->chain)->rules.segwit, p->tip->height + 1),
        .mtp_s = yc_median_time_past(&p->ancestors)};
}

/* Which of the template's transactions i spends from: indices from 1. */
static bool find_depends(struct yc_template *t, struct yc_template_tx *out, const struct yc_tx *tx,
                         const struct yc_map *index)
{
    uint32_t *depends = yc_arena_take_array(&t->arena, tx->in_count, sizeof *depends), count = 0;
    if (!depends)
        return false;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        const uint32_t *at = yc_map_get(index, &tx->in[i].prevout.txid);
        bool known = !at;
        for (uint32_t j = 0; at && j < count; j++)
            known = known || depends[j] == *at;
        if (!known)
            depends[count++] = *at;
    }
    out->depends = depends;
    out->depend_count = count;
    return true;
}

static bool take_selection(struct yc_template *t, const struct yc_selection *s)
{
    struct yc_template_tx *txs = yc_arena_take_array(&t->arena, s->count, sizeof *txs);
    struct yc_map index;
    bool ok = txs != NULL;
    yc_map_init(&index, t->arena.alloc, sizeof(struct yc_txid), sizeof(uint32_t), (struct yc_siphash_key){3, 4});
    for (uint32_t i = 0; ok && i < s->count; i++) {
        const struct yc_pool_entry *e = s->entry[i];
        /* The pool may change while the template lives: the bytes are copied. */
        struct yc_view raw = yc_arena_copy(&t->arena, e->tx.raw);
        uint32_t *at = yc_map_put(&index, &e->tx.txid, NULL);
        ok = raw.p && at;
        if (!ok)
            break;
        txs[i] = (struct yc_template_tx){.raw = raw,
                                         .txid = e->tx.txid,
                                         .wtxid = e->tx.wtxid,
                                         .fee_sat = e->fee_sat,
                                         .sigop_cost = e->sigop_cost,
                                         .weight = yc_tx_weight(&e->tx)};
        ok = find_depends(t, &txs[i], &e->tx, &index);
        *at = i + 1;
    }
    yc_map_release(&index);
    t->tx = txs;
    t->tx_count = s->count;
    t->fees_sat = s->fees_sat;
    t->weight = s->weight;
    t->sigop_cost = s->sigop_cost;
    return ok;
}

static void start(struct yc_template *out, const struct yc_alloc *alloc)
{
    memset(out, 0, sizeof *out);
    yc_arena_init(&out->arena, alloc, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
}

static bool fill(struct yc_template *out, const struct plan *p, struct yc_pool *pool,
                 const struct yc_selection_limits *limits, bool *left_unconfirmed)
{
    struct yc_selection s = {0};
    if (pool && !yc_select(&s, pool, limits, &out->arena))
        return false;
    *left_unconfirmed = s.left_unconfirmed;
    return take_selection(out, &s) && assemble(out, p);
}

/* Which of the pool's transactions spoils the block, if it is one. */
static bool name_culprit(const struct yc_template *t, const struct yc_reject *why, struct yc_txid *out)
{
    if (why->tx == YC_NO_INDEX || why->tx == 0 || why->tx > t->tx_count)
        return false;
    *out = t->tx[why->tx - 1].txid;
    return true;
}

static enum yc_verdict no_template(struct yc_error *err, enum yc_verdict v, const struct yc_reject *why,
                                   uint32_t height)
{
    char text[192];
    yc_reject_text(text, sizeof text, why);
    if (v == YC_SYSTEM)
        return why->system == YC_SYSTEM_MEMORY
                   ? no_memory(err)
                   : yc_fail(err, v, why->system, "no block template: the chain has failed");
    if (v == YC_NOT_YET)
        return yc_fail(err, v, YC_SYSTEM_NONE,
                       "no block template for height %u now (%s): is this machine's clock right?", height, text);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "a block template for height %u is invalid (%s)", height, text);
}

/* The trial has run the scripts of every transaction that was not known to pass. */
static void confirm_all(const struct yc_template *t, struct yc_pool *pool)
{
    for (uint32_t i = 0; pool && i < t->tx_count; i++)
        yc_pool_confirm(pool, &t->tx[i].wtxid);
}

/* A transaction spoils the block: out of the pool with it. A script that fails though lanes accepted its signatures is
 * no transaction's fault. */
static enum yc_verdict drop_culprit(struct yc_pool *pool, const struct yc_txid *culprit, const struct yc_reject *why,
                                    struct yc_error *err)
{
    char text[192], txid[65];
    const struct yc_pool_entry *e = yc_pool_find(pool, culprit);
    yc_reject_text(text, sizeof text, why);
    if (e && e->by_lanes && why->code == YC_REJ_BLOCK_SCRIPT) {
        yc_pool_contradict(pool, culprit, yc_script_error_text(why->script_error), err);
        return YC_SYSTEM;
    }
    yc_hex_write_reversed(txid, culprit->b, 32);
    yc_log_warning(yc_pool_log(pool), "Transaction %s cannot be mined (%s): dropped from the pool", txid, text);
    yc_pool_remove(pool, culprit, YC_POOL_UNMINEABLE);
    return YC_VALID;
}

enum yc_verdict yc_template_build(struct yc_template *out, struct yc_chain *chain, struct yc_pool *pool,
                                  const struct yc_clock *clock, const struct yc_template_options *options,
                                  struct yc_error *err)
{
    struct plan p = {0};
    memset(out, 0, sizeof *out);
    enum yc_verdict v = plan_init(&p, chain, clock, options, err);
    if (v != YC_VALID)
        return v;
    struct yc_selection_limits limits = limits_of(&p);
    for (unsigned tries = 0; tries < REBUILDS_MAX; tries++) {
        struct yc_reject why;
        bool left_unconfirmed = false;
        start(out, yc_chain_alloc(chain));
        v = fill(out, &p, pool, &limits, &left_unconfirmed) ? yc_chain_test_block(chain, out->block, false, &why)
                                                            : yc_reject_system(&why, YC_SYSTEM_MEMORY);
        if (v == YC_VALID) {
            confirm_all(out, pool);
            if (left_unconfirmed)
                yc_pool_await_confirmed(pool);
            return YC_VALID;
        }
        struct yc_txid culprit;
        bool named = v != YC_SYSTEM && name_culprit(out, &why, &culprit);
        yc_template_release(out);
        if (!named)
            return no_template(err, v, &why, limits.height);
        v = drop_culprit(pool, &culprit, &why, err);
        if (v != YC_VALID)
            return v;
    }
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "no valid block template after %d tries", REBUILDS_MAX);
}

/* ---- from a list ---- */

/* Parse the given transactions. Their fees are not known before connecting, so none are claimed. */
static enum yc_verdict take_list(struct yc_template *t, const struct yc_view *txs, size_t count, struct yc_reject *why)
{
    struct yc_template_tx *list = yc_arena_take_array(&t->arena, count, sizeof *list);
    if (!list)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    for (size_t i = 0; i < count; i++) {
        struct yc_tx tx;
        enum yc_verdict v = yc_tx_parse(&tx, txs[i], &t->arena, why);
        if (v != YC_VALID)
            return v;
        struct yc_view raw = yc_arena_copy(&t->arena, txs[i]);
        if (!raw.p)
            return yc_reject_system(why, YC_SYSTEM_MEMORY);
        list[i] = (struct yc_template_tx){.raw = raw, .txid = tx.txid, .wtxid = tx.wtxid, .weight = yc_tx_weight(&tx)};
        t->weight += list[i].weight;
    }
    t->tx = list;
    t->tx_count = (uint32_t)count;
    return YC_VALID;
}

enum yc_verdict yc_template_build_of(struct yc_template *out, struct yc_chain *chain, const struct yc_clock *clock,
                                     const struct yc_template_options *options, const struct yc_view *txs, size_t count,
                                     struct yc_reject *why, struct yc_error *err)
{
    struct plan p = {0};
    memset(out, 0, sizeof *out);
    *why = (struct yc_reject){.tx = YC_NO_INDEX, .input = YC_NO_INDEX};
    enum yc_verdict v = plan_init(&p, chain, clock, options, err);
    if (v != YC_VALID)
        return v;
    start(out, yc_chain_alloc(chain));
    v = take_list(out, txs, count, why);
    if (v == YC_VALID && !assemble(out, &p))
        v = yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (v == YC_VALID)
        v = yc_chain_test_block(chain, out->block, false, why);
    if (v == YC_VALID)
        return YC_VALID;
    char text[192];
    yc_reject_text(text, sizeof text, why);
    yc_template_release(out);
    return yc_fail(err, v, why->system, "%s", text);
}

void yc_template_release(struct yc_template *t)
{
    if (t->arena.alloc)
        yc_arena_release(&t->arena);
    memset(t, 0, sizeof *t);
}

void yc_template_set_time(struct yc_template *t, const struct yc_chain *chain, uint32_t time)
{
    const struct yc_node *parent = yc_chain_find(chain, &t->header.prev);
    YC_ASSERT(parent);
    struct yc_ancestors a = yc_node_ancestors(parent);
    t->header.time = time > t->time_min ? time : t->time_min;
    t->header.bits = yc_bits_required(yc_chain_params_of(chain), &a, t->header.time);
    yc_header_write(&t->header, (uint8_t *)(uintptr_t)t->block.p);
}

#define BATCH 64

bool yc_template_solve(uint8_t *block_header80, uint64_t tries, uint64_t *tried)
{
    uint8_t headers[BATCH][YC_HEADER_BYTES], hashes[BATCH][32];
    struct yc_u256 target;
    uint32_t nonce = yc_get32le(block_header80 + 76);
    if (!yc_compact_to_target(&target, yc_get32le(block_header80 + 72)))
        return false;
    for (size_t i = 0; i < BATCH; i++)
        memcpy(headers[i], block_header80, YC_HEADER_BYTES);
    while (tries > 0) {
        size_t n = tries < BATCH ? (size_t)tries : BATCH;
        for (size_t i = 0; i < n; i++)
            yc_put32le(headers[i] + 76, nonce + (uint32_t)i);
        yc_sha256d_80_batch(hashes, headers[0], YC_HEADER_BYTES, n);
        for (size_t i = 0; i < n; i++) {
            if (yc_u256_compare(yc_u256_from_le(hashes[i]), target) <= 0) {
                memcpy(block_header80, headers[i], YC_HEADER_BYTES);
                *tried += i + 1;
                return true;
            }
        }
        tries -= n;
        *tried += n;
        if (nonce > UINT32_MAX - n)
            return false; /* every nonce was tried: the caller changes the time or the coinbase */
        nonce += (uint32_t)n;
    }
    return false;
}
