/* Commands to be paid by: address, request, wait. */
#include <inttypes.h>
#include <string.h>

#include "formats/bip21.h"
#include "formats/qr/qr.h"
#include "wallet/cli/cli.h"
#include "wallet/cli/rpc_source.h"

#define POLL_MS 5000

/* More unpaid addresses in a row than a restore looks at would be missed by it. */
static void warn_gap(struct yc_cli *c)
{
    struct yc_store_branch b;
    struct yc_error err;
    if (yc_store_branch(c->wallet.store, YC_BRANCH_RECEIVE, &b, &err) == YC_VALID && b.given > b.paid + YC_WALLET_GAP)
        yc_cli_note("Note: the last %" PRIu32
                    " addresses are unpaid. A wallet restored from the words looks %d beyond the "
                    "last paid one, so keep this file (`ycoin-wallet backup`).",
                    b.given - b.paid, YC_WALLET_GAP);
}

enum yc_verdict yc_cli_address(struct yc_cli *c)
{
    struct yc_account_address a;
    uint32_t index;
    enum yc_verdict v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_wallet_next_address(&c->wallet, &a, YC_BRANCH_RECEIVE, &index, false, &c->err);
    if (v != YC_VALID)
        return v;
    warn_gap(c);
    if (!c->json) {
        yc_cli_print(c, "%s\n", a.text);
        return YC_VALID;
    }
    yc_json_begin_object(&c->j);
    yc_json_member_text(&c->j, "address", a.text);
    yc_json_member_int(&c->j, "index", index);
    yc_json_end_object(&c->j);
    return YC_VALID;
}

static enum yc_verdict read_amount(struct yc_cli *c, const char *text, int64_t *out_sat)
{
    enum yc_verdict v = yc_amount_parse(out_sat, yc_view_text(text), &c->err);
    if (v == YC_VALID && *out_sat == 0)
        v = yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE, "the amount is nothing: give one above 0");
    if (v != YC_VALID)
        c->exit = YC_EXIT_USE;
    return v;
}

static enum yc_verdict show_request(struct yc_cli *c, const struct yc_bip21 *request)
{
    char link[YC_BIP21_TEXT_MAX];
    yc_bip21_print(link, request);
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_text(&c->j, "address", request->address);
        yc_json_member_amount(&c->j, "amount", request->amount_sat);
        yc_json_member_text(&c->j, "uri", link);
        yc_json_end_object(&c->j);
        return YC_VALID;
    }
    yc_cli_print(c, "%s\n", link);
    return yc_qr_print(&c->out, link, YC_QR_DARK_TERMINAL, &c->err);
}

enum yc_verdict yc_cli_request(struct yc_cli *c)
{
    struct yc_bip21 request = {.has_amount = true};
    struct yc_account_address a;
    uint32_t index = 0;
    const char *label = yc_options_text(c->options, "label", "");
    enum yc_verdict v = read_amount(c, yc_cli_argument(c, 0), &request.amount_sat);
    if (v == YC_VALID && strlen(label) >= sizeof request.label)
        v = yc_cli_misuse(c, "the label is too long: at most %zu bytes", sizeof request.label - 1);
    if (v == YC_VALID)
        v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_store_begin(c->wallet.store, &c->err);
    if (v == YC_VALID)
        v = yc_wallet_next_address(&c->wallet, &a, YC_BRANCH_RECEIVE, &index, true, &c->err);
    if (v == YC_VALID && label[0])
        v = yc_store_set_label(c->wallet.store, index, label, &c->err);
    if (v == YC_VALID)
        v = yc_store_commit(c->wallet.store, &c->err);
    if (v != YC_VALID)
        return v;
    warn_gap(c);
    memcpy(request.address, a.text, sizeof request.address);
    memcpy(request.label, label, strlen(label) + 1);
    return show_request(c, &request);
}

/* -- wait */

struct wait {
    struct yc_address address;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    size_t script_n;
    int64_t amount_sat, confirmations, timeout_s;
};

static enum yc_verdict read_wait(struct yc_cli *c, struct wait *w)
{
    struct yc_int_range depths = {"a number of confirmations", 0, 1000000};
    enum yc_verdict v =
        yc_address_parse(&w->address, &c->place.setup.params, yc_view_text(yc_cli_argument(c, 0)), NULL, &c->err);
    if (v == YC_VALID)
        v = yc_options_int(c->options, "confirmations", 1, depths, &w->confirmations, &c->err);
    if (v == YC_VALID)
        v = read_amount(c, yc_cli_argument(c, 1), &w->amount_sat);
    if (v != YC_VALID) {
        c->exit = YC_EXIT_USE;
        return v;
    }
    w->timeout_s = c->timeout_s;
    w->script_n = yc_address_script(w->script, &w->address);
    return YC_VALID;
}

