#include "net/peers/permit.h"

#include <stdio.h>

/* Who may relay by force may relay, and who may not be banned may download. */
#define FORCE_RELAY (YC_PERM_FORCE_RELAY | YC_PERM_RELAY)
#define NOBAN       (YC_PERM_NOBAN | YC_PERM_DOWNLOAD)
#define ALL         (YC_PERM_BLOOM_FILTER | FORCE_RELAY | NOBAN | YC_PERM_MEMPOOL | YC_PERM_ADDR)

static const struct {
    const char *name;
    uint32_t gives, shown_by;
} table[] = {{"bloomfilter", YC_PERM_BLOOM_FILTER, YC_PERM_BLOOM_FILTER},
             {"noban", NOBAN, YC_PERM_NOBAN},
             {"forcerelay", FORCE_RELAY, YC_PERM_FORCE_RELAY},
             {"relay", YC_PERM_RELAY, YC_PERM_RELAY},
             {"mempool", YC_PERM_MEMPOOL, YC_PERM_MEMPOOL},
             {"download", YC_PERM_DOWNLOAD, YC_PERM_DOWNLOAD},
             {"addr", YC_PERM_ADDR, YC_PERM_ADDR},
             {"all", ALL, 0}};

#define NAMES (sizeof table / sizeof table[0])

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && !memcmp(text, word, n);
}

static enum yc_verdict read_name(struct yc_permit *out, const char *text, size_t n, bool by_bind, struct yc_error *err)
{
    if (n == 0)
        return YC_VALID;
    if (is_word(text, n, "in")) {
        out->inbound = true;
        return YC_VALID;
    }
    if (is_word(text, n, "out")) {
        out->outbound = true;
        return by_bind ? yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                                 "whitebind may only be used for incoming connections (\"out\" was passed)")
                       : YC_VALID;
    }
    for (size_t i = 0; i < NAMES; i++)
        if (is_word(text, n, table[i].name)) {
            out->permissions |= table[i].gives;
            return YC_VALID;
        }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid P2P permission: '%.*s'", (int)n, text);
}

/* The part before the '@'; *where is what stands behind it. */
static enum yc_verdict read_names(struct yc_permit *out, const char **where, const char *text, bool by_bind,
                                  struct yc_error *err)
{
    const char *at = strchr(text, '@');
    *out = (struct yc_permit){.by_bind = by_bind};
    *where = at ? at + 1 : text;
    if (!at) {
        out->implicit = out->inbound = true;
        out->permissions = YC_PERM_RELAY | YC_PERM_MEMPOOL | NOBAN;
        return YC_VALID;
    }
    for (const char *p = text; p < at;) {
        size_t n = strcspn(p, ",@");
        enum yc_verdict v = read_name(out, p, n, by_bind, err);
        if (v != YC_VALID)
            return v;
        p += n + (p[n] == ',');
    }
    if ((out->inbound || out->outbound) && out->permissions == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Only direction was set, no permissions: '%s'", text);
    out->inbound = out->inbound || !out->outbound;
    return YC_VALID;
}

enum yc_verdict yc_permit_parse(struct yc_permit *out, const char *text, struct yc_error *err)
{
    const char *where;
    enum yc_verdict v = read_names(out, &where, text, false, err);
    if (v == YC_VALID && !yc_subnet_parse(&out->subnet, where))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Invalid netmask specified in -whitelist: '%s': give an address, or network/bits", where);
    return v;
}

enum yc_verdict yc_permit_parse_bind(struct yc_permit *out, const char *text, struct yc_error *err)
{
    const char *where;
    enum yc_verdict v = read_names(out, &where, text, true, err);
    if (v != YC_VALID)
        return v;
    if (!yc_netaddr_parse(&out->bound, where, 0))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Cannot resolve -whitebind address: '%s'", where);
    if (out->bound.port == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Need to specify a port with -whitebind: '%s'", where);
    return YC_VALID;
}

static bool fits(const struct yc_permit *r, const struct yc_netaddr *remote, const struct yc_netaddr *local,
                 bool inbound)
{
    if (inbound ? !r->inbound : !r->outbound)
        return false;
    if (!r->by_bind)
        return yc_subnet_contains(&r->subnet, remote);
    return r->bound.port == local->port && (yc_netaddr_is_any(&r->bound) || yc_netaddr_same_host(&r->bound, local));
}

uint32_t yc_permit_of(const struct yc_permit *rules, size_t count, const struct yc_netaddr *remote,
                      const struct yc_netaddr *local, bool inbound)
{
    uint32_t permissions = 0;
    for (size_t i = 0; i < count; i++)
        if (fits(&rules[i], remote, local, inbound))
            permissions |= rules[i].permissions;
    return permissions;
}

const char *yc_permit_name(uint32_t permissions, size_t i)
{
    for (size_t k = 0; k < NAMES; k++)
        if ((permissions & table[k].shown_by) && i-- == 0)
            return table[k].name;
    return NULL;
}
