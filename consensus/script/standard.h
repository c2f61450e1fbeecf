/* Standard spends by their bytes: P2PKH, P2WPKH, P2SH-P2WPKH and P2TR by key. Each comes down to one signature, so it may go
 * to a batch without a script being run. What differs from the plain form in anything, or what the flags in force give
 * another meaning, is not recognised: the interpreter decides it. So nothing here refuses a spend, and no reason for a
 * refusal comes from here. Pure; any thread.
 *
 * Attack it answers: a way around the interpreter that is laxer than the interpreter splits the chain. Each line of
 * standard.c says which rule of the interpreter it stands for; unit/consensus/script/standard and the fuzz target
 * `script` compare the two. */
#ifndef YC_CONSENSUS_SCRIPT_STANDARD_H
#define YC_CONSENSUS_SCRIPT_STANDARD_H

#include "consensus/script/verify.h"

/** Ask the checker about the one signature of a standard spend, which it may defer.
 *  s, input, flags  as for yc_script_verify()
 *  Returns          true: yc_script_verify() with this checker would ask the same and return YC_SCRIPT_OK; with a
 *                   deferred signature provided that it turns out good
 *                   false: run the interpreter; nothing was asked, or the answer was BAD */
bool yc_standard_spend_ask(const struct yc_spend *s, uint32_t input, uint32_t flags,
                           const struct yc_checker *checker) YC_MUST_USE;

#endif
