#include "net/peers/slots.h"

static size_t index_of(const struct yc_self *s, const struct yc_netaddr *addr)
{
    size_t i = 0;
    while (i < s->count && !yc_netaddr_equal(&s->list[i].addr, addr))
        i++;
    return i;
}

void yc_self_add(struct yc_self *s, const struct yc_netaddr *addr, enum yc_self_origin origin)
{
    if (origin != YC_SELF_GIVEN && !yc_netaddr_is_routable(addr))
        return;
    size_t i = index_of(s, addr);
    if (i < s->count) {
        if (s->list[i].score < UINT32_MAX)
            s->list[i].score = s->list[i].score >= origin ? s->list[i].score + 1 : (uint32_t)origin;
    } else if (s->count < YC_SELF_MAX) {
        s->list[s->count].addr = *addr;
        s->list[s->count].score = (uint32_t)origin;
        s->count++;
    }
}

void yc_self_seen(struct yc_self *s, const struct yc_netaddr *addr)
{
    size_t i = index_of(s, addr);
    if (i < s->count && s->list[i].score < UINT32_MAX)
        s->list[i].score++;
}

bool yc_self_best(const struct yc_self *s, const struct yc_netaddr *remote, struct yc_netaddr *out)
{
    const bool v4 = yc_netaddr_is_ipv4(remote);
    size_t best = s->count;
    for (size_t i = 0; i < s->count; i++) {
        if (best == s->count) {
            best = i;
            continue;
        }
        bool family = yc_netaddr_is_ipv4(&s->list[i].addr) == v4;
        bool best_family = yc_netaddr_is_ipv4(&s->list[best].addr) == v4;
        if (family != best_family ? family : s->list[i].score > s->list[best].score)
            best = i;
    }
    if (best == s->count)
        return false;
    *out = s->list[best].addr;
    return true;
}

bool yc_self_has(const struct yc_self *s, const struct yc_netaddr *addr)
{
    return index_of(s, addr) < s->count;
}
