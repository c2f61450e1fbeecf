/* Memory for secrets: pages of their own, kept out of swap and core dumps, wiped when they are given back.
 *
 * Attack it answers (catalogue W11): keys in core dumps, swap, freed memory and children (a secret is not there after
 * fork). One thread at a time per secret. */
#ifndef YC_KEYS_SECRET_H
#define YC_KEYS_SECRET_H

#include "base/result.h"
#include "base/view.h"

struct yc_secret {
    uint8_t *p; /* n bytes, zeroed at first */
    size_t n;
    size_t mapped_bytes;
    bool locked; /* false: the system would not lock the pages (ulimit -l); they may reach swap, never a core dump */
};

/** Take memory for n secret bytes (n >= 1).
 *  Returns YC_VALID, also when the pages could not be locked (secret->locked says so: warn the person once, with
 *  yc_secret_lock_warning()); YC_SYSTEM (MEMORY). The caller releases it. */
enum yc_verdict yc_secret_init(struct yc_secret *s, size_t n, struct yc_error *err) YC_MUST_USE;

/** Wipe and give back; harmless on one that is all zeros or was released. */
void yc_secret_release(struct yc_secret *s);

/** The sentence to show when a secret could not be locked; static. */
const char *yc_secret_lock_warning(void);

/** Keep the whole process out of core dumps and away from debuggers of the same user: call at the start of a program
 *  that will hold secrets. False when the system refuses. */
bool yc_secret_harden_process(void);

#endif
