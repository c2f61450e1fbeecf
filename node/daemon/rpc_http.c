/* JSON-RPC over HTTP: who may call, and the threads that serve calls. The methods are node/rpc's.
 *
 * Attacks it answers (catalogue): R01 and R04 to R09 are the HTTP server's; here R02 (a wrong password is answered late,
 * and compared in constant time), R10 (binding beyond loopback without -rpcallowip is refused), R11 (the cookie is made
 * anew at every start, 0600, and replaced as a whole), R12 (a bounded queue, then 503). */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "node/daemon/app.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/random.h"

#define BAD_PASSWORD_DELAY_MS 250
#define HOST_NAMES_MAX        32
#define SHUTDOWN_MS           3000

/* ---- who may call ---- */

static bool same_secret(const char *a, const char *b)
{
    uint8_t x[32], y[32];
    yc_sha256_once(x, a, strlen(a));
    yc_sha256_once(y, b, strlen(b));
    return yc_equal_constant_time(x, y, sizeof x);
}

/* -rpcauth=user:salt$hmac, the hmac being that of the password under the salt, in hexadecimal. */
static bool rpcauth_matches(const char *entry, const char *user_pass)
{
    const char *colon = strchr(entry, ':'), *dollar = colon ? strchr(colon, '$') : NULL,
               *given = strchr(user_pass, ':');
    if (!dollar || !given || given - user_pass != colon - entry ||
        memcmp(entry, user_pass, (size_t)(colon - entry)) != 0)
        return false;
    uint8_t mac[32];
    char hex[65];
    yc_hmac_sha256(mac, yc_view(colon + 1, (size_t)(dollar - colon - 1)), yc_view_text(given + 1));
    yc_hex_write(hex, mac, sizeof mac);
    return same_secret(hex, dollar + 1);
}

/* -rpcwhitelist=user:method,method: what is listed for the user; of several such lists, what is in all of them. */
static bool list_has(const char *list, const char *method)
{
    static const char between[] = ", ";
    size_t n;
    bool found = false;
    for (; *list && !found; list += n) {
        list += strspn(list, between);
        n = strcspn(list, between);
        found = n > 0 && n == strlen(method) && !memcmp(list, method, n);
    }
    return found;
}

static bool allowed(void *ctx, const char *user, const char *method)
{
    const struct yc_app *a = ctx;
    const struct yc_options *o = a->config.options;
    bool listed = false, ok = true;
    const char *entry;
    for (size_t i = 0; (entry = yc_options_list(o, "rpcwhitelist", i)); i++) {
        size_t n = strcspn(entry, ":");
        if (n != strlen(user) || memcmp(entry, user, n) != 0)
            continue;
        listed = true;
        ok = ok && entry[n] && list_has(entry + n + 1, method);
    }
    return listed ? ok : !yc_options_flag(o, "rpcwhitelistdefault", yc_options_list(o, "rpcwhitelist", 0) != NULL);
}

static bool authorised(const struct yc_app *a, const struct yc_http_message *head)
{
    char user_pass[YC_HTTP_BASIC_MAX + 1];
    const struct yc_view *value = yc_http_find(head, "Authorization");
    if (!value || yc_http_basic_auth(user_pass, *value) < 0)
        return false;
    bool ok = (a->auth.cookie[0] && same_secret(user_pass, a->auth.cookie)) ||
              (a->auth.user_pass[0] && same_secret(user_pass, a->auth.user_pass));
    const char *entry;
    for (size_t i = 0; !ok && (entry = yc_options_list(a->config.options, "rpcauth", i)); i++)
        ok = rpcauth_matches(entry, user_pass);
    yc_wipe(user_pass, sizeof user_pass);
    return ok;
}

static bool on_allow(void *ctx, const struct yc_netaddr *remote)
{
    const struct yc_app *a = ctx;
    bool ok = yc_netaddr_is_loopback(remote);
    const char *net;
    struct yc_subnet subnet;
    for (size_t i = 0; !ok && (net = yc_options_list(a->config.options, "rpcallowip", i)); i++)
        ok = yc_subnet_parse(&subnet, net) && yc_subnet_contains(&subnet, remote);
    return ok;
}

