#include "sys/options.h"

#include "sys/options_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_MAX (64u * 1024 * 1024) /* copies of everything that was read */

enum yc_verdict yc_options_no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the options");
}

enum yc_verdict yc_options_new(struct yc_options **out, const struct yc_alloc *alloc,
                               const struct yc_options_program *program, struct yc_error *err)
{
    struct yc_options *o = yc_alloc_new(alloc, sizeof *o);
    *out = o;
    if (!o)
        return yc_options_no_memory(err);
    *o = (struct yc_options){.alloc = alloc, .program = program};
    yc_arena_init(&o->arena, alloc, 4096, MEMORY_MAX);
    o->last_next = &o->first;
    o->positionals.last_next = &o->positionals.first;
    o->warnings.last_next = &o->warnings.first;
    o->sections.last_next = &o->sections.first;
    return YC_VALID;
}

void yc_options_free(struct yc_options *o)
{
    if (!o)
        return;
    yc_arena_release(&o->arena);
    yc_alloc_free(o->alloc, o, sizeof *o);
}

const struct yc_option *yc_option_find(const struct yc_options_program *program, const char *name, size_t n)
{
    for (size_t i = 0; i < program->table_count; i++)
        if (strlen(program->table[i].name) == n && memcmp(program->table[i].name, name, n) == 0)
            return &program->table[i];
    return NULL;
}

const char *yc_options_copy(struct yc_options *o, const char *text, size_t n)
{
    char *p = yc_arena_take(&o->arena, n + 1);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, text, n);
    p[n] = 0;
    return p;
}

bool yc_text_list_add(struct yc_options *o, struct yc_text_list *list, const char *text, const char *where)
{
    struct yc_text_item *item = yc_arena_take(&o->arena, sizeof *item);
    if (!item)
        return false;
    *item = (struct yc_text_item){NULL, yc_options_copy(o, text, strlen(text)),
                                  where ? yc_options_copy(o, where, strlen(where)) : NULL};
    if (!item->text || (where && !item->where))
        return false;
    *list->last_next = item;
    list->last_next = &item->next;
    list->count++;
    return true;
}

static const struct yc_text_item *list_at(const struct yc_text_list *list, size_t i)
{
    const struct yc_text_item *item = list->first;
    while (item && i-- > 0)
        item = item->next;
    return item;
}

bool yc_options_warn(struct yc_options *o, const char *format, ...)
{
    char text[YC_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return yc_text_list_add(o, &o->warnings, text, NULL);
}

const char *yc_options_positional(const struct yc_options *o, size_t i)
{
    const struct yc_text_item *item = list_at(&o->positionals, i);
    return item ? item->text : NULL;
}

size_t yc_options_positional_count(const struct yc_options *o)
{
    return o->positionals.count;
}

const char *yc_options_warning(const struct yc_options *o, size_t i)
{
    const struct yc_text_item *item = list_at(&o->warnings, i);
    return item ? item->text : NULL;
}

const char *yc_options_section(const struct yc_options *o, size_t i, const char **where)
{
    const struct yc_text_item *item = list_at(&o->sections, i);
    if (!item)
        return NULL;
    *where = item->where;
    return item->text;
}

/* ---- storing ---- */

static bool add_word(struct yc_options *o, const struct yc_option *option, enum yc_option_source source,
                     struct yc_view section, const struct yc_view *value)
{
    struct yc_option_word *w = yc_arena_take(&o->arena, sizeof *w);
    if (!w)
        return false;
    *w = (struct yc_option_word){.option = option, .source = source};
    w->section = yc_options_copy(o, (const char *)section.p, section.n);
    w->value = value ? yc_options_copy(o, (const char *)value->p, value->n) : NULL;
    if (!w->section || (value && !w->value))
        return false;
    *o->last_next = w;
    o->last_next = &w->next;
    return true;
}

bool yc_option_is_true(const char *p, size_t n)
{
    if (n == 0)
        return true;
    size_t i = p[0] == '-' || p[0] == '+';
    while (i < n && p[i] == '0')
        i++;
    return i < n && p[i] >= '1' && p[i] <= '9';
}

/* What a flag may be given as: nothing, or a number. Another word would count as 0, though whoever wrote -reindex=yes meant
 * the contrary. */
static bool is_flag_value(const char *p, size_t n)
{
    size_t i = n > 1 && (p[0] == '-' || p[0] == '+');
    while (i < n && p[i] >= '0' && p[i] <= '9')
        i++;
    return i == n;
}

enum yc_verdict yc_options_store(struct yc_options *o, enum yc_option_source source, struct yc_view section,
                                 struct yc_view name, const struct yc_view *value, bool *known, struct yc_error *err)
{
    const char *text = (const char *)name.p;
    const struct yc_option *option = yc_option_find(o->program, text, name.n);
    bool negated = !option && name.n > 2 && memcmp(text, "no", 2) == 0;
    if (negated)
        option = yc_option_find(o->program, text + 2, name.n - 2);
    *known = option != NULL;
    if (!option)
        return YC_VALID;
    if (option->marks & YC_OPTION_COMMAND_LINE && source == YC_SOURCE_FILE)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "%s cannot be set in the configuration file%s", option->name,
                       strcmp(option->name, "conf") == 0
                           ? "; use includeconf= if you want to include additional config files"
                           : "; give it on the command line");
    if (negated && option->marks & YC_OPTION_NO_NEGATION)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Negating of -%s is meaningless and therefore forbidden",
                       option->name);
    if (!negated && !value && option->marks & YC_OPTION_NEEDS_VALUE)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Can not set -%s with no value. Please specify value with -%s=value.", option->name,
                       option->name);
    /* Hidden ones are there for tools that may give them in any way. */
    if (value && option->kind == YC_OPTION_FLAG && !(option->marks & YC_OPTION_HIDDEN) &&
        !is_flag_value((const char *)value->p, value->n))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-%.*s=%.*s is neither on nor off: give -%s=1 for on, -%s=0 for off", (int)name.n, text,
                       (int)(value->n < 64 ? value->n : 64), (const char *)value->p, option->name, option->name);
    struct yc_view one = yc_view_text("1"), none = yc_view_text("");
    const struct yc_view *stored = value ? value : &none;
    bool fine = true;
    if (negated && value && !yc_option_is_true((const char *)value->p, value->n)) {
        fine = yc_options_warn(o, "Parsed potentially confusing double-negative -%s=%.*s", option->name,
                               (int)(value->n < 64 ? value->n : 64), (const char *)value->p);
        stored = &one;
    } else if (negated) {
        stored = NULL;
    }
    return fine && add_word(o, option, source, section, stored) ? YC_VALID : yc_options_no_memory(err);
}

