/* The thread that talks to the node: meets it, fetches templates, hands in blocks. */
#include "miner/miner_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "sys/json_out.h"

#define TEMPLATE_BYTES_MAX ((size_t)256 << 20)
#define SUBMIT_BYTES_MAX   ((size_t)16 << 20)
#define NOT_READY_US       INT64_C(1000000)
#define REFRESH_US         INT64_C(30000000) /* a template's time and fees grow old even without news */
#define REFRESH_BLIND_US   INT64_C(1000000)  /* when the node has no long polls */
#define TELL_US            INT64_C(1000000)  /* at most one line a second about accepted blocks */

enum yc_talk yc_miner_classify(enum yc_verdict v, const struct yc_node_answer *a)
{
    if (v == YC_VALID)
        return YC_TALK_OK;
    if (a->error)
        return a->code == YC_NODE_ERROR_WARMUP || a->code == YC_NODE_ERROR_SYNCING ||
                       a->code == YC_NODE_ERROR_NOT_CONNECTED
                   ? YC_TALK_NOT_READY
                   : YC_TALK_WRONG;
    return v == YC_INVALID ? YC_TALK_WRONG : YC_TALK_LOST;
}

static enum yc_verdict job_from(struct yc_miner *m, struct yc_job **out, const struct yc_json *result, int64_t now_us,
                                struct yc_error *err)
{
    struct yc_arena arena;
    struct yc_gbt gbt;
    yc_arena_init(&arena, m->alloc, 65536, TEMPLATE_BYTES_MAX);
    enum yc_verdict v = yc_gbt_read(&gbt, result, &arena, err);
    if (v == YC_VALID)
        v = yc_job_new(out, m->alloc, &gbt, &m->job_options, now_us, err);
    yc_arena_release(&arena);
    return v;
}

enum yc_talk yc_miner_fetch(struct yc_miner *m, struct yc_node_client *client, const char *longpollid,
                            struct yc_job **out, int64_t *known_us, struct yc_error *err)
{
    struct yc_node_answer answer;
    struct yc_buf params;
    yc_buf_init(&params, m->alloc, 4096);
    yc_gbt_write_params(&params, longpollid);
    enum yc_verdict v =
        params.failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a request") : YC_VALID;
    enum yc_talk t = YC_TALK_LOST;
    if (v == YC_VALID) {
        v = yc_node_call(client, &answer, "getblocktemplate", yc_buf_view(&params), err);
        t = yc_miner_classify(v, &answer);
        *known_us = yc_mono_us(m->config.clock);
        if (t == YC_TALK_OK)
            v = job_from(m, out, answer.result, *known_us, err);
        if (t == YC_TALK_OK && v != YC_VALID)
            t = v == YC_INVALID ? YC_TALK_WRONG : YC_TALK_LOST;
        yc_node_answer_release(&answer);
    }
    yc_buf_release(&params);
    return t;
}

enum yc_talk yc_miner_refetch(struct yc_miner *m, struct yc_error *err)
{
    struct yc_job *job;
    int64_t begun_us = yc_mono_us(m->config.clock), known_us;
    enum yc_talk t = yc_miner_fetch(m, m->talk_client, NULL, &job, &known_us, err);
    if (t == YC_TALK_OK) {
        m->fetch_begun_us = begun_us;
        yc_miner_content(m);
        (void)yc_board_put(m->board, job, known_us);
    }
    return t;
}

/* --- meeting the node --- */

/* Is the node on the chain that the options name? A block for another one would be wasted. */
static enum yc_talk ask_genesis(struct yc_miner *m, struct yc_error *err)
{
    const struct yc_chain_params *params = &m->config.place->setup.params;
    struct yc_node_answer answer;
    uint8_t hash[32];
    enum yc_verdict v = yc_node_call(m->meet_client, &answer, "getblockhash", yc_view_text("[0]"), err);
    enum yc_talk t = yc_miner_classify(v, &answer);
    struct yc_view text = yc_json_string(answer.result);
    if (t == YC_TALK_OK && (!text.p || !yc_hex_read_reversed(hash, 32, (const char *)text.p, text.n) ||
                            memcmp(hash, params->genesis.hash.b, 32) != 0)) {
        t = YC_TALK_WRONG;
        yc_ignore(yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "the node at %s is on another chain than %s: its first block is %.64s; check -chain, -chainfile and "
            "the port",
            yc_node_client_url(m->meet_client), params->name, text.p ? (const char *)text.p : "none"));
    }
    yc_node_answer_release(&answer);
    return t;
}

