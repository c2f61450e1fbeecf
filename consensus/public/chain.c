/* Chains made of the public API's rules. */
#include "consensus/public/internal.h"

#include <stdlib.h>

#define SPACING_MAX_S 10000
#define WINDOW_MAX    100000

YC_STATIC_ASSERT(sizeof(struct ycoin_chain) == sizeof(struct yc_chain_params), "a chain is its parameters");
YC_STATIC_ASSERT(YCOIN_NEVER == YC_NEVER && YCOIN_EXCEPTIONS_MAX == YC_EXCEPTIONS_MAX, "the same in both");
YC_STATIC_ASSERT((int)YCOIN_RETARGET_NONE == YC_RETARGET_NONE && (int)YCOIN_RETARGET_WINDOW == YC_RETARGET_WINDOW &&
                     (int)YCOIN_RETARGET_ASERT == YC_RETARGET_ASERT,
                 "the same in both");
YC_STATIC_ASSERT(YCOIN_SCRIPT_P2SH == YC_SCRIPT_P2SH && YCOIN_SCRIPT_ALL == YC_SCRIPT_FLAGS_CONSENSUS,
                 "the public flags are those of consensus/script/flags.h");
YC_STATIC_ASSERT(YCOIN_SCRIPT_DERSIG == YC_SCRIPT_DERSIG && YCOIN_SCRIPT_NULLDUMMY == YC_SCRIPT_NULLDUMMY &&
                     YCOIN_SCRIPT_CHECKLOCKTIMEVERIFY == YC_SCRIPT_CHECKLOCKTIMEVERIFY &&
                     YCOIN_SCRIPT_CHECKSEQUENCEVERIFY == YC_SCRIPT_CHECKSEQUENCEVERIFY &&
                     YCOIN_SCRIPT_WITNESS == YC_SCRIPT_WITNESS && YCOIN_SCRIPT_TAPROOT == YC_SCRIPT_TAPROOT,
                 "the public flags are those of consensus/script/flags.h");

static void *heap_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    (void)ctx;
    (void)old_n;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

const struct yc_alloc *yc_public_heap(void)
{
    static const struct yc_alloc heap = {heap_resize, NULL};
    return &heap;
}

const struct ycoin_chain *ycoin_chain_builtin(const char *name)
{
    return (const struct ycoin_chain *)yc_chain_builtin(name);
}

/* What is out of range, or NULL. The bounds are those within which consensus/ computes without overflow. */
static const char *rules_problem(const struct ycoin_rules *r)
{
    struct yc_u256 limit;
    if (!yc_compact_to_target(&limit, r->pow_limit_bits))
        return "pow_limit_bits is no target: negative, zero or over 256 bits";
    if (r->spacing_s < 1 || r->spacing_s > SPACING_MAX_S)
        return "spacing_s is not in 1..10000";
    if ((int)r->retarget < 0 || r->retarget > YCOIN_RETARGET_ASERT)
        return "retarget is none of YCOIN_RETARGET_*";
    if (r->window > WINDOW_MAX || (r->retarget == YCOIN_RETARGET_WINDOW && r->window < 2))
        return "window is over 100000, or under 2 with YCOIN_RETARGET_WINDOW";
    if (r->half_life_s > INT32_MAX || (r->retarget == YCOIN_RETARGET_ASERT && r->half_life_s < 1))
        return "half_life_s is over 2147483647, or 0 with YCOIN_RETARGET_ASERT";
    if (r->subsidy_halving_interval < 1 || !yc_money_ok(r->subsidy_initial_sat))
        return "subsidy_halving_interval is 0, or subsidy_initial_sat is not an amount";
    if (r->flag_exception_count > YCOIN_EXCEPTIONS_MAX || r->bip30_exception_count > YCOIN_EXCEPTIONS_MAX)
        return "there are more than 8 exceptions of a kind";
    if (r->signet_challenge_size > sizeof r->signet_challenge)
        return "signet_challenge_size is over 256";
    for (uint32_t i = 0; i < r->flag_exception_count; i++) {
        if (r->flag_exception[i].flags & ~YCOIN_SCRIPT_ALL)
            return "an exception has flags that are none of YCOIN_SCRIPT_*";
    }
    return NULL;
}

