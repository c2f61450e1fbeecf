/* Wallets made, opened, topped up; their secret opened and sealed. */
#include "wallet/wallet.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static const char sealed_what[] = "ycoin-wallet entropy 1"; /* what the seal is bound to */

static struct yc_view seal_about(void)
{
    return yc_view(sealed_what, sizeof sealed_what - 1);
}

/* The private account key of a phrase, into locked memory, and the master key's fingerprint. */
static enum yc_verdict derive_account(struct yc_secret *out, uint8_t fingerprint4[4], const struct yc_wallet *w,
                                      const char *phrase, struct yc_error *err)
{
    struct {
        uint8_t seed64[YC_MNEMONIC_SEED_BYTES];
        struct yc_hdkey master;
    } * work;
    struct yc_secret memory = {0};
    enum yc_verdict v = yc_secret_init(&memory, sizeof *work, err);
    if (v == YC_VALID)
        v = yc_secret_init(out, sizeof(struct yc_hdkey), err);
    if (v != YC_VALID) {
        yc_secret_release(&memory);
        return v;
    }
    work = (void *)memory.p;
    yc_mnemonic_seed(work->seed64, phrase, YC_VIEW_EMPTY);
    v = yc_hdkey_master(&work->master, yc_view(work->seed64, sizeof work->seed64), w->signer, err);
    if (v == YC_VALID) {
        yc_hdkey_fingerprint(fingerprint4, &work->master);
        v = yc_account_key((struct yc_hdkey *)(void *)out->p, &work->master, w->kind, w->params, 0, w->signer, err);
    }
    yc_secret_release(&memory);
    if (v != YC_VALID)
        yc_secret_release(out);
    return v;
}

/* Put the entropy of the phrase into the facts: sealed when there is a passphrase. */
static enum yc_verdict write_secret(struct yc_store_facts *f, const uint8_t *entropy, size_t n,
                                    struct yc_view passphrase, const struct yc_clock *clock,
                                    const struct yc_random *random, struct yc_error *err)
{
    if (passphrase.n == 0) {
        f->secret_form = YC_SECRET_PLAIN;
        YC_ASSERT(entropy && n <= sizeof f->secret);
        memcpy(f->secret, entropy, n);
        f->secret_n = n;
        return YC_VALID;
    }
    struct yc_seal_cost cost;
    enum yc_verdict v = yc_seal_measure(&cost, clock, err);
    if (v != YC_VALID)
        return v;
    f->secret_form = YC_SECRET_SEALED;
    f->secret_n = n + YC_SEAL_OVERHEAD;
    return yc_seal_close(f->secret, yc_view(entropy, n), passphrase, seal_about(), cost, random, err);
}

/* A file with these facts and the first addresses. The wallet has its signer, chain and kind. */
static enum yc_verdict make(struct yc_wallet *w, const char *path, const struct yc_store_facts *facts,
                            struct yc_error *err)
{
    enum yc_verdict v = yc_store_create(&w->store, path, facts, err);
    w->secret_form = facts->secret_form;
    w->birth_height = facts->birth_height;
    memcpy(w->master_fingerprint4, facts->master_fingerprint4, 4);
    if (v == YC_VALID)
        v = yc_store_begin(w->store, err);
    if (v == YC_VALID)
        v = yc_wallet_top_up(w, NULL, err);
    return v == YC_VALID ? yc_store_commit(w->store, err) : v;
}

static enum yc_verdict begin(struct yc_wallet *w, const struct yc_chain_params *params, enum yc_account_kind kind,
                             const struct yc_random *random, struct yc_error *err)
{
    *w = (struct yc_wallet){.params = params, .random = random, .kind = kind};
    return yc_signer_new(&w->signer, random, err);
}

