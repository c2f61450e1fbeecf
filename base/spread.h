/* How long things take: a histogram of durations, exact to an eighth, in a fixed place. PURE; one thread at a time. */
#ifndef YC_BASE_SPREAD_H
#define YC_BASE_SPREAD_H

#include <stdint.h>

#define YC_SPREAD_BUCKETS 256 /* eight for each doubling; the last holds whatever is longer than about five hours */

struct yc_spread {
    uint64_t count;
    int64_t sum_us, longest_us;
    uint32_t bucket[YC_SPREAD_BUCKETS];
};

/** Note one duration; below 0 counts as 0. A zeroed struct is an empty spread. */
void yc_spread_add(struct yc_spread *s, int64_t took_us);

/** The duration that this share (0 to 1) of all did not exceed, rounded up to its bucket's end, but never more than the
 *  longest; 0 when there is none. */
int64_t yc_spread_at(const struct yc_spread *s, double share);

/** How many took longer than us, about: those in its own bucket count as not longer. */
uint64_t yc_spread_longer(const struct yc_spread *s, int64_t us);

#endif
