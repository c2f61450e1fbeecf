#include "crypto/muhash.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256.h"

__extension__ typedef unsigned __int128 u128;

#define LIMBS   YC_MUHASH_LIMBS
#define PRIME_C UINT64_C(1103717) /* the prime is 2^3072 less this */

/* ---- elements ---- */

static uint32_t rotate(uint32_t v, unsigned by)
{
    return v << by | v >> (32 - by);
}

static void quarter(uint32_t s[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

/* Block number `counter` of ChaCha20 (RFC 8439) under the key and a nonce of zeros. */
static void chacha20_block(uint8_t out64[64], const uint8_t key32[32], uint32_t counter)
{
    uint32_t first[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, s[16];
    for (unsigned i = 0; i < 8; i++)
        first[4 + i] = yc_get32le(key32 + (size_t)4 * i);
    first[12] = counter;
    memcpy(s, first, sizeof s);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter(s, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++)
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        yc_put32le(out64 + (size_t)4 * i, s[i] + first[i]);
}

static void number_read(uint64_t out[LIMBS], const uint8_t bytes[YC_MUHASH_BYTES])
{
    for (size_t i = 0; i < LIMBS; i++)
        out[i] = yc_get64le(bytes + 8 * i);
}

static void element(uint64_t out[LIMBS], const uint8_t key32[32])
{
    uint8_t bytes[YC_MUHASH_BYTES];
    for (uint32_t i = 0; i < YC_MUHASH_BYTES / 64; i++)
        chacha20_block(bytes + (size_t)64 * i, key32, i);
    number_read(out, bytes);
}

/* ---- arithmetic: numbers of 3072 bits, the same modulo the prime ---- */

/* 2^3072 is PRIME_C: the upper half, times that, is added to the lower one. */
static void reduce(uint64_t out[LIMBS], const uint64_t wide[2 * LIMBS])
{
    u128 carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (u128)wide[LIMBS + i] * PRIME_C + wide[i];
        out[i] = (uint64_t)carry;
        carry >>= 64;
    }
    /* What is left over is below 2^22, and so is what the second turn leaves: at most one more. */
    while (carry) {
        carry *= PRIME_C;
        for (size_t i = 0; i < LIMBS && carry; i++) {
            carry += out[i];
            out[i] = (uint64_t)carry;
            carry >>= 64;
        }
    }
}

/* One column of a product: three words, of which the highest gathers what passes the second. */
struct column {
    u128 low;
    uint64_t high;
};

static void column_add(struct column *c, uint64_t x, uint64_t y)
{
    u128 t = (u128)x * y;
    c->low += t;
    c->high += c->low < t;
}

static uint64_t column_take(struct column *c)
{
    uint64_t out = (uint64_t)c->low;
    c->low = c->low >> 64 | (u128)c->high << 64;
    c->high = 0;
    return out;
}

static void multiply(uint64_t a[LIMBS], const uint64_t b[LIMBS])
{
    uint64_t wide[2 * LIMBS];
    struct column c = {0, 0};
    for (size_t k = 0; k < 2 * LIMBS - 1; k++) {
        size_t first = k < LIMBS ? 0 : k - LIMBS + 1, end = k < LIMBS ? k + 1 : LIMBS;
        for (size_t i = first; i < end; i++)
            column_add(&c, a[i], b[k - i]);
        wide[k] = column_take(&c);
    }
    wide[2 * LIMBS - 1] = column_take(&c);
    reduce(a, wide);
}

static void column_join(struct column *c, const struct column *other)
{
    c->low += other->low;
    c->high += other->high + (c->low < other->low);
}

/* Products of different limbs count twice and are made once. */
static void square(uint64_t a[LIMBS])
{
    uint64_t wide[2 * LIMBS];
    struct column c = {0, 0};
    for (size_t k = 0; k < 2 * LIMBS - 1; k++) {
        struct column twice = {0, 0};
        size_t first = k < LIMBS ? 0 : k - LIMBS + 1;
        for (size_t i = first; i < (k + 1) / 2; i++)
            column_add(&twice, a[i], a[k - i]);
        column_join(&c, &twice);
        column_join(&c, &twice);
        if (k % 2 == 0)
            column_add(&c, a[k / 2], a[k / 2]);
        wide[k] = column_take(&c);
    }
    wide[2 * LIMBS - 1] = column_take(&c);
    reduce(a, wide);
}

static void set_one(uint64_t a[LIMBS])
{
    memset(a, 0, LIMBS * sizeof *a);
    a[0] = 1;
}

/* a to the power of 2^bits - 1: the run of ones doubles with each bit of their number (below 2^12), and grows by one where
 * that bit is set. */
static void power_of_ones(uint64_t out[LIMBS], const uint64_t a[LIMBS], unsigned bits)
{
    uint64_t run[LIMBS];
    unsigned have = 1, at = 11;
    memcpy(out, a, sizeof run);
    while (!(bits >> at & 1))
        at--;
    while (at-- > 0) {
        memcpy(run, out, sizeof run);
        for (unsigned i = 0; i < have; i++)
            square(out);
        multiply(out, run);
        have *= 2;
        if (bits >> at & 1) {
            square(out);
            multiply(out, a);
            have++;
        }
    }
    YC_ASSERT(have == bits);
}

/* By Fermat: a to the power of the prime less 2, which is 3051 ones and then 21 bits. */
static void invert(uint64_t a[LIMBS])
{
    const unsigned low_bits = 21;
    const uint64_t low = (UINT64_C(1) << 21) - PRIME_C - 2;
    uint64_t out[LIMBS];
    power_of_ones(out, a, 3072 - low_bits);
    for (unsigned i = low_bits; i-- > 0;) {
        square(out);
        if (low >> i & 1)
            multiply(out, a);
    }
    memcpy(a, out, sizeof out);
}

/* The least number that is the same modulo the prime. */
static void make_least(uint64_t a[LIMBS])
{
    bool above = a[0] >= UINT64_MAX - PRIME_C + 1;
    for (size_t i = 1; i < LIMBS; i++)
        above = above && a[i] == UINT64_MAX;
    if (!above)
        return;
    a[0] += PRIME_C; /* passes 2^64, and carries through all the ones above */
    for (size_t i = 1; i < LIMBS; i++)
        a[i] = 0;
}

/* ---- the set ---- */

void yc_muhash_init(struct yc_muhash *h)
{
    set_one(h->added);
    set_one(h->removed);
    h->any_removed = false;
}

void yc_muhash_add(struct yc_muhash *h, const uint8_t key32[32])
{
    uint64_t e[LIMBS];
    element(e, key32);
    multiply(h->added, e);
}

void yc_muhash_remove(struct yc_muhash *h, const uint8_t key32[32])
{
    uint64_t e[LIMBS];
    element(e, key32);
    multiply(h->removed, e);
    h->any_removed = true;
}

void yc_muhash_settle(struct yc_muhash *h)
{
    if (h->any_removed) {
        invert(h->removed);
        multiply(h->added, h->removed);
        set_one(h->removed);
        h->any_removed = false;
    }
    make_least(h->added);
}

void yc_muhash_settle_all(struct yc_muhash *const *h, uint64_t (*scratch)[LIMBS], size_t count)
{
    uint64_t inverse[LIMBS];
    set_one(inverse);
    for (size_t i = 0; i < count; i++) {
        multiply(inverse, h[i]->removed);
        memcpy(scratch[i], inverse, sizeof inverse);
    }
    if (count)
        invert(inverse);
    /* inverse is that of the product of the first i; scratch[i - 2] is the product of all before the last of them. */
    for (size_t i = count; i > 0; i--) {
        struct yc_muhash *last = h[i - 1];
        multiply(last->added, inverse);
        if (i > 1)
            multiply(last->added, scratch[i - 2]);
        multiply(inverse, last->removed);
        set_one(last->removed);
        last->any_removed = false;
        make_least(last->added);
    }
}

void yc_muhash_write(const struct yc_muhash *h, uint8_t out384[YC_MUHASH_BYTES])
{
    YC_ASSERT(!h->any_removed);
    for (size_t i = 0; i < LIMBS; i++)
        yc_put64le(out384 + 8 * i, h->added[i]);
}

void yc_muhash_read(struct yc_muhash *h, const uint8_t bytes384[YC_MUHASH_BYTES])
{
    yc_muhash_init(h);
    number_read(h->added, bytes384);
}

void yc_muhash_digest(struct yc_muhash *h, uint8_t out32[32])
{
    uint8_t bytes[YC_MUHASH_BYTES];
    yc_muhash_settle(h);
    yc_muhash_write(h, bytes);
    yc_sha256_once(out32, bytes, sizeof bytes);
}
