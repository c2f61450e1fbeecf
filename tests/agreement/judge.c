#include "tests/agreement/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "crypto/sigbatch/engine.h"
#include "tests/agreement/stream.h"

struct judge {
    struct yc_sigbatch_room room;
    struct stream stream;
    struct sample samples[YC_EQUATIONS_MAX];
    struct yc_sig_task tasks[YC_EQUATIONS_MAX];
    const struct yc_sigengine *engine;
    const secp256k1_context *secp;
};

struct judge *judge_new(const struct yc_sigengine *engine, const secp256k1_context *secp)
{
    size_t align = _Alignof(struct judge);
    struct judge *j = aligned_alloc(align, (sizeof *j + align - 1) / align * align);
    if (j) {
        j->engine = engine;
        j->secp = secp;
        yc_prepare_init(&j->room.prepare);
    }
    return j;
}

void judge_free(struct judge *j)
{
    free(j);
}

static void show(const struct sample *s, const char *what, uint64_t seed, uint64_t slice)
{
    char key[2 * sizeof s->pubkey + 1], sig[2 * sizeof s->sig + 1], msg[2 * sizeof s->msg32 + 1];
    yc_hex_write(key, s->pubkey, s->pubkey_n);
    yc_hex_write(sig, s->sig, s->sig_n);
    yc_hex_write(msg, s->msg32, sizeof s->msg32);
    fprintf(stderr, "DIFFERENCE: %s, %s (seed %" PRIu64 ", slice %" PRIu64 "): key %s, signature %s, message %s\n",
            s->kind == YC_SIG_KIND_ECDSA ? "ECDSA" : "BIP 340", what, seed, slice, key, sig, msg);
}

void judge_slice(struct judge *j, uint64_t seed, uint64_t slice, unsigned signatures, struct totals *t)
{
    bool sure[YC_EQUATIONS_MAX];
    stream_init(&j->stream, j->secp, seed, slice);
    while (signatures) {
        unsigned now = signatures < YC_EQUATIONS_MAX ? signatures : YC_EQUATIONS_MAX;
        for (unsigned i = 0; i < now; i++) {
            struct sample *s = &j->samples[i];
            stream_next(&j->stream, s);
            j->tasks[i] = (struct yc_sig_task){s->kind, yc_view(s->pubkey, s->pubkey_n), yc_view(s->sig, s->sig_n),
                                               s->msg32, false};
        }
        yc_sigbatch_ask_lanes(&j->room, j->engine->lanes, j->tasks, now, sure);
        for (unsigned i = 0; i < now; i++) {
            const struct sample *s = &j->samples[i];
            bool good = yc_sigbatch_ask_libsecp(&j->tasks[i]);
            t->good += good;
            t->sure += sure[i];
            if (sure[i] && !good) {
                show(s, "accepted by the lanes and refused by libsecp256k1", seed, slice);
                t->accepted++;
            } else if (s->honest && !good) {
                show(s, "honestly made and refused by libsecp256k1", seed, slice);
                t->refused++;
            } else if (s->honest && !sure[i]) {
                show(s, "good, and the lanes do not know it", seed, slice);
                t->missed++;
            }
        }
        t->checked += now;
        signatures -= now;
    }
}
