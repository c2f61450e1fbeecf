/* SipHash-2-4: a keyed hash for tables whose keys an attacker may choose, and for short ids (BIP 152, 158).
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". Any thread. */
#ifndef YC_BASE_SIPHASH_H
#define YC_BASE_SIPHASH_H

#include "base/view.h"

struct yc_siphash_key {
    uint64_t k0, k1;
};

uint64_t yc_siphash(struct yc_siphash_key key, const void *p, size_t n);

#endif
