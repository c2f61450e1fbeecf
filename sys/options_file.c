/* The configuration file: NAME=VALUE lines, # comments, [sections], includes. */
#include "sys/options_state.h"

#include <stdio.h>
#include <string.h>

#define ERROR_PREFIX "Error reading configuration file: "

/* Where a line stands. Messages about the main file are Bitcoin Core's own; those about an included one name it. */
struct place {
    const char *path;
    bool included;
    size_t line;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct yc_view trim(struct yc_view v)
{
    while (v.n > 0 && is_space(v.p[0]))
        v = yc_view_slice(v, 1, v.n - 1);
    while (v.n > 0 && is_space(v.p[v.n - 1]))
        v.n--;
    return v;
}

static enum yc_verdict parse_error(const struct place *at, struct yc_error *err, const char *why, struct yc_view line,
                                   const char *advice)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, ERROR_PREFIX "%.200s%sparse error on line %zu%s%.*s%s",
                   at->included ? at->path : "", at->included ? ": " : "", at->line, why,
                   (int)(line.n < 128 ? line.n : 128), line.n ? (const char *)line.p : "", advice);
}

static bool note_section(struct yc_options *o, struct yc_view name, const struct place *at)
{
    char where[300];
    const char *slash = strrchr(at->path, '/');
    snprintf(where, sizeof where, "%.256s:%zu", slash ? slash + 1 : at->path, at->line);
    const char *copy = yc_options_copy(o, (const char *)name.p, name.n);
    return copy && yc_text_list_add(o, &o->sections, copy, where);
}

/* name=value, after comments and outer blanks are gone; section is that of the last headline. */
static enum yc_verdict read_pair(struct yc_options *o, struct yc_view section, struct yc_view line, size_t equals,
                                 bool had_comment, const struct place *at, struct yc_error *err)
{
    struct yc_view name = trim(yc_view(line.p, equals));
    struct yc_view value = trim(yc_view_slice(line, equals + 1, line.n - equals - 1));
    if (had_comment && name.n >= 11 && memcmp(name.p + name.n - 11, "rpcpassword", 11) == 0)
        return parse_error(at, err, ", using # in rpcpassword can be ambiguous and should be avoided", YC_VIEW_EMPTY,
                           "");
    const uint8_t *dot = section.n == 0 && name.n > 0 ? memchr(name.p, '.', name.n) : NULL;
    struct yc_view own = name;
    if (dot) {
        section = yc_view(name.p, (size_t)(dot - name.p));
        own = yc_view(dot + 1, name.n - section.n - 1);
        if (!note_section(o, section, at))
            return yc_options_no_memory(err);
    }
    struct yc_error reason;
    bool known = false;
    enum yc_verdict v = yc_options_store(o, YC_SOURCE_FILE, section, own, &value, &known, &reason);
    if (v == YC_INVALID)
        return yc_fail(err, v, YC_SYSTEM_NONE, ERROR_PREFIX "%.200s%s%s", at->included ? at->path : "",
                       at->included ? ": " : "", reason.text);
    if (v != YC_VALID)
        return yc_options_no_memory(err);
    bool prefixed = section.n > 0 && !dot;
    const char *head = prefixed ? (const char *)section.p : "";
    if (known || yc_options_warn(o, "Ignoring unknown configuration value %.*s%s%.*s", prefixed ? (int)section.n : 0,
                                 head, prefixed ? "." : "", (int)(name.n < 128 ? name.n : 128), (const char *)name.p))
        return YC_VALID;
    return yc_options_no_memory(err);
}

static enum yc_verdict read_line(struct yc_options *o, struct yc_view *section, struct yc_view line,
                                 const struct place *at, struct yc_error *err)
{
    const uint8_t *hash = line.n ? memchr(line.p, '#', line.n) : NULL;
    line = trim(hash ? yc_view(line.p, (size_t)(hash - line.p)) : line);
    if (line.n == 0)
        return YC_VALID;
    if (memchr(line.p, 0, line.n))
        return parse_error(at, err, ": there is a NUL character; this is no text file", yc_view_text(""), "");
    if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
        *section = yc_view_slice(line, 1, line.n - 2);
        return note_section(o, *section, at) ? YC_VALID : yc_options_no_memory(err);
    }
    if (line.p[0] == '-')
        return parse_error(at, err, ": ", line, ", options in configuration file must be specified without leading -");
    const uint8_t *equals = memchr(line.p, '=', line.n);
    if (!equals) {
        char advice[200] = "";
        if (line.n >= 2 && memcmp(line.p, "no", 2) == 0)
            snprintf(advice, sizeof advice, ", if you intended to specify a negated option, use %.*s=1 instead",
                     (int)(line.n < 64 ? line.n : 64), (const char *)line.p);
        return parse_error(at, err, ": ", line, advice);
    }
    return read_pair(o, *section, line, (size_t)(equals - line.p), hash != NULL, at, err);
}

