/* Commands that make a wallet or change its file: create, restore, watch, encrypt, backup. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "sys/fs_posix.h"
#include "sys/random.h"
#include "wallet/cli/cli.h"
#include "wallet/cli/prompt.h"

/* -- what a new wallet shall be */

static enum yc_verdict read_kind(struct yc_cli *c, enum yc_account_kind *out)
{
    const char *type = yc_options_text(c->options, "type", "bip84");
    if (strcmp(type, "bip84") == 0)
        *out = YC_ACCOUNT_P2WPKH;
    else if (strcmp(type, "bip86") == 0)
        *out = YC_ACCOUNT_P2TR;
    else
        return yc_cli_misuse(c, "--type=%s is not known: give bip84 or bip86", type);
    return YC_VALID;
}

/* The node's tip; 0, with a note, when the node does not answer. */
static uint32_t tip_height(struct yc_cli *c)
{
    struct yc_source_tip tip;
    struct yc_error err;
    if (c->source.tip(c->source.ctx, &tip, &err) == YC_VALID)
        return tip.height;
    yc_cli_note("Note: %s. So the wallet will read the chain from its beginning, once.", err.text);
    return 0;
}

static enum yc_verdict read_plan(struct yc_cli *c, struct yc_wallet_plan *plan, bool from_tip)
{
    int64_t birth = 0;
    struct yc_int_range heights = {"a height", 0, UINT32_MAX - 1};
    *plan = (struct yc_wallet_plan){.path = c->path, .clock = &c->clock.clock};
    enum yc_verdict v = read_kind(c, &plan->kind);
    if (v == YC_VALID)
        v = yc_options_int(c->options, "birth-height", 0, heights, &birth, &c->err);
    if (v != YC_VALID) {
        c->exit = YC_EXIT_USE;
        return v;
    }
    plan->birth_height = (uint32_t)birth;
    if (from_tip && !yc_options_is_set(c->options, "birth-height"))
        plan->birth_height = tip_height(c);
    const struct yc_fs *fs = yc_fs_posix();
    return strcmp(c->path, c->wallet_name) == 0 ? YC_VALID : fs->make_dir(fs->ctx, c->place.setup.chain_dir, &c->err);
}

/* -- passphrases */

static bool from_stdin(const struct yc_cli *c)
{
    return yc_options_flag(c->options, "passphrase-stdin", false);
}

/* Typed twice, so that a slip does not lock the wallet for ever. */
static enum yc_verdict ask_new(struct yc_cli *c, struct yc_secret *out, size_t *n)
{
    struct yc_secret again = {0};
    size_t again_n = 0;
    enum yc_verdict v = yc_prompt_line(out, n, "New passphrase: ", false, &c->err);
    if (v == YC_NOT_YET)
        return yc_cli_misuse(
            c, "a passphrase is needed and there is no terminal to ask for it: give --passphrase-file=FILE, "
               "--passphrase-stdin, or --no-passphrase (which leaves the keys unprotected)");
    if (v == YC_VALID)
        v = yc_prompt_line(&again, &again_n, "The same again: ", false, &c->err);
    if (v == YC_VALID && !yc_view_equal(yc_prompt_view(out, *n), yc_prompt_view(&again, again_n))) {
        c->exit = YC_EXIT_PASSPHRASE;
        v = yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE, "the two passphrases differ: nothing was done");
    }
    yc_secret_release(&again);
    return v;
}

/* option: the one that names the file of the new passphrase. */
static enum yc_verdict new_passphrase(struct yc_cli *c, const char *option, struct yc_secret *out, size_t *n)
{
    const char *file = yc_options_text(c->options, option, NULL);
    enum yc_verdict v = file            ? yc_prompt_file(out, n, file, &c->err)
                        : from_stdin(c) ? yc_prompt_stdin(out, n, &c->err)
                                        : ask_new(c, out, n);
    if (v == YC_VALID && *n == 0) {
        c->exit = YC_EXIT_PASSPHRASE;
        return yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE, "an empty passphrase protects nothing: give one");
    }
    return v;
}

