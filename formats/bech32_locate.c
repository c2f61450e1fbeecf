#include "formats/bech32_locate.h"

#include "crypto/bech32.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECKSUM_CHARS 6
#define VALUES         32 /* that a character may have */

static void blame(struct yc_address_fault *out, size_t at)
{
    if (out->location_count < YC_ADDRESS_LOCATIONS_MAX)
        out->location[out->location_count++] = at;
}

static void say(struct yc_address_fault *out, const char *what)
{
    (void)snprintf(out->core, sizeof out->core, "%s", what);
}

/* Blame what is no printable ASCII, and letters of the case that came second. */
static bool characters_ok(struct yc_address_fault *out, struct yc_view text)
{
    bool lower = false, upper = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool is_lower = c >= 'a' && c <= 'z', is_upper = c >= 'A' && c <= 'Z';
        if (c < 33 || c > 126 || (is_lower && upper) || (is_upper && lower)) {
            blame(out, i);
            continue;
        }
        lower |= is_lower;
        upper |= is_upper;
    }
    return out->location_count == 0;
}

/* What one error adds to the checksum. The code is linear, so an error pattern is found by looking for one or two of
 * these whose sum is the difference that was seen. */
struct error_sum {
    uint32_t sum;
    uint32_t at; /* place of the error among the values */
};

struct error_sums {
    struct error_sum of[YC_BECH32_TEXT_MAX * (VALUES - 1)]; /* ascending by sum */
    size_t n;
};

static int compare_sums(const void *a, const void *b)
{
    const struct error_sum *x = a, *y = b;
    return (x->sum > y->sum) - (x->sum < y->sum);
}

static void error_sums_init(struct error_sums *s, size_t n)
{
    s->n = 0;
    for (uint8_t error = 1; error < VALUES; error++) {
        uint32_t sum = error;
        for (size_t at = n; at-- > 0; sum = yc_bech32_remainder_add(sum, 0))
            s->of[s->n++] = (struct error_sum){sum, (uint32_t)at};
    }
    qsort(s->of, s->n, sizeof s->of[0], compare_sums);
}

static const struct error_sum *find(const struct error_sums *s, uint32_t sum)
{
    const struct error_sum wanted = {sum, 0};
    return bsearch(&wanted, s->of, s->n, sizeof s->of[0], compare_sums);
}

/* Places of one or two errors that explain the difference, rising; 0 when none do. */
static size_t explain(const struct error_sums *s, uint32_t difference, size_t at[2])
{
    const struct error_sum *one = find(s, difference);
    if (one) {
        at[0] = one->at;
        return 1;
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct error_sum *other = find(s, difference ^ s->of[i].sum);
        if (other && other->at != s->of[i].at) {
            bool before = s->of[i].at < other->at;
            at[0] = before ? s->of[i].at : other->at;
            at[1] = before ? other->at : s->of[i].at;
            return 2;
        }
    }
    return 0;
}

static void locate_in_checksum(struct yc_address_fault *out, struct yc_view hrp, const uint8_t *values, size_t n)
{
    struct error_sums sums;
    error_sums_init(&sums, n);
    uint32_t seen = yc_bech32_remainder_hrp(hrp);
    for (size_t i = 0; i < n; i++)
        seen = yc_bech32_remainder_add(seen, values[i]);
    size_t old_at[2] = {0}, new_at[2] = {0};
    size_t old_form = explain(&sums, seen ^ yc_bech32_remainder_good(YC_BECH32), old_at);
    size_t new_form = old_form == 1 ? 0 : explain(&sums, seen ^ yc_bech32_remainder_good(YC_BECH32M), new_at);
    bool is_new = new_form && (!old_form || new_form < old_form);
    const size_t *at = is_new ? new_at : old_at;
    size_t count = is_new ? new_form : old_form;
    for (size_t i = 0; i < count; i++)
        blame(out, hrp.n + 1 + at[i]);
    say(out, !count ? "Invalid checksum" : is_new ? "Invalid Bech32m checksum" : "Invalid Bech32 checksum");
}

void yc_bech32_locate(struct yc_address_fault *out, struct yc_view text)
{
    static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    *out = (struct yc_address_fault){.location_count = 0};
    if (text.n > YC_BECH32_TEXT_MAX) {
        for (size_t i = YC_BECH32_TEXT_MAX; i < text.n && out->location_count < YC_ADDRESS_LOCATIONS_MAX; i++)
            blame(out, i);
        say(out, "Bech32 string too long");
        return;
    }
    if (!characters_ok(out, text)) {
        say(out, "Invalid character or mixed case");
        return;
    }
    size_t separator = text.n;
    while (separator > 0 && text.p[separator - 1] != '1')
        separator--;
    if (separator == 0) {
        say(out, "Missing separator");
        return;
    }
    separator--;
    if (separator == 0 || separator + CHECKSUM_CHARS >= text.n) {
        blame(out, separator);
        say(out, "Invalid separator position");
        return;
    }
    uint8_t values[YC_BECH32_TEXT_MAX];
    size_t n = text.n - separator - 1;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = text.p[separator + 1 + i];
        c = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
        const char *found = strchr(charset, c);
        if (!found) {
            blame(out, separator + 1 + i);
            say(out, "Invalid Base 32 character");
            return;
        }
        values[i] = (uint8_t)(found - charset);
    }
    locate_in_checksum(out, yc_view_slice(text, 0, separator), values, n);
}
