/* The help text, and what a mistyped option was meant to be. */
#include "sys/options.h"

#include <string.h>

#define COLUMNS      79
#define NAME_INDENT  2
#define TEXT_INDENT  7
#define COMPARED_MAX 40 /* longer names are not compared */

static void spaces(struct yc_buf *out, size_t n)
{
    while (n-- > 0)
        yc_buf_append(out, " ", 1);
}

/* Columns that text takes: UTF-8's continuation bytes take none. */
static size_t width(const char *p, size_t n)
{
    size_t columns = 0;
    for (size_t i = 0; i < n; i++)
        columns += ((unsigned char)p[i] & 0xc0) != 0x80;
    return columns;
}

/* Append words, broken so that no line passes the last column (but a longer word stays whole), and keeping line
 * breaks that the text has. *column: where the line stands. */
static void paragraph(struct yc_buf *out, const char *text, size_t *column)
{
    bool first = *column == TEXT_INDENT;
    while (*text) {
        if (*text == '\n' || *text == ' ') {
            if (*text == '\n') {
                yc_buf_append(out, "\n", 1);
                spaces(out, TEXT_INDENT);
                *column = TEXT_INDENT;
                first = true;
            }
            text++;
            continue;
        }
        size_t n = strcspn(text, " \n"), columns = width(text, n);
        if (!first && *column + 1 + columns > COLUMNS) {
            yc_buf_append(out, "\n", 1);
            spaces(out, TEXT_INDENT);
            *column = TEXT_INDENT;
        } else if (!first) {
            yc_buf_append(out, " ", 1);
            ++*column;
        }
        yc_buf_append(out, text, n);
        *column += columns;
        first = false;
        text += n;
    }
}

static void one_option(const struct yc_option *option, struct yc_buf *out)
{
    spaces(out, NAME_INDENT);
    yc_buf_append_text(out, "-");
    yc_buf_append_text(out, option->name);
    if (option->argument)
        yc_buf_append_text(out, option->argument);
    yc_buf_append_text(out, "\n");
    spaces(out, TEXT_INDENT);
    size_t column = TEXT_INDENT;
    paragraph(out, option->help, &column);
    if (option->default_text) {
        char text[160];
        size_t n = strlen(option->default_text);
        if (n > sizeof text - 16)
            n = sizeof text - 16;
        memcpy(text, "(default: ", 10);
        memcpy(text + 10, option->default_text, n);
        memcpy(text + 10 + n, ")", 2);
        paragraph(out, text, &column);
    }
    yc_buf_append_text(out, "\n\n");
}

static bool shown(const struct yc_option *option, bool show_debug)
{
    return !(option->marks & YC_OPTION_HIDDEN) && (show_debug || !(option->marks & YC_OPTION_DEBUG));
}

/* True when an option before the i-th that is shown has the same headline. */
static bool section_done(const struct yc_options_program *p, size_t i, bool show_debug)
{
    for (size_t k = 0; k < i; k++)
        if (shown(&p->table[k], show_debug) && strcmp(p->table[k].section, p->table[i].section) == 0)
            return true;
    return false;
}

void yc_options_help(const struct yc_options_program *program, bool show_debug, struct yc_buf *out)
{
    for (size_t i = 0; i < program->table_count; i++) {
        if (!shown(&program->table[i], show_debug) || section_done(program, i, show_debug))
            continue;
        yc_buf_append_text(out, program->table[i].section);
        yc_buf_append_text(out, "\n\n");
        for (size_t k = i; k < program->table_count; k++) {
            const struct yc_option *option = &program->table[k];
            if (shown(option, show_debug) && strcmp(option->section, program->table[i].section) == 0)
                one_option(option, out);
        }
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete, replace or swap with their neighbour to make a of b. */
static unsigned distance(const char *a, const char *b)
{
    size_t an = strlen(a), bn = strlen(b);
    unsigned rows[3][COMPARED_MAX + 1];
    if (an > COMPARED_MAX || bn > COMPARED_MAX)
        return COMPARED_MAX;
    for (size_t k = 0; k <= bn; k++)
        rows[0][k] = (unsigned)k;
    for (size_t i = 1; i <= an; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= bn; k++) {
            row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], above2[k - 2] + 1);
        }
    }
    return rows[an % 3][bn];
}

const char *yc_options_nearest(const struct yc_options_program *program, const char *name)
{
    const char *best = NULL;
    unsigned best_distance = strlen(name) <= 4 ? 2 : 3; /* one letter wrong in a short name, two in a long one */
    if (strncmp(name, "no", 2) == 0 && name[2]) {
        const char *positive = yc_options_nearest(program, name + 2);
        if (positive)
            return positive;
    }
    for (size_t i = 0; i < program->table_count; i++) {
        if (program->table[i].marks & YC_OPTION_HIDDEN)
            continue;
        unsigned d = distance(name, program->table[i].name);
        if (d < best_distance) {
            best = program->table[i].name;
            best_distance = d;
        }
    }
    return best;
}
