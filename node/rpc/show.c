/* What several methods write: transactions, scripts, headers. Fields and their order are Bitcoin Core's. */
#include <stdio.h>

#include "base/hex.h"
#include "consensus/script/asm.h"
#include "consensus/script/solver.h"
#include "crypto/secp.h"
#include "formats/address.h"
#include "formats/descriptor.h"
#include "node/rpc/internal.h"

/* A text value made in place in the answer: nothing in an asm or a descriptor needs an escape. */
static struct yc_buf *open_text(struct yc_rpc_call *c, const char *key)
{
    yc_json_key(&c->out, key);
    yc_json_put_raw(&c->out, yc_view_text("\""));
    return c->out.buf;
}

static void close_text(struct yc_rpc_call *c)
{
    yc_buf_append_text(c->out.buf, "\"");
}

static void append_hex(struct yc_buf *out, struct yc_view bytes)
{
    char *p = (char *)yc_buf_room(out, 2 * bytes.n + 1);
    if (p) {
        yc_hex_write(p, bytes.p, bytes.n);
        out->n--; /* the NUL */
    }
}

static bool plain_key(struct yc_view key)
{
    return yc_pubkey_has_valid_size(key) && key.p[0] != 6 && key.p[0] != 7;
}

static void append_multi(struct yc_buf *out, const struct yc_script_solution *s)
{
    char number[16];
    snprintf(number, sizeof number, "multi(%u", s->required);
    yc_buf_append_text(out, number);
    for (uint32_t i = 0; i < s->key_count; i++) {
        yc_buf_append_text(out, ",");
        append_hex(out, s->keys[i]);
    }
    yc_buf_append_text(out, ")");
}

static bool plain_multi(const struct yc_script_solution *s)
{
    for (uint32_t i = 0; i < s->key_count; i++) {
        if (!plain_key(s->keys[i]))
            return false;
    }
    return true;
}

static void append_checksum(struct yc_buf *out, size_t from)
{
    char checksum[YC_DESCRIPTOR_CHECKSUM_MAX];
    if (!out->failed && yc_descriptor_checksum(checksum, yc_view(out->p + from, out->n - from))) {
        yc_buf_append_text(out, "#");
        yc_buf_append_text(out, checksum);
    }
}

/* That of a P2WSH output whose script is known. False: it has no better one than its address. */
static bool show_wsh_descriptor(struct yc_rpc_call *c, struct yc_view witness_script)
{
    struct yc_script_solution s;
    if (yc_script_solve(witness_script, &s) != YC_SCRIPT_KIND_MULTISIG || !plain_multi(&s))
        return false;
    struct yc_buf *out = open_text(c, "desc");
    size_t from = out->n;
    yc_buf_append_text(out, "wsh(");
    append_multi(out, &s);
    yc_buf_append_text(out, ")");
    append_checksum(out, from);
    close_text(c);
    return true;
}

void yc_rpc_show_descriptor(struct yc_rpc_call *c, const char *key, struct yc_view script)
{
    struct yc_script_solution s;
    char address[YC_ADDRESS_TEXT_MAX];
    enum yc_script_kind kind = yc_script_solve(script, &s);
    struct yc_buf *out = open_text(c, key);
    size_t from = out->n;
    if (kind == YC_SCRIPT_KIND_PUBKEY && plain_key(s.data)) {
        yc_buf_append_text(out, "pk(");
        append_hex(out, s.data);
        yc_buf_append_text(out, ")");
    } else if (kind == YC_SCRIPT_KIND_MULTISIG && plain_multi(&s)) {
        append_multi(out, &s);
    } else if (kind == YC_SCRIPT_KIND_WITNESS_V1_TAPROOT && yc_secp_xonly_valid(s.data.p)) {
        yc_buf_append_text(out, "rawtr(");
        append_hex(out, s.data);
        yc_buf_append_text(out, ")");
    } else if (yc_address_print_script(address, yc_chain_params_of(c->chain), script)) {
        yc_buf_append_text(out, "addr(");
        yc_buf_append_text(out, address);
        yc_buf_append_text(out, ")");
    } else {
        yc_buf_append_text(out, "raw(");
        append_hex(out, script);
        yc_buf_append_text(out, ")");
    }
    append_checksum(out, from);
    close_text(c);
}

