/* Any bytes as an address, an amount, a payment link, a descriptor, a recovery phrase and an extended key's path: none
 * may crash, and what is accepted must print to something that is accepted as the same. */
#include "base/arena.h"
#include "base/assert.h"
#include "formats/address.h"
#include "formats/amount.h"
#include "formats/bip21.h"
#include "formats/descriptor.h"
#include "keys/bip32.h"
#include "keys/mnemonic.h"
#include "keys/wif.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_address(struct yc_view text, const struct yc_chain_params *params)
{
    struct yc_address a, b;
    struct yc_address_fault fault;
    struct yc_error err;
    char printed[YC_ADDRESS_TEXT_MAX];
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    if (yc_address_parse(&a, params, text, &fault, &err) != YC_VALID) {
        YC_ASSERT(fault.location_count <= YC_ADDRESS_LOCATIONS_MAX);
        for (size_t i = 0; i < fault.location_count; i++)
            YC_ASSERT(fault.location[i] < text.n);
        return;
    }
    yc_address_print(printed, params, &a);
    enum yc_verdict again = yc_address_parse(&b, params, yc_view_text(printed), NULL, NULL);
    YC_ASSERT(again == YC_VALID && memcmp(&a, &b, sizeof a) == 0);
    size_t script_n = yc_address_script(script, &a);
    bool has_address = yc_address_of_script(&b, yc_view(script, script_n));
    YC_ASSERT(has_address && memcmp(&a, &b, sizeof a) == 0);
}

static void fuzz_money(struct yc_view text)
{
    int64_t sat, back;
    char amount[YC_AMOUNT_TEXT_MAX], link[YC_BIP21_TEXT_MAX];
    struct yc_bip21 request, again;
    if (yc_amount_parse(&sat, text, NULL) == YC_VALID) {
        yc_amount_print(amount, sat);
        enum yc_verdict v = yc_amount_parse(&back, yc_view_text(amount), NULL);
        YC_ASSERT(v == YC_VALID && back == sat && yc_money_ok(sat));
    }
    if (yc_bip21_parse(&request, text, NULL) == YC_VALID) {
        yc_bip21_print(link, &request);
        /* An address that needs escapes is no address: only those without are written back the same. */
        enum yc_verdict v = yc_bip21_parse(&again, yc_view_text(link), NULL);
        YC_ASSERT(v != YC_VALID || (again.amount_sat == request.amount_sat && !strcmp(again.label, request.label)));
    }
}

static void fuzz_keys(struct yc_view text, const struct yc_chain_params *params)
{
    uint32_t path[YC_HD_PATH_MAX];
    size_t path_n;
    struct yc_wif wif, wif_back;
    char phrase[YC_MNEMONIC_TEXT_MAX], again[YC_MNEMONIC_TEXT_MAX], wif_text[YC_WIF_TEXT_MAX];
    if (yc_hd_path_parse(path, &path_n, text, NULL) == YC_VALID)
        YC_ASSERT(path_n <= YC_HD_PATH_MAX);
    if (yc_mnemonic_check(phrase, text, NULL) == YC_VALID) {
        enum yc_verdict v = yc_mnemonic_check(again, yc_view_text(phrase), NULL);
        YC_ASSERT(v == YC_VALID && strcmp(phrase, again) == 0);
    }
    if (yc_wif_parse(&wif, params, text, NULL) == YC_VALID) {
        yc_wif_print(wif_text, params, &wif);
        enum yc_verdict v = yc_wif_parse(&wif_back, params, yc_view_text(wif_text), NULL);
        YC_ASSERT(v == YC_VALID && memcmp(&wif, &wif_back, sizeof wif) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t memory[1 << 20];
    const struct yc_chain_params *params = yc_chain_builtin("regtest");
    struct yc_view text = yc_view(data, n);
    struct yc_arena arena;
    struct yc_descriptor descriptor;
    struct yc_error err;
    fuzz_address(text, params);
    fuzz_money(text);
    fuzz_keys(text, params);
    YC_ASSERT(YC_DESCRIPTOR_ARENA_BYTES(n) <= sizeof memory);
    yc_arena_init_fixed(&arena, memory, YC_DESCRIPTOR_ARENA_BYTES(n));
    enum yc_verdict v = yc_descriptor_parse(&descriptor, params, text, YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &arena, &err);
    YC_ASSERT(v == YC_VALID || v == YC_INVALID);
    if (v == YC_VALID)
        YC_ASSERT(descriptor.script_count >= 1 && descriptor.script_count <= YC_DESCRIPTOR_SCRIPTS_MAX);
    return 0;
}
