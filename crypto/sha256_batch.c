/* Many messages at once, by a pair of kernels. */
#include "base/assert.h"
#include "crypto/sha256_kernels.h"

#define WIDE_BLOCKS_MAX (UINT32_C(1) << 24) /* a gigabyte: counts of blocks fit 32 bits with room */

/* Is a wide step, whose lanes have so many blocks in all and `most` at most, sooner done than those blocks on narrow
 * lanes? */
static bool wide_pays(const struct yc_sha256_pair *pair, uint64_t blocks, uint64_t most)
{
    const struct yc_sha256_kernel *n = pair->narrow;
    return pair->wide != n && blocks * n->step_ns >= most * pair->wide->step_ns * n->lanes;
}

/* How many of count messages of one length the wide kernel is to do. */
static size_t wide_share(const struct yc_sha256_pair *pair, size_t count)
{
    size_t rest = count % pair->wide->lanes;
    return wide_pays(pair, rest, 1) ? count : count - rest;
}

void yc_sha256d_64_with(const struct yc_sha256_pair *pair, uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    size_t wide = wide_share(pair, count);
    pair->wide->d64(out, in, wide);
    if (wide < count)
        pair->narrow->d64(out + wide, in + 64 * wide, count - wide);
}

void yc_sha256d_80_with(const struct yc_sha256_pair *pair, uint8_t (*out)[32], const uint8_t *in, size_t stride,
                        size_t count)
{
    size_t wide = wide_share(pair, count);
    pair->wide->d80(out, in, stride, wide);
    if (wide < count)
        pair->narrow->d80(out + wide, in + stride * wide, stride, count - wide);
}

/* Narrow lanes. Each works through one message: its whole blocks, the one or two that pad it, and the block of the second
 * hash. A lane that ends takes the next message, so lanes stay full whatever the lengths. */

enum stage { STAGE_WHOLE, STAGE_PADDED, STAGE_SECOND };

struct lane {
    enum stage stage;
    const uint8_t *next; /* blocks yet to be absorbed in this stage */
    size_t left;
    struct yc_view message;
    uint8_t *out;
    uint8_t end[128];
};

static void lane_padding(struct lane *l)
{
    size_t whole = l->message.n / 64 * 64;
    l->left = yc_sha256_pad(l->end, l->message.n ? l->message.p + whole : NULL, l->message.n);
    l->next = l->end;
    l->stage = STAGE_PADDED;
}

static void lane_begin(struct lane *l, uint32_t state[8], const struct yc_sha256_job *job)
{
    memcpy(state, yc_sha256_start, 32);
    l->message = job->in;
    l->out = job->out32;
    l->stage = STAGE_WHOLE;
    l->next = job->in.p;
    l->left = job->in.n / 64;
    if (l->left == 0)
        lane_padding(l);
}

/* The messages of a batch; the first `taken` have been begun. */
struct queue {
    const struct yc_sha256_job *jobs;
    size_t count, taken;
};

/* Go on to the next stage; false when the lane has written its result and is free. */
static bool lane_next_stage(struct lane *l, uint32_t state[8])
{
    uint8_t digest[32];
    switch (l->stage) {
    case STAGE_WHOLE:
        lane_padding(l);
        return true;
    case STAGE_PADDED:
        yc_sha256_put_digest(digest, state);
        l->left = yc_sha256_pad(l->end, digest, sizeof digest);
        l->next = l->end;
        l->stage = STAGE_SECOND;
        memcpy(state, yc_sha256_start, 32);
        return true;
    case STAGE_SECOND:
        break;
    }
    yc_sha256_put_digest(l->out, state);
    return false;
}

/* Absorb n blocks that have been hashed; false when the lane is free. */
static bool lane_advance(struct lane *l, uint32_t state[8], size_t n)
{
    l->next += 64 * n;
    l->left -= n;
    return l->left > 0 || lane_next_stage(l, state);
}

/* Give the lane the next message that waits; false when none does. */
static bool lane_refill(struct lane *l, uint32_t state[8], struct queue *q)
{
    if (q->taken == q->count)
        return false;
    lane_begin(l, state, &q->jobs[q->taken]);
    q->taken++;
    return true;
}

/* Move a lane that is at work to a free one. */
static void lane_move(struct lane *to, uint32_t to_state[8], const struct lane *from, const uint32_t from_state[8])
{
    to->stage = from->stage;
    to->next = from->next;
    to->left = from->left;
    to->message = from->message;
    to->out = from->out;
    if (from->stage != STAGE_WHOLE) {
        memcpy(to->end, from->next, 64 * from->left);
        to->next = to->end;
    }
    memcpy(to_state, from_state, 32);
}

