/* JSON-RPC over one kept HTTP connection, with the password that is right at the time. */
#include "node/access/access.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/hash.h"
#include "net/transport/http_client.h"
#include "sys/clock.h"
#include "sys/fs_posix.h"
#include "sys/json_out.h"
#include "sys/thread.h"

#define ANSWER_BYTES_MAX  ((size_t)256 << 20)
#define REQUEST_BYTES_MAX ((size_t)64 << 20)
#define RETRY_US          INT64_C(250000)

struct yc_node_client {
    const struct yc_alloc *alloc;
    struct yc_node_place place;
    struct yc_http_client *http;
    struct yc_clock_real clock;
    struct yc_buf request;
    char cookie[YC_NODE_AUTH_MAX]; /* "" until read */
    char url[YC_NODE_HOST_MAX + 16];
    uint64_t next_id;
    struct yc_mutex mutex; /* guards cancelled */
    struct yc_cond woken;
    bool cancelled;
};

enum yc_verdict yc_node_client_new(struct yc_node_client **out, const struct yc_alloc *alloc,
                                   const struct yc_node_place *place, struct yc_error *err)
{
    struct yc_node_client *c = yc_alloc_new(alloc, sizeof *c);
    *out = NULL;
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a connection to the node");
    *c = (struct yc_node_client){.alloc = alloc, .place = *place};
    struct yc_http_client_config config = {
        .host = c->place.host,
        .port = c->place.port,
        .basic_auth = c->place.user_password[0] ? c->place.user_password : NULL,
        .total_timeout_ms = c->place.timeout_s * 1000,
        .body_bytes_max = ANSWER_BYTES_MAX,
    };
    enum yc_verdict v = yc_http_client_new(&c->http, alloc, &config, err);
    if (v != YC_VALID) {
        yc_wipe(c, sizeof *c);
        yc_alloc_free(alloc, c, sizeof *c);
        return v;
    }
    const bool v6 = strchr(c->place.host, ':') != NULL;
    snprintf(c->url, sizeof c->url, "http://%s%s%s:%u", v6 ? "[" : "", c->place.host, v6 ? "]" : "",
             (unsigned)c->place.port);
    yc_clock_real_init(&c->clock);
    yc_buf_init(&c->request, alloc, REQUEST_BYTES_MAX);
    yc_mutex_init(&c->mutex);
    yc_cond_init(&c->woken);
    *out = c;
    return YC_VALID;
}

void yc_node_client_free(struct yc_node_client *c)
{
    if (!c)
        return;
    const struct yc_alloc *alloc = c->alloc;
    yc_http_client_free(c->http);
    yc_buf_release(&c->request);
    yc_cond_release(&c->woken);
    yc_mutex_release(&c->mutex);
    yc_wipe(c, sizeof *c);
    yc_alloc_free(alloc, c, sizeof *c);
}

const char *yc_node_client_url(const struct yc_node_client *c)
{
    return c->url;
}

/* --- cancelling and waiting --- */

void yc_node_client_cancel(struct yc_node_client *c)
{
    yc_mutex_lock(&c->mutex);
    c->cancelled = true;
    yc_cond_broadcast(&c->woken);
    yc_mutex_unlock(&c->mutex);
    yc_http_client_cancel(c->http);
}

void yc_node_client_uncancel(struct yc_node_client *c)
{
    yc_mutex_lock(&c->mutex);
    c->cancelled = false;
    yc_mutex_unlock(&c->mutex);
    yc_http_client_uncancel(c->http);
}

bool yc_node_client_cancelled(struct yc_node_client *c)
{
    yc_mutex_lock(&c->mutex);
    bool cancelled = c->cancelled;
    yc_mutex_unlock(&c->mutex);
    return cancelled;
}

/* Sleep before the next try. False when cancelled meanwhile. */
static bool pause_before_retry(struct yc_node_client *c)
{
    int64_t until_us = yc_mono_us(&c->clock.clock) + RETRY_US;
    yc_mutex_lock(&c->mutex);
    while (!c->cancelled && yc_cond_wait_until(&c->woken, &c->mutex, until_us))
        continue;
    bool cancelled = c->cancelled;
    yc_mutex_unlock(&c->mutex);
    return !cancelled;
}

/* --- the password --- */

/* Read the cookie file. *changed: it holds something else than before. */
static enum yc_verdict read_cookie(struct yc_node_client *c, bool *changed, struct yc_error *err)
{
    struct yc_view text;
    *changed = false;
    enum yc_verdict v =
        yc_fs_read_file(yc_fs_posix(), c->alloc, c->place.cookie_path, YC_NODE_AUTH_MAX - 1, &text, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "there is no cookie file %s: is the node running, with the same -datadir and chain? (Or give "
                       "-rpcuser and -rpcpassword.)",
                       c->place.cookie_path);
    if (v != YC_VALID)
        return v;
    char cookie[YC_NODE_AUTH_MAX] = {0};
    size_t n = text.n;
    while (n > 0 && (text.p[n - 1] == '\n' || text.p[n - 1] == '\r'))
        n--;
    if (n)
        memcpy(cookie, text.p, n);
    if (text.n)
        yc_alloc_free(c->alloc, (void *)(uintptr_t)text.p, text.n);
    if (n == 0) { /* the node is about to write it */
        v = yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the cookie file %s is empty: try again", c->place.cookie_path);
    } else if (strcmp(cookie, c->cookie) != 0) {
        memcpy(c->cookie, cookie, sizeof cookie);
        *changed = true;
        v = yc_http_client_set_auth(c->http, c->cookie, err);
    }
    yc_wipe(cookie, sizeof cookie);
    return v;
}

