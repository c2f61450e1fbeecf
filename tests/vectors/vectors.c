#include "vectors/vectors.h"

#include "consensus/script/asm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRIPT_BYTES_MAX (1u << 20)

void vectors_begin(struct vectors *v, unsigned row)
{
    yc_arena_clear(&v->arena);
    v->row = row;
}

bool vectors_case(struct vectors *v, bool ok, const char *format, ...)
{
    if (ok) {
        v->passed++;
        return true;
    }
    v->failed++;
    printf("%s, row %u: ", v->file, v->row);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return false;
}

json_object *vectors_json(struct vectors *v, struct yc_view file)
{
    struct json_tokener *parser = json_tokener_new();
    json_object *root = NULL;
    if (parser && file.n < INT32_MAX)
        root = json_tokener_parse_ex(parser, (const char *)file.p, (int)file.n);
    if (!root)
        vectors_case(v, false, "the file is not JSON");
    json_tokener_free(parser);
    return root;
}

json_object *vectors_at(json_object *array, size_t i)
{
    if (!json_object_is_type(array, json_type_array) || i >= json_object_array_length(array))
        return NULL;
    return json_object_array_get_idx(array, i);
}

json_object *vectors_get(json_object *object, const char *name)
{
    json_object *member = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &member);
    return member;
}

struct yc_view vectors_text(json_object *string)
{
    if (!json_object_is_type(string, json_type_string))
        return yc_view_text("");
    return yc_view(json_object_get_string(string), (size_t)json_object_get_string_len(string));
}

void *vectors_take(struct vectors *v, size_t n)
{
    void *p = yc_arena_take(&v->arena, n);
    if (!p) {
        fprintf(stderr, "There is no memory for %zu bytes more of %s.\n", n, v->file);
        exit(2);
    }
    return p;
}

bool vectors_hex(struct vectors *v, struct yc_view text, struct yc_view *out)
{
    uint8_t *bytes = vectors_take(v, text.n / 2);
    *out = yc_view(bytes, text.n / 2);
    return text.n % 2 == 0 && yc_hex_read(bytes, out->n, (const char *)text.p, text.n);
}

bool vectors_hex_array(struct vectors *v, json_object *array, const struct yc_view **items, uint32_t *count)
{
    size_t n = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
    struct yc_view *views = vectors_take(v, n * sizeof *views);
    for (size_t i = 0; i < n; i++)
        if (!vectors_hex(v, vectors_text(vectors_at(array, i)), &views[i]))
            return false;
    *items = n ? views : NULL;
    *count = (uint32_t)n;
    return true;
}

bool vectors_asm(struct vectors *v, struct yc_view text, struct yc_view *out)
{
    struct yc_buf buf;
    yc_buf_init(&buf, yc_heap(), SCRIPT_BYTES_MAX);
    bool ok = yc_script_assemble(&buf, text, NULL) == YC_VALID;
    uint8_t *bytes = vectors_take(v, buf.n);
    if (buf.n)
        memcpy(bytes, buf.p, buf.n);
    *out = yc_view(bytes, buf.n);
    yc_buf_release(&buf);
    return ok;
}

bool vectors_same_hex(struct yc_view text, const uint8_t *p, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t byte;
        if (!yc_hex_read(&byte, 1, (const char *)text.p + 2 * i, 2) || byte != p[i])
            return false;
    }
    return true;
}
