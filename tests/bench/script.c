#include "tests/bench/spends.h"

#include "consensus/script/checker.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

#define ARENA_BYTES_MAX (1 << 20)

struct verifying {
    struct yc_spend spend;
    struct yc_spent spent;
    struct yc_script_machine *machine;
};

static void verify_once(void *ctx)
{
    struct verifying *v = ctx;
    enum yc_script_error e = yc_script_verify(&v->spend, 0, YC_SCRIPT_FLAGS_CONSENSUS, yc_checker_now(), v->machine);
    if (e != YC_SCRIPT_OK)
        bench_die("a good input fails with %s", yc_script_error_name(e));
}

/* What cannot be left out: the signature check, the digest that is signed, and the hash of the key where the output has
 * one. The interpreter's questions are kept to ask them again without it. */
struct bare {
    bool is_schnorr, has_key_hash;
    uint8_t key[33], msg32[32];
    size_t key_n;
    uint8_t sig[80];
    size_t sig_n;
    size_t preimage_n; /* bytes that the digest is of */
    uint8_t preimage[512];
};

static void keep(struct bare *bare, struct yc_view key, struct yc_view sig, const uint8_t msg32[32])
{
    if (key.n > sizeof bare->key || sig.n > sizeof bare->sig)
        bench_die("a key or signature of unexpected length");
    memcpy(bare->key, key.p, bare->key_n = key.n);
    memcpy(bare->sig, sig.p, bare->sig_n = sig.n);
    memcpy(bare->msg32, msg32, 32);
}

static enum yc_sig keep_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                              bool may_defer)
{
    (void)may_defer;
    keep(ctx, pubkey, sig, msg32);
    return YC_SIG_GOOD;
}
static enum yc_sig keep_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                bool may_defer)
{
    (void)may_defer;
    keep(ctx, yc_view(xonly32, 32), yc_view(sig64, 64), msg32);
    return YC_SIG_GOOD;
}

static void bare_once(void *ctx)
{
    struct bare *bare = ctx;
    uint8_t digest[32];
    bool good;
    if (bare->has_key_hash)
        yc_hash160(digest, bare->key, bare->key_n);
    if (bare->is_schnorr) {
        yc_sha256_tagged(digest, "TapSighash", yc_view(bare->preimage, bare->preimage_n), YC_VIEW_EMPTY, YC_VIEW_EMPTY);
        good = yc_secp_schnorr_verify(bare->key, bare->sig, bare->msg32);
    } else {
        yc_sha256d(digest, bare->preimage, bare->preimage_n);
        good = yc_secp_ecdsa_verify(yc_view(bare->key, bare->key_n), yc_view(bare->sig, bare->sig_n), bare->msg32);
    }
    if (!good)
        bench_die("a good signature fails");
}

/* Bytes that a signature of the form commits to: BIP 143's and 341's fields, or a legacy transaction with the script in
 * its only input. 0: not compared. */
static size_t preimage_bytes(const struct spend_kit *kit, const struct yc_tx *tx)
{
    switch (kit->form) {
    case SPEND_P2PKH:
        return tx->stripped_bytes - tx->in[0].script_sig.n + kit->script_n + 4;
    case SPEND_P2WPKH:
        return 4 + 32 + 32 + 36 + 26 + 8 + 4 + 32 + 4 + 4;
    case SPEND_P2TR:
        return 1 + 1 + 4 + 4 + 5 * 32 + 1 + 4;
    case SPEND_P2WSH_2OF3:
        break;
    }
    return 0;
}

static void compare_form(struct bench *b, const char *name, struct verifying *v, const struct spend_kit *kit,
                         const struct yc_tx *tx)
{
    struct bare bare = {.preimage_n = preimage_bytes(kit, tx),
                        .is_schnorr = kit->form == SPEND_P2TR,
                        .has_key_hash = kit->form != SPEND_P2TR};
    const struct yc_checker keeper = {keep_ecdsa, keep_schnorr, &bare, NULL};
    if (yc_script_verify(&v->spend, 0, YC_SCRIPT_FLAGS_CONSENSUS, &keeper, v->machine) != YC_SCRIPT_OK)
        bench_die("a good input fails");
    const struct bench_way ours = {.once = verify_once, .ctx = v}, other = {.once = bare_once, .ctx = &bare};
    bench_compare(b, name, "inputs", 1, &ours, &other, "the signature check and its hashes alone");
}

static void bench_form(struct bench *b, const char *name, enum spend_form form, struct yc_script_machine *machine)
{
    static struct spend_kit kit;
    struct verifying v = {.machine = machine};
    struct yc_outpoint from = {.index = 0};
    struct yc_arena arena;
    if (!bench_wants(b, name))
        return;
    yc_arena_init(&arena, b->alloc, 65536, ARENA_BYTES_MAX);
    yc_random_fill(b->random, from.txid.b, 32);
    spend_kit_init(&kit, b, form);
    struct yc_tx *tx = spend_make(&kit, &arena, &from, YC_COIN, 1000);
    v.spent = (struct yc_spent){YC_COIN, yc_view(kit.script, kit.script_n)};
    yc_spend_init(&v.spend, tx, &v.spent);
    if (preimage_bytes(&kit, tx))
        compare_form(b, name, &v, &kit, tx);
    else
        bench_run(b, name, "inputs", 1, verify_once, &v);
    yc_arena_release(&arena);
}

void bench_script(struct bench *b)
{
    struct yc_script_machine *machine = yc_script_machine_new(b->alloc);
    if (!machine)
        bench_die("no memory for a script machine");
    bench_form(b, "script/p2pkh", SPEND_P2PKH, machine);
    bench_form(b, "script/p2wpkh", SPEND_P2WPKH, machine);
    bench_form(b, "script/p2tr", SPEND_P2TR, machine);
    bench_form(b, "script/p2wsh-2of3", SPEND_P2WSH_2OF3, machine);
    yc_script_machine_free(machine);
}