static bool add_by_name(struct yc_options *o, enum yc_option_source source, const char *name, const char *value)
{
    const struct yc_option *option = yc_option_find(o->program, name, strlen(name));
    struct yc_view v = yc_view_text(value);
    return !option || add_word(o, option, source, YC_VIEW_EMPTY, &v);
}

bool yc_options_add_setting(struct yc_options *o, const char *name, const char *value)
{
    return add_by_name(o, YC_SOURCE_SETTINGS, name, value);
}

bool yc_options_force(struct yc_options *o, const char *name, const char *value)
{
    return add_by_name(o, YC_SOURCE_FORCED, name, value);
}

bool yc_options_default(struct yc_options *o, const char *name, const char *value, bool *changed)
{
    bool set = yc_options_is_set(o, name);
    if (changed)
        *changed = !set;
    return set || add_by_name(o, YC_SOURCE_DEFAULTED, name, value);
}

/* ---- the command line ---- */

static enum yc_verdict unknown(const struct yc_options *o, const char *argument, const char *name, size_t n,
                               struct yc_error *err)
{
    char plain[64] = "";
    if (n < sizeof plain)
        memcpy(plain, name, n);
    const char *near = yc_options_nearest(o->program, plain);
    /* The programs that stand in for Bitcoin Core's say no more than those do: scripts compare it. */
    if (!near && o->program->spaced_values)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "Error parsing command line arguments: Invalid parameter %.200s; %s --help lists those that there are",
            argument, o->program->name);
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "Error parsing command line arguments: Invalid parameter %.200s%s%s%s", argument,
                   near ? " (did you mean -" : "", near ? near : "", near ? "?)" : "");
}

/* Does this --name, without a value of its own, take the next word? */
static bool takes_next(const struct yc_options *o, const char *argument)
{
    if (!o->program->spaced_values || strncmp(argument, "--", 2) != 0 || strchr(argument, '='))
        return false;
    for (size_t i = 0; i < o->program->table_count; i++) {
        if (strcmp(o->program->table[i].name, argument + 2) == 0)
            return o->program->table[i].kind != YC_OPTION_FLAG;
    }
    return false;
}

/* spaced: the value from the next word, or NULL */
static enum yc_verdict read_option(struct yc_options *o, const char *argument, const char *spaced, struct yc_error *err)
{
    const char *name = argument + 1 + (argument[1] == '-');
    size_t n = strcspn(name, "=");
    struct yc_view value = yc_view_text(spaced ? spaced : name[n] ? name + n + 1 : "");
    struct yc_error reason;
    bool known = false;
    enum yc_verdict v = yc_options_store(o, YC_SOURCE_COMMAND_LINE, YC_VIEW_EMPTY, yc_view(name, n),
                                         spaced || name[n] ? &value : NULL, &known, &reason);
    if (v == YC_INVALID)
        return yc_fail(err, v, YC_SYSTEM_NONE, "Error parsing command line arguments: %s", reason.text);
    if (v != YC_VALID)
        return yc_options_no_memory(err);
    return known ? YC_VALID : unknown(o, argument, name, n, err);
}

/* -includeconf belongs in files; only -noincludeconf means something here. */
static enum yc_verdict check_includeconf(const struct yc_options *o, struct yc_error *err)
{
    for (const struct yc_option_word *w = o->first; w; w = w->next)
        if (w->source == YC_SOURCE_COMMAND_LINE && w->value && strcmp(w->option->name, "includeconf") == 0)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Error parsing command line arguments: -includeconf cannot be used from commandline; "
                           "-includeconf=\"%.200s\"",
                           w->value);
    return YC_VALID;
}

enum yc_verdict yc_options_read_arguments(struct yc_options *o, int argc, const char *const *argv, struct yc_error *err)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        enum yc_verdict v = YC_VALID;
        if (!only_words && argument[0] == '-' && argument[1] && strcmp(argument, "--") != 0) {
            const char *spaced = i + 1 < argc && takes_next(o, argument) ? argv[++i] : NULL;
            v = read_option(o, argument, spaced, err);
        } else if (o->program->positionals == YC_POSITIONALS_NONE)
            v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                        "Command line contains unexpected token '%.200s', see %s -h for a list of options.", argument,
                        o->program->name);
        else if (!only_words && strcmp(argument, "--") == 0)
            only_words = true;
        else {
            only_words = only_words || o->program->positionals == YC_POSITIONALS_LAST;
            v = yc_text_list_add(o, &o->positionals, argument, NULL) ? YC_VALID : yc_options_no_memory(err);
        }
        if (v != YC_VALID)
            return v;
    }
    return check_includeconf(o, err);
}
