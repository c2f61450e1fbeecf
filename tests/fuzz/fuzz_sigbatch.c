/* Any keys, signatures and messages in batches, through lanes and libsecp256k1: never a different verdict, which the mode
 * "both" itself would report.
 *
 * Input: records of a head (1 byte) and what it asks for.
 *   bits 0-1 of the head: 0 ECDSA, 1 BIP 340: two lengths (1 byte each, taken modulo 80), key, signature, message;
 *                         2, 3 a valid ECDSA signature of a message: x-coordinate of the nonce's point, s, message (32
 *                         bytes each), the key being computed, for no fuzzer finds one
 *   bit 2: repeat the record for all lanes
 *   bit 3: spoil a byte: its place and what to exclusive-or (1 byte each) */
#include "base/assert.h"
#include "base/random.h"
#include "base/reader.h"
#include "crypto/secp.h"
#include "crypto/sigbatch/scalar.h"
#include "crypto/sigbatch/sigbatch.h"
#include "sys/heap.h"

#include <secp256k1.h>

#define TASKS_MAX 96

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct record {
    enum yc_sig_kind kind;
    size_t pubkey_n, sig_n;
    uint8_t pubkey[80], sig[80], msg32[32];
};

static void to_bytes(uint8_t out32[32], const struct yc_scalar *a)
{
    for (unsigned i = 0; i < 4; i++)
        yc_put64be(out32 + 24 - 8 * i, a->w[i]);
}

/* The key (s·R - m·G)/r, where R has that x-coordinate and r is it modulo n; false when something is not in range. */
static bool make_valid(struct record *out, const uint8_t x32[32], const uint8_t s32[32])
{
    static secp256k1_context *c;
    uint8_t bytes[33] = {0x02}, factor[32];
    secp256k1_pubkey nonce, other, key;
    const secp256k1_pubkey *both[2] = {&nonce, &other};
    struct yc_scalar r = yc_scalar_reduce_bytes(x32), s = yc_scalar_reduce_bytes(s32), inverse = r, room,
                     m = yc_scalar_reduce_bytes(out->msg32);
    if (!c)
        c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    memcpy(bytes + 1, x32, 32);
    if (yc_scalar_is_zero(&r) || !secp256k1_ec_pubkey_parse(c, &nonce, bytes, sizeof bytes))
        return false;
    yc_scalar_invert_all(&inverse, &room, 1);
    struct yc_scalar of_r = yc_scalar_mul(&s, &inverse), of_g = yc_scalar_mul(&m, &inverse);
    of_g = yc_scalar_negate(&of_g);
    to_bytes(factor, &of_r);
    to_bytes(bytes, &of_g);
    if (!secp256k1_ec_pubkey_tweak_mul(c, &nonce, factor) || !secp256k1_ec_pubkey_create(c, &other, bytes) ||
        !secp256k1_ec_pubkey_combine(c, &key, both, 2))
        return false;
    out->pubkey_n = 33;
    (void)secp256k1_ec_pubkey_serialize(c, out->pubkey, &out->pubkey_n, &key, SECP256K1_EC_COMPRESSED);
    static const uint8_t head[] = {0x30, 70, 0x02, 33, 0}, middle[] = {0x02, 33, 0};
    out->kind = YC_SIG_KIND_ECDSA;
    out->sig_n = 72;
    memcpy(out->sig, head, sizeof head);
    to_bytes(out->sig + 5, &r);
    memcpy(out->sig + 37, middle, sizeof middle);
    to_bytes(out->sig + 40, &s);
    return true;
}

static bool read_record(struct record *out, uint8_t head, struct yc_reader *r)
{
    uint8_t x[32], s[32];
    if ((head & 3) >= 2) {
        yc_reader_copy(r, x, sizeof x);
        yc_reader_copy(r, s, sizeof s);
        yc_reader_copy(r, out->msg32, 32);
        return make_valid(out, x, s);
    }
    out->kind = (head & 3) == 0 ? YC_SIG_KIND_ECDSA : YC_SIG_KIND_BIP340;
    out->pubkey_n = yc_reader_u8(r) % sizeof out->pubkey;
    out->sig_n = yc_reader_u8(r) % sizeof out->sig;
    yc_reader_copy(r, out->pubkey, out->pubkey_n);
    yc_reader_copy(r, out->sig, out->sig_n);
    yc_reader_copy(r, out->msg32, 32);
    return true;
}

static bool judged(const struct yc_sig_task *t)
{
    if (t->kind == YC_SIG_KIND_ECDSA)
        return yc_secp_ecdsa_verify(t->pubkey, t->sig, t->msg32);
    return t->pubkey.n == 32 && t->sig.n == 64 && yc_secp_schnorr_verify(t->pubkey.p, t->sig.p, t->msg32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct yc_sigengine engine;
    static struct yc_sigbatch *batch;
    static struct record records[TASKS_MAX];
    struct yc_sig_task tasks[TASKS_MAX];
    struct yc_sigbatch_mismatch mismatch;
    struct yc_error err;
    bool good[TASKS_MAX];
    size_t count = 0, tasks_count = 0;
    struct yc_reader r;
    if (!batch) {
        if (yc_sigengine_init(&engine, YC_SIG_MODE_BOTH, 0, NULL, &err) != YC_VALID)
            YC_ASSERT(engine.mode == YC_SIG_MODE_SCALAR); /* a machine without lanes: the scalar engine is judged */
        enum yc_verdict made = yc_sigbatch_new(&batch, &engine, 0, yc_heap(), &err);
        YC_ASSERT(made == YC_VALID);
    }
    yc_reader_init(&r, yc_view(data, n));
    while (yc_reader_left(&r) && tasks_count + 8 <= TASKS_MAX) {
        struct record *one = &records[count];
        uint8_t head = yc_reader_u8(&r);
        if (!read_record(one, head, &r))
            continue;
        if (head & 8) {
            size_t at = yc_reader_u8(&r) % (one->pubkey_n + one->sig_n + 32);
            uint8_t *part = at < one->pubkey_n ? one->pubkey : at < one->pubkey_n + one->sig_n ? one->sig : one->msg32;
            at -= part == one->pubkey ? 0 : part == one->sig ? one->pubkey_n : one->pubkey_n + one->sig_n;
            part[at] ^= yc_reader_u8(&r);
        }
        for (unsigned k = 0; k < (head & 4 ? 8u : 1u); k++)
            tasks[tasks_count++] = (struct yc_sig_task){one->kind, yc_view(one->pubkey, one->pubkey_n),
                                                        yc_view(one->sig, one->sig_n), one->msg32, false};
        count++;
    }
    enum yc_verdict verdict = yc_sigbatch_check(batch, tasks, tasks_count, good, &mismatch, &err);
    YC_ASSERT(verdict == YC_VALID);
    for (size_t i = 0; i < tasks_count; i++)
        YC_ASSERT(good[i] == judged(&tasks[i]));
    return 0;
}
