/* Recognising the standard forms of output scripts: what policy, addresses and the RPC call a script. Nothing here
 * decides whether a spend is valid. Pure; any thread. */
#ifndef YC_CONSENSUS_SCRIPT_SOLVER_H
#define YC_CONSENSUS_SCRIPT_SOLVER_H

#include "consensus/script/script.h"

enum yc_script_kind {
    YC_SCRIPT_KIND_NONSTANDARD = 0,
    YC_SCRIPT_KIND_PUBKEY,
    YC_SCRIPT_KIND_PUBKEYHASH,
    YC_SCRIPT_KIND_SCRIPTHASH,
    YC_SCRIPT_KIND_MULTISIG,
    YC_SCRIPT_KIND_NULLDATA,
    YC_SCRIPT_KIND_WITNESS_V0_KEYHASH,
    YC_SCRIPT_KIND_WITNESS_V0_SCRIPTHASH,
    YC_SCRIPT_KIND_WITNESS_V1_TAPROOT,
    YC_SCRIPT_KIND_ANCHOR,
    YC_SCRIPT_KIND_WITNESS_UNKNOWN
};

/* What a recognised script holds. Views are into the script. */
struct yc_script_solution {
    struct yc_view data;      /* the public key, key hash, script hash or witness program; else empty */
    unsigned witness_version; /* of a witness program */
    uint32_t required;        /* MULTISIG: signatures needed, 1..20 */
    uint32_t key_count;       /* MULTISIG: 1..20 */
    struct yc_view keys[YC_SCRIPT_KEYS_MAX];
};

/** The form of an output script.
 *  out  may be NULL; keys are checked for length and first byte, not for being points
 *  A script that starts with OP_RETURN is NULLDATA only when the rest is push-only. */
enum yc_script_kind yc_script_solve(struct yc_view s, struct yc_script_solution *out);

/** The name that Bitcoin Core's RPC gives it ("pubkeyhash", "witness_v1_taproot" …); static. */
const char *yc_script_kind_name(enum yc_script_kind kind);

/** Does the first byte of this public key fit its length (33 or 65 bytes; hybrid keys too)? */
bool yc_pubkey_has_valid_size(struct yc_view pubkey);

#endif
