#include "node/mempool/policy.h"

#include <stdarg.h>
#include <stdio.h>

#include "consensus/script/script.h"
#include "consensus/script/solver.h"
#include "node/mempool/feerate.h"

#define VERSION_MAX              3
#define SCRIPT_SIG_BYTES_MAX     1650 /* 15 signatures and a redeem script of 15 keys */
#define MULTISIG_KEYS_MAX        3
#define P2SH_SIGOPS_MAX          15
#define P2WSH_STACK_ITEMS_MAX    100
#define P2WSH_STACK_ITEM_MAX     80
#define P2WSH_SCRIPT_BYTES_MAX   3600
#define TAPSCRIPT_STACK_ITEM_MAX 80
#define ANNEX_TAG                0x50
#define LEAF_MASK                0xfe
#define LEAF_TAPSCRIPT           0xc0

/* Bytes that spending an output takes, as dust is reckoned: a P2PKH input, or one with its script at a quarter. */
#define SPEND_BYTES         (32 + 4 + 1 + 107 + 4)
#define SPEND_BYTES_WITNESS (32 + 4 + 1 + 107 / YC_WITNESS_SCALE + 4)

enum yc_verdict yc_policy_refuse(struct yc_pool_reject *why, enum yc_policy policy, const char *format, ...)
{
    va_list args;
    why->policy = policy;
    va_start(args, format);
    (void)vsnprintf(why->detail, sizeof why->detail, format, args);
    va_end(args);
    return YC_POLICY;
}

/* ---- form ---- */

int64_t yc_policy_dust_sat(const struct yc_txout *out, int64_t sat_per_kvb)
{
    unsigned version;
    struct yc_view program;
    if (yc_script_is_unspendable(out->script))
        return 0;
    uint64_t bytes = 8 + yc_compact_bytes(out->script.n) + out->script.n;
    bytes += yc_script_is_witness_program(out->script, &version, &program) ? SPEND_BYTES_WITNESS : SPEND_BYTES;
    return yc_fee_at_rate(sat_per_kvb, bytes);
}

uint32_t yc_policy_dust_count(const struct yc_tx *tx, int64_t sat_per_kvb)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < tx->out_count; i++)
        count += tx->out[i].value_sat < yc_policy_dust_sat(&tx->out[i], sat_per_kvb);
    return count;
}

static enum yc_verdict check_outputs(const struct yc_tx *tx, const struct yc_pool_config *config,
                                     struct yc_pool_reject *why)
{
    size_t data_left = config->data_carrier_bytes_max;
    for (uint32_t i = 0; i < tx->out_count; i++) {
        struct yc_script_solution s;
        enum yc_script_kind kind = yc_script_solve(tx->out[i].script, &s);
        bool multisig = kind == YC_SCRIPT_KIND_MULTISIG;
        if (kind == YC_SCRIPT_KIND_NONSTANDARD || (multisig && s.key_count > MULTISIG_KEYS_MAX))
            return yc_policy_refuse(why, YC_POLICY_SCRIPTPUBKEY, "%s", "");
        if (multisig && !config->permit_bare_multisig)
            return yc_policy_refuse(why, YC_POLICY_BARE_MULTISIG, "%s", "");
        if (kind == YC_SCRIPT_KIND_NULLDATA) {
            if (tx->out[i].script.n > data_left)
                return yc_policy_refuse(why, YC_POLICY_DATACARRIER, "%s", "");
            data_left -= tx->out[i].script.n;
        }
    }
    return YC_VALID;
}

enum yc_verdict yc_policy_form(const struct yc_tx *tx, const struct yc_pool_config *config, struct yc_pool_reject *why)
{
    if (tx->version < 1 || tx->version > VERSION_MAX)
        return yc_policy_refuse(why, YC_POLICY_VERSION, "%s", "");
    if (yc_tx_weight(tx) > YC_POLICY_TX_WEIGHT_MAX)
        return yc_policy_refuse(why, YC_POLICY_TX_SIZE, "%s", "");
    for (uint32_t i = 0; i < tx->in_count; i++) {
        if (tx->in[i].script_sig.n > SCRIPT_SIG_BYTES_MAX)
            return yc_policy_refuse(why, YC_POLICY_SCRIPTSIG_SIZE, "%s", "");
        if (!yc_script_is_push_only(tx->in[i].script_sig))
            return yc_policy_refuse(why, YC_POLICY_SCRIPTSIG_NOT_PUSHONLY, "%s", "");
    }
    enum yc_verdict v = check_outputs(tx, config, why);
    /* A single dust output is left to be judged when the fee is known: Bitcoin Core answers by the fee then. */
    if (v == YC_VALID && yc_policy_dust_count(tx, config->dust_relay_sat_per_kvb) > 1)
        v = yc_policy_refuse(why, YC_POLICY_DUST, "%s", "");
    return v;
}

