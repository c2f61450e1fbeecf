/* What the other files of net/transport need of the loop: libevent's handle. Not for other modules. */
#ifndef YC_NET_TRANSPORT_LOOP_EVENT_H
#define YC_NET_TRANSPORT_LOOP_EVENT_H

#include "net/transport/loop.h"

#include <event2/event.h>

struct event_base *yc_loop_base(struct yc_loop *l);

#endif
