/* Options, configuration file, chain: by the same rules as ycoind's, so that both agree about folders and ports. */
#include <stdio.h>

#include "net/addr/netaddr.h"
#include "node/cli/cli.h"
#include "sys/heap.h"

#define GENERAL  "Options:"
#define CHAIN    "Chain selection options:"
#define COMMANDS "CLI Commands:"

static const struct yc_option options[] = {
    {"?", YC_OPTION_FLAG, 0, NULL, NULL, GENERAL, "Print this help message and exit (also -help or -h)"},
    {"help", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, GENERAL, NULL},
    {"h", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, GENERAL, NULL},
    {"address", YC_OPTION_TEXT, 0, "=<address>", NULL, GENERAL, "Where the coins of -generate go"},
    {"conf", YC_OPTION_TEXT, 0, "=<file>", "ycoin.conf", GENERAL,
     "Specify configuration file. Relative paths will be prefixed by datadir location."},
    {"datadir", YC_OPTION_TEXT, YC_OPTION_NO_NEGATION, "=<dir>", NULL, GENERAL, "Specify data directory"},
    {"includeconf", YC_OPTION_LIST, YC_OPTION_HIDDEN, NULL, NULL, GENERAL, NULL},
    {"named", YC_OPTION_FLAG, 0, NULL, "false", GENERAL, "Pass named instead of positional arguments: name=value"},
    {"rpcclienttimeout", YC_OPTION_INT, 0, "=<n>", "900", GENERAL,
     "Timeout in seconds for an answer, or 0 for no timeout."},
    {"rpcconnect", YC_OPTION_TEXT, 0, "=<ip>", "127.0.0.1", GENERAL, "Send commands to node running on <ip>"},
    {"rpccookiefile", YC_OPTION_TEXT, 0, "=<loc>", ".cookie in the chain's folder", GENERAL,
     "Location of the auth cookie. Relative paths will be prefixed by the chain's folder."},
    {"rpcpassword", YC_OPTION_TEXT, YC_OPTION_SECRET, "=<pw>", NULL, GENERAL, "Password for JSON-RPC connections"},
    {"rpcport", YC_OPTION_INT, YC_OPTION_NETWORK_ONLY, "=<port>", "the chain's", GENERAL,
     "Connect to JSON-RPC on <port>"},
    {"rpcuser", YC_OPTION_TEXT, 0, "=<user>", NULL, GENERAL, "Username for JSON-RPC connections"},
    {"rpcwait", YC_OPTION_FLAG, 0, NULL, NULL, GENERAL, "Wait for RPC server to start"},
    {"rpcwaittimeout", YC_OPTION_INT, YC_OPTION_NO_NEGATION, "=<n>", "0", GENERAL,
     "Timeout in seconds to wait for the RPC server to start, or 0 for no timeout."},
    {"stdin", YC_OPTION_FLAG, 0, NULL, NULL, GENERAL,
     "Read extra arguments from standard input, one per line until the end (recommended for sensitive information). "
     "With "
     "-stdinrpcpass the first line is the RPC password."},
    {"stdinrpcpass", YC_OPTION_FLAG, 0, NULL, NULL, GENERAL, "Read RPC password from standard input as a single line."},
    {"version", YC_OPTION_FLAG, 0, NULL, NULL, GENERAL, "Print version and exit"},
    {"chain", YC_OPTION_TEXT, 0, "=<chain>", "main", CHAIN,
     "Use the chain <chain>: main, test, regtest, or that of -chainfile"},
    {"chainfile", YC_OPTION_TEXT, 0, "=<file>", NULL, CHAIN, "Use the chain that this file describes"},
    {"regtest", YC_OPTION_FLAG, 0, NULL, NULL, CHAIN, "Use the regression test chain. Equivalent to -chain=regtest."},
    {"signet", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, CHAIN, NULL},
    {"test", YC_OPTION_FLAG, 0, NULL, NULL, CHAIN, "Use the test chain. Equivalent to -chain=test."},
    {"testnet", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, CHAIN, NULL},
    {"testnet4", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, CHAIN, NULL},
    {"generate", YC_OPTION_FLAG, 0, NULL, NULL, COMMANDS,
     "Mine blocks to -address: -generate -address=<address> [nblocks [maxtries]]"},
    {"getinfo", YC_OPTION_FLAG, 0, NULL, NULL, COMMANDS, "Get general information from the remote server"},
    {"netinfo", YC_OPTION_FLAG, 0, NULL, NULL, COMMANDS,
     "Get network peer connection information; a level from 0 to 4 as argument says how much of each peer, help what "
     "is what"},
    {"watch", YC_OPTION_FLAG, 0, NULL, NULL, COMMANDS,
     "With -netinfo: show it again each second, until Ctrl-C: -netinfo -watch 4"},
};

