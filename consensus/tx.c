#include "consensus/tx.h"

#include "base/assert.h"
#include "crypto/sha256.h"

#include <stdio.h>

/* The fewest bytes that an element of each kind takes on the wire: what bounds a count by the bytes that are left. */
#define INPUT_BYTES_MIN  41
#define OUTPUT_BYTES_MIN 9

#define COINBASE_SCRIPT_BYTES_MIN 2
#define COINBASE_SCRIPT_BYTES_MAX 100

static enum yc_verdict malformed(struct yc_reject *why, const char *detail)
{
    enum yc_verdict verdict = yc_reject_set(why, YC_REJ_TX_PARSE, YC_NO_INDEX, YC_NO_INDEX);
    snprintf(why->detail, sizeof why->detail, "%s", detail);
    return verdict;
}

/* Arrays of the transaction: false when the arena is full. No memory is taken for an empty array. */
static bool read_inputs(struct yc_reader *r, size_t count, struct yc_tx *tx, struct yc_txin **out_in,
                        struct yc_arena *arena)
{
    tx->in_count = (uint32_t)count;
    *out_in = NULL;
    if (count == 0)
        return true;
    struct yc_txin *in = yc_arena_take_array(arena, count, sizeof *in);
    if (!in)
        return false;
    for (size_t i = 0; i < count; i++) {
        yc_reader_copy(r, in[i].prevout.txid.b, 32);
        in[i].prevout.index = yc_reader_u32le(r);
        in[i].script_sig = yc_reader_var_bytes(r);
        in[i].sequence = yc_reader_u32le(r);
        in[i].witness = NULL;
        in[i].witness_count = 0;
    }
    tx->in = *out_in = in;
    return true;
}

static bool read_outputs(struct yc_reader *r, struct yc_tx *tx, struct yc_arena *arena)
{
    size_t count = yc_reader_count(r, OUTPUT_BYTES_MIN);
    tx->out_count = (uint32_t)count;
    if (count == 0)
        return true;
    struct yc_txout *out = yc_arena_take_array(arena, count, sizeof *out);
    if (!out)
        return false;
    for (size_t i = 0; i < count; i++) {
        out[i].value_sat = (int64_t)yc_reader_u64le(r);
        out[i].script = yc_reader_var_bytes(r);
    }
    tx->out = out;
    return true;
}

/* The witnesses of all inputs; *any tells whether one has an item. */
static bool read_witnesses(struct yc_reader *r, struct yc_txin *in, size_t in_count, struct yc_arena *arena, bool *any)
{
    *any = false;
    for (size_t i = 0; i < in_count; i++) {
        size_t count = yc_reader_count(r, 1);
        if (count == 0)
            continue;
        struct yc_view *items = yc_arena_take_array(arena, count, sizeof *items);
        if (!items)
            return false;
        for (size_t k = 0; k < count; k++)
            items[k] = yc_reader_var_bytes(r);
        in[i].witness = items;
        in[i].witness_count = (uint32_t)count;
        *any = true;
    }
    return true;
}

/* In the form with witness a zero (no real transaction has no inputs) and the flag 1 stand before the inputs. A zero
 * followed by a zero is a transaction without inputs and outputs, which yc_tx_check() refuses (catalogue C45). */
static enum yc_verdict read_tx(struct yc_reader *r, struct yc_tx *tx, struct yc_arena *arena, bool may_have_witness,
                               struct yc_reject *why)
{
    const uint8_t *start = r->p;
    size_t witness_bytes = 0;
    memset(tx, 0, sizeof *tx);
    tx->version = yc_reader_u32le(r);
    size_t in_count = yc_reader_count(r, INPUT_BYTES_MIN);
    bool empty = false;
    uint8_t flags = 0;
    if (in_count == 0 && may_have_witness && yc_reader_ok(r)) {
        flags = yc_reader_u8(r);
        tx->has_witness = (flags & 1) != 0;
        empty = flags == 0;
        if (!empty)
            in_count = yc_reader_count(r, INPUT_BYTES_MIN);
    }
    struct yc_txin *in;
    if (!read_inputs(r, in_count, tx, &in, arena) || (!empty && !read_outputs(r, tx, arena)))
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (tx->has_witness) {
        const uint8_t *witness = r->p;
        bool any;
        if (!read_witnesses(r, in, in_count, arena, &any))
            return yc_reject_system(why, YC_SYSTEM_MEMORY);
        if (!any && yc_reader_ok(r))
            return malformed(why, "Superfluous witness record");
        witness_bytes = 2 + (size_t)(r->p - witness);
    }
    if (flags > 1 && yc_reader_ok(r))
        return malformed(why, "Unknown transaction optional data");
    tx->lock_time = yc_reader_u32le(r);
    if (!yc_reader_ok(r))
        return malformed(why, r->overlong ? "non-canonical ReadCompactSize(): a size is not in its shortest form"
                                          : "DataStream::read(): end of data: the bytes end too early");
    tx->raw = yc_view(start, (size_t)(r->p - start));
    if (tx->raw.n > UINT32_MAX)
        return malformed(why, "over 4 GiB");
    tx->stripped_bytes = (uint32_t)(tx->raw.n - witness_bytes);
    return YC_VALID;
}

