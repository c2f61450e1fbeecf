/* Where a mistyped Bech32 text is wrong. Any thread. For formats/address.c; nothing here decides validity. */
#ifndef YC_FORMATS_BECH32_LOCATE_H
#define YC_FORMATS_BECH32_LOCATE_H

#include "formats/address.h"

/** Say what is wrong with a text that is not valid Bech32 or Bech32m: length, bad characters, mixed case, separator, or
 *  which one or two substituted characters explain the bad checksum, in whichever of the two forms needs fewer (Bech32
 *  when equal). Both forms tell any two such explanations apart, as their checksums have distance 5.
 *  Cost: a sort of some thousand numbers, below a millisecond. */
void yc_bech32_locate(struct yc_address_fault *out, struct yc_view text);

#endif