/* The passphrase of a wallet that is being made, unless --no-passphrase. */
static enum yc_verdict plan_passphrase(struct yc_cli *c, struct yc_wallet_plan *plan, struct yc_secret *out)
{
    size_t n = 0;
    if (yc_options_flag(c->options, "no-passphrase", false)) {
        if (from_stdin(c) || yc_options_is_set(c->options, "passphrase-file"))
            return yc_cli_misuse(c, "--no-passphrase and a passphrase were given: leave one of them out");
        yc_cli_note("Warning: the keys are stored unprotected (--no-passphrase). Whoever reads the file has the coins; "
                    "`ycoin-wallet encrypt` protects them later.");
        return YC_VALID;
    }
    enum yc_verdict v = new_passphrase(c, "passphrase-file", out, &n);
    plan->passphrase = yc_prompt_view(out, n);
    return v;
}

/* -- create, restore, watch */

/* words: shown in the answer; NULL: not shown. */
static void show_made(struct yc_cli *c, const char *words)
{
    char xpub[YC_HDKEY_TEXT_MAX], fingerprint[9];
    yc_hdkey_print(xpub, &c->place.setup.params, &c->wallet.account);
    yc_hex_write(fingerprint, c->wallet.master_fingerprint4, 4);
    if (c->json) {
        yc_json_begin_object(&c->j);
        if (words)
            yc_json_member_text(&c->j, "words", words);
        yc_json_member_text(&c->j, "file", c->path);
        yc_json_member_text(&c->j, "fingerprint", fingerprint);
        yc_json_member_text(&c->j, "xpub", xpub);
        yc_json_member_int(&c->j, "birth_height", c->wallet.birth_height);
        yc_json_end_object(&c->j);
        return;
    }
    if (words)
        yc_cli_print(
            c,
            "The wallet's recovery words, shown this once. Write them down on paper, in this order:\n\n    %s\n\n"
            "Whoever has them has the coins; whoever loses them and the file has lost the coins.\n",
            words);
    yc_cli_print(c, "The wallet is %s\n", c->path);
}

enum yc_verdict yc_cli_create(struct yc_cli *c)
{
    struct yc_wallet_plan plan;
    struct yc_secret phrase = {0}, passphrase = {0};
    int64_t words = 0;
    struct yc_int_range range = {"a number of words", 12, 24};
    enum yc_verdict v = yc_options_int(c->options, "words", 12, range, &words, &c->err);
    if (v != YC_VALID)
        c->exit = YC_EXIT_USE;
    if (v == YC_VALID)
        v = read_plan(c, &plan, true);
    if (v == YC_VALID)
        v = plan_passphrase(c, &plan, &passphrase);
    if (v == YC_VALID)
        v = yc_secret_init(&phrase, YC_MNEMONIC_TEXT_MAX, &c->err);
    if (v == YC_VALID && !phrase.locked)
        yc_cli_note("%s", yc_secret_lock_warning());
    if (v == YC_VALID)
        v = yc_mnemonic_generate((char *)phrase.p, (unsigned)words, yc_random_system(), &c->err);
    if (v == YC_VALID)
        v = yc_wallet_create(&c->wallet, &c->place.setup.params, &plan, (const char *)phrase.p, yc_random_system(),
                             &c->err);
    if (v == YC_VALID)
        show_made(c, (const char *)phrase.p);
    yc_secret_release(&phrase);
    yc_secret_release(&passphrase);
    return v;
}

static enum yc_verdict read_words(struct yc_cli *c, struct yc_secret *phrase)
{
    struct yc_secret line = {0};
    size_t n = 0;
    const char *file = yc_options_text(c->options, "words-file", NULL);
    enum yc_verdict v = file                        ? yc_prompt_file(&line, &n, file, &c->err)
                        : isatty(STDIN_FILENO) == 1 ? yc_prompt_line(&line, &n, "Recovery words: ", true, &c->err)
                                                    : yc_prompt_stdin(&line, &n, &c->err);
    if (v == YC_VALID)
        v = yc_secret_init(phrase, YC_MNEMONIC_TEXT_MAX, &c->err);
    if (v == YC_VALID)
        v = yc_mnemonic_check((char *)phrase->p, yc_prompt_view(&line, n), &c->err);
    yc_secret_release(&line);
    return v;
}

