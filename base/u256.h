/* Unsigned 256-bit integers, for targets and work. Wraps modulo 2^256 where it overflows, unless the function says
 * otherwise. Any thread. */
#ifndef YC_BASE_U256_H
#define YC_BASE_U256_H

#include <stdbool.h>
#include <stdint.h>

struct yc_u256 {
    uint64_t w[4]; /* w[0] is the least significant */
};

#define YC_U256_ZERO ((struct yc_u256){{0, 0, 0, 0}})

struct yc_u256 yc_u256_from(uint64_t v);
/** From and to 32 bytes, least significant first (a hash read as a number) or most significant first. */
struct yc_u256 yc_u256_from_le(const uint8_t bytes32[32]);
struct yc_u256 yc_u256_from_be(const uint8_t bytes32[32]);
void yc_u256_to_le(uint8_t out32[32], struct yc_u256 a);
void yc_u256_to_be(uint8_t out32[32], struct yc_u256 a);

bool yc_u256_is_zero(struct yc_u256 a);
/** -1, 0 or 1 as a is less than, equal to or more than b. */
int yc_u256_compare(struct yc_u256 a, struct yc_u256 b);
/** Number of bits up to the highest that is set; 0 for zero. */
unsigned yc_u256_bits(struct yc_u256 a);

struct yc_u256 yc_u256_not(struct yc_u256 a);
struct yc_u256 yc_u256_add(struct yc_u256 a, struct yc_u256 b);
struct yc_u256 yc_u256_sub(struct yc_u256 a, struct yc_u256 b);
/** Shifts by 0..; a shift by 256 or more gives zero. */
struct yc_u256 yc_u256_shl(struct yc_u256 a, unsigned n);
struct yc_u256 yc_u256_shr(struct yc_u256 a, unsigned n);
struct yc_u256 yc_u256_mul64(struct yc_u256 a, uint64_t b);
/** a / b, rounded down. b must not be zero. */
struct yc_u256 yc_u256_div(struct yc_u256 a, struct yc_u256 b);
/** Base-2 logarithm, as shown in logs; 0 for zero. */
double yc_u256_log2(struct yc_u256 a);
/** As a floating-point number, for difficulty and for display only. */
double yc_u256_to_double(struct yc_u256 a);

#endif
