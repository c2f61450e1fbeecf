#include "node/store/coins_internal.h"

#include "base/assert.h"

/* Radix sort in place, from the first key byte on: the elements are dealt into 256 buckets, each of which is sorted by
 * the next byte. It needs no memory beside the elements, and millions of them are sorted without following a pointer. */

#define ELEMENT_BYTES_MAX 64
#define SMALL             24 /* fewer are sorted by insertion */

struct shape {
    size_t element_bytes, key_bytes;
};

static void insertion_sort(uint8_t *p, size_t n, const struct shape *s, size_t at)
{
    uint8_t held[ELEMENT_BYTES_MAX];
    for (size_t i = 1; i < n; i++) {
        size_t j = i;
        memcpy(held, p + i * s->element_bytes, s->element_bytes);
        while (j > 0 && memcmp(p + (j - 1) * s->element_bytes + at, held + at, s->key_bytes - at) > 0)
            j--;
        memmove(p + (j + 1) * s->element_bytes, p + j * s->element_bytes, (i - j) * s->element_bytes);
        memcpy(p + j * s->element_bytes, held, s->element_bytes);
    }
}

static void sort_from(uint8_t *p, size_t n, const struct shape *s, size_t at)
{
    if (n <= SMALL || at == s->key_bytes) {
        if (at < s->key_bytes)
            insertion_sort(p, n, s, at);
        return;
    }
    size_t next[256], end[256] = {0};
    for (size_t i = 0; i < n; i++)
        end[p[i * s->element_bytes + at]]++;
    for (size_t b = 0, sum = 0; b < 256; b++) {
        next[b] = sum;
        sum += end[b];
        end[b] = sum;
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < end[b]) {
            uint8_t held[ELEMENT_BYTES_MAX], *here = p + next[b] * s->element_bytes;
            uint8_t bucket = here[at];
            if (bucket == b) {
                next[b]++;
                continue;
            }
            uint8_t *there = p + next[bucket]++ * s->element_bytes;
            memcpy(held, there, s->element_bytes);
            memcpy(there, here, s->element_bytes);
            memcpy(here, held, s->element_bytes);
        }
    }
    for (size_t b = 0, start = 0; b < 256; start = end[b++])
        if (end[b] - start > 1)
            sort_from(p + start * s->element_bytes, end[b] - start, s, at + 1);
}

void coins_sort(void *elements, size_t n, size_t element_bytes, size_t key_bytes)
{
    YC_ASSERT(element_bytes <= ELEMENT_BYTES_MAX && key_bytes <= element_bytes);
    const struct shape s = {element_bytes, key_bytes};
    sort_from((uint8_t *)elements, n, &s, 0);
}
