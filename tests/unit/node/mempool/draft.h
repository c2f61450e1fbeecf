/* Transactions over one coin that a test changes bit by bit, in a world of 120 blocks. */
#ifndef YC_TESTS_NODE_MEMPOOL_DRAFT_H
#define YC_TESTS_NODE_MEMPOOL_DRAFT_H

#include "fixture.h"

extern struct pool_world w; /* the only one of the program */
int set_up(void **state);
int tear_down(void **state);

/* A transaction over one coinbase, to be changed by the test before it is written. */
struct draft {
    struct in in;
    struct out out[40];
    struct spec spec;
    int64_t value;
};

/** Spend the coinbase of this height to anyone, for a fee of 100000. The draft must not move after that. */
void start(struct draft *d, uint32_t height);
/** Its bytes; valid until the next call. */
struct yc_view raw(const struct draft *d);
void refused(const struct draft *d, const char *text);
void taken(const struct draft *d);
/** Policy is no rule of blocks: a block may hold it. */
void minable(const struct draft *d);
/** Pay a script from that coinbase, in a block; the coin's outpoint and value. */
struct yc_outpoint pay(uint32_t height, struct yc_view script, int64_t *value);
/** The script that pays to the hash of this one. */
struct yc_view p2wsh(uint8_t out34[34], struct yc_view script);

#endif
