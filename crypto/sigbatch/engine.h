/* What sigbatch.c and engine.c share: for crypto/sigbatch/ alone. */
#ifndef YC_CRYPTO_SIGBATCH_ENGINE_H
#define YC_CRYPTO_SIGBATCH_ENGINE_H

#include "crypto/sigbatch/prepare.h"

/* What one chunk of tasks needs. */
struct yc_sigbatch_room {
    struct yc_lane_group groups[YC_LANE_GROUPS_MAX];
    struct yc_equation equations[YC_EQUATIONS_MAX];
    size_t index[YC_EQUATIONS_MAX];
    struct yc_prepare prepare;
};

/** Which of up to YC_EQUATIONS_MAX tasks are surely good? room->prepare must be initialised. */
void yc_sigbatch_ask_lanes(struct yc_sigbatch_room *room, yc_lanes_fn *lanes, const struct yc_sig_task *tasks,
                           size_t count, bool *sure);

/** Are the lanes sure of known good signatures, in every place, and of none whose message has a bit turned? */
bool yc_sigbatch_proves(yc_lanes_fn *lanes) YC_MUST_USE;

/** The verdict of libsecp256k1. */
bool yc_sigbatch_ask_libsecp(const struct yc_sig_task *t) YC_MUST_USE;

#endif
