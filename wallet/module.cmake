# What the wallet is, without its command line, so that tests can drive it.
yc_module(wallet PATH wallet DEPENDS keys formats consensus crypto base sys
  SOURCES store.c store_sql.c store_ledger.c store_chain.c store_copy.c select.c wallet.c watch.c sync.c pay.c
    holder.c holder_socket.c holder_process.c
  LIBS PkgConfig::SQLITE)
# The program, which also finds the node and asks it (node/access).
yc_program(ycoin-wallet PATH wallet DEPENDS wallet node-access net-transport keys formats formats-qr consensus crypto base sys
  SOURCES cli/main.c cli/options.c cli/prompt.c cli/rpc_source.c cli/cmd_look.c cli/cmd_make.c cli/cmd_receive.c cli/cmd_send.c
    cli/cmd_lock.c)
