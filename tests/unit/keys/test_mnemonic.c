/* Recovery phrases: BIP 39's published vectors, and what is said about a mistyped phrase. Catalogue W01. */
#include "keys/bip32.h"
#include "keys/mnemonic.h"
#include "support/vectors.h"
#include "unit/formats/chains.h"
#include "unit/keys/keys.h"

#include <json.h>

#define ABANDON11 "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "

static void list_is_sorted_and_told_apart_by_four_letters(void **state)
{
    (void)state;
    for (unsigned i = 1; i < YC_MNEMONIC_WORDS; i++) {
        assert_true(strcmp(yc_mnemonic_word(i - 1), yc_mnemonic_word(i)) < 0);
        assert_true(strncmp(yc_mnemonic_word(i - 1), yc_mnemonic_word(i), 4) != 0);
    }
    assert_string_equal(yc_mnemonic_word(0), "abandon");
    assert_string_equal(yc_mnemonic_word(2047), "zoo");
}

/* Entropy to phrase and back, phrase to seed, seed to the master key as text. */
static void published_vectors(void **state)
{
    (void)state;
    char *text = test_vectors_read("bip39_vectors.json", NULL);
    json_object *all = json_tokener_parse(text), *rows;
    struct yc_chain_params params;
    struct test_keys k;
    test_chain_load(&params, "main");
    test_keys_init(&k, 39);
    assert_true(json_object_object_get_ex(all, "english", &rows));
    assert_int_equal(json_object_array_length(rows), 24);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i);
        const char *field[4];
        for (size_t f = 0; f < 4; f++)
            field[f] = json_object_get_string(json_object_array_get_idx(row, f));
        uint8_t entropy[32], back[32], seed[64], expected[64];
        size_t n = strlen(field[0]) / 2;
        char phrase[YC_MNEMONIC_TEXT_MAX], checked[YC_MNEMONIC_TEXT_MAX], xprv[YC_HDKEY_TEXT_MAX];
        test_hex(entropy, n, field[0]);
        assert_int_equal(yc_mnemonic_of_entropy(phrase, entropy, n, NULL), YC_VALID);
        assert_string_equal(phrase, field[1]);
        assert_int_equal(yc_mnemonic_entropy(back, phrase), n);
        assert_memory_equal(back, entropy, n);
        assert_int_equal(yc_mnemonic_check(checked, yc_view_text(phrase), NULL), YC_VALID);
        assert_string_equal(checked, phrase);
        yc_mnemonic_seed(seed, phrase, yc_view_text("TREZOR"));
        test_hex(expected, sizeof expected, field[2]);
        assert_memory_equal(seed, expected, sizeof seed);
        struct yc_hdkey master;
        assert_int_equal(yc_hdkey_master(&master, yc_view(seed, sizeof seed), k.signer, NULL), YC_VALID);
        yc_hdkey_print(xprv, &params, &master);
        assert_string_equal(xprv, field[3]);
    }
    test_keys_release(&k);
    json_object_put(all);
    free(text);
}

static void generated_phrases_check_and_differ(void **state)
{
    (void)state;
    struct yc_random random;
    struct yc_random_seeded seeded;
    yc_random_seed(&random, &seeded, 1);
    char last[YC_MNEMONIC_TEXT_MAX] = "";
    for (unsigned round = 0; round < 1000; round++) {
        char phrase[YC_MNEMONIC_TEXT_MAX], checked[YC_MNEMONIC_TEXT_MAX];
        assert_int_equal(yc_mnemonic_generate(phrase, 12 + round % 5 * 3, &random, NULL), YC_VALID);
        assert_int_equal(yc_mnemonic_check(checked, yc_view_text(phrase), NULL), YC_VALID);
        assert_string_equal(phrase, checked);
        assert_string_not_equal(phrase, last);
        memcpy(last, phrase, sizeof last);
    }
    char phrase[YC_MNEMONIC_TEXT_MAX];
    assert_int_equal(yc_mnemonic_generate(phrase, 13, &random, NULL), YC_INVALID);
    assert_int_equal(yc_mnemonic_generate(phrase, 9, &random, NULL), YC_INVALID);
    assert_int_equal(yc_mnemonic_generate(phrase, 27, &random, NULL), YC_INVALID);
}

static void as_people_type(void **state)
{
    (void)state;
    char checked[YC_MNEMONIC_TEXT_MAX];
    assert_int_equal(yc_mnemonic_check(checked,
                                       yc_view_text("\t Abandon  ABANDON abandon\nabandon abandon abandon abandon "
                                                    "abandon abandon abandon abandon\r\nabout \n"),
                                       NULL),
                     YC_VALID);
    assert_string_equal(checked, ABANDON11 "about");
}

static void mistakes_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "the phrase has 0 words"},
        {"abandon", "the phrase has 1 words"},
        {ABANDON11, "the phrase has 11 words"},
        {ABANDON11 "abandon", "checksum is wrong"},
        {ABANDON11 "about abandon", "the phrase has 13 words"},
        {ABANDON11 ABANDON11 "abandon abandon abandon about", "the phrase has 26 words"},
        {"abandon abandn about", "word 2, \"abandn\", is not in the word list: did you mean abandon?"},
        {"zooo", "word 1, \"zooo\", is not in the word list: did you mean zoo"},
        {"baout", "did you mean about"},
        {"abandonment", "did you mean abandon?"},
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "compare it with your written copy"},
        {"\x1b[2J", "word 1, \"?[2j\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char checked[YC_MNEMONIC_TEXT_MAX];
        struct yc_error err;
        assert_int_equal(yc_mnemonic_check(checked, yc_view_text(rows[i].text), &err), YC_INVALID);
        assert_string_equal(checked, "");
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

/* Only one word in 16 (12 words) has the right checksum: every other last word is refused. */
static void the_checksum_finds_changed_words(void **state)
{
    (void)state;
    unsigned good = 0;
    for (unsigned i = 0; i < YC_MNEMONIC_WORDS; i++) {
        char phrase[YC_MNEMONIC_TEXT_MAX];
        uint8_t entropy[32];
        (void)snprintf(phrase, sizeof phrase, ABANDON11 "%s", yc_mnemonic_word(i));
        good += yc_mnemonic_entropy(entropy, phrase) == 16;
    }
    assert_int_equal(good, YC_MNEMONIC_WORDS / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_sorted_and_told_apart_by_four_letters),
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(generated_phrases_check_and_differ),
        cmocka_unit_test(as_people_type),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(the_checksum_finds_changed_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
