/* Texts and the bytes behind them:
 *   base58_encode_decode.json   [bytes in hex, Base58]
 *   key_io_valid.json           [text, script or secret key in hex, {chain, isPrivkey, isCompressed?, tryCaseFlip?}]
 *   key_io_invalid.json         [text]: neither address nor key on any chain
 *   own/bech32.json             [text, "bech32", "bech32m" or null]
 *   own/segwit_addresses.json   [text, script or null] */
#include "crypto/base58.h"
#include "crypto/bech32.h"
#include "formats/address.h"
#include "keys/wif.h"
#include "vectors/chains.h"
#include "vectors/vectors.h"

#include <string.h>

static void each_row(struct vectors *v, struct yc_view file, void (*run_one)(struct vectors *, json_object *))
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        run_one(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

/* The file's first row may be a comment: an array of one text among longer ones. */
static bool is_comment(json_object *row)
{
    return json_object_array_length(row) < 2;
}

static const char *text_of(json_object *row, size_t i)
{
    return json_object_get_string(vectors_at(row, i));
}

static void run_base58_row(struct vectors *v, json_object *row)
{
    struct yc_view bytes, text = vectors_text(vectors_at(row, 1));
    char written[2 * YC_BASE58_BYTES_MAX];
    uint8_t read[YC_BASE58_BYTES_MAX];
    size_t n = 0;
    bool ok = vectors_hex(v, vectors_text(vectors_at(row, 0)), &bytes) &&
              yc_base58_encode(written, sizeof written, bytes) && yc_view_equal(yc_view_text(written), text) &&
              yc_base58_decode(read, sizeof read, &n, (const char *)text.p, text.n) &&
              yc_view_equal(yc_view(read, n), bytes);
    vectors_case(v, ok, "%s", json_object_get_string(row));
}

static void run_base58(struct vectors *v, struct yc_view file)
{
    each_row(v, file, run_base58_row);
}

static bool same_script(const struct yc_chain_params *params, struct yc_view text, struct yc_view script_hex)
{
    struct yc_address a;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    return yc_address_parse(&a, params, text, NULL, NULL) == YC_VALID &&
           vectors_same_hex(script_hex, script, yc_address_script(script, &a));
}

static struct yc_view flip_case(struct vectors *v, struct yc_view text)
{
    uint8_t *flipped = vectors_take(v, text.n);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        flipped[i] = letter ? c ^ 0x20 : c;
    }
    return yc_view(flipped, text.n);
}

static bool member(json_object *options, const char *name)
{
    return json_object_get_boolean(vectors_get(options, name));
}

static bool secret_ok(const struct yc_chain_params *params, json_object *row)
{
    struct yc_view text = vectors_text(vectors_at(row, 0));
    struct yc_wif key;
    struct yc_address a;
    char printed[YC_WIF_TEXT_MAX];
    if (yc_wif_parse(&key, params, text, NULL) != YC_VALID ||
        yc_address_parse(&a, params, text, NULL, NULL) == YC_VALID)
        return false;
    yc_wif_print(printed, params, &key);
    return vectors_same_hex(vectors_text(vectors_at(row, 1)), key.secret32, 32) &&
           key.compressed == member(vectors_at(row, 2), "isCompressed") && yc_view_equal(yc_view_text(printed), text);
}

/* An address reads to its script, in the other case too where that is still an address, is no key, and is what the
 * script prints as (in lower case, where case does not matter). */
static bool address_ok(struct vectors *v, const struct yc_chain_params *params, json_object *row)
{
    struct yc_view text = vectors_text(vectors_at(row, 0)), script_hex = vectors_text(vectors_at(row, 1)), script;
    struct yc_view flipped = flip_case(v, text);
    bool either_case = member(vectors_at(row, 2), "tryCaseFlip");
    struct yc_wif key;
    char printed[YC_ADDRESS_TEXT_MAX];
    if (!vectors_hex(v, script_hex, &script) || !yc_address_print_script(printed, params, script))
        return false;
    bool prints =
        yc_view_equal(yc_view_text(printed), text) || (either_case && yc_view_equal(yc_view_text(printed), flipped));
    return prints && same_script(params, text, script_hex) && either_case == same_script(params, flipped, script_hex) &&
           yc_wif_parse(&key, params, text, NULL) != YC_VALID;
}

