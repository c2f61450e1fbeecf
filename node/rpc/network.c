/* Methods about the P2P network. */
#include <stdio.h>
#include <stdlib.h>

#include "net/addr/netgroup.h"
#include "node/rpc/internal.h"

#define RPC_VERSION 310000 /* on Bitcoin Core's scale: clients ask for a least one */

enum yc_rpc_flow yc_method_getconnectioncount(struct yc_rpc_call *c)
{
    uint32_t in, out;
    yc_core_connections(c->core, &in, &out);
    yc_json_put_int(&c->out, (int64_t)in + out);
    return YC_RPC_DONE;
}

/* In kilobytes a second, 0 for no limit, as setratelimit takes them. */
static void show_rates(struct yc_rpc_call *c, const char *key, const struct yc_core_bandwidth *b)
{
    if (key)
        yc_json_key(&c->out, key);
    yc_json_begin_object(&c->out);
    yc_json_member_int(&c->out, "upload", b->upload_bytes_per_s / 1000);
    yc_json_member_int(&c->out, "download", b->download_bytes_per_s / 1000);
    yc_json_end_object(&c->out);
}

enum yc_rpc_flow yc_method_setratelimit(struct yc_rpc_call *c)
{
    struct yc_core_bandwidth b = yc_core_bandwidth_of(c->core);
    int64_t up, down;
    if (!yc_rpc_arg_int(c, 0, b.upload_bytes_per_s / 1000, 0, YC_RATE_MAX / 1000, &up) ||
        !yc_rpc_arg_int(c, 1, b.download_bytes_per_s / 1000, 0, YC_RATE_MAX / 1000, &down))
        return YC_RPC_FAILED;
    yc_core_set_rates(c->core, up * 1000, down * 1000);
    b = yc_core_bandwidth_of(c->core);
    show_rates(c, NULL, &b);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getnettotals(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    struct yc_core_bandwidth b = yc_core_bandwidth_of(c->core);
    uint64_t received, sent;
    yc_core_net_totals(c->core, &received, &sent);
    yc_json_begin_object(j);
    yc_json_member_u64(j, "totalbytesrecv", received);
    yc_json_member_u64(j, "totalbytessent", sent);
    yc_json_member_int(j, "timemillis", yc_wall_s(c->rpc->env.clock) * 1000);
    yc_json_key(j, "uploadtarget");
    yc_json_begin_object(j);
    yc_json_member_int(j, "timeframe", YC_UPLOAD_CYCLE_S);
    yc_json_member_u64(j, "target", b.target_bytes);
    yc_json_member_bool(j, "target_reached", b.reached);
    yc_json_member_bool(j, "serve_historical_blocks", b.serves_old);
    yc_json_member_u64(j, "bytes_left_in_cycle", b.left_bytes);
    yc_json_member_int(j, "time_left_in_cycle", b.left_s);
    yc_json_end_object(j);
    show_rates(c, "ratelimit", &b);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

static void show_services(struct yc_rpc_call *c, uint64_t services, const char *key, const char *names_key)
{
    static const struct {
        unsigned bit;
        const char *name;
    } known[] = {{0, "NETWORK"},          {2, "BLOOM"},  {3, "WITNESS"}, {6, "COMPACT_FILTERS"},
                 {10, "NETWORK_LIMITED"}, {11, "P2P_V2"}};
    yc_json_key(&c->out, key);
    yc_json_put_textf(&c->out, "%016llx", (unsigned long long)services);
    yc_json_key(&c->out, names_key);
    yc_json_begin_array(&c->out);
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = NULL;
        if (!(services >> bit & 1))
            continue;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            name = known[i].bit == bit ? known[i].name : name;
        if (name)
            yc_json_put_text(&c->out, name);
        else
            yc_json_put_textf(&c->out, "UNKNOWN[2^%u]", bit);
    }
    yc_json_end_array(&c->out);
}

static void show_networks(struct yc_rpc_call *c)
{
    static const enum yc_addr_network order[] = {YC_NET_IPV4, YC_NET_IPV6, YC_NET_TORV3, YC_NET_I2P, YC_NET_CJDNS};
    const struct yc_core_config *config = yc_core_config_of(c->core);
    uint32_t networks = config->networks;
    yc_json_key(&c->out, "networks");
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        bool reachable = networks == 0 || (networks >> order[i] & 1);
        yc_json_begin_object(&c->out);
        yc_json_member_text(&c->out, "name", yc_network_name(order[i]));
        yc_json_member_bool(&c->out, "limited", !reachable);
        yc_json_member_bool(&c->out, "reachable", reachable);
        const char *proxy = config->proxy[order[i]];
        yc_json_member_text(&c->out, "proxy", proxy ? proxy : "");
        yc_json_member_bool(&c->out, "proxy_randomize_credentials", proxy && config->proxy_randomize);
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
}

static void show_local_addresses(struct yc_rpc_call *c)
{
    struct yc_netaddr local[16];
    size_t count = yc_core_local_addresses(c->core, local, 16);
    yc_json_key(&c->out, "localaddresses");
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++) {
        char ip[YC_NETADDR_HOST_TEXT_MAX];
        yc_netaddr_print_host(ip, &local[i]);
        yc_json_begin_object(&c->out);
        yc_json_member_text(&c->out, "address", ip);
        yc_json_member_int(&c->out, "port", local[i].port);
        yc_json_member_int(&c->out, "score", 1);
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
}

enum yc_rpc_flow yc_method_getnetworkinfo(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    const struct yc_core_config *config = yc_core_config_of(c->core);
    uint32_t in, out;
    yc_core_connections(c->core, &in, &out);
    yc_json_begin_object(j);
    yc_json_member_int(j, "version", RPC_VERSION);
    yc_json_member_text(j, "subversion", config->user_agent);
    yc_json_member_int(j, "protocolversion", YC_PROTOCOL_VERSION);
    show_services(c, yc_core_services(c->core), "localservices", "localservicesnames");
    yc_json_member_bool(j, "localrelay", config->relay_txs);
    yc_json_member_int(j, "timeoffset", 0);
    yc_json_member_bool(j, "networkactive", yc_core_network_active(c->core));
    yc_json_member_int(j, "connections", (int64_t)in + out);
    yc_json_member_int(j, "connections_in", in);
    yc_json_member_int(j, "connections_out", out);
    show_networks(c);
    yc_json_member_amount(j, "relayfee", config->pool.min_relay_sat_per_kvb);
    yc_json_member_amount(j, "incrementalfee", config->pool.incremental_sat_per_kvb);
    show_local_addresses(c);
    yc_rpc_show_warnings(c);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

/* ---- peers ---- */

static void one_message(void *ctx, const char *name, uint64_t bytes)
{
    struct yc_rpc_call *c = ctx;
    if (bytes)
        yc_json_member_u64(&c->out, name, bytes);
}

static void show_messages(struct yc_rpc_call *c, const struct yc_core_peer *p, const char *key, bool sent)
{
    yc_json_key(&c->out, key);
    yc_json_begin_object(&c->out);
    yc_core_peer_messages(c->core, p->id, sent, one_message, c);
    yc_json_end_object(&c->out);
}

static void show_times(struct yc_rpc_call *c, const struct yc_core_peer *p)
{
    struct yc_json_out *j = &c->out;
    yc_json_member_int(j, "lastsend", p->last_send_s);
    yc_json_member_int(j, "lastrecv", p->last_recv_s);
    yc_json_member_int(j, "last_transaction", p->last_tx_s);
    yc_json_member_int(j, "last_block", p->last_block_s);
    yc_json_member_u64(j, "bytessent", p->bytes_sent);
    yc_json_member_u64(j, "bytesrecv", p->bytes_received);
    yc_json_member_int(j, "conntime", p->connected_s);
    yc_json_member_int(j, "timeoffset", p->time_offset_s);
    if (p->ping_us > 0)
        yc_json_member_double(j, "pingtime", (double)p->ping_us / 1e6);
    if (p->ping_min_us >= 0)
        yc_json_member_double(j, "minping", (double)p->ping_min_us / 1e6);
    if (p->ping_wait_us > 0)
        yc_json_member_double(j, "pingwait", (double)p->ping_wait_us / 1e6);
}

static void one_peer(void *ctx, const struct yc_core_peer *p)
{
    struct yc_rpc_call *c = ctx;
    struct yc_json_out *j = &c->out;
    yc_json_begin_object(j);
    yc_json_member_u64(j, "id", p->id);
    yc_json_member_text(j, "addr", p->address);
    if (p->local_address[0])
        yc_json_member_text(j, "addrbind", p->local_address);
    yc_json_member_text(j, "network",
                        p->via_onion                         ? yc_network_name(YC_NET_TORV3)
                        : yc_netaddr_is_routable(&p->remote) ? yc_network_name(yc_netaddr_network(&p->remote))
                                                             : "not_publicly_routable");
    uint32_t system = yc_core_system_of(c->core, &p->remote);
    if (system)
        yc_json_member_u64(j, "mapped_as", system);
    show_services(c, p->services, "services", "servicesnames");
    yc_json_member_bool(j, "relaytxes", p->relay_txs);
    yc_json_member_u64(j, "last_inv_sequence", p->told_changes);
    yc_json_member_u64(j, "inv_to_send", p->to_tell);
    show_times(c, p);
    yc_json_member_int(j, "version", p->version);
    yc_json_member_text(j, "subver", p->subver);
    yc_json_member_bool(j, "inbound", p->kind == YC_CONN_INBOUND);
    yc_json_member_bool(j, "bip152_hb_to", p->compact_to);
    yc_json_member_bool(j, "bip152_hb_from", p->compact_from);
    yc_json_member_int(j, "presynced_headers", p->presynced_headers);
    yc_json_member_int(j, "synced_headers", p->synced_headers);
    yc_json_member_int(j, "synced_blocks", p->synced_blocks);
    yc_json_key(j, "inflight");
    yc_json_begin_array(j);
    for (uint32_t i = 0; i < p->blocks_in_flight_count; i++)
        yc_json_put_int(j, p->blocks_in_flight[i]);
    yc_json_end_array(j);
    yc_json_member_bool(j, "addr_relay_enabled", p->addr_relay);
    yc_json_member_u64(j, "addr_processed", p->addr_processed);
    yc_json_member_u64(j, "addr_rate_limited", p->addr_rate_limited);
    yc_json_key(j, "permissions");
    yc_json_begin_array(j);
    const char *permission;
    for (size_t i = 0; (permission = yc_permit_name(p->permissions, i)); i++)
        yc_json_put_text(j, permission);
    yc_json_end_array(j);
    yc_json_member_amount(j, "minfeefilter", p->min_fee_sat_per_kvb);
    show_messages(c, p, "bytessent_per_msg", true);
    show_messages(c, p, "bytesrecv_per_msg", false);
    yc_json_member_text(j, "connection_type", yc_conn_type_name(p->kind));
    yc_json_member_text(j, "transport_protocol_type", "v1");
    yc_json_member_text(j, "session_id", "");
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getpeerinfo(struct yc_rpc_call *c)
{
    yc_json_begin_array(&c->out);
    yc_core_each_peer(c->core, one_peer, c);
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_addnode(struct yc_rpc_call *c)
{
    const char *node = yc_rpc_arg_text(c, 0, ""), *command = yc_rpc_arg_text(c, 1, "");
    struct yc_error err;
    enum yc_add_node what;
    if (strcmp(command, "add") == 0)
        what = YC_ADD_NODE_ADD;
    else if (strcmp(command, "remove") == 0)
        what = YC_ADD_NODE_REMOVE;
    else if (strcmp(command, "onetry") == 0)
        what = YC_ADD_NODE_ONETRY;
    else
        return yc_rpc_fail_help(c);
    if (!node[strspn(node, " \t\r\n")])
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Error: Node address cannot be empty");
    if (yc_rpc_arg_bool(c, 2, false))
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                           "Error: v2transport requested but not enabled (see -v2transport)");
    switch (yc_core_add_node(c->core, node, what, &err)) {
    case YC_VALID:
        return YC_RPC_DONE;
    case YC_POLICY:
        return what == YC_ADD_NODE_ADD
                   ? yc_rpc_fail(c, YC_RPC_NODE_ALREADY_ADDED, "Error: Node already added")
                   : yc_rpc_fail(c, YC_RPC_NODE_NOT_ADDED,
                                 "Error: Node could not be removed. It has not been added previously.");
    case YC_NOT_YET:
        return yc_rpc_fail(c, YC_RPC_CLIENT_P2P_DISABLED, "%s", err.text);
    case YC_INVALID:
    case YC_MUTATED:
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "%s", err.text);
    case YC_SYSTEM:
        break;
    }
    return yc_rpc_fail_system(c, &err);
}

/* As in Bitcoin Core, the answer says that the attempt is over. */
static enum yc_rpc_flow until_connected(struct yc_rpc_call *c)
{
    const char *address = yc_rpc_arg_text(c, 0, "");
    if (yc_core_is_connecting(c->core, address))
        return yc_rpc_go(c, YC_RPC_RETRY, until_connected);
    yc_json_begin_object(&c->out);
    yc_json_member_text(&c->out, "address", address);
    yc_json_member_text(&c->out, "connection_type", yc_rpc_arg_text(c, 1, ""));
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_addconnection(struct yc_rpc_call *c)
{
    static const enum yc_conn_type types[] = {YC_CONN_OUTBOUND_FULL, YC_CONN_BLOCK_RELAY, YC_CONN_ADDR_FETCH,
                                              YC_CONN_FEELER};
    const char *address = yc_rpc_arg_text(c, 0, ""), *name = yc_rpc_arg_text(c, 1, "");
    struct yc_error err;
    size_t i = 0;
    if (!yc_chain_params_of(c->chain)->test_chain)
        return yc_rpc_fail(c, YC_RPC_MISC, "addconnection is for regression testing (-regtest mode) only.");
    while (i < sizeof types / sizeof *types && strcmp(name, yc_conn_type_name(types[i])) != 0)
        i++;
    if (i == sizeof types / sizeof *types)
        return yc_rpc_fail_help(c);
    if (yc_rpc_arg_bool(c, 2, false))
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                           "Error: Adding v2transport connections requires -v2transport init flag to be set.");
    enum yc_verdict v = yc_core_add_connection(c->core, address, types[i], &err);
    if (v == YC_SYSTEM)
        return yc_rpc_fail_system(c, &err);
    if (v != YC_VALID)
        return yc_rpc_fail(c,
                           v == YC_POLICY    ? YC_RPC_CLIENT_NODE_CAPACITY_REACHED
                           : v == YC_NOT_YET ? YC_RPC_CLIENT_P2P_DISABLED
                                             : YC_RPC_INVALID_PARAMETER,
                           "%s", err.text);
    return until_connected(c);
}

enum yc_rpc_flow yc_method_disconnectnode(struct yc_rpc_call *c)
{
    const char *address = yc_rpc_arg_text(c, 0, "");
    int64_t id = -1;
    bool by_id = yc_rpc_has(c, 1), by_address = yc_rpc_has(c, 0) && (address[0] || !by_id);
    if (!yc_rpc_arg_int(c, 1, -1, INT64_MIN, INT64_MAX, &id))
        return YC_RPC_FAILED;
    if (by_id == by_address)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMS, "Only one of address and nodeid should be provided.");
    if (by_id ? id < 0 || !yc_core_disconnect(c->core, (uint64_t)id, NULL) : !yc_core_disconnect(c->core, 0, address))
        return yc_rpc_fail(c, YC_RPC_NODE_NOT_CONNECTED, "Node not found in connected nodes");
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_ping(struct yc_rpc_call *c)
{
    yc_core_ping_all(c->core);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_setnetworkactive(struct yc_rpc_call *c)
{
    yc_core_set_network_active(c->core, yc_rpc_arg_bool(c, 0, true));
    yc_json_put_bool(&c->out, yc_core_network_active(c->core));
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getblockfrompeer(struct yc_rpc_call *c)
{
    struct yc_block_hash hash;
    struct yc_error err;
    int64_t id;
    if (!yc_rpc_arg_hash(c, 0, "hash", hash.b) || !yc_rpc_arg_int(c, 1, -1, INT64_MIN, INT64_MAX, &id))
        return YC_RPC_FAILED;
    const struct yc_node *n = yc_chain_find(c->chain, &hash);
    if (!n)
        return yc_rpc_fail(c, YC_RPC_MISC, "Block header missing");
    if (yc_core_config_of(c->core)->chain.prune_target_bytes && n->height > yc_chain_tip(c->chain)->height)
        return yc_rpc_fail(
            c, YC_RPC_MISC,
            "In prune mode, only blocks that the node has already synced previously can be fetched from a "
            "peer");
    if (n->status & YC_BLOCK_HAVE_DATA)
        return yc_rpc_fail(c, YC_RPC_MISC, "Block already downloaded");
    if (yc_core_fetch_block(c->core, n, id < 0 ? UINT64_MAX : (uint64_t)id, &err) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
    yc_json_begin_object(&c->out);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}
