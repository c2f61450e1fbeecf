/* A wallet: its file, its account of keys, and the addresses that it watches. The secret is opened only for as long as
 * a payment is signed, unless its owner unlocks it for longer (wallet/holder.h).
 *
 * Attacks and accidents it answers: a passphrase or words that stay in memory (struct yc_secret); money lost because a
 * restored wallet looks at too few addresses (gap limit with top-up on sight: W20); a file whose public part was
 * changed so that addresses are another's (the account is derived anew whenever the secret is opened). One thread. */
#ifndef YC_WALLET_WALLET_H
#define YC_WALLET_WALLET_H

#include "keys/derive.h"
#include "keys/secret.h"
#include "wallet/store.h"

#define YC_WALLET_GAP 20 /* addresses watched beyond the last one that was given out or paid */

struct yc_wallet {
    struct yc_store *store;
    const struct yc_chain_params *params;
    const struct yc_random *random;
    struct yc_signer *signer;
    struct yc_hdkey account; /* public */
    enum yc_account_kind kind;
    enum yc_secret_form secret_form;
    uint8_t master_fingerprint4[4];
    uint32_t birth_height;
};

struct yc_wallet_plan {
    const char *path;
    enum yc_account_kind kind;
    uint32_t birth_height;
    struct yc_view passphrase; /* empty: the secret is stored as it is */
    const struct yc_clock *clock;
};

/** Make a wallet of a phrase in its normal form (yc_mnemonic_check()).
 *  YC_INVALID when a file of that name exists. The wallet's end is yc_wallet_close(). */
enum yc_verdict yc_wallet_create(struct yc_wallet *out, const struct yc_chain_params *params,
                                 const struct yc_wallet_plan *plan, const char *phrase, const struct yc_random *random,
                                 struct yc_error *err) YC_MUST_USE;
/** Make one that only watches, of an account's public extended key. */
enum yc_verdict yc_wallet_watch(struct yc_wallet *out, const struct yc_chain_params *params,
                                const struct yc_wallet_plan *plan, const char *xpub, const struct yc_random *random,
                                struct yc_error *err) YC_MUST_USE;
/** Open the file. YC_NOT_YET: there is none; YC_INVALID: no wallet, or one of another chain. */
enum yc_verdict yc_wallet_open(struct yc_wallet *out, const struct yc_chain_params *params, const char *path,
                               const struct yc_random *random, struct yc_error *err) YC_MUST_USE;
/** Harmless on one that is all zeros or was closed. */
void yc_wallet_close(struct yc_wallet *w);

/** Watch each branch YC_WALLET_GAP addresses beyond the last given or paid. *added (may be NULL): new ones. Inside a
 *  transaction of the store. */
enum yc_verdict yc_wallet_top_up(struct yc_wallet *w, size_t *added, struct yc_error *err) YC_MUST_USE;

/** The address of a branch and index. */
enum yc_verdict yc_wallet_address(struct yc_wallet *w, struct yc_account_address *out, enum yc_account_branch branch,
                                  uint32_t index, struct yc_error *err) YC_MUST_USE;
/** Hand out the branch's next address: it is watched and never handed out again, durably, when this returns YC_VALID,
 *  unless the caller's own transaction of the store is open: then when that is committed.
 *  *index (may be NULL) gets its index. */
enum yc_verdict yc_wallet_next_address(struct yc_wallet *w, struct yc_account_address *out,
                                       enum yc_account_branch branch, uint32_t *index, bool in_transaction,
                                       struct yc_error *err) YC_MUST_USE;

/** Open the secret: the private account key into out, which is 1 struct yc_hdkey in locked memory; the caller releases
 *  it. passphrase is not looked at when the secret is stored as it is.
 *  YC_POLICY: a watch-only wallet; YC_INVALID: wrong passphrase; YC_SYSTEM (CORRUPT): the secret is not this account's. */
enum yc_verdict yc_wallet_unseal(struct yc_wallet *w, struct yc_secret *out, struct yc_view passphrase,
                                 struct yc_error *err) YC_MUST_USE;

/** Store the secret under a (new) passphrase. The wallet is closed in any case: open it again.
 *  old_passphrase is looked at when the secret is sealed already. Returns as yc_wallet_unseal(). */
enum yc_verdict yc_wallet_encrypt_take(struct yc_wallet *w, struct yc_view old_passphrase,
                                       struct yc_view new_passphrase, const struct yc_clock *clock,
                                       struct yc_error *err) YC_MUST_USE;

/** "m/84'/1'/0'". */
void yc_wallet_path(char out[32], const struct yc_wallet *w);

#endif
