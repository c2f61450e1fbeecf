/* What the person sees: log lines, and on a terminal a status line below them. Any thread. */
#ifndef YC_MINER_CONSOLE_H
#define YC_MINER_CONSOLE_H

#include "base/log.h"
#include "sys/thread.h"

#include <stdio.h>

struct yc_console {
    struct yc_log log; /* what to hand on; its ctx is this struct, which therefore must not move */
    FILE *out;
    bool terminal;
    bool status_shown;
    struct yc_mutex mutex;
};

/** Lines go to out, with the time in front; a status line is shown when out is a terminal. */
void yc_console_init(struct yc_console *c, FILE *out);
void yc_console_release(struct yc_console *c);
/** Show a line that the next one replaces; nothing when there is no terminal. NULL: take it away. */
void yc_console_status(struct yc_console *c, const char *text);

#endif
