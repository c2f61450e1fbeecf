/* A coins cache over a store in memory that can fail, and the model that it is checked against. Functions that find a
 * difference fail the test. */
#ifndef YC_TESTS_NODE_STORE_COINS_RIG_H
#define YC_TESTS_NODE_STORE_COINS_RIG_H

#include "node/store/coins.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "sys/heap_fault.h"
#include "unit/node/store/world.h"

struct coins_rig {
    struct yc_kv_memory *memory;
    struct yc_kv_fault fault;
    struct yc_heap_fault heap;
    struct yc_coins_cache *cache;
    struct yc_arena arena;
    struct yc_error err;
    size_t batch_bytes;
    int at;    /* the block that the cache is at */
    bool hold; /* coins_rig_connect() leaves blocks held */
};

void coins_rig_init(struct coins_rig *r, size_t batch_bytes);
/* Nothing may leak. */
void coins_rig_release(struct coins_rig *r);
enum yc_verdict coins_rig_open(struct coins_rig *r);
void coins_rig_same(const struct yc_coin *a, const struct yc_coin *b);
/* Connect block n; give up, and roll back with YC_INVALID, when `stop` changes have been made. */
enum yc_verdict coins_rig_connect(struct coins_rig *r, struct world *w, int n, size_t stop);
enum yc_verdict coins_rig_disconnect(struct coins_rig *r, struct world *w, bool replay);
/* Every coin of the model is there, and what the blocks at the tip spent is not. */
void coins_rig_check(struct coins_rig *r, const struct world *w, bool keep);
/* After a flush the store holds the model's coins and not one more. */
void coins_rig_check_store(struct coins_rig *r, const struct world *w);

#endif
