/* Methods about single transactions: decoding, fetching, sending. */
#include <stdio.h>

#include "base/hex.h"
#include "consensus/describe.h"
#include "consensus/script/solver.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "formats/address.h"
#include "formats/output.h"
#include "node/rpc/internal.h"

#define MAX_FEERATE_DEFAULT_SAT (YC_COIN / 10) /* per kvB */
#define TEST_PACKAGE_MAX        25
#define REFUSAL_MAX             (512 + YC_REJECT_DETAIL_MAX)

/* ---- decoding ---- */

enum yc_rpc_flow yc_method_decoderawtransaction(struct yc_rpc_call *c)
{
    struct yc_view raw;
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_rpc_show_tx how = {.spent = NULL};
    bool with = yc_rpc_arg_bool(c, 1, true), without = !yc_rpc_arg_bool(c, 1, false);
    if (!c->chain)
        return yc_rpc_fail_shutdown(c);
    bool ok =
        yc_rpc_hex_of(c, c->arg[0], &raw) && ((with && yc_tx_parse(&tx, raw, &c->arena, &why) == YC_VALID) ||
                                              (without && yc_tx_parse_stripped(&tx, raw, &c->arena, &why) == YC_VALID));
    if (!ok)
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "TX decode failed");
    yc_json_begin_object(&c->out);
    yc_rpc_show_tx(c, &tx, &how);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* Does every operation have a name and a push that fits? Such a script may be run; any other can never be spent. */
static bool has_valid_ops(struct yc_view script)
{
    struct yc_script_op op;
    size_t at = 0;
    bool bad = false;
    while (yc_script_next(script, &at, &op, &bad)) {
        if (op.opcode > YC_OP_NOP10 || op.data.n > YC_SCRIPT_ELEMENT_BYTES_MAX)
            return false;
    }
    return !bad && at == script.n;
}

/* Is the script fit to be a redeem or witness script: every opcode known, none of tapscript's? */
static bool can_wrap(struct yc_view script, enum yc_script_kind kind)
{
    struct yc_script_op op;
    size_t at = 0;
    bool bad = false;
    switch (kind) {
    case YC_SCRIPT_KIND_NONSTANDARD:
    case YC_SCRIPT_KIND_PUBKEY:
    case YC_SCRIPT_KIND_PUBKEYHASH:
    case YC_SCRIPT_KIND_MULTISIG:
    case YC_SCRIPT_KIND_WITNESS_V0_KEYHASH:
    case YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH:
        break;
    case YC_SCRIPT_KIND_SCRIPTHASH:
    case YC_SCRIPT_KIND_NULLDATA:
    case YC_SCRIPT_KIND_WITNESS_V1_TAPROOT:
    case YC_SCRIPT_KIND_ANCHOR:
    case YC_SCRIPT_KIND_WITNESS_UNKNOWN:
        return false;
    }
    if (yc_script_is_unspendable(script) || !has_valid_ops(script))
        return false;
    while (yc_script_next(script, &at, &op, &bad)) {
        if (yc_opcode_is_success(op.opcode))
            return false;
    }
    return true;
}

/* May it stand in a witness? Keys there must be compressed. */
static bool can_wrap_witness(enum yc_script_kind kind, const struct yc_script_solution *s)
{
    if (kind == YC_SCRIPT_KIND_PUBKEY)
        return s->data.n == 33;
    for (uint32_t i = 0; kind == YC_SCRIPT_KIND_MULTISIG && i < s->key_count; i++) {
        if (s->keys[i].n != 33)
            return false;
    }
    return kind == YC_SCRIPT_KIND_MULTISIG || kind == YC_SCRIPT_KIND_NONSTANDARD || kind == YC_SCRIPT_KIND_PUBKEYHASH;
}

static void show_p2sh(struct yc_rpc_call *c, const char *key, struct yc_view script)
{
    struct yc_address a = {.kind = YC_ADDRESS_P2SH, .program_n = 20};
    char text[YC_ADDRESS_TEXT_MAX];
    yc_hash160(a.program, script.p, script.n);
    yc_address_print(text, yc_chain_params_of(c->chain), &a);
    yc_json_member_text(&c->out, key, text);
}