enum yc_verdict yc_wallet_create(struct yc_wallet *out, const struct yc_chain_params *params,
                                 const struct yc_wallet_plan *plan, const char *phrase, const struct yc_random *random,
                                 struct yc_error *err)
{
    struct yc_store_facts facts = {
        .genesis = params->genesis.hash, .kind = plan->kind, .birth_height = plan->birth_height};
    struct yc_secret key = {0}, entropy = {0};
    enum yc_verdict v = begin(out, params, plan->kind, random, err);
    if (v == YC_VALID)
        v = derive_account(&key, facts.master_fingerprint4, out, phrase, err);
    if (v == YC_VALID)
        v = yc_secret_init(&entropy, YC_MNEMONIC_ENTROPY_MAX, err);
    if (v == YC_VALID) {
        yc_hdkey_neuter(&out->account, (const struct yc_hdkey *)(const void *)key.p);
        yc_hdkey_print(facts.account_xpub, params, &out->account);
        size_t n = yc_mnemonic_entropy(entropy.p, phrase);
        v = n ? write_secret(&facts, entropy.p, n, plan->passphrase, plan->clock, random, err)
              : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the recovery words are not valid");
    }
    if (v == YC_VALID)
        v = make(out, plan->path, &facts, err);
    yc_secret_release(&key);
    yc_secret_release(&entropy);
    yc_store_facts_wipe(&facts);
    if (v != YC_VALID)
        yc_wallet_close(out);
    return v;
}

enum yc_verdict yc_wallet_watch(struct yc_wallet *out, const struct yc_chain_params *params,
                                const struct yc_wallet_plan *plan, const char *xpub, const struct yc_random *random,
                                struct yc_error *err)
{
    struct yc_store_facts facts = {.genesis = params->genesis.hash,
                                   .kind = plan->kind,
                                   .birth_height = plan->birth_height,
                                   .secret_form = YC_SECRET_NONE};
    enum yc_verdict v = begin(out, params, plan->kind, random, err);
    if (v == YC_VALID)
        v = yc_hdkey_parse(&out->account, params, yc_view_text(xpub), out->signer, err);
    if (v == YC_VALID && out->account.is_private)
        v = yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "that is a private key: a watch-only wallet takes the account's public one (`ycoin-wallet info` shows "
            "it). Whoever saw this command line can spend its coins.");
    if (v == YC_VALID && out->account.depth != 3)
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "the key is at depth %u of its tree, an account's is at depth 3 (m/84'/coin'/account')",
                    out->account.depth);
    if (v == YC_VALID) {
        yc_hdkey_print(facts.account_xpub, params, &out->account);
        v = make(out, plan->path, &facts, err);
    }
    if (v != YC_VALID)
        yc_wallet_close(out);
    return v;
}

enum yc_verdict yc_wallet_open(struct yc_wallet *out, const struct yc_chain_params *params, const char *path,
                               const struct yc_random *random, struct yc_error *err)
{
    struct yc_store_facts facts;
    enum yc_verdict v = begin(out, params, YC_ACCOUNT_P2WPKH, random, err);
    if (v == YC_VALID)
        v = yc_store_open(&out->store, path, err);
    if (v == YC_VALID)
        v = yc_store_facts(out->store, &facts, err);
    if (v != YC_VALID) {
        yc_wallet_close(out);
        return v;
    }
    out->kind = facts.kind;
    out->secret_form = facts.secret_form;
    out->birth_height = facts.birth_height;
    memcpy(out->master_fingerprint4, facts.master_fingerprint4, 4);
    if (!yc_block_hash_equal(&facts.genesis, &params->genesis.hash))
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "%s is a wallet of another chain than %s: name its chain (-regtest, -chain=, -chainfile=)", path,
                    params->name);
    if (v == YC_VALID && yc_hdkey_parse(&out->account, params, yc_view_text(facts.account_xpub), out->signer, err))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                    "the wallet %s is damaged (its account key): restore a backup, or restore from the recovery words",
                    path);
    yc_store_facts_wipe(&facts);
    if (v != YC_VALID)
        yc_wallet_close(out);
    return v;
}

void yc_wallet_close(struct yc_wallet *w)
{
    yc_store_close(w->store);
    yc_signer_free(w->signer);
    *w = (struct yc_wallet){0};
}

