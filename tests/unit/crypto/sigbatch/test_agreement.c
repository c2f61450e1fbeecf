/* The lanes against libsecp256k1, zero differences: edges made on purpose, every bit turned, published vectors, and
 * signatures that libsecp256k1 made; for many more see tests/agreement. Each back end of the machine is judged, and the same
 * code in plain C. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/u256.h"
#include "crypto/secp.h"
#include "crypto/sigbatch/engine.h"
#include "support/vectors.h"
#include "unit/crypto/sigbatch/checks.h"
#include "unit/crypto/sigbatch/plain_lanes.h"

#include <secp256k1.h>

static yc_lanes_fn *back_ends[8];         /* the machine's own come first */
static size_t back_end_count, fast_count; /* fast: without those in plain C, where there are others */

static struct yc_sigbatch_room room;

static int find_back_ends(void **state)
{
    (void)state;
    size_t count;
    const struct yc_back_end *b = yc_back_ends(&count);
    yc_prepare_init(&room.prepare);
    back_end_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (b[i].here())
            back_ends[back_end_count++] = b[i].lanes;
    }
#ifdef YC_TEST_AVX_IFMA
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma"))
        back_ends[back_end_count++] = yc_lanes_avx_ifma; /* in AVX-512's encoding, which more machines have */
#endif
    fast_count = back_end_count ? back_end_count : 1;
    back_ends[back_end_count++] = plain_lanes;
    back_ends[back_end_count++] = plain_lanes_29;
    for (size_t i = 0; i < back_end_count; i++)
        assert_true(yc_sigbatch_proves(back_ends[i]));
    return 0;
}

/* Checks gathered until there are enough for every lane. */
struct gathered {
    struct check check[YC_EQUATIONS_MAX];
    size_t n;
    size_t checked, good, sure; /* so far; sure by the first back end */
    bool all_sure;              /* honest ones: the lanes must know every good one */
    bool fast;                  /* by the fast back ends alone */
};

static void fail_on(const struct check *c, const char *what)
{
    char key[131], sig[193], msg[65];
    yc_hex_write(key, c->pubkey, c->pubkey_n);
    yc_hex_write(sig, c->sig, c->sig_n);
    yc_hex_write(msg, c->msg32, 32);
    fail_msg("%s: kind %d, key %s, signature %s, message %s", what, (int)c->kind, key, sig, msg);
}

static void judge(struct gathered *g)
{
    struct yc_sig_task tasks[YC_EQUATIONS_MAX];
    bool sure[YC_EQUATIONS_MAX], good[YC_EQUATIONS_MAX];
    for (size_t i = 0; i < g->n; i++) {
        tasks[i] = check_task(&g->check[i]);
        good[i] = yc_sigbatch_ask_libsecp(&tasks[i]);
        g->good += good[i];
    }
    g->checked += g->n;
    for (size_t b = 0; b < (g->fast ? fast_count : back_end_count); b++) {
        yc_sigbatch_ask_lanes(&room, back_ends[b], tasks, g->n, sure);
        for (size_t i = 0; i < g->n; i++) {
            if (sure[i] && !good[i])
                fail_on(&g->check[i], "FALSE ACCEPT");
            if (g->all_sure && good[i] && !sure[i])
                fail_on(&g->check[i], "lanes do not know this good signature");
            g->sure += b == 0 && sure[i];
        }
    }
    g->n = 0;
}

static void gather(struct gathered *g, const struct check *c)
{
    g->check[g->n++] = *c;
    if (g->n == YC_EQUATIONS_MAX)
        judge(g);
}

/* Scalars at which a table, a digit or the split in halves could go wrong. */
static const char *const edges[] = {
    "1",
    "2",
    "3",
    "1f",
    "20",
    "21",
    "fff",
    "1001",
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", /* -1 */
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f", /* -2 */
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1", /* 1/2 */
    "5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72", /* λ */
    "ac9c52b33fa3cf1f5ad9e3fd77ed9ba4a880b9fc8ec739c2e0cfc810b51283ce", /* λ² */
    "ac9c52b33fa3cf1f5ad9e3fd77ed9ba5a880b9fc8ec739c2e0cfc810b51283cf", /* -λ */
    "5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd73", /* λ + 1 */
    "100000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
    "3086d221a7d46bcde86c90e49284eb15", /* the short basis of the lattice */
    "114ca50f7a8e2f3f657c1108d9d44cfd8",
    "e4437ed6010e88286f547fa90abfe4c3",
};

