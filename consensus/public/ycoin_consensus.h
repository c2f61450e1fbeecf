/* libycoin-consensus: the rules of YCoin and of Bitcoin, for other programs.
 *
 * It judges a script, a transaction, a chain of headers or a block, given as the bytes that the network sends, with coins
 * and ancestors that the caller supplies. It opens no file and no socket and knows no time but what it is told. The only
 * state that it keeps is in the objects below.
 *
 *   pkg-config --cflags --libs ycoin-consensus            doc/example/verify.c is a program to begin with
 *
 * Bytes      Hashes are 32 bytes in the order of the wire; people see them reversed. Amounts are in base units: a coin has
 *            100000000. Buffers are borrowed for the call; a pointer may be NULL where its count is 0.
 * Ownership  What *_new() returns is freed by *_free() (NULL is allowed). Everything else that is returned is static.
 * Threads    Chains never change once made: any number of threads may use one. A context is one thread's working memory:
 *            one call at a time. Callbacks are called on the calling thread and must not use the same context.
 * Memory     From malloc. A context takes about 0.3 MB, and a block for the time of the call up to 20 times its size.
 * Verdicts   Every call that judges returns one, and says why when the answer is not YCOIN_VALID. YCOIN_ERROR blames
 *            nobody: no memory, a callback that failed, an argument out of range.
 * ABI        The library's SONAME changes when a struct or a function here does. */
#ifndef YCOIN_CONSENSUS_H
#define YCOIN_CONSENSUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define YCOIN_API __attribute__((visibility("default")))
#else
#define YCOIN_API
#endif

/** The library's version, "0.1.0"; static. */
YCOIN_API const char *ycoin_consensus_version(void);

/* ---- verdicts and reasons ---- */

enum ycoin_verdict {
    YCOIN_VALID = 0,
    YCOIN_INVALID = 1, /* breaks a rule, for ever */
    YCOIN_MUTATED = 2, /* this body is not the header's; the header may be good, so ask another source for the body */
    YCOIN_NOT_YET = 3, /* may become valid: a time in the future, a parent that is not known */
    YCOIN_ERROR = 4    /* our failure or the caller's; says nothing about what was to be judged */
};

#define YCOIN_NO_INDEX UINT32_MAX

/* Why a verdict is not YCOIN_VALID. Strings are static but for detail. After YCOIN_VALID all are "" and code is 0. */
struct ycoin_reason {
    int code;                 /* 1..ycoin_reject_count(); 0 with YCOIN_ERROR. Numbers belong to one SONAME */
    const char *reject;       /* "bad-txns-vin-empty": Bitcoin Core's string where it has the rule; does not change */
    const char *what;         /* the rule that was broken, in words */
    uint32_t tx;              /* index in the block of the transaction at fault, or YCOIN_NO_INDEX */
    uint32_t input;           /* index of its input at fault, or YCOIN_NO_INDEX */
    const char *script_error; /* "SIG_DER", "EVAL_FALSE", where a script is at fault */
    char detail[160];         /* numbers seen, or with YCOIN_ERROR what failed; may be "" */
};

/** Every reason there is: codes 1..count, with their names in the sources ("TX_VIN_EMPTY"), strings, sentences, and the
 *  verdict that each leads to. NULL, and YCOIN_ERROR, for a code that is none. */
YCOIN_API int ycoin_reject_count(void);
YCOIN_API const char *ycoin_reject_name(int code);
YCOIN_API const char *ycoin_reject_string(int code);
YCOIN_API const char *ycoin_reject_what(int code);
YCOIN_API enum ycoin_verdict ycoin_reject_verdict(int code);

/* ---- chains: which rules ---- */

/* The soft forks that scripts are run under. */
#define YCOIN_SCRIPT_P2SH                (1u << 0)  /* BIP 16 */
#define YCOIN_SCRIPT_DERSIG              (1u << 2)  /* BIP 66 */
#define YCOIN_SCRIPT_NULLDUMMY           (1u << 4)  /* BIP 147 */
#define YCOIN_SCRIPT_CHECKLOCKTIMEVERIFY (1u << 9)  /* BIP 65 */
#define YCOIN_SCRIPT_CHECKSEQUENCEVERIFY (1u << 10) /* BIP 112 */
#define YCOIN_SCRIPT_WITNESS             (1u << 11) /* BIP 141, with P2SH */
#define YCOIN_SCRIPT_TAPROOT             (1u << 17) /* BIP 341, 342, with WITNESS */
#define YCOIN_SCRIPT_ALL                                                                                               \
    (YCOIN_SCRIPT_P2SH | YCOIN_SCRIPT_DERSIG | YCOIN_SCRIPT_NULLDUMMY | YCOIN_SCRIPT_CHECKLOCKTIMEVERIFY |             \
     YCOIN_SCRIPT_CHECKSEQUENCEVERIFY | YCOIN_SCRIPT_WITNESS | YCOIN_SCRIPT_TAPROOT)

