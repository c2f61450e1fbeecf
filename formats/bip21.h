/* Payment requests as links (BIP 21), as ycoin:ADDRESS?amount=1.2&label=…. Any thread; no memory is taken. */
#ifndef YC_FORMATS_BIP21_H
#define YC_FORMATS_BIP21_H

#include "base/result.h"
#include "base/view.h"
#include "formats/address.h"

#define YC_BIP21_SCHEME   "ycoin"
#define YC_BIP21_TEXT_MAX 1024 /* with its NUL: room for every link that yc_bip21_print makes */

struct yc_bip21 {
    char address[YC_ADDRESS_TEXT_MAX]; /* not judged here: yc_address_parse() knows the chain */
    bool has_amount;
    int64_t amount_sat;
    char label[96];    /* UTF-8, decoded; "" when absent */
    char message[160]; /* the same */
};

/** Read a link. The scheme is taken in any case; unknown parameters are passed over, unless they begin with "req-":
 *  then the link must be refused, as BIP 21 says.
 *  Returns YC_VALID, or YC_INVALID with a sentence (another scheme, bad escape, parameter given twice, bad amount, text
 *  that is too long, a control character). */
enum yc_verdict yc_bip21_parse(struct yc_bip21 *out, struct yc_view text, struct yc_error *err) YC_MUST_USE;

/** Write the link, everything but unreserved characters escaped. */
void yc_bip21_print(char out[YC_BIP21_TEXT_MAX], const struct yc_bip21 *request);

#endif
