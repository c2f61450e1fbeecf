/* Options: the rules and the sentences of Bitcoin Core's command line and configuration file. */
#include "support/unit.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"
#include "sys/options.h"

#include <stdio.h>
#include <string.h>

static struct yc_error err;

static const struct yc_option table[] = {
    {"conf", YC_OPTION_TEXT, YC_OPTION_COMMAND_LINE, "=<file>", "ycoin.conf", "Options:", "The configuration file."},
    {"includeconf", YC_OPTION_LIST, 0, "=<file>", NULL, "Options:", "Another configuration file."},
    {"datadir", YC_OPTION_TEXT, YC_OPTION_NO_NEGATION, "=<dir>", NULL, "Options:", "Specify data directory"},
    {"server", YC_OPTION_FLAG, 0, NULL, "1", "RPC server options:", "Accept JSON-RPC commands"},
    {"rpcpassword", YC_OPTION_TEXT, YC_OPTION_SECRET | YC_OPTION_NEEDS_VALUE, "=<pw>", NULL,
     "RPC server options:", "Password for JSON-RPC connections"},
    {"port", YC_OPTION_INT, YC_OPTION_NETWORK_ONLY, "=<port>", "17333", "Connection options:",
     "Listen for connections on this port, which is said here in so many words that the line has to be broken more "
     "than once."},
    {"connect", YC_OPTION_LIST, YC_OPTION_NETWORK_ONLY, "=<ip>", NULL, "Connection options:", "Connect to this node"},
    {"debug", YC_OPTION_LIST, 0, "=<category>", NULL, "Options:", "Log this category"},
    {"par", YC_OPTION_INT, YC_OPTION_DEBUG, "=<n>", "0", "Options:", "Threads"},
    {"regtest", YC_OPTION_FLAG, 0, NULL, NULL, "Options:", "Use the regtest chain"},
    {"chain", YC_OPTION_TEXT, 0, "=<name>", NULL, "Options:", "Use this chain"},
    {"mintxfee", YC_OPTION_TEXT, 0, "=<amt>", NULL, "Options:", "A fee rate"},
    {"secretword", YC_OPTION_TEXT, YC_OPTION_HIDDEN, NULL, NULL, NULL, NULL},
};

#define PROGRAM(positionals, spaced)                                                                                   \
    {                                                                                                                  \
        "ycoind", table, sizeof table / sizeof *table, positionals, spaced                                             \
    }
static const struct yc_options_program plain = PROGRAM(YC_POSITIONALS_NONE, false);
static const struct yc_options_program cli = PROGRAM(YC_POSITIONALS_LAST, false);
static const struct yc_options_program mixed = PROGRAM(YC_POSITIONALS_MIXED, true);

#define ARGUMENTS_MAX 16

