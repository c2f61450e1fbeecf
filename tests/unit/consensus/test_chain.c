/* Headers and blocks that are refused for their place in the tree of blocks: what only a chain can tell. */
#include "node/chain/chain.h"
#include "unit/node/chain/fixture.h"

static struct made made;
static struct yc_reject why;

static void expect(enum yc_verdict found, enum yc_rej code)
{
    assert_int_equal(found, yc_reject_verdict(code));
    assert_int_equal(why.code, code);
}

static enum yc_verdict submit(struct chain_world *w, enum yc_submit_flags flags)
{
    return yc_chain_submit_block(w->chain, yc_view(made.bytes, made.n), flags, 0, NULL, NULL, &why);
}

static void a_block_on_an_unknown_parent_waits(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    make_block(&w, &made, yc_chain_tip(w.chain), &(struct make_options){.extra = 1});
    made.bytes[4] ^= 1; /* the parent's hash; it is asked for before the work is looked at */
    expect(submit(&w, YC_SUBMIT_REQUESTED), YC_REJ_HEADER_PREV_NOT_FOUND);
    world_release(&w);
}

static void a_block_on_an_invalid_parent_and_that_parent_again(void **state)
{
    (void)state;
    struct chain_world w;
    const struct yc_node *bad = NULL;
    world_init(&w, 0);
    make_block(&w, &made, yc_chain_tip(w.chain), &(struct make_options){.claim_sat = 1});
    assert_int_equal(
        yc_chain_submit_block(w.chain, yc_view(made.bytes, made.n), YC_SUBMIT_REQUESTED, 0, &bad, NULL, &why),
        YC_VALID);
    world_settle(&w);
    assert_int_equal(w.failed_code, YC_REJ_BLOCK_CB_AMOUNT);
    expect(submit(&w, YC_SUBMIT_REQUESTED), YC_REJ_BLOCK_KNOWN_INVALID);
    make_block(&w, &made, bad, &(struct make_options){.extra = 1});
    expect(submit(&w, YC_SUBMIT_REQUESTED), YC_REJ_HEADER_PREV_INVALID);
    world_release(&w);
}

/* Attack: blocks of easy side branches, to fill the disk. */
static void a_block_that_nobody_asked_for_needs_work(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    grow_many(&w, genesis, 2, 1);
    world_settle(&w);
    make_block(&w, &made, genesis, &(struct make_options){.extra = 2});
    expect(submit(&w, (enum yc_submit_flags)0), YC_REJ_HEADER_LOW_WORK);
    assert_int_equal(submit(&w, YC_SUBMIT_REQUESTED), YC_VALID);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_on_an_unknown_parent_waits),
        cmocka_unit_test(a_block_on_an_invalid_parent_and_that_parent_again),
        cmocka_unit_test(a_block_that_nobody_asked_for_needs_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
