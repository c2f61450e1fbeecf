if(TARGET yc_node-core)
  yc_module(node-rpc PATH node/rpc DEPENDS node-core formats keys sys
    SOURCES
      addresses.c
      args.c
      bans.c
      block.c
      blockchain.c
      coins.c
      control.c
      dispatch.c
      generate.c
      indexes.c
      mempool.c
      methods.c
      mining.c
      network.c
      prune.c
      raw.c
      server.c
      show.c
      sign.c
      snapshot.c
      submit.c
      transaction.c
      util.c
      wait.c)
endif()
