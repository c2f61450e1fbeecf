#include "crypto/secp.h"

#include "base/reader.h"
#include "crypto/known_signatures.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#define DER_SEQUENCE    0x30
#define DER_INTEGER     0x02
#define DER_LONG_LENGTH 0x80 /* the low bits count the length bytes that follow */

/* The length of an integer, in one byte or in many; zeros before it are passed over, more than 3 other bytes are no
 * length. */
static size_t read_length(struct yc_reader *r)
{
    size_t n = yc_reader_u8(r);
    if (!(n & DER_LONG_LENGTH))
        return n;
    struct yc_view bytes = yc_reader_bytes(r, n & ~(size_t)DER_LONG_LENGTH);
    size_t i = 0;
    while (i < bytes.n && bytes.p[i] == 0)
        i++;
    if (bytes.n - i > 3) {
        yc_reader_fail(r);
        return 0;
    }
    for (n = 0; i < bytes.n; i++)
        n = n << 8 | bytes.p[i];
    return n;
}

/* An integer into 32 bytes, its sign ignored; *fits becomes false when it has more than 32 without leading zeros. */
static void read_integer(struct yc_reader *r, uint8_t out32[32], bool *fits)
{
    if (yc_reader_u8(r) != DER_INTEGER)
        yc_reader_fail(r);
    struct yc_view v = yc_reader_bytes(r, read_length(r));
    while (v.n && v.p[0] == 0)
        v = yc_view_slice(v, 1, v.n - 1);
    if (v.n > 32)
        *fits = false;
    else if (v.n)
        memcpy(out32 + 32 - v.n, v.p, v.n);
}

/* Read a signature as every version of Bitcoin before BIP 66 could have read it and as the blocks of that time need:
 * the length of the whole is not looked at, nor is what comes after S. False when there are no two integers; *fits becomes
 * false when one has more than 32 bytes. */
static bool read_lax(uint8_t compact[64], bool *fits, struct yc_view sig)
{
    struct yc_reader r;
    memset(compact, 0, 64);
    *fits = true;
    yc_reader_init(&r, sig);
    if (yc_reader_u8(&r) != DER_SEQUENCE)
        return false;
    uint8_t length = yc_reader_u8(&r);
    if (length & DER_LONG_LENGTH)
        (void)yc_reader_bytes(&r, length & ~(unsigned)DER_LONG_LENGTH);
    read_integer(&r, compact, fits);
    read_integer(&r, compact + 32, fits);
    return yc_reader_ok(&r);
}

bool yc_secp_sig_read(uint8_t rs64[64], struct yc_view sig)
{
    bool fits;
    return read_lax(rs64, &fits, sig) && fits;
}

/* A pair that is out of range becomes the signature (0, 0), which can be read but never verifies. */
static bool parse_lax(secp256k1_ecdsa_signature *out, struct yc_view sig)
{
    uint8_t compact[64];
    bool fits;
    if (!read_lax(compact, &fits, sig))
        return false;
    if (!fits || !secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, out, compact)) {
        memset(compact, 0, sizeof compact);
        (void)secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, out, compact);
    }
    return true;
}

static bool parse_pubkey(secp256k1_pubkey *out, struct yc_view pubkey)
{
    return pubkey.n && secp256k1_ec_pubkey_parse(secp256k1_context_static, out, pubkey.p, pubkey.n);
}

bool yc_secp_ecdsa_verify(struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32])
{
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature s;
    if (!parse_pubkey(&key, pubkey) || !parse_lax(&s, sig))
        return false;
    (void)secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &s, &s);
    return secp256k1_ecdsa_verify(secp256k1_context_static, &s, msg32, &key);
}

bool yc_secp_sig_is_low_s(struct yc_view sig)
{
    secp256k1_ecdsa_signature s;
    return parse_lax(&s, sig) && !secp256k1_ecdsa_signature_normalize(secp256k1_context_static, NULL, &s);
}

static bool parse_xonly(secp256k1_xonly_pubkey *out, const uint8_t xonly32[32])
{
    return secp256k1_xonly_pubkey_parse(secp256k1_context_static, out, xonly32);
}

bool yc_secp_schnorr_verify_message(const uint8_t xonly32[32], const uint8_t sig64[64], struct yc_view message)
{
    static const uint8_t nothing = 0; /* an empty message has an address too */
    secp256k1_xonly_pubkey key;
    return parse_xonly(&key, xonly32) && secp256k1_schnorrsig_verify(secp256k1_context_static, sig64,
                                                                     message.n ? message.p : &nothing, message.n, &key);
}

bool yc_secp_schnorr_verify(const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32])
{
    return yc_secp_schnorr_verify_message(xonly32, sig64, yc_view(msg32, 32));
}

bool yc_secp_taproot_tweak_check(const uint8_t output32[32], unsigned parity, const uint8_t internal32[32],
                                 const uint8_t tweak32[32])
{
    secp256k1_xonly_pubkey internal;
    return parity <= 1 && parse_xonly(&internal, internal32) &&
           secp256k1_xonly_pubkey_tweak_add_check(secp256k1_context_static, output32, (int)parity, &internal, tweak32);
}

