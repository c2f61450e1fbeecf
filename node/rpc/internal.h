/* Inside node/rpc: a request, the call it makes now, and what methods are given. See rpc.h for the outside.
 *
 * A request is one HTTP body: one call, or a batch of calls made one after another. A call belongs to one thread at a
 * time and moves between them: the thread that handed it in, the core thread, one of a few threads for long reading. Each
 * part of a method runs on one of them and says by its result where the call goes next. */
#ifndef YC_NODE_RPC_INTERNAL_H
#define YC_NODE_RPC_INTERNAL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "node/rpc/rpc.h"
#include "sys/json_out.h"
#include "sys/thread.h"

#define YC_RPC_ARGS_MAX      10
#define YC_RPC_BODY_MAX      (32u * 1024 * 1024) /* bytes of a request */
#define YC_RPC_BATCH_MAX     20000               /* calls in one body */
#define YC_RPC_ANSWER_MAX    ((size_t)1 << 30)   /* bytes of an answer */
#define YC_RPC_ARENA_MAX     ((size_t)1 << 30)   /* bytes that one call may hold */
#define YC_RPC_READERS       4                   /* threads for long reading */
#define YC_RPC_READERS_QUEUE 4096
#define YC_RPC_REST_RETRY_US 2000 /* how soon to ask again whether the chain is at rest */

/* Where a method begins. */
enum yc_rpc_place {
    YC_RPC_ANYWHERE, /* on the calling thread; needs no chain */
    YC_RPC_TIP,      /* on the calling thread, from the published tip (yc_chain_snapshot()) */
    YC_RPC_CORE,     /* on the core thread */
    YC_RPC_AT_REST   /* on the core thread, once yc_chain_at_rest() */
};

/* What a part of a method says. */
enum yc_rpc_flow {
    YC_RPC_DONE,     /* the result is written; nothing written is null */
    YC_RPC_FAILED,   /* yc_rpc_fail() was called */
    YC_RPC_WAIT,     /* run call->next on the core thread when something changed or call->deadline_us has come */
    YC_RPC_RETRY,    /* run call->next on the core thread in a moment, when the chain is at rest */
    YC_RPC_TO_CORE,  /* run call->next on the core thread */
    YC_RPC_TO_READER /* run call->next on a thread for long work; it must look at yc_rpc_ending() now and then */
};

enum yc_rpc_arg_kind {
    YC_RPC_ARG_END = 0,
    YC_RPC_ARG_TEXT,
    YC_RPC_ARG_HEX,
    YC_RPC_ARG_NUMBER,
    YC_RPC_ARG_BOOL,
    YC_RPC_ARG_ARRAY,
    YC_RPC_ARG_OBJECT,
    YC_RPC_ARG_AMOUNT, /* number or text; the method checks it */
    YC_RPC_ARG_ANY     /* the method checks it */
};

struct yc_rpc_arg {
    const char *names; /* "verbosity|verbose" */
    enum yc_rpc_arg_kind kind;
    bool required;
    bool named_only;   /* a member of the options object that follows, which may be given by its name at the top */
    const char *shape; /* how the one-line help shows it; NULL: by name and kind */
    const char *what;
};

struct yc_rpc_call;
typedef enum yc_rpc_flow (*yc_rpc_part)(struct yc_rpc_call *c);

struct yc_rpc_method {
    const char *category; /* as in `help`; "hidden" is not listed there */
    const char *name;
    enum yc_rpc_place place;
    yc_rpc_part run;
    const char *what;
    const char *example;                        /* arguments as on the command line */
    struct yc_rpc_arg arg[YC_RPC_ARGS_MAX + 5]; /* ends with YC_RPC_ARG_END */
};

/* The method's name is looked up in O(methods); NULL when there is none. */
const struct yc_rpc_method *yc_rpc_method_find(const char *name);
size_t yc_rpc_method_count(void);
const struct yc_rpc_method *yc_rpc_method_at(size_t i);
/** How many positional arguments it takes at most, and how many it needs. */
size_t yc_rpc_method_args(const struct yc_rpc_method *m, size_t *needed);
/** The text of `help NAME`; only its first line when short_form. */
void yc_rpc_method_help(struct yc_buf *out, const struct yc_rpc_method *m, bool short_form);

struct yc_rpc_request;