/* Reads words, up to a NULL, as the command line. */
static enum yc_verdict read_arguments(struct yc_options *o, const char *const words[])
{
    const char *argv[ARGUMENTS_MAX] = {"program"};
    int argc = 1;
    while (words[argc - 1]) {
        argv[argc] = words[argc - 1];
        argc++;
    }
    return yc_options_read_arguments(o, argc, argv, &err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct yc_options *fresh(const struct yc_options_program *program)
{
    struct yc_options *o;
    assert_int_equal(yc_options_new(&o, yc_heap(), program, &err), YC_VALID);
    return o;
}

/* A file system with one file. */
static struct yc_fs_memory *disk(void)
{
    struct yc_fs_memory *m;
    assert_int_equal(yc_fs_memory_new(&m, yc_heap(), 1 << 20, &err), YC_VALID);
    return m;
}

static void put_file(struct yc_fs_memory *m, const char *path, const char *text)
{
    assert_int_equal(yc_fs_replace_file(yc_fs_memory_fs(m), path, yc_view_text(text), &err), YC_VALID);
}

static enum yc_verdict read_file(struct yc_options *o, const char *text)
{
    struct yc_fs_memory *m = disk();
    put_file(m, "ycoin.conf", text);
    enum yc_verdict v = yc_options_read_file(o, yc_fs_memory_fs(m), "ycoin.conf", &err);
    yc_fs_memory_free(m);
    return v;
}

static void command_line_takes_every_form(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    int64_t port = 0;
    assert_int_equal(read_arguments(o, WORDS("-port=1", "--port=2", "-server", "-debug=net", "-debug=rpc",
                                             "--datadir=/x=y", "-noregtest")),
                     YC_VALID);
    assert_int_equal(yc_options_int(o, "port", 5, (struct yc_int_range){"a port", 1, 65535}, &port, &err), YC_VALID);
    assert_int_equal(port, 2); /* the last one wins */
    assert_true(yc_options_flag(o, "server", false));
    assert_string_equal(yc_options_text(o, "server", "x"), "");
    assert_string_equal(yc_options_text(o, "datadir", ""), "/x=y");
    assert_string_equal(yc_options_list(o, "debug", 0), "net");
    assert_string_equal(yc_options_list(o, "debug", 1), "rpc");
    assert_null(yc_options_list(o, "debug", 2));
    assert_true(yc_options_is_negated(o, "regtest"));
    assert_false(yc_options_flag(o, "regtest", true));
    assert_string_equal(yc_options_text(o, "regtest", "x"), "0");
    assert_false(yc_options_is_set(o, "par"));
    assert_string_equal(yc_options_text(o, "chain", "main"), "main");
    yc_options_free(o);
}

static void flags_are_read_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool value;
    } cases[] = {{"-server", true},    {"-server=1", true},   {"-server=0", false}, {"-server=00", false},
                 {"-server=2", true},  {"-server=-1", true},  {"-server=", true},   {"-noserver=0", true},
                 {"-noserver", false}, {"-noserver=1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yc_options *o = fresh(&plain);
        assert_int_equal(read_arguments(o, WORDS(cases[i].word)), YC_VALID);
        assert_int_equal(yc_options_flag(o, "server", !cases[i].value), cases[i].value);
        yc_options_free(o);
    }
}

static void mistakes_on_the_command_line_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *word, *text;
    } cases[] = {
        {"-x", "Error parsing command line arguments: Invalid parameter -x"},
        {"-prot=1", "Error parsing command line arguments: Invalid parameter -prot=1 (did you mean -port?)"},
        {"-noserverr", "Error parsing command line arguments: Invalid parameter -noserverr (did you mean -server?)"},
        {"word", "Command line contains unexpected token 'word', see ycoind -h for a list of options."},
        {"-rpcpassword", "Error parsing command line arguments: Can not set -rpcpassword with no value. Please specify "
                         "value with -rpcpassword=value."},
        {"-nodatadir",
         "Error parsing command line arguments: Negating of -datadir is meaningless and therefore forbidden"},
        {"-includeconf=f", "Error parsing command line arguments: -includeconf cannot be used from commandline; "
                           "-includeconf=\"f\""},
        {"-server=no", "Error parsing command line arguments: -server=no is neither on nor off: give -server=1 for on, "
                       "-server=0 for off"},
        {"-noserver=1x", "Error parsing command line arguments: -noserver=1x is neither on nor off: give -server=1 for "
                         "on, -server=0 for off"},
        {"-server=-", "Error parsing command line arguments: -server=- is neither on nor off: give -server=1 for on, "
                      "-server=0 for off"},
        {"-regtest.port=1", "Error parsing command line arguments: Invalid parameter -regtest.port=1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yc_options *o = fresh(&plain);
        assert_int_equal(read_arguments(o, WORDS(cases[i].word)), YC_INVALID);
        assert_string_equal(err.text, cases[i].text);
        yc_options_free(o);
    }
    struct yc_options *o = fresh(&plain);
    assert_int_equal(read_arguments(o, WORDS("-noincludeconf")), YC_VALID);
    yc_options_free(o);
}

static void positional_words(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&cli);
    assert_int_equal(read_arguments(o, WORDS("-server=0", "getblock", "-notanoption", "--", "1")), YC_VALID);
    assert_int_equal(yc_options_positional_count(o), 4);
    assert_string_equal(yc_options_positional(o, 0), "getblock");
    assert_string_equal(yc_options_positional(o, 1), "-notanoption");
    assert_null(yc_options_positional(o, 4));
    yc_options_free(o);
    o = fresh(&mixed);
    assert_int_equal(read_arguments(o, WORDS("send", "-port=9", "-", "--", "-5")), YC_VALID);
    assert_int_equal(yc_options_positional_count(o), 3);
    assert_string_equal(yc_options_positional(o, 1), "-");
    assert_string_equal(yc_options_positional(o, 2), "-5");
    assert_true(yc_options_is_set(o, "port"));
    yc_options_free(o);
}

