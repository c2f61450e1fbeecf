#include "crypto/sha256.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256_kernels.h"

static const struct yc_sha256_kernel *const kernels[] = {
#ifdef YC_SHA256_X86
    &yc_sha256_kernel_avx512,
    &yc_sha256_kernel_shani,
#endif
    &yc_sha256_kernel_generic,
};

#define KERNEL_COUNT (sizeof kernels / sizeof kernels[0])

/* Written by yc_sha256_select() alone, before threads start. */
static const struct yc_sha256_kernel *selected = &yc_sha256_kernel_generic;

/* One message. */

void yc_sha256_init(struct yc_sha256 *h)
{
    yc_sha256_init_midstate(h, yc_sha256_start, 0);
}

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

void yc_sha256_update(struct yc_sha256 *h, const void *p, size_t n)
{
    update_with(selected, h, p, n);
}
void yc_sha256_final(struct yc_sha256 *h, uint8_t out32[32])
{
    final_with(selected, h, out32);
}

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

void yc_sha256_once(uint8_t out32[32], const void *p, size_t n)
{
    once_with(selected, out32, p, n);
}
void yc_sha256d(uint8_t out32[32], const void *p, size_t n)
{
    twice_with(selected, out32, p, n);
}

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

/* The messages of a batch; the first `taken` have been begun. */
struct queue {
    const struct yc_view *in;
    uint8_t (*out)[32];
    size_t count, taken;
};

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

/* Give the lane the next message that waits; false when none does. */
static bool lane_refill(struct lane *l, uint32_t state[8], struct queue *q)
{
    if (q->taken == q->count)
        return false;
    lane_begin(l, state, q->in[q->taken], q->out[q->taken]);
    q->taken++;
    return true;
}

static void batch_with(const struct yc_sha256_kernel *k, uint8_t (*out)[32], const struct yc_view *in, size_t count)
{
    struct queue q = {in, out, count, 0};
    struct lane lanes[YC_SHA256_LANES_MAX];
    uint32_t states[YC_SHA256_LANES_MAX][8];
    const uint8_t *next[YC_SHA256_LANES_MAX];
    bool busy[YC_SHA256_LANES_MAX];
    size_t busy_count = 0;
    for (size_t i = 0; i < k->lanes; i++) {
        busy[i] = lane_refill(&lanes[i], states[i], &q);
        busy_count += busy[i];
        if (!busy[i])
            memset(states[i], 0, sizeof states[i]);
    }
    while (busy_count >= k->lanes_least) {
        /* As many blocks as every busy lane has; an idle lane repeats the shortest one's, and nobody looks. */
        const struct lane *shortest = NULL;
        for (size_t i = 0; i < k->lanes; i++) {
            if (busy[i] && (!shortest || lanes[i].left < shortest->left))
                shortest = &lanes[i];
        }
        YC_ASSERT(shortest); /* the loop goes on while a lane is busy */
        size_t n = shortest->left;
        for (size_t i = 0; i < k->lanes; i++)
            next[i] = busy[i] ? lanes[i].next : shortest->next;
        k->blocks_abreast(states, next, n);
        busy_count = 0;
        for (size_t i = 0; i < k->lanes; i++) {
            busy[i] = busy[i] && (lane_advance(&lanes[i], states[i], n) || lane_refill(&lanes[i], states[i], &q));
            busy_count += busy[i];
        }
    }
    /* Nothing waits any more, and what is under way is too little to go abreast. */
    for (size_t i = 0; i < k->lanes; i++) {
        while (busy[i]) {
            size_t n = lanes[i].left;
            k->blocks(states[i], lanes[i].next, n);
            busy[i] = lane_advance(&lanes[i], states[i], n);
        }
    }
}

void yc_sha256d_batch(uint8_t (*out)[32], const struct yc_view *in, size_t count)
{
    batch_with(selected, out, in, count);
}

void yc_sha256d_64_batch(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    selected->d64(out, in, count);
}

void yc_sha256d_80_batch(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    YC_ASSERT(stride >= 80);
    selected->d80(out, in, stride, count);
}

/* Known answers for YC_SHA256_LANES_MAX = 16, made with Python's hashlib over the bytes (167 i + 13) mod 256. */

#define PATTERN_BYTES 1728
#define MESSAGES      (YC_SHA256_LANES_MAX + 3) /* every lane, and some left over */

