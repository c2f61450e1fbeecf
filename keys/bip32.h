/* Hierarchical keys (BIP 32): one seed, a tree of keys; a public branch derives addresses without its secrets. No
 * memory is taken: a struct yc_hdkey may hold a secret, so wipe it with yc_hdkey_wipe().
 *
 * Secrets are only multiplied on a signing context whose blinding is random (keys/sign.h).
 * Attacks it answers (catalogue W27): malformed extended keys, depth over 255, keys out of range. */
#ifndef YC_KEYS_BIP32_H
#define YC_KEYS_BIP32_H

#include "base/result.h"
#include "base/view.h"
#include "consensus/params.h"
#include "keys/signer.h"

#define YC_HDKEY_TEXT_MAX 113 /* with its NUL */
#define YC_HD_HARDENED    0x80000000u
#define YC_HD_PATH_MAX    16

struct yc_hdkey {
    bool is_private;
    uint8_t depth;
    uint8_t parent_fingerprint4[4];
    uint32_t child;
    uint8_t chain_code32[32];
    uint8_t secret32[32]; /* zeros when public */
    uint8_t pubkey33[33];
};

void yc_hdkey_wipe(struct yc_hdkey *k);

/** The master key of a seed of 16 to 64 bytes. YC_INVALID when the seed is unusable (chance below 2^-127) or of another
 *  length. */
enum yc_verdict yc_hdkey_master(struct yc_hdkey *out, struct yc_view seed, const struct yc_signer *signer,
                                struct yc_error *err) YC_MUST_USE;

/** A child: hardened from index YC_HD_HARDENED on, which needs the private key.
 *  Returns YC_VALID; YC_INVALID: hardened from a public key, depth over 255, or a child that does not exist (chance
 *  below 2^-127: go on with the next index). out may be parent. */
enum yc_verdict yc_hdkey_child(struct yc_hdkey *out, const struct yc_hdkey *parent, uint32_t index,
                               const struct yc_signer *signer, struct yc_error *err) YC_MUST_USE;

/** Several steps down: n indices. */
enum yc_verdict yc_hdkey_descend(struct yc_hdkey *out, const struct yc_hdkey *from, const uint32_t *path, size_t n,
                                 const struct yc_signer *signer, struct yc_error *err) YC_MUST_USE;

/** Read "m/84'/0'/0'" ("h" and "H" mean ' too; "m/" may be left out): at most YC_HD_PATH_MAX indices into path.
 *  Returns YC_VALID, or YC_INVALID with a sentence. "m" and "" are the empty path. */
enum yc_verdict yc_hd_path_parse(uint32_t path[YC_HD_PATH_MAX], size_t *n, struct yc_view text,
                                 struct yc_error *err) YC_MUST_USE;

/** The key without its secret. */
void yc_hdkey_neuter(struct yc_hdkey *out, const struct yc_hdkey *k);
/** The first four bytes of HASH160 of the public key. */
void yc_hdkey_fingerprint(uint8_t out4[4], const struct yc_hdkey *k);

/** The key as text under the chain's version bytes: private when it is (that text is a secret), else public. */
void yc_hdkey_print(char out[YC_HDKEY_TEXT_MAX], const struct yc_chain_params *params, const struct yc_hdkey *k);

/** Read an extended key, private or public, of this chain.
 *  Returns YC_VALID, or YC_INVALID with a sentence (checksum, another chain's prefix, depth 0 with a parent or an
 *  index, a key out of range or not on the curve). A private key is never quoted. */
enum yc_verdict yc_hdkey_parse(struct yc_hdkey *out, const struct yc_chain_params *params, struct yc_view text,
                               const struct yc_signer *signer, struct yc_error *err) YC_MUST_USE;

#endif
