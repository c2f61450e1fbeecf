/* What the files of node/chain share. Nobody else includes this. */
#ifndef YC_NODE_CHAIN_INTERNAL_H
#define YC_NODE_CHAIN_INTERNAL_H

#include <stdatomic.h>

#include "base/hex.h"
#include "consensus/checks.h"
#include "node/chain/chain.h"
#include "node/store/undo.h"
#include "sys/thread.h"

/* A body in memory: its bytes, the block parsed from them, and what it spent once that is known. */
struct yc_loaded {
    struct yc_loaded *next;
    struct yc_node *node;
    struct yc_body body;
    struct yc_arena arena;
    uint8_t *raw; /* the block's bytes: raw_n of them in raw_cap, owned */
    size_t raw_n, raw_cap;
    uint64_t sum; /* their checksum, as block files keep it */
    uint64_t source;
};

/* A body on its way into memory: read, parsed and, if it is new, checked by a worker while core does something else. */
struct yc_fetch {
    const struct yc_chain *chain; /* what is immutable in it */
    struct yc_loaded *loaded;     /* made by yc_loaded_empty() for exactly the body's bytes */
    struct yc_node *node;         /* whose body it is to be; what is fixed in it is read */
    struct yc_file *file;         /* where it is read from, at offset; NULL: from the block files, where it is stored */
    uint64_t offset;
    struct yc_file_pos stored;
    uint64_t sum;
    bool check;            /* run every check that needs no coins */
    struct yc_crew *crew;  /* is told when it is done */
    struct yc_fetch *next; /* in the same job */
    /* The answer, readable once yc_fetch_done(). */
    atomic_bool done;
    enum yc_verdict verdict;
    bool io_failed;       /* the file could not be read: err says why */
    struct yc_reject why; /* INVALID, MUTATED */
    struct yc_error err;  /* SYSTEM from a file */
};

/* Fetches that are about to be begun. Small bodies are read and parsed in one job, so that their ids fill the lanes of SHA-256
 * and a worker is woken once for them; together they take no longer than a large one. */
#define YC_FETCHES_MAX       8
#define YC_FETCHES_BYTES_MAX 65536
struct yc_fetches {
    struct yc_work_group *group;
    struct yc_fetch *first, *last;
    size_t count, bytes;
};

/* An event that waits until what it tells of is durable. */
struct yc_pending {
    struct yc_pending *next;
    enum yc_chain_event_kind kind;
    struct yc_node *node;
    struct yc_loaded *loaded; /* CONNECTED, DISCONNECTED: owned; NULL when nobody wants it */
    size_t bytes;             /* of the block */
    struct yc_reject why;     /* FAILED */
    uint64_t source;
};

/* A block in flight. */
struct yc_flight {
    struct yc_flight *next; /* behind it in the line */
    struct yc_chainstate *state;
    struct yc_loaded *loaded;
    struct yc_node *node;
    uint32_t flags;
    bool skip_scripts;
    bool in_lanes;  /* its signatures may be judged by the engine's lanes */
    bool connected; /* its coins have changed hands; else it broke a rule (failed_why) and they were given back */
    struct yc_script_check *checks;
    size_t count, cap;
    const struct yc_tx *asked; /* the last transaction that known_scripts was asked about, and the answer */
    bool asked_known;
    /* The crew's: guarded by its mutex. */
    struct yc_flight *queue_next;
    size_t taken, finished; /* checks */
    size_t failed_at;       /* the first check that failed, SIZE_MAX: none has; with what verdict, and why */
    enum yc_verdict failed;
    struct yc_reject failed_why;
};

#define YC_LINE_MAX     32   /* blocks in flight */
#define YC_CORE_WAIT_US 1000 /* for other threads, before other work is looked for */

struct yc_line {
    struct yc_flight *first, *last; /* in the chain's order */
    struct yc_flight *spare;
    size_t count, bytes;
};

/* What one thread needs to run script checks. */
struct yc_script_kit {
    struct yc_script_machine *machine;
    struct yc_sig_collector *collector; /* NULL: no engine */
};

