/* A job: a block without its nonce, made once from a template and then read by all workers at once. The coinbase is our
 * own; an extranonce in it makes as many different headers as workers ask for.
 *
 * No header is searched twice (catalogue N09, N17): a job hands out each extranonce once; for one extranonce the nonce
 * only rises, whatever the time does; and each process begins with four random bytes. */
#ifndef YC_MINER_JOB_H
#define YC_MINER_JOB_H

#include "base/random.h"
#include "miner/gbt.h"

#include <stdatomic.h>

#define YC_JOB_TAG_MAX         80 /* bytes of --tag */
#define YC_JOB_EXTRANONCE      8  /* bytes: four random ones of the process, then a counter */
#define YC_JOB_COINBASE_MAX    512
#define YC_JOB_MERKLE_PATH_MAX 32

struct yc_job_options {
    struct yc_view payout_script; /* where the coins go */
    struct yc_view tag;           /* at most YC_JOB_TAG_MAX bytes */
    uint8_t start4[4];            /* random, one for the process */
    bool time_is_fixed;           /* the chain derives the bits from a block's own time: it must not be moved */
};

struct yc_job {
    const struct yc_alloc *alloc;
    atomic_uint refs;
    struct yc_header header; /* merkle root and nonce are each worker's own */
    struct yc_u256 target;
    uint32_t height;
    int64_t value_sat;
    uint32_t tx_count; /* with the coinbase */
    uint32_t time_min;
    bool time_is_fixed;
    int64_t made_us; /* when the template was answered; the monotonic clock's */
    char longpollid[YC_LONGPOLLID_MAX];
    uint8_t start4[4];
    uint8_t coinbase[YC_JOB_COINBASE_MAX]; /* without its witness: what the txid is made of */
    size_t coinbase_n, extranonce_at;      /* where the extranonce is in it */
    uint8_t path[YC_JOB_MERKLE_PATH_MAX][32];
    size_t path_n;
    uint8_t *block; /* the whole block with witness, extranonce 0, nonce 0 */
    size_t block_n, block_extranonce_at;
    atomic_uint next_extranonce;
    atomic_bool solved; /* a worker has found its nonce: nobody else need look */
};

/** Make a job of a template: the coinbase (height as BIP 34 wants it, lock time and sequence as BIP 54 does, on every
 *  chain), the merkle path of its place, the block's bytes. Everything is computed from the transactions themselves;
 *  a txid or witness commitment of the template that differs, or a block that breaks a rule, is refused.
 *  now_us  the monotonic clock's time at which the template came
 *  Returns YC_VALID: *out has one reference, the caller's; YC_INVALID with a sentence; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_job_new(struct yc_job **out, const struct yc_alloc *alloc, const struct yc_gbt *gbt,
                           const struct yc_job_options *options, int64_t now_us, struct yc_error *err) YC_MUST_USE;
struct yc_job *yc_job_hold(struct yc_job *job);
/** Gives a reference back; NULL is fine. Any thread. */
void yc_job_drop(struct yc_job *job);

/** A header of the job that nobody else was given, with nonce 0 and the time of now_us. Any thread.
 *  False when all 2^32 are given away. */
bool yc_job_take(struct yc_job *job, int64_t now_us, struct yc_header *header, uint32_t *extranonce) YC_MUST_USE;

/** The time for a header: the template's, moved on by what has passed since, never below its least. */
uint32_t yc_job_time(const struct yc_job *job, int64_t now_us);

/** Write the whole block for a header made by yc_job_take() with that extranonce into out (job->block_n bytes). */
void yc_job_write_block(const struct yc_job *job, const struct yc_header *header, uint32_t extranonce, uint8_t *out);

#endif