static enum yc_verdict read_lines(struct yc_options *o, struct place at, struct yc_view text, struct yc_error *err)
{
    struct yc_view section = YC_VIEW_EMPTY;
    enum yc_verdict v = YC_VALID;
    while (text.n > 0 && v == YC_VALID) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        at.line++;
        v = read_line(o, &section, yc_view(text.p, n), &at, err);
        n += end != NULL;
        text = yc_view_slice(text, n, text.n - n);
    }
    return v;
}

static enum yc_verdict read_file(struct yc_options *o, const struct yc_fs *fs, const char *path, bool included,
                                 struct yc_error *err)
{
    struct yc_view bytes;
    enum yc_verdict v = yc_fs_read_file(fs, o->alloc, path, YC_OPTIONS_FILE_MAX, &bytes, err);
    if (v != YC_VALID)
        return v;
    v = read_lines(o, (struct place){path, included, 0}, bytes, err);
    yc_alloc_free(o->alloc, (void *)bytes.p, bytes.n);
    return v;
}

enum yc_verdict yc_options_read_file(struct yc_options *o, const struct yc_fs *fs, const char *path,
                                     struct yc_error *err)
{
    return read_file(o, fs, path, false, err);
}

static bool is_include(const struct yc_option_word *w, const char *section)
{
    return w->source == YC_SOURCE_FILE && strcmp(w->option->name, "includeconf") == 0 &&
           strcmp(w->section, section) == 0;
}

static enum yc_verdict include(struct yc_options *o, const struct yc_fs *fs, const char *base_dir, const char *name,
                               struct yc_error *err)
{
    char path[4096];
    bool absolute = name[0] == '/';
    int n = snprintf(path, sizeof path, "%s%s%s", absolute ? "" : base_dir, absolute ? "" : "/", name);
    if (n < 0 || (size_t)n >= sizeof path)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, ERROR_PREFIX "the path of includeconf=%.128s is too long",
                       name);
    enum yc_verdict v = read_file(o, fs, path, true, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, ERROR_PREFIX "Failed to include configuration file %.256s",
                       name);
    return v;
}

/* The includes in one section, those before `last` only: an included file's own are refused with a warning. */
static enum yc_verdict include_section(struct yc_options *o, const struct yc_fs *fs, const char *base_dir,
                                       const char *section, const struct yc_option_word *last, struct yc_error *err)
{
    const struct yc_option_word *from = NULL;
    const struct yc_option_word *stop = last ? last->next : o->first;
    for (const struct yc_option_word *w = o->first; w != stop; w = w->next)
        if (is_include(w, section) && !w->value)
            from = w; /* includeconf was negated: what stands before it does not count */
    for (const struct yc_option_word *w = from ? from->next : o->first; w != stop; w = w->next) {
        if (!is_include(w, section) || !w->value)
            continue;
        enum yc_verdict v = include(o, fs, base_dir, w->value, err);
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}

enum yc_verdict yc_options_read_includes(struct yc_options *o, const struct yc_fs *fs, const char *base_dir,
                                         const char *chain, struct yc_error *err)
{
    const struct yc_option_word *last = NULL;
    for (const struct yc_option_word *w = o->first; w; w = w->next) {
        if (w->source == YC_SOURCE_COMMAND_LINE && !w->value && strcmp(w->option->name, "includeconf") == 0)
            return YC_VALID;
        last = w;
    }
    if (!last)
        return YC_VALID;
    enum yc_verdict v = include_section(o, fs, base_dir, chain, last, err);
    if (v == YC_VALID)
        v = include_section(o, fs, base_dir, "", last, err);
    for (const struct yc_option_word *w = last->next; w && v == YC_VALID; w = w->next) {
        if (!w->value || (!is_include(w, chain) && !is_include(w, "")))
            continue;
        if (!yc_options_warn(o, "-includeconf cannot be used from included files; ignoring -includeconf=%.256s",
                             w->value))
            v = yc_options_no_memory(err);
    }
    return v;
}
