/* The wallet's file as a whole: made, opened, checked, copied, and written anew with another secret. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/sha256.h"
#include "sys/fs_posix.h"
#include "wallet/store_state.h"

#define BUSY_WAIT_MS 30000

/* yc_sum() covers a row's columns, so that a flipped byte shows at the next opening: SQLite's integrity check evaluates
 * each CHECK again. The secret has a table of its own, whose page no later change touches: so no journal gets a copy. */
static const char *const schema[] = {
    "CREATE TABLE facts(one INTEGER PRIMARY KEY CHECK (one = 1), genesis BLOB NOT NULL, kind INTEGER NOT NULL,"
    " xpub TEXT NOT NULL, fingerprint BLOB NOT NULL, birth INTEGER NOT NULL, form INTEGER NOT NULL,"
    " sum BLOB AS (yc_sum(genesis, kind, xpub, fingerprint, birth, form)) STORED"
    " CHECK (sum = yc_sum(genesis, kind, xpub, fingerprint, birth, form)))",
    "CREATE TABLE secret(one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL,"
    " sum BLOB AS (yc_sum(bytes)) STORED CHECK (sum = yc_sum(bytes)))",
    "CREATE TABLE branches(branch INTEGER PRIMARY KEY, given INTEGER NOT NULL,"
    " sum BLOB AS (yc_sum(branch, given)) STORED CHECK (sum = yc_sum(branch, given)))",
    "CREATE TABLE scripts(branch INTEGER NOT NULL, idx INTEGER NOT NULL, script BLOB NOT NULL UNIQUE, label TEXT,"
    " sum BLOB AS (yc_sum(branch, idx, script, label)) STORED CHECK (sum = yc_sum(branch, idx, script, label)),"
    " PRIMARY KEY(branch, idx))",
    "CREATE TABLE transactions(txid BLOB PRIMARY KEY, raw BLOB NOT NULL, height INTEGER, block_time INTEGER,"
    " seen INTEGER NOT NULL, state INTEGER NOT NULL, coinbase INTEGER NOT NULL, own INTEGER NOT NULL,"
    " fee INTEGER NOT NULL, sent INTEGER NOT NULL,"
    " sum BLOB AS (yc_sum(txid, raw, height, block_time, seen, state, coinbase, own, fee, sent)) STORED"
    " CHECK (sum = yc_sum(txid, raw, height, block_time, seen, state, coinbase, own, fee, sent)))",
    "CREATE INDEX transactions_height ON transactions(height)",
    "CREATE TABLE inputs(txid BLOB NOT NULL, prev_txid BLOB NOT NULL, prev_vout INTEGER NOT NULL,"
    " sum BLOB AS (yc_sum(txid, prev_txid, prev_vout)) STORED CHECK (sum = yc_sum(txid, prev_txid, prev_vout)),"
    " PRIMARY KEY(txid, prev_txid, prev_vout))",
    "CREATE INDEX inputs_prev ON inputs(prev_txid, prev_vout)",
    "CREATE TABLE outputs(txid BLOB NOT NULL, vout INTEGER NOT NULL, value INTEGER NOT NULL, branch INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, sum BLOB AS (yc_sum(txid, vout, value, branch, idx)) STORED"
    " CHECK (sum = yc_sum(txid, vout, value, branch, idx)), PRIMARY KEY(txid, vout))",
    "CREATE INDEX outputs_script ON outputs(branch, idx)",
    "CREATE TABLE blocks(height INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
    " sum BLOB AS (yc_sum(height, hash)) STORED CHECK (sum = yc_sum(height, hash)))",
    "CREATE TABLE pool(txid BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE payments(id TEXT PRIMARY KEY, txid BLOB NOT NULL UNIQUE, address TEXT NOT NULL, amount TEXT NOT NULL,"
    " sum BLOB AS (yc_sum(id, txid, address, amount)) STORED CHECK (sum = yc_sum(id, txid, address, amount)))",
    "CREATE VIEW active AS SELECT * FROM transactions WHERE height IS NOT NULL OR state IN (1, 2)",
    "CREATE VIEW spent AS SELECT i.prev_txid, i.prev_vout FROM inputs i JOIN active a ON a.txid = i.txid",
};