static bool on_admit(void *ctx, const struct yc_http_message *head, const struct yc_netaddr *remote,
                     struct yc_http_refusal *refusal)
{
    struct yc_app *a = ctx;
    if (head->target.n != 1 || head->target.p[0] != '/') {
        *refusal = (struct yc_http_refusal){404, NULL, NULL, 0};
        return false;
    }
    if (!yc_http_equal_nocase(head->method, "POST")) {
        *refusal = (struct yc_http_refusal){405, "Allow: POST\r\n", "JSONRPC server handles only POST requests", 0};
        return false;
    }
    if (yc_http_count(head, "Authorization") != 1) {
        *refusal = (struct yc_http_refusal){401, "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n", NULL, 0};
        return false;
    }
    if (!authorised(a, head)) {
        char text[YC_NETADDR_TEXT_MAX];
        yc_netaddr_print(text, remote);
        yc_log_warning(a->log, "ThreadRPCServer incorrect password attempt from %s", text);
        *refusal =
            (struct yc_http_refusal){401, "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n", NULL, BAD_PASSWORD_DELAY_MS};
        return false;
    }
    return true;
}

/* ---- calls ---- */

static void on_handle(void *ctx, struct yc_http_request *r)
{
    struct yc_app *a = ctx;
    if (yc_queue_try_push(a->calls, &r) != YC_QUEUE_OK) {
        yc_log_warning(a->log, "request rejected because http work queue depth exceeded, it can be increased with the "
                               "-rpcworkqueue= setting");
        yc_http_reply_text(r, 503, "text/plain", "Work queue depth exceeded");
    }
}

static void on_done(void *ctx, int status, struct yc_view body)
{
    struct yc_http_request *r = ctx;
    struct yc_http_response answer = {.status = (unsigned)status, .content_type = body.n ? "application/json" : NULL};
    if (body.n) {
        answer.body = yc_alloc_new(yc_http_request_alloc(r), body.n);
        if (!answer.body) {
            yc_http_reply_text(r, 500, "text/plain", "no memory for the answer");
            return;
        }
        memcpy(answer.body, body.p, body.n);
        answer.body_n = body.n;
    }
    yc_http_reply(r, &answer);
}

static void user_of(char out[YC_HTTP_BASIC_MAX + 1], const struct yc_http_message *m)
{
    char user_pass[YC_HTTP_BASIC_MAX + 1];
    const struct yc_view *value = yc_http_find(m, "Authorization");
    out[0] = 0;
    if (value && yc_http_basic_auth(user_pass, *value) >= 0)
        snprintf(out, YC_HTTP_BASIC_MAX + 1, "%.*s", (int)strcspn(user_pass, ":"), user_pass);
    yc_wipe(user_pass, sizeof user_pass);
}

static void serve_calls(void *arg)
{
    struct yc_app *a = arg;
    struct yc_http_request *r;
    while (yc_queue_pop(a->calls, &r, -1) == YC_QUEUE_OK) {
        char user[YC_HTTP_BASIC_MAX + 1];
        const struct yc_http_message *m = yc_http_request_message(r);
        if (m->target.n != 1 || m->target.p[0] != '/') {
            yc_http_reply_text(r, 404, "text/plain", "");
            continue;
        }
        user_of(user, m);
        yc_rpc_handle(a->rpc, m->body, user, on_done, r);
    }
}

/* ---- start ---- */

/* Is it one of the first `before` addresses of -rpcbind? */
static bool is_bound(const struct yc_app *a, const struct yc_netaddr *at, size_t before, uint16_t port)
{
    for (size_t i = 0; i < before; i++) {
        struct yc_netaddr other;
        const char *text = yc_options_list(a->config.options, "rpcbind", i);
        if (text && yc_netaddr_parse(&other, text, port) && yc_netaddr_equal(&other, at))
            return true;
    }
    return false;
}

