# The daemon alone knows the concrete types of every layer.
if(TARGET yc_node-rpc)
  yc_program(ycoind PATH node/daemon DEPENDS node-rpc node-access net-transport formats
    SOURCES
      asmap.c
      assumeutxo.c
      config.c
      core_config.c
      core_thread.c
      import.c progress.c
      main.c
      net_config.c
      notify.c
      options.c
      proxy.c
      rpc_http.c
      stores.c)
endif()
