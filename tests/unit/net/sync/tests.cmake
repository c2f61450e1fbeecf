yc_unit(net/sync/presync DEPENDS net-sync SOURCES net/sync/test_presync.c)
