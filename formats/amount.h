/* Amounts as people write them: decimal coins with up to eight decimals, exact (catalogue W15). Any thread. */
#ifndef YC_FORMATS_AMOUNT_H
#define YC_FORMATS_AMOUNT_H

#include "base/result.h"
#include "base/view.h"

#define YC_AMOUNT_TEXT_MAX 24 /* with its NUL */

/** Read an amount of 0 to 21,000,000 coins: digits, at most one point with digits on both sides, at most 8 decimals.
 *  No sign, exponent, white space or separator: a person's slip must not become another amount.
 *  Returns YC_VALID, or YC_INVALID with a sentence; *out_sat is then unchanged. */
enum yc_verdict yc_amount_parse(int64_t *out_sat, struct yc_view text, struct yc_error *err) YC_MUST_USE;

/** Coins with 8 decimals, as Bitcoin Core prints them: "1.50000000", "-0.00000001". */
void yc_amount_print(char out[YC_AMOUNT_TEXT_MAX], int64_t sat);

/** The same without the zeros that say nothing: "1.5", "0", "21000000". */
void yc_amount_print_short(char out[YC_AMOUNT_TEXT_MAX], int64_t sat);

#endif