/* Who runs script checks: jobs on the workers, and core. */
struct yc_crew {
    struct yc_workers *workers;
    struct yc_work_group group;
    struct yc_script_kit *kit; /* kit_count: one for each worker and one for core */
    unsigned kit_count;
    struct yc_mutex mutex;
    struct yc_cond progress; /* a batch, a fetch or a commit is done */
    /* Guarded by the mutex. */
    unsigned free_kits;             /* they come first in the array */
    struct yc_error failure;        /* of a batch whose verdict is YC_SYSTEM */
    struct yc_flight *first, *last; /* those with checks that nobody has taken, in the chain's order */
    size_t waiting;                 /* such checks */
    size_t running, queued;         /* batches that run; jobs asked of the workers and not over */
    uint64_t told;                  /* times that progress was signalled */
};

/* Stored bodies that are read ahead of their connection: a ring, in the order of height. */
#define YC_AHEAD_MAX 16
struct yc_ahead {
    struct yc_fetch fetch[YC_AHEAD_MAX];
    size_t first, count;
    const struct yc_node *last; /* the last block that was looked at */
    struct yc_work_group group;
};

/* The coins that the next blocks spend and that are not cached, on their way from the store: a ring of those blocks, in the
 * order of height. */
#define YC_INPUTS_MAX       6
#define YC_INPUTS_PARTS_MAX 8

struct yc_inputs_part {
    struct yc_inputs_block *block;
    size_t first, count;   /* of its `want` */
    struct yc_arena arena; /* the reading thread's, until it is done */
    struct yc_coins_fetched *fetched;
    enum yc_verdict verdict;
    struct yc_error err;
};

struct yc_inputs_block {
    struct yc_chainstate *state;
    struct yc_loaded *loaded; /* owned */
    struct yc_outpoint *want; /* count of them are read */
    size_t count, cap;
    uint64_t *made; /* ids of its transactions, shortened: a table of made_n places; 0: not made yet */
    size_t made_n, made_room;
    struct yc_inputs_part part[YC_INPUTS_PARTS_MAX];
    size_t parts;
    atomic_size_t left; /* parts that are not done */
};

struct yc_inputs {
    struct yc_work_group group;
    struct yc_inputs_block block[YC_INPUTS_MAX];
    size_t first, count, bytes;
    unsigned deep; /* more than the next block is looked at while this is not 0 */
};

/* Writing the coins to their store, on another thread. */
struct yc_flush {
    struct yc_work_group group;
    bool running;                       /* the coins are not core's */
    uint64_t told_written, told_stored; /* what the store had written, and held, at the last flush that was told of */
    atomic_bool done;
    enum yc_verdict verdict;
    struct yc_error err;
};

/* A state of the coins that follows the tree: which blocks it stands after, those on their way into it, and how much of it
 * is not in its store yet. */
struct yc_chainstate {
    struct yc_chain *chain;
    const struct yc_kv *kv;
    struct yc_coins_cache *coins; /* NULL until it is opened */
    size_t cache_bytes;           /* the cache's share of memory */

    struct yc_node *tip;   /* the last block all of whose checks have passed */
    struct yc_node *front; /* what the coins are the state after: the tip, or the last of the line */
    struct yc_line line;
    struct yc_ahead ahead;
    struct yc_inputs inputs;

    const char *scripts_told; /* what was last logged of whether scripts are run, and why */
    bool scripts_told_once;

    struct yc_flush flush;
    bool flush_wanted;
    uint32_t flush_blocks;                   /* blocks connected since the last flush */
    uint64_t flush_bytes;                    /* their size */
    struct yc_node *replay_from, *replay_to; /* of an interrupted flush */
};

/* What is being made durable on another thread, and what is to be told when it is. One at a time. */
enum yc_commit_stage {
    YC_COMMIT_NONE,
    YC_COMMIT_WRITES, /* the disk has not answered */
    YC_COMMIT_TELLS   /* it has: the events are told, one after another */
};
struct yc_commit {
    enum yc_commit_stage stage;
    struct yc_chain *chain; /* the job reads what is immutable in it */
    struct yc_work_group group;
    /* The job. */
    bool files_written;
    struct yc_blockfiles_sync files;
    struct yc_block_record *record; /* count of them, of these nodes */
    struct yc_node **node;
    size_t count, cap;
    int64_t due_us; /* when the disk answers, on a virtual clock; 0: when the job is done */
    atomic_bool done;
    enum yc_verdict verdict;
    struct yc_error err;
    /* What is told. */
    struct yc_pending *first;
    struct yc_node *tip, *old; /* tip: to be published; NULL: none. old: what it takes the place of */
    struct yc_node *best_header;
    bool owed;                 /* as tip_owed below, when it began */
    struct yc_node *validated; /* the background's tip when it began */
    bool urgent;               /* somebody may wait for some of the records */
};

