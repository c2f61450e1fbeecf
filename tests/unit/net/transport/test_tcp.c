/* net/transport/tcp over the loopback interface: numbers, bytes, back-pressure, budgets, endings (catalogue P01, P03,
 * P26, P33, P38). */
#include "net/transport/tcp.h"

#include <sys/resource.h>

#include "unit/net/transport/net_thread.h"

#define CONNS_MAX 512

/* What the callbacks saw; written on the loop thread, read by the test under the lock. */
struct seen {
    struct yc_mutex lock;
    struct yc_tcp *tcp;
    bool hold;   /* do not report bytes as consumed */
    bool echo;   /* send them back */
    bool broken; /* an event that may not come */
    size_t accepted, connected, failed, closed, drained;
    uint64_t last_accepted, last_id;
    enum yc_tcp_reason last_reason;
    struct yc_netaddr last_remote, last_local;
    uint64_t bytes, sum;
    uint64_t held_of[CONNS_MAX];
    bool over[CONNS_MAX];
};

static void note_new(struct seen *s, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    s->broken = s->broken || conn >= CONNS_MAX || s->over[conn];
    s->last_remote = *remote;
    s->last_local = *local;
}

static void on_accepted(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    struct seen *s = ctx;
    yc_mutex_lock(&s->lock);
    s->accepted++;
    s->last_accepted = conn;
    note_new(s, conn, remote, local);
    yc_mutex_unlock(&s->lock);
}

static void on_connected(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    struct seen *s = ctx;
    yc_mutex_lock(&s->lock);
    s->connected++;
    note_new(s, conn, remote, local);
    yc_mutex_unlock(&s->lock);
}

static void note_end(struct seen *s, uint64_t conn, enum yc_tcp_reason reason)
{
    s->broken = s->broken || conn >= CONNS_MAX || s->over[conn];
    s->over[conn] = true;
    s->last_reason = reason;
}

static void on_connect_failed(void *ctx, uint64_t conn, enum yc_tcp_reason reason)
{
    struct seen *s = ctx;
    yc_mutex_lock(&s->lock);
    s->failed++;
    note_end(s, conn, reason);
    yc_mutex_unlock(&s->lock);
}

static void on_closed(void *ctx, uint64_t conn, enum yc_tcp_reason reason)
{
    struct seen *s = ctx;
    yc_mutex_lock(&s->lock);
    s->closed++;
    note_end(s, conn, reason);
    yc_mutex_unlock(&s->lock);
}

static void on_drained(void *ctx, uint64_t conn, size_t queued)
{
    struct seen *s = ctx;
    (void)queued;
    yc_mutex_lock(&s->lock);
    s->drained++;
    s->broken = s->broken || s->over[conn];
    yc_mutex_unlock(&s->lock);
}

static void on_bytes(void *ctx, uint64_t conn, struct yc_view bytes)
{
    struct seen *s = ctx;
    yc_mutex_lock(&s->lock);
    s->bytes += bytes.n;
    s->broken = s->broken || s->over[conn];
    for (size_t i = 0; i < bytes.n; i++)
        s->sum += bytes.p[i];
    if (s->hold)
        s->held_of[conn] += bytes.n;
    bool hold = s->hold, echo = s->echo;
    yc_mutex_unlock(&s->lock);
    if (echo && yc_tcp_send(s->tcp, conn, bytes, NULL) != YC_VALID)
        s->broken = true;
    if (!hold)
        yc_tcp_consumed(s->tcp, conn, bytes.n);
}

struct rig {
    struct net_thread net;
    struct seen seen;
    struct yc_tcp *tcp;
    struct yc_netaddr at; /* where it listens */
};

