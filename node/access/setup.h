/* What every program of YCoin settles first, by the same rules, so that all agree about folders, ports and chains: the
 * data directory, the configuration file, the chain. Main thread, once, at start. */
#ifndef YC_NODE_ACCESS_SETUP_H
#define YC_NODE_ACCESS_SETUP_H

#include "formats/chain_file.h"
#include "sys/options.h"

#define YC_PATH_MAX 4096

struct yc_setup {
    struct yc_chain_params params;
    char data_dir[YC_PATH_MAX];
    char chain_dir[YC_PATH_MAX]; /* data_dir, or the chain's folder in it */
    char conf_path[YC_PATH_MAX];
    bool conf_read; /* the configuration file exists */
};

/** options holds the command line; the configuration file and what it includes are read into it, and the chain is
 *  selected. The program's table has datadir, conf, includeconf, chain, chainfile, regtest, test, testnet, testnet4 and
 *  signet. Nothing is made on the disk; a data directory that was named must exist.
 *  mode  YC_CHAIN_FILE_MINE accepts a chain file whose genesis block is not mined yet
 *  YC_VALID; YC_INVALID or YC_SYSTEM with a sentence. */
enum yc_verdict yc_setup_find(struct yc_setup *out, struct yc_options *options, enum yc_chain_file_mode mode,
                              struct yc_error *err) YC_MUST_USE;

/** dir/name into out, or name alone when it is absolute. YC_INVALID when it does not fit: cut, it could name another
 *  file. out may be dir. */
enum yc_verdict yc_path_join(char out[YC_PATH_MAX], const char *dir, const char *name,
                             struct yc_error *err) YC_MUST_USE;

#endif