#define EDGES (sizeof edges / sizeof edges[0])

static void edge_scalars(void **state)
{
    (void)state;
    static struct gathered g;
    uint64_t seed = 10;
    for (size_t d = 0; d < EDGES; d++) {
        for (size_t u = 0; u <= EDGES; u++) {
            for (size_t v = 0; v < EDGES; v++) {
                struct check c;
                /* the scalar of G may be 0, and those of half the rows are random */
                struct yc_scalar key = check_scalar(edges[d]), of_q = check_scalar(edges[v]),
                                 of_g = check_scalar(u < EDGES ? edges[u] : "0");
                if ((d + u + v) % 3 == 0)
                    of_q = check_random_scalar(&seed);
                if (check_equation(&c, &key, &of_g, &of_q)) {
                    g.fast = (d + u + v) % 8 != 0; /* a full desk is judged as its last one says */
                    gather(&g, &c);
                }
            }
        }
    }
    judge(&g);
    assert_int_equal(g.good, g.checked);
    assert_in_range(g.sure, g.checked / 2, g.checked);
}

/* u1·G = ±u2·Q, at the end of the sum; and keys near G, whose table meets the table of G within it. */
static void equal_and_opposite_points(void **state)
{
    (void)state;
    static struct gathered g;
    uint64_t seed = 11;
    for (unsigned i = 0; i < 200; i++) {
        struct check c;
        struct yc_scalar of_g = check_random_scalar(&seed), of_q = check_random_scalar(&seed), inverse = of_q, room_1;
        yc_scalar_invert_all(&inverse, &room_1, 1);
        struct yc_scalar d = yc_scalar_mul(&of_g, &inverse);
        assert_true(check_equation(&c, &d, &of_g, &of_q));
        gather(&g, &c);
        d = yc_scalar_negate(&d);
        assert_false(check_equation(&c, &d, &of_g, &of_q)); /* infinity: no r says so, but one may be tried */
        of_g = yc_scalar_negate(&of_g);
        d = yc_scalar_negate(&d);
        (void)check_equation(&c, &d, &of_q, &of_q);
        gather(&g, &c);
        /* the sum of this one is infinity, whatever r it claims */
        struct yc_scalar s = of_q, r = yc_scalar_mul(&s, &of_q), m = yc_scalar_mul(&s, &of_g);
        uint8_t r32[32], s32[32];
        check_scalar_bytes(r32, &r);
        check_scalar_bytes(s32, &s);
        check_scalar_bytes(c.msg32, &m);
        check_set_rs(&c, r32, s32);
        gather(&g, &c);
    }
    judge(&g);
    assert_int_equal(g.good, 400);
}

/* One addition of the sum: that of a digit of a half of one of the scalars, in the order of run_ladder(). */
struct step {
    unsigned at, half;
    bool of_g;
};

static size_t list_steps(struct step *out)
{
    size_t n = 0;
    for (unsigned at = YC_BITS_Q; at-- > 0;) {
        for (unsigned half = 0; half < 2 && at % YC_WINDOW_Q == 0; half++)
            out[n++] = (struct step){at, half, false};
        for (unsigned half = 0; half < 2 && at % YC_WINDOW_G == 0 && at <= YC_BITS_Q - YC_WINDOW_Q; half++)
            out[n++] = (struct step){at, half, true};
    }
    return n;
}

/* The digit of a step, times λ for the second half. */
static struct yc_scalar digit(uint64_t (*half)[3], const struct step *s)
{
    static const char lambda[] = "5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72";
    unsigned bits = s->of_g ? YC_WINDOW_G : YC_WINDOW_Q, word = s->at / 64, shift = s->at % 64;
    uint64_t window = half[s->half][word] >> shift;
    if (shift && word < 2)
        window |= half[s->half][word + 1] << (64 - shift);
    window &= (UINT64_C(1) << bits) - 1;
    int64_t value = 2 * (int64_t)window + 1 - (INT64_C(1) << bits);
    struct yc_scalar d = {{(uint64_t)(value < 0 ? -value : value), 0, 0, 0}}, l = check_scalar(lambda);
    if (value < 0)
        d = yc_scalar_negate(&d);
    return s->half ? yc_scalar_mul(&d, &l) : d;
}

