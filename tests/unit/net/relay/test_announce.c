/* net/relay/announce.h: who is told of what, in which order, and what it costs when many listen to much (catalogue P16). */
#include "net/relay/announce.h"

#include "base/bytes.h"
#include "support/heap.h"
#include "support/unit.h"

#include <time.h>

/* Of a turn; ThreadSanitizer makes everything ten times as slow. */
#if defined(__SANITIZE_THREAD__)
#define TURN_MAX_MS 2000
#else
#define TURN_MAX_MS 200
#endif

static struct yc_announce_item out[YC_ANNOUNCE_AT_ONCE_MAX];

/* The pool of these tests: the fee rate of number n, and whether it has left. */
struct pool {
    int64_t cheap; /* pays 99, all others 100 */
    bool odd_only, empty;
};

static struct yc_wtxid wtxid_of(uint64_t number)
{
    struct yc_wtxid w = {{0}};
    memcpy(w.b, &number, sizeof number);
    w.b[31] = 1;
    return w;
}

static uint64_t number_of(const struct yc_announce_item *item)
{
    return yc_get64le(item->wtxid.b);
}

static bool find(void *ctx, const struct yc_wtxid *wtxid, struct yc_announce_item *item)
{
    const struct pool *p = ctx;
    uint64_t number = yc_get64le(wtxid->b);
    if (p->empty || (p->odd_only && number % 2 == 0))
        return false;
    *item = (struct yc_announce_item){.wtxid = *wtxid, .fee_sat_per_kvb = (int64_t)number == p->cheap ? 99 : 100};
    memcpy(item->txid.b, &number, sizeof number);
    return true;
}

static void add(struct yc_news *news, uint64_t from, uint64_t count)
{
    for (uint64_t i = from; i < from + count; i++) {
        struct yc_wtxid w = wtxid_of(i);
        yc_news_add(news, &w);
    }
}

