/* The grammar of RFC 8259, exactly, and the depth: what text must pass before json-c sees it, because json-c is more
 * forgiving than we are (NaN, lone surrogates, a name cut at a NUL, whole numbers
 * bent to 64 bits). Any thread; takes no memory. */
#ifndef YC_SYS_JSON_CHECK_H
#define YC_SYS_JSON_CHECK_H

#include "base/result.h"
#include "base/view.h"

/** YC_VALID when text is one JSON value of a depth of at most YC_JSON_DEPTH_MAX with white space around it; else
 *  YC_INVALID with the reason and the offset. Cost O(n).
 *  members  how many members the text has, in all its objects */
enum yc_verdict yc_json_check(struct yc_view text, size_t *members, struct yc_error *err) YC_MUST_USE;

#endif
