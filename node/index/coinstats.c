/* -coinstatsindex: what the set of coins comes to after each block, its hash (MuHash) included, so that gettxoutsetinfo
 * answers at once, for the tip and for any earlier block. The hash's state is kept beside the records and written in the
 * batch with them. */
#include "node/index/internal.h"

#include "base/assert.h"
#include "consensus/script/script.h"
#include "crypto/sha256.h"

#define KEY_STATE    "!muhash"
#define RECORD_BYTES (2 * 8 + 2 * 8 + 32 + 2 * 8 + 5 * 8)

static void write_record(uint8_t out[RECORD_BYTES], const struct yc_coinstats *s)
{
    struct yc_writer w;
    yc_writer_init(&w, out, RECORD_BYTES);
    yc_writer_u64le(&w, s->txouts);
    yc_writer_u64le(&w, s->bogosize);
    yc_writer_u64le(&w, (uint64_t)s->total_sat);
    yc_writer_u64le(&w, (uint64_t)s->unspendable_sat);
    yc_writer_bytes(&w, s->muhash32, 32);
    yc_writer_u64le(&w, s->spent_sat);
    yc_writer_u64le(&w, s->new_sat);
    yc_writer_u64le(&w, (uint64_t)s->coinbase_sat);
    yc_writer_u64le(&w, (uint64_t)s->lost_genesis_sat);
    yc_writer_u64le(&w, (uint64_t)s->lost_bip30_sat);
    yc_writer_u64le(&w, (uint64_t)s->lost_scripts_sat);
    yc_writer_u64le(&w, (uint64_t)s->lost_unclaimed_sat);
}

static bool read_record(struct yc_coinstats *s, struct yc_view bytes)
{
    struct yc_reader r;
    yc_reader_init(&r, bytes);
    s->txouts = yc_reader_u64le(&r);
    s->bogosize = yc_reader_u64le(&r);
    s->total_sat = (int64_t)yc_reader_u64le(&r);
    s->unspendable_sat = (int64_t)yc_reader_u64le(&r);
    yc_reader_copy(&r, s->muhash32, 32);
    s->spent_sat = yc_reader_u64le(&r);
    s->new_sat = yc_reader_u64le(&r);
    s->coinbase_sat = (int64_t)yc_reader_u64le(&r);
    s->lost_genesis_sat = (int64_t)yc_reader_u64le(&r);
    s->lost_bip30_sat = (int64_t)yc_reader_u64le(&r);
    s->lost_scripts_sat = (int64_t)yc_reader_u64le(&r);
    s->lost_unclaimed_sat = (int64_t)yc_reader_u64le(&r);
    return yc_reader_done(&r);
}

/* ---- coins ---- */

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* A coin comes or goes: in the hash alone. */
static void hash_coin(struct yc_index *x, const struct yc_outpoint *at, const struct yc_coin *coin, bool comes)
{
    struct yc_coin_short s = {.value_sat = coin->value_sat,
                              .height = coin->height,
                              .coinbase = coin->coinbase,
                              .script = yc_script_shorten(coin->script)};
    struct yc_sha256 h;
    uint8_t key[32];
    yc_sha256_init(&h);
    yc_coins_hash_add(&h, at, &s);
    yc_sha256_final(&h, key);
    if (comes)
        yc_muhash_add(&x->muhash, key);
    else
        yc_muhash_remove(&x->muhash, key);
}

/* Coins that were made a second time before they were spent count as never made. */
static bool was_overwritten(const struct yc_index *x, const struct yc_node *n)
{
    return yc_block_was_overwritten(yc_chain_params_of(x->all->config.chain), n->height, &n->hash);
}

static void count_coin(struct yc_index *x, const struct yc_coin *coin, bool comes)
{
    struct yc_coinstats *s = &x->stats;
    uint64_t bogosize = 50 + coin->script.n;
    s->txouts += comes ? 1 : UINT64_MAX; /* the sum wraps: one less */
    s->bogosize += comes ? bogosize : 0 - bogosize;
    s->total_sat += comes ? coin->value_sat : -coin->value_sat;
    if (!comes)
        s->spent_sat = sum(s->spent_sat, (uint64_t)coin->value_sat);
    else if (coin->coinbase)
        s->coinbase_sat += coin->value_sat;
    else
        s->new_sat = sum(s->new_sat, (uint64_t)coin->value_sat);
}

