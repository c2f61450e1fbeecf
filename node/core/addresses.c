/* Addresses of other nodes: the book on disk, gossip, seeds. */
#include "node/core/core_internal.h"

#include <stdio.h>

#define BOOK_BYTES_MAX   ((size_t)64 << 20)
#define SAVE_US          (900 * SECOND_US)
#define DNS_DELAY_US     (11 * SECOND_US) /* other sources first */
#define FIXED_DELAY_US   (60 * SECOND_US)
#define ADDR_MEAN_US     (30 * SECOND_US)
#define SELF_MEAN_US     (86400 * SECOND_US)
#define GOSSIP_PENALTY_S 7200
#define FRESH_S          600
#define RELAY_LIST_MAX   10 /* longer lists are answers, not news */
#define PATH_MAX_BYTES   4096

static void book_path(const struct yc_core *c, char out[PATH_MAX_BYTES], const char *name)
{
    snprintf(out, PATH_MAX_BYTES, "%s/%s", c->config.data_dir, name);
}

static enum yc_verdict empty_book(struct yc_core *c, struct yc_error *err)
{
    uint8_t key32[32];
    yc_random_fill(c->random, key32, sizeof key32);
    if (yc_addrman_new(&c->book, c->alloc, c->random, key32) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while making the address book");
    return YC_VALID;
}

enum yc_verdict yc_core_book_open(struct yc_core *c, struct yc_error *err)
{
    char path[PATH_MAX_BYTES], aside[PATH_MAX_BYTES];
    const struct yc_fs *fs = c->config.chain.fs;
    struct yc_view bytes;
    int64_t now_us = yc_mono_us(c->pace);
    c->save_at_us = now_us + SAVE_US;
    c->seeds_at_us = now_us + DNS_DELAY_US;
    book_path(c, path, "peers.dat");
    enum yc_verdict v = yc_fs_read_file(fs, c->alloc, path, BOOK_BYTES_MAX, &bytes, err);
    if (v == YC_NOT_YET)
        return empty_book(c, err);
    if (v == YC_VALID) {
        v = yc_addrman_parse(&c->book, bytes, c->alloc, c->random, err);
        yc_alloc_free(c->alloc, (void *)(uintptr_t)bytes.p, bytes.n);
        if (v != YC_INVALID)
            return v;
    } else if (err->which != YC_SYSTEM_CORRUPT) {
        return v;
    }
    /* Addresses can be learned again: a broken book must not keep the node from starting. */
    book_path(c, aside, "peers.dat.bak");
    yc_log_warning(c->log, "%s: %s. It is kept as %s, and a new one is begun", path, err->text, aside);
    v = fs->rename(fs->ctx, path, aside, err);
    return v == YC_VALID ? empty_book(c, err) : v;
}

enum yc_verdict yc_core_book_save(struct yc_core *c, struct yc_error *err)
{
    char path[PATH_MAX_BYTES];
    struct yc_buf bytes;
    enum yc_verdict v;
    book_path(c, path, "peers.dat");
    yc_buf_init(&bytes, c->alloc, BOOK_BYTES_MAX);
    yc_addrman_write(c->book, &bytes);
    if (bytes.failed)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while saving %s", path);
    else
        v = yc_fs_replace_file(c->config.chain.fs, path, yc_buf_view(&bytes), err);
    yc_buf_release(&bytes);
    return v;
}

/* Gossip. */

static void send_addr_out(struct conn *k)
{
    yc_peer_send_addr(&k->peer, k->addr_out, k->addr_out_count);
    k->addr_out_count = 0;
}

static void queue_addr(struct yc_core *c, struct conn *k, const struct yc_addr_entry *e)
{
    if (!k->addr_out)
        k->addr_out = yc_alloc_new(c->alloc, ADDR_OUT_MAX * sizeof *k->addr_out);
    if (!k->addr_out)
        return;
    for (size_t i = 0; i < k->addr_out_count; i++)
        if (yc_netaddr_equal(&k->addr_out[i].addr, &e->addr))
            return;
    if (k->addr_out_count < ADDR_OUT_MAX)
        k->addr_out[k->addr_out_count++] = *e;
}

/* Pass news on to two peers, the same ones for an address for a day, so that it does not multiply. */
static void pass_on(struct yc_core *c, const struct conn *from, const struct yc_addr_entry *e, struct yc_now now)
{
    struct conn *best[2] = {NULL, NULL};
    uint64_t rank[2] = {0, 0};
    struct yc_siphash_key key = {c->key.k0 ^ (uint64_t)(now.wall_s / 86400), c->key.k1};
    for (struct conn *k = c->first; k; k = k->next) {
        uint8_t bytes[26];
        if (k == from || !k->ready || !k->addr_relay)
            continue;
        memcpy(bytes, e->addr.ip16, 16);
        yc_put16le(bytes + 16, e->addr.port);
        yc_put64le(bytes + 18, (uint64_t)k->peer.start.id);
        uint64_t r = yc_siphash(key, bytes, sizeof bytes);
        if (!best[0] || r > rank[0]) {
            best[1] = best[0];
            rank[1] = rank[0];
            best[0] = k;
            rank[0] = r;
        } else if (!best[1] || r > rank[1]) {
            best[1] = k;
            rank[1] = r;
        }
    }
    for (size_t i = 0; i < 2; i++)
        if (best[i])
            queue_addr(c, best[i], e);
}

void yc_core_on_addr(struct yc_core *c, struct conn *k, const struct yc_addr_list *list, struct yc_now now)
{
    struct yc_addr_cursor at = {0};
    struct yc_addr_entry e;
    uint64_t processed = k->addr_tokens.processed, limited = k->addr_tokens.limited;
    unsigned added = 0;
    if (k->type == YC_CONN_BLOCK_RELAY)
        return;
    k->addr_relay = true;
    while (yc_addr_list_next(list, &at, &e)) {
        if (k->peer.start.permissions & YC_PERM_ADDR)
            k->addr_tokens.processed++; /* as many as it likes */
        else if (!yc_addr_tokens_take(&k->addr_tokens, now.mono_us))
            continue;
        if (!e.ip)
            continue;
        if (e.time_s <= 100000000 || (int64_t)e.time_s > now.wall_s + FRESH_S)
            e.time_s = (uint32_t)(now.wall_s - 5 * 86400);
        if (yc_bans_match(&c->bans, &e.addr, now.wall_s) || yc_bans_discouraged(&c->bans, &e.addr))
            continue;
        bool fresh = (int64_t)e.time_s > now.wall_s - FRESH_S && list->count <= RELAY_LIST_MAX;
        if (fresh && yc_netaddr_is_routable(&e.addr))
            pass_on(c, k, &e, now);
        if (!yc_addrman_add(c->book, &e.addr, e.services, e.time_s, &k->remote, GOSSIP_PENALTY_S, false, now.wall_s))
            continue;
        char text[YC_NETADDR_TEXT_MAX];
        yc_netaddr_print(text, &e.addr);
        yc_log_debug(c->log, YC_LOGC_ADDRMAN, "Added %s to new", text);
        added++;
    }
    yc_log_debug(c->log, YC_LOGC_ADDRMAN, "Added %u addresses (of %zu) from peer=%lld", added, list->count,
                 (long long)k->peer.start.id);
    yc_log_debug(c->log, YC_LOGC_NET, "Received addr: %zu addresses (%llu processed, %llu rate-limited) from peer=%lld",
                 list->count, (unsigned long long)(k->addr_tokens.processed - processed),
                 (unsigned long long)(k->addr_tokens.limited - limited), (long long)k->peer.start.id);
    /* One that was asked for addresses alone has done what it was for. */
    if (k->type == YC_CONN_ADDR_FETCH && list->count > 1) {
        yc_log_debug(c->log, YC_LOGC_NET, "addrfetch connection completed, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
    }
}

void yc_core_on_getaddr(struct yc_core *c, struct conn *k, struct yc_now now)
{
    const struct yc_addr_entry *list;
    /* Only those who connected to us, once: else our book could be read and our peers told apart (catalogue P34). */
    if (k->type != YC_CONN_INBOUND || k->getaddr_answered)
        return;
    k->getaddr_answered = k->addr_relay = true;
    size_t n = yc_addrman_response(c->book, &k->local, &list, now.wall_s);
    if (n)
        yc_peer_send_addr(&k->peer, list, n);
}

static void tell_self(struct yc_core *c, struct conn *k, struct yc_now now)
{
    struct yc_addr_entry e = {
        .time_s = (uint32_t)now.wall_s, .services = c->shared.services, .network = YC_NET_IPV6, .ip = true};
    k->self_at_us = now.mono_us + yc_announce_delay_us(c->random, SELF_MEAN_US);
    if (!c->config.listen || !yc_self_best(&c->self, &k->remote, &e.addr))
        return;
    if (yc_netaddr_is_ipv4(&e.addr))
        e.network = YC_NET_IPV4;
    yc_peer_send_addr(&k->peer, &e, 1);
}

void yc_core_addr_start(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (k->type == YC_CONN_INBOUND || k->type == YC_CONN_BLOCK_RELAY)
        return;
    k->addr_relay = true;
    tell_self(c, k, now);
    yc_peer_send(&k->peer, YC_MSG_GETADDR, YC_VIEW_EMPTY);
    yc_addr_tokens_grant(&k->addr_tokens, YC_ADDR_COUNT_MAX);
}

/* Seeds: when the book is empty, first by name, then those that are built in. */

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

static void ask_fixed_seed(struct yc_core *c, const char *seed, size_t i, struct yc_now now)
{
    const struct yc_chain_params *p = c->config.chain.params;
    struct yc_netaddr addr;
    struct yc_view host;
    char text[YC_SLOT_HOST_MAX];
    uint16_t port;
    if (yc_netaddr_parse(&addr, seed, p->port)) {
        add_seed(c, &addr, now);
    } else if (yc_netaddr_split(&host, &port, seed, p->port) && host.n < sizeof text) {
        memcpy(text, host.p, host.n);
        text[host.n] = 0;
        c->config.io.resolve(c->config.io.ctx, text, port, SEED_TAG + i);
    }
}

static void ask_seeds(struct yc_core *c, struct yc_now now)
{
    const struct yc_chain_params *p = c->config.chain.params;
    bool wanted = c->network_active && c->config.connect_count == 0 && yc_addrman_count(c->book) == 0;
    c->seeds_at_us = now.mono_us + FIXED_DELAY_US;
    if (!wanted)
        return;
    c->seeds_asked++;
    if (c->config.dns_seed && c->seeds_asked == 1) {
        for (size_t i = 0; i < p->dns_seed_count; i++)
            c->config.io.resolve(c->config.io.ctx, p->dns_seeds[i], p->port, SEED_TAG + i);
        if (p->dns_seed_count)
            return;
    }
    for (size_t i = 0; c->config.fixed_seeds && i < p->fixed_seed_count; i++)
        ask_fixed_seed(c, p->fixed_seeds[i], YC_SEEDS_MAX + i, now);
}

void yc_core_addr_tick(struct yc_core *c, struct yc_now now)
{
    struct yc_error err;
    if (now.mono_us >= c->seeds_at_us)
        ask_seeds(c, now);
    for (struct conn *k = c->first; k; k = k->next) {
        if (!k->ready || !k->addr_relay)
            continue;
        if (k->addr_out_count && now.mono_us >= k->addr_at_us) {
            k->addr_at_us = now.mono_us + yc_announce_delay_us(c->random, ADDR_MEAN_US);
            send_addr_out(k);
        }
        if (now.mono_us >= k->self_at_us)
            tell_self(c, k, now);
    }
    if (now.mono_us < c->save_at_us)
        return;
    c->save_at_us = now.mono_us + SAVE_US;
    if (yc_core_book_save(c, &err) != YC_VALID)
        yc_log_warning(c->log, "%s", err.text);
}
