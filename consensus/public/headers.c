/* Branches and chains of headers. */
#include "consensus/public/internal.h"
#include "crypto/sha256.h"

YC_STATIC_ASSERT(YCOIN_HEADER_SIZE == YC_HEADER_BYTES, "a header has one size");

static struct yc_ancestor branch_at(void *ctx, uint32_t height)
{
    struct yc_public_branch *b = ctx;
    struct ycoin_ancestor told = {0, 0, 0};
    if (b->headers80 && height >= b->first) {
        struct yc_header h;
        yc_header_read(&h, b->headers80 + (size_t)(height - b->first) * YC_HEADER_BYTES);
        return (struct yc_ancestor){h.time, h.bits, h.version};
    }
    if (!b->failed && b->parent->ancestor(b->parent->user, height, &told) != 1)
        b->failed = true;
    return (struct yc_ancestor){told.time, told.bits, told.version};
}

bool yc_public_branch_init(struct yc_public_branch *b, const struct ycoin_parent *parent)
{
    *b = (struct yc_public_branch){.parent = parent};
    b->ancestors = (struct yc_ancestors){parent ? parent->height : 0, branch_at, b};
    return !parent || parent->height < YC_NEVER - 1;
}

enum ycoin_verdict yc_public_branch_verdict(const struct yc_public_branch *b, enum yc_verdict verdict,
                                            const struct yc_reject *reject, struct ycoin_reason *why)
{
    if (b->failed)
        return yc_public_error(why, "the callback ancestor did not answer for a block of the branch");
    return yc_public_verdict(verdict, reject, why);
}

void ycoin_header_hash(uint8_t hash32[32], const uint8_t header80[YCOIN_HEADER_SIZE])
{
    yc_sha256d(hash32, header80, YC_HEADER_BYTES);
}

/* The i-th header, whose parent (when it has one) has the hash *prev; the branch ends in that parent. */
static enum yc_verdict judge(const struct yc_chain_params *params, const uint8_t *header80,
                             const struct yc_block_hash *prev, const struct yc_ancestors *a, int64_t now_s,
                             struct yc_block_hash *hash, struct yc_reject *reject)
{
    struct yc_header h;
    yc_header_read(&h, header80);
    *hash = yc_header_hash(&h);
    if (prev ? !yc_block_hash_equal(&h.prev, prev) : !yc_block_hash_equal(hash, &params->genesis.hash))
        return yc_reject_set(reject, YC_REJ_HEADER_PREV_NOT_FOUND, YC_NO_INDEX, YC_NO_INDEX);
    return prev ? yc_header_accept(&h, hash, params, a, now_s, reject) : YC_VALID;
}

enum ycoin_verdict ycoin_verify_headers(const struct ycoin_chain *chain, const uint8_t *headers80, size_t count,
                                        const struct ycoin_parent *parent, int64_t now_s, size_t *good,
                                        struct ycoin_reason *why)
{
    struct yc_public_branch branch;
    struct yc_block_hash hash;
    struct yc_reject reject;
    size_t done = 0;
    if (good)
        *good = 0;
    if (!yc_public_branch_init(&branch, parent) || count > YC_NEVER - 2 - branch.ancestors.height)
        return yc_public_error(why, "parent: its height leaves none for so many blocks after it");
    branch.headers80 = headers80;
    branch.first = parent ? parent->height + 1 : 0;
    if (parent)
        memcpy(hash.b, parent->hash, 32);
    enum yc_verdict verdict = YC_VALID;
    while (done < count && verdict == YC_VALID && !branch.failed) {
        bool genesis = !parent && done == 0;
        branch.ancestors.height = branch.first + (uint32_t)done - (genesis ? 0 : 1);
        struct yc_block_hash prev = hash;
        verdict = judge(&chain->params, headers80 + done * YC_HEADER_BYTES, genesis ? NULL : &prev, &branch.ancestors,
                        now_s, &hash, &reject);
        if (verdict == YC_VALID && !branch.failed)
            done++;
    }
    if (good)
        *good = done;
    return yc_public_branch_verdict(&branch, verdict, &reject, why);
}
