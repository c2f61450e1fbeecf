# What the wallet is, without its command line, so that tests can drive it.
yc_module(wallet PATH wallet DEPENDS keys formats consensus crypto base sys
  SOURCES store.c store_sql.c store_ledger.c store_chain.c store_copy.c select.c wallet.c watch.c sync.c pay.c
  LIBS PkgConfig::SQLITE)
