/* One input judged by a whole chain: a block that makes a coin locked by some script and spends it at once, submitted to a
 * chain in memory where every rule is active. */
#ifndef YC_TESTS_UNIT_CONSENSUS_ROWS_LOCKED_H
#define YC_TESTS_UNIT_CONSENSUS_ROWS_LOCKED_H

#include "consensus/script/script.h"
#include "unit/consensus/rows/draft.h"

enum locked_form { LOCKED_BARE, LOCKED_P2SH, LOCKED_V0, LOCKED_TAPSCRIPT, LOCKED_FORMS };

/* The input that is judged is the second of two, so that SINGLE may lack its output. */
#define LOCKED_INPUT 1
#define LOCKED_ITEMS 1100

struct locked {
    struct chain_world world;
    unsigned cases;      /* begun: no two blocks are alike */
    struct yc_txid coin; /* mature, of 50 coins, spent by every case */
    struct draft d;
    enum locked_form form;
    struct yc_view code, output, control;
    struct draft_tx *spend;
    struct yc_view item[LOCKED_ITEMS];
    uint32_t item_count;
    struct yc_view script_sig; /* in place of the items' pushes; with a witness form: beside it */
    uint8_t leaf_version;      /* may be changed between locked_begin() and locked_by() */
    bool is_raw;               /* an output script without a form: items become the witness as they are */
};

void locked_init(struct locked *l);
void locked_release(struct locked *l);

/** Begin a case, which ends with locked_connects(). */
void locked_begin(struct locked *l);
/** Make a coin locked by the code in this form, and its spend by a transaction of version 2 with out_count outputs. code
 *  must live until the case ends, as what locked_words() gives does. */
void locked_by(struct locked *l, enum locked_form form, struct yc_view code, uint32_t out_count);
/** The same with an output script as it is, such as a witness program of an odd version; items become the witness. */
void locked_by_output(struct locked *l, struct yc_view output);
/** A script in words (support/words.h); lives until the case ends. */
struct yc_view locked_words(struct locked *l, const char *text);

/** Put an item on what unlocks the coin, the first at the bottom; or what a script of pushes in words pushes. */
void locked_item(struct locked *l, struct yc_view item);
void locked_items(struct locked *l, const char *text);

/** The key of the tests in the form's own encoding: 33 bytes, or 32 in a tapscript. */
struct yc_view locked_key(const struct locked *l);
/** The digest that a signature of this type signs, over the code of the case or another one (legacy and v0); false where
 *  there is none. */
bool locked_digest(struct locked *l, uint8_t out32[32], struct yc_view code, uint8_t hash_type);
/** The test key's signature of the digest, with the hash type behind it (in a tapscript only where it is not 0). */
struct yc_view locked_signed(struct locked *l, const uint8_t digest32[32], uint8_t hash_type);
/** Digest and signature in one, over the code of the case. */
struct yc_view locked_sign(struct locked *l, uint8_t hash_type);

/** Write into the spend what unlocks the coin: the items, or what stands in for them, and what the form itself wants. */
void locked_unlock(struct locked *l);
/** Unlock the coin, and submit the block: is it valid? The chain is as before afterwards; l->world.failed_code says why not. */
bool locked_connects(struct locked *l);

#endif
