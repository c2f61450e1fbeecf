/* Any bytes as a block filter are read to their end or refused; a filter made of any scripts finds each of them.
 *
 * Input: a block hash (32 bytes); the rest is a filter, and, cut at each zero byte, a list of scripts. */
#include "base/assert.h"
#include "formats/blockfilter.h"
#include "sys/heap.h"

#define SCRIPTS_MAX     256
#define ARENA_BYTES_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t cut(struct yc_view *out, struct yc_view bytes)
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i < bytes.n && count < SCRIPTS_MAX; i++)
        if (bytes.p[i] == 0) {
            out[count++] = yc_view(bytes.p + start, i - start);
            start = i + 1;
        }
    return count;
}

static void check_made(const struct yc_block *b, const struct yc_spent_coins *spent, struct yc_arena *arena)
{
    struct yc_buf filter;
    yc_buf_init(&filter, yc_heap(), 1 << 20);
    YC_ASSERT(yc_blockfilter_basic(&filter, b, spent, arena, NULL) == YC_VALID);
    for (size_t i = 0; i < spent->count; i++) {
        bool hit = false;
        YC_ASSERT(yc_blockfilter_match_any(&hit, yc_buf_view(&filter), &b->hash, &spent->coin[i].script, 1, arena,
                                           NULL) == YC_VALID);
        YC_ASSERT(hit == (spent->coin[i].script.n > 0));
    }
    yc_buf_release(&filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct yc_view scripts[SCRIPTS_MAX];
    static struct yc_coin coins[SCRIPTS_MAX];
    struct yc_block b = {.tx_count = 0};
    struct yc_reader r;
    struct yc_arena arena;
    bool hit;
    yc_reader_init(&r, yc_view(data, n));
    yc_reader_copy(&r, b.hash.b, 32);
    struct yc_view rest = yc_reader_bytes(&r, yc_reader_left(&r));
    size_t count = cut(scripts, rest);
    for (size_t i = 0; i < count; i++)
        coins[i] = (struct yc_coin){.script = scripts[i]};
    struct yc_spent_coins spent = {coins, count};
    yc_arena_init(&arena, yc_heap(), 1 << 16, ARENA_BYTES_MAX);
    enum yc_verdict verdict = yc_blockfilter_match_any(&hit, rest, &b.hash, scripts, count, &arena, NULL);
    YC_ASSERT(verdict == YC_VALID || verdict == YC_INVALID);
    check_made(&b, &spent, &arena);
    yc_arena_release(&arena);
    return 0;
}
