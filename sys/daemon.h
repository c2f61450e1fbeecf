/* What a long-running process asks of the operating system: signals, going to the background, telling systemd,
 * limits, the home folder. Main thread only, unless noted. */
#ifndef YC_SYS_DAEMON_H
#define YC_SYS_DAEMON_H

#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** umask 077 (nobody else reads what we write), SIGPIPE ignored (a closed socket is an error, not death), and large blocks of
 *  memory given back to the system as soon as they are freed. */
void yc_process_prepare(void);

/* SIGINT, SIGTERM and SIGHUP as bytes in a pipe, so that an event loop sees them as it sees a socket. One per
 * process, because a signal handler has no argument. */
struct yc_signals {
    int fd;       /* readable when a signal came; watch it, never read it directly */
    int write_fd; /* the handler's end */
};
/** Installs the handlers. YC_SYSTEM (IO) on failure. */
enum yc_verdict yc_signals_open(struct yc_signals *s, struct yc_error *err) YC_MUST_USE;
/** Restores the default handlers. */
void yc_signals_close(struct yc_signals *s);
/** The next signal number that came, 0 when there is none (more); does not wait. */
int yc_signals_take(struct yc_signals *s);

/* Going to the background: the parent stays until the child says how its start went. */
struct yc_daemon {
    bool is_parent;
    int pipe_fd; /* -1 when the process did not detach, or has reported */
};
/** A struct for a process that stays in the foreground: yc_daemon_report() is then harmless. */
#define YC_DAEMON_FOREGROUND ((struct yc_daemon){false, -1})

/** fork(), and setsid() in the child, which keeps its standard streams until it reports. Call before any thread, lock
 * or socket exists. Returns YC_VALID in both processes; YC_SYSTEM (MEMORY) when there is no child. */
enum yc_verdict yc_daemon_fork(struct yc_daemon *out, struct yc_error *err) YC_MUST_USE;
/** Parent: the status to exit with: what the child reported, or 1 when it ended without a word. */
int yc_daemon_wait(struct yc_daemon *d);
/** Child: the start is over. The parent ends with status; on 0 this process lets go of the terminal (its standard
 *  streams become /dev/null). -daemon reports at once, -daemonwait when the node is up. */
void yc_daemon_report(struct yc_daemon *d, int status);

/** Send a state ("READY=1", "STATUS=…", "STOPPING=1") to the service manager at $NOTIFY_SOCKET, without libsystemd.
 *  YC_NOT_YET when there is none. Any thread. */
enum yc_verdict yc_notify(const char *state, struct yc_error *err) YC_MUST_USE;

/** Raise the soft limit on open files to want, or as far as the hard limit goes.
 *  Returns how many may be open now; an unlimited number is given as YC_FILES_MAX. */
uint64_t yc_files_limit_raise(uint64_t want);
#define YC_FILES_MAX (1u << 20)

/** $HOME/.ycoin (or /.ycoin without $HOME) into out; false when it does not fit. */
bool yc_default_datadir(char *out, size_t out_bytes) YC_MUST_USE;

#endif
