#include "unit/crypto/sigbatch/checks.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

static secp256k1_context *context(void)
{
    static secp256k1_context *c;
    if (!c)
        c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    return c;
}

struct yc_sig_task check_task(const struct check *c)
{
    return (struct yc_sig_task){c->kind, yc_view(c->pubkey, c->pubkey_n), yc_view(c->sig, c->sig_n), c->msg32, false};
}

static void random_bytes32(uint8_t out32[32], uint64_t *state)
{
    for (unsigned i = 0; i < 32; i += 8)
        yc_put64be(out32 + i, check_random(state));
}

struct yc_scalar check_random_scalar(uint64_t *state)
{
    uint8_t bytes[32];
    random_bytes32(bytes, state);
    return yc_scalar_reduce_bytes(bytes);
}

struct yc_scalar check_scalar(const char *hex)
{
    char padded[65];
    uint8_t bytes[32];
    assert_in_range(strlen(hex), 1, 64);
    memset(padded, '0', 64 - strlen(hex));
    memcpy(padded + 64 - strlen(hex), hex, strlen(hex) + 1);
    assert_true(yc_hex_read(bytes, sizeof bytes, padded, 64));
    return yc_scalar_reduce_bytes(bytes);
}

void check_scalar_bytes(uint8_t out32[32], const struct yc_scalar *a)
{
    for (unsigned i = 0; i < 4; i++)
        yc_put64be(out32 + 24 - 8 * i, a->w[i]);
}

static void put_key(struct check *out, const secp256k1_pubkey *key, bool whole)
{
    out->pubkey_n = whole ? 65 : 33;
    assert_true(secp256k1_ec_pubkey_serialize(context(), out->pubkey, &out->pubkey_n, key,
                                              whole ? SECP256K1_EC_UNCOMPRESSED : SECP256K1_EC_COMPRESSED));
}

void check_ecdsa(struct check *out, uint64_t *state, bool whole)
{
    uint8_t secret[32];
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature sig;
    random_bytes32(secret, state);
    random_bytes32(out->msg32, state);
    out->kind = YC_SIG_KIND_ECDSA;
    out->sig_n = sizeof out->sig;
    assert_true(secp256k1_ec_pubkey_create(context(), &key, secret));
    assert_true(secp256k1_ecdsa_sign(context(), &sig, out->msg32, secret, NULL, NULL));
    assert_true(secp256k1_ecdsa_signature_serialize_der(context(), out->sig, &out->sig_n, &sig));
    put_key(out, &key, whole);
}

void check_bip340(struct check *out, uint64_t *state)
{
    uint8_t secret[32];
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey key;
    random_bytes32(secret, state);
    random_bytes32(out->msg32, state);
    out->kind = YC_SIG_KIND_BIP340;
    out->pubkey_n = 32;
    out->sig_n = 64;
    assert_true(secp256k1_keypair_create(context(), &pair, secret));
    assert_true(secp256k1_keypair_xonly_pub(context(), &key, NULL, &pair));
    assert_true(secp256k1_xonly_pubkey_serialize(context(), out->pubkey, &key));
    assert_true(secp256k1_schnorrsig_sign32(context(), out->sig, out->msg32, &pair, NULL));
}

void check_set_rs(struct check *c, const uint8_t r32[32], const uint8_t s32[32])
{
    static const uint8_t head[] = {0x30, 70, 0x02, 33, 0}, middle[] = {0x02, 33, 0};
    memcpy(c->sig, head, 5);
    memcpy(c->sig + 5, r32, 32);
    memcpy(c->sig + 37, middle, 3);
    memcpy(c->sig + 40, s32, 32);
    c->sig_n = 72;
}

/* a·G; false of zero. */
static bool times_g(secp256k1_pubkey *out, const struct yc_scalar *a)
{
    uint8_t bytes[32];
    check_scalar_bytes(bytes, a);
    return secp256k1_ec_pubkey_create(context(), out, bytes);
}

struct yc_scalar check_add(const struct yc_scalar *a, const struct yc_scalar *b)
{
    uint8_t a32[32], b32[32];
    if (yc_scalar_is_zero(a))
        return *b;
    check_scalar_bytes(a32, a);
    check_scalar_bytes(b32, b);
    if (!secp256k1_ec_seckey_tweak_add(context(), a32, b32))
        memset(a32, 0, sizeof a32);
    return yc_scalar_reduce_bytes(a32);
}

