/* From the bytes of a check to the numbers of its signature equation: for crypto/sigbatch/ alone. */
#ifndef YC_CRYPTO_SIGBATCH_PREPARE_H
#define YC_CRYPTO_SIGBATCH_PREPARE_H

#include "crypto/sha256.h"
#include "crypto/sigbatch/lanes.h"
#include "crypto/sigbatch/scalar.h"
#include "crypto/sigbatch/sigbatch.h"

/* x(g·G + q·key) = r, and for BIP 340 y even. */
struct yc_equation {
    uint64_t x[4], y[4], r[4];
    struct yc_scalar g, q;
    bool has_y, odd_y, even_end;
};

#define YC_EQUATIONS_MAX (YC_LANES * YC_LANE_GROUPS_MAX)

/* Room for one thread's preparations. */
struct yc_prepare {
    struct yc_sha256 challenge; /* a state that has absorbed BIP 340's tag */
    struct yc_scalar s[YC_EQUATIONS_MAX], room[YC_EQUATIONS_MAX];
    struct yc_equation *of_s[YC_EQUATIONS_MAX];
};

void yc_prepare_init(struct yc_prepare *p);

/** The equations of up to YC_EQUATIONS_MAX tasks, packed; index[k] is the task of out[k]. Tasks left out (malformed, out of
 *  range, hybrid keys) are not for lanes. Returns how many are in. */
size_t yc_prepare_equations(struct yc_prepare *p, struct yc_equation *out, size_t *index,
                            const struct yc_sig_task *tasks, size_t count);

/** Put an equation into a lane of a group whose bits for that lane are clear. */
void yc_prepare_lane(struct yc_lane_group *g, unsigned lane, const struct yc_equation *e);

#endif
