#include "vectors/chains.h"

#include "formats/chain_file.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

#include <stdio.h>
#include <stdlib.h>

static void load(struct yc_chain_params *out, const char *file)
{
    char path[64];
    struct yc_error err;
    (void)snprintf(path, sizeof path, "chains/bitcoin-%s.json", file);
    if (yc_chain_file_load(out, yc_fs_posix(), yc_heap(), path, YC_CHAIN_FILE_RUN, &err) == YC_VALID)
        return;
    fprintf(stderr, "%s\nRun yc-vectors in the root of the repository.\n", err.text);
    exit(2);
}

const struct yc_chain_params *vectors_chain(const char *name)
{
    static struct yc_chain_params chains[4];
    static const char *const files[4] = {"main", "test4", "regtest", "signet"};
    size_t i = !strcmp(name, "main") ? 0 : !strcmp(name, "regtest") ? 2 : !strcmp(name, "signet") ? 3 : 1;
    if (!chains[i].name[0])
        load(&chains[i], files[i]);
    return &chains[i];
}
