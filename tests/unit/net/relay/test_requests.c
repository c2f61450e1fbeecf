/* net/relay/requests.h: who is asked for a transaction, when, and who next. */
#include "net/relay/requests.h"

#include "base/random.h"
#include "support/heap.h"

#define S INT64_C(1000000)

static struct yc_txreq_key key_of(uint32_t n, bool wtxid)
{
    struct yc_txreq_key key = {.wtxid = wtxid};
    memcpy(key.hash32, &n, sizeof n);
    return key;
}

static struct yc_txreq *make(struct test_heap *heap)
{
    struct yc_txreq *t;
    test_heap_init(heap);
    assert_int_equal(yc_txreq_new(&t, &heap->alloc, (struct yc_siphash_key){1, 2}), YC_VALID);
    return t;
}

static void done(struct yc_txreq *t, struct test_heap *heap)
{
    yc_txreq_free(t);
    assert_int_equal(heap->live_bytes, 0);
}

/* The one question that is due, or peer 0. */
static uint64_t due(struct yc_txreq *t, int64_t now_us)
{
    struct yc_txreq_ask ask[4];
    size_t n = yc_txreq_due(t, now_us, ask, 4);
    assert_true(n <= 1);
    return n ? ask[0].peer : 0;
}

static void a_preferred_peer_is_asked_at_once_and_an_inbound_one_after_2_s(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true), b = key_of(2, true);
    (void)state;
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 0));
    assert_true(yc_txreq_announced(t, 2, &b, 0, 0, 0));
    assert_int_equal(due(t, 0), 1);
    assert_int_equal(yc_txreq_deadline_us(t), 2 * S);
    assert_int_equal(due(t, 2 * S - 1), 0);
    assert_int_equal(due(t, 2 * S), 2);
    done(t, &heap);
}

static void the_preferred_peer_goes_first_though_it_announced_later_P40(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true);
    (void)state;
    for (uint64_t peer = 10; peer < 110; peer++)
        assert_true(yc_txreq_announced(t, peer, &a, 0, 0, 0));
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, S));
    assert_int_equal(due(t, S), 1);
    assert_int_equal(due(t, 10 * S), 0);
    done(t, &heap);
}

/* Two who answer one after the other, with no time between to ask the next: still the preferred peer's turn comes first. */
static void a_preferred_peer_keeps_its_turn_P40(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true);
    (void)state;
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 0));
    assert_int_equal(due(t, 0), 1);
    assert_true(yc_txreq_announced(t, 2, &a, 0, 0, 0));
    assert_true(yc_txreq_announced(t, 3, &a, 0, 0, 0));
    assert_true(yc_txreq_announced(t, 4, &a, YC_TXREQ_PREFERRED, 0, S));
    assert_int_equal(due(t, 3 * S), 0); /* all could be asked: the first is being asked */
    yc_txreq_answered(t, 1, &a);
    yc_txreq_answered(t, 2, &a);
    assert_int_equal(due(t, 3 * S), 4);
    done(t, &heap);
}

static void the_next_one_is_asked_after_60_s_P05(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true);
    (void)state;
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 0));
    assert_int_equal(due(t, 0), 1);
    assert_true(yc_txreq_announced(t, 2, &a, 0, 0, S));
    /* Announcing again does not start the first one's time anew. */
    assert_false(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 30 * S));
    assert_int_equal(due(t, 60 * S - 1), 0);
    assert_int_equal(due(t, 60 * S), 2);
    assert_int_equal(due(t, 120 * S), 0);
    assert_int_equal(yc_txreq_count(t), 0); /* nobody is left: it may be announced afresh */
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 121 * S));
    done(t, &heap);
}