/* a·G + b·key is to be multiplied by 2 for each bit from *at down to `to`. */
static void descend(struct yc_scalar *a, struct yc_scalar *b, unsigned *at, unsigned to)
{
    const struct yc_scalar two = {{2, 0, 0, 0}};
    for (; *at > to; --*at) {
        *a = yc_scalar_mul(a, &two);
        *b = yc_scalar_mul(b, &two);
    }
}

/* An equation for which addition steps[last] meets two equal points, or with `opposite` two opposite ones: good is its
 * signature, bad one of another r. False when no key does that: where the sum before is the key's alone, as is the digit. */
static bool make_exceptional(struct check *good, struct check *bad, uint64_t *seed, const struct step *steps,
                             size_t last, bool opposite)
{
    struct yc_scalar u = check_random_scalar(seed), v = check_random_scalar(seed), a = {{0}}, b = {{0}}, room_1;
    uint64_t of_g[2][3], of_q[2][3];
    unsigned at = steps[0].at;
    yc_scalar_split(of_g, &u, YC_BITS_G);
    yc_scalar_split(of_q, &v, YC_BITS_Q);
    for (size_t i = 0; i <= last; i++) {
        struct yc_scalar d = digit(steps[i].of_g ? of_g : of_q, &steps[i]);
        descend(&a, &b, &at, steps[i].at);
        /* in the end sum - digit = 0 is wanted instead, or sum + digit */
        if (i == last && !opposite)
            d = yc_scalar_negate(&d);
        if (steps[i].of_g)
            a = check_add(&a, &d);
        else
            b = check_add(&b, &d);
    }
    if (yc_scalar_is_zero(&a) || yc_scalar_is_zero(&b))
        return false;
    yc_scalar_invert_all(&b, &room_1, 1);
    struct yc_scalar key = yc_scalar_mul(&a, &b);
    key = yc_scalar_negate(&key);
    check_false_equation(bad, seed, &key, &u, &v);
    return check_equation(good, &key, &u, &v);
}

/* At each addition of the sum in turn. Equal points come to X = Y = Z = 0, which would fit any r. */
static void exceptional_additions(void **state)
{
    (void)state;
    static struct gathered good, bad;
    static struct step steps[128];
    uint64_t seed = 18;
    size_t count = list_steps(steps);
    assert_int_equal(count, 26 * 2 + 11 * 2);
    for (size_t k = 2; k < 2 * count; k++) { /* step 0 begins the sum */
        struct check of_good, of_bad;
        if (!make_exceptional(&of_good, &of_bad, &seed, steps, k / 2, k & 1))
            continue;
        gather(&bad, &of_bad);
        gather(&good, &of_good);
    }
    judge(&bad);
    judge(&good);
    assert_in_range(bad.checked, 120, 2 * count);
    assert_int_equal(bad.good, 0);
    assert_int_equal(good.good, good.checked);
    assert_int_equal(bad.sure, 0);
    assert_int_equal(good.sure, 0); /* each was exceptional indeed */
}

/* All groups share an inversion: a zero in one must not reach the others, whose even and odd ends it decides. */
static void one_exceptional_lane_spoils_no_other(void **state)
{
    (void)state;
    static struct gathered g;
    static struct step steps[128];
    uint64_t seed = 20;
    size_t count = list_steps(steps);
    struct check c, bad;
    assert_true(make_exceptional(&c, &bad, &seed, steps, count - 1, false));
    for (unsigned i = 0; i < YC_EQUATIONS_MAX; i++) {
        struct check other;
        if (i / YC_LANES % 2)
            check_bip340(&other, &seed);
        else
            check_bip340_odd(&other, &seed);
        gather(&g, i == 3 ? &c : &other);
    }
    assert_int_equal(g.good, YC_EQUATIONS_MAX / 2 + 1);
    assert_int_equal(g.sure, YC_EQUATIONS_MAX / 2);
}

