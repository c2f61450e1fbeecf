yc_unit(net/transport/http-parse DEPENDS net-transport SOURCES net/transport/test_http_parse.c)
yc_unit(net/transport/loop DEPENDS net-transport SOURCES net/transport/test_loop.c)
yc_unit(net/transport/tcp DEPENDS net-transport SOURCES net/transport/test_tcp.c)