static void show_asm(struct yc_rpc_call *c, struct yc_view script, bool with_sighash)
{
    yc_script_asm(open_text(c, "asm"), script, with_sighash);
    close_text(c);
}

void yc_rpc_show_script_members(struct yc_rpc_call *c, struct yc_view script, struct yc_view witness_script,
                                bool with_hex)
{
    char address[YC_ADDRESS_TEXT_MAX];
    enum yc_script_kind kind = yc_script_solve(script, NULL);
    show_asm(c, script, false);
    if (!show_wsh_descriptor(c, witness_script))
        yc_rpc_show_descriptor(c, "desc", script);
    if (with_hex)
        yc_json_member_hex(&c->out, "hex", script);
    if (kind != YC_SCRIPT_KIND_PUBKEY && yc_address_print_script(address, yc_chain_params_of(c->chain), script))
        yc_json_member_text(&c->out, "address", address);
    yc_json_member_text(&c->out, "type", yc_script_kind_name(kind));
}

void yc_rpc_show_script(struct yc_rpc_call *c, struct yc_view script, bool with_hex)
{
    yc_json_begin_object(&c->out);
    yc_rpc_show_script_members(c, script, YC_VIEW_EMPTY, with_hex);
    yc_json_end_object(&c->out);
}

static void show_prevout(struct yc_rpc_call *c, const struct yc_coin *coin)
{
    yc_json_key(&c->out, "prevout");
    yc_json_begin_object(&c->out);
    yc_json_member_bool(&c->out, "generated", coin->coinbase);
    yc_json_member_int(&c->out, "height", coin->height);
    yc_json_member_amount(&c->out, "value", coin->value_sat);
    yc_json_key(&c->out, "scriptPubKey");
    yc_rpc_show_script(c, coin->script, true);
    yc_json_end_object(&c->out);
}

static void show_input(struct yc_rpc_call *c, const struct yc_tx *tx, uint32_t i, const struct yc_rpc_show_tx *how)
{
    const struct yc_txin *in = &tx->in[i];
    yc_json_begin_object(&c->out);
    if (yc_tx_is_coinbase(tx)) {
        yc_json_member_hex(&c->out, "coinbase", in->script_sig);
    } else {
        yc_json_member_hash(&c->out, "txid", in->prevout.txid.b, 32);
        yc_json_member_int(&c->out, "vout", in->prevout.index);
        yc_json_key(&c->out, "scriptSig");
        yc_json_begin_object(&c->out);
        show_asm(c, in->script_sig, true);
        yc_json_member_hex(&c->out, "hex", in->script_sig);
        yc_json_end_object(&c->out);
    }
    if (in->witness_count) {
        yc_json_key(&c->out, "txinwitness");
        yc_json_begin_array(&c->out);
        for (uint32_t k = 0; k < in->witness_count; k++)
            yc_json_put_hex(&c->out, in->witness[k]);
        yc_json_end_array(&c->out);
    }
    if (how->spent && how->prevouts)
        show_prevout(c, &how->spent[i]);
    yc_json_member_int(&c->out, "sequence", in->sequence);
    yc_json_end_object(&c->out);
}

