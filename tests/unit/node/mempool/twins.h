/* Two worlds that see the same, the second with a signature engine, and signed transactions for them: what tests of
 * transactions judged in batches share. */
#ifndef YC_TESTS_NODE_MEMPOOL_TWINS_H
#define YC_TESTS_NODE_MEMPOOL_TWINS_H

#include "crypto/sigbatch/lanes.h"
#include "signed.h"

#define TXS        700
#define COINS_MAX  4000
#define TX_MAX     2000
#define INPUTS_MAX 6
#define SPLIT      40

struct made {
    uint8_t bytes[TX_MAX];
    size_t n;
};

/* Both worlds see the same; the second has an engine. */
struct twins {
    struct pool_world world[2];
    struct yc_sigengine engine;
    struct coin coin[COINS_MAX];
    size_t coin_count, batch_coin; /* the first that the batch in the making makes */
    struct made made[TXS];
    size_t made_count;
    unsigned taken, refused;
    bool all_good; /* no signature is spoilt */
    bool plain;    /* every transaction is of version 2 */
};
extern struct twins twins;

/** Spend these coins to random scripts; the outputs are new coins.
 *  bad  one of the signatures or keys is spoilt */
void make_tx(struct made *out, const struct coin *from, uint32_t in_count, uint32_t out_count, int64_t fee_sat,
             bool bad);

/** Open both, with the scene's engine in the second. */
void open_worlds(const struct yc_pool_config *base, bool lanes_trusted);
void close_worlds(void);
/** Coins of every form, in blocks that both have. */
void make_coins(void);
/** The template that a world gives. */
void template_of(struct pool_world *w, struct yc_template *t);

/* ---- engines ---- */

extern unsigned lane_calls;
/** Lanes that are sure of everything, and such that vouch for nothing; they count their calls. */
void lying_lanes(struct yc_lane_group *groups, size_t count);
void silent_lanes(struct yc_lane_group *groups, size_t count);
/** The machine's lanes; where it has none such that lie, and no bad signatures: it is the pool that is on trial. */
void use_lanes(enum yc_sig_mode mode);
/** Open both worlds with lanes that lie, and make their coins. */
void open_lying(void);

/* ---- single transactions, for the second world ---- */

/** A payment of this coin, signed, not submitted. */
struct yc_view payment(size_t coin, int64_t fee_sat, bool bad);
/** Run ahead what is about to be submitted. */
void prepare(const struct yc_view *raw, size_t count);
/** Submit it, and demand that it is taken; its entry. */
const struct yc_pool_entry *take_prepared(struct yc_view raw);

#endif
