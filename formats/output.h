/* Output templates: the standard forms of an output's script, and scripts made from keys and hashes. Any thread; no
 * memory is taken. Source: BIP 11, 16, 141, 341; names as in Bitcoin Core's decodescript. */
#ifndef YC_FORMATS_OUTPUT_H
#define YC_FORMATS_OUTPUT_H

#include "base/view.h"
#include "base/writer.h"

enum yc_output_kind {
    YC_OUTPUT_NONSTANDARD = 0,
    YC_OUTPUT_PUBKEY,
    YC_OUTPUT_PUBKEYHASH,
    YC_OUTPUT_SCRIPTHASH,
    YC_OUTPUT_MULTISIG, /* bare, 1..20 keys (how many are standard is policy) */
    YC_OUTPUT_NULLDATA, /* OP_RETURN and pushes */
    YC_OUTPUT_ANCHOR,   /* pay to anchor: OP_1 <4e73> */
    YC_OUTPUT_WITNESS_V0_KEYHASH,
    YC_OUTPUT_WITNESS_V0_SCRIPTHASH,
    YC_OUTPUT_WITNESS_V1_TAPROOT,
    YC_OUTPUT_WITNESS_UNKNOWN
};

#define YC_OUTPUT_KEYS_MAX 20

/* A script taken apart. Views point into the script. */
struct yc_output {
    enum yc_output_kind kind;
    struct yc_view program;       /* key (PUBKEY), hash (PUBKEYHASH, SCRIPTHASH) or witness program; else empty */
    unsigned witness_version;     /* of a witness program */
    unsigned required, key_count; /* MULTISIG: required of key_count keys */
    struct yc_view key[YC_OUTPUT_KEYS_MAX];
};

/** Recognise a script; never fails: what has no known form is NONSTANDARD. */
void yc_output_read(struct yc_output *out, struct yc_view script);
/** "pubkeyhash", "witness_v1_taproot"…; static. */
const char *yc_output_kind_name(enum yc_output_kind kind);

/* Scripts of a known form, appended to w. */
void yc_output_write_pubkey(struct yc_writer *w, struct yc_view pubkey); /* 33 or 65 bytes */
void yc_output_write_pubkeyhash(struct yc_writer *w, const uint8_t hash20[20]);
void yc_output_write_scripthash(struct yc_writer *w, const uint8_t hash20[20]);
/** version 0..16, program 2..40 bytes. */
void yc_output_write_witness(struct yc_writer *w, unsigned version, struct yc_view program);
/** required of count keys, 1 <= required <= count <= YC_OUTPUT_KEYS_MAX, each 33 or 65 bytes. */
void yc_output_write_multisig(struct yc_writer *w, unsigned required, const struct yc_view *keys, unsigned count);
/** OP_RETURN and one push of the data (minimal form). */
void yc_output_write_nulldata(struct yc_writer *w, struct yc_view data);

#endif
