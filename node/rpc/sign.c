/* Signing with keys that are handed over for one call (they are wiped when it ends), and multisig addresses. */
#include <stdio.h>

#include "base/hex.h"
#include "consensus/script/flags.h"
#include "consensus/script/solver.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "formats/address.h"
#include "formats/descriptor.h"
#include "formats/output.h"
#include "keys/sign_script.h"
#include "node/rpc/internal.h"
#include "sys/random.h"

#define AMOUNT_UNKNOWN       (-1)
#define REDEEM_SCRIPT_MAX    520 /* bytes: what a push may hold */
#define MULTISIG_SCRIPT_MAX  (3 + 66 * YC_SCRIPT_KEYS_MAX + 4)
#define DESCRIPTOR_BYTES_MAX 4096

/* ---- signrawtransactionwithkey ---- */

/* What one input spends, and the scripts behind it. */
struct prevout {
    bool known;
    struct yc_view redeem, witness;
};

struct signing {
    struct yc_tx tx;
    struct yc_txin *in; /* tx's, changed as they are signed */
    struct yc_spent *spent;
    struct prevout *prev;
    struct yc_wif *key;
    size_t key_count;
    uint8_t hash_type;
    struct yc_signer *signer;
    struct yc_script_machine *machine;
};

static void forget(struct yc_rpc_call *c)
{
    struct signing *s = c->state;
    if (s->key)
        yc_wipe(s->key, s->key_count * sizeof *s->key);
    s->key_count = 0;
    yc_signer_free(s->signer);
    yc_script_machine_free(s->machine);
    s->signer = NULL;
    s->machine = NULL;
}

static struct signing *signing_new(struct yc_rpc_call *c)
{
    struct signing *s = yc_arena_take(&c->arena, sizeof *s);
    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    c->state = s;
    c->release = forget;
    return s;
}

static bool read_hash_type(struct yc_rpc_call *c, size_t i, uint8_t *out)
{
    static const struct {
        const char *name;
        uint8_t type;
    } table[] = {{"DEFAULT", YC_SIGHASH_DEFAULT},
                 {"ALL", YC_SIGHASH_ALL},
                 {"ALL|ANYONECANPAY", YC_SIGHASH_ALL | YC_SIGHASH_ANYONECANPAY},
                 {"NONE", YC_SIGHASH_NONE},
                 {"NONE|ANYONECANPAY", YC_SIGHASH_NONE | YC_SIGHASH_ANYONECANPAY},
                 {"SINGLE", YC_SIGHASH_SINGLE},
                 {"SINGLE|ANYONECANPAY", YC_SIGHASH_SINGLE | YC_SIGHASH_ANYONECANPAY}};
    const char *text = yc_rpc_arg_text(c, i, "DEFAULT");
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (!strcmp(text, table[k].name)) {
            *out = table[k].type;
            return true;
        }
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "'%.100s' is not a valid sighash parameter.", text);
    return false;
}

static bool read_keys(struct yc_rpc_call *c, struct signing *s, const struct yc_json *list)
{
    const struct yc_chain_params *params = yc_chain_params_of(c->chain);
    struct yc_error err;
    size_t n = yc_json_count(list);
    s->key = yc_arena_take_array(&c->arena, n, sizeof *s->key);
    if (!s->key) {
        yc_rpc_fail_memory(c);
        return false;
    }
    for (; s->key_count < n; s->key_count++) {
        const struct yc_json *v = yc_json_element(list, s->key_count);
        if (!yc_rpc_expect(c, v, YC_JSON_STRING))
            return false;
        if (yc_wif_parse(&s->key[s->key_count], params, yc_json_string(v), &err) != YC_VALID) {
            yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Invalid private key");
            return false;
        }
    }
    return true;
}

/* The output among pool and coins. False: our own failure, the call's error is set. */
static bool look_up(struct yc_rpc_call *c, const struct yc_outpoint *at, struct yc_spent *out, bool *known)
{
    const struct yc_pool_entry *e = yc_pool_find(yc_core_pool(c->core), &at->txid);
    struct yc_coin coin;
    struct yc_error err;
    *known = e && at->index < e->tx.out_count;
    if (*known) {
        const struct yc_txout *o = &e->tx.out[at->index];
        *out = (struct yc_spent){o->value_sat, yc_arena_copy(&c->arena, o->script)};
        return true;
    }
    enum yc_verdict v = yc_chain_coin(c->chain, at, false, &c->arena, &coin, &err);
    *known = v == YC_VALID;
    if (*known)
        *out = (struct yc_spent){coin.value_sat, coin.script};
    if (v != YC_VALID && v != YC_NOT_YET)
        yc_rpc_fail_system(c, &err);
    return v == YC_VALID || v == YC_NOT_YET;
}

