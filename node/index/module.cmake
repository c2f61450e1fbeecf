yc_module(node-index PATH node/index DEPENDS node-chain formats sys
  SOURCES index.c follow.c lookup.c txs.c coinstats.c filters.c)
