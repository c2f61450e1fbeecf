/* The parts of the coins cache: slabs of records, the table of slots over them, the log of the open block, the flush.
 * Only coins_*.c see this. */
#ifndef YC_NODE_STORE_COINS_INTERNAL_H
#define YC_NODE_STORE_COINS_INTERNAL_H

#include "node/store/coin_codec.h"
#include "node/store/coins.h"

/* ---- records (coins_slab.c) ---- */

enum coin_flags {
    COIN_DIRTY = 1 << 0, /* the store does not know this state */
    COIN_FRESH = 1 << 1, /* the store has no coin of this outpoint */
    COIN_SPENT = 1 << 2, /* no coin: a flush deletes it from the store */
    COIN_APART = 1 << 3  /* the payload is a pointer to a struct coin_apart */
};

/* A coin, its script in the short form of coin_codec.h; the struct is followed by its payload. */
struct coin_record {
    struct yc_outpoint at;
    uint32_t code; /* height * 2 + coinbase */
    int64_t value_sat;
    uint8_t flags;
    uint8_t form;       /* enum yc_script_form */
    uint16_t payload_n; /* bytes of payload */
    uint8_t payload[];
};

/* A script in a block of its own. */
struct coin_apart {
    struct coin_apart *previous, *next;
    size_t n;
    uint8_t bytes[];
};

/* Names a record: slab class in the top 3 bits, place in the slab below. 0 names none. */
typedef uint32_t coin_ref;

#define SLAB_CLASSES 5
#define CHUNK_SHIFT  12 /* records in a chunk: 4096 */

struct slab {
    uint8_t **chunk;
    uint32_t chunk_count, chunk_room;
    uint32_t used;  /* places handed out so far, place 0 left out */
    uint32_t freed; /* first place of the list of freed ones, 0: none */
};

struct coin_slabs {
    const struct yc_alloc *alloc;
    struct slab slab[SLAB_CLASSES];
    struct coin_apart *apart; /* list of the scripts that are too long for a slab */
    size_t bytes;
};

void coin_slabs_init(struct coin_slabs *s, const struct yc_alloc *alloc);
/* Give everything back. */
void coin_slabs_release(struct coin_slabs *s);
/* A record with room for payload_n bytes, none of its fields set; 0 when there is no memory. A large payload is put into
 * a block of its own (COIN_APART is then set in flags, else flags is 0). */
coin_ref coin_slabs_take(struct coin_slabs *s, size_t payload_n);
/* The record's flags are 0 from here on. */
void coin_slabs_give(struct coin_slabs *s, coin_ref ref);
/* Walk every record that was ever taken, in the order of memory; given ones have flags 0. *at starts at 0. False at the
 * end. */
bool coin_slabs_next(const struct coin_slabs *s, coin_ref *at);
struct coin_record *coin_slabs_at(const struct coin_slabs *s, coin_ref ref);
/* Where the payload's bytes are. */
uint8_t *coin_payload(struct coin_record *r);

/* ---- slots (coins_table.c) ---- */

/* tag is a keyed hash of the outpoint; the home of a slot follows from the tag alone, so that growing and removing never
 * touch a record. */
struct coin_slot {
    uint32_t tag;
    coin_ref ref; /* 0: empty */
};

struct coin_table {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    struct coin_slot *slot;
    size_t capacity, count;
};

uint32_t coin_tag(struct yc_siphash_key seed, const struct yc_outpoint *at);
/* Room for `count` entries in all; false when there is no memory. */
bool coin_table_reserve(struct coin_table *t, size_t count);
void coin_table_release(struct coin_table *t);
/* The slot of the outpoint, NULL when it has none. */
struct coin_slot *coin_table_find(const struct coin_table *t, const struct coin_slabs *s, uint32_t tag,
                                  const struct yc_outpoint *at);
/* The slot that holds ref. It must be there. */
struct coin_slot *coin_table_find_ref(const struct coin_table *t, uint32_t tag, coin_ref ref);
/* Room must have been reserved. */
void coin_table_insert(struct coin_table *t, uint32_t tag, coin_ref ref);
/* Later slots may move back, into this one too. */
void coin_table_remove(struct coin_table *t, struct coin_slot *slot);
/* Ask the processor to fetch the home of the tag. */
void coin_table_touch(const struct coin_table *t, uint32_t tag);
/* The same for the record that the tag leads to, once its home has come. */
void coin_table_touch_record(const struct coin_table *t, const struct coin_slabs *s, uint32_t tag);