static void a_value_may_be_the_next_word_after_two_dashes(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&mixed);
    assert_int_equal(read_arguments(o, WORDS("--port", "9", "send", "--server", "x", "--datadir", "-odd")), YC_VALID);
    assert_string_equal(yc_options_text(o, "port", NULL), "9");
    assert_string_equal(yc_options_text(o, "datadir", NULL), "-odd");
    assert_true(yc_options_flag(o, "server", false)); /* a flag takes no word */
    assert_int_equal(yc_options_positional_count(o), 2);
    yc_options_free(o);
    o = fresh(&mixed);
    assert_int_equal(read_arguments(o, WORDS("-port", "9")), YC_VALID); /* one dash: Bitcoin Core's way */
    assert_int_equal(yc_options_positional_count(o), 1);
    yc_options_free(o);
    o = fresh(&plain);
    assert_int_equal(read_arguments(o, WORDS("--port", "9")), YC_INVALID); /* only where the program allows it */
    yc_options_free(o);
}

static void numbers_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"-port=99999", "-port=0",  "-port=",   "-port=x",
                                      "-port=1.5",   "-port=1 ", "-port=-1", "-port=99999999999999999999",
                                      "-noport"};
    int64_t v = 3;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yc_options *o = fresh(&plain);
        assert_int_equal(read_arguments(o, WORDS(bad[i])), YC_VALID);
        enum yc_verdict r = yc_options_int(o, "port", 7, (struct yc_int_range){"a port", 2, 65535}, &v, &err);
        assert_int_equal(r, YC_INVALID);
        yc_options_free(o);
    }
    assert_int_equal(v, 3);
    struct yc_options *o = fresh(&plain);
    assert_int_equal(read_arguments(o, WORDS("-port=99999", "-mintxfee=0.00012", "-par=-2")), YC_VALID);
    assert_int_equal(yc_options_int(o, "port", 7, (struct yc_int_range){"a port", 1, 65535}, &v, &err), YC_INVALID);
    assert_string_equal(err.text, "-port=99999 is not a port: give a number from 1 to 65535");
    assert_int_equal(yc_options_amount(o, "mintxfee", 0, &v, &err), YC_VALID);
    assert_int_equal(v, 12000);
    assert_int_equal(yc_options_int(o, "par", 0, (struct yc_int_range){"a thread count", -15, 15}, &v, &err), YC_VALID);
    assert_int_equal(v, -2);
    yc_options_free(o);
}

static void file_has_comments_sections_and_lists(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    const char *where;
    assert_int_equal(
        read_file(
            o, "# a comment\r\nserver=1 # and another\r\n\n  debug = net \ndebug=rpc\nport=1\nport=2\nregtest.port=3\n"
               "what=5\n[regtest]\nport=4\nconnect=a\nnew=1\n[odd]\nport=9"),
        YC_VALID);
    assert_true(yc_options_flag(o, "server", false));
    assert_string_equal(yc_options_list(o, "debug", 0), "net");
    assert_string_equal(yc_options_list(o, "debug", 1), "rpc");
    assert_string_equal(yc_options_text(o, "port", ""), "1"); /* the first one wins */
    assert_string_equal(yc_options_warning(o, 0), "Ignoring unknown configuration value what");
    assert_string_equal(yc_options_warning(o, 1), "Ignoring unknown configuration value regtest.new");
    assert_int_equal(yc_options_select_chain(o, "regtest", &err), YC_VALID);
    assert_string_equal(yc_options_text(o, "port", ""), "3");
    assert_string_equal(yc_options_list(o, "connect", 0), "a");
    assert_string_equal(yc_options_section(o, 1, &where), "regtest");
    assert_string_equal(where, "ycoin.conf:10");
    assert_string_equal(yc_options_section(o, 2, &where), "odd");
    assert_null(yc_options_warning(o, 2));
    yc_options_free(o);
}

static void network_only_names_need_their_section(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    assert_int_equal(read_file(o, "port=5\nconnect=a\nserver=0\n[main]\nconnect=m\n"), YC_VALID);
    assert_int_equal(yc_options_select_chain(o, "test", &err), YC_VALID);
    assert_string_equal(yc_options_text(o, "port", "17333"), "17333");
    assert_null(yc_options_list(o, "connect", 0));
    assert_false(yc_options_flag(o, "server", true));
    assert_string_equal(yc_options_warning(o, 0),
                        "Config setting for -port only applied on test network when in [test] section.");
    assert_non_null(yc_options_warning(o, 1));
    assert_null(yc_options_warning(o, 2));
    assert_int_equal(yc_options_select_chain(o, "main", &err), YC_VALID);
    assert_string_equal(yc_options_text(o, "port", ""), "5");
    assert_string_equal(yc_options_list(o, "connect", 0), "m");
    assert_string_equal(yc_options_list(o, "connect", 1), "a");
    yc_options_free(o);
}

