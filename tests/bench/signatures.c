#include <stdio.h>

#include "tests/bench/spends.h"

#include "consensus/checks.h"
#include "crypto/sigbatch/lanes.h"
#include "tests/bench/lanes.h"

#define CHECKS          64
#define ARENA_BYTES_MAX (1 << 20)

struct signatures {
    struct yc_sig_task tasks[CHECKS];
    uint8_t pubkeys[CHECKS][33], sigs[CHECKS][YC_ECDSA_DER_MAX], msgs[CHECKS][32];
};

static void sign_all(struct signatures *s, struct bench *b, enum yc_sig_kind kind)
{
    struct yc_error err;
    for (size_t i = 0; i < CHECKS; i++) {
        uint8_t secret[32], aux[32] = {0};
        size_t n = 64;
        bool ecdsa = kind == YC_SIG_KIND_ECDSA;
        yc_seckey_generate(secret, b->signer, b->random);
        yc_random_fill(b->random, s->msgs[i], 32);
        if (!yc_seckey_pubkey(s->pubkeys[i], b->signer, secret))
            bench_die("a fresh key is out of range");
        if ((ecdsa ? yc_ecdsa_sign(s->sigs[i], &n, b->signer, secret, s->msgs[i], &err)
                   : yc_schnorr_sign(s->sigs[i], b->signer, secret, s->msgs[i], aux, &err)) != YC_VALID)
            bench_die("%s", err.text);
        s->tasks[i] = (struct yc_sig_task){kind, yc_view(s->pubkeys[i] + !ecdsa, 32 + ecdsa), yc_view(s->sigs[i], n),
                                           s->msgs[i], false};
    }
}

/* The same signatures through one engine. */
struct way {
    const struct signatures *signatures;
    struct yc_sigengine engine;
    struct yc_sigbatch *batch;
};

static void check_all(void *ctx)
{
    struct way *w = ctx;
    struct yc_sigbatch_mismatch mismatch;
    struct yc_error err;
    bool good[CHECKS];
    if (yc_sigbatch_check(w->batch, w->signatures->tasks, CHECKS, good, &mismatch, &err) != YC_VALID)
        bench_die("%s", err.text);
    for (size_t i = 0; i < CHECKS; i++) {
        if (!good[i])
            bench_die("a good signature was refused");
    }
}

/* back_end NULL: the machine's best, or none where mode says so. */
static void way_init(struct way *w, struct bench *b, const struct signatures *s, enum yc_sig_mode mode,
                     const struct yc_back_end *back_end)
{
    struct yc_error err;
    w->signatures = s;
    if (yc_sigengine_init(&w->engine, mode, YC_SIG_CHECK_ONE_IN, NULL, &err) != YC_VALID)
        bench_die("%s", err.text);
    if (back_end)
        w->engine = (struct yc_sigengine){YC_SIG_MODE_LANES, YC_SIG_CHECK_ONE_IN, back_end->lanes, back_end->name,
                                          back_end->least};
    if (yc_sigbatch_new(&w->batch, &w->engine, yc_random_u64(b->random), b->alloc, &err) != YC_VALID)
        bench_die("%s", err.text);
}

static void bench_kind(struct bench *b, const char *name, enum yc_sig_kind kind, const struct yc_back_end *back_end)
{
    static struct signatures s;
    struct way ours, libsecp;
    if (!bench_wants(b, name))
        return;
    sign_all(&s, b, kind);
    way_init(&ours, b, &s, YC_SIG_MODE_AUTO, back_end);
    way_init(&libsecp, b, &s, YC_SIG_MODE_SCALAR, NULL);
    bench_compare(b, name, "signatures", CHECKS, &(struct bench_way){check_all, NULL, &ours},
                  &(struct bench_way){check_all, NULL, &libsecp}, "libsecp256k1, one by one");
    yc_sigbatch_free(ours.batch);
    yc_sigbatch_free(libsecp.batch);
}

/* The back ends that this machine has besides its best. */
static void bench_back_ends(struct bench *b)
{
    size_t count, here = 0;
    const struct yc_back_end *back_end = yc_back_ends(&count);
    for (size_t i = 0; i < count; i++) {
        static char names[8][2][32]; /* they are kept */
        if (!back_end[i].here() || here++ == 0 || i >= 8)
            continue;
        snprintf(names[i][0], sizeof names[i][0], "lanes/%s/ecdsa", back_end[i].name);
        snprintf(names[i][1], sizeof names[i][1], "lanes/%s/bip340", back_end[i].name);
        bench_kind(b, names[i][0], YC_SIG_KIND_ECDSA, &back_end[i]);
        bench_kind(b, names[i][1], YC_SIG_KIND_BIP340, &back_end[i]);
    }
}

