/* getblockstats: figures of one block, named and rounded as Bitcoin Core does. Read on a reader thread, as getblock is. */
#include <stdlib.h>

#include "base/writer.h"
#include "consensus/script/script.h"
#include "node/rpc/internal.h"

#define COIN_OVERHEAD_BYTES 40 /* what a coin takes beside its output: outpoint, and height with the coinbase flag */
#define PERCENTILES         5

struct rate {
    int64_t sat_per_vbyte, weight;
};

struct blockstats {
    struct yc_rpc_block body; /* first: the call's state is both */
    struct rate *rate;        /* one for each transaction but the coinbase; so are the next two */
    int64_t *fee_sat, *size;
    size_t count;
    int64_t max_fee, min_fee, total_fee, max_rate, min_rate;
    int64_t max_size, min_size, total_size, total_weight, sw_count, sw_size, sw_weight;
    int64_t inputs, outputs, total_out, coins, coin_bytes, coin_bytes_spendable;
    int64_t percentile[PERCENTILES];
};

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int by_rate(const void *a, const void *b)
{
    const struct rate *x = a, *y = b;
    int order = by_value(&x->sat_per_vbyte, &y->sat_per_vbyte);
    return order ? order : by_value(&x->weight, &y->weight);
}

/* The values are sorted in place. */
static int64_t median(int64_t *value, size_t count)
{
    if (count == 0)
        return 0;
    qsort(value, count, sizeof *value, by_value);
    return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

/* The fee rates below which a tenth, a quarter … of the weight lies. */
static void find_percentiles(struct blockstats *s)
{
    static const struct {
        int64_t of, in;
    } part[PERCENTILES] = {{1, 10}, {1, 4}, {1, 2}, {3, 4}, {9, 10}};
    int64_t weight = 0;
    size_t at = 0;
    if (s->count == 0)
        return;
    qsort(s->rate, s->count, sizeof *s->rate, by_rate);
    for (size_t i = 0; i < s->count; i++) {
        weight += s->rate[i].weight;
        while (at < PERCENTILES && weight * part[at].in >= s->total_weight * part[at].of)
            s->percentile[at++] = s->rate[i].sat_per_vbyte;
    }
}

static int64_t coin_bytes(struct yc_view script)
{
    return (int64_t)(8 + yc_compact_bytes(script.n) + script.n) + COIN_OVERHEAD_BYTES;
}

/* Does the block's coinbase make coins that did not exist? Genesis makes none, and a repeated one overwrites (BIP 30). */
static bool coinbase_makes_coins(const struct yc_rpc_call *c, const struct yc_node *n)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    bool repeat = false;
    for (size_t i = 0; i < p->bip30_repeat_count; i++)
        repeat |= n->height == p->bip30_repeats[i].height &&
                  !memcmp(n->hash.b, p->bip30_repeats[i].block.b, sizeof n->hash.b);
    return n->height > 0 && !repeat;
}

/* Returns the sum. */
static int64_t count_outputs(struct blockstats *s, const struct yc_tx *tx, bool makes_coins)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < tx->out_count; i++) {
        int64_t bytes = coin_bytes(tx->out[i].script);
        bool spendable = makes_coins && !yc_script_is_unspendable(tx->out[i].script);
        sum += tx->out[i].value_sat;
        s->coin_bytes += bytes;
        s->coin_bytes_spendable += spendable ? bytes : 0;
        s->coins += spendable;
    }
    s->outputs += tx->out_count;
    return sum;
}

static int64_t count_inputs(struct blockstats *s, const struct yc_tx *tx, const struct yc_coin *spent)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        int64_t bytes = coin_bytes(spent[i].script);
        sum += spent[i].value_sat;
        s->coin_bytes -= bytes;
        s->coin_bytes_spendable -= bytes;
    }
    s->inputs += tx->in_count;
    return sum;
}

static void raise_to(int64_t *max, int64_t v)
{
    *max = v > *max ? v : *max;
}

/* first: nothing has been measured yet. */
static void lower_to(int64_t *min, int64_t v, bool first)
{
    *min = first || v < *min ? v : *min;
}

static void count_tx(struct blockstats *s, const struct yc_tx *tx, const struct yc_coin *spent)
{
    bool first = s->count == 0;
    int64_t out = count_outputs(s, tx, true), size = (int64_t)tx->raw.n,
            weight = 3 * (int64_t)tx->stripped_bytes + size, fee = count_inputs(s, tx, spent) - out;
    int64_t rate = fee * 4 / weight;
    s->total_out += out;
    s->total_size += size;
    s->total_weight += weight;
    s->total_fee += fee;
    s->sw_count += tx->has_witness;
    s->sw_size += tx->has_witness ? size : 0;
    s->sw_weight += tx->has_witness ? weight : 0;
    raise_to(&s->max_size, size);
    lower_to(&s->min_size, size, first);
    raise_to(&s->max_fee, fee);
    lower_to(&s->min_fee, fee, first);
    raise_to(&s->max_rate, rate);
    lower_to(&s->min_rate, rate, first);
    s->fee_sat[s->count] = fee;
    s->size[s->count] = size;
    s->rate[s->count++] = (struct rate){rate, weight};
}

/* Is the statistic asked for? Without a list all are. */
static bool wanted(const struct yc_rpc_call *c, const char *name)
{
    const char *text;
    size_t n = yc_json_count(c->arg[1]);
    bool found = n == 0;
    for (size_t i = 0; i < n && !found; i++)
        found = (text = yc_json_text(yc_json_element(c->arg[1], i))) != NULL && !strcmp(text, name);
    return found;
}

