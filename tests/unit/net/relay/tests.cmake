yc_unit(net/relay/requests DEPENDS net-relay SOURCES net/relay/test_requests.c)
yc_unit(net/relay/orphans DEPENDS net-relay SOURCES net/relay/test_orphans.c)
yc_unit(net/relay/filters DEPENDS net-relay SOURCES net/relay/test_filters.c)
yc_unit(net/relay/compact DEPENDS net-relay SOURCES net/relay/test_compact.c)
