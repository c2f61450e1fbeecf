/* What a kernel must answer before it is used. */
#include "crypto/sha256_kernels.h"

/* Known answers for YC_SHA256_LANES_MAX = 32, made with Python's hashlib over the bytes (167 i + 13) mod 256. */

#define PATTERN_BYTES 3168
#define MESSAGES      (YC_SHA256_LANES_MAX + 3) /* every lane, and some left over */

static bool known_stream(const struct yc_sha256_pair *pair, const uint8_t *pattern)
{
    /* h = SHA-256(h, the first n bytes of the pattern) for n = 0..299, from 32 zeros: every length of padding, and
     * updates that begin and end everywhere in a block. */
    static const uint8_t answer[32] = {0x20, 0xee, 0xe5, 0x24, 0x27, 0x96, 0xee, 0x9b, 0xc6, 0xca, 0x11,
                                       0x76, 0x3c, 0x36, 0xdc, 0xaf, 0x56, 0xc8, 0x81, 0xd3, 0xe3, 0xd7,
                                       0xcb, 0x7e, 0xf9, 0x8d, 0x10, 0x18, 0xac, 0x30, 0x22, 0xe1};
    uint8_t digest[32] = {0};
    for (size_t n = 0; n < 300; n++) {
        struct yc_sha256 h;
        yc_sha256_init(&h);
        yc_sha256_update_with(pair, &h, digest, sizeof digest);
        yc_sha256_update_with(pair, &h, pattern, n / 3);
        yc_sha256_update_with(pair, &h, pattern + n / 3, n - n / 3);
        yc_sha256_final_with(pair, &h, digest);
    }
    return memcmp(digest, answer, sizeof answer) == 0;
}

/* The digests in a row must hash to the answer. */
static bool known_digests(const struct yc_sha256_pair *pair, uint8_t (*digests)[32], const uint8_t answer[32])
{
    uint8_t all[32];
    struct yc_sha256 h;
    yc_sha256_init(&h);
    yc_sha256_update_with(pair, &h, digests, MESSAGES * sizeof digests[0]);
    yc_sha256_final_with(pair, &h, all);
    return memcmp(all, answer, 32) == 0;
}

static bool known_double(const struct yc_sha256_pair *pair, const uint8_t *pattern)
{
    static const uint8_t answer_64[32] = {0x46, 0xff, 0x9f, 0x23, 0x36, 0x88, 0x6f, 0xa2, 0x5d, 0x2f, 0x31,
                                          0xe8, 0x3a, 0x38, 0x3b, 0xaa, 0x6e, 0x7c, 0xeb, 0x79, 0x62, 0xaf,
                                          0x04, 0x3d, 0x40, 0x97, 0x03, 0x41, 0x03, 0x53, 0x7a, 0x7b};
    static const uint8_t answer_80[32] = {0x6d, 0xfb, 0xf5, 0x1e, 0x22, 0x02, 0xa7, 0x6e, 0xb0, 0xf3, 0x4b,
                                          0x4f, 0x65, 0xa8, 0x5b, 0x96, 0x35, 0x78, 0xc6, 0xec, 0x00, 0x13,
                                          0x7b, 0x56, 0xdc, 0xa6, 0xee, 0xc2, 0xa7, 0x5b, 0x5c, 0xc1};
    static const uint8_t answer_mixed[32] = {0xe7, 0x8f, 0x0a, 0x12, 0x29, 0x7f, 0x6d, 0x49, 0x3e, 0x62, 0x07,
                                             0x84, 0x83, 0x15, 0x2b, 0x3f, 0x1d, 0x08, 0xe4, 0x47, 0x79, 0x8e,
                                             0x7e, 0x5b, 0x1d, 0xb4, 0xf3, 0x79, 0x3a, 0x81, 0xaa, 0x6c};
    /* All at once, and so few that narrow lanes are not filled. */
    static const size_t parts[] = {MESSAGES, 1, 2, 3, MESSAGES - 6};
    uint8_t out64[MESSAGES][32], out80[MESSAGES][32], mixed[MESSAGES][32];
    for (size_t i = 0, at = 0; i < sizeof parts / sizeof parts[0]; i++, at = (at + parts[i - 1]) % MESSAGES) {
        struct yc_sha256_job jobs[MESSAGES];
        size_t n = parts[i];
        yc_sha256d_64_with(pair, out64 + at, pattern + 64 * at, n);
        yc_sha256d_80_with(pair, out80 + at, pattern + 90 * at, 90, n);
        for (size_t k = at; k < at + n; k++)
            jobs[k - at] = (struct yc_sha256_job){yc_view(pattern + k, 7 * k * k % 600), mixed[k]};
        yc_sha256d_jobs_with(pair, jobs, n);
        if ((at + n) % MESSAGES == 0 &&
            !(known_digests(pair, out64, answer_64) && known_digests(pair, out80, answer_80) &&
              known_digests(pair, mixed, answer_mixed)))
            return false;
    }
    return true;
}

bool yc_sha256_passes(const struct yc_sha256_pair *pair)
{
    uint8_t pattern[PATTERN_BYTES];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(167 * i + 13);
    return known_stream(pair, pattern) && known_double(pair, pattern);
}
