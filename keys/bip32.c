#include "keys/bip32.h"

#include "base/assert.h"
#include "base/writer.h"
#include "crypto/base58.h"
#include "crypto/hash.h"
#include "crypto/secp.h"

#include <stdio.h>

#define SERIALISED_BYTES 78

void yc_hdkey_wipe(struct yc_hdkey *k)
{
    yc_wipe(k, sizeof *k);
}

enum yc_verdict yc_hdkey_master(struct yc_hdkey *out, struct yc_view seed, const struct yc_signer *signer,
                                struct yc_error *err)
{
    uint8_t digest64[64];
    if (seed.n < 16 || seed.n > 64)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a seed of %zu bytes: BIP 32 takes 16 to 64", seed.n);
    yc_hmac_sha512(digest64, yc_view_text("Bitcoin seed"), seed);
    memset(out, 0, sizeof *out);
    out->is_private = true;
    memcpy(out->secret32, digest64, 32);
    memcpy(out->chain_code32, digest64 + 32, 32);
    yc_wipe(digest64, sizeof digest64);
    if (yc_seckey_pubkey(out->pubkey33, signer, out->secret32))
        return YC_VALID;
    yc_hdkey_wipe(out);
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this seed makes no key: make another");
}

/* HMAC of the parent's key (the secret for a hardened child) and the index, under the parent's chain code. */
static void child_digest(uint8_t digest64[64], const struct yc_hdkey *parent, uint32_t index)
{
    uint8_t data[37];
    if (index >= YC_HD_HARDENED) {
        data[0] = 0;
        memcpy(data + 1, parent->secret32, 32);
    } else {
        memcpy(data, parent->pubkey33, 33);
    }
    yc_put32be(data + 33, index);
    yc_hmac_sha512(digest64, yc_view(parent->chain_code32, 32), yc_view(data, sizeof data));
    yc_wipe(data, sizeof data);
}

enum yc_verdict yc_hdkey_child(struct yc_hdkey *out, const struct yc_hdkey *parent, uint32_t index,
                               const struct yc_signer *signer, struct yc_error *err)
{
    uint8_t digest64[64];
    if (index >= YC_HD_HARDENED && !parent->is_private)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the hardened child %u' cannot be made from a public key: use the private one",
                       (unsigned)(index - YC_HD_HARDENED));
    if (parent->depth == UINT8_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "an extended key has no children below depth 255");
    struct yc_hdkey child = *parent;
    child.depth = (uint8_t)(parent->depth + 1);
    child.child = index;
    yc_hdkey_fingerprint(child.parent_fingerprint4, parent);
    child_digest(digest64, parent, index);
    memcpy(child.chain_code32, digest64 + 32, 32);
    bool ok = child.is_private ? yc_seckey_tweak_add(child.secret32, signer, digest64) &&
                                     yc_seckey_pubkey(child.pubkey33, signer, child.secret32)
                               : yc_pubkey_tweak_add(child.pubkey33, signer, digest64);
    yc_wipe(digest64, sizeof digest64);
    if (ok)
        *out = child;
    yc_hdkey_wipe(&child);
    if (!ok)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the child %u does not exist: use the next", (unsigned)index);
    return YC_VALID;
}

enum yc_verdict yc_hdkey_descend(struct yc_hdkey *out, const struct yc_hdkey *from, const uint32_t *path, size_t n,
                                 const struct yc_signer *signer, struct yc_error *err)
{
    struct yc_hdkey key = *from;
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; i < n && v == YC_VALID; i++)
        v = yc_hdkey_child(&key, &key, path[i], signer, err);
    if (v == YC_VALID)
        *out = key;
    yc_hdkey_wipe(&key);
    return v;
}

enum yc_verdict yc_hd_path_parse(uint32_t path[YC_HD_PATH_MAX], size_t *n, struct yc_view text, struct yc_error *err)
{
    size_t at = 0;
    *n = 0;
    bool first = true;
    if (text.n && (text.p[0] == 'm' || text.p[0] == 'M')) {
        at = 1;
        first = false;
    }
    while (at < text.n) {
        if (!first && text.p[at++] != '/')
            break;
        first = false;
        uint64_t index = 0;
        size_t digits = 0;
        for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && digits < 11; at++, digits++)
            index = index * 10 + (uint64_t)(text.p[at] - '0');
        if (digits == 0 || index >= YC_HD_HARDENED || *n == YC_HD_PATH_MAX)
            break;
        if (at < text.n && (text.p[at] == '\'' || text.p[at] == 'h' || text.p[at] == 'H')) {
            index += YC_HD_HARDENED;
            at++;
        }
        path[(*n)++] = (uint32_t)index;
        if (at == text.n)
            return YC_VALID;
    }
    if (text.n == 0 || (text.n == 1 && !first))
        return YC_VALID;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "\"%.*s\" is not a key's path: write at most %d numbers below 2147483648 as m/84'/0'/0'/0/5, with ' "
                   "or h behind the hardened ones",
                   (int)(text.n < 80 ? text.n : 80), (const char *)text.p, YC_HD_PATH_MAX);
}

