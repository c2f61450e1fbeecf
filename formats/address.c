#include "formats/address.h"

#include "base/assert.h"
#include "consensus/script/solver.h"
#include "crypto/base58.h"
#include "crypto/bech32.h"
#include "formats/bech32_locate.h"
#include "formats/output.h"

#include <stdio.h>

#define HASH_BYTES 20
#define QUOTED_MAX 100 /* characters of a wrong address that a message repeats */

static enum yc_verdict refuse(struct yc_error *err, struct yc_view text, const char *why)
{
    char quoted[QUOTED_MAX + 1];
    size_t n = text.n < QUOTED_MAX ? text.n : QUOTED_MAX;
    for (size_t i = 0; i < n; i++)
        quoted[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? (char)text.p[i] : '?';
    quoted[n] = 0;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "\"%s%s\" %s", quoted, text.n > QUOTED_MAX ? "..." : "", why);
}

/* The networks that an address for the wrong one probably comes from: Bitcoin's, then YCoin's own. */
struct network {
    const char *name;
    const char *hrp;
    uint8_t p2pkh_version, p2sh_version;
};

static size_t known_networks(struct network out[6])
{
    static const struct network bitcoin[] = {{"Bitcoin main", "bc", 0, 5},
                                             {"a Bitcoin test network", "tb", 111, 196},
                                             {"Bitcoin regtest", "bcrt", 111, 196}};
    static const char *const own[][2] = {{"main", "YCoin main"}, {"test", "YCoin test"}, {"regtest", "YCoin regtest"}};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++)
        out[n++] = bitcoin[i];
    for (size_t i = 0; i < 3; i++) {
        const struct yc_chain_params *p = yc_chain_builtin(own[i][0]);
        if (p)
            out[n++] = (struct network){own[i][1], p->hrp, p->p2pkh_version, p->p2sh_version};
    }
    return n;
}

/* The known network that the text is a whole address of, NULL when it is none. */
static const char *network_of(struct yc_view text)
{
    struct network known[6];
    size_t n = known_networks(known), payload_n;
    uint8_t payload[1 + HASH_BYTES], program[40];
    unsigned version;
    bool is_base58 = yc_base58check_decode(payload, sizeof payload, &payload_n, (const char *)text.p, text.n) &&
                     payload_n == sizeof payload;
    for (size_t i = 0; i < n; i++) {
        if (is_base58
                ? payload[0] == known[i].p2pkh_version || payload[0] == known[i].p2sh_version
                : yc_segwit_address_decode(&version, program, &payload_n, known[i].hrp, (const char *)text.p, text.n))
            return known[i].name;
    }
    return NULL;
}

static bool parse_base58(struct yc_address *out, const struct yc_chain_params *params, struct yc_view text)
{
    uint8_t payload[1 + HASH_BYTES];
    size_t n;
    if (!yc_base58check_decode(payload, sizeof payload, &n, (const char *)text.p, text.n) || n != sizeof payload)
        return false;
    if (payload[0] == params->p2pkh_version)
        out->kind = YC_ADDRESS_P2PKH;
    else if (payload[0] == params->p2sh_version)
        out->kind = YC_ADDRESS_P2SH;
    else
        return false;
    memcpy(out->program, payload + 1, HASH_BYTES);
    out->program_n = HASH_BYTES;
    return true;
}

/* What Bitcoin Core says about a text that does not begin with the chain's prefix and is no address of the chain. */
static void fault_base58(struct yc_address_fault *fault, const struct yc_chain_params *params, struct yc_view text)
{
    uint8_t payload[100];
    size_t n;
    const char *core = "Invalid or unsupported Segwit (Bech32) or Base58 encoding.";
    if (yc_base58check_decode(payload, 1 + HASH_BYTES, &n, (const char *)text.p, text.n)) {
        bool is_ours = n > 0 && (payload[0] == params->p2pkh_version || payload[0] == params->p2sh_version);
        core = is_ours ? "Invalid length for Base58 address (P2PKH or P2SH)"
                       : "Invalid or unsupported Base58-encoded address.";
    } else if (yc_base58_decode(payload, sizeof payload, &n, (const char *)text.p, text.n)) {
        core = "Invalid checksum or length of Base58 address (P2PKH or P2SH)";
    }
    (void)snprintf(fault->core, sizeof fault->core, "%s", core);
}

