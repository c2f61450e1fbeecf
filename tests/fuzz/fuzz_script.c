/* Any scripts, witness and flags: verification must not crash, must not depend on whether signatures are deferred, and
 * must keep the promise of soft forks: what passes under flags passes under fewer. Helpers over the same bytes must
 * agree with each other.
 *
 * Input: flags (4 bytes; the top two bits say how the script is wrapped), version, lock time, sequence (4 each), then
 * runs of length (2 bytes) and bytes: scriptSig, the script, witness items. No fuzzer finds a hash, so the output that
 * commits to the script is made here. */
#include "base/assert.h"
#include "base/buf.h"
#include "consensus/script/asm.h"
#include "consensus/script/solver.h"
#include "consensus/script/standard.h"
#include "consensus/script/taproot.h"
#include "consensus/script/verify.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "sys/heap.h"

#define ITEMS_MAX     64
#define ASM_BYTES_MAX (1u << 24)
#define FLAGS_ALL     (YC_SCRIPT_FLAGS_STANDARD | YC_SCRIPT_SIGPUSHONLY)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Signatures that no fuzzer can make: good when the digest and the signature agree in one bit. */
static bool toy_is_good(struct yc_view sig, const uint8_t msg32[32])
{
    return sig.n && (sig.p[0] ^ msg32[0]) & 1;
}

static enum yc_sig toy(bool *all_good, bool may_defer, bool good)
{
    if (!all_good || !may_defer)
        return good ? YC_SIG_GOOD : YC_SIG_BAD;
    *all_good = *all_good && good;
    return YC_SIG_DEFERRED;
}

static enum yc_sig toy_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                             bool may_defer)
{
    YC_ASSERT(pubkey.n == 33 || pubkey.n == 65);
    return toy(ctx, may_defer, toy_is_good(sig, msg32));
}

static enum yc_sig toy_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                               bool may_defer)
{
    (void)xonly32;
    return toy(ctx, may_defer, toy_is_good(yc_view(sig64, 64), msg32));
}

/* What has been asked, in order. */
struct asked {
    struct yc_sha256 all;
    bool good, any;
};

static enum yc_sig note(struct asked *a, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32])
{
    const uint8_t lengths[2] = {(uint8_t)pubkey.n, (uint8_t)sig.n};
    yc_sha256_update(&a->all, lengths, sizeof lengths);
    yc_sha256_update(&a->all, pubkey.p, pubkey.n);
    yc_sha256_update(&a->all, sig.p, sig.n);
    yc_sha256_update(&a->all, msg32, 32);
    a->any = true;
    return a->good ? YC_SIG_GOOD : YC_SIG_BAD;
}

static enum yc_sig note_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                              bool may_defer)
{
    (void)may_defer;
    return note(ctx, pubkey, sig, msg32);
}

static enum yc_sig note_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                bool may_defer)
{
    (void)may_defer;
    return note(ctx, yc_view(xonly32, 32), yc_view(sig64, 64), msg32);
}

/* Past the interpreter and through it: the same questions, and the same verdict. */
static void check_standard(const struct yc_spend *s, uint32_t flags, struct yc_script_machine *machine)
{
    for (unsigned good = 0; good < 2; good++) {
        struct asked past = {.good = good}, through = {.good = good};
        uint8_t past32[32], through32[32];
        yc_sha256_init(&past.all);
        yc_sha256_init(&through.all);
        const struct yc_checker past_it = {note_ecdsa, note_schnorr, &past, NULL};
        const struct yc_checker through_it = {note_ecdsa, note_schnorr, &through, NULL};
        bool taken = yc_standard_spend_ask(s, 0, flags, &past_it);
        YC_ASSERT(!taken || (good && past.any));
        if (!past.any)
            return;
        YC_ASSERT((yc_script_verify(s, 0, flags, &through_it, machine) == YC_SCRIPT_OK) == taken);
        yc_sha256_final(&past.all, past32);
        yc_sha256_final(&through.all, through32);
        YC_ASSERT(memcmp(past32, through32, sizeof past32) == 0);
    }
}