/* yc_sum(…): eight bytes of SHA-256 over the types and values of its arguments. */
static void sql_sum(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct yc_sha256 h;
    yc_sha256_init(&h);
    for (int i = 0; i < count; i++) {
        int type = sqlite3_value_type(values[i]);
        const void *p =
            type == SQLITE_TEXT ? (const void *)sqlite3_value_text(values[i]) : sqlite3_value_blob(values[i]);
        uint8_t head[9] = {(uint8_t)type}, number[8];
        size_t n = p ? (size_t)sqlite3_value_bytes(values[i]) : 0;
        if (type == SQLITE_INTEGER) {
            yc_put64le(number, (uint64_t)sqlite3_value_int64(values[i]));
            p = number;
            n = sizeof number;
        }
        yc_put64le(head + 1, n);
        yc_sha256_update(&h, head, sizeof head);
        if (n)
            yc_sha256_update(&h, p, n);
    }
    uint8_t digest[32];
    yc_sha256_final(&h, digest);
    sqlite3_result_blob(context, digest, 8, SQLITE_TRANSIENT);
}

enum yc_verdict yc_store_sync_folder(const char *path, struct yc_error *err)
{
    char folder[YC_STORE_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == folder)
        slash[1] = 0;
    else if (slash)
        *slash = 0;
    const struct yc_fs *fs = yc_fs_posix();
    return fs->sync_dir(fs->ctx, slash ? folder : ".", err);
}

bool yc_store_path_taken(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Open the database with everything that this program relies on switched on. */
enum yc_verdict yc_store_connect(struct yc_store **out, const char *path, const char *shown, struct yc_error *err)
{
    *out = NULL;
    struct yc_store *s = calloc(1, sizeof *s);
    if (!s)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to open the wallet %s", shown);
    int n = snprintf(s->path, sizeof s->path, "%s", shown);
    if (n < 0 || (size_t)n >= sizeof s->path) {
        free(s);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the wallet's path is too long: at most %d bytes",
                       YC_STORE_PATH_MAX);
    }
    int rc =
        sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(s->db, "yc_sum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                        NULL, sql_sum, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(s->db, BUSY_WAIT_MS);
    static const char *const pragmas[] = {"PRAGMA trusted_schema = OFF", "PRAGMA journal_mode = DELETE",
                                          "PRAGMA synchronous = FULL",   "PRAGMA secure_delete = ON",
                                          "PRAGMA foreign_keys = OFF",   "PRAGMA temp_store = MEMORY",
                                          "PRAGMA cell_size_check = ON"};
    for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0] && rc == SQLITE_OK; i++)
        rc = sqlite3_exec(s->db, pragmas[i], NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        *out = s;
        return YC_VALID;
    }
    enum yc_verdict v = yc_sql_fail(s, rc, err);
    yc_store_close(s);
    return v;
}

static enum yc_verdict write_facts(struct yc_store *s, const struct yc_store_facts *f, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s,
                 "INSERT INTO facts(one, genesis, kind, xpub, fingerprint, birth, form) VALUES(1, ?, ?, ?, ?, ?, ?)");
    yc_sql_bytes(&q, f->genesis.b, 32);
    yc_sql_int(&q, f->kind);
    yc_sql_text(&q, f->account_xpub);
    yc_sql_bytes(&q, f->master_fingerprint4, 4);
    yc_sql_int(&q, f->birth_height);
    yc_sql_int(&q, f->secret_form);
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID || f->secret_form == YC_SECRET_NONE)
        return v;
    yc_sql_start(&q, s, "INSERT INTO secret(one, bytes) VALUES(1, ?)");
    yc_sql_bytes(&q, f->secret, f->secret_n);
    return yc_sql_end(&q, err);
}

