/* Methods about the server itself. */
#include "node/rpc/internal.h"
#include "sys/log_sink.h"

enum yc_rpc_flow yc_method_uptime(struct yc_rpc_call *c)
{
    const struct yc_rpc_env *env = &c->rpc->env;
    yc_json_put_int(&c->out, (yc_mono_us(env->clock) - env->start_mono_us) / 1000000);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_stop(struct yc_rpc_call *c)
{
    c->rpc->env.stop(c->rpc->env.ctx);
    yc_json_put_text(&c->out, "YCoin stopping");
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_echo(struct yc_rpc_call *c)
{
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < c->arg_count; i++) {
        struct yc_buf text;
        yc_buf_init(&text, c->rpc->env.alloc, YC_RPC_ANSWER_MAX);
        yc_json_print(c->arg[i], 0, &text);
        if (text.failed || !c->arg[i])
            yc_json_put_null(&c->out);
        else
            yc_json_put_raw(&c->out, yc_buf_view(&text));
        yc_buf_release(&text);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_echojson(struct yc_rpc_call *c)
{
    return yc_method_echo(c);
}

enum yc_rpc_flow yc_method_getrpcinfo(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    int64_t now = yc_mono_us(r->env.clock);
    yc_json_begin_object(&c->out);
    yc_json_key(&c->out, "active_commands");
    yc_json_begin_array(&c->out);
    yc_mutex_lock(&r->lock);
    for (const struct yc_rpc_call *a = r->active; a; a = a->next_active) {
        yc_json_begin_object(&c->out);
        yc_json_member_text(&c->out, "method", a->method->name);
        yc_json_member_int(&c->out, "duration", now - a->began_us);
        yc_json_end_object(&c->out);
    }
    yc_mutex_unlock(&r->lock);
    yc_json_end_array(&c->out);
    yc_json_key(&c->out, "logpath");
    yc_json_put_textf(&c->out, "%s/debug.log", r->env.chain_dir ? r->env.chain_dir : "");
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* No memory is locked: the node holds no secrets. */
enum yc_rpc_flow yc_method_getmemoryinfo(struct yc_rpc_call *c)
{
    static const char *const zero[] = {"used", "free", "total", "locked", "chunks_used", "chunks_free"};
    const char *mode = yc_rpc_arg_text(c, 0, "stats");
    if (strcmp(mode, "mallocinfo") == 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "mallocinfo mode not available");
    if (strcmp(mode, "stats") != 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "unknown mode %.100s", mode);
    yc_json_begin_object(&c->out);
    yc_json_key(&c->out, "locked");
    yc_json_begin_object(&c->out);
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        yc_json_member_int(&c->out, zero[i], 0);
    yc_json_end_object(&c->out);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* The bits of the categories in a list; false when yc_rpc_fail() was called. */
static bool categories(struct yc_rpc_call *c, const struct yc_json *list, uint32_t *mask)
{
    *mask = 0;
    for (size_t i = 0; i < yc_json_count(list); i++) {
        uint32_t one = 0;
        const char *name = yc_json_text(yc_json_element(list, i));
        if (!yc_rpc_expect(c, yc_json_element(list, i), YC_JSON_STRING))
            return false;
        if (!name || !yc_log_category_parse(name, &one)) {
            yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "unknown logging category %.100s", name ? name : "");
            return false;
        }
        *mask |= one;
    }
    return true;
}

enum yc_rpc_flow yc_method_logging(struct yc_rpc_call *c)
{
    const struct yc_rpc_env *env = &c->rpc->env;
    uint32_t on, off, now, bit;
    const char *name;
    if (!env->log_categories)
        return yc_rpc_fail(c, YC_RPC_MISC, "This process has no log to switch");
    if (!categories(c, c->arg[0], &on) || !categories(c, c->arg[1], &off))
        return YC_RPC_FAILED;
    now = env->log_categories(env->ctx, on, off);
    yc_json_begin_object(&c->out);
    for (size_t i = 0; (name = yc_log_category_at(i, &bit)); i++)
        yc_json_member_bool(&c->out, name, (now & bit) != 0);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_setmocktime(struct yc_rpc_call *c)
{
    int64_t time_s;
    const struct yc_chain_params *params = c->chain ? yc_chain_params_of(c->chain) : NULL;
    if (params && !params->test_chain)
        return yc_rpc_fail(c, YC_RPC_MISC, "setmocktime is for regression testing (-regtest mode) only");
    if (!yc_rpc_arg_int(c, 0, 0, INT64_MIN, INT64_MAX, &time_s))
        return YC_RPC_FAILED;
    if (time_s < 0 || time_s > UINT32_MAX)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Mocktime must be in the range [0, 4294967295], not %lld.",
                           (long long)time_s);
    c->rpc->env.set_mock_time(c->rpc->env.ctx, time_s);
    return YC_RPC_DONE;
}

/* The chain is at rest when this runs: every event has been delivered. */
enum yc_rpc_flow yc_method_syncwithvalidationinterfacequeue(struct yc_rpc_call *c)
{
    bool settled = yc_chain_settled(c->chain) && yc_rpc_indexes_follow(c->rpc, yc_chain_tip(c->chain));
    return settled ? YC_RPC_DONE : yc_rpc_go(c, YC_RPC_RETRY, yc_method_syncwithvalidationinterfacequeue);
}
