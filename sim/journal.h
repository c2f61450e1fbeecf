/* What has been played, in a file: one line of JSON for each run, written as it ends. Whoever plays thousands of seeds can
 * stop at any moment and go on later: what passed is not played again. One thread. */
#ifndef YC_SIM_JOURNAL_H
#define YC_SIM_JOURNAL_H

#include <stdio.h>

#include "base/result.h"
#include "sim/scenario.h"

struct sim_journal {
    FILE *file;           /* NULL: none is kept */
    struct yc_map passed; /* runs that passed before: scenario, seed, nodes, hours -> nothing of interest */
};

/** Read the file, if it exists, and open it for more. A line that is cut off or not of a run counts for nothing. */
enum yc_verdict sim_journal_open(struct sim_journal *j, const char *path, struct yc_error *err) YC_MUST_USE;
void sim_journal_close(struct sim_journal *j);
/** Did this run pass, according to the file? */
bool sim_journal_has(const struct sim_journal *j, const struct sim_wish *wish);
/** Write down how the run ended; false when that cannot be written. */
bool sim_journal_add(struct sim_journal *j, const struct sim_result *result) YC_MUST_USE;

#endif