static enum yc_verdict write_schema(struct yc_store *s, struct yc_error *err)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA application_id = %d", YC_STORE_APPLICATION_ID);
    enum yc_verdict v = yc_sql_run(s, text, err);
    snprintf(text, sizeof text, "PRAGMA user_version = %d", YC_STORE_VERSION);
    if (v == YC_VALID)
        v = yc_sql_run(s, text, err);
    for (size_t i = 0; i < sizeof schema / sizeof schema[0] && v == YC_VALID; i++)
        v = yc_sql_run(s, schema[i], err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "INSERT INTO branches(branch, given) VALUES(0, 0), (1, 0)", err);
    return v;
}

enum yc_verdict yc_store_fill(struct yc_store *s, const struct yc_store_facts *facts, struct yc_error *err)
{
    enum yc_verdict v = yc_store_begin(s, err);
    if (v == YC_VALID)
        v = write_schema(s, err);
    if (v == YC_VALID)
        v = write_facts(s, facts, err);
    return v == YC_VALID ? yc_store_commit(s, err) : v;
}

/* An empty file that nobody else reads, under a name that was free. */
enum yc_verdict yc_store_make_empty(const char *path, struct yc_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s exists already: nothing is overwritten, choose another name", path);
    if (fd < 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "%s could not be made: %s; name a folder that exists and that you may write to", path,
                       strerror(errno));
    close(fd);
    return YC_VALID;
}

/* Give the finished file at `from` its name, which must be free; `from` is gone afterwards. */
enum yc_verdict yc_store_publish(const char *from, const char *path, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    if (link(from, path) != 0)
        v = errno == EEXIST ? yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                                      "%s exists already: nothing is overwritten, choose another name", path)
                            : yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                                      "%s could not be made: %s; name a folder that exists and that you may write to",
                                      path, strerror(errno));
    (void)unlink(from);
    return v == YC_VALID ? yc_store_sync_folder(path, err) : v;
}

/* The name of the file while it is made: of this process alone, so that two never share one. */
enum yc_verdict yc_store_work_name(char out[YC_STORE_PATH_MAX], const char *path, struct yc_error *err)
{
    int n = snprintf(out, YC_STORE_PATH_MAX, "%s.%ld.new", path, (long)getpid());
    if (n < 0 || n >= YC_STORE_PATH_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the wallet's path is too long: at most %d bytes",
                       YC_STORE_PATH_MAX - 24);
    (void)unlink(out); /* left by a process of this number that was killed: its content never counted */
    return YC_VALID;
}

enum yc_verdict yc_store_create(struct yc_store **out, const char *path, const struct yc_store_facts *facts,
                                struct yc_error *err)
{
    *out = NULL;
    if (yc_store_path_taken(path))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s exists already: nothing is overwritten, give another name with -wallet=NAME", path);
    char work[YC_STORE_PATH_MAX];
    struct yc_store *s = NULL;
    enum yc_verdict v = yc_store_work_name(work, path, err);
    if (v == YC_VALID)
        v = yc_store_make_empty(work, err);
    if (v != YC_VALID)
        return v;
    v = yc_store_connect(&s, work, path, err);
    if (v == YC_VALID)
        v = yc_store_fill(s, facts, err);
    yc_store_close(s);
    if (v != YC_VALID) {
        (void)unlink(work);
        return v;
    }
    v = yc_store_publish(work, path, err);
    return v == YC_VALID ? yc_store_open(out, path, err) : v;
}

static enum yc_verdict pragma_int(struct yc_store *s, const char *text, int64_t *out, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, text);
    *out = yc_sql_row(&q) ? yc_sql_get_int(&q) : 0;
    return yc_sql_end(&q, err);
}

/* Is it ours, of this version, and whole? */
enum yc_verdict yc_store_check_file(struct yc_store *s, struct yc_error *err)
{
    int64_t application = 0, version = 0;
    enum yc_verdict v = pragma_int(s, "PRAGMA application_id", &application, err);
    if (v == YC_VALID)
        v = pragma_int(s, "PRAGMA user_version", &version, err);
    if (v != YC_VALID)
        return v;
    if (application != YC_STORE_APPLICATION_ID)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s is a database of another program, not a wallet of ycoin-wallet: it is left alone", s->path);
    if (version != YC_STORE_VERSION)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "%s is a wallet of version %lld, this program knows version %d: use the ycoin-wallet that made it", s->path,
            (long long)version, YC_STORE_VERSION);
    char said[256] = "";
    struct yc_sql q;
    yc_sql_start(&q, s, "PRAGMA integrity_check(1)");
    if (yc_sql_row(&q))
        snprintf(said, sizeof said, "%s", (const char *)sqlite3_column_text(q.stmt, 0));
    v = yc_sql_end(&q, err);
    if (v == YC_VALID && strcmp(said, "ok") != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the wallet %s is damaged (%s): restore a backup, or restore from the recovery words", s->path,
                       said);
    return v;
}

