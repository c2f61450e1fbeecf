/* A folder of its own for a test, below $TMPDIR. */
#ifndef YC_TESTS_UNIT_SYS_TEMP_DIR_H
#define YC_TESTS_UNIT_SYS_TEMP_DIR_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEMP_PATH_MAX 512

/* Makes the folder and writes its path. */
static inline void temp_dir(char path[TEMP_PATH_MAX])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, TEMP_PATH_MAX, "%.400s/ycoin-unit-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
}

/* DIR/NAME in a rotating set of buffers, so that two can stand in one call. */
static inline const char *in_dir(const char *dir, const char *name)
{
    static char paths[4][TEMP_PATH_MAX + 128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%.500s/%.100s", dir, name);
    return path;
}

#endif
