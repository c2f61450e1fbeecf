/* Signatures of many scripts, gathered to be checked as batches by the engine of crypto/sigbatch: a checker that defers
 * whatever it may. Each thread has its own. A signature that turns out bad condemns nothing by itself: its script is run
 * again with libsecp256k1 at once, and that run's verdict counts (consensus/checks.h does so for whole batches of inputs).
 * That is why an engine with lanes is asked for those alone: what they are not sure of counts as bad here. */
#ifndef YC_CONSENSUS_SCRIPT_COLLECTOR_H
#define YC_CONSENSUS_SCRIPT_COLLECTOR_H

#include "base/alloc.h"
#include "consensus/script/checker.h"
#include "crypto/sigbatch/sigbatch.h"

/* Of a CHECKMULTISIG every pair of a signature and a key that it may be for is held, at most so many. */
#define YC_SIG_COLLECTOR_PAIRS_MAX 32

/* Signatures held at most. A script that asks for more while it is full has them decided at once. */
#define YC_SIG_COLLECTOR_MAX 256

struct yc_sig_collector;

/** YC_SYSTEM (MEMORY). The engine must outlive the collector; seed as for yc_sigbatch_new(). About 130 kB. */
enum yc_verdict yc_sig_collector_new(struct yc_sig_collector **out, const struct yc_sigengine *engine, uint64_t seed,
                                     const struct yc_alloc *alloc, struct yc_error *err) YC_MUST_USE;
/** c may be NULL. */
void yc_sig_collector_free(struct yc_sig_collector *c);

/** The checker to run scripts with; lives as long as the collector. It copies what it defers. */
const struct yc_checker *yc_sig_collector_checker(struct yc_sig_collector *c);

/** What is asked from now on belongs to this item; items come in ascending order. */
void yc_sig_collector_begin(struct yc_sig_collector *c, size_t item);
/** Forget what the item begun last has asked: its verdict stands without. */
void yc_sig_collector_drop(struct yc_sig_collector *c);
/** How many signatures are held. */
size_t yc_sig_collector_count(const struct yc_sig_collector *c);

/** Check all that is held and hold nothing any more.
 *  out_items  items with a signature that is bad, or that lanes are not sure of, ascending, each once; *out_count of them. Valid until the next begin
 *  Returns    YC_VALID, or YC_SYSTEM (CORRUPT) when two engines differ: nothing may be concluded then. */
enum yc_verdict yc_sig_collector_settle(struct yc_sig_collector *c, const size_t **out_items, size_t *out_count,
                                        struct yc_error *err) YC_MUST_USE;

#endif
