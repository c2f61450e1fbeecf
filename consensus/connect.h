/* The rules of a block that need its place in the chain and the coins it spends. yc_block_connect() is the authority:
 * it enforces every such rule itself, whatever the mempool, a cache or a template said before (catalogue C38).
 * Called by the core thread; the script checks that it hands out may run on any thread. */
#ifndef YC_CONSENSUS_CONNECT_H
#define YC_CONSENSUS_CONNECT_H

#include "consensus/block.h"
#include "consensus/pow.h"
#include "consensus/script/verify.h"

struct yc_coin {
    int64_t value_sat;
    uint32_t height; /* of the block that made it */
    bool coinbase;
    struct yc_view script;
};

/* The coins as a block sees them. Calls come in the block's order, so coins made and spent within it work. */
struct yc_coins {
    /* YC_VALID and the coin; YC_NOT_YET when there is none; YC_SYSTEM. The script stays readable until the block's
     * arena dies, whatever is spent meanwhile. */
    enum yc_verdict (*spend)(void *ctx, const struct yc_outpoint *at, struct yc_coin *out);
    /* Make a coin; an existing one is overwritten. Not called for outputs that can never be spent. */
    enum yc_verdict (*add)(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin);
    /* YC_VALID when an unspent coin is there, else YC_NOT_YET (BIP 30). */
    enum yc_verdict (*has)(void *ctx, const struct yc_outpoint *at);
    void *ctx;
};

/* One input's script check: pure, over memory that outlives the block's connection. */
struct yc_script_check {
    const struct yc_spend *spend; /* the transaction with its spent outputs and sighash midstates */
    uint32_t input;
    uint32_t tx; /* index in the block */
    uint32_t flags;
};

struct yc_script_sink {
    /* Take a check to be run now or later (the struct is copied). YC_VALID, or YC_SYSTEM. */
    enum yc_verdict (*take)(void *ctx, const struct yc_script_check *check);
    void *ctx;
};

/* What connecting a block spent, in the order of its inputs, the coinbase left out: the undo data. */
struct yc_spent_coins {
    const struct yc_coin *coin; /* count of them, in the block's arena */
    size_t count;
};

struct yc_connect {
    const struct yc_chain_params *params;
    const struct yc_block_hash *hash;
    uint32_t height;
    const struct yc_ancestors *ancestors; /* of the parent; NULL for genesis */
    const struct yc_coins *coins;
    const struct yc_script_sink *scripts; /* NULL: script checks are skipped (assumevalid, or known to be valid) */
    struct yc_arena *arena;               /* gets spent coins and spends; lives until all checks are done */
};

/** Did a later block, before BIP 30, make the same coins once more as this block's coinbase, before they were spent? Undoing
 *  that one takes them away, so none of them are there when this one is undone. Bitcoin has two such blocks. */
bool yc_block_was_overwritten(const struct yc_chain_params *params, uint32_t height,
                              const struct yc_block_hash *hash) YC_MUST_USE;

/** Rules that need the ancestors but no coins: finality, BIP 34 height, BIP 54's coinbase, witness commitment, weight.
 *  The commitment is checked before the weight (catalogue C35). height is the block's own. */
enum yc_verdict yc_block_accept(const struct yc_block *b, const struct yc_chain_params *params, uint32_t height,
                                const struct yc_ancestors *a, struct yc_arena *scratch,
                                struct yc_reject *why) YC_MUST_USE;

/** Spend the block's inputs and make its outputs, checking existence, maturity, amounts, locks (BIP 68), sigops, BIP
 *  30, BIP 54's sigops and the coinbase's amount; script checks go to the sink.
 *  On any result but YC_VALID the coins are left half changed: the caller drops the changes (or undoes them).
 *  out_spent, out_fees_sat  written on YC_VALID (fees may be NULL)
 *  The verdict on scripts is the sink's to give: the block is valid when this says so and all its checks do.
 *  A genesis block (height 0) makes no coins: its output cannot be spent. */
enum yc_verdict yc_block_connect(const struct yc_block *b, const struct yc_connect *c, struct yc_spent_coins *out_spent,
                                 int64_t *out_fees_sat, struct yc_reject *why) YC_MUST_USE;

/** Run one check and say what is wrong: YC_VALID, YC_INVALID (BLOCK_SCRIPT with script_error), YC_SYSTEM. machine is the
 *  calling thread's own script memory. */
enum yc_verdict yc_script_check_run(const struct yc_script_check *check, struct yc_script_machine *machine,
                                    const struct yc_checker *checker, struct yc_reject *why) YC_MUST_USE;

/* The checks of a single transaction against coins, shared by blocks, mempool and tests. */
struct yc_tx_coins {
    const struct yc_tx *tx;
    const struct yc_coin *coin; /* one for each input, in input order (catalogue C39) */
};
/** Maturity, amounts, in >= out: on YC_VALID *fee_sat is the fee. spend_height is the block that would hold it. */
enum yc_verdict yc_tx_check_inputs(const struct yc_tx_coins *t, uint32_t spend_height, int64_t *fee_sat,
                                   struct yc_reject *why) YC_MUST_USE;
/** BIP 68: is every relative lock over, for a block of height a->height + 1? */
bool yc_tx_sequence_locks_ok(const struct yc_tx_coins *t, const struct yc_ancestors *a);
/** Signature operations of the transaction's own scripts, counted without the coins it spends; a CHECKMULTISIG is 20. */
uint64_t yc_tx_legacy_sigops(const struct yc_tx *tx);
/** Signature-operation cost (BIP 141: legacy and P2SH times 4, witness times 1). */
uint64_t yc_tx_sigop_cost(const struct yc_tx_coins *t, uint32_t flags);
/** BIP 54's count: scriptSig, spent script and redeem script of every input. */
uint64_t yc_tx_legacy_sigops_bip54(const struct yc_tx_coins *t);

/** Script flags that a block of this height and hash is checked under: exceptions replace the base set. */
uint32_t yc_script_flags_at(const struct yc_chain_params *params, uint32_t height, const struct yc_block_hash *hash);
/** BIP 34's push of a height: bytes written to out (at most 6). */
size_t yc_bip34_push(uint8_t out6[6], uint32_t height);

#endif
