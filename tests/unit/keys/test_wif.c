/* Private keys as text: the keys of the published key_io vectors. */
#include "keys/wif.h"
#include "support/vectors.h"
#include "unit/formats/chains.h"
#include "unit/keys/keys.h"

#include <json.h>

static bool flag(json_object *options, const char *name)
{
    json_object *value;
    return json_object_object_get_ex(options, name, &value) && json_object_get_boolean(value);
}

static void published_keys(void **state)
{
    (void)state;
    char *text = test_vectors_read("key_io_valid.json", NULL);
    json_object *rows = json_tokener_parse(text);
    size_t checked = 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i), *options = json_object_array_get_idx(row, 2), *chain;
        const char *wif = json_object_get_string(json_object_array_get_idx(row, 0));
        struct yc_chain_params params;
        struct yc_wif key;
        char printed[YC_WIF_TEXT_MAX], hex[65];
        assert_true(json_object_object_get_ex(options, "chain", &chain));
        test_chain_by_name(&params, json_object_get_string(chain));
        if (!flag(options, "isPrivkey")) {
            assert_int_equal(yc_wif_parse(&key, &params, yc_view_text(wif), NULL), YC_INVALID);
            continue;
        }
        assert_int_equal(yc_wif_parse(&key, &params, yc_view_text(wif), NULL), YC_VALID);
        yc_hex_write(hex, key.secret32, sizeof key.secret32);
        assert_string_equal(hex, json_object_get_string(json_object_array_get_idx(row, 1)));
        assert_int_equal(key.compressed, flag(options, "isCompressed"));
        yc_wif_print(printed, &params, &key);
        assert_string_equal(printed, wif);
        checked++;
    }
    assert_int_equal(checked, 16);
    json_object_put(rows);
    free(text);
}

static void published_non_keys(void **state)
{
    (void)state;
    char *text = test_vectors_read("key_io_invalid.json", NULL);
    json_object *rows = json_tokener_parse(text);
    struct yc_chain_params main_chain, test_chain;
    test_chain_load(&main_chain, "main");
    test_chain_load(&test_chain, "test4");
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const char *wif = json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, i), 0));
        struct yc_wif key;
        struct yc_error err;
        assert_int_equal(yc_wif_parse(&key, &main_chain, yc_view_text(wif), &err), YC_INVALID);
        assert_int_equal(yc_wif_parse(&key, &test_chain, yc_view_text(wif), &err), YC_INVALID);
        if (strlen(wif) > 20)
            assert_null(strstr(err.text, wif)); /* what may be a secret is not repeated */
    }
    json_object_put(rows);
    free(text);
}

static void keys_of_other_networks_and_out_of_range(void **state)
{
    (void)state;
    struct yc_chain_params main_chain, regtest;
    struct yc_wif key = {.compressed = true}, back;
    struct yc_error err;
    char text[YC_WIF_TEXT_MAX];
    test_chain_load(&main_chain, "main");
    test_chain_load(&regtest, "regtest");
    yc_wif_print(text, &main_chain, &key);
    assert_int_equal(yc_wif_parse(&back, &main_chain, yc_view_text(text), &err), YC_INVALID);
    assert_non_null(strstr(err.text, "out of range"));
    key.secret32[31] = 1;
    yc_wif_print(text, &main_chain, &key);
    assert_string_equal(text, "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn");
    assert_int_equal(yc_wif_parse(&back, &regtest, yc_view_text(text), &err), YC_INVALID);
    assert_non_null(strstr(err.text, "belongs to another network than regtest"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_keys),
        cmocka_unit_test(published_non_keys),
        cmocka_unit_test(keys_of_other_networks_and_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
