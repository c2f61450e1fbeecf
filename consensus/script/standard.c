#include "consensus/script/standard.h"

#include "consensus/script/encoding.h"
#include "consensus/script/run.h"
#include "crypto/hash.h"

#define KEY_HASH_BYTES    20
#define SCRIPT_CODE_BYTES 25
#define REDEEM_BYTES      22 /* OP_0 and a push of a key's hash */

struct ask {
    const struct yc_spend *spend;
    uint32_t input, flags;
    const struct yc_checker *checker;
    const struct yc_txin *in;
    struct yc_view program; /* what the form of the spent script holds */
};

/* An ECDSA signature by the key of this hash. Demanded of every one, whatever the flags: that the signature is there and is
 * strict DER, and a key of the usual forms; so are nearly all, and the interpreter takes the others. What else the flags
 * demand (LOW_S, STRICTENC) goes by the interpreter's own function. NULLFAIL and EVAL_FALSE speak of bad signatures, which are
 * not decided here. */
static bool ask_ecdsa(const struct ask *a, struct yc_view sig, struct yc_view pubkey, struct yc_view hash, bool v0)
{
    const uint32_t key_rules = YC_SCRIPT_STRICTENC | YC_SCRIPT_WITNESS_PUBKEYTYPE;
    if (sig.n == 0 || yc_sig_check_encoding(sig, a->flags | YC_SCRIPT_DERSIG) != YC_SCRIPT_OK ||
        yc_pubkey_check_encoding(pubkey, key_rules, v0) != YC_SCRIPT_OK)
        return false;
    /* The script that runs, in P2PKH the spent one itself: BIP 143 has it signed too. */
    uint8_t code[SCRIPT_CODE_BYTES] = {YC_OP_DUP, YC_OP_HASH160, KEY_HASH_BYTES}, digest[32], type = sig.p[sig.n - 1];
    yc_hash160(code + 3, pubkey.p, pubkey.n);
    if (memcmp(code + 3, hash.p, KEY_HASH_BYTES) != 0)
        return false;
    code[23] = YC_OP_EQUALVERIFY;
    code[24] = YC_OP_CHECKSIG;
    if (v0)
        yc_sighash_v0(digest, a->spend, a->input, yc_view(code, sizeof code), type, NULL);
    else
        yc_sighash_legacy(digest, a->spend->tx, a->input, yc_view(code, sizeof code), type, NULL);
    return a->checker->ecdsa(a->checker->ctx, pubkey, yc_view_slice(sig, 0, sig.n - 1), digest, true) != YC_SIG_BAD;
}

/* A push whose opcode is its length: the shortest form of all of 2 to 75 bytes (MINIMALDATA). */
static bool read_push(struct yc_view script, size_t *at, struct yc_view *out)
{
    struct yc_script_op op;
    if (!yc_script_next(script, at, &op, NULL) || op.opcode >= YC_OP_PUSHDATA1)
        return false;
    *out = op.data;
    return true;
}

/* Two pushes leave one element in the end (SIGPUSHONLY, CLEANSTACK). With a witness it would be WITNESS_UNEXPECTED. */
static bool ask_p2pkh(const struct ask *a)
{
    struct yc_view script = a->in->script_sig, sig, pubkey;
    size_t at = 0;
    if (a->in->witness_count > 0 || !read_push(script, &at, &sig) || !read_push(script, &at, &pubkey) || at != script.n)
        return false;
    /* The signature's push is deleted from what it signs, and is an error under CONST_SCRIPTCODE. The one push in there is the
     * hash, so it could be found only by a signature of as many bytes. */
    return sig.n != KEY_HASH_BYTES && ask_ecdsa(a, sig, pubkey, a->program, false);
}

/* Signature and key in the witness. The script that pushed the program ran first, and what it left must be true: not so a
 * hash of zeros, even with the sign bit. */
static bool ask_v0(const struct ask *a, struct yc_view hash)
{
    const struct yc_view *item = a->in->witness;
    return a->in->witness_count == 2 && yc_script_bool(hash) && ask_ecdsa(a, item[0], item[1], hash, true);
}

static bool ask_p2wpkh(const struct ask *a)
{
    return a->in->script_sig.n == 0 && ask_v0(a, a->program);
}

/* scriptSig is the push of the redeem script and nothing else (BIP 141), and that is a P2WPKH output. */
static bool ask_p2sh_p2wpkh(const struct ask *a)
{
    static const uint8_t head[] = {REDEEM_BYTES, YC_OP_0, KEY_HASH_BYTES};
    struct yc_view script = a->in->script_sig;
    uint8_t hash20[KEY_HASH_BYTES];
    if (script.n != 1 + REDEEM_BYTES || memcmp(script.p, head, sizeof head) != 0)
        return false;
    yc_hash160(hash20, script.p + 1, REDEEM_BYTES);
    return memcmp(hash20, a->program.p, sizeof hash20) == 0 &&
           ask_v0(a, yc_view_slice(script, sizeof head, KEY_HASH_BYTES));
}

/* One witness item is no script path and no annex. The program must be true as for ask_v0(): 0x80 behind zeros is a number
 * that may be a key. Sizes and hash types of the signature go by the interpreter's own function. */
static bool ask_p2tr(const struct ask *a)
{
    struct yc_script_job job = {
        .spend = a->spend, .input = a->input, .flags = a->flags, .checker = a->checker, .may_defer = true};
    struct yc_sighash_tap tap = {0};
    return a->in->script_sig.n == 0 && a->in->witness_count == 1 && yc_script_bool(a->program) &&
           yc_job_schnorr(&job, a->in->witness[0], a->program.p, &tap) == YC_SCRIPT_OK;
}

/* The spent scripts: bytes, the program, bytes; and the flags without which such a script means something else. */
static const struct form {
    uint8_t head_bytes, program_bytes, tail_bytes;
    uint8_t head[3], tail[2];
    uint32_t flags;
    bool (*ask)(const struct ask *a);
} forms[] = {
    {3, 20, 2, {YC_OP_DUP, YC_OP_HASH160, 20}, {YC_OP_EQUALVERIFY, YC_OP_CHECKSIG}, 0, ask_p2pkh},
    {2, 20, 0, {YC_OP_0, 20}, {0}, YC_SCRIPT_WITNESS, ask_p2wpkh},
    {2, 20, 1, {YC_OP_HASH160, 20}, {YC_OP_EQUAL}, YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS, ask_p2sh_p2wpkh},
    {2, 32, 0, {YC_OP_1, 32}, {0}, YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT, ask_p2tr},
};

static bool has_form(struct yc_view script, const struct form *f)
{
    size_t tail_at = (size_t)f->head_bytes + f->program_bytes;
    return script.n == tail_at + f->tail_bytes && memcmp(script.p, f->head, f->head_bytes) == 0 &&
           memcmp(script.p + tail_at, f->tail, f->tail_bytes) == 0;
}

bool yc_standard_spend_ask(const struct yc_spend *s, uint32_t input, uint32_t flags, const struct yc_checker *checker)
{
    YC_ASSERT(input < s->tx->in_count && s->spent);
    struct yc_view script = s->spent[input].script;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *f = &forms[i];
        if (!has_form(script, f))
            continue;
        const struct ask a = {
            s, input, flags, checker, &s->tx->in[input], yc_view_slice(script, f->head_bytes, f->program_bytes)};
        return (flags & f->flags) == f->flags && f->ask(&a);
    }
    return false;
}