static void sources_have_their_order(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    bool changed = true;
    assert_true(yc_options_default(o, "chain", "softly", &changed));
    assert_true(changed);
    assert_string_equal(yc_options_text(o, "chain", ""), "softly");
    assert_int_equal(read_file(o, "chain=file\ndebug=f\n"), YC_VALID);
    assert_string_equal(yc_options_text(o, "chain", ""), "file");
    assert_true(yc_options_add_setting(o, "chain", "settings"));
    assert_string_equal(yc_options_text(o, "chain", ""), "settings");
    assert_int_equal(read_arguments(o, WORDS("-chain=line", "-debug=c")), YC_VALID);
    assert_string_equal(yc_options_text(o, "chain", ""), "line");
    assert_string_equal(yc_options_chain_text(o, "chain", ""), "line");
    assert_string_equal(yc_options_list(o, "debug", 0), "c");
    assert_string_equal(yc_options_list(o, "debug", 1), "f");
    assert_int_equal(read_arguments(o, WORDS("-nodebug", "-debug=d")), YC_VALID);
    assert_string_equal(yc_options_list(o, "debug", 0), "d"); /* the negation drops c and the file's */
    assert_null(yc_options_list(o, "debug", 1));
    assert_true(yc_options_default(o, "chain", "late", &changed));
    assert_false(changed);
    assert_true(yc_options_force(o, "chain", "forced"));
    assert_string_equal(yc_options_text(o, "chain", ""), "forced");
    yc_options_free(o);
}

/* While the chain is found out, a negation on the command line only takes back what stood before it, sections do not
 * count, and of several values in the file the last one does. */
static void the_chain_is_found_by_its_own_rules(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    assert_int_equal(read_file(o, "regtest=1\nchain=a\nchain=b\n[test]\nchain=c\n"), YC_VALID);
    assert_int_equal(read_arguments(o, WORDS("-regtest", "-noregtest")), YC_VALID);
    assert_false(yc_options_flag(o, "regtest", true));
    assert_true(yc_options_chain_flag(o, "regtest", false));
    assert_string_equal(yc_options_text(o, "chain", ""), "a");
    assert_string_equal(yc_options_chain_text(o, "chain", ""), "b");
    yc_options_free(o);
}

/* Bitcoin Core's quirk: a negation outside the sections reaches network-only options, although values do not. */
static void negation_reaches_network_only_names(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    assert_int_equal(read_file(o, "noport=1\nconnect=a\nnoconnect=1\n"), YC_VALID);
    assert_int_equal(yc_options_select_chain(o, "regtest", &err), YC_VALID);
    assert_true(yc_options_is_negated(o, "port"));
    assert_true(yc_options_is_negated(o, "connect"));
    assert_null(yc_options_list(o, "connect", 0));
    assert_null(yc_options_warning(o, 0));
    yc_options_free(o);
}

static void mistakes_in_the_file_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
    } cases[] = {
        {"-dash=1\n",
         "Error reading configuration file: parse error on line 1: -dash=1, options in configuration file must "
         "be specified without leading -"},
        {"\nnono\n",
         "Error reading configuration file: parse error on line 2: nono, if you intended to specify a negated "
         "option, use nono=1 instead"},
        {"word\n", "Error reading configuration file: parse error on line 1: word"},
        {"server=1\nrpcpassword=a#b",
         "Error reading configuration file: parse error on line 2, using # in rpcpassword can "
         "be ambiguous and should be avoided"},
        {"conf=x\n",
         "Error reading configuration file: conf cannot be set in the configuration file; use includeconf= if "
         "you want to include additional config files"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yc_options *o = fresh(&plain);
        assert_int_equal(read_file(o, cases[i].file), YC_INVALID);
        assert_string_equal(err.text, cases[i].text);
        yc_options_free(o);
    }
    struct yc_options *o = fresh(&plain);
    struct yc_fs_memory *m = disk();
    assert_int_equal(yc_options_read_file(o, yc_fs_memory_fs(m), "none", &err), YC_NOT_YET);
    yc_fs_memory_free(m);
    yc_options_free(o);
}

