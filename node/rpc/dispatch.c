/* From the bytes of a request to calls, and from their results to the bytes of the answer: JSON-RPC 1.0, 1.1 and 2.0,
 * batches and notifications, with Bitcoin Core's status codes.
 *
 * Attacks it answers (catalogue R03, R18): bodies, nesting and batches are capped; a parameter's value never gets into an
 * error sentence of the dispatcher or into the log. */
#include <stdio.h>

#include "node/rpc/internal.h"

/* ---- arguments ---- */

/* Does the list "a|b" hold the name? */
static bool names_hold(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = names; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, name, n) == 0 && (at[n] == '|' || !at[n]))
            return true;
    }
    return false;
}

/* The index in the method's table of an argument called so; -1: none. */
static int arg_named(const struct yc_rpc_method *m, const char *name)
{
    for (int i = 0; m->arg[i].kind != YC_RPC_ARG_END; i++) {
        if (names_hold(m->arg[i].names, name))
            return i;
    }
    return -1;
}

static bool take_positional(struct yc_rpc_call *c, const struct yc_json *list)
{
    size_t max = yc_rpc_method_args(c->method, NULL);
    c->arg_count = yc_json_count(list);
    for (size_t i = 0; i < c->arg_count && i < max; i++)
        c->arg[i] = yc_json_element(list, i);
    return true;
}

/* The position of the index-th argument of the table among those that are not named-only, or the slot among the latter.
 */
static size_t slot_of(const struct yc_rpc_method *m, int index)
{
    size_t slot = 0;
    for (int i = 0; i < index; i++) {
        if (m->arg[i].named_only == m->arg[index].named_only)
            slot++;
    }
    return slot;
}

static bool take_one(struct yc_rpc_call *c, const char *name, const struct yc_json *value)
{
    int i = arg_named(c->method, name);
    if (i < 0) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Unknown named parameter %s", name);
        return false;
    }
    const struct yc_rpc_arg *a = &c->method->arg[i];
    size_t slot = slot_of(c->method, i);
    const struct yc_json **to = a->named_only ? &c->options[slot] : &c->arg[slot];
    if (*to) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    a->named_only || slot >= c->arg_count
                        ? "Parameter %s specified multiple times"
                        : "Parameter %s specified twice both as positional and named argument",
                    name);
        return false;
    }
    *to = value;
    if (!a->named_only && slot >= c->arg_count)
        c->arg_count = slot + 1;
    return true;
}

/* Named arguments; the member "args" holds the first ones by position. */
static bool take_named(struct yc_rpc_call *c, const struct yc_json *object)
{
    struct yc_json_walk w = {0};
    const char *name;
    const struct yc_json *value, *first = yc_json_member(object, "args");
    size_t max = yc_rpc_method_args(c->method, NULL);
    bool with_first = yc_json_kind(first) == YC_JSON_ARRAY && arg_named(c->method, "args") < 0;
    size_t count = with_first ? yc_json_count(first) : 0;
    if (with_first)
        take_positional(c, first);
    while (yc_json_next(object, &w, &name, &value)) {
        if (with_first && strcmp(name, "args") == 0)
            continue;
        c->arg_count = count; /* what counts as positional while this one is taken */
        if (!take_one(c, name, value))
            return false;
    }
    c->arg_count = count;
    for (size_t i = 0; i < max; i++) {
        if (c->arg[i] && c->arg_count < i + 1)
            c->arg_count = i + 1;
    }
    return true;
}

static bool kind_fits(const struct yc_rpc_arg *a, const struct yc_json *v, const char **expected)
{
    enum yc_json_kind kind = yc_json_kind(v), want = YC_JSON_NULL;
    switch (a->kind) {
    case YC_RPC_ARG_TEXT:
    case YC_RPC_ARG_HEX:
        want = YC_JSON_STRING;
        break;
    case YC_RPC_ARG_NUMBER:
        want = YC_JSON_NUMBER;
        break;
    case YC_RPC_ARG_BOOL:
        want = YC_JSON_BOOL;
        break;
    case YC_RPC_ARG_ARRAY:
        want = YC_JSON_ARRAY;
        break;
    case YC_RPC_ARG_OBJECT:
        want = YC_JSON_OBJECT;
        break;
    case YC_RPC_ARG_AMOUNT:
    case YC_RPC_ARG_ANY:
    case YC_RPC_ARG_END:
        return true;
    }
    *expected = yc_json_kind_name(want);
    return kind == want || (kind == YC_JSON_NULL && !a->required);
}