static void rig_start(struct rig *r, const struct yc_tcp_limits *limits)
{
    struct yc_tcp_events events = {.accepted = on_accepted,
                                   .connected = on_connected,
                                   .connect_failed = on_connect_failed,
                                   .bytes = on_bytes,
                                   .drained = on_drained,
                                   .closed = on_closed,
                                   .ctx = &r->seen};
    struct yc_tcp_limits plain = yc_tcp_limits_default();
    struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    memset(r, 0, sizeof *r);
    yc_mutex_init(&r->seen.lock);
    net_thread_init(&r->net);
    assert_int_equal(
        yc_tcp_new(&r->tcp, r->net.loop, &r->net.heap.alloc, &events, limits ? limits : &plain, NULL, NULL), YC_VALID);
    r->seen.tcp = r->tcp;
    assert_int_equal(yc_tcp_listen(r->tcp, &any_port, &r->at, NULL), YC_VALID);
    assert_true(r->at.port != 0);
    net_thread_start(&r->net);
}

static void rig_stop(struct rig *r)
{
    net_thread_stop(&r->net);
    yc_tcp_free(r->tcp);
    net_thread_release(&r->net);
    assert_false(r->seen.broken);
    yc_mutex_release(&r->seen.lock);
}

/* A member of seen, read under its lock. */
static uint64_t get_member(struct rig *r, const void *p, size_t n)
{
    uint32_t v32 = 0;
    uint64_t v = 0;
    assert_true(n == sizeof v || n == sizeof v32);
    yc_mutex_lock(&r->seen.lock);
    memcpy(n == sizeof v ? (void *)&v : (void *)&v32, p, n);
    yc_mutex_unlock(&r->seen.lock);
    return v + v32;
}

#define get(rig, member) get_member(rig, &(rig)->seen.member, sizeof(rig)->seen.member)

static void set_hold(struct rig *r, bool hold, bool echo)
{
    yc_mutex_lock(&r->seen.lock);
    r->seen.hold = hold;
    r->seen.echo = echo;
    yc_mutex_unlock(&r->seen.lock);
}

/* Report everything that was held as consumed. */
static void release_held(struct rig *r)
{
    for (uint64_t conn = 0; conn < CONNS_MAX; conn++) {
        yc_mutex_lock(&r->seen.lock);
        uint64_t n = r->seen.held_of[conn];
        r->seen.held_of[conn] = 0;
        yc_mutex_unlock(&r->seen.lock);
        if (n > 0)
            yc_tcp_consumed(r->tcp, conn, (size_t)n);
    }
}

static void bytes_go_both_ways_and_ends_are_told(void **state)
{
    static struct rig r;
    char back[6] = {0};
    (void)state;
    rig_start(&r, NULL);
    set_hold(&r, false, true);
    int fd = plain_connect(&r.at);
    plain_send_text(fd, "hello");
    assert_int_equal(plain_recv(fd, back, 5), 5);
    assert_string_equal(back, "hello");
    assert_true(yc_netaddr_is_loopback(&r.seen.last_remote) && r.seen.last_local.port == r.at.port);
    close(fd);
    wait_for(get(&r, closed) == 1);
    assert_int_equal(get(&r, last_reason), YC_TCP_BY_PEER);
    struct yc_tcp_totals totals = yc_tcp_get_totals(r.tcp);
    assert_int_equal(totals.received_bytes, 5);
    assert_int_equal(totals.sent_bytes, 5);
    assert_int_equal(totals.held_bytes, 0);
    assert_int_equal(totals.connections, 0);
    rig_stop(&r);
}

static void it_connects_to_itself_over_ipv4_and_ipv6(void **state)
{
    static struct rig r;
    struct yc_netaddr v6 = {.host32 = {[15] = 1}}, bound;
    struct yc_error err;
    uint64_t conn;
    (void)state;
    rig_start(&r, NULL);
    assert_int_equal(yc_tcp_connect(r.tcp, &conn, &r.at, NULL), YC_VALID);
    assert_int_equal(yc_tcp_send(r.tcp, conn, yc_view_text("early"), NULL), YC_VALID); /* before connected() */
    wait_for(get(&r, bytes) == 5);
    assert_int_equal(get(&r, connected), 1);
    assert_int_equal(get(&r, accepted), 1);
    if (yc_tcp_listen(r.tcp, &v6, &bound, &err) == YC_VALID) {
        assert_int_equal(yc_tcp_connect(r.tcp, &conn, &bound, NULL), YC_VALID);
        wait_for(get(&r, connected) == 2 && get(&r, accepted) == 2);
    } else {
        print_message("no IPv6 here: %s\n", err.text);
    }
    rig_stop(&r);
}