/* The hash of the background's coins, made by a worker. */
struct yc_compare {
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    enum yc_verdict verdict;
    struct yc_error err;
    atomic_bool running, done, stop;
    struct yc_work_group group;
};

/* The set that the chain was begun from. */
struct yc_assumed {
    struct yc_coins_base base;
    struct yc_node *node; /* base's; NULL: the chain was not begun from one, or it was proven before this start */
    const struct yc_assumeutxo *loading; /* one is being loaded; NULL: none is */
    bool found;                          /* the store says so; node follows when the index has been loaded */
    bool refuted;                        /* there is a store that is to be put away */
    struct yc_compare compare;
    int64_t committed_us, told_us; /* the background's last commit; the last line about it */
    uint32_t told_height;
};

struct yc_prune {
    struct yc_prune_lock lock;
    bool ever; /* files were removed, in this run or an earlier one */
    bool manual;
    uint32_t manual_height;
    uint64_t looked_bytes; /* what the files held at the last look */
    int64_t pruned_height; /* see yc_chain_pruned_height() */
};

struct yc_import;

struct yc_chain {
    struct yc_chain_config config;
    struct yc_prune prune;
    const struct yc_alloc *alloc;
    struct yc_tree tree;
    struct yc_block_index index;
    struct yc_blockfiles *files;
    char *blocks_dir;

    struct yc_chainstate *active;     /* whose tip is the chain's */
    struct yc_chainstate *background; /* on its way to the base that active began from; NULL: none is */
    struct yc_assumed assumed;
    _Atomic(struct yc_node *) validated; /* see yc_chain_validated(); NULL: what is published */
    struct yc_node *best_header;         /* most work among headers not known to be bad */
    _Atomic(struct yc_node *) published;

    struct yc_node **candidates; /* leaves of complete branches with at least the tip's work */
    size_t candidate_count, candidate_cap;
    struct yc_node **dirty; /* whose index records are to be written */
    size_t dirty_count, dirty_cap;
    bool dirty_urgent;                    /* one of them is of other blocks than those that the background follows */
    int64_t sequence_last, precious_last; /* the highest and the lowest that were given */

    struct yc_loaded *cache; /* bodies submitted and not yet connected, newest first */
    size_t cache_count, cache_bytes;
    struct yc_loaded *spare; /* bodies done with */
    size_t spare_count;
    struct yc_commit commit;
    struct yc_pending *pending_first, *pending_last; /* for the next commit */
    size_t pending_bytes;
    int64_t pending_since_us;
    struct yc_node *headers_told; /* last YC_CHAIN_HEADERS */
    bool
        tip_owed; /* blocks came or went, or were in flight, since the last YC_CHAIN_TIP was told: it is told once more */

    struct yc_crew crew;
    struct yc_known_scripts known_scripts;

    uint32_t forget_at;         /* branches are not looked through before the tree has so many blocks */
    struct yc_import *imports;  /* that are open */
    struct yc_reindex *reindex; /* NULL: the index is complete; else the coins are not open yet */
    const struct yc_node *connect_first, *connect_last; /* what was stored before the start is connected, and how far */
    struct yc_meter connecting;                         /* tells of that */
    struct yc_chain_pace pace, told_pace;               /* told_pace: what `connecting` knows of */
    struct yc_verify *verify;                           /* the last verification that was begun; NULL: none */
    bool loading;
    uint32_t load_first, load_last; /* heights */
    bool left_initial_download;
    bool failed;
    struct yc_error failure;
};

/* failure */
enum yc_verdict yc_chain_fail(struct yc_chain *c, const struct yc_error *err);