static void params_fill(struct yc_chain_params *p, const struct ycoin_rules *r)
{
    memcpy(p->genesis.hash.b, r->genesis_hash, 32);
    p->genesis.mined = true;
    p->pow.spacing_s = r->spacing_s;
    p->pow.retarget = (enum yc_retarget)r->retarget;
    p->pow.window = r->window;
    p->pow.half_life_s = r->half_life_s;
    p->pow.min_difficulty_after_s = r->min_difficulty_after_s;
    p->pow.bip94 = r->bip94 != 0;
    p->subsidy_initial_sat = r->subsidy_initial_sat;
    p->subsidy_halving_interval = r->subsidy_halving_interval;
    p->rules.bip16 = r->bip16;
    p->rules.bip34 = r->bip34;
    p->rules.bip65 = r->bip65;
    p->rules.bip66 = r->bip66;
    p->rules.csv = r->csv;
    p->rules.segwit = r->segwit;
    p->rules.taproot = r->taproot;
    p->rules.bip54 = r->bip54;
    p->flag_exception_count = r->flag_exception_count;
    for (uint32_t i = 0; i < r->flag_exception_count; i++) {
        memcpy(p->flag_exceptions[i].block.b, r->flag_exception[i].block_hash, 32);
        p->flag_exceptions[i].flags = r->flag_exception[i].flags;
    }
    p->bip30_repeat_count = r->bip30_exception_count;
    for (uint32_t i = 0; i < r->bip30_exception_count; i++) {
        memcpy(p->bip30_repeats[i].block.b, r->bip30_exception[i].block_hash, 32);
        p->bip30_repeats[i].height = r->bip30_exception[i].height;
    }
    memcpy(p->signet_challenge, r->signet_challenge, sizeof p->signet_challenge);
    p->signet_challenge_n = r->signet_challenge_size;
}

struct ycoin_chain *ycoin_chain_new(const struct ycoin_rules *rules, const char **cause)
{
    const char *problem = rules_problem(rules);
    struct ycoin_chain *chain = problem ? NULL : calloc(1, sizeof *chain);
    if (chain && yc_compact_to_target(&chain->params.pow.limit, rules->pow_limit_bits))
        params_fill(&chain->params, rules);
    if (cause)
        *cause = problem ? problem : chain ? "" : "there is no memory";
    return chain;
}

void ycoin_chain_free(struct ycoin_chain *chain)
{
    free(chain);
}

void ycoin_rules_of(struct ycoin_rules *out, const struct ycoin_chain *chain)
{
    const struct yc_chain_params *p = &chain->params;
    *out = (struct ycoin_rules){.pow_limit_bits = yc_compact_from_target(p->pow.limit),
                                .spacing_s = p->pow.spacing_s,
                                .retarget = (enum ycoin_retarget)p->pow.retarget,
                                .window = p->pow.window,
                                .half_life_s = p->pow.half_life_s,
                                .min_difficulty_after_s = p->pow.min_difficulty_after_s,
                                .bip94 = p->pow.bip94,
                                .subsidy_initial_sat = p->subsidy_initial_sat,
                                .subsidy_halving_interval = p->subsidy_halving_interval,
                                .bip16 = p->rules.bip16,
                                .bip34 = p->rules.bip34,
                                .bip65 = p->rules.bip65,
                                .bip66 = p->rules.bip66,
                                .csv = p->rules.csv,
                                .segwit = p->rules.segwit,
                                .taproot = p->rules.taproot,
                                .bip54 = p->rules.bip54,
                                .flag_exception_count = (uint32_t)p->flag_exception_count,
                                .bip30_exception_count = (uint32_t)p->bip30_repeat_count,
                                .signet_challenge_size = (uint32_t)p->signet_challenge_n};
    memcpy(out->genesis_hash, p->genesis.hash.b, 32);
    for (size_t i = 0; i < p->flag_exception_count; i++) {
        memcpy(out->flag_exception[i].block_hash, p->flag_exceptions[i].block.b, 32);
        out->flag_exception[i].flags = p->flag_exceptions[i].flags;
    }
    for (size_t i = 0; i < p->bip30_repeat_count; i++) {
        memcpy(out->bip30_exception[i].block_hash, p->bip30_repeats[i].block.b, 32);
        out->bip30_exception[i].height = p->bip30_repeats[i].height;
    }
    memcpy(out->signet_challenge, p->signet_challenge, sizeof out->signet_challenge);
}

uint32_t ycoin_script_flags(const struct ycoin_chain *chain, uint32_t height, const uint8_t block_hash32[32])
{
    struct yc_block_hash hash;
    memcpy(hash.b, block_hash32, 32);
    return yc_script_flags_at(&chain->params, height, &hash);
}

int64_t ycoin_subsidy_sat(const struct ycoin_chain *chain, uint32_t height)
{
    return yc_subsidy_sat(&chain->params, height);
}
