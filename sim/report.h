/* Results for people and for programs. */
#ifndef YC_SIM_REPORT_H
#define YC_SIM_REPORT_H

#include "base/buf.h"
#include "sim/scenario.h"

/** The table: its headline, and of each run a line, with one more for what its scenario has to say. Columns: hours and x real
 *  are of virtual time; deepest is a reorganisation's blocks, agree s how long the healed network took to one tip. */
void sim_report_headline(struct yc_buf *out);
void sim_report_line(const struct sim_result *result, struct yc_buf *out);
/** The whole: {"runs": [{...}], "passed": n, "failed": n}. */
void sim_report_json(const struct sim_result *results, size_t count, struct yc_buf *out);
/** One run as JSON on a line of its own: it begins with scenario, seed, nodes, hours and passed. */
void sim_report_json_line(const struct sim_result *result, struct yc_buf *out);
/** How it all went, in a few lines however many runs there were.
 *  resumed  runs that had passed before and were not played now: no results of theirs are given
 *  wall_us  that it took by the clock */
void sim_report_summary(const struct sim_result *results, size_t count, size_t resumed, int64_t wall_us,
                        struct yc_buf *out);
/** The command line that plays the run again, with what its nodes log. */
void sim_report_again(const struct sim_result *result, struct yc_buf *out);

/* plot.c */

/** Tips and heights over time as SVG. */
void sim_report_svg(const struct sim_result *result, const struct sim_plot *plot, struct yc_buf *out);

#endif
