/* Methods about addresses of other nodes: those that were named, and the book. */
#include <stdio.h>

#include "node/rpc/internal.h"

#define MESSAGE_NAME_BYTES 12
#define SERVICES_USUAL     (YC_NODE_NETWORK | YC_NODE_WITNESS)

static void show_added(struct yc_rpc_call *c, const struct yc_core_added *a)
{
    struct yc_json_out *j = &c->out;
    yc_json_begin_object(j);
    yc_json_member_text(j, "addednode", a->name);
    yc_json_member_bool(j, "connected", a->connected);
    yc_json_key(j, "addresses");
    yc_json_begin_array(j);
    if (a->connected) {
        char text[YC_NETADDR_TEXT_MAX];
        yc_netaddr_print(text, &a->remote);
        yc_json_begin_object(j);
        yc_json_member_text(j, "address", text);
        yc_json_member_text(j, "connected", a->inbound ? "inbound" : "outbound");
        yc_json_end_object(j);
    }
    yc_json_end_array(j);
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getaddednodeinfo(struct yc_rpc_call *c)
{
    const char *wanted = yc_rpc_has(c, 0) ? yc_rpc_arg_text(c, 0, "") : NULL;
    size_t count = yc_core_added_count(c->core);
    bool found = !wanted;
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < count; i++) {
        struct yc_core_added a = yc_core_added_at(c->core, i);
        if (wanted && strcmp(a.name, wanted) != 0)
            continue;
        show_added(c, &a);
        found = true;
    }
    yc_json_end_array(&c->out);
    return found ? YC_RPC_DONE : yc_rpc_fail(c, YC_RPC_NODE_NOT_ADDED, "Error: Node has not been added.");
}

/* "network" as RPC says it for an address. */
static const char *network_of(const struct yc_netaddr *a)
{
    return yc_network_name(yc_netaddr_network(a));
}

