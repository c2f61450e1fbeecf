/* libcrypto's low-level functions are deprecated in OpenSSL 3 in favour of ones that look algorithms up by name and
 * take memory; these work on a context of ours and cannot fail. RIPEMD-160 has no other name that works without the
 * legacy provider. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256.h"

#include <openssl/ripemd.h>
#include <openssl/sha.h>

void yc_ripemd160(uint8_t out20[20], const void *p, size_t n)
{
    RIPEMD160_CTX c;
    (void)RIPEMD160_Init(&c);
    if (n)
        (void)RIPEMD160_Update(&c, p, n);
    (void)RIPEMD160_Final(out20, &c);
}

void yc_sha1(uint8_t out20[20], const void *p, size_t n)
{
    SHA_CTX c;
    (void)SHA1_Init(&c);
    if (n)
        (void)SHA1_Update(&c, p, n);
    (void)SHA1_Final(out20, &c);
}

static void sha512_add(SHA512_CTX *c, const void *p, size_t n)
{
    if (n)
        (void)SHA512_Update(c, p, n);
}

void yc_sha512(uint8_t out64[64], const void *p, size_t n)
{
    SHA512_CTX c;
    (void)SHA512_Init(&c);
    sha512_add(&c, p, n);
    (void)SHA512_Final(out64, &c);
    yc_wipe(&c, sizeof c);
}

void yc_hash160(uint8_t out20[20], const void *p, size_t n)
{
    uint8_t digest[32];
    yc_sha256_once(digest, p, n);
    yc_ripemd160(out20, digest, sizeof digest);
}

/* HMAC's two keys: the key, padded with zeros to a block, under each mask. */
#define INNER_MASK 0x36
#define OUTER_MASK 0x5c

static void mask_key(uint8_t *block, size_t n, uint8_t mask)
{
    for (size_t i = 0; i < n; i++)
        block[i] ^= mask;
}

void yc_hmac_sha256(uint8_t out32[32], struct yc_view key, struct yc_view message)
{
    struct yc_sha256 h;
    uint8_t block[64] = {0};
    if (key.n > sizeof block)
        yc_sha256_once(block, key.p, key.n);
    else if (key.n)
        memcpy(block, key.p, key.n);
    mask_key(block, sizeof block, INNER_MASK);
    yc_sha256_init(&h);
    yc_sha256_update(&h, block, sizeof block);
    yc_sha256_update(&h, message.p, message.n);
    yc_sha256_final(&h, out32);
    mask_key(block, sizeof block, INNER_MASK ^ OUTER_MASK);
    yc_sha256_init(&h);
    yc_sha256_update(&h, block, sizeof block);
    yc_sha256_update(&h, out32, 32);
    yc_sha256_final(&h, out32);
    yc_wipe(block, sizeof block);
    yc_wipe(&h, sizeof h);
}

/* HMAC-SHA-512 whose key has been absorbed, on either side: PBKDF2 uses one key thousands of times. */
struct hmac_sha512 {
    SHA512_CTX inner, outer;
};

static void hmac_sha512_key(struct hmac_sha512 *k, struct yc_view key)
{
    uint8_t block[128] = {0};
    if (key.n > sizeof block)
        yc_sha512(block, key.p, key.n);
    else if (key.n)
        memcpy(block, key.p, key.n);
    mask_key(block, sizeof block, INNER_MASK);
    (void)SHA512_Init(&k->inner);
    sha512_add(&k->inner, block, sizeof block);
    mask_key(block, sizeof block, INNER_MASK ^ OUTER_MASK);
    (void)SHA512_Init(&k->outer);
    sha512_add(&k->outer, block, sizeof block);
    yc_wipe(block, sizeof block);
}

/* The code of two parts, one after the other. */
static void hmac_sha512(uint8_t out64[64], const struct hmac_sha512 *k, struct yc_view a, struct yc_view b)
{
    SHA512_CTX c = k->inner;
    sha512_add(&c, a.p, a.n);
    sha512_add(&c, b.p, b.n);
    (void)SHA512_Final(out64, &c);
    c = k->outer;
    sha512_add(&c, out64, 64);
    (void)SHA512_Final(out64, &c);
    yc_wipe(&c, sizeof c);
}

void yc_hmac_sha512(uint8_t out64[64], struct yc_view key, struct yc_view message)
{
    struct hmac_sha512 k;
    hmac_sha512_key(&k, key);
    hmac_sha512(out64, &k, message, YC_VIEW_EMPTY);
    yc_wipe(&k, sizeof k);
}

void yc_pbkdf2_hmac_sha512(uint8_t *out, size_t n, struct yc_view password, struct yc_view salt, uint32_t rounds)
{
    YC_ASSERT(rounds >= 1);
    struct hmac_sha512 k;
    uint8_t index[4], u[64], sum[64];
    hmac_sha512_key(&k, password);
    for (uint32_t block = 1; n; block++) {
        yc_put32be(index, block);
        hmac_sha512(u, &k, salt, yc_view(index, sizeof index));
        memcpy(sum, u, sizeof sum);
        for (uint32_t i = 1; i < rounds; i++) {
            hmac_sha512(u, &k, yc_view(u, sizeof u), YC_VIEW_EMPTY);
            for (size_t j = 0; j < sizeof sum; j++)
                sum[j] ^= u[j];
        }
        size_t take = n < sizeof sum ? n : sizeof sum;
        memcpy(out, sum, take);
        out += take;
        n -= take;
    }
    yc_wipe(&k, sizeof k);
    yc_wipe(u, sizeof u);
    yc_wipe(sum, sizeof sum);
}

bool yc_equal_constant_time(const void *a, const void *b, size_t n)
{
    /* volatile: the compiler may not stop at the first difference. */
    const volatile uint8_t *x = a, *y = b;
    uint8_t different = 0;
    for (size_t i = 0; i < n; i++)
        different |= x[i] ^ y[i];
    return different == 0;
}

void yc_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}
