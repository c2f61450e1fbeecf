/* What the driver hands to a lane back end: groups of eight checks as rows of numbers, for crypto/sigbatch/ alone. */
#ifndef YC_CRYPTO_SIGBATCH_LANES_H
#define YC_CRYPTO_SIGBATCH_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YC_LANES           8
#define YC_LANE_GROUPS_MAX 8 /* that a back end takes at once: what they share grows cheaper with their number */

/* Windows of the two kinds of scalars; all digits are odd. A half scalar k, odd and less than 2^129 in size, is given as
 * (k + 2^BITS - 1) / 2: its windows of WINDOW bits are then k's digits, v standing for 2v + 1 - 2^WINDOW. */
#define YC_WINDOW_Q 5
#define YC_BITS_Q   130
#define YC_WINDOW_G 12
#define YC_BITS_G   132

/* Words of 64 bits, least significant first; [word][lane]. */
struct yc_lane_group {
    _Alignas(64) uint64_t x[4][YC_LANES]; /* of the public key */
    uint64_t y[4][YC_LANES];              /* where has_y */
    uint64_t r[4][YC_LANES];              /* the x-coordinate to be found, less than p */
    uint64_t g[2][3][YC_LANES];           /* halves of the scalar of G: k = k[0] + λ k[1] */
    uint64_t q[2][3][YC_LANES];           /* halves of the scalar of the key */
    /* A bit for each lane. */
    uint8_t has_y;    /* y is given; else it is found, of the parity in odd_y */
    uint8_t odd_y;    /*  */
    uint8_t even_end; /* the point must have an even y (BIP 340) */
    uint8_t good;     /* result: surely good; a clear bit says nothing */
};

/* Is (key on the curve and) x(k_g·G + k_q·key) = r, and where asked is y even? For groups 1..YC_LANE_GROUPS_MAX. */
typedef void yc_lanes_fn(struct yc_lane_group *groups, size_t count);

/* The odd multiples 1, 3, … of G: x and y in four words each. Made at build time by make_gtable.c. */
#define YC_GTABLE_ROWS (1u << (YC_WINDOW_G - 1))
extern const uint64_t yc_gtable[YC_GTABLE_ROWS][8];

/* One instruction set's lanes. Each has a file of its own, compiled for it, of which nothing may run where it is not `here`. */
struct yc_back_end {
    const char *name;   /* "avx512-ifma" … */
    bool (*here)(void); /* does this machine have it? */
    yc_lanes_fn *lanes;
    size_t least; /* so few tasks or more cost a call less than libsecp256k1 */
};

/** The back ends of this build, the fastest first, *count of them; static. Not all need be `here`. */
const struct yc_back_end *yc_back_ends(size_t *count);

void yc_lanes_avx512(struct yc_lane_group *groups, size_t count);
void yc_lanes_avx_ifma(struct yc_lane_group *groups, size_t count);
void yc_lanes_avx2(struct yc_lane_group *groups, size_t count);

#endif
