yc_module(net-sync PATH net/sync PURE DEPENDS net-proto SOURCES sync.c headers.c blocks.c)
