/* Transactions of any scripts, judged by two pools: one by one, and with the signatures of all of them in lanes. Both must
 * say the same of each, hold the same, and what lanes accepted must be confirmed. Where the machine has no lanes the
 * second pool has some that vouch for nothing, so that all but their arithmetic is on trial.
 *
 * Input: for each spend a byte of choices, then runs of length (1 byte) and bytes: its witness script, in which small bytes
 * stand for keys and for the operations that matter here, and the stack that unlocks it, in which bytes stand for
 * signatures, good and bad. The scripts' coins are made by a transaction of the same batch. */
#include "base/assert.h"
#include "base/reader.h"
#include "consensus/script/opcodes.h"
#include "crypto/sha256.h"
#include "crypto/sigbatch/lanes.h"
#include "unit/node/mempool/signed.h"

#define SPENDS_MAX 10
#define ITEMS_MAX  8
#define SCRIPT_MAX 2000
#define TX_MAX     4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct pool_world worlds[2];
static struct yc_sigengine engine;
static struct yc_outpoint coin; /* for anyone to spend */
static int64_t coin_sat;

static void silent_lanes(struct yc_lane_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0;
}

static void open_worlds(void)
{
    struct yc_pool_config config;
    struct yc_error err;
    void *ignored = NULL;
    if (worlds[0].chain)
        return;
    YC_ASSERT(keys_set_up(&ignored) == 0);
    keys_seed(1);
    if (yc_sigengine_init(&engine, YC_SIG_MODE_LANES, 2, NULL, &err) != YC_VALID)
        engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 2, silent_lanes, "silent", 2};
    yc_pool_config_default(&config);
    config.require_standard = false;
    world_init(&worlds[0], &config);
    mine(&worlds[0], 101);
    config.sig_engine = &engine;
    world_init(&worlds[1], &config);
    follow(&worlds[1], &worlds[0]);
    coin = coinbase_at(&worlds[0], 1, &coin_sat);
}

/* ---- what the input says ---- */

struct spend {
    uint8_t choices;
    uint8_t script[SCRIPT_MAX];
    size_t script_n;
    struct yc_view stack;
    uint8_t sig[ITEMS_MAX][YC_ECDSA_DER_MAX + 1];
    struct yc_view item[ITEMS_MAX + 1];
    uint32_t item_count;
};

static struct yc_view run_of(struct yc_reader *r)
{
    size_t n = yc_reader_u8(r);
    return yc_reader_bytes(r, n < yc_reader_left(r) ? n : yc_reader_left(r));
}

static void write_script(struct spend *s, struct yc_view code)
{
    static const uint8_t ops[] = {YC_OP_CHECKSIG,
                                  YC_OP_CHECKSIGVERIFY,
                                  YC_OP_CHECKMULTISIG,
                                  YC_OP_CHECKMULTISIGVERIFY,
                                  YC_OP_NOT,
                                  YC_OP_IF,
                                  YC_OP_NOTIF,
                                  YC_OP_ELSE,
                                  YC_OP_ENDIF,
                                  YC_OP_VERIFY,
                                  YC_OP_DUP,
                                  YC_OP_SWAP,
                                  YC_OP_DROP,
                                  YC_OP_BOOLAND,
                                  YC_OP_BOOLOR,
                                  YC_OP_CODESEPARATOR,
                                  YC_OP_0,
                                  YC_OP_SIZE};
    struct yc_writer w;
    yc_writer_init(&w, s->script, sizeof s->script);
    for (size_t i = 0; i < code.n && w.n + 40 < SCRIPT_MAX; i++) {
        uint8_t b = code.p[i];
        if (b < KEYS)
            yc_writer_var_bytes(&w, yc_view(keys.key[b].pubkey, 33));
        else
            yc_writer_u8(&w, b < 0x4f ? ops[(b - KEYS) % sizeof ops] : b);
    }
    s->script_n = w.n;
}

static size_t read_spends(struct spend *out, struct yc_view input)
{
    struct yc_reader r;
    size_t count = 0;
    yc_reader_init(&r, input);
    while (yc_reader_left(&r) && count < SPENDS_MAX) {
        struct spend *s = &out[count++];
        *s = (struct spend){.choices = yc_reader_u8(&r)};
        write_script(s, run_of(&r));
        s->stack = run_of(&r);
    }
    return count;
}

/* The stack: a byte for a good signature by a key, for one of something else, for nothing, or for a short run of bytes. */
static void unlock(struct spend *s, const struct yc_spend *spend, uint32_t input)
{
    struct yc_view script = yc_view(s->script, s->script_n);
    struct yc_reader r;
    struct yc_error err;
    yc_reader_init(&r, s->stack);
    while (yc_reader_left(&r) && s->item_count < ITEMS_MAX) {
        struct yc_view *item = &s->item[s->item_count];
        uint8_t b = yc_reader_u8(&r), digest[32], *sig = s->sig[s->item_count++];
        size_t n = 0;
        *item = YC_VIEW_EMPTY;
        if (b >= 2 * KEYS) {
            n = b & 7U;
            *item = yc_reader_bytes(&r, n < yc_reader_left(&r) ? n : yc_reader_left(&r));
        } else if (b != 2 * KEYS - 1) {
            yc_sighash_v0(digest, spend, input, script, YC_SIGHASH_ALL, NULL);
            digest[0] ^= b >= KEYS;
            YC_ASSERT(yc_ecdsa_sign(sig, &n, keys.signer, keys.key[b % KEYS].secret, digest, &err) == YC_VALID);
            sig[n] = YC_SIGHASH_ALL;
            *item = yc_view(sig, n + 1);
        }
    }
    s->item[s->item_count++] = script;
}

