/* Searching for scripts: what scantxoutset and scanblocks share, and scanblocks, which looks through the block filters. */
#include "formats/blockfilter.h"
#include "formats/descriptor.h"
#include "node/rpc/internal.h"

#define FILTER_BYTES_MAX ((size_t)8 << 20)
#define NOTE_EVERY       64 /* blocks between looks at whether to go on */

/* ---- what is looked for ---- */

static bool take_object(struct yc_rpc_call *c, const struct yc_json *v, struct yc_rpc_needles *out)
{
    struct yc_descriptor d;
    struct yc_error err;
    const struct yc_json *text = yc_json_kind(v) == YC_JSON_OBJECT ? yc_json_member(v, "desc") : v;
    if (yc_json_kind(text) != YC_JSON_STRING) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    yc_json_kind(v) == YC_JSON_OBJECT ? "Descriptor needs to be provided in scan object"
                                                      : "Scan object needs to be either a string or an object");
        return false;
    }
    if (yc_descriptor_parse(&d, yc_chain_params_of(c->chain), yc_json_string(text), YC_DESCRIPTOR_CHECKSUM_OPTIONAL,
                            &c->arena, &err) != YC_VALID) {
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "%s", err.text);
        return false;
    }
    for (size_t i = 0; i < d.script_count; i++) {
        out->script[out->count] = d.script[i];
        out->descriptor[out->count++] = d.solvable && d.script_count == 1 ? d.text : YC_VIEW_EMPTY;
    }
    return true;
}

bool yc_rpc_needles_of(struct yc_rpc_call *c, const struct yc_json *array, struct yc_rpc_needles *out)
{
    size_t count = yc_json_count(array);
    out->count = 0;
    out->script = yc_arena_take_array(&c->arena, count * YC_DESCRIPTOR_SCRIPTS_MAX, sizeof *out->script);
    out->descriptor = yc_arena_take_array(&c->arena, count * YC_DESCRIPTOR_SCRIPTS_MAX, sizeof *out->descriptor);
    if (!out->script || !out->descriptor) {
        yc_rpc_fail_memory(c);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!take_object(c, yc_json_element(array, i), out))
            return false;
    }
    return true;
}

/* ---- one search at a time ---- */

bool yc_rpc_search_claim(struct yc_rpc_call *c, struct yc_rpc_search *s)
{
    bool idle = false;
    if (!atomic_compare_exchange_strong(&s->running, &idle, true)) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Scan already in progress, use action \"abort\" or \"status\"");
        return false;
    }
    atomic_store(&s->abort, false);
    atomic_store(&s->percent, 0);
    atomic_store(&s->height, 0);
    return true;
}