static bool is_hash_of(struct yc_view hash, struct yc_view script)
{
    uint8_t made[32];
    if (hash.n == 20)
        yc_hash160(made, script.p, script.n);
    else
        yc_sha256_once(made, script.p, script.n);
    return script.n && (hash.n == 20 || hash.n == 32) && !memcmp(made, hash.p, hash.n);
}

/* Is hash20 that of the witness program of this script? */
static bool is_program_of(struct yc_view hash20, struct yc_view script)
{
    uint8_t program[32], redeem[34];
    struct yc_writer w;
    yc_sha256_once(program, script.p, script.n);
    yc_writer_init(&w, redeem, sizeof redeem);
    yc_output_write_witness(&w, 0, yc_view(program, sizeof program));
    return script.n && is_hash_of(hash20, yc_writer_written(&w));
}

static bool bad_scripts(struct yc_rpc_call *c, const char *why)
{
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "%s", why);
    return false;
}

/* Which script stands behind which hash: either may be given under the other's name. */
static bool sort_scripts(struct yc_rpc_call *c, struct prevout *p, struct yc_view script, bool has_amount)
{
    struct yc_script_solution s;
    enum yc_script_kind kind = yc_script_solve(script, &s);
    bool p2sh = kind == YC_SCRIPT_KIND_SCRIPTHASH, p2wsh = kind == YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH;
    struct yc_view given = p->witness.n ? p->witness : p->redeem, redeem = p->redeem;
    if (!p2sh && !p2wsh)
        return true;
    if (!given.n)
        return bad_scripts(c, "Missing redeemScript/witnessScript");
    if (p->witness.n && redeem.n && !yc_view_equal(p->witness, redeem)) {
        struct yc_script_solution inner;
        if (yc_script_solve(redeem, &inner) != YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH ||
            !is_hash_of(inner.data, p->witness))
            return bad_scripts(c, "redeemScript does not correspond to witnessScript");
    }
    *p = (struct prevout){.known = p->known};
    if (p2sh && is_hash_of(s.data, given))
        p->redeem = given;
    else if (p2sh ? is_program_of(s.data, given) : is_hash_of(s.data, given))
        p->witness = given;
    else
        return bad_scripts(c, "redeemScript/witnessScript does not match scriptPubKey");
    return has_amount || !p->witness.n || bad_scripts(c, "Missing amount");
}

static bool read_script(struct yc_rpc_call *c, const struct yc_json *v, const char *name, struct yc_view *out)
{
    if (yc_json_is_null(v) || yc_rpc_hex_of(c, v, out))
        return true;
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "%s must be hexadecimal string (not '%.200s')", name,
                yc_json_text(v) ? yc_json_text(v) : "");
    return false;
}

/* What the caller says of an output, in place of what we know. */
static bool read_prevout(struct yc_rpc_call *c, struct signing *s, const struct yc_json *v)
{
    struct yc_outpoint at;
    struct yc_view script = YC_VIEW_EMPTY;
    struct prevout p = {.known = true};
    const struct yc_json *field, *amount = yc_json_member(v, "amount");
    int64_t vout, value_sat = YC_MONEY_MAX;
    if (!yc_rpc_expect(c, v, YC_JSON_OBJECT) || !yc_rpc_member_of(c, v, "txid", &field) ||
        !yc_rpc_hash_of(c, field, "txid", at.txid.b) || !yc_rpc_member_of(c, v, "vout", &field) ||
        !yc_rpc_int_of(c, field, INT32_MIN, INT32_MAX, &vout) || !yc_rpc_member_of(c, v, "scriptPubKey", &field) ||
        !read_script(c, field, "scriptPubKey", &script) ||
        !read_script(c, yc_json_member(v, "redeemScript"), "redeemScript", &p.redeem) ||
        !read_script(c, yc_json_member(v, "witnessScript"), "witnessScript", &p.witness) ||
        (!yc_json_is_null(amount) && !yc_rpc_amount_of(c, amount, &value_sat)))
        return false;
    if (vout < 0) {
        yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "vout cannot be negative");
        return false;
    }
    at.index = (uint32_t)vout;
    for (uint32_t i = 0; i < s->tx.in_count; i++) {
        if (!yc_outpoint_equal(&s->in[i].prevout, &at))
            continue;
        if (s->prev[i].known && !yc_view_equal(s->spent[i].script, script)) {
            yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Previous output scriptPubKey mismatch");
            return false;
        }
        if (!sort_scripts(c, &p, script, !yc_json_is_null(amount) || s->prev[i].known))
            return false;
        if (!yc_json_is_null(amount) || !s->prev[i].known)
            s->spent[i].value_sat = value_sat;
        s->spent[i].script = script;
        s->prev[i] = p;
    }
    return true;
}

