/* The six verdicts that every fallible function of YCoin returns, and the sentence that goes with a failure.
 *
 * A verdict says whose fault an outcome is and how long it lasts; one is never turned into another on the way up.
 * Any thread; depends on nothing. */
#ifndef YC_BASE_RESULT_H
#define YC_BASE_RESULT_H

#define YC_MUST_USE          __attribute__((warn_unused_result))
#define YC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum yc_verdict {
    YC_VALID = 0, /* done, or: obeys the rules */
    YC_INVALID,   /* breaks a rule, for ever: their fault */
    YC_MUTATED,   /* this body is not the header's: try another peer, never mark the header */
    YC_NOT_YET,   /* too new, parent or inputs missing, too little work: may become valid, nobody's fault */
    YC_POLICY,    /* we would rather not relay or mine it; never consensus */
    YC_SYSTEM     /* our fault: memory, disk, corruption; stop or report, blame nobody */
};

/* Which kind of failure a YC_SYSTEM is. */
enum yc_system { YC_SYSTEM_NONE = 0, YC_SYSTEM_MEMORY, YC_SYSTEM_IO, YC_SYSTEM_FULL, YC_SYSTEM_CORRUPT };

#define YC_ERROR_TEXT_MAX 512

/* Why something outside consensus failed, as a sentence for the person who reads it: the value, the cause, the next
 * step. Consensus and policy answer with struct yc_reject instead. */
struct yc_error {
    enum yc_system which;
    char text[YC_ERROR_TEXT_MAX];
};

/** Fill in an error and return the verdict, so that a failing function can end with `return yc_fail(...)`.
 *  err    may be NULL: then only the verdict is passed on
 *  which  YC_SYSTEM_NONE unless the verdict is YC_SYSTEM. Text over YC_ERROR_TEXT_MAX-1 bytes is cut. */
enum yc_verdict yc_fail(struct yc_error *err, enum yc_verdict verdict, enum yc_system which, const char *format, ...)
    YC_PRINTF(4, 5);

/** The verdict's name in lower case ("valid", "not-yet"); static. */
const char *yc_verdict_name(enum yc_verdict verdict);

/** Where a failure changes nothing for anybody: say so by this name rather than by a cast. */
static inline void yc_ignore(enum yc_verdict verdict)
{
    (void)verdict;
}

#endif
