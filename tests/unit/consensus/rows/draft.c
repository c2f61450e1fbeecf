#include "unit/consensus/rows/draft.h"

#include "crypto/sha256.h"

#define ARENA_BYTES_MAX ((size_t)256 << 20)

static void *take(struct draft *d, size_t n)
{
    void *p = yc_arena_take(&d->arena, n);
    assert_non_null(p);
    return p;
}

struct yc_view draft_fill(struct draft *d, uint8_t byte, size_t n)
{
    return yc_view(memset(take(d, n), byte, n), n);
}

struct yc_view draft_copy(struct draft *d, const void *p, size_t n)
{
    void *copy = take(d, n);
    memcpy(copy, p, n);
    return yc_view(copy, n);
}

static struct draft_tx *add(struct draft *d, uint32_t in_count, uint32_t out_count)
{
    struct draft_tx *t = take(d, sizeof *t);
    t->in = take(d, in_count * sizeof *t->in);
    t->out = take(d, out_count * sizeof *t->out);
    for (uint32_t i = 0; i < in_count; i++)
        t->in[i] = (struct yc_txin){.prevout.index = UINT32_MAX, .sequence = YC_SEQUENCE_FINAL - 1};
    for (uint32_t i = 0; i < out_count; i++)
        t->out[i] = (struct yc_txout){0, yc_view("\x51", 1)};
    t->tx = (struct yc_tx){.version = 2, .in_count = in_count, .out_count = out_count, .in = t->in, .out = t->out};
    assert_true(d->count < DRAFT_TXS_MAX);
    return d->tx[d->count++] = t;
}

void draft_init(struct draft *d, struct chain_world *w, const struct yc_node *parent, unsigned extra)
{
    const struct yc_chain_params *params = w->config.params;
    struct yc_ancestors a = yc_node_ancestors(parent);
    uint32_t height = parent->height + 1;
    uint8_t script[10];
    memset(d, 0, sizeof *d);
    d->world = w;
    yc_arena_init(&d->arena, yc_heap(), 1 << 16, ARENA_BYTES_MAX);
    int64_t least = yc_time_min(params, &a);
    d->header = (struct yc_header){.version = 0x20000000, .prev = parent->hash};
    d->header.time = (uint32_t)(least > (int64_t)parent->time + 1 ? least : (int64_t)parent->time + 1);
    struct draft_tx *coinbase = add(d, 1, 1);
    size_t n = yc_bip34_push(script, height);
    yc_put32le(script + n, extra);
    coinbase->in[0].script_sig = draft_copy(d, script, n + 4);
    coinbase->out[0].value_sat = yc_subsidy_sat(params, height);
    coinbase->tx.lock_time = height - 1;
}

void draft_release(struct draft *d)
{
    yc_arena_release(&d->arena);
}

struct draft_tx *draft_add(struct draft *d, const struct yc_txid *id, uint32_t first, uint32_t in_count,
                           int64_t value_sat, uint32_t out_count)
{
    struct draft_tx *t = add(d, in_count, out_count);
    for (uint32_t i = 0; i < in_count; i++)
        t->in[i].prevout = (struct yc_outpoint){*id, first + i};
    for (uint32_t i = 0; i < out_count; i++)
        t->out[i].value_sat = value_sat / out_count;
    /* Longer than the 64 bytes that BIP 54 forbids. */
    t->in[0].script_sig = yc_view("\x51\x51\x51\x51\x51", 5);
    return t;
}

void draft_witness(struct draft *d, struct draft_tx *t, const struct yc_view *items, uint32_t count)
{
    t->in[0].witness = (const struct yc_view *)draft_copy(d, items, count * sizeof *items).p;
    t->in[0].witness_count = count;
    t->in[0].script_sig = YC_VIEW_EMPTY;
}

static struct yc_view serialise(struct draft *d, const struct yc_tx *tx, bool with_witness)
{
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_tx_write(tx, with_witness, &w);
    size_t n = w.n;
    yc_writer_init(&w, take(d, n), n);
    yc_tx_write(tx, with_witness, &w);
    assert_false(w.failed);
    return yc_writer_written(&w);
}