/* Does input i unlock what it spends? */
static enum yc_script_error judge(const struct signing *s, const struct yc_spend *spend, uint32_t i)
{
    return yc_script_verify(spend, i, YC_SCRIPT_FLAGS_STANDARD, yc_checker_now(), s->machine);
}

/* What is wrong with the input after signing; NULL: nothing. Our own failure sets *err. */
static const char *sign_input(struct yc_rpc_call *c, struct signing *s, const struct yc_spend *spend, uint32_t i,
                              enum yc_verdict *verdict, struct yc_error *err)
{
    struct yc_signing with = {.key = s->key,
                              .key_count = s->key_count,
                              .redeem = s->prev[i].redeem,
                              .witness = s->prev[i].witness,
                              .hash_type = s->hash_type,
                              .signer = s->signer,
                              .random = yc_random_system(),
                              .arena = &c->arena};
    struct yc_unlocking u;
    bool lacks_output = (s->hash_type & YC_SIGHASH_OUTPUTS_MASK) == YC_SIGHASH_SINGLE && i >= s->tx.out_count;
    *verdict = YC_VALID;
    if (!s->prev[i].known)
        return "Input not found or already spent";
    enum yc_script_error e = judge(s, spend, i);
    if (e == YC_SCRIPT_OK)
        return NULL;
    enum yc_verdict v = lacks_output ? YC_NOT_YET : yc_sign_with_keys(&u, spend, i, &with, err);
    if (v == YC_SYSTEM)
        *verdict = v;
    if (v == YC_VALID) {
        s->in[i].script_sig = u.script_sig;
        s->in[i].witness = u.witness;
        s->in[i].witness_count = u.witness_count;
        e = judge(s, spend, i);
    }
    if (e == YC_SCRIPT_OK)
        return NULL;
    if (e == YC_SCRIPT_ERR_INVALID_STACK_OPERATION)
        return "Unable to sign input, invalid stack size (possibly missing key)";
    if (e == YC_SCRIPT_ERR_SIG_NULLFAIL)
        return "CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)";
    return yc_script_error_text(e);
}

static void show_fault(struct yc_rpc_call *c, const struct yc_txin *in, const char *what)
{
    struct yc_json_out *j = &c->out;
    yc_json_begin_object(j);
    yc_json_member_hash(j, "txid", in->prevout.txid.b, 32);
    yc_json_member_int(j, "vout", in->prevout.index);
    yc_json_key(j, "witness");
    yc_json_begin_array(j);
    for (uint32_t i = 0; i < in->witness_count; i++)
        yc_json_put_hex(j, in->witness[i]);
    yc_json_end_array(j);
    yc_json_member_hex(j, "scriptSig", in->script_sig);
    yc_json_member_int(j, "sequence", in->sequence);
    yc_json_member_text(j, "error", what);
    yc_json_end_object(j);
}

static bool show_signed(struct yc_rpc_call *c, const struct signing *s)
{
    size_t cap = s->tx.raw.n + 16;
    struct yc_writer w;
    for (uint32_t i = 0; i < s->tx.in_count; i++) {
        cap += s->in[i].script_sig.n + 18;
        for (uint32_t k = 0; k < s->in[i].witness_count; k++)
            cap += s->in[i].witness[k].n + 9;
    }
    uint8_t *p = yc_arena_take(&c->arena, cap);
    if (!p)
        return false;
    yc_writer_init(&w, p, cap);
    yc_tx_write(&s->tx, true, &w);
    yc_json_key(&c->out, "hex");
    yc_json_put_hex(&c->out, yc_writer_written(&w));
    return true;
}

