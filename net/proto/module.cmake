yc_module(net-proto PATH net/proto PURE DEPENDS consensus net-addr
  SOURCES frame.c message.c message_parse.c message_write.c peer.c peer_dispatch.c peer_send.c)