static enum yc_verdict make_cookie(struct yc_app *a, struct yc_error *err)
{
    uint8_t secret[32];
    char hex[65];
    const char *user = yc_options_text(a->config.options, "rpcuser", ""),
               *password = yc_options_text(a->config.options, "rpcpassword", "");
    enum yc_verdict v = yc_path_join(a->auth.cookie_path, a->config.setup.chain_dir,
                                     yc_options_text(a->config.options, "rpccookiefile", ".cookie"), err);
    if (v != YC_VALID)
        return v;
    if (password[0]) {
        int n = snprintf(a->auth.user_pass, sizeof a->auth.user_pass, "%s:%s", user, password);
        a->auth.cookie_path[0] = 0;
        return n > 0 && (size_t)n < sizeof a->auth.user_pass
                   ? YC_VALID
                   : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "-rpcuser and -rpcpassword are too long together");
    }
    yc_random_fill(yc_random_system(), secret, sizeof secret);
    yc_hex_write(hex, secret, sizeof secret);
    snprintf(a->auth.cookie, sizeof a->auth.cookie, "__cookie__:%s", hex);
    yc_wipe(secret, sizeof secret);
    return yc_fs_replace_file(yc_fs_posix(), a->auth.cookie_path, yc_view_text(a->auth.cookie), err);
}

static enum yc_verdict listen_all(struct yc_app *a, struct yc_error *err)
{
    int64_t port = 0;
    struct yc_int_range range = {"a port", 1, 65535};
    enum yc_verdict v =
        yc_options_int(a->config.options, "rpcport", a->config.setup.params.rpc_port, range, &port, err);
    if (v != YC_VALID)
        return v;
    const char *given = yc_options_list(a->config.options, "rpcbind", 0);
    if (!given || !yc_options_list(a->config.options, "rpcallowip", 0)) {
        if (given)
            yc_log_warning(a->log,
                           "Option -rpcbind was ignored because -rpcallowip was not specified, refusing to allow "
                           "everyone to connect");
        struct yc_netaddr local = yc_netaddr_ipv4(127, 0, 0, 1, (uint16_t)port), local6 = {.port = (uint16_t)port};
        struct yc_error ignored;
        local6.host32[15] = 1;
        v = yc_http_server_listen(a->http, &local, NULL, err);
        /* A machine without IPv6 is served on IPv4 alone; a port that somebody else holds there is an error (R09). */
        if (v == YC_VALID && yc_http_server_listen(a->http, &local6, NULL, &ignored) != YC_VALID) {
            if (strstr(ignored.text, "in use"))
                v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "%s", ignored.text);
            else
                yc_log_warning(a->log, "%s", ignored.text);
        }
        return v;
    }
    for (size_t i = 0; v == YC_VALID && (given = yc_options_list(a->config.options, "rpcbind", i)); i++) {
        struct yc_netaddr at;
        if (!yc_netaddr_parse(&at, given, (uint16_t)port))
            v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                        "-rpcbind=%s is not an address: give one like 127.0.0.1, 127.0.0.1:17332 or [::1]:17332",
                        given);
        else if (is_bound(a, &at, i, (uint16_t)port))
            v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "-rpcbind names %s twice: leave one of them out", given);
        else
            v = yc_http_server_listen(a->http, &at, NULL, err);
    }
    return v;
}

static enum yc_verdict check_allow_ips(const struct yc_app *a, struct yc_error *err)
{
    const char *net;
    struct yc_subnet subnet;
    for (size_t i = 0; (net = yc_options_list(a->config.options, "rpcallowip", i)); i++) {
        if (!yc_subnet_parse(&subnet, net))
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "Invalid -rpcallowip subnet specification: %s. Valid values are a single IP (e.g. 1.2.3.4), or "
                "a network/CIDR (e.g. 1.2.3.4/24).",
                net);
    }
    return YC_VALID;
}

/* An entry that is not user:salt$hash would let nobody in, and whoever wrote it would look for the reason elsewhere. What
 * follows the colon is not shown: it may be a password. */
