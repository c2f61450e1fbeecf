/* JSON as a read-only tree. The only file of YCoin that sees json-c is sys/json.c.
 *
 * Attacks it answers (catalogue R03, R18, S23, W15): nesting is capped, so is the length; text that is not exactly one
 * JSON value of RFC 8259 in valid UTF-8 is refused, as are lone surrogates, a NUL in a member's name, NaN, Infinity, and whole numbers beyond 64 bits.
 * Of members with the same name the last one counts. Numbers keep their source text and amounts are read from it,
 * never through floating point.
 *
 * A tree may be read by any thread at once; it is freed by one. */
#ifndef YC_SYS_JSON_H
#define YC_SYS_JSON_H

#include "base/buf.h"
#include "base/result.h"
#include "base/view.h"

#define YC_JSON_DEPTH_MAX 64 /* arrays and objects inside each other */

struct yc_json; /* a node, opaque; owned by the root's owner */

enum yc_json_kind { YC_JSON_NULL, YC_JSON_BOOL, YC_JSON_NUMBER, YC_JSON_STRING, YC_JSON_ARRAY, YC_JSON_OBJECT };

/** Parse one JSON value of at most max_bytes; white space around it is fine. The caller frees *out, which borrows
 *  nothing from the text.
 *  Returns YC_VALID; YC_INVALID with the reason and the offset in bytes; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_json_parse(struct yc_json **out, struct yc_view text, size_t max_bytes,
                              struct yc_error *err) YC_MUST_USE;
/** The same, and YC_POLICY when an object names a member twice: for requests about money, where the one that does not
 *  count would be lost without a word. */
enum yc_verdict yc_json_parse_strict(struct yc_json **out, struct yc_view text, size_t max_bytes,
                                     struct yc_error *err) YC_MUST_USE;
/** Free a root from yc_json_parse; NULL is fine. */
void yc_json_free(struct yc_json *root);
/** The same, overwriting every text in it first: for trees that may hold a key or a password. */
void yc_json_wipe(struct yc_json *root);

/* Every function below takes NULL for a node that is not there and treats it as null. */

enum yc_json_kind yc_json_kind(const struct yc_json *node);
/** "null", "bool", "number", "string", "array", "object": as RPC errors say it. */
const char *yc_json_kind_name(enum yc_json_kind kind);

/** True for null and for a node that is not there. */
static inline bool yc_json_is_null(const struct yc_json *node)
{
    return yc_json_kind(node) == YC_JSON_NULL;
}

/** Members of an object or elements of an array; 0 for the rest. */
size_t yc_json_count(const struct yc_json *node);
/** The i-th element of an array, NULL past the end or when it is no array. */
const struct yc_json *yc_json_element(const struct yc_json *array, size_t i);
/** The member of this name, NULL when it is not there or when it is no object; a member that is null is not NULL. */
const struct yc_json *yc_json_member(const struct yc_json *object, const char *name);

struct yc_json_walk {
    const void *at; /* NULL at the start */
    bool begun;
};
/** The next member in the order of the text: `struct yc_json_walk w = {0}; while (yc_json_next(o, &w, &name, &value))`.
 *  The name is valid while the tree is. False at the end or when it is no object. */
bool yc_json_next(const struct yc_json *object, struct yc_json_walk *w, const char **name,
                  const struct yc_json **value);

/** The bytes of a string in UTF-8 (may hold NULs; a NUL follows); an empty view with p NULL when it is no string. Valid
 *  while the tree is. */
struct yc_view yc_json_string(const struct yc_json *node);
/** The string when it is one without NULs inside, else NULL. Valid while the tree is. */
const char *yc_json_text(const struct yc_json *node);

/** False when the node is of another kind or out of range; *out is then unchanged. A number counts as whole when its
 *  source text is digits with or without a minus sign. */
bool yc_json_bool(const struct yc_json *node, bool *out) YC_MUST_USE;
bool yc_json_int64(const struct yc_json *node, int64_t *out) YC_MUST_USE;
bool yc_json_int_in(const struct yc_json *node, int64_t min, int64_t max, int64_t *out) YC_MUST_USE;
bool yc_json_u64(const struct yc_json *node, uint64_t *out) YC_MUST_USE;
/** Any number, rounded; false too for one beyond the range of a double. Never for amounts. */
bool yc_json_double(const struct yc_json *node, double *out) YC_MUST_USE;

#define YC_JSON_NUMBER_MAX 32 /* bytes, for a number that json-c keeps as an integer */

/** The source text of a number. Integers are printed to the caller's memory, decimals are valid while the tree is; an
 *  integer -0 reads "0". Empty with p NULL when it is no number. */
struct yc_view yc_json_number(const struct yc_json *node, char memory[YC_JSON_NUMBER_MAX]);

/** An amount of coins in base units, exactly, from a number or from a string with a number in it: at most 8 decimals
 *  that count (1.000000000 is fine), an exponent is fine, -21e14..21e14 units.
 *  False otherwise; *sat is then unchanged. The caller refuses negative ones where they make no sense. */
bool yc_json_amount_sat(const struct yc_json *node, int64_t *sat) YC_MUST_USE;

/** The same from text. decimals: 0..18, the power of ten of the unit; max: the largest absolute value in units. */
bool yc_decimal_parse(struct yc_view text, int decimals, int64_t max, int64_t *out) YC_MUST_USE;

/** Append the tree as text: the order of members and the text of numbers are the source's.
 *  indent  spaces per level, byte for byte as Bitcoin Core's UniValue::write(indent); 0: on one line */
void yc_json_print(const struct yc_json *node, unsigned indent, struct yc_buf *out);

#endif