/* ---- transactions ---- */

struct bytes {
    uint8_t p[TX_MAX];
    size_t n;
};

static struct yc_view p2wsh(struct yc_view script, uint8_t out[34])
{
    out[0] = YC_OP_0;
    out[1] = 32;
    yc_sha256_once(out + 2, script.p, script.n);
    return yc_view(out, 34);
}

static void make_fund(struct tx *out, const struct spend *spends, size_t count)
{
    static uint8_t script[SPENDS_MAX][34];
    struct out outs[SPENDS_MAX + 1] = {{.value_sat = coin_sat - (int64_t)count * 1000000 - 10000}};
    struct in in = {.at = coin, .sequence = UINT32_MAX};
    for (size_t i = 0; i < count; i++)
        outs[i + 1] = (struct out){1000000, p2wsh(yc_view(spends[i].script, spends[i].script_n), script[i])};
    make(out, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = outs, .out_count = count + 1});
}

/* Spend number i, alone or together with the one before it, which makes the two rivals. */
static void make_spend(struct bytes *out, struct spend *spends, size_t i, const struct tx *fund)
{
    uint8_t script[2][34];
    struct yc_txin in[2] = {{.sequence = YC_SEQUENCE_FINAL}};
    struct yc_spent spent[2];
    uint32_t count = i > 0 && spends[i].choices & 1 ? 2 : 1;
    struct spend *s[2] = {&spends[i], i > 0 ? &spends[i - 1] : NULL};
    int64_t fee_sat = spends[i].choices & 2 ? 30000 : 10000;
    struct yc_txout to = {(int64_t)count * 1000000 - fee_sat, yc_view(anyone_script, sizeof anyone_script)};
    for (uint32_t k = 0; k < count; k++) {
        in[k] = (struct yc_txin){.prevout = output_of(fund, (uint32_t)(i - k) + 1), .sequence = YC_SEQUENCE_FINAL};
        spent[k] = (struct yc_spent){1000000, p2wsh(yc_view(s[k]->script, s[k]->script_n), script[k])};
    }
    struct yc_tx tx = {.version = 2, .in_count = count, .out_count = 1, .in = in, .out = &to};
    struct yc_spend spend;
    yc_spend_init_to_sign(&spend, &tx, spent);
    for (uint32_t k = 0; k < count; k++) {
        s[k]->item_count = 0;
        unlock(s[k], &spend, k);
        in[k].witness = s[k]->item;
        in[k].witness_count = s[k]->item_count;
    }
    struct yc_writer w;
    yc_writer_init(&w, out->p, sizeof out->p);
    yc_tx_write(&tx, true, &w);
    out->n = w.failed ? 0 : w.n;
}

/* ---- both pools ---- */

static void submit_both(const struct yc_tx *tx)
{
    struct yc_pool_reject why[2];
    enum yc_verdict v[2];
    char text[2][192];
    for (int i = 0; i < 2; i++) {
        v[i] = yc_pool_submit_tx(worlds[i].pool, tx, NULL, &why[i]);
        yc_pool_reject_text(text[i], sizeof text[i], v[i], &why[i]);
    }
    YC_ASSERT(v[0] == v[1] && strcmp(text[0], text[1]) == 0 && strcmp(why[0].detail, why[1].detail) == 0);
    YC_ASSERT(why[0].rule.code == why[1].rule.code && why[0].rule.input == why[1].rule.input);
}

static void compare(void)
{
    struct yc_pool_info a, b;
    yc_pool_info(worlds[0].pool, &a);
    yc_pool_info(worlds[1].pool, &b);
    YC_ASSERT(a.count == b.count && a.memory_bytes == b.memory_bytes && a.fees_sat == b.fees_sat);
    while (yc_pool_confirm_step(worlds[1].pool)) {
    }
    YC_ASSERT(!yc_pool_failure(worlds[1].pool) && yc_pool_unconfirmed(worlds[1].pool) == 0);
    YC_ASSERT(!yc_pool_check(worlds[0].pool) && !yc_pool_check(worlds[1].pool));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct spend spends[SPENDS_MAX];
    static struct bytes bytes[SPENDS_MAX];
    static struct tx fund;
    struct yc_tx tx[SPENDS_MAX + 1];
    const struct yc_tx *list[SPENDS_MAX + 1];
    struct yc_arena arena;
    struct yc_reject why;
    size_t parsed = 0;
    open_worlds();
    size_t count = read_spends(spends, yc_view(data, n));
    make_fund(&fund, spends, count);
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    YC_ASSERT(yc_tx_parse(&tx[parsed], raw_of(&fund), &arena, &why) == YC_VALID);
    list[parsed] = &tx[parsed];
    parsed++;
    for (size_t i = 0; i < count; i++) {
        make_spend(&bytes[i], spends, i, &fund);
        if (yc_tx_parse(&tx[parsed], yc_view(bytes[i].p, bytes[i].n), &arena, &why) != YC_VALID)
            continue;
        list[parsed] = &tx[parsed];
        parsed++;
    }
    yc_pool_prepare(worlds[1].pool, list, parsed);
    for (size_t i = 0; i < parsed; i++)
        submit_both(list[i]);
    compare();
    for (int i = 0; i < 2; i++) {
        yc_pool_remove(worlds[i].pool, &fund.txid, YC_POOL_EXPIRED);
        worlds[i].told_n = 0;
        worlds[i].logged[0] = 0;
    }
    yc_arena_release(&arena);
    return 0;
}
