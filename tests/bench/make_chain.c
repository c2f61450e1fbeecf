/* ycoin-bench-chain: write a valid, signed chain to a file that a node imports with -loadblock, the same bytes for the same
 * options, to time the validation of. The mix of what is spent: 60 % P2WPKH, 20 % P2TR by key path, 15 % P2PKH, 5 % P2WSH
 * 2-of-3; half of the transactions have one input, the rest two or three, and one input in ten spends an output of its own
 * block. Blocks without transactions at the end bury the others, for -assumevalid. */
#include "base/bytes.h"
#include "base/hex.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"
#include "formats/chain_file.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "tests/bench/spends.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMS           4
#define KITS            64 /* keys of each form */
#define INPUTS_MAX      3
#define OUTPUTS_MAX     30
#define TXS_MAX         4000
#define BLOCK_BYTES_MAX 3900000
#define TX_BYTES_MAX    4096
#define SPACING_S       600
#define POOL_WANTED     200000 /* coins; until there are so many, large ones are split */
#define LARGE_SAT       INT64_C(100000000)
#define SMALL_SAT       INT64_C(1000000)
#define DUST_SAT        1000

struct coin {
    struct yc_outpoint at;
    int64_t value_sat;
    const struct spend_kit *kit;
};

struct coins {
    struct coin *list;
    size_t count, cap;
};

struct maker {
    struct bench bench;
    struct yc_chain_params params;
    struct spend_kit kit[FORMS][KITS];
    struct coins old, fresh; /* fresh: made by the block in the making */
    struct yc_arena arena;
    FILE *out;
    struct yc_block_hash prev;
    struct yc_txid txid[TXS_MAX + 1];
    uint8_t wtxid[TXS_MAX + 1][32], leaves[TXS_MAX + 1][32];
    uint8_t body[BLOCK_BYTES_MAX]; /* the transactions behind the coinbase */
    uint64_t txs, inputs, bytes;
};

static struct maker m;

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("ycoin-bench-chain: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t below(uint64_t n)
{
    return yc_random_below(m.bench.random, n);
}

static void add(struct coins *c, struct coin coin)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 4096;
        void *p = yc_alloc_resize(m.bench.alloc, c->list, c->cap * sizeof *c->list, cap * sizeof *c->list);
        if (!p)
            bench_die("no memory for coins");
        c->list = p;
        c->cap = cap;
    }
    c->list[c->count++] = coin;
}

static struct coin draw(struct coins *c)
{
    size_t i = below(c->count);
    struct coin coin = c->list[i];
    c->list[i] = c->list[--c->count];
    return coin;
}

static const struct spend_kit *draw_kit(void)
{
    uint64_t r = below(100);
    enum spend_form form = r < 60 ? SPEND_P2WPKH : r < 80 ? SPEND_P2TR : r < 95 ? SPEND_P2PKH : SPEND_P2WSH_2OF3;
    return &m.kit[form][below(KITS)];
}

static void *take(size_t n)
{
    void *p = yc_arena_take(&m.arena, n);
    if (!p)
        bench_die("no memory for a transaction");
    return p;
}

/* Few coins are there at first: those that are large make many. */
static uint32_t outputs_for(int64_t sum_sat, size_t inputs)
{
    uint32_t n = inputs == 3 ? 1 : 2;
    if (m.old.count < POOL_WANTED)
        n = sum_sat > LARGE_SAT ? OUTPUTS_MAX : sum_sat > SMALL_SAT ? 3 : n;
    return sum_sat < (int64_t)n * DUST_SAT + 2000 ? 1 : n;
}

static int64_t fill_outputs(struct yc_txout *out, const struct spend_kit **kit, uint32_t n, int64_t sum_sat)
{
    int64_t fee_sat = 200 + (int64_t)below(800), left_sat = sum_sat - fee_sat;
    for (uint32_t i = 0; i < n; i++) {
        int64_t value_sat = left_sat / (int64_t)(n - i);
        kit[i] = draw_kit();
        out[i] = (struct yc_txout){value_sat, yc_view(kit[i]->script, kit[i]->script_n)};
        left_sat -= value_sat;
    }
    return fee_sat;
}

