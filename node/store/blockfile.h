/* Block and undo files: blocks/blkNNNNN.dat and blocks/revNNNNN.dat, in the framing that Bitcoin Core's tools read:
 * magic, 32-bit length, bytes; undo data is followed by 32 bytes of double SHA-256 over the parent's hash and itself.
 * blocks/xor.dat holds 8 zero bytes: nothing is obfuscated. The undo data of a block is in the rev file whose number is
 * that of the block's blk file. Undo data is YCoin's own form (undo.h).
 *
 * One thread writes (append, sync, remove); reads may run on any thread beside it, of records whose append has returned,
 * and so may yc_blockfiles_sync_run().
 * The block index, not the files, says what is stored: bytes behind the last record that the index knows are garbage and
 * are overwritten.
 * Failures are YC_SYSTEM as base/fs.h says; a record that does not verify is YC_SYSTEM_CORRUPT and names the file. After
 * a failed sync every append and sync fails (catalogue S05). */
#ifndef YC_NODE_STORE_BLOCKFILE_H
#define YC_NODE_STORE_BLOCKFILE_H

#include "base/alloc.h"
#include "base/fs.h"
#include "consensus/ids.h"

#define YC_BLOCKFILE_BYTES_MAX  (UINT32_C(128) << 20) /* a file that reached this gets no more blocks */
#define YC_BLOCKFILE_NUMBER_MAX 99999u

enum yc_blockfile_kind { YC_BLOCKFILE_BLOCK, YC_BLOCKFILE_UNDO };

/* Where a record's bytes are. bytes == 0: nowhere. */
struct yc_file_pos {
    uint32_t file;
    uint32_t offset; /* of the first byte behind the frame */
    uint32_t bytes;
};

struct yc_blockfiles; /* opaque */

/** The checksum of a record, kept in the block index and asked for on every read (S09): SipHash-2-4 under a fixed key.
 *  It finds faults of disks and memory; what peers send is checked by its hash before it gets here. */
uint64_t yc_blockfile_checksum(struct yc_view bytes);

/** Are the block files in this folder such that they can be read? Looks at xor.dat alone, and touches nothing.
 *  YC_VALID; YC_NOT_YET when there is no xor.dat; YC_SYSTEM (CORRUPT) when another program has obfuscated them. */
enum yc_verdict yc_blockfiles_check_xor(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *dir,
                                        struct yc_error *err) YC_MUST_USE;

/** Open the folder dir (made when missing), or make it; xor.dat is made when missing and refused when it is not 8 zero
 *  bytes. No block file is touched yet: tell of each record in the index by yc_blockfiles_know(), then call
 *  yc_blockfiles_start().
 *  alloc, fs  borrowed for its life; dir is copied
 *  magic      begins each record
 *  file_bytes_max  YC_BLOCKFILE_BYTES_MAX, or less in tests
 *  Returns YC_VALID, and the caller closes *out; YC_SYSTEM. */
enum yc_verdict yc_blockfiles_open(struct yc_blockfiles **out, const struct yc_alloc *alloc, const struct yc_fs *fs,
                                   const char *dir, const uint8_t magic[4], uint32_t file_bytes_max,
                                   struct yc_error *err) YC_MUST_USE;
/** Closes without syncing. NULL is fine. */
void yc_blockfiles_close(struct yc_blockfiles *f);

/** A record that the index holds (positions with bytes == 0 are passed over), or bytes that are to be kept, whatever they
 *  are: appending begins behind them. Before start. YC_SYSTEM (MEMORY), or
 *  (CORRUPT) for a position that cannot be. */
enum yc_verdict yc_blockfiles_know(struct yc_blockfiles *f, enum yc_blockfile_kind kind, struct yc_file_pos at,
                                   struct yc_error *err) YC_MUST_USE;

/** Check that every file with known records is there and long enough, and make ready to append behind them.
 *  Returns YC_VALID; YC_SYSTEM (CORRUPT) with the name of the file that is missing or short, or when no block record is
 *  known although blk00000.dat holds more than one: then the index was lost (S18). The first block (genesis) must
 *  therefore have its index record made durable before the second is appended. */
enum yc_verdict yc_blockfiles_start(struct yc_blockfiles *f, struct yc_error *err) YC_MUST_USE;

/** Append a block (1..2^25 bytes); *out is where it went. Not durable before yc_blockfiles_sync(). After a failure
 *  nothing counts as appended, and the next append takes the same place (a full disk may have got room by then). */
enum yc_verdict yc_blockfiles_append_block(struct yc_blockfiles *f, struct yc_view block, struct yc_file_pos *out,
                                           struct yc_error *err) YC_MUST_USE;

/** Append undo data of a block that is stored in blk file number block_file, whose parent's hash is prev. The bytes may
 *  not be empty. */
enum yc_verdict yc_blockfiles_append_undo(struct yc_blockfiles *f, uint32_t block_file,
                                          const struct yc_block_hash *prev, struct yc_view undo,
                                          struct yc_file_pos *out, struct yc_error *err) YC_MUST_USE;

/** Group commit: everything appended so far is on the disk when this returns YC_VALID. Cheap when nothing was. */
enum yc_verdict yc_blockfiles_sync(struct yc_blockfiles *f, struct yc_error *err) YC_MUST_USE;

/* The same in three parts, so that another thread waits for the disk while the writer goes on appending: the writer begins,
 * any thread runs, the writer ends. What was appended before the beginning is on the disk when the run returns YC_VALID.
 * One sync at a time; between begin and end nothing may be removed. */
