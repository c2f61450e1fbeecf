#include "sim/fleet.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

#define JOBS_MAX 64

struct job {
    pid_t pid; /* 0: free */
    int pipe;
    size_t wish, got; /* bytes of its result so far */
};

static bool write_all(int to, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t k = write(to, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

static bool launch(struct job *j, const struct sim_wish *wish, size_t k, struct sim_result *result)
{
    int ends[2];
    if (pipe(ends) != 0) {
        perror("ycoin-sim: no pipe for a run");
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        perror("ycoin-sim: no process for a run");
        return false;
    }
    if (pid == 0) {
        close(ends[0]);
        sim_play(wish, result, NULL);
        _exit(write_all(ends[1], result, sizeof *result) ? 0 : 1);
    }
    close(ends[1]);
    *j = (struct job){.pid = pid, .pipe = ends[0], .wish = k};
    return true;
}

/* The run has said all that it will say. */
static void collect(struct job *j, const struct sim_wish *wish, struct sim_result *result)
{
    int status = 0;
    close(j->pipe);
    while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (j->got != sizeof *result) {
        *result = (struct sim_result){
            .seed = wish->seed, .nodes = sim_wish_nodes(wish), .hours = sim_wish_hours(wish), .failed = true};
        snprintf(result->scenario, sizeof result->scenario, "%s", wish->scenario->name);
        snprintf(result->more, sizeof result->more, "%s", wish->more);
        snprintf(result->why, sizeof result->why, "the run ended by signal %d, before its result",
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    j->pid = 0;
}

/* Read what there is; true at its end. */
static bool listen_to(struct job *j, struct sim_result *result)
{
    ssize_t n = read(j->pipe, (char *)result + j->got, sizeof *result - j->got);
    if (n < 0 && errno == EINTR)
        return false;
    if (n > 0)
        j->got += (size_t)n;
    return n <= 0 || j->got == sizeof *result;
}

static void end_all(struct job *job, unsigned jobs)
{
    for (unsigned k = 0; k < jobs; k++)
        if (job[k].pid) {
            (void)kill(job[k].pid, SIGTERM);
            (void)waitpid(job[k].pid, NULL, 0);
        }
}

bool sim_fleet_play(const struct sim_wish *wishes, size_t count, unsigned jobs, struct sim_result *results,
                    void (*done)(void *ctx, size_t k), void *ctx)
{
    struct job job[JOBS_MAX] = {{0}};
    size_t begun = 0, ended = 0;
    YC_ASSERT(jobs > 0);
    jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    while (ended < count) {
        struct pollfd wait[JOBS_MAX];
        for (unsigned k = 0; k < jobs; k++) {
            if (!job[k].pid && begun < count) {
                if (!launch(&job[k], &wishes[begun], begun, &results[begun])) {
                    end_all(job, jobs);
                    return false;
                }
                begun++;
            }
            wait[k] = (struct pollfd){.fd = job[k].pid ? job[k].pipe : -1, .events = POLLIN};
        }
        if (poll(wait, jobs, -1) < 0)
            continue;
        for (unsigned k = 0; k < jobs; k++) {
            size_t wish = job[k].wish;
            if (!job[k].pid || !wait[k].revents || !listen_to(&job[k], &results[wish]))
                continue;
            collect(&job[k], &wishes[wish], &results[wish]);
            ended++;
            done(ctx, wish);
        }
    }
    return true;
}
