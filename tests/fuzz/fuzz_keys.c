/* Any bytes as a public key and a signature, any text as an extended key, Base58 or Bech32: what is accepted is written
 * back the same, strict rules never accept what lax ones refuse, and nothing verifies that is not a key.
 *
 * Input: length of the key (1 byte), the key, then the signature; all of it is the text too. */
#include "base/assert.h"
#include "consensus/script/encoding.h"
#include "consensus/script/flags.h"
#include "crypto/base58.h"
#include "crypto/bech32.h"
#include "crypto/secp.h"
#include "keys/bip32.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_key(struct yc_view key, struct yc_view sig)
{
    static const uint8_t digest32[32] = {1};
    bool is_key = yc_secp_pubkey_valid(key);
    bool strict = yc_pubkey_check_encoding(key, YC_SCRIPT_STRICTENC, false) == YC_SCRIPT_OK;
    bool witness =
        yc_pubkey_check_encoding(key, YC_SCRIPT_STRICTENC | YC_SCRIPT_WITNESS_PUBKEYTYPE, true) == YC_SCRIPT_OK;
    YC_ASSERT(!witness || (strict && key.n == 33));
    YC_ASSERT(!is_key || key.n == 33 || key.n == 65);
    YC_ASSERT(is_key || !yc_secp_ecdsa_verify(key, sig, digest32));
    if (key.n == 33 && is_key)
        YC_ASSERT(yc_secp_xonly_valid(key.p + 1));
}

static void check_signature(struct yc_view sig)
{
    bool strict = yc_sig_is_strict_der(sig);
    struct yc_view without_type = yc_view(sig.p, sig.n ? sig.n - 1 : 0);
    enum yc_script_error der = yc_sig_check_encoding(sig, YC_SCRIPT_DERSIG);
    enum yc_script_error all = yc_sig_check_encoding(sig, YC_SCRIPT_DERSIG | YC_SCRIPT_LOW_S | YC_SCRIPT_STRICTENC);
    YC_ASSERT((der == YC_SCRIPT_OK) == (strict || sig.n == 0));
    YC_ASSERT(all != YC_SCRIPT_OK || der == YC_SCRIPT_OK);
    if (sig.n && all == YC_SCRIPT_OK)
        YC_ASSERT(yc_secp_sig_is_low_s(without_type));
    YC_ASSERT(!strict || (sig.n >= 9 && sig.n <= 73));
}

static void check_texts(const char *text, size_t n)
{
    uint8_t bytes[YC_BASE58_BYTES_MAX], values[84], program[40];
    char again[2 * YC_BASE58_BYTES_MAX], hrp[84];
    size_t bytes_n = 0, value_n = 0, program_n = 0;
    unsigned version = 0;
    if (yc_base58_decode(bytes, sizeof bytes, &bytes_n, text, n)) {
        YC_ASSERT(yc_base58_encode(again, sizeof again, yc_view(bytes, bytes_n)));
        YC_ASSERT(strlen(again) == n && memcmp(again, text, n) == 0);
    }
    enum yc_bech32 form = yc_bech32_decode(hrp, values, &value_n, text, n);
    if (form != YC_BECH32_NONE) {
        YC_ASSERT(yc_bech32_encode(again, sizeof again, form, hrp, values, value_n) && strlen(again) == n);
    }
    if (yc_segwit_address_decode(&version, program, &program_n, "bc", text, n))
        YC_ASSERT(form == (version ? YC_BECH32M : YC_BECH32) && program_n >= 2 && program_n <= 40);
}

static void check_extended(struct yc_view text)
{
    const struct yc_chain_params *params = yc_chain_builtin("main");
    struct yc_hdkey key;
    char printed[YC_HDKEY_TEXT_MAX];
    static struct yc_signer *signer;
    static struct yc_random_seeded state;
    struct yc_random random;
    if (!signer) {
        yc_random_seed(&random, &state, 1);
        YC_ASSERT(yc_signer_new(&signer, &random, NULL) == YC_VALID);
    }
    if (yc_hdkey_parse(&key, params, text, signer, NULL) != YC_VALID)
        return;
    yc_hdkey_print(printed, params, &key);
    YC_ASSERT(yc_view_equal(yc_view_text(printed), text));
    yc_hdkey_wipe(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t key_n = n ? data[0] : 0;
    if (n && key_n <= n - 1) {
        struct yc_view sig = yc_view(data + 1 + key_n, n - 1 - key_n);
        check_key(yc_view(data + 1, key_n), sig);
        check_signature(sig);
    }
    check_texts((const char *)data, n);
    check_extended(yc_view(data, n));
    return 0;
}
