/* The kernels: who tries nonces. One file per instruction set, with that file's own compile flags; all do the same work.
 * Any thread, after yc_miner_kernel_check() has passed for the kernel.
 *
 * What is searched: a header is 80 bytes, and its hash is SHA-256 twice. The first 64 bytes never change during a search,
 * so their state is computed once; of the last 16 bytes the nonce changes. Of the hash a kernel computes no more than the
 * four bytes that are most significant in the comparison with the target: all other work is left out, and the caller
 * hashes the rare candidates in full. */
#ifndef YC_MINER_KERNEL_H
#define YC_MINER_KERNEL_H

#include "base/clock.h"
#include "base/log.h"
#include "consensus/block.h"

/* The part of a header that a search shares among its nonces. Words are those that SHA-256 reads: big-endian. */
struct yc_nonce_search {
    uint32_t midstate[8]; /* after the header's first 64 bytes */
    uint32_t tail[3];     /* its next 12 bytes: end of the merkle root, time, bits */
    uint32_t target_top;  /* the most significant 32 bits of the target */
};

/** Prepare a search over the nonces of a header; its nonce is ignored. */
void yc_nonce_search_init(struct yc_nonce_search *s, const struct yc_header *h, const struct yc_u256 *target);

struct yc_miner_kernel {
    const char *name;   /* "generic", "sha-ni", "avx2", "avx512" */
    bool (*here)(void); /* does this machine have the instructions? */
    /* Try the nonces first .. first + count - 1 (count >= 1, no wrap past 2^32 - 1). False when none is a candidate;
     * else *found is the least nonce whose hash's most significant 32 bits are at or below target_top. */
    bool (*search)(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found);
};

/** The kernels of this build, *count of them, the plainest first; static. Not all need be `here`. */
const struct yc_miner_kernel *const *yc_miner_kernels(size_t *count);

/** Let the kernel find known blocks and search ranges in which the answers are known.
 *  YC_VALID; YC_SYSTEM (CORRUPT) with a sentence: the kernel must not be used. */
enum yc_verdict yc_miner_kernel_check(const struct yc_miner_kernel *k, struct yc_error *err) YC_MUST_USE;

/** The kernel of this name, checked; YC_INVALID with a sentence that lists those of this machine when it is not here or
 *  does not exist. */
enum yc_verdict yc_miner_kernel_named(const struct yc_miner_kernel **out, const char *name,
                                      struct yc_error *err) YC_MUST_USE;

/** Millions of nonces a second in this thread: of slices of a millisecond in a time of about run_us the fastest, because a
 *  neighbour's load can only make one slower. mono_us is the clock's. */
double yc_miner_kernel_measure(const struct yc_miner_kernel *k, const struct yc_clock *clock, int64_t run_us);

/** The fastest kernel of this machine by a race of about 50 ms, each checked first. Kernels that fail their check are
 *  left out, with a line to the log; YC_SYSTEM when none is left. */
enum yc_verdict yc_miner_kernel_fastest(const struct yc_miner_kernel **out, const struct yc_clock *clock,
                                        const struct yc_log *log, struct yc_error *err) YC_MUST_USE;

#endif
