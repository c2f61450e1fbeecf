#include "consensus/checks.h"

#include "consensus/script/standard.h"

/* Room that is kept for the next input, so that inputs of a few signatures never find the collector full. */
#define SPARE 32

/* Settle what is held: the first item of which a second, exact run fails decides. *failed stays as it is when none does. */
static enum yc_verdict settle(const struct yc_script_check *const *checks, struct yc_script_machine *machine,
                              struct yc_sig_collector *collector, size_t *failed, struct yc_reject *why,
                              struct yc_error *err)
{
    const size_t *items;
    size_t count;
    enum yc_verdict verdict = yc_sig_collector_settle(collector, &items, &count, err);
    for (size_t i = 0; verdict == YC_VALID && i < count; i++) {
        verdict = yc_script_check_run(checks[items[i]], machine, yc_checker_now(), why);
        if (verdict != YC_VALID)
            *failed = items[i];
    }
    return verdict;
}

/* Gather one check's signatures: a standard spend's without its scripts being run. */
static enum yc_verdict defer(const struct yc_script_check *check, struct yc_script_machine *machine,
                             struct yc_sig_collector *collector, struct yc_reject *why)
{
    const struct yc_checker *checker = yc_sig_collector_checker(collector);
    if (yc_standard_spend_ask(check->spend, check->input, check->flags, checker))
        return YC_VALID;
    return yc_script_check_run(check, machine, checker, why);
}

enum yc_verdict yc_script_checks_run(const struct yc_script_check *const *checks, size_t count,
                                     struct yc_script_machine *machine, struct yc_sig_collector *collector,
                                     size_t *failed, struct yc_reject *why, struct yc_error *err)
{
    struct yc_reject late_why = {0};
    enum yc_verdict verdict = YC_VALID, late = YC_VALID;
    *failed = count;
    for (size_t i = 0; i < count && late == YC_VALID && verdict == YC_VALID; i++) {
        yc_sig_collector_begin(collector, i);
        late = defer(checks[i], machine, collector, &late_why);
        if (late != YC_VALID) {
            /* Certain, for it ran again without deferring; but one before it may be bad yet. */
            yc_sig_collector_drop(collector);
            *failed = i;
        } else if (yc_sig_collector_count(collector) > YC_SIG_COLLECTOR_MAX - SPARE) {
            verdict = settle(checks, machine, collector, failed, why, err);
        }
    }
    if (verdict == YC_VALID)
        verdict = settle(checks, machine, collector, failed, why, err);
    if (verdict != YC_VALID || late == YC_VALID)
        return verdict;
    *why = late_why;
    return late;
}
