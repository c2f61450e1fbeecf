/* Any bytes as the text of a network address and of a subnet, and as what a proxy answers. What is read as an address is
 * written and read again as the same one; a proxy's bytes never make us read past its answer. */
#include "base/assert.h"
#include "net/addr/netgroup.h"
#include "net/addr/subnet.h"
#include "net/transport/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define TEXT_MAX 512

static void texts(const char *text)
{
    struct yc_netaddr a, b;
    struct yc_subnet subnet, again;
    char out[YC_NETADDR_TEXT_MAX], wide[YC_SUBNET_TEXT_MAX];
    uint8_t bytes[YC_NETADDR_BYTES];
    if (yc_netaddr_parse(&a, text, 8333)) {
        yc_netaddr_print(out, &a);
        YC_ASSERT(yc_netaddr_parse(&b, out, 1) || a.hidden == YC_NET_I2P); /* whose port 0 is none to read */
        YC_ASSERT(a.hidden == YC_NET_I2P || yc_netaddr_equal(&a, &b));
        yc_netaddr_write(bytes, &a);
        YC_ASSERT(yc_netaddr_read(&b, bytes) && yc_netaddr_equal(&a, &b));
        struct yc_netgroup g = yc_netgroup_of(&a, (struct yc_view){0}), h = yc_netgroup_of(&b, (struct yc_view){0});
        YC_ASSERT(yc_netgroup_equal(&g, &h));
        subnet = yc_subnet_of(&a);
        YC_ASSERT(yc_subnet_contains(&subnet, &a));
    }
    if (yc_subnet_parse(&subnet, text)) {
        yc_subnet_print(wide, &subnet);
        YC_ASSERT(yc_subnet_parse(&again, wide) && memcmp(&subnet, &again, sizeof subnet) == 0);
    }
}

static void proxy(const uint8_t *data, size_t n, bool login)
{
    static struct yc_socks s;
    struct yc_socks_target target = {.host = "a.example", .port = 1};
    enum yc_socks_step step = YC_SOCKS_MORE;
    if (login)
        target.user[0] = target.password[0] = 'u';
    yc_socks_begin(&s, &target);
    while (n > 0 && step == YC_SOCKS_MORE) {
        size_t take = s.wanted - s.in_n < n ? s.wanted - s.in_n : n;
        YC_ASSERT(take > 0 && s.out_n <= sizeof s.out);
        step = yc_socks_feed(&s, data, take);
        data += take;
        n -= take;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char text[TEXT_MAX];
    if (n == 0 || n >= sizeof text)
        return 0;
    memcpy(text, data, n);
    text[n] = 0;
    texts(text);
    proxy(data + 1, n - 1, data[0] & 1);
    return 0;
}
