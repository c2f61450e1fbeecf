yc_unit(net/proto/frame DEPENDS net-proto SOURCES net/proto/test_frame.c)
yc_unit(net/proto/message DEPENDS net-proto SOURCES net/proto/test_message.c)
yc_unit(net/proto/handshake DEPENDS net-proto SOURCES net/proto/test_handshake.c)
yc_unit(net/proto/peer DEPENDS net-proto SOURCES net/proto/test_peer.c)