/* Are there as many as the method takes, each of its kind? */
static bool args_fit(struct yc_rpc_call *c)
{
    size_t needed, max = yc_rpc_method_args(c->method, &needed), at = 0, bad = 0;
    struct yc_buf text;
    if (c->arg_count < needed || c->arg_count > max) {
        yc_rpc_fail_help(c);
        return false;
    }
    yc_buf_init(&text, c->rpc->env.alloc, 4096);
    for (const struct yc_rpc_arg *a = c->method->arg; a->kind != YC_RPC_ARG_END; a++) {
        const char *expected = "";
        char line[256];
        if (a->named_only || kind_fits(a, c->arg[at++], &expected))
            continue;
        snprintf(line, sizeof line, "%s    \"Position %zu (%s)\": \"JSON value of type %s is not of expected type %s\"",
                 bad++ ? ",\n" : "", at, a->names, yc_json_kind_name(yc_json_kind(c->arg[at - 1])), expected);
        yc_buf_append_text(&text, line);
    }
    if (bad)
        yc_rpc_fail(c, YC_RPC_TYPE, "Wrong type passed:\n{\n%.*s\n}", (int)text.n, (const char *)text.p);
    yc_buf_release(&text);
    return !bad;
}

/* ---- one call ---- */

/* Names and ids as the log may show them: what cannot forge a line or drive a terminal. */
static void sanitise(char *out, size_t cap, struct yc_view text)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;-_/:?@()";
    size_t n = 0;
    for (size_t i = 0; i < text.n && n + 1 < cap; i++) {
        if (text.p[i] && strchr(fine, text.p[i]))
            out[n++] = (char)text.p[i];
    }
    out[n] = 0;
}

static void log_call(struct yc_rpc_call *c)
{
    const struct yc_log *log = c->rpc->env.log;
    char name[64], id[64], number[YC_JSON_NUMBER_MAX];
    if (!log || !log->on(log->ctx, YC_LOGC_RPC, YC_LOG_DEBUG))
        return;
    struct yc_view id_text =
        yc_json_kind(c->id) == YC_JSON_NUMBER ? yc_json_number(c->id, number) : yc_json_string(c->id);
    sanitise(name, sizeof name, yc_view_text(c->name));
    sanitise(id, sizeof id, id_text);
    yc_log_debug(log, YC_LOGC_RPC, "ThreadRPCServer method=%s user=%s id=%s", name, c->request->user, id);
}

static bool invalid(struct yc_rpc_call *c, const char *what)
{
    yc_rpc_fail(c, YC_RPC_INVALID_REQUEST, "%s", what);
    return false;
}

/* Read id, version, method. */
static bool read_head(struct yc_rpc_call *c, const struct yc_json *v)
{
    const struct yc_json *version, *method;
    c->no_object = yc_json_kind(v) != YC_JSON_OBJECT;
    if (c->no_object)
        return invalid(c, "Invalid Request object");
    c->id = yc_json_member(v, "id");
    version = yc_json_member(v, "jsonrpc");
    if (!yc_json_is_null(version)) {
        const char *text = yc_json_text(version);
        if (yc_json_kind(version) != YC_JSON_STRING)
            return invalid(c, "jsonrpc field must be a string");
        c->v2 = text && strcmp(text, "2.0") == 0;
        if (!c->v2 && !(text && strcmp(text, "1.0") == 0))
            return invalid(c, "JSON-RPC version not supported");
    }
    method = yc_json_member(v, "method");
    if (yc_json_is_null(method))
        return invalid(c, "Missing method");
    if (yc_json_kind(method) != YC_JSON_STRING)
        return invalid(c, "Method must be a string");
    c->name = yc_json_text(method);
    if (!c->name)
        c->name = ""; /* a NUL inside: no method is called so */
    return true;
}

static bool warm(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    char text[sizeof r->warmup];
    yc_mutex_lock(&r->lock);
    bool warming = r->warming;
    memcpy(text, r->warmup, sizeof text);
    yc_mutex_unlock(&r->lock);
    if (warming)
        yc_rpc_fail(c, YC_RPC_IN_WARMUP, "%s", text);
    return !warming;
}