/* Inputs from scripts to verdict. */
struct inputs {
    struct yc_spend spend[CHECKS];
    struct yc_spent spent[CHECKS];
    struct yc_script_check check[CHECKS];
    const struct yc_script_check *checks[CHECKS];
    struct yc_script_machine *machine;
    struct yc_sig_collector *collector;
};

static void verify_together(void *ctx)
{
    struct inputs *in = ctx;
    struct yc_reject why;
    struct yc_error err;
    size_t failed;
    if (yc_script_checks_run(in->checks, CHECKS, in->machine, in->collector, &failed, &why, &err) != YC_VALID)
        bench_die("a good input fails");
}

static void verify_one_by_one(void *ctx)
{
    struct inputs *in = ctx;
    struct yc_reject why;
    for (size_t i = 0; i < CHECKS; i++) {
        if (yc_script_check_run(in->checks[i], in->machine, yc_checker_now(), &why) != YC_VALID)
            bench_die("a good input fails");
    }
}

static void bench_inputs(struct bench *b, const char *name, enum spend_form form)
{
    static struct spend_kit kit;
    static struct inputs in;
    struct yc_sigengine engine;
    struct yc_arena arena;
    struct yc_error err;
    if (!bench_wants(b, name))
        return;
    in.machine = yc_script_machine_new(b->alloc);
    if (!in.machine || yc_sigengine_init(&engine, YC_SIG_MODE_AUTO, YC_SIG_CHECK_ONE_IN, NULL, &err) != YC_VALID ||
        yc_sig_collector_new(&in.collector, &engine, yc_random_u64(b->random), b->alloc, &err) != YC_VALID)
        bench_die("no memory for scripts and signatures");
    yc_arena_init(&arena, b->alloc, 65536, ARENA_BYTES_MAX);
    spend_kit_init(&kit, b, form);
    for (uint32_t i = 0; i < CHECKS; i++) {
        struct yc_outpoint from = {.index = i};
        in.spent[i] = (struct yc_spent){YC_COIN, yc_view(kit.script, kit.script_n)};
        yc_spend_init(&in.spend[i], spend_make(&kit, &arena, &from, YC_COIN, 1000), &in.spent[i]);
        in.check[i] = (struct yc_script_check){&in.spend[i], 0, i, YC_SCRIPT_FLAGS_CONSENSUS};
        in.checks[i] = &in.check[i];
    }
    bench_compare(b, name, "inputs", CHECKS, &(struct bench_way){verify_together, NULL, &in},
                  &(struct bench_way){verify_one_by_one, NULL, &in}, "libsecp256k1, one by one");
    yc_sig_collector_free(in.collector);
    yc_script_machine_free(in.machine);
    yc_arena_release(&arena);
}

/* One lane's share of each step. */
static void bench_steps(struct bench *b, const struct bench_lanes_step *step, bool here)
{
    for (; step->name; step++) {
        if (here)
            bench_run(b, step->name, "lanes", step->units, step->run, NULL);
        else if (bench_wants(b, step->name))
            bench_skip(b, step->name, "this machine does not have the lanes");
    }
}

void bench_signatures(struct bench *b)
{
    bench_kind(b, "lanes/ecdsa", YC_SIG_KIND_ECDSA, NULL);
    bench_kind(b, "lanes/bip340", YC_SIG_KIND_BIP340, NULL);
    bench_back_ends(b);
    bench_inputs(b, "lanes/p2wpkh", SPEND_P2WPKH);
    bench_inputs(b, "lanes/p2tr", SPEND_P2TR);
    bench_inputs(b, "lanes/p2pkh", SPEND_P2PKH);
#ifdef YC_SIGBATCH_X86
    bench_steps(b, bench_lanes_steps_avx512(),
                __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") &&
                    __builtin_cpu_supports("bmi2"));
    bench_steps(b, bench_lanes_steps_avx2(), __builtin_cpu_supports("avx2"));
#endif
}
