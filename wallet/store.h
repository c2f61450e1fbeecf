/* A wallet's file: what it is (chain, account, secret), its scripts, the transactions that concern it, and how far it
 * has read the chain. The only module that sees SQLite (store*.c).
 *
 * Balances are never stored: they are sums over outputs that no active transaction spends (catalogue W13, W33).
 * Attacks and accidents it answers: kill -9 at any instant (every change is a transaction, synced: W09); flipped bytes
 * (each row carries a sum over its columns that is checked at every opening: W08); files of other programs, versions
 * or chains, which are refused and left alone; plaintext left behind by encrypting (the file is written anew: W07).
 * One thread at a time; other processes wait for each other. */
#ifndef YC_WALLET_STORE_H
#define YC_WALLET_STORE_H

#include "base/result.h"
#include "consensus/ids.h"
#include "formats/amount.h"
#include "keys/derive.h"
#include "keys/mnemonic.h"
#include "keys/seal.h"

struct yc_store; /* opaque */

#define YC_STORE_APPLICATION_ID 0x59436f77 /* "YCow" */
#define YC_STORE_VERSION        1
#define YC_STORE_REMEMBERED     2016 /* blocks whose hashes are kept one by one; before them each 2,016th */
#define YC_STORE_SECRET_MAX     (YC_MNEMONIC_ENTROPY_MAX + YC_SEAL_OVERHEAD)
#define YC_STORE_LABEL_MAX      96  /* bytes, with its NUL */
#define YC_STORE_PAYMENT_ID_MAX 128 /* bytes, with its NUL */

enum yc_secret_form {
    YC_SECRET_NONE,  /* watch-only */
    YC_SECRET_PLAIN, /* the entropy of the phrase, as it is */
    YC_SECRET_SEALED /* the same by yc_seal_close() */
};

/* What the file says about itself. */
struct yc_store_facts {
    struct yc_block_hash genesis;
    enum yc_account_kind kind;
    char account_xpub[YC_HDKEY_TEXT_MAX];
    uint8_t master_fingerprint4[4]; /* zeros when watch-only */
    uint32_t birth_height;          /* blocks below hold nothing of ours */
    enum yc_secret_form secret_form;
    uint8_t secret[YC_STORE_SECRET_MAX];
    size_t secret_n;
};

/** Make a new file with these facts; nothing that exists is ever overwritten. 0600.
 *  Returns YC_VALID; YC_INVALID when something is there already; YC_SYSTEM. The caller closes *out. */
enum yc_verdict yc_store_create(struct yc_store **out, const char *path, const struct yc_store_facts *facts,
                                struct yc_error *err) YC_MUST_USE;

/** Open and check a file (every row's sum: linear in its size).
 *  Returns YC_VALID; YC_NOT_YET when there is none; YC_INVALID when it is no wallet or of another version; YC_SYSTEM
 *  (CORRUPT) when it is damaged. */
enum yc_verdict yc_store_open(struct yc_store **out, const char *path, struct yc_error *err) YC_MUST_USE;
/** NULL is fine. An open transaction is rolled back. */
void yc_store_close(struct yc_store *s);
const char *yc_store_path(const struct yc_store *s);

/** Read the facts; wipe them with yc_store_facts_wipe() when done. */
enum yc_verdict yc_store_facts(struct yc_store *s, struct yc_store_facts *out, struct yc_error *err) YC_MUST_USE;
void yc_store_facts_wipe(struct yc_store_facts *f);

/** Write everything but the secret into a new file with this secret instead, put it in the old one's place and
 *  overwrite the old bytes. After a kill at any instant one of the two files is in place, whole. s is closed in any
 *  case: open the path again. */
enum yc_verdict yc_store_replace_secret_take(struct yc_store *s, enum yc_secret_form form, struct yc_view secret,
                                             struct yc_error *err) YC_MUST_USE;

/** Copy the file, as it is now, to a new file, check the copy whole and sync it. YC_INVALID when something is there
 *  already. */
enum yc_verdict yc_store_backup(struct yc_store *s, const char *path, struct yc_error *err) YC_MUST_USE;

/* Changes are made between begin and commit; what is not committed did not happen. begin waits for other processes at
 * most 30 s. */
