/* What miners ask for: rates, templates, proposals. Source: BIP 9, 22, 23, 145; fields and errors as Bitcoin Core's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "node/rpc/internal.h"

#define LONGPOLL_FIRST_US (60 * INT64_C(1000000)) /* how long news of the pool may wait, at first and then */
#define LONGPOLL_NEXT_US  (10 * INT64_C(1000000))
/* A template serves, though the pool changes, so much longer than it took to make: making them takes at most a
 * twentieth of the time, and with a small pool the next block always holds what has just come. */
#define TEMPLATE_FRESH_FACTOR 20

double yc_rpc_hashes_per_second(const struct yc_node *tip, int64_t blocks, int64_t height)
{
    const struct yc_node *last = height < 0 ? tip : yc_node_ancestor(tip, (uint32_t)height), *first = last;
    int64_t early_s = last->time, late_s = last->time;
    for (int64_t i = 0; i < blocks && first->parent; i++) {
        first = first->parent;
        early_s = first->time < early_s ? first->time : early_s;
        late_s = first->time > late_s ? first->time : late_s;
    }
    return late_s == early_s
               ? 0
               : yc_u256_to_double(yc_u256_sub(yc_node_work(last), yc_node_work(first))) / (double)(late_s - early_s);
}

enum yc_rpc_flow yc_method_getnetworkhashps(struct yc_rpc_call *c)
{
    const struct yc_node *tip = yc_chain_snapshot(c->chain);
    uint32_t window = yc_chain_params_of(c->chain)->pow.window;
    int64_t blocks, height;
    if (!yc_rpc_arg_int(c, 0, 120, INT32_MIN, INT32_MAX, &blocks) ||
        !yc_rpc_arg_int(c, 1, -1, INT32_MIN, INT32_MAX, &height))
        return YC_RPC_FAILED;
    if (blocks < -1 || blocks == 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid nblocks. Must be a positive number or -1.");
    if (height < -1 || height > tip->height)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Block does not exist at specified height");
    if (blocks == -1)
        blocks = (height < 0 ? tip->height : height) % (window ? window : 1) + 1;
    yc_json_put_double(&c->out, yc_rpc_hashes_per_second(tip, blocks, height));
    return YC_RPC_DONE;
}

static void show_difficulty(struct yc_rpc_call *c, uint32_t bits)
{
    yc_rpc_show_bits(c, bits);
    yc_json_member_double(&c->out, "difficulty", yc_difficulty_of_bits(bits));
    yc_rpc_show_target(c, bits);
}

enum yc_rpc_flow yc_method_getmininginfo(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    const struct yc_rpc *r = c->rpc;
    const struct yc_chain_params *params = yc_chain_params_of(c->chain);
    const struct yc_node *tip = yc_chain_tip(c->chain);
    struct yc_ancestors above = yc_node_ancestors(tip);
    struct yc_pool_info pool;
    int64_t now_s = yc_wall_s(r->env.clock), least_s = yc_time_min(params, &above);
    yc_pool_info(yc_core_pool(c->core), &pool);
    yc_json_begin_object(j);
    yc_json_member_int(j, "blocks", tip->height);
    if (r->last_weight) {
        yc_json_member_u64(j, "currentblockweight", r->last_weight);
        yc_json_member_int(j, "currentblocktx", r->last_txs);
    }
    show_difficulty(c, tip->bits);
    yc_json_member_double(j, "networkhashps", yc_rpc_hashes_per_second(tip, 120, -1));
    yc_json_member_u64(j, "pooledtx", pool.count);
    yc_json_member_amount(j, "blockmintxfee", r->env.template_options.min_sat_per_kvb);
    yc_json_member_text(j, "chain", params->name);
    yc_json_key(j, "next");
    yc_json_begin_object(j);
    yc_json_member_int(j, "height", (int64_t)tip->height + 1);
    show_difficulty(c, yc_bits_required(params, &above, (uint32_t)(now_s > least_s ? now_s : least_s)));
    yc_json_end_object(j);
    yc_rpc_show_signet(c);
    yc_rpc_show_warnings(c);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

/* ---- proposals ---- */

static enum yc_rpc_flow judge(struct yc_rpc_call *c, const struct yc_json *data)
{
    struct yc_view raw;
    struct yc_header header;
    struct yc_reject why = {.code = YC_REJ_NONE};
    char text[256];
    if (yc_json_kind(data) != YC_JSON_STRING)
        return yc_rpc_fail(c, YC_RPC_TYPE, "Missing data String key for proposal");
    if (!yc_rpc_hex_of(c, data, &raw) || raw.n <= YC_HEADER_BYTES)
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Block decode failed");
    yc_header_read(&header, raw.p);
    struct yc_block_hash hash = yc_header_hash(&header);
    const struct yc_node *known = yc_chain_find(c->chain, &hash);
    if (known) {
        const uint32_t failed = YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR;
        yc_json_put_text(&c->out, known->status & failed               ? "duplicate-invalid"
                                  : known->status & YC_BLOCK_CONNECTED ? "duplicate"
                                                                       : "duplicate-inconclusive");
        return YC_RPC_DONE;
    }
    if (!yc_block_hash_equal(&header.prev, &yc_chain_tip(c->chain)->hash)) {
        yc_json_put_text(&c->out, "inconclusive-not-best-prevblk");
        return YC_RPC_DONE;
    }
    enum yc_verdict v = yc_chain_test_block(c->chain, raw, false, &why);
    if (v == YC_SYSTEM)
        return yc_rpc_fail(c, YC_RPC_VERIFY, "The node could not check the block: see its log");
    if (v != YC_VALID && why.code == YC_REJ_BLOCK_PARSE)
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Block decode failed");
    if (v != YC_VALID) {
        yc_reject_text(text, sizeof text, &why);
        yc_json_put_text(&c->out, text[0] ? text : "rejected");
    }
    return YC_RPC_DONE;
}

/* ---- templates ---- */

struct template_wait {
    struct yc_block_hash tip;
    uint64_t pool_sequence;
    int64_t look_us; /* when news of the pool count */
};

static void show_tx(struct yc_rpc_call *c, const struct yc_template_tx *tx)
{
    struct yc_json_out *j = &c->out;
    yc_json_begin_object(j);
    yc_json_member_hex(j, "data", tx->raw);
    yc_json_member_hash(j, "txid", tx->txid.b, 32);
    yc_json_member_hash(j, "hash", tx->wtxid.b, 32);
    yc_json_key(j, "depends");
    yc_json_begin_array(j);
    for (uint32_t i = 0; i < tx->depend_count; i++)
        yc_json_put_int(j, tx->depends[i]);
    yc_json_end_array(j);
    yc_json_member_int(j, "fee", tx->fee_sat);
    yc_json_member_int(j, "sigops", tx->sigop_cost);
    yc_json_member_u64(j, "weight", tx->weight);
    yc_json_end_object(j);
}

/* The coinbase for miners that do not make their own, without its witness: they hash what they get into the merkle tree,
 * and submitblock puts the witness back. */
static bool show_coinbase(struct yc_rpc_call *c, const struct yc_template *t)
{
    struct yc_json_out *j = &c->out;
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_writer w;
    if (yc_tx_parse(&tx, t->coinbase, &c->arena, &why) != YC_VALID)
        return false;
    uint8_t *stripped = yc_arena_take(&c->arena, tx.stripped_bytes);
    if (!stripped)
        return false;
    yc_writer_init(&w, stripped, tx.stripped_bytes);
    yc_tx_write(&tx, false, &w);
    yc_json_key(j, "coinbasetxn");
    yc_json_begin_object(j);
    yc_json_member_hex(j, "data", yc_writer_written(&w));
    yc_json_member_hash(j, "txid", tx.txid.b, 32);
    yc_json_member_hash(j, "hash", tx.wtxid.b, 32);
    yc_json_key(j, "depends");
    yc_json_begin_array(j);
    yc_json_end_array(j);
    yc_json_member_int(j, "fee", -t->fees_sat);
    yc_json_member_u64(j, "sigops", yc_tx_legacy_sigops(&tx) * YC_WITNESS_SCALE);
    yc_json_member_u64(j, "weight", yc_tx_weight(&tx));
    yc_json_end_object(j);
    return true;
}

static void put_texts(struct yc_rpc_call *c, const char *key, const char *const *text, size_t count)
{
    yc_json_key(&c->out, key);
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++)
        yc_json_put_text(&c->out, text[i]);
    yc_json_end_array(&c->out);
}

static void show_rules(struct yc_rpc_call *c, uint32_t height)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    const char *rule[5];
    size_t n = 0;
    if (yc_rule_active(p->rules.csv, height))
        rule[n++] = "csv";
    if (yc_rule_active(p->rules.segwit, height))
        rule[n++] = "!segwit";
    if (yc_rule_active(p->rules.taproot, height))
        rule[n++] = "taproot";
    if (p->signet_challenge_n)
        rule[n++] = "!signet"; /* a block must be signed */
    if (yc_rule_active(p->rules.bip54, height))
        rule[n++] = "!bip54"; /* the coinbase's lock time and sequence are no longer free */
    put_texts(c, "rules", rule, n);
}

