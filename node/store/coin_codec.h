/* Coins as bytes, short: the form of the records in chainstate and of undo data. A standard output script is stored as
 * a class and its hash or key, an amount without its trailing decimal zeros. Pure; any thread.
 *
 * The form is YCoin's own. It is a bijection: a coin has one encoding, and bytes that the encoder would not have written
 * are refused as corrupt. */
#ifndef YC_NODE_STORE_COIN_CODEC_H
#define YC_NODE_STORE_COIN_CODEC_H

#include "base/arena.h"
#include "base/reader.h"
#include "base/writer.h"
#include "consensus/connect.h"

/* Forms of a script; stored, do not renumber. */
enum yc_script_form {
    YC_FORM_P2PKH = 0,     /* 20 bytes */
    YC_FORM_P2SH = 1,      /* 20 */
    YC_FORM_P2WPKH = 2,    /* 20 */
    YC_FORM_P2WSH = 3,     /* 32 */
    YC_FORM_P2TR = 4,      /* 32 */
    YC_FORM_P2PK_EVEN = 5, /* 32: key 02… */
    YC_FORM_P2PK_ODD = 6,  /* 32: key 03… */
    YC_FORM_P2PK_FULL = 7, /* 64: key 04… */
    YC_FORM_RAW = 8        /* the script itself; stored as 8 + its length */
};

struct yc_script_short {
    enum yc_script_form form;
    struct yc_view payload; /* into the script */
};

/** The short form of a script; the payload is a view into it. */
struct yc_script_short yc_script_shorten(struct yc_view script);
/** Bytes of the whole script. */
size_t yc_script_whole_bytes(struct yc_script_short s);
/** Write the whole script, yc_script_whole_bytes(s) bytes. */
void yc_script_whole(uint8_t *out, struct yc_script_short s);
/** Payload bytes of a form other than YC_FORM_RAW. */
size_t yc_script_form_bytes(enum yc_script_form form);

/** Whole numbers, seven bits a byte, the lowest first, shortest form only. The reader fails on any other. */
void yc_varint_write(struct yc_writer *w, uint64_t v);
uint64_t yc_varint_read(struct yc_reader *r);

/* The most bytes that a coin takes beside its script. */
#define YC_COIN_OVERHEAD_MAX 20

/* A coin as it is stored, its script still short. */
struct yc_coin_short {
    int64_t value_sat;
    uint32_t height;
    bool coinbase;
    struct yc_script_short script;
};

/** Write a coin: at most YC_COIN_OVERHEAD_MAX + its script's bytes. value_sat must be in 0..YC_MONEY_MAX and height
 *  below 2^31. */
void yc_coin_write(struct yc_writer *w, const struct yc_coin *coin);
void yc_coin_short_write(struct yc_writer *w, const struct yc_coin_short *coin);

/** Read a coin from the reader's position; views point into the reader's bytes. The reader has failed when the bytes are
 *  not one. */
void yc_coin_short_read(struct yc_reader *r, struct yc_coin_short *out);

/** Make the coin whole: its script is written into the arena. False when the arena is full. */
bool yc_coin_whole(struct yc_coin *out, const struct yc_coin_short *s, struct yc_arena *arena) YC_MUST_USE;

/* Keys of coins: 'C', txid, index. They sort by txid (bytes of the wire), then by index as a number. */
#define YC_COIN_KEY_BYTES_MAX 38
/** Write the key of an outpoint; returns its length. */
size_t yc_coin_key_write(uint8_t out[YC_COIN_KEY_BYTES_MAX], const struct yc_outpoint *at);
/** False when the bytes are no coin key. */
bool yc_coin_key_read(struct yc_outpoint *out, struct yc_view key) YC_MUST_USE;

#endif
