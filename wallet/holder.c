/* The commands' side of an unlocked wallet: start its holder, ask it, end it. */
#include "wallet/holder_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"

#define NAME_HASH_BYTES 16

/* -- which one */

enum yc_verdict yc_holder_of(struct yc_holder_id *out, struct yc_wallet *w, const char *runtime_folder,
                             struct yc_error *err)
{
    struct yc_store_facts facts;
    struct yc_sha256 hash;
    uint8_t hash32[32];
    *out = (struct yc_holder_id){.runtime_folder = runtime_folder};
    char *path = realpath(yc_store_path(w->store), NULL);
    size_t n = path ? strlen(path) : 0;
    if (n == 0 || n >= sizeof out->file) {
        free(path);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the wallet's path cannot be followed: %s", strerror(errno));
    }
    memcpy(out->file, path, n + 1);
    free(path);
    enum yc_verdict v = yc_store_facts(w->store, &facts, err);
    if (v != YC_VALID)
        return v;
    if (facts.secret_form == YC_SECRET_SEALED) {
        yc_sha256_init(&hash);
        yc_sha256_update(&hash, facts.secret, facts.secret_n);
        yc_sha256_final(&hash, out->seal32);
    }
    yc_store_facts_wipe(&facts);
    yc_sha256_init(&hash);
    yc_sha256_update(&hash, out->file, n + 1);
    yc_sha256_update(&hash, w->account.pubkey33, 33);
    yc_sha256_update(&hash, w->account.chain_code32, 32);
    yc_sha256_final(&hash, hash32);
    yc_hex_write(out->name, hash32, NAME_HASH_BYTES);
    return YC_VALID;
}

/* -- asking */

/* One request and its answer of `want` bytes, or an error that says why there is none. */
static enum yc_verdict exchange(int fd, const struct yc_holder_id *id, enum yc_holder_what what, uint8_t *answer,
                                size_t want, struct yc_error *err)
{
    uint8_t request[YC_HOLDER_REQUEST_BYTES];
    if (!yc_holder_peer_is_ours(fd))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "another user's process answers for the unlocked wallet");
    memcpy(request, YC_HOLDER_MAGIC, 4);
    request[4] = (uint8_t)what;
    memcpy(request + 5, id->seal32, 32);
    ssize_t n = send(fd, request, sizeof request, MSG_NOSIGNAL);
    if (n == (ssize_t)sizeof request)
        do
            n = recv(fd, answer, want, 0);
        while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE)))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the wallet is not unlocked any more");
    if (n < 0)
        return yc_fail(
            err, YC_SYSTEM, YC_SYSTEM_IO,
            "the process that keeps the wallet unlocked (`ycoin-wallet unlock`) does not answer, so end it: %s",
            strerror(errno));
    if (answer[0] != 1)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the wallet is not unlocked any more");
    return (size_t)n == want ? YC_VALID
                             : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                                       "the process that keeps the wallet unlocked is of another version: lock it");
}

/* The same with whichever place has a holder. A place that cannot be used is no place. */
static enum yc_verdict ask(const struct yc_holder_id *id, enum yc_holder_what what, uint8_t *answer, size_t want,
                           struct yc_error *err)
{
    enum yc_verdict v = yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the wallet is not unlocked");
    for (unsigned place = 0; place < YC_HOLDER_PLACES && v == YC_NOT_YET; place++) {
        int folder, fd;
        if (yc_holder_folder(id, place, false, &folder, NULL) != YC_VALID)
            continue;
        v = yc_holder_socket(folder, id->name, false, &fd, err);
        if (v == YC_VALID) {
            v = exchange(fd, id, what, answer, want, err);
            close(fd);
        }
        close(folder);
    }
    return v;
}

enum yc_verdict yc_holder_until(const struct yc_holder_id *id, int64_t *until_s, struct yc_error *err)
{
    uint8_t answer[YC_HOLDER_UNTIL_BYTES] = {0};
    enum yc_verdict v = ask(id, YC_HOLDER_TELL, answer, sizeof answer, err);
    if (v == YC_VALID)
        *until_s = (int64_t)yc_get64le(answer + 1);
    return v;
}

