/* Answers on standard output, errors on standard error, as scripts written for bitcoin-cli read them. */
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/cli.h"
#include "sys/heap.h"

int yc_cli_print_failure(const struct yc_error *err)
{
    fprintf(stderr, "error: %s\n", err->text);
    return 1;
}

int yc_cli_print_error(const struct yc_json *error)
{
    int64_t code = 0;
    const char *message = yc_json_text(yc_json_member(error, "message"));
    if (!yc_json_int64(yc_json_member(error, "code"), &code) || !message) {
        struct yc_buf text;
        yc_buf_init(&text, yc_heap(), 1 << 20);
        yc_json_print(error, 0, &text);
        fprintf(stderr, "error: %.*s\n", (int)text.n, (const char *)text.p);
        yc_buf_release(&text);
        return 1;
    }
    fprintf(stderr, "error code: %lld\nerror message:\n%s\n", (long long)code, message);
    return abs((int)(code % 256)) & 0xff;
}

int yc_cli_print_value(const struct yc_json *v)
{
    struct yc_buf text;
    struct yc_view string = yc_json_string(v);
    size_t written;
    if (yc_json_is_null(v))
        return 0;
    yc_buf_init(&text, yc_heap(), SIZE_MAX / 2);
    if (yc_json_kind(v) == YC_JSON_STRING)
        yc_buf_append(&text, string.p, string.n);
    else
        yc_json_print(v, 2, &text);
    yc_buf_append_text(&text, "\n");
    written = text.failed ? 0 : fwrite(text.p, 1, text.n, stdout);
    bool ok = !text.failed && written == text.n && fflush(stdout) == 0;
    yc_buf_release(&text);
    if (!ok)
        fprintf(stderr, "error: the answer could not be written to standard output\n");
    return ok ? 0 : 1;
}

int yc_cli_print_answer(const struct yc_json *answer)
{
    const struct yc_json *error = yc_json_member(answer, "error");
    if (!yc_json_is_null(error))
        return yc_cli_print_error(error);
    return yc_cli_print_value(yc_json_member(answer, "result"));
}
