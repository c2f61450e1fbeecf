/* Wallets made and opened: derivation, passphrases, watch-only, addresses handed out. */
#include "unit/wallet/rig.h"

static struct rig *rig;

static int setup(void **state)
{
    (void)state;
    rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_init(rig, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_release(rig);
    free(rig);
    return 0;
}

static void addresses_are_those_of_bip84_and_bip86(void **state)
{
    (void)state;
    memcpy(rig->params.hrp, "bc", 3);
    rig->params.bip44_coin = 0;
    rig_create(rig, "p2wpkh", YC_ACCOUNT_P2WPKH);
    assert_string_equal(rig_address(rig, YC_BRANCH_RECEIVE, 0).text, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
    assert_string_equal(rig_address(rig, YC_BRANCH_RECEIVE, 1).text, "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
    assert_string_equal(rig_address(rig, YC_BRANCH_CHANGE, 0).text, "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el");
    assert_int_equal(memcmp(rig->wallet.master_fingerprint4, "\x73\xc5\xda\x0a", 4), 0);
    yc_wallet_close(&rig->wallet);
    rig_create(rig, "p2tr", YC_ACCOUNT_P2TR);
    assert_string_equal(rig_address(rig, YC_BRANCH_RECEIVE, 0).text,
                        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr");
    assert_string_equal(rig_address(rig, YC_BRANCH_CHANGE, 0).text,
                        "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7");
}

static void addresses_are_never_handed_out_twice(void **state)
{
    (void)state;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    for (uint32_t i = 0; i < 50; i++) {
        struct yc_account_address a;
        uint32_t index;
        if (i == 25) { /* another process goes on where this one stopped */
            yc_wallet_close(&rig->wallet);
            rig_good(rig, yc_wallet_open(&rig->wallet, &rig->params, rig_path(rig, "w"), &rig->random, &rig_err));
        }
        rig_good(rig, yc_wallet_next_address(&rig->wallet, &a, YC_BRANCH_RECEIVE, &index, false, &rig_err));
        assert_int_equal(index, i);
        assert_string_equal(a.text, rig_address(rig, YC_BRANCH_RECEIVE, i).text);
    }
    struct yc_store_branch b;
    rig_good(rig, yc_store_branch(rig->wallet.store, YC_BRANCH_RECEIVE, &b, &rig_err));
    assert_int_equal(b.derived, 50 + YC_WALLET_GAP);
}

static void watch_only_has_the_addresses_and_no_key(void **state)
{
    (void)state;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    char xpub[YC_HDKEY_TEXT_MAX];
    struct yc_account_address own = rig_address(rig, YC_BRANCH_RECEIVE, 7);
    yc_hdkey_print(xpub, &rig->params, &rig->wallet.account);
    yc_wallet_close(&rig->wallet);
    struct yc_wallet_plan plan = {.path = rig_path(rig, "watch"), .clock = &rig->clock};
    rig_good(rig, yc_wallet_watch(&rig->wallet, &rig->params, &plan, xpub, &rig->random, &rig_err));
    assert_string_equal(rig_address(rig, YC_BRANCH_RECEIVE, 7).text, own.text);
    struct yc_secret key = {0};
    struct yc_error err;
    assert_int_equal(yc_wallet_unseal(&rig->wallet, &key, YC_VIEW_EMPTY, &err), YC_POLICY);
}

static void another_chain_is_refused(void **state)
{
    (void)state;
    struct yc_error err;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    yc_wallet_close(&rig->wallet);
    assert_int_equal(yc_wallet_open(&rig->wallet, yc_chain_builtin("main"), rig_path(rig, "w"), &rig->random, &err),
                     YC_INVALID);
    assert_non_null(strstr(err.text, "another chain"));
}

/* The wallet's file as bytes. */
static size_t read_whole(const char *path, uint8_t *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    assert_true(n > 0 && n < cap);
    return n;
}

static const uint8_t *find_bytes(const uint8_t *hay, size_t n, const uint8_t *needle, size_t needle_n)
{
    for (size_t i = 0; i + needle_n <= n; i++)
        if (memcmp(hay + i, needle, needle_n) == 0)
            return hay + i;
    return NULL;
}

/* "W07: encryption left plaintext keys". The entropy of the phrase is 16 bytes, all zero, so one with a mark is used. */
static void encrypting_leaves_no_plaintext(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 20];
    uint8_t entropy[16] = "sixteen letters!";
    char phrase[YC_MNEMONIC_TEXT_MAX];
    rig_good(rig, yc_mnemonic_of_entropy(phrase, entropy, 16, &rig_err));
    struct yc_wallet_plan plan = {.path = rig_path(rig, "w"), .clock = &rig->clock};
    rig_good(rig, yc_wallet_create(&rig->wallet, &rig->params, &plan, phrase, &rig->random, &rig_err));
    struct yc_account_address before = rig_address(rig, YC_BRANCH_RECEIVE, 3);
    size_t n = read_whole(rig_path(rig, "w"), bytes, sizeof bytes);
    assert_non_null(find_bytes(bytes, n, entropy, 16));
    rig->clock.mono_us = rig_mono_fast;
    rig_good(rig,
             yc_wallet_encrypt_take(&rig->wallet, YC_VIEW_EMPTY, yc_view_text("a passphrase"), &rig->clock, &rig_err));
    n = read_whole(rig_path(rig, "w"), bytes, sizeof bytes);
    assert_null(find_bytes(bytes, n, entropy, 16));
    assert_int_equal(rig_count_files(rig), 1);
    rig_good(rig, yc_wallet_open(&rig->wallet, &rig->params, rig_path(rig, "w"), &rig->random, &rig_err));
    assert_string_equal(rig_address(rig, YC_BRANCH_RECEIVE, 3).text, before.text);
    struct yc_secret key = {0};
    struct yc_error err;
    assert_int_equal(yc_wallet_unseal(&rig->wallet, &key, yc_view_text("another"), &err), YC_INVALID);
    assert_null(key.p);
    rig_good(rig, yc_wallet_unseal(&rig->wallet, &key, yc_view_text("a passphrase"), &rig_err));
    yc_secret_release(&key);
}

static void an_existing_file_is_never_overwritten(void **state)
{
    (void)state;
    struct yc_error err;
    struct yc_wallet second;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    struct yc_wallet_plan plan = {.path = rig_path(rig, "w"), .clock = &rig->clock};
    assert_int_equal(yc_wallet_create(&second, &rig->params, &plan, RIG_PHRASE, &rig->random, &err), YC_INVALID);
    assert_int_equal(rig_count_files(rig), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(addresses_are_those_of_bip84_and_bip86),  T(addresses_are_never_handed_out_twice),
        T(watch_only_has_the_addresses_and_no_key), T(another_chain_is_refused),
        T(encrypting_leaves_no_plaintext),          T(an_existing_file_is_never_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
