yc_module(node-template PATH node/template DEPENDS node-mempool SOURCES template.c coinbase.c select.c)
