#include "net/proto/message.h"

#include "base/assert.h"
#include "net/proto/frame.h"

static const struct yc_msg_info table[YC_MSG_COUNT] = {
    [YC_MSG_UNKNOWN] = {"*other*", 0, YC_PHASE_OWNER},
#define X(code, name, least, phase) [YC_MSG_##code] = {name, least, YC_PHASE_##phase},
#include "net/proto/message.def"
#undef X
};

const struct yc_msg_info *yc_msg_info(enum yc_msg_type type)
{
    YC_ASSERT(type < YC_MSG_COUNT);
    return &table[type];
}

enum yc_msg_type yc_msg_find(const char *name)
{
    for (int i = YC_MSG_UNKNOWN + 1; i < YC_MSG_COUNT; i++)
        if (!strcmp(table[i].name, name))
            return (enum yc_msg_type)i;
    return YC_MSG_UNKNOWN;
}

struct yc_inv yc_inv_list_at(const struct yc_inv_list *l, size_t i)
{
    struct yc_inv inv;
    YC_ASSERT(i < l->count);
    const uint8_t *p = l->items.p + i * YC_INV_BYTES;
    inv.type = yc_get32le(p);
    memcpy(inv.hash32, p + 4, sizeof inv.hash32);
    return inv;
}

const uint8_t *yc_header_list_at(const struct yc_header_list *l, size_t i)
{
    YC_ASSERT(i < l->count);
    return l->items.p + i * YC_HEADER_LIST_STRIDE;
}

struct yc_block_hash yc_locator_at(const struct yc_locator_view *l, size_t i)
{
    struct yc_block_hash hash;
    YC_ASSERT(i < l->count);
    memcpy(hash.b, l->hashes.p + i * sizeof hash.b, sizeof hash.b);
    return hash;
}

size_t yc_text_sanitise(char *out, size_t cap, struct yc_view text)
{
    static const char allowed[] = " .,;-_/:?@()";
    size_t n = 0;
    for (size_t i = 0; i < text.n && n + 1 < cap; i++) {
        char c = (char)text.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alnum || (c != 0 && strchr(allowed, c)))
            out[n++] = c;
    }
    if (cap > 0)
        out[n] = 0;
    return n;
}
