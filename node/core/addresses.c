/* Addresses of other nodes: the book on disk, and seeds. What peers tell of addresses is net/peers/gossip's. */
#include "node/core/core_internal.h"

#include <stdio.h>

#define BOOK_BYTES_MAX ((size_t)64 << 20)
#define SAVE_US        (900 * SECOND_US)
#define SYSTEMS_US     (86400 * SECOND_US)
#define DNS_DELAY_US   (11 * SECOND_US) /* other sources first */
#define FIXED_DELAY_US (60 * SECOND_US)

void yc_core_path(const struct yc_core *c, char out[YC_CORE_PATH_MAX], const char *name)
{
    snprintf(out, YC_CORE_PATH_MAX, "%s/%s", c->config.data_dir, name);
}

static enum yc_verdict empty_book(struct yc_core *c, struct yc_error *err)
{
    uint8_t key32[32];
    yc_random_fill(c->random, key32, sizeof key32);
    if (yc_addrman_new(&c->book, c->alloc, c->random, c->config.asmap, key32) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while making the address book");
    return YC_VALID;
}

enum yc_verdict yc_core_book_open(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX], aside[YC_CORE_PATH_MAX];
    const struct yc_fs *fs = c->config.chain.fs;
    struct yc_view bytes;
    int64_t now_us = yc_mono_us(c->pace);
    c->save_at_us = now_us + SAVE_US;
    c->seeds_at_us = now_us + DNS_DELAY_US;
    c->systems_at_us = c->config.asmap.n ? now_us : INT64_MAX;
    yc_core_path(c, path, "peers.dat");
    enum yc_verdict v = yc_fs_read_file(fs, c->alloc, path, BOOK_BYTES_MAX, &bytes, err);
    if (v == YC_NOT_YET) {
        yc_log_info(c->log, "Creating peers.dat because the file was not found (\"%s\")", path);
        return empty_book(c, err);
    }
    if (v == YC_VALID) {
        v = yc_addrman_parse(&c->book, bytes, c->alloc, c->random, c->config.asmap, err);
        yc_alloc_free(c->alloc, (void *)(uintptr_t)bytes.p, bytes.n);
        if (v != YC_INVALID)
            return v;
    } else if (err->which != YC_SYSTEM_CORRUPT) {
        return v;
    }
    /* Addresses can be learned again: a broken book must not keep the node from starting. */
    yc_core_path(c, aside, "peers.dat.bak");
    yc_log_warning(c->log, "%s: %s. It is kept as %s, and a new one is begun", path, err->text, aside);
    v = fs->rename(fs->ctx, path, aside, err);
    return v == YC_VALID ? empty_book(c, err) : v;
}

enum yc_verdict yc_core_book_save(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX];
    struct yc_buf bytes;
    enum yc_verdict v;
    yc_core_path(c, path, "peers.dat");
    yc_buf_init(&bytes, c->alloc, BOOK_BYTES_MAX);
    yc_addrman_write(c->book, &bytes);
    if (bytes.failed)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while saving %s", path);
    else
        v = yc_fs_replace_file(c->config.chain.fs, path, yc_buf_view(&bytes), err);
    yc_buf_release(&bytes);
    return v;
}

struct yc_addrman *yc_core_book(struct yc_core *c)
{
    if (c->config.check_book && yc_random_below(c->random, c->config.check_book) == 0) {
        yc_log_debug(c->log, YC_LOGC_ADDRMAN, "CheckAddrman: new %zu, tried %zu, total %zu started",
                     yc_addrman_new_count(c->book), yc_addrman_tried_count(c->book), yc_addrman_count(c->book));
        const char *wrong = yc_addrman_check(c->book);
        if (wrong)
            yc_log_error(c->log, "The address book is inconsistent: %s", wrong);
        YC_ASSERT(!wrong);
        yc_log_debug(c->log, YC_LOGC_ADDRMAN, "CheckAddrman: completed");
    }
    return c->book;
}

/* A map that knows few of the addresses, or puts them all into few systems, is old or not for this network. */
static void tell_systems(struct yc_core *c, struct yc_now now)
{
    struct yc_addrman_systems n;
    c->systems_at_us = now.mono_us + SYSTEMS_US;
    if (yc_addrman_count_systems(c->book, &n) == YC_VALID)
        yc_log_info(c->log,
                    "ASMap Health Check: %zu clearnet peers are mapped to %zu ASNs with %zu peers being unmapped",
                    n.addresses, n.systems, n.unmapped);
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
    } else if (!c->config.io.connect_name && yc_netaddr_split(&host, &port, seed, p->port) && host.n < sizeof text) {
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
        /* Behind a proxy nothing is looked up here: the seeds are connected to by name and asked. */
        for (size_t i = 0; c->config.io.connect_name && i < p->dns_seed_count; i++) {
            struct yc_error err;
            if (yc_slots_seed(c->slots, p->dns_seeds[i], &err) != YC_VALID)
                yc_log_debug(c->log, YC_LOGC_NET, "%s", err.text);
        }
        for (size_t i = 0; !c->config.io.connect_name && i < p->dns_seed_count; i++)
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
    yc_core_tick_by(c, c->seeds_at_us);
    if (now.mono_us >= c->systems_at_us)
        tell_systems(c, now);
    c->gossip.quiet = c->gossip.quiet && yc_core_is_initial_download(c);
    if (now.mono_us < c->save_at_us)
        return;
    c->save_at_us = now.mono_us + SAVE_US;
    if (yc_core_book_save(c, &err) != YC_VALID)
        yc_log_warning(c->log, "%s", err.text);
}
