/* What the files of sys/options share: the words that were read, in order. Not for other modules. */
#ifndef YC_SYS_OPTIONS_STATE_H
#define YC_SYS_OPTIONS_STATE_H

#include "base/arena.h"
#include "sys/options.h"

/* Where a word comes from; a smaller number beats a larger one. */
enum yc_option_source {
    YC_SOURCE_FORCED,
    YC_SOURCE_COMMAND_LINE,
    YC_SOURCE_SETTINGS,
    YC_SOURCE_CHAIN_SECTION, /* only as a place to look in: words of files are all stored as YC_SOURCE_FILE */
    YC_SOURCE_FILE,
    YC_SOURCE_DEFAULTED,
    YC_SOURCE_COUNT
};

struct yc_option_word {
    struct yc_option_word *next;
    const struct yc_option *option;
    enum yc_option_source source;
    const char *section; /* "" outside sections */
    const char *value;   /* NULL: negated */
};

struct yc_text_item {
    struct yc_text_item *next;
    const char *text, *where;
};

/* A list that remembers its end. */
struct yc_text_list {
    struct yc_text_item *first, **last_next;
    size_t count;
};

struct yc_options {
    const struct yc_alloc *alloc;
    const struct yc_options_program *program;
    struct yc_arena arena;
    struct yc_option_word *first, **last_next;
    struct yc_text_list positionals, warnings, sections;
    const char *chain; /* NULL until it is selected */
};

/** The option of this name (n bytes); NULL when the program has none. */
const struct yc_option *yc_option_find(const struct yc_options_program *program, const char *name, size_t n);
/** A copy of n bytes and a NUL; NULL: no memory. */
const char *yc_options_copy(struct yc_options *o, const char *text, size_t n);
/** Append to a list; false: no memory. where may be NULL. */
bool yc_text_list_add(struct yc_options *o, struct yc_text_list *list, const char *text, const char *where);
/** Append a warning; false: no memory. */
bool yc_options_warn(struct yc_options *o, const char *format, ...) YC_PRINTF(2, 3);
enum yc_verdict yc_options_no_memory(struct yc_error *err);
/** How the text of a flag is read, as atoi would: "" is true, and so is what begins with a number other than 0. */
bool yc_option_is_true(const char *p, size_t n);

/** Store one word: name (without dashes, perhaps with "no" in front) and value (NULL: none was given), both of given
 *  lengths. *known (must not be NULL) says whether the program has the option; otherwise nothing is stored.
 *  YC_VALID, YC_INVALID with the reason, YC_SYSTEM (MEMORY). */
enum yc_verdict yc_options_store(struct yc_options *o, enum yc_option_source source, struct yc_view section,
                                 struct yc_view name, const struct yc_view *value, bool *known, struct yc_error *err);

#endif
