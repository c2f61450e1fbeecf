/* Any bytes as a map of autonomous systems. Looking into them ends and stays inside, valid or not; what is refused says where;
 * in a map that is valid each address has an answer that a map can give. The first 16 bytes are an address. */
#include "base/assert.h"
#include "net/addr/asmap.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define SYSTEM_MAX ((1u << 25) - (1u << 15)) /* the last of ten classes of 15 to 24 bits that begin at 1 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t ip16[YC_ASMAP_ADDRESS_BYTES];
    struct yc_error err = {0};
    if (n < sizeof ip16)
        return 0;
    memcpy(ip16, data, sizeof ip16);
    struct yc_view map = yc_view(data + sizeof ip16, n - sizeof ip16);
    enum yc_verdict v = yc_asmap_check(map, &err);
    YC_ASSERT(v == YC_VALID || (v == YC_INVALID && err.text[0]));
    for (unsigned i = 0; i < 8 * sizeof ip16; i++) {
        YC_ASSERT(yc_asmap_find(map, ip16) <= SYSTEM_MAX);
        ip16[i / 8] ^= (uint8_t)(0x80 >> i % 8);
    }
    return 0;
}