enum yc_rpc_flow yc_rpc_search_action(struct yc_rpc_call *c, struct yc_rpc_search *s, bool with_height)
{
    const char *action = yc_rpc_arg_text(c, 0, "");
    bool running = atomic_load(&s->running);
    if (strcmp(action, "abort") == 0) {
        atomic_store(&s->abort, running);
        yc_json_put_bool(&c->out, running);
        return YC_RPC_DONE;
    }
    if (strcmp(action, "status") != 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid action '%.100s'", action);
    if (running) {
        yc_json_begin_object(&c->out);
        yc_json_member_int(&c->out, "progress", atomic_load(&s->percent));
        if (with_height)
            yc_json_member_int(&c->out, "current_height", atomic_load(&s->height));
        yc_json_end_object(&c->out);
    }
    return YC_RPC_DONE;
}

/* ---- scanblocks ---- */

struct scan {
    struct yc_rpc_needles needles;
    const struct yc_node *last;
    uint32_t first_height;
    bool exact; /* a block counts only when it holds one of the scripts */
    bool claimed;
    struct yc_buf filter;
    struct yc_buf found; /* block hashes */
};

static void drop(struct yc_rpc_call *c)
{
    struct scan *s = c->state;
    if (s->claimed)
        atomic_store(&c->rpc->filter_search.running, false);
    s->claimed = false;
    yc_buf_release(&s->filter);
    yc_buf_release(&s->found);
}

static bool is_needle(const struct scan *s, struct yc_view script)
{
    for (size_t i = 0; i < s->needles.count; i++) {
        if (yc_view_equal(s->needles.script[i], script))
            return true;
    }
    return false;
}

/* Does the block make or spend a coin of one of the scripts? */
static enum yc_verdict holds(struct yc_rpc_call *c, const struct yc_node *n, bool *hit, struct yc_error *err)
{
    struct scan *s = c->state;
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_block b;
    struct yc_spent_coins spent = {NULL, 0};
    struct yc_reject why;
    const struct yc_alloc *alloc = c->rpc->env.alloc;
    *hit = false;
    enum yc_verdict v = yc_chain_read_block(c->chain, n, alloc, &raw, err);
    if (v != YC_VALID)
        return v;
    yc_arena_init(&arena, alloc, yc_block_arena_bytes(raw.n), SIZE_MAX);
    if (yc_block_parse(&b, raw, &arena, &why) != YC_VALID)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "block %u cannot be read from its file", n->height);
    if (v == YC_VALID)
        v = yc_chain_read_spent(c->chain, n, &arena, &spent, err);
    for (uint32_t t = 0; v == YC_VALID && t < b.tx_count; t++) {
        for (uint32_t i = 0; i < b.tx[t].out_count; i++)
            *hit = *hit || is_needle(s, b.tx[t].out[i].script);
    }
    for (size_t i = 0; v == YC_VALID && i < spent.count; i++)
        *hit = *hit || is_needle(s, spent.coin[i].script);
    yc_arena_release(&arena);
    yc_alloc_free(alloc, (void *)(uintptr_t)raw.p, raw.n);
    return v;
}

static enum yc_verdict look_at(struct yc_rpc_call *c, const struct yc_node *n, struct yc_error *err)
{
    struct scan *s = c->state;
    struct yc_arena scratch;
    bool hit = false;
    enum yc_verdict v = yc_index_filter(c->rpc->indexes, n, &s->filter, err);
    if (v == YC_NOT_YET)
        return YC_VALID; /* not indexed yet: as Bitcoin Core does, it is passed over */
    yc_arena_init(&scratch, c->rpc->env.alloc, 4096, YC_RPC_ARENA_MAX);
    if (v == YC_VALID)
        v = yc_blockfilter_match_any(&hit, yc_buf_view(&s->filter), &n->hash, s->needles.script, s->needles.count,
                                     &scratch, err);
    yc_arena_release(&scratch);
    if (v == YC_VALID && hit && s->exact)
        v = holds(c, n, &hit, err);
    if (v == YC_VALID && hit)
        yc_buf_append(&s->found, n->hash.b, sizeof n->hash.b);
    return v;
}

static void show_scan(struct yc_rpc_call *c, uint32_t to, bool completed)
{
    const struct scan *s = c->state;
    yc_json_begin_object(&c->out);
    yc_json_member_int(&c->out, "from_height", s->first_height);
    yc_json_member_int(&c->out, "to_height", to);
    yc_json_key(&c->out, "relevant_blocks");
    yc_json_begin_array(&c->out);
    for (size_t at = 0; at < s->found.n; at += 32)
        yc_json_put_hash(&c->out, s->found.p + at, 32);
    yc_json_end_array(&c->out);
    yc_json_member_bool(&c->out, "completed", completed);
    yc_json_end_object(&c->out);
}

