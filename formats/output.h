/* Output templates: scripts of the standard forms, made from keys and hashes (consensus/script/solver.h takes them
 * apart). Any thread; no memory is taken. Source: BIP 11, 16, 141, 341. */
#ifndef YC_FORMATS_OUTPUT_H
#define YC_FORMATS_OUTPUT_H

#include "base/writer.h"
#include "consensus/script/script.h"

/* Scripts of a known form, appended to w. */
void yc_output_write_pubkey(struct yc_writer *w, struct yc_view pubkey); /* 33 or 65 bytes */
void yc_output_write_pubkeyhash(struct yc_writer *w, const uint8_t hash20[20]);
void yc_output_write_scripthash(struct yc_writer *w, const uint8_t hash20[20]);
/** version 0..16, program 2..40 bytes. */
void yc_output_write_witness(struct yc_writer *w, unsigned version, struct yc_view program);
/** required of count keys, 1 <= required <= count <= YC_SCRIPT_KEYS_MAX, each 33 or 65 bytes. */
void yc_output_write_multisig(struct yc_writer *w, unsigned required, const struct yc_view *keys, unsigned count);
/** OP_RETURN and one push of the data (minimal form). */
void yc_output_write_nulldata(struct yc_writer *w, struct yc_view data);

#endif