static void includes_are_read_once(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    struct yc_fs_memory *m = disk();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    assert_int_equal(fs->make_dir(fs->ctx, "d", &err), YC_VALID);
    put_file(m, "main.conf", "includeconf=one.conf\n[test]\nincludeconf=two.conf\n[regtest]\nincludeconf=none.conf\n");
    put_file(m, "d/one.conf", "debug=one\nincludeconf=three.conf\n");
    put_file(m, "d/two.conf", "debug=two\n");
    assert_int_equal(yc_options_read_file(o, fs, "main.conf", &err), YC_VALID);
    assert_int_equal(yc_options_read_includes(o, fs, "d", "test", &err), YC_VALID);
    assert_string_equal(yc_options_list(o, "debug", 0), "two");
    assert_string_equal(yc_options_list(o, "debug", 1), "one");
    assert_string_equal(yc_options_warning(o, 0), "-includeconf cannot be used from included files; ignoring "
                                                  "-includeconf=three.conf");
    yc_options_free(o);
    o = fresh(&plain);
    assert_int_equal(yc_options_read_file(o, fs, "main.conf", &err), YC_VALID);
    assert_int_equal(yc_options_read_includes(o, fs, "d", "regtest", &err), YC_INVALID);
    assert_non_null(strstr(err.text, "Failed to include configuration file none.conf"));
    yc_options_free(o);
    o = fresh(&plain);
    assert_int_equal(read_arguments(o, WORDS("-noincludeconf")), YC_VALID);
    assert_int_equal(yc_options_read_file(o, fs, "main.conf", &err), YC_VALID);
    assert_int_equal(yc_options_read_includes(o, fs, "d", "regtest", &err), YC_VALID);
    assert_null(yc_options_list(o, "debug", 0));
    yc_options_free(o);
    yc_fs_memory_free(m);
}

struct lines {
    char text[1000];
};

static void take_line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                      const char *text)
{
    struct lines *l = ctx;
    (void)level;
    (void)category;
    (void)site;
    size_t n = strlen(l->text);
    snprintf(l->text + n, sizeof l->text - n, "%s\n", text);
}

static bool always(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    (void)ctx;
    (void)category;
    (void)level;
    return true;
}

/* Catalogue R19: a password in the log is a leak. */
static void secrets_are_masked_in_the_log(void **state)
{
    (void)state;
    struct yc_options *o = fresh(&plain);
    struct lines lines = {""};
    struct yc_log log = {take_line, always, &lines};
    assert_int_equal(read_file(o, "port=5\nrpcpassword=hunter2\n[test]\nport=6\n"), YC_VALID);
    assert_int_equal(read_arguments(o, WORDS("-rpcpassword=hunter3", "-noserver", "-debug")), YC_VALID);
    yc_options_log(o, &log);
    assert_string_equal(lines.text, "Config file arg: port=\"5\"\nConfig file arg: rpcpassword=****\n"
                                    "Config file arg: [test] port=\"6\"\nCommand-line arg: rpcpassword=****\n"
                                    "Command-line arg: server=false\nCommand-line arg: debug=\"\"\n");
    yc_options_free(o);
}

static void help_is_wrapped_and_grouped(void **state)
{
    (void)state;
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), 100000);
    yc_options_help(&plain, false, &b);
    yc_buf_append(&b, "", 1);
    const char *text = (const char *)b.p;
    assert_non_null(strstr(text,
                           "Connection options:\n\n  -port=<port>\n       Listen for connections on this port, which "
                           "is said here in so many words\n       that the line"));
    assert_non_null(strstr(text, "(default: 17333)\n\n  -connect=<ip>\n"));
    assert_null(strstr(text, "secretword"));
    assert_null(strstr(text, "-par"));
    assert_ptr_equal(strstr(strstr(text, "Options:") + 1, "\nOptions:"), NULL); /* one group per headline */
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        assert_true(n <= 79);
        line += n + (line[n] == '\n');
    }
    yc_buf_clear(&b);
    yc_options_help(&plain, true, &b);
    yc_buf_append(&b, "", 1);
    assert_non_null(strstr((const char *)b.p, "-par=<n>"));
    yc_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_line_takes_every_form),
        cmocka_unit_test(flags_are_read_as_numbers),
        cmocka_unit_test(mistakes_on_the_command_line_are_named),
        cmocka_unit_test(positional_words),
        cmocka_unit_test(a_value_may_be_the_next_word_after_two_dashes),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(file_has_comments_sections_and_lists),
        cmocka_unit_test(network_only_names_need_their_section),
        cmocka_unit_test(sources_have_their_order),
        cmocka_unit_test(the_chain_is_found_by_its_own_rules),
        cmocka_unit_test(negation_reaches_network_only_names),
        cmocka_unit_test(mistakes_in_the_file_are_named),
        cmocka_unit_test(includes_are_read_once),
        cmocka_unit_test(secrets_are_masked_in_the_log),
        cmocka_unit_test(help_is_wrapped_and_grouped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