static enum yc_rpc_flow sign_all(struct yc_rpc_call *c)
{
    struct signing *s = c->state;
    struct yc_spend spend;
    struct yc_error err = {.which = YC_SYSTEM_NONE};
    const char **fault = yc_arena_take_array(&c->arena, s->tx.in_count, sizeof *fault);
    bool complete = true;
    if (!fault)
        return yc_rpc_fail_memory(c);
    yc_spend_init_to_sign(&spend, &s->tx, s->spent);
    for (uint32_t i = 0; i < s->tx.in_count; i++) {
        enum yc_verdict v;
        fault[i] = sign_input(c, s, &spend, i, &v, &err);
        if (v == YC_SYSTEM)
            return yc_rpc_fail_system(c, &err);
        complete = complete && !fault[i];
    }
    yc_json_begin_object(&c->out);
    if (!show_signed(c, s))
        return yc_rpc_fail_memory(c);
    yc_json_member_bool(&c->out, "complete", complete);
    if (!complete) {
        yc_json_key(&c->out, "errors");
        yc_json_begin_array(&c->out);
        for (uint32_t i = 0; i < s->tx.in_count; i++)
            if (fault[i])
                show_fault(c, &s->in[i], fault[i]);
        yc_json_end_array(&c->out);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_signrawtransactionwithkey(struct yc_rpc_call *c)
{
    struct signing *s = signing_new(c);
    struct yc_error err;
    if (!s)
        return yc_rpc_fail_memory(c);
    if (!yc_rpc_tx_of(c, c->arg[0], &s->tx))
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "TX decode failed. Make sure the tx has at least one input.");
    if (!read_keys(c, s, c->arg[1]) || !read_hash_type(c, 3, &s->hash_type))
        return YC_RPC_FAILED;
    uint32_t n = s->tx.in_count;
    s->in = yc_arena_take_array(&c->arena, n, sizeof *s->in);
    s->spent = yc_arena_take_array(&c->arena, n, sizeof *s->spent);
    s->prev = yc_arena_take_array(&c->arena, n, sizeof *s->prev);
    s->machine = yc_script_machine_new(c->rpc->env.alloc);
    if (!s->in || !s->spent || !s->prev || !s->machine)
        return yc_rpc_fail_memory(c);
    memcpy(s->in, s->tx.in, n * sizeof *s->in);
    memset(s->spent, 0, n * sizeof *s->spent);
    memset(s->prev, 0, n * sizeof *s->prev);
    s->tx.in = s->in;
    for (uint32_t i = 0; i < n; i++)
        if (!look_up(c, &s->in[i].prevout, &s->spent[i], &s->prev[i].known))
            return YC_RPC_FAILED;
    for (size_t i = 0; i < yc_json_count(c->arg[2]); i++)
        if (!read_prevout(c, s, yc_json_element(c->arg[2], i)))
            return YC_RPC_FAILED;
    if (yc_signer_new(&s->signer, yc_random_system(), &err) != YC_VALID)
        return yc_rpc_fail_system(c, &err);
    return yc_rpc_go(c, YC_RPC_TO_READER, sign_all);
}

/* ---- createmultisig ---- */

enum address_form { FORM_LEGACY, FORM_NESTED, FORM_WITNESS };

static bool read_form(struct yc_rpc_call *c, enum address_form *out)
{
    const char *text = yc_rpc_arg_text(c, 2, "legacy");
    if (!strcmp(text, "legacy"))
        *out = FORM_LEGACY;
    else if (!strcmp(text, "p2sh-segwit"))
        *out = FORM_NESTED;
    else if (!strcmp(text, "bech32"))
        *out = FORM_WITNESS;
    else if (!strcmp(text, "bech32m"))
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY,
                           "createmultisig cannot create bech32m multisig addresses") == YC_RPC_DONE;
    else
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Unknown address type '%.100s'", text) == YC_RPC_DONE;
    return true;
}

static bool read_pubkey(struct yc_rpc_call *c, const struct yc_json *v, struct yc_view *out)
{
    const char *text = yc_json_text(v);
    if (!text || !yc_rpc_hex_of(c, v, out))
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Pubkey \"%.200s\" must be a hex string", text ? text : "");
    else if (out->n != 33 && out->n != 65)
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Pubkey \"%.200s\" must have a length of either 33 or 65 bytes",
                    text);
    else if (!yc_pubkey_has_valid_size(*out) || !yc_secp_pubkey_valid(*out))
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Pubkey \"%.200s\" must be cryptographically valid.", text);
    else
        return true;
    return false;
}

static bool read_multisig(struct yc_rpc_call *c, struct yc_view keys[YC_SCRIPT_KEYS_MAX], int64_t *required,
                          bool *compressed)
{
    size_t n = yc_json_count(c->arg[1]);
    if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, required))
        return false;
    *compressed = true;
    for (size_t i = 0; i < n; i++) {
        struct yc_view key;
        if (!read_pubkey(c, yc_json_element(c->arg[1], i), &key))
            return false;
        *compressed = *compressed && key.n == 33;
        if (i < YC_SCRIPT_KEYS_MAX)
            keys[i] = key;
    }
    if (*required < 1)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "a multisignature address must require at least one key to redeem");
    else if ((int64_t)n < *required)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    "not enough keys supplied (got %zu keys, but need at least %lld to redeem)", n,
                    (long long)*required);
    else if (n > YC_SCRIPT_KEYS_MAX)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    "Number of keys involved in the multisignature address creation > %d\nReduce the number",
                    YC_SCRIPT_KEYS_MAX);
    else
        return true;
    return false;
}