enum yc_verdict yc_wallet_address(struct yc_wallet *w, struct yc_account_address *out, enum yc_account_branch branch,
                                  uint32_t index, struct yc_error *err)
{
    return yc_account_address(out, &w->account, w->kind, w->params, branch, index, w->signer, err);
}

static enum yc_verdict top_up_branch(struct yc_wallet *w, enum yc_account_branch branch, size_t *added,
                                     struct yc_error *err)
{
    struct yc_store_branch b;
    enum yc_verdict v = yc_store_branch(w->store, branch, &b, err);
    uint32_t until = v == YC_VALID ? (b.given > b.paid ? b.given : b.paid) + YC_WALLET_GAP : 0;
    for (uint32_t i = b.derived; i < until && v == YC_VALID; i++) {
        struct yc_account_address a;
        v = yc_wallet_address(w, &a, branch, i, err);
        struct yc_store_script script = {branch, i, yc_view(a.script, a.script_n)};
        if (v == YC_VALID)
            v = yc_store_add_script(w->store, &script, err);
        *added += v == YC_VALID;
    }
    return v;
}

enum yc_verdict yc_wallet_top_up(struct yc_wallet *w, size_t *added, struct yc_error *err)
{
    size_t count = 0;
    enum yc_verdict v = top_up_branch(w, YC_BRANCH_RECEIVE, &count, err);
    if (v == YC_VALID)
        v = top_up_branch(w, YC_BRANCH_CHANGE, &count, err);
    if (v == YC_VALID && count)
        v = yc_store_forget_pool(w->store, err);
    if (added)
        *added = count;
    return v;
}

static enum yc_verdict hand_out(struct yc_wallet *w, struct yc_account_address *out, enum yc_account_branch branch,
                                uint32_t *index, struct yc_error *err)
{
    struct yc_store_branch b;
    enum yc_verdict v = yc_store_branch(w->store, branch, &b, err);
    if (v != YC_VALID)
        return v;
    uint32_t next = b.given > b.paid ? b.given : b.paid;
    if (next >= YC_HD_HARDENED - 1 - YC_WALLET_GAP)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this wallet has given out all of its addresses: make another");
    v = yc_wallet_address(w, out, branch, next, err);
    if (v == YC_VALID)
        v = yc_store_set_given(w->store, branch, next + 1, err);
    if (v == YC_VALID)
        v = yc_wallet_top_up(w, NULL, err);
    if (index)
        *index = next;
    return v;
}

enum yc_verdict yc_wallet_next_address(struct yc_wallet *w, struct yc_account_address *out,
                                       enum yc_account_branch branch, uint32_t *index, bool in_transaction,
                                       struct yc_error *err)
{
    if (in_transaction)
        return hand_out(w, out, branch, index, err);
    enum yc_verdict v = yc_store_begin(w->store, err);
    if (v == YC_VALID)
        v = hand_out(w, out, branch, index, err);
    if (v == YC_VALID)
        return yc_store_commit(w->store, err);
    yc_store_rollback(w->store);
    return v;
}

/* The entropy of the phrase, *n bytes, into locked memory. */
static enum yc_verdict open_entropy(struct yc_wallet *w, struct yc_secret *out, size_t *n, struct yc_view passphrase,
                                    struct yc_error *err)
{
    struct yc_store_facts facts;
    if (w->secret_form == YC_SECRET_NONE)
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "this wallet only watches: it has no keys to spend with. Restore the wallet from its words to spend.");
    enum yc_verdict v = yc_store_facts(w->store, &facts, err);
    if (v == YC_VALID)
        v = yc_secret_init(out, YC_MNEMONIC_ENTROPY_MAX, err);
    if (v == YC_VALID && facts.secret_form == YC_SECRET_PLAIN) {
        *n = facts.secret_n;
        if (*n <= YC_MNEMONIC_ENTROPY_MAX)
            memcpy(out->p, facts.secret, *n);
        else
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "the wallet's secret is damaged: restore it from the words");
    } else if (v == YC_VALID) {
        *n = facts.secret_n - YC_SEAL_OVERHEAD;
        if (facts.secret_n > YC_SEAL_OVERHEAD && *n <= YC_MNEMONIC_ENTROPY_MAX)
            v = yc_seal_open(out->p, yc_view(facts.secret, facts.secret_n), passphrase, seal_about(), err);
        else
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "the wallet's secret is damaged: restore it from the words");
        if (v == YC_INVALID)
            (void)yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "the passphrase is wrong (or the wallet's file was altered): try again, or restore from the words");
    }
    yc_store_facts_wipe(&facts);
    if (v != YC_VALID)
        yc_secret_release(out);
    return v;
}

