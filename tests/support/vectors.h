/* Published test vectors: files in the folder $YCOIN_VECTORS, or ../shared/vectors from the root of the repository. */
#ifndef YC_TESTS_SUPPORT_VECTORS_H
#define YC_TESTS_SUPPORT_VECTORS_H

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The file's bytes with a NUL behind them, *n of them (n may be NULL); the caller frees them. When the file is absent
 * the running test is skipped, or fails when YCOIN_REQUIRE_VECTORS=1. */
static inline char *test_vectors_read(const char *name, size_t *n)
{
    const char *folder = getenv("YCOIN_VECTORS"), *require = getenv("YCOIN_REQUIRE_VECTORS");
    char path[1024];
    int path_n = snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/vectors", name);
    assert_in_range(path_n, 1, sizeof path - 1);
    FILE *f = fopen(path, "rb");
    if (!f) {
        if (require && strcmp(require, "1") == 0)
            fail_msg("%s is absent", path);
        print_message("%s is absent: skipped\n", path);
        skip();
        return NULL; /* not reached: skip() leaves the test */
    }
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_true(size >= 0);
    rewind(f);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = 0;
    fclose(f);
    if (n)
        *n = (size_t)size;
    return text;
}

#endif
