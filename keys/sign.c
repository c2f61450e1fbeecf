#include "keys/sign.h"

#include "base/assert.h"
#include "base/writer.h"
#include "consensus/script/solver.h"
#include "crypto/hash.h"
#include "formats/output.h"

/* What one input's signing needs. */
struct job {
    struct yc_input_signature *out;
    struct yc_writer w; /* over out->bytes */
    const struct yc_spend *spend;
    uint32_t input;
    const uint8_t *secret32;
    uint8_t hash_type;
    const struct yc_signer *signer;
    struct yc_error *err;
};

static enum yc_verdict wrong_key(const struct job *j)
{
    return yc_fail(j->err, YC_INVALID, YC_SYSTEM_NONE,
                   "input %u cannot be signed: its output does not belong to the key given", (unsigned)j->input);
}

/* Append the DER signature of the digest with its hash type; *sig is where it lies. */
static enum yc_verdict write_ecdsa(struct job *j, const uint8_t digest32[32], struct yc_view *sig)
{
    uint8_t der[YC_ECDSA_DER_MAX];
    size_t n;
    enum yc_verdict v = yc_ecdsa_sign(der, &n, j->signer, j->secret32, digest32, j->err);
    if (v != YC_VALID)
        return v;
    size_t start = j->w.n;
    yc_writer_bytes(&j->w, der, n);
    yc_writer_u8(&j->w, j->hash_type);
    *sig = yc_view(j->out->bytes + start, n + 1);
    return YC_VALID;
}

static struct yc_view write_copy(struct job *j, struct yc_view v)
{
    size_t start = j->w.n;
    yc_writer_view(&j->w, v);
    return yc_view(j->out->bytes + start, v.n);
}

/* Does the key's public form of n bytes hash to hash20? */
static bool key_hashes_to(const struct job *j, uint8_t pubkey65[65], size_t n, struct yc_view hash20)
{
    uint8_t hash[20];
    bool ok = n == 33 ? yc_seckey_pubkey(pubkey65, j->signer, j->secret32)
                      : yc_seckey_pubkey_long(pubkey65, j->signer, j->secret32);
    yc_hash160(hash, pubkey65, n);
    return ok && hash20.n == sizeof hash && memcmp(hash, hash20.p, sizeof hash) == 0;
}

static enum yc_verdict sign_pubkeyhash(struct job *j, struct yc_view script, struct yc_view hash20)
{
    uint8_t pubkey65[65] = {0}, digest32[32], der[YC_ECDSA_DER_MAX];
    size_t key_n = 33, der_n;
    if (!key_hashes_to(j, pubkey65, key_n, hash20)) {
        key_n = 65;
        if (!key_hashes_to(j, pubkey65, key_n, hash20))
            return wrong_key(j);
    }
    yc_sighash_legacy(digest32, j->spend->tx, j->input, script, j->hash_type, NULL);
    enum yc_verdict v = yc_ecdsa_sign(der, &der_n, j->signer, j->secret32, digest32, j->err);
    if (v != YC_VALID)
        return v;
    yc_writer_u8(&j->w, (uint8_t)(der_n + 1));
    yc_writer_bytes(&j->w, der, der_n);
    yc_writer_u8(&j->w, j->hash_type);
    yc_writer_u8(&j->w, (uint8_t)key_n);
    yc_writer_bytes(&j->w, pubkey65, key_n);
    j->out->script_sig = yc_writer_written(&j->w);
    return YC_VALID;
}

/* A version 0 witness for the hash of the compressed key: BIP 143's script code is the P2PKH script of that hash. */
static enum yc_verdict sign_witness_keyhash(struct job *j, struct yc_view hash20)
{
    uint8_t pubkey65[65] = {0}, digest32[32], code[25];
    struct yc_writer w;
    if (!key_hashes_to(j, pubkey65, 33, hash20))
        return wrong_key(j);
    yc_writer_init(&w, code, sizeof code);
    yc_output_write_pubkeyhash(&w, hash20.p);
    yc_sighash_v0(digest32, j->spend, j->input, yc_writer_written(&w), j->hash_type, NULL);
    enum yc_verdict v = write_ecdsa(j, digest32, &j->out->witness[0]);
    if (v != YC_VALID)
        return v;
    j->out->witness[1] = write_copy(j, yc_view(pubkey65, 33));
    j->out->witness_count = 2;
    return YC_VALID;
}

