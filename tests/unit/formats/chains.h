/* The chain files of the repository, and a shorthand for parameters, for tests of formats and keys. */
#ifndef YC_TESTS_UNIT_FORMATS_CHAINS_H
#define YC_TESTS_UNIT_FORMATS_CHAINS_H

#include "formats/chain_file.h"
#include "support/unit.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

#include <stdio.h>

/** Load chains/bitcoin-NAME.json (the tests run in the root of the repository). */
static inline void test_chain_load(struct yc_chain_params *out, const char *name)
{
    char path[64];
    struct yc_error err = {.text = ""};
    (void)snprintf(path, sizeof path, "chains/bitcoin-%s.json", name);
    if (yc_chain_file_load(out, yc_fs_posix(), yc_heap(), path, YC_CHAIN_FILE_RUN, &err) != YC_VALID)
        fail_msg("%s", err.text);
}

/** The chain by the name that published vectors use: main, test, testnet4, signet (all three alike), regtest. */
static inline void test_chain_by_name(struct yc_chain_params *out, const char *name)
{
    bool is_test = !strcmp(name, "test") || !strcmp(name, "testnet4") || !strcmp(name, "signet");
    test_chain_load(out, is_test ? "test4" : name);
}

#endif
