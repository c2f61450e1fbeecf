#include "formats/chain_file.h"

#include "base/assert.h"
#include "consensus/pow.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME_MAX_CHARS   12    /* so that "NAME1" and 62 characters of an address stay within Bech32's 90 */
#define PORT_FIRST       20000 /* below the ports that systems hand out by themselves (32768 and up on Linux) */
#define PORT_LAST        32000
#define TEST_HALF_LIFE_S 3600

static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n < 1 || n > NAME_MAX_CHARS || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9')))
            return false;
    return true;
}

/* Names, prefixes and folders that mean something else already. */
static bool name_taken(const char *name)
{
    static const char *const taken[] = {"main",    "test",   "testnet",    "testnet3", "testnet4", "signet",
                                        "regtest", "blocks", "chainstate", "indexes",  "wallets",  "bc",
                                        "tb",      "bcrt",   "yc",         "tyc",      "ycrt"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

static bool version_used_by(const struct yc_chain_params *p, uint8_t v)
{
    return v == p->p2pkh_version || v == p->p2sh_version || v == p->wif_version;
}

/* A version byte that neither Bitcoin's networks, YCoin's own, nor the other one use. */
static uint8_t fresh_version(const struct yc_random *random, uint8_t other)
{
    static const uint8_t bitcoin[] = {0, 5, 111, 196, 128, 239};
    static const char *const own[] = {"main", "test", "regtest"};
    for (;;) {
        uint8_t v = (uint8_t)yc_random_below(random, 256);
        bool is_free = v != other && !memchr(bitcoin, v, sizeof bitcoin);
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            is_free = is_free && !version_used_by(yc_chain_builtin(own[i]), v);
        if (is_free)
            return v;
    }
}

enum yc_verdict yc_chain_file_make(struct yc_chain_params *out, const char *name, int64_t time_s,
                                   const struct yc_random *random, struct yc_error *err)
{
    if (!name_ok(name))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "\"%.40s\" cannot name a chain: give 1 to %d letters a-z and digits, a letter first", name,
                       NAME_MAX_CHARS);
    if (name_taken(name))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "\"%s\" is the name or prefix of another network: choose another name", name);
    const struct yc_chain_params *model = yc_chain_builtin("main");
    YC_ASSERT(model);
    *out = *model;
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    (void)snprintf(out->dir, sizeof out->dir, "%s", name);
    (void)snprintf(out->hrp, sizeof out->hrp, "%s", name);
    out->test_chain = true;
    out->dns_seed_count = out->fixed_seed_count = 0;
    yc_random_fill(random, out->magic, sizeof out->magic);
    out->port = (uint16_t)(PORT_FIRST + yc_random_below(random, PORT_LAST - PORT_FIRST));
    out->rpc_port = (uint16_t)(out->port - 1);
    out->p2pkh_version = fresh_version(random, 0);
    out->p2sh_version = fresh_version(random, out->p2pkh_version);
    out->wif_version = fresh_version(random, out->p2pkh_version);
    out->xpub_version = (uint32_t)yc_random_u64(random);
    out->xprv_version = out->xpub_version ^ (1 + (uint32_t)yc_random_below(random, UINT32_MAX));
    out->bip44_coin = 1;
    out->pow.limit = yc_u256_shl(yc_u256_from(0x7fffff), 232);
    out->pow.half_life_s = TEST_HALF_LIFE_S;
    out->genesis.bits = yc_compact_from_target(out->pow.limit);
    out->genesis.time = time_s > 0 && time_s <= UINT32_MAX ? (uint32_t)time_s : model->genesis.time;
    (void)snprintf(out->genesis.message, sizeof out->genesis.message, "The chain %s begins at %" PRIu32, name,
                   out->genesis.time);
    out->genesis.nonce = 0;
    out->genesis.hash = (struct yc_block_hash){{0}};
    out->genesis.mined = false;
    out->minimum_chain_work = YC_U256_ZERO;
    out->assume_valid = (struct yc_block_hash){{0}};
    out->assumeutxo_count = 0;
    return YC_VALID;
}
