/* Chain files: a whole network as JSON (doc/guide.md shows one), read into struct yc_chain_params and written back.
 *
 * Every key of the schema must be there, unless this header says otherwise, and no other key may be: a misspelt rule
 * that is silently ignored would split the chain. Any thread. */
#ifndef YC_FORMATS_CHAIN_FILE_H
#define YC_FORMATS_CHAIN_FILE_H

#include "base/buf.h"
#include "base/fs.h"
#include "base/random.h"
#include "consensus/params.h"

#define YC_CHAIN_FILE_SCHEMA    1
#define YC_CHAIN_FILE_BYTES_MAX 65536u

enum yc_chain_file_mode {
    YC_CHAIN_FILE_RUN, /* the genesis block must be mined: nonce and hash present, right, with enough work */
    YC_CHAIN_FILE_MINE /* for -mkgenesis: nonce and hash may be absent or null, then out->genesis.mined is false */
};

/** Read a chain file's text. The genesis block that the file describes is built and must have the hash that the file
 *  says and satisfy its own bits; amounts are in base units, hashes in display order.
 *  name  the file's name, for messages only ("chains/x.json: \"pow.window\" is missing: …")
 *  Returns YC_VALID; YC_INVALID with a sentence that names the file, the key's path and what is expected there;
 *  YC_SYSTEM (MEMORY). *out is undefined unless YC_VALID. */
enum yc_verdict yc_chain_file_parse(struct yc_chain_params *out, const char *name, struct yc_view text,
                                    enum yc_chain_file_mode mode, struct yc_error *err) YC_MUST_USE;

/** Read it from a file. YC_INVALID too when there is no such file; YC_SYSTEM when it cannot be read. */
enum yc_verdict yc_chain_file_load(struct yc_chain_params *out, const struct yc_fs *fs, const struct yc_alloc *alloc,
                                   const char *path, enum yc_chain_file_mode mode, struct yc_error *err) YC_MUST_USE;

/** Append the parameters as a chain file that reads back to the same parameters; a genesis that is not mined has null
 *  for nonce and hash. Failures are the buffer's. */
void yc_chain_file_write(const struct yc_chain_params *params, struct yc_buf *out);

/** Parameters for a new network: YCoin's rules and schedule (those of the built-in main), and what must differ between
 *  networks: random magic, ports and P2PKH, P2SH and key version bytes, the name as address prefix, a genesis block
 *  that says the name and time. It is a test chain, so it starts without peers, with easy blocks; not mined yet.
 *  name    1..12 letters a-z and digits, beginning with a letter, none of the names that are taken
 *  time_s  now, for the genesis block
 *  Returns YC_VALID, or YC_INVALID with a sentence about the name. */
enum yc_verdict yc_chain_file_make(struct yc_chain_params *out, const char *name, int64_t time_s,
                                   const struct yc_random *random, struct yc_error *err) YC_MUST_USE;

#endif
