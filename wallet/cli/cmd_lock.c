/* unlock, lock: the passphrase once for a while, instead of at every payment. */
#include "sys/random.h"
#include "wallet/cli/cli.h"

#define SECONDS_USUAL 300

static enum yc_verdict read_seconds(struct yc_cli *c, int64_t *out)
{
    struct yc_int_range range = {"a number of seconds", 1, YC_HOLDER_SECONDS_MAX};
    if (!yc_options_text(c->options, "for", "-")[0])
        return yc_cli_misuse(c, "--for= needs a number of seconds, from 1 to %d", YC_HOLDER_SECONDS_MAX);
    enum yc_verdict v = yc_options_int(c->options, "for", SECONDS_USUAL, range, out, &c->err);
    if (v != YC_VALID)
        c->exit = YC_EXIT_USE;
    return v;
}

static void show_unlocked(struct yc_cli *c, const struct yc_holder_start *start)
{
    char until[YC_TIME_TEXT_MAX];
    if (!start->locked)
        yc_cli_note("Warning: %s", yc_secret_lock_warning());
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_int(&c->j, "unlocked_until", start->until_s);
        yc_json_end_object(&c->j);
        return;
    }
    yc_time_text(until, start->until_s);
    yc_cli_print(c, "Unlocked until %s. `ycoin-wallet lock` ends it before.\n", until);
}

/* Keys that are stored as they are need no unlocking: say so, as a success, so that a script may unlock any wallet. */
static enum yc_verdict unprotected(struct yc_cli *c)
{
    if (c->wallet.secret_form == YC_SECRET_NONE)
        return yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE, "this wallet only watches: it has no keys to unlock");
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_key(&c->j, "unlocked_until");
        yc_json_put_null(&c->j);
        yc_json_end_object(&c->j);
    } else {
        yc_cli_print(c, "The keys are stored unprotected, so there is nothing to unlock: `ycoin-wallet encrypt` puts "
                        "them under a passphrase.\n");
    }
    return YC_VALID;
}

enum yc_verdict yc_cli_unlock(struct yc_cli *c)
{
    struct yc_holder_id id;
    struct yc_holder_start start;
    struct yc_secret passphrase = {0};
    struct yc_holder_plan plan = {&id,           &c->place.setup.params, YC_VIEW_EMPTY,
                                  SECONDS_USUAL, &c->clock.clock,        yc_random_system()};
    enum yc_verdict v = read_seconds(c, &plan.seconds);
    if (v == YC_VALID)
        v = yc_cli_open(c);
    if (v == YC_VALID && c->wallet.secret_form != YC_SECRET_SEALED)
        return unprotected(c);
    if (v == YC_VALID)
        v = yc_cli_holder(c, &id);
    yc_wallet_close(&c->wallet); /* the holder opens it for itself */
    if (v == YC_VALID)
        v = yc_cli_passphrase(c, &passphrase, &plan.passphrase.n);
    if (v == YC_VALID) {
        plan.passphrase.p = passphrase.p;
        v = yc_holder_begin(&start, &plan, &c->err);
        if (v == YC_INVALID)
            c->exit = YC_EXIT_PASSPHRASE;
    }
    yc_secret_release(&passphrase);
    if (v == YC_VALID)
        show_unlocked(c, &start);
    return v;
}

enum yc_verdict yc_cli_lock(struct yc_cli *c)
{
    struct yc_holder_id id;
    bool ran = false;
    enum yc_verdict v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_cli_holder(c, &id);
    if (v == YC_VALID)
        v = yc_holder_end(&id, &ran, &c->err);
    if (v != YC_VALID)
        return v;
    bool locked = c->wallet.secret_form != YC_SECRET_PLAIN;
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_bool(&c->j, "locked", locked);
        yc_json_member_bool(&c->j, "was_unlocked", ran);
        yc_json_end_object(&c->j);
        return YC_VALID;
    }
    yc_cli_print(c, "%s\n",
                 !locked ? "The keys are stored unprotected: `ycoin-wallet encrypt` puts them under a passphrase."
                 : ran   ? "The wallet is locked; it was unlocked until now."
                         : "The wallet is locked; it was not unlocked.");
    return YC_VALID;
}