/* chainstate.c */
/** A state over this store (borrowed), not yet opened; NULL: no memory. */
struct yc_chainstate *yc_chainstate_new(struct yc_chain *c, const struct yc_kv *kv);
/** Forget it without flushing; waits for what workers do for it. NULL is fine. */
void yc_chainstate_free(struct yc_chainstate *s);
/** Read where the store stands: tip and front, or replay_from and replay_to. The tree is complete. */
enum yc_verdict yc_chainstate_open(struct yc_chainstate *s, struct yc_error *err);
/** Flush all of it. What it rests on is durable. Nothing happens while an interrupted flush is being replayed. */
enum yc_verdict yc_chainstate_flush(struct yc_chainstate *s, struct yc_error *err);

/* bodies.c */
void yc_loaded_free(struct yc_chain *c, struct yc_loaded *l);
/** Give back the memory that freed bodies are kept for. */
void yc_loaded_free_spare(struct yc_chain *c);
/** A body with room for n bytes, which the caller fills; NULL: no memory. */
struct yc_loaded *yc_loaded_empty(struct yc_chain *c, size_t n);
/** Copy and parse bytes. YC_MUTATED when they are no block. */
enum yc_verdict yc_loaded_new(struct yc_chain *c, struct yc_loaded **out, struct yc_view raw, struct yc_reject *why);
void yc_cache_put(struct yc_chain *c, struct yc_loaded *l);
/** Taken out of the cache; NULL when it is not there. */
struct yc_loaded *yc_cache_take(struct yc_chain *c, const struct yc_node *n);
bool yc_cache_holds(const struct yc_chain *c, const struct yc_node *n);
/** Taken out of the cache, or read from the files. */
enum yc_verdict yc_loaded_get(struct yc_chain *c, struct yc_loaded **out, struct yc_node *n, struct yc_error *err);
/** Read what the block spent into its arena. */
enum yc_verdict yc_loaded_spent(struct yc_chain *c, struct yc_loaded *l, struct yc_error *err);
void yc_cache_drop(struct yc_chain *c, const struct yc_node *n);
/** May bodies be fetched for the cache, beside so many that are coming, without driving out those that are to be
 *  connected next, and without holding more than a little? */
bool yc_cache_has_room(struct yc_chain *c, size_t coming, size_t coming_bytes);
/** Begin, at once or along with those that are added next. The fetch must stay where it is until it is done. */
void yc_fetches_add(struct yc_fetches *fs, struct yc_fetch *f);
/** Begin what was added and is not begun; then the group may be waited for at any time. */
void yc_fetches_start(struct yc_fetches *fs);
bool yc_fetch_done(const struct yc_fetch *f);

/* accept.c */
/** Every rule about n's body that needs no coins; n's parent is in the tree. Any thread. */
enum yc_verdict yc_check_body(const struct yc_chain_params *params, struct yc_loaded *l, const struct yc_node *n,
                              struct yc_reject *why);
/** Take a body and what its check has found: it is stored and kept for its connection, or the header is condemned, or
 *  neither. l is the callee's in any case. The verdict is checked's, or YC_SYSTEM. */
enum yc_verdict yc_take_body(struct yc_chain *c, struct yc_loaded *l, struct yc_node *n, enum yc_verdict checked,
                             struct yc_reject *why);
/** Check a body and keep it where it lies. */
enum yc_verdict yc_adopt_body(struct yc_chain *c, struct yc_node *n, struct yc_file_pos at, struct yc_view bytes,
                              struct yc_reject *why);

/* assumed.c: a set of coins in place of the blocks before it */
/** Find what coins there are: active, and background. Before the index is loaded. */
enum yc_verdict yc_assumed_open(struct yc_chain *c, struct yc_error *err);
/** A record of the index was loaded: is it the base's? False: no memory. */
bool yc_assumed_note(struct yc_chain *c, struct yc_node *n);
/** The index has been loaded: take back what was concluded from a set that turned out wrong. */
enum yc_verdict yc_assumed_loaded(struct yc_chain *c, struct yc_error *err);
/** Is there a base that is not proven, and n at or below it on its branch? */
bool yc_below_base(const struct yc_chain *c, const struct yc_node *n);
/** The background has come to the base, and to the same coins. */
enum yc_verdict yc_assumed_proven(struct yc_chain *c);
/** It has not: why says what was found. The node must stop. */
enum yc_verdict yc_assumed_refuted(struct yc_chain *c, const char *why);