/* One signed transaction into w, number n of its block; its fee, or 0 when the coins drawn are not worth one. */
static int64_t make_tx(struct yc_writer *w, size_t n)
{
    struct coin from[INPUTS_MAX];
    struct yc_txin in[INPUTS_MAX];
    struct yc_spent spent[INPUTS_MAX];
    struct yc_txout out[OUTPUTS_MAX];
    const struct spend_kit *kit[OUTPUTS_MAX];
    uint64_t r = below(10);
    size_t wanted = r < 5 ? 1 : r < 8 ? 2 : 3, count = 0;
    int64_t sum_sat = 0;
    for (; count < wanted && m.old.count + m.fresh.count > 0; count++) {
        bool own = m.fresh.count > 0 && (m.old.count == 0 || below(10) == 0);
        from[count] = draw(own ? &m.fresh : &m.old);
        in[count] = (struct yc_txin){.prevout = from[count].at, .sequence = 0xfffffffd};
        spent[count] =
            (struct yc_spent){from[count].value_sat, yc_view(from[count].kit->script, from[count].kit->script_n)};
        sum_sat += from[count].value_sat;
    }
    if (sum_sat < DUST_SAT + 500)
        return 0;
    uint32_t outputs = outputs_for(sum_sat, count);
    int64_t fee_sat = fill_outputs(out, kit, outputs, sum_sat);
    struct yc_tx draft = {.version = 2, .in_count = (uint32_t)count, .out_count = outputs, .in = in, .out = out}, tx;
    struct yc_spend spend;
    struct yc_reject why;
    yc_spend_init_to_sign(&spend, &draft, spent);
    for (uint32_t i = 0; i < count; i++)
        spend_unlock(from[i].kit, &m.arena, &spend, i, &in[i]);
    struct yc_writer one;
    yc_writer_init(&one, take(TX_BYTES_MAX), TX_BYTES_MAX);
    yc_tx_write(&draft, true, &one);
    if (one.failed || yc_tx_parse(&tx, yc_writer_written(&one), &m.arena, &why) != YC_VALID)
        bench_die("a transaction of its own making does not parse");
    yc_writer_view(w, tx.raw);
    m.txid[n] = tx.txid;
    memcpy(m.wtxid[n], tx.wtxid.b, 32);
    for (uint32_t i = 0; i < outputs; i++)
        add(&m.fresh, (struct coin){{tx.txid, i}, out[i].value_sat, kit[i]});
    m.inputs += count;
    return fee_sat;
}

static void write_coinbase(struct yc_writer *w, uint32_t height, int64_t value_sat, const uint8_t commit32[32],
                           bool witness)
{
    static const uint8_t none[32];
    const struct spend_kit *kit = &m.kit[SPEND_P2WPKH][height % KITS];
    uint8_t push[16];
    size_t n = yc_bip34_push(push, height);
    push[n++] = 0; /* at least two bytes at every height */
    yc_writer_u32le(w, 2);
    if (witness)
        yc_writer_bytes(w, "\x00\x01", 2);
    yc_writer_u8(w, 1);
    yc_writer_bytes(w, none, 32);
    yc_writer_u32le(w, UINT32_MAX);
    yc_writer_var_bytes(w, yc_view(push, n));
    yc_writer_u32le(w, 0xfffffffe);
    yc_writer_u8(w, 2);
    yc_writer_u64le(w, (uint64_t)value_sat);
    yc_writer_var_bytes(w, yc_view(kit->script, kit->script_n));
    yc_writer_u64le(w, 0);
    yc_writer_u8(w, 38);
    yc_writer_bytes(w, "\x6a\x24\xaa\x21\xa9\xed", 6);
    yc_writer_bytes(w, commit32, 32);
    if (witness) {
        yc_writer_bytes(w, "\x01\x20", 2);
        yc_writer_bytes(w, none, 32);
    }
    yc_writer_u32le(w, height - 1);
}

/* The header over count transactions, its nonce found. */
static struct yc_header make_header(uint32_t height, size_t count)
{
    struct yc_header h = {.version = 0x20000000,
                          .prev = m.prev,
                          .time = m.params.genesis.time + SPACING_S * height,
                          .bits = m.params.genesis.bits};
    for (size_t i = 0; i < count; i++)
        memcpy(m.leaves[i], m.txid[i].b, 32);
    yc_merkle_root(h.merkle_root, m.leaves, count, NULL);
    for (m.prev = yc_header_hash(&h); !yc_pow_check(&m.prev, h.bits, &m.params); m.prev = yc_header_hash(&h))
        h.nonce++;
    return h;
}

static void put(const void *p, size_t n)
{
    if (fwrite(p, 1, n, m.out) != n)
        bench_die("the file cannot be written: is the disk full?");
    m.bytes += n;
}

/* A block of so many transactions, as far as there are coins for them. The coinbase of it. */
static struct coin make_block(uint32_t height, size_t wanted)
{
    struct yc_writer w, head;
    uint8_t stripped[256], root[64] = {0}, commit[32], bytes[YC_HEADER_BYTES + 512], frame[8];
    int64_t value_sat = yc_subsidy_sat(&m.params, height);
    size_t count = 1;
    yc_arena_clear(&m.arena);
    yc_writer_init(&w, m.body, sizeof m.body);
    for (size_t i = 0; i < wanted && m.old.count + m.fresh.count > 0; i++) {
        int64_t fee_sat = make_tx(&w, count);
        value_sat += fee_sat;
        count += fee_sat > 0;
    }
    if (w.failed)
        bench_die("block %u is longer than %d bytes: give fewer --txs", height, BLOCK_BYTES_MAX);
    memset(m.leaves[0], 0, 32);
    memcpy(m.leaves[1], m.wtxid[1], (count - 1) * 32);
    yc_merkle_root(root, m.leaves, count, NULL);
    yc_sha256d(commit, root, sizeof root);
    yc_writer_init(&head, stripped, sizeof stripped);
    write_coinbase(&head, height, value_sat, commit, false);
    yc_sha256d(m.txid[0].b, stripped, head.n);
    struct yc_header h = make_header(height, count);
    yc_writer_init(&head, bytes, sizeof bytes);
    yc_header_write(&h, yc_writer_room(&head, YC_HEADER_BYTES));
    yc_writer_compact(&head, count);
    write_coinbase(&head, height, value_sat, commit, true);
    memcpy(frame, m.params.magic, 4);
    yc_put32le(frame + 4, (uint32_t)(head.n + w.n));
    put(frame, sizeof frame);
    put(bytes, head.n);
    put(m.body, w.n);
    m.txs += count;
    for (size_t i = 0; i < m.fresh.count; i++)
        add(&m.old, m.fresh.list[i]);
    m.fresh.count = 0;
    return (struct coin){{m.txid[0], 0}, value_sat, &m.kit[SPEND_P2WPKH][height % KITS]};
}