static enum yc_rpc_flow show_template(struct yc_rpc_call *c)
{
    static const char *const capability[] = {"proposal"}, *const change[] = {"time", "transactions", "prevblock"};
    struct yc_json_out *j = &c->out;
    const struct yc_rpc_template *cached = &c->rpc->cached;
    const struct yc_template *t = &cached->t;
    char tip[65];
    yc_hex_write_reversed(tip, t->header.prev.b, 32);
    yc_json_begin_object(j);
    put_texts(c, "capabilities", capability, 1);
    yc_json_member_int(j, "version", (int32_t)t->header.version);
    show_rules(c, t->height);
    yc_json_key(j, "vbavailable");
    yc_json_begin_object(j);
    yc_json_end_object(j);
    yc_json_member_int(j, "vbrequired", 0);
    yc_json_member_text(j, "previousblockhash", tip);
    yc_json_key(j, "transactions");
    yc_json_begin_array(j);
    for (uint32_t i = 0; i < t->tx_count; i++)
        show_tx(c, &t->tx[i]);
    yc_json_end_array(j);
    yc_json_key(j, "coinbaseaux");
    yc_json_begin_object(j);
    yc_json_end_object(j);
    if (c->rpc->env.template_options.coinbase_script.n && !show_coinbase(c, t))
        return yc_rpc_fail_memory(c);
    yc_json_member_int(j, "coinbasevalue", t->coinbase_value_sat);
    yc_json_key(j, "longpollid");
    yc_json_put_textf(j, "%s%llu", tip, (unsigned long long)cached->pool_sequence);
    yc_rpc_show_target(c, t->header.bits);
    yc_json_member_int(j, "mintime", t->time_min);
    put_texts(c, "mutable", change, 3);
    yc_json_member_text(j, "noncerange", "00000000ffffffff");
    yc_json_member_int(j, "sigoplimit", YC_BLOCK_SIGOP_COST_MAX);
    yc_json_member_int(j, "sizelimit", YC_BLOCK_BYTES_MAX);
    yc_json_member_int(j, "weightlimit", YC_BLOCK_WEIGHT_MAX);
    yc_json_member_int(j, "curtime", t->header.time);
    yc_rpc_show_bits(c, t->header.bits);
    yc_json_member_int(j, "height", t->height);
    yc_rpc_show_signet(c);
    if (t->commitment_script.n)
        yc_json_member_hex(j, "default_witness_commitment", t->commitment_script);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

/* Have a template on the tip that is fresh enough. */
static enum yc_rpc_flow answer_template(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    struct yc_rpc_template *cached = &r->cached;
    const struct yc_node *tip = yc_chain_tip(c->chain);
    int64_t now_us = yc_mono_us(r->env.clock), now_s = yc_wall_s(r->env.clock);
    struct yc_pool_info pool;
    struct yc_error err;
    yc_pool_info(yc_core_pool(c->core), &pool);
    if (!cached->held || cached->parent != tip ||
        (cached->pool_sequence != pool.sequence &&
         now_us - cached->made_us >= TEMPLATE_FRESH_FACTOR * cached->took_us)) {
        if (cached->held)
            yc_template_release(&cached->t);
        cached->held = false;
        enum yc_verdict v = yc_template_build(&cached->t, c->chain, yc_core_pool(c->core), r->env.clock,
                                              &r->env.template_options, &err);
        if (v == YC_NOT_YET && !yc_chain_at_rest(c->chain))
            return yc_rpc_go(c, YC_RPC_RETRY, answer_template);
        if (v == YC_NOT_YET) /* the clock is behind */
            return yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
        if (v != YC_VALID)
            return yc_rpc_fail_system(c, &err);
        yc_pool_info(yc_core_pool(c->core), &pool); /* a transaction that spoiled it has been dropped */
        int64_t made_us = yc_mono_us(r->env.clock);
        *cached = (struct yc_rpc_template){cached->t, true, tip, pool.sequence, made_us, made_us - now_us};
        r->last_weight = cached->t.weight;
        r->last_txs = cached->t.tx_count;
    }
    if (now_s > 0 && now_s <= UINT32_MAX)
        yc_template_set_time(&cached->t, c->chain, (uint32_t)now_s);
    return show_template(c);
}

static enum yc_rpc_flow long_poll(struct yc_rpc_call *c)
{
    struct template_wait *w = c->state;
    struct yc_pool_info pool;
    int64_t now_us = yc_mono_us(c->rpc->env.clock);
    if (yc_rpc_ending(c->rpc))
        return yc_rpc_fail_shutdown(c);
    if (!yc_block_hash_equal(&yc_chain_tip(c->chain)->hash, &w->tip))
        return answer_template(c);
    if (now_us >= w->look_us) {
        yc_pool_info(yc_core_pool(c->core), &pool);
        if (pool.sequence != w->pool_sequence)
            return answer_template(c);
        w->look_us = now_us + LONGPOLL_NEXT_US;
    }
    return yc_rpc_wait(c, long_poll, w->look_us);
}

static enum yc_rpc_flow begin_long_poll(struct yc_rpc_call *c, const struct yc_json *id)
{
    struct template_wait *w = yc_arena_take(&c->arena, sizeof *w);
    struct yc_pool_info pool;
    struct yc_view text = yc_json_string(id);
    if (!w)
        return yc_rpc_fail_memory(c);
    yc_pool_info(yc_core_pool(c->core), &pool);
    *w = (struct template_wait){yc_chain_tip(c->chain)->hash, pool.sequence,
                                yc_mono_us(c->rpc->env.clock) + LONGPOLL_FIRST_US};
    if (yc_json_kind(id) == YC_JSON_STRING) {
        size_t n = text.n < 64 ? text.n : 64;
        if (n < 64)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "longpollid must be of length 64 (not %zu, for '%.*s')", n,
                               (int)n, (const char *)text.p);
        if (!yc_hex_read_reversed(w->tip.b, 32, (const char *)text.p, n))
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "longpollid must be hexadecimal string (not '%.*s')",
                               (int)n, (const char *)text.p);
        w->pool_sequence = strtoull((const char *)text.p + 64, NULL, 10);
    }
    c->state = w;
    return long_poll(c);
}

