/* Accounts: which keys of the tree a wallet uses, and the script and address of each (BIP 44's five levels with BIP
 * 84's P2WPKH and BIP 86's P2TR). Any thread; no memory is taken. */
#ifndef YC_KEYS_DERIVE_H
#define YC_KEYS_DERIVE_H

#include "formats/address.h"
#include "keys/bip32.h"

enum yc_account_kind {
    YC_ACCOUNT_P2WPKH, /* m/84'/coin'/account' */
    YC_ACCOUNT_P2TR    /* m/86'/coin'/account' */
};

enum yc_account_branch { YC_BRANCH_RECEIVE = 0, YC_BRANCH_CHANGE = 1 };

/** The account's key below the master key, private; coin is the chain's. account < 2^31. */
enum yc_verdict yc_account_key(struct yc_hdkey *out, const struct yc_hdkey *master, enum yc_account_kind kind,
                               const struct yc_chain_params *params, uint32_t account, const struct yc_signer *signer,
                               struct yc_error *err) YC_MUST_USE;

/* One address of an account. */
struct yc_account_address {
    uint8_t pubkey33[33];
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    size_t script_n;
    char text[YC_ADDRESS_TEXT_MAX];
};

/** The address of a branch and index (< 2^31) of an account's key, which may be public.
 *  YC_INVALID when the child does not exist (chance below 2^-127: take the next index). */
enum yc_verdict yc_account_address(struct yc_account_address *out, const struct yc_hdkey *account,
                                   enum yc_account_kind kind, const struct yc_chain_params *params,
                                   enum yc_account_branch branch, uint32_t index, const struct yc_signer *signer,
                                   struct yc_error *err) YC_MUST_USE;

/** The secret of that address (for P2TR the internal key's, which yc_sign_input() tweaks). account must be private. */
enum yc_verdict yc_account_secret(uint8_t secret32[32], const struct yc_hdkey *account, enum yc_account_branch branch,
                                  uint32_t index, const struct yc_signer *signer, struct yc_error *err) YC_MUST_USE;

#endif
