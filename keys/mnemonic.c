#include "keys/mnemonic.h"

#include "base/assert.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "keys/mnemonic_words.h"

#include <stdio.h>
#include <stdlib.h>

#define WORD_BITS 11
#define ROUNDS    2048
#define WORDS_MAX 24
#define NEAR_MAX  3 /* words that a message suggests */

const char *yc_mnemonic_word(unsigned index)
{
    YC_ASSERT(index < YC_MNEMONIC_WORDS);
    return yc_mnemonic_words[index];
}

static bool words_ok(unsigned words)
{
    return words >= 12 && words <= WORDS_MAX && words % 3 == 0;
}

enum yc_verdict yc_mnemonic_generate(char out[YC_MNEMONIC_TEXT_MAX], unsigned words, const struct yc_random *random,
                                     struct yc_error *err)
{
    uint8_t entropy[YC_MNEMONIC_ENTROPY_MAX];
    if (!words_ok(words))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "a recovery phrase of %u words does not exist: choose 12, 15, 18, 21 or 24", words);
    yc_random_fill(random, entropy, sizeof entropy);
    enum yc_verdict v = yc_mnemonic_of_entropy(out, entropy, words / 3 * 4, err);
    yc_wipe(entropy, sizeof entropy);
    return v;
}

/* The 11 bits of the i-th word, from the entropy with its checksum behind it. */
static unsigned bits_at(const uint8_t *bytes, unsigned i)
{
    unsigned value = 0;
    for (unsigned bit = i * WORD_BITS; bit < (i + 1) * WORD_BITS; bit++)
        value = value << 1 | ((unsigned)bytes[bit / 8] >> (7 - bit % 8) & 1u);
    return value;
}

enum yc_verdict yc_mnemonic_of_entropy(char out[YC_MNEMONIC_TEXT_MAX], const uint8_t *entropy, size_t n,
                                       struct yc_error *err)
{
    uint8_t bytes[YC_MNEMONIC_ENTROPY_MAX + 1], digest32[32];
    if (n < 16 || n > YC_MNEMONIC_ENTROPY_MAX || n % 4)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "no recovery phrase holds %zu bytes: give 16, 20, 24, 28 or 32",
                       n);
    memcpy(bytes, entropy, n);
    yc_sha256_once(digest32, entropy, n);
    bytes[n] = digest32[0];
    size_t at = 0;
    for (unsigned i = 0; i < n / 4 * 3; i++)
        at += (size_t)snprintf(out + at, YC_MNEMONIC_TEXT_MAX - at, "%s%s", i ? " " : "",
                               yc_mnemonic_words[bits_at(bytes, i)]);
    yc_wipe(bytes, sizeof bytes);
    yc_wipe(digest32, sizeof digest32);
    return YC_VALID;
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The index of a word, -1 when it is not in the list. */
static int find(const char *word)
{
    const char *at = bsearch(word, yc_mnemonic_words, YC_MNEMONIC_WORDS, YC_MNEMONIC_WORD_MAX, compare_words);
    return at ? (int)((at - yc_mnemonic_words[0]) / YC_MNEMONIC_WORD_MAX) : -1;
}

/* Letters to insert, delete, replace or swap to get from one word to the other (both shorter than 32). */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][33];
    size_t a_n = strlen(a), b_n = strlen(b);
    for (unsigned j = 0; j <= b_n; j++)
        row[0][j] = j;
    for (unsigned i = 1; i <= a_n; i++) {
        unsigned *now = row[i % 3], *above = row[(i + 2) % 3], *two_above = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= b_n; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[a_n % 3][b_n];
}

/* Are the words exactly d steps apart? Lengths alone rule most out. */
static bool is_near(const char *a, const char *b, unsigned d)
{
    size_t a_n = strlen(a), b_n = strlen(b);
    return (a_n > b_n ? a_n - b_n : b_n - a_n) <= d && distance(a, b) == d;
}