const struct yc_options_program yc_cli_program = {"ycoin-cli", options, sizeof options / sizeof *options,
                                                  YC_POSITIONALS_LAST, false};

static enum yc_verdict find_server(struct yc_cli *c, struct yc_error *err)
{
    const char *connect = yc_options_text(c->options, "rpcconnect", "127.0.0.1");
    struct yc_int_range range = {"a port", 1, 65535};
    struct yc_view host;
    int64_t port;
    if (!yc_netaddr_split(&host, &c->port, connect, c->setup.params.rpc_port) || host.n >= sizeof c->host)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid port provided in -rpcconnect: %s", connect);
    memcpy(c->host, host.p, host.n);
    c->host[host.n] = 0;
    enum yc_verdict v = yc_options_int(c->options, "rpcport", c->port, range, &port, err);
    if (v == YC_VALID)
        c->port = (uint16_t)port;
    return v;
}

enum yc_verdict yc_cli_configure(struct yc_cli *c, int argc, const char *const *argv, struct yc_error *err)
{
    enum yc_verdict v = yc_options_new(&c->options, yc_heap(), &yc_cli_program, err);
    if (v == YC_VALID)
        v = yc_options_read_arguments(c->options, argc, argv, err);
    if (v == YC_VALID)
        v = yc_setup_find(&c->setup, c->options, YC_CHAIN_FILE_RUN, err);
    if (v != YC_VALID)
        return v;
    return find_server(c, err);
}

/* ---- standard input ---- */

/* The next line without its end; false when there is none. */
static bool read_line(struct yc_buf *out)
{
    int ch = getchar();
    if (ch == EOF)
        return false;
    for (; ch != EOF && ch != '\n'; ch = getchar()) {
        uint8_t byte = (uint8_t)ch;
        yc_buf_append(out, &byte, 1);
    }
    if (out->n && out->p[out->n - 1] == '\r')
        out->n--;
    yc_buf_append(out, "", 1);
    return true;
}

enum yc_verdict yc_cli_read_input(struct yc_cli *c, struct yc_error *err)
{
    yc_buf_init(&c->input, yc_heap(), 256u << 20);
    if (yc_options_flag(c->options, "stdinrpcpass", false)) {
        if (!read_line(&c->input))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "-stdinrpcpass specified but failed to read from standard input");
        if (c->input.n > sizeof c->password)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the RPC password on standard input is too long");
        memcpy(c->password, c->input.p, c->input.n);
        yc_buf_clear(&c->input);
    }
    if (!yc_options_flag(c->options, "stdin", false))
        return YC_VALID;
    while (read_line(&c->input)) {
    }
    if (c->input.failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for what standard input holds");
    for (size_t at = 0; at < c->input.n; at += strlen((const char *)c->input.p + at) + 1) {
        const char *line = (const char *)c->input.p + at;
        if (!c->method) {
            c->method = line;
        } else if (c->arg_count == YC_CLI_ARGS_MAX) {
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "more than %d arguments", YC_CLI_ARGS_MAX);
        } else {
            c->args[c->arg_count++] = line;
        }
    }
    return YC_VALID;
}
