/* The miner's insides: for miner.c, talk.c and poll.c. */
#ifndef YC_MINER_MINER_INTERNAL_H
#define YC_MINER_MINER_INTERNAL_H

#include "miner/board.h"
#include "miner/miner.h"
#include "sys/thread.h"

struct yc_miner {
    const struct yc_alloc *alloc;
    struct yc_miner_config config;
    struct yc_node_place place; /* the configuration's, but never waiting: the miner has its own patience */
    struct yc_job_options job_options;
    struct yc_board *board;
    struct yc_queue *found; /* of struct yc_found */
    struct yc_thread talk_thread, poll_thread;

    /* Lock order: talk, then state. */
    struct yc_mutex talk; /* guards the next three: who holds it speaks for the miner */
    struct yc_node_client *talk_client;
    uint64_t submissions;   /* begun so far: news asked for before one are no news */
    int64_t fetch_begun_us; /* when the newest template that was asked for without waiting was asked for */

    struct yc_node_client *meet_client; /* the talk thread's until the node has been met */
    struct yc_node_client *poll_client; /* the poll thread's */

    struct yc_mutex state; /* guards what follows */
    struct yc_cond changed;
    bool started, stopping;
    enum yc_verdict outcome;
    struct yc_error outcome_error;
    struct yc_miner_stats stats;
    char said[YC_ERROR_TEXT_MAX]; /* the last complaint, so that it is not repeated */

    int done_pipe[2];
};

/* How an exchange with the node ended, as far as what to do next goes. */
enum yc_talk {
    YC_TALK_OK,
    YC_TALK_NOT_READY, /* the node is starting, syncing or without peers: wait */
    YC_TALK_LOST,      /* no connection, or it broke: try again */
    YC_TALK_WRONG      /* the node refuses, or its answer makes no sense */
};

/** Ask for a template and make a job of it. longpollid NULL: at once. *known_us: when the answer was there. */
enum yc_talk yc_miner_fetch(struct yc_miner *m, struct yc_node_client *client, const char *longpollid,
                            struct yc_job **out, int64_t *known_us, struct yc_error *err);
/** Class of a call that did not return YC_VALID. */
enum yc_talk yc_miner_classify(enum yc_verdict v, const struct yc_node_answer *a);
/** Fetch at once and hang the job up. The talk mutex is held. */
enum yc_talk yc_miner_refetch(struct yc_miner *m, struct yc_error *err);

/* Growing pauses between tries, so that a node that restarts is not stormed (catalogue N18). */
struct yc_backoff {
    int64_t next_us;
};
/** Sleep for the next pause, a quarter of it by chance. False when the miner is to end. */
bool yc_miner_back_off(struct yc_miner *m, struct yc_backoff *b);
bool yc_miner_sleep(struct yc_miner *m, int64_t us);
bool yc_miner_stopping(struct yc_miner *m);

/** A line about trouble, once as long as it stays the same. */
void yc_miner_complain(struct yc_miner *m, const char *text);
/** The node answers: a complaint is over. */
void yc_miner_content(struct yc_miner *m);
/** The end, with a verdict for yc_miner_outcome(). */
void yc_miner_finish(struct yc_miner *m, enum yc_verdict v, const struct yc_error *err);

void yc_miner_talk_run(void *miner);
void yc_miner_poll_run(void *miner);

#endif
