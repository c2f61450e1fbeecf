#include "sys/command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "base/assert.h"
#include "base/buf.h"

extern char **environ; /* POSIX leaves it to the program to declare it */

static bool harmless(const char *value)
{
    return strspn(value, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(value);
}

static const struct yc_command_value *mark_at(const char *p, const struct yc_command_value *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strncmp(p, value[i].mark, strlen(value[i].mark)))
            return &value[i];
    return NULL;
}

bool yc_command_fill(struct yc_buf *out, const char *text, const struct yc_command_value *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        YC_ASSERT(harmless(value[i].value));
    yc_buf_clear(out);
    while (*text) {
        const struct yc_command_value *v = mark_at(text, value, count);
        if (v)
            yc_buf_append(out, v->value, strlen(v->value));
        else
            yc_buf_append(out, text, 1);
        text += v ? strlen(v->mark) : 1;
    }
    yc_buf_append(out, "", 1);
    return !out->failed;
}

/* The node blocks and ignores signals that a command must get. */
static int spawn(pid_t *pid, char *const *argv)
{
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t files;
    sigset_t none, ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    int e = posix_spawnattr_init(&attr);
    if (e)
        return e;
    e = posix_spawn_file_actions_init(&files);
    if (e) {
        posix_spawnattr_destroy(&attr);
        return e;
    }
    e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", 0, 0); /* 0: O_RDONLY */
    if (!e)
        e = posix_spawnattr_setsigmask(&attr, &none);
    if (!e)
        e = posix_spawnattr_setsigdefault(&attr, &ignored);
    if (!e)
        e = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!e)
        e = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return e;
}

static enum yc_verdict run(const char *const *argv, const char *text, int *status, struct yc_error *err)
{
    char *copy[8];
    pid_t pid;
    int found = 0;
    size_t n = 0;
    /* posix_spawn() takes strings that it could change and does not. */
    for (; argv[n]; n++)
        memcpy(&copy[n], &argv[n], sizeof copy[n]);
    copy[n] = NULL;
    int e = spawn(&pid, copy);
    while (!e && waitpid(pid, &found, 0) < 0)
        e = errno == EINTR ? 0 : errno;
    if (e)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the command '%s' cannot be started: %s", text, strerror(e));
    *status = WIFEXITED(found) ? WEXITSTATUS(found) : WIFSIGNALED(found) ? 128 + WTERMSIG(found) : 1;
    return YC_VALID;
}

enum yc_verdict yc_command_start(const char *text, struct yc_error *err)
{
    /* The shell ends at once and leaves the command to the system's first process: nobody has to wait for it. */
    const char *const argv[] = {"sh", "-c", "eval \"$1\" &", "sh", text, NULL};
    int status;
    return run(argv, text, &status, err);
}

enum yc_verdict yc_command_run(const char *text, int *status, struct yc_error *err)
{
    const char *const argv[] = {"sh", "-c", text, NULL};
    return run(argv, text, status, err);
}