/* Ready the call for the request's present entry. False: it has failed. */
static bool start(struct yc_rpc_request *q)
{
    struct yc_rpc_call *c = &q->call;
    const struct yc_json *v = q->batch ? yc_json_element(q->root, q->at) : q->root, *params;
    *c = (struct yc_rpc_call){.rpc = q->rpc, .request = q, .name = "", .deadline_us = INT64_MAX};
    q->mark = q->answer.n;
    yc_arena_init(&c->arena, q->rpc->env.alloc, 4096, YC_RPC_ARENA_MAX);
    yc_buf_init(&c->message, q->rpc->env.alloc, 1 << 20);
    if (q->batch && q->answered_any)
        yc_buf_append_text(&q->answer, ",");
    if (!read_head(c, v)) {
        q->value_at = q->answer.n;
        return false;
    }
    yc_buf_append_text(&q->answer, c->v2 ? "{\"jsonrpc\":\"2.0\",\"result\":" : "{\"result\":");
    q->value_at = q->answer.n;
    yc_json_out_init(&c->out, &q->answer, 0);
    log_call(c);
    params = yc_json_member(v, "params");
    enum yc_json_kind kind = yc_json_kind(params);
    if (kind != YC_JSON_ARRAY && kind != YC_JSON_OBJECT && kind != YC_JSON_NULL)
        return invalid(c, "Params must be an array or object");
    if (!warm(c))
        return false;
    c->method = yc_rpc_method_find(c->name);
    if (!c->method) {
        yc_rpc_fail(c, YC_RPC_METHOD_NOT_FOUND, "Method not found");
        return false;
    }
    return (kind == YC_JSON_OBJECT ? take_named(c, params) : take_positional(c, params)) && args_fit(c);
}

static void write_error(struct yc_rpc_call *c)
{
    struct yc_rpc_request *q = c->request;
    struct yc_json_out j;
    q->answer.n = q->mark;
    if (q->batch && q->answered_any)
        yc_buf_append_text(&q->answer, ",");
    yc_buf_append_text(&q->answer, c->v2 ? "{\"jsonrpc\":\"2.0\",\"error\":" : "{\"result\":null,\"error\":");
    yc_json_out_init(&j, &q->answer, 0);
    yc_json_begin_object(&j);
    yc_json_member_int(&j, "code", c->code);
    yc_json_key(&j, "message");
    yc_json_put_string(&j, yc_buf_view(&c->message));
    yc_json_end_object(&j);
    if (!q->batch && (!c->v2 || c->code == YC_RPC_INVALID_REQUEST))
        q->status = c->code == YC_RPC_INVALID_REQUEST ? 400 : c->code == YC_RPC_METHOD_NOT_FOUND ? 404 : 500;
}

/* Write the end of the present call's answer and give back what it held. */
static void end_entry(struct yc_rpc_request *q)
{
    struct yc_rpc_call *c = &q->call;
    if (c->code == YC_RPC_OK && c->message.failed)
        c->code = YC_RPC_OUT_OF_MEMORY;
    if (c->code != YC_RPC_OK) {
        write_error(c);
    } else {
        if (q->answer.n == q->value_at)
            yc_buf_append_text(&q->answer, "null");
        if (!c->v2)
            yc_buf_append_text(&q->answer, ",\"error\":null");
    }
    if (c->id || c->no_object) {
        yc_buf_append_text(&q->answer, ",\"id\":");
        yc_json_print(c->id, 0, &q->answer);
    }
    yc_buf_append_text(&q->answer, "}");
    if (c->v2 && !c->id)
        q->answer.n = q->mark; /* a notification is not answered */
    else
        q->answered_any = true;
    if (c->release)
        c->release(c);
    yc_arena_release(&c->arena);
    yc_buf_release(&c->message);
    q->at++;
}

/* ---- requests ---- */

static void finish(struct yc_rpc_request *q, int status, struct yc_view body)
{
    const struct yc_alloc *alloc = q->rpc->env.alloc;
    q->done(q->done_ctx, status, body);
    yc_json_wipe(q->root); /* signrawtransactionwithkey is handed keys */
    yc_buf_release(&q->answer);
    yc_alloc_free(alloc, q, sizeof *q);
}

