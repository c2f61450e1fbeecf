/* JSON as it is written: straight into a struct yc_buf, no tree. Failures are the buffer's and sticky; ask
 * out->failed at the end. Order of calls (a key before each member's value, begin and end in pairs) is the caller's
 * duty and asserted. One thread at a time.
 *
 *     yc_json_begin_object(&j);
 *     yc_json_key(&j, "height"); yc_json_put_int(&j, 7);
 *     yc_json_end_object(&j);                             -> {"height":7}
 */
#ifndef YC_SYS_JSON_OUT_H
#define YC_SYS_JSON_OUT_H

#include "base/buf.h"
#include "base/view.h"

#define YC_JSON_OUT_DEPTH_MAX 96

struct yc_json_out {
    struct yc_buf *buf;
    unsigned indent; /* spaces per level; 0: on one line */
    unsigned depth;
    bool after_key;
    struct {
        bool is_object;
        bool has_items;
    } level[YC_JSON_OUT_DEPTH_MAX];
};

/** Write to buf (borrowed). indent as in yc_json_print(). */
void yc_json_out_init(struct yc_json_out *j, struct yc_buf *buf, unsigned indent);

void yc_json_begin_object(struct yc_json_out *j);
void yc_json_end_object(struct yc_json_out *j);
void yc_json_begin_array(struct yc_json_out *j);
void yc_json_end_array(struct yc_json_out *j);
void yc_json_key(struct yc_json_out *j, const char *name);
void yc_json_key_view(struct yc_json_out *j, struct yc_view name);

void yc_json_put_null(struct yc_json_out *j);
void yc_json_put_bool(struct yc_json_out *j, bool v);
void yc_json_put_int(struct yc_json_out *j, int64_t v);
void yc_json_put_u64(struct yc_json_out *j, uint64_t v);
/** As Bitcoin Core prints it: 16 significant digits, shortest form of %g. Infinite and NaN become null. */
void yc_json_put_double(struct yc_json_out *j, double v);
/** A whole amount in base units as coins with 8 decimals: 150000000 is 1.50000000, -1 is -0.00000001. */
void yc_json_put_amount(struct yc_json_out *j, int64_t sat);
/** Escaped as Bitcoin Core does it; bytes that are no valid UTF-8 become U+FFFD, so that the whole stays valid JSON. */
void yc_json_put_text(struct yc_json_out *j, const char *text);
void yc_json_put_string(struct yc_json_out *j, struct yc_view text);
/** Bytes as lower-case hex in a string. */
void yc_json_put_hex(struct yc_json_out *j, struct yc_view bytes);
/** The same with the bytes in reverse: a hash as people see it. */
void yc_json_put_hash(struct yc_json_out *j, const uint8_t *hash, size_t n);
/** Text that is JSON already: a number as text, or a whole value. It is not checked and not indented anew. */
void yc_json_put_raw(struct yc_json_out *j, struct yc_view json);

/** printf into a string value; cut at 1023 bytes. */
void yc_json_put_textf(struct yc_json_out *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A member in one call. */
void yc_json_member_bool(struct yc_json_out *j, const char *key, bool v);
void yc_json_member_int(struct yc_json_out *j, const char *key, int64_t v);
void yc_json_member_u64(struct yc_json_out *j, const char *key, uint64_t v);
void yc_json_member_double(struct yc_json_out *j, const char *key, double v);
void yc_json_member_amount(struct yc_json_out *j, const char *key, int64_t sat);
void yc_json_member_text(struct yc_json_out *j, const char *key, const char *text);
void yc_json_member_hex(struct yc_json_out *j, const char *key, struct yc_view bytes);
void yc_json_member_hash(struct yc_json_out *j, const char *key, const uint8_t *hash, size_t n);

#endif
