#include "crypto/bech32.h"

#define CHECKSUM_VALUES 6
#define HRP_MAX         83

static const char alphabet[32] = {'q', 'p', 'z', 'r', 'y', '9', 'x', '8', 'g', 'f', '2', 't', 'v', 'd', 'w', '0',
                                  's', '3', 'j', 'n', '5', '4', 'k', 'h', 'c', 'e', '6', 'm', 'u', 'a', '7', 'l'};

uint32_t yc_bech32_remainder_add(uint32_t r, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = r >> 25;
    r = (r & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        if (top >> i & 1)
            r ^= generator[i];
    }
    return r;
}

uint32_t yc_bech32_remainder_hrp(struct yc_view hrp)
{
    uint32_t r = 1;
    for (size_t i = 0; i < hrp.n; i++) {
        uint8_t c = hrp.p[i] >= 'A' && hrp.p[i] <= 'Z' ? (uint8_t)(hrp.p[i] + 32) : hrp.p[i];
        r = yc_bech32_remainder_add(r, c >> 5);
    }
    r = yc_bech32_remainder_add(r, 0);
    for (size_t i = 0; i < hrp.n; i++)
        r = yc_bech32_remainder_add(r, hrp.p[i] & 31);
    return r;
}

uint32_t yc_bech32_remainder_good(enum yc_bech32 form)
{
    return form == YC_BECH32M ? 0x2bc830a3 : 1;
}

static bool is_hrp_char(uint8_t c)
{
    return c >= 33 && c <= 126;
}

/* Its length when every character may stand in an encoder's human-readable part, or 0. */
static size_t hrp_length(const char *hrp)
{
    size_t n = 0;
    for (; hrp[n]; n++) {
        if (n == HRP_MAX || !is_hrp_char((uint8_t)hrp[n]) || (hrp[n] >= 'A' && hrp[n] <= 'Z'))
            return 0;
    }
    return n;
}

bool yc_bech32_encode(char *out, size_t cap, enum yc_bech32 form, const char *hrp, const uint8_t *values, size_t n)
{
    size_t hrp_n = hrp_length(hrp);
    if (form == YC_BECH32_NONE || hrp_n == 0 || n > YC_BECH32_TEXT_MAX)
        return false;
    size_t text_n = hrp_n + 1 + n + CHECKSUM_VALUES;
    if (text_n > YC_BECH32_TEXT_MAX || text_n >= cap)
        return false;
    uint32_t r = yc_bech32_remainder_hrp(yc_view_text(hrp));
    memcpy(out, hrp, hrp_n);
    out += hrp_n;
    *out++ = '1';
    for (size_t i = 0; i < n; i++) {
        if (values[i] >= 32)
            return false;
        r = yc_bech32_remainder_add(r, values[i]);
        *out++ = alphabet[values[i]];
    }
    for (unsigned i = 0; i < CHECKSUM_VALUES; i++)
        r = yc_bech32_remainder_add(r, 0);
    r ^= yc_bech32_remainder_good(form);
    for (unsigned i = CHECKSUM_VALUES; i-- > 0;)
        *out++ = alphabet[r >> 5 * i & 31];
    *out = 0;
    return true;
}

/* Copy the text in lower case. False for a character outside the printable range and for mixed case. */
static bool fold(char *out, const char *text, size_t n)
{
    bool lower = false, upper = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (!is_hrp_char((uint8_t)c))
            return false;
        lower |= c >= 'a' && c <= 'z';
        if (c >= 'A' && c <= 'Z') {
            upper = true;
            c = (char)(c - 'A' + 'a');
        }
        out[i] = c;
    }
    return !(lower && upper);
}

enum yc_bech32 yc_bech32_decode(char hrp[84], uint8_t values[84], size_t *n, const char *text, size_t text_n)
{
    char folded[YC_BECH32_TEXT_MAX];
    if (text_n > sizeof folded || !fold(folded, text, text_n))
        return YC_BECH32_NONE;
    size_t hrp_n = text_n; /* the last separator counts: the human-readable part may hold others */
    while (hrp_n > 0 && folded[hrp_n - 1] != '1')
        hrp_n--;
    if (hrp_n < 2 || text_n - hrp_n < CHECKSUM_VALUES)
        return YC_BECH32_NONE;
    const char *data = folded + hrp_n;
    size_t data_n = text_n - hrp_n;
    hrp_n--;
    memcpy(hrp, folded, hrp_n);
    hrp[hrp_n] = 0;
    uint32_t r = yc_bech32_remainder_hrp(yc_view_text(hrp));
    for (size_t i = 0; i < data_n; i++) {
        const char *at = memchr(alphabet, data[i], sizeof alphabet);
        if (!at)
            return YC_BECH32_NONE;
        uint8_t value = (uint8_t)(at - alphabet);
        r = yc_bech32_remainder_add(r, value);
        if (i < data_n - CHECKSUM_VALUES)
            values[i] = value;
    }
    *n = data_n - CHECKSUM_VALUES;
    if (r == yc_bech32_remainder_good(YC_BECH32))
        return YC_BECH32;
    return r == yc_bech32_remainder_good(YC_BECH32M) ? YC_BECH32M : YC_BECH32_NONE;
}

static bool is_program(unsigned version, size_t n)
{
    return version <= 16 && n >= 2 && n <= 40 && (version != 0 || n == 20 || n == 32);
}

static enum yc_bech32 form_of(unsigned version)
{
    return version == 0 ? YC_BECH32 : YC_BECH32M;
}

bool yc_segwit_address_encode(char *out, size_t cap, const char *hrp, unsigned version, struct yc_view program)
{
    uint8_t values[1 + 64];
    size_t n = 0;
    if (!is_program(version, program.n))
        return false;
    values[n++] = (uint8_t)version;
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < program.n; i++) {
        held = (held << 8 | program.p[i]) & 0xfff;
        for (bits += 8; bits >= 5;) {
            bits -= 5;
            values[n++] = held >> bits & 31;
        }
    }
    if (bits)
        values[n++] = held << (5 - bits) & 31;
    return yc_bech32_encode(out, cap, form_of(version), hrp, values, n);
}

bool yc_segwit_address_decode(unsigned *version, uint8_t program[40], size_t *program_n, const char *hrp,
                              const char *text, size_t text_n)
{
    char found[84];
    uint8_t values[84];
    size_t n = 0, bytes = 0;
    enum yc_bech32 form = yc_bech32_decode(found, values, &n, text, text_n);
    if (form == YC_BECH32_NONE || n == 0 || strcmp(found, hrp) != 0)
        return false;
    unsigned held = 0, bits = 0;
    for (size_t i = 1; i < n; i++) {
        held = (held << 5 | values[i]) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            if (bytes == 40)
                return false;
            program[bytes++] = (uint8_t)(held >> bits);
        }
    }
    bool padded_well = bits < 5 && (held & ((1u << bits) - 1)) == 0;
    if (!padded_well || !is_program(values[0], bytes) || form != form_of(values[0]))
        return false;
    *version = values[0];
    *program_n = bytes;
    return true;
}
