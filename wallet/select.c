/* Coin selection over amounts alone. */
#include "wallet/select.h"

#include <string.h>

#include "base/assert.h"
#include "consensus/ids.h"
#include "formats/amount.h"

#define TRIES_MAX 100000 /* steps of the search for a selection without change */

int64_t yc_fee_sat(uint64_t weight, int64_t rate_sat_kvb)
{
    YC_ASSERT(weight < UINT64_C(1) << 32 && rate_sat_kvb >= 0 && rate_sat_kvb <= YC_FEE_RATE_MAX_SAT_KVB);
    int64_t vbytes = (int64_t)((weight + 3) / 4);
    return (vbytes * rate_sat_kvb + 999) / 1000;
}

int64_t yc_dust_sat(size_t script_bytes, bool witness_program)
{
    /* Bitcoin Core: the size of the output (amount, length, script) and of the input that spends it (148 bytes, or 67
     * with the witness discounted), at 3,000 sat/kvB. */
    return (int64_t)(8 + 1 + script_bytes + (witness_program ? 67 : 148)) * 3;
}

static uint64_t weight_of(const struct yc_select_ask *ask, size_t inputs, bool change)
{
    uint64_t long_count = inputs > 252 ? 2 * 4 : 0; /* the number of inputs then takes three bytes */
    return ask->base_weight + long_count + inputs * ask->input_weight + (change ? ask->change_weight : 0);
}

static int64_t fee_of(const struct yc_select_ask *ask, size_t inputs, bool change)
{
    return yc_fee_sat(weight_of(ask, inputs, change), ask->rate_sat_kvb);
}

/* What the chosen coins come to; false when they do not suffice. */
static bool settle(struct yc_select_answer *a, const struct yc_select_ask *ask)
{
    int64_t in = a->in_sat;
    int64_t fee = fee_of(ask, a->chosen_count, false), fee_change = fee_of(ask, a->chosen_count, true);
    if (ask->everything) {
        a->recipient_sat = in - fee;
        a->change_sat = 0;
        a->fee_sat = fee;
        return a->recipient_sat >= ask->recipient_dust_sat;
    }
    int64_t pays_fee_too = ask->subtract_fee ? 0 : 1;
    if (in - ask->amount_sat - pays_fee_too * fee < 0)
        return false;
    int64_t change = in - ask->amount_sat - pays_fee_too * fee_change;
    bool keep = change >= ask->change_dust_sat && change > 0;
    int64_t least = keep ? fee_change : fee;
    a->change_sat = keep ? change : 0;
    a->recipient_sat = ask->subtract_fee ? ask->amount_sat - least : ask->amount_sat;
    /* Change that is not worth an output stays with the recipient when he bears the fee, up to what was meant. */
    if (ask->subtract_fee && !keep) {
        int64_t over = in - ask->amount_sat;
        a->recipient_sat += over < least ? over : least;
    }
    a->fee_sat = in - a->recipient_sat - a->change_sat;
    return a->recipient_sat >= ask->recipient_dust_sat && a->fee_sat >= least;
}

static void choose(struct yc_select_answer *a, const struct yc_select_ask *ask, size_t i)
{
    a->chosen[i] = 1;
    a->chosen_count++;
    a->in_sat += ask->coins_sat[i];
}

static void forget(struct yc_select_answer *a, const struct yc_select_ask *ask)
{
    memset(a->chosen, 0, ask->coin_count);
    a->chosen_count = 0;
    a->in_sat = 0;
}

/* What a coin adds after paying for its own input, and the sum that a selection without change must reach. */
static int64_t effective(const struct yc_select_ask *ask, size_t i)
{
    return ask->coins_sat[i] - (ask->subtract_fee ? 0 : yc_fee_sat(ask->input_weight, ask->rate_sat_kvb));
}

/* Depth first over the coins, largest first, each taken or left out: stops at the first set whose excess is less than a
 * change output and its later spending would cost. Taking and leaving is undone in the order of `chosen` alone, so no
 * stack is needed. */
static bool search_exact(struct yc_select_answer *a, const struct yc_select_ask *ask, int64_t target, int64_t slack)
{
    int64_t left = 0, sum = 0;
    size_t usable = 0;
    while (usable < ask->coin_count && effective(ask, usable) > 0)
        left += effective(ask, usable++);
    size_t at = 0;
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        bool hit = sum >= target && sum <= target + slack;
        if (hit)
            return true;
        bool dead =
            sum + left < target || sum > target + slack || at == usable || a->chosen_count >= YC_SELECT_COINS_MAX;
        if (!dead) {
            left -= effective(ask, at);
            sum += effective(ask, at);
            choose(a, ask, at++);
            continue;
        }
        while (at > 0 && !a->chosen[at - 1]) /* back over the coins that were left out … */
            left += effective(ask, --at);
        if (at == 0)
            return false;
        a->chosen[at - 1] = 0; /* … and leave out the last one taken */
        a->chosen_count--;
        a->in_sat -= ask->coins_sat[at - 1];
        sum -= effective(ask, at - 1);
    }
    return false;
}