/* Every coin that the block makes and spends goes into the hash, or with `back` out of it; into the sums when not back. */
static enum yc_verdict walk(struct yc_index *x, const struct yc_index_block *b, bool back, struct yc_error *err)
{
    size_t next = 0;
    bool overwritten = was_overwritten(x, b->node);
    for (uint32_t t = 0; t < b->block.tx_count; t++) {
        const struct yc_tx *tx = &b->block.tx[t];
        struct yc_outpoint at = {.txid = tx->txid};
        for (; at.index < tx->out_count && !(t == 0 && overwritten); at.index++) {
            const struct yc_txout *out = &tx->out[at.index];
            struct yc_coin coin = {
                .value_sat = out->value_sat, .script = out->script, .height = b->node->height, .coinbase = t == 0};
            if (yc_script_is_unspendable(out->script)) {
                x->stats.lost_scripts_sat += back ? 0 : out->value_sat;
                continue;
            }
            hash_coin(x, &at, &coin, !back);
            if (!back)
                count_coin(x, &coin, true);
        }
        for (uint32_t i = 0; t > 0 && i < tx->in_count; i++) {
            if (next == b->spent.count)
                return yc_index_corrupt(x, err);
            const struct yc_coin *coin = &b->spent.coin[next++];
            hash_coin(x, &tx->in[i].prevout, coin, back);
            if (!back)
                count_coin(x, coin, false);
        }
    }
    return next == b->spent.count ? YC_VALID : yc_index_corrupt(x, err);
}

/* What the block could have claimed and did not, and what it made and lost. */
static void count_lost(struct yc_index *x, const struct yc_node *n)
{
    struct yc_coinstats *s = &x->stats;
    int64_t subsidy_sat = yc_subsidy_sat(yc_chain_params_of(x->all->config.chain), n->height);
    if (!n->parent)
        s->lost_genesis_sat = subsidy_sat;
    else if (was_overwritten(x, n))
        s->lost_bip30_sat = subsidy_sat;
    uint64_t in = sum(s->spent_sat, (uint64_t)subsidy_sat);
    uint64_t out =
        sum(s->new_sat, (uint64_t)(s->coinbase_sat + s->lost_genesis_sat + s->lost_bip30_sat + s->lost_scripts_sat));
    s->lost_unclaimed_sat = in > out ? (int64_t)(in - out) : 0;
    s->unspendable_sat += s->lost_genesis_sat + s->lost_bip30_sat + s->lost_scripts_sat + s->lost_unclaimed_sat;
}

/* ---- the index ---- */

/* A block whose hash is still to be made: that of many is made in about the time of one. */
struct yc_index_waiting {
    const struct yc_node *node;
    struct yc_coinstats stats;
    struct yc_muhash muhash;
};

void yc_index_coinstats_release(struct yc_index *x)
{
    yc_alloc_free(x->all->config.alloc, x->waiting, COINSTATS_WAITING_MAX * sizeof *x->waiting);
    x->waiting = NULL;
}

static enum yc_verdict add(struct yc_index *x, struct yc_index_block *b, struct yc_error *err)
{
    struct yc_coinstats *s = &x->stats;
    if (!x->waiting)
        x->waiting = yc_alloc_new(x->all->config.alloc, COINSTATS_WAITING_MAX * sizeof *x->waiting);
    if (!x->waiting)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to index block %u", b->node->height);
    YC_ASSERT(x->waiting_count < COINSTATS_WAITING_MAX);
    s->spent_sat = s->new_sat = 0;
    s->coinbase_sat = s->lost_genesis_sat = s->lost_bip30_sat = s->lost_scripts_sat = 0;
    enum yc_verdict v = b->node->parent ? walk(x, b, false, err) : YC_VALID;
    if (v != YC_VALID)
        return v;
    count_lost(x, b->node);
    struct yc_index_waiting *w = &x->waiting[x->waiting_count++];
    w->node = b->node;
    w->stats = *s;
    w->muhash = x->muhash;
    return YC_VALID;
}

