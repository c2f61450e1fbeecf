#include "miner/console.h"

#include <unistd.h>

#include "sys/clock.h"

#define ERASE_LINE "\r\x1b[K"

/* Text from the node may hold control characters, which could drive a terminal. */
static void put_clean(FILE *out, const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static void line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site, const char *text)
{
    struct yc_console *c = ctx;
    char time[YC_TIME_TEXT_MAX];
    (void)category;
    (void)site;
    yc_time_text(time, yc_clock_log_us() / 1000000);
    yc_mutex_lock(&c->mutex);
    fprintf(c->out, "%s%s %s", c->status_shown ? ERASE_LINE : "", time, level >= YC_LOG_WARNING ? "warning: " : "");
    put_clean(c->out, text);
    putc('\n', c->out);
    fflush(c->out);
    c->status_shown = false;
    yc_mutex_unlock(&c->mutex);
}

static bool on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    (void)ctx;
    (void)category;
    return level >= YC_LOG_INFO;
}

void yc_console_init(struct yc_console *c, FILE *out)
{
    *c = (struct yc_console){.log = {line, on, c}, .out = out, .terminal = isatty(fileno(out))};
    yc_mutex_init(&c->mutex);
}

void yc_console_release(struct yc_console *c)
{
    yc_console_status(c, NULL);
    yc_mutex_release(&c->mutex);
}

void yc_console_status(struct yc_console *c, const char *text)
{
    if (!c->terminal)
        return;
    yc_mutex_lock(&c->mutex);
    if (text || c->status_shown) {
        fputs(ERASE_LINE, c->out);
        put_clean(c->out, text ? text : "");
        fflush(c->out);
    }
    c->status_shown = text != NULL;
    yc_mutex_unlock(&c->mutex);
}
