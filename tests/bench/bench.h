/* ycoin-bench: how fast the parts of the node are, as JSON. Each file of this folder measures one part; bench.c keeps
 * the time and the results. One thread; every rate is that of one core. */
#ifndef YC_TESTS_BENCH_BENCH_H
#define YC_TESTS_BENCH_BENCH_H

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "keys/signer.h"
#include "sys/json_out.h"

struct bench {
    const struct yc_clock *clock;
    const struct yc_random *random;
    const struct yc_alloc *alloc;
    const struct yc_signer *signer;
    struct yc_json_out *json; /* inside the object of results */
    int64_t least_us;         /* measure each thing for at least so long */
    const char *only;         /* measure what has this in its name; NULL: all */
};

/** Is something of this name to be measured? */
bool bench_wants(const struct bench *b, const char *name);

/** Call once(ctx) again and again for b->least_us, after one call to warm up; write the result name, `units` of them
 *  being done by each call. The fastest of slices of a millisecond counts: a neighbour's load can only make one slower. */
void bench_run(struct bench *b, const char *name, const char *unit, double units, void (*once)(void *ctx), void *ctx);

/* One of two ways to do the same. */
struct bench_way {
    void (*once)(void *ctx);
    void (*before)(void *ctx); /* called before each slice, not timed; NULL: nothing */
    void *ctx;
};

/** Measure ours and another way in turns, for b->least_us in all, so that both meet the same machine, and write the result
 *  with what the other way is, its time and the quotients of the two. */
void bench_compare(struct bench *b, const char *name, const char *unit, double units, const struct bench_way *ours,
                   const struct bench_way *other, const char *other_is);

/** Write a result measured by the caller: so many units in so many microseconds. */
void bench_result(struct bench *b, const char *name, const char *unit, double units, double us);

/** The same, with the memory that each unit takes. */
void bench_result_sized(struct bench *b, const char *name, const char *unit, double units, double us,
                        double bytes_each);

/** Write that something was not measured, and why. */
void bench_skip(struct bench *b, const char *name, const char *why);

/** End the program with a sentence: a bench whose subject fails has no result. */
_Noreturn void bench_die(const char *format, ...) YC_PRINTF(1, 2);

void bench_hash(struct bench *b);    /* sha256d-64/KERNEL, sha256d-80/KERNEL, batch/txids, batch/merkle */
void bench_block(struct bench *b);   /* block-parse, merkle-4096, merkle-9001 */
void bench_script(struct bench *b);  /* script/p2pkh, p2wpkh, p2tr, p2wsh-2of3 */
void bench_coins(struct bench *b);   /* coins/add, coins/get, coins/spend */
void bench_worst(struct bench *b);   /* worst/tx-hashes, worst/tx-checks, worst/block */
void bench_connect(struct bench *b); /* connect/inputs */
void bench_signatures(
    struct bench *b); /* lanes/ecdsa, bip340, p2wpkh, p2tr, p2pkh; the lanes' steps: lanes/field-mul … */
void bench_headers(struct bench *b); /* headers/load; headers/accept-low, -high: on a long chain */

#endif
