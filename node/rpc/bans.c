/* Methods about who may not connect. */
#include "node/rpc/internal.h"

#define BAN_TIME_DEFAULT_S 86400

/* The end of a ban of so many seconds, 0 for -bantime's, or until a time. False: the call has failed. */
static bool ban_end(struct yc_rpc_call *c, int64_t now_s, int64_t *until_s)
{
    int64_t given;
    if (!yc_rpc_arg_int(c, 2, 0, INT64_MIN, INT64_MAX, &given))
        return false;
    if (yc_rpc_arg_bool(c, 3, false)) {
        *until_s = given;
        if (given >= now_s)
            return true;
        (void)yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Error: Absolute timestamp is in the past");
        return false;
    }
    int64_t usual_s = c->rpc->env.ban_time_s > 0 ? c->rpc->env.ban_time_s : BAN_TIME_DEFAULT_S;
    int64_t lasts_s = given > 0 ? given : usual_s;
    *until_s = lasts_s > INT64_MAX - now_s ? INT64_MAX : now_s + lasts_s;
    return true;
}

static enum yc_rpc_flow add_ban(struct yc_rpc_call *c, const struct yc_subnet *n, bool address)
{
    struct yc_error err;
    int64_t until_s;
    if (!ban_end(c, yc_wall_s(c->rpc->env.clock), &until_s))
        return YC_RPC_FAILED;
    enum yc_verdict v = yc_core_ban(c->core, n, address, until_s, &err);
    if (v == YC_POLICY)
        return yc_rpc_fail(c, YC_RPC_NODE_ALREADY_ADDED, "%s", err.text);
    return v == YC_VALID ? YC_RPC_DONE : yc_rpc_fail_system(c, &err);
}

enum yc_rpc_flow yc_method_setban(struct yc_rpc_call *c)
{
    const char *subnet = yc_rpc_arg_text(c, 0, ""), *command = yc_rpc_arg_text(c, 1, "");
    bool add = strcmp(command, "add") == 0;
    struct yc_subnet n;
    if (!add && strcmp(command, "remove") != 0)
        return yc_rpc_fail_help(c);
    if (!yc_subnet_parse(&n, subnet))
        return yc_rpc_fail(c, YC_RPC_CLIENT_INVALID_IP, "Error: Invalid IP/Subnet");
    if (add)
        return add_ban(c, &n, !strchr(subnet, '/'));
    if (!yc_core_unban(c->core, &n))
        return yc_rpc_fail(c, YC_RPC_CLIENT_INVALID_IP,
                           "Error: Unban failed. Requested address/subnet was not previously manually banned.");
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_listbanned(struct yc_rpc_call *c)
{
    const struct yc_bans *b = yc_core_bans(c->core);
    int64_t now_s = yc_wall_s(c->rpc->env.clock);
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < b->count; i++) {
        const struct yc_ban *ban = yc_bans_at(b, i);
        char text[YC_SUBNET_TEXT_MAX];
        yc_subnet_print(text, &ban->subnet);
        yc_json_begin_object(&c->out);
        yc_json_member_text(&c->out, "address", text);
        yc_json_member_int(&c->out, "ban_created", ban->created_s);
        yc_json_member_int(&c->out, "banned_until", ban->until_s);
        yc_json_member_int(&c->out, "ban_duration", ban->until_s - ban->created_s);
        yc_json_member_int(&c->out, "time_remaining", ban->until_s - now_s);
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_clearbanned(struct yc_rpc_call *c)
{
    yc_core_clear_bans(c->core);
    return YC_RPC_DONE;
}