/* How many whole bytes the 5-bit values hold; false when what is left over is 5 bits or more, or not zero. */
static bool padding_ok(const uint8_t *values, size_t n, size_t *bytes)
{
    size_t spare = n * 5 % 8;
    *bytes = n * 5 / 8;
    return spare < 5 && (n == 0 || (values[n - 1] & ((1u << spare) - 1)) == 0);
}

/* The same about a text that begins with the chain's prefix and is no segwit address. */
static void fault_segwit(struct yc_address_fault *fault, const struct yc_chain_params *params, struct yc_view text)
{
    char hrp[84];
    uint8_t values[84];
    size_t n, bytes;
    enum yc_bech32 form = yc_bech32_decode(hrp, values, &n, (const char *)text.p, text.n);
    if (form == YC_BECH32_NONE) {
        yc_bech32_locate(fault, text);
        return;
    }
    char *core = fault->core;
    size_t cap = sizeof fault->core;
    if (n == 0)
        (void)snprintf(core, cap, "Empty Bech32 data section");
    else if (strcmp(hrp, params->hrp) != 0)
        (void)snprintf(core, cap, "Invalid or unsupported prefix for Segwit (Bech32) address (expected %s, got %.20s).",
                       params->hrp, hrp);
    else if (values[0] == 0 && form != YC_BECH32)
        (void)snprintf(core, cap, "Version 0 witness address must use Bech32 checksum");
    else if (values[0] != 0 && form != YC_BECH32M)
        (void)snprintf(core, cap, "Version 1+ witness address must use Bech32m checksum");
    else if (!padding_ok(values + 1, n - 1, &bytes))
        (void)snprintf(core, cap, "Invalid padding in Bech32 data section");
    else if (values[0] == 0)
        (void)snprintf(core, cap, "Invalid Bech32 v0 address program size (%zu %s), per BIP141", bytes,
                       bytes == 1 ? "byte" : "bytes");
    else if (values[0] > 16)
        (void)snprintf(core, cap, "Invalid Bech32 address witness version");
    else
        (void)snprintf(core, cap, "Invalid Bech32 address program size (%zu %s)", bytes, bytes == 1 ? "byte" : "bytes");
}

static bool has_prefix(struct yc_view text, const char *hrp)
{
    size_t n = strlen(hrp);
    if (text.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = text.p[i];
        if ((c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c) != (uint8_t)hrp[i])
            return false;
    }
    return true;
}

static enum yc_verdict explain(const struct yc_chain_params *params, struct yc_view text,
                               struct yc_address_fault *fault, struct yc_error *err)
{
    struct yc_address_fault found = {.location_count = 0};
    if (has_prefix(text, params->hrp))
        fault_segwit(&found, params, text);
    else
        fault_base58(&found, params, text);
    if (fault)
        *fault = found;
    char why[256];
    const char *foreign = network_of(text);
    if (foreign)
        (void)snprintf(why, sizeof why,
                       "is an address of %s, and this is %s, whose addresses begin with %s1: nothing may be sent there "
                       "from here; ask the payee for an address of this network",
                       foreign, params->name, params->hrp);
    else if (found.location_count)
        (void)snprintf(why, sizeof why, "is not an address: %s; compare character %zu with the original", found.core,
                       found.location[0] + 1);
    else
        (void)snprintf(why, sizeof why, "is not an address of %s (they begin with %s1): %s", params->name, params->hrp,
                       found.core);
    return refuse(err, text, why);
}

