/* Any list of leaves, many of them equal: the root and the sign of repeated neighbours are those of a plain model, and
 * a list that has another's root is one that repeats (catalogue C06).
 *
 * Input: one byte for each leaf; equal bytes are equal leaves. */
#include "base/assert.h"
#include "consensus/block.h"
#include "crypto/sha256.h"

#define LEAVES_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A level at a time, each pair hashed by itself. */
static bool model(uint8_t out32[32], uint8_t (*nodes)[32], size_t count)
{
    bool repeated = false;
    for (; count > 1; count = (count + 1) / 2)
        for (size_t i = 0; i < count; i += 2) {
            uint8_t pair[64];
            bool alone = i + 1 == count;
            memcpy(pair, nodes[i], 32);
            memcpy(pair + 32, nodes[alone ? i : i + 1], 32);
            repeated = repeated || (!alone && memcmp(pair, pair + 32, 32) == 0);
            yc_sha256d(nodes[i / 2], pair, sizeof pair);
        }
    if (count)
        memcpy(out32, nodes[0], 32);
    else
        memset(out32, 0, 32);
    return repeated;
}

static void fill(uint8_t (*leaves)[32], const uint8_t *data, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memset(leaves[i], data[i], 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t leaves[2 * LEAVES_MAX][32];
    uint8_t expected[32], found[32], again[32];
    size_t count = n < LEAVES_MAX ? n : LEAVES_MAX;
    bool mutated = false, more_mutated = false;
    fill(leaves, data, count);
    bool repeated = model(expected, leaves, count);
    fill(leaves, data, count);
    yc_merkle_root(found, leaves, count, &mutated);
    YC_ASSERT(memcmp(expected, found, 32) == 0 && mutated == repeated);
    /* With an odd count from 3 on, the last leaf written twice gives the same root, and is found out. */
    if (count < 3 || count % 2 == 0)
        return 0;
    fill(leaves, data, count);
    memcpy(leaves[count], leaves[count - 1], 32);
    yc_merkle_root(again, leaves, count + 1, &more_mutated);
    YC_ASSERT(memcmp(found, again, 32) == 0 && more_mutated);
    return 0;
}
