/* Threads, the bounded queue and the pool of workers; run under ThreadSanitizer too. */
#include "support/unit.h"
#include "sys/clock.h"
#include "sys/heap.h"
#include "sys/heap_fault.h"
#include "sys/thread.h"
#include "sys/workers.h"

#include <stdatomic.h>
#include <string.h>

static struct yc_error err;

static void note_name(void *arg)
{
    memcpy(arg, yc_thread_name(), YC_THREAD_NAME_MAX);
}

static void a_thread_has_its_name(void **state)
{
    (void)state;
    char name[YC_THREAD_NAME_MAX] = "";
    struct yc_thread t;
    assert_int_equal(yc_thread_start(&t, "a name that is too long", note_name, name, &err), YC_VALID);
    yc_thread_join(&t);
    yc_thread_join(&t);
    assert_string_equal(name, "a name that is ");
    assert_true(yc_processor_count() >= 1);
}

static void wait_open(void *arg)
{
    struct yc_mutex *door = arg;
    yc_mutex_lock(door);
    yc_mutex_unlock(door);
}

static void a_thread_is_bound_to_what_is_there(void **state)
{
    (void)state;
    struct yc_mutex door;
    struct yc_thread t;
    yc_mutex_init(&door);
    yc_mutex_lock(&door);
    assert_int_equal(yc_thread_start(&t, "bound", wait_open, &door, &err), YC_VALID);
    assert_int_equal(yc_thread_bind(&t, 0, &err), YC_VALID);
    assert_int_equal(yc_thread_bind(&t, 1u << 20, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "1048577"));
    yc_mutex_unlock(&door);
    yc_thread_join(&t);
    yc_mutex_release(&door);
}

static void queue_is_first_in_first_out_and_bounded(void **state)
{
    (void)state;
    struct yc_heap_fault heap;
    struct yc_queue *q;
    yc_heap_fault_init(&heap, 0, false);
    assert_int_equal(yc_queue_new(&q, &heap.alloc, sizeof(int), 3, &err), YC_VALID);
    int out = 0;
    for (int round = 0; round < 5; round++) { /* so that the ring wraps */
        for (int i = 0; i < 3; i++)
            assert_int_equal(yc_queue_push(q, &(int){10 * round + i}), YC_QUEUE_OK);
        assert_int_equal(yc_queue_try_push(q, &(int){99}), YC_QUEUE_FULL);
        assert_int_equal(yc_queue_count(q), 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(yc_queue_pop(q, &out, 0), YC_QUEUE_OK);
            assert_int_equal(out, 10 * round + i);
        }
        assert_int_equal(yc_queue_push(q, &round), YC_QUEUE_OK);
        assert_int_equal(yc_queue_pop(q, &out, -1), YC_QUEUE_OK);
    }
    assert_int_equal(yc_queue_push(q, &(int){5}), YC_QUEUE_OK);
    yc_queue_close(q);
    assert_int_equal(yc_queue_push(q, &(int){6}), YC_QUEUE_CLOSED);
    assert_int_equal(yc_queue_pop(q, &out, -1), YC_QUEUE_OK);
    assert_int_equal(out, 5);
    assert_int_equal(yc_queue_pop(q, &out, -1), YC_QUEUE_CLOSED);
    yc_queue_free(q);
    assert_int_equal(heap.used_bytes, 0);
}

static void queue_pop_keeps_its_timeout(void **state)
{
    (void)state;
    struct yc_queue *q;
    struct yc_clock_real c;
    int out;
    yc_clock_real_init(&c);
    assert_int_equal(yc_queue_new(&q, yc_heap(), sizeof(int), 1, &err), YC_VALID);
    assert_int_equal(yc_queue_pop(q, &out, 0), YC_QUEUE_TIMEOUT);
    int64_t before = yc_mono_us(&c.clock);
    assert_int_equal(yc_queue_pop(q, &out, 20000), YC_QUEUE_TIMEOUT);
    int64_t took = yc_mono_us(&c.clock) - before;
    assert_true(took >= 19000);
    yc_queue_free(q);
}

struct producer {
    struct yc_queue *q;
    int first;
};

static void produce(void *arg)
{
    const struct producer *p = arg;
    for (int i = 0; i < 1000; i++)
        if (yc_queue_push(p->q, &(int){p->first + i}) != YC_QUEUE_OK)
            return;
}

