#include "unit/consensus/rows/locked.h"

#include "consensus/script/asm.h"
#include "consensus/script/sighash.h"
#include "consensus/script/taproot.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "unit/consensus/support/words.h"

#include <secp256k1_schnorrsig.h>

#define FUNDED_SAT ((int64_t)1000000)
/* Long enough that no transaction is one of 64 bytes. */
#define PLAIN_OUTPUT "\x51\x61\x61\x61\x61\x61\x61\x61"

static const uint8_t secret32[32] = {7, 7, 7};
/* The key whose secret is 1. */
static const uint8_t internal32[32] = {0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
                                       0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                       0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
static secp256k1_context *secp;
static uint8_t key33[33];

void locked_init(struct locked *l)
{
    secp256k1_pubkey key;
    size_t n = sizeof key33;
    memset(l, 0, sizeof *l);
    secp = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert_int_equal(secp256k1_ec_pubkey_create(secp, &key, secret32), 1);
    assert_int_equal(secp256k1_ec_pubkey_serialize(secp, key33, &n, &key, SECP256K1_EC_COMPRESSED), 1);
    world_init(&l->world, 2);
    l->coin = rows_mature_coin(&l->world);
}

void locked_release(struct locked *l)
{
    world_release(&l->world);
    secp256k1_context_destroy(secp);
}

static struct yc_view output_of(struct locked *l)
{
    uint8_t out[34], leaf[32], tweak[32], control[33];
    unsigned parity = 0;
    switch (l->form) {
    case LOCKED_P2SH:
        out[0] = YC_OP_HASH160;
        out[1] = 20;
        yc_hash160(out + 2, l->code.p, l->code.n);
        out[22] = YC_OP_EQUAL;
        return draft_copy(&l->d, out, 23);
    case LOCKED_V0:
        out[0] = YC_OP_0;
        out[1] = 32;
        yc_sha256_once(out + 2, l->code.p, l->code.n);
        return draft_copy(&l->d, out, 34);
    case LOCKED_TAPSCRIPT:
        yc_taproot_leaf_hash(leaf, l->leaf_version, l->code);
        yc_taproot_tweak_hash(tweak, internal32, leaf);
        assert_true(yc_secp_taproot_tweak(out + 2, &parity, internal32, tweak));
        out[0] = YC_OP_1;
        out[1] = 32;
        control[0] = (uint8_t)(l->leaf_version | parity);
        memcpy(control + 1, internal32, 32);
        l->control = draft_copy(&l->d, control, sizeof control);
        return draft_copy(&l->d, out, 34);
    case LOCKED_BARE:
    case LOCKED_FORMS:
        break;
    }
    return l->code;
}

void locked_begin(struct locked *l)
{
    draft_init(&l->d, &l->world, yc_chain_tip(l->world.chain), ++l->cases);
    l->item_count = 0;
    l->script_sig = YC_VIEW_EMPTY;
    l->leaf_version = YC_TAPROOT_LEAF_TAPSCRIPT;
    l->is_raw = false;
}

static void make_coin_and_spend(struct locked *l, uint32_t out_count)
{
    struct draft_tx *funding = draft_add(&l->d, &l->coin, 0, 1, 2 * FUNDED_SAT, 2);
    funding->out[0].script = yc_view(PLAIN_OUTPUT, sizeof PLAIN_OUTPUT - 1);
    funding->out[LOCKED_INPUT].script = l->output;
    struct yc_txid id = draft_txid(&l->d, funding);
    l->spend = draft_add(&l->d, &id, 0, 2, FUNDED_SAT, out_count);
    l->spend->in[0].script_sig = YC_VIEW_EMPTY;
    l->spend->in[LOCKED_INPUT].sequence = 0;
}

void locked_by(struct locked *l, enum locked_form form, struct yc_view code, uint32_t out_count)
{
    l->form = form;
    l->code = code;
    l->output = output_of(l);
    make_coin_and_spend(l, out_count);
}

void locked_by_output(struct locked *l, struct yc_view output)
{
    l->is_raw = true;
    l->output = output;
    make_coin_and_spend(l, 1);
}

struct yc_view locked_words(struct locked *l, const char *text)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), 1 << 20);
    words_assemble(&b, text);
    assert_false(b.failed);
    struct yc_view copy = draft_copy(&l->d, b.n ? b.p : (const uint8_t *)"", b.n);
    yc_buf_release(&b);
    return copy;
}

void locked_item(struct locked *l, struct yc_view item)
{
    assert_true(l->item_count < LOCKED_ITEMS);
    l->item[l->item_count++] = item;
}

void locked_items(struct locked *l, const char *text)
{
    struct yc_view script = locked_words(l, text);
    struct yc_script_op op;
    for (size_t at = 0; yc_script_next(script, &at, &op, NULL);) {
        uint8_t small = op.opcode == YC_OP_1NEGATE ? 0x81 : (uint8_t)(op.opcode - YC_OP_1 + 1);
        locked_item(l, op.opcode <= YC_OP_PUSHDATA4 ? op.data : draft_copy(&l->d, &small, 1));
    }
}

