#include "consensus/script/flags.h"

#include <string.h>

static const struct flag_name {
    uint32_t flag;
    const char *name;
} names[] = {
    {YC_SCRIPT_P2SH, "P2SH"},
    {YC_SCRIPT_STRICTENC, "STRICTENC"},
    {YC_SCRIPT_DERSIG, "DERSIG"},
    {YC_SCRIPT_LOW_S, "LOW_S"},
    {YC_SCRIPT_NULLDUMMY, "NULLDUMMY"},
    {YC_SCRIPT_SIGPUSHONLY, "SIGPUSHONLY"},
    {YC_SCRIPT_MINIMALDATA, "MINIMALDATA"},
    {YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS, "DISCOURAGE_UPGRADABLE_NOPS"},
    {YC_SCRIPT_CLEANSTACK, "CLEANSTACK"},
    {YC_SCRIPT_CHECKLOCKTIMEVERIFY, "CHECKLOCKTIMEVERIFY"},
    {YC_SCRIPT_CHECKSEQUENCEVERIFY, "CHECKSEQUENCEVERIFY"},
    {YC_SCRIPT_WITNESS, "WITNESS"},
    {YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM, "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM"},
    {YC_SCRIPT_MINIMALIF, "MINIMALIF"},
    {YC_SCRIPT_NULLFAIL, "NULLFAIL"},
    {YC_SCRIPT_WITNESS_PUBKEYTYPE, "WITNESS_PUBKEYTYPE"},
    {YC_SCRIPT_CONST_SCRIPTCODE, "CONST_SCRIPTCODE"},
    {YC_SCRIPT_TAPROOT, "TAPROOT"},
    {YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION, "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION"},
    {YC_SCRIPT_DISCOURAGE_OP_SUCCESS, "DISCOURAGE_OP_SUCCESS"},
    {YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE, "DISCOURAGE_UPGRADABLE_PUBKEYTYPE"},
};
#define NAME_COUNT (sizeof names / sizeof names[0])

const char *yc_script_flag_name(uint32_t flag)
{
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (names[i].flag == flag)
            return names[i].name;
    return NULL;
}

static uint32_t flag_of(const char *word, size_t n)
{
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (strlen(names[i].name) == n && !memcmp(names[i].name, word, n))
            return names[i].flag;
    return 0;
}

bool yc_script_flags_parse(uint32_t *out, const char *text, size_t n)
{
    *out = YC_SCRIPT_FLAGS_NONE;
    if (n == 0 || (n == 4 && !memcmp(text, "NONE", 4)))
        return true;
    for (size_t at = 0; at <= n;) {
        size_t end = at;
        while (end < n && text[end] != ',')
            end++;
        uint32_t flag = flag_of(text + at, end - at);
        if (!flag)
            return false;
        *out |= flag;
        at = end + 1;
    }
    return true;
}
