/* Options from the command line and from the configuration file, by Bitcoin Core's rules, for every program.
 *
 * Command line: -name=value, --name=value, -name (an empty value: true for a flag), -noname (false), and --name value
 * in programs that allow it. The last one wins. File: name=value lines, '#' comments, [chain] sections, chain.name=value, repeated names are lists, the first
 * one wins. The command line beats settings.json, which beats the chain's section, which beats the rest of the file.
 * An option marked YC_OPTION_NETWORK_ONLY counts on chains other than main only inside the chain's own section.
 *
 * A program describes its options in a table; one thread reads everything at start, then any thread may ask. */
#ifndef YC_SYS_OPTIONS_H
#define YC_SYS_OPTIONS_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"

enum yc_option_kind {
    YC_OPTION_FLAG, /* true or false: "", "1" and other non-zero numbers are true, another word is an error */
    YC_OPTION_INT,
    YC_OPTION_TEXT,
    YC_OPTION_LIST /* may be given more than once */
};

enum yc_option_mark {
    YC_OPTION_NETWORK_ONLY = 1 << 0, /* see above */
    YC_OPTION_HIDDEN = 1 << 1,       /* never in the help text */
    YC_OPTION_DEBUG = 1 << 2,        /* in the help text with -help-debug only */
    YC_OPTION_SECRET = 1 << 3,       /* its value is **** in the log */
    YC_OPTION_NO_NEGATION = 1 << 4,  /* -noname is an error */
    YC_OPTION_NEEDS_VALUE = 1 << 5,  /* -name without a value is an error */
    YC_OPTION_COMMAND_LINE = 1 << 6  /* an error in a file (-conf) */
};

struct yc_option {
    const char *name; /* without the dash */
    enum yc_option_kind kind;
    unsigned marks;           /* enum yc_option_mark */
    const char *argument;     /* shown after the name, as "=<n>"; NULL: none */
    const char *default_text; /* shown as "(default: TEXT)"; NULL: not shown */
    const char *section;      /* headline in the help text, as "Connection options:"; options of one headline are
                                 shown together, headlines in the order of their first option */
    const char *help;         /* NULL only when hidden */
};

enum yc_positionals {
    YC_POSITIONALS_NONE, /* a bare word is an error */
    YC_POSITIONALS_LAST, /* the first bare word and everything after it are positional (ycoin-cli METHOD ARGS…) */
    YC_POSITIONALS_MIXED /* bare words anywhere, options between them; "--" ends the options */
};

struct yc_options_program {
    const char *name; /* "ycoind", for messages */
    const struct yc_option *table;
    size_t table_count;
    enum yc_positionals positionals;
    /* --name VALUE works like --name=VALUE for options that are no flags. With one dash it never does: there -name alone
     * means 1, as in Bitcoin Core. */
    bool spaced_values;
};

struct yc_options; /* opaque */

#define YC_OPTIONS_FILE_MAX (4u * 1024 * 1024) /* bytes in one configuration file */

/** No option set. program and what it points to are borrowed for the life; memory comes from alloc.
 *  YC_SYSTEM (MEMORY) on failure; the caller frees *out. */
enum yc_verdict yc_options_new(struct yc_options **out, const struct yc_alloc *alloc,
                               const struct yc_options_program *program, struct yc_error *err) YC_MUST_USE;
void yc_options_free(struct yc_options *o);

/** Read argv[1] to argv[argc-1] (copied). Returns YC_VALID, YC_INVALID with a sentence for the person
 *  ("Error parsing command line arguments: Invalid parameter -x (did you mean -y?)"), or YC_SYSTEM (MEMORY). */
enum yc_verdict yc_options_read_arguments(struct yc_options *o, int argc, const char *const *argv,
                                          struct yc_error *err) YC_MUST_USE;

/** Read one configuration file; names in it that the program does not know become warnings.
 *  Returns YC_VALID; YC_NOT_YET when the file does not exist; YC_INVALID with the file, the line and the reason;
 * YC_SYSTEM. */
enum yc_verdict yc_options_read_file(struct yc_options *o, const struct yc_fs *fs, const char *path,
                                     struct yc_error *err) YC_MUST_USE;