static enum yc_rpc_flow scan(struct yc_rpc_call *c)
{
    struct scan *s = c->state;
    struct yc_rpc_search *search = &c->rpc->filter_search;
    struct yc_error err;
    uint32_t height = s->first_height, span = s->last->height - s->first_height;
    bool stopped = false;
    (void)yc_rpc_index_catch_up(c, YC_INDEX_FILTERS);
    for (; height <= s->last->height && !stopped; height++) {
        enum yc_verdict v = look_at(c, yc_node_ancestor(s->last, height), &err);
        if (v == YC_NOT_YET)
            return yc_rpc_fail(c, YC_RPC_MISC, "Block not available (pruned data)");
        if (v != YC_VALID)
            return yc_rpc_fail_system(c, &err);
        if (height % NOTE_EVERY)
            continue;
        atomic_store(&search->height, height);
        atomic_store(&search->percent, span ? (unsigned)((uint64_t)(height - s->first_height) * 100 / span) : 100);
        stopped = atomic_load(&search->abort) || yc_rpc_ending(c->rpc);
    }
    if (s->found.failed)
        return yc_rpc_fail_memory(c);
    if (yc_rpc_ending(c->rpc))
        return yc_rpc_fail_shutdown(c);
    show_scan(c, height - 1, !stopped);
    return YC_RPC_DONE;
}

/* The heights that are searched: both ends, in the chain. */
static bool take_span(struct yc_rpc_call *c, struct scan *s)
{
    const struct yc_node *tip = yc_chain_tip(c->chain);
    int64_t first, last;
    if (!yc_rpc_arg_int(c, 2, 0, INT32_MIN, INT32_MAX, &first) ||
        !yc_rpc_arg_int(c, 3, tip->height, INT32_MIN, INT32_MAX, &last))
        return false;
    if (first < 0 || first > tip->height) {
        yc_rpc_fail(c, YC_RPC_MISC, "Invalid start_height");
        return false;
    }
    if (last < first || last > tip->height) {
        yc_rpc_fail(c, YC_RPC_MISC, "Invalid stop_height");
        return false;
    }
    s->first_height = (uint32_t)first;
    s->last = yc_node_ancestor(tip, (uint32_t)last);
    return true;
}

static enum yc_rpc_flow start_scan(struct yc_rpc_call *c)
{
    const char *type = yc_rpc_arg_text(c, 4, "basic");
    const struct yc_json *exact = c->options[0] ? c->options[0] : yc_json_member(c->arg[5], "filter_false_positives");
    struct scan *s = yc_arena_take(&c->arena, sizeof *s);
    if (!s)
        return yc_rpc_fail_memory(c);
    memset(s, 0, sizeof *s);
    yc_buf_init(&s->filter, c->rpc->env.alloc, FILTER_BYTES_MAX);
    yc_buf_init(&s->found, c->rpc->env.alloc, YC_RPC_ANSWER_MAX);
    c->state = s;
    c->release = drop;
    s->claimed = yc_rpc_search_claim(c, &c->rpc->filter_search);
    if (!s->claimed)
        return YC_RPC_FAILED;
    if (!yc_rpc_has(c, 1))
        return yc_rpc_fail(c, YC_RPC_MISC, "scanobjects argument is required for the start action");
    if (strcmp(type, "basic") != 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Unknown filtertype");
    if (!yc_json_is_null(exact) && (!yc_rpc_expect(c, exact, YC_JSON_BOOL) || !yc_json_bool(exact, &s->exact)))
        return YC_RPC_FAILED;
    if (!yc_indexes_has(c->rpc->indexes, YC_INDEX_FILTERS))
        return yc_rpc_fail(c, YC_RPC_MISC, "Index is not enabled for filtertype %s", type);
    if (!take_span(c, s) || !yc_rpc_needles_of(c, c->arg[1], &s->needles))
        return YC_RPC_FAILED;
    return yc_rpc_go(c, YC_RPC_TO_READER, scan);
}

enum yc_rpc_flow yc_method_scanblocks(struct yc_rpc_call *c)
{
    if (strcmp(yc_rpc_arg_text(c, 0, ""), "start") == 0)
        return start_scan(c);
    return yc_rpc_search_action(c, &c->rpc->filter_search, true);
}
