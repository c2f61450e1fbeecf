/* Signatures whose verdict is known, for the self-tests of whatever judges signatures: for crypto/ alone. */
#ifndef YC_CRYPTO_KNOWN_SIGNATURES_H
#define YC_CRYPTO_KNOWN_SIGNATURES_H

#include <stdint.h>

/* SHA-256("Satoshi Nakamoto") signed with the key 1 as RFC 6979 makes it; the key is G, whose y is even. */
extern const uint8_t yc_known_ecdsa_key[65], yc_known_ecdsa_sig[71], yc_known_ecdsa_msg[32];

/* BIP 340's second test vector. */
extern const uint8_t yc_known_bip340_key[32], yc_known_bip340_sig[64], yc_known_bip340_msg[32];

#endif