/** Read the files that includeconf= named so far, outside sections or in the chain's, relative to base_dir. An
 * includeconf= in one of them is ignored with a warning; -noincludeconf on the command line leaves them all out. A
 * missing file is YC_INVALID. */
enum yc_verdict yc_options_read_includes(struct yc_options *o, const struct yc_fs *fs, const char *base_dir,
                                         const char *chain, struct yc_error *err) YC_MUST_USE;

/** Name the chain ("main", "regtest" …; copied): from now on its section counts. Warns about network-only options that
 *  are then ignored. Before this call no section counts. */
enum yc_verdict yc_options_select_chain(struct yc_options *o, const char *chain, struct yc_error *err) YC_MUST_USE;

/** A value from settings.json: above the file, below the command line. False: no memory. */
bool yc_options_add_setting(struct yc_options *o, const char *name, const char *value) YC_MUST_USE;
/** Set the option unless something set it; *changed (may be NULL) says which. False: no memory. */
bool yc_options_default(struct yc_options *o, const char *name, const char *value, bool *changed) YC_MUST_USE;
/** Set the option whatever was said before. False: no memory. */
bool yc_options_force(struct yc_options *o, const char *name, const char *value) YC_MUST_USE;

/* The name in each of these must be in the program's table: anything else is a bug and an assertion. */

/** True when anything set it, negated included. */
bool yc_options_is_set(const struct yc_options *o, const char *name);
/** True when the winning word on it is -noname. */
bool yc_options_is_negated(const struct yc_options *o, const char *name);
/** The winning text: fallback when nothing set it, "" when it was given without a value, "0" when negated. Borrowed
 *  until free. */
const char *yc_options_text(const struct yc_options *o, const char *name, const char *fallback);
bool yc_options_flag(const struct yc_options *o, const char *name, bool fallback);

struct yc_int_range {
    const char *what; /* "a port", for the message */
    int64_t min, max;
};

/** The winning value as a whole number: fallback when nothing set it, 0 when negated, 1 when given without a value
 *  (both then checked against the range like any other). YC_INVALID with a sentence:
 *  "-port=99999 is not a port: give a number from 1 to 65535". */
enum yc_verdict yc_options_int(const struct yc_options *o, const char *name, int64_t fallback,
                               struct yc_int_range range, int64_t *out, struct yc_error *err) YC_MUST_USE;

/** An amount of coins ("0.0001") in base units, at most 21 million coins. fallback_sat when nothing set it. */
enum yc_verdict yc_options_amount(const struct yc_options *o, const char *name, int64_t fallback_sat, int64_t *out_sat,
                                  struct yc_error *err) YC_MUST_USE;

/** The i-th of all values of a list, the command line's first, then the settings', the section's, the file's; a
 * negation drops the values before it in its source and all of the sources below it. NULL past the end. Borrowed until
 * free. */
const char *yc_options_list(const struct yc_options *o, const char *name, size_t i);

/** The same two without sections, as they are needed to find out the chain (-regtest, -chain). A negation on the
 * command line is ignored there, as in Bitcoin Core: it only takes back what stood before it. */
const char *yc_options_chain_text(const struct yc_options *o, const char *name, const char *fallback);
bool yc_options_chain_flag(const struct yc_options *o, const char *name, bool fallback);

/** The i-th positional word; NULL past the end. Borrowed until free. */
const char *yc_options_positional(const struct yc_options *o, size_t i);
size_t yc_options_positional_count(const struct yc_options *o);

/** The i-th warning so far, a sentence; NULL past the end. Borrowed until free. */
const char *yc_options_warning(const struct yc_options *o, size_t i);

/** The i-th section name that the files used, and where ("ycoin.conf:7"); NULL past the end. For a warning about
 * sections of no known chain. */
const char *yc_options_section(const struct yc_options *o, size_t i, const char **where);

/** Write one line per option that was set, as Bitcoin Core does ("Command-line arg: port=\"1\""), secrets masked. */
void yc_options_log(const struct yc_options *o, const struct yc_log *log);

/** Append the help text of the table, wrapped at 79 columns. */
void yc_options_help(const struct yc_options_program *program, bool show_debug, struct yc_buf *out);

/** The option name of the table that is nearest to a mistyped one, NULL when none is near. */
const char *yc_options_nearest(const struct yc_options_program *program, const char *name);

#endif
