/* -loadblock: the files are imported one after another once the chain is loaded, between the core's turns; then
 * -stopafterblockimport, and at any time -stopatheight. */
#include <stdio.h>

#include "node/chain/import.h"
#include "node/daemon/app.h"

#define PROGRESS_US 10000000

static struct yc_chain *chain_of(const struct yc_app *a)
{
    return yc_core_chain(a->core);
}

/* "1 h 02 min", "3 min 20 s", "12 s" */
static void time_text(char *out, size_t cap, int64_t s)
{
    if (s >= 3600)
        snprintf(out, cap, "%lld h %02lld min", (long long)s / 3600, (long long)s / 60 % 60);
    else if (s >= 60)
        snprintf(out, cap, "%lld min %02lld s", (long long)s / 60, (long long)s % 60);
    else
        snprintf(out, cap, "%lld s", (long long)s);
}

/* How far it has got, how fast since the last look, and what it waits for. */
static void log_progress(struct yc_app *a, int64_t now_us)
{
    struct yc_app_import *im = &a->import;
    struct yc_import_progress p = yc_import_progress(im->now);
    const struct yc_node *tip = yc_chain_tip(chain_of(a));
    double s = (double)(now_us - im->told_us) / 1e6, bytes = (double)(p.at_bytes - im->told_bytes);
    char left[32] = "unknown";
    if (bytes > 0)
        time_text(left, sizeof left, (int64_t)((double)(p.size_bytes - p.at_bytes) * s / bytes));
    yc_log_info(
        a->log,
        "Importing %s: height %u, %.0f blocks/s, %.0f tx/s, %.1f MB/s, %.1f %% of the file, time left %s, limited "
        "by %s",
        im->file[im->at], tip->height, (tip->height - im->told_height) / s,
        (double)(tip->stored->chain_tx_count - im->told_tx) / s, bytes / 1e6 / s,
        p.size_bytes ? 100.0 * (double)p.at_bytes / (double)p.size_bytes : 100.0, left,
        im->idle_us * 2 > now_us - im->told_us ? "the disk" : "the processors");
    im->told_us = now_us;
    im->told_bytes = p.at_bytes;
    im->told_height = tip->height;
    im->told_tx = tip->stored->chain_tx_count;
    im->idle_us = 0;
}

/* Begin with the next file that can be opened; false: there is none. */
static bool open_next(struct yc_app *a)
{
    struct yc_app_import *im = &a->import;
    struct yc_error err;
    for (; im->at < im->count; im->at++) {
        const struct yc_node *tip = yc_chain_tip(chain_of(a));
        if (yc_import_open(&im->now, chain_of(a), im->file[im->at], &err) != YC_VALID) {
            yc_log_warning(a->log, "Could not open blocks file %s: %s", im->file[im->at], err.text);
            continue;
        }
        yc_log_info(a->log, "Importing blocks file %s…", im->file[im->at]);
        im->begun_us = im->told_us = yc_mono_us(&a->clock.clock);
        im->told_bytes = 0;
        im->told_height = tip->height;
        im->told_tx = tip->stored->chain_tx_count;
        im->idle_us = 0;
        return true;
    }
    return false;
}

static void close_file(struct yc_app *a)
{
    struct yc_app_import *im = &a->import;
    struct yc_import_progress p = yc_import_progress(im->now);
    yc_log_info(a->log, "Loaded %llu blocks from external file in %lldms", (unsigned long long)p.loaded,
                (long long)(yc_mono_us(&a->clock.clock) - im->begun_us) / 1000);
    if (p.known || p.refused || p.waiting || p.skipped_bytes)
        yc_log_info(a->log,
                    "%s: %llu blocks were known, %llu refused, %llu have an unknown parent; %llu bytes are no blocks",
                    im->file[im->at], (unsigned long long)p.known, (unsigned long long)p.refused,
                    (unsigned long long)p.waiting, (unsigned long long)p.skipped_bytes);
    yc_import_close(im->now);
    im->now = NULL;
    im->at++;
}

/* True when there is more to do at once. */
static bool import_some(struct yc_app *a, bool chain_rests)
{
    struct yc_app_import *im = &a->import;
    struct yc_error err = {YC_SYSTEM_NONE, ""};
    bool waits = false;
    if (!im->now && !open_next(a))
        return false;
    int64_t begun_us = yc_mono_us(&a->clock.clock);
    switch (yc_import_step(im->now, &waits, &err)) {
    case YC_STEP_MORE:
        break;
    case YC_STEP_FAILED:
        if (yc_chain_failure(chain_of(a)))
            return true; /* the next turn says so */
        yc_log_warning(a->log, "The rest of %s is not imported: %s", im->file[im->at], err.text);
        close_file(a);
        return true;
    case YC_STEP_DONE:
        close_file(a);
        return true;
    }
    int64_t now_us = yc_mono_us(&a->clock.clock);
    if (waits && chain_rests)
        im->idle_us += begun_us - im->stepped_us;
    im->stepped_us = now_us;
    if (now_us - im->told_us >= PROGRESS_US)
        log_progress(a, now_us);
    return !waits;
}

static void stop_when_asked(struct yc_app *a)
{
    const struct yc_app_import *im = &a->import;
    uint32_t height = a->core_config.chain.stop_height;
    if (atomic_load(&a->stopping))
        return;
    if (height && yc_chain_tip(chain_of(a))->height >= height) {
        yc_log_info(a->log, "Stopping at block height %u", height);
        yc_app_request_stop(a);
    } else if (im->stop_after && !im->now && im->at == im->count && yc_chain_settled(chain_of(a))) {
        yc_log_info(a->log, "Stopping after block import");
        yc_app_request_stop(a);
    }
}

enum yc_app_import_state yc_app_import_step(struct yc_app *a, bool chain_rests)
{
    struct yc_app_import *im = &a->import;
    if (!atomic_load(&a->loaded))
        return YC_APP_IMPORT_NONE;
    bool more = import_some(a, chain_rests);
    if (!im->now && im->at == im->count)
        yc_core_import_over(a->core);
    stop_when_asked(a);
    return more ? YC_APP_IMPORT_MORE : im->now ? YC_APP_IMPORT_WAITS : YC_APP_IMPORT_NONE;
}

void yc_app_import_end(struct yc_app *a)
{
    yc_import_close(a->import.now);
    a->import.now = NULL;
}

enum yc_verdict yc_app_import_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_app_import *im = &a->import;
    const struct yc_options *o = a->config.options;
    struct yc_int_range range = {"a height", 0, UINT32_MAX};
    int64_t height = 0;
    const char *file;
    for (size_t i = 0; (file = yc_options_list(o, "loadblock", i)); i++) {
        if (im->count == YC_APP_IMPORTS_MAX)
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "more than %d files with -loadblock: join some of them (cat), or start once more for the rest",
                YC_APP_IMPORTS_MAX);
        im->file[im->count++] = file;
    }
    a->core_config.imports = im->count > 0;
    im->stop_after = yc_options_flag(o, "stopafterblockimport", false);
    enum yc_verdict v = yc_options_int(o, "stopatheight", 0, range, &height, err);
    a->core_config.chain.stop_height = (uint32_t)height;
    return v;
}
