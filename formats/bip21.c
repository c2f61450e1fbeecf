#include "formats/bip21.h"

#include "base/hex.h"
#include "formats/amount.h"

#include <stdio.h>

static enum yc_verdict refuse(struct yc_error *err, const char *why)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this is not a payment link: %s", why);
}

/* Undo the escapes of v into out (cap bytes with NUL). False for a bad escape, a control character or too long text.
 *
 * Attack: a label with terminal control sequences would rewrite what the person is about to confirm. */
static bool unescape(char *out, size_t cap, struct yc_view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        int c = v.p[i];
        if (c == '%') {
            int high = v.n - i > 2 ? yc_hex_digit(v.p[i + 1]) : -1;
            int low = high >= 0 ? yc_hex_digit(v.p[i + 2]) : -1;
            if (low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        bool is_c1 = n > 0 && (uint8_t)out[n - 1] == 0xc2 && c >= 0x80 && c < 0xa0; /* U+0080..U+009F */
        if (c < 0x20 || c == 0x7f || is_c1 || n + 1 >= cap)
            return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return true;
}

static bool same_word(struct yc_view v, const char *word)
{
    if (v.n != strlen(word))
        return false;
    for (size_t i = 0; i < v.n; i++)
        if ((v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] + 32 : v.p[i]) != word[i])
            return false;
    return true;
}

/* The part of *rest up to the separator, which is dropped. */
static struct yc_view cut(struct yc_view *rest, uint8_t separator)
{
    const uint8_t *at = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    struct yc_view part = yc_view(rest->p, at ? (size_t)(at - rest->p) : rest->n);
    size_t used = part.n + (at ? 1 : 0);
    *rest = yc_view(rest->p ? rest->p + used : NULL, rest->n - used);
    return part;
}

struct seen {
    bool amount, label, message;
};

static enum yc_verdict read_parameter(struct yc_bip21 *out, struct seen *seen, struct yc_view key, struct yc_view value,
                                      struct yc_error *err)
{
    if (same_word(key, "amount")) {
        char amount[YC_AMOUNT_TEXT_MAX * 2];
        if (seen->amount)
            return refuse(err, "it gives the amount twice");
        if (!unescape(amount, sizeof amount, value))
            return refuse(err, "its amount is too long or badly escaped");
        seen->amount = out->has_amount = true;
        return yc_amount_parse(&out->amount_sat, yc_view_text(amount), err);
    }
    if (same_word(key, "label")) {
        if (seen->label)
            return refuse(err, "it gives the label twice");
        seen->label = true;
        return unescape(out->label, sizeof out->label, value)
                   ? YC_VALID
                   : refuse(err, "its label is too long, badly escaped or holds control characters");
    }
    if (same_word(key, "message")) {
        if (seen->message)
            return refuse(err, "it gives the message twice");
        seen->message = true;
        return unescape(out->message, sizeof out->message, value)
                   ? YC_VALID
                   : refuse(err, "its message is too long, badly escaped or holds control characters");
    }
    if (key.n >= 4 && same_word(yc_view(key.p, 4), "req-"))
        return refuse(err, "it demands something that this version does not know (a parameter that begins with req-); "
                           "ask the payee for another");
    return YC_VALID;
}

enum yc_verdict yc_bip21_parse(struct yc_bip21 *out, struct yc_view text, struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    size_t scheme_n = strlen(YC_BIP21_SCHEME);
    if (text.n <= scheme_n || text.p[scheme_n] != ':' || !same_word(yc_view(text.p, scheme_n), YC_BIP21_SCHEME))
        return refuse(err, "it does not begin with " YC_BIP21_SCHEME ":");
    struct yc_view rest = yc_view_slice(text, scheme_n + 1, text.n - scheme_n - 1);
    struct yc_view address = cut(&rest, '?');
    if (address.n == 0)
        return refuse(err, "it holds no address");
    if (!unescape(out->address, sizeof out->address, address))
        return refuse(err, "its address is too long or badly escaped");
    struct seen seen = {false, false, false};
    while (rest.n) {
        struct yc_view pair = cut(&rest, '&');
        struct yc_view key = cut(&pair, '=');
        enum yc_verdict v = read_parameter(out, &seen, key, pair, err);
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}

/* Append text with everything but unreserved characters (RFC 3986) escaped; returns the new length. */
static size_t escape(char *out, size_t n, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '.' || c == '_' || c == '~';
        if (is_plain) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    out[n] = 0;
    return n;
}

/* scheme, ':', address, "?amount=", amount, "&label=", "&message=", both texts escaped in full, NUL */
_Static_assert(sizeof YC_BIP21_SCHEME + 1 + YC_ADDRESS_TEXT_MAX + 8 + YC_AMOUNT_TEXT_MAX + 7 + 9 +
                       3 * sizeof((struct yc_bip21 *)0)->label + 3 * sizeof((struct yc_bip21 *)0)->message <=
                   YC_BIP21_TEXT_MAX,
               "the longest link has room");

void yc_bip21_print(char out[YC_BIP21_TEXT_MAX], const struct yc_bip21 *request)
{
    size_t n = (size_t)snprintf(out, YC_BIP21_TEXT_MAX, "%s:%s", YC_BIP21_SCHEME, request->address);
    char separator = '?';
    if (request->has_amount) {
        char amount[YC_AMOUNT_TEXT_MAX];
        yc_amount_print_short(amount, request->amount_sat);
        n += (size_t)snprintf(out + n, YC_BIP21_TEXT_MAX - n, "%camount=%s", separator, amount);
        separator = '&';
    }
    if (request->label[0]) {
        n += (size_t)snprintf(out + n, YC_BIP21_TEXT_MAX - n, "%clabel=", separator);
        n = escape(out, n, request->label);
        separator = '&';
    }
    if (request->message[0]) {
        n += (size_t)snprintf(out + n, YC_BIP21_TEXT_MAX - n, "%cmessage=", separator);
        (void)escape(out, n, request->message);
    }
}
