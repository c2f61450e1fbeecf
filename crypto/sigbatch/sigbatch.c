#include "crypto/sigbatch/sigbatch.h"

#include "base/assert.h"
#include "base/hex.h"
#include "base/siphash.h"
#include "crypto/sigbatch/engine.h"

struct yc_sigbatch {
    struct yc_sigbatch_room room;
    const struct yc_sigengine *engine;
    struct yc_alloc alloc;
    void *block; /* what the allocator gave */
    struct yc_sigbatch_counts counts;
    /* Of each check_one_in accepted in turn, one is checked again, and nobody can say which before. */
    struct yc_siphash_key key;
    uint64_t turn;
    uint32_t until_repeat, until_turn;
};

/* The numbers above are aligned for vectors, which an allocator need not do. */
#define BLOCK_BYTES (sizeof(struct yc_sigbatch) + _Alignof(struct yc_sigbatch) - 1)

enum yc_verdict yc_sigbatch_new(struct yc_sigbatch **out, const struct yc_sigengine *engine, uint64_t seed,
                                const struct yc_alloc *alloc, struct yc_error *err)
{
    uint8_t *block = yc_alloc_new(alloc, BLOCK_BYTES);
    if (!block)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for %zu bytes to check signatures in", BLOCK_BYTES);
    size_t off = (uintptr_t)block % _Alignof(struct yc_sigbatch);
    void *aligned = block + (off ? _Alignof(struct yc_sigbatch) - off : 0);
    struct yc_sigbatch *b = aligned;
    memset(b, 0, sizeof *b);
    b->engine = engine;
    b->alloc = *alloc;
    b->block = block;
    b->key = (struct yc_siphash_key){seed, ~seed};
    yc_prepare_init(&b->room.prepare);
    *out = b;
    return YC_VALID;
}

void yc_sigbatch_free(struct yc_sigbatch *b)
{
    if (b) {
        struct yc_alloc alloc = b->alloc;
        yc_alloc_free(&alloc, b->block, BLOCK_BYTES);
    }
}

const struct yc_sigbatch_counts *yc_sigbatch_counts(const struct yc_sigbatch *b)
{
    return &b->counts;
}

/* Is this accepted signature one to check again? */
static bool is_sampled(struct yc_sigbatch *b)
{
    uint32_t one_in = b->engine->check_one_in;
    if (b->engine->mode == YC_SIG_MODE_BOTH)
        return true;
    if (one_in == 0)
        return false;
    if (b->until_turn == 0) {
        b->turn++;
        b->until_repeat = (uint32_t)(yc_siphash(b->key, &b->turn, sizeof b->turn) % one_in);
        b->until_turn = one_in;
    }
    b->until_turn--;
    return b->until_repeat-- == 0;
}

static enum yc_verdict refuse(struct yc_sigbatch_mismatch *m, const struct yc_sig_task *t, size_t index,
                              struct yc_error *err)
{
    char key[2 * sizeof m->pubkey + 1], sig[2 * sizeof m->sig + 1], msg[2 * sizeof m->msg32 + 1];
    *m = (struct yc_sigbatch_mismatch){.index = index, .kind = t->kind, .lanes = true, .libsecp = false};
    m->pubkey_n = t->pubkey.n < sizeof m->pubkey ? t->pubkey.n : sizeof m->pubkey;
    m->sig_n = t->sig.n < sizeof m->sig ? t->sig.n : sizeof m->sig;
    memcpy(m->pubkey, t->pubkey.p, m->pubkey_n);
    memcpy(m->sig, t->sig.p, m->sig_n);
    memcpy(m->msg32, t->msg32, sizeof m->msg32);
    yc_hex_write(key, m->pubkey, m->pubkey_n);
    yc_hex_write(sig, m->sig, m->sig_n);
    yc_hex_write(msg, m->msg32, sizeof m->msg32);
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "the lanes accept a signature that libsecp256k1 refuses: check the machine's hardware and start with "
        "-sigengine=scalar. Signature %s of message %s by key %s",
        sig, msg, key);
}

/* Check up to YC_EQUATIONS_MAX tasks, whose first is task `first` of the call. */
static enum yc_verdict check_chunk(struct yc_sigbatch *b, const struct yc_sig_task *tasks, size_t count, bool *good,
                                   size_t first, struct yc_sigbatch_mismatch *mismatch, struct yc_error *err)
{
    if (b->engine->lanes && (count >= b->engine->lanes_least || b->engine->mode == YC_SIG_MODE_BOTH)) {
        yc_sigbatch_ask_lanes(&b->room, b->engine->lanes, tasks, count, good);
    } else {
        for (size_t i = 0; i < count; i++)
            good[i] = false;
    }
    b->counts.tasks += count;
    for (size_t i = 0; i < count; i++) {
        if (!good[i]) {
            if (tasks[i].sure_only)
                continue;
            good[i] = yc_sigbatch_ask_libsecp(&tasks[i]);
            b->counts.scalar++;
            b->counts.rescued += b->engine->lanes && good[i];
            continue;
        }
        b->counts.lanes++;
        if (is_sampled(b)) {
            b->counts.repeated++;
            if (!yc_sigbatch_ask_libsecp(&tasks[i]))
                return refuse(mismatch, &tasks[i], first + i, err);
        }
    }
    return YC_VALID;
}

enum yc_verdict yc_sigbatch_check(struct yc_sigbatch *b, const struct yc_sig_task *tasks, size_t count, bool *good,
                                  struct yc_sigbatch_mismatch *mismatch, struct yc_error *err)
{
    for (size_t i = 0; i < count; i += YC_EQUATIONS_MAX) {
        size_t now = count - i < YC_EQUATIONS_MAX ? count - i : YC_EQUATIONS_MAX;
        enum yc_verdict verdict = check_chunk(b, tasks + i, now, good + i, i, mismatch, err);
        if (verdict != YC_VALID)
            return verdict;
    }
    return YC_VALID;
}