bool yc_secp_taproot_tweak(uint8_t output32[32], unsigned *parity, const uint8_t internal32[32],
                           const uint8_t tweak32[32])
{
    secp256k1_xonly_pubkey internal, output;
    secp256k1_pubkey full;
    int odd = 0;
    if (!parse_xonly(&internal, internal32) ||
        !secp256k1_xonly_pubkey_tweak_add(secp256k1_context_static, &full, &internal, tweak32) ||
        !secp256k1_xonly_pubkey_from_pubkey(secp256k1_context_static, &output, &odd, &full))
        return false;
    (void)secp256k1_xonly_pubkey_serialize(secp256k1_context_static, output32, &output);
    *parity = (unsigned)odd;
    return true;
}

bool yc_secp_xonly_valid(const uint8_t xonly32[32])
{
    secp256k1_xonly_pubkey key;
    return parse_xonly(&key, xonly32);
}

bool yc_secp_pubkey_valid(struct yc_view pubkey)
{
    secp256k1_pubkey key;
    return parse_pubkey(&key, pubkey);
}

bool yc_secp_pubkey_expand(uint8_t xy64[64], const uint8_t key33[33])
{
    secp256k1_pubkey key;
    uint8_t whole[65];
    size_t n = sizeof whole;
    if ((key33[0] != 2 && key33[0] != 3) || !parse_pubkey(&key, yc_view(key33, 33)))
        return false;
    (void)secp256k1_ec_pubkey_serialize(secp256k1_context_static, whole, &n, &key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(xy64, whole + 1, 64);
    return true;
}

/* Known answers; of the tweak the second key of BIP 341's vectors. */

static bool known_ecdsa(void)
{
    uint8_t key33[33], other[32];
    struct yc_view key = yc_view(key33, sizeof key33), sig = yc_view(yc_known_ecdsa_sig, sizeof yc_known_ecdsa_sig);
    memcpy(key33, yc_known_ecdsa_key, sizeof key33);
    key33[0] = 0x02; /* compressed, as nearly all are */
    memcpy(other, yc_known_ecdsa_msg, sizeof other);
    other[31] ^= 1;
    return yc_secp_ecdsa_verify(key, sig, yc_known_ecdsa_msg) && !yc_secp_ecdsa_verify(key, sig, other);
}

static bool known_schnorr(void)
{
    uint8_t other[32];
    memcpy(other, yc_known_bip340_msg, sizeof other);
    other[31] ^= 1;
    return yc_secp_schnorr_verify(yc_known_bip340_key, yc_known_bip340_sig, yc_known_bip340_msg) &&
           !yc_secp_schnorr_verify(yc_known_bip340_key, yc_known_bip340_sig, other);
}

static bool known_tweak(void)
{
    static const uint8_t internal[32] = {0x18, 0x77, 0x91, 0xb6, 0xf7, 0x12, 0xa8, 0xea, 0x41, 0xc8, 0xec,
                                         0xdd, 0x0e, 0xe7, 0x7f, 0xab, 0x3e, 0x85, 0x26, 0x3b, 0x37, 0xe1,
                                         0xec, 0x18, 0xa3, 0x65, 0x19, 0x26, 0xb3, 0xa6, 0xcf, 0x27};
    static const uint8_t tweak[32] = {0xcb, 0xd8, 0x67, 0x9b, 0xa6, 0x36, 0xc1, 0x11, 0x0e, 0xa2, 0x47,
                                      0x54, 0x2c, 0xfb, 0xd9, 0x64, 0x13, 0x1a, 0x6b, 0xe8, 0x4f, 0x87,
                                      0x3f, 0x7f, 0x3b, 0x62, 0xa7, 0x77, 0x52, 0x8e, 0xd0, 0x01};
    static const uint8_t expected[32] = {0x14, 0x7c, 0x9c, 0x57, 0x13, 0x2f, 0x6e, 0x7e, 0xcd, 0xdb, 0xa9,
                                         0x80, 0x0b, 0xb0, 0xc4, 0x44, 0x92, 0x51, 0xc9, 0x2a, 0x1e, 0x60,
                                         0x37, 0x1e, 0xe7, 0x75, 0x57, 0xb6, 0x62, 0x0f, 0x3e, 0xa3};
    uint8_t output[32];
    unsigned parity;
    return yc_secp_taproot_tweak(output, &parity, internal, tweak) && memcmp(output, expected, sizeof output) == 0 &&
           yc_secp_taproot_tweak_check(expected, parity, internal, tweak) &&
           !yc_secp_taproot_tweak_check(expected, !parity, internal, tweak);
}

enum yc_verdict yc_secp_self_test(struct yc_error *err)
{
    secp256k1_selftest();
    if (known_ecdsa() && known_schnorr() && known_tweak())
        return YC_VALID;
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "libsecp256k1 gives wrong answers to known signatures; reinstall it and check the machine's hardware");
}
