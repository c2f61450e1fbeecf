/* SHA-256 with the cryptographic extension of ARMv8. One message leaves the unit idle while each instruction waits for the
 * one before it, so the batches run two messages abreast.
 * Source: Arm Architecture Reference Manual, SHA256H, SHA256H2, SHA256SU0 and SHA256SU1. */
#include "crypto/sha256_kernels.h"

#include <arm_neon.h>
#include <sys/auxv.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES  2

#define FOR_16(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

struct state {
    uint32x4_t abcd, efgh;
};

/* A state at work, and the 16 words of the message schedule that are needed next. */
struct lane {
    struct state s;
    uint32x4_t w[4];
};

INLINE struct state state_load(const uint32_t words[8])
{
    return (struct state){vld1q_u32(words), vld1q_u32(words + 4)};
}

INLINE void state_store(uint32_t words[8], struct state s)
{
    vst1q_u32(words, s.abcd);
    vst1q_u32(words + 4, s.efgh);
}

INLINE void state_add(struct state *s, struct state before)
{
    s->abcd = vaddq_u32(s->abcd, before.abcd);
    s->efgh = vaddq_u32(s->efgh, before.efgh);
}

/* Four words of a message from its bytes, and the reverse. */
INLINE uint32x4_t load_words(const uint8_t *p)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)));
}

INLINE void store_words(uint8_t *p, uint32x4_t v)
{
    vst1q_u8(p, vrev32q_u8(vreinterpretq_u8_u32(v)));
}

INLINE void four_rounds(struct state *s, uint32x4_t kw)
{
    uint32x4_t abcd = s->abcd;
    s->abcd = vsha256hq_u32(abcd, s->efgh, kw);
    s->efgh = vsha256h2q_u32(s->efgh, abcd, kw);
}

/* Rounds 4i..4i+3, after which the oldest four words of the schedule are replaced by the four that follow the newest. */
INLINE void step(struct lane *x, unsigned i)
{
    uint32x4_t *oldest = &x->w[i % 4];
    four_rounds(&x->s, vaddq_u32(*oldest, vld1q_u32(yc_sha256_k + 4 * i)));
    if (i < 12)
        *oldest = vsha256su1q_u32(vsha256su0q_u32(*oldest, x->w[(i + 1) % 4]), x->w[(i + 2) % 4], x->w[(i + 3) % 4]);
}

INLINE void load_block(struct lane *x, const uint8_t *p)
{
    x->w[0] = load_words(p);
    x->w[1] = load_words(p + 16);
    x->w[2] = load_words(p + 32);
    x->w[3] = load_words(p + 48);
}

/* The padding behind the words of a last block that are set, for a message of so many bits. */
INLINE void pad(struct lane *x, unsigned words, uint32_t bits)
{
    const uint32x4_t mark = vsetq_lane_u32(0x80000000, vdupq_n_u32(0), 0);
    x->w[1] = words == 4 ? mark : x->w[1];
    x->w[2] = words == 8 ? mark : vdupq_n_u32(0);
    x->w[3] = vsetq_lane_u32(bits, vdupq_n_u32(0), 3);
}

INLINE void absorb(struct lane *x)
{
    struct state before = x->s;
#define DO(i) step(x, i);
    FOR_16(DO)
#undef DO
    state_add(&x->s, before);
}

INLINE void absorb_two(struct lane *x, struct lane *y)
{
    struct state before_x = x->s, before_y = y->s;
#define DO(i) step(x, i), step(y, i);
    FOR_16(DO)
#undef DO
    state_add(&x->s, before_x);
    state_add(&y->s, before_y);
}

/* Absorb the block that pads 64 bytes. */
INLINE void absorb_pad64(struct state *x, struct state *y)
{
    struct state before_x = *x, before_y = *y;
#define DO(i)                                                                                                          \
    {                                                                                                                  \
        const uint32x4_t kw = vld1q_u32(yc_sha256_k_pad64 + 4 * i);                                                    \
        four_rounds(x, kw), four_rounds(y, kw);                                                                        \
    }
    FOR_16(DO)
#undef DO
    state_add(x, before_x);
    state_add(y, before_y);
}

/* The second hash, of the digest that a lane's state stands for. */
INLINE void load_digest(struct lane *x)
{
    x->w[0] = x->s.abcd;
    x->w[1] = x->s.efgh;
    pad(x, 8, 256);
    x->s = state_load(yc_sha256_start);
}

INLINE void store_digest(uint8_t out32[32], const struct lane *x)
{
    store_words(out32, x->s.abcd);
    store_words(out32 + 16, x->s.efgh);
}

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    struct lane x;
    x.s = state_load(state);
    for (; count; count--, p += 64) {
        load_block(&x, p);
        absorb(&x);
    }
    state_store(state, x.s);
}

static void blocks_abreast(uint32_t (*states)[8], const uint8_t *const *p, size_t count)
{
    struct lane x, y;
    x.s = state_load(states[0]);
    y.s = state_load(states[1]);
    for (size_t at = 0; at < count; at++) {
        load_block(&x, p[0] + 64 * at);
        load_block(&y, p[1] + 64 * at);
        absorb_two(&x, &y);
    }
    state_store(states[0], x.s);
    state_store(states[1], y.s);
}

/* Of an odd count the last message goes beside itself. */
static void d64(uint8_t (*out)[32], const uint8_t *in, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t j = i + 1 < count ? i + 1 : i;
        struct lane x, y;
        x.s = y.s = state_load(yc_sha256_start);
        load_block(&x, in + 64 * i);
        load_block(&y, in + 64 * j);
        absorb_two(&x, &y);
        absorb_pad64(&x.s, &y.s);
        load_digest(&x);
        load_digest(&y);
        absorb_two(&x, &y);
        store_digest(out[i], &x);
        store_digest(out[j], &y);
    }
}

static void d80(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        const uint8_t *p = in + stride * i, *q = i + 1 < count ? p + stride : p;
        struct lane x, y;
        x.s = y.s = state_load(yc_sha256_start);
        load_block(&x, p);
        load_block(&y, q);
        absorb_two(&x, &y);
        x.w[0] = load_words(p + 64);
        y.w[0] = load_words(q + 64);
        pad(&x, 4, 640);
        pad(&y, 4, 640);
        absorb_two(&x, &y);
        load_digest(&x);
        load_digest(&y);
        absorb_two(&x, &y);
        store_digest(out[i], &x);
        store_digest(out[i + 1 < count ? i + 1 : i], &y);
    }
}

static bool here(void)
{
    return getauxval(AT_HWCAP) & HWCAP_SHA2;
}

const struct yc_sha256_kernel yc_sha256_kernel_armv8 = {
    .name = "armv8",
    .here = here,
    .lanes = LANES,
    .lanes_least = LANES,
    .step_ns = 60,
    .blocks = blocks,
    .blocks_abreast[LANES] = blocks_abreast,
    .d64 = d64,
    .d80 = d80,
};
