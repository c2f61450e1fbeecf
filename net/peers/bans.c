#include "net/peers/bans.h"

void yc_bans_init(struct yc_bans *b, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    memset(b, 0, sizeof *b);
    b->alloc = alloc;
    yc_map_init(&b->young, alloc, sizeof(struct yc_subnet), 1, seed);
    yc_map_init(&b->old, alloc, sizeof(struct yc_subnet), 1, seed);
}

void yc_bans_release(struct yc_bans *b)
{
    yc_map_release(&b->young);
    yc_map_release(&b->old);
    yc_alloc_free(b->alloc, b->ban, b->cap * sizeof *b->ban);
    b->ban = NULL;
    b->count = b->cap = 0;
}

/* Order of the list, which RPC shows: by network, address, and prefix length. */
static int compare(const struct yc_subnet *a, const struct yc_subnet *b)
{
    if (a->hidden != b->hidden)
        return a->hidden < b->hidden ? -1 : 1;
    int order = memcmp(a->host32, b->host32, sizeof a->host32);
    return order ? order : (int)a->bits - (int)b->bits;
}

/* Where the subnet is in the list, or belongs. */
static size_t find(const struct yc_bans *b, const struct yc_subnet *n, bool *found)
{
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare(&b->ban[mid].subnet, n) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = low < b->count && compare(&b->ban[low].subnet, n) == 0;
    return low;
}

enum yc_verdict yc_bans_restore(struct yc_bans *b, const struct yc_ban *ban, struct yc_error *err)
{
    bool found;
    char text[YC_SUBNET_TEXT_MAX];
    size_t at = find(b, &ban->subnet, &found);
    yc_subnet_print(text, &ban->subnet);
    if (found && b->ban[at].until_s >= ban->until_s)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "%s is banned already, for at least as long", text);
    if (found) {
        b->ban[at] = *ban;
        return YC_VALID;
    }
    if (b->count == YC_BANS_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%d subnets are banned already: remove some before banning %s",
                       YC_BANS_MAX, text);
    if (b->count == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 16;
        struct yc_ban *p = yc_alloc_resize(b->alloc, b->ban, b->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while banning %s", text);
        b->ban = p;
        b->cap = cap;
    }
    memmove(&b->ban[at + 1], &b->ban[at], (b->count - at) * sizeof *b->ban);
    b->ban[at] = *ban;
    b->count++;
    b->per_bits[ban->subnet.bits]++;
    return YC_VALID;
}

enum yc_verdict yc_bans_add(struct yc_bans *b, const struct yc_subnet *n, int64_t now_s, int64_t until_s,
                            struct yc_error *err)
{
    (void)yc_bans_sweep(b, now_s);
    return yc_bans_restore(b, &(struct yc_ban){*n, now_s, until_s}, err);
}

static void remove_at(struct yc_bans *b, size_t i)
{
    b->per_bits[b->ban[i].subnet.bits]--;
    memmove(&b->ban[i], &b->ban[i + 1], (b->count - i - 1) * sizeof *b->ban);
    b->count--;
}

bool yc_bans_remove(struct yc_bans *b, const struct yc_subnet *n)
{
    bool found;
    size_t at = find(b, n, &found);
    if (found)
        remove_at(b, at);
    return found;
}

void yc_bans_clear(struct yc_bans *b)
{
    b->count = 0;
    memset(b->per_bits, 0, sizeof b->per_bits);
}

bool yc_bans_sweep(struct yc_bans *b, int64_t now_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (b->ban[i].until_s > now_s)
            b->ban[kept++] = b->ban[i];
        else
            b->per_bits[b->ban[i].subnet.bits]--;
    }
    bool changed = kept != b->count;
    b->count = kept;
    return changed;
}

bool yc_bans_match(const struct yc_bans *b, const struct yc_netaddr *a, int64_t now_s)
{
    unsigned bits = yc_netaddr_is_ipv4(a) ? YC_SUBNET_IPV4_BITS : 0;
    for (; bits <= 128 && b->count > 0; bits++) {
        bool found;
        if (b->per_bits[bits] == 0)
            continue;
        struct yc_subnet n = yc_subnet_of_bits(a, bits);
        size_t at = find(b, &n, &found);
        if (found && b->ban[at].until_s > now_s)
            return true;
    }
    return false;
}

bool yc_bans_match_subnet(const struct yc_bans *b, const struct yc_subnet *n, int64_t now_s)
{
    bool found;
    size_t at = find(b, n, &found);
    return found && b->ban[at].until_s > now_s;
}

void yc_bans_discourage(struct yc_bans *b, const struct yc_netaddr *a)
{
    struct yc_subnet key = yc_subnet_of(a);
    bool is_new;
    if (yc_map_get(&b->young, &key))
        return;
    if (b->young.count == YC_DISCOURAGED_MAX) {
        struct yc_map full = b->young;
        b->young = b->old;
        b->old = full;
        yc_map_clear(&b->young);
    }
    uint8_t *mark = yc_map_put(&b->young, &key, &is_new);
    if (mark)
        *mark = 1;
}

bool yc_bans_discouraged(const struct yc_bans *b, const struct yc_netaddr *a)
{
    struct yc_subnet key = yc_subnet_of(a);
    return yc_map_get(&b->young, &key) || yc_map_get(&b->old, &key);
}