static void in_order_without_what_is_known_gone_or_cheap(void **state)
{
    static const uint64_t expected[] = {1, 3, 9, 11, 13, 15, 17, 19};
    struct test_heap heap;
    struct yc_news news;
    struct yc_announcer a, late;
    struct pool pool = {.cheap = 5, .odd_only = true}, all = {.cheap = -1};
    (void)state;
    test_heap_init(&heap);
    yc_news_init(&news, &heap.alloc);
    yc_announcer_init(&a, &news, (struct yc_siphash_key){1, 2});
    add(&news, 1, 20);
    yc_announcer_init(&late, &news, (struct yc_siphash_key){1, 2});
    struct yc_wtxid known = wtxid_of(7), again = wtxid_of(9);
    yc_announcer_note_known(&a, known.b);
    assert_int_equal(yc_announcer_behind(&a, &news), 20);
    assert_int_equal(yc_announcer_take(&a, &news, true, 100, find, &pool, out), 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(number_of(&out[i]), expected[i]);
    assert_int_equal(yc_announcer_behind(&a, &news), 0);
    /* Who came later is told of what came later still; nobody is told twice. */
    yc_news_add(&news, &again);
    assert_int_equal(yc_announcer_take(&a, &news, true, 0, find, &all, out), 0);
    assert_int_equal(yc_announcer_take(&late, &news, false, 0, find, &all, out), 1);
    assert_int_equal(number_of(&out[0]), 9);
    assert_true(yc_announcer_knows(&late, out[0].txid.b));
    assert_false(yc_announcer_knows(&late, again.b));
    yc_announcer_release(&a);
    yc_announcer_release(&late);
    yc_news_release(&news);
    assert_int_equal(heap.live_bytes, 0);
}

static void without_memory_nobody_hears_of_it(void **state)
{
    struct test_heap heap;
    struct yc_news news;
    struct yc_announcer a;
    struct pool pool = {.cheap = -1};
    (void)state;
    test_heap_init(&heap);
    yc_news_init(&news, &heap.alloc);
    yc_announcer_init(&a, &news, (struct yc_siphash_key){1, 2});
    heap.fail_at = 1;
    add(&news, 1, 1);
    assert_int_equal(yc_announcer_behind(&a, &news), 0);
    heap.fail_at = 0;
    add(&news, 2, 1000);
    assert_int_equal(yc_announcer_take(&a, &news, true, 0, find, &pool, out), 75);
    assert_int_equal(number_of(&out[0]), 2);
    assert_int_equal(number_of(&out[74]), 76);
    yc_announcer_release(&a);
    yc_news_release(&news);
    assert_int_equal(heap.live_bytes, 0);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#define LISTENERS 100
#define BACKLOG   300000
#define TURNS     20

/* All who listen are told in one turn, and again, while as many transactions come in as are told of: the most that such a
 * turn takes of the thread's time (the row allows 200 ms to 99 of 100). */
static double longest_turn_ms(struct yc_news *news, struct yc_announcer *a, struct pool *pool, size_t *told)
{
    double longest_ms = 0;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        double begun = cpu_ms();
        for (unsigned k = 0; k < LISTENERS; k++)
            *told += yc_announcer_take(&a[k], news, true, 0, find, pool, out);
        double took_ms = cpu_ms() - begun;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
        add(news, UINT64_C(1) << 40 | turn << 12, 700);
    }
    return longest_ms;
}

/* The row's measure: 300,000 transactions wait for a hundred listeners. They take little memory, and little of the thread's
 * time; the more wait, the more are told at a time. That all of it has left the pool, or that all know it, costs no more. */
static void a_backlog_for_a_hundred_listeners_P16(void **state)
{
    static struct yc_announcer a[LISTENERS];
    struct test_heap heap;
    struct yc_news news;
    struct pool pool = {.cheap = -1};
    size_t told = 0;
    (void)state;
    test_heap_init(&heap);
    yc_news_init(&news, &heap.alloc);
    for (unsigned k = 0; k < LISTENERS; k++)
        yc_announcer_init(&a[k], &news, (struct yc_siphash_key){k, 2});
    add(&news, 0, 50);
    assert_int_equal(yc_announcer_take(&a[0], &news, true, 0, find, &pool, out), 50);
    add(&news, 50, 1000);
    assert_int_equal(yc_announcer_take(&a[0], &news, true, 0, find, &pool, out), YC_ANNOUNCE_AT_ONCE + 5);
    add(&news, 1050, BACKLOG - 1050);
    assert_int_equal(yc_announcer_behind(&a[0], &news), YC_ANNOUNCE_NEWS_MAX);
    assert_true(heap.live_bytes < (size_t)8 << 20);
    size_t most = YC_ANNOUNCE_AT_ONCE + YC_ANNOUNCE_NEWS_MAX / 1000 * 5;
    assert_int_equal(yc_announcer_take(&a[0], &news, true, 0, find, &pool, out), most);
    assert_int_equal(number_of(&out[0]), BACKLOG - YC_ANNOUNCE_NEWS_MAX);
    for (size_t i = 1; i < most; i++)
        assert_int_equal(number_of(&out[i]), number_of(&out[i - 1]) + 1);

    double full_ms = longest_turn_ms(&news, a, &pool, &told);
    assert_true(told > LISTENERS * TURNS * most * 9 / 10);
    pool.empty = true;
    told = 0;
    double gone_ms = longest_turn_ms(&news, a, &pool, &told);
    assert_int_equal(told, 0);
    print_message("longest turn: %.1f ms, %.1f ms when all is gone; %.1f MB\n", full_ms, gone_ms,
                  (double)heap.live_bytes / 1e6);
    assert_true(full_ms < TURN_MAX_MS && gone_ms < TURN_MAX_MS);
    for (unsigned k = 0; k < LISTENERS; k++)
        yc_announcer_release(&a[k]);
    yc_news_release(&news);
    assert_int_equal(heap.live_bytes, 0);
}

static void delays_have_their_mean_and_never_are_negative(void **state)
{
    struct yc_random random;
    struct yc_random_seeded seeded;
    double sum = 0;
    unsigned below_mean = 0;
    enum { N = 200000 };
    (void)state;
    yc_random_seed(&random, &seeded, 3);
    for (unsigned i = 0; i < N; i++) {
        int64_t d = yc_announce_delay_us(&random, 2000000);
        assert_true(d >= 0 && d < 2000000 * INT64_C(45));
        below_mean += d < 2000000;
        sum += (double)d;
    }
    assert_true(sum / N > 1980000 && sum / N < 2020000);
    /* Of an exponential distribution 1 - 1/e lies below the mean. */
    assert_true(below_mean > (unsigned)(0.627 * N) && below_mean < (unsigned)(0.637 * N));
    assert_int_equal(yc_announce_delay_us(&random, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_without_what_is_known_gone_or_cheap),
        cmocka_unit_test(without_memory_nobody_hears_of_it),
        cmocka_unit_test(a_backlog_for_a_hundred_listeners_P16),
        cmocka_unit_test(delays_have_their_mean_and_never_are_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
