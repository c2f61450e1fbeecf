#include "keys/signer.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "consensus/script/taproot.h"
#include "crypto/hash.h"
#include "crypto/secp.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <stdlib.h>

struct yc_signer {
    secp256k1_context *context;
};

enum yc_verdict yc_signer_new(struct yc_signer **out, const struct yc_random *random, struct yc_error *err)
{
    *out = NULL;
    enum yc_verdict v = yc_secp_self_test(err);
    if (v != YC_VALID)
        return v;
    struct yc_signer *s = malloc(sizeof *s);
    secp256k1_context *context = s ? secp256k1_context_create(SECP256K1_CONTEXT_NONE) : NULL;
    if (!context) {
        free(s);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the signing context");
    }
    s->context = context;
    if (!yc_signer_blind(s, random)) {
        yc_signer_free(s);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "libsecp256k1 would not blind its signing context");
    }
    *out = s;
    return YC_VALID;
}

void yc_signer_free(struct yc_signer *s)
{
    if (!s)
        return;
    secp256k1_context_destroy(s->context);
    free(s);
}

bool yc_signer_blind(struct yc_signer *s, const struct yc_random *random)
{
    uint8_t seed32[32];
    yc_random_fill(random, seed32, sizeof seed32);
    int ok = secp256k1_context_randomize(s->context, seed32);
    yc_wipe(seed32, sizeof seed32);
    return ok != 0;
}

bool yc_seckey_valid(const struct yc_signer *s, const uint8_t secret32[32])
{
    return secp256k1_ec_seckey_verify(s->context, secret32) != 0;
}

void yc_seckey_generate(uint8_t secret32[32], const struct yc_signer *s, const struct yc_random *random)
{
    do
        yc_random_fill(random, secret32, 32);
    while (!yc_seckey_valid(s, secret32));
}

static bool pubkey_of(uint8_t *out, size_t n, unsigned form, const struct yc_signer *s, const uint8_t secret32[32])
{
    secp256k1_pubkey key;
    if (!secp256k1_ec_pubkey_create(s->context, &key, secret32))
        return false;
    return secp256k1_ec_pubkey_serialize(s->context, out, &n, &key, form) != 0;
}

bool yc_seckey_pubkey(uint8_t out33[33], const struct yc_signer *s, const uint8_t secret32[32])
{
    return pubkey_of(out33, 33, SECP256K1_EC_COMPRESSED, s, secret32);
}

bool yc_seckey_pubkey_long(uint8_t out65[65], const struct yc_signer *s, const uint8_t secret32[32])
{
    return pubkey_of(out65, 65, SECP256K1_EC_UNCOMPRESSED, s, secret32);
}

bool yc_seckey_tweak_add(uint8_t secret32[32], const struct yc_signer *s, const uint8_t tweak32[32])
{
    return secp256k1_ec_seckey_tweak_add(s->context, secret32, tweak32) != 0;
}

bool yc_pubkey_tweak_add(uint8_t pubkey33[33], const struct yc_signer *s, const uint8_t tweak32[32])
{
    secp256k1_pubkey key;
    size_t n = 33;
    return secp256k1_ec_pubkey_parse(s->context, &key, pubkey33, 33) &&
           secp256k1_ec_pubkey_tweak_add(s->context, &key, tweak32) &&
           secp256k1_ec_pubkey_serialize(s->context, pubkey33, &n, &key, SECP256K1_EC_COMPRESSED);
}

bool yc_taproot_output_key(uint8_t out32[32], const uint8_t internal32[32], const uint8_t *root32)
{
    uint8_t tweak32[32];
    unsigned parity;
    yc_taproot_tweak_hash(tweak32, internal32, root32);
    return yc_secp_taproot_tweak(out32, &parity, internal32, tweak32);
}

bool yc_taproot_output_secret(uint8_t out32[32], const struct yc_signer *s, const uint8_t secret32[32],
                              const uint8_t *root32)
{
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey internal;
    uint8_t internal32[32], tweak32[32];
    bool ok = secp256k1_keypair_create(s->context, &pair, secret32) &&
              secp256k1_keypair_xonly_pub(s->context, &internal, NULL, &pair) &&
              secp256k1_xonly_pubkey_serialize(s->context, internal32, &internal);
    if (ok) {
        yc_taproot_tweak_hash(tweak32, internal32, root32);
        ok = secp256k1_keypair_xonly_tweak_add(s->context, &pair, tweak32) &&
             secp256k1_keypair_sec(s->context, out32, &pair);
    }
    yc_wipe(&pair, sizeof pair);
    return ok;
}

static enum yc_verdict bad_secret(struct yc_error *err)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the secret key is out of range: it is no key of secp256k1");
}

static enum yc_verdict bad_signature(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "a signature made here does not verify, so it was thrown away: this machine computes wrongly; test "
                   "its memory and do not sign on it");
}

/* Is R, the first half of the compact form, below 2^255? Then DER needs no zero byte before it. */
static bool has_low_r(const secp256k1_context *context, const secp256k1_ecdsa_signature *sig)
{
    uint8_t compact[64];
    (void)secp256k1_ecdsa_signature_serialize_compact(context, compact, sig);
    return compact[0] < 0x80;
}

enum yc_verdict yc_ecdsa_sign(uint8_t out[YC_ECDSA_DER_MAX], size_t *n, const struct yc_signer *s,
                              const uint8_t secret32[32], const uint8_t msg32[32], struct yc_error *err)
{
    secp256k1_ecdsa_signature sig;
    secp256k1_pubkey key;
    uint8_t extra32[32] = {0};
    if (!secp256k1_ec_pubkey_create(s->context, &key, secret32))
        return bad_secret(err);
    /* The counter goes into RFC 6979's additional input: half of all nonces give a low R. */
    uint32_t counter = 0;
    do {
        yc_put32le(extra32, counter);
        if (!secp256k1_ecdsa_sign(s->context, &sig, msg32, secret32, secp256k1_nonce_function_rfc6979,
                                  counter ? extra32 : NULL))
            return bad_secret(err);
        counter++;
    } while (!has_low_r(s->context, &sig));
    if (!secp256k1_ecdsa_verify(s->context, &sig, msg32, &key))
        return bad_signature(err);
    *n = YC_ECDSA_DER_MAX;
    int ok = secp256k1_ecdsa_signature_serialize_der(s->context, out, n, &sig);
    YC_ASSERT(ok);
    return YC_VALID;
}

enum yc_verdict yc_schnorr_sign(uint8_t out64[64], const struct yc_signer *s, const uint8_t secret32[32],
                                const uint8_t msg32[32], const uint8_t aux32[32], struct yc_error *err)
{
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey key;
    if (!secp256k1_keypair_create(s->context, &pair, secret32))
        return bad_secret(err);
    uint8_t sig64[64];
    bool made = secp256k1_keypair_xonly_pub(s->context, &key, NULL, &pair) &&
                secp256k1_schnorrsig_sign32(s->context, sig64, msg32, &pair, aux32);
    yc_wipe(&pair, sizeof pair);
    if (!made || !secp256k1_schnorrsig_verify(s->context, sig64, msg32, 32, &key)) {
        yc_wipe(sig64, sizeof sig64);
        return bad_signature(err);
    }
    memcpy(out64, sig64, sizeof sig64);
    return YC_VALID;
}
