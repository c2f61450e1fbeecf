/* Any transaction, script code and hash type: digests do not depend on what a cache holds, legacy and v0 commit to every
 * bit of the type (catalogue C29), taproot refuses the types that it does not define, and deleting a pattern from a
 * script takes out whole patterns and nothing else.
 *
 * Input: hash type (4 bytes), input's number (1), then runs of length (2 bytes) and bytes: script code, pattern; the
 * rest is the transaction. */
#include "base/assert.h"
#include "consensus/script/sighash.h"
#include "sys/heap.h"

#define ARENA_BYTES_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct yc_view next_run(struct yc_reader *r)
{
    size_t n = yc_reader_u16le(r);
    return yc_reader_bytes(r, n < yc_reader_left(r) ? n : yc_reader_left(r));
}

static void check_delete(struct yc_arena *arena, struct yc_view code, struct yc_view pattern)
{
    uint8_t *out = yc_arena_take(arena, code.n);
    size_t left = 0;
    YC_ASSERT(out);
    size_t deleted = yc_script_delete(out, &left, code, pattern);
    YC_ASSERT(deleted == 0 || (pattern.n > 0 && left + deleted * pattern.n == code.n));
}

static void check_legacy(const struct yc_tx *tx, uint32_t input, struct yc_view code, uint32_t type)
{
    static struct yc_sighash_cache cache;
    uint8_t fresh[32], other[32], cached[32];
    yc_sighash_cache_clear(&cache);
    yc_sighash_legacy(fresh, tx, input, code, type, NULL);
    yc_sighash_legacy(other, tx, input, code, type ^ 0x40, &cache);
    yc_sighash_legacy(cached, tx, input, code, type, &cache);
    YC_ASSERT(memcmp(fresh, cached, 32) == 0);
    bool one = (type & YC_SIGHASH_OUTPUTS_MASK) == YC_SIGHASH_SINGLE && input >= tx->out_count;
    YC_ASSERT((memcmp(fresh, other, 32) == 0) == one);
}

static void check_v0(const struct yc_spend *s, uint32_t input, struct yc_view code, uint32_t type)
{
    static struct yc_sighash_cache cache;
    uint8_t fresh[32], other[32], cached[32];
    yc_sighash_cache_clear(&cache);
    yc_sighash_v0(fresh, s, input, code, type, NULL);
    yc_sighash_v0(other, s, input, code, type ^ 0x40, &cache);
    yc_sighash_v0(cached, s, input, code, type, &cache);
    YC_ASSERT(memcmp(fresh, cached, 32) == 0 && memcmp(fresh, other, 32) != 0);
}

static void check_taproot(const struct yc_spend *s, uint32_t input, uint8_t type)
{
    uint8_t fresh[32], again[32], script[32];
    struct yc_sighash_tap tap = {.is_script = false}, leaf = {.is_script = true, .code_separator = UINT32_MAX};
    bool defined = type <= 3 || (type >= 0x81 && type <= 0x83);
    bool has_output = (type & 3) != YC_SIGHASH_SINGLE || input < s->tx->out_count;
    bool ok = yc_sighash_taproot(fresh, s, input, type, &tap);
    YC_ASSERT(ok == (defined && has_output));
    if (!ok)
        return;
    YC_ASSERT(yc_sighash_taproot(again, s, input, type, &tap) && memcmp(fresh, again, 32) == 0);
    YC_ASSERT(yc_sighash_taproot(script, s, input, type, &leaf) && memcmp(fresh, script, 32) != 0);
}

static void check_all(struct yc_arena *arena, struct yc_reader *r)
{
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_spend s;
    uint32_t type = yc_reader_u32le(r), input = yc_reader_u8(r);
    struct yc_view code = next_run(r), pattern = next_run(r);
    if (code.n > YC_SCRIPT_BYTES_MAX)
        code.n = YC_SCRIPT_BYTES_MAX;
    check_delete(arena, code, pattern);
    if (yc_tx_parse(&tx, yc_reader_bytes(r, yc_reader_left(r)), arena, &why) != YC_VALID || !tx.in_count)
        return;
    struct yc_spent *spent = yc_arena_take_array(arena, tx.in_count, sizeof *spent);
    YC_ASSERT(spent);
    for (uint32_t i = 0; i < tx.in_count; i++)
        spent[i] = (struct yc_spent){(int64_t)i, code};
    yc_spend_init_to_sign(&s, &tx, spent);
    input %= tx.in_count;
    check_legacy(&tx, input, code, type);
    check_v0(&s, input, code, type);
    check_taproot(&s, input, (uint8_t)type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_arena arena;
    struct yc_reader r;
    yc_reader_init(&r, yc_view(data, n));
    yc_arena_init(&arena, yc_heap(), 1 << 16, ARENA_BYTES_MAX);
    check_all(&arena, &r);
    yc_arena_release(&arena);
    return 0;
}