/* background.c: the coins that follow the tree up to the base */
/** The next thing that waits for them. YC_NOT_YET: nothing does. */
enum yc_verdict yc_background_advance(struct yc_chain *c);
/** Wait for the workers, and forget. */
void yc_background_free(struct yc_chain *c);

/* verify.c */
bool yc_verify_running(const struct yc_chain *c);
/** While this is true no flush may begin. */
bool yc_verify_holds_store(const struct yc_chain *c);
/** The next step of the one that runs. YC_NOT_YET: it waits for a flush. What it finds is no verdict on the chain. */
enum yc_verdict yc_verify_go_on(struct yc_chain *c);
void yc_verify_free(struct yc_chain *c);

/* reindex.c: every block in the block files into the tree, which holds genesis already */
#define YC_REINDEX_FLAG "reindex" /* of the index: it does not know all block files yet */
/** c->reindex is set unless there are no block files. */
enum yc_verdict yc_reindex_begin(struct yc_chain *c, struct yc_error *err);
/** One more record. YC_NOT_YET: that was all; everything is durable, and c->reindex is NULL again. */
enum yc_verdict yc_reindex_some(struct yc_chain *c, struct yc_error *err);
void yc_reindex_free(struct yc_chain *c);
/** From now on, now and then a line on how far connecting what was stored before the start has got. */
void yc_connecting_begin(struct yc_chain *c);
void yc_tell_connecting(struct yc_chain *c);

/* candidates.c: which branch is best */
bool yc_node_failed(const struct yc_node *n);
bool yc_better(const struct yc_node *a, const struct yc_node *b);
/** n's body and all below are there: give sequence numbers, totals and candidacy to it and to complete descendants. */
enum yc_verdict yc_candidates_complete(struct yc_chain *c, struct yc_node *n);
bool yc_candidates_add(struct yc_chain *c, struct yc_node *n);
struct yc_node *yc_candidates_best(struct yc_chain *c);
void yc_candidates_remove(struct yc_chain *c, const struct yc_node *n);
/** A body of this block is here again that was pruned: what stands on it may be a candidate again. Nothing follows from one
 *  of the active chain. Cost: the branches that stand on it. */
bool yc_candidates_above(struct yc_chain *c, struct yc_node *root);
/** After marks were taken back or the tip was left: collect anew over the whole tree. */
bool yc_candidates_rebuild(struct yc_chain *c);
void yc_best_header_rebuild(struct yc_chain *c);
/** Mark n as failing (status bits) and what stands on it; drop them as candidates. False: no memory, the chain has failed. */
bool yc_mark_failed(struct yc_chain *c, struct yc_node *n, uint32_t status);
/** n's record is to be written. Only one that cannot wait asks for a commit of its own. */
bool yc_mark_dirty(struct yc_chain *c, struct yc_node *n);
/** Make sure that the next yc_mark_dirty() cannot fail. */
bool yc_dirty_reserve(struct yc_chain *c);

/* ahead.c: stored bodies are read before their turn comes */
void yc_ahead_init(struct yc_chainstate *s);
/** Begin to read the bodies of the blocks behind the front, on the way to best, that are not in memory. */
void yc_ahead_fill(struct yc_chainstate *s, const struct yc_node *best);
/** The body of n, the caller's. YC_NOT_YET while it is being read (then yc_ahead_reads()), or when it is not here. */
enum yc_verdict yc_ahead_take(struct yc_chainstate *s, struct yc_node *n, struct yc_loaded **out, struct yc_error *err);
bool yc_ahead_reads(const struct yc_chainstate *s, const struct yc_node *n);
/** Forget all of it; waits for the workers. */
void yc_ahead_clear(struct yc_chainstate *s);

/* inputs.c: the coins that the next blocks spend are read before their turn comes */
void yc_inputs_init(struct yc_chainstate *s);
/** Begin with the blocks behind the front, on the way to best, whose bodies are at hand. */
void yc_inputs_fill(struct yc_chainstate *s, const struct yc_node *best);
/** The body of n, which stands on the front, the caller's; what it spends is cached. YC_NOT_YET while that is read, or the
 *  body is (yc_inputs_reads(), yc_ahead_reads()), or when the body is not here. */
