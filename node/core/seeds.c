/* Where the first addresses come from: nodes that -seednode names, the chain's DNS seeds, and at last addresses that are built
 * in. Whoever is asked learns of us, and has a say in whom we meet: so what is known already is tried first, the longer the more
 * that is, and nobody is asked once there are peers enough. A book full of addresses where nobody answers any more does not keep
 * a node alone.
 *
 * The waiting times are Bitcoin Core's. */
#include "node/core/core_internal.h"

#define NODE_US      (10 * SECOND_US)  /* between one of -seednode and the next */
#define NODES_US     (30 * SECOND_US)  /* what they are given together before DNS seeds are asked */
#define DNS_US       (11 * SECOND_US)  /* what the book is given, and those who were asked */
#define DNS_MANY_US  (300 * SECOND_US) /* what a book of so many is given: */
#define MANY         1000
#define DNS_AT_ONCE  3 /* so that no few of them decide whom we meet */
#define PEERS_ENOUGH 2
#define FIXED_US     (60 * SECOND_US)

static size_t full_outbound_count(const struct yc_core *c)
{
    size_t n = 0;
    for (const struct conn *k = c->first; k; k = k->next)
        n += k->ready && !k->closing && k->type == YC_CONN_OUTBOUND_FULL;
    return n;
}

/* ---- nodes that -seednode names ---- */

static void ask_node(struct yc_core *c, struct yc_now now)
{
    struct seeding *s = &c->seeding;
    struct yc_error err;
    bool empty = yc_addrman_count(c->book) == 0;
    s->node_at_us = s->node_next < c->config.seed_node_count ? now.mono_us + NODE_US : INT64_MAX;
    if (s->node_next == c->config.seed_node_count || full_outbound_count(c) >= PEERS_ENOUGH)
        return;
    const char *host = c->config.seed_node[s->node_next++];
    if (empty)
        yc_log_info(c->log, "Empty addrman, adding seednode (%s) to addrfetch", host);
    else
        yc_log_info(c->log,
                    "Couldn't connect to peers from addrman after %d seconds. Adding seednode (%s) to addrfetch",
                    (int)(NODE_US / SECOND_US), host);
    if (yc_slots_seed(c->slots, host, &err) != YC_VALID)
        yc_log_warning(c->log, "%s", err.text);
}

/* ---- DNS seeds ---- */

static void add_seed(struct yc_core *c, const struct yc_netaddr *addr, struct yc_now now)
{
    (void)yc_addrman_add(c->book, addr, YC_NODE_NETWORK | YC_NODE_WITNESS, now.wall_s - 5 * 86400, addr, 0, false,
                         now.wall_s);
}

void yc_core_on_seed_resolved(struct yc_core *c, const struct yc_netaddr *addresses, size_t count, struct yc_now now)
{
    for (size_t i = 0; i < count; i++)
        add_seed(c, &addresses[i], now);
}

static void ask_by_name(struct yc_core *c, size_t i)
{
    const struct yc_chain_params *p = c->config.chain.params;
    struct yc_error err;
    yc_log_info(c->log, "Loading addresses from DNS seed %s", p->dns_seeds[i]);
    if (!c->config.io.connect_name) {
        c->config.io.resolve(c->config.io.ctx, p->dns_seeds[i], p->port, SEED_TAG + i);
        return;
    }
    /* Behind a proxy nothing is looked up here: the seed is connected to by name, and asked. */
    if (yc_slots_seed(c->slots, p->dns_seeds[i], &err) != YC_VALID)
        yc_log_debug(c->log, YC_LOGC_NET, "%s", err.text);
}

/* Give what is known time before DNS seeds are asked, or asked again. */
static void wait_for_peers(struct yc_core *c, struct yc_now now)
{
    struct seeding *s = &c->seeding;
    int64_t wait_us = yc_addrman_count(c->book) >= MANY ? DNS_MANY_US : DNS_US;
    yc_log_info(c->log, "Waiting %d seconds before querying DNS seeds.", (int)(wait_us / SECOND_US));
    s->dns_at_us = now.mono_us + wait_us;
    s->dns_look_us = now.mono_us + DNS_US;
}

