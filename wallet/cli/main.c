/* ycoin-wallet: reads the command line, runs one command, prints its answer. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/daemon.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/random.h"
#include "wallet/cli/cli.h"
#include "wallet/cli/prompt.h"
#include "wallet/cli/rpc_source.h"

#define OUT_BYTES_MAX  ((size_t)1 << 30)
#define NAME_MAX_BYTES 64

const char *yc_cli_argument(const struct yc_cli *c, size_t i)
{
    return yc_options_positional(c->options, i + 1);
}

enum yc_verdict yc_cli_misuse(struct yc_cli *c, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(c->err.text, sizeof c->err.text, format, list);
    va_end(list);
    c->err.which = YC_SYSTEM_NONE;
    c->exit = YC_EXIT_USE;
    return YC_INVALID;
}

void yc_cli_print(struct yc_cli *c, const char *format, ...)
{
    char line[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    yc_buf_append_text(&c->out, line);
}

void yc_cli_note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    fflush(stderr);
}

/* -- which wallet */

static bool name_fits(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_BYTES || name[0] == '.' || name[0] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)name[i];
        if (b < 0x20 || b == 0x7f)
            return false;
    }
    return true;
}

/* Does a part of the path lead upwards? A name that comes out of a script must not leave its folder unseen (W34). */
static bool climbs(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0))
            return true;
    }
    return false;
}

static enum yc_verdict find_file(struct yc_cli *c)
{
    const char *name = c->wallet_name;
    int n;
    if (strchr(name, '/')) {
        if (climbs(name))
            return yc_cli_misuse(c, "-wallet=%s: a path with \"..\" is refused: give it from the root or from here",
                                 name);
        n = snprintf(c->path, sizeof c->path, "%s", name);
    } else {
        if (!name_fits(name))
            return yc_cli_misuse(
                c, "-wallet=%s is no name for a wallet: 1 to %d characters, not beginning with '.' or '-'", name,
                NAME_MAX_BYTES);
        n = snprintf(c->path, sizeof c->path, "%s/%s.sqlite", c->place.setup.chain_dir, name);
    }
    if (n < 0 || (size_t)n >= sizeof c->path)
        return yc_cli_misuse(c, "the path of the wallet is too long");
    return YC_VALID;
}

enum yc_verdict yc_cli_open(struct yc_cli *c)
{
    return yc_wallet_open(&c->wallet, &c->place.setup.params, c->path, yc_random_system(), &c->err);
}

/* -- following the node */

static void show_progress(void *ctx, const struct yc_sync_progress *p)
{
    (void)ctx;
    double done = p->at - p->from, seconds = (double)p->elapsed_us / 1e6;
    double rate = seconds > 0 ? done / seconds : 0;
    double left = rate > 0 ? (double)(p->tip - p->at) / rate : 0;
    fprintf(stderr, "\rreading block %" PRIu32 " of %" PRIu32 ", %.0f a second, %.0f s left   ", p->at, p->tip, rate,
            left);
    fflush(stderr);
}

enum yc_verdict yc_cli_sync(struct yc_cli *c)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct yc_sync_config config = {&c->clock.clock, terminal ? show_progress : NULL, NULL};
    int64_t begun = yc_mono_us(&c->clock.clock);
    enum yc_verdict v = yc_wallet_sync(&c->wallet, &c->source, &config, &c->tip, &c->err);
    if (terminal && yc_mono_us(&c->clock.clock) - begun > 1000000)
        fputs("\r\033[K", stderr);
    return v;
}

enum yc_verdict yc_cli_open_synced(struct yc_cli *c)
{
    enum yc_verdict v = yc_cli_open(c);
    return v == YC_VALID ? yc_cli_sync(c) : v;
}

/* -- secrets */

enum yc_verdict yc_cli_passphrase(struct yc_cli *c, struct yc_secret *out, size_t *n)
{
    const char *file = yc_options_text(c->options, "passphrase-file", NULL);
    enum yc_verdict v;
    if (file)
        v = yc_prompt_file(out, n, file, &c->err);
    else if (yc_options_flag(c->options, "passphrase-stdin", false))
        v = yc_prompt_stdin(out, n, &c->err);
    else
        v = yc_prompt_line(out, n, "Passphrase: ", false, &c->err);
    if (v == YC_NOT_YET && !file && !yc_options_flag(c->options, "passphrase-stdin", false)) {
        c->exit = YC_EXIT_PASSPHRASE;
        return yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE,
                       "the wallet is locked and there is no terminal to ask for its passphrase: give "
                       "--passphrase-file=FILE or --passphrase-stdin, or unlock it before (`ycoin-wallet unlock`)");
    }
    return v;
}

enum yc_verdict yc_cli_holder(struct yc_cli *c, struct yc_holder_id *out)
{
    return yc_holder_of(out, &c->wallet, getenv("XDG_RUNTIME_DIR"), &c->err);
}

/* A holder that cannot be used is no hindrance: the passphrase is there still. */
static bool ask_holder(struct yc_cli *c, struct yc_secret *key)
{
    struct yc_holder_id id;
    enum yc_verdict v = yc_cli_holder(c, &id);
    if (v == YC_VALID)
        v = yc_holder_key(&id, &c->wallet, key, &c->err);
    if (v != YC_VALID && v != YC_NOT_YET)
        yc_cli_note("Note: %s", c->err.text);
    return v == YC_VALID;
}

