#include "sys/json_check.h"

#include "base/hex.h"
#include "sys/json.h"
#include "sys/utf8.h"

struct scan {
    const uint8_t *start, *p, *end;
    const char *why; /* NULL while all is well; stays at the first reason */
    unsigned depth;
    size_t members;
    bool in_object[YC_JSON_DEPTH_MAX];
};

static void fail(struct scan *s, const char *why)
{
    if (!s->why)
        s->why = why;
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != (uint8_t)c)
        return false;
    s->p++;
    return true;
}

static bool is_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static void digits(struct scan *s)
{
    if (!is_digit(s))
        fail(s, "a digit is missing");
    while (is_digit(s))
        s->p++;
}

/* True when the digits from p to end are at most max. */
static bool at_most(const uint8_t *p, const uint8_t *end, uint64_t max)
{
    uint64_t v = 0;
    for (; p < end; p++) {
        unsigned digit = *p - (unsigned)'0';
        if (v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    return true;
}

/* json-c would quietly make the nearest 64-bit number of a whole one that is too large: that is refused here. */
static void number(struct scan *s)
{
    bool minus = take(s, '-'), whole = true;
    const uint8_t *first = s->p;
    if (!take(s, '0'))
        digits(s);
    else if (is_digit(s))
        fail(s, "a number begins with 0");
    const uint8_t *end = s->p;
    if (take(s, '.')) {
        whole = false;
        digits(s);
    }
    if (take(s, 'e') || take(s, 'E')) {
        whole = false;
        if (!take(s, '+'))
            (void)take(s, '-');
        digits(s);
    }
    if (whole && !at_most(first, end, minus ? (uint64_t)1 << 63 : UINT64_MAX))
        fail(s, "a whole number does not fit in 64 bits");
}

static void word(struct scan *s, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
        fail(s, "a value is expected");
    else
        s->p += n;
}

/* Four hex digits, or a failure. */
static unsigned unit(struct scan *s)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        int digit = yc_hex_digit(s->p < s->end ? *s->p : 0);
        if (digit < 0) {
            fail(s, "\\u needs four hex digits");
            return 0xfffd;
        }
        v = v << 4 | (unsigned)digit;
        s->p++;
    }
    return v;
}

static void escape(struct scan *s, bool is_name)
{
    uint8_t c = s->p < s->end ? *s->p : 0;
    if (c == 0 || !strchr("\"\\/bfnrtu", c)) {
        fail(s, "an unknown escape");
        return;
    }
    s->p++;
    if (c != 'u')
        return;
    unsigned v = unit(s);
    if (v == 0 && is_name)
        fail(s, "a member's name holds a NUL");
    if (v >= 0xdc00 && v <= 0xdfff)
        fail(s, "a lone surrogate");
    if (v >= 0xd800 && v <= 0xdbff) {
        bool paired = take(s, '\\') && take(s, 'u');
        unsigned low = paired ? unit(s) : 0;
        if (low < 0xdc00 || low > 0xdfff)
            fail(s, "a lone surrogate");
    }
}

static void string(struct scan *s, bool is_name)
{
    s->p++;
    while (!s->why) {
        if (s->p == s->end) {
            fail(s, "a string has no end");
        } else if (*s->p == '"') {
            s->p++;
            return;
        } else if (*s->p == '\\') {
            s->p++;
            escape(s, is_name);
        } else if (*s->p < 0x20) {
            fail(s, "a control character in a string");
        } else {
            size_t n = yc_utf8_bytes(s->p, (size_t)(s->end - s->p));
            s->p += n;
            if (n == 0)
                fail(s, "a string is not UTF-8");
        }
    }
}

static void name(struct scan *s)
{
    s->members++;
    skip_space(s);
    if (s->p == s->end || *s->p != '"') {
        fail(s, "a member's name is expected");
        return;
    }
    string(s, true);
    skip_space(s);
    if (!take(s, ':'))
        fail(s, "a colon is expected");
}

/* One scalar, or the beginning of an array or object; true when a value is complete. */
static bool value(struct scan *s)
{
    skip_space(s);
    uint8_t c = s->p < s->end ? *s->p : 0;
    if (c == '{' || c == '[') {
        if (s->depth == YC_JSON_DEPTH_MAX) {
            fail(s, "nested too deeply");
            return true;
        }
        s->p++;
        skip_space(s);
        if (take(s, c == '{' ? '}' : ']'))
            return true;
        s->in_object[s->depth++] = c == '{';
        if (c == '{')
            name(s);
        return false;
    }
    if (c == '"')
        string(s, false);
    else if (c == '-' || (c >= '0' && c <= '9'))
        number(s);
    else
        word(s, c == 't' ? "true" : c == 'f' ? "false" : "null");
    return true;
}

/* What follows a complete value; true when that completes another value, or the text. */
static bool after_value(struct scan *s)
{
    skip_space(s);
    bool in_object = s->in_object[s->depth - 1];
    if (take(s, ',')) {
        if (in_object)
            name(s);
        return false;
    }
    if (!take(s, in_object ? '}' : ']')) {
        fail(s, in_object ? "a comma or } is expected" : "a comma or ] is expected");
        return false;
    }
    s->depth--;
    return true;
}

enum yc_verdict yc_json_check(struct yc_view text, size_t *members, struct yc_error *err)
{
    static const uint8_t none[1] = {0};
    struct scan s = {.start = text.n ? text.p : none};
    s.p = s.start;
    s.end = s.start + text.n;
    bool complete = false;
    do {
        complete = value(&s);
        while (complete && s.depth > 0 && !s.why)
            complete = after_value(&s);
    } while (!s.why && !complete);
    skip_space(&s);
    if (!s.why && s.p != s.end)
        fail(&s, "more text after the value");
    *members = s.members;
    if (!s.why)
        return YC_VALID;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this is not JSON: %s at byte %zu", s.why, (size_t)(s.p - s.start));
}