/* ---- the logs of blocks that can be undone (coins_log.c) ---- */

struct coin_change {
    uint32_t tag;
    coin_ref before, after; /* 0: the outpoint had, or has, no slot */
};

struct coin_log {
    struct coin_change *change; /* count of them, in order; room for more is kept from block to block */
    size_t count, room;
    size_t removed; /* how many of them took a slot out of the table */
    struct yc_block_hash best_before;
};

#define LOGS (YC_COINS_HELD_MAX + 1) /* and that of the open block */

/* ---- the flush (coins_flush.c) ---- */

/* A change to be written. The key sorts about as the store's keys do; exactly is not needed. */
struct flush_item {
    uint8_t key[12]; /* first 8 bytes of the txid, index with its highest byte first */
    coin_ref ref;
};

/* Changes are written in the order of their keys, collected a part of the keys at a time. */
struct coin_flush {
    bool running, drop, marked; /* marked: the store says that a flush is under way */
    struct flush_item *item;    /* those of the present part, sorted */
    size_t room, count, next;
    uint64_t part_end, part_width; /* of the first four bytes of the txid: what lies before part_end is collected */
    struct yc_kv_batch batch;
};

/* Sort n elements of element_bytes (at most 64) by their first key_bytes bytes (coins_sort.c). */
void coins_sort(void *elements, size_t n, size_t element_bytes, size_t key_bytes);

struct yc_coins_cache {
    struct yc_coins_options options;
    struct yc_coins view;
    struct coin_slabs slabs;
    struct coin_table table;
    struct yc_block_hash best, stored_best;
    bool interrupted;
    struct yc_block_hash interrupted_from, interrupted_to;
    size_t dirty;
    struct yc_arena *arena; /* of the open block; NULL: none is open */
    struct coin_log
        log[LOGS]; /* a ring: those of the held blocks from log_first on, oldest first, then the open one's */
    size_t log_first, held, log_bytes;
    size_t removed;      /* slots taken out of the table in all of them */
    struct yc_buf value; /* of a read from the store */
    struct yc_error error;
    struct coin_flush flush;
};

/* Keys of records about the coins. */
#define COINS_KEY_BEST  "!best"  /* hash */
#define COINS_KEY_HEADS "!heads" /* from, to */

/* The record of a coin, read from the store when it is not cached; it may be a spent one. YC_NOT_YET when neither cache
 * nor store has it. */
enum yc_verdict coins_find(struct yc_coins_cache *c, const struct yc_outpoint *at, uint32_t tag, struct coin_slot **out,
                           struct yc_error *err);
/* Cache what the store holds of an outpoint that is not cached. */
enum yc_verdict coins_insert_stored(struct yc_coins_cache *c, const struct yc_outpoint *at, uint32_t tag,
                                    struct yc_view stored, struct yc_error *err);
/* Read a stored coin; views point into stored. */
enum yc_verdict coins_decode(const struct yc_outpoint *at, struct yc_view stored, struct yc_coin_short *out,
                             struct yc_error *err);
enum yc_verdict coins_no_memory(struct yc_error *err);
/* The coin of a record, its script still short and pointing into the record. */
struct yc_coin_short coin_record_short(struct coin_record *r);

/* Room for one more change in the open block's log; false when there is no memory. */
bool coins_log_reserve(struct yc_coins_cache *c);
/* Let the outpoint of the tag have the record `to` (0: none) instead of what slot holds (NULL: nothing), and write that
 * down. Room in log and table must have been reserved. */
void coins_log_change(struct yc_coins_cache *c, struct coin_slot *slot, uint32_t tag, coin_ref to);
void coins_log_release(struct yc_coins_cache *c);

/* The changes that a block is made of. err gets the sentence. */
enum yc_verdict coins_spend(struct yc_coins_cache *c, const struct yc_outpoint *at, struct yc_coin *out,
                            struct yc_error *err);
enum yc_verdict coins_add(struct yc_coins_cache *c, const struct yc_outpoint *at, const struct yc_coin *coin,
                          bool may_be_stored, struct yc_error *err);

#endif
