#include "base/hex.h"

static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

void yc_hex_write(char *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = 0;
}

void yc_hex_write_reversed(char *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[n - 1 - i] >> 4];
        out[2 * i + 1] = digits[p[n - 1 - i] & 15];
    }
    out[2 * n] = 0;
}

int yc_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool read_digits(uint8_t *out, size_t n, const char *text, size_t text_n, bool reversed)
{
    if (text_n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = yc_hex_digit((uint8_t)text[2 * i]), lo = yc_hex_digit((uint8_t)text[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[reversed ? n - 1 - i : i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

bool yc_hex_read(uint8_t *out, size_t n, const char *text, size_t text_n)
{
    return read_digits(out, n, text, text_n, false);
}

bool yc_hex_read_reversed(uint8_t *out, size_t n, const char *text, size_t text_n)
{
    return read_digits(out, n, text, text_n, true);
}
