#include "crypto/sha256.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256_kernels.h"

static const struct yc_sha256_kernel *const kernels[] = {
#ifdef YC_SHA256_X86
    &yc_sha256_kernel_shani,
#endif
    &yc_sha256_kernel_generic,
};

#define KERNEL_COUNT (sizeof kernels / sizeof kernels[0])

/* Written by yc_sha256_select() alone, before threads start. */
static const struct yc_sha256_kernel *selected = &yc_sha256_kernel_generic;

/* One message. */

void yc_sha256_init(struct yc_sha256 *h) { yc_sha256_init_midstate(h, yc_sha256_start, 0); }

void yc_sha256_init_midstate(struct yc_sha256 *h, const uint32_t state[8], uint64_t bytes)
{
    YC_ASSERT(bytes % 64 == 0);
    memcpy(h->s, state, sizeof h->s);
    h->bytes = bytes;
}

static void update_with(const struct yc_sha256_kernel *k, struct yc_sha256 *h, const void *p, size_t n)
{
    const uint8_t *at = p;
    size_t held = (size_t)(h->bytes % 64);
    h->bytes += n;
    if (held) {
        size_t take = n < 64 - held ? n : 64 - held;
        if (take)
            memcpy(h->tail + held, at, take);
        if (held + take < 64)
            return;
        k->blocks(h->s, h->tail, 1);
        at += take;
        n -= take;
    }
    if (n >= 64) {
        k->blocks(h->s, at, n / 64);
        at += n / 64 * 64;
        n %= 64;
    }
    if (n)
        memcpy(h->tail, at, n);
}

/* Write the blocks that end a message of so many bytes, whose last bytes % 64 are at last. Returns how many: 1 or 2. */
static size_t pad(uint8_t out128[128], const uint8_t *last, uint64_t bytes)
{
    size_t held = (size_t)(bytes % 64), count = held < 56 ? 1 : 2;
    if (held)
        memcpy(out128, last, held);
    out128[held] = 0x80;
    memset(out128 + held + 1, 0, 64 * count - 8 - held - 1);
    yc_put64be(out128 + 64 * count - 8, bytes * 8);
    return count;
}

static void put_digest(uint8_t out32[32], const uint32_t state[8])
{
    for (unsigned i = 0; i < 8; i++)
        yc_put32be(out32 + 4 * i, state[i]);
}

static void final_with(const struct yc_sha256_kernel *k, struct yc_sha256 *h, uint8_t out32[32])
{
    uint8_t end[128];
    size_t count = pad(end, h->tail, h->bytes);
    k->blocks(h->s, end, count);
    put_digest(out32, h->s);
}

void yc_sha256_update(struct yc_sha256 *h, const void *p, size_t n) { update_with(selected, h, p, n); }
void yc_sha256_final(struct yc_sha256 *h, uint8_t out32[32]) { final_with(selected, h, out32); }

static void once_with(const struct yc_sha256_kernel *k, uint8_t out32[32], const void *p, size_t n)
{
    struct yc_sha256 h;
    yc_sha256_init(&h);
    update_with(k, &h, p, n);
    final_with(k, &h, out32);
}

static void twice_with(const struct yc_sha256_kernel *k, uint8_t out32[32], const void *p, size_t n)
{
    once_with(k, out32, p, n);
    once_with(k, out32, out32, 32);
}

void yc_sha256_once(uint8_t out32[32], const void *p, size_t n) { once_with(selected, out32, p, n); }
void yc_sha256d(uint8_t out32[32], const void *p, size_t n) { twice_with(selected, out32, p, n); }

void yc_sha256_init_tagged(struct yc_sha256 *h, const char *tag)
{
    uint8_t digest[32];
    yc_sha256_once(digest, tag, strlen(tag));
    yc_sha256_init(h);
    yc_sha256_update(h, digest, sizeof digest);
    yc_sha256_update(h, digest, sizeof digest);
}