enum yc_verdict yc_store_open(struct yc_store **out, const char *path, struct yc_error *err)
{
    *out = NULL;
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                                         "there is no wallet %s: make one with `create` or `restore`, or give its name "
                                         "with -wallet=NAME",
                                         path)
                               : yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the wallet %s could not be opened: %s", path,
                                         strerror(errno));
    uint8_t magic[16] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, magic, sizeof magic);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the wallet %s could not be read: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || got != sizeof magic || memcmp(magic, "SQLite format 3", 16) != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s is not a wallet of ycoin-wallet (it is no SQLite file): it is left alone", path);
    enum yc_verdict v = yc_store_connect(out, path, path, err);
    if (v != YC_VALID)
        return v;
    v = yc_store_check_file(*out, err);
    if (v != YC_VALID) {
        yc_store_close(*out);
        *out = NULL;
    }
    return v;
}

void yc_store_close(struct yc_store *s)
{
    if (!s)
        return;
    free(s->raw);
    (void)sqlite3_close_v2(s->db);
    free(s);
}

const char *yc_store_path(const struct yc_store *s)
{
    return s->path;
}

enum yc_verdict yc_store_begin(struct yc_store *s, struct yc_error *err)
{
    return yc_sql_run(s, "BEGIN IMMEDIATE", err);
}

enum yc_verdict yc_store_commit(struct yc_store *s, struct yc_error *err)
{
    enum yc_verdict v = yc_sql_run(s, "COMMIT", err);
    if (v != YC_VALID)
        yc_store_rollback(s);
    return v;
}

void yc_store_rollback(struct yc_store *s)
{
    if (s && !sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

enum yc_verdict yc_store_facts(struct yc_store *s, struct yc_store_facts *out, struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT genesis, kind, xpub, fingerprint, birth, form FROM facts");
    bool found = yc_sql_row(&q);
    int64_t kind = 0, birth = 0, form = 0;
    if (found) {
        yc_sql_get_exact(&q, out->genesis.b, 32);
        kind = yc_sql_get_int(&q);
        yc_sql_get_text(&q, out->account_xpub, sizeof out->account_xpub);
        yc_sql_get_exact(&q, out->master_fingerprint4, 4);
        birth = yc_sql_get_int(&q);
        form = yc_sql_get_int(&q);
    }
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID)
        return v;
    if (!found || kind < 0 || kind > YC_ACCOUNT_P2TR || form < 0 || form > YC_SECRET_SEALED || birth < 0 ||
        birth > UINT32_MAX)
        return yc_sql_fail(s, SQLITE_CORRUPT, err);
    out->kind = (enum yc_account_kind)kind;
    out->secret_form = (enum yc_secret_form)form;
    out->birth_height = (uint32_t)birth;
    if (out->secret_form == YC_SECRET_NONE)
        return YC_VALID;
    yc_sql_start(&q, s, "SELECT bytes FROM secret");
    if (yc_sql_row(&q)) {
        struct yc_view secret = yc_sql_get_bytes(&q);
        if (secret.n <= sizeof out->secret) {
            memcpy(out->secret, secret.p, secret.n);
            out->secret_n = secret.n;
        }
    }
    v = yc_sql_end(&q, err);
    return v == YC_VALID && out->secret_n == 0 ? yc_sql_fail(s, SQLITE_CORRUPT, err) : v;
}

void yc_store_facts_wipe(struct yc_store_facts *f)
{
    explicit_bzero(f, sizeof *f);
}
