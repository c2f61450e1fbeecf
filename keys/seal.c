#include "keys/seal.h"

#include "base/assert.h"
#include "base/writer.h"
#include "crypto/hash.h"

#include <openssl/evp.h>

/* The sealed form: version 1, log2 N 1, r 1, p 1, salt 24, nonce 12, ciphertext, tag 16. The head is authenticated with
 * what the seal is about. */
#define VERSION        1
#define SALT_BYTES     24
#define NONCE_BYTES    12
#define TAG_BYTES      16
#define KEY_BYTES      32
#define HEAD_BYTES     (4 + SALT_BYTES + NONCE_BYTES)
#define MEMORY_MAX     (1ull << 30) /* 1 GiB: what a sealed file may make a reader take */
#define WANTED_US      300000       /* catalogue W31 */
#define DEFAULT_LOG2_N 17
#define DEFAULT_R      8
#define DEFAULT_P      1
#define P_MAX          16
#define R_MAX          32

_Static_assert(HEAD_BYTES + TAG_BYTES == YC_SEAL_OVERHEAD, "the overhead is the head and the tag");

static uint64_t memory_of(struct yc_seal_cost c)
{
    return (uint64_t)128 * c.r << c.log2_n;
}

static bool cost_ok(struct yc_seal_cost c)
{
    return c.log2_n >= YC_SEAL_LOG2_N_MIN && c.log2_n <= YC_SEAL_LOG2_N_MAX && c.r >= 1 && c.r <= R_MAX && c.p >= 1 &&
           c.p <= P_MAX && memory_of(c) <= MEMORY_MAX;
}

static enum yc_verdict derive(uint8_t key32[KEY_BYTES], struct yc_view passphrase, const uint8_t salt[SALT_BYTES],
                              struct yc_seal_cost cost, struct yc_error *err)
{
    /* libcrypto wants a little more than the table for its own blocks. */
    uint64_t room = memory_of(cost) + 128ull * cost.r * cost.p + (1u << 20);
    if (EVP_PBE_scrypt((const char *)passphrase.p, passphrase.n, salt, SALT_BYTES, 1ull << cost.log2_n, cost.r, cost.p,
                       room, key32, KEY_BYTES) == 1)
        return YC_VALID;
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY,
                   "no memory to try the passphrase: it takes %llu MiB; close other programs",
                   (unsigned long long)(memory_of(cost) >> 20));
}

enum yc_verdict yc_seal_measure(struct yc_seal_cost *out, const struct yc_clock *clock, struct yc_error *err)
{
    static const uint8_t salt[SALT_BYTES];
    uint8_t key32[KEY_BYTES];
    *out = (struct yc_seal_cost){DEFAULT_LOG2_N, DEFAULT_R, DEFAULT_P};
    for (;;) {
        int64_t start_us = yc_mono_us(clock);
        enum yc_verdict v = derive(key32, yc_view_text("measure"), salt, *out, err);
        if (v != YC_VALID)
            return v;
        if (yc_mono_us(clock) - start_us >= WANTED_US)
            return YC_VALID;
        struct yc_seal_cost next = *out;
        next.log2_n++;
        if (!cost_ok(next)) { /* memory is at its bound: more passes over it */
            next = *out;
            next.p++;
        }
        if (!cost_ok(next))
            return YC_VALID;
        *out = next;
    }
}

/* AES-256-GCM over the n bytes at in, the head and about authenticated with it. True when all went well; opening, that
 * means too that the tag fits. */
static bool cipher(bool seal, uint8_t *out, struct yc_view in, uint8_t tag[TAG_BYTES], const uint8_t head[HEAD_BYTES],
                   struct yc_view about, const uint8_t key32[KEY_BYTES])
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, enc = seal ? 1 : 0;
    bool ok = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key32, head + HEAD_BYTES - NONCE_BYTES, enc) == 1 &&
              EVP_CipherUpdate(c, NULL, &n, head, HEAD_BYTES) == 1 &&
              (about.n == 0 || EVP_CipherUpdate(c, NULL, &n, about.p, (int)about.n) == 1) &&
              EVP_CipherUpdate(c, out, &n, in.p, (int)in.n) == 1 && (size_t)n == in.n;
    if (ok && !seal)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1;
    ok = ok && EVP_CipherFinal_ex(c, out + in.n, &n) == 1 && n == 0;
    if (ok && seal)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

enum yc_verdict yc_seal_close(uint8_t *out, struct yc_view secret, struct yc_view passphrase, struct yc_view about,
                              struct yc_seal_cost cost, const struct yc_random *random, struct yc_error *err)
{
    uint8_t key32[KEY_BYTES];
    YC_ASSERT(secret.n >= 1 && secret.n <= YC_SEAL_SECRET_MAX && about.n <= YC_SEAL_SECRET_MAX);
    if (passphrase.n == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the passphrase is empty: choose one");
    if (!cost_ok(cost))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "scrypt with N = 2^%u, r = %u, p = %u is out of range",
                       cost.log2_n, cost.r, cost.p);
    out[0] = VERSION;
    out[1] = cost.log2_n;
    out[2] = cost.r;
    out[3] = cost.p;
    yc_random_fill(random, out + 4, SALT_BYTES + NONCE_BYTES);
    enum yc_verdict v = derive(key32, passphrase, out + 4, cost, err);
    if (v != YC_VALID)
        return v;
    bool ok = cipher(true, out + HEAD_BYTES, secret, out + HEAD_BYTES + secret.n, out, about, key32);
    yc_wipe(key32, sizeof key32);
    return ok ? YC_VALID : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to seal the secret");
}

enum yc_verdict yc_seal_open(uint8_t *out, struct yc_view sealed, struct yc_view passphrase, struct yc_view about,
                             struct yc_error *err)
{
    uint8_t key32[KEY_BYTES], tag[TAG_BYTES];
    YC_ASSERT(about.n <= YC_SEAL_SECRET_MAX);
    if (sealed.n <= YC_SEAL_OVERHEAD || sealed.n > YC_SEAL_OVERHEAD + YC_SEAL_SECRET_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "a sealed secret of %zu bytes does not exist: it was cut or damaged", sealed.n);
    if (sealed.p[0] != VERSION)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the secret is sealed in form %u, which this version does not know: use a newer one",
                       sealed.p[0]);
    struct yc_seal_cost cost = {sealed.p[1], sealed.p[2], sealed.p[3]};
    if (!cost_ok(cost))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the sealed secret asks for scrypt with N = 2^%u, r = %u, p = %u, out of range: it is damaged",
                       cost.log2_n, cost.r, cost.p);
    enum yc_verdict v = derive(key32, passphrase, sealed.p + 4, cost, err);
    if (v != YC_VALID)
        return v;
    size_t n = sealed.n - YC_SEAL_OVERHEAD;
    memcpy(tag, sealed.p + HEAD_BYTES + n, TAG_BYTES);
    bool ok = cipher(false, out, yc_view(sealed.p + HEAD_BYTES, n), tag, sealed.p, about, key32);
    yc_wipe(key32, sizeof key32);
    if (ok)
        return YC_VALID;
    yc_wipe(out, n);
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "the passphrase is wrong, or the sealed secret was altered: try again, or restore a backup");
}
