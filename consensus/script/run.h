/* One run of one script: its state, and the handlers of its operations. For consensus/script alone. */
#ifndef YC_CONSENSUS_SCRIPT_RUN_H
#define YC_CONSENSUS_SCRIPT_RUN_H

#include "consensus/script/num.h"
#include "consensus/script/opcodes.h"
#include "consensus/script/sighash.h"
#include "consensus/script/stack.h"

enum yc_script_version { YC_SCRIPT_LEGACY, YC_SCRIPT_V0, YC_SCRIPT_TAPSCRIPT };

struct yc_script_machine {
    const struct yc_alloc *alloc;
    struct yc_stack main, alt;
    struct yc_stack kept; /* what scriptSig left, for P2SH */
    struct yc_sighash_cache sighash;
    uint8_t code[YC_SCRIPT_BYTES_MAX]; /* a legacy script code out of which signatures were deleted */
};

/* What is verified: constant from the first script of an input to its last. */
struct yc_script_job {
    const struct yc_spend *spend;
    uint32_t input;
    uint32_t flags;
    const struct yc_checker *checker;
    struct yc_script_machine *machine;
    bool may_defer;
    bool deferred; /* a signature was: a failure is then no verdict */
};

struct yc_script_run {
    struct yc_script_job *job;
    struct yc_script_machine *m;
    enum yc_script_version version;
    uint32_t flags;
    struct yc_view script;
    size_t next;            /* behind the operation that runs */
    size_t code_start;      /* behind the last OP_CODESEPARATOR that ran */
    uint32_t index;         /* of the operation that runs */
    uint32_t counted;       /* operations against the limit of 201 */
    uint32_t branch_depth;  /* conditionals open here */
    uint32_t untaken_depth; /* branch_depth of the outermost conditional whose branch is not taken; 0: all are */

    /* Tapscript */
    struct yc_sighash_tap *tap;
    int64_t budget; /* BIP 342: of signature checks, in weight units */
};

typedef enum yc_script_error yc_op_handler(struct yc_script_run *r, const struct yc_script_op *op);

/* Handlers of the families; each leaves the check of the stack's limit to the loop. */
yc_op_handler yc_op_bad;
yc_op_handler yc_op_push, yc_op_push_number;                                                    /* ops_push.c */
yc_op_handler yc_op_nop, yc_op_upgradable_nop, yc_op_if, yc_op_else, yc_op_endif, yc_op_verify; /* ops_flow.c */
yc_op_handler yc_op_return;
yc_op_handler yc_op_to_alt, yc_op_from_alt, yc_op_drop, yc_op_drop2, yc_op_dup, yc_op_dup2,
    yc_op_dup3; /* ops_stack.c */
yc_op_handler yc_op_over, yc_op_over2, yc_op_rot, yc_op_rot2, yc_op_swap, yc_op_swap2, yc_op_ifdup, yc_op_depth;
yc_op_handler yc_op_nip, yc_op_pick, yc_op_tuck;
yc_op_handler yc_op_size, yc_op_equal;                                 /* ops_bytes.c */
yc_op_handler yc_op_unary, yc_op_binary, yc_op_within;                 /* ops_number.c */
yc_op_handler yc_op_hash;                                              /* ops_hash.c */
yc_op_handler yc_op_code_separator, yc_op_checksig, yc_op_checksigadd; /* ops_sig.c */
yc_op_handler yc_op_checkmultisig;                                     /* ops_multisig.c */
yc_op_handler yc_op_check_lock_time, yc_op_check_sequence;             /* ops_lock.c */

/** Run the script on machine->main as it stands; the alt stack is emptied. budget and tap serve tapscript alone, else
 *  0 and NULL. The script's bytes and those of the stack's elements outlive everything that the stack is used for. */
enum yc_script_error yc_script_run(struct yc_script_job *job, enum yc_script_version version, struct yc_view script,
                                   struct yc_sighash_tap *tap, int64_t budget) YC_MUST_USE;

/** Read the i-th element from the top as a number of up to 4 bytes. False: SCRIPTNUM. */
bool yc_run_number(struct yc_script_run *r, size_t i, int64_t *out) YC_MUST_USE;
/** Push a number. */
void yc_run_push_number(struct yc_script_run *r, int64_t value);

/** Does the ECDSA signature (with its hash type) sign this script code? Encodings have been checked. */
/** The digest that the signature signs, whose last byte is its hash type; sig is not empty. */
void yc_run_digest(struct yc_script_run *r, struct yc_view sig, struct yc_view code, uint8_t digest32[32]);
bool yc_run_ecdsa(struct yc_script_run *r, struct yc_view sig, struct yc_view pubkey, struct yc_view code,
                  bool may_defer);

/** The script from the last OP_CODESEPARATOR on. */
struct yc_view yc_run_code(const struct yc_script_run *r);

/** Delete the signature's push from a legacy script code (other versions leave it alone); *code may then lie in the
 *  machine. Returns YC_SCRIPT_OK or, under CONST_SCRIPTCODE when it was there, SIG_FINDANDDELETE. */
enum yc_script_error yc_run_delete_sig(struct yc_script_run *r, struct yc_view *code, struct yc_view sig);

/** Check a Schnorr signature of 64 or 65 bytes; shared by key path and tapscript. */
enum yc_script_error yc_job_schnorr(struct yc_script_job *job, struct yc_view sig, const uint8_t xonly32[32],
                                    struct yc_sighash_tap *tap);

#endif
