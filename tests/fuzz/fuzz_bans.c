/* Bans and discouraged addresses as a program of the input, beside a list that is walked: subnets of every length of four
 * networks are banned, unbanned and run out; addresses are discouraged by the thousand. What is matched is what the list
 * says, the list's order and bounds are kept, and of those discouraged the last generation is never forgotten. The first byte
 * of the input may cap the memory. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/peers/bans.h"
#include "sys/heap.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 200
#define BULK  2500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct machine {
    struct yc_heap_capped heap;
    struct yc_bans b;
    int64_t now_s;
    bool capped;
    uint32_t discouraged; /* how many, one after another */
    size_t count;
    struct yc_ban list[YC_BANS_MAX + 1];
};

/* Few bytes of the input say where in few bits, so that subnets hold one another. */
static struct yc_netaddr addr_of(uint32_t i)
{
    uint8_t key32[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
    struct yc_netaddr a =
        yc_netaddr_ipv4((uint8_t)(i >> 8 & 0x81), (uint8_t)(i >> 8), (uint8_t)(i & 0xc1), (uint8_t)i, 0);
    if (i >> 16 & 4) {
        a = yc_netaddr_of_key(i >> 16 & 1 ? YC_NET_TORV3 : YC_NET_I2P, key32, 0);
    } else if (i >> 16 & 8) {
        memset(a.host32, 0, 12); /* IPv6, zeros first: next to where IPv4 addresses lie */
        a.host32[i >> 16 & 3] = (uint8_t)(i >> 8);
    }
    return a;
}

/* Bit by bit. */
static bool holds(const struct yc_subnet *n, const struct yc_netaddr *a)
{
    struct yc_netaddr base = {.hidden = n->hidden};
    memcpy(base.host32, n->host32, sizeof base.host32);
    if (n->hidden != a->hidden || (n->hidden && memcmp(n->host32, a->host32, 32) != 0))
        return false;
    if (!n->hidden && (n->bits >= 96 && yc_netaddr_is_ipv4(&base)) != yc_netaddr_is_ipv4(a))
        return false; /* another network */
    for (unsigned i = 0; i < n->bits && !n->hidden; i++)
        if ((n->host32[i / 8] ^ a->host32[i / 8]) & 0x80 >> i % 8)
            return false;
    return true;
}

static size_t place(const struct machine *m, const struct yc_subnet *n)
{
    size_t i = 0;
    while (i < m->count && memcmp(&m->list[i].subnet, n, sizeof *n) != 0)
        i++;
    return i;
}

static void sweep(struct machine *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].until_s > m->now_s)
            m->list[kept++] = m->list[i];
    m->count = kept;
}

static void ban(struct machine *m, const struct yc_subnet *n, int64_t until_s)
{
    struct yc_error err;
    sweep(m);
    size_t i = place(m, n);
    bool longer = i == m->count || m->list[i].until_s < until_s, full = i == YC_BANS_MAX;
    enum yc_verdict v = yc_bans_add(&m->b, n, m->now_s, until_s, &err);
    YC_ASSERT(v == (!longer ? YC_INVALID : full ? YC_SYSTEM : YC_VALID) || (v == YC_SYSTEM && m->capped && longer));
    YC_ASSERT(v == YC_VALID || err.text[0]);
    if (v != YC_VALID)
        return;
    m->list[i] = (struct yc_ban){*n, m->now_s, until_s};
    m->count += i == m->count;
}

static void discourage(struct machine *m, unsigned count)
{
    for (unsigned i = 0; i < count; i++, m->discouraged++) {
        struct yc_netaddr a = yc_netaddr_ipv4(10, (uint8_t)(m->discouraged >> 16), (uint8_t)(m->discouraged >> 8),
                                              (uint8_t)m->discouraged, 0);
        yc_bans_discourage(&m->b, &a);
        YC_ASSERT(m->capped || yc_bans_discouraged(&m->b, &a));
    }
    for (uint32_t i = m->discouraged < YC_DISCOURAGED_MAX ? 0 : m->discouraged - YC_DISCOURAGED_MAX;
         i < m->discouraged && !m->capped; i += 997) {
        struct yc_netaddr a = yc_netaddr_ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1234);
        YC_ASSERT(yc_bans_discouraged(&m->b, &a));
    }
    YC_ASSERT(m->b.young.count <= YC_DISCOURAGED_MAX && m->b.old.count <= YC_DISCOURAGED_MAX);
}

static void look(const struct machine *m, const struct yc_netaddr *a, const struct yc_subnet *n)
{
    bool match = false;
    size_t i = place(m, n);
    for (size_t k = 0; k < m->count && !match; k++)
        match = m->list[k].until_s > m->now_s && holds(&m->list[k].subnet, a);
    YC_ASSERT(yc_bans_match(&m->b, a, m->now_s) == match);
    YC_ASSERT(yc_bans_match_subnet(&m->b, n, m->now_s) == (i < m->count && m->list[i].until_s > m->now_s));
    YC_ASSERT(yc_subnet_contains(n, a) && holds(n, a));
    YC_ASSERT(m->b.count == m->count);
    for (size_t k = 1; k < m->count && k < 50; k++)
        YC_ASSERT(memcmp(yc_bans_at(&m->b, k), yc_bans_at(&m->b, k - 1), sizeof(struct yc_ban)) != 0);
}

static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), how = yc_reader_u8(r);
    uint32_t where = yc_reader_u16le(r) | (uint32_t)yc_reader_u8(r) << 16;
    struct yc_netaddr a = addr_of(where);
    bool v4 = yc_netaddr_is_ipv4(&a);
    struct yc_subnet n = yc_subnet_of_bits(&a, a.hidden ? 128 : v4 ? 96 + how % 33u : how % 129u);
    if (what < 120) {
        ban(m, &n, m->now_s + 1 + what);
    } else if (what < 150) {
        size_t i = place(m, &n);
        YC_ASSERT(yc_bans_remove(&m->b, &n) == (i < m->count));
        if (i < m->count)
            m->list[i] = m->list[--m->count];
    } else if (what < 155) {
        for (uint32_t i = 0; i < (what < 151 ? how * 4u : how / 8u); i++) { /* enough of these fill the list */
            struct yc_netaddr one = yc_netaddr_ipv4(11, (uint8_t)where, (uint8_t)(i >> 8), (uint8_t)i, 0);
            struct yc_subnet alone = yc_subnet_of(&one);
            ban(m, &alone, m->now_s + 1000);
        }
    } else if (what < 160) {
        yc_bans_clear(&m->b);
        m->count = 0;
    } else if (what < 180) {
        (void)yc_bans_sweep(&m->b, m->now_s);
        sweep(m);
    } else if (what < 190) {
        discourage(m, how * (BULK / 255));
    } else if (what < 220) {
        m->now_s += how;
    }
    look(m, &a, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    yc_reader_init(&r, yc_view(data, n));
    uint8_t cap = yc_reader_u8(&r);
    m->capped = cap >= 200;
    m->now_s = 1700000000;
    yc_heap_capped_init(&m->heap, m->capped ? (size_t)(cap - 199) * 2048 : SIZE_MAX);
    yc_bans_init(&m->b, &m->heap.alloc, (struct yc_siphash_key){1, 2});
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++)
        step(m, &r);
    yc_bans_release(&m->b);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
