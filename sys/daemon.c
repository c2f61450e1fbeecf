#include "sys/daemon.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static enum yc_verdict fail(struct yc_error *err, enum yc_system which, const char *doing)
{
    return yc_fail(err, YC_SYSTEM, which, "cannot %s: %s", doing, strerror(errno));
}

void yc_process_prepare(void)
{
    umask(077);
    signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
    /* Large buffers go back to the system when they are freed. By itself the threshold grows with what is freed, and what
     * peers once filled would stay with the process for good. */
    (void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}

/* ---- signals ---- */

static const int handled[] = {SIGINT, SIGTERM, SIGHUP};

/* A handler gets no argument, so its end of the pipe is the one mutable global of this module. */
static volatile sig_atomic_t handler_fd = -1;

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t r = write(handler_fd, &byte, 1); /* a full pipe holds enough signals already */
    (void)r;
    errno = saved;
}

static void handle_all(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        sigaction(handled[i], &action, NULL);
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

enum yc_verdict yc_signals_open(struct yc_signals *s, struct yc_error *err)
{
    int ends[2];
    s->fd = s->write_fd = -1;
    if (pipe(ends) != 0)
        return fail(err, YC_SYSTEM_IO, "make a pipe for signals");
    if (!set_flags(ends[0]) || !set_flags(ends[1])) {
        enum yc_verdict v = fail(err, YC_SYSTEM_IO, "set up the pipe for signals");
        close(ends[0]);
        close(ends[1]);
        return v;
    }
    s->fd = ends[0];
    s->write_fd = ends[1];
    handler_fd = ends[1];
    handle_all(on_signal);
    return YC_VALID;
}

void yc_signals_close(struct yc_signals *s)
{
    if (s->fd < 0)
        return;
    handle_all(SIG_DFL);
    handler_fd = -1;
    close(s->fd);
    close(s->write_fd);
    s->fd = s->write_fd = -1;
}

int yc_signals_take(struct yc_signals *s)
{
    unsigned char byte;
    ssize_t r;
    do
        r = read(s->fd, &byte, 1);
    while (r < 0 && errno == EINTR);
    return r == 1 ? byte : 0;
}

/* ---- going to the background ---- */

enum yc_verdict yc_daemon_fork(struct yc_daemon *out, struct yc_error *err)
{
    int ends[2];
    *out = YC_DAEMON_FOREGROUND;
    if (pipe(ends) != 0)
        return fail(err, YC_SYSTEM_IO, "make a pipe");
    fflush(NULL); /* else both processes would write what is buffered */
    pid_t child = fork();
    if (child < 0) {
        enum yc_verdict v = fail(err, YC_SYSTEM_MEMORY, "start a process in the background");
        close(ends[0]);
        close(ends[1]);
        return v;
    }
    out->is_parent = child > 0;
    close(ends[out->is_parent]);
    out->pipe_fd = ends[!out->is_parent];
    (void)fcntl(out->pipe_fd, F_SETFD, FD_CLOEXEC);
    if (!out->is_parent)
        setsid(); /* cannot fail in a fresh child, which leads no group */
    return YC_VALID;
}

int yc_daemon_wait(struct yc_daemon *d)
{
    unsigned char status = 1;
    ssize_t r;
    do
        r = read(d->pipe_fd, &status, 1);
    while (r < 0 && errno == EINTR);
    close(d->pipe_fd);
    d->pipe_fd = -1;
    return r == 1 ? status : 1;
}

void yc_daemon_report(struct yc_daemon *d, int status)
{
    if (d->pipe_fd < 0 || d->is_parent)
        return;
    unsigned char byte = (unsigned char)status;
    ssize_t r;
    do
        r = write(d->pipe_fd, &byte, 1); /* a parent that was killed reads nothing: fine */
    while (r < 0 && errno == EINTR);
    close(d->pipe_fd);
    d->pipe_fd = -1;
    int null_fd = status == 0 ? open("/dev/null", O_RDWR) : -1;
    if (null_fd < 0)
        return;
    for (int fd = 0; fd <= 2; fd++)
        (void)dup2(null_fd, fd);
    if (null_fd > 2)
        close(null_fd);
}

/* ---- the rest ---- */

enum yc_verdict yc_notify(const char *state, struct yc_error *err)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || !*path)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no service manager listens ($NOTIFY_SOCKET is not set)");
    size_t n = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || n >= sizeof to.sun_path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "$NOTIFY_SOCKET is no socket path: %.128s", path);
    memcpy(to.sun_path, path, n);
    if (path[0] == '@') /* Linux's abstract names begin with a NUL */
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(err, YC_SYSTEM_IO, "make a socket for the service manager");
    socklen_t to_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    ssize_t r = sendto(fd, state, strlen(state), 0, (const struct sockaddr *)&to, to_bytes);
    enum yc_verdict v = r >= 0 ? YC_VALID : fail(err, YC_SYSTEM_IO, "tell the service manager");
    close(fd);
    return v;
}

uint64_t yc_files_limit_raise(uint64_t want)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < want) {
        limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > want ? (rlim_t)want : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* what counts is what holds afterwards */
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
            return 0;
    }
    return limit.rlim_cur > YC_FILES_MAX ? YC_FILES_MAX : (uint64_t)limit.rlim_cur;
}

bool yc_default_datadir(char *out, size_t out_bytes)
{
    const char *home = getenv("HOME");
    int n = snprintf(out, out_bytes, "%s/.ycoin", home ? home : "");
    return n > 0 && (size_t)n < out_bytes;
}