static bool known_stream(const struct yc_sha256_kernel *k, const uint8_t *pattern)
{
    /* h = SHA-256(h, the first n bytes of the pattern) for n = 0..299, from 32 zeros: every length of padding, and
     * updates that begin and end everywhere in a block. */
    static const uint8_t answer[32] = {0x20, 0xee, 0xe5, 0x24, 0x27, 0x96, 0xee, 0x9b, 0xc6, 0xca, 0x11,
                                       0x76, 0x3c, 0x36, 0xdc, 0xaf, 0x56, 0xc8, 0x81, 0xd3, 0xe3, 0xd7,
                                       0xcb, 0x7e, 0xf9, 0x8d, 0x10, 0x18, 0xac, 0x30, 0x22, 0xe1};
    uint8_t digest[32] = {0};
    for (size_t n = 0; n < 300; n++) {
        struct yc_sha256 h;
        yc_sha256_init(&h);
        update_with(k, &h, digest, sizeof digest);
        update_with(k, &h, pattern, n / 3);
        update_with(k, &h, pattern + n / 3, n - n / 3);
        final_with(k, &h, digest);
    }
    return memcmp(digest, answer, sizeof answer) == 0;
}

/* The digests in a row must hash to the answer. */
static bool known_digests(const struct yc_sha256_kernel *k, uint8_t (*digests)[32], const uint8_t answer[32])
{
    uint8_t all[32];
    once_with(k, all, digests, MESSAGES * sizeof digests[0]);
    return memcmp(all, answer, 32) == 0;
}

static bool known_double(const struct yc_sha256_kernel *k, const uint8_t *pattern)
{
    static const uint8_t answer_64[32] = {0x86, 0x56, 0x9c, 0x34, 0xf9, 0x86, 0x08, 0x7a, 0x60, 0xc8, 0x0f,
                                          0xd3, 0x5a, 0x08, 0xdc, 0x11, 0x9a, 0xda, 0x58, 0x8f, 0x07, 0x1a,
                                          0x70, 0x45, 0x6f, 0xda, 0x59, 0x2d, 0xd5, 0x95, 0x21, 0xf6};
    static const uint8_t answer_80[32] = {0x7c, 0x63, 0x51, 0xad, 0x07, 0x9b, 0x33, 0x0f, 0xde, 0x20, 0x50,
                                          0xa5, 0x23, 0x41, 0xe8, 0x15, 0x7e, 0x36, 0x66, 0x28, 0x6f, 0x76,
                                          0x8c, 0x30, 0x10, 0x40, 0x48, 0x07, 0x6c, 0x81, 0x9c, 0x6d};
    static const uint8_t answer_mixed[32] = {0xa3, 0xa4, 0xf7, 0x5c, 0x82, 0x8c, 0xe8, 0x0f, 0x79, 0x0d, 0x54,
                                             0xc0, 0x20, 0xa3, 0x20, 0x54, 0x60, 0x59, 0xc0, 0x4d, 0x18, 0x1c,
                                             0x14, 0x55, 0xd1, 0x14, 0xe9, 0x74, 0xe1, 0xef, 0x10, 0x0e};
    uint8_t out[MESSAGES][32];
    struct yc_view in[MESSAGES];
    k->d64(out, pattern, MESSAGES);
    if (!known_digests(k, out, answer_64))
        return false;
    k->d80(out, pattern, 90, MESSAGES);
    if (!known_digests(k, out, answer_80))
        return false;
    for (size_t i = 0; i < MESSAGES; i++)
        in[i] = yc_view(pattern + i, 7 * i * i % 600);
    batch_with(k, out, in, MESSAGES);
    return known_digests(k, out, answer_mixed);
}

static bool passes(const struct yc_sha256_kernel *k)
{
    uint8_t pattern[PATTERN_BYTES];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(167 * i + 13);
    return known_stream(k, pattern) && known_double(k, pattern);
}

const struct yc_sha256_kernel *const *yc_sha256_kernels(size_t *count)
{
    *count = KERNEL_COUNT;
    return kernels;
}

enum yc_verdict yc_sha256_select(const char *name, struct yc_error *err)
{
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        const struct yc_sha256_kernel *k = kernels[i];
        if (name && strcmp(name, k->name) != 0)
            continue;
        if (!k->here()) {
            if (!name)
                continue;
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "this machine does not have the instructions of the SHA-256 kernel '%s'; choose another or none", name);
        }
        if (!passes(k))
            return yc_fail(
                err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                "the SHA-256 kernel '%s' gives wrong digests on this machine; choose another kernel and check the "
                "machine's hardware",
                k->name);
        selected = k;
        return YC_VALID;
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "there is no SHA-256 kernel named '%s' in this build", name);
}

const char *yc_sha256_selected(void)
{
    return selected->name;
}
