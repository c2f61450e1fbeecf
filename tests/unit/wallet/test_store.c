/* The wallet's file: W06, W08, W09, W10; foreign files, versions, backups, payments' ids. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "unit/wallet/rig.h"

static struct rig *rig;

static int setup(void **state)
{
    (void)state;
    rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_init(rig, 9);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_release(rig);
    free(rig);
    return 0;
}

static void write_whole(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static size_t read_whole(const char *path, uint8_t *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    assert_true(n < cap);
    return n;
}

static enum yc_verdict try_open(const char *name, struct yc_error *err)
{
    struct yc_store *s;
    enum yc_verdict v = yc_store_open(&s, rig_path(rig, name), err);
    yc_store_close(s);
    return v;
}

/* W10 */
static void files_are_the_owners_alone(void **state)
{
    (void)state;
    struct stat st;
    mode_t before = umask(0);
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    rig_good(rig, yc_store_backup(rig->wallet.store, rig_path(rig, "b"), &rig_err));
    (void)umask(before);
    assert_int_equal(stat(rig_path(rig, "w"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(rig_path(rig, "b"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void files_that_are_no_wallets_are_left_alone(void **state)
{
    (void)state;
    struct yc_error err;
    static uint8_t bytes[8192];
    assert_int_equal(try_open("none", &err), YC_NOT_YET);
    write_whole(rig_path(rig, "text"), "this is no wallet at all, but a text", 36);
    assert_int_equal(try_open("text", &err), YC_INVALID);
    write_whole(rig_path(rig, "empty"), "", 0);
    assert_int_equal(try_open("empty", &err), YC_INVALID);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(rig_path(rig, "other"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(try_open("other", &err), YC_INVALID);
    assert_non_null(strstr(err.text, "another program"));
    assert_int_equal(read_whole(rig_path(rig, "text"), bytes, sizeof bytes), 36);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    struct yc_error err;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    yc_wallet_close(&rig->wallet);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(rig_path(rig, "w"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(try_open("w", &err), YC_INVALID);
    assert_non_null(strstr(err.text, "version 2"));
}

struct digest {
    uint8_t bytes[1 << 16];
    size_t n;
};

static void note(struct digest *d, const void *p, size_t n)
{
    assert_true(d->n + n <= sizeof d->bytes);
    memcpy(d->bytes + d->n, p, n);
    d->n += n;
}

static enum yc_verdict note_script(void *ctx, const struct yc_store_script *s)
{
    note(ctx, &s->branch, sizeof s->branch);
    note(ctx, &s->index, sizeof s->index);
    note(ctx, s->script.p, s->script.n);
    return YC_VALID;
}

static enum yc_verdict note_history(void *ctx, const struct yc_store_history *h)
{
    int64_t numbers[] = {h->net_sat, h->tx.height, h->tx.fee_sat, h->tx.block_time_s, (int64_t)h->tx.state};
    note(ctx, numbers, sizeof numbers);
    note(ctx, h->tx.raw.p, h->tx.raw.n);
    return YC_VALID;
}

/* Everything that matters in the file, or not YC_VALID when the file is refused on the way. */
static enum yc_verdict read_everything(struct digest *d, const char *name)
{
    struct yc_store *s;
    struct yc_error err;
    struct yc_store_facts facts;
    struct yc_store_block tip;
    d->n = 0;
    enum yc_verdict v = yc_store_open(&s, rig_path(rig, name), &err);
    if (v == YC_VALID)
        v = yc_store_facts(s, &facts, &err);
    if (v == YC_VALID) {
        note(d, facts.account_xpub, strlen(facts.account_xpub));
        note(d, facts.secret, facts.secret_n);
        note(d, &facts.kind, sizeof facts.kind);
        v = yc_store_each_script(s, note_script, d, &err);
    }
    if (v == YC_VALID)
        v = yc_store_each_history(s, note_history, d, &err);
    if (v == YC_VALID)
        v = yc_store_tip(s, &tip, &err);
    if (v == YC_VALID)
        note(d, tip.hash.b, 32);
    yc_store_close(s);
    return v;
}

/* W08: a thousand flipped bytes: the file is refused, or what it says is unchanged (bytes that nobody uses). */
static void flipped_bytes_are_found(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 19];
    static struct digest good, now;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0);
    (void)rig_mine_to(rig, rig_script(&a), 5000);
    rig_sync(rig);
    yc_wallet_close(&rig->wallet);
    assert_int_equal(read_everything(&good, "w"), YC_VALID);
    size_t n = read_whole(rig_path(rig, "w"), bytes, sizeof bytes);
    unsigned refused = 0;
    for (unsigned i = 0; i < 1000; i++) {
        size_t at;
        do /* most of a small file is empty: a flip there says nothing */
            at = (size_t)yc_random_below(&rig->random, n);
        while (!bytes[at]);
        uint8_t flip = (uint8_t)(1 + yc_random_below(&rig->random, 255));
        bytes[at] ^= flip;
        write_whole(rig_path(rig, "flipped"), bytes, n);
        bytes[at] ^= flip;
        enum yc_verdict v = read_everything(&now, "flipped");
        if (v != YC_VALID) {
            refused++;
            continue;
        }
        assert_int_equal(now.n, good.n);
        assert_memory_equal(now.bytes, good.bytes, good.n);
    }
    print_message("%u of 1000 refused, the rest changed nothing\n", refused);
    assert_true(refused > 900);
}

/* W09: killed at a random instant while it hands out addresses: every one that was reported is in the file. */
static void kills_lose_nothing(void **state)
{
    (void)state;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    yc_wallet_close(&rig->wallet);
    for (unsigned round = 0; round < 40; round++) {
        int said[2];
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct yc_wallet w;
            struct yc_error err;
            struct yc_account_address a;
            uint32_t index;
            if (yc_wallet_open(&w, &rig->params, rig_path(rig, "w"), &rig->random, &err) != YC_VALID)
                _exit(1);
            while (yc_wallet_next_address(&w, &a, YC_BRANCH_RECEIVE, &index, false, &err) == YC_VALID)
                if (write(said[1], &index, sizeof index) != sizeof index)
                    break;
            _exit(2);
        }
        close(said[1]);
        uint32_t index = 0, last = 0;
        bool any = false;
        for (unsigned i = 0; i <= round % 4 && read(said[0], &index, sizeof index) == sizeof index; i++) {
            last = index;
            any = true;
        }
        usleep((useconds_t)yc_random_below(&rig->random, 3000));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(said[0], &index, sizeof index) == sizeof index)
            last = index;
        close(said[0]);
        rig_good(rig, yc_wallet_open(&rig->wallet, &rig->params, rig_path(rig, "w"), &rig->random, &rig_err));
        struct yc_store_branch b;
        rig_good(rig, yc_store_branch(rig->wallet.store, YC_BRANCH_RECEIVE, &b, &rig_err));
        assert_true(any);
        assert_true(b.given > last);
        assert_int_equal(b.derived, b.given + YC_WALLET_GAP);
        yc_wallet_close(&rig->wallet);
    }
}

static void a_backup_is_the_wallet(void **state)
{
    (void)state;
    static struct digest one, two;
    struct yc_error err;
    rig_create(rig, "w", YC_ACCOUNT_P2TR);
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0);
    (void)rig_mine_to(rig, rig_script(&a), 5000);
    rig_sync(rig);
    rig_good(rig, yc_store_backup(rig->wallet.store, rig_path(rig, "b"), &rig_err));
    assert_int_equal(yc_store_backup(rig->wallet.store, rig_path(rig, "b"), &err), YC_INVALID);
    yc_wallet_close(&rig->wallet);
    assert_int_equal(read_everything(&one, "w"), YC_VALID);
    assert_int_equal(read_everything(&two, "b"), YC_VALID);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(one.bytes, two.bytes, one.n);
    assert_int_equal(rig_count_files(rig), 2);
}

/* W29 */
static void a_payments_id_is_taken_once(void **state)
{
    (void)state;
    struct yc_error err;
    struct yc_store_payment p = {.id = "invoice 1", .address = "x", .amount = "1.00000000"}, there;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    struct yc_store *s = rig->wallet.store;
    memset(p.txid.b, 7, 32);
    assert_int_equal(yc_store_get_payment(s, p.id, &there, &err), YC_NOT_YET);
    rig_good(rig, yc_store_add_payment(s, &p, &rig_err));
    struct yc_store_payment again = p;
    again.txid.b[0] = 8;
    assert_int_equal(yc_store_add_payment(s, &again, &err), YC_INVALID);
    rig_good(rig, yc_store_get_payment(s, p.id, &there, &rig_err));
    assert_memory_equal(there.txid.b, p.txid.b, 32);
    rig_good(rig, yc_store_drop_payment(s, &p.txid, &rig_err));
    rig_good(rig, yc_store_add_payment(s, &again, &rig_err));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(files_are_the_owners_alone),  T(files_that_are_no_wallets_are_left_alone),
        T(another_version_is_refused),  T(flipped_bytes_are_found),
        T(kills_lose_nothing),          T(a_backup_is_the_wallet),
        T(a_payments_id_is_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