static void make_chain(uint32_t blocks, uint32_t empty, size_t txs)
{
    static struct coin coinbase[YC_COINBASE_MATURITY];
    for (uint32_t height = 1; height <= blocks + empty; height++) {
        struct coin *slot = &coinbase[height % YC_COINBASE_MATURITY];
        if (height > YC_COINBASE_MATURITY)
            add(&m.old, *slot);
        *slot = make_block(height, height > YC_COINBASE_MATURITY + 1 && height <= blocks ? txs : 0);
    }
}

static void open_maker(const char *chain_file, const char *out, uint64_t seed)
{
    static struct yc_random random;
    static struct yc_random_seeded state;
    struct yc_error err;
    struct yc_signer *signer;
    yc_random_seed(&random, &state, seed);
    if (yc_sha256_select(NULL, &err) != YC_VALID || yc_signer_new(&signer, &random, &err) != YC_VALID ||
        yc_chain_file_load(&m.params, yc_fs_posix(), yc_heap(), chain_file, YC_CHAIN_FILE_RUN, &err) != YC_VALID)
        bench_die("%s", err.text);
    if (m.params.pow.retarget != YC_RETARGET_NONE)
        bench_die("%s: the chain's difficulty changes, give one whose retarget is none", chain_file);
    m.bench = (struct bench){.random = &random, .alloc = yc_heap(), .signer = signer};
    yc_arena_init(&m.arena, yc_heap(), (size_t)64 << 20, SIZE_MAX);
    for (unsigned form = 0; form < FORMS; form++)
        for (unsigned i = 0; i < KITS; i++)
            spend_kit_init(&m.kit[form][i], &m.bench, (enum spend_form)form);
    m.prev = m.params.genesis.hash;
    m.out = fopen(out, "wb");
    if (!m.out)
        bench_die("%s cannot be written", out);
}

static uint64_t number(const char *text, uint64_t max)
{
    char *end = NULL;
    unsigned long long n = strtoull(text, &end, 10);
    if (end == text || *end || n > max)
        bench_die("'%s' is no number from 0 to %llu", text, (unsigned long long)max);
    return n;
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "usage: ycoin-bench-chain --chain=FILE.json --out=FILE [--blocks=600] [--txs=1500] [--empty=2200] [--seed=7]\n";
    const char *chain = NULL, *out = NULL;
    uint64_t blocks = 600, txs = 1500, empty = 2200, seed = 7;
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        size_t n = value ? (size_t)(value++ - argv[i]) : 0;
        if (n == 7 && !memcmp(argv[i], "--chain", n))
            chain = value;
        else if (n == 5 && !memcmp(argv[i], "--out", n))
            out = value;
        else if (n == 8 && !memcmp(argv[i], "--blocks", n))
            blocks = number(value, 1000000);
        else if (n == 5 && !memcmp(argv[i], "--txs", n))
            txs = number(value, TXS_MAX);
        else if (n == 7 && !memcmp(argv[i], "--empty", n))
            empty = number(value, 1000000);
        else if (n == 6 && !memcmp(argv[i], "--seed", n))
            seed = number(value, UINT64_MAX);
        else
            bench_die("'%s' is no option of this program\n%s", argv[i], usage);
    }
    if (!chain || !out) {
        fputs(usage, stderr);
        return 1;
    }
    char tip[65];
    open_maker(chain, out, seed);
    make_chain((uint32_t)blocks, (uint32_t)empty, txs);
    if (fclose(m.out) != 0)
        bench_die("%s cannot be written: is the disk full?", out);
    yc_hex_write_reversed(tip, m.prev.b, 32);
    printf("{\"blocks\": %llu, \"transactions\": %llu, \"inputs\": %llu, \"bytes\": %llu, \"tip\": \"%s\"}\n",
           (unsigned long long)(blocks + empty), (unsigned long long)m.txs, (unsigned long long)m.inputs,
           (unsigned long long)m.bytes, tip);
    return 0;
}
