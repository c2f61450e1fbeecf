/* Each promise that a simulated network is asked for is broken here on purpose: the run must fail, and say which it was. A
 * network of four to which nothing is done passes, so that the sabotage is what fails it. */
#include "sim/checks.h"
#include "sim/fleet.h"
#include "sim/internal.h"
#include "support/unit.h"

#define SEED 5

static const struct sim_plan small = {.nodes = 4,
                                      .hours = 1,
                                      .act_every_us = 20 * SIM_MINUTE_US,
                                      .pay_every_us = 2 * SIM_MINUTE_US,
                                      .world = {.latency_us = 20000, .jitter_us = 20000}};

static void on_done(void *ctx, size_t k)
{
    (void)ctx;
    assert_int_equal(k, 0);
}

/* Play it; NULL when it passed, else why it did not. In a process of its own: what fails releases nothing. */
static const char *why_not(const struct sim_scenario *s)
{
    static struct sim_result result;
    struct sim_wish wish = {.scenario = s, .seed = SEED};
    assert_true(sim_fleet_play(&wish, 1, 1, &result, on_done, NULL));
    return result.failed ? result.why : NULL;
}

static void expect_failure(const struct sim_scenario *s, const char *part)
{
    const char *why = why_not(s);
    assert_non_null(why);
    if (!strstr(why, part))
        print_message("it says: %s\n", why);
    assert_non_null(strstr(why, part));
}

static struct yc_core *core_of(struct sim_run *r, unsigned i)
{
    return r->s.node[i].core;
}

static void nothing_done_passes(void **state)
{
    struct sim_scenario s = {.name = "peace", .plan = small};
    (void)state;
    assert_null(why_not(&s));
}

/* --- all tips equal within the bound --- */

static void strangers_do_not_agree(void **state)
{
    struct sim_scenario s = {.name = "strangers", .plan = small};
    (void)state;
    s.plan.no_introductions = true;
    expect_failure(&s, "does not agree within");
}

/* --- no honest block marked --- */

/* The chain itself never does that to a block that is on it: the mark is put there behind its back. */
static void mark_honest(struct sim_run *r)
{
    const struct yc_node *tip = yc_chain_tip(yc_core_chain(core_of(r, 1)));
    assert_non_null(yc_map_get(&r->honest, tip->hash.b));
    ((struct yc_node *)(uintptr_t)tip)->status |= YC_BLOCK_FAILED;
}

static void a_marked_honest_block_is_seen(void **state)
{
    struct sim_scenario s = {.name = "marks", .plan = small, .heal = mark_honest};
    (void)state;
    expect_failure(&s, "marks the block");
}

/* --- nothing acknowledged is lost --- */

static void forget_shown(struct sim_run *r)
{
    memset(r->shown[2].b, 0xff, sizeof r->shown[2].b); /* as if it had shown another block, which it now lacks */
}

static void a_lost_block_is_seen(void **state)
{
    struct sim_scenario s = {.name = "lost", .plan = small, .act = forget_shown};
    (void)state;
    s.plan.act_every_us = SIM_MINUTE_US;
    expect_failure(&s, "lost a block that it had shown");
}

static void show_more_work(struct sim_run *r)
{
    r->shown_work[2] += 1000;
}

static void a_tip_of_less_work_is_seen(void **state)
{
    struct sim_scenario s = {.name = "less-work", .plan = small, .act = show_more_work};
    (void)state;
    s.plan.act_every_us = SIM_MINUTE_US;
    expect_failure(&s, "less work than before");
}

/* --- the same coins everywhere, as many as the schedule says --- */

static void change_schedule(struct sim_run *r)
{
    r->params.subsidy_initial_sat--; /* all that was mined before followed another */
}

static void coins_beside_the_schedule_are_seen(void **state)
{
    struct sim_scenario s = {.name = "inflation", .plan = small, .heal = change_schedule};
    (void)state;
    expect_failure(&s, "the schedule says");
}