static enum yc_verdict take_out(struct yc_index *x, struct yc_index_block *b, struct yc_error *err)
{
    return b->node->parent ? walk(x, b, true, err) : YC_VALID;
}

static enum yc_verdict make_records(struct yc_index *x, struct yc_error *err)
{
    struct yc_muhash **h;
    uint64_t(*scratch)[YC_MUHASH_LIMBS];
    size_t count = x->waiting_count, bytes = count * (sizeof *h + sizeof *scratch);
    scratch = yc_alloc_new(x->all->config.alloc, bytes);
    if (!scratch)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to write the %s", x->type->name);
    h = (struct yc_muhash **)(void *)(scratch + count);
    for (size_t i = 0; i < count; i++)
        h[i] = &x->waiting[i].muhash;
    yc_muhash_settle_all(h, scratch, count);
    yc_alloc_free(x->all->config.alloc, scratch, bytes);
    for (size_t i = 0; i < count; i++) {
        struct yc_index_waiting *w = &x->waiting[i];
        uint8_t key[BLOCK_KEY_BYTES], value[RECORD_BYTES];
        yc_muhash_digest(&w->muhash, w->stats.muhash32);
        yc_index_block_key(key, 's', w->node);
        write_record(value, &w->stats);
        yc_kv_batch_put(&x->batch, yc_view(key, sizeof key), yc_view(value, sizeof value));
    }
    x->muhash = x->waiting[count - 1].muhash;
    x->waiting_count = 0;
    return YC_VALID;
}

static enum yc_verdict save(struct yc_index *x, struct yc_error *err)
{
    uint8_t bytes[YC_MUHASH_BYTES];
    enum yc_verdict v = x->waiting_count ? make_records(x, err) : YC_VALID;
    if (v != YC_VALID)
        return v;
    yc_muhash_settle(&x->muhash);
    yc_muhash_write(&x->muhash, bytes);
    yc_kv_batch_put(&x->batch, yc_view_text(KEY_STATE), yc_view(bytes, sizeof bytes));
    return YC_VALID;
}

/* The hash's state is read at the start alone: later it is in memory. */
static enum yc_verdict load(struct yc_index *x, const struct yc_node *n, struct yc_error *err)
{
    struct yc_buf value;
    enum yc_verdict v = YC_VALID;
    if (!n) {
        memset(&x->stats, 0, sizeof x->stats);
        yc_muhash_init(&x->muhash);
        return YC_VALID;
    }
    yc_buf_init(&value, x->all->config.alloc, 1024);
    if (!atomic_load(&x->best)) {
        v = yc_index_record(x, yc_view_text(KEY_STATE), &value, err);
        if (v == YC_VALID && value.n == YC_MUHASH_BYTES)
            yc_muhash_read(&x->muhash, value.p);
        else if (v != YC_SYSTEM)
            v = yc_index_corrupt(x, err);
    }
    yc_buf_release(&value);
    if (v == YC_VALID)
        v = yc_index_coinstats_at(x->all, n, &x->stats, err);
    return v == YC_NOT_YET ? yc_index_corrupt(x, err) : v;
}

enum yc_verdict yc_index_coinstats_at(const struct yc_indexes *x, const struct yc_node *n, struct yc_coinstats *out,
                                      struct yc_error *err)
{
    const struct yc_index *stats = &x->index[YC_INDEX_COINSTATS];
    uint8_t key[BLOCK_KEY_BYTES];
    struct yc_buf value;
    yc_index_block_key(key, 's', n);
    yc_buf_init(&value, x->config.alloc, 1024);
    enum yc_verdict v = yc_index_record(stats, yc_view(key, sizeof key), &value, err);
    if (v == YC_VALID && !read_record(out, yc_buf_view(&value)))
        v = yc_index_corrupt(stats, err);
    yc_buf_release(&value);
    return v;
}

const struct yc_index_type yc_index_coinstats = {.name = "coinstatsindex",
                                                 .folder = "coinstatsindex",
                                                 .schema = "coin statistics",
                                                 .version = 1,
                                                 .from_genesis = true,
                                                 .reads_spent = true,
                                                 .reads_stale = true,
                                                 .add = add,
                                                 .take_out = take_out,
                                                 .load = load,
                                                 .save = save};
