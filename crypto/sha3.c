#include "crypto/sha3.h"

#include "base/bytes.h"

#define RATE_BYTES 136 /* of SHA3-256's state of 200 */
#define LANES      25

static uint64_t rotated(uint64_t v, unsigned by)
{
    return by == 0 ? v : v << by | v >> (64 - by);
}

/* The steps theta, rho with pi, and chi; lane (x, y) is at x + 5 y. */

static void theta(uint64_t a[LANES])
{
    uint64_t column[5];
    for (unsigned x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < LANES; i++)
        a[i] ^= column[(i + 4) % 5] ^ rotated(column[(i + 1) % 5], 1);
}

static void rho_pi(uint64_t to[LANES], const uint64_t a[LANES])
{
    static const uint8_t offset[LANES] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                          25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
    for (unsigned y = 0; y < 5; y++)
        for (unsigned x = 0; x < 5; x++)
            to[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(a[x + 5 * y], offset[x + 5 * y]);
}

static void chi(uint64_t to[LANES], const uint64_t a[LANES])
{
    for (unsigned y = 0; y < LANES; y += 5)
        for (unsigned x = 0; x < 5; x++)
            to[y + x] = a[y + x] ^ (~a[y + (x + 1) % 5] & a[y + (x + 2) % 5]);
}

static void permute(uint64_t a[LANES])
{
    static const uint64_t iota[24] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
                                      0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
                                      0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
                                      0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
                                      0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
                                      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
    uint64_t moved[LANES];
    for (size_t round = 0; round < sizeof iota / sizeof *iota; round++) {
        theta(a);
        rho_pi(moved, a);
        chi(a, moved);
        a[0] ^= iota[round];
    }
}

static void absorb(uint64_t a[LANES], const uint8_t block[RATE_BYTES])
{
    for (size_t i = 0; i < RATE_BYTES / 8; i++)
        a[i] ^= yc_get64le(block + 8 * i);
    permute(a);
}

void yc_sha3_256(uint8_t out32[32], const void *p, size_t n)
{
    uint64_t a[LANES] = {0};
    uint8_t last[RATE_BYTES] = {0};
    const uint8_t *at = p;
    for (; n >= RATE_BYTES; n -= RATE_BYTES, at += RATE_BYTES)
        absorb(a, at);
    if (n)
        memcpy(last, at, n);
    last[n] = 0x06; /* SHA-3's suffix 01 and the first bit of the padding */
    last[RATE_BYTES - 1] |= 0x80;
    absorb(a, last);
    for (size_t i = 0; i < 4; i++)
        yc_put64le(out32 + 8 * i, a[i]);
}
