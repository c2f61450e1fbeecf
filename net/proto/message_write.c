#include "net/proto/message.h"

#include "base/assert.h"

static void write_ip_port(struct yc_writer *w, const struct yc_netaddr *a)
{
    static const uint8_t zero16[YC_IP_BYTES] = {0};
    yc_writer_bytes(w, a->hidden ? zero16 : a->host32, YC_IP_BYTES);
    yc_writer_u16be(w, a->port);
}

void yc_msg_write_version(struct yc_writer *w, const struct yc_msg_version *v, uint64_t you_services)
{
    YC_ASSERT(v->user_agent.n <= YC_USER_AGENT_MAX);
    yc_writer_u32le(w, (uint32_t)v->version);
    yc_writer_u64le(w, v->services);
    yc_writer_u64le(w, (uint64_t)v->time_s);
    yc_writer_u64le(w, you_services);
    write_ip_port(w, &v->you);
    yc_writer_u64le(w, v->services);
    write_ip_port(w, &v->me);
    yc_writer_u64le(w, v->nonce);
    yc_writer_var_bytes(w, v->user_agent);
    yc_writer_u32le(w, (uint32_t)v->height);
    yc_writer_u8(w, v->relay);
}

void yc_msg_write_inv(struct yc_writer *w, const struct yc_inv *items, size_t count)
{
    YC_ASSERT(count <= YC_INV_COUNT_MAX);
    yc_writer_compact(w, count);
    for (size_t i = 0; i < count; i++) {
        yc_writer_u32le(w, items[i].type);
        yc_writer_bytes(w, items[i].hash32, sizeof items[i].hash32);
    }
}

void yc_addr_entry_write(struct yc_writer *w, const struct yc_addr_entry *e)
{
    enum yc_addr_network network = yc_netaddr_network(&e->addr);
    const uint8_t *p = e->addr.host32;
    yc_writer_u32le(w, e->time_s);
    yc_writer_compact(w, e->services);
    yc_writer_u8(w, (uint8_t)network);
    yc_writer_var_bytes(w, network == YC_NET_IPV4                             ? yc_view(p + 12, 4)
                           : network == YC_NET_TORV3 || network == YC_NET_I2P ? yc_view(p, sizeof e->addr.host32)
                                                                              : yc_view(p, YC_IP_BYTES));
    yc_writer_u16be(w, e->addr.port);
}

void yc_msg_write_addr(struct yc_writer *w, const struct yc_addr_entry *entries, size_t count, bool v2)
{
    YC_ASSERT(count <= YC_ADDR_COUNT_MAX);
    size_t left_out = 0;
    for (size_t i = 0; i < count; i++)
        left_out += !v2 && entries[i].addr.hidden;
    yc_writer_compact(w, count - left_out);
    for (size_t i = 0; i < count; i++) {
        YC_ASSERT(entries[i].known);
        if (!v2 && entries[i].addr.hidden)
            continue;
        if (v2) {
            yc_addr_entry_write(w, &entries[i]);
        } else {
            yc_writer_u32le(w, entries[i].time_s);
            yc_writer_u64le(w, entries[i].services);
            write_ip_port(w, &entries[i].addr);
        }
    }
}

void yc_msg_write_headers(struct yc_writer *w, const uint8_t *headers80, size_t count)
{
    YC_ASSERT(count <= YC_HEADERS_COUNT_MAX);
    yc_writer_compact(w, count);
    for (size_t i = 0; i < count; i++) {
        yc_writer_bytes(w, headers80 + i * YC_HEADER_BYTES, YC_HEADER_BYTES);
        yc_writer_u8(w, 0);
    }
}

void yc_msg_write_locator(struct yc_writer *w, const struct yc_block_hash *hashes, size_t count,
                          const struct yc_block_hash *stop)
{
    static const struct yc_block_hash none;
    YC_ASSERT(count <= YC_LOCATOR_COUNT_MAX);
    yc_writer_u32le(w, YC_PROTOCOL_VERSION);
    yc_writer_compact(w, count);
    for (size_t i = 0; i < count; i++)
        yc_writer_bytes(w, hashes[i].b, sizeof hashes[i].b);
    yc_writer_bytes(w, stop ? stop->b : none.b, sizeof none.b);
}