static void a_refused_connection_and_a_taken_address_are_reported(void **state)
{
    static struct rig r;
    struct yc_netaddr nobody;
    struct yc_error err;
    uint64_t conn;
    (void)state;
    rig_start(&r, NULL);
    int fd = plain_listen(&nobody, 1);
    close(fd);
    assert_int_equal(yc_tcp_connect(r.tcp, &conn, &nobody, NULL), YC_VALID);
    wait_for(get(&r, failed) == 1);
    assert_int_equal(get(&r, last_reason), YC_TCP_REFUSED);
    assert_int_equal(yc_tcp_listen(r.tcp, &r.at, NULL, &err), YC_SYSTEM);
    assert_non_null(strstr(err.text, "cannot listen on 127.0.0.1:"));
    yc_tcp_close(r.tcp, conn, YC_TCP_CLOSE_NOW); /* dead numbers are ignored */
    yc_tcp_pause(r.tcp, conn, true);
    assert_int_equal(yc_tcp_send(r.tcp, conn, yc_view_text("x"), NULL), YC_VALID);
    rig_stop(&r);
}

/* P26: an address that swallows packets. A full accept queue behaves like one. */
static void connecting_has_a_deadline(void **state)
{
    static struct rig r;
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    struct yc_netaddr full;
    int fd = plain_listen(&full, 0);
    (void)state;
    limits.connect_timeout_ms = 200;
    rig_start(&r, &limits);
    uint64_t ids[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(yc_tcp_connect(r.tcp, &ids[i], &full, NULL), YC_VALID);
    wait_for(get(&r, failed) + get(&r, connected) == 8);
    assert_true(get(&r, failed) > 0);
    assert_int_equal(get(&r, last_reason), YC_TCP_TIMEOUT);
    rig_stop(&r);
    close(fd);
}

/* P01: a peer that sends more than we take is not read beyond its bound; consuming goes on where it stopped. */
static void reading_stops_at_the_bounds_and_goes_on(void **state)
{
    static struct rig r;
    static uint8_t data[4 << 20];
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    int fds[4];
    (void)state;
    limits.receive_conn_bytes = 100000;
    limits.receive_total_bytes = 250000;
    rig_start(&r, &limits);
    set_hold(&r, true, false);
    memset(data, 1, sizeof data);
    struct timeval soon = {.tv_usec = 50000};
    for (size_t i = 0; i < 4; i++) {
        fds[i] = plain_connect(&r.at);
        assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon), 0);
    }
    size_t sent = 0;
    for (size_t i = 0; i < 4; i++) {
        ssize_t n;
        size_t mine = 0;
        while (mine < sizeof data && (n = send(fds[i], data, sizeof data - mine, MSG_NOSIGNAL)) > 0)
            mine += (size_t)n;
        sent += mine;
    }
    wait_for(get(&r, bytes) == 250000); /* 100000 + 100000 + 50000 + 0 */
    sleep_ms(100);
    assert_int_equal(get(&r, bytes), 250000);
    assert_int_equal(yc_tcp_get_totals(r.tcp).held_bytes, 250000);
    for (size_t i = 0; i < 4; i++)
        assert_true(r.seen.held_of[i + 1] <= 100000);
    int64_t end = now_ms() + WAIT_MS;
    while (get(&r, bytes) < sent && now_ms() < end) {
        assert_true(yc_tcp_get_totals(r.tcp).held_bytes <= 250000);
        release_held(&r);
    }
    assert_int_equal(get(&r, bytes), sent);
    assert_int_equal(get(&r, sum), sent);
    /* Bytes may be reported after their connection has gone. */
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    wait_for(get(&r, closed) == 4);
    release_held(&r);
    assert_int_equal(yc_tcp_get_totals(r.tcp).held_bytes, 0);
    rig_stop(&r);
}

