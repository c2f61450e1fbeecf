/* Hashes of elements. */
#include "consensus/script/run.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"

enum yc_script_error yc_op_hash(struct yc_script_run *r, const struct yc_script_op *op)
{
    uint8_t digest[32];
    size_t n = 32;
    struct yc_view v = yc_stack_view(&r->m->main, 0);
    switch (op->opcode) {
    case YC_OP_RIPEMD160:
        yc_ripemd160(digest, v.p, v.n);
        n = 20;
        break;
    case YC_OP_SHA1:
        yc_sha1(digest, v.p, v.n);
        n = 20;
        break;
    case YC_OP_SHA256:
        yc_sha256_once(digest, v.p, v.n);
        break;
    case YC_OP_HASH160:
        yc_hash160(digest, v.p, v.n);
        n = 20;
        break;
    default: /* OP_HASH256 */
        yc_sha256d(digest, v.p, v.n);
        break;
    }
    yc_stack_drop(&r->m->main, 1);
    yc_stack_own(&r->m->main, digest, n);
    return YC_SCRIPT_OK;
}
