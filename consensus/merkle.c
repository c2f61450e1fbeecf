#include "consensus/block.h"
#include "crypto/sha256.h"

void yc_merkle_root(uint8_t out32[32], uint8_t (*leaves)[32], size_t count, bool *mutated)
{
    bool twins = false;
    bool empty = count == 0;
    while (count > 1) {
        /* A list whose end is repeated has the root of the shorter one, because an odd node is joined with itself. Such
         * a list joins two equal nodes that are both in it, which a list of different transactions never does
         * (catalogue C06). */
        for (size_t i = 0; i + 1 < count && !twins; i += 2)
            twins = leaves[i][0] == leaves[i + 1][0] && memcmp(leaves[i], leaves[i + 1], 32) == 0;
        uint8_t odd[2][32];
        if (count % 2) {
            memcpy(odd[0], leaves[count - 1], 32);
            memcpy(odd[1], leaves[count - 1], 32);
        }
        yc_sha256d_64_batch(leaves, leaves[0], count / 2);
        if (count % 2)
            yc_sha256d_64_batch(leaves + count / 2, odd[0], 1);
        count = count / 2 + count % 2;
    }
    if (empty)
        memset(out32, 0, 32);
    else
        memcpy(out32, leaves[0], 32);
    if (mutated)
        *mutated = twins;
}

bool yc_block_witness_root(uint8_t out32[32], const struct yc_block *b, struct yc_arena *scratch)
{
    uint8_t(*leaves)[32] = yc_arena_take_array(scratch, b->tx_count, 32);
    if (!leaves)
        return false;
    for (uint32_t i = 0; i < b->tx_count; i++)
        memcpy(leaves[i], b->tx[i].wtxid.b, 32);
    if (b->tx_count)
        memset(leaves[0], 0, 32);
    yc_merkle_root(out32, leaves, b->tx_count, NULL);
    return true;
}

int yc_block_commitment_index(const struct yc_block *b)
{
    static const uint8_t head[6] = {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed}; /* OP_RETURN, push of 36, BIP 141's mark */
    if (b->tx_count == 0)
        return -1;
    for (uint32_t i = b->tx[0].out_count; i-- > 0;) {
        struct yc_view script = b->tx[0].out[i].script;
        if (script.n >= sizeof head + 32 && memcmp(script.p, head, sizeof head) == 0)
            return (int)i;
    }
    return -1;
}
