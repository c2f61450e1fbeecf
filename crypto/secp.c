#include "crypto/secp.h"

#include "base/reader.h"

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

/* Known answers: an ECDSA signature of SHA-256("Satoshi Nakamoto") with the key 1 as RFC 6979 makes it, BIP 340's first
 * test vector, and the second key of BIP 341's. */

static bool known_ecdsa(void)
{
    static const uint8_t key[33] = {0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0,
                                    0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d,
                                    0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    static const uint8_t sig[71] = {
        0x30, 0x45, 0x02, 0x21, 0x00, 0x93, 0x4b, 0x1e, 0xa1, 0x0a, 0x4b, 0x3c, 0x17, 0x57, 0xe2, 0xb0, 0xc0, 0x17,
        0xd0, 0xb6, 0x14, 0x3c, 0xe3, 0xc9, 0xa7, 0xe6, 0xa4, 0xa4, 0x98, 0x60, 0xd7, 0xa6, 0xab, 0x21, 0x0e, 0xe3,
        0xd8, 0x02, 0x20, 0x24, 0x42, 0xce, 0x9d, 0x2b, 0x91, 0x60, 0x64, 0x10, 0x80, 0x14, 0x78, 0x3e, 0x92, 0x3e,
        0xc3, 0x6b, 0x49, 0x74, 0x3e, 0x2f, 0xfa, 0x1c, 0x44, 0x96, 0xf0, 0x1a, 0x51, 0x2a, 0xaf, 0xd9, 0xe5};
    static const uint8_t digest[32] = {0xa0, 0xdc, 0x65, 0xff, 0xca, 0x79, 0x98, 0x73, 0xcb, 0xea, 0x0a,
                                       0xc2, 0x74, 0x01, 0x5b, 0x95, 0x26, 0x50, 0x5d, 0xaa, 0xae, 0xd3,
                                       0x85, 0x15, 0x54, 0x25, 0xf7, 0x33, 0x77, 0x04, 0x88, 0x3e};
    uint8_t other[32];
    memcpy(other, digest, sizeof other);
    other[31] ^= 1;
    return yc_secp_ecdsa_verify(yc_view(key, sizeof key), yc_view(sig, sizeof sig), digest) &&
           !yc_secp_ecdsa_verify(yc_view(key, sizeof key), yc_view(sig, sizeof sig), other);
}

static bool known_schnorr(void)
{
    static const uint8_t key[32] = {0xf9, 0x30, 0x8a, 0x01, 0x92, 0x58, 0xc3, 0x10, 0x49, 0x34, 0x4f,
                                    0x85, 0xf8, 0x9d, 0x52, 0x29, 0xb5, 0x31, 0xc8, 0x45, 0x83, 0x6f,
                                    0x99, 0xb0, 0x86, 0x01, 0xf1, 0x13, 0xbc, 0xe0, 0x36, 0xf9};
    static const uint8_t sig[64] = {0xe9, 0x07, 0x83, 0x1f, 0x80, 0x84, 0x8d, 0x10, 0x69, 0xa5, 0x37, 0x1b, 0x40,
                                    0x24, 0x10, 0x36, 0x4b, 0xdf, 0x1c, 0x5f, 0x83, 0x07, 0xb0, 0x08, 0x4c, 0x55,
                                    0xf1, 0xce, 0x2d, 0xca, 0x82, 0x15, 0x25, 0xf6, 0x6a, 0x4a, 0x85, 0xea, 0x8b,
                                    0x71, 0xe4, 0x82, 0xa7, 0x4f, 0x38, 0x2d, 0x2c, 0xe5, 0xeb, 0xee, 0xe8, 0xfd,
                                    0xb2, 0x17, 0x2f, 0x47, 0x7d, 0xf4, 0x90, 0x0d, 0x31, 0x05, 0x36, 0xc0};
    uint8_t message[32] = {0};
    if (!yc_secp_schnorr_verify(key, sig, message))
        return false;
    message[31] ^= 1;
    return !yc_secp_schnorr_verify(key, sig, message);
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
