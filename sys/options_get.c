/* Which of the words that were read counts: Bitcoin Core's precedence, with its two quirks, which users' files rely
 * on: in a file the first of several values counts, and a negation in the top part of the file reaches network-only
 * options, although values there do not. */
#include "base/assert.h"
#include "sys/json.h"
#include "sys/options_state.h"

#include <stdio.h>
#include <string.h>

static const struct yc_option *option_of(const struct yc_options *o, const char *name)
{
    const struct yc_option *option = yc_option_find(o->program, name, strlen(name));
    YC_ASSERT(option);
    return option;
}

/* True when the word is one of the option's in this place. */
static bool is_at(const struct yc_options *o, const struct yc_option_word *w, const struct yc_option *option,
                  enum yc_option_source place)
{
    if (w->option != option)
        return false;
    if (place == YC_SOURCE_CHAIN_SECTION)
        return w->source == YC_SOURCE_FILE && o->chain && strcmp(w->section, o->chain) == 0;
    return w->source == place && w->section[0] == 0;
}

/* The option's words in one place: how many values follow the last negation. */
struct span {
    const struct yc_option_word *first, *last; /* values after the last negation; NULL: none */
    bool negated;                              /* there was a negation */
};

static struct span span_of(const struct yc_options *o, const struct yc_option *option, enum yc_option_source place)
{
    struct span s = {NULL, NULL, false};
    for (const struct yc_option_word *w = o->first; w; w = w->next) {
        if (!is_at(o, w, option, place))
            continue;
        if (!w->value) {
            s = (struct span){NULL, NULL, true};
        } else {
            s.first = s.first ? s.first : w;
            s.last = w;
        }
    }
    return s;
}

static bool top_part_ignored(const struct yc_options *o, const struct yc_option *option)
{
    return option->marks & YC_OPTION_NETWORK_ONLY && o->chain && strcmp(o->chain, "main") != 0;
}

enum outcome { UNSET, NEGATED, VALUE };

/* The word that counts. for_chain: while the chain is being found out. */
static enum outcome winner(const struct yc_options *o, const struct yc_option *option, bool for_chain,
                           const char **value)
{
    for (int place = 0; place < YC_SOURCE_COUNT; place++) {
        if (for_chain && place == YC_SOURCE_CHAIN_SECTION)
            continue;
        struct span s = span_of(o, option, (enum yc_option_source)place);
        bool negated = s.negated && !s.first;
        bool in_file = place == YC_SOURCE_FILE || place == YC_SOURCE_CHAIN_SECTION;
        if (place == YC_SOURCE_FILE && !for_chain && !negated && top_part_ignored(o, option))
            continue;
        if (for_chain && negated && place == YC_SOURCE_COMMAND_LINE)
            continue;
        if (negated)
            return NEGATED;
        if (s.first) {
            *value = in_file && !for_chain ? s.first->value : s.last->value;
            return VALUE;
        }
    }
    return UNSET;
}

static const char *text_of(const struct yc_options *o, const char *name, const char *fallback, bool for_chain)
{
    const char *value = NULL;
    switch (winner(o, option_of(o, name), for_chain, &value)) {
    case UNSET:
        return fallback;
    case NEGATED:
        return "0";
    case VALUE:
        return value;
    }
    return fallback;
}

bool yc_options_is_set(const struct yc_options *o, const char *name)
{
    const char *value;
    return winner(o, option_of(o, name), false, &value) != UNSET;
}

bool yc_options_is_negated(const struct yc_options *o, const char *name)
{
    const char *value;
    return winner(o, option_of(o, name), false, &value) == NEGATED;
}

const char *yc_options_text(const struct yc_options *o, const char *name, const char *fallback)
{
    return text_of(o, name, fallback, false);
}

bool yc_options_flag(const struct yc_options *o, const char *name, bool fallback)
{
    const char *text = text_of(o, name, NULL, false);
    return text ? yc_option_is_true(text, strlen(text)) : fallback;
}

const char *yc_options_chain_text(const struct yc_options *o, const char *name, const char *fallback)
{
    return text_of(o, name, fallback, true);
}

