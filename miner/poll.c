/* The thread that waits for news: a long poll is answered when the tip moves or a template has become better (BIP 22). */
#include "miner/miner_internal.h"

#define NO_LONGPOLL_US INT64_C(1000000)

static bool wait_for_start(struct yc_miner *m)
{
    yc_mutex_lock(&m->state);
    while (!m->started && !m->stopping)
        yc_cond_wait(&m->changed, &m->state);
    bool stopping = m->stopping;
    yc_mutex_unlock(&m->state);
    return !stopping;
}

static uint64_t submissions(struct yc_miner *m)
{
    yc_mutex_lock(&m->talk);
    uint64_t n = m->submissions;
    yc_mutex_unlock(&m->talk);
    return n;
}

/* Use the news, unless it is older than what is known: a template that was asked for before we handed in a block may be
 * the one that our block has made stale. */
static enum yc_talk use(struct yc_miner *m, struct yc_job *job, int64_t known_us, uint64_t submissions_before,
                        struct yc_error *err)
{
    enum yc_talk t = YC_TALK_OK;
    yc_mutex_lock(&m->talk);
    bool older = m->fetch_begun_us > known_us;
    if (!older && m->submissions == submissions_before) {
        (void)yc_board_put(m->board, job, known_us);
    } else {
        yc_job_drop(job);
        if (!older)
            t = yc_miner_refetch(m, err);
    }
    yc_mutex_unlock(&m->talk);
    return t;
}

/* Ask at once: what a node knew before it was lost need not be what it knows now, and a long poll would not tell. */
static enum yc_talk ask_anew(struct yc_miner *m, struct yc_error *err)
{
    yc_mutex_lock(&m->talk);
    enum yc_talk t = yc_miner_refetch(m, err);
    yc_mutex_unlock(&m->talk);
    return t;
}

/* Wait for news of the template with this id, and use them. */
static enum yc_talk long_poll(struct yc_miner *m, const char *id, uint64_t submissions_before, struct yc_error *err)
{
    struct yc_job *job;
    int64_t known_us;
    enum yc_talk t = yc_miner_fetch(m, m->poll_client, id, &job, &known_us, err);
    if (t != YC_TALK_OK)
        return t;
    yc_miner_content(m);
    return use(m, job, known_us, submissions_before, err);
}

void yc_miner_poll_run(void *miner)
{
    struct yc_miner *m = miner;
    struct yc_backoff pause = {0};
    bool on = wait_for_start(m), lost = false;
    while (on && !yc_miner_stopping(m)) {
        char id[YC_LONGPOLLID_MAX] = "";
        uint64_t before = submissions(m);
        struct yc_job *job = yc_board_job(m->board);
        if (job)
            memcpy(id, job->longpollid, sizeof id);
        yc_job_drop(job);
        if (!id[0]) {
            on = yc_miner_sleep(m, NO_LONGPOLL_US);
            continue;
        }
        struct yc_error err;
        enum yc_talk t = lost ? ask_anew(m, &err) : long_poll(m, id, before, &err);
        lost = t != YC_TALK_OK;
        if (!lost) {
            pause = (struct yc_backoff){0};
        } else {
            yc_miner_complain(m, err.text);
            on = yc_miner_back_off(m, &pause);
        }
    }
}
