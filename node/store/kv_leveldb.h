/* The key-value store on LevelDB. Its source file is the only one that sees leveldb/c.h. Threads as kv.h says. */
#ifndef YC_NODE_STORE_KV_LEVELDB_H
#define YC_NODE_STORE_KV_LEVELDB_H

#include "base/alloc.h"
#include "base/fs.h"
#include "node/store/kv.h"

struct yc_kv_leveldb_options {
    size_t cache_bytes;        /* of decoded blocks; 0: LevelDB's default (8 MiB) */
    size_t write_buffer_bytes; /* 0: LevelDB's default (4 MiB) */
    int bloom_bits_per_key;    /* 0: no filter, right where keys that are looked up are mostly there */
    int max_open_files;        /* 0: LevelDB's default (1000) */
    bool must_exist;           /* never make a new store: a missing one is YC_SYSTEM (CORRUPT) */
};

/** Open the store in the folder path, or make it there. Data is not compressed; checksums are verified on every read,
 *  and paranoid checks are on (catalogue S08).
 *  alloc, fs  borrowed for the store's life; fs must be the process's real files (it is asked what the folder holds)
 *  A folder that holds parts of a store but not its CURRENT or MANIFEST is refused: LevelDB alone would put a new, empty
 *  store over it (S18).
 *  Returns YC_VALID and a store that the caller closes with out->close; YC_SYSTEM with a sentence that names the path. */
enum yc_verdict yc_kv_leveldb_open(struct yc_kv *out, const struct yc_alloc *alloc, const struct yc_fs *fs,
                                   const char *path, const struct yc_kv_leveldb_options *options,
                                   struct yc_error *err) YC_MUST_USE;

/** Remove the store in the folder path, which must be closed; one that does not exist is fine. The folder is renamed to
 *  PATH.removed first: a crash leaves the whole store or none under its name, and the next open or destroy finishes. */
enum yc_verdict yc_kv_leveldb_destroy(const struct yc_fs *fs, const char *path, struct yc_error *err) YC_MUST_USE;

#endif
