/* Lines from a terminal, standard input and files, into locked memory. */
#include "wallet/cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One byte at a time, so that nothing is left in a buffer of ours and nothing beyond the line is taken. */
static enum yc_verdict read_line(struct yc_secret *out, size_t *n, int fd, bool *ended, struct yc_error *err)
{
    *n = 0;
    *ended = false;
    enum yc_verdict v = yc_secret_init(out, YC_PROMPT_BYTES_MAX, err);
    while (v == YC_VALID) {
        uint8_t byte;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the input could not be read: %s", strerror(errno));
        *ended = got == 0;
        if (got <= 0 || byte == '\n')
            break;
        if (*n + 1 == YC_PROMPT_BYTES_MAX || byte == 0)
            v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the line is too long or not text: at most %d bytes are taken",
                        YC_PROMPT_BYTES_MAX - 1);
        else
            out->p[(*n)++] = byte;
        explicit_bzero(&byte, 1);
    }
    if (v == YC_VALID && *n && out->p[*n - 1] == '\r')
        out->p[--*n] = 0;
    if (v != YC_VALID)
        yc_secret_release(out);
    return v;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static void say(int fd, const char *text)
{
    size_t n = strlen(text), at = 0;
    while (at < n) {
        ssize_t wrote = write(fd, text + at, n - at);
        if (wrote <= 0)
            return;
        at += (size_t)wrote;
    }
}

enum yc_verdict yc_prompt_line(struct yc_secret *out, size_t *n, const char *question, bool echo, struct yc_error *err)
{
    int fd = open_terminal();
    struct termios before, silent;
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0)
            close(fd);
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "there is no terminal to ask on");
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    sigset_t stops, mask;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGQUIT);
    sigaddset(&stops, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &stops, &mask); /* they wait until the terminal echoes again */
    if (!echo)                                   /* before the question: what is typed after it counts */
        (void)tcsetattr(fd, TCSAFLUSH, &silent);
    say(fd, question);
    bool ended;
    enum yc_verdict v = read_line(out, n, fd, &ended, err);
    if (!echo) {
        (void)tcsetattr(fd, TCSADRAIN, &before);
        say(fd, "\n");
    }
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    close(fd);
    return v;
}

enum yc_verdict yc_prompt_stdin(struct yc_secret *out, size_t *n, struct yc_error *err)
{
    bool ended;
    enum yc_verdict v = read_line(out, n, STDIN_FILENO, &ended, err);
    if (v == YC_VALID && ended && *n == 0) {
        yc_secret_release(out);
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "standard input ended before the line that was expected");
    }
    return v;
}

enum yc_verdict yc_prompt_file(struct yc_secret *out, size_t *n, const char *path, struct yc_error *err)
{
    bool ended;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "%s could not be read: %s", path, strerror(errno));
    enum yc_verdict v = read_line(out, n, fd, &ended, err);
    close(fd);
    if (v == YC_VALID && *n == 0) {
        yc_secret_release(out);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the first line of %s is empty", path);
    }
    return v;
}

enum yc_verdict yc_prompt_yes(bool *yes, const char *question, struct yc_error *err)
{
    struct yc_secret line = {0};
    size_t n = 0;
    enum yc_verdict v = yc_prompt_line(&line, &n, question, true, err);
    if (v != YC_VALID)
        return v;
    const char *said = line.p ? (const char *)line.p : "";
    *yes = strcmp(said, "y") == 0 || strcmp(said, "Y") == 0 || strcmp(said, "yes") == 0;
    yc_secret_release(&line);
    return YC_VALID;
}
