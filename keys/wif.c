#include "keys/wif.h"

#include "base/assert.h"
#include "crypto/base58.h"
#include "crypto/hash.h"

#include <secp256k1.h>

#define COMPRESSED_MARK 1

void yc_wif_print(char out[YC_WIF_TEXT_MAX], const struct yc_chain_params *params, const struct yc_wif *key)
{
    uint8_t payload[34];
    payload[0] = params->wif_version;
    memcpy(payload + 1, key->secret32, 32);
    payload[33] = COMPRESSED_MARK;
    bool ok = yc_base58check_encode(out, YC_WIF_TEXT_MAX, yc_view(payload, key->compressed ? 34 : 33));
    yc_wipe(payload, sizeof payload);
    YC_ASSERT(ok);
}

static enum yc_verdict read_payload(struct yc_wif *out, const struct yc_chain_params *params, const uint8_t *payload,
                                    size_t n, struct yc_error *err)
{
    if (n != 33 && !(n == 34 && payload[33] == COMPRESSED_MARK))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this is not a private key: it has the wrong length or mark");
    if (payload[0] != params->wif_version)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this private key belongs to another network than %s",
                       params->name);
    /* No context is needed to compare a number with the group's order. */
    if (!secp256k1_ec_seckey_verify(secp256k1_context_static, payload + 1))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this private key is out of range");
    memcpy(out->secret32, payload + 1, 32);
    out->compressed = n == 34;
    return YC_VALID;
}

enum yc_verdict yc_wif_parse(struct yc_wif *out, const struct yc_chain_params *params, struct yc_view text,
                             struct yc_error *err)
{
    uint8_t payload[34];
    size_t n;
    enum yc_verdict v;
    memset(out, 0, sizeof *out);
    if (!text.n || !yc_base58check_decode(payload, sizeof payload, &n, (const char *)text.p, text.n))
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "this is not a private key: a character is wrong or missing (its checksum does not fit)");
    else
        v = read_payload(out, params, payload, n, err);
    yc_wipe(payload, sizeof payload);
    return v;
}
