/* -capturemessages: every message in files, in Bitcoin Core's form, for regtest/conversation and other readers: time in
 * microseconds since 1970 (8 bytes), the message's name (12, filled up with zeros), the payload's length (4), the payload.
 * Integers are little-endian. */
#include "node/core/core_internal.h"

#include <stdio.h>

#define HEAD_BYTES (8 + YC_FRAME_COMMAND_BYTES + 4)

struct yc_capture {
    struct yc_core *core;
    struct {
        struct yc_file *file; /* NULL: not opened, or given up */
        uint64_t size;
        bool given_up;
    } way[2]; /* received, sent */
};

static int64_t now_us(const struct yc_core *c)
{
    /* The wall clock tells whole seconds; the order of messages wants more, and never backwards. */
    int64_t mono = yc_mono_us(c->pace);
    return c->capture_base_us + mono;
}

static enum yc_verdict open_file(struct yc_core *c, struct conn *k, bool sent, struct yc_error *err)
{
    const struct yc_fs *fs = c->config.chain.fs;
    char folder[YC_CORE_PATH_MAX], path[YC_CORE_PATH_MAX], address[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(address, &k->remote);
    for (char *p = address; *p; p++)
        *p = *p == ':' ? '_' : *p;
    yc_core_path(c, folder, "message_capture");
    int n = snprintf(path, sizeof path, "%s/%s", folder, address);
    if (n < 0 || (size_t)n >= sizeof path - 16)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path %s is too long for captured messages", folder);
    enum yc_verdict v = fs->make_dir(fs->ctx, path, err);
    (void)snprintf(path + n, sizeof path - (size_t)n, "/msgs_%s.dat", sent ? "sent" : "recv");
    if (v == YC_VALID)
        v = fs->open(fs->ctx, &k->capture->way[sent].file, path, YC_OPEN_WRITE, err);
    if (v == YC_VALID)
        v = fs->size(fs->ctx, k->capture->way[sent].file, &k->capture->way[sent].size, err);
    return v;
}

static enum yc_verdict append(struct yc_core *c, struct conn *k, bool sent, const char *name, struct yc_view payload,
                              struct yc_error *err)
{
    const struct yc_fs *fs = c->config.chain.fs;
    uint8_t head[HEAD_BYTES] = {0};
    size_t length = strlen(name);
    struct yc_file *f = k->capture->way[sent].file;
    uint64_t *size = &k->capture->way[sent].size;
    yc_put64le(head, (uint64_t)now_us(c));
    memcpy(head + 8, name, length < YC_FRAME_COMMAND_BYTES ? length : YC_FRAME_COMMAND_BYTES);
    yc_put32le(head + 8 + YC_FRAME_COMMAND_BYTES, (uint32_t)payload.n);
    enum yc_verdict v = fs->pwrite(fs->ctx, f, head, sizeof head, *size, err);
    if (v == YC_VALID && payload.n)
        v = fs->pwrite(fs->ctx, f, payload.p, payload.n, *size + sizeof head, err);
    *size += sizeof head + payload.n;
    return v;
}

static void on_message(void *ctx, const struct yc_peer *p, bool sent, const char *name, struct yc_view payload)
{
    struct yc_core *c = ctx;
    struct conn *k = (struct conn *)(uintptr_t)((const uint8_t *)p - offsetof(struct conn, peer));
    struct yc_error err;
    if (!k->capture) {
        k->capture = yc_alloc_new(c->alloc, sizeof *k->capture);
        if (!k->capture)
            return;
        *k->capture = (struct yc_capture){.core = c};
    }
    if (k->capture->way[sent].given_up)
        return;
    enum yc_verdict v = k->capture->way[sent].file ? YC_VALID : open_file(c, k, sent, &err);
    if (v == YC_VALID)
        v = append(c, k, sent, name, payload, &err);
    if (v == YC_VALID)
        return;
    k->capture->way[sent].given_up = true;
    yc_log_warning(c->log, "Messages %s peer=%lld are no longer captured: %s", sent ? "to" : "from",
                   (long long)p->start.id, err.text);
}

void yc_core_capture_begin(struct yc_core *c)
{
    c->capture_base_us = yc_wall_s(c->pace) * SECOND_US - yc_mono_us(c->pace);
    c->shared.tap = (struct yc_peer_tap){on_message, c};
}

void yc_core_capture_end(struct conn *k)
{
    struct yc_capture *t = k->capture;
    if (!t)
        return;
    const struct yc_fs *fs = t->core->config.chain.fs;
    for (size_t i = 0; i < 2; i++)
        if (t->way[i].file)
            fs->close(fs->ctx, t->way[i].file);
    yc_alloc_free(t->core->alloc, t, sizeof *t);
    k->capture = NULL;
}