enum yc_verdict yc_holder_key(const struct yc_holder_id *id, struct yc_wallet *w, struct yc_secret *out,
                              struct yc_error *err)
{
    struct yc_secret answer = {0};
    enum yc_verdict v = yc_secret_init(&answer, YC_HOLDER_ANSWER_BYTES, err);
    if (v == YC_VALID)
        v = ask(id, YC_HOLDER_GIVE, answer.p, answer.n, err);
    if (v == YC_VALID)
        v = yc_secret_init(out, sizeof(struct yc_hdkey), err);
    if (v == YC_VALID) {
        struct yc_hdkey *key = (void *)out->p;
        uint8_t pubkey33[33];
        *key = w->account;
        key->is_private = true;
        memcpy(key->secret32, answer.p + YC_HOLDER_UNTIL_BYTES, 32);
        if (!yc_seckey_pubkey(pubkey33, w->signer, key->secret32) || memcmp(pubkey33, key->pubkey33, 33) != 0) {
            yc_secret_release(out);
            v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                        "the process that keeps the wallet unlocked has another key: lock the wallet");
        }
    }
    yc_secret_release(&answer);
    return v;
}

/* -- ending */

enum yc_verdict yc_holder_end_in(const struct yc_holder_id *id, int folder_fd, bool *ran, struct yc_error *err)
{
    uint8_t answer[YC_HOLDER_UNTIL_BYTES] = {0};
    int fd;
    enum yc_verdict v = yc_holder_socket(folder_fd, id->name, false, &fd, err);
    if (v == YC_NOT_YET) { /* perhaps a socket that a killed one left */
        (void)unlinkat(folder_fd, id->name, 0);
        return YC_VALID;
    }
    if (v != YC_VALID)
        return v;
    v = exchange(fd, id, YC_HOLDER_END, answer, sizeof answer, err);
    close(fd);
    if (v != YC_VALID && v != YC_NOT_YET)
        return v;
    (void)unlinkat(folder_fd, id->name, 0); /* it leaves the name to the one who has the lock */
    if (ran)
        *ran = true;
    return YC_VALID;
}

enum yc_verdict yc_holder_end(const struct yc_holder_id *id, bool *ran, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    if (ran)
        *ran = false;
    for (unsigned place = 0; place < YC_HOLDER_PLACES && v == YC_VALID; place++) {
        int folder;
        if (yc_holder_folder(id, place, false, &folder, NULL) != YC_VALID)
            continue;
        if (flock(folder, LOCK_EX) == 0)
            v = yc_holder_end_in(id, folder, ran, err);
        else
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the folder of unlocked wallets could not be locked: %s",
                        strerror(errno));
        close(folder);
    }
    return v;
}

/* -- starting */

static enum yc_verdict await_report(int channel, pid_t child, struct yc_holder_start *out, struct yc_error *err)
{
    struct yc_holder_report report;
    ssize_t n;
    do
        n = recv(channel, &report, sizeof report, 0);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof report && report.verdict == YC_VALID) {
        *out = report.start;
        return YC_VALID;
    }
    (void)waitpid(child, NULL, 0); /* it ends by itself */
    if (n != (ssize_t)sizeof report)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY,
                       "the process that was to keep the wallet unlocked ended before it was ready: try again");
    if (err)
        *err = report.err;
    return report.verdict;
}

enum yc_verdict yc_holder_begin(struct yc_holder_start *out, const struct yc_holder_plan *plan, struct yc_error *err)
{
    int ends[2];
    YC_ASSERT(plan->seconds >= 1 && plan->seconds <= YC_HOLDER_SECONDS_MAX);
    if (plan->passphrase.n == 0 || plan->passphrase.n > YC_HOLDER_PASSPHRASE_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the passphrase is empty or too long: try again");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "no sockets could be made: %s", strerror(errno));
    fflush(NULL); /* what is buffered is this process's to write */
    pid_t child = fork();
    if (child == 0)
        yc_holder_process(plan, ends[1]); /* the passphrase's memory is not there after the fork */
    close(ends[1]);
    enum yc_verdict v;
    if (child < 0)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no process could be started to keep the wallet unlocked: %s",
                    strerror(errno));
    else { /* a send that fails shows as a report that does not come */
        (void)send(ends[0], plan->passphrase.p, plan->passphrase.n, MSG_NOSIGNAL);
        v = await_report(ends[0], child, out, err);
    }
    close(ends[0]);
    return v;
}
