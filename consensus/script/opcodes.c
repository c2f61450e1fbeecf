#include "consensus/script/opcodes.h"

#include <stddef.h>

const char *yc_opcode_name(uint8_t opcode)
{
    static const char *const names[256] = {
#define X(name, byte, class, needs, handler) [byte] = "OP_" #name,
#include "consensus/script/opcodes.def"
#undef X
        [YC_OP_INVALID] = "OP_INVALIDOPCODE",
    };
    if (opcode == YC_OP_1NEGATE)
        return "-1";
    const char *name = names[opcode];
    if (!name)
        return "OP_UNKNOWN";
    return opcode == YC_OP_0 || (opcode >= YC_OP_1 && opcode <= YC_OP_16) ? name + 3 : name;
}

bool yc_opcode_is_success(uint8_t opcode)
{
    static const struct {
        uint8_t first, last;
    } ranges[] = {{80, 80},   {98, 98},   {126, 129}, {131, 134},
                  {137, 138}, {141, 142}, {149, 153}, {187, 254}}; /* BIP 342 */
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (opcode >= ranges[i].first && opcode <= ranges[i].last)
            return true;
    return false;
}
