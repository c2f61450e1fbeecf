/* ycoin-cli [options] METHOD [arguments] */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "node/cli/cli.h"
#include "sys/heap.h"
#include "sys/lockfile.h"

#define STOP_WAIT_MS (600 * INT64_C(1000))

static bool asks(const char *const *argv, int argc, const char *const *names)
{
    for (int i = 1; i < argc && argv[i][0] == '-'; i++) {
        const char *word = argv[i] + 1 + (argv[i][1] == '-');
        for (size_t k = 0; names[k]; k++) {
            if (strcmp(word, names[k]) == 0)
                return true;
        }
    }
    return false;
}

static int print_help(void)
{
    struct yc_buf text;
    yc_buf_init(&text, yc_heap(), 1 << 20);
    yc_options_help(&yc_cli_program, false, &text);
    printf("YCoin RPC client version v" YC_VERSION "\n\n"
           "Usage:  ycoin-cli [options] <command> [params]\n"
           "or:     ycoin-cli [options] -named <command> [name=value]...\n"
           "or:     ycoin-cli [options] help                List commands\n"
           "or:     ycoin-cli [options] help <command>      Get help for a command\n\n"
           "Example: ycoin-cli -regtest getblockhash 0\n\n%.*s\n",
           (int)text.n, (const char *)text.p);
    yc_buf_release(&text);
    return 0;
}

/* After `stop`, so that a script may start the node again, or copy its files, in its next line. Only the node whose
 * folder this is has taken the cookie; another one's end cannot be seen from here. */
static void wait_for_end(const struct yc_cli *c)
{
    fflush(stdout);
    if (strncmp(c->auth, "__cookie__:", 11) == 0 && !yc_datadir_wait_free(c->setup.chain_dir, STOP_WAIT_MS))
        fprintf(stderr, "the node in %s is still ending; its log says how far it is\n", c->setup.chain_dir);
}

/* Parameters and the call itself. */
static int run_method(struct yc_cli *c)
{
    struct yc_buf params;
    struct yc_json *answer = NULL;
    struct yc_error err;
    if (!c->method) {
        fprintf(stderr, "error: too few parameters (need at least command)\n");
        return 1;
    }
    yc_buf_init(&params, yc_heap(), (size_t)1 << 30);
    enum yc_verdict v =
        yc_cli_params(&params, c->method, c->args, c->arg_count, yc_options_flag(c->options, "named", false), &err);
    if (v == YC_VALID)
        v = yc_cli_call(c, c->method, yc_buf_view(&params), &answer, &err);
    yc_buf_release(&params);
    int code = v == YC_VALID ? yc_cli_print_answer(answer) : yc_cli_print_failure(&err);
    yc_json_free(answer);
    if (code == 0 && strcmp(c->method, "stop") == 0)
        wait_for_end(c);
    return code;
}

static int run(struct yc_cli *c)
{
    struct yc_error err;
    const struct yc_options *o = c->options;
    c->method = yc_options_positional(o, 0);
    for (size_t i = 1; i < yc_options_positional_count(o) && c->arg_count < YC_CLI_ARGS_MAX; i++)
        c->args[c->arg_count++] = yc_options_positional(o, i);
    if (yc_cli_read_input(c, &err) != YC_VALID)
        return yc_cli_print_failure(&err);
    if (yc_options_flag(o, "getinfo", false))
        return yc_cli_getinfo(c);
    if (yc_options_flag(o, "netinfo", false))
        return yc_cli_netinfo(c);
    return yc_options_flag(o, "generate", false) ? yc_cli_generate(c) : run_method(c);
}

int main(int argc, char **argv)
{
    static const char *const help[] = {"?", "h", "help", NULL}, *const version[] = {"version", NULL};
    static struct yc_cli cli; /* too large for a stack */
    const char *const *words = (const char *const *)(const void *)argv;
    struct yc_error err;
    if (argc > 1 && asks(words, argc, version)) {
        printf("YCoin RPC client version v" YC_VERSION "\n");
        return 0;
    }
    if (argc < 2 || asks(words, argc, help)) {
        (void)print_help();
        if (argc > 1)
            return 0;
        fprintf(stderr, "Error: too few parameters\n");
        return 1;
    }
    int code;
    if (yc_cli_configure(&cli, argc, words, &err) == YC_VALID) {
        code = run(&cli);
    } else {
        fprintf(stderr, "Error: %s\n", err.text);
        code = 1;
    }
    yc_wipe(cli.auth, sizeof cli.auth);
    yc_wipe(cli.password, sizeof cli.password);
    yc_http_client_free(cli.http);
    yc_buf_release(&cli.input);
    yc_options_free(cli.options);
    return code;
}