static enum yc_verdict refused(const struct yc_node_client *c, unsigned status, struct yc_error *err)
{
    if (status == 403)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the node at %s does not let this machine in (403): see its -rpcallowip", c->url);
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the node at %s refused the password (401): %s", c->url,
                   c->place.user_password[0] ? "check -rpcuser and -rpcpassword"
                                             : "the cookie file is not that node's: check -datadir and the chain");
}

/* One exchange, and another one when the password turns out to be that of the node's last life. */
static enum yc_verdict post_once(struct yc_node_client *c, const char *path, struct yc_view request,
                                 struct yc_http_result *out, struct yc_error *err)
{
    bool by_cookie = !c->place.user_password[0], changed = false;
    if (by_cookie && !c->cookie[0]) {
        enum yc_verdict v = read_cookie(c, &changed, err);
        if (v != YC_VALID)
            return v;
    }
    for (;;) {
        *out = (struct yc_http_result){0};
        enum yc_verdict v = yc_http_client_post(c->http, out, path, "application/json", request, err);
        if (v != YC_VALID || out->status != 401 || !by_cookie)
            return v;
        v = read_cookie(c, &changed, err);
        if (v != YC_VALID)
            return v;
        if (!changed)
            return YC_VALID;
    }
}

/* What an exchange's HTTP status means. */
static enum yc_verdict judge(const struct yc_node_client *c, unsigned status, struct yc_error *err)
{
    switch (status) {
    case 200:
    case 204:
    case 400:
    case 404:
    case 500:
        return YC_VALID;
    case 401:
    case 403:
        return refused(c, status, err);
    case 503:
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "the node at %s is ending or has too many requests to serve: try again", c->url);
    default:
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s answered with the HTTP status %u: that is no node's JSON-RPC port", c->url, status);
    }
}

/* The time at which -rpcwait gives up; 0: never. */
static int64_t wait_end_us(const struct yc_node_client *c)
{
    return c->place.wait_timeout_s ? yc_mono_us(&c->clock.clock) + c->place.wait_timeout_s * 1000000 : 0;
}

/* Whether a failure is one that -rpcwait waits out; then it has waited. */
static bool retry(struct yc_node_client *c, int64_t end_us)
{
    if (!c->place.wait || yc_node_client_cancelled(c) || (end_us && yc_mono_us(&c->clock.clock) >= end_us))
        return false;
    return pause_before_retry(c);
}

enum yc_verdict yc_node_post(struct yc_node_client *c, const char *path, struct yc_view request, struct yc_view *body,
                             unsigned *http_status, struct yc_error *err)
{
    int64_t end_us = wait_end_us(c);
    for (;;) {
        struct yc_http_result got;
        enum yc_verdict v = post_once(c, path, request, &got, err);
        *body = v == YC_VALID ? got.body : YC_VIEW_EMPTY;
        *http_status = v == YC_VALID ? got.status : 0;
        if (v == YC_VALID)
            v = judge(c, got.status, err);
        if (v != YC_NOT_YET || !retry(c, end_us))
            return v;
    }
}

/* --- JSON-RPC --- */

void yc_node_answer_release(struct yc_node_answer *a)
{
    yc_json_free(a->root);
    *a = (struct yc_node_answer){.message = ""};
}

static void write_request(struct yc_node_client *c, const char *method, struct yc_view params)
{
    struct yc_json_out j;
    yc_buf_clear(&c->request);
    yc_json_out_init(&j, &c->request, 0);
    yc_json_begin_object(&j);
    yc_json_member_text(&j, "jsonrpc", "2.0");
    yc_json_member_u64(&j, "id", ++c->next_id);
    yc_json_member_text(&j, "method", method);
    yc_json_key(&j, "params");
    yc_json_put_raw(&j, params.n ? params : yc_view_text("[]"));
    yc_json_end_object(&j);
}

/* Fill in what the answer's body says. */
static enum yc_verdict read_answer(struct yc_node_client *c, struct yc_node_answer *out, const char *method,
                                   struct yc_view body, struct yc_error *err)
{
    struct yc_error reason;
    enum yc_verdict v = yc_json_parse(&out->root, body, ANSWER_BYTES_MAX, &reason);
    if (v == YC_SYSTEM) {
        if (err)
            *err = reason;
        return v;
    }
    if (v != YC_VALID || yc_json_kind(out->root) != YC_JSON_OBJECT)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s answered with something that is not JSON-RPC (HTTP status %u): check the port", c->url,
                       out->http_status);
    const struct yc_json *error = yc_json_member(out->root, "error");
    if (yc_json_is_null(error)) {
        out->result = yc_json_member(out->root, "result");
        return YC_VALID;
    }
    const char *message = yc_json_text(yc_json_member(error, "message"));
    out->error = error;
    out->message = message ? message : "";
    if (!yc_json_int64(yc_json_member(error, "code"), &out->code))
        out->code = 0;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the node refused %s: %s (%" PRId64 ")", method,
                   out->message[0] ? out->message : "it gave no reason", out->code);
}

enum yc_verdict yc_node_call(struct yc_node_client *c, struct yc_node_answer *out, const char *method,
                             struct yc_view params, struct yc_error *err)
{
    int64_t end_us = wait_end_us(c);
    *out = (struct yc_node_answer){.message = ""};
    write_request(c, method, params);
    if (c->request.failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a request of %zu bytes", params.n);
    for (;;) {
        struct yc_view body;
        enum yc_verdict v = yc_node_post(c, "/", yc_buf_view(&c->request), &body, &out->http_status, err);
        if (v == YC_VALID)
            v = read_answer(c, out, method, body, err);
        if (!out->error || out->code != YC_NODE_ERROR_WARMUP || !retry(c, end_us))
            return v;
        yc_node_answer_release(out);
    }
}