/* P03: a peer that does not read fills its send buffer only; at the cap it is closed. P33: it is still read. */
static void sending_reports_pressure_and_ends_at_the_cap(void **state)
{
    static struct rig r;
    static uint8_t data[300000];
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    size_t queued = 0, total = 0;
    (void)state;
    limits.send_low_bytes = 1000;
    limits.send_high_bytes = 500000;
    limits.send_max_bytes = 20 << 20;
    rig_start(&r, &limits);
    int fd = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 1);
    uint64_t conn = get(&r, last_accepted);
    /* A slow loop thread may let bytes pile up that the kernel still takes: the pressure counts once it stays. */
    while (yc_tcp_queued_bytes(r.tcp, conn) < limits.send_high_bytes) {
        assert_int_equal(yc_tcp_send(r.tcp, conn, yc_view(data, sizeof data), &queued), YC_VALID);
        total += sizeof data;
        sleep_ms(20);
    }
    uint64_t drained = get(&r, drained);
    plain_send_text(fd, "still here");
    wait_for(get(&r, bytes) == 10);
    static uint8_t back[sizeof data];
    for (size_t got = 0; got < total; got += sizeof back)
        assert_int_equal(plain_recv(fd, back, sizeof back), sizeof back);
    wait_for(get(&r, drained) == drained + 1);
    assert_int_equal(yc_tcp_queued_bytes(r.tcp, conn), 0);
    for (int i = 0; i < 200 && get(&r, closed) == 0; i++)
        assert_int_equal(yc_tcp_send(r.tcp, conn, yc_view(data, sizeof data), &queued), YC_VALID);
    wait_for(get(&r, closed) == 1);
    assert_int_equal(get(&r, last_reason), YC_TCP_SEND_OVERFLOW);
    assert_true(atomic_load(&r.net.heap.peak_bytes) < (size_t)22 << 20);
    close(fd);
    rig_stop(&r);
}

static void closing_can_flush_first(void **state)
{
    static struct rig r;
    static uint8_t data[3 << 20], back[3 << 20];
    (void)state;
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    limits.flush_timeout_ms = 300;
    rig_start(&r, &limits);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    int fd = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 1);
    assert_int_equal(yc_tcp_send(r.tcp, get(&r, last_accepted), yc_view(data, sizeof data), NULL), YC_VALID);
    yc_tcp_close(r.tcp, get(&r, last_accepted), YC_TCP_CLOSE_FLUSH);
    assert_int_equal(yc_tcp_send(r.tcp, get(&r, last_accepted), yc_view_text("late"), NULL), YC_VALID);
    assert_int_equal(plain_recv(fd, back, sizeof back), sizeof back);
    assert_memory_equal(data, back, sizeof data);
    assert_int_equal(plain_recv(fd, back, 1), 0);
    wait_for(get(&r, closed) == 1);
    assert_int_equal(get(&r, last_reason), YC_TCP_BY_US);
    close(fd);
    /* One that never reads is not waited for beyond the limit. */
    fd = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 2);
    for (int i = 0; i < 4; i++)
        assert_int_equal(yc_tcp_send(r.tcp, get(&r, last_accepted), yc_view(data, sizeof data), NULL), YC_VALID);
    yc_tcp_close(r.tcp, get(&r, last_accepted), YC_TCP_CLOSE_FLUSH);
    wait_for(get(&r, closed) == 2);
    assert_int_equal(get(&r, last_reason), YC_TCP_BY_US);
    close(fd);
    rig_stop(&r);
}

