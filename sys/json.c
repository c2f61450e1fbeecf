#include "sys/json.h"

#include "sys/json_check.h"
#include "sys/json_out.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A struct yc_json is a struct json_object, except for null: json-c says it with NULL, we with the address of this. */
static const char null_node;

static const struct yc_json *wrap(const struct json_object *o)
{
    return o ? (const struct yc_json *)o : (const struct yc_json *)&null_node;
}

static struct json_object *unwrap(const struct yc_json *node)
{
    return node == (const struct yc_json *)&null_node ? NULL : (struct json_object *)node;
}

static enum yc_verdict parse(struct yc_json **out, struct yc_view text, size_t max_bytes, size_t *members,
                             struct yc_error *err)
{
    *out = NULL;
    if (text.n > max_bytes || text.n >= INT_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this JSON text is %zu bytes long; at most %zu are taken",
                       text.n, max_bytes);
    enum yc_verdict v = yc_json_check(text, members, err);
    if (v != YC_VALID)
        return v;
    while (strchr(" \t\r\n", text.p[text.n - 1]))
        text.n--;
    struct json_tokener *tok = json_tokener_new_ex(YC_JSON_DEPTH_MAX + 2);
    if (!tok)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read JSON");
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tok, (const char *)text.p, (int)text.n);
    if (json_tokener_get_error(tok) == json_tokener_continue) /* a number at the top ends only with the text */
        root = json_tokener_parse_ex(tok, "", 1);
    enum json_tokener_error code = json_tokener_get_error(tok);
    if (tok->pb && tok->pb->buf) /* holds the last text it read, which may be a secret */
        explicit_bzero(tok->pb->buf, (size_t)tok->pb->size);
    json_tokener_free(tok);
    if (code == json_tokener_success) {
        *out = (struct yc_json *)wrap(root);
        return YC_VALID;
    }
    /* The grammar was fine, so what remains is memory. */
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "cannot read JSON: %s", json_tokener_error_desc(code));
}

enum yc_verdict yc_json_parse(struct yc_json **out, struct yc_view text, size_t max_bytes, struct yc_error *err)
{
    size_t members;
    return parse(out, text, max_bytes, &members, err);
}

/* Of a value that another of the same name has replaced, its own members are not there either. */
static size_t members_of(struct json_object *o)
{
    size_t n = 0;
    if (json_object_get_type(o) == json_type_array) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            n += members_of(json_object_array_get_idx(o, i));
    } else if (json_object_get_type(o) == json_type_object) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            n += 1 + members_of(value); /* no deeper than YC_JSON_DEPTH_MAX */
        }
    }
    return n;
}

enum yc_verdict yc_json_parse_strict(struct yc_json **out, struct yc_view text, size_t max_bytes, struct yc_error *err)
{
    size_t members;
    enum yc_verdict v = parse(out, text, max_bytes, &members, err);
    if (v != YC_VALID || members_of(unwrap(*out)) == members)
        return v;
    yc_json_wipe(*out);
    *out = NULL;
    return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE,
                   "an object names a member twice, and only one of the two would count: give each name once");
}

static void wipe_texts(struct json_object *o)
{
    if (json_object_get_type(o) == json_type_string) {
        explicit_bzero((char *)(uintptr_t)json_object_get_string(o), (size_t)json_object_get_string_len(o));
    } else if (json_object_get_type(o) == json_type_array) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            wipe_texts(json_object_array_get_idx(o, i));
    } else if (json_object_get_type(o) == json_type_object) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            wipe_texts(value);
        }
    }
}

void yc_json_wipe(struct yc_json *root)
{
    if (root)
        wipe_texts(unwrap(root)); /* no deeper than YC_JSON_DEPTH_MAX */
    yc_json_free(root);
}

void yc_json_free(struct yc_json *root)
{
    if (root)
        json_object_put(unwrap(root));
}

enum yc_json_kind yc_json_kind(const struct yc_json *node)
{
    switch (json_object_get_type(unwrap(node))) {
    case json_type_null:
        return YC_JSON_NULL;
    case json_type_boolean:
        return YC_JSON_BOOL;
    case json_type_double:
    case json_type_int:
        return YC_JSON_NUMBER;
    case json_type_object:
        return YC_JSON_OBJECT;
    case json_type_array:
        return YC_JSON_ARRAY;
    case json_type_string:
        return YC_JSON_STRING;
    }
    return YC_JSON_NULL;
}

const char *yc_json_kind_name(enum yc_json_kind kind)
{
    static const char *const names[] = {"null", "bool", "number", "string", "array", "object"};
    return names[kind];
}

size_t yc_json_count(const struct yc_json *node)
{
    if (yc_json_kind(node) == YC_JSON_ARRAY)
        return json_object_array_length(unwrap(node));
    return yc_json_kind(node) == YC_JSON_OBJECT ? (size_t)json_object_object_length(unwrap(node)) : 0;
}

const struct yc_json *yc_json_element(const struct yc_json *array, size_t i)
{
    if (yc_json_kind(array) != YC_JSON_ARRAY || i >= json_object_array_length(unwrap(array)))
        return NULL;
    return wrap(json_object_array_get_idx(unwrap(array), i));
}

const struct yc_json *yc_json_member(const struct yc_json *object, const char *name)
{
    struct json_object *value = NULL;
    if (yc_json_kind(object) != YC_JSON_OBJECT || !json_object_object_get_ex(unwrap(object), name, &value))
        return NULL;
    return wrap(value);
}