static void notfound_and_leaving_pass_the_question_on_at_once(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, false);
    (void)state;
    for (uint64_t peer = 1; peer <= 3; peer++)
        assert_true(yc_txreq_announced(t, peer, &a, YC_TXREQ_PREFERRED, 0, 0));
    uint64_t first = due(t, 0);
    yc_txreq_answered(t, first, &a);
    uint64_t second = due(t, 1);
    assert_true(second && second != first);
    yc_txreq_drop_peer(t, second);
    uint64_t third = due(t, 2);
    assert_true(third && third != first && third != second);
    yc_txreq_forget(t, &a);
    assert_int_equal(yc_txreq_count(t), 0);
    assert_int_equal(yc_txreq_deadline_us(t), INT64_MAX);
    done(t, &heap);
}

/* One without witness has one hash: being asked for by one name it is not asked of another peer by the other. */
static void equal_txid_and_wtxid_are_one_question(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true), b = key_of(1, false);
    struct yc_txreq_ask ask[4];
    (void)state;
    assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 0));
    assert_false(yc_txreq_announced(t, 1, &b, YC_TXREQ_PREFERRED, 0, 0));
    assert_true(yc_txreq_announced(t, 2, &b, YC_TXREQ_PREFERRED, 0, S));
    assert_int_equal(yc_txreq_due(t, 0, ask, 4), 1);
    assert_int_equal(ask[0].peer, 1);
    assert_true(ask[0].key.wtxid);
    assert_int_equal(due(t, 60 * S - 1), 0);
    assert_int_equal(yc_txreq_due(t, 60 * S, ask, 4), 1);
    assert_int_equal(ask[0].peer, 2);
    assert_false(ask[0].key.wtxid); /* each is asked as it has announced */
    done(t, &heap);
}

static void who_announced_and_has_not_answered_is_known(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_key a = key_of(1, true), none = key_of(2, true);
    uint64_t peer[4];
    (void)state;
    for (uint64_t p = 1; p <= 3; p++)
        assert_true(yc_txreq_announced(t, p, &a, p == 1 ? YC_TXREQ_PREFERRED : 0, 0, 0));
    assert_int_equal(due(t, 0), 1);
    assert_int_equal(yc_txreq_announcers(t, &a, peer, 4), 3);
    assert_int_equal(yc_txreq_announcers(t, &a, peer, 2), 2);
    yc_txreq_answered(t, 1, &a);
    assert_int_equal(yc_txreq_announcers(t, &a, peer, 4), 2);
    assert_true(peer[0] + peer[1] == 5);
    assert_int_equal(yc_txreq_announcers(t, &none, peer, 4), 0);
    done(t, &heap);
}

/* Parents are announced before their children, and are asked for before them. */
static void what_is_due_at_one_moment_comes_in_order(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_ask ask[90];
    (void)state;
    for (uint32_t i = 0; i < 90; i++) {
        struct yc_txreq_key a = key_of(i * 7919 % 90, true);
        assert_true(yc_txreq_announced(t, 1 + i % 3, &a, YC_TXREQ_PREFERRED, 0, 0));
    }
    assert_int_equal(yc_txreq_due(t, 0, ask, 90), 90);
    for (uint32_t i = 0; i < 90; i++) {
        struct yc_txreq_key a = key_of(i * 7919 % 90, true);
        assert_memory_equal(ask[i].key.hash32, a.hash32, 32);
    }
    done(t, &heap);
}

static void a_million_announcements_of_one_peer_are_5000_P02(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    (void)state;
    for (uint32_t i = 0; i < 1000000; i++) {
        struct yc_txreq_key a = key_of(i, true);
        assert_true(yc_txreq_announced(t, 1, &a, 0, 0, i) == (i < YC_TXREQ_PEER_MAX));
    }
    assert_int_equal(yc_txreq_peer_count(t, 1), YC_TXREQ_PEER_MAX);
    assert_true(heap.live_bytes < 4 << 20);
    /* Another peer's announcement is not pushed out, nor refused. */
    struct yc_txreq_key honest = key_of(2000000, true);
    assert_true(yc_txreq_announced(t, 2, &honest, YC_TXREQ_PREFERRED, 0, 0));
    yc_txreq_drop_peer(t, 1);
    assert_int_equal(yc_txreq_count(t), 1);
    done(t, &heap);
}