static enum yc_verdict too_little(const struct yc_select_ask *ask, int64_t all_sat, size_t used, struct yc_error *err)
{
    char have[YC_AMOUNT_TEXT_MAX], amount[YC_AMOUNT_TEXT_MAX], fee[YC_AMOUNT_TEXT_MAX];
    yc_amount_print_short(have, all_sat);
    yc_amount_print_short(amount, ask->amount_sat);
    yc_amount_print_short(fee, fee_of(ask, used, false));
    if (ask->everything)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "all spendable coins together are %s, of which the fee of %s leaves nothing worth sending", have,
                       fee);
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                   "not enough coins: %s can be spent, %s and a fee of about %s are needed", have, amount, fee);
}

static enum yc_verdict check_ask(const struct yc_select_ask *ask, struct yc_error *err)
{
    if (ask->everything)
        return YC_VALID;
    if (ask->amount_sat <= 0 || !yc_money_ok(ask->amount_sat))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the amount must be more than nothing and at most 21 million coins");
    if (ask->amount_sat < ask->recipient_dust_sat) {
        char dust[YC_AMOUNT_TEXT_MAX];
        yc_amount_print_short(dust, ask->recipient_dust_sat);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the amount is dust: nodes refuse outputs so small; send at least %s to this address", dust);
    }
    return YC_VALID;
}

/* The smallest single coin that suffices, else the largest ones together. */
static bool choose_simply(struct yc_select_answer *a, const struct yc_select_ask *ask)
{
    for (size_t i = ask->coin_count; i-- > 0;) {
        forget(a, ask);
        choose(a, ask, i);
        if (settle(a, ask))
            return true;
    }
    forget(a, ask);
    for (size_t i = 0; i < ask->coin_count && a->chosen_count < YC_SELECT_COINS_MAX; i++) {
        choose(a, ask, i);
        if (settle(a, ask))
            return true;
    }
    return false;
}

enum yc_verdict yc_select_coins(struct yc_select_answer *out, const struct yc_select_ask *ask, struct yc_error *err)
{
    uint8_t *chosen = out->chosen;
    *out = (struct yc_select_answer){.chosen = chosen};
    forget(out, ask);
    enum yc_verdict v = check_ask(ask, err);
    if (v != YC_VALID)
        return v;
    int64_t all = 0;
    for (size_t i = 0; i < ask->coin_count; i++)
        if (!yc_money_add(&all, ask->coins_sat[i]))
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                           "the coins are more than 21 million: the wallet is damaged");
    bool found;
    if (ask->everything || ask->use_all) {
        if (ask->coin_count > YC_SELECT_COINS_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "%zu coins are too many for one payment (at most %d): send in several parts",
                           ask->coin_count, YC_SELECT_COINS_MAX);
        for (size_t i = 0; i < ask->coin_count; i++)
            choose(out, ask, i);
        found = ask->coin_count > 0 && settle(out, ask);
    } else {
        int64_t target = ask->amount_sat + (ask->subtract_fee ? 0 : fee_of(ask, 0, false));
        int64_t slack = yc_fee_sat(ask->change_weight + ask->input_weight, ask->rate_sat_kvb);
        found = search_exact(out, ask, target, slack) && settle(out, ask) && out->change_sat == 0;
        if (!found)
            found = choose_simply(out, ask);
    }
    if (found) {
        YC_ASSERT(out->in_sat == out->recipient_sat + out->change_sat + out->fee_sat);
        return YC_VALID;
    }
    if (ask->coin_count > YC_SELECT_COINS_MAX && all >= ask->amount_sat)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "more than %d coins would be needed for one payment: send it in several parts",
                       YC_SELECT_COINS_MAX);
    return too_little(ask, all, out->chosen_count, err);
}

enum yc_verdict yc_fee_guard(int64_t fee_sat, int64_t amount_sat, int64_t max_sat, struct yc_error *err)
{
    char fee[YC_AMOUNT_TEXT_MAX], limit[YC_AMOUNT_TEXT_MAX];
    int64_t most = max_sat;
    if (max_sat < 0) {
        int64_t share = amount_sat / 10 > 100000 ? amount_sat / 10 : 100000;
        most = share < YC_FEE_MAX_SAT ? share : YC_FEE_MAX_SAT;
    }
    if (fee_sat <= most)
        return YC_VALID;
    yc_amount_print_short(fee, fee_sat);
    yc_amount_print_short(limit, most);
    return yc_fail(
        err, YC_POLICY, YC_SYSTEM_NONE,
        "the fee would be %s, more than %s: is the fee rate right? If it is meant, allow it with --max-fee=%s", fee,
        limit, fee);
}
