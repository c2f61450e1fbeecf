#include "formats/amount.h"

#include "consensus/ids.h"

#include <inttypes.h>
#include <stdio.h>

#define DECIMALS   8
#define QUOTED_MAX 40 /* characters of a wrong amount that a message repeats */

static enum yc_verdict refuse(struct yc_error *err, struct yc_view text, const char *why)
{
    char quoted[QUOTED_MAX + 1];
    size_t n = text.n < QUOTED_MAX ? text.n : QUOTED_MAX;
    for (size_t i = 0; i < n; i++)
        quoted[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? (char)text.p[i] : '?';
    quoted[n] = 0;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "\"%s%s\" is not an amount: %s", quoted,
                   text.n > QUOTED_MAX ? "..." : "", why);
}

/* Digits from *at on, appended to *value, at most so many that 21 million coins in base units are far exceeded but 64
 * bits are not. Returns how many there were, or -1 when the number is too large. */
static int read_digits(struct yc_view text, size_t *at, int64_t *value)
{
    int digits = 0;
    for (; *at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9'; ++*at, digits++) {
        if (*value > YC_MONEY_MAX)
            return -1;
        *value = *value * 10 + (text.p[*at] - '0');
    }
    return digits;
}

enum yc_verdict yc_amount_parse(int64_t *out_sat, struct yc_view text, struct yc_error *err)
{
    static const char form[] = "write coins with a point and at most 8 decimals, for example 0.00150000";
    static const char large[] = "there will never be more than 21000000 coins";
    size_t at = 0;
    int64_t sat = 0;
    int whole = read_digits(text, &at, &sat), decimals = 0;
    if (whole < 0)
        return refuse(err, text, large);
    if (whole == 0)
        return refuse(err, text, form);
    if (at < text.n && text.p[at] == '.') {
        at++;
        size_t left = 0;
        for (size_t i = at; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
            left++;
        if (left > DECIMALS)
            return refuse(err, text, "it has more than 8 decimals, and 0.00000001 is the smallest amount");
        decimals = read_digits(text, &at, &sat);
        if (decimals < 0)
            return refuse(err, text, large);
        if (decimals == 0)
            return refuse(err, text, form);
    }
    if (at != text.n)
        return refuse(err, text, form);
    for (; decimals < DECIMALS && sat <= YC_MONEY_MAX; decimals++)
        sat *= 10;
    if (decimals < DECIMALS || sat > YC_MONEY_MAX)
        return refuse(err, text, large);
    *out_sat = sat;
    return YC_VALID;
}

void yc_amount_print(char out[YC_AMOUNT_TEXT_MAX], int64_t sat)
{
    uint64_t size = sat < 0 ? 0 - (uint64_t)sat : (uint64_t)sat;
    (void)snprintf(out, YC_AMOUNT_TEXT_MAX, "%s%" PRIu64 ".%08" PRIu64, sat < 0 ? "-" : "", size / (uint64_t)YC_COIN,
                   size % (uint64_t)YC_COIN);
}

void yc_amount_print_short(char out[YC_AMOUNT_TEXT_MAX], int64_t sat)
{
    yc_amount_print(out, sat);
    size_t n = strlen(out);
    while (out[n - 1] == '0')
        n--;
    if (out[n - 1] == '.')
        n--;
    out[n] = 0;
}