enum yc_verdict yc_inputs_take(struct yc_chainstate *s, struct yc_node *n, struct yc_loaded **out,
                               struct yc_error *err);
bool yc_inputs_reads(const struct yc_chainstate *s, const struct yc_node *n);
/** Forget what is read; waits for the threads. The bodies go back to where bodies wait. */
void yc_inputs_clear(struct yc_chainstate *s);
void yc_inputs_release(struct yc_chainstate *s);

/* scripts.c: the crew. Core thread, but for yc_crew_tell(). */
enum yc_verdict yc_crew_init(struct yc_crew *crew, const struct yc_chain_config *config, struct yc_error *err);
void yc_crew_release(struct yc_crew *crew, const struct yc_alloc *alloc);
/** Put the checks of f behind those that wait. f must stay until it is decided, or cancelled. */
void yc_crew_add(struct yc_crew *crew, struct yc_flight *f);
/** Has every check of f passed, or one failed? When one has failed, yc_crew_cancel() before looking which. */
bool yc_crew_decided(struct yc_crew *crew, const struct yc_flight *f);
/** Forget all checks for this state that were not begun, and wait for those that were: when this returns nobody reads any
 *  flight of it, and a flight's failed_at is its first failing check (catalogue C51). */
void yc_crew_cancel(struct yc_crew *crew, const struct yc_chainstate *whose);
/** How many checks nobody has taken; *told for yc_crew_wait(). */
size_t yc_crew_waiting(struct yc_crew *crew, uint64_t *told);
/** Run up to max checks here; false when there is none to take. */
bool yc_crew_help(struct yc_crew *crew, size_t max);
/** Wait until something has been done since told, checks wait, or the time has come. */
void yc_crew_wait(struct yc_crew *crew, uint64_t told, int64_t deadline_us);
/** Something that core may be waiting for is done. Any thread. */
void yc_crew_tell(struct yc_crew *crew);

/* line.c */
/** May another block join the line: is there room, and is more work for the crew wanted? */
bool yc_line_has_room(struct yc_chainstate *s);
/** Connect the body's block to the front and let it join the line. l is the callee's in any case. A rule that it breaks
 *  is told of when it has got to the line's front. YC_VALID, or YC_SYSTEM (the chain has failed). */
enum yc_verdict yc_line_begin(struct yc_chainstate *s, struct yc_loaded *l);
/** Is it decided what becomes of the first? */
bool yc_line_ready(struct yc_chainstate *s);
/** Make the first the tip, or, when it broke a rule, mark it and drop the line. */
enum yc_verdict yc_line_finish(struct yc_chainstate *s);
/** Help with checks, or wait a moment for the workers. told: of yc_crew_waiting(), from before the line was looked at. */
void yc_line_work(struct yc_chain *c, uint64_t told);
/** Undo all blocks in flight; they become candidates again. */
void yc_line_drop(struct yc_chainstate *s);
/** Free the line's memory; the coins are left as they are. */
void yc_line_release(struct yc_chainstate *s);
/** Would this block connect to the tip? Nothing is changed. The line must be empty. */
enum yc_verdict yc_line_try(struct yc_chainstate *s, struct yc_loaded *l, struct yc_reject *why);

/* connect.c */
/** Need the scripts of n not be run: because they were under these flags, or because n is assumed to be valid? */
bool yc_scripts_skipped(struct yc_chainstate *s, const struct yc_node *n, uint32_t flags);
/** Begin with n, which stands on the front. YC_NOT_YET: its body is being read. */
enum yc_verdict yc_connect_begin(struct yc_chainstate *s, struct yc_node *n);
/** Write the undo data of a block, once. */
enum yc_verdict yc_write_undo(struct yc_chain *c, struct yc_loaded *l, struct yc_error *err);
/** l's block is the tip: note that, and tell of it when it is durable. l is the callee's. False: no memory. */
bool yc_note_connected(struct yc_chainstate *s, struct yc_loaded *l, bool scripts_checked, uint32_t flags);
/** How n is taken off the coins. */
enum yc_coins_undo yc_undo_of(const struct yc_chain *c, const struct yc_node *n);
enum yc_verdict yc_disconnect_tip(struct yc_chainstate *s);
enum yc_verdict yc_replay_one(struct yc_chainstate *s);

