if(TARGET yc_node-mempool)
  yc_module(node-template PATH node/template DEPENDS node-mempool SOURCES template.c coinbase.c select.c)
endif()
