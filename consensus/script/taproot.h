/* The hashes that a taproot output commits to (BIP 341). Pure; any thread. */
#ifndef YC_CONSENSUS_SCRIPT_TAPROOT_H
#define YC_CONSENSUS_SCRIPT_TAPROOT_H

#include "base/result.h"
#include "base/view.h"

#define YC_TAPROOT_LEAF_TAPSCRIPT     0xc0
#define YC_TAPROOT_LEAF_MASK          0xfe
#define YC_TAPROOT_CONTROL_BASE_BYTES 33
#define YC_TAPROOT_CONTROL_NODE_BYTES 32
#define YC_TAPROOT_CONTROL_NODES_MAX  128
#define YC_TAPROOT_ANNEX_TAG          0x50

/** The leaf that commits to a script. */
void yc_taproot_leaf_hash(uint8_t out32[32], uint8_t leaf_version, struct yc_view script);

/** The node above two, which are sorted first. out may be one of them. */
void yc_taproot_branch_hash(uint8_t out32[32], const uint8_t a32[32], const uint8_t b32[32]);

/** The scalar that the internal key is tweaked by; root32 NULL: an output without scripts. */
void yc_taproot_tweak_hash(uint8_t out32[32], const uint8_t internal32[32], const uint8_t *root32);

/** Is it 33 + 32·n bytes, n <= 128? */
bool yc_taproot_control_is_sized(struct yc_view control);

/** Does the output key commit to the leaf by way of this control block (sized as above)? */
bool yc_taproot_commits(const uint8_t output32[32], struct yc_view control, const uint8_t leaf32[32]) YC_MUST_USE;

#endif
