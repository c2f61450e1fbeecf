/* A payment: planned from the wallet's coins, signed, and recorded before any node hears of it.
 *
 * Attacks and accidents it answers: paying twice after a retry or a kill (the transaction and the client's id are
 * recorded in one step, before sending: W29); two processes that choose the same coin (checked again in that step);
 * immature or foreign unconfirmed coins (W22); fee sniping (W23); fees by mistake (W12). One thread. */
#ifndef YC_WALLET_PAY_H
#define YC_WALLET_PAY_H

#include "base/arena.h"
#include "consensus/tx.h"
#include "formats/address.h"
#include "wallet/select.h"
#include "wallet/source.h"
#include "wallet/wallet.h"

struct yc_pay_ask {
    struct yc_address to;
    int64_t amount_sat;
    bool everything;   /* all coins, the fee taken from them; amount_sat is ignored */
    bool subtract_fee; /* the recipient bears the fee */
    int64_t rate_sat_kvb;
    const struct yc_outpoint *coins; /* spend exactly these; coin_count 0: choose */
    size_t coin_count;
    uint32_t tip_height;
};

struct yc_pay {
    struct yc_tx tx;                   /* signed by yc_pay_sign(); before that without scripts */
    const struct yc_store_coin *spent; /* tx.in_count of them, in input order */
    int64_t amount_sat, fee_sat, change_sat;
    bool has_change;
    uint32_t change_output, change_index; /* which output it is, and its address */
    char change_address[YC_ADDRESS_TEXT_MAX];
};

/** May the coin be spent in the block after this tip, as far as its age goes? */
bool yc_coin_mature(const struct yc_store_coin *coin, uint32_t tip_height);

/** Choose coins and lay the transaction out. Everything in *out lives in the arena. Confirmed coins come first;
 *  unconfirmed change of our own is used only when they do not suffice.
 *  Returns YC_VALID; YC_NOT_YET: not enough coins; YC_INVALID: amount, coins or address cannot be; YC_SYSTEM. */
enum yc_verdict yc_pay_plan(struct yc_pay *out, struct yc_wallet *w, const struct yc_pay_ask *ask,
                            struct yc_arena *arena, struct yc_error *err) YC_MUST_USE;

/** Sign every input; account is the private account key. Then tx is complete, with its ids. */
enum yc_verdict yc_pay_sign(struct yc_pay *pay, struct yc_wallet *w, const struct yc_hdkey *account,
                            struct yc_arena *arena, struct yc_error *err) YC_MUST_USE;

/** Record the signed payment as pending, durably, under the client's id (NULL: none). From here on its coins are spent
 *  and every sync hands it over until it is known to be sent.
 *  YC_INVALID: the id is taken; YC_POLICY: a coin was spent since it was planned. Then nothing was recorded. */
enum yc_verdict yc_pay_record(struct yc_pay *pay, struct yc_wallet *w, const struct yc_store_payment *id, int64_t now_s,
                              struct yc_error *err) YC_MUST_USE;

/** The change address is given out, although the payment is not recorded: someone else will send it. */
enum yc_verdict yc_pay_reserve_change(const struct yc_pay *pay, struct yc_wallet *w, struct yc_error *err) YC_MUST_USE;

/** A node took the transaction. */
enum yc_verdict yc_pay_sent(const struct yc_txid *txid, struct yc_wallet *w, int64_t now_s,
                            struct yc_error *err) YC_MUST_USE;
/** The node refused it when it first heard of it: its coins are free again, and the id may be used anew. */
enum yc_verdict yc_pay_abandon(const struct yc_txid *txid, struct yc_wallet *w, struct yc_error *err) YC_MUST_USE;
/** The same at the owner's wish, for a payment that was recorded while no node could be reached: it is handed over once
 *  more, and only when the node refuses it, and no node ever took it, its coins are free again. Otherwise it may be
 *  mined yet, and paying anew would pay twice. The wallet is synced. Doing it twice is fine.
 *  YC_NOT_YET: no such payment, or the node is not reached; YC_POLICY: it may be mined yet, or it is settled already. */
enum yc_verdict yc_pay_give_up(const struct yc_txid *txid, struct yc_wallet *w, const struct yc_source *source,
                               int64_t now_s, struct yc_error *err) YC_MUST_USE;

#endif
