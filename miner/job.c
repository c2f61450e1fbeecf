#include "miner/job.h"

#include <inttypes.h>

#include "base/assert.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"

#define COINBASE_SCRIPT_MAX 100 /* consensus: 2 to 100 bytes */
#define COMMITMENT_BYTES    38
#define TAIL_MAX            64 /* what the witness adds to a coinbase: 36 bytes and change */

/* --- the coinbase --- */

/* Height, extranonce, tag, in this order. Returns the length; *extranonce_at is where the extranonce begins. What the
 * node wants in it besides goes last, when there is room (it is a wish: BIP 22). */
static size_t write_script(uint8_t out[COINBASE_SCRIPT_MAX], const struct yc_gbt *gbt, const struct yc_job_options *o,
                           size_t *extranonce_at)
{
    size_t n = yc_bip34_push(out, gbt->height);
    out[n++] = YC_JOB_EXTRANONCE; /* pushes what follows */
    *extranonce_at = n;
    memset(out + n, 0, YC_JOB_EXTRANONCE);
    memcpy(out + n, o->start4, sizeof o->start4);
    n += YC_JOB_EXTRANONCE;
    YC_ASSERT(o->tag.n <= YC_JOB_TAG_MAX);
    if (o->tag.n > 75)
        out[n++] = 0x4c; /* OP_PUSHDATA1 */
    if (o->tag.n) {
        out[n++] = (uint8_t)o->tag.n;
        memcpy(out + n, o->tag.p, o->tag.n);
        n += o->tag.n;
    }
    if (gbt->aux.n && gbt->aux.n <= COINBASE_SCRIPT_MAX - n) {
        memcpy(out + n, gbt->aux.p, gbt->aux.n);
        n += gbt->aux.n;
    }
    return n;
}

/* The coinbase, with its witness or without; returns where the extranonce is. */
static size_t write_coinbase(struct yc_writer *w, const struct yc_gbt *gbt, const struct yc_job_options *o,
                             bool witness)
{
    static const uint8_t zeros[32];
    uint8_t script[COINBASE_SCRIPT_MAX];
    size_t at, script_n = write_script(script, gbt, o, &at);
    const bool commits = gbt->commitment_script.n > 0;
    witness = witness && commits;
    yc_writer_u32le(w, 2);
    if (witness) {
        yc_writer_u8(w, 0);
        yc_writer_u8(w, 1);
    }
    yc_writer_compact(w, 1);
    yc_writer_bytes(w, zeros, sizeof zeros);
    yc_writer_u32le(w, UINT32_MAX);
    yc_writer_compact(w, script_n);
    at += w->n;
    yc_writer_bytes(w, script, script_n);
    yc_writer_u32le(w, YC_SEQUENCE_FINAL - 1); /* BIP 54: so that the lock time counts */
    yc_writer_compact(w, commits ? 2 : 1);
    yc_writer_u64le(w, (uint64_t)gbt->coinbase_value_sat);
    yc_writer_var_bytes(w, o->payout_script);
    if (commits) {
        yc_writer_u64le(w, 0);
        yc_writer_var_bytes(w, gbt->commitment_script);
    }
    if (witness) {
        yc_writer_compact(w, 1);
        yc_writer_var_bytes(w, yc_view(zeros, sizeof zeros)); /* BIP 141: the reserved value */
    }
    yc_writer_u32le(w, gbt->height - 1); /* BIP 54 */
    return at;
}

/* --- the merkle path --- */

/* What the coinbase is hashed with on its way to the root: from each level the second node. leaves holds a place for the
 * coinbase and then the txids, and is overwritten. */
static size_t merkle_path(uint8_t path[YC_JOB_MERKLE_PATH_MAX][32], uint8_t (*leaves)[32], size_t count)
{
    size_t depth = 0;
    while (count > 1) {
        memcpy(path[depth++], leaves[1], 32);
        if (count % 2) {
            memcpy(leaves[count], leaves[count - 1], 32); /* room was left for it */
            count++;
        }
        for (size_t i = 1; i < count / 2; i++) {
            uint8_t both[64];
            memcpy(both, leaves[2 * i], 32);
            memcpy(both + 32, leaves[2 * i + 1], 32);
            yc_sha256d(leaves[i], both, sizeof both);
        }
        count /= 2;
    }
    return depth;
}

