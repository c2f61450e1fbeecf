/* The record by which a store says what it holds: checked before anything else is read or written, so that a data
 * directory of another chain or of another version is refused while it is still whole (DESIGN 7, catalogue S29). */
#ifndef YC_NODE_STORE_SCHEMA_H
#define YC_NODE_STORE_SCHEMA_H

#include "consensus/ids.h"
#include "node/store/kv.h"

/* Keys of records about the store itself begin with this byte, which sorts before every other key in use. */
#define YC_KV_META '!'

struct yc_schema {
    const char *what;             /* for people, and stored: "block index", "coins"; at most 32 bytes */
    uint32_t version;             /* of the records' form */
    struct yc_block_hash genesis; /* the chain */
};

/** Check the store's schema record against the expected one, or write it (synced) when the store is empty.
 *  alloc  for a value read, freed again
 *  Returns YC_VALID; YC_SYSTEM (CORRUPT) with a sentence that says what was found and the way out: another kind of
 *  store, another genesis, another version, or a store that is not empty but has no schema. */
enum yc_verdict yc_schema_check(const struct yc_kv *kv, const struct yc_alloc *alloc, const struct yc_schema *expected,
                                struct yc_error *err) YC_MUST_USE;

#endif