static void run_key_io_row(struct vectors *v, json_object *row)
{
    json_object *options = vectors_at(row, 2);
    const struct yc_chain_params *params = vectors_chain(json_object_get_string(vectors_get(options, "chain")));
    bool ok = member(options, "isPrivkey") ? secret_ok(params, row) : address_ok(v, params, row);
    vectors_case(v, ok, "%s", json_object_get_string(row));
}

static void run_key_io_valid(struct vectors *v, struct yc_view file)
{
    each_row(v, file, run_key_io_row);
}

static bool means_anything(struct yc_view text)
{
    static const char *const names[] = {"main", "testnet4", "regtest"};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct yc_address a;
        struct yc_wif key;
        any = any || yc_address_parse(&a, vectors_chain(names[i]), text, NULL, NULL) == YC_VALID ||
              yc_wif_parse(&key, vectors_chain(names[i]), text, NULL) == YC_VALID;
    }
    return any;
}

static void run_refused_row(struct vectors *v, json_object *row)
{
    vectors_case(v, !means_anything(vectors_text(vectors_at(row, 0))), "accepted: %s", json_object_get_string(row));
}

static void run_key_io_invalid(struct vectors *v, struct yc_view file)
{
    each_row(v, file, run_refused_row);
}

static enum yc_bech32 form_named(const char *name)
{
    return !name ? YC_BECH32_NONE : !strcmp(name, "bech32m") ? YC_BECH32M : YC_BECH32;
}

static void run_bech32_row(struct vectors *v, json_object *row)
{
    struct yc_view text = vectors_text(vectors_at(row, 0));
    enum yc_bech32 form = form_named(text_of(row, 1));
    char hrp[84], again[YC_BECH32_TEXT_MAX + 1];
    uint8_t values[84];
    size_t n = 0;
    if (is_comment(row))
        return;
    bool ok = yc_bech32_decode(hrp, values, &n, (const char *)text.p, text.n) == form;
    if (ok && form != YC_BECH32_NONE)
        ok = yc_bech32_encode(again, sizeof again, form, hrp, values, n) &&
             (yc_view_equal(yc_view_text(again), text) || yc_view_equal(yc_view_text(again), flip_case(v, text)));
    vectors_case(v, ok, "%s", json_object_get_string(row));
}

static void run_bech32(struct vectors *v, struct yc_view file)
{
    each_row(v, file, run_bech32_row);
}

static void run_segwit_row(struct vectors *v, json_object *row)
{
    struct yc_view text = vectors_text(vectors_at(row, 0));
    if (is_comment(row))
        return;
    if (!vectors_at(row, 1)) {
        vectors_case(v, !means_anything(text), "accepted: %s", json_object_get_string(row));
        return;
    }
    struct yc_view script = vectors_text(vectors_at(row, 1));
    bool is_main = text.n > 2 && (text.p[0] | 0x20) == 'b' && (text.p[1] | 0x20) == 'c' && text.p[2] == '1';
    vectors_case(v, same_script(vectors_chain(is_main ? "main" : "testnet4"), text, script), "%s",
                 json_object_get_string(row));
}

static void run_segwit(struct vectors *v, struct yc_view file)
{
    each_row(v, file, run_segwit_row);
}

const struct vectors_kind vectors_kind_base58 = {"base58", "base58_encode_decode.json", run_base58};
const struct vectors_kind vectors_kind_key_io_valid = {"key-io-valid", "key_io_valid.json", run_key_io_valid};
const struct vectors_kind vectors_kind_key_io_invalid = {"key-io-invalid", "key_io_invalid.json", run_key_io_invalid};
const struct vectors_kind vectors_kind_bech32 = {"bech32", "own/bech32.json", run_bech32};
const struct vectors_kind vectors_kind_segwit_addresses = {"segwit-addresses", "own/segwit_addresses.json", run_segwit};
