/* Methods about the optional indexes. Stores are read on reader threads, which also wait there for an index to catch up
 * with what was published just now. */
#include "node/rpc/internal.h"

#define CATCH_UP_US INT64_C(10000000) /* how long a call waits for an index that is a few blocks behind */

bool yc_rpc_index_catch_up(struct yc_rpc_call *c, enum yc_index_kind kind)
{
    bool behind;
    const struct yc_node *n = yc_chain_validated(c->chain, &behind);
    return yc_index_wait(c->rpc->indexes, kind, n, yc_mono_us(c->rpc->env.clock) + CATCH_UP_US) && !behind;
}

bool yc_rpc_indexes_follow(const struct yc_rpc *r, const struct yc_node *tip)
{
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        if (yc_index_synced(r->indexes, (enum yc_index_kind)i) &&
            !yc_index_holds(r->indexes, (enum yc_index_kind)i, tip))
            return false;
    }
    return true;
}

enum yc_rpc_flow yc_method_getindexinfo(struct yc_rpc_call *c)
{
    const char *wanted = yc_rpc_arg_text(c, 0, "");
    yc_json_begin_object(&c->out);
    for (int i = 0; i < YC_INDEX_COUNT; i++) {
        enum yc_index_kind kind = (enum yc_index_kind)i;
        const struct yc_node *best = yc_index_best(c->rpc->indexes, kind);
        if (!yc_indexes_has(c->rpc->indexes, kind) || (wanted[0] && strcmp(wanted, yc_index_name(kind)) != 0))
            continue;
        yc_json_key(&c->out, yc_index_name(kind));
        yc_json_begin_object(&c->out);
        yc_json_member_bool(&c->out, "synced", yc_index_synced(c->rpc->indexes, kind));
        yc_json_member_int(&c->out, "best_block_height", best ? best->height : 0);
        yc_json_end_object(&c->out);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* ---- getblockfilter ---- */

struct filter_reading {
    const struct yc_node *node;
    struct yc_buf filter;
};

static void drop(struct yc_rpc_call *c)
{
    struct filter_reading *f = c->state;
    yc_buf_release(&f->filter);
}

static enum yc_rpc_flow no_filter(struct yc_rpc_call *c, const struct yc_node *n, bool caught_up)
{
    const struct yc_node *tip = yc_chain_snapshot(c->chain);
    if (!(n->status & YC_BLOCK_CONNECTED) || (caught_up && yc_node_fork(n, tip) != n))
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY,
                           "Filter not found. Block was not connected to active chain.");
    if (!caught_up)
        return yc_rpc_fail(c, YC_RPC_MISC,
                           "Filter not found. Block filters are still in the process of being indexed.");
    return yc_rpc_fail(c, YC_RPC_INTERNAL,
                       "Filter not found. This error is unexpected and indicates index corruption.");
}

static enum yc_rpc_flow read_filter(struct yc_rpc_call *c)
{
    struct filter_reading *f = c->state;
    struct yc_filter_link link;
    struct yc_error err;
    bool caught_up = yc_rpc_index_catch_up(c, YC_INDEX_FILTERS);
    enum yc_verdict v = yc_index_filter_link(c->rpc->indexes, f->node, &link, &err);
    if (v == YC_VALID)
        v = yc_index_filter(c->rpc->indexes, f->node, &f->filter, &err);
    if (v == YC_NOT_YET)
        return no_filter(c, f->node, caught_up);
    if (v != YC_VALID)
        return yc_rpc_fail_system(c, &err);
    yc_json_begin_object(&c->out);
    yc_json_member_hex(&c->out, "filter", yc_buf_view(&f->filter));
    yc_json_member_hash(&c->out, "header", link.header32, 32);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getblockfilter(struct yc_rpc_call *c)
{
    const char *type = yc_rpc_arg_text(c, 1, "basic");
    struct yc_block_hash hash;
    struct filter_reading *f = yc_arena_take(&c->arena, sizeof *f);
    if (!f)
        return yc_rpc_fail_memory(c);
    if (!yc_rpc_arg_hash(c, 0, "blockhash", hash.b))
        return YC_RPC_FAILED;
    if (strcmp(type, "basic") != 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Unknown filtertype");
    if (!yc_indexes_has(c->rpc->indexes, YC_INDEX_FILTERS))
        return yc_rpc_fail(c, YC_RPC_MISC, "Index is not enabled for filtertype %s", type);
    if (!yc_rpc_arg_block(c, 0, "blockhash", &f->node))
        return YC_RPC_FAILED;
    yc_buf_init(&f->filter, c->rpc->env.alloc, YC_RPC_ANSWER_MAX);
    c->state = f;
    c->release = drop;
    return yc_rpc_go(c, YC_RPC_TO_READER, read_filter);
}

/* ---- coin statistics ---- */

static void show_block_info(struct yc_rpc_call *c, const struct yc_coinstats *s)
{
    struct yc_json_out *j = &c->out;
    uint64_t most = INT64_MAX;
    yc_json_key(j, "block_info");
    yc_json_begin_object(j);
    yc_json_member_amount(j, "prevout_spent", (int64_t)(s->spent_sat < most ? s->spent_sat : most));
    yc_json_member_amount(j, "coinbase", s->coinbase_sat);
    yc_json_member_amount(j, "new_outputs_ex_coinbase", (int64_t)(s->new_sat < most ? s->new_sat : most));
    yc_json_member_amount(j, "unspendable",
                          s->lost_genesis_sat + s->lost_bip30_sat + s->lost_scripts_sat + s->lost_unclaimed_sat);
    yc_json_key(j, "unspendables");
    yc_json_begin_object(j);
    yc_json_member_amount(j, "genesis_block", s->lost_genesis_sat);
    yc_json_member_amount(j, "bip30", s->lost_bip30_sat);
    yc_json_member_amount(j, "scripts", s->lost_scripts_sat);
    yc_json_member_amount(j, "unclaimed_rewards", s->lost_unclaimed_sat);
    yc_json_end_object(j);
    yc_json_end_object(j);
}

bool yc_rpc_show_coinstats(struct yc_rpc_call *c, const struct yc_node *n, bool with_hash, enum yc_rpc_flow *flow)
{
    struct yc_json_out *j = &c->out;
    struct yc_coinstats s;
    struct yc_error err;
    (void)yc_rpc_index_catch_up(c, YC_INDEX_COINSTATS);
    n = n ? n : yc_chain_snapshot(c->chain);
    enum yc_verdict v = yc_index_coinstats_at(c->rpc->indexes, n, &s, &err);
    if (v == YC_NOT_YET)
        return false;
    *flow = v == YC_VALID ? YC_RPC_DONE : yc_rpc_fail_system(c, &err);
    if (v != YC_VALID)
        return true;
    yc_json_begin_object(j);
    yc_json_member_int(j, "height", n->height);
    yc_json_member_hash(j, "bestblock", n->hash.b, 32);
    yc_json_member_u64(j, "txouts", s.txouts);
    yc_json_member_u64(j, "bogosize", s.bogosize);
    if (with_hash)
        yc_json_member_hash(j, "muhash", s.muhash32, 32);
    yc_json_member_amount(j, "total_amount", s.total_sat);
    yc_json_member_amount(j, "total_unspendable_amount", s.unspendable_sat);
    show_block_info(c, &s);
    yc_json_end_object(j);
    return true;
}