/* Keys that are no points of the curve, with the r that the arithmetic comes to: only the check of the key is left. */
static void keys_off_the_curve(void **state)
{
    (void)state;
    uint64_t seed = 19;
    for (unsigned round = 0; round < 40; round++) {
        struct yc_lane_group group = {.has_y = round & 1 ? 0xff : 0, .odd_y = (uint8_t)check_random(&seed)};
        unsigned on_curve = 0;
        for (unsigned l = 0; l < YC_LANES; l++) {
            struct yc_scalar u = check_random_scalar(&seed), v = check_random_scalar(&seed);
            struct check c;
            struct yc_equation e = {.g = u, .q = v, .has_y = round & 1};
            check_ecdsa(&c, &seed, true);
            for (unsigned i = 0; i < 4; i++) {
                /* in lanes of even number a key, in the others anything */
                e.x[i] = l % 2 ? check_random(&seed) >> 1 : yc_get64be(c.pubkey + 25 - 8 * i);
                e.y[i] = l % 2 ? check_random(&seed) >> 1 : yc_get64be(c.pubkey + 57 - 8 * i);
            }
            group.odd_y &= (uint8_t) ~(round & 1 ? 0xff : 0);
            yc_prepare_lane(&group, l, &e);
            uint8_t compressed[33] = {0x02};
            for (unsigned i = 0; i < 4; i++)
                yc_put64be(compressed + 25 - 8 * i, e.x[i]);
            bool is_key = l % 2 == 0 || (!(round & 1) && yc_secp_pubkey_valid(yc_view(compressed, 33)));
            on_curve |= (unsigned)is_key << l;
        }
        plain_lanes_forge(&group);
        for (size_t b = 0; b < back_end_count; b++) {
            back_ends[b](&group, 1);
            assert_int_equal(group.good, on_curve);
        }
    }
}

/* ECDSA compares x modulo n, so that x may be r + n where that is less than p: one point in 2^127, unless made on purpose. */
static void x_beyond_the_order(void **state)
{
    (void)state;
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    static struct gathered beyond, below = {.all_sure = true};
    uint64_t seed = 12;
    for (uint64_t i = 1; i < 100; i++) {
        uint8_t n32[32], x32[32], msg32[32] = {(uint8_t)i, 7};
        struct yc_scalar r = {{i, 0, 0, 0}}, s = check_random_scalar(&seed);
        struct check c;
        assert_true(yc_hex_read(n32, 32, order, 64));
        yc_u256_to_be(x32, yc_u256_add(yc_u256_from_be(n32), yc_u256_from(i)));
        if (check_recovered(&c, x32, &r, &s, msg32))
            gather(&beyond, &c);
        check_scalar_bytes(x32, &r);
        if (check_recovered(&c, x32, &r, &s, msg32))
            gather(&below, &c);
    }
    judge(&beyond);
    judge(&below);
    assert_in_range(beyond.checked, 20, 99);
    assert_int_equal(beyond.good, beyond.checked);
    assert_int_equal(beyond.sure, 0);
    assert_in_range(below.checked, 20, 99);
    assert_int_equal(below.good, below.checked);
}

/* r + n and s + n are r and s modulo n, and no signature. */
static void scalars_beyond_the_order(void **state)
{
    (void)state;
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    static struct gathered good, bad;
    uint8_t n32[32];
    uint64_t seed = 21;
    assert_true(yc_hex_read(n32, 32, order, 64));
    for (uint64_t i = 1; i < 60; i++) {
        uint8_t r32[32], s32[32], r_n32[32], s_n32[32], msg32[32] = {(uint8_t)i, 9};
        struct yc_scalar r = {{i, 0, 0, 0}}, s = {{check_random(&seed), check_random(&seed) >> 1, 0, 0}};
        struct check c;
        check_scalar_bytes(r32, &r);
        check_scalar_bytes(s32, &s);
        yc_u256_to_be(r_n32, yc_u256_add(yc_u256_from_be(n32), yc_u256_from_be(r32)));
        yc_u256_to_be(s_n32, yc_u256_add(yc_u256_from_be(n32), yc_u256_from_be(s32)));
        if (!check_recovered(&c, r32, &r, &s, msg32))
            continue;
        gather(&good, &c);
        check_set_rs(&c, r32, s_n32);
        gather(&bad, &c);
        check_set_rs(&c, r_n32, s32);
        gather(&bad, &c);
    }
    judge(&good);
    judge(&bad);
    assert_in_range(good.checked, 15, 59);
    assert_int_equal(good.good, good.checked);
    assert_int_equal(bad.good, 0);
    assert_int_equal(bad.sure, 0);
}

