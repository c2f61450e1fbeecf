yc_module(node-store PATH node/store DEPENDS consensus sys
  SOURCES kv.c kv_leveldb.c kv_memory.c kv_fault.c
  LIBS ${LEVELDB_LIBRARY})