static void show_outputs(struct yc_rpc_call *c, const struct yc_tx *tx)
{
    yc_json_key(&c->out, "vout");
    yc_json_begin_array(&c->out);
    for (uint32_t i = 0; i < tx->out_count; i++) {
        yc_json_begin_object(&c->out);
        yc_json_member_amount(&c->out, "value", tx->out[i].value_sat);
        yc_json_member_int(&c->out, "n", i);
        yc_json_key(&c->out, "scriptPubKey");
        yc_rpc_show_script(c, tx->out[i].script, true);
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
}

/* What the spent coins hold beyond the outputs. Both sums are those of a valid transaction. */
static int64_t fee_of(const struct yc_tx *tx, const struct yc_coin *spent)
{
    int64_t in = 0, out = 0;
    bool ok = true;
    for (uint32_t i = 0; i < tx->in_count; i++)
        ok = ok && yc_money_add(&in, spent[i].value_sat);
    for (uint32_t i = 0; i < tx->out_count; i++)
        ok = ok && yc_money_add(&out, tx->out[i].value_sat);
    return ok ? in - out : 0;
}

void yc_rpc_show_tx(struct yc_rpc_call *c, const struct yc_tx *tx, const struct yc_rpc_show_tx *how)
{
    struct yc_json_out *j = &c->out;
    yc_json_member_hash(j, "txid", tx->txid.b, 32);
    yc_json_member_hash(j, "hash", tx->wtxid.b, 32);
    yc_json_member_int(j, "version", tx->version);
    yc_json_member_u64(j, "size", tx->raw.n);
    yc_json_member_u64(j, "vsize", yc_tx_vbytes(tx));
    yc_json_member_u64(j, "weight", yc_tx_weight(tx));
    yc_json_member_int(j, "locktime", tx->lock_time);
    yc_json_key(j, "vin");
    yc_json_begin_array(j);
    for (uint32_t i = 0; i < tx->in_count; i++)
        show_input(c, tx, i, how);
    yc_json_end_array(j);
    show_outputs(c, tx);
    if (how->spent)
        yc_json_member_amount(j, "fee", fee_of(tx, how->spent));
    if (how->hex)
        yc_json_member_hex(j, "hex", tx->raw);
    if (how->block)
        yc_json_member_hash(j, "blockhash", how->block->b, 32);
}

void yc_rpc_show_bits(struct yc_rpc_call *c, uint32_t bits)
{
    yc_json_key(&c->out, "bits");
    yc_json_put_textf(&c->out, "%08x", bits);
}

void yc_rpc_show_target(struct yc_rpc_call *c, uint32_t bits)
{
    struct yc_u256 target;
    if (!yc_compact_to_target(&target, bits))
        target = YC_U256_ZERO;
    yc_rpc_show_work(c, "target", target);
}

void yc_rpc_show_work(struct yc_rpc_call *c, const char *key, struct yc_u256 work)
{
    uint8_t bytes[32];
    yc_u256_to_be(bytes, work);
    yc_json_member_hex(&c->out, key, yc_view(bytes, sizeof bytes));
}

void yc_rpc_show_header(struct yc_rpc_call *c, const struct yc_node *n, const struct yc_node *tip)
{
    struct yc_json_out *j = &c->out;
    bool active = n->height <= tip->height && yc_node_ancestor(tip, n->height) == n;
    yc_json_member_hash(j, "hash", n->hash.b, 32);
    yc_json_member_int(j, "confirmations", active ? (int64_t)tip->height - n->height + 1 : -1);
    yc_json_member_int(j, "height", n->height);
    yc_json_member_int(j, "version", (int32_t)n->version);
    yc_json_key(j, "versionHex");
    yc_json_put_textf(j, "%08x", n->version);
    yc_json_member_hash(j, "merkleroot", n->merkle_root, 32);
    yc_json_member_int(j, "time", n->time);
    yc_json_member_int(j, "mediantime", yc_node_median_time(n));
    yc_json_member_int(j, "nonce", n->nonce);
    yc_rpc_show_bits(c, n->bits);
    yc_rpc_show_target(c, n->bits);
    yc_json_member_double(j, "difficulty", yc_difficulty_of_bits(n->bits));
    yc_rpc_show_work(c, "chainwork", yc_node_work(n));
    yc_json_member_int(j, "nTx", n->stored->tx_count);
    if (n->parent)
        yc_json_member_hash(j, "previousblockhash", n->parent->hash.b, 32);
    if (active && n != tip)
        yc_json_member_hash(j, "nextblockhash", yc_node_ancestor(tip, n->height + 1)->hash.b, 32);
}

void yc_rpc_show_signet(struct yc_rpc_call *c)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    if (p->signet_challenge_n)
        yc_json_member_hex(&c->out, "signet_challenge", yc_view(p->signet_challenge, p->signet_challenge_n));
}

void yc_rpc_show_warnings(struct yc_rpc_call *c)
{
    yc_json_key(&c->out, "warnings");
    yc_json_begin_array(&c->out);
    yc_json_end_array(&c->out);
}
