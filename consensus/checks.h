/* Script checks of many inputs with their signatures in batches: the verdict is what running them one after the other
 * with libsecp256k1 would give. Pure; each thread brings its own machine and collector. */
#ifndef YC_CONSENSUS_CHECKS_H
#define YC_CONSENSUS_CHECKS_H

#include "consensus/connect.h"
#include "consensus/script/collector.h"

/** Run count checks, the first of which that fails decides.
 *  collector  holds nothing, before and after
 *  failed     receives the place of the first check that fails, count when none does
 *  why        filled in on YC_INVALID, as by yc_script_check_run()
 *  Returns    YC_VALID; YC_INVALID; YC_SYSTEM: memory, or two signature engines differ (err), and *failed says nothing */
enum yc_verdict yc_script_checks_run(const struct yc_script_check *const *checks, size_t count,
                                     struct yc_script_machine *machine, struct yc_sig_collector *collector,
                                     size_t *failed, struct yc_reject *why, struct yc_error *err) YC_MUST_USE;

#endif
