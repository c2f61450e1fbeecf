/* Bitcoin's networks, read from the repository's chain files. */
#ifndef YC_TESTS_VECTORS_CHAINS_H
#define YC_TESTS_VECTORS_CHAINS_H

#include "consensus/params.h"

/** The chain of this name in published vectors: main, test, testnet4, signet (whose prefixes are alike), regtest. The
 *  program ends when its file is not below the working folder. Static. */
const struct yc_chain_params *vectors_chain(const char *name);

#endif