static void honest(struct check *c, unsigned which, uint64_t *seed)
{
    if (which % 3 == 2)
        check_bip340(c, seed);
    else
        check_ecdsa(c, seed, which % 3);
}

static void every_bit_turned(void **state)
{
    (void)state;
    static struct gathered g;
    uint64_t seed = 13;
    size_t mutants = 0;
    g.fast = true;
    for (unsigned which = 0; which < 3; which++) {
        struct check c;
        honest(&c, which, &seed);
        gather(&g, &c);
        uint8_t *const parts[] = {c.pubkey, c.sig, c.msg32};
        const size_t sizes[] = {c.pubkey_n, c.sig_n, 32};
        for (unsigned part = 0; part < 3; part++) {
            for (size_t bit = 0; bit < 8 * sizes[part]; bit++) {
                parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
                gather(&g, &c);
                parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
                mutants++;
            }
        }
    }
    judge(&g);
    assert_in_range(mutants, 3300, 4000);
    /* turning a length of the outer sequence changes nothing, and little else does */
    assert_in_range(g.good, 3, 60);
}

static void one_bad_lane_in_every_place(void **state)
{
    (void)state;
    static struct gathered g = {.all_sure = true};
    uint64_t seed = 14;
    struct check c[3], bad[3];
    for (unsigned i = 0; i < 3; i++) {
        honest(&c[i], i, &seed);
        bad[i] = c[i];
        bad[i].msg32[5] ^= 0x10;
    }
    for (unsigned kind = 0; kind < 4; kind++) { /* all lanes alike, and mixed */
        for (unsigned place = 0; place <= YC_LANES; place++) {
            for (unsigned lane = 0; lane < YC_LANES; lane++) {
                unsigned which = kind < 3 ? kind : lane % 3;
                gather(&g, lane == place ? &bad[which] : &c[which]);
            }
        }
    }
    judge(&g);
    assert_int_equal(g.good, 4 * (YC_LANES * YC_LANES + YC_LANES - YC_LANES));
}

/* What is malformed or out of range never reaches a lane. */
static void malformed_bytes(void **state)
{
    (void)state;
    static struct gathered g;
    uint64_t seed = 15;
    static const char *const bounds[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (unsigned kind = 0; kind < 3; kind++) {
        struct check c, t;
        honest(&c, kind, &seed);
        for (size_t n = 0; n <= c.sig_n; n++) {
            t = c;
            t.sig_n = n;
            gather(&g, &t);
        }
        for (size_t n = 0; n <= 65; n++) {
            t = c;
            t.pubkey_n = n;
            gather(&g, &t);
        }
        for (unsigned first = 0; first < 256; first++) {
            t = c;
            t.pubkey[0] = (uint8_t)first; /* hybrid among them */
            gather(&g, &t);
        }
        for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
            uint8_t bound[32];
            assert_true(yc_hex_read(bound, 32, bounds[i], 64));
            t = c;
            memcpy(t.pubkey + (c.pubkey_n == 32 ? 0 : 1), bound, 32);
            gather(&g, &t);
            t = c;
            memcpy(t.pubkey + c.pubkey_n - 32, bound, 32);
            gather(&g, &t);
            for (unsigned part = 0; part < 2; part++) {
                t = c;
                if (c.kind == YC_SIG_KIND_BIP340)
                    memcpy(t.sig + 32 * part, bound, 32);
                else
                    check_set_rs(&t, part ? c.msg32 : bound, part ? bound : c.msg32);
                gather(&g, &t);
            }
        }
    }
    judge(&g);
    assert_in_range(g.good, 6, 40);
}

