#include "node/mempool/memo.h"

/* A question as bytes: kind, length of the key, key, digest, signature. 0 when it is too long to be kept. */
static size_t write_question(uint8_t out[YC_MEMO_QUESTION_MAX], uint8_t kind, struct yc_view key,
                             const uint8_t msg32[32], struct yc_view sig)
{
    if (key.n > 65 || sig.n > YC_MEMO_QUESTION_MAX - 2 - 65 - 32)
        return 0;
    out[0] = kind;
    out[1] = (uint8_t)key.n;
    if (key.n)
        memcpy(out + 2, key.p, key.n);
    memcpy(out + 2 + key.n, msg32, 32);
    if (sig.n)
        memcpy(out + 2 + key.n + 32, sig.p, sig.n);
    return 2 + key.n + 32 + sig.n;
}

static bool recall(struct yc_memo *m, const uint8_t *question, size_t n, enum yc_sig *sig)
{
    struct yc_memo_answer *a = m->at;
    if (!m->replaying || !a || a->n != n || memcmp(a->question, question, n) != 0)
        return false;
    m->at = a->next;
    m->answered++;
    *sig = a->sig;
    return true;
}

static void keep(struct yc_memo *m, const uint8_t *question, size_t n, enum yc_sig sig)
{
    if (m->replaying || n == 0)
        return;
    struct yc_memo_answer *a = yc_arena_take(m->arena, sizeof *a + n);
    if (!a)
        return;
    a->next = NULL;
    a->n = (uint16_t)n;
    a->sig = sig;
    memcpy(a->question, question, n);
    if (m->last)
        m->last->next = a;
    else
        m->first = a;
    m->last = a;
}

static enum yc_sig ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32], bool may_defer)
{
    struct yc_memo *m = ctx;
    uint8_t question[YC_MEMO_QUESTION_MAX];
    enum yc_sig answer;
    (void)may_defer; /* decided at once: what is deferred could not be recalled */
    size_t n = write_question(question, 0, pubkey, msg32, sig);
    if (n && recall(m, question, n, &answer))
        return answer;
    const struct yc_checker *now = yc_checker_now();
    answer = now->ecdsa(now->ctx, pubkey, sig, msg32, false);
    keep(m, question, n, answer);
    return answer;
}

static enum yc_sig schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                           bool may_defer)
{
    struct yc_memo *m = ctx;
    uint8_t question[YC_MEMO_QUESTION_MAX];
    enum yc_sig answer;
    (void)may_defer;
    size_t n = write_question(question, 1, yc_view(xonly32, 32), msg32, yc_view(sig64, 64));
    if (recall(m, question, n, &answer))
        return answer;
    const struct yc_checker *now = yc_checker_now();
    answer = now->schnorr(now->ctx, xonly32, sig64, msg32, false);
    keep(m, question, n, answer);
    return answer;
}

void yc_memo_init(struct yc_memo *m, struct yc_arena *arena)
{
    *m = (struct yc_memo){.checker = {ecdsa, schnorr, m}, .arena = arena};
}

void yc_memo_replay(struct yc_memo *m)
{
    m->replaying = true;
    m->at = m->first;
}