static uint32_t allowed(uint32_t flags)
{
    flags &= FLAGS_ALL;
    if (!(flags & YC_SCRIPT_P2SH))
        flags &= ~(uint32_t)YC_SCRIPT_WITNESS;
    if (!(flags & YC_SCRIPT_WITNESS))
        flags &= ~(uint32_t)(YC_SCRIPT_CLEANSTACK | YC_SCRIPT_TAPROOT);
    return flags;
}

static struct yc_view next_run(struct yc_reader *r)
{
    size_t n = yc_reader_u16le(r);
    return yc_reader_bytes(r, n < yc_reader_left(r) ? n : yc_reader_left(r));
}

static void check_verdicts(const struct yc_spend *s, uint32_t flags)
{
    static struct yc_script_machine *machine;
    if (!machine)
        machine = yc_script_machine_new(yc_heap());
    YC_ASSERT(machine);
    check_standard(s, flags, machine);
    bool all_good = true;
    const struct yc_checker now = {toy_ecdsa, toy_schnorr, NULL, NULL},
                            later = {toy_ecdsa, toy_schnorr, &all_good, NULL};
    enum yc_script_error at_once = yc_script_verify(s, 0, flags, &now, machine);
    enum yc_script_error deferred = yc_script_verify(s, 0, flags, &later, machine);
    if (deferred != YC_SCRIPT_OK || all_good)
        YC_ASSERT(deferred == at_once);
    if (at_once == YC_SCRIPT_OK)
        for (uint32_t flag = 1; flag <= FLAGS_ALL; flag <<= 1)
            YC_ASSERT(yc_script_verify(s, 0, allowed(flags & ~flag), &now, machine) == YC_SCRIPT_OK);
}

static void check_helpers(struct yc_view script)
{
    struct yc_script_solution solution;
    struct yc_view last;
    YC_ASSERT(yc_script_solve(script, &solution) == yc_script_solve(script, NULL));
    YC_ASSERT(solution.key_count <= YC_SCRIPT_KEYS_MAX);
    YC_ASSERT(yc_script_sigops(script, true) <= yc_script_sigops(script, false));
    YC_ASSERT(!yc_script_last_push(script, &last) || yc_script_is_push_only(script));
    struct yc_buf text;
    yc_buf_init(&text, yc_heap(), ASM_BYTES_MAX);
    yc_script_asm(&text, script, true);
    YC_ASSERT(!text.failed);
    /* As the language of the vectors: anything may be refused, nothing may break. */
    struct yc_buf again;
    yc_buf_init(&again, yc_heap(), ASM_BYTES_MAX);
    enum yc_verdict verdict = yc_script_assemble(&again, script, NULL);
    YC_ASSERT(verdict == YC_VALID || verdict == YC_INVALID);
    yc_buf_release(&again);
    yc_buf_release(&text);
}

/* The output that commits to the script, and what the spend needs besides it. */
struct wrapping {
    uint8_t output[34], control[33];
    struct yc_buf script_sig;
};

static struct yc_view wrap_p2sh(struct wrapping *w, struct yc_view script, struct yc_txin *in)
{
    yc_buf_append(&w->script_sig, in->script_sig.p, in->script_sig.n);
    yc_script_push(&w->script_sig, script);
    in->script_sig = yc_buf_view(&w->script_sig);
    w->output[0] = YC_OP_HASH160;
    w->output[1] = 20;
    yc_hash160(w->output + 2, script.p, script.n);
    w->output[22] = YC_OP_EQUAL;
    return yc_view(w->output, 23);
}

static struct yc_view wrap_v0(struct wrapping *w, struct yc_view script, struct yc_view *items, struct yc_txin *in)
{
    items[in->witness_count++] = script;
    w->output[0] = YC_OP_0;
    w->output[1] = 32;
    yc_sha256_once(w->output + 2, script.p, script.n);
    return yc_view(w->output, 34);
}

