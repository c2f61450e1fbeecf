yc_module(net-sync PATH net/sync PURE DEPENDS net-relay SOURCES sync.c headers.c blocks.c keep.c compact.c presync.c)