struct yc_rpc_call {
    struct yc_rpc *rpc;
    struct yc_rpc_request *request;
    const struct yc_rpc_method *method;
    struct yc_core *core;                       /* not NULL on the core thread */
    struct yc_chain *chain;                     /* the core's, on any thread */
    const char *name;                           /* of the method, as asked for */
    const struct yc_json *arg[YC_RPC_ARGS_MAX]; /* by position; NULL: not given; may be a null too */
    const struct yc_json *options[5];           /* named-only ones given at the top, in the method's order */
    size_t arg_count;
    bool v2, no_object;
    const struct yc_json *id; /* NULL: none */

    struct yc_json_out out;                 /* the result */
    struct yc_arena arena;                  /* dies with the call */
    void *state;                            /* a method's own, in the arena */
    void (*release)(struct yc_rpc_call *c); /* gives back what state holds outside the arena; may be NULL */

    yc_rpc_part next;
    int64_t deadline_us;
    bool wants_pool;             /* WAIT: changes of the pool wake it too */
    const struct yc_node *watch; /* WAIT: keep why this block failed */
    bool watch_failed;
    char watch_why[256];

    int code; /* enum yc_rpc_code */
    struct yc_buf message;
    int64_t began_us;
    int64_t timer_us; /* WAIT: a wake-up is ordered for then */
    struct yc_rpc_call *next_waiter, *next_active, *previous_active;
};

struct yc_rpc_request {
    struct yc_rpc *rpc;
    struct yc_json *root;
    bool batch, answered_any;
    size_t at, count;
    size_t prepared_to; /* transactions of calls before this one have been looked at ahead */
    struct yc_buf answer;
    size_t mark, value_at; /* where the answer of the present call begins, and its result */
    int status;
    char user[128];
    yc_rpc_done done;
    void *done_ctx;
    struct yc_rpc_call call;
};

/* The last template that was handed out, so that polling miners cost little. Core thread. */
struct yc_rpc_template {
    struct yc_template t;
    bool held;
    const struct yc_node *parent;
    uint64_t pool_sequence;
    int64_t made_us;
    int64_t took_us; /* to make */
};

/* One long search at a time, which others may watch and stop. Any thread. */
struct yc_rpc_search {
    atomic_bool running, abort;
    atomic_uint percent, height;
};

struct yc_rpc {
    struct yc_rpc_env env;
    struct yc_core *core; /* core thread only */
    struct yc_chain *_Atomic chain;
    struct yc_indexes *indexes; /* set before chain is */
    atomic_bool ending;

    struct yc_mutex lock; /* over the next three groups */
    char warmup[256];
    bool warming;
    struct yc_rpc_call *active; /* calls that have begun, for getrpcinfo */
    unsigned reading;           /* threads outside core that may touch the chain now */
    struct yc_cond read_done;

    struct yc_queue *reader_queue; /* struct yc_rpc_request * */
    struct yc_thread reader[YC_RPC_READERS];
    unsigned reader_count;

    struct yc_rpc_call *waiters; /* core thread only, as is the rest */
    bool wake_posted, wake_pool;
    struct yc_rpc_template cached;
    uint64_t last_weight; /* of the last template made, for getmininginfo; 0: none */
    uint32_t last_txs;
    struct yc_rpc_search coins_search, filter_search; /* scantxoutset, scanblocks */
};

/* ---- server.c: moving calls ---- */

/** Take the call on from what its last part said; from then on it belongs to whoever runs it next. */
void yc_rpc_proceed(struct yc_rpc_call *c, enum yc_rpc_flow flow);
/** Begin the call in c: its method, arguments and place are known. True when it has ended already, else it belongs to
 *  another thread now. */
bool yc_rpc_begin(struct yc_rpc_call *c);
/** Have a reader thread, or if all are busy the core thread, go on with the batch. */
void yc_rpc_hand_over(struct yc_rpc_request *q);
/** The node is going down: long work must stop and answer "Shutting down". */
bool yc_rpc_ending(const struct yc_rpc *r);

/* ---- dispatch.c ---- */

/** The present call has ended: write its answer; then have the next one begun elsewhere, or send the whole. */
void yc_rpc_finished(struct yc_rpc_call *c);
/** Go on with a batch on this thread. */
void yc_rpc_go_on(struct yc_rpc_request *q);

/* ---- answers ---- */