static enum yc_talk first_template(struct yc_miner *m, struct yc_error *err)
{
    yc_mutex_lock(&m->talk);
    enum yc_talk t = yc_miner_refetch(m, err);
    yc_mutex_unlock(&m->talk);
    return t;
}

/* A node that is not ready is waited for; one that is not there is a failure (-rpcwait is the client's business). */
static enum yc_verdict patiently(struct yc_miner *m, enum yc_talk (*step)(struct yc_miner *m, struct yc_error *err),
                                 struct yc_error *err)
{
    for (;;) {
        enum yc_talk t = step(m, err);
        if (t == YC_TALK_OK)
            return YC_VALID;
        if (t != YC_TALK_NOT_READY)
            return t == YC_TALK_LOST ? YC_SYSTEM : YC_INVALID;
        yc_miner_complain(m, err->text);
        if (!yc_miner_sleep(m, NOT_READY_US))
            return YC_NOT_YET;
    }
}

/* --- handing in blocks --- */

/* Lines about accepted blocks are gathered, because on an easy chain there are hundreds a second. */
struct tale {
    uint64_t untold;
    uint32_t first, last;
    char hash[65];
    int64_t told_us;
};

static void tell(struct yc_miner *m, struct tale *t)
{
    if (t->untold == 1)
        yc_log_info(m->config.log, "block %" PRIu32 " accepted: %s", t->last, t->hash);
    else if (t->untold)
        yc_log_info(m->config.log, "%" PRIu64 " blocks accepted, %" PRIu32 " to %" PRIu32 ", the last: %s", t->untold,
                    t->first, t->last, t->hash);
    if (t->untold)
        t->told_us = yc_mono_us(m->config.clock);
    t->untold = 0;
}

static void remember_accepted(struct yc_miner *m, struct tale *t, const struct yc_found *block)
{
    struct yc_block_hash hash = yc_header_hash(&block->header);
    yc_hex_write_reversed(t->hash, hash.b, 32);
    t->last = block->job->height;
    if (t->untold++ == 0)
        t->first = t->last;
    if (yc_mono_us(m->config.clock) - t->told_us >= TELL_US)
        tell(m, t);
}

/* Whether so many blocks are accepted as were asked for. */
static bool count_result(struct yc_miner *m, struct tale *tale, const struct yc_found *block, const char *reason)
{
    /* "duplicate": the node has it from an earlier try whose answer was lost. */
    bool accepted = !reason || strcmp(reason, "duplicate") == 0;
    bool stale = !accepted && (strcmp(reason, "inconclusive") == 0 || strcmp(reason, "duplicate-inconclusive") == 0);
    yc_mutex_lock(&m->state);
    *(accepted ? &m->stats.accepted : stale ? &m->stats.stale : &m->stats.rejected) += 1;
    bool done = m->config.blocks && m->stats.accepted >= m->config.blocks;
    yc_mutex_unlock(&m->state);
    if (accepted)
        remember_accepted(m, tale, block);
    else if (stale)
        yc_log_info(m->config.log, "block %" PRIu32 " came too late: another one was first", block->job->height);
    else
        yc_log_warning(m->config.log, "block %" PRIu32 " rejected by the node: %s", block->job->height, reason);
    return done;
}

static bool write_submission(struct yc_miner *m, struct yc_buf *out, const struct yc_found *block)
{
    struct yc_json_out j;
    uint8_t *bytes = yc_alloc_new(m->alloc, block->job->block_n);
    if (!bytes)
        return false;
    yc_job_write_block(block->job, &block->header, block->extranonce, bytes);
    yc_json_out_init(&j, out, 0);
    yc_json_begin_array(&j);
    yc_json_put_hex(&j, yc_view(bytes, block->job->block_n));
    yc_json_end_array(&j);
    yc_alloc_free(m->alloc, bytes, block->job->block_n);
    return !out->failed;
}

/* Hand the block in, as often as it takes to get an answer. The talk mutex is held.
 * False: the miner is to end. *wrong is raised by a block that the node does not want, and cleared by one it takes. */