enum yc_verdict yc_tx_read(struct yc_reader *r, struct yc_tx *tx, struct yc_arena *arena, struct yc_reject *why)
{
    return read_tx(r, tx, arena, true, why);
}

static enum yc_verdict parse_whole(struct yc_tx *tx, struct yc_view raw, struct yc_arena *arena, bool may_have_witness,
                                   struct yc_reject *why)
{
    struct yc_reader r;
    yc_reader_init(&r, raw);
    enum yc_verdict verdict = read_tx(&r, tx, arena, may_have_witness, why);
    if (verdict != YC_VALID)
        return verdict;
    if (!yc_reader_done(&r))
        return malformed(why, "bytes are left over behind the transaction");
    yc_tx_hash(tx);
    return YC_VALID;
}

enum yc_verdict yc_tx_parse(struct yc_tx *tx, struct yc_view raw, struct yc_arena *arena, struct yc_reject *why)
{
    return parse_whole(tx, raw, arena, true, why);
}

enum yc_verdict yc_tx_parse_stripped(struct yc_tx *tx, struct yc_view raw, struct yc_arena *arena,
                                     struct yc_reject *why)
{
    return parse_whole(tx, raw, arena, false, why);
}

void yc_tx_hash(struct yc_tx *tx)
{
    yc_sha256d(tx->wtxid.b, tx->raw.p, tx->raw.n);
    if (!tx->has_witness) {
        memcpy(tx->txid.b, tx->wtxid.b, 32);
        return;
    }
    /* Without marker, flag and witnesses three pieces are left: version, inputs and outputs, lock time. */
    struct yc_sha256 h;
    yc_sha256_init(&h);
    yc_sha256_update(&h, tx->raw.p, 4);
    yc_sha256_update(&h, tx->raw.p + 6, tx->stripped_bytes - 8);
    yc_sha256_update(&h, tx->raw.p + tx->raw.n - 4, 4);
    yc_sha256_final(&h, tx->txid.b);
    yc_sha256_once(tx->txid.b, tx->txid.b, 32);
}

static bool any_witness(const struct yc_tx *tx)
{
    for (uint32_t i = 0; i < tx->in_count; i++) {
        if (tx->in[i].witness_count)
            return true;
    }
    return false;
}

void yc_tx_write(const struct yc_tx *tx, bool with_witness, struct yc_writer *w)
{
    bool witness = with_witness && any_witness(tx);
    yc_writer_u32le(w, tx->version);
    if (witness)
        yc_writer_bytes(w, "\0\1", 2);
    yc_writer_compact(w, tx->in_count);
    for (uint32_t i = 0; i < tx->in_count; i++) {
        yc_writer_bytes(w, tx->in[i].prevout.txid.b, 32);
        yc_writer_u32le(w, tx->in[i].prevout.index);
        yc_writer_var_bytes(w, tx->in[i].script_sig);
        yc_writer_u32le(w, tx->in[i].sequence);
    }
    yc_writer_compact(w, tx->out_count);
    for (uint32_t i = 0; i < tx->out_count; i++) {
        yc_writer_u64le(w, (uint64_t)tx->out[i].value_sat);
        yc_writer_var_bytes(w, tx->out[i].script);
    }
    for (uint32_t i = 0; witness && i < tx->in_count; i++) {
        yc_writer_compact(w, tx->in[i].witness_count);
        for (uint32_t k = 0; k < tx->in[i].witness_count; k++)
            yc_writer_var_bytes(w, tx->in[i].witness[k]);
    }
    yc_writer_u32le(w, tx->lock_time);
}

static int compare_prevouts(const struct yc_txin *a, const struct yc_txin *b)
{
    return memcmp(&a->prevout, &b->prevout, sizeof a->prevout);
}

static void sift_down(const struct yc_txin **heap, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare_prevouts(heap[child], heap[child + 1]) < 0)
            child++;
        if (compare_prevouts(heap[root], heap[child]) >= 0)
            return;
        const struct yc_txin *up = heap[child];
        heap[child] = heap[root];
        heap[root] = up;
    }
}