static void narrow_jobs(const struct yc_sha256_kernel *k, const struct yc_sha256_job *jobs, size_t count)
{
    struct queue q = {jobs, count, 0};
    struct lane lanes[YC_SHA256_NARROW_MAX];
    uint32_t states[YC_SHA256_NARROW_MAX][8];
    const uint8_t *next[YC_SHA256_NARROW_MAX];
    size_t busy = 0; /* lanes at work: the first ones */
    while (busy < k->lanes && lane_refill(&lanes[busy], states[busy], &q))
        busy++;
    while (busy >= k->lanes_least) {
        /* As many blocks as every lane has. */
        size_t n = lanes[0].left;
        for (size_t i = 0; i < busy; i++) {
            n = lanes[i].left < n ? lanes[i].left : n;
            next[i] = lanes[i].next;
        }
        k->blocks_abreast[busy](states, next, n);
        for (size_t i = 0; i < busy;) {
            if (lane_advance(&lanes[i], states[i], n) || lane_refill(&lanes[i], states[i], &q)) {
                i++;
            } else if (--busy > i) {
                lane_move(&lanes[i], states[i], &lanes[busy], states[busy]); /* it has yet to advance */
            }
        }
    }
    /* Nothing waits any more, and what is under way is too little to go abreast. */
    for (size_t i = 0; i < busy; i++) {
        do
            k->blocks(states[i], lanes[i].next, lanes[i].left);
        while (lane_advance(&lanes[i], states[i], lanes[i].left));
    }
}

/* The order of the jobs: by classes of about one length, the longest first. */

#define CLASS_EXACT 32u /* up to so many blocks a class each */
#define CLASS_SPLIT 8u  /* and so many for each doubling from there on */
#define CLASSES     (CLASS_EXACT + CLASS_SPLIT * 32u)

/* The blocks that a message fills with its padding. */
static uint64_t job_blocks(const struct yc_sha256_job *job)
{
    return ((uint64_t)job->in.n + 8) / 64 + 1;
}

static unsigned job_class(const struct yc_sha256_job *job)
{
    uint64_t blocks = job_blocks(job);
    unsigned doublings = 0;
    for (; blocks >= CLASS_EXACT; blocks = blocks / 2)
        doublings++;
    /* Halved until it is 16 to 31: its lower three of four further bits tell the class of its doubling. */
    unsigned c =
        doublings == 0 ? (unsigned)blocks : CLASS_EXACT + CLASS_SPLIT * (doublings - 1) + (unsigned)(blocks - 16) / 2;
    return c < CLASSES ? CLASSES - 1 - c : 0;
}

/* In place: each job is swapped to where its class has room until the one that lies here belongs here. */
static void sort_jobs(struct yc_sha256_job *jobs, size_t count)
{
    size_t next[CLASSES] = {0}, end[CLASSES], at = 0;
    for (size_t i = 0; i < count; i++)
        next[job_class(&jobs[i])]++;
    for (unsigned c = 0; c < CLASSES; c++) {
        size_t n = next[c];
        next[c] = at;
        end[c] = at += n;
    }
    for (unsigned c = 0; c < CLASSES; c++) {
        while (next[c] < end[c]) {
            struct yc_sha256_job *job = &jobs[next[c]];
            unsigned home = job_class(job);
            struct yc_sha256_job other = jobs[next[home]];
            jobs[next[home]++] = *job;
            if (home != c)
                *job = other;
        }
    }
}

static void wide_jobs(const struct yc_sha256_kernel *k, const struct yc_sha256_job *jobs, size_t count)
{
    struct yc_sha256_run runs[YC_SHA256_LANES_MAX];
    uint8_t end[YC_SHA256_LANES_MAX][128];
    for (size_t i = 0; i < count; i++) {
        struct yc_view in = jobs[i].in;
        size_t whole = in.n / 64;
        size_t padding = yc_sha256_pad(end[i], in.n ? in.p + 64 * whole : NULL, in.n);
        runs[i] = (struct yc_sha256_run){
            .body = in.p,
            .end = end[i],
            .body_count = (uint32_t)whole,
            .count = (uint32_t)(whole + padding),
            .out32 = jobs[i].out32,
        };
    }
    k->runs(runs, count);
}

/* Do the next jobs as one group of wide lanes when that pays; how many were done. */
static size_t wide_group(const struct yc_sha256_pair *pair, const struct yc_sha256_job *jobs, size_t count)
{
    size_t n = count < pair->wide->lanes ? count : pair->wide->lanes;
    uint64_t blocks = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t its = job_blocks(&jobs[i]) + 1; /* and the second hash */
        blocks += its;
        most = its > most ? its : most;
    }
    if (most > WIDE_BLOCKS_MAX || !wide_pays(pair, blocks, most))
        return 0;
    wide_jobs(pair->wide, jobs, n);
    return n;
}

void yc_sha256d_jobs_with(const struct yc_sha256_pair *pair, struct yc_sha256_job *jobs, size_t count)
{
    size_t narrow = count;
    if (count > pair->narrow->lanes)
        sort_jobs(jobs, count);
    if (pair->wide != pair->narrow) {
        narrow = 0;
        for (size_t at = 0; at < count;) {
            size_t done = wide_group(pair, jobs + at, count - at);
            if (done)
                at += done;
            else
                jobs[narrow++] = jobs[at++]; /* onto a place whose job is done or kept before */
        }
    }
    narrow_jobs(pair->narrow, jobs, narrow);
}
