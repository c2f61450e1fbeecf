#include "tests/bench/spends.h"

#include <secp256k1_schnorrsig.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "consensus/script/sighash.h"
#include "crypto/hash.h"
#include "keys/sign.h"

#define TX_BYTES_MAX 1024

/* Signatures are made here and not by keys/sign.h, which looks whether the key is the right one and verifies each signature
 * that it makes: four times the work. They are the same bytes. */
static const secp256k1_context *context(void)
{
    static secp256k1_context *c;
    if (!c)
        c = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    return c;
}

static void *take(struct yc_arena *arena, size_t n)
{
    void *p = yc_arena_take(arena, n);
    if (!p)
        bench_die("no memory for a transaction");
    return p;
}

/* 2 <key> <key> <key> 3 CHECKMULTISIG */
static void write_multisig(struct spend_kit *k)
{
    struct yc_writer w;
    yc_writer_init(&w, k->multisig, sizeof k->multisig);
    yc_writer_u8(&w, 0x52);
    for (size_t i = 0; i < 3; i++)
        yc_writer_var_bytes(&w, yc_view(k->pubkey[i], 33));
    yc_writer_u8(&w, 0x53);
    yc_writer_u8(&w, 0xae);
    k->multisig_n = w.n;
}

void spend_kit_init(struct spend_kit *k, const struct bench *b, enum spend_form form)
{
    uint8_t hash[32];
    struct yc_writer w;
    *k = (struct spend_kit){.bench = b, .form = form};
    for (size_t i = 0; i < 3; i++) {
        yc_seckey_generate(k->secret[i], b->signer, b->random);
        if (!yc_seckey_pubkey(k->pubkey[i], b->signer, k->secret[i]))
            bench_die("a fresh key has no public key");
    }
    write_multisig(k);
    yc_hash160(hash, k->pubkey[0], 33);
    yc_writer_init(&w, k->script, sizeof k->script);
    switch (form) {
    case SPEND_P2PKH:
        yc_writer_bytes(&w, "\x76\xa9\x14", 3); /* DUP HASH160 push of 20 */
        yc_writer_bytes(&w, hash, 20);
        yc_writer_bytes(&w, "\x88\xac", 2); /* EQUALVERIFY CHECKSIG */
        break;
    case SPEND_P2WPKH:
        yc_writer_bytes(&w, "\x00\x14", 2);
        yc_writer_bytes(&w, hash, 20);
        break;
    case SPEND_P2TR:
        if (!yc_taproot_output_key(hash, k->pubkey[0] + 1, NULL))
            bench_die("a fresh key has no taproot output");
        yc_writer_bytes(&w, "\x51\x20", 2);
        yc_writer_bytes(&w, hash, 32);
        if (!yc_taproot_output_secret(hash, b->signer, k->secret[0], NULL) ||
            !secp256k1_keypair_create(context(), &k->output, hash))
            bench_die("a fresh key has no taproot output");
        break;
    case SPEND_P2WSH_2OF3:
        yc_sha256_once(hash, k->multisig, k->multisig_n);
        yc_writer_bytes(&w, "\x00\x20", 2);
        yc_writer_bytes(&w, hash, 32);
        break;
    }
    k->script_n = w.n;
}

/* With a low R, as nodes make them. */
static struct yc_view sign_digest(const struct spend_kit *k, struct yc_arena *arena, size_t key,
                                  const uint8_t msg32[32])
{
    secp256k1_ecdsa_signature made;
    uint8_t extra32[32] = {0}, compact[64] = {0}, *sig = take(arena, YC_ECDSA_DER_MAX + 1);
    size_t n = YC_ECDSA_DER_MAX;
    bool ok = true;
    for (uint32_t counter = 0; ok && (counter == 0 || compact[0] >= 0x80); counter++) {
        yc_put32le(extra32, counter);
        ok = secp256k1_ecdsa_sign(context(), &made, msg32, k->secret[key], NULL, counter ? extra32 : NULL) &&
             secp256k1_ecdsa_signature_serialize_compact(context(), compact, &made);
    }
    if (!ok || !secp256k1_ecdsa_signature_serialize_der(context(), sig, &n, &made))
        bench_die("a fresh key does not sign");
    sig[n] = YC_SIGHASH_ALL;
    return yc_view(sig, n + 1);
}

static struct yc_view sign_schnorr(const struct spend_kit *k, struct yc_arena *arena, const uint8_t msg32[32])
{
    uint8_t aux32[32], *sig = take(arena, 64);
    yc_random_fill(k->bench->random, aux32, sizeof aux32);
    if (!secp256k1_schnorrsig_sign32(context(), sig, msg32, &k->output, aux32))
        bench_die("a fresh key does not sign");
    return yc_view(sig, 64);
}

