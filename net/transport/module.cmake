# The only module that sees libevent, and of libevent only the core: HTTP is parsed by our own code (catalogue R07, X08).
yc_module(net-transport PATH net/transport DEPENDS base sys crypto net-addr
  SOURCES loop.c socket.c listener.c tcp.c tcp_io.c tcp_proxy.c socks.c resolve.c http_parse.c http_text.c http_conn.c http_server.c
          http_client.c
  LIBS PkgConfig::EVENT)
