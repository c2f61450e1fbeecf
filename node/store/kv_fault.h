/* A key-value store around another one that fails chosen operations, so that a test can walk through every operation
 * of a procedure (catalogue S02, S04, S05). Any thread, as far as the inner one
 * allows. */
#ifndef YC_NODE_STORE_KV_FAULT_H
#define YC_NODE_STORE_KV_FAULT_H

#include "node/store/kv.h"

#include <stdatomic.h>

enum yc_kv_operation {
    YC_KV_GET = 1 << 0,
    YC_KV_WRITE = 1 << 1,
    YC_KV_CURSOR_OPEN = 1 << 2,
    YC_KV_CURSOR_NEXT = 1 << 3,
    YC_KV_ALL = (1 << 4) - 1
};

struct yc_kv_fault {
    struct yc_kv kv; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_kv *inner;
    /* The first three at any time, the others between operations. */
    atomic_uint kinds;        /* enum yc_kv_operation values that count and may fail */
    atomic_uint fail_at;      /* the operation of these kinds that fails, from 1; 0: none */
    atomic_bool keep_failing; /* later ones fail too */
    bool write_anyway;        /* a failing write happens all the same (unsynced), and only says that it did not */
    enum yc_system which;     /* what the failure is */
    atomic_uint count;        /* operations of these kinds so far */
    atomic_uint failed;       /* how many were made to fail */
};

/** Wraps inner (borrowed for its life); counts every kind and fails nothing until fail_at is set. close closes inner. */
void yc_kv_fault_init(struct yc_kv_fault *f, const struct yc_kv *inner);

#endif
