#include "consensus/script/checker.h"

#include "crypto/secp.h"

static enum yc_sig ecdsa_now(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                             bool may_defer)
{
    (void)ctx;
    (void)may_defer;
    return yc_secp_ecdsa_verify(pubkey, sig, msg32) ? YC_SIG_GOOD : YC_SIG_BAD;
}

static enum yc_sig schnorr_now(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                               bool may_defer)
{
    (void)ctx;
    (void)may_defer;
    return yc_secp_schnorr_verify(xonly32, sig64, msg32) ? YC_SIG_GOOD : YC_SIG_BAD;
}

const struct yc_checker *yc_checker_now(void)
{
    static const struct yc_checker now = {ecdsa_now, schnorr_now, NULL, NULL};
    return &now;
}