/* P2SH whose redeem script is the witness program of the key's hash: the only one that the key alone can satisfy. */
static enum yc_verdict sign_nested(struct job *j, struct yc_view hash20)
{
    uint8_t pubkey33[33], key_hash[20], redeem[22], redeem_hash[20];
    struct yc_writer w;
    if (!yc_seckey_pubkey(pubkey33, j->signer, j->secret32))
        return wrong_key(j);
    yc_hash160(key_hash, pubkey33, sizeof pubkey33);
    yc_writer_init(&w, redeem, sizeof redeem);
    yc_output_write_witness(&w, 0, yc_view(key_hash, sizeof key_hash));
    yc_hash160(redeem_hash, redeem, sizeof redeem);
    if (memcmp(redeem_hash, hash20.p, sizeof redeem_hash) != 0)
        return wrong_key(j);
    yc_writer_u8(&j->w, sizeof redeem);
    yc_writer_bytes(&j->w, redeem, sizeof redeem);
    j->out->script_sig = yc_writer_written(&j->w);
    return sign_witness_keyhash(j, yc_view(key_hash, sizeof key_hash));
}

static enum yc_verdict sign_taproot(struct job *j, struct yc_view output, uint8_t hash_type,
                                    const struct yc_random *random)
{
    uint8_t output_secret[32], pubkey33[33], digest32[32], aux32[32], sig[65];
    struct yc_sighash_tap tap = {.has_annex = false};
    if (!yc_taproot_output_secret(output_secret, j->signer, j->secret32, NULL))
        return wrong_key(j);
    bool is_ours = yc_seckey_pubkey(pubkey33, j->signer, output_secret) && memcmp(pubkey33 + 1, output.p, 32) == 0;
    enum yc_verdict v = YC_VALID;
    if (!is_ours)
        v = wrong_key(j);
    else if (!yc_sighash_taproot(digest32, j->spend, j->input, hash_type, &tap))
        v = yc_fail(
            j->err, YC_INVALID, YC_SYSTEM_NONE,
            "input %u cannot be signed with the hash type 0x%02x: it is not defined, or SINGLE without an output "
            "of the same number",
            (unsigned)j->input, hash_type);
    if (v == YC_VALID) {
        yc_random_fill(random, aux32, sizeof aux32);
        v = yc_schnorr_sign(sig, j->signer, output_secret, digest32, aux32, j->err);
        yc_wipe(aux32, sizeof aux32);
    }
    yc_wipe(output_secret, sizeof output_secret);
    if (v != YC_VALID)
        return v;
    sig[64] = hash_type;
    j->out->witness[0] = write_copy(j, yc_view(sig, hash_type == YC_SIGHASH_DEFAULT ? 64 : 65));
    j->out->witness_count = 1;
    return YC_VALID;
}

enum yc_verdict yc_sign_input(struct yc_input_signature *out, const struct yc_spend *spend, uint32_t input,
                              const uint8_t secret32[32], uint8_t hash_type, const struct yc_signer *signer,
                              const struct yc_random *random, struct yc_error *err)
{
    YC_ASSERT(input < spend->tx->in_count && spend->spent && spend->v0_ready && spend->v1_ready);
    memset(out, 0, sizeof *out);
    struct job j = {.out = out,
                    .spend = spend,
                    .input = input,
                    .secret32 = secret32,
                    .hash_type = hash_type == YC_SIGHASH_DEFAULT ? YC_SIGHASH_ALL : hash_type,
                    .signer = signer,
                    .err = err};
    yc_writer_init(&j.w, out->bytes, sizeof out->bytes);
    struct yc_script_solution s;
    struct yc_view script = spend->spent[input].script;
    enum yc_verdict v;
    enum yc_script_kind kind = yc_script_solve(script, &s);
    if (kind == YC_SCRIPT_KIND_PUBKEYHASH)
        v = sign_pubkeyhash(&j, script, s.data);
    else if (kind == YC_SCRIPT_KIND_WITNESS_V0_KEYHASH)
        v = sign_witness_keyhash(&j, s.data);
    else if (kind == YC_SCRIPT_KIND_SCRIPTHASH)
        v = sign_nested(&j, s.data);
    else if (kind == YC_SCRIPT_KIND_WITNESS_V1_TAPROOT)
        v = sign_taproot(&j, s.data, hash_type, random);
    else
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                    "input %u cannot be signed with a key alone: its output is of the kind %s", (unsigned)input,
                    yc_script_kind_name(kind));
    YC_ASSERT(!j.w.failed);
    return v;
}