static void merkle_root(uint8_t out32[32], const struct yc_job *job, const uint8_t coinbase_txid[32])
{
    uint8_t both[64];
    memcpy(out32, coinbase_txid, 32);
    for (size_t i = 0; i < job->path_n; i++) {
        memcpy(both, out32, 32);
        memcpy(both + 32, job->path[i], 32);
        yc_sha256d(out32, both, sizeof both);
    }
}

/* The header's merkle root for an extranonce. */
static void root_of(const struct yc_job *job, uint32_t extranonce, uint8_t out32[32])
{
    uint8_t coinbase[YC_JOB_COINBASE_MAX], txid[32];
    memcpy(coinbase, job->coinbase, job->coinbase_n);
    yc_put32le(coinbase + job->extranonce_at + 4, extranonce);
    yc_sha256d(txid, coinbase, job->coinbase_n);
    merkle_root(out32, job, txid);
}

/* --- making a job --- */

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a block to work on");
}

static enum yc_verdict write_block(struct yc_job *job, const struct yc_gbt *gbt, const struct yc_job_options *o,
                                   struct yc_error *err)
{
    size_t n = YC_HEADER_BYTES + yc_compact_bytes(gbt->tx_count + (uint64_t)1) + YC_JOB_COINBASE_MAX + TAIL_MAX;
    for (uint32_t i = 0; i < gbt->tx_count; i++)
        n += gbt->tx[i].n;
    if (n > 2 * YC_BLOCK_BYTES_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the node's template is %zu bytes: more than any block may have", n);
    struct yc_writer w;
    yc_writer_init(&w, job->coinbase, sizeof job->coinbase);
    job->extranonce_at = write_coinbase(&w, gbt, o, false);
    if (w.failed)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the node's witness commitment is %zu bytes: 38 are expected",
                       gbt->commitment_script.n);
    job->coinbase_n = w.n;
    job->block = yc_alloc_new(job->alloc, n);
    if (!job->block)
        return no_memory(err);
    job->block_n = n;
    yc_writer_init(&w, job->block, n);
    memset(job->block, 0, YC_HEADER_BYTES);
    (void)yc_writer_room(&w, YC_HEADER_BYTES);
    yc_writer_compact(&w, gbt->tx_count + (uint64_t)1);
    job->block_extranonce_at = write_coinbase(&w, gbt, o, true);
    for (uint32_t i = 0; i < gbt->tx_count; i++)
        yc_writer_view(&w, gbt->tx[i]);
    YC_ASSERT(!w.failed);
    uint8_t *exact = yc_alloc_resize(job->alloc, job->block, n, w.n);
    if (!exact)
        return no_memory(err);
    job->block = exact;
    job->block_n = w.n;
    return YC_VALID;
}

/* The commitment must be the one to these very transactions (catalogue N05): a block with a wrong one is lost. */
static enum yc_verdict check_commitment(const struct yc_gbt *gbt, const struct yc_block *b, struct yc_arena *arena,
                                        struct yc_error *err)
{
    static const uint8_t head[6] = {0x6a, 36, 0xaa, 0x21, 0xa9, 0xed}; /* BIP 141 */
    uint8_t both[64] = {0}, script[COMMITMENT_BYTES];
    if (gbt->commitment_script.n == 0) {
        for (uint32_t i = 1; i < b->tx_count; i++)
            if (b->tx[i].has_witness)
                return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                               "the node's template has witnesses but no default_witness_commitment");
        return YC_VALID;
    }
    if (!yc_block_witness_root(both, b, arena))
        return no_memory(err);
    memcpy(script, head, sizeof head);
    yc_sha256d(script + sizeof head, both, sizeof both);
    if (!yc_view_equal(gbt->commitment_script, yc_view(script, sizeof script)))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "the node's default_witness_commitment is not that of its template's transactions");
    return YC_VALID;
}

