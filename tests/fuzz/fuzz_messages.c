/* Any bytes as the payload of any message: the first byte chooses which. A parsed list is walked to its end. */
#include "base/assert.h"
#include "net/proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void walk(const struct yc_msg *m)
{
    if (m->type == YC_MSG_ADDR || m->type == YC_MSG_ADDRV2) {
        struct yc_addr_cursor at = {0};
        struct yc_addr_entry entry;
        size_t seen = 0;
        while (yc_addr_list_next(&m->u.addr, &at, &entry))
            seen++;
        YC_ASSERT(seen == m->u.addr.count && seen <= YC_ADDR_COUNT_MAX);
    } else if (m->type == YC_MSG_INV || m->type == YC_MSG_GETDATA || m->type == YC_MSG_NOTFOUND) {
        YC_ASSERT(m->u.inv.count <= YC_INV_COUNT_MAX);
        for (size_t i = 0; i < m->u.inv.count; i++)
            (void)yc_inv_list_at(&m->u.inv, i);
    } else if (m->type == YC_MSG_HEADERS) {
        YC_ASSERT(m->u.headers.count <= YC_HEADERS_COUNT_MAX);
        for (size_t i = 0; i < m->u.headers.count; i++)
            (void)yc_header_list_at(&m->u.headers, i)[YC_HEADER_BYTES - 1];
    } else if (m->type == YC_MSG_GETHEADERS || m->type == YC_MSG_GETBLOCKS) {
        YC_ASSERT(m->u.locator.count <= YC_LOCATOR_COUNT_MAX);
        for (size_t i = 0; i < m->u.locator.count; i++)
            (void)yc_locator_at(&m->u.locator, i);
    } else if (m->type == YC_MSG_VERSION) {
        char text[YC_USER_AGENT_MAX + 1];
        YC_ASSERT(m->u.version.time_s >= 0);
        (void)yc_text_sanitise(text, sizeof text, m->u.version.user_agent);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_msg m;
    struct yc_msg_fault fault;
    if (n < 1)
        return 0;
    enum yc_msg_type type = (enum yc_msg_type)(1 + data[0] % (YC_MSG_COUNT - 1));
    if (yc_msg_parse(&m, type, yc_view(data + 1, n - 1), &fault) == YC_VALID)
        walk(&m);
    else
        YC_ASSERT(fault.kind != YC_FAULT_NONE && fault.text[0]);
    return 0;
}
