/* Checking stored blocks again (verifychain, -checkblocks, -checklevel): from the tip down they are read, checked, their
 * undo data read, and taken off a second set of coins; then put on it again with all their scripts. That set lies in
 * memory above the store, which is left as it is: no flush begins while it is in use. */
#include "base/assert.h"
#include "node/chain/internal.h"

/* Script checks of one step: about 5 ms on one core. */
#define CHECKS_PER_STEP 96

#define TELL_EVERY_US INT64_C(10000000)

struct yc_verify {
    struct yc_chain_verify told;
    uint32_t level;
    uint32_t blocks;     /* asked for; 0: all */
    struct yc_node *top; /* where it began */
    struct yc_node *at;  /* the next to be looked at on the way down */
    uint32_t left;       /* so many are to be looked at */
    bool no_coins;       /* the coins stay where they are: memory or undo data is missing */
    struct yc_coins_cache *coins;
    struct yc_node *coins_at; /* the block that they are the state after */
    struct yc_loaded *loaded; /* on the way up: the block whose scripts are being run */
    struct yc_script_machine *machine;
    struct yc_script_check *checks;
    size_t count, cap, next;
    uint32_t percent_told;
    struct yc_meter meter;
};

static void verify_release(struct yc_chain *c, struct yc_verify *v)
{
    yc_loaded_free(c, v->loaded);
    yc_coins_close(v->coins);
    yc_script_machine_free(v->machine);
    yc_alloc_free(c->alloc, v->checks, v->cap * sizeof *v->checks);
    v->loaded = NULL;
    v->coins = NULL;
    v->machine = NULL;
    v->checks = NULL;
    v->count = v->cap = v->next = 0;
}

void yc_verify_free(struct yc_chain *c)
{
    if (!c->verify)
        return;
    verify_release(c, c->verify);
    yc_alloc_free(c->alloc, c->verify, sizeof *c->verify);
    c->verify = NULL;
}

bool yc_verify_running(const struct yc_chain *c)
{
    return c->verify && c->verify->told.state == YC_VERIFY_RUNNING;
}

bool yc_verify_holds_store(const struct yc_chain *c)
{
    return yc_verify_running(c) && c->verify->coins;
}

struct yc_chain_verify yc_chain_verify_state(const struct yc_chain *c)
{
    return c->verify ? c->verify->told : (struct yc_chain_verify){.state = YC_VERIFY_NONE};
}

enum yc_verdict yc_chain_verify_begin(struct yc_chain *c, uint32_t level, uint32_t blocks, struct yc_error *err)
{
    if (yc_verify_running(c))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "the chain is being verified already: try again when that is done");
    yc_verify_free(c);
    c->verify = yc_alloc_new(c->alloc, sizeof *c->verify);
    if (!c->verify)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to verify the chain");
    struct yc_verify *v = c->verify;
    memset(v, 0, sizeof *v);
    v->level = level < YC_VERIFY_LEVEL_MAX ? level : YC_VERIFY_LEVEL_MAX;
    v->blocks = blocks;
    v->told.state = YC_VERIFY_RUNNING;
    return YC_VALID;
}

static struct yc_work_done verified(const struct yc_verify *v)
{
    const struct yc_node *n = v->left > 0 || !v->coins_at ? v->at : v->coins_at;
    return (struct yc_work_done){
        .height = n->height, .blocks = v->told.done, .done = v->told.done, .total = v->told.total};
}

static void tell_progress(struct yc_chain *c, struct yc_verify *v)
{
    int64_t now_us = yc_mono_us(c->config.clock);
    if (yc_meter_due(&v->meter, now_us)) {
        char text[YC_METER_TEXT];
        struct yc_work_done w = verified(v);
        yc_meter_text(&v->meter, text, now_us, &w);
        yc_log_info(c->config.log, "Verifying blocks: %s", text);
    }
    uint32_t percent = (uint32_t)((uint64_t)v->told.done * 100 / (v->told.total ? v->told.total : 1));
    if (percent < v->percent_told + 10)
        return;
    v->percent_told = percent;
    yc_log_info(c->config.log, "Verification progress: %u%%", percent);
}

static enum yc_verdict verify_end(struct yc_chain *c, struct yc_verify *v, enum yc_chain_verify_kind state)
{
    v->told.state = state;
    verify_release(c, v);
    if (state == YC_VERIFY_PASSED)
        yc_log_info(c->config.log, "Verification: the last %u blocks were found in order at level %u",
                    v->top->height - v->at->height, v->level);
    else if (state == YC_VERIFY_SKIPPED)
        yc_log_warning(c->config.log, "Verification: a part of it was passed over: %s", v->told.err.text);
    else
        yc_log_error(c->config.log, "Verification failed: %s", v->told.err.text);
    return YC_VALID;
}

/* A failure of ours, which says nothing about the blocks, ends the verification as much as a finding does. */
static enum yc_verdict verify_failed(struct yc_chain *c, struct yc_verify *v, const struct yc_error *err)
{
    v->told.err = *err;
    return verify_end(c, v, YC_VERIFY_FAILED);
}

