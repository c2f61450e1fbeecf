/* The table of methods, and the help that is made of it. */
#include <ctype.h>
#include <stdio.h>

#include "node/rpc/internal.h"

#define NONE                                                                                                           \
    {                                                                                                                  \
        .kind = YC_RPC_ARG_END                                                                                         \
    }
#define NEED(names, kind, what)                                                                                        \
    {                                                                                                                  \
        names, YC_RPC_ARG_##kind, true, false, NULL, what                                                              \
    }
#define MAY(names, kind, what)                                                                                         \
    {                                                                                                                  \
        names, YC_RPC_ARG_##kind, false, false, NULL, what                                                             \
    }
#define NEED_AS(names, kind, shape, what)                                                                              \
    {                                                                                                                  \
        names, YC_RPC_ARG_##kind, true, false, shape, what                                                             \
    }
#define MAY_AS(names, kind, shape, what)                                                                               \
    {                                                                                                                  \
        names, YC_RPC_ARG_##kind, false, false, shape, what                                                            \
    }
#define NAMED(names, kind, what)                                                                                       \
    {                                                                                                                  \
        names, YC_RPC_ARG_##kind, false, true, NULL, what                                                              \
    }

static const struct yc_rpc_method methods[] = {
#define M(category, name, place, what, example, ...)                                                                   \
    {#category, #name, place, yc_method_##name, what, example, {__VA_ARGS__}},
#include "node/rpc/methods.def"
#undef M
};

static const char *const names[] = {
#define M(category, name, place, what, example, ...) #name,
#include "node/rpc/methods.def"
#undef M
    NULL};

const char *const *yc_rpc_methods(void)
{
    return names;
}

size_t yc_rpc_method_count(void)
{
    return sizeof methods / sizeof *methods;
}

const struct yc_rpc_method *yc_rpc_method_at(size_t i)
{
    return &methods[i];
}

const struct yc_rpc_method *yc_rpc_method_find(const char *name)
{
    for (size_t i = 0; i < yc_rpc_method_count(); i++) {
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    }
    return NULL;
}

size_t yc_rpc_method_args(const struct yc_rpc_method *m, size_t *needed)
{
    size_t count = 0, need = 0;
    for (const struct yc_rpc_arg *a = m->arg; a->kind != YC_RPC_ARG_END; a++) {
        if (a->named_only)
            continue;
        count++;
        if (a->required)
            need = count;
    }
    if (needed)
        *needed = need;
    return count;
}

static void append(struct yc_buf *out, struct yc_view v)
{
    yc_buf_append(out, v.p, v.n);
}

static struct yc_view first_name(const struct yc_rpc_arg *a)
{
    return yc_view(a->names, strcspn(a->names, "|"));
}

static void append_shape(struct yc_buf *out, const struct yc_rpc_arg *a)
{
    bool quoted = a->kind == YC_RPC_ARG_TEXT || a->kind == YC_RPC_ARG_HEX;
    if (a->shape) {
        yc_buf_append_text(out, a->shape);
        return;
    }
    yc_buf_append_text(out, quoted ? "\"" : "");
    append(out, first_name(a));
    yc_buf_append_text(out, quoted ? "\"" : "");
}

/* "getblock "blockhash" ( verbosity )" */
static void append_usage(struct yc_buf *out, const struct yc_rpc_method *m)
{
    bool inside = false;
    yc_buf_append_text(out, m->name);
    for (const struct yc_rpc_arg *a = m->arg; a->kind != YC_RPC_ARG_END; a++) {
        if (a->named_only)
            continue;
        yc_buf_append_text(out, " ");
        if (!a->required && !inside)
            yc_buf_append_text(out, "( ");
        else if (a->required && inside)
            yc_buf_append_text(out, ") ");
        inside = !a->required;
        append_shape(out, a);
    }
    if (inside)
        yc_buf_append_text(out, " )");
}

static const char *kind_text(enum yc_rpc_arg_kind kind)
{
    switch (kind) {
    case YC_RPC_ARG_END:
        break;
    case YC_RPC_ARG_TEXT:
        return "string";
    case YC_RPC_ARG_HEX:
        return "string, hex";
    case YC_RPC_ARG_NUMBER:
        return "numeric";
    case YC_RPC_ARG_BOOL:
        return "boolean";
    case YC_RPC_ARG_ARRAY:
        return "json array";
    case YC_RPC_ARG_OBJECT:
        return "json object";
    case YC_RPC_ARG_AMOUNT:
        return "numeric or string";
    case YC_RPC_ARG_ANY:
        return "any";
    }
    return "";
}

static void append_args(struct yc_buf *out, const struct yc_rpc_method *m, bool named_only)
{
    unsigned number = 0;
    for (const struct yc_rpc_arg *a = m->arg; a->kind != YC_RPC_ARG_END; a++) {
        char line[64];
        struct yc_view name = first_name(a);
        if (a->named_only != named_only)
            continue;
        if (!number++)
            yc_buf_append_text(out, named_only ? "\nNamed Arguments:\n" : "\nArguments:\n");
        snprintf(line, sizeof line, "%u. ", number);
        yc_buf_append_text(out, named_only ? "" : line);
        append(out, name);
        snprintf(line, sizeof line, "%*s(%s, %s) ", (int)(name.n < 16 ? 17 - name.n : 1), "", kind_text(a->kind),
                 a->required ? "required" : "optional");
        yc_buf_append_text(out, line);
        yc_buf_append_text(out, a->what);
        yc_buf_append_text(out, "\n");
    }
}

/* Arguments for a shell made into JSON: quotes that the shell would take off, commas instead of spaces. */
static void append_json_example(struct yc_buf *out, const char *example)
{
    char quote = 0;
    for (const char *p = example; *p; p++) {
        char ch = *p;
        if (ch == '\'' || (ch == '"' && p[1] == '[') || (ch == '"' && quote == '"' && p[-1] == ']')) {
            quote = quote ? 0 : ch;
            continue;
        }
        if (ch == '\\' && quote == '"')
            continue;
        if (ch == ' ' && !quote)
            yc_buf_append_text(out, ",");
        yc_buf_append(out, &ch, 1);
    }
}

void yc_rpc_method_help(struct yc_buf *out, const struct yc_rpc_method *m, bool short_form)
{
    append_usage(out, m);
    if (short_form)
        return;
    yc_buf_append_text(out, "\n\n");
    yc_buf_append_text(out, m->what);
    yc_buf_append_text(out, "\n");
    append_args(out, m, false);
    append_args(out, m, true);
    yc_buf_append_text(out, "\nExamples:\n> ycoin-cli ");
    yc_buf_append_text(out, m->name);
    yc_buf_append_text(out, m->example[0] ? " " : "");
    yc_buf_append_text(out, m->example);
    yc_buf_append_text(out, "\n> curl --user myusername --data-binary '{\"jsonrpc\": \"2.0\", \"id\": \"curltest\", "
                            "\"method\": \"");
    yc_buf_append_text(out, m->name);
    yc_buf_append_text(out, "\", \"params\": [");
    append_json_example(out, m->example);
    yc_buf_append_text(out, "]}' -H 'content-type: application/json' http://127.0.0.1:17332/\n");
}

static void append_category(struct yc_buf *out, const char *category)
{
    char first = (char)toupper((unsigned char)category[0]);
    yc_buf_append_text(out, out->n ? "\n== " : "== ");
    yc_buf_append(out, &first, 1);
    yc_buf_append_text(out, category + 1);
    yc_buf_append_text(out, " ==\n");
}

static void append_list(struct yc_buf *out)
{
    const char *category = "";
    for (size_t i = 0; i < yc_rpc_method_count(); i++) {
        const struct yc_rpc_method *m = &methods[i];
        if (strcmp(m->category, "hidden") == 0)
            continue;
        if (strcmp(m->category, category) != 0)
            append_category(out, m->category);
        category = m->category;
        yc_rpc_method_help(out, m, true);
        yc_buf_append_text(out, "\n");
    }
}

enum yc_rpc_flow yc_method_help(struct yc_rpc_call *c)
{
    const char *name = yc_rpc_arg_text(c, 0, "");
    const struct yc_rpc_method *m = yc_rpc_method_find(name);
    struct yc_buf text;
    yc_buf_init(&text, c->rpc->env.alloc, 1 << 20);
    if (!*name)
        append_list(&text);
    else if (m)
        yc_rpc_method_help(&text, m, false);
    if (text.failed) {
        yc_buf_release(&text);
        return yc_rpc_fail_memory(c);
    }
    if (text.n)
        yc_json_put_string(&c->out, yc_view(text.p, text.n - 1)); /* without the last newline */
    else
        yc_json_put_textf(&c->out, "help: unknown command: %s", name);
    yc_buf_release(&text);
    return YC_RPC_DONE;
}