static void a_paused_connection_is_not_read(void **state)
{
    static struct rig r;
    (void)state;
    rig_start(&r, NULL);
    int fd = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 1);
    plain_send_text(fd, "a");
    wait_for(get(&r, bytes) == 1);
    yc_tcp_pause(r.tcp, get(&r, last_accepted), true);
    sleep_ms(20);
    plain_send_text(fd, "b");
    sleep_ms(50);
    assert_int_equal(get(&r, bytes), 1);
    yc_tcp_pause(r.tcp, get(&r, last_accepted), false);
    wait_for(get(&r, bytes) == 2);
    close(fd);
    rig_stop(&r);
}

static void two_hundred_sockets_come_and_go(void **state)
{
    static struct rig r;
    int fds[200];
    (void)state;
    rig_start(&r, NULL);
    set_hold(&r, false, true);
    for (size_t i = 0; i < 200; i++) {
        fds[i] = plain_connect(&r.at);
        plain_send_text(fds[i], "ping");
    }
    for (size_t i = 0; i < 200; i++) {
        char back[4];
        assert_int_equal(plain_recv(fds[i], back, 4), 4);
        close(fds[i]);
    }
    wait_for(get(&r, closed) == 200);
    assert_int_equal(get(&r, accepted), 200);
    assert_int_equal(yc_tcp_get_totals(r.tcp).connections, 0);
    rig_stop(&r);
}

static void the_cap_on_connections_holds(void **state)
{
    static struct rig r;
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    char byte;
    uint64_t conn;
    (void)state;
    limits.connections_max = 2;
    rig_start(&r, &limits);
    int a = plain_connect(&r.at), b = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 2);
    int c = plain_connect(&r.at);
    assert_int_equal(plain_recv(c, &byte, 1), 0); /* closed unannounced */
    assert_int_equal(get(&r, accepted), 2);
    assert_int_equal(yc_tcp_connect(r.tcp, &conn, &r.at, NULL), YC_SYSTEM);
    assert_int_equal(conn, 0);
    close(a);
    wait_for(get(&r, closed) == 1);
    close(c);
    c = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 3);
    yc_tcp_stop_listening(r.tcp);
    close(a = b);
    close(c);
    wait_for(get(&r, closed) == 3);
    rig_stop(&r);
}

/* P38, R05: out of files, accepting pauses instead of spinning, and goes on when there are files again. */
static void running_out_of_files_pauses_accepting(void **state)
{
    static struct rig r;
    struct rlimit before, tight;
    (void)state;
    rig_start(&r, NULL);
    int fd = plain_connect(&r.at);
    wait_for(get(&r, accepted) == 1);
    int waiting = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)waiting + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(r.at.port)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connected = connect(waiting, (struct sockaddr *)&in, sizeof in);
    struct timespec cpu0, cpu1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu0);
    sleep_ms(400);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu1);
    uint64_t accepted = get(&r, accepted);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(connected, 0);
    assert_int_equal(accepted, 1);
    double spent_s = (double)(cpu1.tv_sec - cpu0.tv_sec) + (double)(cpu1.tv_nsec - cpu0.tv_nsec) / 1e9;
    assert_true(spent_s < 0.2);
    wait_for(get(&r, accepted) == 2);
    close(waiting);
    close(fd);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways_and_ends_are_told),
        cmocka_unit_test(it_connects_to_itself_over_ipv4_and_ipv6),
        cmocka_unit_test(a_refused_connection_and_a_taken_address_are_reported),
        cmocka_unit_test(connecting_has_a_deadline),
        cmocka_unit_test(reading_stops_at_the_bounds_and_goes_on),
        cmocka_unit_test(sending_reports_pressure_and_ends_at_the_cap),
        cmocka_unit_test(closing_can_flush_first),
        cmocka_unit_test(a_paused_connection_is_not_read),
        cmocka_unit_test(two_hundred_sockets_come_and_go),
        cmocka_unit_test(the_cap_on_connections_holds),
        cmocka_unit_test(running_out_of_files_pauses_accepting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
