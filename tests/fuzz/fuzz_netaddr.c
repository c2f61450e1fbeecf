/* Any bytes as the text of a network address, of a subnet and of a permission's rule. What is read is written and read again
 * as the same. */
#include "base/assert.h"
#include "net/addr/netgroup.h"
#include "net/addr/subnet.h"
#include "net/peers/permit.h"

#include <stdio.h>

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

/* The names that a rule gives, written out again, give the same permissions; whom it fits has them, and nobody else. */
static void rule(const char *text)
{
    struct yc_permit p, again;
    struct yc_error err = {0};
    char out[TEXT_MAX] = "", wide[YC_SUBNET_TEXT_MAX];
    struct yc_netaddr in = {.port = 1}, outside = yc_netaddr_ipv4(8, 8, 4, 4, 1);
    if (yc_permit_parse(&p, text, &err) != YC_VALID) {
        YC_ASSERT(err.text[0]);
        return;
    }
    const char *name;
    for (size_t i = 0; (name = yc_permit_name(p.permissions, i)) != NULL; i++)
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? "," : "", name);
    if (p.permissions)
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", p.inbound ? ",in" : "",
                       p.outbound ? ",out" : "");
    yc_subnet_print(wide, &p.subnet);
    (void)snprintf(out + strlen(out), sizeof out - strlen(out), "@%s", wide);
    bool ok = yc_permit_parse(&again, out, &err) == YC_VALID;
    YC_ASSERT(ok && again.permissions == p.permissions && again.inbound == p.inbound && again.outbound == p.outbound);
    YC_ASSERT(memcmp(&again.subnet, &p.subnet, sizeof p.subnet) == 0);
    memcpy(in.host32, p.subnet.host32, sizeof in.host32);
    in.hidden = p.subnet.hidden;
    YC_ASSERT(yc_netaddr_is_ipv4(&in) != (p.subnet.bits >= YC_SUBNET_IPV4_BITS) || p.subnet.hidden ||
              yc_permit_of(&p, 1, &in, &outside, p.inbound) == p.permissions);
    YC_ASSERT(yc_subnet_contains(&p.subnet, &outside) || yc_permit_of(&p, 1, &outside, &in, p.inbound) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char text[TEXT_MAX];
    if (n == 0 || n >= sizeof text)
        return 0;
    memcpy(text, data, n);
    text[n] = 0;
    texts(text);
    rule(text);
    return 0;
}
