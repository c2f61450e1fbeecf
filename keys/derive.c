#include "keys/derive.h"

#include "base/assert.h"
#include "crypto/hash.h"
#include "formats/output.h"

static uint32_t purpose(enum yc_account_kind kind)
{
    switch (kind) {
    case YC_ACCOUNT_P2WPKH:
        return 84;
    case YC_ACCOUNT_P2TR:
        return 86;
    }
    YC_ASSERT(kind == YC_ACCOUNT_P2TR);
    return 0;
}

enum yc_verdict yc_account_key(struct yc_hdkey *out, const struct yc_hdkey *master, enum yc_account_kind kind,
                               const struct yc_chain_params *params, uint32_t account, const struct yc_signer *signer,
                               struct yc_error *err)
{
    YC_ASSERT(account < YC_HD_HARDENED);
    const uint32_t path[3] = {YC_HD_HARDENED + purpose(kind), YC_HD_HARDENED + params->bip44_coin,
                              YC_HD_HARDENED + account};
    return yc_hdkey_descend(out, master, path, 3, signer, err);
}

/* The script that pays to a key of the account. */
static size_t script_of(uint8_t out[YC_ADDRESS_SCRIPT_MAX], enum yc_account_kind kind, const uint8_t pubkey33[33])
{
    struct yc_writer w;
    uint8_t program[32];
    yc_writer_init(&w, out, YC_ADDRESS_SCRIPT_MAX);
    if (kind == YC_ACCOUNT_P2WPKH) {
        yc_hash160(program, pubkey33, 33);
        yc_output_write_witness(&w, 0, yc_view(program, 20));
    } else {
        bool ok = yc_taproot_output_key(program, pubkey33 + 1, NULL);
        YC_ASSERT(ok);
        yc_output_write_witness(&w, 1, yc_view(program, 32));
    }
    YC_ASSERT(!w.failed);
    return w.n;
}

enum yc_verdict yc_account_address(struct yc_account_address *out, const struct yc_hdkey *account,
                                   enum yc_account_kind kind, const struct yc_chain_params *params,
                                   enum yc_account_branch branch, uint32_t index, const struct yc_signer *signer,
                                   struct yc_error *err)
{
    struct yc_hdkey public_account, key;
    const uint32_t path[2] = {(uint32_t)branch, index};
    YC_ASSERT(index < YC_HD_HARDENED);
    yc_hdkey_neuter(&public_account, account);
    enum yc_verdict v = yc_hdkey_descend(&key, &public_account, path, 2, signer, err);
    if (v != YC_VALID)
        return v;
    memcpy(out->pubkey33, key.pubkey33, sizeof out->pubkey33);
    out->script_n = script_of(out->script, kind, out->pubkey33);
    bool has_address = yc_address_print_script(out->text, params, yc_view(out->script, out->script_n));
    YC_ASSERT(has_address);
    return YC_VALID;
}

enum yc_verdict yc_account_secret(uint8_t secret32[32], const struct yc_hdkey *account, enum yc_account_branch branch,
                                  uint32_t index, const struct yc_signer *signer, struct yc_error *err)
{
    struct yc_hdkey key;
    const uint32_t path[2] = {(uint32_t)branch, index};
    YC_ASSERT(index < YC_HD_HARDENED && account->is_private);
    enum yc_verdict v = yc_hdkey_descend(&key, account, path, 2, signer, err);
    if (v == YC_VALID)
        memcpy(secret32, key.secret32, 32);
    yc_hdkey_wipe(&key);
    return v;
}
