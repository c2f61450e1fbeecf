yc_module(node-core PATH node/core DEPENDS node-index node-template net-sync net-relay net-peers sys
  SOURCES core.c conns.c messages.c messages_tx.c serve.c addresses.c view.c info.c bans.c)
