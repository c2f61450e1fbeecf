if(TARGET yc_node-rpc)
  yc_unit(node/rpc/dispatch DEPENDS node-rpc SOURCES node/rpc/test_dispatch.c node/rpc/rig.c)
  yc_unit(node/rpc/methods DEPENDS node-rpc SOURCES node/rpc/test_methods.c node/rpc/rig.c)
endif()
