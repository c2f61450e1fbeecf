#include "consensus/signet.h"

#include "base/assert.h"
#include "consensus/script/script.h"
#include "consensus/script/verify.h"
#include "crypto/sha256.h"

#include <stdio.h>

#define SIGNET_FLAGS (YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_DERSIG | YC_SCRIPT_NULLDUMMY)

static const uint8_t solution_mark[4] = {0xec, 0xc7, 0xda, 0xa2};

static enum yc_verdict refuse(struct yc_reject *why, const char *detail)
{
    enum yc_verdict verdict = yc_reject_set(why, YC_REJ_BLOCK_SIGNET_SIGNATURE, 0, YC_NO_INDEX);
    snprintf(why->detail, sizeof why->detail, "%s", detail);
    return verdict;
}

/* A push in the shortest form by length alone: what the modified commitment is made of. */
static void write_push(struct yc_writer *w, struct yc_view data)
{
    if (data.n < YC_OP_PUSHDATA1) {
        yc_writer_u8(w, (uint8_t)data.n);
    } else if (data.n <= 0xff) {
        yc_writer_u8(w, YC_OP_PUSHDATA1);
        yc_writer_u8(w, (uint8_t)data.n);
    } else if (data.n <= 0xffff) {
        yc_writer_u8(w, YC_OP_PUSHDATA2);
        yc_writer_u16le(w, (uint16_t)data.n);
    } else {
        yc_writer_u8(w, YC_OP_PUSHDATA4);
        yc_writer_u32le(w, (uint32_t)data.n);
    }
    yc_writer_view(w, data);
}

/* The commitment's script with the solution cut out behind its mark: what the solution signs. The first push that
 * begins with the mark and goes on holds the solution. False when there is none. */
static bool cut_solution(struct yc_view script, struct yc_writer *without, struct yc_view *solution)
{
    struct yc_script_op op;
    bool found = false;
    for (size_t at = 0; yc_script_next(script, &at, &op, NULL);) {
        struct yc_view data = op.data;
        if (data.n == 0) {
            yc_writer_u8(without, op.opcode);
            continue;
        }
        if (!found && data.n > sizeof solution_mark && !memcmp(data.p, solution_mark, sizeof solution_mark)) {
            *solution = yc_view_slice(data, sizeof solution_mark, data.n - sizeof solution_mark);
            data.n = sizeof solution_mark;
            found = true;
        }
        write_push(without, data);
    }
    return found;
}

/* Write the transaction into the arena. An empty view: no memory. */
static struct yc_view written(const struct yc_tx *tx, bool with_witness, struct yc_arena *arena)
{
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_tx_write(tx, with_witness, &w);
    size_t n = w.n;
    uint8_t *p = yc_arena_take(arena, n);
    if (!p)
        return YC_VIEW_EMPTY;
    yc_writer_init(&w, p, n);
    yc_tx_write(tx, with_witness, &w);
    return yc_writer_written(&w);
}

/* The merkle root that the block would have, were its solution left out. */
static bool root_without_solution(uint8_t out32[32], const struct yc_block *b, struct yc_arena *arena,
                                  struct yc_view *solution)
{
    struct yc_tx coinbase = b->tx[0];
    uint32_t at = (uint32_t)yc_block_commitment_index(b);
    struct yc_view script = coinbase.out[at].script;
    struct yc_txout *out = yc_arena_take_array(arena, coinbase.out_count, sizeof *out);
    /* Rewriting makes no push longer. */
    uint8_t *without = yc_arena_take(arena, script.n), (*leaves)[32] = yc_arena_take_array(arena, b->tx_count, 32);
    struct yc_writer w;
    if (!out || !without || !leaves)
        return false;
    memcpy(out, coinbase.out, coinbase.out_count * sizeof *out);
    yc_writer_init(&w, without, script.n);
    *solution = YC_VIEW_EMPTY;
    if (cut_solution(script, &w, solution))
        out[at].script = yc_writer_written(&w);
    coinbase.out = out;
    struct yc_view raw = written(&coinbase, false, arena);
    if (!raw.n)
        return false;
    yc_sha256d(leaves[0], raw.p, raw.n);
    for (uint32_t i = 1; i < b->tx_count; i++)
        memcpy(leaves[i], b->tx[i].txid.b, 32);
    yc_merkle_root(out32, leaves, b->tx_count, NULL);
    return true;
}

/* The id of the transaction that makes the coin to be spent: its script commits to the block, its output is the
 * challenge. */