static void a_peer_with_leave_is_not_limited(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    static struct yc_txreq_ask ask[YC_TXREQ_PEER_MAX + 1];
    (void)state;
    for (uint32_t i = 0; i <= YC_TXREQ_PEER_MAX; i++) {
        struct yc_txreq_key a = key_of(i, true);
        assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED | YC_TXREQ_UNLIMITED, 0, 0));
    }
    assert_int_equal(yc_txreq_due(t, 0, ask, YC_TXREQ_PEER_MAX + 1), YC_TXREQ_PEER_MAX + 1);
    struct yc_txreq_key more = key_of(YC_TXREQ_PEER_MAX + 1, true);
    assert_true(yc_txreq_announced(t, 1, &more, YC_TXREQ_PREFERRED | YC_TXREQ_UNLIMITED, 0, 0));
    assert_int_equal(due(t, 0), 1);
    done(t, &heap);
}

static void an_overloaded_peer_waits_longer(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_txreq_ask ask[YC_TXREQ_IN_FLIGHT_MAX + 1];
    (void)state;
    for (uint32_t i = 0; i < YC_TXREQ_IN_FLIGHT_MAX; i++) {
        struct yc_txreq_key a = key_of(i, true);
        assert_true(yc_txreq_announced(t, 1, &a, YC_TXREQ_PREFERRED, 0, 0));
    }
    assert_int_equal(yc_txreq_due(t, 0, ask, YC_TXREQ_IN_FLIGHT_MAX + 1), YC_TXREQ_IN_FLIGHT_MAX);
    struct yc_txreq_key more = key_of(1000, true);
    assert_true(yc_txreq_announced(t, 1, &more, YC_TXREQ_PREFERRED, 0, 0));
    assert_int_equal(due(t, YC_TXREQ_OVERLOADED_US - 1), 0);
    assert_int_equal(due(t, YC_TXREQ_OVERLOADED_US), 1);
    done(t, &heap);
}

/* Beside a naive model: a table of (peer, key) with a state, looked through in full. */
enum model_state { NONE, WAITING, READY, ASKED, DONE };
struct model {
    enum model_state state[8][16];
    int64_t time_us[8][16];
};

static void model_tidy(struct model *m, unsigned key)
{
    for (unsigned p = 0; p < 8; p++)
        if (m->state[p][key] != NONE && m->state[p][key] != DONE)
            return;
    for (unsigned p = 0; p < 8; p++)
        m->state[p][key] = NONE;
}

static void model_advance(struct model *m, int64_t now_us)
{
    for (unsigned k = 0; k < 16; k++) {
        for (unsigned p = 0; p < 8; p++) {
            if (m->time_us[p][k] > now_us)
                continue;
            if (m->state[p][k] == WAITING)
                m->state[p][k] = READY;
            else if (m->state[p][k] == ASKED)
                m->state[p][k] = DONE;
        }
        model_tidy(m, k);
    }
}