static bool submit(struct yc_miner *m, struct tale *tale, const struct yc_found *block, unsigned *wrong, bool *done)
{
    struct yc_backoff pause = {0};
    struct yc_buf params;
    bool answered = false;
    yc_buf_init(&params, m->alloc, SUBMIT_BYTES_MAX);
    m->submissions++;
    if (!write_submission(m, &params, block))
        yc_miner_complain(m, "out of memory for a found block: it is lost");
    while (!params.failed && params.n && !answered) {
        struct yc_node_answer answer;
        struct yc_error err;
        enum yc_verdict v = yc_node_call(m->talk_client, &answer, "submitblock", yc_buf_view(&params), &err);
        enum yc_talk t = yc_miner_classify(v, &answer);
        answered = t == YC_TALK_OK || (t == YC_TALK_WRONG && answer.error);
        if (answered) {
            const char *reason = t == YC_TALK_OK ? yc_json_text(answer.result) : answer.message;
            *done = count_result(m, tale, block, reason);
            *wrong = reason ? *wrong + 1 : 0;
        }
        yc_node_answer_release(&answer);
        if (!answered) {
            yc_miner_complain(m, err.text);
            if (!yc_miner_back_off(m, &pause))
                break;
        }
    }
    yc_buf_release(&params);
    yc_board_settled(m->board);
    return !yc_miner_stopping(m);
}

/* Until there is a job again. The talk mutex is held. */
static bool fetch_next(struct yc_miner *m)
{
    struct yc_backoff pause = {0};
    struct yc_error err;
    while (yc_miner_refetch(m, &err) != YC_TALK_OK) {
        yc_miner_complain(m, err.text);
        if (!yc_miner_back_off(m, &pause))
            return false;
    }
    return true;
}

/* False: the miner is to end. */
static bool hand_in(struct yc_miner *m, struct tale *tale, const struct yc_found *block, unsigned *wrong, bool *done)
{
    yc_mutex_lock(&m->talk);
    bool on = submit(m, tale, block, wrong, done) && !*done;
    /* What the node refuses again and again is our fault or its: slowly, then. */
    if (on && *wrong > 2)
        on = yc_miner_sleep(m, INT64_C(100000) << (*wrong < 8 ? *wrong : 8));
    if (on)
        on = fetch_next(m);
    yc_mutex_unlock(&m->talk);
    return on;
}

/* Fetch a template when the present one is old. */
static void refresh(struct yc_miner *m)
{
    struct yc_job *job = yc_board_job(m->board);
    int64_t limit_us = job && job->longpollid[0] ? REFRESH_US : REFRESH_BLIND_US;
    bool old = !job || yc_mono_us(m->config.clock) - job->made_us >= limit_us;
    yc_job_drop(job);
    if (!old)
        return;
    struct yc_error err;
    yc_mutex_lock(&m->talk);
    if (yc_miner_refetch(m, &err) != YC_TALK_OK)
        yc_miner_complain(m, err.text);
    yc_mutex_unlock(&m->talk);
}

static void serve(struct yc_miner *m)
{
    struct tale tale = {0};
    struct yc_found block;
    unsigned wrong = 0;
    bool done = false, on = true;
    while (on && !done) {
        switch (yc_queue_pop(m->found, &block, TELL_US)) {
        case YC_QUEUE_OK:
            yc_mutex_lock(&m->state);
            m->stats.found++;
            yc_mutex_unlock(&m->state);
            on = hand_in(m, &tale, &block, &wrong, &done);
            yc_job_drop(block.job);
            break;
        case YC_QUEUE_TIMEOUT:
            tell(m, &tale);
            refresh(m);
            break;
        case YC_QUEUE_FULL:
        case YC_QUEUE_CLOSED:
            on = false;
            break;
        }
    }
    tell(m, &tale);
    if (done)
        yc_miner_finish(m, YC_VALID, NULL);
}

void yc_miner_talk_run(void *miner)
{
    struct yc_miner *m = miner;
    struct yc_error err = {0};
    enum yc_verdict v = patiently(m, ask_genesis, &err);
    if (v == YC_VALID)
        v = patiently(m, first_template, &err);
    if (v == YC_VALID) {
        yc_log_info(m->config.log, "mining on %s with %u thread%s, kernel %s", m->place.setup.params.name,
                    m->config.threads, m->config.threads == 1 ? "" : "s", m->config.kernel->name);
        yc_mutex_lock(&m->state);
        m->started = true;
        yc_cond_broadcast(&m->changed);
        yc_mutex_unlock(&m->state);
        serve(m);
    } else if (!yc_miner_stopping(m)) {
        yc_miner_finish(m, v, &err);
    }
}
