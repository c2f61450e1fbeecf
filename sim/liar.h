/* A puppet that knows the chain of a node and shows it, withholds it or spoils it:
 * for tests and scenarios with hostile peers. */
#ifndef YC_SIM_LIAR_H
#define YC_SIM_LIAR_H

#include "sim/world.h"

struct liar {
    struct sim_puppet puppet;
    struct sim *sim;
    unsigned source; /* whose chain it shows */
    bool serves;     /* answers getdata, with what spoil() made of the blocks */
    bool hides;      /* shows no headers */
    void (*spoil)(uint8_t *raw, size_t n);
    unsigned asked_headers, asked_blocks, asked_txs;
};

/** The chain that it shows. */
const struct yc_chain *liar_chain(const struct liar *l);
unsigned liar_add(struct sim *s, struct liar *l);
/** A ready connection of a new liar to the node; its handle. */
uint64_t liar_join(struct sim *s, struct liar *l, unsigned node);
/** One message of any name and payload, whatever the state of the connection. */
void liar_send_raw(struct sim *s, uint64_t handle, const char *command, struct yc_view payload);
/** Find a nonce for a header that was changed. */
void liar_solve(uint8_t *raw);

#endif
