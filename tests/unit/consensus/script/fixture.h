/* For tests of scripts: one transaction with one input and one output, whose scripts and witness are made here. */
#ifndef YC_TESTS_UNIT_CONSENSUS_SCRIPT_FIXTURE_H
#define YC_TESTS_UNIT_CONSENSUS_SCRIPT_FIXTURE_H

#include "consensus/script/asm.h"
#include "consensus/script/solver.h"
#include "consensus/script/taproot.h"
#include "consensus/script/verify.h"
#include "support/heap.h"
#include "support/unit.h"

#define FIXTURE_SCRIPTS 64
#define FIXTURE_ITEMS   5000

struct fixture {
    struct test_heap heap;
    struct yc_script_machine *machine;
    struct yc_buf script[FIXTURE_SCRIPTS]; /* made by fixture_script(), freed at the end */
    size_t script_count;
    struct yc_view item[FIXTURE_ITEMS];
    /* The spend. Tests may change these before they verify. */
    uint32_t version, lock_time, sequence;
    int64_t value_sat;
    struct yc_view script_sig;
    uint32_t item_count;
    const struct yc_checker *checker; /* decides at once unless a test changes it */
    struct yc_view neighbour_item;    /* not empty: a second input has this witness item */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/** A script in the language of the vectors, with every "{N*words}" repeated N times. Lives until the test ends. */
struct yc_view fixture_script(struct fixture *f, const char *text);
/** Bytes from hex, likewise. */
struct yc_view fixture_hex(struct fixture *f, const char *hex);

/** Append witness items: count of them, all the same. */
void fixture_items(struct fixture *f, struct yc_view item, uint32_t count);
void fixture_clear_items(struct fixture *f);

/** Verify a spend of the output script with f->script_sig and the items as they are. */
enum yc_script_error fixture_spend(struct fixture *f, struct yc_view output, uint32_t flags);

/** Run a script as the spent script (legacy), as P2WSH, or as the only leaf of a taproot output; the items come first in
 *  the witness. Legacy takes scriptSig instead. The items are left as they were. */
enum yc_script_error fixture_legacy(struct fixture *f, struct yc_view script, uint32_t flags);
enum yc_script_error fixture_p2sh(struct fixture *f, struct yc_view redeem, uint32_t flags);
enum yc_script_error fixture_v0(struct fixture *f, struct yc_view script, uint32_t flags);
enum yc_script_error fixture_tapscript(struct fixture *f, struct yc_view script, uint32_t flags);
/** As a leaf of this version; with `forged` the control block's path is another one. */
enum yc_script_error fixture_leaf(struct fixture *f, struct yc_view script, uint8_t leaf_version, bool forged,
                                  uint32_t flags);

#define assert_script(found, expected) assert_string_equal(yc_script_error_name(found), yc_script_error_name(expected))

#endif