static bool knows_rule(const struct yc_json *rules, const char *name)
{
    for (size_t i = 0; i < yc_json_count(rules); i++) {
        const char *rule = yc_json_text(yc_json_element(rules, i));
        if (rule && strcmp(rule, name) == 0)
            return true;
    }
    return false;
}

enum yc_rpc_flow yc_method_getblocktemplate(struct yc_rpc_call *c)
{
    const struct yc_json *request = c->arg[0], *mode = yc_json_member(request, "mode"),
                         *id = yc_json_member(request, "longpollid");
    const char *name = yc_json_is_null(mode) ? "template" : yc_json_text(mode);
    uint32_t in, out;
    struct yc_error err;
    if (name && strcmp(name, "proposal") == 0)
        return judge(c, yc_json_member(request, "data"));
    if (!name || strcmp(name, "template") != 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid mode");
    if (!yc_core_may_mine(c->core, &err)) {
        yc_core_connections(c->core, &in, &out);
        bool alone = in + out == 0;
        return yc_rpc_fail(c, alone ? YC_RPC_CLIENT_NOT_CONNECTED : YC_RPC_CLIENT_IN_INITIAL_DOWNLOAD, "%s", err.text);
    }
    if (yc_chain_params_of(c->chain)->signet_challenge_n && !knows_rule(yc_json_member(request, "rules"), "signet"))
        return yc_rpc_fail(
            c, YC_RPC_INVALID_PARAMETER,
            "getblocktemplate must be called with the signet rule set (call with {\"rules\": [\"segwit\", "
            "\"signet\"]})");
    if (!knows_rule(yc_json_member(request, "rules"), "segwit"))
        return yc_rpc_fail(
            c, YC_RPC_INVALID_PARAMETER,
            "getblocktemplate must be called with the segwit rule set (call with {\"rules\": [\"segwit\"]})");
    return yc_json_is_null(id) ? answer_template(c) : begin_long_poll(c, id);
}
