/* Addresses: the text that people exchange for an output's script, under a chain's own prefixes. Any thread; no memory
 * is taken.
 *
 * Attacks it answers (catalogue W16, X14): money sent to an address of another network; characters inserted or changed
 * in the text. Source: BIP 13, 142 (versions), 173, 350. */
#ifndef YC_FORMATS_ADDRESS_H
#define YC_FORMATS_ADDRESS_H

#include "base/result.h"
#include "consensus/params.h"

#define YC_ADDRESS_TEXT_MAX   91 /* with its NUL */
#define YC_ADDRESS_SCRIPT_MAX 42 /* bytes of the longest script that has an address */

enum yc_address_kind {
    YC_ADDRESS_NONE = 0,
    YC_ADDRESS_P2PKH,
    YC_ADDRESS_P2SH,
    YC_ADDRESS_WITNESS /* any witness program: P2WPKH, P2WSH, P2TR, anchors, versions of the future */
};

struct yc_address {
    enum yc_address_kind kind;
    unsigned witness_version;
    uint8_t program[40]; /* hash of key or script, or the witness program */
    size_t program_n;
};

#define YC_ADDRESS_LOCATIONS_MAX 32

/* What is wrong with an address, for the RPC that quotes Bitcoin Core's words. */
struct yc_address_fault {
    char core[112];                            /* as validateaddress says it */
    size_t location[YC_ADDRESS_LOCATIONS_MAX]; /* offsets of the characters to blame, rising; the first ones of more */
    size_t location_count;
};

/** Read an address of the chain.
 *  fault  may be NULL; written when the result is YC_INVALID
 *  Returns YC_VALID; YC_INVALID with a sentence that names the text and, where it is an address of another network that
 *  is known here, that network and this chain's prefix. White space around the text is an error. */
enum yc_verdict yc_address_parse(struct yc_address *out, const struct yc_chain_params *params, struct yc_view text,
                                 struct yc_address_fault *fault, struct yc_error *err) YC_MUST_USE;

/** The text of an address. */
void yc_address_print(char out[YC_ADDRESS_TEXT_MAX], const struct yc_chain_params *params,
                      const struct yc_address *address);

/** The script that pays to the address: bytes written to out. */
size_t yc_address_script(uint8_t out[YC_ADDRESS_SCRIPT_MAX], const struct yc_address *address);

/** The address of a script. False when it has none: bare keys, multisig, data, unknown forms. */
bool yc_address_of_script(struct yc_address *out, struct yc_view script) YC_MUST_USE;

/** The text of a script's address; false when it has none (out is then ""). */
bool yc_address_print_script(char out[YC_ADDRESS_TEXT_MAX], const struct yc_chain_params *params,
                             struct yc_view script);

#endif