static void questions_agree_with_a_naive_model(void **state)
{
    struct test_heap heap;
    struct yc_txreq *t = make(&heap);
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct model m;
    int64_t now_us = 0;
    (void)state;
    memset(&m, 0, sizeof m);
    yc_random_seed(&random, &seeded, 1);
    for (unsigned i = 0; i < 60000; i++) {
        unsigned p = (unsigned)yc_random_below(&random, 8), k = (unsigned)yc_random_below(&random, 16);
        struct yc_txreq_key key = key_of(k, true);
        struct yc_txreq_ask ask[16];
        switch (yc_random_below(&random, 12)) {
        case 0:
            yc_txreq_answered(t, p, &key);
            if (m.state[p][k] != NONE)
                m.state[p][k] = DONE;
            model_tidy(&m, k);
            break;
        case 1:
            yc_txreq_forget(t, &key);
            for (unsigned q = 0; q < 8; q++)
                m.state[q][k] = NONE;
            break;
        case 2:
            yc_txreq_drop_peer(t, p);
            for (unsigned q = 0; q < 16; q++) {
                m.state[p][q] = NONE;
                model_tidy(&m, q);
            }
            break;
        default: {
            bool preferred = p < 4;
            assert_true(yc_txreq_announced(t, p, &key, preferred ? YC_TXREQ_PREFERRED : 0, 0, now_us) ==
                        (m.state[p][k] == NONE));
            if (m.state[p][k] == NONE) {
                m.state[p][k] = WAITING;
                m.time_us[p][k] = now_us + (preferred ? 0 : YC_TXREQ_INBOUND_US);
            }
        }
        }
        now_us += (int64_t)yc_random_below(&random, S);
        model_advance(&m, now_us);
        size_t n = yc_txreq_due(t, now_us, ask, 16);
        assert_true(n <= 16);
        for (size_t j = 0; j < n; j++) {
            uint32_t at;
            memcpy(&at, ask[j].key.hash32, sizeof at);
            uint64_t peer = ask[j].peer;
            assert_int_equal(m.state[peer][at], READY);
            for (unsigned q = 0; q < 8; q++) {
                assert_true(m.state[q][at] != ASKED);
                assert_true(peer < 4 || q >= 4 || m.state[q][at] != READY); /* preferred ones first */
            }
            m.state[peer][at] = ASKED;
            m.time_us[peer][at] = now_us + YC_TXREQ_TIMEOUT_US;
        }
        size_t live = 0;
        for (k = 0; k < 16; k++) {
            bool asked = false, ready = false;
            for (p = 0; p < 8; p++) {
                live += m.state[p][k] != NONE;
                asked |= m.state[p][k] == ASKED;
                ready |= m.state[p][k] == READY;
            }
            assert_true(asked || !ready); /* nobody waits who could be asked */
        }
        assert_int_equal(yc_txreq_count(t), live);
    }
    done(t, &heap);
}

/* Memory fails at every call in turn: an announcement is lost, nothing else. */
static void memory_fails_at_every_call(void **state)
{
    (void)state;
    for (size_t fail_at = 1; fail_at < 40; fail_at++) {
        struct test_heap heap;
        struct yc_txreq *t = NULL;
        test_heap_init(&heap);
        heap.fail_at = fail_at;
        if (yc_txreq_new(&t, &heap.alloc, (struct yc_siphash_key){1, 2}) != YC_VALID) {
            assert_int_equal(heap.live_bytes, 0);
            continue;
        }
        size_t kept = 0;
        for (uint32_t i = 0; i < 600; i++) {
            struct yc_txreq_key a = key_of(i, true);
            kept += yc_txreq_announced(t, i % 7, &a, YC_TXREQ_PREFERRED, 0, 0);
        }
        assert_int_equal(yc_txreq_count(t), kept);
        heap.fail_at = 0;
        for (uint64_t p = 0; p < 7; p++)
            yc_txreq_drop_peer(t, p);
        assert_int_equal(yc_txreq_count(t), 0);
        done(t, &heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preferred_peer_is_asked_at_once_and_an_inbound_one_after_2_s),
        cmocka_unit_test(the_preferred_peer_goes_first_though_it_announced_later_P40),
        cmocka_unit_test(a_preferred_peer_keeps_its_turn_P40),
        cmocka_unit_test(the_next_one_is_asked_after_60_s_P05),
        cmocka_unit_test(notfound_and_leaving_pass_the_question_on_at_once),
        cmocka_unit_test(equal_txid_and_wtxid_are_one_question),
        cmocka_unit_test(who_announced_and_has_not_answered_is_known),
        cmocka_unit_test(what_is_due_at_one_moment_comes_in_order),
        cmocka_unit_test(a_peer_with_leave_is_not_limited),
        cmocka_unit_test(a_million_announcements_of_one_peer_are_5000_P02),
        cmocka_unit_test(an_overloaded_peer_waits_longer),
        cmocka_unit_test(questions_agree_with_a_naive_model),
        cmocka_unit_test(memory_fails_at_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
