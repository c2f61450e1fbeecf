/* How far long work has got, in words that are the same wherever it is done: importing, syncing, building an index,
 * verifying. A meter is told what has been done so far and how long was spent waiting for what, and now and then says it all
 * in a line: height, blocks, transactions and bytes a second, how much of it, the time left, and what limits it.
 *
 * No clock: times are the caller's, monotonic microseconds. Each meter belongs to one thread. */
#ifndef YC_BASE_PROGRESS_H
#define YC_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yc_progress {
    double done;    /* 0 to 1 */
    int64_t left_s; /* -1: not known yet */
};

/** done of total in whatever is counted, after took_us. */
struct yc_progress yc_progress_of(uint64_t done, uint64_t total, int64_t took_us);

#define YC_PROGRESS_TEXT 64
/** "12.3%, about 4 minutes left" */
void yc_progress_text(char out[YC_PROGRESS_TEXT], struct yc_progress p);

/* Totals since some beginning, the same for all calls of one meter. What stays 0 is left out of the line. */
struct yc_work_done {
    uint32_t height;             /* where the work stands; always said */
    uint64_t blocks, txs, bytes; /* done */
    uint64_t written_bytes;      /* of the disk, by whatever the process does */
    uint64_t done, total;        /* of all that is to do, in whatever is counted; they may grow */
};

/* What was waited for; the rest of the time the processors were busy. */
enum yc_waited { YC_WAITED_DISK, YC_WAITED_PEERS, YC_WAITED_KINDS };

struct yc_meter {
    int64_t begun_us, told_us, every_us;
    uint64_t first_done;
    struct yc_work_done told;           /* at the last line */
    int64_t waited_us[YC_WAITED_KINDS]; /* since then */
    bool runs;
};

/** Begin: a line is due every_us from now on. w: where the work stands. */
void yc_meter_begin(struct yc_meter *m, int64_t now_us, int64_t every_us, const struct yc_work_done *w);
/** So much time went by with nothing to do but wait. */
void yc_meter_waited(struct yc_meter *m, enum yc_waited what, int64_t us);
/** Has it begun, and is it time for a line? */
bool yc_meter_due(const struct yc_meter *m, int64_t now_us);

#define YC_METER_TEXT 256
/** The line, about the time since the last one; the next is due in a while. "height 1234, 812 blocks/s, 3021 tx/s, 4.1 MB/s,
 *  12.3%, about 4 minutes left, limited by the disk, 5.1 kB written per block" */
void yc_meter_text(struct yc_meter *m, char out[YC_METER_TEXT], int64_t now_us, const struct yc_work_done *w);

#endif
