/* From words of the command line to JSON parameters. */
#include "node/cli/cli.h"
#include "sys/heap.h"
#include "sys/json_out.h"

#define POSITIONS_MAX 10
#define WORD_JSON_MAX (64u * 1024 * 1024)

static const struct {
    const char *method;
    const char *position[POSITIONS_MAX]; /* NULL: plain text from here on */
} table[] = {
#define X(method, ...) {method, {__VA_ARGS__}},
#include "node/cli/convert.def"
#undef X
};

enum form { FORM_TEXT, FORM_JSON, FORM_JSON_OR_TEXT, FORM_TEXT_WITH_EQUALS };

static enum form form_of(const char *position)
{
    if (!position || !*position)
        return FORM_TEXT;
    return *position == '~' ? FORM_JSON_OR_TEXT : *position == '=' ? FORM_TEXT_WITH_EQUALS : FORM_JSON;
}

static const char *const *positions_of(const char *method)
{
    static const char *const none[POSITIONS_MAX];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].method, method) == 0)
            return table[i].position;
    }
    return none;
}

static enum form form_at(const char *method, size_t i)
{
    return i < POSITIONS_MAX ? form_of(positions_of(method)[i]) : FORM_TEXT;
}

/* The form of a parameter called so; *known tells whether the table names it. */
static enum form form_named(const char *method, const char *name, size_t n, bool *known)
{
    const char *const *position = positions_of(method);
    *known = false;
    for (size_t i = 0; i < POSITIONS_MAX && position[i]; i++) {
        const char *at = position[i] + (*position[i] == '~' || *position[i] == '=');
        for (; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
            if (strncmp(at, name, n) == 0 && (at[n] == '|' || !at[n]) && *at) {
                *known = true;
                return form_of(position[i]);
            }
        }
    }
    return FORM_TEXT;
}

/* Append a word as JSON. False: it must be JSON and is none. */
static bool put_word(struct yc_json_out *j, const char *word, enum form form)
{
    struct yc_json *v = NULL;
    struct yc_error err;
    bool parsed = (form == FORM_JSON || form == FORM_JSON_OR_TEXT) &&
                  yc_json_parse(&v, yc_view_text(word), WORD_JSON_MAX, &err) == YC_VALID;
    if (parsed) {
        /* As it was written: a name that stands twice is the node's to refuse, and must not be lost on the way. */
        yc_json_put_raw(j, yc_view_text(word));
    } else if (form != FORM_JSON) {
        yc_json_put_text(j, word);
    }
    yc_json_free(v);
    return parsed || form != FORM_JSON;
}

static enum yc_verdict no_json(const char *word, struct yc_error *err)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Error parsing JSON: %.300s", word);
}

static bool is_json(const char *word)
{
    struct yc_json *v = NULL;
    struct yc_error err;
    bool ok = yc_json_parse(&v, yc_view_text(word), WORD_JSON_MAX, &err) == YC_VALID;
    yc_json_free(v);
    return ok;
}

/* Is a word with a '=' meant as a value by position after all? */
static bool is_positional(const char *method, const char *word, size_t position)
{
    const char *equals = strchr(word, '=');
    bool known;
    if (!equals)
        return true;
    (void)form_named(method, word, (size_t)(equals - word), &known);
    if (known)
        return false;
    enum form form = form_at(method, position);
    return form == FORM_TEXT_WITH_EQUALS || (form == FORM_JSON && is_json(word));
}

static enum yc_verdict put_named(struct yc_json_out *j, const char *method, const char *const *args, size_t count,
                                 struct yc_error *err)
{
    size_t position = 0;
    bool known;
    yc_json_begin_object(j);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(args[i], '=');
        if (is_positional(method, args[i], position)) {
            position++;
            continue;
        }
        size_t n = (size_t)(equals - args[i]);
        yc_json_key_view(j, yc_view(args[i], n));
        if (!put_word(j, equals + 1, form_named(method, args[i], n, &known)))
            return no_json(equals + 1, err);
    }
    if (position) {
        yc_json_key(j, "args");
        yc_json_begin_array(j);
        position = 0;
        for (size_t i = 0; i < count; i++) {
            if (!is_positional(method, args[i], position))
                continue;
            if (!put_word(j, args[i], form_at(method, position++)))
                return no_json(args[i], err);
        }
        yc_json_end_array(j);
    }
    yc_json_end_object(j);
    return YC_VALID;
}

enum yc_verdict yc_cli_params(struct yc_buf *out, const char *method, const char *const *args, size_t count, bool named,
                              struct yc_error *err)
{
    struct yc_json_out j;
    yc_json_out_init(&j, out, 0);
    if (named)
        return put_named(&j, method, args, count, err);
    yc_json_begin_array(&j);
    for (size_t i = 0; i < count; i++) {
        if (!put_word(&j, args[i], form_at(method, i)))
            return no_json(args[i], err);
    }
    yc_json_end_array(&j);
    return YC_VALID;
}