#define YC_BLOCKFILES_DIRTY_MAX 8 /* files with bytes that are not on the disk yet */

struct yc_blockfiles_sync {
    struct yc_blockfiles *files;
    struct yc_file *file[YC_BLOCKFILES_DIRTY_MAX]; /* count of them */
    size_t count;
    bool names;
    bool refused; /* an earlier sync has failed */
};

/** False: there is nothing to run, but end must be called all the same. */
bool yc_blockfiles_sync_begin(struct yc_blockfiles *f, struct yc_blockfiles_sync *out);
/** Any thread. */
enum yc_verdict yc_blockfiles_sync_run(const struct yc_blockfiles_sync *s, struct yc_error *err) YC_MUST_USE;
/** The run has returned this verdict. */
void yc_blockfiles_sync_end(struct yc_blockfiles_sync *s, enum yc_verdict ran);

/** Bytes appended since the last sync was begun. */
uint64_t yc_blockfiles_unsynced_bytes(const struct yc_blockfiles *f);

/** Read a whole record into out (at.bytes bytes) and verify its frame and its checksum. Any thread. */
enum yc_verdict yc_blockfiles_read(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, struct yc_file_pos at,
                                   uint64_t checksum, uint8_t *out, struct yc_error *err) YC_MUST_USE;

/** Read n bytes from `from` on of a record into out, without verifying: the caller can tell by a hash whether they are
 *  right. from + n <= at.bytes. Any thread. */
enum yc_verdict yc_blockfiles_read_part(const struct yc_blockfiles *f, enum yc_blockfile_kind kind,
                                        struct yc_file_pos at, uint32_t from, uint32_t n, uint8_t *out,
                                        struct yc_error *err) YC_MUST_USE;

/** Pruning: remove both files of a number, which must not be the one that blocks are appended to. The index must have
 *  forgotten their records durably before. */
enum yc_verdict yc_blockfiles_remove(struct yc_blockfiles *f, uint32_t file, struct yc_error *err) YC_MUST_USE;

/** Remove blk and rev files of the numbers from..end-1 of which no record is known: what a crash has left of them.
 *  Before or after start. removed: how many numbers. */
enum yc_verdict yc_blockfiles_remove_unknown(struct yc_blockfiles *f, uint32_t from, uint32_t end, uint32_t *removed,
                                             struct yc_error *err) YC_MUST_USE;
/** The first number of which there is no blk file. */
enum yc_verdict yc_blockfiles_first_missing(struct yc_blockfiles *f, uint32_t *number,
                                            struct yc_error *err) YC_MUST_USE;

/** The number of the blk file that the last block went to (0 before the first), and the bytes of all records known and
 *  appended, frames included. */
uint32_t yc_blockfiles_last(const struct yc_blockfiles *f);
uint64_t yc_blockfiles_bytes(const struct yc_blockfiles *f);

/* Reindexing: the records of one blk file as they lie, without the index. */
struct yc_blockfile_walk; /* opaque */

struct yc_blockfile_scan {
    uint64_t records;
    uint64_t skipped_bytes; /* that were no record: garbage, zeros, other magics, a torn end */
};

/** Begin at the first byte of blk file number file; before or after start. block_bytes_max + 65536 bytes are held.
 *  Returns YC_VALID, and the caller closes *out; YC_NOT_YET when there is no such file; YC_SYSTEM. */
enum yc_verdict yc_blockfile_walk_open(struct yc_blockfile_walk **out, const struct yc_blockfiles *f, uint32_t file,
                                       uint32_t block_bytes_max, struct yc_error *err) YC_MUST_USE;
/** NULL is fine. */
void yc_blockfile_walk_close(struct yc_blockfile_walk *w);

/** The next record, behind garbage at the next magic (S15). A record that is empty, claims more than block_bytes_max or
 *  runs over the end of the file is garbage. *head is its first bytes, at most head_max (<= 65536), readable until the
 *  next call. Reads no more than that of it, so that records which are known already cost little.
 *  Returns YC_VALID; YC_NOT_YET at the end; YC_SYSTEM. */
enum yc_verdict yc_blockfile_walk_next(struct yc_blockfile_walk *w, struct yc_file_pos *at, size_t head_max,
                                       struct yc_view *head, struct yc_error *err) YC_MUST_USE;
/** All bytes of the record that yc_blockfile_walk_next() has just given; readable until the next call. */
enum yc_verdict yc_blockfile_walk_body(struct yc_blockfile_walk *w, struct yc_view *bytes,
                                       struct yc_error *err) YC_MUST_USE;
/** The record that was just given is no block: look for records inside it. */
void yc_blockfile_walk_refuse(struct yc_blockfile_walk *w);
/** How far it is, and of how much. */
uint64_t yc_blockfile_walk_at(const struct yc_blockfile_walk *w, uint64_t *size);
struct yc_blockfile_scan yc_blockfile_walk_counts(const struct yc_blockfile_walk *w);

struct yc_blockfile_size {
    uint32_t number;
    uint64_t bytes;
};
struct yc_blockfile_list {
    struct yc_blockfile_size *file; /* count of them, in the order of their numbers */
    size_t count, room;
};
/** The blk files that the folder holds. On YC_VALID the caller frees the list. */
enum yc_verdict yc_blockfiles_list(const struct yc_blockfiles *f, struct yc_blockfile_list *out,
                                   struct yc_error *err) YC_MUST_USE;
void yc_blockfiles_list_free(const struct yc_blockfiles *f, struct yc_blockfile_list *list);

#endif
