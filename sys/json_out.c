#include "sys/json_out.h"

#include "base/assert.h"
#include "base/hex.h"
#include "sys/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void yc_json_out_init(struct yc_json_out *j, struct yc_buf *buf, unsigned indent)
{
    j->buf = buf;
    j->indent = indent;
    j->depth = 0;
    j->after_key = false;
}

static void put(struct yc_json_out *j, const char *text, size_t n)
{
    yc_buf_append(j->buf, text, n);
}

static void new_line(struct yc_json_out *j)
{
    if (j->indent == 0)
        return;
    uint8_t *at = yc_buf_room(j->buf, 1 + (size_t)j->indent * j->depth);
    if (!at)
        return;
    at[0] = '\n';
    memset(at + 1, ' ', (size_t)j->indent * j->depth);
}

/* What stands before an element or a key: a comma after the first, and the line's beginning. */
static void before_item(struct yc_json_out *j)
{
    if (j->depth == 0)
        return;
    if (j->level[j->depth - 1].has_items)
        put(j, ",", 1);
    j->level[j->depth - 1].has_items = true;
    new_line(j);
}

static void before_value(struct yc_json_out *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    YC_ASSERT(j->depth == 0 || !j->level[j->depth - 1].is_object);
    before_item(j);
}

static void begin(struct yc_json_out *j, bool is_object)
{
    before_value(j);
    YC_ASSERT(j->depth < YC_JSON_OUT_DEPTH_MAX);
    put(j, is_object ? "{" : "[", 1);
    j->level[j->depth].is_object = is_object;
    j->level[j->depth].has_items = false;
    j->depth++;
}

static void end(struct yc_json_out *j, bool is_object)
{
    YC_ASSERT(j->depth > 0 && j->level[j->depth - 1].is_object == is_object && !j->after_key);
    j->depth--;
    new_line(j); /* an empty one too, as in Bitcoin Core */
    put(j, is_object ? "}" : "]", 1);
}

void yc_json_begin_object(struct yc_json_out *j)
{
    begin(j, true);
}
void yc_json_end_object(struct yc_json_out *j)
{
    end(j, true);
}
void yc_json_begin_array(struct yc_json_out *j)
{
    begin(j, false);
}
void yc_json_end_array(struct yc_json_out *j)
{
    end(j, false);
}

/* ---- strings ---- */

static void put_escape(struct yc_json_out *j, uint8_t c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, what follows the backslash */
    char text[8];
    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2) {
        if ((uint8_t)short_forms[i] == c) {
            text[0] = '\\';
            text[1] = short_forms[i + 1];
            put(j, text, 2);
            return;
        }
    }
    int n = snprintf(text, sizeof text, "\\u%04x", c);
    put(j, text, (size_t)n);
}

static void put_quoted(struct yc_json_out *j, struct yc_view v)
{
    put(j, "\"", 1);
    size_t plain = 0; /* bytes before i that wait to be copied as they are */
    for (size_t i = 0; i < v.n;) {
        uint8_t c = v.p[i];
        size_t n = c < 0x80 ? 1 : yc_utf8_bytes(v.p + i, v.n - i);
        if (n > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            plain += n;
            i += n;
            continue;
        }
        yc_buf_append(j->buf, v.p + i - plain, plain);
        plain = 0;
        if (n == 0)
            put(j, "\xef\xbf\xbd", 3);
        else
            put_escape(j, c);
        i++;
    }
    if (plain > 0)
        yc_buf_append(j->buf, v.p + v.n - plain, plain);
    put(j, "\"", 1);
}

void yc_json_key_view(struct yc_json_out *j, struct yc_view name)
{
    YC_ASSERT(j->depth > 0 && j->level[j->depth - 1].is_object && !j->after_key);
    before_item(j);
    put_quoted(j, name);
    put(j, ": ", j->indent ? 2 : 1);
    j->after_key = true;
}

void yc_json_key(struct yc_json_out *j, const char *name)
{
    yc_json_key_view(j, yc_view_text(name));
}

void yc_json_put_string(struct yc_json_out *j, struct yc_view text)
{
    before_value(j);
    put_quoted(j, text);
}

