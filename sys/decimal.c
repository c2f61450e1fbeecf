/* Decimal text as exact whole numbers: amounts never pass through floating point (catalogue W15). */
#include "sys/json.h"

#define SIGNIFICANT_MAX 1000000000000000000 /* 18 digits fit in 64 bits */
#define EXPONENT_MAX    1000000             /* far beyond what a range of 64 bits can take */

/* digits, then `zeros` zeros, times ten to the power of `exponent`. */
struct decimal {
    int64_t digits, zeros, exponent;
    bool too_long;
};

static bool is_digit(const struct yc_view *t)
{
    return t->n > 0 && *t->p >= '0' && *t->p <= '9';
}

static bool take(struct yc_view *t, char c)
{
    if (t->n == 0 || *t->p != (uint8_t)c)
        return false;
    *t = yc_view_slice(*t, 1, t->n - 1);
    return true;
}

/* Read digits, at least one. Zeros at the end are only counted: 1.000000000 is a whole number. */
static bool take_digits(struct yc_view *t, struct decimal *d, bool is_fraction)
{
    if (!is_digit(t))
        return false;
    for (; is_digit(t) && !d->too_long; *t = yc_view_slice(*t, 1, t->n - 1)) {
        d->exponent -= is_fraction;
        if (*t->p == '0') {
            d->zeros += d->digits != 0;
            continue;
        }
        for (; d->zeros >= 0 && !d->too_long; d->zeros--) {
            d->too_long = d->digits >= SIGNIFICANT_MAX / 10;
            d->digits *= d->too_long ? 1 : 10;
        }
        d->zeros = 0;
        d->digits += *t->p - '0';
    }
    return true;
}

static bool take_exponent(struct yc_view *t, struct decimal *d)
{
    bool minus = !take(t, '+') && take(t, '-');
    int64_t e = 0;
    if (!is_digit(t))
        return false;
    for (; is_digit(t); *t = yc_view_slice(*t, 1, t->n - 1))
        e = e > EXPONENT_MAX ? e : e * 10 + (*t->p - '0');
    d->exponent += minus ? -e : e;
    return true;
}

bool yc_decimal_parse(struct yc_view text, int decimals, int64_t max, int64_t *out)
{
    struct decimal d = {0, 0, 0, false};
    bool minus = take(&text, '-');
    if (take(&text, '0') ? is_digit(&text) : !take_digits(&text, &d, false))
        return false;
    if (take(&text, '.') && !take_digits(&text, &d, true))
        return false;
    if ((take(&text, 'e') || take(&text, 'E')) && !take_exponent(&text, &d))
        return false;
    if (text.n > 0 || d.too_long)
        return false;
    int64_t shift = d.zeros + d.exponent + decimals;
    if (d.digits != 0 && (shift < 0 || shift > 18))
        return false;
    for (; d.digits != 0 && shift > 0; shift--) {
        if (d.digits > max / 10)
            return false;
        d.digits *= 10;
    }
    if (d.digits > max)
        return false;
    *out = minus ? -d.digits : d.digits;
    return true;
}