static struct yc_view wrap_tapscript(struct wrapping *w, struct yc_view script, struct yc_view *items,
                                     struct yc_txin *in)
{
    static const uint8_t internal32[32] = {0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
                                           0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                           0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    uint8_t leaf[32], tweak[32];
    unsigned parity = 0;
    yc_taproot_leaf_hash(leaf, YC_TAPROOT_LEAF_TAPSCRIPT, script);
    yc_taproot_tweak_hash(tweak, internal32, leaf);
    YC_ASSERT(yc_secp_taproot_tweak(w->output + 2, &parity, internal32, tweak));
    w->output[0] = YC_OP_1;
    w->output[1] = 32;
    w->control[0] = (uint8_t)(YC_TAPROOT_LEAF_TAPSCRIPT | parity);
    memcpy(w->control + 1, internal32, 32);
    items[in->witness_count++] = script;
    items[in->witness_count++] = yc_view(w->control, sizeof w->control);
    return yc_view(w->output, 34);
}

/* P2PKH of what scriptSig pushes last, P2WPKH of the last witness item, P2SH-P2WPKH likewise, P2TR of the script's bytes. */
static struct yc_view wrap_key(struct wrapping *w, unsigned kind, struct yc_view script, struct yc_txin *in)
{
    struct yc_view key = in->witness_count ? in->witness[in->witness_count - 1] : YC_VIEW_EMPTY;
    if (kind == 0) {
        (void)yc_script_last_push(in->script_sig, &key);
        memcpy(w->output, "\x76\xa9\x14", 3);
        yc_hash160(w->output + 3, key.p, key.n);
        memcpy(w->output + 23, "\x88\xac", 2);
        return yc_view(w->output, 25);
    }
    if (kind == 3) {
        memset(w->output, 0, sizeof w->output);
        memcpy(w->output, "\x51\x20", 2);
        if (script.n)
            memcpy(w->output + 2, script.p, script.n < 32 ? script.n : 32);
        return yc_view(w->output, 34);
    }
    memcpy(w->output, "\0\x14", 2);
    yc_hash160(w->output + 2, key.p, key.n);
    if (kind == 1)
        return yc_view(w->output, 22);
    memcpy(w->control, w->output, 22);
    return wrap_p2sh(w, yc_view(w->control, 22), in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_reader r;
    yc_reader_init(&r, yc_view(data, n));
    uint32_t head = yc_reader_u32le(&r), flags = allowed(head);
    struct wrapping w;
    yc_buf_init(&w.script_sig, yc_heap(), ASM_BYTES_MAX);
    struct yc_view items[ITEMS_MAX + 2];
    struct yc_txin in = {.witness = items};
    struct yc_txout out = {1, YC_VIEW_EMPTY};
    struct yc_tx tx = {.in_count = 1, .out_count = 1, .in = &in, .out = &out};
    tx.version = yc_reader_u32le(&r);
    tx.lock_time = yc_reader_u32le(&r);
    in.sequence = yc_reader_u32le(&r);
    in.script_sig = next_run(&r);
    struct yc_view script = next_run(&r);
    while (yc_reader_left(&r) && in.witness_count < ITEMS_MAX)
        items[in.witness_count++] = next_run(&r);
    struct yc_spent spent = {1000, script};
    if (head >> 29 & 1)
        spent.script = wrap_key(&w, head >> 30, script, &in);
    else if (head >> 30 == 1)
        spent.script = wrap_p2sh(&w, script, &in);
    else if (head >> 30 == 2)
        spent.script = wrap_v0(&w, script, items, &in);
    else if (head >> 30 == 3)
        spent.script = wrap_tapscript(&w, script, items, &in);
    struct yc_spend spend;
    yc_spend_init(&spend, &tx, &spent);
    check_verdicts(&spend, flags);
    check_helpers(in.script_sig);
    check_helpers(script);
    yc_buf_release(&w.script_sig);
    return 0;
}
