/* Where options, configuration files and URLs say that the node is. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/access/access.h"
#include "support/unit.h"
#include "sys/heap.h"

static const struct yc_option table[] = {YC_NODE_ACCESS_OPTIONS};
static const struct yc_options_program program = {"test", table, sizeof table / sizeof table[0], YC_POSITIONALS_NONE,
                                                  false};

#define ARGUMENTS_MAX 6

static char folder[] = "/tmp/ycoin-access-XXXXXX";

/* What the words come to; the data directory is the test's own. */
static enum yc_verdict find(struct yc_node_place *out, struct yc_error *err, const char *a, const char *b,
                            const char *c)
{
    char datadir[64];
    snprintf(datadir, sizeof datadir, "-datadir=%s", folder);
    const char *argv[ARGUMENTS_MAX] = {"test", datadir};
    int argc = 2;
    const char *more[] = {a, b, c};
    for (size_t i = 0; i < 3; i++)
        if (more[i])
            argv[argc++] = more[i];
    struct yc_options *options;
    assert_int_equal(yc_options_new(&options, yc_heap(), &program, err), YC_VALID);
    enum yc_verdict v = yc_options_read_arguments(options, argc, argv, err);
    if (v == YC_VALID)
        v = yc_node_place_find(out, options, err);
    yc_options_free(options);
    return v;
}

static void write_conf(const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/ycoin.conf", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void defaults_are_the_chains(void **state)
{
    struct yc_node_place p;
    struct yc_error err;
    char cookie[64];
    (void)state;
    write_conf("");
    assert_int_equal(find(&p, &err, NULL, NULL, NULL), YC_VALID);
    assert_string_equal(p.setup.params.name, "main");
    assert_string_equal(p.host, "127.0.0.1");
    assert_int_equal(p.port, yc_chain_builtin("main")->rpc_port);
    assert_string_equal(p.user_password, "");
    assert_int_equal(find(&p, &err, "-regtest", NULL, NULL), YC_VALID);
    assert_int_equal(p.port, yc_chain_builtin("regtest")->rpc_port);
    snprintf(cookie, sizeof cookie, "%s/regtest/.cookie", folder);
    assert_string_equal(p.cookie_path, cookie);
}

static void file_and_command_line(void **state)
{
    struct yc_node_place p;
    struct yc_error err;
    (void)state;
    write_conf("regtest=1\nserver=1\nrpcport=1\n[regtest]\nrpcport=4444\nrpcuser=me\nrpcpassword=secret\n");
    assert_int_equal(find(&p, &err, NULL, NULL, NULL), YC_VALID);
    assert_string_equal(p.setup.params.name, "regtest");
    assert_int_equal(p.port, 4444);
    assert_string_equal(p.user_password, "me:secret");
    assert_int_equal(find(&p, &err, "-rpcport=5555", "-rpcconnect=[::1]:77", "-rpcwait"), YC_VALID);
    assert_int_equal(p.port, 5555);
    assert_string_equal(p.host, "::1");
    assert_true(p.wait);
    write_conf("");
    assert_int_equal(find(&p, &err, "-rpcconnect=node.example:77", "-rpccookiefile=/x/c", NULL), YC_VALID);
    assert_int_equal(p.port, 77);
    assert_string_equal(p.host, "node.example");
    assert_string_equal(p.cookie_path, "/x/c");
}

static void refusals_say_why(void **state)
{
    struct yc_node_place p;
    struct yc_error err;
    (void)state;
    write_conf("");
    assert_int_equal(find(&p, &err, "-regtest", "-test", NULL), YC_INVALID);
    assert_int_equal(find(&p, &err, "-chain=moon", NULL, NULL), YC_INVALID);
    assert_non_null(strstr(err.text, "moon"));
    assert_int_equal(find(&p, &err, "-rpcport=0", NULL, NULL), YC_INVALID);
    assert_int_equal(find(&p, &err, "-rpcconnect=a:99999", NULL, NULL), YC_INVALID);
    assert_int_equal(find(&p, &err, "-conf=missing.conf", NULL, NULL), YC_INVALID);
    assert_int_equal(find(&p, &err, "-chainfile=/missing.json", NULL, NULL), YC_INVALID);
}

static void urls(void **state)
{
    struct yc_node_place p;
    struct yc_error err;
    (void)state;
    write_conf("");
    assert_int_equal(find(&p, &err, "-regtest", NULL, NULL), YC_VALID);
    assert_int_equal(yc_node_place_set_url(&p, "http://a:b%40c@[::1]:99/", &err), YC_VALID);
    assert_string_equal(p.user_password, "a:b@c");
    assert_string_equal(p.host, "::1");
    assert_int_equal(p.port, 99);
    assert_int_equal(yc_node_place_set_url(&p, "localhost", &err), YC_VALID);
    assert_string_equal(p.host, "localhost");
    assert_int_equal(p.port, yc_chain_builtin("regtest")->rpc_port);

    static const char *const bad[] = {"https://a",      "http://",         "http://u@h", "http://u:%zz@h",
                                      "http://u:%0a@h", "http://h/wallet", "http://h:0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(yc_node_place_set_url(&p, bad[i], &err), YC_INVALID);
    assert_int_equal(yc_node_place_set_url(&p, "http://u:hidden@h:0", &err), YC_INVALID);
    assert_null(strstr(err.text, "hidden"));
}

/* The node is not running: the sentence names the cookie file that was looked for. */
static void calls_without_a_node(void **state)
{
    struct yc_node_client *c;
    struct yc_node_answer answer;
    struct yc_node_place p;
    struct yc_error err;
    (void)state;
    write_conf("");
    assert_int_equal(find(&p, &err, "-regtest", NULL, NULL), YC_VALID);
    assert_int_equal(yc_node_client_new(&c, yc_heap(), &p, &err), YC_VALID);
    assert_int_equal(yc_node_call(c, &answer, "getblockcount", YC_VIEW_EMPTY, &err), YC_NOT_YET);
    assert_non_null(strstr(err.text, p.cookie_path));
    yc_node_answer_release(&answer);
    yc_node_client_free(c);

    p.wait = true; /* a cancellation ends even that */
    assert_int_equal(yc_node_client_new(&c, yc_heap(), &p, &err), YC_VALID);
    yc_node_client_cancel(c);
    assert_int_equal(yc_node_call(c, &answer, "getblockcount", YC_VIEW_EMPTY, &err), YC_NOT_YET);
    assert_true(yc_node_client_cancelled(c));
    yc_node_answer_release(&answer);
    yc_node_client_free(c);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s/ycoin.conf", folder);
    return unlink(path) || rmdir(folder) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_chains), cmocka_unit_test(file_and_command_line),
        cmocka_unit_test(refusals_say_why),        cmocka_unit_test(urls),
        cmocka_unit_test(calls_without_a_node),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
