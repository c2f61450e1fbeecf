/* BIP 325: the first blocks of Bitcoin's default signet, and what becomes of them when something is altered. */
#include "base/hex.h"
#include "consensus/connect.h"
#include "consensus/signet.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <string.h>

static const char *const blocks[] = {
#include "unit/consensus/support/signet_blocks.def"
};
#define BLOCK_COUNT     (sizeof blocks / sizeof blocks[0])
#define BLOCK_BYTES_MAX 1024

static const char challenge_hex[] =
    "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430210359ef5021964f"
    "e22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae";

static uint8_t memory[YC_SIGNET_SCRATCH_BYTES + 100000], raw[BLOCK_BYTES_MAX];
static struct yc_arena arena;
static struct yc_chain_params params;
static struct yc_block block;
static struct yc_reject why;

static int set_up(void **state)
{
    (void)state;
    params = *yc_chain_builtin("regtest");
    assert_true(yc_compact_to_target(&params.pow.limit, 0x1e0377ae));
    params.signet_challenge_n = (sizeof challenge_hex - 1) / 2;
    assert_true(
        yc_hex_read(params.signet_challenge, params.signet_challenge_n, challenge_hex, sizeof challenge_hex - 1));
    return 0;
}

static size_t read_block(size_t i)
{
    size_t n = strlen(blocks[i]) / 2;
    assert_in_range(n, 100, sizeof raw);
    assert_true(yc_hex_read(raw, n, blocks[i], 2 * n));
    return n;
}

/* The signature alone. */
static enum yc_verdict judge(size_t n)
{
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_block_parse(&block, yc_view(raw, n), &arena, &why), YC_VALID);
    return yc_signet_check(&block, &params, &arena, &why);
}

static void signed_blocks_pass_every_check(void **state)
{
    (void)state;
    assert_int_equal(BLOCK_COUNT, 10);
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        size_t n = read_block(i);
        yc_arena_init_fixed(&arena, memory, sizeof memory);
        assert_int_equal(yc_block_parse(&block, yc_view(raw, n), &arena, &why), YC_VALID);
        assert_int_equal(yc_block_check(&block, &params, false, &arena, &why), YC_VALID);
    }
}

static void signature_is_for_this_block(void **state)
{
    (void)state;
    /* Version, parent, merkle root by way of the coinbase, time: all are signed. */
    static const size_t signed_at[] = {0, 4, 35, 68, 71};
    for (size_t i = 0; i < sizeof signed_at / sizeof signed_at[0]; i++) {
        size_t n = read_block(0);
        raw[signed_at[i]] ^= 1;
        assert_int_equal(judge(n), YC_INVALID);
        assert_int_equal(why.code, YC_REJ_BLOCK_SIGNET_SIGNATURE);
    }
    size_t n = read_block(0);
    raw[n - 1] ^= 1; /* the coinbase's lock time */
    assert_int_equal(judge(n), YC_INVALID);
    /* The nonce is not: it is found after the signature. */
    n = read_block(0);
    raw[76] ^= 1;
    assert_int_equal(judge(n), YC_VALID);
}

static void signature_is_for_this_challenge(void **state)
{
    (void)state;
    size_t n = read_block(0);
    params.signet_challenge[5] ^= 1;
    assert_int_equal(judge(n), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_SIGNET_SIGNATURE);
}

static void anybody_may_sign_op_true(void **state)
{
    (void)state;
    size_t n = read_block(0);
    params.signet_challenge[0] = 0x51;
    params.signet_challenge_n = 1;
    const uint8_t mark[4] = {0xec, 0xc7, 0xda, 0xa2};
    for (size_t i = 80; i + 4 < n; i++) {
        if (memcmp(raw + i, mark, 4) == 0)
            raw[i] ^= 1; /* without the mark there is no solution, and none is needed */
    }
    assert_int_equal(judge(n), YC_VALID);
    params.signet_challenge[0] = 0x00;
    assert_int_equal(judge(n), YC_INVALID);
}

static void genesis_and_other_chains_need_no_signature(void **state)
{
    (void)state;
    size_t n = read_block(0);
    raw[0] ^= 1;
    assert_int_equal(judge(n), YC_INVALID);
    params.genesis.hash = block.hash;
    assert_int_equal(judge(n), YC_VALID);
    memset(&params.genesis.hash, 0, sizeof params.genesis.hash);
    params.signet_challenge_n = 0;
    assert_int_equal(judge(n), YC_VALID);
}

static void malformed_solutions(void **state)
{
    (void)state;
    size_t n = read_block(0), at = 80;
    const uint8_t mark[4] = {0xec, 0xc7, 0xda, 0xa2};
    while (memcmp(raw + at, mark, 4) != 0)
        at++;
    /* The script's length, then the count of witness items: neither can be anything else. */
    for (unsigned v = 0; v < 256; v++) {
        read_block(0);
        bool same = raw[at + 4] == v;
        raw[at + 4] = (uint8_t)v;
        assert_int_equal(judge(n), same ? YC_VALID : YC_INVALID);
    }
}

static void no_commitment_no_solution(void **state)
{
    (void)state;
    size_t n = read_block(0);
    const uint8_t commitment[4] = {0xaa, 0x21, 0xa9, 0xed};
    for (size_t i = 80; i + 4 < n; i++) {
        if (memcmp(raw + i, commitment, 4) == 0)
            raw[i] ^= 1;
    }
    assert_int_equal(judge(n), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_SIGNET_SIGNATURE);
}

static void full_arena_is_our_failure(void **state)
{
    (void)state;
    size_t n = read_block(0);
    for (size_t room = 8192; room < 100000; room += 4096) {
        yc_arena_init_fixed(&arena, memory, room);
        assert_int_equal(yc_block_parse(&block, yc_view(raw, n), &arena, &why), YC_VALID);
        assert_int_equal(yc_signet_check(&block, &params, &arena, &why), YC_SYSTEM);
        assert_int_equal(why.system, YC_SYSTEM_MEMORY);
    }
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(signed_blocks_pass_every_check),
        T(signature_is_for_this_block),
        T(signature_is_for_this_challenge),
        T(anybody_may_sign_op_true),
        T(genesis_and_other_chains_need_no_signature),
        T(malformed_solutions),
        T(no_commitment_no_solution),
        T(full_arena_is_our_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
