/* yc-vectors: runs published test vectors through the product and counts the cases that agree.
 *
 * A kind of file is a struct vectors_kind in its own source, named in kinds.def. Its run() reads the whole file and
 * calls vectors_case() once for each case. */
#ifndef YC_TESTS_VECTORS_VECTORS_H
#define YC_TESTS_VECTORS_VECTORS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/random.h"
#include "base/result.h"
#include "sys/heap.h"

#include <json-c/json.h>

/* One file being run. */
struct vectors {
    const char *file;        /* as named on the command line */
    struct yc_arena arena;   /* emptied before each case by vectors_begin() */
    struct yc_random random; /* seeded alike in every run, so that a failure can be repeated */
    struct yc_random_seeded random_state;
    unsigned row; /* of the case, for messages */
    unsigned passed, failed;
};

struct vectors_kind {
    const char *option; /* "script-tests": --script-tests FILE.. */
    const char *about;
    void (*run)(struct vectors *v, struct yc_view file);
};

/** Start the case of this row: what the arena held is gone. */
void vectors_begin(struct vectors *v, unsigned row);
/** Count the case; when it is not ok, print the row and the message. Returns ok. */
bool vectors_case(struct vectors *v, bool ok, const char *format, ...) YC_PRINTF(3, 4);

/** The file as JSON; NULL (and a failed case) when it is not. The caller puts it. */
json_object *vectors_json(struct vectors *v, struct yc_view file);
/** The i-th element of an array, or NULL; the member of an object, or NULL. */
json_object *vectors_at(json_object *array, size_t i);
json_object *vectors_get(json_object *object, const char *name);
/** The text of a string; "" for anything else. */
struct yc_view vectors_text(json_object *string);

/** Bytes in the arena from hex digits, or from the script language of the vectors. False when it cannot be read. */
bool vectors_hex(struct vectors *v, struct yc_view text, struct yc_view *out) YC_MUST_USE;
bool vectors_asm(struct vectors *v, struct yc_view text, struct yc_view *out) YC_MUST_USE;
/** The same from an array of hex strings: *items has *count of them. */
bool vectors_hex_array(struct vectors *v, json_object *array, const struct yc_view **items,
                       uint32_t *count) YC_MUST_USE;
/** Does the hex text (in any case) say these bytes? */
bool vectors_same_hex(struct yc_view text, const uint8_t *p, size_t n);

/** Arena memory; the program ends when there is none. */
void *vectors_take(struct vectors *v, size_t n);

#endif