static void begin_dns(struct yc_core *c, struct yc_now now)
{
    struct seeding *s = &c->seeding;
    s->dns_begun = true;
    if (c->config.force_dns_seed || yc_addrman_count(c->book) == 0) {
        s->dns_all = true;
        s->dns_at_us = s->dns_look_us = now.mono_us;
    } else {
        wait_for_peers(c, now);
    }
}

static void look_at_dns(struct yc_core *c, struct yc_now now)
{
    const struct yc_chain_params *p = c->config.chain.params;
    struct seeding *s = &c->seeding;
    if (!s->dns_begun)
        begin_dns(c, now);
    if (!s->dns_all && full_outbound_count(c) >= PEERS_ENOUGH) {
        yc_log_info(c->log, s->dns_next ? "P2P peers available. Finished DNS seeding."
                                        : "P2P peers available. Skipped DNS seeding.");
        s->dns_look_us = INT64_MAX;
        return;
    }
    if (now.mono_us < s->dns_at_us || !c->network_active) {
        int64_t next_us = now.mono_us + DNS_US;
        s->dns_look_us = s->dns_at_us > now.mono_us && s->dns_at_us < next_us ? s->dns_at_us : next_us;
        return;
    }
    for (size_t i = 0; s->dns_next < p->dns_seed_count && (s->dns_all || i < DNS_AT_ONCE); i++)
        ask_by_name(c, s->dns_next++);
    s->dns_look_us = INT64_MAX;
    if (s->dns_next < p->dns_seed_count)
        wait_for_peers(c, now);
}

/* ---- addresses that are built in ---- */

static void ask_fixed_seed(struct yc_core *c, const char *seed, size_t i, struct yc_now now)
{
    const struct yc_chain_params *p = c->config.chain.params;
    struct yc_netaddr addr;
    struct yc_view host;
    char text[YC_SLOT_HOST_MAX];
    uint16_t port;
    if (yc_netaddr_parse(&addr, seed, p->port)) {
        add_seed(c, &addr, now);
    } else if (!c->config.io.connect_name && yc_netaddr_split(&host, &port, seed, p->port) && host.n < sizeof text) {
        memcpy(text, host.p, host.n);
        text[host.n] = 0;
        c->config.io.resolve(c->config.io.ctx, text, port, SEED_TAG + i);
    }
}

static void look_at_fixed(struct yc_core *c, struct yc_now now)
{
    const struct yc_chain_params *p = c->config.chain.params;
    c->seeding.fixed_at_us = now.mono_us + FIXED_US;
    if (!c->network_active || yc_addrman_count(c->book) > 0)
        return;
    for (size_t i = 0; i < p->fixed_seed_count; i++)
        ask_fixed_seed(c, p->fixed_seeds[i], YC_SEEDS_MAX + i, now);
}

/* ---- all of them ---- */

void yc_core_seeds_begin(struct yc_core *c, struct yc_now now)
{
    const struct yc_core_config *o = &c->config;
    const struct yc_chain_params *p = o->chain.params;
    bool empty = yc_addrman_count(c->book) == 0, by_dns = o->dns_seed && p->dns_seed_count > 0;
    struct seeding *s = &c->seeding;
    *s = (struct seeding){.node_at_us = INT64_MAX, .dns_look_us = INT64_MAX, .fixed_at_us = INT64_MAX};
    if (o->seed_node_count)
        s->node_at_us = now.mono_us + (empty ? 0 : NODE_US);
    if (!o->dns_seed)
        yc_log_info(c->log, "DNS seeding disabled");
    if (by_dns)
        s->dns_look_us = s->dns_at_us = now.mono_us + (o->seed_node_count ? NODES_US : 0);
    if (by_dns && s->dns_look_us <= now.mono_us)
        begin_dns(c, now);
    if (o->fixed_seeds && o->connect_count == 0 && p->fixed_seed_count)
        s->fixed_at_us = now.mono_us + (by_dns ? FIXED_US : DNS_US);
}

void yc_core_seeds_tick(struct yc_core *c, struct yc_now now)
{
    struct seeding *s = &c->seeding;
    if (now.mono_us >= s->node_at_us)
        ask_node(c, now);
    if (now.mono_us >= s->dns_look_us)
        look_at_dns(c, now);
    if (now.mono_us >= s->fixed_at_us)
        look_at_fixed(c, now);
    yc_core_tick_by(c, s->node_at_us);
    yc_core_tick_by(c, s->dns_look_us);
    yc_core_tick_by(c, s->fixed_at_us);
}
