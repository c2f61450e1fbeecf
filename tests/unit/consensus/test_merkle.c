/* The merkle root, and lists that share one (CVE-2012-2459). */
#include "consensus/block.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX 130

static uint8_t leaf[LEAVES_MAX][32], work[LEAVES_MAX][32];

static void make_leaves(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t seed[4] = {(uint8_t)i, (uint8_t)(i >> 8), 1, 2};
        yc_sha256d(leaf[i], seed, sizeof seed);
    }
}

static bool root_of(uint8_t out32[32], size_t count)
{
    bool mutated = true;
    memcpy(work, leaf, sizeof work);
    yc_merkle_root(out32, work, count, &mutated);
    return mutated;
}

/* By the definition: the root of a range of a complete tree whose missing right halves repeat the left ones. */
static void slow_root(uint8_t out32[32], size_t at, size_t count, size_t width)
{
    uint8_t pair[2][32];
    if (width == 1) {
        memcpy(out32, leaf[at], 32);
        return;
    }
    slow_root(pair[0], at, count, width / 2);
    if (at + width / 2 < count)
        slow_root(pair[1], at + width / 2, count, width / 2);
    else
        memcpy(pair[1], pair[0], 32);
    yc_sha256d(out32, pair, sizeof pair);
}

static void root_by_the_definition(void **state)
{
    (void)state;
    make_leaves(LEAVES_MAX);
    for (size_t count = 1, width = 1; count <= LEAVES_MAX; count++) {
        uint8_t fast[32], slow[32];
        while (width < count)
            width *= 2;
        slow_root(slow, 0, count, width);
        assert_false(root_of(fast, count)); /* C06: every honest count passes */
        assert_memory_equal(fast, slow, 32);
    }
}

static void nothing_has_the_root_zero(void **state)
{
    (void)state;
    uint8_t root[32];
    memset(root, 1, sizeof root);
    assert_false(root_of(root, 0));
    assert_true(yc_hash_is_zero(root));
}

/* C06: for every count 1..64 and every repetition of its end that keeps the root, the list is found out. */
static void repeated_ends_are_found(void **state)
{
    (void)state;
    unsigned found = 0;
    for (size_t count = 1; count <= 64; count++) {
        for (size_t more = 1; more <= count; more++) {
            uint8_t honest[32], longer[32];
            make_leaves(count);
            root_of(honest, count);
            memcpy(leaf[count], leaf[count - more], 32 * more);
            bool mutated = root_of(longer, count + more);
            if (memcmp(honest, longer, 32) == 0) {
                assert_true(mutated);
                found++;
            }
        }
    }
    /* Every count but the powers of two has one. */
    assert_true(found >= 64 - 7);
}

/* Equal leaves that are not joined with each other are no sign of it. */
static void equal_leaves_of_different_pairs(void **state)
{
    (void)state;
    uint8_t root[32];
    make_leaves(4);
    memcpy(leaf[2], leaf[1], 32);
    assert_false(root_of(root, 4));
    memcpy(leaf[2], leaf[3], 32);
    assert_true(root_of(root, 4));
}

/* As many bytes as promised are read and written, which a sanitizer sees. */
static void leaves_are_exact(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 33; count++) {
        uint8_t(*leaves)[32] = calloc(count, 32), root[32];
        bool mutated = true;
        assert_non_null(leaves);
        for (size_t i = 0; i < count; i++)
            leaves[i][0] = (uint8_t)(i + 1);
        yc_merkle_root(root, leaves, count, &mutated);
        assert_false(mutated);
        assert_false(yc_hash_is_zero(root));
        free(leaves);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_by_the_definition),  cmocka_unit_test(nothing_has_the_root_zero),
        cmocka_unit_test(repeated_ends_are_found), cmocka_unit_test(equal_leaves_of_different_pairs),
        cmocka_unit_test(leaves_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
