#include "formats/chain_file.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "consensus/script/flags.h"
#include "formats/chain_file_fields.h"
#include "sys/json_out.h"

#include <stdio.h>

#define FLAG_NAMES_MAX 1024

static void write_u256(struct yc_json_out *j, const struct yc_u256 *v)
{
    uint8_t bytes32[32];
    yc_u256_to_be(bytes32, *v);
    if (yc_u256_is_zero(*v))
        yc_json_put_text(j, "00");
    else
        yc_json_put_hex(j, yc_view(bytes32, sizeof bytes32));
}

static void write_hash(struct yc_json_out *j, const uint8_t hash32[32])
{
    if (yc_hash_is_zero(hash32))
        yc_json_put_text(j, "00");
    else
        yc_json_put_hash(j, hash32, 32);
}

static void write_hex32(struct yc_json_out *j, uint32_t v)
{
    uint8_t bytes4[4];
    yc_put32be(bytes4, v);
    yc_json_put_hex(j, yc_view(bytes4, sizeof bytes4));
}

static void write_int(struct yc_json_out *j, const void *at, size_t room)
{
    if (room == 1)
        yc_json_put_int(j, *(const uint8_t *)at);
    else if (room == 2)
        yc_json_put_int(j, *(const uint16_t *)at);
    else if (room == 4)
        yc_json_put_int(j, *(const uint32_t *)at);
    else
        yc_json_put_int(j, *(const int64_t *)at);
}

static void write_seeds(struct yc_json_out *j, const char *seeds, size_t stride, size_t count)
{
    yc_json_begin_array(j);
    for (size_t i = 0; i < count; i++)
        yc_json_put_text(j, seeds + i * stride);
    yc_json_end_array(j);
}

static void write_flags(struct yc_json_out *j, const struct yc_flag_exception *e, size_t count)
{
    yc_json_begin_object(j);
    for (size_t i = 0; i < count; i++) {
        char hash[65], names[FLAG_NAMES_MAX] = "";
        size_t n = 0;
        yc_hex_write_reversed(hash, e[i].block.b, sizeof e[i].block.b);
        for (unsigned bit = 0; bit < 32; bit++) {
            const char *name = e[i].flags & 1u << bit ? yc_script_flag_name(1u << bit) : NULL;
            if (name && n < sizeof names)
                n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? "," : "", name);
        }
        yc_json_member_text(j, hash, n ? names : "NONE");
    }
    yc_json_end_object(j);
}

static void write_bip30(struct yc_json_out *j, const struct yc_bip30_exception *e, size_t count)
{
    yc_json_begin_array(j);
    for (size_t i = 0; i < count; i++) {
        yc_json_begin_object(j);
        yc_json_member_int(j, "height", e[i].height);
        yc_json_member_hash(j, "hash", e[i].block.b, sizeof e[i].block.b);
        yc_json_end_object(j);
    }
    yc_json_end_array(j);
}

static void write_assumeutxo(struct yc_json_out *j, const struct yc_assumeutxo *a, size_t count)
{
    yc_json_begin_array(j);
    for (size_t i = 0; i < count; i++) {
        yc_json_begin_object(j);
        yc_json_member_int(j, "height", a[i].height);
        yc_json_member_hash(j, "hash", a[i].block.b, sizeof a[i].block.b);
        yc_json_member_hash(j, "coins_hash", a[i].coins_hash, sizeof a[i].coins_hash);
        yc_json_member_u64(j, "tx_count", a[i].tx_count);
        yc_json_end_object(j);
    }
    yc_json_end_array(j);
}

static void write_value(struct yc_json_out *j, const struct yc_chain_params *params, const struct yc_chain_field *f)
{
    const void *at = (const char *)params + f->offset;
    const size_t count = *(const size_t *)(const void *)((const char *)params + f->offset2);
    if ((f->marks & YC_FIELD_MINED) && !params->genesis.mined) {
        yc_json_put_null(j);
        return;
    }
    switch (f->kind) {
    case YC_FIELD_NAME:
    case YC_FIELD_DIR:
    case YC_FIELD_HRP:
    case YC_FIELD_TEXT:
        yc_json_put_text(j, at);
        return;
    case YC_FIELD_BOOL:
        yc_json_put_bool(j, *(const bool *)at);
        return;
    case YC_FIELD_INT8:
    case YC_FIELD_INT16:
    case YC_FIELD_INT32:
    case YC_FIELD_AMOUNT:
        write_int(j, at, f->room);
        return;
    case YC_FIELD_ACTIVATION:
        if (*(const uint32_t *)at == YC_NEVER)
            yc_json_put_null(j);
        else
            write_int(j, at, f->room);
        return;
    case YC_FIELD_HEX32:
        write_hex32(j, *(const uint32_t *)at);
        return;
    case YC_FIELD_MAGIC:
        yc_json_put_hex(j, yc_view(at, 4));
        return;
    case YC_FIELD_U256:
        write_u256(j, at);
        return;
    case YC_FIELD_HASH:
        write_hash(j, at);
        return;
    case YC_FIELD_HEX_BYTES:
        yc_json_put_hex(j, yc_view(at, count));
        return;
    case YC_FIELD_RETARGET:
        yc_json_put_text(j, yc_retarget_name[params->pow.retarget]);
        return;
    case YC_FIELD_SEEDS:
        write_seeds(j, at, sizeof params->dns_seeds[0], count);
        return;
    case YC_FIELD_FLAGS:
        write_flags(j, at, count);
        return;
    case YC_FIELD_BIP30:
        write_bip30(j, at, count);
        return;
    case YC_FIELD_ASSUMEUTXO:
        write_assumeutxo(j, at, count);
        return;
    case YC_FIELD_SIGNET:
        if (count)
            yc_json_put_hex(j, yc_view(at, count));
        else
            yc_json_put_null(j);
        return;
    }
}

void yc_chain_file_write(const struct yc_chain_params *params, struct yc_buf *out)
{
    struct yc_json_out j;
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    const char *section = "";
    yc_json_out_init(&j, out, 2);
    yc_json_begin_object(&j);
    yc_json_member_int(&j, "schema", YC_CHAIN_FILE_SCHEMA);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, f[i].section) != 0) {
            if (section[0])
                yc_json_end_object(&j);
            section = f[i].section;
            if (section[0]) {
                yc_json_key(&j, section);
                yc_json_begin_object(&j);
            }
        }
        yc_json_key(&j, f[i].key);
        write_value(&j, params, &f[i]);
    }
    yc_json_end_object(&j);
    yc_buf_append_text(out, "\n");
}
