/* Script numbers: little-endian bytes with the sign in the last byte's top bit; zero is empty. Pure; any thread. */
#ifndef YC_CONSENSUS_SCRIPT_NUM_H
#define YC_CONSENSUS_SCRIPT_NUM_H

#include "base/result.h"
#include "base/view.h"

#define YC_SCRIPT_NUM_BYTES_MAX      4 /* of an operand; results may be longer */
#define YC_SCRIPT_LOCK_NUM_BYTES_MAX 5 /* of a lock time or sequence (BIP 65, 112) */
#define YC_SCRIPT_NUM_WRITE_BYTES    9 /* any int64_t but INT64_MIN */

/** Read a number of at most bytes_max (<= 8) bytes. False when it is longer (whatever its value: catalogue C31), or,
 *  with minimal, when fewer bytes would do; *out is then untouched. */
bool yc_script_num_read(int64_t *out, struct yc_view v, size_t bytes_max, bool minimal) YC_MUST_USE;

/** Write the shortest form and return its length, 0..9. v > INT64_MIN. */
size_t yc_script_num_write(uint8_t out9[YC_SCRIPT_NUM_WRITE_BYTES], int64_t v);

/** Is the element true: some byte not zero, but for a sign bit alone (negative zero)? */
bool yc_script_bool(struct yc_view v);

#endif
