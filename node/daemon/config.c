/* From the command line and files to a configuration: which task, which chain, which folders. */
#include <stdlib.h>

#include "node/daemon/options.h"
#include "node/store/folder.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

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

/* -testactivationheight=name@height: rules that begin later than the chain file says, to try out how they begin. */
static enum yc_verdict set_test_heights(struct yc_daemon_config *c, struct yc_error *err)
{
    const struct {
        const char *name;
        uint32_t *height;
    } rules[] = {{"bip34", &c->setup.params.rules.bip34},
                 {"dersig", &c->setup.params.rules.bip66},
                 {"cltv", &c->setup.params.rules.bip65},
                 {"csv", &c->setup.params.rules.csv},
                 {"segwit", &c->setup.params.rules.segwit}};
    const char *text;
    for (size_t i = 0; (text = yc_options_list(c->options, "testactivationheight", i)); i++) {
        const char *at = strchr(text, '@');
        char *end = NULL;
        uint32_t *rule = NULL;
        if (!c->setup.params.test_chain)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "-testactivationheight is for test chains: the rules of %s are not for options to change",
                           c->setup.params.name);
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
    enum yc_chain_file_mode mode = c->task == YC_TASK_MAKE_GENESIS ? YC_CHAIN_FILE_MINE : YC_CHAIN_FILE_RUN;
    if (v == YC_VALID)
        v = yc_setup_find(&c->setup, c->options, mode, err);
    if (v == YC_VALID)
        v = set_test_heights(c, err);
    if (v != YC_VALID)
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
    enum yc_verdict v = yc_folder_make(yc_fs_posix(), yc_heap(), c->setup.chain_dir, err);
    for (size_t i = 0; v == YC_VALID && i < sizeof names / sizeof names[0]; i++) {
        v = yc_path_join(path, c->setup.chain_dir, names[i], err);
        if (v == YC_VALID)
            v = yc_folder_make(yc_fs_posix(), yc_heap(), path, err);
    }
    return v;
}
