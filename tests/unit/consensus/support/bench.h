/* A bench for blocks: a short chain of ancestors, coins in memory, and a block in the making that can be bent in any
 * way, sealed (merkle root, proof of work, parsed from its bytes) and judged by every stage in turn. */
#ifndef YC_TESTS_CONSENSUS_BENCH_H
#define YC_TESTS_CONSENSUS_BENCH_H

#include "base/arena.h"
#include "base/map.h"
#include "consensus/connect.h"
#include "support/heap.h"

#define BENCH_ANCESTORS_MAX 8192
#define BENCH_CHECKS_MAX    65536
#define BENCH_CHANGES_MAX   262144
#define BENCH_OP_TRUE       0x51

/* A transaction in the making: tx.in and tx.out are in and out. */
struct bench_tx {
    struct yc_tx tx;
    struct yc_txin *in;
    struct yc_txout *out;
};

/* What a connection did to a coin, to be taken back before the next one. */
struct bench_change {
    struct yc_outpoint at;
    bool was_there;
    struct yc_coin coin;
};

struct bench {
    struct test_heap heap;
    struct yc_arena arena;
    struct yc_chain_params params;

    struct yc_ancestor ancestor[BENCH_ANCESTORS_MAX];
    struct yc_ancestors ancestors; /* .height is the parent's */

    struct yc_map coin_map;
    struct yc_coins coins;
    struct bench_change *change;
    size_t change_count;
    uint32_t coin_number; /* of the last that bench_coin() made */

    struct yc_header header; /* merkle_root and nonce are the seal's */
    struct bench_tx **tx;
    size_t tx_count;

    struct yc_view raw; /* after the seal */
    struct yc_block block;

    struct yc_script_check *check; /* what the connection handed out, in order */
    size_t check_count;
    struct yc_script_sink sink;
    bool skip_scripts;
    struct yc_spent_coins spent;
    int64_t fees_sat;
    struct yc_reject why;
};

/** A bench whose chain is YCoin's regtest with parents at heights 0..height, ten minutes apart. */
struct bench *bench_new(uint32_t height);
void bench_free(struct bench *b);

/** The height of the block in the making. */
static inline uint32_t bench_height(const struct bench *b)
{
    return b->ancestors.height + 1;
}

/** Start a new block, with a coinbase that obeys every rule and pays the subsidy to OP_TRUE. */
void bench_block(struct bench *b);

/** Append a transaction of version 2 with so many inputs (null, not final) and outputs (0 coins to OP_TRUE). */
struct bench_tx *bench_add(struct bench *b, uint32_t in_count, uint32_t out_count);
/** The same without adding it to the block. */
struct bench_tx *bench_tx(struct bench *b, uint32_t in_count, uint32_t out_count);
/** Append a transaction that spends one new coin of the value, 200 blocks deep where there are so many, and pays
 *  all of it to OP_TRUE. */
struct bench_tx *bench_add_spend(struct bench *b, int64_t value_sat);

/** Make a coin out of nothing in the view; its outpoint is new each time. */
struct yc_outpoint bench_coin(struct bench *b, int64_t value_sat, uint32_t height, bool coinbase,
                              struct yc_view script);
/** Put this coin in the view. */
void bench_put_coin(struct bench *b, const struct yc_outpoint *at, const struct yc_coin *coin);
/** A view of a copy of the bytes, or of n times the byte. */
struct yc_view bench_bytes(struct bench *b, const void *p, size_t n);
struct yc_view bench_fill(struct bench *b, uint8_t byte, size_t n);
struct yc_view bench_op_true(void);

/** Give the input a witness of one item. */
void bench_witness(struct bench *b, struct bench_tx *t, uint32_t input, struct yc_view item);
/** The id of a draft as it is now. */
struct yc_txid bench_txid(struct bench *b, const struct bench_tx *t);
/** Let the coinbase commit to all witnesses, by an output more and a witness of 32 zeros. */
void bench_commit(struct bench *b);

/** Compute the merkle root, mine, write the bytes and parse them. */
void bench_seal(struct bench *b);
/** Only write and parse: the header stays as it is, as when a relay alters the body. */
void bench_alter(struct bench *b);

/** Judge the sealed block by check, accept, connect and scripts; b->why says what the first failure is. */
enum yc_verdict bench_judge(struct bench *b);
/** The stages one by one. */
enum yc_verdict bench_check(struct bench *b);
enum yc_verdict bench_accept(struct bench *b);
/** Connect and run the scripts; what a connection before did to the coins is taken back first. */
enum yc_verdict bench_connect(struct bench *b);
/** The same without running what was handed out. */
enum yc_verdict bench_connect_coins(struct bench *b);

/** Take back what the last connection did to the coins. */
void bench_undo(struct bench *b);

/** Seal, judge, and fail the test unless the block is valid, or refused for this reason with the table's verdict. */
void bench_expect_valid(struct bench *b);
void bench_expect(struct bench *b, enum yc_rej code);

#endif
