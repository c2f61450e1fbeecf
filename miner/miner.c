/* The miner's life, its state and the manners that its threads share. */
#include "miner/miner_internal.h"

#include <unistd.h>

#include "base/assert.h"

#define BACK_OFF_FIRST_US INT64_C(100000)
#define BACK_OFF_MAX_US   INT64_C(10000000)
#define FOUND_MAX         64

static void take_found(void *ctx, struct yc_found *block)
{
    struct yc_miner *m = ctx;
    /* A job is handed in once and the next one hangs when this one has reached the node: there is always room. */
    if (yc_queue_try_push(m->found, block) != YC_QUEUE_OK)
        yc_job_drop(block->job);
}

static enum yc_verdict open_all(struct yc_miner *m, struct yc_error *err)
{
    if (pipe(m->done_pipe) != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "no pipe can be opened: too many open files");
    enum yc_verdict v = yc_queue_new(&m->found, m->alloc, sizeof(struct yc_found), FOUND_MAX, err);
    if (v == YC_VALID)
        v = yc_node_client_new(&m->meet_client, m->alloc, m->config.place, err);
    if (v == YC_VALID)
        v = yc_node_client_new(&m->talk_client, m->alloc, &m->place, err);
    m->place.timeout_s = 0; /* a long poll has no time limit */
    if (v == YC_VALID)
        v = yc_node_client_new(&m->poll_client, m->alloc, &m->place, err);
    if (v == YC_VALID)
        v = yc_board_new(&m->board, m->alloc, m->config.clock, m->config.kernel, m->config.threads, m->config.pin,
                         take_found, m, err);
    if (v == YC_VALID)
        v = yc_thread_start(&m->talk_thread, "talk", yc_miner_talk_run, m, err);
    if (v == YC_VALID)
        v = yc_thread_start(&m->poll_thread, "longpoll", yc_miner_poll_run, m, err);
    return v;
}

enum yc_verdict yc_miner_new(struct yc_miner **out, const struct yc_alloc *alloc, const struct yc_miner_config *config,
                             struct yc_error *err)
{
    const struct yc_chain_params *params = &config->place->setup.params;
    struct yc_miner *m = yc_alloc_new(alloc, sizeof *m);
    *out = NULL;
    if (!m)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for a miner");
    *m = (struct yc_miner){.alloc = alloc, .config = *config, .place = *config->place};
    m->place.wait = false;
    m->done_pipe[0] = m->done_pipe[1] = -1;
    m->outcome = YC_NOT_YET;
    m->job_options = (struct yc_job_options){
        .payout_script = config->payout_script,
        .tag = config->tag,
        /* Where a late block may be easier, the bits belong to the template's own time. */
        .time_is_fixed = params->pow.min_difficulty_after_s != 0 && params->pow.retarget != YC_RETARGET_NONE,
    };
    yc_random_fill(config->random, m->job_options.start4, sizeof m->job_options.start4);
    yc_mutex_init(&m->talk);
    yc_mutex_init(&m->state);
    yc_cond_init(&m->changed);
    enum yc_verdict v = open_all(m, err);
    if (v != YC_VALID) {
        yc_miner_free(m);
        return v;
    }
    *out = m;
    return YC_VALID;
}

static void stop(struct yc_miner *m)
{
    yc_mutex_lock(&m->state);
    m->stopping = true;
    yc_cond_broadcast(&m->changed);
    yc_mutex_unlock(&m->state);
    if (m->meet_client)
        yc_node_client_cancel(m->meet_client);
    if (m->talk_client)
        yc_node_client_cancel(m->talk_client);
    if (m->poll_client)
        yc_node_client_cancel(m->poll_client);
    if (m->found)
        yc_queue_close(m->found);
}