static void show_paid(struct yc_cli *c, int64_t received_sat, int64_t confirmations)
{
    char text[YC_AMOUNT_TEXT_MAX];
    yc_amount_print(text, received_sat);
    if (!c->json) {
        yc_cli_print(c, "%s was paid %s, at least %" PRId64 " deep\n", yc_cli_argument(c, 0), text, confirmations);
        return;
    }
    yc_json_begin_object(&c->j);
    yc_json_member_text(&c->j, "address", yc_cli_argument(c, 0));
    yc_json_member_amount(&c->j, "received", received_sat);
    yc_json_member_int(&c->j, "confirmations", confirmations);
    yc_json_member_int(&c->j, "height", c->tip.height);
    yc_json_end_object(&c->j);
}

static enum yc_verdict timed_out(struct yc_cli *c, int64_t received_sat, const struct wait *w)
{
    char have[YC_AMOUNT_TEXT_MAX];
    yc_amount_print_short(have, received_sat);
    c->exit = YC_EXIT_TIMEOUT;
    return yc_fail(&c->err, YC_NOT_YET, YC_SYSTEM_NONE,
                   "not paid within %" PRId64 " seconds: %s of %s arrived with %" PRId64 " confirmations", w->timeout_s,
                   have, yc_cli_argument(c, 1), w->confirmations);
}

/* Until something may have changed: a new block where depth counts, a short while where a payment may only be seen. */
static enum yc_verdict wait_for_change(struct yc_cli *c, const struct wait *w, int64_t left_ms)
{
    int64_t most = w->confirmations ? POLL_MS : 1000;
    return yc_rpc_wait_tip(c->node, &c->tip.hash, left_ms < most ? left_ms : most, &c->err);
}

/* A node that was there and is away comes back: who waits for a payment waits for that too. False: another failure, or no
 * time is left. */
static bool node_is_away(struct yc_cli *c, enum yc_verdict v, bool seen, bool *told, int64_t left_ms)
{
    struct yc_error ignored;
    bool away = v == YC_NOT_YET;
    if (v == YC_SYSTEM && c->err.which == YC_SYSTEM_IO) /* the connection was cut; or the wallet's own disk failed */
        away = yc_rpc_wait_tip(c->node, &c->tip.hash, 1, &ignored) != YC_VALID;
    if (!away || !seen || left_ms <= 0)
        return false;
    if (!*told)
        yc_cli_note("Note: %s. Still waiting.", c->err.text);
    *told = true;
    yc_rpc_pause(left_ms < 1000 ? left_ms : 1000);
    return true;
}

enum yc_verdict yc_cli_wait(struct yc_cli *c)
{
    struct wait w;
    enum yc_account_branch branch;
    uint32_t index;
    bool ours = false;
    enum yc_verdict v = read_wait(c, &w);
    if (v == YC_VALID)
        v = yc_cli_open(c);
    struct yc_view script = yc_view(w.script, v == YC_VALID ? w.script_n : 0);
    if (v == YC_VALID)
        v = yc_store_find_script(c->wallet.store, script, &branch, &index, &ours, &c->err);
    if (v == YC_VALID && !ours)
        return yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s is not an address of this wallet: `ycoin-wallet address` and `request` give out its own",
                       yc_cli_argument(c, 0));
    int64_t begun = yc_mono_us(&c->clock.clock);
    bool seen = false, told = false;
    while (v == YC_VALID) {
        int64_t received = 0, waited_ms = (yc_mono_us(&c->clock.clock) - begun) / 1000;
        int64_t left_ms = w.timeout_s ? w.timeout_s * 1000 - waited_ms : INT64_MAX;
        v = yc_cli_sync(c);
        if (node_is_away(c, v, seen, &told, left_ms)) {
            v = YC_VALID;
            continue;
        }
        seen = seen || v == YC_VALID;
        told = told && v != YC_VALID;
        if (v == YC_VALID)
            v = yc_store_received(c->wallet.store, script, (uint32_t)w.confirmations, c->tip.height, &received,
                                  &c->err);
        if (v != YC_VALID)
            break;
        if (received >= w.amount_sat) {
            show_paid(c, received, w.confirmations);
            return YC_VALID;
        }
        if (left_ms <= 0)
            return timed_out(c, received, &w);
        v = wait_for_change(c, &w, left_ms);
        if (node_is_away(c, v, seen, &told, left_ms))
            v = YC_VALID;
    }
    return v;
}
