#include "keys/sign_script.h"

#include "base/writer.h"
#include "consensus/script/solver.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "formats/output.h"

#define STACK_MAX (YC_SCRIPT_KEYS_MAX + 2) /* signatures, the empty item before them, the script behind */
#define PUSH_MAX  3                        /* bytes before pushed data */

struct job {
    const struct yc_signing *with;
    const struct yc_spend *spend;
    uint32_t input;
    struct yc_view item[STACK_MAX]; /* what the script finds on the stack */
    uint32_t count;
    struct yc_error *err;
};

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to sign a transaction");
}

static enum yc_verdict put(struct job *j, struct yc_view v)
{
    struct yc_view copy = yc_arena_copy(j->with->arena, v);
    if (v.n && !copy.p)
        return no_memory(j->err);
    j->item[j->count++] = copy;
    return YC_VALID;
}

/* The key's public form of n bytes. */
static bool pubkey_of(const struct job *j, const struct yc_wif *key, uint8_t out65[65], size_t n)
{
    return n == 33 ? yc_seckey_pubkey(out65, j->with->signer, key->secret32)
                   : yc_seckey_pubkey_long(out65, j->with->signer, key->secret32);
}

/* The key with this public key, or NULL. */
static const struct yc_wif *key_for(const struct job *j, struct yc_view pubkey)
{
    uint8_t mine65[65] = {0};
    for (size_t i = 0; i < j->with->key_count; i++)
        if ((pubkey.n == 33 || pubkey.n == 65) && pubkey_of(j, &j->with->key[i], mine65, pubkey.n) &&
            !memcmp(mine65, pubkey.p, pubkey.n))
            return &j->with->key[i];
    return NULL;
}

/* The key whose public key has this hash, and that public key; or NULL. */
static const struct yc_wif *key_for_hash(const struct job *j, struct yc_view hash20, uint8_t out65[65], size_t *n)
{
    uint8_t hash[20];
    for (size_t i = 0; i < j->with->key_count; i++) {
        *n = j->with->key[i].compressed ? 33 : 65;
        if (!pubkey_of(j, &j->with->key[i], out65, *n))
            continue;
        yc_hash160(hash, out65, *n);
        if (hash20.n == sizeof hash && !memcmp(hash, hash20.p, sizeof hash))
            return &j->with->key[i];
    }
    return NULL;
}

static enum yc_verdict put_signature(struct job *j, const struct yc_wif *key, struct yc_view script, bool v0)
{
    uint8_t digest32[32], sig[YC_ECDSA_DER_MAX + 1];
    size_t n;
    uint8_t type = j->with->hash_type ? j->with->hash_type : YC_SIGHASH_ALL;
    if (v0)
        yc_sighash_v0(digest32, j->spend, j->input, script, type, NULL);
    else
        yc_sighash_legacy(digest32, j->spend->tx, j->input, script, type, NULL);
    enum yc_verdict v = yc_ecdsa_sign(sig, &n, j->with->signer, key->secret32, digest32, j->err);
    if (v != YC_VALID)
        return v;
    sig[n] = type;
    return put(j, yc_view(sig, n + 1));
}

static enum yc_verdict put_multisig(struct job *j, struct yc_view script, const struct yc_script_solution *s, bool v0)
{
    enum yc_verdict v = put(j, YC_VIEW_EMPTY); /* CHECKMULTISIG takes one item too many */
    for (uint32_t i = 0; v == YC_VALID && i < s->key_count && j->count < 1 + s->required; i++) {
        const struct yc_wif *key = key_for(j, s->keys[i]);
        if (key)
            v = put_signature(j, key, script, v0);
    }
    return v == YC_VALID && j->count == 1 ? YC_NOT_YET : v;
}

/* Put on the stack what the script asks for. v0: as the script of a version 0 witness program. */
static enum yc_verdict satisfy(struct job *j, struct yc_view script, bool v0)
{
    struct yc_script_solution s;
    const struct yc_wif *key;
    uint8_t pubkey65[65] = {0};
    size_t n = 0;
    enum yc_script_kind kind = yc_script_solve(script, &s);
    if (kind == YC_SCRIPT_KIND_MULTISIG)
        return put_multisig(j, script, &s, v0);
    if (kind == YC_SCRIPT_KIND_PUBKEY) {
        key = key_for(j, s.data);
        return key ? put_signature(j, key, script, v0) : YC_NOT_YET;
    }
    if (kind != YC_SCRIPT_KIND_PUBKEYHASH || !(key = key_for_hash(j, s.data, pubkey65, &n)))
        return YC_NOT_YET;
    enum yc_verdict v = put_signature(j, key, script, v0);
    return v == YC_VALID ? put(j, yc_view(pubkey65, n)) : v;
}

static void write_push(struct yc_writer *w, struct yc_view v)
{
    if (v.n > 75)
        yc_writer_u8(w, v.n > 255 ? 0x4d : 0x4c); /* PUSHDATA2, PUSHDATA1 */
    yc_writer_u8(w, (uint8_t)(v.n & 255));
    if (v.n > 255)
        yc_writer_u8(w, (uint8_t)(v.n >> 8));
    yc_writer_view(w, v);
}