/** Set the call's error; returns YC_RPC_FAILED. Any result written so far is dropped. */
enum yc_rpc_flow yc_rpc_fail(struct yc_rpc_call *c, enum yc_rpc_code code, const char *format, ...) YC_PRINTF(3, 4);
/** Our own failure: -7 for memory, else -1 with the sentence. */
enum yc_rpc_flow yc_rpc_fail_system(struct yc_rpc_call *c, const struct yc_error *err);
enum yc_rpc_flow yc_rpc_fail_memory(struct yc_rpc_call *c);
enum yc_rpc_flow yc_rpc_fail_shutdown(struct yc_rpc_call *c);
/** The method's own help, as a wrong use is answered: -1. */
enum yc_rpc_flow yc_rpc_fail_help(struct yc_rpc_call *c);
/** Wait: run next when something changed, at the latest at deadline_us. */
enum yc_rpc_flow yc_rpc_wait(struct yc_rpc_call *c, yc_rpc_part next, int64_t deadline_us);
/** Go to the named place with the next part. */
enum yc_rpc_flow yc_rpc_go(struct yc_rpc_call *c, enum yc_rpc_flow where, yc_rpc_part next);

/* ---- args.c: reading arguments; false means that yc_rpc_fail() was called ---- */

/** Was it given, and not null? */
bool yc_rpc_has(const struct yc_rpc_call *c, size_t i);
const char *yc_rpc_arg_text(const struct yc_rpc_call *c, size_t i, const char *fallback);

/* Of a file that a call reads or writes, its end included. */
#define YC_RPC_PATH_BYTES 4096

/** The path that argument i names, absolute or in the chain's data folder. False: it is empty or too long, and the call has
 *  failed with a sentence. */
bool yc_rpc_arg_path(struct yc_rpc_call *c, size_t i, char out[YC_RPC_PATH_BYTES]);
bool yc_rpc_arg_bool(const struct yc_rpc_call *c, size_t i, bool fallback);
/** -1 "JSON integer out of range" for anything but a whole number of min..max. */
bool yc_rpc_arg_int(struct yc_rpc_call *c, size_t i, int64_t fallback, int64_t min, int64_t max, int64_t *out);
bool yc_rpc_int_of(struct yc_rpc_call *c, const struct yc_json *v, int64_t min, int64_t max, int64_t *out);
/** A displayed hash; name as the error shows it. */
bool yc_rpc_arg_hash(struct yc_rpc_call *c, size_t i, const char *name, uint8_t out32[32]);
bool yc_rpc_hash_of(struct yc_rpc_call *c, const struct yc_json *v, const char *name, uint8_t out32[32]);
/** A member of an object that must be there: -3 "Missing NAME". */
bool yc_rpc_member_of(struct yc_rpc_call *c, const struct yc_json *object, const char *name,
                      const struct yc_json **out);
/** An amount of coins, 0 up; -3 as Bitcoin Core says it. */
bool yc_rpc_amount_of(struct yc_rpc_call *c, const struct yc_json *v, int64_t *sat);
/** Bytes in hexadecimal into the call's arena; false (no error set) when the text is not hexadecimal or memory ends. */
bool yc_rpc_hex_of(struct yc_rpc_call *c, const struct yc_json *v, struct yc_view *out);
/** A whole transaction in hexadecimal; false (no error set) when it is none. with_ids: parsed and hashed. */
bool yc_rpc_tx_of(struct yc_rpc_call *c, const struct yc_json *v, struct yc_tx *out);
/** A fee rate in coins per kvB, at most 1 coin; fallback when not given. */
bool yc_rpc_arg_feerate(struct yc_rpc_call *c, size_t i, int64_t fallback_sat, int64_t *sat_per_kvb);
/** The block that argument i names by hash; -5 "Block not found". Core thread. */
bool yc_rpc_arg_block(struct yc_rpc_call *c, size_t i, const char *name, const struct yc_node **out);
/** A block by its height in the chain, when v is a number, or by its hash. Core thread. */
bool yc_rpc_block_of(struct yc_rpc_call *c, const struct yc_json *v, const struct yc_node **out);

/* ---- block.c: a block from disk. Its owner begins with zeros and the node; the call's state points to it. ---- */

struct yc_rpc_block {
    const struct yc_node *node, *tip;
    bool have_undo; /* what it spent can be read (yc_rpc_block_parse(): has been) */
    struct yc_view raw;
    struct yc_arena arena; /* the parsed block and what it spent */
    bool arena_held;
    struct yc_block block;
    struct yc_spent_coins spent; /* in the order of the block's inputs, without the coinbase's; genesis has none */
};
/** Go on with next where the body of b->node may be read; what is read is given back when the call ends. Core thread.
 *  -1 when it is not here. */
enum yc_rpc_flow yc_rpc_block_open(struct yc_rpc_call *c, struct yc_rpc_block *b, yc_rpc_part next);
/** Its bytes into b->raw; false when that failed, and the call with it. */
bool yc_rpc_block_read(struct yc_rpc_call *c, struct yc_rpc_block *b);
/** Those bytes parsed, and with_spent what the block spent, where undo data is there. False as above. */
bool yc_rpc_block_parse(struct yc_rpc_call *c, struct yc_rpc_block *b, bool with_spent);

