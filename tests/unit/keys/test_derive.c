/* Accounts: the published vectors of BIP 84 and BIP 86. */
#include "keys/derive.h"
#include "keys/mnemonic.h"
#include "unit/formats/chains.h"
#include "unit/keys/keys.h"

#define PHRASE "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"

static struct yc_chain_params params;
static struct test_keys keys;
static struct yc_hdkey master;

static int init(void **state)
{
    (void)state;
    uint8_t seed[YC_MNEMONIC_SEED_BYTES];
    test_chain_load(&params, "main");
    test_keys_init(&keys, 84);
    yc_mnemonic_seed(seed, PHRASE, YC_VIEW_EMPTY);
    return yc_hdkey_master(&master, yc_view(seed, sizeof seed), keys.signer, NULL) == YC_VALID ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    test_keys_release(&keys);
    return 0;
}

static const struct {
    enum yc_account_kind kind;
    enum yc_account_branch branch;
    uint32_t index;
    const char *pubkey; /* P2WPKH: 33 bytes; P2TR: the internal key's 32 */
    const char *address;
} published[] = {
    {YC_ACCOUNT_P2WPKH, YC_BRANCH_RECEIVE, 0, "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c",
     "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
    {YC_ACCOUNT_P2WPKH, YC_BRANCH_RECEIVE, 1, "03e775fd51f0dfb8cd865d9ff1cca2a158cf651fe997fdc9fee9c1d3b5e995ea77",
     "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"},
    {YC_ACCOUNT_P2WPKH, YC_BRANCH_CHANGE, 0, "03025324888e429ab8e3dbaf1f7802648b9cd01e9b418485c5fa4c1b9b5700e1a6",
     "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"},
    {YC_ACCOUNT_P2TR, YC_BRANCH_RECEIVE, 0, "cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115",
     "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"},
    {YC_ACCOUNT_P2TR, YC_BRANCH_RECEIVE, 1, "83dfe85a3151d2517290da461fe2815591ef69f2b18a2ce63f01697a8b313145",
     "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh"},
    {YC_ACCOUNT_P2TR, YC_BRANCH_CHANGE, 0, "399f1b2f4393f29a18c937859c5dd8a77350103157eb880f02e8c08214277cef",
     "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"},
};

static void published_accounts(void **state)
{
    (void)state;
    char xpub[YC_HDKEY_TEXT_MAX];
    struct yc_hdkey account;
    assert_int_equal(yc_account_key(&account, &master, YC_ACCOUNT_P2TR, &params, 0, keys.signer, NULL), YC_VALID);
    yc_hdkey_neuter(&account, &account);
    yc_hdkey_print(xpub, &params, &account);
    assert_string_equal(xpub,
                        "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49"
                        "yfdDEHGCtMMj92pReUsQ");
}

/* From the private account, from its public key read back from text, and the secret that fits. */
static void published_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        struct yc_hdkey account, watch;
        struct yc_account_address a, b;
        char xpub[YC_HDKEY_TEXT_MAX], pubkey[67];
        uint8_t secret32[32], pubkey33[33];
        enum yc_account_kind kind = published[i].kind;
        assert_int_equal(yc_account_key(&account, &master, kind, &params, 0, keys.signer, NULL), YC_VALID);
        yc_hdkey_neuter(&watch, &account);
        yc_hdkey_print(xpub, &params, &watch);
        assert_int_equal(yc_hdkey_parse(&watch, &params, yc_view_text(xpub), keys.signer, NULL), YC_VALID);
        assert_int_equal(
            yc_account_address(&a, &account, kind, &params, published[i].branch, published[i].index, keys.signer, NULL),
            YC_VALID);
        assert_int_equal(
            yc_account_address(&b, &watch, kind, &params, published[i].branch, published[i].index, keys.signer, NULL),
            YC_VALID);
        assert_string_equal(a.text, published[i].address);
        assert_string_equal(b.text, published[i].address);
        yc_hex_write(pubkey, a.pubkey33, sizeof a.pubkey33);
        assert_string_equal(pubkey + (kind == YC_ACCOUNT_P2TR ? 2 : 0), published[i].pubkey);
        assert_int_equal(
            yc_account_secret(secret32, &account, published[i].branch, published[i].index, keys.signer, NULL),
            YC_VALID);
        assert_true(yc_seckey_pubkey(pubkey33, keys.signer, secret32));
        assert_memory_equal(pubkey33, a.pubkey33, sizeof pubkey33);
    }
}

/* X14: another chain has another coin type, so other keys, and its own prefix. */
static void chains_do_not_share_addresses(void **state)
{
    (void)state;
    const struct yc_chain_params *own = yc_chain_builtin("main");
    struct yc_hdkey account;
    struct yc_account_address a;
    assert_int_equal(yc_account_key(&account, &master, YC_ACCOUNT_P2WPKH, own, 0, keys.signer, NULL), YC_VALID);
    assert_int_equal(yc_account_address(&a, &account, YC_ACCOUNT_P2WPKH, own, YC_BRANCH_RECEIVE, 0, keys.signer, NULL),
                     YC_VALID);
    assert_memory_equal(a.text, "yc1q", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_accounts),
        cmocka_unit_test(published_addresses),
        cmocka_unit_test(chains_do_not_share_addresses),
    };
    return cmocka_run_group_tests(tests, init, release);
}