enum yc_verdict yc_cli_restore(struct yc_cli *c)
{
    struct yc_wallet_plan plan;
    struct yc_secret phrase = {0}, passphrase = {0};
    enum yc_verdict v = read_plan(c, &plan, false);
    if (v == YC_VALID)
        v = read_words(c, &phrase);
    if (v == YC_VALID)
        v = plan_passphrase(c, &plan, &passphrase);
    if (v == YC_VALID)
        v = yc_wallet_create(&c->wallet, &c->place.setup.params, &plan, (const char *)phrase.p, yc_random_system(),
                             &c->err);
    yc_secret_release(&phrase);
    yc_secret_release(&passphrase);
    if (v != YC_VALID)
        return v;
    struct yc_error made = c->err;
    if (yc_cli_sync(c) != YC_VALID) {
        yc_cli_note("Note: the wallet is made, but its coins were not looked for yet: %s", c->err.text);
        c->err = made;
    }
    show_made(c, NULL);
    return YC_VALID;
}

enum yc_verdict yc_cli_watch(struct yc_cli *c)
{
    struct yc_wallet_plan plan;
    enum yc_verdict v = read_plan(c, &plan, false);
    if (v == YC_VALID)
        v = yc_wallet_watch(&c->wallet, &c->place.setup.params, &plan, yc_cli_argument(c, 0), yc_random_system(),
                            &c->err);
    if (v == YC_VALID)
        show_made(c, NULL);
    return v;
}

/* -- encrypt, backup */

static void show_done(struct yc_cli *c, const char *key, const char *value, const char *text)
{
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_text(&c->j, key, value);
        yc_json_end_object(&c->j);
    } else {
        yc_cli_print(c, "%s\n", text);
    }
}

enum yc_verdict yc_cli_encrypt(struct yc_cli *c)
{
    struct yc_secret old = {0}, new = {0};
    size_t old_n = 0, new_n = 0;
    struct yc_holder_id holder;
    enum yc_verdict v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_cli_holder(c, &holder);
    bool sealed = v == YC_VALID && c->wallet.secret_form == YC_SECRET_SEALED;
    if (sealed) {
        const char *file = yc_options_text(c->options, "passphrase-file", NULL);
        v = file            ? yc_prompt_file(&old, &old_n, file, &c->err)
            : from_stdin(c) ? yc_prompt_stdin(&old, &old_n, &c->err)
                            : yc_prompt_line(&old, &old_n, "Passphrase so far: ", false, &c->err);
    }
    bool named_new = sealed || yc_options_text(c->options, "new-passphrase-file", NULL);
    if (v == YC_VALID)
        v = new_passphrase(c, named_new ? "new-passphrase-file" : "passphrase-file", &new, &new_n);
    if (v == YC_VALID) {
        v = yc_wallet_encrypt_take(&c->wallet, yc_prompt_view(&old, old_n), yc_prompt_view(&new, new_n),
                                   &c->clock.clock, &c->err);
        if (v == YC_INVALID)
            c->exit = YC_EXIT_PASSPHRASE;
    }
    yc_secret_release(&old);
    yc_secret_release(&new);
    if (v == YC_VALID && yc_holder_end(&holder, NULL, &c->err) != YC_VALID)
        yc_cli_note("Note: %s. It ends by itself, now that the wallet's file is another.", c->err.text);
    if (v == YC_VALID)
        show_done(c, "keys", "under a passphrase",
                  "The keys are under the new passphrase. Backups from before still open without it: destroy them.");
    return v;
}

enum yc_verdict yc_cli_backup(struct yc_cli *c)
{
    const char *path = yc_cli_argument(c, 0);
    enum yc_verdict v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_store_backup(c->wallet.store, path, &c->err);
    if (v != YC_VALID)
        return v;
    if (c->wallet.secret_form == YC_SECRET_PLAIN)
        yc_cli_note("Warning: the keys in it are unprotected, as in the wallet.");
    show_done(c, "backup", path, "The wallet is copied, and the copy is checked.");
    return YC_VALID;
}
