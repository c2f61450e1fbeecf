/* Where a mistyped Bech32 text is wrong. Any thread. For formats/address.c; nothing here decides validity. */
#ifndef YC_FORMATS_BECH32_LOCATE_H
#define YC_FORMATS_BECH32_LOCATE_H

#include "base/view.h"

struct yc_bech32_fault {
    const char *core; /* Bitcoin Core's words for it; static; NULL when the text is well formed with a good checksum */
    size_t location[2];
    size_t location_count; /* 0 when more than two characters are wrong, or none can be blamed */
};

/** Say what is wrong with a text that is not valid Bech32 or Bech32m: bad characters, mixed case, length, separator,
 *  or which one or two substituted characters explain the bad checksum. The form is judged by the first data
 *  character: q is Bech32, others Bech32m (witness versions, BIP 350). Cost: at most some milliseconds. */
void yc_bech32_locate(struct yc_bech32_fault *out, struct yc_view text);

#endif
