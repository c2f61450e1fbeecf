/* Any 80 bytes are a header: they are written back as they were, compact targets keep their order, and the rules answer
 * for any chain of ancestors without overflow. What yc_time_min() allows, yc_header_accept() does not call too old.
 *
 * Input: a header, a byte of choices, our clock (8 bytes), then the ancestors' times and bits (8 bytes each). */
#include "base/assert.h"
#include "consensus/pow.h"

#define ANCESTORS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct chain {
    struct yc_ancestor at[ANCESTORS_MAX];
};

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    const struct chain *c = ctx;
    YC_ASSERT(height < ANCESTORS_MAX);
    return c->at[height];
}

static void check_bits(uint32_t bits)
{
    struct yc_u256 target, again;
    if (!yc_compact_to_target(&target, bits)) {
        YC_ASSERT(yc_u256_is_zero(yc_work_of_bits(bits)));
        return;
    }
    YC_ASSERT(!yc_u256_is_zero(target) && !yc_u256_is_zero(yc_work_of_bits(bits)));
    YC_ASSERT(yc_compact_to_target(&again, yc_compact_from_target(target)));
    YC_ASSERT(yc_u256_compare(target, again) == 0);
    YC_ASSERT(yc_difficulty_of_bits(bits) > 0);
}

static struct yc_chain_params chosen_params(uint8_t choice)
{
    static const char *const names[] = {"main", "test", "regtest"};
    struct yc_chain_params p = *yc_chain_builtin(names[choice % 3]);
    if (choice & 4)
        p.pow.retarget = YC_RETARGET_WINDOW;
    if (choice & 8)
        p.pow.min_difficulty_after_s = 1200;
    p.pow.bip94 = choice & 16;
    p.pow.window = choice & 32 ? 8 : p.pow.window;
    p.rules.bip54 = choice & 64 ? YC_NEVER : 0;
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_reader r;
    struct yc_header h;
    struct chain chain;
    uint8_t bytes80[YC_HEADER_BYTES], again80[YC_HEADER_BYTES];
    yc_reader_init(&r, yc_view(data, n));
    yc_reader_copy(&r, bytes80, sizeof bytes80);
    yc_header_read(&h, bytes80);
    yc_header_write(&h, again80);
    YC_ASSERT(memcmp(bytes80, again80, sizeof bytes80) == 0);
    check_bits(h.bits);

    struct yc_chain_params params = chosen_params(yc_reader_u8(&r));
    int64_t now_s = (int64_t)yc_reader_u64le(&r);
    uint32_t count = 0;
    do {
        uint32_t time = yc_reader_u32le(&r), bits = yc_reader_u32le(&r);
        struct yc_u256 target;
        /* Ancestors were accepted, so their bits are valid. */
        if (!yc_compact_to_target(&target, bits) || yc_u256_compare(target, params.pow.limit) > 0)
            bits = yc_compact_from_target(params.pow.limit);
        chain.at[count++] = (struct yc_ancestor){time, bits, 4};
    } while (count < ANCESTORS_MAX && yc_reader_left(&r) >= 8);

    struct yc_ancestors a = {count - 1, ancestor_at, &chain};
    struct yc_block_hash zero = {{0}};
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_u256 required;
    h.bits = yc_bits_required(&params, &a, h.time);
    YC_ASSERT(yc_compact_to_target(&required, h.bits) && yc_u256_compare(required, params.pow.limit) <= 0);
    /* Under BIP 94 the base is an older block's bits, which these ancestors, unlike real ones, do not keep. */
    if (!params.pow.bip94)
        YC_ASSERT(yc_bits_transition_ok(&params, count, chain.at[count - 1].bits, h.bits));
    enum yc_verdict verdict = yc_header_accept(&h, &zero, &params, &a, now_s, &why);
    YC_ASSERT(verdict == yc_reject_verdict(why.code));
    bool too_old = why.code == YC_REJ_HEADER_TIME_TOO_OLD || why.code == YC_REJ_HEADER_TIMEWARP ||
                   why.code == YC_REJ_HEADER_MURCH_ZAWY;
    YC_ASSERT(too_old == ((int64_t)h.time < yc_time_min(&params, &a)));
    return 0;
}
