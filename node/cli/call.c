/* Sending requests: who we are, where the server is, waiting for it. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "node/cli/cli.h"
#include "sys/clock.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/json_out.h"

#define IN_WARMUP    (-28)
#define ANSWER_MAX   ((size_t)1 << 30)
#define RETRY_S      1
#define COOKIE_BYTES 512

/* Find "user:password": given, or the cookie. What is missing is told when the server refuses. */
static void find_auth(struct yc_cli *c)
{
    const struct yc_options *o = c->options;
    const char *password = c->password[0] ? c->password : yc_options_text(o, "rpcpassword", "");
    const char *name = yc_options_text(o, "rpccookiefile", ".cookie");
    char path[YC_PATH_MAX];
    struct yc_view text;
    struct yc_error err;
    c->auth[0] = 0;
    if (password[0]) {
        snprintf(c->auth, sizeof c->auth, "%.400s:%.600s", yc_options_text(o, "rpcuser", ""), password);
        c->auth_problem = "Incorrect rpcuser or rpcpassword were specified.";
        return;
    }
    if (yc_options_is_negated(o, "rpccookiefile")) {
        c->auth_problem = "Cookie file was disabled via -norpccookiefile and no rpcpassword was specified.";
        return;
    }
    snprintf(path, sizeof path, "%.3000s%s%.1000s", name[0] == '/' ? "" : c->setup.chain_dir, name[0] == '/' ? "" : "/",
             name);
    if (yc_fs_read_file(yc_fs_posix(), yc_heap(), path, COOKIE_BYTES, &text, &err) != YC_VALID) {
        c->auth_problem = "Failed to read cookie file and no rpcpassword was specified.";
        return;
    }
    size_t n = 0;
    while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
        n++;
    snprintf(c->auth, sizeof c->auth, "%.*s", (int)n, (const char *)text.p);
    c->auth_problem = "Cookie file credentials were invalid and no rpcpassword was specified.";
    yc_wipe((void *)(uintptr_t)text.p, text.n);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)text.p, text.n);
}

static enum yc_verdict make_client(struct yc_cli *c, struct yc_error *err)
{
    struct yc_int_range range = {"a number of seconds", 0, INT32_MAX};
    int64_t timeout_s;
    enum yc_verdict v = yc_options_int(c->options, "rpcclienttimeout", 900, range, &timeout_s, err);
    if (v != YC_VALID || c->http)
        return v;
    struct yc_http_client_config config = {.host = c->host,
                                           .port = c->port,
                                           .program = "ycoind",
                                           .total_timeout_ms = timeout_s * 1000,
                                           .body_bytes_max = ANSWER_MAX};
    return yc_http_client_new(&c->http, yc_heap(), &config, err);
}

static enum yc_verdict unreachable(const struct yc_cli *c, const struct yc_error *why, struct yc_error *err)
{
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                   "Error while attempting to communicate with server %s:%u (%.200s)\n\n"
                   "Make sure the ycoind server is running and that you are connecting to the correct RPC port.\n"
                   "Use \"ycoin-cli -help\" for more info.",
                   c->host, c->port, why->text);
}

/* Send once. YC_NOT_YET: nobody is there. */
static enum yc_verdict post_once(struct yc_cli *c, struct yc_view body, struct yc_json **out, struct yc_error *err)
{
    struct yc_http_result r;
    struct yc_error why;
    find_auth(c); /* anew each time: the cookie is made when the server starts */
    enum yc_verdict v = yc_http_client_set_auth(c->http, c->auth[0] ? c->auth : ":", err);
    if (v != YC_VALID)
        return v;
    v = yc_http_client_post(c->http, &r, "/", "application/json", body, &why);
    if (v == YC_NOT_YET)
        return unreachable(c, &why, err);
    if (v != YC_VALID)
        return yc_fail(err, v, why.which, "%s", why.text);
    if (r.status == 401)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Authorization failed: %s Configuration file: (%.200s)",
                       c->auth_problem, c->setup.conf_path);
    if (r.status == 503)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Server response: %.*s", (int)(r.body.n < 200 ? r.body.n : 200),
                       (const char *)r.body.p);
    if (r.status >= 400 && r.status != 400 && r.status != 404 && r.status != 500)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "server returned HTTP error %u", r.status);
    if (!r.body.n)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "no response from server");
    if (yc_json_parse(out, r.body, ANSWER_MAX, &why) != YC_VALID)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "couldn't parse reply from server");
    return YC_VALID;
}

static bool warming_up(const struct yc_json *answer)
{
    int64_t code = 0;
    const struct yc_json *one = yc_json_kind(answer) == YC_JSON_ARRAY ? yc_json_element(answer, 0) : answer;
    return yc_json_int64(yc_json_member(yc_json_member(one, "error"), "code"), &code) && code == IN_WARMUP;
}

enum yc_verdict yc_cli_post(struct yc_cli *c, struct yc_view body, struct yc_json **out, struct yc_error *err)
{
    struct yc_int_range range = {"a number of seconds", 0, INT32_MAX};
    struct yc_clock_real clock;
    int64_t limit_s = 0;
    bool wait = yc_options_flag(c->options, "rpcwait", false);
    *out = NULL;
    yc_clock_real_init(&clock);
    enum yc_verdict v = yc_options_int(c->options, "rpcwaittimeout", 0, range, &limit_s, err);
    if (v == YC_VALID)
        v = make_client(c, err);
    if (v != YC_VALID)
        return v;
    int64_t end_us = yc_mono_us(&clock.clock) + limit_s * 1000000;
    for (;;) {
        v = post_once(c, body, out, err);
        bool again = v == YC_NOT_YET || (v == YC_VALID && warming_up(*out));
        if (!wait || !again)
            return v;
        if (limit_s && yc_mono_us(&clock.clock) >= end_us)
            return v == YC_VALID ? v
                                 : yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                                           "timeout on transient error: nobody answered at %s:%u for %lld s", c->host,
                                           c->port, (long long)limit_s);
        yc_json_free(*out);
        *out = NULL;
        nanosleep(&(struct timespec){.tv_sec = RETRY_S}, NULL);
    }
}

enum yc_verdict yc_cli_call(struct yc_cli *c, const char *method, struct yc_view params, struct yc_json **out,
                            struct yc_error *err)
{
    struct yc_buf body;
    struct yc_json_out j;
    yc_buf_init(&body, yc_heap(), ANSWER_MAX);
    yc_json_out_init(&j, &body, 0);
    yc_json_begin_object(&j);
    yc_json_member_text(&j, "jsonrpc", "2.0");
    yc_json_member_text(&j, "id", "1");
    yc_json_member_text(&j, "method", method);
    yc_json_key(&j, "params");
    yc_json_put_raw(&j, params);
    yc_json_end_object(&j);
    yc_buf_append_text(&body, "\n");
    enum yc_verdict v = body.failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the request")
                                    : yc_cli_post(c, yc_buf_view(&body), out, err);
    yc_buf_release(&body);
    return v;
}