/* a·G with the y of that parity, a being negated where needed; the x-coordinate into x32. */
static void point_of_parity(struct yc_scalar *a, uint8_t x32[32], bool odd)
{
    secp256k1_pubkey point;
    uint8_t bytes[33];
    size_t n = sizeof bytes;
    assert_true(times_g(&point, a));
    assert_true(secp256k1_ec_pubkey_serialize(context(), bytes, &n, &point, SECP256K1_EC_COMPRESSED));
    if ((bytes[0] == 0x03) != odd)
        *a = yc_scalar_negate(a);
    memcpy(x32, bytes + 1, 32);
}

void check_bip340_odd(struct check *out, uint64_t *state)
{
    struct yc_scalar d = check_random_scalar(state), k = check_random_scalar(state);
    uint8_t digest[32];
    out->kind = YC_SIG_KIND_BIP340;
    out->pubkey_n = 32;
    out->sig_n = 64;
    random_bytes32(out->msg32, state);
    point_of_parity(&d, out->pubkey, false);
    point_of_parity(&k, out->sig, true);
    yc_sha256_tagged(digest, "BIP0340/challenge", yc_view(out->sig, 32), yc_view(out->pubkey, 32),
                     yc_view(out->msg32, 32));
    struct yc_scalar e = yc_scalar_reduce_bytes(digest), ed = yc_scalar_mul(&e, &d), s = check_add(&k, &ed);
    check_scalar_bytes(out->sig + 32, &s);
}

bool check_equation(struct check *out, const struct yc_scalar *d, const struct yc_scalar *g, const struct yc_scalar *q)
{
    secp256k1_pubkey key, nonce;
    uint8_t point[65], r32[32], s32[32];
    size_t n = sizeof point;
    struct yc_scalar qd = yc_scalar_mul(q, d), k = check_add(g, &qd), inverse = *q, room;
    if (!times_g(&key, d) || !times_g(&nonce, &k))
        return false;
    assert_true(secp256k1_ec_pubkey_serialize(context(), point, &n, &nonce, SECP256K1_EC_UNCOMPRESSED));
    /* q = r/s and g = m/s */
    struct yc_scalar r = yc_scalar_reduce_bytes(point + 1);
    yc_scalar_invert_all(&inverse, &room, 1);
    struct yc_scalar s = yc_scalar_mul(&r, &inverse), m = yc_scalar_mul(g, &s);
    check_scalar_bytes(r32, &r);
    check_scalar_bytes(s32, &s);
    check_scalar_bytes(out->msg32, &m);
    out->kind = YC_SIG_KIND_ECDSA;
    put_key(out, &key, false);
    check_set_rs(out, r32, s32);
    return true;
}

void check_false_equation(struct check *out, uint64_t *state, const struct yc_scalar *d, const struct yc_scalar *g,
                          const struct yc_scalar *q)
{
    uint8_t r32[32], s32[32];
    secp256k1_pubkey key;
    struct yc_scalar s = check_random_scalar(state), r = yc_scalar_mul(q, &s), m = yc_scalar_mul(g, &s);
    assert_true(times_g(&key, d));
    check_scalar_bytes(r32, &r);
    check_scalar_bytes(s32, &s);
    check_scalar_bytes(out->msg32, &m);
    out->kind = YC_SIG_KIND_ECDSA;
    put_key(out, &key, false);
    check_set_rs(out, r32, s32);
}

bool check_recovered(struct check *out, const uint8_t x32[32], const struct yc_scalar *r, const struct yc_scalar *s,
                     const uint8_t msg32[32])
{
    uint8_t bytes[33] = {0x02}, factor[32];
    secp256k1_pubkey nonce, other, key;
    memcpy(bytes + 1, x32, 32);
    if (!secp256k1_ec_pubkey_parse(context(), &nonce, bytes, sizeof bytes))
        return false;
    /* key = (s·R - m·G)/r */
    struct yc_scalar inverse = *r, room, m = yc_scalar_reduce_bytes(msg32);
    yc_scalar_invert_all(&inverse, &room, 1);
    struct yc_scalar of_r = yc_scalar_mul(s, &inverse), of_g = yc_scalar_mul(&m, &inverse);
    of_g = yc_scalar_negate(&of_g);
    check_scalar_bytes(factor, &of_r);
    const secp256k1_pubkey *both[2] = {&nonce, &other};
    assert_true(secp256k1_ec_pubkey_tweak_mul(context(), &nonce, factor));
    assert_true(times_g(&other, &of_g));
    assert_true(secp256k1_ec_pubkey_combine(context(), &key, both, 2));
    out->kind = YC_SIG_KIND_ECDSA;
    memcpy(out->msg32, msg32, 32);
    put_key(out, &key, false);
    check_scalar_bytes(bytes, r);
    check_scalar_bytes(factor, s);
    check_set_rs(out, bytes, factor);
    return true;
}
