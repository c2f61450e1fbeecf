/* -loadblock: the files are imported one after another once the chain is loaded, between the core's turns; then
 * -stopafterblockimport, and at any time -stopatheight. */
#include <stdio.h>

#include "node/chain/import.h"
#include "node/daemon/app.h"
#include "sys/usage.h"

#define PROGRESS_US 10000000

static struct yc_chain *chain_of(const struct yc_app *a)
{
    return yc_core_chain(a->core);
}

static struct yc_work_done imported(const struct yc_app *a)
{
    struct yc_import_progress p = yc_import_progress(a->import.now);
    const struct yc_node *tip = yc_chain_tip(chain_of(a));
    return (struct yc_work_done){.height = tip->height,
                                 .blocks = yc_chain_pace_of(chain_of(a)).blocks,
                                 .txs = tip->stored->chain_tx_count,
                                 .bytes = p.at_bytes,
                                 .written_bytes = yc_written_bytes(),
                                 .done = p.at_bytes,
                                 .total = p.size_bytes};
}

/* How far it has got, how fast since the last look, and what it waits for. */
static void log_progress(struct yc_app *a, int64_t now_us)
{
    struct yc_app_import *im = &a->import;
    char text[YC_METER_TEXT];
    struct yc_work_done w = imported(a);
    yc_meter_text(&im->meter, text, now_us, &w);
    yc_log_info(a->log, "Importing %s: %s", im->file[im->at], text);
}

/* Begin with the next file that can be opened; false: there is none. */
static bool open_next(struct yc_app *a)
{
    struct yc_app_import *im = &a->import;
    struct yc_error err;
    for (; im->at < im->count; im->at++) {
        if (yc_import_open(&im->now, chain_of(a), im->file[im->at], &err) != YC_VALID) {
            yc_log_warning(a->log, "Could not open blocks file %s: %s", im->file[im->at], err.text);
            continue;
        }
        yc_log_info(a->log, "Importing blocks file %s…", im->file[im->at]);
        im->begun_us = yc_mono_us(&a->clock.clock);
        struct yc_work_done w = imported(a);
        yc_meter_begin(&im->meter, im->begun_us, PROGRESS_US, &w);
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
        yc_meter_waited(&im->meter, YC_WAITED_DISK, begun_us - im->stepped_us);
    im->stepped_us = now_us;
    if (yc_meter_due(&im->meter, now_us))
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
