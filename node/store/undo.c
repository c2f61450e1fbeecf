#include "node/store/undo.h"

#include "node/store/coin_codec.h"

/* Bytes: the version of the form, the number of coins, the coins. */
#define UNDO_VERSION 1

void yc_undo_write(struct yc_writer *w, const struct yc_spent_coins *spent)
{
    yc_writer_u8(w, UNDO_VERSION);
    yc_varint_write(w, spent->count);
    for (size_t i = 0; i < spent->count; i++)
        yc_coin_write(w, &spent->coin[i]);
}

enum yc_verdict yc_undo_read(struct yc_spent_coins *out, struct yc_view bytes, struct yc_arena *arena,
                             struct yc_error *err)
{
    struct yc_reader r;
    yc_reader_init(&r, bytes);
    uint8_t version = yc_reader_u8(&r);
    uint64_t count = yc_varint_read(&r);
    /* A coin takes three bytes at least: what is left bounds how many there can be before memory is taken. */
    if (version != UNDO_VERSION || count > yc_reader_left(&r) / 3)
        yc_reader_fail(&r);
    struct yc_coin *coin = NULL;
    if (yc_reader_ok(&r)) {
        coin = (struct yc_coin *)yc_arena_take_array(arena, (size_t)count, sizeof *coin);
        if (!coin)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the %zu coins of undo data", (size_t)count);
    }
    for (size_t i = 0; i < count && yc_reader_ok(&r); i++) {
        struct yc_coin_short s;
        yc_coin_short_read(&r, &s);
        if (yc_reader_ok(&r) && !yc_coin_whole(&coin[i], &s, arena))
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the %zu coins of undo data", (size_t)count);
    }
    if (!yc_reader_done(&r))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "undo data of %zu bytes does not decode (version %u): start with -reindex to build it anew",
                       bytes.n, version);
    *out = (struct yc_spent_coins){coin, (size_t)count};
    return YC_VALID;
}
