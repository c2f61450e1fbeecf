/* Hexadecimal text, and hashes as people see them (bytes reversed). Any thread. */
#ifndef YC_BASE_HEX_H
#define YC_BASE_HEX_H

#include "base/result.h"
#include "base/view.h"

/** The value of a digit of either case, or -1. */
int yc_hex_digit(uint8_t c);

/** Write 2*n lower-case digits and a NUL to out (2*n+1 bytes). */
void yc_hex_write(char *out, const uint8_t *p, size_t n);

/** The same with the bytes in reverse order: how hashes are displayed. */
void yc_hex_write_reversed(char *out, const uint8_t *p, size_t n);

/** Read exactly 2*n digits (either case) of the text into out.
 *  Returns false when the text has another length or a character that is no hex digit; out is then undefined. */
bool yc_hex_read(uint8_t *out, size_t n, const char *text, size_t text_n) YC_MUST_USE;

/** The same for a displayed hash: the last pair of digits becomes out[0]. */
bool yc_hex_read_reversed(uint8_t *out, size_t n, const char *text, size_t text_n) YC_MUST_USE;

#endif
