/* The command line: options, commands, and the help text made of both. */
#include "wallet/cli/cli.h"

#define FLAG YC_OPTION_FLAG
#define INT  YC_OPTION_INT
#define TEXT YC_OPTION_TEXT
#define LIST YC_OPTION_LIST
#define CL   YC_OPTION_COMMAND_LINE

#define MAKING  "Options for create, restore, watch:"
#define SECRETS "Passphrases and words (never on the command line, which others can see):"
#define PAYING  "Options for send:"
#define ASKING  "Options for request and wait:"

static const struct yc_option table[] = {
    {"help", FLAG, CL, NULL, NULL, YC_NODE_ACCESS_GENERAL, "Print this help and exit (also -h or -?)"},
    {"h", FLAG, CL | YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_GENERAL, NULL},
    {"?", FLAG, CL | YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_GENERAL, NULL},
    {"version", FLAG, CL, NULL, NULL, YC_NODE_ACCESS_GENERAL, "Print the version and exit"},
    {"wallet", TEXT, 0, "=<name>", "wallet", YC_NODE_ACCESS_GENERAL,
     "The wallet: a name (then its file is NAME.sqlite in the chain's folder of the data directory), or a path with a "
     "'/'"},
    {"json", FLAG, CL, NULL, NULL, YC_NODE_ACCESS_GENERAL, "Answer in JSON, for scripts"},
    YC_NODE_ACCESS_OPTIONS,
    {"words", INT, CL, "=<n>", "12", MAKING, "create: how many words: 12, 15, 18, 21 or 24"},
    {"type", TEXT, CL, "=<type>", "bip84", MAKING,
     "Which addresses: bip84 (P2WPKH), or bip86 (P2TR); restore and watch need the one that was made"},
    {"birth-height", INT, CL, "=<n>", NULL, MAKING,
     "Read the chain from this height on (create: the tip; restore, watch: 0, which is slow but finds everything)"},
    {"no-passphrase", FLAG, CL, NULL, NULL, MAKING,
     "Store the keys unprotected: whoever reads the file has the coins. For trying things out"},
    {"words-file", TEXT, CL, "=<file>", NULL, SECRETS, "restore: read the words from the first line of this file"},
    {"passphrase-file", TEXT, CL, "=<file>", NULL, SECRETS, "Read the passphrase from the first line of this file"},
    {"new-passphrase-file", TEXT, CL, "=<file>", NULL, SECRETS, "encrypt: the same for the new one"},
    {"passphrase-stdin", FLAG, CL, NULL, NULL, SECRETS,
     "Read it from a line of standard input (after the words with restore; encrypt: the old one, then the new one)"},
    {"for", INT, CL, "=<seconds>", "300", SECRETS, "unlock: for how long, at most 86400; a new unlock sets it anew"},
    {"fee-rate", TEXT, CL, "=<sat/vB>", "the node's estimate", PAYING,
     "The fee in base units per virtual byte, with up to 3 decimals"},
    {"max-fee", TEXT, CL, "=<amount>", NULL, PAYING,
     "Allow a fee of so much (without it at most 0.1, and at most a tenth of the amount or 0.001)"},
    {"subtract-fee", FLAG, CL, NULL, NULL, PAYING, "The recipient bears the fee"},
    {"coin", LIST, CL, "=<txid:n>", NULL, PAYING, "Spend exactly this coin (may be given more than once)"},
    {"id", TEXT, CL, "=<text>", NULL, PAYING,
     "Name this payment: the same command given again with the same name never pays twice"},
    {"no-broadcast", FLAG, CL, NULL, NULL, PAYING,
     "Sign and show the transaction, but neither record nor send it: its coins stay free"},
    {"yes", FLAG, CL, NULL, NULL, PAYING, "Do not ask"},
    {"label", TEXT, CL, "=<text>", NULL, ASKING, "request: what the payment is for, shown to the payer"},
    {"confirmations", INT, CL, "=<n>", "1", ASKING, "wait: how deep the payment must be; 0: seen is enough"},
    {"timeout", INT, 0, "=<seconds>", "0", ASKING, "wait: give up after so long (exit code 3); 0: never"},
};