static void send(struct yc_rpc_request *q)
{
    static const char no_memory[] =
        "{\"result\":null,\"error\":{\"code\":-7,\"message\":\"The answer does not fit into memory\"},\"id\":null}\n";
    if (q->batch)
        yc_buf_append_text(&q->answer, "]");
    yc_buf_append_text(&q->answer, "\n");
    if (q->answer.failed)
        finish(q, 500, yc_view_text(no_memory));
    else if (!q->answered_any && q->count)
        finish(q, 204, YC_VIEW_EMPTY);
    else
        finish(q, q->status, yc_buf_view(&q->answer));
}

void yc_rpc_go_on(struct yc_rpc_request *q)
{
    while (q->at < q->count) {
        if (start(q) && !yc_rpc_begin(&q->call))
            return;
        end_entry(q);
    }
    send(q);
}

void yc_rpc_finished(struct yc_rpc_call *c)
{
    struct yc_rpc_request *q = c->request;
    end_entry(q);
    if (q->at < q->count)
        yc_rpc_hand_over(q);
    else
        send(q);
}

/* A body that is no request at all. */
static void refuse(struct yc_rpc_request *q, enum yc_rpc_code code, const char *text)
{
    struct yc_json_out j;
    yc_json_out_init(&j, &q->answer, 0);
    yc_json_begin_object(&j);
    yc_json_key(&j, "result");
    yc_json_put_null(&j);
    yc_json_key(&j, "error");
    yc_json_begin_object(&j);
    yc_json_member_int(&j, "code", code);
    yc_json_member_text(&j, "message", text);
    yc_json_end_object(&j);
    yc_json_key(&j, "id");
    yc_json_put_null(&j);
    yc_json_end_object(&j);
    q->status = code == YC_RPC_INVALID_REQUEST ? 400 : 500;
    q->answered_any = true;
    send(q);
}

static bool allowed(const struct yc_rpc *r, const char *user, const struct yc_json *entry)
{
    const char *method = yc_json_text(yc_json_member(entry, "method"));
    if (!method || r->env.allowed(r->env.ctx, user, method)) /* what is no call at all is answered so */
        return true;
    char name[64], shown[128];
    sanitise(name, sizeof name, yc_view_text(method));
    sanitise(shown, sizeof shown, yc_view_text(user));
    yc_log_warning(r->env.log, "RPC User %s not allowed to call method %s", shown, name);
    return false;
}

/* May the user make every call of the request? */
static bool all_allowed(const struct yc_rpc_request *q, const char *user)
{
    bool ok = true;
    for (size_t i = 0; q->rpc->env.allowed && ok && i < q->count; i++)
        ok = allowed(q->rpc, user, q->batch ? yc_json_element(q->root, i) : q->root);
    return ok;
}

void yc_rpc_handle(struct yc_rpc *r, struct yc_view body, const char *user, yc_rpc_done done, void *done_ctx)
{
    struct yc_error err;
    struct yc_rpc_request *q = yc_alloc_new(r->env.alloc, sizeof *q);
    if (!q) {
        done(done_ctx, 500, YC_VIEW_EMPTY);
        return;
    }
    *q = (struct yc_rpc_request){.rpc = r, .status = 200, .done = done, .done_ctx = done_ctx};
    sanitise(q->user, sizeof q->user, yc_view_text(user ? user : ""));
    yc_buf_init(&q->answer, r->env.alloc, YC_RPC_ANSWER_MAX);
    enum yc_verdict v = yc_json_parse_strict(&q->root, body, YC_RPC_BODY_MAX, &err);
    if (v != YC_VALID) {
        q->root = NULL;
        refuse(q, YC_RPC_PARSE, v == YC_POLICY ? err.text : "Parse error");
        return;
    }
    enum yc_json_kind kind = yc_json_kind(q->root);
    if (kind != YC_JSON_OBJECT && kind != YC_JSON_ARRAY) {
        refuse(q, YC_RPC_PARSE, "Top-level object parse error");
        return;
    }
    size_t count = kind == YC_JSON_ARRAY ? yc_json_count(q->root) : 1;
    if (count > YC_RPC_BATCH_MAX) {
        refuse(q, YC_RPC_INVALID_REQUEST, "Too many calls in one batch: send at most 20000 at a time");
        return;
    }
    q->batch = kind == YC_JSON_ARRAY;
    q->count = count;
    if (!all_allowed(q, user ? user : "")) {
        finish(q, 403, YC_VIEW_EMPTY);
        return;
    }
    if (q->batch)
        yc_buf_append_text(&q->answer, "[");
    yc_rpc_go_on(q);
}
