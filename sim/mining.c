/* Blocks and payments. */
#include "crypto/sha256.h"
#include "node/template/template.h"
#include "sim/internal.h"

#include <stdlib.h>

#define SOLVE_TRIES 100000000

void sim_make_block(struct sim *s, unsigned i, struct yc_view *out)
{
    struct yc_template t;
    struct yc_error err;
    struct sim_node *n = &s->node[i];
    struct yc_template_options o = {
        .weight_max = 4000000, .reserved_weight = 8000, .min_sat_per_kvb = 1, .coinbase_script = yc_view("\x51", 1)};
    uint8_t tag[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
    o.coinbase_tag = yc_view(tag, sizeof tag);
    while (!yc_chain_at_rest(yc_core_chain(n->core)))
        (void)yc_core_step(n->core, 5000);
    if (yc_template_build(&t, yc_core_chain(n->core), yc_core_pool(n->core), &n->clock, &o, &err) != YC_VALID)
        sim_fail(s, "node %u makes no template: %s", i, err.text);
    uint8_t *raw = sim_new(1, t.block.n);
    memcpy(raw, t.block.p, t.block.n);
    uint64_t tried = 0;
    if (!yc_template_solve(raw, SOLVE_TRIES, &tried))
        sim_fail(s, "node %u finds no nonce: the difficulty is too high for a simulation", i);
    *out = yc_view(raw, t.block.n);
    yc_template_release(&t);
}

struct yc_block_hash sim_mine(struct sim *s, unsigned i, unsigned count)
{
    struct yc_block_hash hash = {{0}};
    for (unsigned k = 0; k < count; k++) {
        struct yc_view raw;
        struct yc_reject why;
        const struct yc_node *node = NULL;
        sim_make_block(s, i, &raw);
        enum yc_verdict v = yc_core_submit_block(s->node[i].core, raw, &node, NULL, &why);
        if (v != YC_VALID)
            sim_fail(s, "node %u's own block: %s", i, yc_reject_string(why.code));
        hash = node->hash;
        free((void *)(uintptr_t)raw.p);
        sim_step(s);
    }
    return hash;
}

size_t sim_spend_output(const struct yc_txid *of, int64_t value_sat, int64_t fee_sat, uint8_t *out, size_t cap,
                        struct yc_txid *txid)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, of->b, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_u8(&w, 0);
    yc_writer_u32le(&w, YC_SEQUENCE_FINAL);
    yc_writer_u8(&w, 1);
    yc_writer_u64le(&w, (uint64_t)(value_sat - fee_sat));
    yc_writer_var_bytes(&w, yc_view("\x51\x75\x51\x75\x51\x75\x51", 7)); /* true; not 64 bytes in all (BIP 54) */
    yc_writer_u32le(&w, 0);
    YC_ASSERT(!w.failed);
    yc_sha256d(txid->b, out, w.n);
    return w.n;
}

size_t sim_spend(struct sim *s, unsigned i, uint32_t height, int64_t fee_sat, uint8_t *out, size_t cap,
                 struct yc_txid *txid)
{
    const struct yc_chain *chain = yc_core_chain(s->node[i].core);
    const struct yc_node *n = yc_chain_at(chain, height);
    struct yc_view raw;
    struct yc_error err;
    struct yc_reject why;
    struct yc_block b;
    struct yc_arena arena;
    YC_ASSERT(n);
    if (yc_chain_read_block(chain, n, yc_heap(), &raw, &err) != YC_VALID)
        sim_fail(s, "node %u: %s", i, err.text);
    yc_arena_init(&arena, yc_heap(), 65536, SIZE_MAX);
    if (yc_block_parse(&b, raw, &arena, &why) != YC_VALID)
        sim_fail(s, "node %u: its block %u cannot be read", i, height);
    size_t size = sim_spend_output(&b.tx[0].txid, b.tx[0].out[0].value_sat, fee_sat, out, cap, txid);
    yc_arena_release(&arena);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    return size;
}

void sim_submit_tx(struct sim *s, unsigned i, struct yc_view raw)
{
    struct yc_pool_reject why;
    char text[192];
    enum yc_verdict v = yc_core_submit_tx(s->node[i].core, raw, -1, NULL, &why);
    yc_pool_reject_text(text, sizeof text, v, &why);
    if (v != YC_VALID)
        sim_fail(s, "node %u refuses the transaction: %s", i, text);
}

bool sim_has_tx(struct sim *s, unsigned i, const struct yc_txid *txid)
{
    return yc_pool_find(yc_core_pool(s->node[i].core), txid) != NULL;
}

uint32_t sim_height(struct sim *s, unsigned i)
{
    return yc_chain_tip(yc_core_chain(s->node[i].core))->height;
}

static void count_peer(void *ctx, const struct yc_core_peer *p)
{
    *(unsigned *)ctx += p->handshake_done;
}

unsigned sim_peers(struct sim *s, unsigned i)
{
    unsigned n = 0;
    yc_core_each_peer(s->node[i].core, count_peer, &n);
    return n;
}
