/* The map of autonomous systems that the operator gives (-asmap). */
#include "net/addr/asmap.h"

#include "crypto/sha256.h"
#include "node/daemon/app.h"
#include "sys/fs_posix.h"

/* What is wrong goes to the log as a sentence; the error says it in Bitcoin Core's words, which its tests compare. */
static enum yc_verdict read_file(struct yc_app *a, const char *path, struct yc_error *err)
{
    struct yc_error why;
    enum yc_verdict v = yc_fs_read_file(yc_fs_posix(), yc_heap(), path, YC_ASMAP_BYTES_MAX, &a->asmap, &why);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Could not find asmap file \"%s\"", path);
    if (v != YC_VALID)
        return yc_fail(err, v, why.which, "%s", why.text);
    yc_log_info(a->log, "Opened asmap file \"%s\" (%zu bytes) from disk", path, a->asmap.n);
    v = yc_asmap_check(a->asmap, &why);
    if (v == YC_VALID)
        return YC_VALID;
    yc_log_warning(a->log, "%s: %s. Get it anew, or leave -asmap out", path, why.text);
    return yc_fail(err, v, YC_SYSTEM_NONE, "Could not parse asmap file \"%s\"", path);
}

static void log_version(const struct yc_app *a)
{
    uint8_t hash32[32];
    char hex[65];
    yc_sha256d(hash32, a->asmap.p, a->asmap.n);
    yc_hex_write_reversed(hex, hash32, 32);
    yc_log_info(a->log, "Using asmap version %s for IP bucketing", hex);
}

enum yc_verdict yc_app_asmap_read(struct yc_app *a, struct yc_error *err)
{
    char path[YC_PATH_MAX];
    const char *name = yc_options_text(a->config.options, "asmap", NULL);
    if (!name || yc_options_is_negated(a->config.options, "asmap")) {
        yc_log_info(a->log, "Using /16 prefix for IP bucketing");
        return YC_VALID;
    }
    if (!name[0] || !strcmp(name, "1"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Embedded asmap data not available");
    enum yc_verdict v = yc_path_join(path, a->config.setup.chain_dir, name, err);
    if (v == YC_VALID)
        v = read_file(a, path, err);
    if (v != YC_VALID)
        return v;
    log_version(a);
    a->core_config.asmap = a->asmap;
    return YC_VALID;
}

void yc_app_asmap_release(struct yc_app *a)
{
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)a->asmap.p, a->asmap.n);
    a->asmap = yc_view(NULL, 0);
}
