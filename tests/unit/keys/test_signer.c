/* Signatures: BIP 341's wallet vectors, RFC 6979 with low R, catalogue W02 (no nonce twice). */
#include "consensus/script/encoding.h"
#include "consensus/script/sighash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "formats/address.h"
#include "formats/output.h"
#include "support/vectors.h"
#include "unit/formats/chains.h"
#include "unit/keys/keys.h"

#include <json.h>

static struct test_keys keys;

static int init(void **state)
{
    (void)state;
    test_keys_init(&keys, 340);
    return 0;
}

static int release(void **state)
{
    (void)state;
    test_keys_release(&keys);
    return 0;
}

static json_object *member(json_object *o, const char *name)
{
    json_object *value = NULL;
    assert_true(json_object_object_get_ex(o, name, &value));
    return value;
}

static const char *text_of(json_object *o, const char *name)
{
    return json_object_get_string(member(o, name));
}

/* The output keys and addresses of the vectors, whatever their tree's root. */
static void published_taproot_outputs(void **state)
{
    (void)state;
    char *text = test_vectors_read("bip341_wallet_vectors.json", NULL);
    json_object *all = json_tokener_parse(text), *rows = member(all, "scriptPubKey");
    struct yc_chain_params params;
    test_chain_load(&params, "main");
    assert_int_equal(json_object_array_length(rows), 7);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i), *made = member(row, "intermediary");
        const char *root = text_of(made, "merkleRoot");
        uint8_t internal32[32], root32[32], output32[32], script[34];
        char found[YC_ADDRESS_TEXT_MAX], hex[65];
        test_hex(internal32, 32, text_of(member(row, "given"), "internalPubkey"));
        if (root)
            test_hex(root32, 32, root);
        assert_true(yc_taproot_output_key(output32, internal32, root ? root32 : NULL));
        yc_hex_write(hex, output32, 32);
        assert_string_equal(hex, text_of(made, "tweakedPubkey"));
        struct yc_writer w;
        yc_writer_init(&w, script, sizeof script);
        yc_output_write_witness(&w, 1, yc_view(output32, 32));
        assert_true(yc_address_print_script(found, &params, yc_writer_written(&w)));
        assert_string_equal(found, text_of(member(row, "expected"), "bip350Address"));
    }
    json_object_put(all);
    free(text);
}

/* The nine inputs of BIP 341's transaction, seven of them by key path: digest, tweaked secret and signature (made with
 * zeros as auxiliary randomness). */
static void published_key_path_signatures(void **state)
{
    (void)state;
    char *text = test_vectors_read("bip341_wallet_vectors.json", NULL);
    json_object *all = json_tokener_parse(text),
                *spending = json_object_array_get_idx(member(all, "keyPathSpending"), 0);
    json_object *given = member(spending, "given"), *coins = member(given, "utxosSpent");
    const char *hex = text_of(given, "rawUnsignedTx");
    static uint8_t raw[4096], memory[65536], scripts[16][64];
    size_t raw_n = strlen(hex) / 2, coin_count = json_object_array_length(coins);
    test_hex(raw, raw_n, hex);
    struct yc_arena arena;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_spent spent[16];
    struct yc_spend spend;
    assert_int_equal(yc_tx_parse(&tx, yc_view(raw, raw_n), &arena, &why), YC_VALID);
    assert_int_equal(tx.in_count, coin_count);
    for (size_t i = 0; i < coin_count; i++) {
        json_object *coin = json_object_array_get_idx(coins, i);
        const char *script = text_of(coin, "scriptPubKey");
        size_t n = strlen(script) / 2;
        test_hex(scripts[i], n, script);
        spent[i] = (struct yc_spent){json_object_get_int64(member(coin, "amountSats")), yc_view(scripts[i], n)};
    }
    yc_spend_init_to_sign(&spend, &tx, spent);
    json_object *rows = member(spending, "inputSpending");
    assert_int_equal(json_object_array_length(rows), 7);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i), *in = member(row, "given"),
                    *made = member(row, "intermediary");
        static const uint8_t aux32[32];
        uint8_t secret32[32], root32[32], digest32[32], sig[65];
        char found[131];
        struct yc_sighash_tap tap = {.has_annex = false};
        int type = json_object_get_int(member(in, "hashType"));
        const char *root = text_of(in, "merkleRoot");
        test_hex(secret32, 32, text_of(in, "internalPrivkey"));
        if (root)
            test_hex(root32, 32, root);
        assert_true(yc_taproot_output_secret(secret32, keys.signer, secret32, root ? root32 : NULL));
        yc_hex_write(found, secret32, 32);
        assert_string_equal(found, text_of(made, "tweakedPrivkey"));
        assert_true(yc_sighash_taproot(digest32, &spend, (uint32_t)json_object_get_int(member(in, "txinIndex")),
                                       (uint8_t)type, &tap));
        yc_hex_write(found, digest32, 32);
        assert_string_equal(found, text_of(made, "sigHash"));
        assert_int_equal(yc_schnorr_sign(sig, keys.signer, secret32, digest32, aux32, NULL), YC_VALID);
        sig[64] = (uint8_t)type;
        yc_hex_write(found, sig, type ? 65 : 64);
        assert_string_equal(
            found, json_object_get_string(json_object_array_get_idx(member(member(row, "expected"), "witness"), 0)));
    }
    json_object_put(all);
    free(text);
}

