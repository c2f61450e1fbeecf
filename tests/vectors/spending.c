#include "vectors/spending.h"

#include "base/assert.h"
#include "consensus/checks.h"

static struct yc_script_machine *machine(void)
{
    static struct yc_script_machine *one;
    if (!one)
        one = yc_script_machine_new(yc_heap());
    YC_ASSERT(one);
    return one;
}

enum yc_script_error spending_verify(const struct yc_spend *s, uint32_t input, uint32_t flags)
{
    return yc_script_verify(s, input, flags, yc_checker_now(), machine());
}

/* Lanes where the machine has them, with every signature by libsecp256k1 as well. */
static struct yc_sig_collector *collector(void)
{
    static struct yc_sigengine engine;
    static struct yc_sig_collector *one;
    struct yc_error err;
    if (one)
        return one;
    if (yc_sigengine_init(&engine, YC_SIG_MODE_BOTH, 0, NULL, &err) != YC_VALID)
        YC_ASSERT(engine.mode == YC_SIG_MODE_SCALAR);
    enum yc_verdict made = yc_sig_collector_new(&one, &engine, 0, yc_heap(), &err);
    YC_ASSERT(made == YC_VALID);
    return one;
}

enum yc_script_error spending_verify_deferred(const struct yc_spend *s, uint32_t input, uint32_t flags)
{
    const struct yc_script_check check = {s, input, 0, flags}, *const checks[] = {&check};
    struct yc_reject why = {0};
    struct yc_error err;
    size_t failed;
    enum yc_verdict verdict = yc_script_checks_run(checks, 1, machine(), collector(), &failed, &why, &err);
    YC_ASSERT(verdict != YC_SYSTEM && failed == (verdict == YC_VALID));
    return verdict == YC_VALID ? YC_SCRIPT_OK : why.script_error;
}

uint32_t spending_flags_trim(uint32_t flags)
{
    if (!(flags & YC_SCRIPT_P2SH))
        flags &= ~(uint32_t)YC_SCRIPT_WITNESS;
    if (!(flags & YC_SCRIPT_WITNESS))
        flags &= ~(uint32_t)(YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT);
    return flags;
}

uint32_t spending_flags_fill(uint32_t flags)
{
    if (flags & (YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT))
        flags |= YC_SCRIPT_WITNESS;
    if (flags & YC_SCRIPT_WITNESS)
        flags |= YC_SCRIPT_P2SH;
    return flags;
}

bool spending_flags_allowed(uint32_t flags)
{
    return spending_flags_fill(flags) == flags;
}