/* The private account key of the entropy, proved to be that of the addresses. */
static enum yc_verdict key_of_entropy(struct yc_wallet *w, struct yc_secret *out, const struct yc_secret *entropy,
                                      size_t n, struct yc_error *err)
{
    struct yc_secret phrase = {0};
    uint8_t fingerprint4[4];
    enum yc_verdict v = yc_secret_init(&phrase, YC_MNEMONIC_TEXT_MAX, err);
    if (v == YC_VALID)
        v = yc_mnemonic_of_entropy((char *)phrase.p, entropy->p, n, err);
    if (v == YC_VALID)
        v = derive_account(out, fingerprint4, w, (const char *)phrase.p, err);
    yc_secret_release(&phrase);
    if (v != YC_VALID)
        return v;
    const struct yc_hdkey *account = (const void *)out->p;
    if (memcmp(account->pubkey33, w->account.pubkey33, 33) == 0 &&
        memcmp(account->chain_code32, w->account.chain_code32, 32) == 0)
        return YC_VALID;
    yc_secret_release(out);
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "the wallet's secret is not the one of its addresses, so the file was altered: do not use its addresses, "
        "restore it from the words");
}

enum yc_verdict yc_wallet_unseal(struct yc_wallet *w, struct yc_secret *out, struct yc_view passphrase,
                                 struct yc_error *err)
{
    struct yc_secret entropy = {0};
    size_t n = 0;
    enum yc_verdict v = open_entropy(w, &entropy, &n, passphrase, err);
    if (v == YC_VALID)
        v = key_of_entropy(w, out, &entropy, n, err);
    yc_secret_release(&entropy);
    return v;
}

enum yc_verdict yc_wallet_encrypt_take(struct yc_wallet *w, struct yc_view old_passphrase,
                                       struct yc_view new_passphrase, const struct yc_clock *clock,
                                       struct yc_error *err)
{
    struct yc_store_facts facts = {0};
    struct yc_secret entropy = {0}, key = {0};
    size_t n = 0;
    enum yc_verdict v =
        new_passphrase.n ? YC_VALID
                         : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "an empty passphrase protects nothing: give one");
    if (v == YC_VALID)
        v = open_entropy(w, &entropy, &n, old_passphrase, err);
    if (v == YC_VALID) /* proves that the secret is right before the old file goes */
        v = key_of_entropy(w, &key, &entropy, n, err);
    yc_secret_release(&key);
    if (v == YC_VALID)
        v = write_secret(&facts, entropy.p, n, new_passphrase, clock, w->random, err);
    yc_secret_release(&entropy);
    if (v == YC_VALID) {
        struct yc_store *store = w->store;
        w->store = NULL;
        v = yc_store_replace_secret_take(store, facts.secret_form, yc_view(facts.secret, facts.secret_n), err);
    }
    yc_store_facts_wipe(&facts);
    yc_wallet_close(w);
    return v;
}

void yc_wallet_path(char out[32], const struct yc_wallet *w)
{
    unsigned purpose = w->kind == YC_ACCOUNT_P2TR ? 86 : 84;
    snprintf(out, 32, "m/%u'/%u'/0'", purpose, (unsigned)w->params->bip44_coin);
}