/* Index of an input that spends what an earlier one of the order by outpoint spends, or YC_NO_INDEX.
 * Sorted as a heap: no input order makes it slow, and it takes no memory but the array. */
static uint32_t find_duplicate(const struct yc_tx *tx, const struct yc_txin **order)
{
    size_t count = tx->in_count;
    for (size_t i = 0; i < count; i++)
        order[i] = &tx->in[i];
    for (size_t i = count / 2; i-- > 0;)
        sift_down(order, i, count);
    for (size_t left = count; left-- > 1;) {
        const struct yc_txin *largest = order[0];
        order[0] = order[left];
        order[left] = largest;
        sift_down(order, 0, left);
    }
    for (size_t i = 1; i < count; i++) {
        if (compare_prevouts(order[i - 1], order[i]) == 0)
            return (uint32_t)((order[i] > order[i - 1] ? order[i] : order[i - 1]) - tx->in);
    }
    return YC_NO_INDEX;
}

static enum yc_verdict check_outputs(const struct yc_tx *tx, struct yc_reject *why)
{
    int64_t sum_sat = 0;
    for (uint32_t i = 0; i < tx->out_count; i++) {
        int64_t value_sat = tx->out[i].value_sat;
        if (value_sat < 0)
            return yc_reject_set(why, YC_REJ_TX_VOUT_NEGATIVE, YC_NO_INDEX, i);
        if (value_sat > YC_MONEY_MAX)
            return yc_reject_set(why, YC_REJ_TX_VOUT_TOOLARGE, YC_NO_INDEX, i);
        if (!yc_money_add(&sum_sat, value_sat))
            return yc_reject_set(why, YC_REJ_TX_TXOUTTOTAL_TOOLARGE, YC_NO_INDEX, i);
    }
    return YC_VALID;
}

enum yc_verdict yc_tx_check(const struct yc_tx *tx, struct yc_arena *scratch, struct yc_reject *why)
{
    if (tx->in_count == 0)
        return yc_reject_set(why, YC_REJ_TX_VIN_EMPTY, YC_NO_INDEX, YC_NO_INDEX);
    if (tx->out_count == 0)
        return yc_reject_set(why, YC_REJ_TX_VOUT_EMPTY, YC_NO_INDEX, YC_NO_INDEX);
    if ((uint64_t)tx->stripped_bytes * YC_WITNESS_SCALE > YC_BLOCK_WEIGHT_MAX)
        return yc_reject_set(why, YC_REJ_TX_OVERSIZE, YC_NO_INDEX, YC_NO_INDEX);
    enum yc_verdict verdict = check_outputs(tx, why);
    if (verdict != YC_VALID)
        return verdict;
    if (tx->in_count > 1) {
        const struct yc_txin **order = yc_arena_take_array(scratch, tx->in_count, sizeof(const struct yc_txin *));
        if (!order)
            return yc_reject_system(why, YC_SYSTEM_MEMORY);
        uint32_t duplicate = find_duplicate(tx, order);
        if (duplicate != YC_NO_INDEX)
            return yc_reject_set(why, YC_REJ_TX_INPUTS_DUPLICATE, YC_NO_INDEX, duplicate);
    }
    if (yc_tx_is_coinbase(tx)) {
        size_t n = tx->in[0].script_sig.n;
        if (n < COINBASE_SCRIPT_BYTES_MIN || n > COINBASE_SCRIPT_BYTES_MAX)
            return yc_reject_set(why, YC_REJ_TX_CB_LENGTH, YC_NO_INDEX, 0);
        return YC_VALID;
    }
    for (uint32_t i = 0; i < tx->in_count; i++) {
        if (yc_outpoint_is_null(&tx->in[i].prevout))
            return yc_reject_set(why, YC_REJ_TX_PREVOUT_NULL, YC_NO_INDEX, i);
    }
    return YC_VALID;
}

enum yc_verdict yc_tx_check_bip54(const struct yc_tx *tx, struct yc_reject *why)
{
    if (tx->stripped_bytes == 64)
        return yc_reject_set(why, YC_REJ_TX_STRIPPED_64, YC_NO_INDEX, YC_NO_INDEX);
    return YC_VALID;
}

bool yc_tx_is_final(const struct yc_tx *tx, uint32_t height, int64_t mtp_s)
{
    if (tx->lock_time == 0)
        return true;
    int64_t now = tx->lock_time < YC_LOCKTIME_THRESHOLD ? (int64_t)height : mtp_s;
    if ((int64_t)tx->lock_time < now)
        return true;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        if (tx->in[i].sequence != YC_SEQUENCE_FINAL)
            return false;
    }
    return true;
}