/* Nothing, two signatures, the script: what CHECKMULTISIG takes. */
static void unlock_multisig(const struct spend_kit *k, struct yc_arena *arena, const struct yc_spend *spend,
                            uint32_t input, struct yc_txin *in)
{
    uint8_t digest[32];
    struct yc_view *items = take(arena, 4 * sizeof *items);
    struct yc_view script = yc_view(k->multisig, k->multisig_n);
    yc_sighash_v0(digest, spend, input, script, YC_SIGHASH_ALL, NULL);
    items[0] = YC_VIEW_EMPTY;
    items[1] = sign_digest(k, arena, 0, digest);
    items[2] = sign_digest(k, arena, 2, digest);
    items[3] = script;
    in->witness = items;
    in->witness_count = 4;
}

static void unlock_keyhash(const struct spend_kit *k, struct yc_arena *arena, const struct yc_spend *spend,
                           uint32_t input, struct yc_txin *in)
{
    uint8_t digest[32], code[25] = {0x76, 0xa9, 20, [23] = 0x88, 0xac};
    struct yc_view *items = take(arena, 2 * sizeof *items);
    memcpy(code + 3, k->script + (k->form == SPEND_P2PKH ? 3 : 2), 20);
    items[1] = yc_view(k->pubkey[0], 33);
    if (k->form == SPEND_P2WPKH) {
        yc_sighash_v0(digest, spend, input, yc_view(code, sizeof code), YC_SIGHASH_ALL, NULL);
        items[0] = sign_digest(k, arena, 0, digest);
        in->witness = items;
        in->witness_count = 2;
        return;
    }
    struct yc_writer w;
    yc_sighash_legacy(digest, spend->tx, input, yc_view(code, sizeof code), YC_SIGHASH_ALL, NULL);
    items[0] = sign_digest(k, arena, 0, digest);
    size_t n = items[0].n + items[1].n + 2; /* a push of each */
    yc_writer_init(&w, take(arena, n), n);
    yc_writer_var_bytes(&w, items[0]);
    yc_writer_var_bytes(&w, items[1]);
    in->script_sig = yc_writer_written(&w);
}

static void unlock_taproot(const struct spend_kit *k, struct yc_arena *arena, const struct yc_spend *spend,
                           uint32_t input, struct yc_txin *in)
{
    uint8_t digest[32];
    struct yc_sighash_tap tap = {.has_annex = false};
    struct yc_view *item = take(arena, sizeof *item);
    bool defined = yc_sighash_taproot(digest, spend, input, YC_SIGHASH_DEFAULT, &tap);
    YC_ASSERT(defined);
    *item = sign_schnorr(k, arena, digest);
    in->witness = item;
    in->witness_count = 1;
}

void spend_unlock(const struct spend_kit *k, struct yc_arena *arena, const struct yc_spend *spend, uint32_t input,
                  struct yc_txin *in)
{
    switch (k->form) {
    case SPEND_P2PKH:
    case SPEND_P2WPKH:
        unlock_keyhash(k, arena, spend, input, in);
        break;
    case SPEND_P2TR:
        unlock_taproot(k, arena, spend, input, in);
        break;
    case SPEND_P2WSH_2OF3:
        unlock_multisig(k, arena, spend, input, in);
        break;
    }
}

struct yc_tx *spend_make(const struct spend_kit *k, struct yc_arena *arena, const struct yc_outpoint *from,
                         int64_t value_sat, int64_t fee_sat)
{
    struct yc_txin in = {.prevout = *from, .sequence = YC_SEQUENCE_FINAL};
    struct yc_txout out = {value_sat - fee_sat, yc_view(k->script, k->script_n)};
    struct yc_spent spent = {value_sat, yc_view(k->script, k->script_n)};
    struct yc_tx draft = {.version = 2, .in_count = 1, .out_count = 1, .in = &in, .out = &out};
    struct yc_spend spend;
    struct yc_reject why;
    struct yc_writer w;
    yc_spend_init_to_sign(&spend, &draft, &spent);
    spend_unlock(k, arena, &spend, 0, &in);
    yc_writer_init(&w, take(arena, TX_BYTES_MAX), TX_BYTES_MAX);
    yc_tx_write(&draft, true, &w);
    struct yc_tx *tx = take(arena, sizeof *tx);
    if (w.failed || yc_tx_parse(tx, yc_writer_written(&w), arena, &why) != YC_VALID)
        bench_die("a transaction of its own making does not parse");
    return tx;
}