void yc_sha256_tagged(uint8_t out32[32], const char *tag, struct yc_view a, struct yc_view b, struct yc_view c)
{
    struct yc_sha256 h;
    yc_sha256_init_tagged(&h, tag);
    yc_sha256_update(&h, a.p, a.n);
    yc_sha256_update(&h, b.p, b.n);
    yc_sha256_update(&h, c.p, c.n);
    yc_sha256_final(&h, out32);
}

/* Many messages. Each lane of the kernel works through one message: its whole blocks, the one or two that pad it, and
 * the block of the second hash. A lane that ends takes the next message, so lanes stay full whatever the lengths. */

enum stage { STAGE_WHOLE, STAGE_PADDED, STAGE_SECOND };

struct lane {
    enum stage stage;
    const uint8_t *next; /* blocks yet to be absorbed in this stage */
    size_t left;
    struct yc_view message;
    uint8_t *out;
    uint8_t end[128];
};

static void lane_padding(struct lane *l)
{
    size_t whole = l->message.n / 64 * 64;
    l->left = pad(l->end, l->message.n ? l->message.p + whole : NULL, l->message.n);
    l->next = l->end;
    l->stage = STAGE_PADDED;
}

static void lane_begin(struct lane *l, uint32_t state[8], struct yc_view message, uint8_t *out)
{
    memcpy(state, yc_sha256_start, 32);
    l->message = message;
    l->out = out;
    l->stage = STAGE_WHOLE;
    l->next = message.p;
    l->left = message.n / 64;
    if (l->left == 0)
        lane_padding(l);
}

/* Go on to the next stage; false when the lane has written its result and is free. */
static bool lane_next_stage(struct lane *l, uint32_t state[8])
{
    uint8_t digest[32];
    switch (l->stage) {
    case STAGE_WHOLE:
        lane_padding(l);
        return true;
    case STAGE_PADDED:
        put_digest(digest, state);
        l->left = pad(l->end, digest, sizeof digest);
        l->next = l->end;
        l->stage = STAGE_SECOND;
        memcpy(state, yc_sha256_start, 32);
        return true;
    case STAGE_SECOND:
        break;
    }
    put_digest(l->out, state);
    return false;
}

/* Absorb n blocks that have been hashed; false when the lane is free. */
static bool lane_advance(struct lane *l, uint32_t state[8], size_t n)
{
    l->next += 64 * n;
    l->left -= n;
    return l->left > 0 || lane_next_stage(l, state);
}

static void batch_with(const struct yc_sha256_kernel *k, uint8_t (*out)[32], const struct yc_view *in, size_t count)
{
    struct lane lanes[YC_SHA256_LANES_MAX];
    uint32_t states[YC_SHA256_LANES_MAX][8];
    const uint8_t *next[YC_SHA256_LANES_MAX];
    size_t taken = 0, used = 0; /* messages begun; lanes at work, which are the first ones */
    for (; used < k->lanes && taken < count; used++, taken++)
        lane_begin(&lanes[used], states[used], in[taken], out[taken]);
    while (used == k->lanes) {
        size_t n = lanes[0].left;
        for (size_t i = 0; i < used; i++) {
            next[i] = lanes[i].next;
            n = lanes[i].left < n ? lanes[i].left : n;
        }
        k->blocks_abreast(states, next, n);
        for (size_t i = 0; i < used; i++) {
            if (lane_advance(&lanes[i], states[i], n))
                continue;
            if (taken < count) {
                lane_begin(&lanes[i], states[i], in[taken], out[taken]);
                taken++;
            } else {
                /* Close the gap with the last lane, which has yet to advance unless it is this one. */
                used--;
                if (i == used)
                    break;
                if (!lane_advance(&lanes[used], states[used], n))
                    break;
                lanes[i] = lanes[used];
                memcpy(states[i], states[used], sizeof states[i]);
            }
        }
    }
    for (size_t i = 0; i < used; i++) {
        do {
            k->blocks(states[i], lanes[i].next, lanes[i].left);
        } while (lane_advance(&lanes[i], states[i], lanes[i].left));
    }
}