/* Name the words nearest to a mistyped one: first those that begin with the same four letters, then by distance. */
static enum yc_verdict refuse_word(struct yc_error *err, unsigned place, const char *word)
{
    char near[NEAR_MAX * (YC_MNEMONIC_WORD_MAX + 4)] = "";
    size_t n = 0, found = 0;
    for (unsigned d = 0; d <= 2 && found < NEAR_MAX; d++)
        for (unsigned i = 0; i < YC_MNEMONIC_WORDS && found < NEAR_MAX; i++) {
            bool same_start = strlen(word) >= 4 && strncmp(word, yc_mnemonic_words[i], 4) == 0;
            if (d == 0 ? same_start : !same_start && is_near(word, yc_mnemonic_words[i], d)) {
                n += (size_t)snprintf(near + n, sizeof near - n, "%s%s", found ? ", " : "", yc_mnemonic_words[i]);
                found++;
            }
        }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "word %u, \"%s\", is not in the word list%s%s%s", place, word,
                   found ? ": did you mean " : ": compare it with your written copy", near, found ? "?" : "");
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Read the next word in lower case. Returns its length, 0 at the end; a longer one is cut at cap - 1. */
static size_t next_word(char *word, size_t cap, struct yc_view text, size_t *at)
{
    size_t n = 0;
    while (*at < text.n && is_space(text.p[*at]))
        ++*at;
    for (; *at < text.n && !is_space(text.p[*at]); ++*at) {
        uint8_t c = text.p[*at];
        if (n + 1 < cap)
            word[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c > 0x20 && c < 0x7f ? (char)c : '?';
    }
    word[n] = 0;
    return n;
}

enum yc_verdict yc_mnemonic_check(char out[YC_MNEMONIC_TEXT_MAX], struct yc_view text, struct yc_error *err)
{
    char word[32];
    size_t at = 0, n = 0;
    unsigned count = 0;
    out[0] = 0;
    enum yc_verdict v = YC_VALID;
    while (v == YC_VALID && next_word(word, sizeof word, text, &at)) {
        count++;
        if (count > WORDS_MAX)
            continue;
        if (find(word) < 0)
            v = refuse_word(err, count, word);
        else
            n += (size_t)snprintf(out + n, YC_MNEMONIC_TEXT_MAX - n, "%s%s", count > 1 ? " " : "", word);
    }
    yc_wipe(word, sizeof word);
    uint8_t entropy[YC_MNEMONIC_ENTROPY_MAX];
    if (v == YC_VALID && !words_ok(count))
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "the phrase has %u words: a recovery phrase has 12, 15, 18, 21 or 24", count);
    if (v == YC_VALID && yc_mnemonic_entropy(entropy, out) == 0)
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "every word is in the list, but their checksum is wrong: a word was changed or two were swapped; "
                    "compare the phrase with your written copy");
    yc_wipe(entropy, sizeof entropy);
    if (v != YC_VALID)
        yc_wipe(out, YC_MNEMONIC_TEXT_MAX);
    return v;
}

size_t yc_mnemonic_entropy(uint8_t out32[YC_MNEMONIC_ENTROPY_MAX], const char *phrase)
{
    char word[32];
    uint8_t bytes[YC_MNEMONIC_ENTROPY_MAX + 1] = {0}, digest32[32];
    struct yc_view text = yc_view_text(phrase);
    size_t at = 0;
    unsigned count = 0;
    bool ok = true;
    while (ok && next_word(word, sizeof word, text, &at)) {
        int index = find(word);
        ok = index >= 0 && count < WORDS_MAX;
        for (unsigned b = 0; ok && b < WORD_BITS; b++) {
            unsigned bit = count * WORD_BITS + b;
            if ((unsigned)index >> (WORD_BITS - 1 - b) & 1)
                bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
        count += ok;
    }
    size_t n = ok && words_ok(count) ? count / 3 * 4 : 0;
    if (n) {
        yc_sha256_once(digest32, bytes, n);
        uint8_t mask = (uint8_t)(0xff << (8 - n / 4));
        if ((digest32[0] ^ bytes[n]) & mask)
            n = 0;
        else
            memcpy(out32, bytes, n);
    }
    yc_wipe(word, sizeof word);
    yc_wipe(bytes, sizeof bytes);
    yc_wipe(digest32, sizeof digest32);
    return n;
}

void yc_mnemonic_seed(uint8_t out64[YC_MNEMONIC_SEED_BYTES], const char *phrase, struct yc_view passphrase)
{
    static const char prefix[] = "mnemonic";
    uint8_t salt[sizeof prefix - 1 + YC_MNEMONIC_PASSPHRASE_MAX];
    YC_ASSERT(passphrase.n <= YC_MNEMONIC_PASSPHRASE_MAX);
    memcpy(salt, prefix, sizeof prefix - 1);
    if (passphrase.n)
        memcpy(salt + sizeof prefix - 1, passphrase.p, passphrase.n);
    yc_pbkdf2_hmac_sha512(out64, YC_MNEMONIC_SEED_BYTES, yc_view_text(phrase),
                          yc_view(salt, sizeof prefix - 1 + passphrase.n), ROUNDS);
    yc_wipe(salt, sizeof salt);
}
