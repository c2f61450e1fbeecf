#include "crypto/base58.h"

#include "crypto/hash.h"
#include "crypto/sha256.h"

#define CHECKSUM_BYTES 4
/* 138/100 is a little over log(256)/log(58): digits per byte. */
#define DIGITS_MAX (YC_BASE58_BYTES_MAX * 138 / 100 + 1)

static const char alphabet[58] = {'1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
                                  'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
                                  'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm',
                                  'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'};

/* number = number * base + add, in digits of `radix` with the least first, *n of them in use. False when it would need
 * more than cap digits. */
static bool multiply_add(uint8_t *number, size_t *n, size_t cap, unsigned radix, unsigned base, unsigned add)
{
    unsigned carry = add;
    for (size_t i = 0; i < *n; i++) {
        carry += base * number[i];
        number[i] = (uint8_t)(carry % radix);
        carry /= radix;
    }
    for (; carry; carry /= radix) {
        if (*n == cap)
            return false;
        number[(*n)++] = (uint8_t)(carry % radix);
    }
    return true;
}

bool yc_base58_encode(char *out, size_t cap, struct yc_view v)
{
    uint8_t digits[DIGITS_MAX];
    size_t zeros = 0, n = 0;
    if (v.n > YC_BASE58_BYTES_MAX)
        return false;
    while (zeros < v.n && v.p[zeros] == 0)
        zeros++;
    bool fits = true;
    for (size_t i = zeros; fits && i < v.n; i++)
        fits = multiply_add(digits, &n, sizeof digits, 58, 256, v.p[i]);
    fits = fits && zeros + n < cap;
    if (fits) {
        memset(out, alphabet[0], zeros);
        for (size_t i = 0; i < n; i++)
            out[zeros + i] = alphabet[digits[n - 1 - i]];
        out[zeros + n] = 0;
    }
    yc_wipe(digits, sizeof digits);
    return fits;
}

/* The value of a Base58 digit, or -1. */
static int digit(char c)
{
    const char *at = memchr(alphabet, c, sizeof alphabet);
    return at ? (int)(at - alphabet) : -1;
}

bool yc_base58_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t text_n)
{
    size_t zeros = 0, used = 0;
    if (cap > YC_BASE58_BYTES_MAX)
        cap = YC_BASE58_BYTES_MAX;
    while (zeros < text_n && text[zeros] == alphabet[0])
        zeros++;
    if (zeros > cap)
        return false;
    uint8_t *number = out ? out + zeros : out;
    for (size_t i = zeros; i < text_n; i++) {
        int d = digit(text[i]);
        if (d < 0 || !multiply_add(number, &used, cap - zeros, 256, 58, (unsigned)d))
            return false;
    }
    for (size_t i = 0; i < used / 2; i++) {
        uint8_t swap = number[i];
        number[i] = number[used - 1 - i];
        number[used - 1 - i] = swap;
    }
    if (zeros)
        memset(out, 0, zeros);
    *n = zeros + used;
    return true;
}

bool yc_base58check_encode(char *out, size_t cap, struct yc_view payload)
{
    uint8_t bytes[YC_BASE58_BYTES_MAX], digest[32];
    if (payload.n > sizeof bytes - CHECKSUM_BYTES)
        return false;
    if (payload.n)
        memcpy(bytes, payload.p, payload.n);
    yc_sha256d(digest, payload.p, payload.n);
    memcpy(bytes + payload.n, digest, CHECKSUM_BYTES);
    bool fits = yc_base58_encode(out, cap, yc_view(bytes, payload.n + CHECKSUM_BYTES));
    yc_wipe(bytes, sizeof bytes);
    return fits;
}

bool yc_base58check_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t text_n)
{
    uint8_t bytes[YC_BASE58_BYTES_MAX], digest[32];
    size_t got = 0;
    bool good = yc_base58_decode(bytes, sizeof bytes, &got, text, text_n) && got >= CHECKSUM_BYTES &&
                got - CHECKSUM_BYTES <= cap;
    if (good) {
        *n = got - CHECKSUM_BYTES;
        yc_sha256d(digest, bytes, *n);
        good = memcmp(bytes + *n, digest, CHECKSUM_BYTES) == 0;
    }
    if (good && *n)
        memcpy(out, bytes, *n);
    yc_wipe(bytes, sizeof bytes);
    return good;
}
