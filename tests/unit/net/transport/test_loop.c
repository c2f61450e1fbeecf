/* net/transport/loop and resolve: tasks from other threads, timers, stopping, names. */
#include "net/transport/loop.h"

#include <stdatomic.h>

#include "net/transport/resolve.h"
#include "support/unit.h"
#include "sys/heap.h"
#include "sys/thread.h"

#define THREADS 4
#define TASKS   2000

struct counted_task {
    struct yc_loop_task task;
    struct poster *owner;
    unsigned number;
};

struct poster {
    struct yc_loop *loop;
    atomic_uint *left;
    struct counted_task tasks[TASKS];
    unsigned next; /* loop thread: the number that must come next */
    bool out_of_order;
};

static void count_task(void *ctx)
{
    struct counted_task *t = ctx;
    struct poster *p = t->owner;
    p->out_of_order = p->out_of_order || t->number != p->next;
    p->next++;
    if (atomic_fetch_sub(p->left, 1) == 1)
        yc_loop_stop(p->loop);
}

static void post_all(void *ctx)
{
    struct poster *p = ctx;
    for (unsigned i = 0; i < TASKS; i++) {
        p->tasks[i] = (struct counted_task){.task = {.run = count_task, .ctx = &p->tasks[i]}, .owner = p, .number = i};
        yc_loop_post(p->loop, &p->tasks[i].task);
    }
}

static struct yc_loop *new_loop(struct yc_heap_capped *heap)
{
    struct yc_loop *l;
    yc_heap_capped_init(heap, (size_t)1 << 26);
    assert_int_equal(yc_loop_new(&l, &heap->alloc, NULL), YC_VALID);
    return l;
}

static void free_loop(struct yc_loop *l, struct yc_heap_capped *heap)
{
    yc_loop_free(l);
    assert_int_equal(heap->used_bytes, 0);
}

static void tasks_of_many_threads_run_once_and_in_order(void **state)
{
    static struct poster posters[THREADS];
    struct yc_thread threads[THREADS];
    struct yc_heap_capped heap;
    struct yc_loop *l = new_loop(&heap);
    atomic_uint left = THREADS * TASKS;
    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){.loop = l, .left = &left};
        assert_int_equal(yc_thread_start(&threads[i], "poster", post_all, &posters[i], NULL), YC_VALID);
    }
    yc_loop_run(l);
    for (size_t i = 0; i < THREADS; i++) {
        yc_thread_join(&threads[i]);
        assert_int_equal(posters[i].next, TASKS);
        assert_false(posters[i].out_of_order);
    }
    free_loop(l, &heap);
}

static void add_one(void *ctx)
{
    ++*(int *)ctx;
}

static void what_is_left_is_run_at_the_end_and_what_is_withdrawn_is_not(void **state)
{
    struct yc_heap_capped heap;
    struct yc_loop *l = new_loop(&heap);
    int a = 0, b = 0, c = 0;
    struct yc_loop_task ta = {.run = add_one, .ctx = &a}, tb = {.run = add_one, .ctx = &b},
                        tc = {.run = add_one, .ctx = &c};
    (void)state;
    yc_loop_post(l, &ta);
    yc_loop_post(l, &tb);
    yc_loop_withdraw(l, &tb);
    yc_loop_post(l, &tc);
    yc_loop_withdraw(l, &tb);
    free_loop(l, &heap);
    assert_int_equal(a, 1);
    assert_int_equal(b, 0);
    assert_int_equal(c, 1);
}

struct clockwork {
    struct yc_loop *loop;
    struct yc_loop_timer *early, *late, *never;
    int early_fired, late_fired, never_fired;
};

static void on_early(void *ctx)
{
    struct clockwork *w = ctx;
    yc_loop_timer_cancel(w->never);
    if (++w->early_fired < 3)
        yc_loop_timer_set(w->early, 1);
}

static void on_late(void *ctx)
{
    struct clockwork *w = ctx;
    w->late_fired++;
    yc_loop_stop(w->loop);
}

static void on_never(void *ctx)
{
    ((struct clockwork *)ctx)->never_fired++;
}

