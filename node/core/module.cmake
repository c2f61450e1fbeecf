yc_module(node-core PATH node/core DEPENDS node-index node-template net-sync net-relay net-peers sys
  SOURCES
    addresses.c
    bans.c
    capture.c
    compact.c
    conns.c
    core.c
    info.c
    input.c
    intake.c
    messages.c
    messages_tx.c
    outbound.c
    seeds.c
    serve.c
    turns.c
    view.c)
