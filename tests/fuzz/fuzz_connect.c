/* A block of many spends, judged by two chains that differ in everything that must not matter: how many threads check
 * scripts, which kernel hashes, and whether the block was seen before. Both must say the same, and have the same coins.
 *
 * The block is made here, since no fuzzer finds hashes. Input: for each spend a byte of choices, then runs of length (1
 * byte) and bytes: the script that locks the coin, what unlocks it. */
#include "base/assert.h"
#include "base/reader.h"
#include "consensus/script/asm.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "unit/consensus/rows/draft.h"

#define SPENDS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum form { BARE, P2SH, V0, FORMS };

static struct chain_world worlds[2];
static struct yc_txid coin;

/* Two chains of the same blocks: one checks scripts as it goes, the other by three threads. */
static void open_worlds(void)
{
    if (worlds[0].chain)
        return;
    for (unsigned i = 0; i < 2; i++) {
        world_init(&worlds[i], 3 * i);
        coin = rows_mature_coin(&worlds[i]);
    }
    YC_ASSERT(yc_block_hash_equal(&yc_chain_tip(worlds[0].chain)->hash, &yc_chain_tip(worlds[1].chain)->hash));
}

struct spend {
    enum form form;
    uint8_t choices;
    struct yc_view code, sig;
};

static struct yc_view run_of(struct yc_reader *r)
{
    size_t n = yc_reader_u8(r);
    return yc_reader_bytes(r, n < yc_reader_left(r) ? n : yc_reader_left(r));
}

static size_t read_spends(struct spend *out, struct yc_view input)
{
    struct yc_reader r;
    size_t count = 0;
    yc_reader_init(&r, input);
    while (yc_reader_left(&r) && count < SPENDS_MAX) {
        struct spend *s = &out[count++];
        s->choices = yc_reader_u8(&r);
        s->form = s->choices % FORMS;
        s->code = run_of(&r);
        s->sig = run_of(&r);
    }
    return count;
}

static struct yc_view output_of(struct draft *d, const struct spend *s)
{
    uint8_t out[34] = {YC_OP_0, 32};
    if (s->form == BARE)
        return s->code;
    if (s->form == V0) {
        yc_sha256_once(out + 2, s->code.p, s->code.n);
        return draft_copy(d, out, 34);
    }
    out[0] = YC_OP_HASH160;
    out[1] = 20;
    yc_hash160(out + 2, s->code.p, s->code.n);
    out[22] = YC_OP_EQUAL;
    return draft_copy(d, out, 23);
}

static void unlock(struct draft *d, struct draft_tx *t, const struct spend *s)
{
    t->tx.version = s->choices & 0x10 ? 1 : 2;
    t->in[0].sequence = s->choices & 0x20 ? 0 : YC_SEQUENCE_FINAL;
    if (s->form == V0) {
        struct yc_view items[2] = {s->sig, s->code};
        draft_witness(d, t, s->choices & 0x40 ? items + 1 : items, s->choices & 0x40 ? 1 : 2);
        return;
    }
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), 4096);
    yc_buf_append(&b, s->sig.p, s->sig.n);
    if (s->form == P2SH)
        yc_script_push(&b, s->code);
    YC_ASSERT(!b.failed);
    t->in[0].script_sig = b.n ? draft_copy(d, b.p, b.n) : YC_VIEW_EMPTY;
    yc_buf_release(&b);
}

static void make(struct draft *d, struct chain_world *w, const struct spend *spends, size_t count, unsigned extra)
{
    draft_init(d, w, yc_chain_tip(w->chain), extra);
    struct draft_tx *funding = draft_add(d, &coin, 0, 1, 50 * YC_COIN, (uint32_t)count + 1);
    for (size_t i = 0; i < count; i++)
        funding->out[i].script = output_of(d, &spends[i]);
    struct yc_txid id = draft_txid(d, funding);
    for (size_t i = 0; i < count; i++) {
        struct draft_tx *t = draft_add(d, &id, (uint32_t)i, 1, YC_COIN, 1);
        t->out[0].script = draft_fill(d, 0x51, 20);
        unlock(d, t, &spends[i]);
    }
    draft_commit(d);
    draft_seal(d);
}

struct outcome {
    enum yc_verdict verdict;
    enum yc_rej code, failed;
    bool connected;
    uint8_t coins32[32];
};

static struct outcome submit(struct chain_world *w, struct yc_view raw)
{
    struct outcome out = {.verdict = YC_VALID};
    struct yc_reject why = {.code = YC_REJ_NONE};
    const struct yc_node *before = yc_chain_tip(w->chain);
    w->failed_code = YC_REJ_NONE;
    out.verdict = yc_chain_submit_block(w->chain, raw, YC_SUBMIT_REQUESTED, 1, NULL, NULL, &why);
    world_settle(w);
    out.code = why.code;
    out.failed = w->failed_code;
    out.connected = yc_chain_tip(w->chain) != before;
    coins_hash(w, out.coins32);
    return out;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->verdict == b->verdict && a->code == b->code && a->failed == b->failed && a->connected == b->connected &&
           memcmp(a->coins32, b->coins32, 32) == 0;
}

/* Take the block off, and where `again` is set put it on once more: what is remembered of it changes nothing. */
static void undo(struct chain_world *w, const struct outcome *o, bool again)
{
    struct yc_error err;
    uint8_t coins32[32];
    struct yc_block_hash hash = yc_chain_tip(w->chain)->hash;
    if (!o->connected)
        return;
    for (int i = 0; i < (again ? 2 : 1); i++) {
        YC_ASSERT(yc_chain_invalidate(w->chain, &hash, &err) == YC_VALID);
        world_settle(w);
        YC_ASSERT(!yc_block_hash_equal(&yc_chain_tip(w->chain)->hash, &hash));
        if (i || !again)
            break;
        YC_ASSERT(yc_chain_reconsider(w->chain, &hash, &err) == YC_VALID);
        world_settle(w);
        YC_ASSERT(yc_block_hash_equal(&yc_chain_tip(w->chain)->hash, &hash));
        coins_hash(w, coins32);
        YC_ASSERT(memcmp(coins32, o->coins32, 32) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned extra;
    struct spend spends[SPENDS_MAX];
    struct outcome o[2];
    struct draft d;
    open_worlds();
    size_t count = read_spends(spends, yc_view(data, n));
    make(&d, &worlds[0], spends, count, ++extra);
    for (unsigned i = 0; i < 2; i++) {
        YC_ASSERT(yc_sha256_select(i ? "generic" : NULL, NULL) == YC_VALID);
        o[i] = submit(&worlds[i], d.raw);
    }
    YC_ASSERT(same(&o[0], &o[1]));
    YC_ASSERT(o[0].connected == (o[0].verdict == YC_VALID && o[0].failed == YC_REJ_NONE));
    for (unsigned i = 0; i < 2; i++)
        undo(&worlds[i], &o[i], i == 1);
    YC_ASSERT(yc_block_hash_equal(&yc_chain_tip(worlds[0].chain)->hash, &yc_chain_tip(worlds[1].chain)->hash));
    draft_release(&d);
    return 0;
}
