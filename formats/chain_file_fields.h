/* The schema of a chain file as a table: what the reader checks and the writer writes. For formats/chain_file*.c.
 * A section is an object of the file; rows of one section stand together, in the order of the written file. */
#ifndef YC_FORMATS_CHAIN_FILE_FIELDS_H
#define YC_FORMATS_CHAIN_FILE_FIELDS_H

#include "consensus/params.h"

enum yc_chain_field_kind {
    YC_FIELD_NAME,       /* text of a-z 0-9 _ - that begins with a letter; room bytes with NUL */
    YC_FIELD_DIR,        /* the same, or "" */
    YC_FIELD_HRP,        /* text of a-z 0-9 that begins with a letter */
    YC_FIELD_TEXT,       /* printable ASCII */
    YC_FIELD_BOOL,       /* bool */
    YC_FIELD_INT8,       /* uint8_t, min..max */
    YC_FIELD_INT16,      /* uint16_t, min..max */
    YC_FIELD_INT32,      /* uint32_t, min..max */
    YC_FIELD_AMOUNT,     /* int64_t, base units */
    YC_FIELD_HEX32,      /* uint32_t as 8 hex digits, most significant first */
    YC_FIELD_MAGIC,      /* 4 bytes as 8 hex digits; null on a signet, whose challenge says it */
    YC_FIELD_U256,       /* struct yc_u256 as up to 64 hex digits */
    YC_FIELD_HASH,       /* 32 bytes in display order, 64 hex digits; "00" is zero */
    YC_FIELD_HEX_BYTES,  /* uint8_t[room] as hex, 1..room bytes; their number is at offset2 (size_t) */
    YC_FIELD_ACTIVATION, /* uint32_t height, null is YC_NEVER */
    YC_FIELD_RETARGET,   /* enum yc_retarget as "none", "window", "asert" */
    YC_FIELD_SEEDS,      /* list of texts: char[YC_SEEDS_MAX][64], their number at offset2 */
    YC_FIELD_FLAGS,      /* struct yc_flag_exception[]: an object of block hash: flag names */
    YC_FIELD_BIP30,      /* struct yc_bip30_exception[]: a list of {height, hash} */
    YC_FIELD_ASSUMEUTXO, /* struct yc_assumeutxo[]: a list of {height, hash, coins_hash, tx_count} */
    YC_FIELD_SIGNET      /* as YC_FIELD_HEX_BYTES, or null: not a signet */
};

enum yc_chain_field_mark {
    YC_FIELD_MINED = 1 << 0 /* what mining the genesis block finds: may be absent or null while it is not mined */
};

struct yc_chain_field {
    const char *section; /* "" at the top */
    const char *key;
    enum yc_chain_field_kind kind;
    unsigned marks;
    size_t offset;  /* in struct yc_chain_params */
    size_t offset2; /* of the number of elements */
    size_t room;    /* bytes or elements */
    int64_t min, max;
};

/** The table, *count rows; static. */
const struct yc_chain_field *yc_chain_fields(size_t *count);

#define YC_RETARGET_NAMES 3
/** "none", "window", "asert" by enum yc_retarget; static. */
extern const char *const yc_retarget_name[YC_RETARGET_NAMES];

#endif
