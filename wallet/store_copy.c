/* Copies of the wallet's file: the backup, and the new file that takes the place of one with another secret. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wallet/store_state.h"

static enum yc_verdict copy_pages(struct yc_store *from, struct yc_store *to, struct yc_error *err)
{
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (!b)
        return yc_sql_fail(to, sqlite3_errcode(to->db), err);
    int rc = SQLITE_OK;
    while ((rc = sqlite3_backup_step(b, 1024)) == SQLITE_OK)
        continue;
    int ended = sqlite3_backup_finish(b);
    return rc == SQLITE_DONE && ended == SQLITE_OK ? YC_VALID : yc_sql_fail(to, rc == SQLITE_DONE ? ended : rc, err);
}

enum yc_verdict yc_store_backup(struct yc_store *s, const char *path, struct yc_error *err)
{
    char work[YC_STORE_PATH_MAX];
    struct yc_store *copy = NULL;
    if (yc_store_path_taken(path))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s exists already: a backup never overwrites, choose another name", path);
    enum yc_verdict v = yc_store_work_name(work, path, err);
    if (v == YC_VALID)
        v = yc_store_make_empty(work, err);
    if (v != YC_VALID)
        return v;
    v = yc_store_connect(&copy, work, path, err);
    if (v == YC_VALID)
        v = copy_pages(s, copy, err);
    if (v == YC_VALID)
        v = yc_store_check_file(copy, err);
    yc_store_close(copy);
    if (v == YC_VALID)
        return yc_store_publish(work, path, err);
    (void)unlink(work);
    return v;
}

/* Every table but facts and secret, by its own columns: sums are made anew. */
static const char *const tables[] = {
    "INSERT INTO fresh.branches(branch, given) SELECT branch, given FROM main.branches",
    "INSERT INTO fresh.scripts(branch, idx, script, label) SELECT branch, idx, script, label FROM main.scripts",
    ("INSERT INTO fresh.transactions(txid, raw, height, block_time, seen, state, coinbase, own, fee, sent)"
     " SELECT txid, raw, height, block_time, seen, state, coinbase, own, fee, sent FROM main.transactions"),
    "INSERT INTO fresh.inputs(txid, prev_txid, prev_vout) SELECT txid, prev_txid, prev_vout FROM main.inputs",
    "INSERT INTO fresh.outputs(txid, vout, value, branch, idx) SELECT txid, vout, value, branch, idx FROM main.outputs",
    "INSERT INTO fresh.blocks(height, hash) SELECT height, hash FROM main.blocks",
    "INSERT INTO fresh.pool(txid) SELECT txid FROM main.pool",
    "INSERT INTO fresh.payments(id, txid, address, amount) SELECT id, txid, address, amount FROM main.payments",
};

/* Fill the new file, which has the schema and the facts, from the old one, as one transaction that also keeps other
 * processes from changing the old one meanwhile. */
static enum yc_verdict copy_rows(struct yc_store *s, const char *work, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "ATTACH DATABASE ? AS fresh");
    yc_sql_text(&q, work);
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v == YC_VALID)
        v = yc_store_begin(s, err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "DELETE FROM fresh.branches", err);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && v == YC_VALID; i++)
        v = yc_sql_run(s, tables[i], err);
    return v;
}

/* Best effort: on a disk that writes elsewhere the old bytes may outlive this. */
static void overwrite(int fd)
{
    struct stat st;
    static const uint8_t zeros[65536];
    if (fstat(fd, &st) != 0)
        return;
    for (off_t at = 0; at < st.st_size;) {
        size_t n = st.st_size - at < (off_t)sizeof zeros ? (size_t)(st.st_size - at) : sizeof zeros;
        ssize_t wrote = pwrite(fd, zeros, n, at);
        if (wrote <= 0)
            return;
        at += wrote;
    }
    (void)fsync(fd);
}

static enum yc_verdict make_fresh(struct yc_store *s, const char *work, enum yc_secret_form form, struct yc_view secret,
                                  struct yc_error *err)
{
    struct yc_store_facts facts;
    struct yc_store *fresh = NULL;
    enum yc_verdict v = yc_store_facts(s, &facts, err);
    if (v == YC_VALID && secret.n > sizeof facts.secret)
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a secret of %zu bytes does not fit into a wallet", secret.n);
    if (v == YC_VALID) {
        facts.secret_form = form;
        facts.secret_n = secret.n;
        memcpy(facts.secret, secret.p, secret.n);
        v = yc_store_make_empty(work, err);
    }
    if (v == YC_VALID)
        v = yc_store_connect(&fresh, work, work, err);
    if (v == YC_VALID)
        v = yc_store_fill(fresh, &facts, err);
    yc_store_close(fresh);
    yc_store_facts_wipe(&facts);
    return v;
}

/* Changes whenever another process has changed the file. */
static int64_t data_version(struct yc_store *s)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "PRAGMA main.data_version");
    int64_t version = yc_sql_row(&q) ? yc_sql_get_int(&q) : -1;
    return yc_sql_end(&q, NULL) == YC_VALID ? version : -1;
}

/* Copy, then shut every other process out and make sure that none came between. */
static enum yc_verdict copy_and_lock(struct yc_store *s, const char *work, struct yc_error *err)
{
    enum yc_verdict v = copy_rows(s, work, err);
    int64_t copied = v == YC_VALID ? data_version(s) : -1;
    if (v == YC_VALID)
        v = yc_store_commit(s, err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "DETACH DATABASE fresh", err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "BEGIN EXCLUSIVE", err);
    if (v == YC_VALID && (copied < 0 || data_version(s) != copied))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                    "another ycoin-wallet changed %s meanwhile: nothing was done, try again", s->path);
    return v;
}

enum yc_verdict yc_store_replace_secret_take(struct yc_store *s, enum yc_secret_form form, struct yc_view secret,
                                             struct yc_error *err)
{
    char work[YC_STORE_PATH_MAX];
    enum yc_verdict v = yc_store_work_name(work, s->path, err);
    if (v == YC_VALID)
        v = make_fresh(s, work, form, secret, err);
    if (v == YC_VALID)
        v = copy_and_lock(s, work, err);
    int old = v == YC_VALID ? open(s->path, O_RDWR | O_CLOEXEC) : -1;
    if (v == YC_VALID && (old < 0 || rename(work, s->path) != 0))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "%s could not be replaced: %s", s->path, strerror(errno));
    if (v == YC_VALID)
        v = yc_store_sync_folder(s->path, err);
    if (v == YC_VALID)
        overwrite(old); /* a process that still has the old file open finds zeros, and refuses them */
    else
        (void)unlink(work);
    yc_store_close(s);
    if (old >= 0) /* not before the database's lock is gone: closing any descriptor of a file drops its locks */
        close(old);
    return v;
}
