/* The words that -debug= and -loglevel= take. */
#include "sys/log_sink.h"

#include <string.h>

/* Bitcoin Core's categories in alphabetical order. Those from bit 14 on are accepted and shown, and no line of ours
 * carries them. */
static const struct {
    const char *name;
    uint32_t bit;
} categories[] = {
    {"addrman", YC_LOGC_ADDRMAN},
    {"bench", YC_LOGC_BENCH},
    {"blockstorage", YC_LOGC_BLOCKSTORAGE},
    {"cmpctblock", YC_LOGC_CMPCTBLOCK},
    {"coindb", 1u << 14},
    {"estimatefee", YC_LOGC_ESTIMATEFEE},
    {"http", YC_LOGC_HTTP},
    {"i2p", 1u << 15},
    {"ipc", 1u << 16},
    {"kernel", 1u << 17},
    {"leveldb", YC_LOGC_LEVELDB},
    {"lock", 1u << 18},
    {"mempool", YC_LOGC_MEMPOOL},
    {"mempoolrej", YC_LOGC_MEMPOOLREJ},
    {"net", YC_LOGC_NET},
    {"privatebroadcast", 1u << 19},
    {"proxy", 1u << 20},
    {"prune", YC_LOGC_PRUNE},
    {"qt", 1u << 21},
    {"rand", 1u << 22},
    {"reindex", YC_LOGC_REINDEX},
    {"rpc", YC_LOGC_RPC},
    {"scan", 1u << 23},
    {"selectcoins", 1u << 24},
    {"tor", 1u << 25},
    {"txpackages", 1u << 26},
    {"txreconciliation", 1u << 27},
    {"validation", YC_LOGC_VALIDATION},
    {"walletdb", 1u << 28},
    {"zmq", 1u << 29},
};

static const char *const levels[] = {"trace", "debug", "info", "warning", "error"};

const char *yc_log_category_at(size_t i, uint32_t *mask)
{
    if (i >= sizeof categories / sizeof *categories)
        return NULL;
    *mask = categories[i].bit;
    return categories[i].name;
}

bool yc_log_category_parse(const char *name, uint32_t *mask)
{
    if (!*name || strcmp(name, "1") == 0 || strcmp(name, "all") == 0) {
        *mask = YC_LOG_CATEGORY_ALL;
        return true;
    }
    if (strcmp(name, "0") == 0 || strcmp(name, "none") == 0 || strcmp(name, "libevent") == 0) {
        *mask = 0;
        return true;
    }
    const char *known;
    uint32_t bit;
    for (size_t i = 0; (known = yc_log_category_at(i, &bit)); i++) {
        if (strcmp(known, name) == 0) {
            *mask = bit;
            return true;
        }
    }
    return false;
}

bool yc_log_level_parse(const char *name, enum yc_log_level *out)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i], name) == 0) {
            *out = (enum yc_log_level)i;
            return true;
        }
    }
    return false;
}

const char *yc_log_level_name(enum yc_log_level level)
{
    return levels[level];
}
