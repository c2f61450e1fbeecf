/* A chain is data: everything by which one network differs from another. Built in: YCoin's main, test and regtest;
 * formats/chain_file.h reads others from JSON. Immutable after loading: any thread.
 *
 * Heights of activation are uint32_t; YC_NEVER means never. */
#ifndef YC_CONSENSUS_PARAMS_H
#define YC_CONSENSUS_PARAMS_H

#include "base/u256.h"
#include "consensus/ids.h"

#define YC_NEVER                      UINT32_MAX
#define YC_EXCEPTIONS_MAX             8
#define YC_SEEDS_MAX                  16
#define YC_ASSUMEUTXO_MAX             8
#define YC_SIGNET_CHALLENGE_BYTES_MAX 256

enum yc_retarget { YC_RETARGET_NONE, YC_RETARGET_WINDOW, YC_RETARGET_ASERT };

struct yc_flag_exception { /* this block's script flags, in place of the base set */
    struct yc_block_hash block;
    uint32_t flags;
};

struct yc_bip30_exception { /* this block may overwrite coins (bip30_repeats), or its coins were (bip30_overwritten) */
    uint32_t height;
    struct yc_block_hash block;
};

struct yc_assumeutxo {
    uint32_t height;
    struct yc_block_hash block;
    uint8_t coins_hash[32];
    uint64_t tx_count;
};

struct yc_chain_params {
    char name[32]; /* what getblockchaininfo says, and the section of the configuration */
    char dir[32];  /* folder below the data directory, "" for the data directory itself */
    bool test_chain;

    uint8_t magic[4];
    uint16_t port, rpc_port;
    char user_agent_prefix[64];
    char dns_seeds[YC_SEEDS_MAX][64];
    char fixed_seeds[YC_SEEDS_MAX][64]; /* "host:port" */
    size_t dns_seed_count, fixed_seed_count;

    char hrp[16];
    uint8_t p2pkh_version, p2sh_version, wif_version;
    uint32_t xpub_version, xprv_version; /* most significant byte first on the wire */
    uint32_t bip44_coin;

    struct {
        uint32_t version, time, bits, nonce;
        int64_t value_sat;
        char message[128];
        uint32_t message_bits; /* pushed before the message, as Bitcoin's genesis does */
        uint8_t output_script[128];
        size_t output_script_n;
        struct yc_block_hash hash;
        bool mined; /* nonce and hash are known */
    } genesis;

    struct {
        struct yc_u256 limit;
        uint32_t spacing_s;
        enum yc_retarget retarget;
        uint32_t window;                 /* blocks in a retarget period, and BIP 54's period where retarget is window */
        uint32_t half_life_s;            /* asert */
        uint32_t min_difficulty_after_s; /* 0: no such rule */
        bool bip94;
    } pow;

    int64_t subsidy_initial_sat;
    uint32_t subsidy_halving_interval;

    struct {
        uint32_t bip16, bip34, bip65, bip66, csv, segwit, taproot, bip54;
    } rules;

    struct yc_flag_exception flag_exceptions[YC_EXCEPTIONS_MAX];
    struct yc_bip30_exception bip30_repeats[YC_EXCEPTIONS_MAX];
    struct yc_bip30_exception bip30_overwritten[YC_EXCEPTIONS_MAX];
    size_t flag_exception_count, bip30_repeat_count, bip30_overwritten_count;

    struct yc_u256 minimum_chain_work;
    struct yc_block_hash assume_valid; /* zero: none */
    struct yc_assumeutxo assumeutxo[YC_ASSUMEUTXO_MAX];
    size_t assumeutxo_count;
    uint32_t prune_after_height;

    uint8_t signet_challenge[YC_SIGNET_CHALLENGE_BYTES_MAX];
    size_t signet_challenge_n; /* 0: not a signet */
};

/** The built-in chain of that name ("main", "test", "regtest"), or NULL. Static. */
const struct yc_chain_params *yc_chain_builtin(const char *name);

/** Write the genesis block of the parameters (with the given nonce in genesis.nonce) into out.
 *  Returns the number of bytes, at most cap; 0 when it does not fit. cap 1024 always suffices. A message longer than
 *  75 bytes takes PUSHDATA1. */
size_t yc_genesis_write(const struct yc_chain_params *params, uint8_t *out, size_t cap);

/** Search genesis.nonce from its present value on; on success the nonce and hash are set and mined becomes true.
 *  tries  at most so many nonces; *tried (may be NULL) gets how many were used. False when none was found. */
bool yc_genesis_mine(struct yc_chain_params *params, uint64_t tries, uint64_t *tried);

/** Is a rule with this height of activation in force for a block of this height? */
static inline bool yc_rule_active(uint32_t activation, uint32_t height)
{
    return activation != YC_NEVER && height >= activation;
}

/** Coins that a block of this height creates, fees apart; 0 from the 64th halving on (catalogue C41). */
int64_t yc_subsidy_sat(const struct yc_chain_params *params, uint32_t height);

/** Does the whole subsidy stay within YC_MONEY_MAX? */
bool yc_subsidy_total_ok(const struct yc_chain_params *params);

#endif
