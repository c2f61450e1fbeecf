/* A secret under a passphrase: scrypt makes the key, AES-256-GCM hides and authenticates. Any thread; takes tens of
 * megabytes while it works.
 *
 * Attacks it answers (catalogue W08, W31): guessing passphrases at machine speed (the cost is set so that one guess
 * takes at least 0.3 s here); altered bytes, which never open. Source: RFC 7914 (scrypt), NIST SP 800-38D (GCM). */
#ifndef YC_KEYS_SEAL_H
#define YC_KEYS_SEAL_H

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/view.h"

#define YC_SEAL_OVERHEAD   56 /* bytes that a sealed secret is longer than the secret */
#define YC_SEAL_SECRET_MAX 65536
#define YC_SEAL_LOG2_N_MIN 14
#define YC_SEAL_LOG2_N_MAX 22

/* How costly a guess is: scrypt's N = 2^log2_n, r, p. Memory 128 · r · N bytes. */
struct yc_seal_cost {
    uint8_t log2_n;
    uint8_t r;
    uint8_t p;
};

/** The cost that takes at least 0.3 s on this machine, by measuring (up to a second or two), never below N = 2^17, r =
 *  8, p = 1 (128 MB). */
enum yc_verdict yc_seal_measure(struct yc_seal_cost *out, const struct yc_clock *clock,
                                struct yc_error *err) YC_MUST_USE;

/** Seal n secret bytes (1..YC_SEAL_SECRET_MAX) into out, which has room for n + YC_SEAL_OVERHEAD bytes: version, cost,
 *  salt, nonce, ciphertext, tag. about is bound to it: opening needs the same bytes (a record's name, say).
 *  YC_INVALID for a cost out of range or an empty passphrase; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_seal_close(uint8_t *out, struct yc_view secret, struct yc_view passphrase, struct yc_view about,
                              struct yc_seal_cost cost, const struct yc_random *random,
                              struct yc_error *err) YC_MUST_USE;

/** Open: writes sealed.n - YC_SEAL_OVERHEAD bytes to out. YC_INVALID when the passphrase is wrong or the bytes were
 *  altered (which of the two cannot be known), or when a version or cost is out of range; nothing is then left in out.
 *  YC_SYSTEM (MEMORY). */
enum yc_verdict yc_seal_open(uint8_t *out, struct yc_view sealed, struct yc_view passphrase, struct yc_view about,
                             struct yc_error *err) YC_MUST_USE;

#endif
