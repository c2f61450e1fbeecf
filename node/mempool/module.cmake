yc_module(node-mempool PATH node/mempool DEPENDS node-chain formats
  SOURCES feerate.c policy.c pool.c links.c evict.c accept.c relatives.c replace.c diagram.c memo.c chain.c persist.c verified.c scripts.c prepare.c confirm.c check.c LIBS m)