const struct yc_options_program yc_cli_program = {"ycoin-wallet", table, sizeof table / sizeof table[0],
                                                  YC_POSITIONALS_MIXED, true};

static const struct yc_command commands[] = {
    {"create", "", 0, 0, yc_cli_create, "Make a wallet and show its recovery words, once", "ycoin-wallet create"},
    {"restore", "", 0, 0, yc_cli_restore, "Make a wallet from its words and find its coins",
     "ycoin-wallet -wallet=found restore"},
    {"watch", "XPUB", 1, 1, yc_cli_watch, "Make a wallet that sees but cannot spend, from an account's public key",
     "ycoin-wallet -wallet=shop watch \"$XPUB\""},
    {"address", "", 0, 0, yc_cli_address, "A new address to be paid at", "ycoin-wallet address"},
    {"request", "AMOUNT", 1, 1, yc_cli_request, "A payment link and QR code for a new address",
     "ycoin-wallet request 12.5 --label=\"Table 7\""},
    {"wait", "ADDRESS AMOUNT", 2, 2, yc_cli_wait, "Wait until the address was paid so much, so deep",
     "ycoin-wallet wait \"$TO\" 12.5 --confirmations=6 --timeout=3600"},
    {"balance", "", 0, 0, yc_cli_balance, "What the wallet holds", "ycoin-wallet balance --json"},
    {"send", "ADDRESS AMOUNT", 2, 2, yc_cli_send, "Pay; AMOUNT may be \"all\"",
     "ycoin-wallet send \"$TO\" 0.5 --fee-rate=2 --id=invoice-17"},
    {"abandon", "TXID", 1, 1, yc_cli_abandon, "Give up a payment that no node ever took; its coins are free again",
     "ycoin-wallet abandon \"$TXID\""},
    {"coins", "", 0, 0, yc_cli_coins, "The coins that can be spent now, the largest first", "ycoin-wallet coins"},
    {"history", "", 0, 0, yc_cli_history, "All transactions, oldest first", "ycoin-wallet history"},
    {"info", "", 0, 0, yc_cli_info, "What this wallet is: type, account key, how far it has read", "ycoin-wallet info"},
    {"unlock", "", 0, 0, yc_cli_unlock, "Ask for the passphrase now and not again for a while: a process keeps the key",
     "ycoin-wallet unlock --for=600"},
    {"lock", "", 0, 0, yc_cli_lock, "End what unlock began, before its time", "ycoin-wallet lock"},
    {"encrypt", "", 0, 0, yc_cli_encrypt, "Protect the keys by a passphrase, or change it; the file is written anew",
     "ycoin-wallet encrypt"},
    {"backup", "FILE", 1, 1, yc_cli_backup, "Copy the wallet to a new file, checked",
     "ycoin-wallet backup \"wallet-$(date +%F).sqlite\""},
};

const struct yc_command *yc_cli_commands(size_t *count)
{
    *count = sizeof commands / sizeof commands[0];
    return commands;
}

static void pad(struct yc_buf *out, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        yc_buf_append_text(out, " ");
}

void yc_cli_help(struct yc_buf *out)
{
    yc_buf_append_text(out,
                       "Keys, addresses and payments. The keys stay in this program; it asks a node for the rest.\n\n"
                       "Usage:  ycoin-wallet [options] <command> [arguments]\n\nCommands:\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct yc_command *c = &commands[i];
        yc_buf_append_text(out, "  ");
        yc_buf_append_text(out, c->name);
        yc_buf_append_text(out, c->arguments[0] ? " " : "");
        yc_buf_append_text(out, c->arguments);
        size_t wide = 2 + strlen(c->name) + (c->arguments[0] ? 1 : 0) + strlen(c->arguments);
        pad(out, wide, 24);
        yc_buf_append_text(out, c->help);
        yc_buf_append_text(out, "\n");
        pad(out, 0, 26);
        yc_buf_append_text(out, c->example);
        yc_buf_append_text(out, "\n");
    }
    yc_buf_append_text(out, "\n");
    yc_options_help(&yc_cli_program, false, out);
    yc_buf_append_text(out,
                       "\nExit codes:  0 done, 1 error, 2 wrong use, 3 wait: not paid in time, 4 not enough coins,\n"
                       "             5 wrong passphrase\n");
}