static void note_skipped(struct yc_verify *v, const char *what)
{
    v->no_coins = true;
    (void)yc_fail(&v->told.err, YC_NOT_YET, YC_SYSTEM_NONE, "%s", what);
}

/* The coins are those of the store, and stay so while they are in use. */
static enum yc_verdict open_coins(struct yc_chain *c, struct yc_verify *v, struct yc_error *err)
{
    struct yc_coins_options o = {.alloc = c->alloc, .kv = c->active->kv, .genesis = c->config.params->genesis.hash};
    yc_random_fill(c->config.random, &o.seed, sizeof o.seed);
    enum yc_verdict verdict = yc_coins_open(&v->coins, &o, err);
    if (verdict == YC_VALID && v->level >= 4) {
        v->machine = yc_script_machine_new(c->alloc);
        if (!v->machine)
            verdict = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to verify scripts");
    }
    return verdict;
}

/* YC_NOT_YET: the coins have to be flushed first, which the chain does next. */
static enum yc_verdict verify_start(struct yc_chain *c, struct yc_verify *v)
{
    struct yc_error err;
    struct yc_block_hash stored = yc_coins_stored_best(c->active->coins);
    if (v->level >= 3 && !yc_block_hash_equal(&stored, &c->active->tip->hash)) {
        c->active->flush_wanted = true;
        return YC_NOT_YET;
    }
    if (v->level >= 3 && open_coins(c, v, &err) != YC_VALID)
        return verify_failed(c, v, &err);
    v->top = v->at = v->coins_at = c->active->tip;
    v->left = v->blocks == 0 || v->blocks > c->active->tip->height ? c->active->tip->height : v->blocks;
    v->told.total = v->left * (v->level >= 4 ? 2 : 1);
    struct yc_work_done w = verified(v);
    yc_meter_begin(&v->meter, yc_mono_us(c->config.clock), TELL_EVERY_US, &w);
    yc_log_info(c->config.log, "Verifying last %u blocks at level %u", v->left, v->level);
    return YC_VALID;
}

/* Read the body from the disk: the one in memory is not the one to be verified. */
static enum yc_verdict read_again(struct yc_chain *c, struct yc_node *n, struct yc_loaded **out, struct yc_error *err)
{
    struct yc_view raw;
    struct yc_reject why;
    int64_t begun_us = yc_mono_us(c->config.clock);
    enum yc_verdict verdict = yc_chain_read_block(c, n, c->alloc, &raw, err);
    yc_meter_waited(&c->verify->meter, YC_WAITED_DISK, yc_mono_us(c->config.clock) - begun_us);
    if (verdict != YC_VALID)
        return verdict;
    verdict = yc_loaded_new(c, out, raw, &why);
    yc_alloc_free(c->alloc, (void *)(uintptr_t)raw.p, raw.n);
    if (verdict == YC_SYSTEM)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to verify block %u", n->height);
    if (verdict == YC_VALID && yc_block_hash_equal(&(*out)->body.block.hash, &n->hash)) {
        (*out)->node = n;
        return YC_VALID;
    }
    yc_loaded_free(c, *out);
    *out = NULL;
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "blk%05u.dat does not hold block %u where the index says; restart with -reindex",
                   n->stored->data.file, n->height);
}

static enum yc_verdict broken_rule(const struct yc_node *n, const struct yc_reject *why, struct yc_error *err)
{
    char text[192];
    if (why->code == YC_REJ_NONE)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to verify block %u", n->height);
    yc_reject_text(text, sizeof text, why);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "block %u of the chain breaks a rule: %s; restart with -reindex to check all blocks again",
                   n->height, text);
}

static enum yc_verdict take_off(struct yc_chain *c, struct yc_verify *v, struct yc_loaded *l, struct yc_error *err)
{
    yc_coins_block_begin(v->coins, &l->arena);
    enum yc_verdict verdict = yc_coins_block_disconnect(v->coins, &l->body.block, l->node->height, &l->body.spent,
                                                        yc_undo_of(c, l->node), err);
    if (verdict != YC_VALID) {
        yc_coins_block_rollback(v->coins);
        return verdict;
    }
    yc_coins_block_commit(v->coins, &l->node->parent->hash);
    v->coins_at = l->node->parent;
    if (yc_coins_usage(v->coins).bytes > c->active->cache_bytes)
        note_skipped(v,
                     "the coins of so many blocks need more memory than -dbcache allows: give a larger one, or fewer "
                     "blocks");
    return YC_VALID;
}

/* Levels 0 to 3 for one block. */
static enum yc_verdict look_at(struct yc_chain *c, struct yc_verify *v, struct yc_loaded *l, struct yc_error *err)
{
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_node *n = l->node;
    if (v->level >= 1 && yc_check_body(c->config.params, l, n, &why) != YC_VALID)
        return broken_rule(n, &why, err);
    if (v->level < 2)
        return YC_VALID;
    enum yc_verdict verdict = yc_loaded_spent(c, l, err);
    if (verdict == YC_NOT_YET) {
        note_skipped(v, "the undo data of some blocks is not here");
        return YC_VALID;
    }
    return verdict == YC_VALID && v->level >= 3 && !v->no_coins ? take_off(c, v, l, err) : verdict;
}