static void queue_passes_every_item_once(void **state)
{
    (void)state;
    struct yc_queue *q;
    struct yc_thread threads[3];
    struct producer producers[3];
    static bool seen[3000];
    int last[3] = {-1, -1, -1};
    memset(seen, 0, sizeof seen);
    assert_int_equal(yc_queue_new(&q, yc_heap(), sizeof(int), 7, &err), YC_VALID);
    for (int i = 0; i < 3; i++) {
        producers[i] = (struct producer){q, 1000 * i};
        assert_int_equal(yc_thread_start(&threads[i], "producer", produce, &producers[i], &err), YC_VALID);
    }
    for (int i = 0; i < 3000; i++) {
        int item = 0;
        assert_int_equal(yc_queue_pop(q, &item, 10000000), YC_QUEUE_OK);
        assert_in_range(item, 0, 2999);
        assert_false(seen[item]);
        assert_true(item > last[item / 1000]); /* each producer's items keep their order */
        last[item / 1000] = item;
        seen[item] = true;
    }
    for (int i = 0; i < 3; i++)
        yc_thread_join(&threads[i]);
    yc_queue_free(q);
}

static void close_wakes_a_blocked_producer(void **state)
{
    (void)state;
    struct yc_queue *q;
    struct yc_thread t;
    assert_int_equal(yc_queue_new(&q, yc_heap(), sizeof(int), 2, &err), YC_VALID);
    struct producer p = {q, 0};
    assert_int_equal(yc_thread_start(&t, "producer", produce, &p, &err), YC_VALID);
    while (yc_queue_count(q) < 2) {
    }
    yc_queue_close(q);
    yc_thread_join(&t);
    assert_int_equal(yc_queue_count(q), 2);
    yc_queue_free(q);
}

struct job {
    unsigned in, out, runs;
};

static void square(void *job)
{
    struct job *j = job;
    j->out = j->in * j->in;
    j->runs++;
}

#define JOBS 5000

static void check_pool(unsigned threads)
{
    static struct job jobs[JOBS];
    struct yc_heap_fault heap;
    struct yc_workers *w;
    struct yc_work_group g, other;
    yc_heap_fault_init(&heap, 0, false);
    assert_int_equal(yc_workers_new(&w, &heap.alloc, "work", threads, &err), YC_VALID);
    assert_int_equal(yc_workers_count(w), threads);
    yc_work_group_init(&g, w);
    yc_work_group_init(&other, w);
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i] = (struct job){.in = i};
    yc_workers_submit_array(&g, square, jobs, sizeof *jobs, JOBS / 2);
    for (size_t i = JOBS / 2; i < JOBS; i++) /* more single ones than the list holds */
        yc_workers_submit(i % 2 ? &g : &other, square, &jobs[i]);
    yc_workers_submit_array(&g, square, jobs, sizeof *jobs, 0);
    yc_workers_wait(&g);
    yc_workers_wait(&other);
    yc_workers_wait(&other);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].out, i * i);
        assert_int_equal(jobs[i].runs, 1);
    }
    yc_workers_free(w);
    assert_int_equal(heap.used_bytes, 0);
}

static void pool_runs_every_job_once(void **state)
{
    (void)state;
    check_pool(1);
    check_pool(4);
}

static void pool_of_none_runs_in_the_caller(void **state)
{
    (void)state;
    check_pool(0);
}

/* The waiter's own group comes first: it must not wait for another group's slow jobs. */
static atomic_int gate;
static void wait_for_gate(void *job)
{
    (void)job;
    while (atomic_load(&gate) == 0) {
    }
}

static void waiting_helps_its_own_group(void **state)
{
    (void)state;
    struct yc_workers *w;
    struct yc_work_group slow, quick;
    struct job jobs[8] = {{.in = 3}};
    int nothing[2];
    atomic_store(&gate, 0);
    assert_int_equal(yc_workers_new(&w, yc_heap(), "work", 1, &err), YC_VALID);
    yc_work_group_init(&slow, w);
    yc_work_group_init(&quick, w);
    yc_workers_submit(&slow, wait_for_gate, &nothing[0]);
    yc_workers_submit(&slow, wait_for_gate, &nothing[1]);
    yc_workers_submit_array(&quick, square, jobs, sizeof *jobs, 8);
    yc_workers_wait(&quick); /* the only worker is held by the slow group */
    assert_int_equal(jobs[0].out, 9);
    atomic_store(&gate, 1);
    yc_workers_wait(&slow);
    yc_workers_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_has_its_name),
        cmocka_unit_test(queue_is_first_in_first_out_and_bounded),
        cmocka_unit_test(a_thread_is_bound_to_what_is_there),
        cmocka_unit_test(queue_pop_keeps_its_timeout),
        cmocka_unit_test(queue_passes_every_item_once),
        cmocka_unit_test(close_wakes_a_blocked_producer),
        cmocka_unit_test(pool_runs_every_job_once),
        cmocka_unit_test(pool_of_none_runs_in_the_caller),
        cmocka_unit_test(waiting_helps_its_own_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
