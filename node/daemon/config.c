/* From the command line and files to a configuration: which task, which chain, which folders. */
#include <stdio.h>
#include <stdlib.h>

#include "formats/chain_file.h"
#include "node/daemon/options.h"
#include "node/store/folder.h"
#include "sys/daemon.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

void yc_path_join(char out[YC_PATH_MAX], const char *dir, const char *name)
{
    const char *slash = dir[0] && dir[strlen(dir) - 1] != '/' && name[0] ? "/" : "";
    /* A path that does not fit ends up cut and is refused by the file system: names it cuts to cannot exist. */
    if (name[0] == '/')
        snprintf(out, YC_PATH_MAX, "%s", name);
    else
        snprintf(out, YC_PATH_MAX, "%s%s%s", dir, slash, name);
}

static enum yc_daemon_task task_of(const struct yc_options *o)
{
    if (yc_options_flag(o, "help", false) || yc_options_flag(o, "h", false) || yc_options_flag(o, "?", false) ||
        yc_options_flag(o, "help-debug", false))
        return YC_TASK_HELP;
    if (yc_options_flag(o, "version", false))
        return YC_TASK_VERSION;
    if (yc_options_is_set(o, "mkchain"))
        return YC_TASK_MAKE_CHAIN;
    return yc_options_flag(o, "mkgenesis", false) ? YC_TASK_MAKE_GENESIS : YC_TASK_RUN;
}

static enum yc_verdict find_data_dir(struct yc_daemon_config *c, struct yc_error *err)
{
    const char *given = yc_options_text(c->options, "datadir", NULL);
    if (given && given[0]) {
        char *whole = realpath(given, NULL);
        if (!whole)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Specified data directory \"%s\" does not exist.", given);
        yc_path_join(c->data_dir, whole, "");
        free(whole);
        return YC_VALID;
    }
    if (!yc_default_datadir(c->data_dir, sizeof c->data_dir))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the home directory's name is too long: give -datadir=<dir>");
    return YC_VALID;
}

static enum yc_verdict read_conf(struct yc_daemon_config *c, struct yc_error *err)
{
    const char *name = yc_options_text(c->options, "conf", "ycoin.conf");
    if (yc_options_is_negated(c->options, "conf"))
        return YC_VALID;
    yc_path_join(c->conf_path, c->data_dir, name);
    enum yc_verdict v = yc_options_read_file(c->options, yc_fs_posix(), c->conf_path, err);
    if (v == YC_NOT_YET) {
        if (yc_options_is_set(c->options, "conf"))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "specified config file \"%s\" could not be opened.",
                           c->conf_path);
        return YC_VALID;
    }
    c->conf_read = v == YC_VALID;
    return v;
}

/* The chain that the options name, NULL when they name none. YC_INVALID when they name two. */
static enum yc_verdict named_chain(const struct yc_options *o, const char **out, struct yc_error *err)
{
    static const char *const flags[] = {"regtest", "test", "testnet", "testnet4", "signet"};
    unsigned count = 0;
    *out = NULL;
    const char *by_name = yc_options_chain_text(o, "chain", NULL);
    if (by_name && by_name[0]) {
        *out = by_name;
        count++;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (yc_options_chain_flag(o, flags[i], false)) {
            *out = flags[i];
            count++;
        }
    }
    if (count > 1)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "Invalid combination of -regtest, -signet, -testnet, -testnet4 and -chain. Can use at most one.");
    return YC_VALID;
}

static enum yc_verdict choose_chain(struct yc_daemon_config *c, struct yc_error *err)
{
    const char *name = NULL, *file = yc_options_text(c->options, "chainfile", NULL);
    enum yc_verdict v = named_chain(c->options, &name, err);
    if (v != YC_VALID)
        return v;
    if (!file) {
        const struct yc_chain_params *built_in = yc_chain_builtin(name ? name : "main");
        if (!built_in)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Unknown chain %s: built in are main, test and regtest; any other needs -chainfile=<file>",
                           name);
        c->params = *built_in;
        return YC_VALID;
    }
    enum yc_chain_file_mode mode = c->task == YC_TASK_MAKE_GENESIS ? YC_CHAIN_FILE_MINE : YC_CHAIN_FILE_RUN;
    v = yc_chain_file_load(&c->params, yc_fs_posix(), yc_heap(), file, mode, err);
    if (v == YC_VALID && name && strcmp(name, c->params.name) != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the options name the chain %s, but %s is the chain file of %s: leave one of them out", name,
                       file, c->params.name);
    return v;
}

