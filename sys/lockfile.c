#include "sys/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_STEP_MS 10

enum yc_verdict yc_datadir_lock(struct yc_datadir_lock *out, const char *dir, struct yc_error *err)
{
    char path[PATH_MAX];
    out->fd = -1;
    int n = snprintf(path, sizeof path, "%s/.lock", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path %.64s… is too long", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOTDIR)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "%s is a file where a folder belongs: move it away", dir);
    if (fd < 0)
        return yc_fail(
            err, YC_SYSTEM, errno == ENOSPC || errno == EDQUOT ? YC_SYSTEM_FULL : YC_SYSTEM_IO,
            "Cannot write to directory '%s' (%s): let the user that runs this program write there, or choose "
            "another -datadir.",
            dir, strerror(errno));
    /* flock and not fcntl: a record lock would be lost when any code of this process closes the file a second time. */
    int r;
    do
        r = flock(fd, LOCK_EX | LOCK_NB);
    while (r != 0 && errno == EINTR);
    if (r != 0) {
        int code = errno;
        close(fd);
        if (code == EWOULDBLOCK)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                           "Cannot obtain a lock on directory %s. YCoin is probably already running.", dir);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "Cannot lock %s: %s. Choose a -datadir on a disk that can lock files.", path, strerror(code));
    }
    out->fd = fd;
    return YC_VALID;
}

bool yc_datadir_wait_free(const char *dir, int64_t timeout_ms)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000};
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/.lock", dir);
    int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return true;
    bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    for (int64_t waited_ms = 0; !is_free && waited_ms < timeout_ms; waited_ms += WAIT_STEP_MS) {
        nanosleep(&step, NULL);
        is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    }
    close(fd);
    return is_free;
}

void yc_datadir_unlock(struct yc_datadir_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd); /* the file stays: to remove it would race with another process that opened it */
    lock->fd = -1;
}
