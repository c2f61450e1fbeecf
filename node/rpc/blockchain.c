/* Methods about the chain: where it stands, its headers, its branches. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "consensus/script/flags.h"
#include "node/rpc/internal.h"

#define RECENT_S (2 * 3600) /* a tip younger than this is the whole chain, as far as anybody can tell */

enum yc_rpc_flow yc_method_getblockcount(struct yc_rpc_call *c)
{
    yc_json_put_int(&c->out, yc_chain_snapshot(c->chain)->height);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getbestblockhash(struct yc_rpc_call *c)
{
    yc_json_put_hash(&c->out, yc_chain_snapshot(c->chain)->hash.b, 32);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getblockhash(struct yc_rpc_call *c)
{
    const struct yc_node *tip = yc_chain_snapshot(c->chain);
    int64_t height;
    if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &height))
        return YC_RPC_FAILED;
    if (height < 0 || height > tip->height)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Block height out of range");
    yc_json_put_hash(&c->out, yc_node_ancestor(tip, (uint32_t)height)->hash.b, 32);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getdifficulty(struct yc_rpc_call *c)
{
    yc_json_put_double(&c->out, yc_difficulty_of_bits(yc_chain_snapshot(c->chain)->bits));
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getblockheader(struct yc_rpc_call *c)
{
    const struct yc_node *n;
    if (!yc_rpc_arg_block(c, 0, "hash", &n))
        return YC_RPC_FAILED;
    if (!yc_rpc_arg_bool(c, 1, true)) {
        uint8_t bytes[YC_HEADER_BYTES];
        struct yc_header h = yc_node_header(n);
        yc_header_write(&h, bytes);
        yc_json_put_hex(&c->out, yc_view(bytes, sizeof bytes));
        return YC_RPC_DONE;
    }
    yc_json_begin_object(&c->out);
    yc_rpc_show_header(c, n, yc_chain_tip(c->chain));
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

double yc_rpc_progress(struct yc_rpc_call *c, const struct yc_node *tip)
{
    int64_t age_s = yc_wall_s(c->rpc->env.clock) - tip->time;
    if (age_s < RECENT_S)
        return 1;
    const struct yc_node *best = yc_chain_best_header(c->chain);
    double missing = (double)age_s / yc_chain_params_of(c->chain)->pow.spacing_s;
    if (best->height > tip->height && best->height - tip->height > missing)
        missing = best->height - tip->height;
    return tip->height / (tip->height + missing);
}

static void show_pruning(struct yc_rpc_call *c)
{
    uint64_t target = yc_core_config_of(c->core)->chain.prune_target_bytes;
    yc_json_member_bool(&c->out, "pruned", target != 0);
    if (!target)
        return;
    yc_json_member_int(&c->out, "pruneheight", yc_chain_pruned_height(c->chain) + 1);
    yc_json_member_bool(&c->out, "automatic_pruning", target != YC_PRUNE_MANUALLY);
    if (target != YC_PRUNE_MANUALLY)
        yc_json_member_u64(&c->out, "prune_target_size", target);
}

enum yc_rpc_flow yc_method_getblockchaininfo(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    const struct yc_node *tip = yc_chain_tip(c->chain);
    int64_t bytes = yc_chain_disk_bytes(c->chain);
    yc_json_begin_object(j);
    yc_json_member_text(j, "chain", yc_chain_params_of(c->chain)->name);
    yc_json_member_int(j, "blocks", tip->height);
    yc_json_member_int(j, "headers", yc_chain_best_header(c->chain)->height);
    yc_json_member_hash(j, "bestblockhash", tip->hash.b, 32);
    yc_rpc_show_bits(c, tip->bits);
    yc_rpc_show_target(c, tip->bits);
    yc_json_member_double(j, "difficulty", yc_difficulty_of_bits(tip->bits));
    yc_json_member_int(j, "time", tip->time);
    yc_json_member_int(j, "mediantime", yc_node_median_time(tip));
    yc_json_member_double(j, "verificationprogress", yc_rpc_progress(c, tip));
    yc_json_member_bool(j, "initialblockdownload", yc_core_is_initial_download(c->core));
    yc_rpc_show_work(c, "chainwork", yc_node_work(tip));
    yc_json_member_int(j, "size_on_disk", bytes > 0 ? bytes : 0);
    show_pruning(c);
    yc_rpc_show_background(c);
    yc_rpc_show_signet(c);
    yc_rpc_show_warnings(c);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

static int by_height(const void *a, const void *b)
{
    const struct yc_chain_tip *x = a, *y = b;
    if (x->node->height != y->node->height)
        return x->node->height < y->node->height ? 1 : -1;
    return memcmp(x->node->hash.b, y->node->hash.b, 32);
}

static const char *tip_status_name(enum yc_chain_tip_status status)
{
    switch (status) {
    case YC_TIP_ACTIVE:
        return "active";
    case YC_TIP_VALID_FORK:
        return "valid-fork";
    case YC_TIP_VALID_HEADERS:
        return "valid-headers";
    case YC_TIP_HEADERS_ONLY:
        return "headers-only";
    case YC_TIP_INVALID:
        return "invalid";
    }
    return "unknown";
}

enum yc_rpc_flow yc_method_getchaintips(struct yc_rpc_call *c)
{
    size_t count = yc_chain_tips(c->chain, NULL, 0);
    struct yc_chain_tip *tips = yc_arena_take_array(&c->arena, count, sizeof *tips);
    if (!tips)
        return yc_rpc_fail_memory(c);
    count = yc_chain_tips(c->chain, tips, count);
    qsort(tips, count, sizeof *tips, by_height);
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++) {
        yc_json_begin_object(&c->out);
        yc_json_member_int(&c->out, "height", tips[i].node->height);
        yc_json_member_hash(&c->out, "hash", tips[i].node->hash.b, 32);
        yc_json_member_int(&c->out, "branchlen", tips[i].branch_blocks);
        yc_json_member_text(&c->out, "status", tip_status_name(tips[i].status));
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

/* ---- rates ---- */

static void show_window(struct yc_rpc_call *c, const struct yc_node *last, uint32_t blocks)
{
    struct yc_json_out *j = &c->out;
    const struct yc_node *first = yc_node_ancestor(last, last->height - blocks);
    int64_t interval_s = yc_node_median_time(last) - yc_node_median_time(first);
    uint64_t txs = last->stored->chain_tx_count - first->stored->chain_tx_count;
    /* Below a snapshot, blocks that are not here have not been counted. */
    bool counted = last->stored->chain_tx_count && first->stored->chain_tx_count;
    yc_json_begin_object(j);
    yc_json_member_int(j, "time", last->time);
    if (last->stored->chain_tx_count)
        yc_json_member_u64(j, "txcount", last->stored->chain_tx_count);
    yc_json_member_hash(j, "window_final_block_hash", last->hash.b, 32);
    yc_json_member_int(j, "window_final_block_height", last->height);
    yc_json_member_int(j, "window_block_count", blocks);
    if (blocks) {
        yc_json_member_int(j, "window_interval", interval_s);
        if (counted) {
            yc_json_member_u64(j, "window_tx_count", txs);
            if (interval_s > 0)
                yc_json_member_double(j, "txrate", (double)txs / (double)interval_s);
        }
    }
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getchaintxstats(struct yc_rpc_call *c)
{
    const struct yc_node *last = yc_chain_tip(c->chain);
    int64_t blocks = 30 * 24 * 3600 / (int64_t)yc_chain_params_of(c->chain)->pow.spacing_s;
    if (yc_rpc_has(c, 1)) {
        if (!yc_rpc_arg_block(c, 1, "blockhash", &last))
            return YC_RPC_FAILED;
        if (!yc_chain_has(c->chain, last))
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Block is not in main chain");
    }
    int64_t most = (int64_t)last->height - 1;
    if (!yc_rpc_has(c, 0)) {
        blocks = blocks < most ? blocks : most;
        blocks = blocks > 0 ? blocks : 0;
    } else if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &blocks)) {
        return YC_RPC_FAILED;
    } else if (blocks < 0 || (blocks > 0 && blocks >= last->height)) {
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                           "Invalid block count: should be between 0 and the block's height - 1");
    }
    show_window(c, last, (uint32_t)blocks);
    return YC_RPC_DONE;
}

/* ---- rules ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show_flags(struct yc_rpc_call *c, uint32_t flags)
{
    const char *name[32];
    size_t count = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *one = flags & (UINT32_C(1) << bit) ? yc_script_flag_name(UINT32_C(1) << bit) : NULL;
        if (one)
            name[count++] = one;
    }
    qsort(name, count, sizeof *name, by_name);
    yc_json_key(&c->out, "script_flags");
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++)
        yc_json_put_text(&c->out, name[i]);
    yc_json_end_array(&c->out);
}

static void show_deployment(struct yc_rpc_call *c, const char *name, uint32_t activation, uint32_t next_height)
{
    if (activation == YC_NEVER)
        return;
    yc_json_key(&c->out, name);
    yc_json_begin_object(&c->out);
    yc_json_member_text(&c->out, "type", "buried");
    yc_json_member_bool(&c->out, "active", yc_rule_active(activation, next_height));
    yc_json_member_int(&c->out, "height", activation);
    yc_json_end_object(&c->out);
}

enum yc_rpc_flow yc_method_getdeploymentinfo(struct yc_rpc_call *c)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    const struct yc_node *n = yc_chain_tip(c->chain);
    if (yc_rpc_has(c, 0) && !yc_rpc_arg_block(c, 0, "blockhash", &n))
        return YC_RPC_FAILED;
    yc_json_begin_object(&c->out);
    yc_json_member_hash(&c->out, "hash", n->hash.b, 32);
    yc_json_member_int(&c->out, "height", n->height);
    show_flags(c, yc_script_flags_at(p, n->height, &n->hash));
    yc_json_key(&c->out, "deployments");
    yc_json_begin_object(&c->out);
    show_deployment(c, "bip34", p->rules.bip34, n->height + 1);
    show_deployment(c, "bip66", p->rules.bip66, n->height + 1);
    show_deployment(c, "bip65", p->rules.bip65, n->height + 1);
    show_deployment(c, "csv", p->rules.csv, n->height + 1);
    show_deployment(c, "segwit", p->rules.segwit, n->height + 1);
    show_deployment(c, "taproot", p->rules.taproot, n->height + 1);
    show_deployment(c, "bip54", p->rules.bip54, n->height + 1);
    yc_json_end_object(&c->out);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* ---- an operator's word ---- */

static enum yc_rpc_flow until_settled(struct yc_rpc_call *c)
{
    return yc_chain_settled(c->chain) ? YC_RPC_DONE : yc_rpc_go(c, YC_RPC_RETRY, until_settled);
}

enum yc_rpc_flow yc_method_invalidateblock(struct yc_rpc_call *c)
{
    const struct yc_node *n;
    struct yc_error err;
    if (!yc_rpc_arg_block(c, 0, "blockhash", &n))
        return YC_RPC_FAILED;
    if (yc_chain_invalidate(c->chain, &n->hash, &err) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_DATABASE, "%s", err.text);
    return yc_rpc_go(c, YC_RPC_RETRY, until_settled);
}

enum yc_rpc_flow yc_method_preciousblock(struct yc_rpc_call *c)
{
    const struct yc_node *n;
    struct yc_error err;
    if (!yc_rpc_arg_block(c, 0, "blockhash", &n))
        return YC_RPC_FAILED;
    if (yc_chain_prefer(c->chain, &n->hash, &err) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_DATABASE, "%s", err.text);
    return yc_rpc_go(c, YC_RPC_RETRY, until_settled);
}

enum yc_rpc_flow yc_method_reconsiderblock(struct yc_rpc_call *c)
{
    const struct yc_node *n;
    struct yc_error err;
    if (!yc_rpc_arg_block(c, 0, "blockhash", &n))
        return YC_RPC_FAILED;
    if (yc_chain_reconsider(c->chain, &n->hash, &err) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_DATABASE, "%s", err.text);
    return yc_rpc_go(c, YC_RPC_RETRY, until_settled);
}

/* ---- checking again ---- */

#define VERIFY_LOOK_US 20000 /* how often to ask how far it is */

static enum yc_rpc_flow until_verified(struct yc_rpc_call *c)
{
    struct yc_chain_verify v = yc_chain_verify_state(c->chain);
    if (v.state == YC_VERIFY_RUNNING && yc_rpc_ending(c->rpc))
        return yc_rpc_fail_shutdown(c);
    if (v.state == YC_VERIFY_RUNNING)
        return yc_rpc_wait(c, until_verified, yc_mono_us(c->rpc->env.clock) + VERIFY_LOOK_US);
    yc_json_put_bool(&c->out, v.state == YC_VERIFY_PASSED);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_verifychain(struct yc_rpc_call *c)
{
    const struct yc_chain_config *config = &yc_core_config_of(c->core)->chain;
    int64_t level, blocks;
    struct yc_error err;
    if (!yc_rpc_arg_int(c, 0, config->verify_level, INT32_MIN, INT32_MAX, &level) ||
        !yc_rpc_arg_int(c, 1, config->verify_blocks, INT32_MIN, INT32_MAX, &blocks))
        return YC_RPC_FAILED;
    level = level < 0 ? 0 : level;
    blocks = blocks < 0 ? 0 : blocks;
    enum yc_verdict v = yc_chain_verify_begin(c->chain, (uint32_t)level, (uint32_t)blocks, &err);
    if (v == YC_SYSTEM)
        return yc_rpc_fail_system(c, &err);
    return v == YC_VALID ? until_verified(c) : yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
}
