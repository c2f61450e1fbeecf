/* The English word list of BIP 39. For keys/mnemonic.c. */
#ifndef YC_KEYS_MNEMONIC_WORDS_H
#define YC_KEYS_MNEMONIC_WORDS_H

#include "keys/mnemonic.h"

#define YC_MNEMONIC_WORD_MAX 9 /* the longest word, with its NUL */

extern const char yc_mnemonic_words[YC_MNEMONIC_WORDS][YC_MNEMONIC_WORD_MAX];

#endif
