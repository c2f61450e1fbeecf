/* An unlocked wallet: a small process, the holder, that keeps the wallet's key until a time, and how commands ask it.
 *
 * Whoever may ask the holder could spend the coins with its signatures as well as with its key, so it hands out the
 * key: to processes of its own user that know the seal, and thus can read the wallet's file, over a socket in a folder
 * that no other user can enter.
 * Attacks and accidents it answers (catalogue W11, W30): a key that stays unlocked (it ends at its time by either
 * clock, so a machine that slept does not prolong it; on `lock`; on a signal; when the wallet's file or its own socket
 * is replaced, or others can enter its folder); a key on disk, in core dumps, in /proc (locked memory of a process without dumps; the passphrase comes
 * through a socket pair, never by argument or environment); another program in the holder's place (what it hands out
 * must be the account's own key). Linux only. One thread. */
#ifndef YC_WALLET_HOLDER_H
#define YC_WALLET_HOLDER_H

#include "wallet/wallet.h"

#define YC_HOLDER_SECONDS_MAX    86400
#define YC_HOLDER_PATH_MAX       4096
#define YC_HOLDER_NAME_MAX       40
#define YC_HOLDER_PASSPHRASE_MAX 1024

/* Which holder is meant. */
struct yc_holder_id {
    const char *runtime_folder;    /* $XDG_RUNTIME_DIR; NULL: none. Borrowed */
    char file[YC_HOLDER_PATH_MAX]; /* the wallet's, from the root, without links */
    char name[YC_HOLDER_NAME_MAX]; /* of the socket: made of the path and the account */
    uint8_t seal32[32];            /* SHA-256 of the sealed secret; zeros when it is not sealed */
};

/** The holder of an open wallet, whether it runs or not. */
enum yc_verdict yc_holder_of(struct yc_holder_id *out, struct yc_wallet *w, const char *runtime_folder,
                             struct yc_error *err) YC_MUST_USE;

struct yc_holder_plan {
    const struct yc_holder_id *id;
    const struct yc_chain_params *params;
    struct yc_view passphrase; /* at most YC_HOLDER_PASSPHRASE_MAX bytes */
    int64_t seconds;           /* 1..YC_HOLDER_SECONDS_MAX */
    const struct yc_clock *clock;
    const struct yc_random *random;
};

struct yc_holder_start {
    int64_t until_s; /* wall clock */
    bool locked;     /* false: the memory could not be locked; see yc_secret_lock_warning() */
};

/** Start a holder; one that runs already ends in favour of the new one. The process must have no wallet open (SQLite
 *  does not survive a fork) and no other thread. Returns when the key is there to be asked for.
 *  Returns YC_VALID; YC_INVALID: wrong passphrase (then an earlier holder still runs); else as yc_wallet_open() and
 *  yc_wallet_unseal(); YC_SYSTEM (IO) when there is no place for its socket. */
enum yc_verdict yc_holder_begin(struct yc_holder_start *out, const struct yc_holder_plan *plan,
                                struct yc_error *err) YC_MUST_USE;

/** Until when the wallet is unlocked, by the wall clock. YC_NOT_YET: it is not; else as yc_holder_key(). */
enum yc_verdict yc_holder_until(const struct yc_holder_id *id, int64_t *until_s, struct yc_error *err) YC_MUST_USE;

/** The private account key, as yc_wallet_unseal() gives it, from the holder.
 *  YC_NOT_YET: none runs; YC_INVALID: what runs there is not this wallet's; YC_SYSTEM (IO): it does not answer. */
enum yc_verdict yc_holder_key(const struct yc_holder_id *id, struct yc_wallet *w, struct yc_secret *out,
                              struct yc_error *err) YC_MUST_USE;

/** End the holder; when this returns YC_VALID the key is wiped. *ran (may be NULL): whether there was one. */
enum yc_verdict yc_holder_end(const struct yc_holder_id *id, bool *ran, struct yc_error *err) YC_MUST_USE;

#endif
