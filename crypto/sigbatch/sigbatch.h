/* Many signature checks at once: in the lanes of AVX-512 IFMA, AVX-IFMA or AVX2 where the machine has them, else one by one by
 * libsecp256k1. The verdicts are libsecp256k1's in either case.
 *
 * Safety by construction. Arithmetic of our own may only ever say "surely good". Whatever it does not say so of (a bad
 * signature, an exceptional point, an edge of a range, an encoding that it does not know) is decided by libsecp256k1, so
 * that a mistake could at worst accept what should be refused. Against that: bounds of every limb proven for all inputs
 * (tests/unit/crypto/sigbatch/bounds_checks.h), known answers before the engine is installed, and in service a
 * random sample of the accepted checked again by libsecp256k1; one difference stops the caller with both answers.
 *
 * Public data alone: no time here is constant and no secret may come here.
 * Threads: a struct yc_sigengine is fixed once made and shared; each thread has its own struct yc_sigbatch. */
#ifndef YC_CRYPTO_SIGBATCH_SIGBATCH_H
#define YC_CRYPTO_SIGBATCH_SIGBATCH_H

#include "base/alloc.h"
#include "base/result.h"
#include "base/view.h"

enum yc_sig_kind { YC_SIG_KIND_ECDSA, YC_SIG_KIND_BIP340 };

/* One check; the bytes are borrowed for the call.
 * ECDSA: pubkey and sig as for yc_secp_ecdsa_verify(), any lengths. BIP 340: a key of 32 and a signature of 64 bytes;
 * other lengths are bad. */
struct yc_sig_task {
    enum yc_sig_kind kind;
    struct yc_view pubkey, sig;
    const uint8_t *msg32;
    bool sure_only; /* one of several of which some must be good: of what lanes are not sure, no more is asked */
};

/* AUTO: lanes where the machine has them and they pass their test, else SCALAR. SCALAR: libsecp256k1 alone. LANES: lanes
 * or an error. BOTH: lanes, and everything by libsecp256k1 as well; slow, for tests. */
enum yc_sig_mode { YC_SIG_MODE_AUTO, YC_SIG_MODE_SCALAR, YC_SIG_MODE_LANES, YC_SIG_MODE_BOTH };

/** The mode of that name ("auto", "scalar", "lanes", "both"); false when there is none. */
bool yc_sig_mode_from_name(enum yc_sig_mode *out, const char *name) YC_MUST_USE;

#define YC_SIG_CHECK_ONE_IN 256 /* the usual share of accepted signatures that is checked again */

/** The share that a text such as "1/256" gives: N of 1/N, at most 2^32 - 1; 0 of "0". False for any other text. */
bool yc_sig_check_from_text(uint32_t *one_in, const char *text) YC_MUST_USE;

struct yc_lane_group;

struct yc_sigengine {
    enum yc_sig_mode mode;                                     /* as settled: never AUTO */
    uint32_t check_one_in;                                     /* of what the lanes accept; 0: none */
    void (*lanes)(struct yc_lane_group *groups, size_t count); /* NULL in mode SCALAR */
    const char *name;                                          /* "libsecp256k1", "avx512-ifma" …; static */
    size_t lanes_least;                                        /* fewer tasks are for libsecp256k1 */
};

/** Settle on an engine, after its known answers have come out right.
 *  YC_INVALID  LANES or BOTH is asked of a machine or a build without them
 *  YC_SYSTEM   (CORRUPT) lanes asked for by name give a wrong answer. AUTO falls back to SCALAR then; *why_not, where
 *              not NULL, receives a static sentence, or NULL when the lanes are in use. */
enum yc_verdict yc_sigengine_init(struct yc_sigengine *out, enum yc_sig_mode mode, uint32_t check_one_in,
                                  const char **why_not, struct yc_error *err) YC_MUST_USE;

/* What a batch has done so far. */
struct yc_sigbatch_counts {
    uint64_t tasks;    /* all that were checked */
    uint64_t lanes;    /* of them, accepted by lanes */
    uint64_t scalar;   /* decided by libsecp256k1 after lanes, or without */
    uint64_t rescued;  /* of those, good though lanes could not say so */
    uint64_t repeated; /* accepted by lanes and checked again */
};

/* A signature on which the engines differ, with a copy of the bytes. */
struct yc_sigbatch_mismatch {
    size_t index; /* in the tasks of the call */
    enum yc_sig_kind kind;
    bool lanes, libsecp;
    uint8_t msg32[32], pubkey[65], sig[80];
    size_t pubkey_n, sig_n; /* lanes accept nothing longer than these arrays but signatures with bytes behind their end;
                               of such a one the first 80 are kept */
};

struct yc_sigbatch;

/** Room for one thread's batches, about 60 KiB; seed (secret and random) chooses what is checked again.
 *  YC_SYSTEM (MEMORY). The engine must outlive it. */
enum yc_verdict yc_sigbatch_new(struct yc_sigbatch **out, const struct yc_sigengine *engine, uint64_t seed,
                                const struct yc_alloc *alloc, struct yc_error *err) YC_MUST_USE;
/** b may be NULL. */
void yc_sigbatch_free(struct yc_sigbatch *b);

/** Check count tasks of any kinds; good[i] receives the verdict on tasks[i]: false is none where sure_only is set. Takes no memory but about 100 kB of stack.
 *  Multiples of 64 use the lanes best; eight cost as much as one, and very few go to libsecp256k1.
 *  YC_SYSTEM (CORRUPT) when lanes accepted what libsecp256k1 refuses: *mismatch says which (err says it as a sentence), and
 *  nothing of good may be used: this machine must not judge blocks. */
enum yc_verdict yc_sigbatch_check(struct yc_sigbatch *b, const struct yc_sig_task *tasks, size_t count, bool *good,
                                  struct yc_sigbatch_mismatch *mismatch, struct yc_error *err) YC_MUST_USE;

/** Valid until the next check. */
const struct yc_sigbatch_counts *yc_sigbatch_counts(const struct yc_sigbatch *b);

#endif
