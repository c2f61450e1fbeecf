yc_module(node-store PATH node/store DEPENDS consensus sys
  SOURCES kv.c kv_leveldb.c kv_memory.c kv_table.c kv_fault.c shelf_leveldb.c schema.c coin_codec.c undo.c block_index.c
          folder.c blockfile.c blockfile_read.c blockfile_remove.c blockfile_scan.c
          coins.c coins_block.c coins_dump.c coins_fetch.c coins_file.c coins_flush.c coins_load.c coins_log.c coins_past.c coins_scan.c coins_slab.c coins_sort.c coins_table.c
  LIBS ${LEVELDB_LIBRARY})
