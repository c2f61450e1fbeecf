#include "tests/bench/bench.h"

#include "node/store/coins.h"
#include "node/store/kv_memory.h"

#define COINS           20000
#define ARENA_BYTES_MAX (64 << 20)

/* The cost of the cache itself: nothing here reaches the store. */
struct coins_world {
    struct bench *bench;
    struct yc_kv_memory *store;
    struct yc_coins_cache *cache;
    struct yc_outpoint at[COINS];
    struct yc_arena arena;
};

static void must(enum yc_verdict v, const char *what)
{
    if (v != YC_VALID)
        bench_die("the coins cache cannot %s", what);
}

static void add_all(struct coins_world *w)
{
    static const uint8_t script[22] = {0x00, 0x14};
    const struct yc_coins *view = yc_coins_view(w->cache);
    struct yc_coin coin = {.value_sat = YC_COIN, .height = 7, .script = yc_view(script, sizeof script)};
    for (size_t i = 0; i < COINS; i++)
        must(view->add(view->ctx, &w->at[i], &coin), "add a coin");
}

static void get_all(struct coins_world *w)
{
    struct yc_coin coin;
    struct yc_error err;
    yc_arena_clear(&w->arena);
    for (size_t i = 0; i < COINS; i++)
        must(yc_coins_get(w->cache, &w->at[i], false, &w->arena, &coin, &err), "find a coin");
}

static void spend_all(struct coins_world *w)
{
    const struct yc_coins *view = yc_coins_view(w->cache);
    struct yc_coin coin;
    for (size_t i = 0; i < COINS; i++)
        must(view->spend(view->ctx, &w->at[i], &coin), "spend a coin");
}

/* A round adds all coins in one block, looks each up, and spends all in the next; the three are timed apart. */
static void bench_rounds(struct coins_world *w)
{
    struct bench *b = w->bench;
    double us[3] = {0}, units = 0;
    int64_t begun = yc_mono_us(b->clock);
    struct yc_block_hash best = {{0}};
    do {
        best.b[0]++;
        yc_arena_clear(&w->arena);
        yc_coins_block_begin(w->cache, &w->arena);
        int64_t t0 = yc_mono_us(b->clock);
        add_all(w);
        int64_t t1 = yc_mono_us(b->clock);
        yc_coins_block_commit(w->cache, &best);
        int64_t t2 = yc_mono_us(b->clock);
        get_all(w);
        int64_t t3 = yc_mono_us(b->clock);
        yc_arena_clear(&w->arena);
        yc_coins_block_begin(w->cache, &w->arena);
        int64_t t4 = yc_mono_us(b->clock);
        spend_all(w);
        int64_t t5 = yc_mono_us(b->clock);
        yc_coins_block_commit(w->cache, &best);
        us[0] += (double)(t1 - t0);
        us[1] += (double)(t3 - t2);
        us[2] += (double)(t5 - t4);
        units += COINS;
    } while (yc_mono_us(b->clock) - begun < 3 * b->least_us);
    bench_result(b, "coins/add", "coins", units, us[0]);
    bench_result(b, "coins/get", "coins", units, us[1]);
    bench_result(b, "coins/spend", "coins", units, us[2]);
}

void bench_coins(struct bench *b)
{
    static struct coins_world w;
    struct yc_error err;
    if (!bench_wants(b, "coins/add") && !bench_wants(b, "coins/get") && !bench_wants(b, "coins/spend"))
        return;
    w = (struct coins_world){.bench = b};
    yc_arena_init(&w.arena, b->alloc, 1 << 20, ARENA_BYTES_MAX);
    yc_random_fill(b->random, w.at, sizeof w.at);
    if (yc_kv_memory_new(&w.store, b->alloc, "coins", &err) != YC_VALID)
        bench_die("%s", err.text);
    struct yc_coins_options options = {.alloc = b->alloc, .kv = yc_kv_memory_kv(w.store), .expected_coins = COINS};
    if (yc_coins_open(&w.cache, &options, &err) != YC_VALID)
        bench_die("%s", err.text);
    bench_rounds(&w);
    yc_coins_close(w.cache);
    yc_kv_memory_free(w.store);
    yc_arena_release(&w.arena);
}
