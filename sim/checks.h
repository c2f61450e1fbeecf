/* What must hold in every scenario. Each ends the run by sim_fail() with a sentence when it does not. */
#ifndef YC_SIM_CHECKS_H
#define YC_SIM_CHECKS_H

#include "sim/scenario.h"

/** While faults go on: a node's pool is sound, it holds no more memory than it may, what it acknowledged is there. */
void sim_check_node(struct sim_run *r, unsigned i);
/** Called for each event of a node's chain: no block of an honest miner breaks a rule. */
void sim_check_event(struct sim_run *r, const struct sim_node *n, const struct yc_chain_event *e);
/** A node came back after a crash: the tip that it had shown is there and not worse than its own. */
void sim_check_acknowledged(struct sim_run *r, unsigned i);
/** Do all honest nodes run and have the same tip? */
bool sim_check_agree(struct sim_run *r);
/** No node marks an honest miner's block invalid. */
void sim_check_marks(struct sim_run *r);
/** The network has been left in peace and agrees: the same coins everywhere, as many as the schedule says, no honest node
 *  banned or discouraged by another, no honest block marked invalid, every pool good for a block. */
void sim_check_end(struct sim_run *r);

#endif
