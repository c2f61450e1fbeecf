/* How much of the line we may use: rates, as token buckets, and a target for what is uploaded in a day.
 *
 * Thread: the owner's (core). A rate counts all peers together and may be changed at any time; the owner sends and reads no
 * more than there is room for, and comes back when there is. The target never slows anything down: when it is near, only
 * blocks that are a week old are no longer served, so that new blocks and transactions still pass. */
#ifndef YC_NET_PEERS_BANDWIDTH_H
#define YC_NET_PEERS_BANDWIDTH_H

#include "base/view.h"

struct yc_rate {
    int64_t bytes_per_s; /* 0: no limit */
    int64_t tokens;      /* bytes that may pass now, at most a second's; below 0: more has passed than might */
    int64_t at_us;       /* when tokens was right */
};

#define YC_RATE_MAX INT64_C(1000000000000) /* bytes a second; no line is faster, and products fit */

/** bytes_per_s: 0 (no limit) to YC_RATE_MAX. */
void yc_rate_set(struct yc_rate *r, int64_t bytes_per_s, int64_t now_us);
/** Bytes that may pass now; SIZE_MAX without a limit. */
size_t yc_rate_room(struct yc_rate *r, int64_t now_us);
/** n bytes have passed. */
void yc_rate_spend(struct yc_rate *r, size_t n);
/** Monotonic time at which it is worth asking again, after there was no room. */
int64_t yc_rate_next_us(const struct yc_rate *r);

#define YC_UPLOAD_CYCLE_S 86400

struct yc_upload_target {
    uint64_t limit_bytes; /* of a cycle; 0: none */
    uint64_t sent_bytes;  /* in this cycle */
    int64_t cycle_at_s;   /* when it began; 0: nothing has been sent yet */
};

void yc_upload_note(struct yc_upload_target *t, size_t n, int64_t now_s);
/** Has so much been sent that the target is reached? historical: or would serving old blocks leave too little to relay a
 *  full block of max_block_bytes every ten minutes for the rest of the cycle? */
bool yc_upload_reached(const struct yc_upload_target *t, bool historical, uint64_t max_block_bytes, int64_t now_s);
uint64_t yc_upload_left_bytes(const struct yc_upload_target *t);
int64_t yc_upload_left_s(const struct yc_upload_target *t, int64_t now_s);

#endif