/* The stack as pushes of a script. */
static enum yc_verdict as_script_sig(struct yc_unlocking *out, const struct job *j)
{
    size_t cap = 0;
    struct yc_writer w;
    for (uint32_t i = 0; i < j->count; i++)
        cap += PUSH_MAX + j->item[i].n;
    uint8_t *p = yc_arena_take(j->with->arena, cap);
    if (!p)
        return no_memory(j->err);
    yc_writer_init(&w, p, cap);
    for (uint32_t i = 0; i < j->count; i++)
        write_push(&w, j->item[i]);
    out->script_sig = yc_writer_written(&w);
    return YC_VALID;
}

static enum yc_verdict as_witness(struct yc_unlocking *out, const struct job *j)
{
    struct yc_view *item = yc_arena_take_array(j->with->arena, j->count, sizeof *item);
    if (!item)
        return no_memory(j->err);
    memcpy(item, j->item, j->count * sizeof *item);
    out->witness = item;
    out->witness_count = j->count;
    return YC_VALID;
}

/* The witness of a version 0 program over a script. */
static enum yc_verdict sign_witness_script(struct yc_unlocking *out, struct job *j, struct yc_view hash32)
{
    uint8_t hash[32];
    yc_sha256_once(hash, j->with->witness.p, j->with->witness.n);
    if (!j->with->witness.n || hash32.n != sizeof hash || memcmp(hash, hash32.p, sizeof hash) != 0)
        return YC_NOT_YET;
    enum yc_verdict v = satisfy(j, j->with->witness, true);
    if (v == YC_VALID)
        v = put(j, j->with->witness);
    return v == YC_VALID ? as_witness(out, j) : v;
}

/* The forms that keys/sign.h knows: try one key after the other. */
static enum yc_verdict sign_by_key(struct yc_unlocking *out, struct job *j)
{
    const struct yc_signing *with = j->with;
    struct yc_input_signature *sig = yc_arena_take(with->arena, sizeof *sig);
    if (!sig)
        return no_memory(j->err);
    for (size_t i = 0; i < with->key_count; i++) {
        enum yc_verdict v = yc_sign_input(sig, j->spend, j->input, with->key[i].secret32, with->hash_type, with->signer,
                                          with->random, j->err);
        if (v == YC_VALID)
            *out = (struct yc_unlocking){sig->script_sig, sig->witness, sig->witness_count};
        if (v != YC_INVALID)
            return v;
    }
    return YC_NOT_YET;
}

/* The redeem script behind a P2SH hash: the one given, or the program of the witness script given. */
static bool find_redeem(const struct job *j, struct yc_view hash20, uint8_t made34[34], struct yc_view *out)
{
    uint8_t hash[20], program[32];
    struct yc_writer w;
    *out = j->with->redeem;
    if (!out->n && j->with->witness.n) {
        yc_sha256_once(program, j->with->witness.p, j->with->witness.n);
        yc_writer_init(&w, made34, 34);
        yc_output_write_witness(&w, 0, yc_view(program, sizeof program));
        *out = yc_writer_written(&w);
    }
    yc_hash160(hash, out->p, out->n);
    return out->n && hash20.n == sizeof hash && !memcmp(hash, hash20.p, sizeof hash);
}

static enum yc_verdict sign_script_hash(struct yc_unlocking *out, struct job *j, struct yc_view hash20)
{
    struct yc_script_solution s;
    struct yc_view redeem;
    uint8_t made34[34];
    enum yc_verdict v;
    if (!find_redeem(j, hash20, made34, &redeem))
        return sign_by_key(out, j); /* P2WPKH inside P2SH needs no script */
    enum yc_script_kind kind = yc_script_solve(redeem, &s);
    if (kind == YC_SCRIPT_KIND_WITNESS_V0_KEYHASH)
        return sign_by_key(out, j);
    if (kind == YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH) {
        v = sign_witness_script(out, j, s.data);
        j->count = 0; /* the witness has taken what was there */
    } else {
        v = satisfy(j, redeem, false);
    }
    if (v == YC_VALID)
        v = put(j, redeem);
    return v == YC_VALID ? as_script_sig(out, j) : v;
}

enum yc_verdict yc_sign_with_keys(struct yc_unlocking *out, const struct yc_spend *spend, uint32_t input,
                                  const struct yc_signing *with, struct yc_error *err)
{
    struct job j = {.with = with, .spend = spend, .input = input, .err = err};
    struct yc_script_solution s;
    struct yc_view script = spend->spent[input].script;
    enum yc_verdict v;
    memset(out, 0, sizeof *out);
    enum yc_script_kind kind = yc_script_solve(script, &s);
    if (kind == YC_SCRIPT_KIND_WITNESS_V0_KEYHASH || kind == YC_SCRIPT_KIND_WITNESS_V1_TAPROOT) {
        v = sign_by_key(out, &j);
    } else if (kind == YC_SCRIPT_KIND_SCRIPTHASH) {
        v = sign_script_hash(out, &j, s.data);
    } else if (kind == YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH) {
        v = sign_witness_script(out, &j, s.data);
    } else {
        v = satisfy(&j, script, false);
        if (v == YC_VALID)
            v = as_script_sig(out, &j);
    }
    if (v != YC_VALID)
        memset(out, 0, sizeof *out);
    return v;
}
