/* Small texts of HTTP that need no parser state: status words, base64, Basic credentials. */
#include <string.h>

#include "crypto/hash.h"
#include "net/transport/http_parse.h"

const char *yc_http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } table[] = {{100, "Continue"},
                 {200, "OK"},
                 {204, "No Content"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {414, "URI Too Long"},
                 {415, "Unsupported Media Type"},
                 {417, "Expectation Failed"},
                 {421, "Misdirected Request"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].status == status)
            return table[i].text;
    }
    return "Unknown";
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

ptrdiff_t yc_base64_decode(uint8_t *out, size_t max, struct yc_view text)
{
    size_t n = 0;
    if (text.n % 4 != 0)
        return -1;
    for (size_t i = 0; i < text.n; i += 4) {
        uint32_t bits = 0;
        size_t pad = 0;
        for (size_t j = 0; j < 4; j++) {
            uint8_t c = text.p[i + j];
            const char *at = c ? strchr(alphabet, c) : NULL;
            if (c == '=' && i + 4 == text.n && j >= 2)
                pad++;
            else if (!at || pad > 0)
                return -1;
            bits = bits << 6 | (at ? (uint32_t)(at - alphabet) : 0);
        }
        size_t bytes = 3 - pad;
        if (bytes > max - n || (bits & ((1u << (8 * pad)) - 1)) != 0)
            return -1;
        for (size_t j = 0; j < bytes; j++)
            out[n++] = (uint8_t)(bits >> (16 - 8 * j));
    }
    return (ptrdiff_t)n;
}

void yc_base64_encode(char *out, struct yc_view bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t bits = (uint32_t)bytes.p[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes.p[i + 1] << 8;
        if (left > 2)
            bits |= bytes.p[i + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    *out = 0;
}

ptrdiff_t yc_http_basic_auth(char out[YC_HTTP_BASIC_MAX + 1], struct yc_view value)
{
    if (value.n < 6 || !yc_http_equal_nocase(yc_view_slice(value, 0, 6), "Basic "))
        return -1;
    struct yc_view text = yc_view_slice(value, 6, value.n - 6);
    while (text.n && text.p[0] == ' ')
        text = yc_view_slice(text, 1, text.n - 1);
    ptrdiff_t n = yc_base64_decode((uint8_t *)out, YC_HTTP_BASIC_MAX, text);
    if (n >= 0 && (memchr(out, 0, (size_t)n) != NULL || memchr(out, ':', (size_t)n) == NULL)) {
        yc_wipe(out, YC_HTTP_BASIC_MAX);
        n = -1;
    }
    out[n < 0 ? 0 : n] = 0;
    return n;
}
