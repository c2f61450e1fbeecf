/* A single secret key as text (WIF). The text is as secret as the key. Any thread. */
#ifndef YC_KEYS_WIF_H
#define YC_KEYS_WIF_H

#include "base/result.h"
#include "base/view.h"
#include "consensus/params.h"

#define YC_WIF_TEXT_MAX 53 /* with its NUL */

struct yc_wif {
    uint8_t secret32[32];
    bool compressed; /* the public key is used in its 33-byte form */
};

void yc_wif_print(char out[YC_WIF_TEXT_MAX], const struct yc_chain_params *params, const struct yc_wif *key);

/** Read a key of this chain. YC_INVALID with a sentence, which never quotes the text: it is a secret. The secret's
 *  range is checked too. */
enum yc_verdict yc_wif_parse(struct yc_wif *out, const struct yc_chain_params *params, struct yc_view text,
                             struct yc_error *err) YC_MUST_USE;

#endif
