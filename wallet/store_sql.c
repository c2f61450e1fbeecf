/* Statements with sticky failures. */
#include <string.h>

#include "base/assert.h"
#include "wallet/store_state.h"

enum yc_verdict yc_sql_fail(struct yc_store *s, int rc, struct yc_error *err)
{
    int primary = rc & 0xff;
    const char *why = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    enum yc_system which = YC_SYSTEM_IO;
    if (primary == SQLITE_NOMEM)
        which = YC_SYSTEM_MEMORY;
    else if (primary == SQLITE_FULL)
        which = YC_SYSTEM_FULL;
    else if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_CONSTRAINT)
        which = YC_SYSTEM_CORRUPT;
    if (primary == SQLITE_BUSY)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "the wallet %s is in use by another ycoin-wallet: wait until it has ended", s->path);
    if (which == YC_SYSTEM_CORRUPT)
        return yc_fail(err, YC_SYSTEM, which,
                       "the wallet %s is damaged (%s): restore a backup, or restore from the recovery words", s->path,
                       why);
    return yc_fail(err, YC_SYSTEM, which, "the wallet %s could not be read or written: %s", s->path, why);
}

void yc_sql_start(struct yc_sql *q, struct yc_store *s, const char *text)
{
    *q = (struct yc_sql){.store = s};
    q->rc = sqlite3_prepare_v2(s->db, text, -1, &q->stmt, NULL);
}

void yc_sql_int(struct yc_sql *q, int64_t v)
{
    q->bound++;
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_int64(q->stmt, q->bound, v);
}

void yc_sql_bytes(struct yc_sql *q, const void *p, size_t n)
{
    q->bound++;
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_blob64(q->stmt, q->bound, n ? p : "", n, SQLITE_TRANSIENT);
}

void yc_sql_text(struct yc_sql *q, const char *text)
{
    q->bound++;
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_text(q->stmt, q->bound, text, -1, SQLITE_TRANSIENT);
}

void yc_sql_null(struct yc_sql *q)
{
    q->bound++;
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_null(q->stmt, q->bound);
}

bool yc_sql_row(struct yc_sql *q)
{
    if (q->rc != SQLITE_OK)
        return false;
    q->column = 0;
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return true;
    q->rc = rc;
    return false;
}

int64_t yc_sql_get_int(struct yc_sql *q)
{
    return sqlite3_column_int64(q->stmt, q->column++);
}

struct yc_view yc_sql_get_bytes(struct yc_sql *q)
{
    const void *p = sqlite3_column_blob(q->stmt, q->column);
    int n = sqlite3_column_bytes(q->stmt, q->column++);
    return yc_view(p, p && n > 0 ? (size_t)n : 0);
}

void yc_sql_get_exact(struct yc_sql *q, void *out, size_t n)
{
    struct yc_view v = yc_sql_get_bytes(q);
    if (v.n != n) {
        q->rc = SQLITE_CORRUPT;
        memset(out, 0, n);
        return;
    }
    if (n)
        memcpy(out, v.p, n);
}

void yc_sql_get_text(struct yc_sql *q, char *out, size_t cap)
{
    struct yc_view v = yc_sql_get_bytes(q);
    if (v.n >= cap || (v.n && memchr(v.p, 0, v.n))) {
        q->rc = SQLITE_CORRUPT;
        v.n = 0;
    }
    if (v.n)
        memcpy(out, v.p, v.n);
    out[v.n] = 0;
}

enum yc_verdict yc_sql_end(struct yc_sql *q, struct yc_error *err)
{
    while (yc_sql_row(q))
        continue;
    int rc = q->rc;
    enum yc_verdict v = rc == SQLITE_DONE || rc == SQLITE_OK ? YC_VALID : yc_sql_fail(q->store, rc, err);
    (void)sqlite3_finalize(q->stmt); /* repeats what the last step said */
    q->stmt = NULL;
    return v;
}

enum yc_verdict yc_sql_run(struct yc_store *s, const char *text, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, text);
    return yc_sql_end(&q, err);
}