static enum yc_verdict check_rpcauth(const struct yc_app *a, struct yc_error *err)
{
    const char *entry;
    for (size_t i = 0; (entry = yc_options_list(a->config.options, "rpcauth", i)); i++) {
        const char *colon = strchr(entry, ':'), *dollar = colon ? strchr(colon, '$') : NULL;
        if (!dollar || strchr(colon + 1, ':') || strchr(dollar + 1, '$'))
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "-rpcauth=%.*s is not <user>:<salt>$<hash>, the hash being HMAC-SHA256 of the password under "
                "the salt, in hexadecimal: write it so, and in quotes, since a shell replaces $",
                (int)(colon && colon - entry < 40 ? colon - entry : 40), entry);
    }
    return YC_VALID;
}

enum yc_verdict yc_app_rpc_start(struct yc_app *a, struct yc_error *err)
{
    struct yc_http_hooks hooks = {on_allow, on_admit, on_handle, NULL, a};
    struct yc_http_config config = yc_http_config_default();
    int64_t threads = 0, depth = 0, timeout_s = 0;
    const struct yc_options *o = a->config.options;
    enum yc_verdict v =
        yc_options_int(o, "rpcthreads", 4, (struct yc_int_range){"a number of threads", 1, 64}, &threads, err);
    if (v == YC_VALID)
        v = yc_options_int(o, "rpcworkqueue", 64, (struct yc_int_range){"a number of calls", 1, 65536}, &depth, err);
    if (v == YC_VALID)
        v = yc_options_int(o, "rpcservertimeout", 30, (struct yc_int_range){"a number of seconds", 1, 1000000},
                           &timeout_s, err);
    if (v == YC_VALID)
        v = check_allow_ips(a, err);
    if (v == YC_VALID)
        v = check_rpcauth(a, err);
    a->rpc_env.allowed = allowed;
    if (v == YC_VALID)
        v = yc_rpc_new(&a->rpc, &a->rpc_env, err);
    if (v != YC_VALID || !yc_options_flag(o, "server", true))
        return v;
    config.request_timeout_ms = config.idle_timeout_ms = timeout_s * 1000;
    const char *names[HOST_NAMES_MAX];
    while (config.host_name_count < HOST_NAMES_MAX &&
           (names[config.host_name_count] = yc_options_list(o, "rpcallowhost", config.host_name_count)))
        config.host_name_count++;
    config.host_names = names;
    yc_heap_wiping_init(&a->http_heap, yc_heap());
    v = yc_http_server_new(&a->http, a->loop, &a->http_heap.alloc, &config, &hooks, a->log, err);
    if (v == YC_VALID)
        v = make_cookie(a, err); /* before anybody can ask with an older one */
    if (v == YC_VALID)
        v = listen_all(a, err);
    if (v == YC_VALID)
        v = yc_queue_new(&a->calls, yc_heap(), sizeof(struct yc_http_request *), (size_t)depth, err);
    for (int64_t i = 0; v == YC_VALID && i < threads; i++) {
        char name[16];
        snprintf(name, sizeof name, "httpworker.%u", (unsigned)i);
        v = yc_thread_start(&a->rpc_threads[i], name, serve_calls, a, err);
        if (v == YC_VALID)
            a->rpc_thread_count++;
    }
    return v;
}

/* ---- end ---- */

static void on_down(void *ctx)
{
    struct yc_app *a = ctx;
    atomic_store(&a->http_down, true);
    yc_loop_stop(a->loop);
}

static void begin_shutdown(void *ctx)
{
    struct yc_app *a = ctx;
    yc_http_server_shutdown(a->http, SHUTDOWN_MS, on_down, a);
}

void yc_app_rpc_stop(struct yc_app *a)
{
    static struct yc_loop_task task;
    if (a->auth.cookie_path[0] && a->auth.cookie[0]) {
        struct yc_error ignored;
        const struct yc_fs *fs = yc_fs_posix();
        yc_ignore(fs->remove(fs->ctx, a->auth.cookie_path, &ignored));
    }
    if (a->http && a->net_thread.running) {
        task = (struct yc_loop_task){begin_shutdown, a, NULL};
        yc_loop_post(a->loop, &task);
    } else if (a->loop) {
        yc_loop_stop(a->loop);
    }
    if (a->calls)
        yc_queue_close(a->calls);
    for (unsigned i = 0; i < a->rpc_thread_count; i++)
        yc_thread_join(&a->rpc_threads[i]);
    yc_thread_join(&a->net_thread);
}
