/* The digests that signatures sign. Pure; any thread.
 * Source: Bitcoin (legacy), BIP 143 (witness v0), BIP 341 and 342 (taproot). */
#ifndef YC_CONSENSUS_SCRIPT_SIGHASH_H
#define YC_CONSENSUS_SCRIPT_SIGHASH_H

#include "consensus/script/script.h"
#include "consensus/script/verify.h"
#include "crypto/sha256.h"

/* Hash types. Only the low five bits choose the outputs and any value is committed to (catalogue C29); taproot allows
 * 0..3 and 0x81..0x83 alone. */
enum {
    YC_SIGHASH_DEFAULT = 0, /* taproot */
    YC_SIGHASH_ALL = 1,
    YC_SIGHASH_NONE = 2,
    YC_SIGHASH_SINGLE = 3,
    YC_SIGHASH_ANYONECANPAY = 0x80,
    YC_SIGHASH_OUTPUTS_MASK = 0x1f
};

/* Digests of one script run, kept up to the hash type: signatures of one class over one script code cost one pass over
 * the transaction. Attack it answers: 201 CHECKSIGs in a script, each hashing a transaction of a megabyte. A new script
 * code (CODESEPARATOR, a deleted signature) is another key, compared byte by byte (catalogue C27). */
#define YC_SIGHASH_CLASSES 6
struct yc_sighash_cache {
    struct yc_sighash_entry {
        bool set;
        uint32_t code_bytes;
        struct yc_sha256 state;
        uint8_t code[YC_SCRIPT_BYTES_MAX];
    } entry[YC_SIGHASH_CLASSES];
};
void yc_sighash_cache_clear(struct yc_sighash_cache *c);

/** The digest of a legacy signature. OP_CODESEPARATORs in the script code are left out; signatures must have been
 *  (yc_script_delete). A SINGLE without its output gives the number one, little-endian.
 *  input  < tx->in_count;  cache  may be NULL; then the script code may have any length, else at most
 *         YC_SCRIPT_BYTES_MAX. A cache serves one input, in one of the two forms. */
void yc_sighash_legacy(uint8_t out32[32], const struct yc_tx *tx, uint32_t input, struct yc_view script_code,
                       uint32_t hash_type, struct yc_sighash_cache *cache);

/** The digest of a witness v0 signature (BIP 143). A SINGLE without its output hashes zeros. */
void yc_sighash_v0(uint8_t out32[32], const struct yc_spend *s, uint32_t input, struct yc_view script_code,
                   uint32_t hash_type, struct yc_sighash_cache *cache);

/* What a taproot signature commits to besides the transaction. */
struct yc_sighash_tap {
    bool has_annex, is_script; /* is_script: BIP 342's extension with leaf and code separator */
    uint8_t annex32[32];       /* SHA-256 of the annex with its length */
    uint8_t leaf32[32];
    uint32_t code_separator; /* index of the last OP_CODESEPARATOR run, or 0xffffffff */
    bool output_ready;       /* output32 is the hash of the output at the input's own index */
    uint8_t output32[32];
};

/** The digest of a taproot signature. False for a hash type that is not defined, for SINGLE without its output, and
 *  when the spent outputs are not known. tap->output32 is kept from one call to the next. */
bool yc_sighash_taproot(uint8_t out32[32], const struct yc_spend *s, uint32_t input, uint8_t hash_type,
                        struct yc_sighash_tap *tap) YC_MUST_USE;

/** SHA-256 of the annex as BIP 341 wants it. */
void yc_sighash_annex(uint8_t out32[32], struct yc_view annex);

/** Delete every occurrence of the pattern at an operation's start, as FindAndDelete always did: after a deletion the
 *  next bytes are compared again at once, and from a push that runs over the end on all is kept.
 *  out  room for script.n bytes; may be the script's own memory. Written, and *out_n set, only when the result is > 0
 *  Returns how many were deleted. Source: Bitcoin (catalogue C23, C24). */
size_t yc_script_delete(uint8_t *out, size_t *out_n, struct yc_view script, struct yc_view pattern);

#endif
