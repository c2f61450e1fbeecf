yc_module(net-relay PATH net/relay PURE DEPENDS net-proto
  SOURCES recent.c requests.c announce.c orphans.c filters.c compact.c extra.c)
