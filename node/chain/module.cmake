yc_module(node-chain PATH node/chain DEPENDS node-store sys consensus
  SOURCES tree.c chain.c chainstate.c assumed.c background.c accept.c bodies.c candidates.c reindex.c import.c ahead.c inputs.c scripts.c line.c connect.c commit.c flush.c query.c prune.c forget.c verify.c)
