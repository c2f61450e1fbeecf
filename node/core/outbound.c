/* What keeps us in touch with the honest part of the network: anchors across restarts, and other peers when ours have gone
 * stale. Which peers are worth least is net/sync/keep's to say, which to open net/peers/slots'. */
#include "net/peers/anchors.h"
#include "net/sync/keep.h"
#include "node/core/core_internal.h"

#define EVICT_US       (45 * SECOND_US)
#define STALE_CHECK_US (600 * SECOND_US)
#define STALE_SPACINGS 3 /* without a block for so many times the chain's spacing, the tip may be stale */

void yc_core_anchors_take(struct yc_core *c)
{
    char path[YC_CORE_PATH_MAX];
    const struct yc_fs *fs = c->config.chain.fs;
    struct yc_addr_entry list[YC_ANCHORS_MAX];
    struct yc_view bytes = YC_VIEW_EMPTY;
    struct yc_error err;
    size_t count = 0, used = 0;
    if (c->config.connect_count > 0)
        return; /* only the peers that were named */
    yc_core_path(c, path, "anchors.dat");
    if (yc_fs_read_file(fs, c->alloc, path, YC_ANCHORS_BYTES_MAX, &bytes, &err) == YC_VALID) {
        count = yc_anchors_read(list, c->shared.magic, bytes);
        yc_alloc_free(c->alloc, (void *)(uintptr_t)bytes.p, bytes.n);
    }
    for (size_t i = count; i-- > 0;) { /* the first of the file is tried first */
        if ((list[i].services & c->shared.services_wanted) != c->shared.services_wanted)
            continue;
        yc_slots_anchor(c->slots, &list[i].addr);
        used++;
    }
    yc_log_info(c->log, "%zu block-relay-only anchors will be tried for connections.", used);
    enum yc_verdict v = fs->remove(fs->ctx, path, &err);
    if (v != YC_VALID && v != YC_NOT_YET)
        yc_log_warning(c->log, "%s", err.text);
}

enum yc_verdict yc_core_anchors_save(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX];
    struct yc_addr_entry list[YC_ANCHORS_MAX];
    struct yc_buf bytes;
    size_t count = 0;
    if (c->config.connect_count > 0)
        return YC_VALID;
    for (const struct conn *k = c->first; k && count < YC_ANCHORS_MAX; k = k->next) {
        if (k->type != YC_CONN_BLOCK_RELAY || !k->open || k->closing)
            continue;
        list[count++] = (struct yc_addr_entry){.time_s = (uint32_t)core_now(c).wall_s,
                                               .services = k->ready ? k->peer.their_services : 0,
                                               .known = true,
                                               .addr = k->remote};
    }
    if (count == 0)
        return YC_VALID;
    yc_core_path(c, path, "anchors.dat");
    yc_buf_init(&bytes, c->alloc, YC_ANCHORS_BYTES_MAX);
    yc_anchors_write(&bytes, c->shared.magic, list, count);
    enum yc_verdict v = bytes.failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while saving %s", path)
                                     : yc_fs_replace_file(c->config.chain.fs, path, yc_buf_view(&bytes), err);
    yc_buf_release(&bytes);
    if (v == YC_VALID)
        yc_log_info(c->log, "DumpAnchors: Flush %zu outbound block-relay-only peer addresses to anchors.dat", count);
    return v;
}

/* There may be one peer too many since an extra one was tried: the one that is worth least goes. */
static bool give_up_worst(struct yc_core *c, enum yc_conn_type type, size_t most, struct yc_now now)
{
    struct yc_sync_peer *worst = yc_keep_worst(&c->sync, type, most, now);
    struct conn *k = worst ? yc_core_conn_of(c, (uint64_t)worst->peer->start.id) : NULL;
    if (!k || k->closing)
        return false;
    yc_log_debug(c->log, YC_LOGC_NET, "disconnecting extra %s peer=%lld", yc_conn_type_name(type),
                 (long long)k->peer.start.id);
    yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
    yc_core_busy(c, k);
    return true;
}

static void look_for_stale_tip(struct yc_core *c, struct yc_now now)
{
    int64_t still_us = now.mono_us - c->tip_moved_us;
    bool stale = still_us > STALE_SPACINGS * (int64_t)c->config.chain.params->pow.spacing_s * SECOND_US &&
                 yc_keep_nothing_awaited(&c->sync);
    if (stale)
        yc_log_info(
            c->log,
            "Potential stale tip detected, will try using extra outbound peer (last tip update: %lld seconds ago)",
            (long long)(still_us / SECOND_US));
    yc_slots_one_more(c->slots, stale && c->network_active);
}

void yc_core_outbound_tick(struct yc_core *c, struct yc_now now)
{
    struct yc_slots_config limits = yc_slots_config_default();
    if (now.mono_us < c->evict_at_us)
        return;
    c->evict_at_us = now.mono_us + EVICT_US;
    (void)give_up_worst(c, YC_CONN_BLOCK_RELAY, limits.block_relay_max, now);
    if (give_up_worst(c, YC_CONN_OUTBOUND_FULL, limits.full_outbound_max, now))
        yc_slots_one_more(c->slots, false);
    if (now.mono_us >= c->stale_at_us) {
        c->stale_at_us = now.mono_us + STALE_CHECK_US;
        look_for_stale_tip(c, now);
    }
    if (!yc_core_is_initial_download(c))
        yc_slots_begin_extra(c->slots, now.mono_us);
}
