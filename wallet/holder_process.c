/* The process that keeps a wallet unlocked. It is a fork of `ycoin-wallet unlock`, and lets go of all it has of it. */
#include "wallet/holder_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "sys/daemon.h"

#define LOOK_MS      1000 /* how often it looks whether it should still be there */
#define REQUEST_MS   1000 /* how long a client may take to say what it wants */
#define CLOSED_FDS   65536
#define SECRET_BYTES (32 + YC_HOLDER_ANSWER_BYTES) /* the key, then room for an answer with it */

/* A file by what it is, whatever its name. */
struct place {
    dev_t device;
    ino_t inode;
};

struct holder {
    const struct yc_holder_plan *plan;
    struct yc_secret secret;
    struct yc_signals signals;
    int folder, listener;
    struct place wallet, socket;
    int64_t until_s, end_us; /* by the wall clock and by the other one; whichever comes first */
    bool locked;
};

/* -- becoming the holder */

/* No terminal, no folder, no file of the one who called. */
static bool let_go(int channel_fd)
{
    int nothing = open("/dev/null", O_RDWR);
    long most = sysconf(_SC_OPEN_MAX);
    bool fine = nothing >= 0 && setsid() >= 0 && chdir("/") == 0;
    (void)umask(077);
    for (int fd = 0; fd < 3; fd++)
        fine = fine && dup2(nothing, fd) == fd;
    for (int fd = 3; fd < CLOSED_FDS && fd < most; fd++)
        if (fd != channel_fd)
            close(fd);
    return fine;
}

static enum yc_verdict take_passphrase(struct yc_secret *out, size_t *n, int channel_fd, struct yc_error *err)
{
    enum yc_verdict v = yc_secret_init(out, YC_HOLDER_PASSPHRASE_MAX, err);
    ssize_t got = v == YC_VALID ? recv(channel_fd, out->p, out->n, 0) : 0;
    if (v == YC_VALID && got <= 0)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "no passphrase came");
    *n = got > 0 ? (size_t)got : 0;
    return v;
}

static bool place_of(struct place *out, int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    *out = (struct place){st.st_dev, st.st_ino};
    return true;
}

static bool is_there(const struct place *p, int folder, const char *name)
{
    struct place now;
    return place_of(&now, folder, name) && now.device == p->device && now.inode == p->inode;
}

/* The key out of the wallet; nothing else of it stays. */
static enum yc_verdict take_key(struct holder *h, struct yc_view passphrase, struct yc_error *err)
{
    const struct yc_holder_plan *plan = h->plan;
    struct yc_wallet w = {0};
    struct yc_holder_id now;
    struct yc_secret key = {0};
    if (!place_of(&h->wallet, AT_FDCWD, plan->id->file))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the wallet is not there any more: %s", strerror(errno));
    enum yc_verdict v = yc_wallet_open(&w, plan->params, plan->id->file, plan->random, err);
    if (v == YC_VALID)
        v = yc_holder_of(&now, &w, NULL, err);
    if (v == YC_VALID && memcmp(now.seal32, plan->id->seal32, 32) != 0)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the wallet was sealed anew in this moment: try again");
    if (v == YC_VALID)
        v = yc_wallet_unseal(&w, &key, passphrase, err);
    if (v == YC_VALID)
        v = yc_secret_init(&h->secret, SECRET_BYTES, err);
    if (v == YC_VALID)
        memcpy(h->secret.p, ((const struct yc_hdkey *)(const void *)key.p)->secret32, 32);
    h->locked = h->secret.locked && key.locked;
    yc_secret_release(&key);
    yc_wallet_close(&w);
    return v;
}

/* Take the socket's name over from whoever has it. Under the folder's lock, so that of two new holders one ends the
 * other, and none is left that nobody can reach. */
static enum yc_verdict listen_in(struct holder *h, struct yc_error *err)
{
    char fresh[YC_HOLDER_NAME_MAX + 8];
    const char *name = h->plan->id->name;
    snprintf(fresh, sizeof fresh, "%s.new", name);
    if (flock(h->folder, LOCK_EX) != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the folder of unlocked wallets could not be locked: %s",
                       strerror(errno));
    (void)unlinkat(h->folder, fresh, 0);
    enum yc_verdict v = yc_holder_end_in(h->plan->id, h->folder, NULL, err);
    if (v == YC_VALID)
        v = yc_holder_socket(h->folder, fresh, true, &h->listener, err);
    if (v == YC_VALID && (!place_of(&h->socket, h->folder, fresh) || renameat(h->folder, fresh, h->folder, name) != 0))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the socket of the unlocked wallet could not be named: %s",
                    strerror(errno));
    (void)flock(h->folder, LOCK_UN);
    return v;
}

static enum yc_verdict find_folder(struct holder *h, struct yc_error *err)
{
    enum yc_verdict v = YC_NOT_YET;
    for (unsigned place = 0; place < YC_HOLDER_PLACES && v != YC_VALID; place++)
        v = yc_holder_folder(h->plan->id, place, true, &h->folder, err);
    return v == YC_NOT_YET
               ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "there is no folder for the socket of an unlocked wallet")
               : v;
}

