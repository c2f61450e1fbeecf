/* What the files of the store share: the open database, and statements whose failures are sticky. For store*.c. */
#ifndef YC_WALLET_STORE_STATE_H
#define YC_WALLET_STORE_STATE_H

#include <sqlite3.h>

#include "wallet/store.h"

#define YC_STORE_PATH_MAX 4096

struct yc_store {
    sqlite3 *db;
    char path[YC_STORE_PATH_MAX];
    uint8_t *raw; /* behind the view that yc_store_get_tx() gave out */
};

/* One statement: bind its values in order, step through its rows, end it. After a failure the rest does nothing, and
 * yc_sql_end() says what happened. Columns are read in order too. */
struct yc_sql {
    struct yc_store *store;
    sqlite3_stmt *stmt;
    int rc; /* SQLITE_OK while nothing failed */
    int bound, column;
};

void yc_sql_start(struct yc_sql *q, struct yc_store *s, const char *text);
void yc_sql_int(struct yc_sql *q, int64_t v);
void yc_sql_bytes(struct yc_sql *q, const void *p, size_t n);
void yc_sql_text(struct yc_sql *q, const char *text);
void yc_sql_null(struct yc_sql *q);
/** The next row; false at the end and after a failure. */
bool yc_sql_row(struct yc_sql *q);
int64_t yc_sql_get_int(struct yc_sql *q);
/** Valid until the next row or the end. */
struct yc_view yc_sql_get_bytes(struct yc_sql *q);
/** Exactly n bytes; the statement fails as corrupt when the column has another number. */
void yc_sql_get_exact(struct yc_sql *q, void *out, size_t n);
/** Text of at most cap - 1 bytes, likewise. */
void yc_sql_get_text(struct yc_sql *q, char *out, size_t cap);
/** Run what is left of it and give it back. */
enum yc_verdict yc_sql_end(struct yc_sql *q, struct yc_error *err) YC_MUST_USE;

/** A statement without values or rows. */
enum yc_verdict yc_sql_run(struct yc_store *s, const char *text, struct yc_error *err) YC_MUST_USE;

/** The sentence for a result code of SQLite. */
enum yc_verdict yc_sql_fail(struct yc_store *s, int rc, struct yc_error *err) YC_MUST_USE;

/* -- files (store.c) */

/** Is there anything of this name? */
bool yc_store_path_taken(const char *path);
/** The name under which the file at path is made: this process's alone. What an earlier process left there is removed. */
enum yc_verdict yc_store_work_name(char out[YC_STORE_PATH_MAX], const char *path, struct yc_error *err) YC_MUST_USE;
/** An empty file, 0600, under a name that was free. */
enum yc_verdict yc_store_make_empty(const char *path, struct yc_error *err) YC_MUST_USE;
/** Give the finished file `from` its name, which must be free, durably; `from` is gone afterwards. */
enum yc_verdict yc_store_publish(const char *from, const char *path, struct yc_error *err) YC_MUST_USE;
/** What happened to names in the path's folder is on the disk. */
enum yc_verdict yc_store_sync_folder(const char *path, struct yc_error *err) YC_MUST_USE;
/** Open the database with everything switched on that this program relies on; `shown` is its name for people. */
enum yc_verdict yc_store_connect(struct yc_store **out, const char *path, const char *shown,
                                 struct yc_error *err) YC_MUST_USE;
/** Make the tables in an empty database and write the facts. */
enum yc_verdict yc_store_fill(struct yc_store *s, const struct yc_store_facts *facts, struct yc_error *err) YC_MUST_USE;
/** Is it a wallet, of this version, and whole? */
enum yc_verdict yc_store_check_file(struct yc_store *s, struct yc_error *err) YC_MUST_USE;

#endif
