/* yc-vectors --KIND FILE.. [--KIND FILE..]: see vectors.h. "-" is standard input. */
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX  (512u << 20)
#define ARENA_BYTES_MAX (256u << 20)
#define EXIT_SKIPPED    77 /* what ctest takes for "skipped" */

#define X(name) extern const struct vectors_kind vectors_kind_##name;
#include "vectors/kinds.def"
#undef X

static const struct vectors_kind *const kinds[] = {
#define X(name) &vectors_kind_##name,
#include "vectors/kinds.def"
#undef X
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static const struct vectors_kind *kind_named(const char *option)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!strcmp(kinds[i]->option, option))
            return kinds[i];
    return NULL;
}

static int usage(void)
{
    fputs("usage: yc-vectors --KIND FILE.. [--KIND FILE..]   (FILE - is standard input)\n", stderr);
    for (size_t i = 0; i < KIND_COUNT; i++)
        fprintf(stderr, "  --%-16s %s\n", kinds[i]->option, kinds[i]->about);
    return 2;
}

/* False when the file cannot be opened or read. */
static bool read_file(const char *path, struct yc_buf *out)
{
    bool standard = !strcmp(path, "-");
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f)
        return false;
    static char chunk[1 << 16];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        yc_buf_append(out, chunk, n);
    bool ok = !ferror(f) && !out->failed;
    if (!standard)
        fclose(f);
    return ok;
}

static void run_file(const struct vectors_kind *kind, const char *path, struct yc_view bytes, unsigned *passed,
                     unsigned *failed)
{
    struct vectors v = {.file = path};
    yc_arena_init(&v.arena, yc_heap(), 1 << 20, ARENA_BYTES_MAX);
    yc_random_seed(&v.random, &v.random_state, 1);
    kind->run(&v, bytes);
    yc_arena_release(&v.arena);
    /* A file without a single case is a file of another kind. */
    if (v.passed + v.failed == 0)
        vectors_case(&v, false, "no case of the kind %s", kind->option);
    *passed += v.passed;
    *failed += v.failed;
}

/* 0, or the status to end with. */
static int run_path(const struct vectors_kind *kind, const char *path, unsigned *passed, unsigned *failed)
{
    struct yc_buf bytes;
    yc_buf_init(&bytes, yc_heap(), FILE_BYTES_MAX);
    if (!read_file(path, &bytes)) {
        yc_buf_release(&bytes);
        const char *required = getenv("YCOIN_REQUIRE_VECTORS");
        bool must = required && !strcmp(required, "1");
        fprintf(stderr, "%s cannot be read: %s.\n", path, must ? "vectors are required" : "skipped");
        return must ? 1 : EXIT_SKIPPED;
    }
    run_file(kind, path, yc_buf_view(&bytes), passed, failed);
    yc_buf_release(&bytes);
    return 0;
}

int main(int argc, char **argv)
{
    struct yc_error err;
    if (yc_sha256_select(NULL, &err) != YC_VALID || yc_secp_self_test(&err) != YC_VALID) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const struct vectors_kind *kind = NULL;
    unsigned passed = 0, failed = 0;
    int status = argc < 3 ? usage() : 0;
    for (int i = 1; i < argc && !status; i++) {
        if (argv[i][0] == '-' && argv[i][1] == '-')
            kind = kind_named(argv[i] + 2);
        else if (kind)
            status = run_path(kind, argv[i], &passed, &failed);
        if (!kind)
            status = usage();
    }
    if (status)
        return status;
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
