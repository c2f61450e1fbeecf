#include "consensus/params.h"

#include "base/writer.h"
#include "consensus/block.h"
#include "consensus/connect.h"
#include "consensus/pow.h"
#include "crypto/sha256.h"

#define PUSH_DIRECT_MAX 75
#define OP_PUSHDATA1    0x4c
/* Bitcoin's genesis coinbase pushes this small number between the bits and the message, as a data push. */
#define GENESIS_EXTRA 4

#define MINE_AT_ONCE 512

int64_t yc_subsidy_sat(const struct yc_chain_params *params, uint32_t height)
{
    if (params->subsidy_halving_interval == 0)
        return params->subsidy_initial_sat;
    uint32_t halvings = height / params->subsidy_halving_interval;
    /* A shift by 64 or more is undefined in C, and on x86 would begin the subsidy anew (catalogue C41). */
    return halvings >= 64 ? 0 : (int64_t)((uint64_t)params->subsidy_initial_sat >> halvings);
}

bool yc_subsidy_total_ok(const struct yc_chain_params *params)
{
    int64_t interval = params->subsidy_halving_interval;
    if (params->subsidy_initial_sat < 0)
        return false;
    if (interval == 0)
        return params->subsidy_initial_sat == 0;
    int64_t sum_sat = 0;
    for (int64_t sat = params->subsidy_initial_sat; sat > 0; sat >>= 1) {
        if (sat > YC_MONEY_MAX / interval || !yc_money_add(&sum_sat, sat * interval))
            return false;
    }
    return true;
}

static void write_script_sig(struct yc_writer *w, const struct yc_chain_params *params)
{
    uint8_t bits_push[6];
    size_t message_n = strlen(params->genesis.message);
    yc_writer_bytes(w, bits_push, yc_bip34_push(bits_push, params->genesis.message_bits));
    yc_writer_u8(w, 1);
    yc_writer_u8(w, GENESIS_EXTRA);
    if (message_n > PUSH_DIRECT_MAX)
        yc_writer_u8(w, OP_PUSHDATA1);
    yc_writer_u8(w, (uint8_t)message_n);
    yc_writer_bytes(w, params->genesis.message, message_n);
}

static void write_coinbase(struct yc_writer *w, const struct yc_chain_params *params)
{
    static const struct yc_txid none;
    uint8_t script_sig[8 + sizeof params->genesis.message];
    struct yc_writer s;
    yc_writer_init(&s, script_sig, sizeof script_sig);
    write_script_sig(&s, params);

    yc_writer_u32le(w, 1);
    yc_writer_compact(w, 1);
    yc_writer_bytes(w, none.b, sizeof none.b);
    yc_writer_u32le(w, UINT32_MAX);
    yc_writer_var_bytes(w, yc_writer_written(&s));
    yc_writer_u32le(w, YC_SEQUENCE_FINAL);
    yc_writer_compact(w, 1);
    yc_writer_u64le(w, (uint64_t)params->genesis.value_sat);
    yc_writer_var_bytes(w, yc_view(params->genesis.output_script, params->genesis.output_script_n));
    yc_writer_u32le(w, 0);
}

size_t yc_genesis_write(const struct yc_chain_params *params, uint8_t *out, size_t cap)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    uint8_t *header80 = yc_writer_room(&w, YC_HEADER_BYTES);
    yc_writer_compact(&w, 1);
    size_t coinbase_at = w.n;
    write_coinbase(&w, params);
    if (w.failed || !header80)
        return 0;

    struct yc_header h = {.version = params->genesis.version,
                          .time = params->genesis.time,
                          .bits = params->genesis.bits,
                          .nonce = params->genesis.nonce};
    /* With one transaction the merkle root is its id. */
    yc_sha256d(h.merkle_root, out + coinbase_at, w.n - coinbase_at);
    yc_header_write(&h, header80);
    return w.n;
}

/* Try `count` nonces from *nonce on; true, with *nonce the one that was found and *hash its hash. */
static bool mine_some(uint8_t (*headers)[YC_HEADER_BYTES], size_t count, struct yc_u256 target, uint32_t *nonce,
                      struct yc_block_hash *hash)
{
    uint8_t hashes[MINE_AT_ONCE][32];
    for (size_t i = 0; i < count; i++)
        yc_put32le(headers[i] + YC_HEADER_BYTES - 4, *nonce + (uint32_t)i);
    yc_sha256d_80_batch(hashes, headers[0], YC_HEADER_BYTES, count);
    for (size_t i = 0; i < count; i++) {
        if (yc_u256_compare(yc_u256_from_le(hashes[i]), target) <= 0) {
            *nonce += (uint32_t)i;
            memcpy(hash->b, hashes[i], 32);
            return true;
        }
    }
    return false;
}

bool yc_genesis_mine(struct yc_chain_params *params, uint64_t tries, uint64_t *tried)
{
    uint8_t block[1024], headers[MINE_AT_ONCE][YC_HEADER_BYTES];
    struct yc_u256 target;
    uint64_t used = 0, nonces_left = UINT64_C(0x100000000) - params->genesis.nonce;
    bool found = false;
    if (!yc_genesis_write(params, block, sizeof block) || !yc_compact_to_target(&target, params->genesis.bits))
        tries = 0;
    if (tries > nonces_left)
        tries = nonces_left;
    for (size_t i = 0; tries && i < MINE_AT_ONCE; i++)
        memcpy(headers[i], block, YC_HEADER_BYTES);
    while (used < tries && !found) {
        uint64_t left = tries - used;
        size_t count = left < MINE_AT_ONCE ? (size_t)left : MINE_AT_ONCE;
        uint32_t nonce = params->genesis.nonce;
        found = mine_some(headers, count, target, &nonce, &params->genesis.hash);
        used += found ? nonce - params->genesis.nonce + 1 : count;
        /* Behind the last nonce this wraps to 0, and the search is at its end. */
        params->genesis.nonce = found ? nonce : nonce + (uint32_t)count;
    }
    if (found)
        params->genesis.mined = true;
    if (tried)
        *tried = used;
    return found;
}
