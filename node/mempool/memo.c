#include "node/mempool/memo.h"

#include "base/writer.h"

enum { QUESTION_ECDSA, QUESTION_SCHNORR, QUESTION_MULTISIG };

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

/* An answer that was deferred serves only whoever may defer. */
static bool recall(struct yc_memo *m, const uint8_t *question, size_t n, bool may_defer, enum yc_sig *sig)
{
    struct yc_memo_answer *a = m->at;
    if (!m->replaying || !a || a->n != n || memcmp(a->question, question, n) != 0 ||
        (a->sig == YC_SIG_DEFERRED && !may_defer))
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
    size_t n = write_question(question, QUESTION_ECDSA, pubkey, msg32, sig);
    if (n && recall(m, question, n, may_defer, &answer))
        return answer;
    answer = m->behind->ecdsa(m->behind->ctx, pubkey, sig, msg32, may_defer);
    keep(m, question, n, answer);
    return answer;
}

static enum yc_sig schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                           bool may_defer)
{
    struct yc_memo *m = ctx;
    uint8_t question[YC_MEMO_QUESTION_MAX];
    enum yc_sig answer;
    size_t n = write_question(question, QUESTION_SCHNORR, yc_view(xonly32, 32), msg32, yc_view(sig64, 64));
    if (recall(m, question, n, may_defer, &answer))
        return answer;
    answer = m->behind->schnorr(m->behind->ctx, xonly32, sig64, msg32, may_defer);
    keep(m, question, n, answer);
    return answer;
}

/* Lengths before bytes, so that no two questions look alike. */
static size_t write_multisig(uint8_t out[YC_MEMO_MULTISIG_MAX], const struct yc_multisig *q)
{
    struct yc_writer w;
    yc_writer_init(&w, out, YC_MEMO_MULTISIG_MAX);
    yc_writer_u8(&w, QUESTION_MULTISIG);
    yc_writer_compact(&w, q->sig_count);
    yc_writer_compact(&w, q->key_count);
    for (size_t i = 0; i < q->key_count; i++)
        yc_writer_var_bytes(&w, q->key[i]);
    for (size_t i = 0; i < q->sig_count; i++) {
        yc_writer_var_bytes(&w, q->sig[i]);
        yc_writer_bytes(&w, q->digest32[i], 32);
    }
    return w.failed ? 0 : w.n;
}

static bool multisig(void *ctx, const struct yc_multisig *q)
{
    struct yc_memo *m = ctx;
    uint8_t question[YC_MEMO_MULTISIG_MAX];
    enum yc_sig answer;
    size_t n = write_multisig(question, q);
    if (n && recall(m, question, n, true, &answer))
        return true;
    if (!m->behind->multisig(m->behind->ctx, q))
        return false;
    keep(m, question, n, YC_SIG_DEFERRED);
    return true;
}

void yc_memo_init(struct yc_memo *m, const struct yc_checker *behind, struct yc_arena *arena)
{
    *m = (struct yc_memo){
        .checker = {ecdsa, schnorr, m, behind->multisig ? multisig : NULL}, .behind = behind, .arena = arena};
}

void yc_memo_replay(struct yc_memo *m)
{
    m->replaying = true;
    m->at = m->first;
}
