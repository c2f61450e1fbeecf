/* What the files of the engine share. Nobody outside sim/ includes this. */
#ifndef YC_SIM_INTERNAL_H
#define YC_SIM_INTERNAL_H

#include "base/assert.h"
#include "sim/world.h"

enum sim_event_kind { EVENT_ACCEPTED, EVENT_CONNECTED, EVENT_FAILED, EVENT_BYTES, EVENT_CLOSED };

struct sim_event {
    int64_t at_us;
    uint64_t order; /* of making: decides among equal times */
    enum sim_event_kind kind;
    unsigned node;
    struct sim_link *link;
    unsigned end;
    uint8_t *p;
    size_t n;
};

/* A connection: end 0 opened it. It is freed when it is over and nothing of it is under way. */
struct sim_link {
    struct sim_link *next, *previous;
    uint64_t handle[2]; /* each end knows it by its own */
    unsigned node[2];
    unsigned pending; /* events that are under way */
    bool open[2];     /* the end has been told of it, and not that it is over */
    bool over;        /* no more bytes are taken */
    bool paused[2];
    int64_t delay_us[2];     /* to this end, jitter apart */
    int64_t last_us[2];      /* when the last bytes to this end arrive: order is kept */
    size_t waiting[2];       /* bytes under way from this end */
    struct yc_peer *peer[2]; /* of puppets */
};

/* events.c */

/** Put an event in the order of time; its bytes, if any, are taken over. */
void sim_event_push(struct sim *s, const struct sim_event *e);
/** The first of all events; the caller frees it and its bytes. There must be one. */
struct sim_event *sim_event_pop(struct sim *s);
/** Work what happens now into the trace. */
void sim_event_note(struct sim *s, const struct sim_event *e);
/** The node's due_us changed, or it began to run: find its place. */
void sim_due_moved(struct sim *s, unsigned i);

/* links.c */

/** NULL: it is over, and all of it has arrived. */
struct sim_link *sim_link_of(const struct sim *s, uint64_t handle, unsigned *end);
uint64_t sim_link_open(struct sim *s, unsigned from, unsigned to);
void sim_link_send(struct sim *s, struct sim_link *l, unsigned end, struct yc_view bytes);
void sim_link_close(struct sim *s, struct sim_link *l);
void sim_link_free(struct sim *s, struct sim_link *l);
/** Hand the event to the end that it is for. Takes it over. */
void sim_link_dispatch(struct sim *s, struct sim_event *e);

/* puppets.c */

void sim_puppet_hear(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e);
void sim_puppet_forget(struct sim_link *l, unsigned end);

/* nodes.c */

void sim_node_hear(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e);
/** Let it do the work that waits, and learn when it wants to be looked at again. */
void sim_node_step(struct sim *s, unsigned i);
/** The moment for peer machines: one look at the clock. */
struct yc_now sim_now(struct sim *s);
/** Memory from the heap, all zeros; there always is some, or the program ends. */
void *sim_new(size_t count, size_t bytes);
/** A node or a puppet without anything yet; its index. */
unsigned sim_add(struct sim *s);

#endif
