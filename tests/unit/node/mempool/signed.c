#include "signed.h"

#include "crypto/hash.h"
#include "crypto/sha256.h"

struct keys keys;

/* ---- keys and scripts ---- */

static void make_keys(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        yc_seckey_generate(keys.key[i].secret, keys.signer, &keys.random);
        assert_true(yc_seckey_pubkey(keys.key[i].pubkey, keys.signer, keys.key[i].secret));
    }
    for (size_t i = 0; i < KEYS; i++) {
        struct yc_writer w;
        yc_writer_init(&w, keys.key[i].multisig, sizeof keys.key[i].multisig);
        yc_writer_u8(&w, 0x52);
        for (size_t j = 0; j < 3; j++)
            yc_writer_var_bytes(&w, yc_view(keys.key[(i + j) % KEYS].pubkey, 33));
        yc_writer_bytes(&w, "\x53\xae", 2);
        keys.key[i].multisig_n = w.n;
    }
}

struct yc_view script_of(enum form form, size_t key, uint8_t out[34])
{
    const struct key *k = &keys.key[key];
    struct yc_writer w;
    uint8_t hash[32], inner[22] = {0x00, 0x14};
    yc_writer_init(&w, out, 34);
    yc_hash160(hash, k->pubkey, 33);
    switch (form) {
    case P2WPKH:
        yc_writer_bytes(&w, "\x00\x14", 2);
        yc_writer_bytes(&w, hash, 20);
        break;
    case P2TR:
        assert_true(yc_taproot_output_key(hash, k->pubkey + 1, NULL));
        yc_writer_bytes(&w, "\x51\x20", 2);
        yc_writer_bytes(&w, hash, 32);
        break;
    case P2PKH:
        yc_writer_bytes(&w, "\x76\xa9\x14", 3);
        yc_writer_bytes(&w, hash, 20);
        yc_writer_bytes(&w, "\x88\xac", 2);
        break;
    case P2SH_P2WPKH:
        memcpy(inner + 2, hash, 20);
        yc_hash160(hash, inner, sizeof inner);
        yc_writer_bytes(&w, "\xa9\x14", 2);
        yc_writer_bytes(&w, hash, 20);
        yc_writer_u8(&w, 0x87);
        break;
    case MULTISIG:
        yc_sha256_once(hash, k->multisig, k->multisig_n);
        yc_writer_bytes(&w, "\x00\x20", 2);
        yc_writer_bytes(&w, hash, 32);
        break;
    case FORMS:
        break;
    }
    return yc_writer_written(&w);
}

/* ---- signing ---- */

/* Two of three: the first key, and the second or third. */
static void sign_multisig(struct unlocked *u, const struct yc_spend *spend, uint32_t input, size_t key,
                          struct yc_txin *in)
{
    const struct key *k = &keys.key[key];
    struct yc_view script = yc_view(k->multisig, k->multisig_n);
    uint8_t digest[32];
    struct yc_error err;
    size_t signs[2] = {key, (key + 1 + pick(2)) % KEYS};
    yc_sighash_v0(digest, spend, input, script, YC_SIGHASH_ALL, NULL);
    u->witness[0] = YC_VIEW_EMPTY;
    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        assert_int_equal(yc_ecdsa_sign(u->der[i], &n, keys.signer, keys.key[signs[i]].secret, digest, &err), YC_VALID);
        u->der[i][n] = YC_SIGHASH_ALL;
        u->witness[i + 1] = yc_view(u->der[i], n + 1);
    }
    u->witness[3] = script;
    in->witness = u->witness;
    in->witness_count = 4;
}

void sign_coin(struct unlocked *u, const struct yc_spend *spend, uint32_t input, const struct coin *coin,
               struct yc_txin *in)
{
    struct yc_error err;
    if (coin->form == MULTISIG) {
        sign_multisig(u, spend, input, coin->key, in);
        return;
    }
    if (yc_sign_input(&u->sig, spend, input, keys.key[coin->key].secret, 0, keys.signer, &keys.random, &err) !=
        YC_VALID)
        fail_msg("%s", err.text);
    in->script_sig = u->sig.script_sig;
    in->witness = u->sig.witness_count ? u->sig.witness : NULL;
    in->witness_count = u->sig.witness_count;
}

/* A byte of a signature, not so near its ends that its encoding breaks. */
void spoil(struct yc_txin *in)
{
    struct yc_view v = in->script_sig.n ? in->script_sig : in->witness[in->witness_count > 2];
    if (in->witness_count == 0 || v.n > 30)
        ((uint8_t *)(uintptr_t)v.p)[20] ^= (uint8_t)(1 + pick(255));
}

/* ---- life ---- */

size_t pick(size_t n)
{
    return (size_t)yc_random_below(&keys.random, n);
}

void keys_seed(uint64_t seed)
{
    yc_random_seed(&keys.random, &keys.seeded, seed);
    make_keys();
}

int keys_set_up(void **state)
{
    struct yc_error err;
    (void)state;
    yc_random_seed(&keys.random, &keys.seeded, 5);
    return yc_signer_new(&keys.signer, &keys.random, &err) == YC_VALID ? 0 : -1;
}

int keys_tear_down(void **state)
{
    (void)state;
    yc_signer_free(keys.signer);
    return 0;
}
