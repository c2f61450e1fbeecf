/* While the chain is downloaded: a line now and then on how far that is, how fast, and what it waits for. */
#include "node/daemon/app.h"
#include "sys/usage.h"

#define TELL_EVERY_US   INT64_C(10000000)
#define LONG_WAY_BLOCKS 288 /* less than this is no long work */

static struct yc_work_done synced(const struct yc_app *a)
{
    const struct yc_chain *c = yc_core_chain(a->core);
    const struct yc_node *tip = yc_chain_tip(c);
    struct yc_chain_pace pace = yc_chain_pace_of(c);
    return (struct yc_work_done){.height = tip->height,
                                 .blocks = pace.blocks,
                                 .txs = tip->stored->chain_tx_count,
                                 .bytes = pace.bytes,
                                 .written_bytes = yc_written_bytes(),
                                 .done = tip->height,
                                 .total = yc_chain_best_header(c)->height};
}

static bool long_way(struct yc_app *a)
{
    const struct yc_chain *c = yc_core_chain(a->core);
    uint32_t tip = yc_chain_tip(c)->height, best = yc_chain_best_header(c)->height;
    return atomic_load(&a->loaded) && !a->import.now && yc_core_is_initial_download(a->core) &&
           best > tip + (a->sync.meter.runs ? 0 : LONG_WAY_BLOCKS);
}

void yc_app_note_sync(struct yc_app *a)
{
    struct yc_app_sync *s = &a->sync;
    int64_t now_us = yc_mono_us(&a->clock.clock);
    if (!long_way(a)) {
        s->meter.runs = false;
        return;
    }
    int64_t disk_us = yc_chain_pace_of(yc_core_chain(a->core)).disk_wait_us;
    if (!s->meter.runs) {
        struct yc_work_done w = synced(a);
        yc_meter_begin(&s->meter, now_us, TELL_EVERY_US, &w);
        s->disk_us = disk_us;
    }
    if (!yc_meter_due(&s->meter, now_us))
        return;
    char text[YC_METER_TEXT];
    struct yc_work_done w = synced(a);
    yc_meter_waited(&s->meter, YC_WAITED_DISK, disk_us - s->disk_us);
    s->disk_us = disk_us;
    yc_meter_text(&s->meter, text, now_us, &w);
    yc_log_info(a->log, "Syncing blocks up to height %u: %s", (unsigned)w.total, text);
}

void yc_app_note_idle(struct yc_app *a, int64_t us)
{
    yc_meter_waited(&a->sync.meter, YC_WAITED_PEERS, us);
}