static void high_s_and_lax_encodings(void **state)
{
    (void)state;
    static struct gathered g = {.all_sure = true};
    uint64_t seed = 16;
    for (unsigned i = 0; i < 40; i++) {
        struct check c;
        uint8_t rs[64], s32[32];
        struct yc_scalar s;
        check_ecdsa(&c, &seed, i & 1);
        assert_true(yc_secp_sig_read(rs, yc_view(c.sig, c.sig_n)));
        assert_true(yc_scalar_from_bytes(&s, rs + 32));
        s = yc_scalar_negate(&s);
        check_scalar_bytes(s32, &s);
        check_set_rs(&c, rs, s32);
        gather(&g, &c);
        c.sig[1] = (uint8_t)i; /* the length of the whole is not looked at */
        c.sig_n += i % 20;     /* nor are bytes behind the end */
        memset(c.sig + 72, 0x5a, i % 20);
        gather(&g, &c);
    }
    judge(&g);
    assert_int_equal(g.good, 80);
}

/* index, secret key, public key, randomness, message, signature, result */
static void bip340_vectors(void **state)
{
    (void)state;
    static struct gathered g;
    char *text = test_vectors_read("bip340_test_vectors.csv", NULL);
    size_t rows = 0, want_good = 0;
    for (char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const char *field[8] = {0}, *at = line + 1;
        size_t sizes[8];
        for (unsigned i = 0; i < 8; i++) {
            field[i] = at;
            sizes[i] = strcspn(at, ",\r\n");
            at += sizes[i] + (at[sizes[i]] == ',');
        }
        struct check c = {.kind = YC_SIG_KIND_BIP340, .pubkey_n = 32, .sig_n = 64};
        if (sizes[4] != 64)
            continue; /* Bitcoin signs digests */
        assert_true(yc_hex_read(c.pubkey, 32, field[2], sizes[2]) && yc_hex_read(c.msg32, 32, field[4], sizes[4]) &&
                    yc_hex_read(c.sig, 64, field[5], sizes[5]));
        want_good += sizes[6] == 4; /* TRUE */
        rows++;
        gather(&g, &c);
    }
    free(text);
    judge(&g);
    assert_int_equal(rows, 15);
    assert_int_equal(g.good, want_good);
    assert_int_equal(g.sure, want_good);
}

static void random_signatures(void **state)
{
    (void)state;
    static struct gathered g = {.all_sure = true};
    size_t count = 20000, bad = 0;
    uint64_t seed = 17;
    for (size_t i = 0; i < count; i++) {
        struct check c;
        uint64_t dice = check_random(&seed);
        honest(&c, (unsigned)(dice % 3), &seed);
        if (dice >> 60 == 0) { /* one in 16 is spoilt, somewhere */
            size_t at = (size_t)(dice >> 8) % 32;
            uint8_t *where = dice >> 6 & 1 ? c.msg32 : c.kind == YC_SIG_KIND_BIP340 ? c.sig : c.sig + 5;
            where[at] ^= (uint8_t)(1 + (dice >> 16) % 255);
            bad++;
        }
        g.fast = i / YC_EQUATIONS_MAX % 64 != 0; /* plain C: some */
        gather(&g, &c);
    }
    judge(&g);
    assert_int_equal(g.checked, count);
    assert_int_equal(g.good, count - bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edge_scalars),
        cmocka_unit_test(equal_and_opposite_points),
        cmocka_unit_test(exceptional_additions),
        cmocka_unit_test(one_exceptional_lane_spoils_no_other),
        cmocka_unit_test(keys_off_the_curve),
        cmocka_unit_test(x_beyond_the_order),
        cmocka_unit_test(scalars_beyond_the_order),
        cmocka_unit_test(every_bit_turned),
        cmocka_unit_test(one_bad_lane_in_every_place),
        cmocka_unit_test(malformed_bytes),
        cmocka_unit_test(high_s_and_lax_encodings),
        cmocka_unit_test(bip340_vectors),
        cmocka_unit_test(random_signatures),
    };
    return cmocka_run_group_tests(tests, find_back_ends, NULL);
}
