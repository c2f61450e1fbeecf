/* What the commands of ycoin-wallet share. For wallet/cli. One thread. */
#ifndef YC_WALLET_CLI_CLI_H
#define YC_WALLET_CLI_CLI_H

#include "node/access/access.h"
#include "sys/clock.h"
#include "sys/json_out.h"
#include "wallet/holder.h"
#include "wallet/sync.h"

enum yc_exit {
    YC_EXIT_OK = 0,
    YC_EXIT_ERROR = 1,
    YC_EXIT_USE = 2,       /* wrong use of the command line */
    YC_EXIT_TIMEOUT = 3,   /* wait: not paid in time */
    YC_EXIT_COINS = 4,     /* not enough coins */
    YC_EXIT_PASSPHRASE = 5 /* wrong passphrase, or none where one is needed */
};

struct yc_cli {
    struct yc_options *options;
    struct yc_node_place place;
    struct yc_node_client *node;
    struct yc_source source;
    struct yc_clock_real clock;
    /* Taken from the command line before the configuration file is read: a node's own options of these names there
     * mean something else. */
    const char *wallet_name;
    int64_t timeout_s;
    char path[YC_PATH_MAX]; /* the wallet's file */
    struct yc_wallet wallet;
    struct yc_source_tip tip; /* after a sync */
    bool json;
    struct yc_buf out;    /* what goes to standard output at the end: JSON or a table */
    struct yc_json_out j; /* over out */
    struct yc_error err;
    enum yc_exit exit; /* what a failure means; YC_EXIT_ERROR unless said otherwise */
};

/* A command returns YC_VALID, or fills in c->err (and c->exit where it is not YC_EXIT_ERROR). */
struct yc_command {
    const char *name, *arguments;
    size_t arguments_min, arguments_max;
    enum yc_verdict (*run)(struct yc_cli *c);
    const char *help, *example;
};

/** The commands; *count of them. Static. */
const struct yc_command *yc_cli_commands(size_t *count);
extern const struct yc_options_program yc_cli_program;
/** Append the whole help text. */
void yc_cli_help(struct yc_buf *out);

/** The i-th argument of the command (0 is the first), NULL past the end. */
const char *yc_cli_argument(const struct yc_cli *c, size_t i);
/** Fail as wrong use of the command line. */
enum yc_verdict yc_cli_misuse(struct yc_cli *c, const char *format, ...) YC_PRINTF(2, 3);
/** printf to the answer. */
void yc_cli_print(struct yc_cli *c, const char *format, ...) YC_PRINTF(2, 3);
/** Something the person should know, at once, on standard error. */
void yc_cli_note(const char *format, ...) YC_PRINTF(1, 2);

/** Open the wallet of -wallet. */
enum yc_verdict yc_cli_open(struct yc_cli *c) YC_MUST_USE;
/** Open it and bring it up to the node. */
enum yc_verdict yc_cli_open_synced(struct yc_cli *c) YC_MUST_USE;
enum yc_verdict yc_cli_sync(struct yc_cli *c) YC_MUST_USE;
/** The private account key of the open wallet (yc_wallet_unseal()): from its holder while it is unlocked, else by its
 *  passphrase where it needs one. */
enum yc_verdict yc_cli_unseal(struct yc_cli *c, struct yc_secret *key) YC_MUST_USE;
/** The passphrase of a sealed wallet, from where the command line says. c->exit says when there is none. */
enum yc_verdict yc_cli_passphrase(struct yc_cli *c, struct yc_secret *out, size_t *n) YC_MUST_USE;
/** The holder of the open wallet. */
enum yc_verdict yc_cli_holder(struct yc_cli *c, struct yc_holder_id *out) YC_MUST_USE;

enum yc_verdict yc_cli_create(struct yc_cli *c);
enum yc_verdict yc_cli_restore(struct yc_cli *c);
enum yc_verdict yc_cli_watch(struct yc_cli *c);
enum yc_verdict yc_cli_encrypt(struct yc_cli *c);
enum yc_verdict yc_cli_backup(struct yc_cli *c);
enum yc_verdict yc_cli_lock(struct yc_cli *c);
enum yc_verdict yc_cli_unlock(struct yc_cli *c);
enum yc_verdict yc_cli_address(struct yc_cli *c);
enum yc_verdict yc_cli_request(struct yc_cli *c);
enum yc_verdict yc_cli_wait(struct yc_cli *c);
enum yc_verdict yc_cli_balance(struct yc_cli *c);
enum yc_verdict yc_cli_coins(struct yc_cli *c);
enum yc_verdict yc_cli_history(struct yc_cli *c);
enum yc_verdict yc_cli_info(struct yc_cli *c);
enum yc_verdict yc_cli_send(struct yc_cli *c);
enum yc_verdict yc_cli_abandon(struct yc_cli *c);

#endif
