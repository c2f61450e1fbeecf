/* Run by the build: writes the table of odd multiples of G (crypto/sigbatch/lanes.h) as C to standard output.
 *
 * usage: make_gtable ROWS
 *
 * Plain arithmetic modulo p on four words; tests compare the table with libsecp256k1. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

#define FOLD     UINT64_C(0x1000003d1) /* 2^256 - p */
#define ROWS_MAX (1 << 16)

struct fe {
    uint64_t w[4]; /* less than p */
};

struct affine {
    struct fe x, y;
};

static const struct fe p = {{UINT64_C(0xfffffffefffffc2f), UINT64_C(0xffffffffffffffff), UINT64_C(0xffffffffffffffff),
                             UINT64_C(0xffffffffffffffff)}};
static const struct affine g = {{{UINT64_C(0x59f2815b16f81798), UINT64_C(0x029bfcdb2dce28d9),
                                  UINT64_C(0x55a06295ce870b07), UINT64_C(0x79be667ef9dcbbac)}},
                                {{UINT64_C(0x9c47d08ffb10d4b8), UINT64_C(0xfd17b448a6855419),
                                  UINT64_C(0x5da4fbfc0e1108a8), UINT64_C(0x483ada7726a3c465)}}};

/* a + carry·2^256, brought below p. */
static struct fe settle(struct fe a, uint64_t carry)
{
    for (;;) {
        struct fe t;
        u128 sum = FOLD;
        for (unsigned i = 0; i < 4; i++) {
            sum += a.w[i];
            t.w[i] = (uint64_t)sum;
            sum >>= 64;
        }
        if (!carry && !sum)
            return a;
        carry = carry + (uint64_t)sum - 1;
        a = t;
    }
}

static struct fe sub(struct fe a, struct fe b)
{
    struct fe r;
    uint64_t borrow = 0, carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        u128 t = (u128)a.w[i] - b.w[i] - borrow;
        r.w[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    for (unsigned i = 0; borrow && i < 4; i++) {
        u128 t = (u128)r.w[i] + p.w[i] + carry;
        r.w[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    return r;
}

static struct fe mul(struct fe a, struct fe b)
{
    uint64_t wide[8] = {0};
    struct fe r;
    u128 t = 0;
    for (unsigned i = 0; i < 4; i++) {
        t = 0;
        for (unsigned j = 0; j < 4; j++) {
            t += (u128)a.w[i] * b.w[j] + wide[i + j];
            wide[i + j] = (uint64_t)t;
            t >>= 64;
        }
        wide[i + 4] = (uint64_t)t;
    }
    t = 0;
    for (unsigned i = 0; i < 4; i++) {
        t += (u128)wide[i + 4] * FOLD + wide[i];
        r.w[i] = (uint64_t)t;
        t >>= 64;
    }
    u128 over = t * FOLD; /* t has 33 bits and a little */
    for (unsigned i = 0; i < 4; i++) {
        over += r.w[i];
        r.w[i] = (uint64_t)over;
        over >>= 64;
    }
    return settle(r, (uint64_t)over);
}

/* a^(p - 2) */
static struct fe invert(struct fe a)
{
    struct fe r = {{1, 0, 0, 0}};
    uint64_t exponent[4] = {p.w[0] - 2, p.w[1], p.w[2], p.w[3]};
    for (unsigned i = 256; i-- > 0;) {
        r = mul(r, r);
        if (exponent[i / 64] >> i % 64 & 1)
            r = mul(r, a);
    }
    return r;
}

/* The third point on the line through a and b of that slope, mirrored. */
static struct affine third(struct affine a, struct affine b, struct fe slope)
{
    struct affine r;
    r.x = sub(sub(mul(slope, slope), a.x), b.x);
    r.y = sub(mul(slope, sub(a.x, r.x)), a.y);
    return r;
}

int main(int argc, char **argv)
{
    long rows = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (rows < 1 || rows > ROWS_MAX) {
        fprintf(stderr, "usage: make_gtable ROWS (1 to %d)\n", ROWS_MAX);
        return 1;
    }
    const struct fe two = {{2, 0, 0, 0}}, three = {{3, 0, 0, 0}};
    struct affine twice = third(g, g, mul(mul(three, mul(g.x, g.x)), invert(mul(two, g.y)))), at = g;
    printf("/* Made by crypto/sigbatch/make_gtable.c. */\n#include \"crypto/sigbatch/lanes.h\"\n\n"
           "_Alignas(64) const uint64_t yc_gtable[YC_GTABLE_ROWS][8] = {\n");
    for (long i = 0; i < rows; i++) {
        printf("    {");
        for (unsigned k = 0; k < 8; k++)
            printf("%sUINT64_C(0x%016" PRIx64 ")", k ? ", " : "", k < 4 ? at.x.w[k] : at.y.w[k - 4]);
        printf("},\n");
        at = third(at, twice, mul(sub(twice.y, at.y), invert(sub(twice.x, at.x))));
    }
    printf("};\n");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