struct yc_view locked_key(const struct locked *l)
{
    return l->form == LOCKED_TAPSCRIPT ? yc_view(key33 + 1, 32) : yc_view(key33, 33);
}

bool locked_digest(struct locked *l, uint8_t out32[32], struct yc_view code, uint8_t hash_type)
{
    struct yc_spent spent[2] = {{FUNDED_SAT, yc_view(PLAIN_OUTPUT, sizeof PLAIN_OUTPUT - 1)}, {FUNDED_SAT, l->output}};
    struct yc_spend s;
    yc_spend_init_to_sign(&s, &l->spend->tx, spent);
    if (l->form == LOCKED_TAPSCRIPT) {
        struct yc_sighash_tap tap = {.is_script = true, .code_separator = UINT32_MAX};
        yc_taproot_leaf_hash(tap.leaf32, l->leaf_version, l->code);
        return yc_sighash_taproot(out32, &s, LOCKED_INPUT, hash_type, &tap);
    }
    if (l->form == LOCKED_V0)
        yc_sighash_v0(out32, &s, LOCKED_INPUT, code, hash_type, NULL);
    else
        yc_sighash_legacy(out32, &l->spend->tx, LOCKED_INPUT, code, hash_type, NULL);
    return true;
}

struct yc_view locked_signed(struct locked *l, const uint8_t digest32[32], uint8_t hash_type)
{
    uint8_t sig[80];
    size_t n = 72;
    if (l->form == LOCKED_TAPSCRIPT) {
        secp256k1_keypair pair;
        assert_int_equal(secp256k1_keypair_create(secp, &pair, secret32), 1);
        assert_int_equal(secp256k1_schnorrsig_sign32(secp, sig, digest32, &pair, NULL), 1);
        sig[64] = hash_type;
        return draft_copy(&l->d, sig, hash_type ? 65 : 64);
    }
    secp256k1_ecdsa_signature made;
    assert_int_equal(secp256k1_ecdsa_sign(secp, &made, digest32, secret32, NULL, NULL), 1);
    assert_int_equal(secp256k1_ecdsa_signature_serialize_der(secp, sig, &n, &made), 1);
    sig[n++] = hash_type;
    return draft_copy(&l->d, sig, n);
}

struct yc_view locked_sign(struct locked *l, uint8_t hash_type)
{
    uint8_t digest32[32];
    assert_true(locked_digest(l, digest32, l->code, hash_type));
    return locked_signed(l, digest32, hash_type);
}

void locked_unlock(struct locked *l)
{
    uint32_t given = l->item_count;
    struct yc_txin *in = &l->spend->in[LOCKED_INPUT];
    bool in_script = !l->is_raw && (l->form == LOCKED_BARE || l->form == LOCKED_P2SH);
    if (in_script) {
        struct yc_buf b;
        yc_buf_init(&b, yc_heap(), 1 << 20);
        yc_buf_append(&b, l->script_sig.p, l->script_sig.n);
        for (uint32_t i = 0; i < l->item_count && l->script_sig.n == 0; i++)
            yc_script_push(&b, l->item[i]);
        if (l->form == LOCKED_P2SH)
            yc_script_push(&b, l->code);
        assert_false(b.failed);
        in->script_sig = draft_copy(&l->d, b.n ? b.p : (const uint8_t *)"", b.n);
        yc_buf_release(&b);
        return;
    }
    in->script_sig = l->script_sig;
    if (!l->is_raw)
        locked_item(l, l->code);
    if (!l->is_raw && l->form == LOCKED_TAPSCRIPT)
        locked_item(l, l->control);
    in->witness = l->item;
    in->witness_count = l->item_count;
    l->item_count = given;
}

bool locked_connects(struct locked *l)
{
    const struct yc_node *before = yc_chain_tip(l->world.chain), *node = NULL;
    struct yc_reject why;
    struct yc_error err;
    locked_unlock(l);
    if (l->spend->in[LOCKED_INPUT].witness_count)
        draft_commit(&l->d);
    draft_seal(&l->d);
    l->world.failed_code = YC_REJ_NONE;
    if (draft_submit(&l->d, &node, &why) != YC_VALID)
        l->world.failed_code = why.code;
    bool connected = yc_chain_tip(l->world.chain) != before;
    if (connected) {
        assert_ptr_equal(yc_chain_tip(l->world.chain), node);
        assert_int_equal(yc_chain_invalidate(l->world.chain, &node->hash, &err), YC_VALID);
        world_settle(&l->world);
        assert_ptr_equal(yc_chain_tip(l->world.chain), before);
    } else {
        assert_int_not_equal(l->world.failed_code, YC_REJ_NONE);
    }
    draft_release(&l->d);
    return connected;
}
