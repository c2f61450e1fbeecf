/* Output descriptors (BIP 380 to 386): a text that says which scripts an output may have. Any thread.
 *
 * Known: addr(), raw(), pk(), pkh(), wpkh(), combo(), multi() and sortedmulti(), sh(), wsh(), tr() with a key and no
 * tree, rawtr(); keys in hex, with or without their origin. Extended keys, private keys and trees are refused with a
 * sentence that says so. */
#ifndef YC_FORMATS_DESCRIPTOR_H
#define YC_FORMATS_DESCRIPTOR_H

#include "base/arena.h"
#include "base/result.h"
#include "consensus/params.h"

#define YC_DESCRIPTOR_CHECKSUM_MAX 9 /* eight characters and a NUL */
#define YC_DESCRIPTOR_SCRIPTS_MAX  4 /* combo() */
/* Arena that a text of n bytes takes, whatever it says. */
#define YC_DESCRIPTOR_ARENA_BYTES(n) ((n) + 512)

/** The checksum of a descriptor's text (without '#'). False when a character is outside the descriptor character set.
 *  Source: BIP 380. */
bool yc_descriptor_checksum(char out[YC_DESCRIPTOR_CHECKSUM_MAX], struct yc_view text) YC_MUST_USE;

struct yc_descriptor {
    struct yc_view text; /* without checksum; a view into what was parsed */
    struct yc_view script[YC_DESCRIPTOR_SCRIPTS_MAX];
    size_t script_count;
    bool solvable; /* false for addr() and raw(): the keys are not known */
};

enum yc_descriptor_checksum_rule { YC_DESCRIPTOR_CHECKSUM_OPTIONAL, YC_DESCRIPTOR_CHECKSUM_REQUIRED };

/** Read a descriptor and make its scripts.
 *  text   borrowed for the life of *out;  arena  gets the scripts: at most YC_DESCRIPTOR_ARENA_BYTES()
 *  Returns YC_VALID; YC_INVALID with a sentence (Bitcoin Core's words where clients match on them); YC_SYSTEM
 *  (MEMORY) when the arena is full. */
enum yc_verdict yc_descriptor_parse(struct yc_descriptor *out, const struct yc_chain_params *params,
                                    struct yc_view text, enum yc_descriptor_checksum_rule rule, struct yc_arena *arena,
                                    struct yc_error *err) YC_MUST_USE;

#endif
