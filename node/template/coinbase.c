#include "node/template/coinbase.h"

#include "base/assert.h"
#include "consensus/connect.h"
#include "consensus/script/opcodes.h"
#include "crypto/sha256.h"

/* BIP 34's height first. A coinbase script has at least two bytes (heights up to 16 take one), so a zero follows those. */
static size_t write_input_script(uint8_t out[100], const struct yc_coinbase *c)
{
    size_t n = yc_bip34_push(out, c->height);
    if (n < 2)
        out[n++] = YC_OP_0;
    YC_ASSERT(c->tag.n <= 100 - n);
    if (c->tag.n)
        memcpy(out + n, c->tag.p, c->tag.n);
    return n + c->tag.n;
}

void yc_coinbase_write(struct yc_writer *w, const struct yc_coinbase *c)
{
    static const uint8_t no_txid[32];
    uint8_t script[100];
    size_t script_n = write_input_script(script, c);
    yc_writer_u32le(w, 2);
    if (c->commitment) {
        yc_writer_u8(w, 0);
        yc_writer_u8(w, 1);
    }
    yc_writer_compact(w, 1);
    yc_writer_bytes(w, no_txid, sizeof no_txid);
    yc_writer_u32le(w, UINT32_MAX);
    yc_writer_var_bytes(w, yc_view(script, script_n));
    yc_writer_u32le(w, YC_SEQUENCE_FINAL - 1);
    yc_writer_compact(w, c->commitment ? 2 : 1);
    yc_writer_u64le(w, (uint64_t)c->value_sat);
    yc_writer_var_bytes(w, c->script);
    if (c->commitment) {
        yc_writer_u64le(w, 0);
        yc_writer_var_bytes(w, yc_view(c->commitment, YC_COMMITMENT_SCRIPT_BYTES));
        yc_writer_compact(w, 1);
        yc_writer_var_bytes(w, yc_view(no_txid, sizeof no_txid)); /* the witness nonce: zeros as well */
    }
    yc_writer_u32le(w, c->height - 1);
}

void yc_commitment_script(uint8_t out[YC_COMMITMENT_SCRIPT_BYTES], const uint8_t witness_root32[32])
{
    static const uint8_t head[6] = {YC_OP_RETURN, 36, 0xaa, 0x21, 0xa9, 0xed};
    uint8_t both[64] = {0};
    memcpy(out, head, sizeof head);
    memcpy(both, witness_root32, 32);
    yc_sha256d(out + sizeof head, both, sizeof both);
}