#define YCOIN_NEVER          UINT32_MAX
#define YCOIN_EXCEPTIONS_MAX 8

enum ycoin_retarget {
    YCOIN_RETARGET_NONE = 0,   /* every block carries its parent's bits */
    YCOIN_RETARGET_WINDOW = 1, /* Bitcoin's: once in a window of blocks */
    YCOIN_RETARGET_ASERT = 2   /* aserti3-2d, anchored to block 1 */
};

/* A chain's rules in numbers. Start from a built-in chain's with ycoin_rules_of() and change what differs. */
struct ycoin_rules {
    uint8_t genesis_hash[32];
    uint32_t pow_limit_bits; /* the easiest target, in compact form */
    uint32_t spacing_s;      /* seconds that a block should take */
    enum ycoin_retarget retarget;
    uint32_t window;                 /* blocks in a retarget period, and BIP 54's period; 0 only without WINDOW */
    uint32_t half_life_s;            /* ASERT */
    uint32_t min_difficulty_after_s; /* a block so much later than its parent may be as easy as can be; 0: none may */
    int bip94;                       /* 1: testnet4's rules about periods */
    int64_t subsidy_initial_sat;
    uint32_t subsidy_halving_interval;                                /* blocks; at least 1 */
    uint32_t bip16, bip34, bip65, bip66, csv, segwit, taproot, bip54; /* heights from which they hold, or YCOIN_NEVER */
    struct {
        uint8_t block_hash[32];
        uint32_t flags; /* the P2SH, WITNESS and TAPROOT of this block's scripts, in place of the heights' */
    } flag_exception[YCOIN_EXCEPTIONS_MAX];
    struct {
        uint32_t height;
        uint8_t block_hash[32];
    } bip30_exception[YCOIN_EXCEPTIONS_MAX]; /* these blocks may overwrite coins */
    uint32_t flag_exception_count, bip30_exception_count;
    uint8_t signet_challenge[256];
    uint32_t signet_challenge_size; /* 0: not a signet */
};

struct ycoin_chain;

/** YCoin's own chains: "main", "test", "regtest". NULL for another name. Static: not to be freed. */
YCOIN_API const struct ycoin_chain *ycoin_chain_builtin(const char *name);
/** A chain of these rules, which are copied. NULL when there is no memory or a number is out of its range; then *cause
 *  (which may be NULL) is a static sentence that says which. */
YCOIN_API struct ycoin_chain *ycoin_chain_new(const struct ycoin_rules *rules, const char **cause);
YCOIN_API void ycoin_chain_free(struct ycoin_chain *chain);
/** The rules of a chain. */
YCOIN_API void ycoin_rules_of(struct ycoin_rules *out, const struct ycoin_chain *chain);
/** The flags under which the scripts of this block are run. */
YCOIN_API uint32_t ycoin_script_flags(const struct ycoin_chain *chain, uint32_t height, const uint8_t block_hash32[32]);
/** What a block of this height may create, fees apart, in base units. */
YCOIN_API int64_t ycoin_subsidy_sat(const struct ycoin_chain *chain, uint32_t height);

/* ---- contexts ---- */

struct ycoin_context;

/** One thread's working memory. NULL when there is no memory, or when the machine fails the self-test of the hash and
 *  signature functions, which runs once in a process. */
YCOIN_API struct ycoin_context *ycoin_context_new(void);
YCOIN_API void ycoin_context_free(struct ycoin_context *context);

/* ---- scripts ---- */

/* An output that is spent. */
struct ycoin_output {
    int64_t value_sat;
    const uint8_t *script;
    size_t script_size;
};

/** May this input of the transaction spend its output? Judges scripts and signatures alone.
 *  outputs  what the transaction's inputs spend: all of them, in input order; BIP 341 signs them all
 *  flags    of YCOIN_SCRIPT_*
 *  Returns  YCOIN_VALID; YCOIN_INVALID ("block-script-verify-flag-failed" with script_error, or "tx-parse");
 *           YCOIN_ERROR (too few or many outputs, no such input, flags that cannot stand alone, memory). */
YCOIN_API enum ycoin_verdict ycoin_verify_script(struct ycoin_context *context, const uint8_t *tx, size_t tx_size,
                                                 uint32_t input, const struct ycoin_output *outputs,
                                                 size_t output_count, uint32_t flags, struct ycoin_reason *why);