enum yc_rpc_flow yc_method_getnodeaddresses(struct yc_rpc_call *c)
{
    struct yc_addrman *book = yc_core_book(c->core);
    const char *name = yc_rpc_arg_text(c, 1, NULL);
    unsigned network = name ? yc_network_of_name(name) : 0;
    int64_t wanted;
    if (!yc_rpc_arg_int(c, 0, 1, INT32_MIN, INT32_MAX, &wanted))
        return YC_RPC_FAILED;
    if (wanted < 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Address count out of range");
    if (name && !network)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Network not recognized: %s", name);
    size_t all = yc_addrman_count(book), shown = 0;
    struct yc_addr_entry *list = yc_arena_take_array(&c->arena, all ? all : 1, sizeof *list);
    if (!list)
        return yc_rpc_fail_memory(c);
    size_t n = yc_addrman_sample(book, list, 0, 0, yc_wall_s(c->rpc->env.clock));
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < n && (wanted == 0 || shown < (size_t)wanted); i++) {
        char host[YC_NETADDR_HOST_TEXT_MAX];
        if (network && yc_netaddr_network(&list[i].addr) != (enum yc_addr_network)network)
            continue;
        shown++;
        yc_netaddr_print_host(host, &list[i].addr);
        yc_json_begin_object(&c->out);
        yc_json_member_int(&c->out, "time", list[i].time_s);
        yc_json_member_u64(&c->out, "services", list[i].services);
        yc_json_member_text(&c->out, "address", host);
        yc_json_member_int(&c->out, "port", list[i].addr.port);
        yc_json_member_text(&c->out, "network", network_of(&list[i].addr));
        yc_json_end_object(&c->out);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getaddrmaninfo(struct yc_rpc_call *c)
{
    static const uint8_t order[] = {YC_NET_IPV4, YC_NET_IPV6, YC_NET_TORV3, YC_NET_I2P, YC_NET_CJDNS, 0};
    struct yc_addrman_counts all[YC_NET_COUNT];
    yc_addrman_count_networks(yc_core_book(c->core), all);
    yc_json_begin_object(&c->out);
    for (size_t i = 0; i < sizeof order; i++) {
        const struct yc_addrman_counts *n = &all[order[i]];
        yc_json_key(&c->out, order[i] ? yc_network_name(order[i]) : "all_networks");
        yc_json_begin_object(&c->out);
        yc_json_member_u64(&c->out, "new", n->in_new);
        yc_json_member_u64(&c->out, "tried", n->in_tried);
        yc_json_member_u64(&c->out, "total", n->in_new + n->in_tried);
        yc_json_end_object(&c->out);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* Nothing for an address that the map does not know, and for all without -asmap. */
static void show_system(struct yc_rpc_call *c, const char *key, const struct yc_netaddr *a)
{
    uint32_t system = yc_core_system_of(c->core, a);
    if (system)
        yc_json_member_u64(&c->out, key, system);
}

static void show_place(struct yc_rpc_call *c, const struct yc_addrman_place *place)
{
    struct yc_json_out *j = &c->out;
    char key[32], host[YC_NETADDR_HOST_TEXT_MAX];
    (void)snprintf(key, sizeof key, "%u/%u", place->bucket, place->position);
    yc_json_key(j, key);
    yc_json_begin_object(j);
    yc_netaddr_print_host(host, &place->entry.addr);
    yc_json_member_text(j, "address", host);
    show_system(c, "mapped_as", &place->entry.addr);
    yc_json_member_int(j, "port", place->entry.addr.port);
    yc_json_member_u64(j, "services", place->entry.services);
    yc_json_member_int(j, "time", place->entry.time_s);
    yc_json_member_text(j, "network", network_of(&place->entry.addr));
    yc_netaddr_print_host(host, &place->entry.source);
    yc_json_member_text(j, "source", host);
    yc_json_member_text(j, "source_network", network_of(&place->entry.source));
    show_system(c, "source_mapped_as", &place->entry.source);
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getrawaddrman(struct yc_rpc_call *c)
{
    yc_json_begin_object(&c->out);
    for (int tried = 0; tried < 2; tried++) {
        struct yc_addrman_place place;
        size_t at = 0;
        yc_json_key(&c->out, tried ? "tried" : "new");
        yc_json_begin_object(&c->out);
        while (yc_addrman_next_place(yc_core_book(c->core), &at, &place))
            if (place.tried == (tried != 0))
                show_place(c, &place);
        yc_json_end_object(&c->out);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_exportasmap(struct yc_rpc_call *c)
{
    return yc_rpc_fail(c, YC_RPC_MISC, "No embedded ASMap data available");
}

enum yc_rpc_flow yc_method_addpeeraddress(struct yc_rpc_call *c)
{
    struct yc_addrman *book = yc_core_book(c->core);
    int64_t now_s = yc_wall_s(c->rpc->env.clock), port;
    struct yc_netaddr addr;
    const char *failure = NULL;
    if (!yc_rpc_arg_int(c, 1, 0, 0, UINT16_MAX, &port))
        return YC_RPC_FAILED;
    if (!yc_netaddr_parse(&addr, yc_rpc_arg_text(c, 0, ""), 0) || addr.port != 0)
        return yc_rpc_fail(c, YC_RPC_CLIENT_INVALID_IP, "Invalid IP address");
    if (addr.hidden != YC_NET_I2P)
        addr.port = (uint16_t)port;
    addr = yc_core_address(c->core, &addr);
    if (!yc_addrman_add(book, &addr, SERVICES_USUAL, now_s, &addr, 0, false, now_s))
        failure = "failed-adding-to-new";
    else if (yc_rpc_arg_bool(c, 2, false) && !yc_addrman_good(book, &addr, now_s))
        failure = "failed-adding-to-tried";
    yc_json_begin_object(&c->out);
    if (failure)
        yc_json_member_text(&c->out, "error", failure);
    yc_json_member_bool(&c->out, "success", !failure);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_sendmsgtopeer(struct yc_rpc_call *c)
{
    const char *name = yc_rpc_arg_text(c, 1, "");
    struct yc_view payload;
    int64_t id;
    if (!yc_rpc_arg_int(c, 0, -1, INT64_MIN, INT64_MAX, &id))
        return YC_RPC_FAILED;
    if (strlen(name) > MESSAGE_NAME_BYTES)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Error: msg_type too long, max length is %d",
                           MESSAGE_NAME_BYTES);
    if (!yc_rpc_hex_of(c, c->arg[2], &payload))
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Error parsing input for msg");
    if (id < 0 || !yc_core_send_named(c->core, (uint64_t)id, name, payload))
        return yc_rpc_fail(c, YC_RPC_MISC, "Error: Could not send message to peer");
    yc_json_begin_object(&c->out);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}
