/* Calls to the node, and what its answers mean to the wallet. */
#include "wallet/cli/rpc_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "sys/heap.h"

#define NODE_BAD_ID     (-5) /* no such block or transaction */
#define NODE_BAD_HEIGHT (-8) /* no block at this height */
#define NODE_MISC       (-1) /* getblock: pruned, or the body is not there yet */
#define NODE_NO_METHOD  (-32601)
#define NODE_REJECTED   (-26)
#define NODE_MISSING    (-25)
#define NODE_DECODE     (-22)
#define NODE_IN_CHAIN   (-27) /* outputs are in the set of coins already: it is mined */

static enum yc_verdict strange(const char *method, struct yc_error *err)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the node's answer to %s is not what it should be", method);
}

/* Append the bytes of a hex string to r->bytes. */
static enum yc_verdict take_hex(struct yc_rpc_source *r, const struct yc_json *node, const char *method,
                                struct yc_view *out, struct yc_error *err)
{
    struct yc_view hex = yc_json_string(node);
    yc_buf_clear(&r->bytes);
    if (!hex.p || hex.n == 0 || hex.n % 2)
        return strange(method, err);
    uint8_t *p = yc_buf_room(&r->bytes, hex.n / 2);
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the node's answer");
    if (!yc_hex_read(p, hex.n / 2, (const char *)hex.p, hex.n))
        return strange(method, err);
    *out = yc_buf_view(&r->bytes);
    return YC_VALID;
}

static bool take_hash(uint8_t out32[32], const struct yc_json *node)
{
    struct yc_view hex = yc_json_string(node);
    return hex.p && yc_hex_read_reversed(out32, 32, (const char *)hex.p, hex.n);
}

static enum yc_verdict source_tip(void *ctx, struct yc_source_tip *out, struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a;
    int64_t height;
    enum yc_verdict v = yc_node_call(r->node, &a, "getblockchaininfo", YC_VIEW_EMPTY, err);
    if (v == YC_VALID && (!yc_json_int_in(yc_json_member(a.result, "blocks"), 0, UINT32_MAX, &height) ||
                          !take_hash(out->hash.b, yc_json_member(a.result, "bestblockhash"))))
        v = strange("getblockchaininfo", err);
    if (v == YC_VALID)
        out->height = (uint32_t)height;
    yc_node_answer_release(&a);
    return v;
}

static enum yc_verdict source_hash_at(void *ctx, uint32_t height, struct yc_block_hash *out, struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a;
    char params[24];
    int n = snprintf(params, sizeof params, "[%" PRIu32 "]", height);
    enum yc_verdict v = yc_node_call(r->node, &a, "getblockhash", yc_view(params, (size_t)n), err);
    if (v == YC_INVALID && a.error && a.code == NODE_BAD_HEIGHT)
        v = YC_NOT_YET;
    else if (v == YC_VALID && !take_hash(out->b, a.result))
        v = strange("getblockhash", err);
    yc_node_answer_release(&a);
    return v;
}

/* ["HASH",number] */
static struct yc_view hash_params(char out[80], const uint8_t hash32[32], const char *rest)
{
    char text[65];
    yc_hex_write_reversed(text, hash32, 32);
    int n = snprintf(out, 80, "[\"%s\"%s]", text, rest);
    return yc_view(out, (size_t)n);
}

static enum yc_verdict source_block(void *ctx, const struct yc_block_hash *hash, struct yc_view *out,
                                    struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a;
    char params[80];
    enum yc_verdict v = yc_node_call(r->node, &a, "getblock", hash_params(params, hash->b, ",0"), err);
    if (v == YC_VALID) {
        v = take_hex(r, a.result, "getblock", out, err);
    } else if (v == YC_INVALID && a.error && (a.code == NODE_BAD_ID || a.code == NODE_MISC)) {
        char said[256];
        snprintf(said, sizeof said, "%s", a.message);
        v = yc_fail(
            err, YC_NOT_YET, YC_SYSTEM_NONE,
            "a block that the wallet must read is not there: %s. A node that prunes has deleted what a wallet from "
            "before needs: use one with all blocks.",
            said);
    }
    yc_node_answer_release(&a);
    return v;
}

static enum yc_verdict source_pool(void *ctx, const struct yc_txid **out, size_t *count, struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a;
    enum yc_verdict v = yc_node_call(r->node, &a, "getrawmempool", YC_VIEW_EMPTY, err);
    *count = v == YC_VALID ? yc_json_count(a.result) : 0;
    yc_buf_clear(&r->bytes);
    uint8_t *p = *count ? yc_buf_room(&r->bytes, *count * 32) : NULL;
    if (*count && !p)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the node's pool");
    for (size_t i = 0; i < *count && v == YC_VALID; i++)
        if (!take_hash(p + 32 * i, yc_json_element(a.result, i)))
            v = strange("getrawmempool", err);
    *out = (const struct yc_txid *)(const void *)p;
    yc_node_answer_release(&a);
    return v;
}

