/* ycoin-cli: RPC from the command line. One thread; exits with 0, with 1 when there is no answer, or with the absolute
 * value of the RPC's error code (its low byte). */
#ifndef YC_NODE_CLI_CLI_H
#define YC_NODE_CLI_CLI_H

#include "base/buf.h"
#include "net/transport/http_client.h"
#include "node/access/setup.h"
#include "sys/json.h"
#include "sys/options.h"

#define YC_CLI_ARGS_MAX   4096
#define YC_CLI_SECRET_MAX 1024

struct yc_cli {
    struct yc_options *options;
    struct yc_setup setup; /* chain and folders */
    char host[256];
    uint16_t port;
    char auth[YC_CLI_SECRET_MAX];     /* "user:password" */
    char password[YC_CLI_SECRET_MAX]; /* from standard input; "" when none */
    const char *auth_problem;         /* why there may be no password; for the message when it is refused */
    struct yc_http_client *http;
    const char *method;
    const char *args[YC_CLI_ARGS_MAX]; /* of the method; borrowed from options or from input */
    size_t arg_count;
    struct yc_buf input; /* lines of standard input, each ended by a NUL */
};

extern const struct yc_options_program yc_cli_program;

/* ---- config.c ---- */

/** Read options and files, choose the chain, find host and port. YC_INVALID or YC_SYSTEM with a sentence. */
enum yc_verdict yc_cli_configure(struct yc_cli *c, int argc, const char *const *argv, struct yc_error *err) YC_MUST_USE;
/** Read what -stdinrpcpass and -stdin ask for. */
enum yc_verdict yc_cli_read_input(struct yc_cli *c, struct yc_error *err) YC_MUST_USE;

/* ---- convert.c ---- */

/** Append the JSON of a method's parameters, made from words: those that the method takes as JSON are parsed, others are
 *  texts. named: words of the form name=value become members of an object, the others its member "args".
 *  YC_INVALID when a word that must be JSON is none. */
enum yc_verdict yc_cli_params(struct yc_buf *out, const char *method, const char *const *args, size_t count, bool named,
                              struct yc_error *err) YC_MUST_USE;

/* ---- call.c ---- */

/** Send a body of JSON-RPC and parse the answer, waiting for the server with -rpcwait. The caller frees *out.
 *  YC_VALID whatever the answer says. */
enum yc_verdict yc_cli_post(struct yc_cli *c, struct yc_view body, struct yc_json **out,
                            struct yc_error *err) YC_MUST_USE;
/** Call one method; *out as above. */
enum yc_verdict yc_cli_call(struct yc_cli *c, const char *method, struct yc_view params, struct yc_json **out,
                            struct yc_error *err) YC_MUST_USE;

/* ---- print.c: each returns the exit code ---- */

int yc_cli_print_value(const struct yc_json *v);
int yc_cli_print_answer(const struct yc_json *answer);
int yc_cli_print_error(const struct yc_json *error);
/** "error: TEXT" on standard error, 1. */
int yc_cli_print_failure(const struct yc_error *err);

/* ---- info.c ---- */

/** Call two methods in one batch; the caller frees *out, an array of two answers. False: the exit code is in *code. */
bool yc_cli_call_two(struct yc_cli *c, const char *first, const char *second, struct yc_json **out, int *code);
/** A whole number that is a member of an object; 0 when there is none. */
int64_t yc_cli_int_member(const struct yc_json *object, const char *name);

/* ---- info.c: commands of the program's own; each returns the exit code ---- */

int yc_cli_getinfo(struct yc_cli *c);
/** netinfo.c: with -watch again each second, until the node does not answer. */
int yc_cli_netinfo(struct yc_cli *c);
int yc_cli_generate(struct yc_cli *c);

#endif
