/* Results for people and for programs. */
#ifndef YC_SIM_REPORT_H
#define YC_SIM_REPORT_H

#include "base/buf.h"
#include "sim/scenario.h"

/** One line of the table; its headline. */
void sim_report_headline(struct yc_buf *out);
void sim_report_line(const struct sim_result *result, struct yc_buf *out);
/** The whole: {"runs": [{...}], "passed": n, "failed": n}. */
void sim_report_json(const struct sim_result *results, size_t count, struct yc_buf *out);
/** Tips and heights over time as SVG. */
void sim_report_svg(const struct sim_result *result, struct yc_buf *out);

#endif
