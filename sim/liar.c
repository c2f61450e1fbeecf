#include "sim/liar.h"

#include "consensus/pow.h"

const struct yc_chain *liar_chain(const struct liar *l)
{
    return yc_core_chain(l->sim->node[l->source].core);
}

static void answer_getheaders(struct liar *l, struct yc_peer *peer, const struct yc_locator_view *locator)
{
    static uint8_t out[YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES];
    uint32_t height = 1;
    size_t n = 0;
    for (size_t i = 0; i < locator->count; i++) {
        struct yc_block_hash hash = yc_locator_at(locator, i);
        const struct yc_node *at = yc_chain_find(liar_chain(l), &hash);
        if (!at || !yc_chain_has(liar_chain(l), at))
            continue;
        height = at->height + 1;
        break;
    }
    for (const struct yc_node *at; n < YC_HEADERS_COUNT_MAX && (at = yc_chain_at(liar_chain(l), height)) != NULL;
         height++) {
        struct yc_header h = yc_node_header(at);
        yc_header_write(&h, out + n++ * YC_HEADER_BYTES);
    }
    yc_peer_send_headers(peer, out, n);
}

static void answer_getdata(struct liar *l, struct yc_peer *peer, const struct yc_inv_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        struct yc_block_hash hash;
        struct yc_error err;
        struct yc_view raw;
        if ((inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_BLOCK) {
            l->asked_txs++;
            continue;
        }
        l->asked_blocks++;
        memcpy(hash.b, inv.hash32, 32);
        const struct yc_node *at = l->serves ? yc_chain_find(liar_chain(l), &hash) : NULL;
        if (!at)
            continue;
        if (yc_chain_read_block(liar_chain(l), at, yc_heap(), &raw, &err) != YC_VALID)
            sim_fail(l->sim, "node %u: %s", l->source, err.text);
        uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
        if (l->spoil)
            l->spoil(bytes, raw.n);
        yc_peer_send(peer, YC_MSG_BLOCK, raw);
        yc_alloc_free(yc_heap(), bytes, raw.n);
    }
}

static void on_event(struct sim_puppet *p, struct sim *s, struct yc_peer *peer, const struct yc_peer_event *ev)
{
    struct liar *l = p->ctx;
    (void)s;
    if (ev->kind != YC_PEER_EV_MESSAGE)
        return;
    if (ev->msg.type == YC_MSG_GETHEADERS) {
        l->asked_headers++;
        if (!l->hides)
            answer_getheaders(l, peer, &ev->msg.u.locator);
    } else if (ev->msg.type == YC_MSG_GETDATA) {
        answer_getdata(l, peer, &ev->msg.u.inv);
    }
}

unsigned liar_add(struct sim *s, struct liar *l)
{
    l->sim = s;
    l->puppet.event = on_event;
    l->puppet.ctx = l;
    return sim_add_puppet(s, &l->puppet);
}

uint64_t liar_join(struct sim *s, struct liar *l, unsigned node)
{
    unsigned before = sim_peers(s, node);
    uint64_t handle = sim_puppet_connect(s, liar_add(s, l), node);
    sim_run(s, 1);
    if (sim_peers(s, node) != before + 1)
        sim_fail(s, "node %u does not take the liar's connection", node);
    return handle;
}

void liar_send_raw(struct sim *s, uint64_t handle, const char *command, struct yc_view payload)
{
    uint8_t header[YC_FRAME_HEADER_BYTES];
    yc_frame_write_header(header, yc_chain_builtin("regtest")->magic, command, payload);
    sim_puppet_send(s, handle, yc_view(header, sizeof header));
    sim_puppet_send(s, handle, payload);
}

void liar_solve(uint8_t *raw)
{
    struct yc_header h;
    struct yc_block_hash hash;
    yc_header_read(&h, raw);
    do {
        h.nonce++;
        hash = yc_header_hash(&h);
    } while (!yc_pow_check(&hash, h.bits, yc_chain_builtin("regtest")));
    yc_header_write(&h, raw);
}
