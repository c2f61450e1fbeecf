#include "consensus/script/asm.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "consensus/script/encoding.h"
#include "consensus/script/flags.h"
#include "consensus/script/num.h"
#include "consensus/script/sighash.h"

#include <stdio.h>

#define ASM_NUMBER_BYTES_MAX 4 /* pushes up to this length are shown as numbers */

/* Writing text. */

static void append_hex(struct yc_buf *out, struct yc_view v)
{
    char digits[2 * 64 + 1];
    for (size_t at = 0; at < v.n; at += 64) {
        size_t n = v.n - at < 64 ? v.n - at : 64;
        yc_hex_write(digits, v.p + at, n);
        yc_buf_append(out, digits, 2 * n);
    }
}

static const char *sighash_name(uint8_t type)
{
    switch (type) {
    case YC_SIGHASH_ALL:
        return "[ALL]";
    case YC_SIGHASH_NONE:
        return "[NONE]";
    case YC_SIGHASH_SINGLE:
        return "[SINGLE]";
    case YC_SIGHASH_ALL | YC_SIGHASH_ANYONECANPAY:
        return "[ALL|ANYONECANPAY]";
    case YC_SIGHASH_NONE | YC_SIGHASH_ANYONECANPAY:
        return "[NONE|ANYONECANPAY]";
    case YC_SIGHASH_SINGLE | YC_SIGHASH_ANYONECANPAY:
        return "[SINGLE|ANYONECANPAY]";
    default:
        return NULL;
    }
}

static void append_push(struct yc_buf *out, struct yc_view data, bool decode_sighash)
{
    int64_t number;
    if (yc_script_num_read(&number, data, ASM_NUMBER_BYTES_MAX, false)) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)number);
        yc_buf_append_text(out, text);
        return;
    }
    const char *type = NULL;
    if (decode_sighash && yc_sig_check_encoding(data, YC_SCRIPT_STRICTENC) == YC_SCRIPT_OK)
        type = sighash_name(data.p[data.n - 1]);
    append_hex(out, type ? yc_view_slice(data, 0, data.n - 1) : data);
    if (type)
        yc_buf_append_text(out, type);
}

void yc_script_asm(struct yc_buf *out, struct yc_view script, bool decode_sighash)
{
    size_t at = 0;
    struct yc_script_op op;
    bool decode = decode_sighash && !yc_script_is_unspendable(script);
    for (bool first = true; yc_script_next(script, &at, &op, NULL); first = false) {
        if (!first)
            yc_buf_append_text(out, " ");
        if (op.opcode <= YC_OP_PUSHDATA4)
            append_push(out, op.data, decode);
        else
            yc_buf_append_text(out, yc_opcode_name(op.opcode));
    }
    if (at < script.n)
        yc_buf_append_text(out, at ? " [error]" : "[error]");
}

/* Reading text. */

void yc_script_push(struct yc_buf *out, struct yc_view data)
{
    uint8_t head[5] = {(uint8_t)data.n};
    size_t n = 1;
    if (data.n > UINT16_MAX) {
        head[0] = YC_OP_PUSHDATA4;
        yc_put32le(head + 1, (uint32_t)data.n);
        n = 5;
    } else if (data.n > UINT8_MAX) {
        head[0] = YC_OP_PUSHDATA2;
        yc_put16le(head + 1, (uint16_t)data.n);
        n = 3;
    } else if (data.n >= YC_OP_PUSHDATA1) {
        head[0] = YC_OP_PUSHDATA1;
        head[1] = (uint8_t)data.n;
        n = 2;
    }
    yc_buf_append(out, head, n);
    yc_buf_append(out, data.p, data.n);
}

void yc_script_push_number(struct yc_buf *out, int64_t value)
{
    uint8_t bytes[YC_SCRIPT_NUM_WRITE_BYTES] = {(uint8_t)(value + (YC_OP_1 - 1))};
    if (value == -1 || (value >= 1 && value <= 16))
        yc_buf_append(out, bytes, 1);
    else
        yc_script_push(out, yc_view(bytes, yc_script_num_write(bytes, value)));
}

/* Is the word a decimal number? Saturates above what the language allows. */
static bool read_decimal(struct yc_view word, int64_t *out)
{
    bool negative = word.n > 1 && word.p[0] == '-';
    int64_t value = 0;
    for (size_t i = negative ? 1 : 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
        if (value <= UINT32_MAX)
            value = value * 10 + (word.p[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

static bool append_raw_hex(struct yc_buf *out, struct yc_view word)
{
    if (word.n <= 2 || word.n % 2 || word.p[0] != '0' || word.p[1] != 'x')
        return false;
    size_t n = (word.n - 2) / 2;
    uint8_t *room = yc_buf_room(out, n);
    return !room || yc_hex_read(room, n, (const char *)word.p + 2, word.n - 2);
}

static bool append_opcode(struct yc_buf *out, struct yc_view word)
{
    bool prefixed = word.n > 3 && !memcmp(word.p, "OP_", 3);
    struct yc_view wanted = prefixed ? yc_view_slice(word, 3, word.n - 3) : word;
    for (unsigned i = YC_OP_RESERVED; i <= YC_OP_CHECKSIGADD; i++) {
        const char *name = yc_opcode_name((uint8_t)i);
        bool is_number = i >= YC_OP_1 && i <= YC_OP_16; /* those are written as numbers */
        if (is_number || !yc_view_equal(yc_view_text(name + 3), wanted))
            continue;
        uint8_t byte = (uint8_t)i;
        yc_buf_append(out, &byte, 1);
        return true;
    }
    return false;
}

static bool append_word(struct yc_buf *out, struct yc_view word)
{
    int64_t number;
    if (read_decimal(word, &number)) {
        if (number > (int64_t)UINT32_MAX || number < -(int64_t)UINT32_MAX)
            return false;
        yc_script_push_number(out, number);
        return true;
    }
    if (word.n >= 2 && word.p[0] == '\'' && word.p[word.n - 1] == '\'') {
        yc_script_push(out, yc_view_slice(word, 1, word.n - 2));
        return true;
    }
    return append_raw_hex(out, word) || append_opcode(out, word);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

enum yc_verdict yc_script_assemble(struct yc_buf *out, struct yc_view text, struct yc_error *err)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && !is_space(text.p[end]))
            end++;
        struct yc_view word = yc_view_slice(text, at, end - at);
        if (word.n && !append_word(out, word))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "The word '%.*s' is no opcode, number, 0x-hex or 'text'; correct it and try again.",
                           word.n > 80 ? 80 : (int)word.n, (const char *)word.p);
        at = end + 1;
    }
    if (out->failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "There is no memory for a script of %zu characters.", text.n);
    return YC_VALID;
}