/* The output script of the form over this script. */
static struct yc_view wrap(enum address_form form, struct yc_view script, uint8_t out[YC_ADDRESS_SCRIPT_MAX])
{
    uint8_t hash[32], program[34];
    struct yc_writer w;
    struct yc_view redeem = script;
    if (form != FORM_LEGACY) {
        yc_sha256_once(hash, script.p, script.n);
        yc_writer_init(&w, program, sizeof program);
        yc_output_write_witness(&w, 0, yc_view(hash, 32));
        redeem = yc_writer_written(&w);
    }
    yc_writer_init(&w, out, YC_ADDRESS_SCRIPT_MAX);
    if (form == FORM_WITNESS) {
        yc_writer_view(&w, redeem);
    } else {
        yc_hash160(hash, redeem.p, redeem.n);
        yc_output_write_scripthash(&w, hash);
    }
    return yc_writer_written(&w);
}

static void show_multisig_descriptor(struct yc_rpc_call *c, enum address_form form, int64_t required,
                                     const struct yc_view *keys, size_t count)
{
    static const char *const before[] = {"sh(", "sh(wsh(", "wsh("}, *const after[] = {")", "))", ")"};
    char number[24], checksum[YC_DESCRIPTOR_CHECKSUM_MAX], hex[131];
    struct yc_buf text;
    yc_buf_init(&text, c->rpc->env.alloc, DESCRIPTOR_BYTES_MAX);
    (void)snprintf(number, sizeof number, "multi(%lld", (long long)required);
    yc_buf_append_text(&text, before[form]);
    yc_buf_append_text(&text, number);
    for (size_t i = 0; i < count; i++) {
        yc_hex_write(hex, keys[i].p, keys[i].n);
        yc_buf_append_text(&text, ",");
        yc_buf_append_text(&text, hex);
    }
    yc_buf_append_text(&text, ")");
    yc_buf_append_text(&text, after[form]);
    if (yc_descriptor_checksum(checksum, yc_buf_view(&text))) {
        yc_buf_append_text(&text, "#");
        yc_buf_append_text(&text, checksum);
    }
    yc_json_key(&c->out, "descriptor");
    yc_json_put_string(&c->out, yc_buf_view(&text));
    yc_buf_release(&text);
}

enum yc_rpc_flow yc_method_createmultisig(struct yc_rpc_call *c)
{
    struct yc_view keys[YC_SCRIPT_KEYS_MAX] = {{0}};
    uint8_t bytes[MULTISIG_SCRIPT_MAX], output[YC_ADDRESS_SCRIPT_MAX];
    char address[YC_ADDRESS_TEXT_MAX];
    struct yc_writer w;
    int64_t required;
    bool compressed;
    enum address_form asked = FORM_LEGACY, form;
    if (!read_form(c, &asked) || !read_multisig(c, keys, &required, &compressed))
        return YC_RPC_FAILED;
    size_t count = yc_json_count(c->arg[1]);
    form = compressed ? asked : FORM_LEGACY; /* witness scripts take compressed keys only */
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_output_write_multisig(&w, (unsigned)required, keys, (unsigned)count);
    struct yc_view script = yc_writer_written(&w);
    if (script.n > REDEEM_SCRIPT_MAX && form == FORM_LEGACY)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "redeemScript exceeds size limit: %zu > %d", script.n,
                           REDEEM_SCRIPT_MAX);
    if (!yc_address_print_script(address, yc_chain_params_of(c->chain), wrap(form, script, output)))
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "the script has no address");
    yc_json_begin_object(&c->out);
    yc_json_member_text(&c->out, "address", address);
    yc_json_member_hex(&c->out, "redeemScript", script);
    show_multisig_descriptor(c, form, required, keys, count);
    if (form != asked) {
        yc_json_key(&c->out, "warnings");
        yc_json_begin_array(&c->out);
        yc_json_put_text(&c->out, "Unable to make chosen address type, please ensure no uncompressed public keys "
                                  "are present.");
        yc_json_end_array(&c->out);
    }
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}
