/* Runs a fuzz target over files and folders instead of a fuzzer: so every build replays the seed corpus. An empty corpus
 * is a failure, since it would check nothing. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX (1 << 22)

static size_t run_file(const char *path)
{
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    FILE *f = fopen(path, "rb");
    if (!f || !bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t n = fread(bytes, 1, INPUT_BYTES_MAX, f);
    fclose(f);
    /* An allocation of the exact size, so that a sanitizer sees reads past the end. */
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        exit(1);
    for (size_t i = 0; i < n; i++)
        exact[i] = bytes[i];
    free(bytes);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static size_t run_path(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "%s does not exist\n", path);
        exit(1);
    }
    if (!S_ISDIR(st.st_mode))
        return run_file(path);
    DIR *dir = opendir(path);
    size_t count = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char inside[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        count += run_path(inside);
    }
    if (dir)
        closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%zu inputs\n", count);
    return count ? 0 : 1;
}