enum yc_verdict yc_address_parse(struct yc_address *out, const struct yc_chain_params *params, struct yc_view text,
                                 struct yc_address_fault *fault, struct yc_error *err)
{
    *out = (struct yc_address){.kind = YC_ADDRESS_NONE};
    if (text.n == 0)
        text = yc_view("", 0);
    if (parse_base58(out, params, text))
        return YC_VALID;
    if (yc_segwit_address_decode(&out->witness_version, out->program, &out->program_n, params->hrp,
                                 (const char *)text.p, text.n)) {
        out->kind = YC_ADDRESS_WITNESS;
        return YC_VALID;
    }
    *out = (struct yc_address){.kind = YC_ADDRESS_NONE};
    if (!fault && !err)
        return YC_INVALID; /* finding out what is wrong costs more than finding out that something is */
    return explain(params, text, fault, err);
}

void yc_address_print(char out[YC_ADDRESS_TEXT_MAX], const struct yc_chain_params *params,
                      const struct yc_address *address)
{
    bool ok = false;
    uint8_t payload[1 + HASH_BYTES];
    switch (address->kind) {
    case YC_ADDRESS_P2PKH:
    case YC_ADDRESS_P2SH:
        payload[0] = address->kind == YC_ADDRESS_P2PKH ? params->p2pkh_version : params->p2sh_version;
        memcpy(payload + 1, address->program, HASH_BYTES);
        ok = yc_base58check_encode(out, YC_ADDRESS_TEXT_MAX, yc_view(payload, sizeof payload));
        break;
    case YC_ADDRESS_WITNESS:
        ok = yc_segwit_address_encode(out, YC_ADDRESS_TEXT_MAX, params->hrp, address->witness_version,
                                      yc_view(address->program, address->program_n));
        break;
    case YC_ADDRESS_NONE:
        break;
    }
    YC_ASSERT(ok);
}

size_t yc_address_script(uint8_t out[YC_ADDRESS_SCRIPT_MAX], const struct yc_address *address)
{
    struct yc_writer w;
    yc_writer_init(&w, out, YC_ADDRESS_SCRIPT_MAX);
    switch (address->kind) {
    case YC_ADDRESS_P2PKH:
        yc_output_write_pubkeyhash(&w, address->program);
        break;
    case YC_ADDRESS_P2SH:
        yc_output_write_scripthash(&w, address->program);
        break;
    case YC_ADDRESS_WITNESS:
        yc_output_write_witness(&w, address->witness_version, yc_view(address->program, address->program_n));
        break;
    case YC_ADDRESS_NONE:
        YC_ASSERT(address->kind != YC_ADDRESS_NONE);
    }
    YC_ASSERT(!w.failed);
    return w.n;
}

bool yc_address_of_script(struct yc_address *out, struct yc_view script)
{
    struct yc_script_solution s;
    *out = (struct yc_address){.kind = YC_ADDRESS_NONE};
    switch (yc_script_solve(script, &s)) {
    case YC_SCRIPT_KIND_PUBKEYHASH:
        out->kind = YC_ADDRESS_P2PKH;
        break;
    case YC_SCRIPT_KIND_SCRIPTHASH:
        out->kind = YC_ADDRESS_P2SH;
        break;
    case YC_SCRIPT_KIND_WITNESS_V0_KEYHASH:
    case YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH:
    case YC_SCRIPT_KIND_WITNESS_V1_TAPROOT:
    case YC_SCRIPT_KIND_ANCHOR:
    case YC_SCRIPT_KIND_WITNESS_UNKNOWN:
        out->kind = YC_ADDRESS_WITNESS;
        out->witness_version = s.witness_version;
        break;
    case YC_SCRIPT_KIND_NONSTANDARD:
    case YC_SCRIPT_KIND_PUBKEY:
    case YC_SCRIPT_KIND_MULTISIG:
    case YC_SCRIPT_KIND_NULLDATA:
        return false;
    }
    memcpy(out->program, s.data.p, s.data.n);
    out->program_n = s.data.n;
    return true;
}

bool yc_address_print_script(char out[YC_ADDRESS_TEXT_MAX], const struct yc_chain_params *params, struct yc_view script)
{
    struct yc_address a;
    out[0] = 0;
    if (!yc_address_of_script(&a, script))
        return false;
    yc_address_print(out, params, &a);
    return true;
}
