#include "crypto/sigbatch/engine.h"

#include "crypto/known_signatures.h"
#include "crypto/secp.h"

bool yc_sig_mode_from_name(enum yc_sig_mode *out, const char *name)
{
    static const char *const names[] = {"auto", "scalar", "lanes", "both"};
    static const enum yc_sig_mode modes[] = {YC_SIG_MODE_AUTO, YC_SIG_MODE_SCALAR, YC_SIG_MODE_LANES, YC_SIG_MODE_BOTH};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = modes[i];
            return true;
        }
    }
    return false;
}

bool yc_sig_check_from_text(uint32_t *one_in, const char *text)
{
    uint64_t n = 0;
    if (strcmp(text, "0") == 0) {
        *one_in = 0;
        return true;
    }
    if (strncmp(text, "1/", 2) != 0 || text[2] < '1' || text[2] > '9')
        return false;
    for (text += 2; *text >= '0' && *text <= '9' && n <= UINT32_MAX; text++)
        n = 10 * n + (uint64_t)(*text - '0');
    if (*text || n > UINT32_MAX)
        return false;
    *one_in = (uint32_t)n;
    return true;
}

bool yc_sigbatch_ask_libsecp(const struct yc_sig_task *t)
{
    bool good = false;
    switch (t->kind) {
    case YC_SIG_KIND_ECDSA:
        good = yc_secp_ecdsa_verify(t->pubkey, t->sig, t->msg32);
        break;
    case YC_SIG_KIND_BIP340:
        good = t->pubkey.n == 32 && t->sig.n == 64 && yc_secp_schnorr_verify(t->pubkey.p, t->sig.p, t->msg32);
        break;
    }
    return good;
}

void yc_sigbatch_ask_lanes(struct yc_sigbatch_room *room, yc_lanes_fn *lanes, const struct yc_sig_task *tasks,
                           size_t count, bool *sure)
{
    for (size_t i = 0; i < count; i++)
        sure[i] = false;
    size_t n = yc_prepare_equations(&room->prepare, room->equations, room->index, tasks, count);
    if (n == 0)
        return;
    size_t groups = (n + YC_LANES - 1) / YC_LANES;
    for (size_t i = 0; i < groups * YC_LANES; i++) {
        struct yc_lane_group *g = &room->groups[i / YC_LANES];
        if (i % YC_LANES == 0)
            g->has_y = g->odd_y = g->even_end = g->good = 0;
        /* lanes without a task repeat the last one's, and nobody looks */
        yc_prepare_lane(g, (unsigned)(i % YC_LANES), &room->equations[i < n ? i : n - 1]);
    }
    lanes(room->groups, groups);
    for (size_t i = 0; i < n; i++)
        sure[room->index[i]] = room->groups[i / YC_LANES].good >> i % YC_LANES & 1;
}

/* --- known answers --- */

#define KNOWN_TASKS (3 * YC_LANES) /* each signature in every lane */

bool yc_sigbatch_proves(yc_lanes_fn *lanes)
{
    struct yc_sigbatch_room room;
    struct yc_sig_task tasks[KNOWN_TASKS];
    uint8_t msgs[KNOWN_TASKS][32], key[33];
    bool sure[KNOWN_TASKS];
    yc_prepare_init(&room.prepare);
    memcpy(key, yc_known_ecdsa_key, sizeof key);
    key[0] = 0x02;
    for (unsigned bad = 0; bad <= YC_LANES; bad++) {
        for (unsigned i = 0; i < KNOWN_TASKS; i++) {
            struct yc_sig_task *t = &tasks[i];
            bool bip340 = i % 3 == 2;
            t->kind = bip340 ? YC_SIG_KIND_BIP340 : YC_SIG_KIND_ECDSA;
            t->pubkey = bip340       ? yc_view(yc_known_bip340_key, sizeof yc_known_bip340_key)
                        : i % 3 == 0 ? yc_view(key, sizeof key)
                                     : yc_view(yc_known_ecdsa_key, sizeof yc_known_ecdsa_key);
            t->sig = bip340 ? yc_view(yc_known_bip340_sig, sizeof yc_known_bip340_sig)
                            : yc_view(yc_known_ecdsa_sig, sizeof yc_known_ecdsa_sig);
            t->msg32 = memcpy(msgs[i], bip340 ? yc_known_bip340_msg : yc_known_ecdsa_msg, 32);
            msgs[i][i] ^= i % YC_LANES == bad;
        }
        yc_sigbatch_ask_lanes(&room, lanes, tasks, KNOWN_TASKS, sure);
        for (unsigned i = 0; i < KNOWN_TASKS; i++) {
            if (sure[i] == (i % YC_LANES == bad))
                return false;
        }
    }
    return true;
}

/* The fastest back end of this machine; NULL: none. */
static const struct yc_back_end *back_end_here(void)
{
    size_t count;
    const struct yc_back_end *b = yc_back_ends(&count);
    for (size_t i = 0; i < count; i++) {
        if (b[i].here())
            return &b[i];
    }
    return NULL;
}

static void use_scalar(struct yc_sigengine *e)
{
    e->mode = YC_SIG_MODE_SCALAR;
    e->lanes = NULL;
    e->lanes_least = 0;
    e->name = "libsecp256k1";
}

enum yc_verdict yc_sigengine_init(struct yc_sigengine *out, enum yc_sig_mode mode, uint32_t check_one_in,
                                  const char **why_not, struct yc_error *err)
{
    const char *why = "asked for libsecp256k1 alone";
    enum yc_verdict verdict = YC_VALID;
    out->check_one_in = check_one_in;
    use_scalar(out);
    if (mode != YC_SIG_MODE_SCALAR) {
        const struct yc_back_end *b = back_end_here();
        why = b ? "the lanes give wrong answers to known signatures; check the machine's hardware"
                : "this machine or this build has neither AVX-512 IFMA nor AVX2";
        verdict = b ? YC_SYSTEM : YC_INVALID;
        if (b && yc_sigbatch_proves(b->lanes)) {
            out->mode = mode == YC_SIG_MODE_BOTH ? YC_SIG_MODE_BOTH : YC_SIG_MODE_LANES;
            out->lanes = b->lanes;
            out->lanes_least = b->least;
            out->name = b->name;
            why = NULL;
            verdict = YC_VALID;
        }
    }
    if (why_not)
        *why_not = why;
    if (verdict == YC_VALID || mode == YC_SIG_MODE_AUTO)
        return YC_VALID;
    return yc_fail(err, verdict, verdict == YC_SYSTEM ? YC_SYSTEM_CORRUPT : YC_SYSTEM_NONE,
                   "signatures cannot be checked in lanes: %s. Choose -sigengine=auto or -sigengine=scalar", why);
}
