# The daemon alone knows the concrete types of every layer.
if(TARGET yc_node-rpc)
  yc_program(ycoind PATH node/daemon DEPENDS node-rpc node-access net-transport formats
    SOURCES main.c options.c config.c core_thread.c stores.c notify.c import.c core_config.c rpc_http.c)
endif()