/* commit.c */
void yc_commit_init(struct yc_chain *c);
/** Wait for a commit that is on its way; nothing of it is told any more. Its verdict. */
enum yc_verdict yc_commit_end(struct yc_chain *c, struct yc_error *err);
void yc_commit_release(struct yc_chain *c);
/** An event that is told when it is durable. l is the callee's: freed at once when the listener does not want it. */
enum yc_verdict yc_pending_add(struct yc_chain *c, enum yc_chain_event_kind kind, struct yc_node *n,
                               struct yc_loaded *l, const struct yc_reject *why, uint64_t source);
/** Tell the listener now. */
void yc_chain_tell(struct yc_chain *c, const struct yc_chain_event *e);
/** Begin to make everything durable; when it is, the tip is published and what waits is told. None may be on its way. */
enum yc_verdict yc_commit(struct yc_chain *c);
/** Make everything durable here and now. No commit may be on its way to the disk. */
enum yc_verdict yc_make_durable(struct yc_chain *c);
/** The same in the middle of work: a tip of less work than the published one is not published. */
enum yc_verdict yc_commit_some(struct yc_chain *c);
/** Go on with the commit. YC_NOT_YET: there is none, or the disk has not answered. */
enum yc_verdict yc_commit_go_on(struct yc_chain *c);
/** Write what is dirty here and now. No commit may be on its way to the disk. */
enum yc_verdict yc_write_dirty(struct yc_chain *c, struct yc_error *err);
/** Has enough been connected, or waited long enough, that it should be committed before going on? */
bool yc_commit_due(const struct yc_chain *c);
/** Does so much wait for a commit to come back that no more should be connected? */
bool yc_commit_is_behind(const struct yc_chain *c);
/** Will nothing about blocks be told by the commit? */
bool yc_commit_rests(const struct yc_chain *c);
bool yc_all_is_durable(const struct yc_chain *c);
/** The same, but for blocks that the background alone follows. */
bool yc_nothing_urgent_waits(const struct yc_chain *c);
/** Nothing can be done before the disk has answered. told: of yc_crew_waiting(), from before it was looked whether it has.
 *  YC_VALID: look again; YC_NOT_YET: it answers on a virtual clock. */
enum yc_verdict yc_wait_for_disk(struct yc_chain *c, uint64_t told);

/* flush.c */
bool yc_flush_due(const struct yc_chainstate *s);
/** A flush is over: nothing of the state is outside its store. */
void yc_note_flushed(struct yc_chainstate *s);
void yc_flush_init(struct yc_chainstate *s);
/** What the coins rest on is durable, and no block is in flight. Until it is over nobody touches them. */
void yc_flush_begin(struct yc_chainstate *s);
/** Look whether it is over. YC_NOT_YET: it runs. */
enum yc_verdict yc_flush_go_on(struct yc_chainstate *s);
/** Wait for one that runs; its verdict. */
enum yc_verdict yc_flush_end(struct yc_chainstate *s, struct yc_error *err);

/* forget.c: branches beyond what is kept of them */
/** Should branches be looked through for those to forget? Nothing may wait for the disk, or be in flight, when that is done. */
bool yc_forget_due(const struct yc_chain *c);
enum yc_verdict yc_forget_now(struct yc_chain *c);

/* import.c */
/** Each node that an open import holds on to. */
void yc_import_each_node(const struct yc_import *im, void (*each)(void *ctx, struct yc_node *n), void *ctx);
struct yc_import *yc_import_next(const struct yc_import *im);

/* prune.c */
/** The block files are open, the index is loaded, nothing is scanned yet. scan: the files are about to be. YC_INVALID when
 *  the data was pruned and is not to be any more. */
enum yc_verdict yc_prune_open(struct yc_chain *c, bool scan, struct yc_error *err);
/** The tip is known. */
void yc_prune_opened(struct yc_chain *c);
/** Should files be looked for that can go? The coins must have been flushed at the tip before that is done. */
bool yc_prune_due(const struct yc_chain *c);
enum yc_verdict yc_prune_now(struct yc_chain *c);
/** Can the chain move to this branch with the data that is left? */
bool yc_prune_allows(struct yc_chain *c, const struct yc_node *best);

#endif
