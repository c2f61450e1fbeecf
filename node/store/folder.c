#include "node/store/folder.h"

#include <string.h>

/* Cut the last name off the path: "/a/b" to "/a", "/a" to "/", "a" to ".". The path has room for ".". */
static void to_parent(char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n > 0 && path[n - 1] != '/')
        n--;
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0)
        path[n++] = '.';
    path[n] = 0;
}

static bool is_top(const char *path)
{
    return !strcmp(path, "/") || !strcmp(path, ".");
}

/* How many folders on the way to path are missing, path itself included. text is a copy, used up. */
static enum yc_verdict count_missing(const struct yc_fs *fs, char *text, unsigned *missing, struct yc_error *err)
{
    for (*missing = 0; !is_top(text); ++*missing) {
        enum yc_verdict v = fs->exists(fs->ctx, text, err);
        if (v != YC_NOT_YET)
            return v;
        to_parent(text);
    }
    return YC_VALID;
}

enum yc_verdict yc_folder_make(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                               struct yc_error *err)
{
    size_t bytes = strlen(path) + 2;
    char *text = (char *)yc_alloc_new(alloc, bytes);
    if (!text)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to make the folder", path);
    memcpy(text, path, bytes - 1);
    unsigned missing = 0;
    enum yc_verdict v = count_missing(fs, text, &missing, err);
    if (v == YC_VALID && missing > 0)
        v = fs->make_dir(fs->ctx, path, err);
    memcpy(text, path, bytes - 1);
    for (; missing > 0 && v == YC_VALID; missing--) {
        to_parent(text);
        v = fs->sync_dir(fs->ctx, text, err);
    }
    yc_alloc_free(alloc, text, bytes);
    return v;
}