static void show_segwit(struct yc_rpc_call *c, struct yc_view script, enum yc_script_kind kind,
                        const struct yc_script_solution *s)
{
    uint8_t hash[32], out[YC_ADDRESS_SCRIPT_MAX];
    size_t n = 20;
    struct yc_writer w;
    if (kind == YC_SCRIPT_KIND_PUBKEY) {
        yc_hash160(hash, s->data.p, s->data.n);
    } else if (kind == YC_SCRIPT_KIND_PUBKEYHASH) {
        memcpy(hash, s->data.p, 20);
    } else {
        yc_sha256_once(hash, script.p, script.n);
        n = 32;
    }
    yc_writer_init(&w, out, sizeof out);
    yc_output_write_witness(&w, 0, yc_view(hash, n));
    yc_json_key(&c->out, "segwit");
    yc_json_begin_object(&c->out);
    yc_rpc_show_script_members(c, yc_writer_written(&w), n == 32 ? script : YC_VIEW_EMPTY, true);
    show_p2sh(c, "p2sh-segwit", yc_writer_written(&w));
    yc_json_end_object(&c->out);
}

enum yc_rpc_flow yc_method_decodescript(struct yc_rpc_call *c)
{
    struct yc_view script, text = yc_json_string(c->arg[0]);
    struct yc_script_solution s;
    if (!c->chain)
        return yc_rpc_fail_shutdown(c);
    if (!yc_rpc_hex_of(c, c->arg[0], &script))
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "argument must be hexadecimal string (not '%.*s')",
                           (int)(text.n < 200 ? text.n : 200), (const char *)text.p);
    enum yc_script_kind kind = yc_script_solve(script, &s);
    yc_json_begin_object(&c->out);
    yc_rpc_show_script_members(c, script, YC_VIEW_EMPTY, false);
    if (can_wrap(script, kind)) {
        show_p2sh(c, "p2sh", script);
        if (can_wrap_witness(kind, &s))
            show_segwit(c, script, kind, &s);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* ---- fetching ---- */

struct tx_reading {
    const struct yc_node *node, *tip;
    struct yc_txid txid;
    int64_t verbosity;
    bool by_index; /* no block was named */
    bool have_undo;
    struct yc_view raw;
    struct yc_arena arena;
    bool arena_held;
};

static void drop(struct yc_rpc_call *c)
{
    struct tx_reading *t = c->state;
    yc_alloc_free(c->rpc->env.alloc, (void *)(uintptr_t)t->raw.p, t->raw.n);
    if (t->arena_held)
        yc_arena_release(&t->arena);
}

static void show_confirmed(struct yc_rpc_call *c, const struct yc_tx *tx, const struct yc_coin *spent)
{
    const struct tx_reading *t = c->state;
    bool active = t->node->height <= t->tip->height && yc_node_ancestor(t->tip, t->node->height) == t->node;
    struct yc_rpc_show_tx how = {.spent = spent, .prevouts = true, .hex = true, .block = &t->node->hash};
    yc_json_begin_object(&c->out);
    if (!t->by_index)
        yc_json_member_bool(&c->out, "in_active_chain", active);
    yc_rpc_show_tx(c, tx, &how);
    yc_json_member_int(&c->out, "confirmations", active ? (int64_t)t->tip->height - t->node->height + 1 : 0);
    if (active) {
        yc_json_member_int(&c->out, "time", t->node->time);
        yc_json_member_int(&c->out, "blocktime", t->node->time);
    }
    yc_json_end_object(&c->out);
}

static enum yc_rpc_flow read_tx(struct yc_rpc_call *c)
{
    struct tx_reading *t = c->state;
    struct yc_error err;
    struct yc_reject why;
    struct yc_block block;
    struct yc_spent_coins spent = {NULL, 0};
    size_t inputs = 0;
    uint32_t i = 0;
    if (yc_chain_read_block(c->chain, t->node, c->rpc->env.alloc, &t->raw, &err) != YC_VALID)
        return yc_rpc_fail_system(c, &err);
    yc_arena_init(&t->arena, c->rpc->env.alloc, yc_block_arena_bytes(t->raw.n), YC_RPC_ARENA_MAX);
    t->arena_held = true;
    if (yc_block_parse(&block, t->raw, &t->arena, &why) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Block data expected but can't be read");
    while (i < block.tx_count && !yc_txid_equal(&block.tx[i].txid, &t->txid))
        inputs += i ? block.tx[i].in_count : 0, i++;
    if (i == block.tx_count)
        return yc_rpc_fail(
            c, YC_RPC_INVALID_ADDRESS_OR_KEY,
            "No such transaction found in the provided block. Use gettransaction for wallet transactions.");
    if (t->verbosity <= 0) {
        yc_json_put_hex(&c->out, block.tx[i].raw);
        return YC_RPC_DONE;
    }
    bool with_spent = t->verbosity > 1 && t->have_undo && i;
    if (with_spent && (yc_chain_read_spent(c->chain, t->node, &t->arena, &spent, &err) != YC_VALID ||
                       spent.count < inputs + block.tx[i].in_count))
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Undo data expected but can't be read");
    show_confirmed(c, &block.tx[i], with_spent ? spent.coin + inputs : NULL);
    return YC_RPC_DONE;
}

/* ---- by the index ---- */

static enum yc_rpc_flow unknown_tx(struct yc_rpc_call *c, const char *what)
{
    return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "%s. Use gettransaction for wallet transactions.", what);
}

/* Only the transaction's own bytes are read. YC_NOT_YET when others lie there: the chain has moved on. */
static enum yc_verdict read_at(struct yc_rpc_call *c, struct yc_tx_place at, struct yc_tx *tx, struct yc_error *err)
{
    struct tx_reading *t = c->state;
    struct yc_reject why;
    t->tip = yc_chain_snapshot(c->chain);
    if (at.height > t->tip->height)
        return YC_NOT_YET;
    t->node = yc_node_ancestor(t->tip, at.height);
    uint8_t *p = yc_arena_take(&c->arena, at.bytes);
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read a transaction");
    enum yc_verdict v = yc_chain_read_part(c->chain, t->node, at.offset, at.bytes, p, err);
    if (v != YC_VALID)
        return v;
    v = yc_tx_parse(tx, yc_view(p, at.bytes), &c->arena, &why);
    if (v == YC_SYSTEM)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read a transaction");
    if (v != YC_VALID)
        return YC_NOT_YET;
    yc_tx_hash(tx);
    return yc_txid_equal(&tx->txid, &t->txid) ? YC_VALID : YC_NOT_YET;
}

static enum yc_rpc_flow look_up(struct yc_rpc_call *c)
{
    struct tx_reading *t = c->state;
    struct yc_tx_place at;
    struct yc_tx tx;
    struct yc_error err;
    bool caught_up = yc_rpc_index_catch_up(c, YC_INDEX_TXS);
    enum yc_verdict v = yc_index_tx(c->rpc->indexes, &t->txid, &at, &err);
    if (v == YC_VALID)
        v = read_at(c, at, &tx, &err);
    if (v == YC_NOT_YET)
        return unknown_tx(c, caught_up ? "No such mempool or blockchain transaction"
                                       : "No such mempool transaction. Blockchain transactions are still in the "
                                         "process of being indexed");
    if (v != YC_VALID)
        return yc_rpc_fail_system(c, &err);
    t->have_undo = (t->node->status & YC_BLOCK_HAVE_UNDO) && t->node->parent;
    if (t->verbosity > 1 && t->have_undo)
        return read_tx(c);
    if (t->verbosity <= 0)
        yc_json_put_hex(&c->out, tx.raw);
    else
        show_confirmed(c, &tx, NULL);
    return YC_RPC_DONE;
}

/* Neither a block was named nor has the pool the transaction. */
static enum yc_rpc_flow by_index(struct yc_rpc_call *c)
{
    struct tx_reading *t = c->state;
    if (!yc_indexes_has(c->rpc->indexes, YC_INDEX_TXS))
        return unknown_tx(c, "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain "
                             "transaction queries");
    t->by_index = true;
    return yc_rpc_go(c, YC_RPC_TO_READER, look_up);
}

static enum yc_rpc_flow show_unconfirmed(struct yc_rpc_call *c, const struct yc_pool_entry *e, int64_t verbosity)
{
    struct yc_rpc_show_tx how = {.hex = true};
    if (verbosity <= 0) {
        yc_json_put_hex(&c->out, e->tx.raw);
        return YC_RPC_DONE;
    }
    yc_json_begin_object(&c->out);
    yc_json_member_u64(&c->out, "vsize_adjusted", e->vbytes);
    yc_rpc_show_tx(c, &e->tx, &how);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* With one transaction in the block, its id is the merkle root. */
static bool is_genesis_coinbase(const struct yc_rpc_call *c, const struct yc_txid *txid)
{
    return memcmp(yc_chain_at(c->chain, 0)->merkle_root, txid->b, 32) == 0;
}

enum yc_rpc_flow yc_method_getrawtransaction(struct yc_rpc_call *c)
{
    struct tx_reading *t = yc_arena_take(&c->arena, sizeof *t);
    struct yc_block_hash hash;
    bool flag;
    if (!t)
        return yc_rpc_fail_memory(c);
    *t = (struct tx_reading){.tip = yc_chain_tip(c->chain)};
    if (!yc_rpc_arg_hash(c, 0, "parameter 1", t->txid.b))
        return YC_RPC_FAILED;
    if (yc_json_bool(c->arg[1], &flag))
        t->verbosity = flag;
    else if (!yc_rpc_arg_int(c, 1, 0, INT32_MIN, INT32_MAX, &t->verbosity))
        return YC_RPC_FAILED;
    c->state = t;
    c->release = drop;
    if (is_genesis_coinbase(c, &t->txid))
        return yc_rpc_fail(
            c, YC_RPC_INVALID_ADDRESS_OR_KEY,
            "The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved");
    if (!yc_rpc_has(c, 2)) {
        const struct yc_pool_entry *e = yc_pool_find(yc_core_pool(c->core), &t->txid);
        return e ? show_unconfirmed(c, e, t->verbosity) : by_index(c);
    }
    if (!yc_rpc_arg_hash(c, 2, "parameter 3", hash.b))
        return YC_RPC_FAILED;
    t->node = yc_chain_find(c->chain, &hash);
    if (!t->node)
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Block hash not found");
    if (!(t->node->status & YC_BLOCK_HAVE_DATA))
        return yc_rpc_fail(c, YC_RPC_MISC, "Block not available");
    t->have_undo = (t->node->status & YC_BLOCK_HAVE_UNDO) && t->node->parent;
    return yc_chain_has(c->chain, t->node) ? yc_rpc_go(c, YC_RPC_TO_READER, read_tx) : read_tx(c);
}

/* ---- sending ---- */

/* The fee that a rate allows for a transaction; -1: no limit. */
static int64_t fee_limit(const struct yc_tx *tx, int64_t sat_per_kvb)
{
    uint64_t vbytes = yc_tx_vbytes(tx); /* at most 4,000,000, and a rate below 1e8 */
    return sat_per_kvb ? (int64_t)((uint64_t)sat_per_kvb * vbytes / 1000) : -1;
}

/* Is every output of it in the chain as an unspent coin? One is enough to tell that it has been mined. */
static bool has_coins(struct yc_rpc_call *c, const struct yc_tx *tx)
{
    struct yc_outpoint at = {tx->txid, 0};
    struct yc_coin coin;
    struct yc_error err;
    for (; at.index < tx->out_count; at.index++) {
        if (yc_chain_coin(c->chain, &at, false, &c->arena, &coin, &err) == YC_VALID)
            return true;
    }
    return false;
}

/* "reason, details" or "reason" alone. */
static void refusal_text(char out[REFUSAL_MAX], enum yc_verdict v, const struct yc_pool_reject *why,
                         const struct yc_tx *tx)
{
    char detail[YC_REJECT_DETAIL_MAX];
    yc_pool_reject_text(out, REFUSAL_MAX, v, why);
    yc_reject_describe(detail, &why->rule, tx);
    const char *more = v == YC_POLICY && why->detail[0] ? why->detail : detail;
    size_t n = strlen(out);
    (void)snprintf(out + n, REFUSAL_MAX - n, more[0] ? ", %s" : "%s", more);
}

static enum yc_rpc_flow send_failed(struct yc_rpc_call *c, enum yc_verdict v, const struct yc_pool_reject *why,
                                    const struct yc_tx *tx)
{
    char text[REFUSAL_MAX];
    refusal_text(text, v, why, tx);
    if (v == YC_NOT_YET)
        return yc_rpc_fail(c, YC_RPC_VERIFY, "bad-txns-inputs-missingorspent");
    if (v == YC_SYSTEM)
        return yc_rpc_fail(c, why->rule.system == YC_SYSTEM_MEMORY ? YC_RPC_OUT_OF_MEMORY : YC_RPC_MISC,
                           "The node could not check the transaction: see its log");
    if (v == YC_POLICY && why->policy == YC_POLICY_MAX_FEE)
        return yc_rpc_fail(c, YC_RPC_VERIFY, "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)");
    return yc_rpc_fail(c, YC_RPC_VERIFY_REJECTED, "%s", text);
}

/* Where this call is one of several in a request, run the scripts of the next transactions together with its own. Whatever
 * is not one is found out when its turn comes. */
static void prepare_next(struct yc_rpc_call *c)
{
    struct yc_rpc_request *q = c->request;
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    struct yc_arena arena;
    struct yc_reject why;
    size_t count = 0, bytes = 0;
    if (q->at < q->prepared_to || q->count - q->at < 2)
        return;
    yc_arena_init(&arena, c->rpc->env.alloc, 65536, YC_RPC_ARENA_MAX);
    for (q->prepared_to = q->at; q->prepared_to < q->count && count < YC_POOL_PREPARE_MAX; q->prepared_to++) {
        const struct yc_json *v = yc_json_element(q->root, q->prepared_to);
        const char *method = yc_json_text(yc_json_member(v, "method"));
        const char *hex = yc_json_text(yc_json_element(yc_json_member(v, "params"), 0));
        size_t n = hex ? strlen(hex) / 2 : 0;
        if (!method || strcmp(method, c->method->name) != 0 || n == 0)
            continue;
        bytes += n;
        if (count > 0 && bytes > YC_POOL_PREPARE_BYTES_MAX)
            break;
        uint8_t *raw = yc_arena_take(&arena, n);
        struct yc_tx *tx = yc_arena_take(&arena, sizeof *tx);
        if (raw && tx && yc_hex_read(raw, n, hex, 2 * n) && yc_tx_parse(tx, yc_view(raw, n), &arena, &why) == YC_VALID)
            list[count++] = tx;
    }
    yc_pool_prepare(yc_core_pool(c->core), list, count);
    yc_arena_release(&arena);
}

enum yc_rpc_flow yc_method_sendrawtransaction(struct yc_rpc_call *c)
{
    struct yc_tx tx;
    struct yc_pool_reject why = {.policy = YC_POLICY_NONE};
    int64_t rate_sat, burn_sat = 0;
    if (yc_rpc_has(c, 2) && !yc_rpc_amount_of(c, c->arg[2], &burn_sat))
        return YC_RPC_FAILED;
    if (!yc_rpc_tx_of(c, c->arg[0], &tx))
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "TX decode failed. Make sure the tx has at least one input.");
    for (uint32_t i = 0; i < tx.out_count; i++) {
        struct yc_view script = tx.out[i].script;
        if ((yc_script_is_unspendable(script) || !has_valid_ops(script)) && tx.out[i].value_sat > burn_sat)
            return yc_rpc_fail(c, YC_RPC_VERIFY,
                               "Unspendable output exceeds maximum configured by user (maxburnamount)");
    }
    if (!yc_rpc_arg_feerate(c, 1, MAX_FEERATE_DEFAULT_SAT, &rate_sat))
        return YC_RPC_FAILED;
    prepare_next(c);
    if (has_coins(c, &tx))
        return yc_rpc_fail(c, YC_RPC_VERIFY_ALREADY_IN_UTXO_SET, "Transaction outputs already in utxo set");
    enum yc_verdict v = yc_core_submit_tx(c->core, tx.raw, fee_limit(&tx, rate_sat), NULL, &why);
    if (v == YC_POLICY && why.policy == YC_POLICY_BUSY)
        return yc_rpc_go(c, YC_RPC_RETRY, yc_method_sendrawtransaction);
    if (v == YC_POLICY && (why.policy == YC_POLICY_ALREADY_IN_POOL || why.policy == YC_POLICY_SAME_NONWITNESS)) {
        yc_core_announce_tx(c->core, &tx.txid);
        v = YC_VALID;
    }
    if (v != YC_VALID)
        return send_failed(c, v, &why, &tx);
    yc_json_put_hash(&c->out, tx.txid.b, 32);
    return YC_RPC_DONE;
}

static void show_accepted(struct yc_rpc_call *c, const struct yc_tx *tx, const struct yc_pool_entry *e)
{
    struct yc_json_out *j = &c->out;
    uint64_t vbytes = e->vbytes ? e->vbytes : yc_tx_vbytes(tx);
    yc_json_member_bool(j, "allowed", true);
    yc_json_member_u64(j, "vsize_adjusted", vbytes);
    yc_json_member_u64(j, "vsize", vbytes);
    yc_json_member_u64(j, "vsize_bip141", yc_tx_vbytes(tx));
    yc_json_key(j, "fees");
    yc_json_begin_object(j);
    yc_json_member_amount(j, "base", e->fee_sat);
    yc_json_member_amount(j, "effective-feerate", e->fee_sat * 1000 / (int64_t)vbytes);
    yc_json_key(j, "effective-includes");
    yc_json_begin_array(j);
    yc_json_put_hash(j, tx->wtxid.b, 32);
    yc_json_end_array(j);
    yc_json_end_object(j);
}

static void show_refused(struct yc_rpc_call *c, enum yc_verdict v, const struct yc_pool_reject *why,
                         const struct yc_tx *tx)
{
    struct yc_json_out *j = &c->out;
    char text[REFUSAL_MAX];
    yc_pool_reject_text(text, sizeof text, v, why);
    yc_json_member_bool(j, "allowed", false);
    if (v == YC_NOT_YET) {
        yc_json_member_text(j, "reject-reason", "missing-inputs");
        return;
    }
    yc_json_member_text(j, "reject-reason", text);
    if (v == YC_POLICY && why->policy == YC_POLICY_MAX_FEE)
        return;
    refusal_text(text, v, why, tx);
    yc_json_member_text(j, "reject-details", text);
}

enum yc_rpc_flow yc_method_testmempoolaccept(struct yc_rpc_call *c)
{
    struct yc_tx tx;
    int64_t rate_sat;
    size_t count = yc_json_count(c->arg[0]);
    if (count < 1 || count > TEST_PACKAGE_MAX)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Array must contain between 1 and %d transactions.",
                           TEST_PACKAGE_MAX);
    if (!yc_rpc_arg_feerate(c, 1, MAX_FEERATE_DEFAULT_SAT, &rate_sat))
        return YC_RPC_FAILED;
    for (size_t i = 0; i < count; i++) {
        const struct yc_json *v = yc_json_element(c->arg[0], i);
        if (!yc_rpc_expect(c, v, YC_JSON_STRING))
            return YC_RPC_FAILED;
        if (!yc_rpc_tx_of(c, v, &tx))
            return yc_rpc_fail(c, YC_RPC_DESERIALIZATION,
                               "TX decode failed: %.200s Make sure the tx has at least one input.", yc_json_text(v));
    }
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++) {
        struct yc_pool_entry e = {.fee_sat = 0};
        struct yc_pool_reject why = {.policy = YC_POLICY_NONE};
        if (!yc_rpc_tx_of(c, yc_json_element(c->arg[0], i), &tx))
            return yc_rpc_fail_memory(c);
        enum yc_verdict verdict =
            yc_pool_submit(yc_core_pool(c->core), tx.raw, true, fee_limit(&tx, rate_sat), &e, &why);
        yc_json_begin_object(&c->out);
        yc_json_member_hash(&c->out, "txid", tx.txid.b, 32);
        yc_json_member_hash(&c->out, "wtxid", tx.wtxid.b, 32);
        if (verdict == YC_VALID)
            show_accepted(c, &tx, &e);
        else
            show_refused(c, verdict, &why, &tx);
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}