enum yc_verdict yc_cli_unseal(struct yc_cli *c, struct yc_secret *key)
{
    struct yc_secret passphrase = {0};
    size_t n = 0;
    enum yc_verdict v = YC_VALID;
    if (c->wallet.secret_form == YC_SECRET_SEALED) {
        if (ask_holder(c, key))
            return YC_VALID;
        v = yc_cli_passphrase(c, &passphrase, &n);
    }
    if (v == YC_VALID) {
        v = yc_wallet_unseal(&c->wallet, key, yc_prompt_view(&passphrase, n), &c->err);
        if (v == YC_INVALID)
            c->exit = YC_EXIT_PASSPHRASE;
    }
    yc_secret_release(&passphrase);
    return v;
}

/* -- the program */

static int print_text(struct yc_buf *text)
{
    if (text->failed)
        return YC_EXIT_ERROR;
    bool fine = fwrite(text->p, 1, text->n, stdout) == text->n && fflush(stdout) == 0;
    return fine ? YC_EXIT_OK : YC_EXIT_ERROR;
}

static const struct yc_command *find_command(struct yc_cli *c)
{
    size_t count;
    const struct yc_command *all = yc_cli_commands(&count);
    const char *name = yc_options_positional(c->options, 0);
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    if (name)
        (void)yc_cli_misuse(c, "%s is not a command: ycoin-wallet --help lists them", name);
    else
        (void)yc_cli_misuse(c, "no command was given: ycoin-wallet --help lists them");
    return NULL;
}

static enum yc_verdict check_arguments(struct yc_cli *c, const struct yc_command *command)
{
    size_t given = yc_options_positional_count(c->options) - 1;
    if (given >= command->arguments_min && given <= command->arguments_max)
        return YC_VALID;
    return yc_cli_misuse(c, "%s takes %s: ycoin-wallet %s %s", command->name,
                         command->arguments[0] ? "exactly these arguments" : "no arguments", command->name,
                         command->arguments);
}

static enum yc_verdict read_command_line(struct yc_cli *c)
{
    struct yc_int_range seconds = {"a number of seconds", 0, INT32_MAX};
    c->wallet_name = yc_options_text(c->options, "wallet", "wallet");
    enum yc_verdict v = yc_options_int(c->options, "timeout", 0, seconds, &c->timeout_s, &c->err);
    if (v != YC_VALID)
        c->exit = YC_EXIT_USE;
    return v;
}

static enum yc_verdict run(struct yc_cli *c)
{
    struct yc_rpc_source source;
    const struct yc_command *command = find_command(c);
    enum yc_verdict v = command ? check_arguments(c, command) : YC_INVALID;
    if (v == YC_VALID)
        v = read_command_line(c);
    if (v == YC_VALID)
        v = yc_node_place_find(&c->place, c->options, &c->err);
    if (v == YC_VALID)
        v = find_file(c);
    if (v == YC_VALID)
        v = yc_node_client_new(&c->node, yc_heap(), &c->place, &c->err);
    if (v != YC_VALID)
        return v;
    yc_rpc_source_init(&source, c->node);
    c->source = source.source;
    c->json = yc_options_flag(c->options, "json", false);
    v = command->run(c);
    yc_rpc_source_release(&source);
    return v;
}

static int run_and_print(struct yc_cli *c)
{
    enum yc_verdict v = run(c);
    yc_wallet_close(&c->wallet);
    yc_node_client_free(c->node);
    if (v != YC_VALID) {
        yc_cli_note("Error: %s", c->err.text[0] ? c->err.text : yc_verdict_name(v));
        return (int)c->exit;
    }
    if (c->json)
        yc_buf_append_text(&c->out, "\n");
    if (print_text(&c->out) == YC_EXIT_OK)
        return YC_EXIT_OK;
    yc_cli_note("Error: the answer could not be printed: %s", strerror(errno));
    return YC_EXIT_ERROR;
}

int main(int argc, char **argv)
{
    static struct yc_cli c;
    yc_process_prepare();
    (void)yc_secret_harden_process();
    c.exit = YC_EXIT_ERROR;
    yc_clock_real_init(&c.clock);
    yc_buf_init(&c.out, yc_heap(), OUT_BYTES_MAX);
    yc_json_out_init(&c.j, &c.out, 2);
    enum yc_verdict v = yc_options_new(&c.options, yc_heap(), &yc_cli_program, &c.err);
    if (v == YC_VALID)
        v = yc_options_read_arguments(c.options, argc, (const char *const *)argv, &c.err);
    int status;
    if (v != YC_VALID) {
        yc_cli_note("%s", c.err.text);
        status = YC_EXIT_USE;
    } else if (yc_options_flag(c.options, "help", false) || yc_options_flag(c.options, "h", false) ||
               yc_options_flag(c.options, "?", false)) {
        yc_cli_help(&c.out);
        status = print_text(&c.out);
    } else if (yc_options_flag(c.options, "version", false)) {
        yc_cli_print(&c, "YCoin wallet version v%s\n", YC_VERSION);
        status = print_text(&c.out);
    } else {
        status = run_and_print(&c);
    }
    yc_options_free(c.options);
    if (c.out.p)
        explicit_bzero(c.out.p, c.out.cap); /* may hold recovery words */
    yc_buf_release(&c.out);
    return status;
}