/* RFC 6979 nonces as Bitcoin has always made them (the keys and the message of Bitcoin Core's key_tests). */
static void known_ecdsa_signatures(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"12b004fff7f4b69ef8650e767f18f11ede158148b425660723b9f9a66e61f747",
                                           "304402205dbbddda71772d95ce91cd2d14b592cfbc1dd0aabd6a394b6c2d377bbe59d31d"
                                           "022014ddda21494a4e221f0824f0b8b924c43fa43c0ad57dccdaa11f81a6bd4582f6"},
                                          {"b524c28b61c9b2c49b2c7dd4c2d75887abb78768c054bd7c01af4029f6c0d117",
                                           "3044022052d8a32079c11e79db95af63bb9600c5b04f21a9ca33dc129c2bfa8ac9dc1cd5"
                                           "022061d8ae5e0f6c1a16bde3719c64c2fd70e404b6428ab9a69566962e8771b5944d"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t secret32[32], digest32[32], der[YC_ECDSA_DER_MAX];
        char found[2 * YC_ECDSA_DER_MAX + 1];
        size_t n;
        test_hex(secret32, 32, rows[i][0]);
        yc_sha256d(digest32, "Very deterministic message", 26);
        assert_int_equal(yc_ecdsa_sign(der, &n, keys.signer, secret32, digest32, NULL), YC_VALID);
        yc_hex_write(found, der, n);
        assert_string_equal(found, rows[i][1]);
    }
}

/* Every signature is strict DER of at most 71 bytes with low R and S, verifies, and none shares its R with another. */
static void ecdsa_signatures_are_low_and_distinct(void **state)
{
    (void)state;
    enum { ROUNDS = 2000 };
    static uint8_t seen[ROUNDS][8];
    uint8_t secret32[32], pubkey33[33], digest32[32], der[YC_ECDSA_DER_MAX + 1];
    yc_seckey_generate(secret32, keys.signer, &keys.random);
    assert_true(yc_seckey_pubkey(pubkey33, keys.signer, secret32));
    for (uint32_t i = 0; i < ROUNDS; i++) {
        size_t n;
        yc_sha256_once(digest32, &i, sizeof i);
        assert_int_equal(yc_ecdsa_sign(der, &n, keys.signer, secret32, digest32, NULL), YC_VALID);
        assert_in_range(n, 60, 70);
        assert_true(yc_secp_sig_is_low_s(yc_view(der, n)));
        assert_true(yc_secp_ecdsa_verify(yc_view(pubkey33, 33), yc_view(der, n), digest32));
        der[n] = YC_SIGHASH_ALL;
        assert_true(yc_sig_is_strict_der(yc_view(der, n + 1)));
        assert_true(der[3] < 32 || der[4] < 0x80);
        memcpy(seen[i], der + 4 + der[3] - 8, 8);
        for (uint32_t k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 8);
    }
}

static void secrets_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
                                      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < 3; i++) {
        uint8_t secret32[32], digest32[32] = {1}, out[YC_ECDSA_DER_MAX], key[65];
        size_t n;
        test_hex(secret32, 32, bad[i]);
        assert_false(yc_seckey_valid(keys.signer, secret32));
        assert_false(yc_seckey_pubkey(key, keys.signer, secret32));
        assert_false(yc_seckey_pubkey_long(key, keys.signer, secret32));
        assert_int_equal(yc_ecdsa_sign(out, &n, keys.signer, secret32, digest32, NULL), YC_INVALID);
        assert_int_equal(yc_schnorr_sign(out, keys.signer, secret32, digest32, digest32, NULL), YC_INVALID);
        assert_false(yc_taproot_output_secret(out, keys.signer, secret32, NULL));
    }
}

/* Blinding changes how, never what, is computed. */
static void blinding_changes_no_signature(void **state)
{
    (void)state;
    uint8_t secret32[32], digest32[32] = {7}, a[YC_ECDSA_DER_MAX] = {0}, b[YC_ECDSA_DER_MAX] = {0};
    size_t n;
    yc_seckey_generate(secret32, keys.signer, &keys.random);
    assert_int_equal(yc_ecdsa_sign(a, &n, keys.signer, secret32, digest32, NULL), YC_VALID);
    assert_true(yc_signer_blind(keys.signer, &keys.random));
    assert_int_equal(yc_ecdsa_sign(b, &n, keys.signer, secret32, digest32, NULL), YC_VALID);
    assert_memory_equal(a, b, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_taproot_outputs),        cmocka_unit_test(published_key_path_signatures),
        cmocka_unit_test(known_ecdsa_signatures),           cmocka_unit_test(ecdsa_signatures_are_low_and_distinct),
        cmocka_unit_test(secrets_out_of_range_are_refused), cmocka_unit_test(blinding_changes_no_signature),
    };
    return cmocka_run_group_tests(tests, init, release);
}