static void timers_fire_once_for_each_setting(void **state)
{
    struct yc_heap_capped heap;
    struct clockwork w = {.loop = new_loop(&heap)};
    (void)state;
    assert_int_equal(yc_loop_timer_new(&w.early, w.loop, on_early, &w, NULL), YC_VALID);
    assert_int_equal(yc_loop_timer_new(&w.late, w.loop, on_late, &w, NULL), YC_VALID);
    assert_int_equal(yc_loop_timer_new(&w.never, w.loop, on_never, &w, NULL), YC_VALID);
    yc_loop_timer_set(w.never, 20);
    yc_loop_timer_set(w.late, 60000);
    yc_loop_timer_set(w.late, 80); /* replaces the minute */
    yc_loop_timer_set(w.early, 0);
    yc_loop_run(w.loop);
    assert_int_equal(w.early_fired, 3);
    assert_int_equal(w.late_fired, 1);
    assert_int_equal(w.never_fired, 0);
    yc_loop_timer_free(w.early);
    yc_loop_timer_free(w.late);
    yc_loop_timer_free(w.never);
    free_loop(w.loop, &heap);
}

static void a_stop_before_the_run_ends_it_and_the_loop_can_run_again(void **state)
{
    struct yc_heap_capped heap;
    struct yc_loop *l = new_loop(&heap);
    int a = 0;
    struct yc_loop_task t = {.run = add_one, .ctx = &a};
    (void)state;
    yc_loop_post(l, &t);
    yc_loop_stop(l);
    yc_loop_run(l);
    assert_int_equal(a, 1);
    yc_loop_stop(l);
    yc_loop_run(l);
    free_loop(l, &heap);
}

static void numbers_and_localhost_need_no_name_server(void **state)
{
    struct yc_netaddr list[YC_RESOLVE_MAX];
    struct yc_error err;
    char text[YC_NETADDR_TEXT_MAX];
    size_t count;
    (void)state;
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text("LocalHost"), 5, &err), YC_VALID);
    assert_int_equal(count, 2);
    yc_netaddr_print(text, &list[0]);
    assert_string_equal(text, "127.0.0.1:5");
    yc_netaddr_print(text, &list[1]);
    assert_string_equal(text, "[::1]:5");
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text("2001:db8::1"), 6, &err), YC_VALID);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].port, 6);
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text("a b"), 6, &err), YC_INVALID);
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text(""), 6, &err), YC_INVALID);
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view("a\0b", 3), 6, &err), YC_INVALID);
    assert_int_equal(yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text("no-such-name.invalid"), 6, &err),
                     YC_NOT_YET);
    assert_non_null(strstr(err.text, "no-such-name.invalid"));
}

struct answers {
    struct yc_loop *loop;
    size_t found, missing;
};

static void on_resolved(void *ctx, enum yc_verdict v, const struct yc_netaddr *list, size_t count, const char *text)
{
    struct answers *a = ctx;
    if (v == YC_VALID && count == 2 && yc_netaddr_is_loopback(&list[0]))
        a->found++;
    if (v == YC_NOT_YET && text[0] != 0)
        a->missing++;
    if (a->found + a->missing == 3)
        yc_loop_stop(a->loop);
}

static void names_are_looked_up_beside_the_loop(void **state)
{
    struct yc_heap_capped heap;
    struct answers a = {.loop = new_loop(&heap)};
    struct yc_resolver *r;
    (void)state;
    assert_int_equal(yc_resolver_new(&r, a.loop, yc_heap(), NULL), YC_VALID);
    assert_int_equal(yc_resolver_ask(r, yc_view_text("localhost"), 1, on_resolved, &a, NULL), YC_VALID);
    assert_int_equal(yc_resolver_ask(r, yc_view_text("no-such-name.invalid"), 1, on_resolved, &a, NULL), YC_VALID);
    assert_int_equal(yc_resolver_ask(r, yc_view_text("localhost"), 1, on_resolved, &a, NULL), YC_VALID);
    assert_int_equal(yc_resolver_ask(r, yc_view_text("a\nb"), 1, on_resolved, &a, NULL), YC_INVALID);
    assert_int_equal(a.found, 0); /* never inside the call */
    yc_loop_run(a.loop);
    assert_int_equal(a.found, 2);
    assert_int_equal(a.missing, 1);
    /* Requests that are still waiting are forgotten. */
    for (int i = 0; i < 50; i++)
        assert_int_equal(yc_resolver_ask(r, yc_view_text("localhost"), 1, on_resolved, &a, NULL), YC_VALID);
    yc_resolver_free(r);
    free_loop(a.loop, &heap);
    assert_int_equal(a.found, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_many_threads_run_once_and_in_order),
        cmocka_unit_test(what_is_left_is_run_at_the_end_and_what_is_withdrawn_is_not),
        cmocka_unit_test(timers_fire_once_for_each_setting),
        cmocka_unit_test(a_stop_before_the_run_ends_it_and_the_loop_can_run_again),
        cmocka_unit_test(numbers_and_localhost_need_no_name_server),
        cmocka_unit_test(names_are_looked_up_beside_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
