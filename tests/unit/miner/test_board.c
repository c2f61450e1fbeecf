/* The board and its workers (catalogue N06, N09): nobody searches on an old job, no header is searched twice. */
#include "miner/board.h"
#include "support/unit.h"
#include "sys/clock.h"
#include "unit/miner/template.h"

#define THREADS 4

struct finds {
    struct yc_mutex mutex;
    struct yc_cond came;
    struct yc_found last;
    unsigned count;
};

static void take(void *ctx, struct yc_found *block)
{
    struct finds *f = ctx;
    yc_mutex_lock(&f->mutex);
    yc_job_drop(f->last.job);
    f->last = *block;
    f->count++;
    yc_cond_broadcast(&f->came);
    yc_mutex_unlock(&f->mutex);
}

static void wait_for_finds(struct finds *f, unsigned count)
{
    yc_mutex_lock(&f->mutex);
    while (f->count < count)
        yc_cond_wait(&f->came, &f->mutex);
    yc_mutex_unlock(&f->mutex);
}

/* A kernel that writes down every header that it is asked to search, and finds nothing. */
#define NOTES_MAX 4096
static struct {
    struct yc_mutex mutex;
    struct {
        struct yc_nonce_search search;
        uint32_t first, count;
    } note[NOTES_MAX];
    size_t n;
} notes;

static bool here(void)
{
    return true;
}

static bool note(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    (void)found;
    yc_mutex_lock(&notes.mutex);
    if (notes.n < NOTES_MAX) {
        notes.note[notes.n].search = *s;
        notes.note[notes.n].first = first;
        notes.note[notes.n++].count = count;
    }
    yc_mutex_unlock(&notes.mutex);
    return false;
}

static const struct yc_miner_kernel noting = {"noting", here, note};

/* A kernel that is slow and finds nothing. */
static bool crawl(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    (void)first, (void)found;
    volatile uint32_t work = s->midstate[0];
    for (uint32_t i = 0; i < count; i++)
        work = work * 1664525 + 1013904223;
    return false;
}

static const struct yc_miner_kernel crawling = {"crawling", here, crawl};

struct rig {
    struct yc_clock_real clock;
    struct finds finds;
    struct yc_board *board;
};

static void rig_open(struct rig *r, const struct yc_miner_kernel *kernel)
{
    struct yc_error err;
    memset(r, 0, sizeof *r);
    yc_clock_real_init(&r->clock);
    yc_mutex_init(&r->finds.mutex);
    yc_cond_init(&r->finds.came);
    assert_int_equal(yc_board_new(&r->board, yc_heap(), &r->clock.clock, kernel, THREADS, false, take, &r->finds, &err),
                     YC_VALID);
}

static void rig_close(struct rig *r)
{
    yc_board_free(r->board);
    yc_job_drop(r->finds.last.job);
    yc_cond_release(&r->finds.came);
    yc_mutex_release(&r->finds.mutex);
}

static const struct yc_miner_kernel *plain(void)
{
    size_t count;
    return yc_miner_kernels(&count)[0];
}

static struct yc_job *job_at(uint32_t height, uint8_t parent)
{
    struct template_options o = {.tx_count = 1, .height = height};
    struct yc_job_options jo = template_job_options("");
    struct yc_job *job;
    struct yc_error err;
    assert_int_equal(template_job(&job, &o, &jo, &err), YC_VALID);
    memset(job->header.prev.b, parent, 32);
    return job;
}

static void pause_ms(struct rig *r, int64_t ms)
{
    int64_t until = yc_mono_us(&r->clock.clock) + ms * 1000;
    yc_mutex_lock(&r->finds.mutex);
    while (yc_cond_wait_until(&r->finds.came, &r->finds.mutex, until))
        continue;
    yc_mutex_unlock(&r->finds.mutex);
}

static void a_job_is_solved_once(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, plain());
    for (uint8_t i = 1; i <= 50; i++) {
        assert_true(yc_board_put(r.board, job_at(i, i), 0));
        wait_for_finds(&r.finds, i);
        struct yc_block_hash hash = yc_header_hash(&r.finds.last.header);
        assert_true(yc_u256_compare(yc_u256_from_le(hash.b), r.finds.last.job->target) <= 0);
        assert_int_equal(r.finds.last.job->height, i);
        yc_board_settled(r.board);
    }
    pause_ms(&r, 20);
    assert_int_equal(r.finds.count, 50); /* the last job was not solved again */
    rig_close(&r);
}

/* While a found block is on its way, a job on the same parent could only find its brother. */
static void brothers_are_not_mined(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, plain());
    assert_true(yc_board_put(r.board, job_at(1, 1), 0));
    wait_for_finds(&r.finds, 1);
    assert_false(yc_board_put(r.board, job_at(1, 1), 0));
    pause_ms(&r, 10);
    assert_int_equal(r.finds.count, 1);
    yc_board_settled(r.board);
    assert_true(yc_board_put(r.board, job_at(1, 1), 0)); /* as after a rejection */
    wait_for_finds(&r.finds, 2);
    rig_close(&r);
}

/* N06: from the news to the last worker off the old job it takes less than 100 ms. */
static void a_new_tip_stops_the_search(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, &crawling);
    for (uint8_t i = 1; i <= 5; i++) {
        assert_true(yc_board_put(r.board, job_at(i, i), yc_mono_us(&r.clock.clock)));
        pause_ms(&r, 60);
    }
    struct yc_board_stats s = yc_board_stats(r.board);
    assert_true(s.hashes > 0);
    assert_int_equal(s.height, 5);
    print_message("slowest switch: %.1f ms\n", (double)s.switch_us_max / 1e3);
    assert_true(s.switch_us_max > 0);
    assert_true(s.switch_us_max < 100000);
    yc_board_clear(r.board, yc_mono_us(&r.clock.clock));
    assert_null(yc_board_job(r.board));
    rig_close(&r);
}

/* Two searches may share a header's first bytes only if their nonces or their last words differ. */
static void no_header_is_searched_twice(void **state)
{
    struct rig r;
    (void)state;
    yc_mutex_init(&notes.mutex);
    notes.n = 0;
    rig_open(&r, &noting);
    struct yc_job *job = job_at(1, 1);
    assert_true(yc_board_put(r.board, job, 0));
    pause_ms(&r, 50);
    rig_close(&r);
    assert_true(notes.n > THREADS);
    for (size_t i = 0; i < notes.n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (memcmp(&notes.note[i].search, &notes.note[j].search, sizeof notes.note[i].search) != 0)
                continue;
            uint64_t a = notes.note[i].first, b = notes.note[j].first;
            assert_true(a + notes.note[i].count <= b || b + notes.note[j].count <= a);
        }
    }
    yc_mutex_release(&notes.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_solved_once),
        cmocka_unit_test(brothers_are_not_mined),
        cmocka_unit_test(a_new_tip_stops_the_search),
        cmocka_unit_test(no_header_is_searched_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