static enum yc_verdict source_pool_tx(void *ctx, const struct yc_txid *txid, struct yc_view *out, struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a;
    char params[80];
    enum yc_verdict v = yc_node_call(r->node, &a, "getrawtransaction", hash_params(params, txid->b, ""), err);
    if (v == YC_VALID)
        v = take_hex(r, a.result, "getrawtransaction", out, err);
    else if (v == YC_INVALID && a.error && a.code == NODE_BAD_ID)
        v = YC_NOT_YET;
    yc_node_answer_release(&a);
    return v;
}

/* ["HEX",0]: no limit on the fee here, for the wallet has its own (yc_fee_guard). */
static bool send_params(struct yc_buf *out, struct yc_view raw)
{
    yc_buf_append_text(out, "[\"");
    uint8_t *at = yc_buf_room(out, 2 * raw.n + 1); /* with the NUL that the quote replaces */
    if (!at)
        return false;
    yc_hex_write((char *)at, raw.p, raw.n);
    at[2 * raw.n] = '"';
    yc_buf_append_text(out, ",0]");
    return !out->failed;
}

static enum yc_verdict source_send(void *ctx, struct yc_view raw, struct yc_error *err)
{
    struct yc_rpc_source *r = ctx;
    struct yc_node_answer a = {0};
    struct yc_buf params;
    yc_buf_init(&params, yc_heap(), SIZE_MAX);
    if (!send_params(&params, raw)) {
        yc_buf_release(&params);
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no memory to send the transaction");
    }
    enum yc_verdict v = yc_node_call(r->node, &a, "sendrawtransaction", yc_buf_view(&params), err);
    bool known = a.error && (a.code == NODE_IN_CHAIN || strstr(a.message, "already in") ||
                             strstr(a.message, "already-in") || strstr(a.message, "already-known"));
    if (v == YC_INVALID && known)
        v = YC_VALID;
    else if (v == YC_INVALID && a.error &&
             (a.code == NODE_REJECTED || a.code == NODE_MISSING || a.code == NODE_DECODE)) {
        char said[256];
        snprintf(said, sizeof said, "%s", a.message);
        v = yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "the node refused the payment: %s", said);
    } else if (v == YC_INVALID) {
        v = YC_NOT_YET; /* not authorised, starting, …: it did not take it */
    }
    yc_node_answer_release(&a);
    yc_buf_release(&params);
    return v;
}

void yc_rpc_source_init(struct yc_rpc_source *r, struct yc_node_client *node)
{
    r->node = node;
    yc_buf_init(&r->bytes, yc_heap(), SIZE_MAX);
    r->source =
        (struct yc_source){source_tip, source_hash_at, source_block, source_pool, source_pool_tx, source_send, r};
}

void yc_rpc_source_release(struct yc_rpc_source *r)
{
    yc_buf_release(&r->bytes);
}

void yc_rpc_pause(int64_t ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

enum yc_verdict yc_rpc_wait_tip(struct yc_node_client *node, const struct yc_block_hash *tip, int64_t ms,
                                struct yc_error *err)
{
    struct yc_node_answer a;
    char params[128], text[65];
    yc_hex_write_reversed(text, tip->b, 32);
    int n = snprintf(params, sizeof params, "[%" PRId64 ",\"%s\"]", ms, text);
    enum yc_verdict v = yc_node_call(node, &a, "waitfornewblock", yc_view(params, (size_t)n), err);
    if (v == YC_INVALID && a.error) { /* an older form of the call, or none */
        yc_rpc_pause(ms < 1000 ? ms : 1000);
        v = YC_VALID;
    }
    yc_node_answer_release(&a);
    return v;
}

enum yc_verdict yc_rpc_fee_rate(struct yc_node_client *node, int64_t *out_sat_kvb, struct yc_error *err)
{
    struct yc_node_answer a;
    int64_t rate = 0, least = 0;
    enum yc_verdict v = yc_node_call(node, &a, "estimatesmartfee", yc_view_text("[6]"), err);
    if (v == YC_VALID)
        (void)!yc_json_amount_sat(yc_json_member(a.result, "feerate"), &rate);
    bool answered = v == YC_VALID || (v == YC_INVALID && a.error);
    yc_node_answer_release(&a);
    if (!answered)
        return v;
    v = yc_node_call(node, &a, "getmempoolinfo", YC_VIEW_EMPTY, err);
    if (v == YC_VALID)
        (void)!yc_json_amount_sat(yc_json_member(a.result, "mempoolminfee"), &least);
    answered = v == YC_VALID || (v == YC_INVALID && a.error);
    yc_node_answer_release(&a);
    if (!answered)
        return v;
    if (rate <= 0)
        rate = 1000;
    *out_sat_kvb = rate > least ? rate : least;
    return YC_VALID;
}