void yc_miner_free(struct yc_miner *m)
{
    if (!m)
        return;
    stop(m);
    yc_thread_join(&m->talk_thread);
    yc_thread_join(&m->poll_thread);
    yc_board_free(m->board);
    struct yc_found block;
    while (m->found && yc_queue_pop(m->found, &block, 0) == YC_QUEUE_OK)
        yc_job_drop(block.job);
    yc_queue_free(m->found);
    yc_node_client_free(m->meet_client);
    yc_node_client_free(m->talk_client);
    yc_node_client_free(m->poll_client);
    for (size_t i = 0; i < 2; i++)
        if (m->done_pipe[i] >= 0)
            close(m->done_pipe[i]);
    yc_cond_release(&m->changed);
    yc_mutex_release(&m->state);
    yc_mutex_release(&m->talk);
    yc_alloc_free(m->alloc, m, sizeof *m);
}

int yc_miner_done_fd(const struct yc_miner *m)
{
    return m->done_pipe[0];
}

void yc_miner_finish(struct yc_miner *m, enum yc_verdict v, const struct yc_error *err)
{
    yc_mutex_lock(&m->state);
    m->outcome = v;
    if (err)
        m->outcome_error = *err;
    yc_mutex_unlock(&m->state);
    yc_board_clear(m->board, yc_mono_us(m->config.clock));
    ssize_t written = write(m->done_pipe[1], "", 1);
    YC_ASSERT(written == 1); /* one byte, once, into an empty pipe */
}

enum yc_verdict yc_miner_outcome(struct yc_miner *m, struct yc_error *err)
{
    yc_mutex_lock(&m->state);
    enum yc_verdict v = m->outcome;
    *err = m->outcome_error;
    yc_mutex_unlock(&m->state);
    return v;
}

struct yc_miner_stats yc_miner_stats(struct yc_miner *m)
{
    struct yc_board_stats board = yc_board_stats(m->board);
    yc_mutex_lock(&m->state);
    struct yc_miner_stats s = m->stats;
    yc_mutex_unlock(&m->state);
    s.hashes = board.hashes;
    s.height = board.height;
    s.job_age_us = board.height ? yc_mono_us(m->config.clock) - board.job_made_us : 0;
    s.switch_us_max = board.switch_us_max;
    return s;
}

/* --- manners --- */

bool yc_miner_stopping(struct yc_miner *m)
{
    yc_mutex_lock(&m->state);
    bool stopping = m->stopping;
    yc_mutex_unlock(&m->state);
    return stopping;
}

bool yc_miner_sleep(struct yc_miner *m, int64_t us)
{
    int64_t until_us = yc_mono_us(m->config.clock) + us;
    yc_mutex_lock(&m->state);
    while (!m->stopping && yc_cond_wait_until(&m->changed, &m->state, until_us))
        continue;
    bool stopping = m->stopping;
    yc_mutex_unlock(&m->state);
    return !stopping;
}

bool yc_miner_back_off(struct yc_miner *m, struct yc_backoff *b)
{
    int64_t us = b->next_us ? b->next_us : BACK_OFF_FIRST_US;
    b->next_us = us * 2 < BACK_OFF_MAX_US ? us * 2 : BACK_OFF_MAX_US;
    return yc_miner_sleep(m, us - us / 4 + (int64_t)yc_random_below(m->config.random, (uint64_t)us / 4));
}

void yc_miner_complain(struct yc_miner *m, const char *text)
{
    yc_mutex_lock(&m->state);
    bool silent = m->stopping || strcmp(m->said, text) == 0;
    if (!silent) {
        size_t n = strlen(text) < sizeof m->said ? strlen(text) : sizeof m->said - 1;
        memcpy(m->said, text, n);
        m->said[n] = 0;
    }
    m->stats.reached = false;
    yc_mutex_unlock(&m->state);
    if (!silent)
        yc_log_warning(m->config.log, "%s", text);
}

void yc_miner_content(struct yc_miner *m)
{
    yc_mutex_lock(&m->state);
    bool was_said = m->said[0] != 0;
    m->said[0] = 0;
    m->stats.reached = true;
    yc_mutex_unlock(&m->state);
    if (was_said)
        yc_log_info(m->config.log, "the node answers again");
}
