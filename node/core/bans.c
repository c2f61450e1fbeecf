/* The ban list on disk, and what a ban does to connections. What a list holds is net/peers/bans.h's. */
#include "node/core/core_internal.h"
#include "sys/json.h"
#include "sys/json_out.h"

#define LIST_BYTES_MAX ((size_t)8 << 20) /* YC_BANS_MAX entries take about half of it */
#define LIST_VERSION   1                 /* of an entry, as Bitcoin Core writes it */
#define LIST_FILE      "banlist.json"

static void write_list(const struct yc_bans *b, struct yc_buf *out)
{
    struct yc_json_out j;
    yc_json_out_init(&j, out, 4);
    yc_json_begin_object(&j);
    yc_json_key(&j, "banned_nets");
    yc_json_begin_array(&j);
    for (size_t i = 0; i < b->count; i++) {
        const struct yc_ban *ban = yc_bans_at(b, i);
        char text[YC_SUBNET_TEXT_MAX];
        yc_subnet_print(text, &ban->subnet);
        yc_json_begin_object(&j);
        yc_json_member_int(&j, "version", LIST_VERSION);
        yc_json_member_int(&j, "ban_created", ban->created_s);
        yc_json_member_int(&j, "banned_until", ban->until_s);
        yc_json_member_text(&j, "address", text);
        yc_json_end_object(&j);
    }
    yc_json_end_array(&j);
    yc_json_end_object(&j);
    yc_buf_append(out, "\n", 1);
}

static enum yc_verdict save(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX];
    struct yc_buf text;
    yc_core_path(c, path, LIST_FILE);
    yc_buf_init(&text, c->alloc, LIST_BYTES_MAX);
    write_list(&c->bans, &text);
    enum yc_verdict v = text.failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while saving %s", path)
                                    : yc_fs_replace_file(c->config.chain.fs, path, yc_buf_view(&text), err);
    yc_buf_release(&text);
    return v;
}

/* After a change that was asked for: the list in memory is what counts until the next start. */
static void save_change(struct yc_core *c)
{
    struct yc_error err;
    if (save(c, &err) != YC_VALID)
        yc_log_warning(c->log, "The ban list could not be saved; it holds until the node stops: %s", err.text);
}

static bool read_entry(struct yc_bans *b, const struct yc_json *entry, struct yc_error *err)
{
    struct yc_ban ban;
    int64_t version;
    const char *address = yc_json_text(yc_json_member(entry, "address"));
    if (!yc_json_int64(yc_json_member(entry, "version"), &version) || version != LIST_VERSION ||
        !yc_json_int64(yc_json_member(entry, "ban_created"), &ban.created_s) ||
        !yc_json_int64(yc_json_member(entry, "banned_until"), &ban.until_s) || !address ||
        !yc_subnet_parse(&ban.subnet, address))
        return false;
    enum yc_verdict v = yc_bans_restore(b, &ban, err);
    return v == YC_VALID || v == YC_INVALID; /* the same subnet twice: the longer ban holds */
}

static bool read_list(struct yc_core *c, struct yc_view text)
{
    struct yc_json *root = NULL;
    struct yc_error err;
    if (yc_json_parse(&root, text, LIST_BYTES_MAX, &err) != YC_VALID)
        return false;
    const struct yc_json *list = yc_json_member(root, "banned_nets");
    bool ok = yc_json_kind(list) == YC_JSON_ARRAY;
    for (size_t i = 0; ok && i < yc_json_count(list); i++)
        ok = read_entry(&c->bans, yc_json_element(list, i), &err);
    yc_json_free(root);
    return ok;
}

enum yc_verdict yc_core_bans_open(struct yc_core *c, struct yc_error *err)
{
    char path[YC_CORE_PATH_MAX], aside[YC_CORE_PATH_MAX];
    const struct yc_fs *fs = c->config.chain.fs;
    struct yc_view text;
    yc_core_path(c, path, LIST_FILE);
    enum yc_verdict v = yc_fs_read_file(fs, c->alloc, path, LIST_BYTES_MAX, &text, err);
    bool there = v != YC_NOT_YET, ok = false;
    if (v == YC_VALID) {
        ok = read_list(c, text);
        yc_alloc_free(c->alloc, (void *)(uintptr_t)text.p, text.n);
    } else if (there && err->which != YC_SYSTEM_CORRUPT) {
        return v;
    }
    if (ok) {
        yc_log_debug(c->log, YC_LOGC_NET, "Loaded %zu banned node addresses/subnets", c->bans.count);
        return YC_VALID;
    }
    yc_bans_clear(&c->bans);
    yc_log_info(c->log, "Recreating the banlist database");
    if (there) {
        yc_core_path(c, aside, LIST_FILE ".bak");
        yc_log_warning(c->log, "%s cannot be read, so nobody is banned. It is kept as %s", path, aside);
        v = fs->rename(fs->ctx, path, aside, err);
        if (v != YC_VALID)
            return v;
    }
    return save(c, err);
}

enum yc_verdict yc_core_ban(struct yc_core *c, const struct yc_subnet *n, bool address, int64_t until_s,
                            struct yc_error *err)
{
    struct yc_now now = core_now(c);
    struct yc_netaddr one = {.hidden = n->hidden};
    memcpy(one.host32, n->host32, sizeof one.host32);
    if (address ? yc_bans_match(&c->bans, &one, now.wall_s) : yc_bans_match_subnet(&c->bans, n, now.wall_s))
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "Error: IP/Subnet already banned");
    enum yc_verdict v = yc_bans_add(&c->bans, n, now.wall_s, until_s, err);
    if (v != YC_VALID)
        return v;
    for (struct conn *k = c->first; k; k = k->next) {
        if (!k->open || k->closing || !yc_subnet_contains(n, &k->remote))
            continue;
        yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
        yc_core_busy(c, k);
    }
    save_change(c);
    return YC_VALID;
}

bool yc_core_unban(struct yc_core *c, const struct yc_subnet *n)
{
    bool was = yc_bans_remove(&c->bans, n);
    if (was)
        save_change(c);
    return was;
}

void yc_core_clear_bans(struct yc_core *c)
{
    yc_bans_clear(&c->bans);
    save_change(c);
}

const struct yc_bans *yc_core_bans(struct yc_core *c)
{
    if (yc_bans_sweep(&c->bans, core_now(c).wall_s))
        save_change(c);
    return &c->bans;
}