/* ---- what the caller knows of the chain ---- */

struct ycoin_ancestor {
    uint32_t time, bits, version; /* as in the header */
};

/* The branch that ends in the parent of what is judged. */
struct ycoin_parent {
    uint32_t height; /* of the parent */
    uint8_t hash[32];
    /* Write what the branch's block of this height (0..height) says and return 1, or return 0 when it cannot be told: the
     * verdict is then YCOIN_ERROR. Asked for are the 11 blocks below, and those where difficulty periods begin. */
    int (*ancestor)(void *user, uint32_t height, struct ycoin_ancestor *out);
    void *user;
};

struct ycoin_coin {
    int64_t value_sat;
    uint32_t height; /* of the block that made it */
    int coinbase;    /* 1 when its transaction was a coinbase */
    const uint8_t *script;
    size_t script_size;
};

/* ---- transactions ---- */

/** The rules about a transaction alone: its form, amounts, duplicate inputs. Writes the txid when the bytes are a
 *  transaction, valid or not; txid32 may be NULL. */
YCOIN_API enum ycoin_verdict ycoin_check_tx(struct ycoin_context *context, const uint8_t *tx, size_t tx_size,
                                            uint8_t txid32[32], struct ycoin_reason *why);

/** Could this transaction stand in the block after the parent? All the rules: its form, finality (BIP 113), maturity,
 *  amounts, relative locks (BIP 68), signature operations, and every input's script. Not judged: whether the coins are
 *  unspent, which is the caller's word, and the block's own limits. A coinbase is invalid here.
 *  coins    what the inputs spend: all of them, in input order
 *  fee_sat  written when valid; may be NULL */
YCOIN_API enum ycoin_verdict ycoin_verify_tx(struct ycoin_context *context, const struct ycoin_chain *chain,
                                             const uint8_t *tx, size_t tx_size, const struct ycoin_coin *coins,
                                             size_t coin_count, const struct ycoin_parent *parent, int64_t *fee_sat,
                                             struct ycoin_reason *why);

/* ---- headers ---- */

#define YCOIN_HEADER_SIZE 80

/** The double SHA-256 of a header. */
YCOIN_API void ycoin_header_hash(uint8_t hash32[32], const uint8_t header80[YCOIN_HEADER_SIZE]);

/** Do these headers, one after another, continue the branch: links, proof of work, difficulty, times, versions?
 *  headers80  count times 80 bytes
 *  parent     of the first, or NULL when the first is the chain's genesis block
 *  now_s      the caller's clock in seconds since 1970: headers over two hours ahead of it are YCOIN_NOT_YET
 *  good       how many from the first on are valid; may be NULL. why->tx says nothing here */
YCOIN_API enum ycoin_verdict ycoin_verify_headers(const struct ycoin_chain *chain, const uint8_t *headers80,
                                                  size_t count, const struct ycoin_parent *parent, int64_t now_s,
                                                  size_t *good, struct ycoin_reason *why);

/* ---- blocks ---- */

/* The coins as they are after the parent. The library remembers for itself what the block spends and makes. */
struct ycoin_coins {
    /* The unspent coin of this outpoint: write it and return 1; 0 when there is none; a negative number when it cannot
     * be told. The script's bytes are read until ycoin_verify_block() returns. */
    int (*get)(void *user, const uint8_t txid32[32], uint32_t index, struct ycoin_coin *out);
    /* What a valid block did, in its order, after all is known to be valid: coins that it spent and coins that it made
     * (not those that can never be spent), within it too. Each may be NULL. */
    void (*spent)(void *user, const uint8_t txid32[32], uint32_t index);
    void (*made)(void *user, const uint8_t txid32[32], uint32_t index, const struct ycoin_coin *coin);
    void *user;
};

/** Is this the block after the parent? Every rule: header, transactions, merkle root, witnesses, coins, scripts, amounts.
 *  parent   of the block; NULL for the genesis block, which is compared with the chain's and makes no coins
 *  now_s    as for headers
 *  fees_sat the sum of its fees, written when valid; may be NULL */
YCOIN_API enum ycoin_verdict ycoin_verify_block(struct ycoin_context *context, const struct ycoin_chain *chain,
                                                const uint8_t *block, size_t block_size,
                                                const struct ycoin_parent *parent, int64_t now_s,
                                                const struct ycoin_coins *coins, int64_t *fees_sat,
                                                struct ycoin_reason *why);

#ifdef __cplusplus
}
#endif

#endif
