#include "crypto/sigbatch/engine.h"

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

#ifdef YC_SIGBATCH_X86

/* Known answers: SHA-256("Satoshi Nakamoto") signed with the key 1 as RFC 6979 makes it, the key in both its forms, and
 * BIP 340's second test vector. */

static const uint8_t ecdsa_key[65] = {0x04, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95,
                                      0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59,
                                      0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98, 0x48, 0x3a, 0xda, 0x77, 0x26, 0xa3,
                                      0xc4, 0x65, 0x5d, 0xa4, 0xfb, 0xfc, 0x0e, 0x11, 0x08, 0xa8, 0xfd, 0x17, 0xb4,
                                      0x48, 0xa6, 0x85, 0x54, 0x19, 0x9c, 0x47, 0xd0, 0x8f, 0xfb, 0x10, 0xd4, 0xb8};
static const uint8_t ecdsa_sig[71] = {
    0x30, 0x45, 0x02, 0x21, 0x00, 0x93, 0x4b, 0x1e, 0xa1, 0x0a, 0x4b, 0x3c, 0x17, 0x57, 0xe2, 0xb0, 0xc0, 0x17,
    0xd0, 0xb6, 0x14, 0x3c, 0xe3, 0xc9, 0xa7, 0xe6, 0xa4, 0xa4, 0x98, 0x60, 0xd7, 0xa6, 0xab, 0x21, 0x0e, 0xe3,
    0xd8, 0x02, 0x20, 0x24, 0x42, 0xce, 0x9d, 0x2b, 0x91, 0x60, 0x64, 0x10, 0x80, 0x14, 0x78, 0x3e, 0x92, 0x3e,
    0xc3, 0x6b, 0x49, 0x74, 0x3e, 0x2f, 0xfa, 0x1c, 0x44, 0x96, 0xf0, 0x1a, 0x51, 0x2a, 0xaf, 0xd9, 0xe5};
static const uint8_t ecdsa_msg[32] = {0xa0, 0xdc, 0x65, 0xff, 0xca, 0x79, 0x98, 0x73, 0xcb, 0xea, 0x0a,
                                      0xc2, 0x74, 0x01, 0x5b, 0x95, 0x26, 0x50, 0x5d, 0xaa, 0xae, 0xd3,
                                      0x85, 0x15, 0x54, 0x25, 0xf7, 0x33, 0x77, 0x04, 0x88, 0x3e};
static const uint8_t bip340_key[32] = {0xdf, 0xf1, 0xd7, 0x7f, 0x2a, 0x67, 0x1c, 0x5f, 0x36, 0x18, 0x37,
                                       0x26, 0xdb, 0x23, 0x41, 0xbe, 0x58, 0xfe, 0xae, 0x1d, 0xa2, 0xde,
                                       0xce, 0xd8, 0x43, 0x24, 0x0f, 0x7b, 0x50, 0x2b, 0xa6, 0x59};
static const uint8_t bip340_sig[64] = {0x68, 0x96, 0xbd, 0x60, 0xee, 0xae, 0x29, 0x6d, 0xb4, 0x8a, 0x22, 0x9f, 0xf7,
                                       0x1d, 0xfe, 0x07, 0x1b, 0xde, 0x41, 0x3e, 0x6d, 0x43, 0xf9, 0x17, 0xdc, 0x8d,
                                       0xcf, 0x8c, 0x78, 0xde, 0x33, 0x41, 0x89, 0x06, 0xd1, 0x1a, 0xc9, 0x76, 0xab,
                                       0xcc, 0xb2, 0x0b, 0x09, 0x12, 0x92, 0xbf, 0xf4, 0xea, 0x89, 0x7e, 0xfc, 0xb6,
                                       0x39, 0xea, 0x87, 0x1c, 0xfa, 0x95, 0xf6, 0xde, 0x33, 0x9e, 0x4b, 0x0a};
static const uint8_t bip340_msg[32] = {0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a,
                                       0x2e, 0x03, 0x70, 0x73, 0x44, 0xa4, 0x09, 0x38, 0x22, 0x29, 0x9f,
                                       0x31, 0xd0, 0x08, 0x2e, 0xfa, 0x98, 0xec, 0x4e, 0x6c, 0x89};

#define KNOWN_TASKS (3 * YC_LANES) /* each signature in every lane */

/* The lanes must be sure of all the signatures, and, with bit `flip` of some messages turned, of none of those. */
static bool known_answers(yc_lanes_fn *lanes)
{
    struct yc_sigbatch_room room;
    struct yc_sig_task tasks[KNOWN_TASKS];
    uint8_t msgs[KNOWN_TASKS][32], key[33];
    bool sure[KNOWN_TASKS];
    yc_prepare_init(&room.prepare);
    memcpy(key, ecdsa_key, sizeof key);
    key[0] = 0x02;
    for (unsigned bad = 0; bad <= YC_LANES; bad++) {
        for (unsigned i = 0; i < KNOWN_TASKS; i++) {
            struct yc_sig_task *t = &tasks[i];
            bool bip340 = i % 3 == 2;
            t->kind = bip340 ? YC_SIG_KIND_BIP340 : YC_SIG_KIND_ECDSA;
            t->pubkey = bip340       ? yc_view(bip340_key, sizeof bip340_key)
                        : i % 3 == 0 ? yc_view(key, sizeof key)
                                     : yc_view(ecdsa_key, sizeof ecdsa_key);
            t->sig = bip340 ? yc_view(bip340_sig, sizeof bip340_sig) : yc_view(ecdsa_sig, sizeof ecdsa_sig);
            t->msg32 = memcpy(msgs[i], bip340 ? bip340_msg : ecdsa_msg, 32);
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

/* The processor's instructions, and that the operating system keeps its long registers: the compilers' runtime looks at
 * both. */
static bool lanes_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("bmi2");
}

#endif

static void use_scalar(struct yc_sigengine *e)
{
    e->mode = YC_SIG_MODE_SCALAR;
    e->lanes = NULL;
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
        why = "this machine or this build does not have AVX-512 IFMA";
        verdict = YC_INVALID;
#ifdef YC_SIGBATCH_X86
        if (lanes_here()) {
            why = "the AVX-512 IFMA lanes give wrong answers to known signatures; check the machine's hardware";
            verdict = YC_SYSTEM;
        }
        if (verdict == YC_SYSTEM && known_answers(yc_lanes_avx512)) {
            out->mode = mode == YC_SIG_MODE_BOTH ? YC_SIG_MODE_BOTH : YC_SIG_MODE_LANES;
            out->lanes = yc_lanes_avx512;
            out->name = "avx512-ifma";
            why = NULL;
            verdict = YC_VALID;
        }
#endif
    }
    if (why_not)
        *why_not = why;
    if (verdict == YC_VALID || mode == YC_SIG_MODE_AUTO)
        return YC_VALID;
    return yc_fail(err, verdict, verdict == YC_SYSTEM ? YC_SYSTEM_CORRUPT : YC_SYSTEM_NONE,
                   "signatures cannot be checked in lanes: %s. Choose -sigengine=auto or -sigengine=scalar", why);
}
