/* Addresses of other nodes: the book, and how it is kept on disk. Where the first ones come from: seeds.c; what peers tell of
 * addresses is net/peers/gossip's. */
#include "node/core/core_internal.h"

#include <stdio.h>

#define BOOK_BYTES_MAX ((size_t)64 << 20)
#define SAVE_US        (900 * SECOND_US)
#define SYSTEMS_US     (86400 * SECOND_US)

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

void yc_core_addr_tick(struct yc_core *c, struct yc_now now)
{
    struct yc_error err;
    yc_core_seeds_tick(c, now);
    if (now.mono_us >= c->systems_at_us)
        tell_systems(c, now);
    c->gossip.quiet = c->gossip.quiet && yc_core_is_initial_download(c);
    if (now.mono_us < c->save_at_us)
        return;
    c->save_at_us = now.mono_us + SAVE_US;
    if (yc_core_book_save(c, &err) != YC_VALID)
        yc_log_warning(c->log, "%s", err.text);
}