static bool id_to_spend(struct yc_txid *out, const struct yc_block *b, const uint8_t root32[32],
                        struct yc_view challenge, struct yc_arena *arena)
{
    uint8_t script_sig[2 + 72] = {YC_OP_0, 72};
    uint8_t *data = script_sig + 2;
    yc_put32le(data, b->header.version);
    memcpy(data + 4, b->header.prev.b, 32);
    memcpy(data + 36, root32, 32);
    yc_put32le(data + 68, b->header.time);
    struct yc_txin in = {.prevout.index = UINT32_MAX, .script_sig = yc_view(script_sig, sizeof script_sig)};
    struct yc_txout to = {0, challenge};
    struct yc_tx tx = {.in_count = 1, .out_count = 1, .in = &in, .out = &to};
    struct yc_view raw = written(&tx, false, arena);
    yc_sha256d(out->b, raw.p, raw.n);
    return raw.n != 0;
}

/* Put the solution's script and witness into the input. False when its bytes are not exactly that. */
static bool read_solution(struct yc_txin *in, struct yc_view solution, struct yc_arena *arena, bool *no_memory)
{
    struct yc_reader r;
    *no_memory = false;
    if (solution.n == 0)
        return true; /* a challenge that anybody meets needs none */
    yc_reader_init(&r, solution);
    in->script_sig = yc_reader_var_bytes(&r);
    size_t count = yc_reader_count(&r, 1);
    struct yc_view *items = yc_arena_take_array(arena, count, sizeof *items);
    if (!items) {
        *no_memory = true;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        items[i] = yc_reader_var_bytes(&r);
    in->witness = items;
    in->witness_count = (uint32_t)count;
    return yc_reader_done(&r);
}

static void *resize_in_arena(void *ctx, void *p, size_t old_n, size_t n)
{
    void *fresh = n ? yc_arena_take(ctx, n) : NULL;
    if (fresh && p)
        memcpy(fresh, p, old_n < n ? old_n : n);
    return fresh;
}

static enum yc_verdict run_challenge(const struct yc_tx *tx, struct yc_view challenge, struct yc_arena *arena,
                                     struct yc_reject *why)
{
    const struct yc_alloc alloc = {resize_in_arena, arena};
    const struct yc_spent spent = {0, challenge};
    struct yc_spend spend;
    struct yc_script_machine *machine = yc_script_machine_new(&alloc);
    if (!machine)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    yc_spend_init(&spend, tx, &spent);
    enum yc_script_error error = yc_script_verify(&spend, 0, SIGNET_FLAGS, yc_checker_now(), machine);
    yc_script_machine_free(machine);
    return error == YC_SCRIPT_OK ? YC_VALID : refuse(why, yc_script_error_text(error));
}

enum yc_verdict yc_signet_check(const struct yc_block *b, const struct yc_chain_params *params,
                                struct yc_arena *scratch, struct yc_reject *why)
{
    static const uint8_t op_return[1] = {YC_OP_RETURN};
    struct yc_view solution, challenge = yc_view(params->signet_challenge, params->signet_challenge_n);
    struct yc_txin in = {.prevout.index = 0};
    struct yc_txout out = {0, yc_view(op_return, 1)};
    struct yc_tx draft = {.in_count = 1, .out_count = 1, .in = &in, .out = &out}, tx;
    uint8_t root[32];
    bool no_memory;
    if (challenge.n == 0 || yc_block_hash_equal(&b->hash, &params->genesis.hash))
        return YC_VALID;
    if (yc_block_commitment_index(b) < 0)
        return refuse(why, "the coinbase commits to no witnesses and so holds no solution");
    if (!root_without_solution(root, b, scratch, &solution) ||
        !id_to_spend(&in.prevout.txid, b, root, challenge, scratch))
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (!read_solution(&in, solution, scratch, &no_memory))
        return no_memory ? yc_reject_system(why, YC_SYSTEM_MEMORY) : refuse(why, "the solution is malformed");
    struct yc_view raw = written(&draft, true, scratch);
    if (!raw.n)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    enum yc_verdict verdict = yc_tx_parse(&tx, raw, scratch, why);
    if (verdict != YC_VALID)
        return verdict == YC_SYSTEM ? verdict : refuse(why, "the solution is malformed");
    return run_challenge(&tx, challenge, scratch, why);
}

void yc_signet_magic(uint8_t out4[4], struct yc_view challenge)
{
    uint8_t counted[3 + YC_SIGNET_CHALLENGE_BYTES_MAX], hash[32];
    struct yc_writer w;
    yc_writer_init(&w, counted, sizeof counted);
    yc_writer_compact(&w, challenge.n);
    yc_writer_view(&w, challenge);
    YC_ASSERT(!w.failed);
    yc_sha256d(hash, counted, w.n);
    memcpy(out4, hash, 4);
}