bool yc_json_next(const struct yc_json *object, struct yc_json_walk *w, const char **name, const struct yc_json **value)
{
    if (yc_json_kind(object) != YC_JSON_OBJECT)
        return false;
    const struct lh_entry *e = w->begun ? w->at : json_object_get_object(unwrap(object))->head;
    w->begun = true;
    if (!e)
        return false;
    *name = lh_entry_k((struct lh_entry *)e);
    *value = wrap(lh_entry_v((struct lh_entry *)e));
    w->at = lh_entry_next(e);
    return true;
}

struct yc_view yc_json_string(const struct yc_json *node)
{
    if (yc_json_kind(node) != YC_JSON_STRING)
        return YC_VIEW_EMPTY;
    return yc_view(json_object_get_string(unwrap(node)), (size_t)json_object_get_string_len(unwrap(node)));
}

const char *yc_json_text(const struct yc_json *node)
{
    struct yc_view v = yc_json_string(node);
    return v.p && !memchr(v.p, 0, v.n) ? (const char *)v.p : NULL;
}

bool yc_json_bool(const struct yc_json *node, bool *out)
{
    if (yc_json_kind(node) != YC_JSON_BOOL)
        return false;
    *out = json_object_get_boolean(unwrap(node));
    return true;
}

/* True for a number whose text is digits, perhaps after a minus sign: only those does json-c keep as integers. */
static bool is_whole(const struct yc_json *node)
{
    return json_object_get_type(unwrap(node)) == json_type_int;
}

bool yc_json_u64(const struct yc_json *node, uint64_t *out)
{
    if (!is_whole(node) || json_object_get_int64(unwrap(node)) < 0)
        return false;
    *out = json_object_get_uint64(unwrap(node));
    return true;
}

bool yc_json_int64(const struct yc_json *node, int64_t *out)
{
    uint64_t u;
    if (!is_whole(node) || (yc_json_u64(node, &u) && u > INT64_MAX))
        return false;
    *out = json_object_get_int64(unwrap(node));
    return true;
}

bool yc_json_int_in(const struct yc_json *node, int64_t min, int64_t max, int64_t *out)
{
    int64_t v;
    if (!yc_json_int64(node, &v) || v < min || v > max)
        return false;
    *out = v;
    return true;
}

struct yc_view yc_json_number(const struct yc_json *node, char memory[YC_JSON_NUMBER_MAX])
{
    if (is_whole(node)) {
        uint64_t u;
        int n = yc_json_u64(node, &u)
                    ? snprintf(memory, YC_JSON_NUMBER_MAX, "%llu", (unsigned long long)u)
                    : snprintf(memory, YC_JSON_NUMBER_MAX, "%lld", (long long)json_object_get_int64(unwrap(node)));
        return yc_view(memory, (size_t)n);
    }
    if (yc_json_kind(node) != YC_JSON_NUMBER)
        return YC_VIEW_EMPTY;
    /* json-c hangs the source text on a decimal as its user data. */
    return yc_view_text(json_object_get_userdata(unwrap(node)));
}

bool yc_json_double(const struct yc_json *node, double *out)
{
    if (yc_json_kind(node) != YC_JSON_NUMBER)
        return false;
    double v = json_object_get_double(unwrap(node));
    if (!isfinite(v))
        return false;
    *out = v;
    return true;
}

bool yc_json_amount_sat(const struct yc_json *node, int64_t *sat)
{
    char memory[YC_JSON_NUMBER_MAX];
    struct yc_view text = yc_json_kind(node) == YC_JSON_STRING ? yc_json_string(node) : yc_json_number(node, memory);
    return text.p && yc_decimal_parse(text, 8, 2100000000000000, sat);
}

/* Recursive, at most YC_JSON_DEPTH_MAX deep: a tree comes from yc_json_parse only. */
static void print_node(struct yc_json_out *j, const struct yc_json *node)
{
    char memory[YC_JSON_NUMBER_MAX];
    const struct yc_json *value;
    const char *name;
    bool flag = false;
    switch (yc_json_kind(node)) {
    case YC_JSON_NULL:
        yc_json_put_null(j);
        break;
    case YC_JSON_BOOL:
        yc_json_put_bool(j, yc_json_bool(node, &flag) && flag);
        break;
    case YC_JSON_NUMBER:
        yc_json_put_raw(j, yc_json_number(node, memory));
        break;
    case YC_JSON_STRING:
        yc_json_put_string(j, yc_json_string(node));
        break;
    case YC_JSON_ARRAY:
        yc_json_begin_array(j);
        for (size_t i = 0; i < yc_json_count(node); i++)
            print_node(j, yc_json_element(node, i));
        yc_json_end_array(j);
        break;
    case YC_JSON_OBJECT:
        yc_json_begin_object(j);
        for (struct yc_json_walk w = {0}; yc_json_next(node, &w, &name, &value);) {
            yc_json_key(j, name);
            print_node(j, value);
        }
        yc_json_end_object(j);
        break;
    }
}

void yc_json_print(const struct yc_json *node, unsigned indent, struct yc_buf *out)
{
    struct yc_json_out j;
    yc_json_out_init(&j, out, indent);
    print_node(&j, node);
}