struct yc_txid draft_txid(struct draft *d, const struct draft_tx *t)
{
    struct yc_view raw = serialise(d, &t->tx, false);
    struct yc_txid id;
    yc_sha256d(id.b, raw.p, raw.n);
    return id;
}

static void root_of(struct draft *d, uint8_t out32[32], bool wtxids)
{
    uint8_t(*leaves)[32] = take(d, 32 * d->count);
    for (size_t i = 0; i < d->count; i++) {
        struct yc_view raw = serialise(d, &d->tx[i]->tx, wtxids);
        yc_sha256d(leaves[i], raw.p, raw.n);
    }
    if (wtxids)
        memset(leaves[0], 0, 32);
    yc_merkle_root(out32, leaves, d->count, NULL);
}

void draft_commit(struct draft *d)
{
    uint8_t committed[64] = {0}, script[38] = {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    struct draft_tx *coinbase = d->tx[0];
    struct yc_view nonce = draft_fill(d, 0, 32), script_sig = coinbase->in[0].script_sig;
    draft_witness(d, coinbase, &nonce, 1);
    coinbase->in[0].script_sig = script_sig;
    root_of(d, committed, true);
    yc_sha256d(script + 6, committed, sizeof committed);
    struct yc_txout *out = take(d, 2 * sizeof *out);
    out[0] = coinbase->out[0];
    out[1] = (struct yc_txout){0, draft_copy(d, script, sizeof script)};
    coinbase->tx.out = coinbase->out = out;
    coinbase->tx.out_count = 2;
}

void draft_write(struct draft *d)
{
    size_t n = YC_HEADER_BYTES + yc_compact_bytes(d->count);
    struct yc_writer w;
    for (size_t i = 0; i < d->count; i++) {
        yc_writer_init_count(&w);
        yc_tx_write(&d->tx[i]->tx, true, &w);
        n += w.n;
    }
    yc_writer_init(&w, take(d, n), n);
    yc_header_write(&d->header, yc_writer_room(&w, YC_HEADER_BYTES));
    yc_writer_compact(&w, d->count);
    for (size_t i = 0; i < d->count; i++)
        yc_tx_write(&d->tx[i]->tx, true, &w);
    assert_false(w.failed);
    d->raw = yc_writer_written(&w);
}

void draft_seal(struct draft *d)
{
    const struct yc_node *parent = yc_chain_find(d->world->chain, &d->header.prev);
    struct yc_ancestors a = yc_node_ancestors(parent);
    d->header.bits = yc_bits_required(d->world->config.params, &a, d->header.time);
    root_of(d, d->header.merkle_root, false);
    for (d->header.nonce = 0;; d->header.nonce++) {
        d->hash = yc_header_hash(&d->header);
        if (yc_pow_check(&d->hash, d->header.bits, d->world->config.params))
            break;
    }
    draft_write(d);
}

enum yc_verdict draft_submit(struct draft *d, const struct yc_node **out, struct yc_reject *why)
{
    why->code = YC_REJ_NONE;
    enum yc_verdict v = yc_chain_submit_block(d->world->chain, d->raw, YC_SUBMIT_REQUESTED, 1, out, NULL, why);
    world_settle(d->world);
    return v;
}

const struct yc_node *draft_must_be_tip(struct draft *d)
{
    struct yc_reject why;
    draft_seal(d);
    enum yc_verdict v = draft_submit(d, NULL, &why);
    const struct yc_node *tip = yc_chain_tip(d->world->chain);
    if (v != YC_VALID || !yc_block_hash_equal(&tip->hash, &d->hash))
        fail_msg("%s, then %s", yc_reject_string(why.code), yc_reject_string(d->world->failed_code));
    return tip;
}

struct yc_txid rows_mature_coin(struct chain_world *w)
{
    struct draft d;
    draft_init(&d, w, yc_chain_tip(w->chain), 1);
    struct yc_txid id = draft_txid(&d, d.tx[0]);
    const struct yc_node *n = draft_must_be_tip(&d);
    draft_release(&d);
    grow_many(w, n, YC_COINBASE_MATURITY, 1);
    return id;
}