/* Scripts to look for. */
struct yc_rpc_needles {
    struct yc_view *script;
    struct yc_view *descriptor; /* of each, as given, without its checksum; empty: infer it from the script */
    size_t count;
};
/** Read an array of scan objects, text or {"desc": text}, into the call's arena. */
bool yc_rpc_needles_of(struct yc_rpc_call *c, const struct yc_json *array, struct yc_rpc_needles *out);
/** Claim the search for this call: -8 when it runs already. Its owner clears running. */
bool yc_rpc_search_claim(struct yc_rpc_call *c, struct yc_rpc_search *s);
/** The actions abort and status, and -8 for any other; with_height: in the status. */
enum yc_rpc_flow yc_rpc_search_action(struct yc_rpc_call *c, struct yc_rpc_search *s, bool with_height);
/** gettxoutsetinfo by its index, for block n (NULL: the tip); false: it does not have it, and no error is set. Reader. */
bool yc_rpc_show_coinstats(struct yc_rpc_call *c, const struct yc_node *n, bool with_hash, enum yc_rpc_flow *flow);

/** The kind as type errors name it: "string", "number" … */
bool yc_rpc_expect(struct yc_rpc_call *c, const struct yc_json *v, enum yc_json_kind kind);

/* ---- show.c: what several methods write ---- */

struct yc_rpc_show_tx {
    const struct yc_chain_params *params;
    const struct yc_coin *spent; /* one for each input, or NULL */
    bool prevouts;               /* show them */
    bool hex;
    const struct yc_block_hash *block; /* NULL: none */
};
/** The members of a transaction; the object is open. */
void yc_rpc_show_tx(struct yc_rpc_call *c, const struct yc_tx *tx, const struct yc_rpc_show_tx *how);
/** A script as an object: asm, desc, hex, address, type. */
void yc_rpc_show_script(struct yc_rpc_call *c, struct yc_view script, bool with_hex);
/** The members of the same. witness_script: that of a P2WSH script, empty when it is not known. */
void yc_rpc_show_script_members(struct yc_rpc_call *c, struct yc_view script, struct yc_view witness_script,
                                bool with_hex);
/** "bits", "target" as Bitcoin Core writes them. */
void yc_rpc_show_target(struct yc_rpc_call *c, uint32_t bits);
void yc_rpc_show_bits(struct yc_rpc_call *c, uint32_t bits);
void yc_rpc_show_work(struct yc_rpc_call *c, const char *key, struct yc_u256 work);
/** The members of a header; tip says what is above it. */
void yc_rpc_show_header(struct yc_rpc_call *c, const struct yc_node *n, const struct yc_node *tip);
/** The part of the chain that is here up to tip: a guess, as nobody knows how much others have. Core thread. */
double yc_rpc_progress(struct yc_rpc_call *c, const struct yc_node *tip);
/** "backgroundvalidation", while the blocks below a snapshot are being validated. Core thread. */
void yc_rpc_show_background(struct yc_rpc_call *c);
/** "signet_challenge", on a signet alone. */
void yc_rpc_show_signet(struct yc_rpc_call *c);
/** "warnings": what an operator should know. Empty when all is well. */
void yc_rpc_show_warnings(struct yc_rpc_call *c);

/** The descriptor that a script is written as when nothing more is known of it; out needs room for the script in hex.
 */
void yc_rpc_show_descriptor(struct yc_rpc_call *c, const char *key, struct yc_view script);

/* ---- shared by methods ---- */

/** The script that an address, a descriptor, or either pays to. False, with *err about the last that was tried, when it is
 *  none; no call error is set. */
bool yc_rpc_output_script(struct yc_rpc_call *c, const char *text, bool address, bool descriptor, struct yc_view *out,
                          struct yc_error *err);
/** Wait a little on this reader thread until the index holds the published tip. True when it does; false at once when it
 *  is still being built, and when there is none. */
bool yc_rpc_index_catch_up(struct yc_rpc_call *c, enum yc_index_kind kind);
/** Does every index that has once caught up hold this block? */
bool yc_rpc_indexes_follow(const struct yc_rpc *r, const struct yc_node *tip);
double yc_rpc_hashes_per_second(const struct yc_node *tip, int64_t blocks, int64_t height);

#define M(category, name, place, what, example, ...) enum yc_rpc_flow yc_method_##name(struct yc_rpc_call *c);
#include "node/rpc/methods.def"
#undef M

#endif
