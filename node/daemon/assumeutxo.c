/* -assumeutxo: sets of coins whose hashes an operator vouches for. */
#include <stdlib.h>

#include "node/daemon/app.h"

static bool read_number(const char **at, uint64_t *out, char end)
{
    char *stop;
    if (**at < '0' || **at > '9')
        return false;
    *out = strtoull(*at, &stop, 10);
    if (*stop != end || stop - *at > 18)
        return false;
    *at = stop + (end != 0);
    return true;
}

static bool read_hash(const char **at, uint8_t out32[32])
{
    if (strlen(*at) < 65 || (*at)[64] != ':' || !yc_hex_read_reversed(out32, 32, *at, 64))
        return false;
    *at += 65;
    return true;
}

/* "HEIGHT:BLOCKHASH:COINSHASH:TXS" */
static bool read_set(const char *text, struct yc_assumeutxo *out)
{
    uint64_t height = 0;
    memset(out, 0, sizeof *out);
    if (!read_number(&text, &height, ':') || height == 0 || height > INT32_MAX || !read_hash(&text, out->block.b) ||
        !read_hash(&text, out->coins_hash))
        return false;
    out->height = (uint32_t)height;
    return read_number(&text, &out->tx_count, 0) && out->tx_count > 0;
}

enum yc_verdict yc_app_assumeutxo_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_chain_params *p = &a->config.setup.params;
    const char *text;
    for (size_t i = 0; (text = yc_options_list(a->config.options, "assumeutxo", i)); i++) {
        struct yc_assumeutxo set;
        if (!read_set(text, &set))
            return yc_fail(
                err, YC_INVALID, YC_SYSTEM_NONE,
                "-assumeutxo=%s is no set of coins: give HEIGHT:BLOCKHASH:COINSHASH:TRANSACTIONS, the base_height, "
                "base_hash, txoutset_hash and nchaintx that dumptxoutset said",
                text);
        if (p->assumeutxo_count == YC_ASSUMEUTXO_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "-assumeutxo=%s is one set of coins too many: with the chain file's there may be %d", text,
                           YC_ASSUMEUTXO_MAX);
        p->assumeutxo[p->assumeutxo_count++] = set;
    }
    return YC_VALID;
}
