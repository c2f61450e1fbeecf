/* An example of libycoin-consensus: two spends, a transaction, a chain of headers and two blocks are verified, and then once
 * more with something altered.
 *
 *   cc verify.c $(pkg-config --cflags --libs ycoin-consensus) -o verify && ./verify
 *
 * Exit 0 when every verdict is the one expected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ycoin_consensus.h>

struct sample_output {
    int64_t value_sat;
    const char *script_hex;
};

#include "samples.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NOW_S        1795300000 /* what the clock says in this example; a program would ask time() */

/* Bytes, freed with the process. */
struct bytes {
    uint8_t *p;
    size_t n;
};

static struct bytes from_hex(const char *hex)
{
    struct bytes b = {malloc(strlen(hex) / 2 + 1), strlen(hex) / 2};
    if (!b.p)
        exit(2);
    for (size_t i = 0; i < b.n; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        b.p[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return b;
}

static int surprises;

/* Print a verdict, and count it when it is not the one expected ("" for valid). */
static void show(const char *what, enum ycoin_verdict verdict, const struct ycoin_reason *why, const char *expected)
{
    static const char *const words[] = {"valid", "invalid", "mutated", "not yet", "error"};
    printf("%s: %s", what, words[verdict]);
    if (verdict == YCOIN_ERROR)
        printf(": %s", why->detail);
    else if (verdict != YCOIN_VALID)
        printf(": %s%s%s%s: %s", why->reject, *why->script_error ? " (" : "", why->script_error,
               *why->script_error ? ")" : "", why->what);
    printf("\n");
    if (verdict == YCOIN_ERROR || strcmp(why->reject, expected) != 0) {
        printf("  but expected was \"%s\"\n", *expected ? expected : "valid");
        surprises++;
    }
}

/* ---- scripts ---- */

static void outputs_from(struct ycoin_output *out, const struct sample_output *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bytes script = from_hex(samples[i].script_hex);
        out[i] = (struct ycoin_output){samples[i].value_sat, script.p, script.n};
    }
}

static void scripts(struct ycoin_context *context)
{
    struct ycoin_reason why;
    struct ycoin_output spent[COUNT(p2tr_spent)];
    struct bytes tx = from_hex(p2wpkh_tx);
    outputs_from(spent, p2wpkh_spent, COUNT(p2wpkh_spent));
    show("P2WPKH spend", ycoin_verify_script(context, tx.p, tx.n, 1, spent, 2, YCOIN_SCRIPT_ALL, &why), &why, "");
    spent[1].value_sat++; /* the signature covers the amount */
    show("P2WPKH spend of another amount",
         ycoin_verify_script(context, tx.p, tx.n, 1, spent, 2, YCOIN_SCRIPT_ALL, &why), &why,
         "block-script-verify-flag-failed");

    tx = from_hex(p2tr_tx);
    outputs_from(spent, p2tr_spent, COUNT(p2tr_spent));
    show("P2TR spend", ycoin_verify_script(context, tx.p, tx.n, 0, spent, 9, YCOIN_SCRIPT_ALL, &why), &why, "");
    tx.p[50] ^= 1; /* a bit of the second input's outpoint, which every input signs */
    show("P2TR spend in another transaction",
         ycoin_verify_script(context, tx.p, tx.n, 0, spent, 9, YCOIN_SCRIPT_ALL, &why), &why,
         "block-script-verify-flag-failed");
}

/* ---- a transaction ---- */

/* The chain of the last sample: its blocks are ten minutes apart and equally hard. A program would ask its index. */
static int regtest_ancestor(void *user, uint32_t height, struct ycoin_ancestor *out)
{
    (void)user;
    *out = (struct ycoin_ancestor){.time = 1795176000 + 600 * height, .bits = 0x207fffff, .version = 4};
    return 1;
}

static void transaction(struct ycoin_context *context, const struct ycoin_chain *chain)
{
    struct ycoin_reason why;
    struct ycoin_parent parent = {.height = 99, .ancestor = regtest_ancestor};
    struct ycoin_coin coins[COUNT(p2wpkh_spent)];
    struct bytes tx = from_hex(p2wpkh_tx);
    uint8_t txid[32];
    int64_t fee_sat = 0;
    for (size_t i = 0; i < COUNT(coins); i++) {
        struct bytes script = from_hex(p2wpkh_spent[i].script_hex);
        coins[i] = (struct ycoin_coin){p2wpkh_spent[i].value_sat, 50, 0, script.p, script.n};
    }
    show("transaction by itself", ycoin_check_tx(context, tx.p, tx.n, txid, &why), &why, "");
    show("transaction in block 100",
         ycoin_verify_tx(context, chain, tx.p, tx.n, coins, COUNT(coins), &parent, &fee_sat, &why), &why, "");
    printf("  its fee is %lld\n", (long long)fee_sat);
    coins[0].coinbase = 1;
    show("transaction that spends a young coinbase",
         ycoin_verify_tx(context, chain, tx.p, tx.n, coins, COUNT(coins), &parent, &fee_sat, &why), &why,
         "bad-txns-premature-spend-of-coinbase");
    show("transaction without its last byte", ycoin_check_tx(context, tx.p, tx.n - 1, NULL, &why), &why, "tx-parse");
}

/* ---- headers ---- */

/* Bitcoin's default signet, which is a chain like another: numbers. */
static struct ycoin_chain *signet_new(const uint8_t genesis_hash32[32])
{
    struct ycoin_rules rules;
    struct bytes challenge = from_hex(signet_challenge);
    ycoin_rules_of(&rules, ycoin_chain_builtin("main"));
    memcpy(rules.genesis_hash, genesis_hash32, 32);
    rules.pow_limit_bits = 0x1e0377ae;
    rules.retarget = YCOIN_RETARGET_WINDOW;
    rules.window = 2016;
    rules.bip54 = YCOIN_NEVER;
    memcpy(rules.signet_challenge, challenge.p, challenge.n);
    rules.signet_challenge_size = (uint32_t)challenge.n;
    return ycoin_chain_new(&rules, NULL);
}

/* The ancestors are in the sample. */
static int signet_ancestor(void *user, uint32_t height, struct ycoin_ancestor *out)
{
    const uint8_t *p = (const uint8_t *)user + (size_t)height * YCOIN_HEADER_SIZE;
    const uint8_t *word[] = {p + 68, p + 72, p}; /* time, bits, version: little-endian */
    uint32_t value[3];
    for (size_t i = 0; i < 3; i++)
        value[i] =
            (uint32_t)word[i][0] | (uint32_t)word[i][1] << 8 | (uint32_t)word[i][2] << 16 | (uint32_t)word[i][3] << 24;
    *out = (struct ycoin_ancestor){value[0], value[1], value[2]};
    return 1;
}

static void headers(const struct ycoin_chain *signet)
{
    struct ycoin_reason why;
    struct bytes chain = from_hex(signet_headers);
    size_t count = chain.n / YCOIN_HEADER_SIZE, good;
    show("headers", ycoin_verify_headers(signet, chain.p, count, NULL, NOW_S, &good, &why), &why, "");
    printf("  good: %zu of %zu\n", good, count);
    chain.p[5 * YCOIN_HEADER_SIZE + 70] ^= 1; /* the time of header 5: it is another header then, without work */
    show("headers with another time", ycoin_verify_headers(signet, chain.p, count, NULL, NOW_S, &good, &why), &why,
         "high-hash");
    printf("  good: %zu of %zu\n", good, count);
}

/* ---- blocks ---- */

static int get_coin(void *user, const uint8_t txid32[32], uint32_t index, struct ycoin_coin *out)
{
    const struct ycoin_coin *coin = user; /* all the coins that there are: one */
    struct bytes txid = from_hex(block_1_txid);
    if (index != 0 || memcmp(txid32, txid.p, 32) != 0)
        return 0;
    *out = *coin;
    return 1;
}

static void coin_spent(void *user, const uint8_t txid32[32], uint32_t index)
{
    (void)user;
    printf("  spent: output %u of %02x%02x…\n", (unsigned)index, txid32[31], txid32[30]);
}

static void coin_made(void *user, const uint8_t txid32[32], uint32_t index, const struct ycoin_coin *coin)
{
    (void)user;
    printf("  made: output %u of %02x%02x…, %lld\n", (unsigned)index, txid32[31], txid32[30],
           (long long)coin->value_sat);
}

static void blocks(struct ycoin_context *context, const struct ycoin_chain *regtest, const struct ycoin_chain *signet)
{
    struct ycoin_reason why;
    struct bytes block = from_hex(block_102), parent_hash = from_hex(block_101_hash);
    struct bytes script = from_hex(block_1_output.script_hex);
    struct ycoin_coin coin = {block_1_output.value_sat, 1, 1, script.p, script.n};
    struct ycoin_coins coins = {.get = get_coin, .spent = coin_spent, .made = coin_made, .user = &coin};
    struct ycoin_parent parent = {.height = 101, .ancestor = regtest_ancestor};
    int64_t fees_sat = 0;
    memcpy(parent.hash, parent_hash.p, 32);
    show("block", ycoin_verify_block(context, regtest, block.p, block.n, &parent, NOW_S, &coins, &fees_sat, &why), &why,
         "");
    printf("  its fees are %lld\n", (long long)fees_sat);
    coin.value_sat -= 2000;
    show("block that spends more than there is",
         ycoin_verify_block(context, regtest, block.p, block.n, &parent, NOW_S, &coins, NULL, &why), &why,
         "bad-txns-in-belowout");
    block.p[block.n - 5] = 0x52; /* the witness script: OP_2 for OP_1 */
    show("block with another witness",
         ycoin_verify_block(context, regtest, block.p, block.n, &parent, NOW_S, &coins, NULL, &why), &why,
         "bad-witness-merkle-match");

    /* Block 1 of signet makes a coin and spends none. */
    struct bytes signed_block = from_hex(signet_block), chain = from_hex(signet_headers);
    struct ycoin_parent genesis = {.height = 0, .ancestor = signet_ancestor, .user = chain.p};
    coins = (struct ycoin_coins){.get = get_coin, .user = &coin};
    ycoin_header_hash(genesis.hash, chain.p);
    show("signet's block 1",
         ycoin_verify_block(context, signet, signed_block.p, signed_block.n, &genesis, NOW_S, &coins, NULL, &why), &why,
         "");
    genesis.hash[0] ^= 1;
    show("signet's block 1 behind another block",
         ycoin_verify_block(context, signet, signed_block.p, signed_block.n, &genesis, NOW_S, &coins, NULL, &why), &why,
         "prev-blk-not-found");
}

int main(void)
{
    struct ycoin_context *context = ycoin_context_new();
    const struct ycoin_chain *regtest = ycoin_chain_builtin("regtest");
    struct bytes genesis = from_hex(signet_headers);
    uint8_t genesis_hash[32];
    ycoin_header_hash(genesis_hash, genesis.p);
    struct ycoin_chain *signet = signet_new(genesis_hash);
    if (!context || !regtest || !signet)
        return 2;
    scripts(context);
    transaction(context, regtest);
    headers(signet);
    blocks(context, regtest, signet);
    ycoin_chain_free(signet);
    ycoin_context_free(context);
    printf("%d surprises\n", surprises);
    return surprises ? 1 : 0;
}
