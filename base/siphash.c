#include "base/siphash.h"

#include "base/bytes.h"

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline void round_once(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t m)
{
    s->v3 ^= m;
    round_once(s);
    round_once(s);
    s->v0 ^= m;
}

uint64_t yc_siphash(struct yc_siphash_key key, const void *p, size_t n)
{
    struct state s = {key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du, key.k0 ^ 0x6c7967656e657261u,
                      key.k1 ^ 0x7465646279746573u};
    const uint8_t *at = p;
    uint64_t last = (uint64_t)(n & 255) << 56;
    for (; n >= 8; n -= 8, at += 8)
        absorb(&s, yc_get64le(at));
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)at[i] << (8 * i);
    absorb(&s, last);
    s.v2 ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        round_once(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