static enum yc_verdict begin(struct holder *h, int channel_fd, struct yc_error *err)
{
    struct yc_secret passphrase = {0};
    size_t n = 0;
    enum yc_verdict v = yc_signals_open(&h->signals, err);
    if (v == YC_VALID)
        v = take_passphrase(&passphrase, &n, channel_fd, err);
    if (v == YC_VALID)
        v = take_key(h, yc_view(passphrase.p, n), err);
    h->locked = h->locked && passphrase.locked;
    yc_secret_release(&passphrase);
    if (v == YC_VALID)
        v = yc_holder_end(h->plan->id, NULL, err); /* also one in the other place */
    if (v == YC_VALID)
        v = find_folder(h, err);
    h->until_s = yc_wall_s(h->plan->clock) + h->plan->seconds;
    h->end_us = yc_mono_us(h->plan->clock) + h->plan->seconds * 1000000;
    return v == YC_VALID ? listen_in(h, err) : v;
}

/* -- being it */

static bool should_live(const struct holder *h)
{
    return yc_mono_us(h->plan->clock) < h->end_us && yc_wall_s(h->plan->clock) < h->until_s &&
           yc_holder_folder_is_ours(h->folder) && is_there(&h->wallet, AT_FDCWD, h->plan->id->file) &&
           is_there(&h->socket, h->folder, h->plan->id->name);
}

/* Wipe the key, take the name away, stop listening, in this order: while it listens no other socket can have its inode.
 * When somebody has the folder's lock they see to the name themselves. */
static void end(struct holder *h)
{
    yc_secret_release(&h->secret);
    if (h->listener < 0)
        return;
    if (flock(h->folder, LOCK_EX | LOCK_NB) == 0 && is_there(&h->socket, h->folder, h->plan->id->name))
        (void)unlinkat(h->folder, h->plan->id->name, 0);
    close(h->listener);
    close(h->folder);
    h->listener = h->folder = -1;
}

/* A request in the form that we know, of one who knows the seal. *strange: of one who knows another. */
static bool read_request(const struct holder *h, int fd, enum yc_holder_what *what, bool *strange)
{
    uint8_t request[YC_HOLDER_REQUEST_BYTES + 1];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    *strange = false;
    if (!yc_holder_peer_is_ours(fd) || poll(&ready, 1, REQUEST_MS) != 1 ||
        recv(fd, request, sizeof request, MSG_DONTWAIT) != YC_HOLDER_REQUEST_BYTES ||
        memcmp(request, YC_HOLDER_MAGIC, 4) != 0 || request[4] < YC_HOLDER_GIVE || request[4] > YC_HOLDER_END)
        return false;
    *what = (enum yc_holder_what)request[4];
    *strange = !yc_equal_constant_time(request + 5, h->plan->id->seal32, 32);
    return true;
}

/* Serve one client; false: the holder is to end. */
static bool serve(struct holder *h)
{
    enum yc_holder_what what;
    bool strange;
    int fd = accept(h->listener, NULL, NULL);
    if (fd < 0)
        return true;
    if (!read_request(h, fd, &what, &strange)) {
        close(fd);
        return true;
    }
    uint8_t *answer = h->secret.p + 32;
    size_t n = what == YC_HOLDER_GIVE ? YC_HOLDER_ANSWER_BYTES : YC_HOLDER_UNTIL_BYTES;
    uint8_t last[YC_HOLDER_UNTIL_BYTES];
    bool stays = !strange && what != YC_HOLDER_END && should_live(h);
    if (!stays) { /* the key is gone before anybody hears so */
        end(h);
        answer = last;
        n = sizeof last;
    }
    answer[0] = stays || (what == YC_HOLDER_END && !strange);
    yc_put64le(answer + 1, (uint64_t)h->until_s);
    if (n > YC_HOLDER_UNTIL_BYTES)
        memcpy(answer + YC_HOLDER_UNTIL_BYTES, h->secret.p, 32);
    (void)send(fd, answer, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
    if (stays)
        yc_wipe(answer, n);
    return stays;
}

static void run(struct holder *h)
{
    bool on = true;
    while (on && should_live(h)) {
        struct pollfd fds[] = {{.fd = h->listener, .events = POLLIN}, {.fd = h->signals.fd, .events = POLLIN}};
        int64_t left_ms = (h->end_us - yc_mono_us(h->plan->clock)) / 1000 + 1;
        (void)poll(fds, 2, left_ms > 0 && left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
        on = fds[1].revents == 0;
        if (on && fds[0].revents)
            on = serve(h);
    }
}

void yc_holder_process(const struct yc_holder_plan *plan, int channel_fd)
{
    struct holder h = {.plan = plan, .folder = -1, .listener = -1};
    struct yc_holder_report report = {.verdict = YC_VALID};
    channel_fd = fcntl(channel_fd, F_DUPFD, 3); /* it is below where the caller had closed standard streams */
    if (let_go(channel_fd) && yc_secret_harden_process())
        report.verdict = begin(&h, channel_fd, &report.err);
    else
        report.verdict = yc_fail(&report.err, YC_SYSTEM, YC_SYSTEM_IO,
                                 "the system would not let a process keep the key for itself: %s", strerror(errno));
    report.start = (struct yc_holder_start){h.until_s, h.locked};
    /* Nobody who waits for it: nobody who knows that the wallet would be unlocked. */
    bool heard = send(channel_fd, &report, sizeof report, MSG_NOSIGNAL) == (ssize_t)sizeof report;
    close(channel_fd);
    if (report.verdict == YC_VALID && heard)
        run(&h);
    end(&h);
    _exit(report.verdict == YC_VALID ? 0 : 1);
}