/* ---- inputs ---- */

/* The redeem script that an input of a P2SH coin brings: the last push of a scriptSig that would run. Push-only scripts
 * fail to run where they hold OP_RESERVED, a push that is too long, or more pushes than the stack takes. */
static bool redeem_script(struct yc_view script_sig, struct yc_view *out)
{
    struct yc_script_op op;
    size_t at = 0, pushes = 0;
    bool bad = false;
    while (yc_script_next(script_sig, &at, &op, &bad)) {
        if (op.opcode == YC_OP_RESERVED || op.data.n > YC_SCRIPT_ELEMENT_BYTES_MAX || ++pushes > YC_SCRIPT_STACK_MAX)
            return false;
    }
    return !bad && yc_script_last_push(script_sig, out);
}

enum yc_verdict yc_policy_inputs(const struct yc_tx_coins *t, struct yc_pool_reject *why)
{
    const enum yc_policy refused = YC_POLICY_NONSTANDARD_INPUTS;
    if (yc_tx_legacy_sigops_bip54(t) > YC_TX_LEGACY_SIGOPS_MAX)
        return yc_policy_refuse(why, refused, "non-witness sigops exceed bip54 limit");
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        enum yc_script_kind kind = yc_script_solve(t->coin[i].script, NULL);
        struct yc_view redeem;
        if (kind == YC_SCRIPT_KIND_NONSTANDARD)
            return yc_policy_refuse(why, refused, "input %u script unknown", i);
        if (kind == YC_SCRIPT_KIND_WITNESS_UNKNOWN)
            return yc_policy_refuse(why, refused, "input %u witness program is undefined", i);
        if (kind != YC_SCRIPT_KIND_SCRIPTHASH)
            continue;
        if (!redeem_script(t->tx->in[i].script_sig, &redeem))
            return yc_policy_refuse(why, refused, "p2sh scriptsig malformed or without redeemscript (input %u)", i);
        uint32_t sigops = yc_script_sigops(redeem, true);
        if (sigops > P2SH_SIGOPS_MAX)
            return yc_policy_refuse(why, refused, "p2sh redeemscript sigops exceed limit (input %u: %u > %u)", i,
                                    sigops, P2SH_SIGOPS_MAX);
    }
    return YC_VALID;
}

static bool p2wsh_witness_ok(const struct yc_txin *in)
{
    uint32_t items = in->witness_count - 1;
    if (in->witness[items].n > P2WSH_SCRIPT_BYTES_MAX || items > P2WSH_STACK_ITEMS_MAX)
        return false;
    for (uint32_t i = 0; i < items; i++) {
        if (in->witness[i].n > P2WSH_STACK_ITEM_MAX)
            return false;
    }
    return true;
}

static bool taproot_witness_ok(const struct yc_txin *in)
{
    uint32_t n = in->witness_count;
    if (n < 2)
        return true;
    struct yc_view last = in->witness[n - 1];
    /* An annex has no meaning yet; an empty control block is no control block. */
    if (last.n == 0 || last.p[0] == ANNEX_TAG)
        return false;
    for (uint32_t i = 0; (last.p[0] & LEAF_MASK) == LEAF_TAPSCRIPT && i < n - 2; i++) {
        if (in->witness[i].n > TAPSCRIPT_STACK_ITEM_MAX)
            return false;
    }
    return true;
}

static bool input_witness_ok(const struct yc_txin *in, struct yc_view script)
{
    unsigned version;
    struct yc_view program;
    bool p2sh = yc_script_is_p2sh(script);
    if (yc_script_solve(script, NULL) == YC_SCRIPT_KIND_ANCHOR)
        return false;
    if (p2sh && !redeem_script(in->script_sig, &script))
        return false;
    if (!yc_script_is_witness_program(script, &version, &program))
        return false;
    if (version == 0 && program.n == 32)
        return p2wsh_witness_ok(in);
    return version != 1 || program.n != 32 || p2sh || taproot_witness_ok(in);
}

bool yc_policy_witness_ok(const struct yc_tx_coins *t)
{
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        const struct yc_txin *in = &t->tx->in[i];
        if (in->witness_count > 0 && !input_witness_ok(in, t->coin[i].script))
            return false;
    }
    return true;
}

bool yc_policy_wants_witness(const struct yc_tx_coins *t)
{
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        unsigned version;
        struct yc_view script = t->coin[i].script, program;
        if (yc_script_solve(script, NULL) == YC_SCRIPT_KIND_ANCHOR)
            continue;
        if (yc_script_is_p2sh(script) && !redeem_script(t->tx->in[i].script_sig, &script))
            continue;
        if (yc_script_is_witness_program(script, &version, &program))
            return true;
    }
    return false;
}