/* One coin of a node that is switched off disappears from its disk. */
static void lose_a_coin(struct sim_run *r)
{
    struct sim_node *n = &r->s.node[3];
    const struct yc_kv *kv = yc_kv_memory_kv(n->coins_kv);
    struct yc_kv_cursor *cursor;
    struct yc_kv_batch batch;
    struct yc_view key, value;
    struct yc_error err;
    sim_stop(&r->s, 3);
    yc_kv_batch_init(&batch, yc_heap(), 65536);
    assert_int_equal(kv->cursor_open(kv->ctx, &cursor, YC_VIEW_EMPTY, &err), YC_VALID);
    while (batch.count == 0 && kv->cursor_next(kv->ctx, cursor, &key, &value, &err) == YC_VALID)
        if (key.n > 32) /* a transaction's id and more */
            yc_kv_batch_delete(&batch, key);
    kv->cursor_close(kv->ctx, cursor);
    assert_int_equal(batch.count, 1);
    assert_int_equal(kv->write(kv->ctx, &batch, true, &err), YC_VALID);
    yc_kv_batch_release(&batch);
    sim_start(&r->s, 3);
}

static void a_lost_coin_is_seen(void **state)
{
    struct sim_scenario s = {.name = "lost-coin", .plan = small, .heal = lose_a_coin};
    (void)state;
    s.plan.pay_every_us = 0;
    expect_failure(&s, "the schedule says");
    s.plan.pay_every_us = small.pay_every_us; /* here it is one that is spent before the end */
    expect_failure(&s, "invalid that an honest node made");
}

/* --- no honest peer banned --- */

static void ban_a_stranger(struct sim_run *r)
{
    struct yc_error err;
    struct yc_subnet n = {.bits = 128};
    memcpy(n.host32, yc_netaddr_ipv4(9, 9, 9, 9, 1).host32, sizeof n.host32);
    assert_int_equal(yc_core_ban(core_of(r, 0), &n, true, INT64_C(1) << 40, &err), YC_VALID);
}

static void a_ban_is_seen(void **state)
{
    struct sim_scenario s = {.name = "ban", .plan = small, .heal = ban_a_stranger};
    (void)state;
    expect_failure(&s, "banned somebody");
}

static void discourage_honest(struct sim_run *r)
{
    yc_bans_discourage((struct yc_bans *)(uintptr_t)yc_core_bans(core_of(r, 0)), &r->s.node[1].addr);
}

static void a_discouraged_honest_peer_is_seen(void **state)
{
    struct sim_scenario s = {.name = "discouraged", .plan = small, .heal = discourage_honest};
    (void)state;
    expect_failure(&s, "discourages node 1, which is honest");
}

/* --- bounds on memory --- */

static void too_much_memory_is_seen(void **state)
{
    struct sim_scenario s = {.name = "memory", .plan = small};
    (void)state;
    s.plan.world.node_bytes_max = (size_t)3 << 20;
    assert_non_null(why_not(&s));
}

/* --- what the scenario itself expects --- */

static void expect_the_impossible(struct sim_run *r)
{
    sim_fail(&r->s, "the scenario's own word");
}

static void a_scenario_is_heard(void **state)
{
    struct sim_scenario s = {.name = "own", .plan = small, .expect = expect_the_impossible};
    (void)state;
    expect_failure(&s, "the scenario's own word");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_done_passes),
        cmocka_unit_test(strangers_do_not_agree),
        cmocka_unit_test(a_marked_honest_block_is_seen),
        cmocka_unit_test(a_lost_block_is_seen),
        cmocka_unit_test(a_tip_of_less_work_is_seen),
        cmocka_unit_test(coins_beside_the_schedule_are_seen),
        cmocka_unit_test(a_lost_coin_is_seen),
        cmocka_unit_test(a_ban_is_seen),
        cmocka_unit_test(a_discouraged_honest_peer_is_seen),
        cmocka_unit_test(too_much_memory_is_seen),
        cmocka_unit_test(a_scenario_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
