#include "consensus/script/taproot.h"

#include "base/writer.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

void yc_taproot_leaf_hash(uint8_t out32[32], uint8_t leaf_version, struct yc_view script)
{
    uint8_t head[10];
    struct yc_writer w;
    yc_writer_init(&w, head, sizeof head);
    yc_writer_u8(&w, leaf_version);
    yc_writer_compact(&w, script.n);
    yc_sha256_tagged(out32, "TapLeaf", yc_writer_written(&w), script, YC_VIEW_EMPTY);
}

void yc_taproot_branch_hash(uint8_t out32[32], const uint8_t a32[32], const uint8_t b32[32])
{
    struct yc_view a = yc_view(a32, 32), b = yc_view(b32, 32);
    bool sorted = memcmp(a32, b32, 32) < 0;
    yc_sha256_tagged(out32, "TapBranch", sorted ? a : b, sorted ? b : a, YC_VIEW_EMPTY);
}

void yc_taproot_tweak_hash(uint8_t out32[32], const uint8_t internal32[32], const uint8_t *root32)
{
    yc_sha256_tagged(out32, "TapTweak", yc_view(internal32, 32), yc_view(root32, root32 ? 32 : 0), YC_VIEW_EMPTY);
}

bool yc_taproot_control_is_sized(struct yc_view control)
{
    if (control.n < YC_TAPROOT_CONTROL_BASE_BYTES)
        return false;
    size_t path = control.n - YC_TAPROOT_CONTROL_BASE_BYTES;
    return path % YC_TAPROOT_CONTROL_NODE_BYTES == 0 &&
           path / YC_TAPROOT_CONTROL_NODE_BYTES <= YC_TAPROOT_CONTROL_NODES_MAX;
}

bool yc_taproot_commits(const uint8_t output32[32], struct yc_view control, const uint8_t leaf32[32])
{
    uint8_t node[32], tweak[32];
    memcpy(node, leaf32, 32);
    for (size_t at = YC_TAPROOT_CONTROL_BASE_BYTES; at < control.n; at += YC_TAPROOT_CONTROL_NODE_BYTES)
        yc_taproot_branch_hash(node, node, control.p + at);
    const uint8_t *internal = control.p + 1;
    yc_taproot_tweak_hash(tweak, internal, node);
    return yc_secp_taproot_tweak_check(output32, control.p[0] & 1u, internal, tweak);
}