/* Read our own block as any node will, and make the merkle path of the ids found in it. */
static enum yc_verdict check_block(struct yc_job *job, const struct yc_gbt *gbt, struct yc_arena *arena,
                                   struct yc_error *err)
{
    struct yc_reject why = {0};
    struct yc_block b;
    enum yc_verdict v = yc_block_parse(&b, yc_view(job->block, job->block_n), arena, &why);
    uint8_t(*leaves)[32] = yc_arena_take_array(arena, (size_t)gbt->tx_count + 2, 32);
    if (v == YC_SYSTEM || !leaves)
        return no_memory(err);
    if (v != YC_VALID || b.tx_count != gbt->tx_count + 1)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a transaction of the node's template cannot be read");
    for (uint32_t i = 0; i < gbt->tx_count; i++) {
        if (!yc_txid_equal(&b.tx[i + 1].txid, &gbt->txid[i]))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "transaction %" PRIu32 " of the node's template does not have the txid that it says", i);
        memcpy(leaves[i + 1], gbt->txid[i].b, 32);
    }
    job->path_n = merkle_path(job->path, leaves, (size_t)gbt->tx_count + 1);
    root_of(job, 0, b.header.merkle_root);
    v = yc_block_check_body(&b, gbt->bip54, arena, &why);
    if (v == YC_SYSTEM)
        return no_memory(err);
    if (v != YC_VALID) {
        char reason[128];
        yc_reject_text(reason, sizeof reason, &why);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a block of the node's template would be invalid: %s", reason);
    }
    return check_commitment(gbt, &b, arena, err);
}

enum yc_verdict yc_job_new(struct yc_job **out, const struct yc_alloc *alloc, const struct yc_gbt *gbt,
                           const struct yc_job_options *options, int64_t now_us, struct yc_error *err)
{
    struct yc_job *job = yc_alloc_new(alloc, sizeof *job);
    *out = NULL;
    if (!job)
        return no_memory(err);
    *job = (struct yc_job){
        .alloc = alloc,
        .header = {.version = gbt->version, .prev = gbt->prev, .time = gbt->time, .bits = gbt->bits},
        .target = gbt->target,
        .height = gbt->height,
        .value_sat = gbt->coinbase_value_sat,
        .tx_count = gbt->tx_count + 1,
        .time_min = gbt->time_min,
        .time_is_fixed = options->time_is_fixed,
        .made_us = now_us,
    };
    atomic_init(&job->refs, 1);
    atomic_init(&job->next_extranonce, 0);
    atomic_init(&job->solved, false);
    memcpy(job->longpollid, gbt->longpollid, sizeof job->longpollid);
    memcpy(job->start4, options->start4, sizeof job->start4);
    struct yc_arena arena;
    enum yc_verdict v = write_block(job, gbt, options, err);
    if (v == YC_VALID) {
        yc_arena_init(&arena, alloc, 65536, yc_block_arena_bytes(job->block_n) + 64 * ((size_t)gbt->tx_count + 4));
        v = check_block(job, gbt, &arena, err);
        yc_arena_release(&arena);
    }
    if (v != YC_VALID) {
        yc_job_drop(job);
        return v;
    }
    *out = job;
    return YC_VALID;
}

struct yc_job *yc_job_hold(struct yc_job *job)
{
    atomic_fetch_add(&job->refs, 1);
    return job;
}

void yc_job_drop(struct yc_job *job)
{
    if (!job || atomic_fetch_sub(&job->refs, 1) != 1)
        return;
    yc_alloc_free(job->alloc, job->block, job->block_n);
    yc_alloc_free(job->alloc, job, sizeof *job);
}

/* --- working on a job --- */

uint32_t yc_job_time(const struct yc_job *job, int64_t now_us)
{
    int64_t passed_s = (now_us - job->made_us) / 1000000;
    if (job->time_is_fixed || passed_s <= 0)
        return job->header.time;
    return passed_s > UINT32_MAX - (int64_t)job->header.time ? UINT32_MAX : job->header.time + (uint32_t)passed_s;
}

bool yc_job_take(struct yc_job *job, int64_t now_us, struct yc_header *header, uint32_t *extranonce)
{
    unsigned given = atomic_load(&job->next_extranonce);
    do {
        if (given == UINT32_MAX)
            return false;
    } while (!atomic_compare_exchange_weak(&job->next_extranonce, &given, given + 1));
    *extranonce = given;
    *header = job->header;
    header->time = yc_job_time(job, now_us);
    root_of(job, given, header->merkle_root);
    return true;
}

void yc_job_write_block(const struct yc_job *job, const struct yc_header *header, uint32_t extranonce, uint8_t *out)
{
    memcpy(out, job->block, job->block_n);
    yc_header_write(header, out);
    yc_put32le(out + job->block_extranonce_at + 4, extranonce);
}
