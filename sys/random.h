/* The operating system's randomness as a struct yc_random (getrandom). Any thread; safe across fork and snapshots,
 * because nothing is buffered in the process (catalogue W05). When the operating system has none, the process says so
 * and aborts: a guessed key or nonce is worse than no answer (catalogue W01, X09). */
#ifndef YC_SYS_RANDOM_H
#define YC_SYS_RANDOM_H

#include "base/random.h"

/** The one instance; static. */
const struct yc_random *yc_random_system(void);

#endif