/* -testactivationheight=name@height: rules that begin later than the chain file says, to try out how they begin. */
static enum yc_verdict set_test_heights(struct yc_daemon_config *c, struct yc_error *err)
{
    const struct {
        const char *name;
        uint32_t *height;
    } rules[] = {{"bip34", &c->params.rules.bip34},
                 {"dersig", &c->params.rules.bip66},
                 {"cltv", &c->params.rules.bip65},
                 {"csv", &c->params.rules.csv},
                 {"segwit", &c->params.rules.segwit}};
    const char *text;
    for (size_t i = 0; (text = yc_options_list(c->options, "testactivationheight", i)); i++) {
        const char *at = strchr(text, '@');
        char *end = NULL;
        uint32_t *rule = NULL;
        if (!c->params.test_chain)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "-testactivationheight is for test chains: the rules of %s are not for options to change",
                           c->params.name);
        if (!at)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Invalid format (%s) for -testactivationheight=name@height.", text);
        long long height = strtoll(at + 1, &end, 10);
        if (*end || end == at + 1 || height < 0 || height >= INT32_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Invalid height value (%s) for -testactivationheight=name@height.", text);
        for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
            if (strlen(rules[r].name) == (size_t)(at - text) && !memcmp(rules[r].name, text, (size_t)(at - text)))
                rule = rules[r].height;
        if (!rule)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid name (%s) for -testactivationheight=name@height.",
                           text);
        *rule = (uint32_t)height;
    }
    return YC_VALID;
}

/* A configuration file may move the data directory, as Bitcoin Core allows; the chain is then looked up in its section. */
static enum yc_verdict read_everything(struct yc_daemon_config *c, struct yc_error *err)
{
    enum yc_verdict v = find_data_dir(c, err);
    if (v == YC_VALID)
        v = read_conf(c, err);
    const char *name = NULL;
    if (v == YC_VALID)
        v = named_chain(c->options, &name, err);
    if (v == YC_VALID)
        v = yc_options_read_includes(c->options, yc_fs_posix(), c->data_dir, name ? name : "main", err);
    if (v == YC_VALID && !yc_options_text(c->options, "datadir", NULL))
        return v;
    return v == YC_VALID ? find_data_dir(c, err) : v;
}

enum yc_verdict yc_daemon_config_read(struct yc_daemon_config *c, int argc, const char *const *argv,
                                      struct yc_error *err)
{
    memset(c, 0, sizeof *c);
    enum yc_verdict v = yc_options_new(&c->options, yc_heap(), &yc_daemon_program, err);
    if (v != YC_VALID)
        return v;
    v = yc_options_read_arguments(c->options, argc, argv, err);
    if (v == YC_VALID)
        c->task = task_of(c->options);
    if (v == YC_VALID && (c->task == YC_TASK_HELP || c->task == YC_TASK_VERSION || c->task == YC_TASK_MAKE_CHAIN))
        return YC_VALID;
    if (v == YC_VALID)
        v = read_everything(c, err);
    if (v == YC_VALID)
        v = choose_chain(c, err);
    if (v == YC_VALID)
        v = yc_options_select_chain(c->options, c->params.name, err);
    if (v == YC_VALID)
        v = set_test_heights(c, err);
    if (v == YC_VALID)
        yc_path_join(c->chain_dir, c->data_dir, c->params.dir);
    else
        yc_daemon_config_release(c);
    return v;
}

void yc_daemon_config_release(struct yc_daemon_config *c)
{
    yc_options_free(c->options);
    c->options = NULL;
}

enum yc_verdict yc_daemon_make_folders(const struct yc_daemon_config *c, struct yc_error *err)
{
    static const char *const names[] = {"blocks", "indexes", "wallets"};
    char path[YC_PATH_MAX];
    enum yc_verdict v = yc_folder_make(yc_fs_posix(), yc_heap(), c->chain_dir, err);
    for (size_t i = 0; v == YC_VALID && i < sizeof names / sizeof names[0]; i++) {
        yc_path_join(path, c->chain_dir, names[i]);
        v = yc_folder_make(yc_fs_posix(), yc_heap(), path, err);
    }
    return v;
}
