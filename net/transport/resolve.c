#include "net/transport/resolve.h"

#include "sys/thread.h"
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/transport/socket.h"

#define REQUESTS_MAX 256

/* The host as a C string; false when no name can look like this. */
static bool host_text(char out[YC_HOST_TEXT_MAX], struct yc_view host)
{
    if (host.n == 0 || host.n >= YC_HOST_TEXT_MAX)
        return false;
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] <= ' ' || host.p[i] == 0x7f)
            return false;
        out[i] = (char)host.p[i];
    }
    out[host.n] = 0;
    return true;
}

static void add(struct yc_netaddr *out, size_t *count, size_t max, const struct yc_netaddr *a)
{
    for (size_t i = 0; i < *count; i++) {
        if (yc_netaddr_equal(&out[i], a))
            return;
    }
    if (*count < max)
        out[(*count)++] = *a;
}

static enum yc_verdict ask_system(struct yc_netaddr *out, size_t *count, size_t max, const char *name, uint16_t port,
                                  struct yc_error *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int code = getaddrinfo(name, NULL, &hints, &list);
    if (code != 0)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "the name %s has no address (%s): check its spelling and that this machine has a name server",
                       name, gai_strerror(code));
    for (const struct addrinfo *i = list; i; i = i->ai_next) {
        struct yc_netaddr a;
        if (yc_socket_read_address(&a, i->ai_addr)) {
            a.port = port;
            add(out, count, max, &a);
        }
    }
    freeaddrinfo(list);
    return *count > 0 ? YC_VALID
                      : yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the name %s has no IPv4 or IPv6 address", name);
}

enum yc_verdict yc_resolve(struct yc_netaddr *out, size_t *count, size_t max, struct yc_view host, uint16_t port,
                           struct yc_error *err)
{
    char name[YC_HOST_TEXT_MAX], bracketed[YC_HOST_TEXT_MAX + 2];
    struct yc_netaddr a;
    *count = 0;
    if (!host_text(name, host))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "a host name has 1 to %d characters and no spaces; this one has %zu bytes", YC_HOST_TEXT_MAX - 1,
                       host.n);
    snprintf(bracketed, sizeof bracketed, strchr(name, ':') ? "[%s]" : "%s", name);
    if (yc_netaddr_parse(&a, bracketed, port)) {
        add(out, count, max, &a);
        return YC_VALID;
    }
    if (strcasecmp(name, "localhost") == 0) {
        a = yc_netaddr_ipv4(127, 0, 0, 1, port);
        add(out, count, max, &a);
        a = (struct yc_netaddr){.host32 = {[15] = 1}, .port = port};
        add(out, count, max, &a);
        return YC_VALID;
    }
    return ask_system(out, count, max, name, port, err);
}

struct request {
    struct request *next;
    char host[YC_HOST_TEXT_MAX];
    uint16_t port;
    yc_resolved done;
    void *ctx;
    enum yc_verdict verdict;
    struct yc_netaddr list[YC_RESOLVE_MAX];
    size_t count;
    struct yc_error err;
};

struct request_list {
    struct request *first, *last;
};

struct yc_resolver {
    const struct yc_alloc *alloc;
    struct yc_loop *loop;
    struct yc_loop_task deliver_task;
    struct yc_mutex lock; /* guards what follows */
    struct yc_cond asked;
    struct request_list waiting, answered;
    size_t count;   /* requests waiting, asked or answered */
    unsigned users; /* the owner, and the thread while there is one */
    bool has_thread, stopping, posted;
};

static void append(struct request_list *list, struct request *q)
{
    q->next = NULL;
    if (list->last)
        list->last->next = q;
    else
        list->first = q;
    list->last = q;
}

static struct request *take_first(struct request_list *list)
{
    struct request *q = list->first;
    if (q) {
        list->first = q->next;
        if (!list->first)
            list->last = NULL;
    }
    return q;
}

static void drop_all(struct yc_resolver *r, struct request_list *list)
{
    struct request *q;
    while ((q = take_first(list)) != NULL)
        yc_alloc_free(r->alloc, q, sizeof *q);
}

