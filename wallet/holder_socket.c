/* The holder's folder and socket. */
#define _GNU_SOURCE /* struct ucred */

#include "wallet/holder_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAITING_MAX 8
#define ANSWER_S    5 /* how long the other end may take */

/* In a folder that others can change, they could exchange ours. */
static bool is_ours(const char *folder)
{
    struct stat st;
    return stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* The name of the place; false: this environment has no such place, or it is too long. */
static bool folder_name(char out[YC_HOLDER_PATH_MAX], const struct yc_holder_id *id, unsigned place)
{
    int n = -1;
    if (place == 0 && id->runtime_folder && id->runtime_folder[0] == '/' && is_ours(id->runtime_folder))
        n = snprintf(out, YC_HOLDER_PATH_MAX, "%s/ycoin", id->runtime_folder);
    if (place == 1)
        n = snprintf(out, YC_HOLDER_PATH_MAX, "%.*s/.ycoin-unlock", (int)(strrchr(id->file, '/') - id->file), id->file);
    return n > 0 && n < YC_HOLDER_PATH_MAX;
}

bool yc_holder_folder_is_ours(int folder_fd)
{
    struct stat st;
    return fstat(folder_fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

enum yc_verdict yc_holder_folder(const struct yc_holder_id *id, unsigned place, bool make, int *out_fd,
                                 struct yc_error *err)
{
    char folder[YC_HOLDER_PATH_MAX];
    if (!folder_name(folder, id, place))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "there is no folder of this kind here");
    if (make && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the folder %.200s could not be made: %s", folder,
                       strerror(errno));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%.200s is not there", folder);
    if (fd < 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the folder %.200s could not be opened: %s", folder,
                       strerror(errno));
    if (yc_holder_folder_is_ours(fd)) {
        *out_fd = fd;
        return YC_VALID;
    }
    close(fd);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                   "the folder %.200s is not this user's alone, so no key goes through it: remove it, or chmod 700 it",
                   folder);
}

bool yc_holder_peer_is_ours(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && n == sizeof peer && peer.uid == geteuid();
}

enum yc_verdict yc_holder_socket(int folder_fd, const char *name, bool bound, int *out_fd, struct yc_error *err)
{
    /* The folder by its number: its path may be longer than a socket's address, and may change hands meanwhile. */
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = ANSWER_S};
    snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/%s", folder_fd, name);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool fine = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
    if (fine && bound)
        fine = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && fchmodat(folder_fd, name, 0600, 0) == 0 &&
               listen(fd, WAITING_MAX) == 0;
    else if (fine)
        fine = connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fine) {
        *out_fd = fd;
        return YC_VALID;
    }
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (!bound && (why == ENOENT || why == ECONNREFUSED)) /* refused: left by one that was killed */
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the wallet is not unlocked");
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the socket of the unlocked wallet cannot be used: %s", strerror(why));
}