enum yc_verdict yc_store_begin(struct yc_store *s, struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_store_commit(struct yc_store *s, struct yc_error *err) YC_MUST_USE;
void yc_store_rollback(struct yc_store *s);

/* -- scripts: ours, by branch and index */

struct yc_store_script {
    enum yc_account_branch branch;
    uint32_t index;
    struct yc_view script; /* valid during the call */
};
typedef enum yc_verdict (*yc_store_each_script_fn)(void *ctx, const struct yc_store_script *script);

enum yc_verdict yc_store_add_script(struct yc_store *s, const struct yc_store_script *script,
                                    struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_store_each_script(struct yc_store *s, yc_store_each_script_fn each, void *ctx,
                                     struct yc_error *err) YC_MUST_USE;

/** The branch and index of a script; *found is false when it is not ours. */
enum yc_verdict yc_store_find_script(struct yc_store *s, struct yc_view script, enum yc_account_branch *branch,
                                     uint32_t *index, bool *found, struct yc_error *err) YC_MUST_USE;

/* How far a branch is used; every count is of indices from 0 on. */
struct yc_store_branch {
    uint32_t derived; /* scripts that are stored */
    uint32_t given;   /* addresses that were handed out */
    uint32_t paid;    /* one past the highest index that ever received */
};
enum yc_verdict yc_store_branch(struct yc_store *s, enum yc_account_branch branch, struct yc_store_branch *out,
                                struct yc_error *err) YC_MUST_USE;
/** The branch's addresses below `given` are handed out; never lowers it. */
enum yc_verdict yc_store_set_given(struct yc_store *s, enum yc_account_branch branch, uint32_t given,
                                   struct yc_error *err) YC_MUST_USE;
/** A label for the receiving address of this index. */
enum yc_verdict yc_store_set_label(struct yc_store *s, uint32_t index, const char *label,
                                   struct yc_error *err) YC_MUST_USE;

/* -- the chain, as far as it was read */

struct yc_store_block {
    uint32_t height;
    struct yc_block_hash hash;
};
/** The highest block that was read. YC_NOT_YET: none yet. */
enum yc_verdict yc_store_tip(struct yc_store *s, struct yc_store_block *out, struct yc_error *err) YC_MUST_USE;
/** The highest remembered block below the height. YC_NOT_YET: none is remembered. */
enum yc_verdict yc_store_block_below(struct yc_store *s, uint32_t height, struct yc_store_block *out,
                                     struct yc_error *err) YC_MUST_USE;
/** The block was read. Of blocks that are long past only each 2,016th is remembered. */
enum yc_verdict yc_store_add_block(struct yc_store *s, const struct yc_store_block *block,
                                   struct yc_error *err) YC_MUST_USE;
/** Forget the blocks from this height on; their transactions count as unconfirmed again. */
enum yc_verdict yc_store_disconnect(struct yc_store *s, uint32_t from_height, struct yc_error *err) YC_MUST_USE;

/* -- transactions that pay us or spend our coins */

enum yc_store_tx_state {                      /* of one that is not in a block */
                         YC_TX_POOL = 1,      /* the node had it in its pool when last asked */
                         YC_TX_PENDING = 2,   /* spends our coins, and the node did not have it */
                         YC_TX_GONE = 3,      /* only paid us, and the node did not have it: nothing to rely on */
                         YC_TX_ABANDONED = 4, /* made by us and refused by the node, so never sent */
                         YC_TX_CONFLICTED =
                             5 /* what it spends was spent by another, which is in a block or in the pool */
};

struct yc_store_tx {
    struct yc_txid txid;
    struct yc_view raw;
    int64_t height; /* of its block; -1: none */
    int64_t block_time_s;
    int64_t seen_s; /* when we first saw or made it */
    enum yc_store_tx_state state;
    bool coinbase;
    bool own;        /* spends a coin of ours */
    int64_t fee_sat; /* -1 unless all of its inputs are ours */
    int64_t sent_s;  /* when a node last took it from us; 0: never, or not ours */
};

struct yc_store_output { /* one of our outputs */
    struct yc_outpoint outpoint;
    int64_t value_sat;
    enum yc_account_branch branch;
    uint32_t index;
};

/** Add a transaction with all its inputs' outpoints, or update the height, times and state of the one that is there. */
enum yc_verdict yc_store_put_tx(struct yc_store *s, const struct yc_store_tx *tx, const struct yc_outpoint *inputs,
                                size_t input_count, struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_store_put_output(struct yc_store *s, const struct yc_store_output *output,
                                    struct yc_error *err) YC_MUST_USE;
/** YC_NOT_YET when it is not ours. out->raw is valid until the next call of this function. */
enum yc_verdict yc_store_get_tx(struct yc_store *s, const struct yc_txid *txid, struct yc_store_tx *out,
                                struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_store_set_state(struct yc_store *s, const struct yc_txid *txid, enum yc_store_tx_state state,
                                   struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_store_set_sent(struct yc_store *s, const struct yc_txid *txid, int64_t sent_s,
                                  struct yc_error *err) YC_MUST_USE;

typedef enum yc_verdict (*yc_store_each_output_fn)(void *ctx, const struct yc_store_output *output);
/** Every output of ours that was ever seen, spent or not. */
enum yc_verdict yc_store_each_output(struct yc_store *s, yc_store_each_output_fn each, void *ctx,
                                     struct yc_error *err) YC_MUST_USE;

struct yc_store_history { /* a transaction as the owner sees it */
    struct yc_store_tx tx;
    int64_t net_sat; /* what it brought us, fee included: negative when it cost */
};
typedef enum yc_verdict (*yc_store_each_history_fn)(void *ctx, const struct yc_store_history *row);
/** All transactions, oldest first, the unconfirmed last. Views are valid during the call. */
enum yc_verdict yc_store_each_history(struct yc_store *s, yc_store_each_history_fn each, void *ctx,
                                      struct yc_error *err) YC_MUST_USE;

struct yc_store_coin { /* an output of ours that no active transaction spends */
    struct yc_store_output output;
    int64_t height; /* -1: unconfirmed */
    bool coinbase;
    bool trusted; /* unconfirmed, but from our own coins alone and in the node's pool (catalogue W22) */
};
typedef enum yc_verdict (*yc_store_each_coin_fn)(void *ctx, const struct yc_store_coin *coin);
/** The largest first. */
enum yc_verdict yc_store_each_coin(struct yc_store *s, yc_store_each_coin_fn each, void *ctx,
                                   struct yc_error *err) YC_MUST_USE;
/** Is it one of the coins above? */
enum yc_verdict yc_store_is_coin(struct yc_store *s, const struct yc_outpoint *outpoint, bool *out,
                                 struct yc_error *err) YC_MUST_USE;

/** What a script of ours received in transactions of the active chain with at least this many confirmations at the
 *  tip height given; with 0 confirmations also in ones that wait (catalogue W35). */
enum yc_verdict yc_store_received(struct yc_store *s, struct yc_view script, uint32_t confirmations_min,
                                  uint32_t tip_height, int64_t *out_sat, struct yc_error *err) YC_MUST_USE;

/* -- the node's pool */

/** Did a sync look at this transaction of the pool already? */
enum yc_verdict yc_store_pool_seen(struct yc_store *s, const struct yc_txid *txid, bool *out,
                                   struct yc_error *err) YC_MUST_USE;
/** The pool is now these transactions, all looked at. Sets the state of every unconfirmed transaction by it: pool,
 *  pending or gone, and conflicted with its descendants. */
enum yc_verdict yc_store_set_pool(struct yc_store *s, const struct yc_txid *txids, size_t count,
                                  struct yc_error *err) YC_MUST_USE;
/** Look at the whole pool again: we watch scripts that we did not watch before. */
enum yc_verdict yc_store_forget_pool(struct yc_store *s, struct yc_error *err) YC_MUST_USE;

/* -- payments that a client named, so that its retry cannot pay twice (catalogue W29) */

struct yc_store_payment {
    char id[YC_STORE_PAYMENT_ID_MAX];
    char address[YC_ADDRESS_TEXT_MAX];
    char amount[YC_AMOUNT_TEXT_MAX]; /* as asked for: a number or "all" */
    struct yc_txid txid;
};
/** YC_NOT_YET: no payment has this id. */
enum yc_verdict yc_store_get_payment(struct yc_store *s, const char *id, struct yc_store_payment *out,
                                     struct yc_error *err) YC_MUST_USE;
/** YC_INVALID when the id is taken. */
enum yc_verdict yc_store_add_payment(struct yc_store *s, const struct yc_store_payment *payment,
                                     struct yc_error *err) YC_MUST_USE;
/** The payment of this transaction never left: its id may be used again. */
enum yc_verdict yc_store_drop_payment(struct yc_store *s, const struct yc_txid *txid, struct yc_error *err) YC_MUST_USE;

/** Counts for `info`. */
struct yc_store_counts {
    int64_t transactions, coins;
};
enum yc_verdict yc_store_counts(struct yc_store *s, struct yc_store_counts *out, struct yc_error *err) YC_MUST_USE;

#endif