/* With the lock held, which it gives back. */
static void leave(struct yc_resolver *r)
{
    bool last = --r->users == 0;
    yc_mutex_unlock(&r->lock);
    if (last) {
        yc_cond_release(&r->asked);
        yc_mutex_release(&r->lock);
        yc_alloc_free(r->alloc, r, sizeof *r);
    }
}

static void *serve(void *ctx)
{
    struct yc_resolver *r = ctx;
    yc_mutex_lock(&r->lock);
    while (!r->stopping) {
        struct request *q = take_first(&r->waiting);
        if (!q) {
            yc_cond_wait(&r->asked, &r->lock);
            continue;
        }
        yc_mutex_unlock(&r->lock);
        q->verdict = yc_resolve(q->list, &q->count, YC_RESOLVE_MAX, yc_view_text(q->host), q->port, &q->err);
        yc_mutex_lock(&r->lock);
        append(&r->answered, q);
        if (!r->stopping && !r->posted) {
            r->posted = true;
            yc_loop_post(r->loop, &r->deliver_task);
        }
    }
    drop_all(r, &r->answered);
    leave(r);
    return NULL;
}

static void deliver(void *ctx)
{
    struct yc_resolver *r = ctx;
    for (;;) {
        yc_mutex_lock(&r->lock);
        struct request *q = take_first(&r->answered);
        if (q)
            r->count--;
        else
            r->posted = false;
        yc_mutex_unlock(&r->lock);
        if (!q)
            return;
        struct request copy = *q;
        yc_alloc_free(r->alloc, q, sizeof *q);
        copy.done(copy.ctx, copy.verdict, copy.list, copy.count, copy.verdict == YC_VALID ? "" : copy.err.text);
    }
}

/* A detached thread that leaves signals to the others. With the lock held. */
static bool start_thread(struct yc_resolver *r)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    r->has_thread = pthread_create(&thread, NULL, serve, r) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r->has_thread) {
        r->users++;
        (void)pthread_detach(thread);
    }
    return r->has_thread;
}

enum yc_verdict yc_resolver_new(struct yc_resolver **out, struct yc_loop *l, const struct yc_alloc *alloc,
                                struct yc_error *err)
{
    struct yc_resolver *r = yc_alloc_new(alloc, sizeof *r);
    *out = r;
    if (!r)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the name resolver");
    *r = (struct yc_resolver){.alloc = alloc, .loop = l, .users = 1};
    r->deliver_task = (struct yc_loop_task){.run = deliver, .ctx = r};
    yc_mutex_init(&r->lock);
    yc_cond_init(&r->asked);
    return YC_VALID;
}

enum yc_verdict yc_resolver_ask(struct yc_resolver *r, struct yc_view host, uint16_t port, yc_resolved done, void *ctx,
                                struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    struct request *q = yc_alloc_new(r->alloc, sizeof *q);
    if (!q)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to look up a name");
    *q = (struct request){.port = port, .done = done, .ctx = ctx};
    if (!host_text(q->host, host)) {
        yc_alloc_free(r->alloc, q, sizeof *q);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "a host name of %zu bytes, or one with spaces, cannot be looked up", host.n);
    }
    yc_mutex_lock(&r->lock);
    if (r->count >= REQUESTS_MAX) {
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%d names are being looked up already", REQUESTS_MAX);
    } else if (!r->has_thread && !start_thread(r)) {
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "the system gives no thread to look up names");
    } else {
        append(&r->waiting, q);
        r->count++;
        yc_cond_signal(&r->asked);
    }
    yc_mutex_unlock(&r->lock);
    if (v != YC_VALID)
        yc_alloc_free(r->alloc, q, sizeof *q);
    return v;
}

void yc_resolver_free(struct yc_resolver *r)
{
    if (!r)
        return;
    yc_mutex_lock(&r->lock);
    r->stopping = true;
    drop_all(r, &r->waiting);
    drop_all(r, &r->answered);
    yc_cond_signal(&r->asked);
    yc_mutex_unlock(&r->lock);
    yc_loop_withdraw(r->loop, &r->deliver_task);
    yc_mutex_lock(&r->lock);
    leave(r);
}