static const char *const names[] = {"avgfee",
                                    "avgfeerate",
                                    "avgtxsize",
                                    "blockhash",
                                    "feerate_percentiles",
                                    "height",
                                    "ins",
                                    "maxfee",
                                    "maxfeerate",
                                    "maxtxsize",
                                    "medianfee",
                                    "mediantime",
                                    "mediantxsize",
                                    "minfee",
                                    "minfeerate",
                                    "mintxsize",
                                    "outs",
                                    "subsidy",
                                    "swtotal_size",
                                    "swtotal_weight",
                                    "swtxs",
                                    "time",
                                    "total_out",
                                    "total_size",
                                    "total_weight",
                                    "totalfee",
                                    "txs",
                                    "utxo_increase",
                                    "utxo_size_inc",
                                    "utxo_increase_actual",
                                    "utxo_size_inc_actual"};
#define NAMES (sizeof names / sizeof *names)

static bool check_names(struct yc_rpc_call *c)
{
    for (size_t i = 0; i < yc_json_count(c->arg[1]); i++) {
        const struct yc_json *v = yc_json_element(c->arg[1], i);
        const char *text = yc_json_text(v);
        bool known = false;
        if (!yc_rpc_expect(c, v, YC_JSON_STRING))
            return false;
        for (size_t k = 0; text && k < NAMES; k++)
            known |= !strcmp(text, names[k]);
        if (!known) {
            yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid selected statistic '%s'", text ? text : "");
            return false;
        }
    }
    return true;
}

static void show(struct yc_rpc_call *c, struct blockstats *s)
{
    const struct yc_node *n = s->body.node;
    struct yc_json_out *j = &c->out;
    int64_t txs = (int64_t)s->count;
    const int64_t value[NAMES] = {
        txs ? s->total_fee / txs : 0,
        s->total_weight ? s->total_fee * 4 / s->total_weight : 0,
        txs ? s->total_size / txs : 0,
        0,
        0,
        n->height,
        s->inputs,
        s->max_fee,
        s->max_rate,
        s->max_size,
        median(s->fee_sat, s->count),
        yc_node_median_time(n),
        median(s->size, s->count),
        s->min_fee,
        s->min_rate,
        s->min_size,
        s->outputs,
        yc_subsidy_sat(yc_chain_params_of(c->chain), n->height),
        s->sw_size,
        s->sw_weight,
        s->sw_count,
        n->time,
        s->total_out,
        s->total_size,
        s->total_weight,
        s->total_fee,
        txs + 1,
        s->outputs - s->inputs,
        s->coin_bytes,
        s->coins - s->inputs,
        s->coin_bytes_spendable,
    };
    yc_json_begin_object(j);
    for (size_t i = 0; i < NAMES; i++) {
        if (!wanted(c, names[i]))
            continue;
        yc_json_key(j, names[i]);
        if (!strcmp(names[i], "blockhash")) {
            yc_json_put_hash(j, n->hash.b, sizeof n->hash.b);
        } else if (!strcmp(names[i], "feerate_percentiles")) {
            yc_json_begin_array(j);
            for (size_t k = 0; k < PERCENTILES; k++)
                yc_json_put_int(j, s->percentile[k]);
            yc_json_end_array(j);
        } else {
            yc_json_put_int(j, value[i]);
        }
    }
    yc_json_end_object(j);
}

static enum yc_rpc_flow measure(struct yc_rpc_call *c)
{
    struct blockstats *s = c->state;
    if (!yc_rpc_block_read(c, &s->body) || !yc_rpc_block_parse(c, &s->body, true))
        return YC_RPC_FAILED;
    const struct yc_block *b = &s->body.block;
    const struct yc_coin *coin = s->body.spent.coin;
    s->rate = yc_arena_take(&c->arena, b->tx_count * sizeof *s->rate);
    s->fee_sat = yc_arena_take(&c->arena, b->tx_count * sizeof *s->fee_sat);
    s->size = yc_arena_take(&c->arena, b->tx_count * sizeof *s->size);
    if (!s->rate || !s->fee_sat || !s->size)
        return yc_rpc_fail_memory(c);
    (void)count_outputs(s, &b->tx[0], coinbase_makes_coins(c, s->body.node));
    for (uint32_t i = 1; i < b->tx_count; i++) {
        count_tx(s, &b->tx[i], coin);
        coin += b->tx[i].in_count;
    }
    find_percentiles(s);
    show(c, s);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getblockstats(struct yc_rpc_call *c)
{
    struct blockstats *s = yc_arena_take(&c->arena, sizeof *s);
    if (!s)
        return yc_rpc_fail_memory(c);
    memset(s, 0, sizeof *s);
    if (!yc_rpc_block_of(c, c->arg[0], &s->body.node) || !check_names(c))
        return YC_RPC_FAILED;
    const struct yc_node *n = s->body.node;
    if ((n->status & YC_BLOCK_HAVE_DATA) && n->parent && !(n->status & YC_BLOCK_HAVE_UNDO))
        return yc_rpc_fail(c, YC_RPC_MISC,
                           "Can't read undo data from disk: this block was never part of the chain, or its undo data "
                           "was pruned");
    return yc_rpc_block_open(c, &s->body, measure);
}