static enum yc_verdict go_down(struct yc_chain *c, struct yc_verify *v)
{
    struct yc_error err;
    struct yc_loaded *l = NULL;
    if (!(v->at->status & YC_BLOCK_HAVE_DATA)) { /* pruned, and so is what lies below */
        yc_log_info(c->config.log, "Block verification stopping at height %u (no data): it %s", v->at->height,
                    v->at->status & YC_BLOCK_PRUNED ? "was pruned" : "lies below a snapshot and is not here yet");
        note_skipped(v, "older blocks are not here any more");
        v->left = 0;
        return YC_VALID;
    }
    enum yc_verdict verdict = read_again(c, v->at, &l, &err);
    if (verdict == YC_VALID)
        verdict = look_at(c, v, l, &err);
    yc_loaded_free(c, l);
    if (verdict != YC_VALID)
        return verify_failed(c, v, &err);
    v->at = v->at->parent;
    v->left--;
    v->told.done++;
    if (v->left == 0 && v->level >= 4)
        v->told.total = v->told.done + (v->top->height - v->coins_at->height);
    tell_progress(c, v);
    return YC_VALID;
}

/* ---- level 4 ---- */

struct checks_of {
    struct yc_chain *c;
    struct yc_verify *v;
};

static enum yc_verdict take_check(void *ctx, const struct yc_script_check *check)
{
    struct checks_of *k = ctx;
    struct yc_verify *v = k->v;
    if (v->count == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 256;
        void *p = yc_alloc_resize(k->c->alloc, v->checks, v->cap * sizeof *v->checks, cap * sizeof *v->checks);
        if (!p)
            return YC_SYSTEM;
        v->checks = p;
        v->cap = cap;
    }
    v->checks[v->count++] = *check;
    return YC_VALID;
}

static enum yc_verdict put_on_begin(struct yc_chain *c, struct yc_verify *v, struct yc_error *err)
{
    struct yc_node *n = (struct yc_node *)(uintptr_t)yc_node_ancestor(v->top, v->coins_at->height + 1);
    enum yc_verdict verdict = read_again(c, n, &v->loaded, err);
    if (verdict != YC_VALID)
        return verdict;
    struct checks_of k = {c, v};
    struct yc_script_sink sink = {take_check, &k};
    struct yc_ancestors a = yc_node_ancestors(n->parent);
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_connect connect = {.params = c->config.params,
                                 .hash = &n->hash,
                                 .height = n->height,
                                 .ancestors = &a,
                                 .coins = yc_coins_view(v->coins),
                                 .scripts = &sink,
                                 .arena = &v->loaded->arena};
    v->count = v->next = 0;
    yc_coins_block_begin(v->coins, &v->loaded->arena);
    verdict = yc_block_connect(&v->loaded->body.block, &connect, &v->loaded->body.spent, NULL, &why);
    if (verdict == YC_VALID)
        return YC_VALID;
    const struct yc_error *coins = yc_coins_error(v->coins);
    if (verdict == YC_SYSTEM && coins && coins->which != YC_SYSTEM_NONE) {
        *err = *coins;
        return YC_SYSTEM;
    }
    return broken_rule(n, &why, err);
}

static enum yc_verdict run_checks(struct yc_verify *v, struct yc_error *err)
{
    struct yc_reject why = {.code = YC_REJ_NONE};
    for (size_t i = 0; i < CHECKS_PER_STEP && v->next < v->count; i++, v->next++) {
        if (yc_script_check_run(&v->checks[v->next], v->machine, yc_checker_now(), &why) != YC_VALID)
            return broken_rule(v->loaded->node, &why, err);
    }
    return YC_VALID;
}

static enum yc_verdict go_up(struct yc_chain *c, struct yc_verify *v)
{
    struct yc_error err;
    enum yc_verdict verdict = v->loaded ? run_checks(v, &err) : put_on_begin(c, v, &err);
    if (verdict != YC_VALID)
        return verify_failed(c, v, &err);
    if (v->next < v->count)
        return YC_VALID;
    yc_coins_block_commit(v->coins, &v->loaded->node->hash);
    v->coins_at = v->loaded->node;
    yc_loaded_free(c, v->loaded);
    v->loaded = NULL;
    v->told.done++;
    tell_progress(c, v);
    return YC_VALID;
}

enum yc_verdict yc_verify_go_on(struct yc_chain *c)
{
    struct yc_verify *v = c->verify;
    YC_ASSERT(yc_verify_running(c));
    if (!v->top)
        return verify_start(c, v);
    if (v->left > 0)
        return go_down(c, v);
    if (v->level >= 4 && v->coins_at != v->top)
        return go_up(c, v);
    return verify_end(c, v, v->no_coins ? YC_VERIFY_SKIPPED : YC_VERIFY_PASSED);
}
