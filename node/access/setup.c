#include "node/access/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/daemon.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

enum yc_verdict yc_path_join(char out[YC_PATH_MAX], const char *dir, const char *name, struct yc_error *err)
{
    char joined[YC_PATH_MAX];
    const char *slash = dir[0] && dir[strlen(dir) - 1] != '/' && name[0] ? "/" : "";
    int n = name[0] == '/' ? snprintf(joined, sizeof joined, "%s", name)
                           : snprintf(joined, sizeof joined, "%s%s%s", dir, slash, name);
    if (n < 0 || n >= YC_PATH_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a path is longer than %d characters: check -datadir",
                       YC_PATH_MAX - 1);
    memcpy(out, joined, (size_t)n + 1);
    return YC_VALID;
}

static enum yc_verdict find_data_dir(struct yc_setup *s, const struct yc_options *o, struct yc_error *err)
{
    const char *given = yc_options_text(o, "datadir", NULL);
    if (!given || !given[0]) {
        if (!yc_default_datadir(s->data_dir, sizeof s->data_dir))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "the home directory's name is too long: give -datadir=<dir>");
        return YC_VALID;
    }
    char *whole = realpath(given, NULL);
    if (!whole && (errno == ENOENT || errno == ENOTDIR))
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "Specified data directory \"%s\" does not exist. Make it first (mkdir -p), or leave -datadir out.", given);
    if (!whole)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "Specified data directory \"%s\" cannot be reached: %s. Let the user that runs this program read "
            "the folders above it, or choose another.",
            given, strerror(errno));
    enum yc_verdict v = yc_path_join(s->data_dir, whole, "", err);
    free(whole);
    return v;
}

static enum yc_verdict read_conf(struct yc_setup *s, struct yc_options *o, struct yc_error *err)
{
    enum yc_verdict v = yc_path_join(s->conf_path, s->data_dir, yc_options_text(o, "conf", "ycoin.conf"), err);
    if (v != YC_VALID || yc_options_is_negated(o, "conf"))
        return v;
    v = yc_options_read_file(o, yc_fs_posix(), s->conf_path, err);
    s->conf_read = v == YC_VALID;
    if (v == YC_NOT_YET && yc_options_is_set(o, "conf"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "specified config file \"%s\" could not be opened.",
                       s->conf_path);
    return v == YC_NOT_YET ? YC_VALID : v;
}

/* The chain that the options name, NULL when they name none. YC_INVALID when they name two. */
static enum yc_verdict named_chain(const struct yc_options *o, const char **out, struct yc_error *err)
{
    static const char *const flags[] = {"regtest", "test", "testnet", "testnet4", "signet"};
    const char *by_name = yc_options_chain_text(o, "chain", "");
    unsigned count = by_name[0] != 0;
    *out = count ? by_name : NULL;
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

static enum yc_verdict choose_chain(struct yc_setup *s, const struct yc_options *o, enum yc_chain_file_mode mode,
                                    struct yc_error *err)
{
    const char *name = NULL, *file = yc_options_text(o, "chainfile", NULL);
    enum yc_verdict v = named_chain(o, &name, err);
    if (v != YC_VALID)
        return v;
    if (file) {
        v = yc_chain_file_load(&s->params, yc_fs_posix(), yc_heap(), file, mode, err);
        if (v == YC_VALID && name && strcmp(name, s->params.name) != 0)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "the options name the chain %s, but %s is the chain file of %s: leave one of them out", name,
                           file, s->params.name);
        return v;
    }
    const struct yc_chain_params *built_in = yc_chain_builtin(name ? name : "main");
    if (!built_in)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Unknown chain %s: built in are main, test and regtest; any other needs -chainfile=<file>",
                       name);
    s->params = *built_in;
    return YC_VALID;
}

enum yc_verdict yc_setup_find(struct yc_setup *out, struct yc_options *options, enum yc_chain_file_mode mode,
                              struct yc_error *err)
{
    const char *name = NULL;
    memset(out, 0, sizeof *out);
    enum yc_verdict v = find_data_dir(out, options, err);
    if (v == YC_VALID)
        v = read_conf(out, options, err);
    if (v == YC_VALID)
        v = named_chain(options, &name, err);
    if (v == YC_VALID)
        v = yc_options_read_includes(options, yc_fs_posix(), out->data_dir, name ? name : "main", err);
    if (v == YC_VALID)
        v = choose_chain(out, options, mode, err);
    if (v == YC_VALID)
        v = yc_options_select_chain(options, out->params.name, err);
    if (v == YC_VALID)
        v = find_data_dir(out, options, err); /* the file may have moved it */
    return v == YC_VALID ? yc_path_join(out->chain_dir, out->data_dir, out->params.dir, err) : v;
}