void yc_hdkey_neuter(struct yc_hdkey *out, const struct yc_hdkey *k)
{
    *out = *k;
    out->is_private = false;
    memset(out->secret32, 0, sizeof out->secret32);
}

void yc_hdkey_fingerprint(uint8_t out4[4], const struct yc_hdkey *k)
{
    uint8_t hash20[20];
    yc_hash160(hash20, k->pubkey33, sizeof k->pubkey33);
    memcpy(out4, hash20, 4);
}

void yc_hdkey_print(char out[YC_HDKEY_TEXT_MAX], const struct yc_chain_params *params, const struct yc_hdkey *k)
{
    uint8_t bytes[SERIALISED_BYTES];
    struct yc_writer w;
    uint8_t number4[4];
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_put32be(number4, k->is_private ? params->xprv_version : params->xpub_version);
    yc_writer_bytes(&w, number4, sizeof number4);
    yc_writer_u8(&w, k->depth);
    yc_writer_bytes(&w, k->parent_fingerprint4, sizeof k->parent_fingerprint4);
    yc_put32be(number4, k->child);
    yc_writer_bytes(&w, number4, sizeof number4);
    yc_writer_bytes(&w, k->chain_code32, sizeof k->chain_code32);
    if (k->is_private) {
        yc_writer_u8(&w, 0);
        yc_writer_bytes(&w, k->secret32, sizeof k->secret32);
    } else {
        yc_writer_bytes(&w, k->pubkey33, sizeof k->pubkey33);
    }
    YC_ASSERT(!w.failed && w.n == sizeof bytes);
    bool ok = yc_base58check_encode(out, YC_HDKEY_TEXT_MAX, yc_view(bytes, sizeof bytes));
    YC_ASSERT(ok);
    yc_wipe(bytes, sizeof bytes);
}

static enum yc_verdict refuse(struct yc_error *err, const char *why)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this is not an extended key: %s", why);
}

static enum yc_verdict read_serialised(struct yc_hdkey *out, const struct yc_chain_params *params,
                                       const uint8_t bytes[SERIALISED_BYTES], const struct yc_signer *signer,
                                       struct yc_error *err)
{
    static const uint8_t zero8[8];
    uint32_t version = yc_get32be(bytes);
    if (version != params->xprv_version && version != params->xpub_version)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "this extended key belongs to another network than %s: export it there for this one",
                       params->name);
    out->is_private = version == params->xprv_version;
    out->depth = bytes[4];
    memcpy(out->parent_fingerprint4, bytes + 5, 4);
    out->child = yc_get32be(bytes + 9);
    memcpy(out->chain_code32, bytes + 13, 32);
    if (out->depth == 0 && memcmp(bytes + 5, zero8, sizeof zero8) != 0)
        return refuse(err, "a key of depth 0 has no parent and no index");
    if (out->is_private) {
        memcpy(out->secret32, bytes + 46, 32);
        if (bytes[45] != 0)
            return refuse(err, "its prefix says private, its content does not");
        return yc_seckey_pubkey(out->pubkey33, signer, out->secret32) ? YC_VALID
                                                                      : refuse(err, "its private key is out of range");
    }
    memcpy(out->pubkey33, bytes + 45, 33);
    if (bytes[45] != 2 && bytes[45] != 3)
        return refuse(err, "its prefix says public, its content does not");
    return yc_secp_pubkey_valid(yc_view(out->pubkey33, 33)) ? YC_VALID
                                                            : refuse(err, "its public key is not on the curve");
}

enum yc_verdict yc_hdkey_parse(struct yc_hdkey *out, const struct yc_chain_params *params, struct yc_view text,
                               const struct yc_signer *signer, struct yc_error *err)
{
    uint8_t bytes[SERIALISED_BYTES];
    size_t n = 0;
    memset(out, 0, sizeof *out);
    enum yc_verdict v;
    if (!text.n || !yc_base58check_decode(bytes, sizeof bytes, &n, (const char *)text.p, text.n) || n != sizeof bytes)
        v = refuse(err, "a character is wrong or missing (its checksum does not fit)");
    else
        v = read_serialised(out, params, bytes, signer, err);
    yc_wipe(bytes, sizeof bytes);
    if (v != YC_VALID)
        yc_hdkey_wipe(out);
    return v;
}
