#include "formats/output.h"

#include "base/assert.h"

void yc_output_write_pubkey(struct yc_writer *w, struct yc_view pubkey)
{
    YC_ASSERT(pubkey.n == 33 || pubkey.n == 65);
    yc_writer_u8(w, (uint8_t)pubkey.n);
    yc_writer_view(w, pubkey);
    yc_writer_u8(w, YC_OP_CHECKSIG);
}

void yc_output_write_pubkeyhash(struct yc_writer *w, const uint8_t hash20[20])
{
    yc_writer_u8(w, YC_OP_DUP);
    yc_writer_u8(w, YC_OP_HASH160);
    yc_writer_u8(w, 20);
    yc_writer_bytes(w, hash20, 20);
    yc_writer_u8(w, YC_OP_EQUALVERIFY);
    yc_writer_u8(w, YC_OP_CHECKSIG);
}

void yc_output_write_scripthash(struct yc_writer *w, const uint8_t hash20[20])
{
    yc_writer_u8(w, YC_OP_HASH160);
    yc_writer_u8(w, 20);
    yc_writer_bytes(w, hash20, 20);
    yc_writer_u8(w, YC_OP_EQUAL);
}

void yc_output_write_witness(struct yc_writer *w, unsigned version, struct yc_view program)
{
    YC_ASSERT(version <= 16 && program.n >= 2 && program.n <= 40);
    yc_writer_u8(w, (uint8_t)(version == 0 ? YC_OP_0 : YC_OP_1 + version - 1));
    yc_writer_u8(w, (uint8_t)program.n);
    yc_writer_view(w, program);
}

static void write_count(struct yc_writer *w, unsigned n)
{
    if (n <= 16) {
        yc_writer_u8(w, (uint8_t)(YC_OP_1 + n - 1));
    } else {
        yc_writer_u8(w, 1);
        yc_writer_u8(w, (uint8_t)n);
    }
}

void yc_output_write_multisig(struct yc_writer *w, unsigned required, const struct yc_view *keys, unsigned count)
{
    YC_ASSERT(required >= 1 && required <= count && count <= YC_SCRIPT_KEYS_MAX);
    write_count(w, required);
    for (unsigned i = 0; i < count; i++) {
        yc_writer_u8(w, (uint8_t)keys[i].n);
        yc_writer_view(w, keys[i]);
    }
    write_count(w, count);
    yc_writer_u8(w, YC_OP_CHECKMULTISIG);
}

void yc_output_write_nulldata(struct yc_writer *w, struct yc_view data)
{
    yc_writer_u8(w, YC_OP_RETURN);
    if (data.n == 0) {
        yc_writer_u8(w, YC_OP_0);
        return;
    }
    if (data.n == 1 && data.p[0] >= 1 && data.p[0] <= 16) {
        yc_writer_u8(w, (uint8_t)(YC_OP_1 + data.p[0] - 1));
        return;
    }
    if (data.n == 1 && data.p[0] == 0x81) {
        yc_writer_u8(w, YC_OP_1NEGATE);
        return;
    }
    if (data.n <= 75) {
        yc_writer_u8(w, (uint8_t)data.n);
    } else if (data.n <= 0xff) {
        yc_writer_u8(w, YC_OP_PUSHDATA1);
        yc_writer_u8(w, (uint8_t)data.n);
    } else if (data.n <= 0xffff) {
        yc_writer_u8(w, YC_OP_PUSHDATA2);
        yc_writer_u16le(w, (uint16_t)data.n);
    } else {
        yc_writer_u8(w, YC_OP_PUSHDATA4);
        yc_writer_u32le(w, (uint32_t)data.n);
    }
    yc_writer_view(w, data);
}