bool yc_options_chain_flag(const struct yc_options *o, const char *name, bool fallback)
{
    const char *text = text_of(o, name, NULL, true);
    return text ? yc_option_is_true(text, strlen(text)) : fallback;
}

enum yc_verdict yc_options_int(const struct yc_options *o, const char *name, int64_t fallback,
                               struct yc_int_range range, int64_t *out, struct yc_error *err)
{
    const char *text = text_of(o, name, NULL, false);
    int64_t v = fallback;
    if (text &&
        (!yc_decimal_parse(yc_view_text(*text ? text : "1"), 0, INT64_MAX, &v) || v < range.min || v > range.max))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "-%s=%.128s is not %s: give a number from %lld to %lld", name,
                       text, range.what, (long long)range.min, (long long)range.max);
    *out = v;
    return YC_VALID;
}

enum yc_verdict yc_options_amount(const struct yc_options *o, const char *name, int64_t fallback_sat, int64_t *out_sat,
                                  struct yc_error *err)
{
    const char *text = text_of(o, name, NULL, false);
    int64_t v = fallback_sat;
    if (text && (!yc_decimal_parse(yc_view_text(text), 8, 2100000000000000, &v) || v < 0))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Invalid amount for -%s=<amount>: '%.128s'; give coins with at most 8 decimals, as 0.0001", name,
                       text);
    *out_sat = v;
    return YC_VALID;
}

const char *yc_options_list(const struct yc_options *o, const char *name, size_t i)
{
    const struct yc_option *option = option_of(o, name);
    for (int place = 0; place < YC_SOURCE_COUNT; place++) {
        struct span s = span_of(o, option, (enum yc_option_source)place);
        if (place == YC_SOURCE_FILE && top_part_ignored(o, option))
            continue;
        for (const struct yc_option_word *w = s.first; w; w = w == s.last ? NULL : w->next)
            if (is_at(o, w, option, (enum yc_option_source)place) && i-- == 0)
                return w->value;
        if (s.negated)
            break;
    }
    return NULL;
}

/* True when only the top part of the file gives the option a value. */
static bool is_ignored(const struct yc_options *o, const struct yc_option *option)
{
    bool elsewhere = false;
    for (int place = 0; place < YC_SOURCE_FILE; place++) {
        struct span s = span_of(o, option, (enum yc_option_source)place);
        elsewhere = elsewhere || s.first || s.negated;
    }
    return !elsewhere && span_of(o, option, YC_SOURCE_FILE).first;
}

enum yc_verdict yc_options_select_chain(struct yc_options *o, const char *chain, struct yc_error *err)
{
    o->chain = yc_options_copy(o, chain, strlen(chain));
    if (!o->chain)
        return yc_options_no_memory(err);
    for (size_t i = 0; i < o->program->table_count; i++) {
        const struct yc_option *option = &o->program->table[i];
        if (top_part_ignored(o, option) && is_ignored(o, option) &&
            !yc_options_warn(o, "Config setting for -%s only applied on %s network when in [%s] section.", option->name,
                             chain, chain))
            return yc_options_no_memory(err);
    }
    return YC_VALID;
}

void yc_options_log(const struct yc_options *o, const struct yc_log *log)
{
    for (const struct yc_option_word *w = o->first; w; w = w->next) {
        const char *value = !w->value ? "false" : w->option->marks & YC_OPTION_SECRET ? "****" : w->value;
        const char *quote = !w->value || w->option->marks & YC_OPTION_SECRET ? "" : "\"";
        const char *name = w->option->name;
        if (w->source == YC_SOURCE_COMMAND_LINE)
            yc_log_info(log, "Command-line arg: %s=%s%s%s", name, quote, value, quote);
        else if (w->source == YC_SOURCE_SETTINGS)
            yc_log_info(log, "Setting file arg: %s = %s%s%s", name, quote, value, quote);
        else if (w->source == YC_SOURCE_FILE && w->section[0])
            yc_log_info(log, "Config file arg: [%s] %s=%s%s%s", w->section, name, quote, value, quote);
        else if (w->source == YC_SOURCE_FILE)
            yc_log_info(log, "Config file arg: %s=%s%s%s", name, quote, value, quote);
    }
}