void yc_json_put_text(struct yc_json_out *j, const char *text)
{
    yc_json_put_string(j, yc_view_text(text));
}

void yc_json_put_textf(struct yc_json_out *j, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yc_json_put_text(j, text);
}

/* Hex goes straight into the buffer: whole blocks pass here. yc_hex_write ends with a NUL, which the quote replaces. */
static void put_hex(struct yc_json_out *j, const uint8_t *p, size_t n, bool reversed)
{
    before_value(j);
    if (n > (SIZE_MAX - 2) / 2) {
        j->buf->failed = true;
        return;
    }
    uint8_t *at = yc_buf_room(j->buf, 2 * n + 2);
    if (!at)
        return;
    at[0] = '"';
    if (reversed)
        yc_hex_write_reversed((char *)at + 1, p, n);
    else
        yc_hex_write((char *)at + 1, p, n);
    at[2 * n + 1] = '"';
}

void yc_json_put_hex(struct yc_json_out *j, struct yc_view bytes)
{
    put_hex(j, bytes.p, bytes.n, false);
}

void yc_json_put_hash(struct yc_json_out *j, const uint8_t *hash, size_t n)
{
    put_hex(j, hash, n, true);
}

/* ---- the rest ---- */

void yc_json_put_raw(struct yc_json_out *j, struct yc_view json)
{
    before_value(j);
    yc_buf_append(j->buf, json.p, json.n);
}

void yc_json_put_null(struct yc_json_out *j)
{
    yc_json_put_raw(j, yc_view_text("null"));
}

void yc_json_put_bool(struct yc_json_out *j, bool v)
{
    yc_json_put_raw(j, yc_view_text(v ? "true" : "false"));
}

void yc_json_put_int(struct yc_json_out *j, int64_t v)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%lld", (long long)v);
    yc_json_put_raw(j, yc_view(text, (size_t)n));
}

void yc_json_put_u64(struct yc_json_out *j, uint64_t v)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    yc_json_put_raw(j, yc_view(text, (size_t)n));
}

void yc_json_put_double(struct yc_json_out *j, double v)
{
    char text[40];
    if (!isfinite(v)) {
        yc_json_put_null(j);
        return;
    }
    int n = snprintf(text, sizeof text, "%.16g", v);
    yc_json_put_raw(j, yc_view(text, (size_t)n));
}

void yc_json_put_amount(struct yc_json_out *j, int64_t sat)
{
    char text[40];
    uint64_t units = sat < 0 ? 0 - (uint64_t)sat : (uint64_t)sat;
    int n = snprintf(text, sizeof text, "%s%llu.%08llu", sat < 0 ? "-" : "", (unsigned long long)(units / 100000000),
                     (unsigned long long)(units % 100000000));
    yc_json_put_raw(j, yc_view(text, (size_t)n));
}

void yc_json_member_bool(struct yc_json_out *j, const char *key, bool v)
{
    yc_json_key(j, key);
    yc_json_put_bool(j, v);
}

void yc_json_member_int(struct yc_json_out *j, const char *key, int64_t v)
{
    yc_json_key(j, key);
    yc_json_put_int(j, v);
}

void yc_json_member_u64(struct yc_json_out *j, const char *key, uint64_t v)
{
    yc_json_key(j, key);
    yc_json_put_u64(j, v);
}

void yc_json_member_double(struct yc_json_out *j, const char *key, double v)
{
    yc_json_key(j, key);
    yc_json_put_double(j, v);
}

void yc_json_member_amount(struct yc_json_out *j, const char *key, int64_t sat)
{
    yc_json_key(j, key);
    yc_json_put_amount(j, sat);
}

void yc_json_member_text(struct yc_json_out *j, const char *key, const char *text)
{
    yc_json_key(j, key);
    yc_json_put_text(j, text);
}

void yc_json_member_hex(struct yc_json_out *j, const char *key, struct yc_view bytes)
{
    yc_json_key(j, key);
    yc_json_put_hex(j, bytes);
}

void yc_json_member_hash(struct yc_json_out *j, const char *key, const uint8_t *hash, size_t n)
{
    yc_json_key(j, key);
    yc_json_put_hash(j, hash, n);
}
