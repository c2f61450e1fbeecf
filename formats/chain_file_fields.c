#include "formats/chain_file_fields.h"

#include <stddef.h>

const char *const yc_retarget_name[YC_RETARGET_NAMES] = {
    [YC_RETARGET_NONE] = "none", [YC_RETARGET_WINDOW] = "window", [YC_RETARGET_ASERT] = "asert"};

#define AT(member)   offsetof(struct yc_chain_params, member)
#define ROOM(member) sizeof(((struct yc_chain_params *)0)->member)
#define HEIGHT_MAX   ((int64_t)UINT32_MAX - 1)
/* The coinbase that holds the message is at most 100 bytes: 5 for the bits, 2 for the number 4, 2 for the push. */
#define MESSAGE_BYTES_MAX 91
/* The period of "window" in seconds, times 4, must fit 32 bits as Bitcoin computes it. */
#define WINDOW_MAX  100000
#define SPACING_MAX 10000

#define PLAIN(section, key, kind, member)                                                                              \
    {                                                                                                                  \
        section, key, kind, 0, AT(member), 0, ROOM(member), 0, 0                                                       \
    }
#define RANGE(section, key, kind, member, min, max)                                                                    \
    {                                                                                                                  \
        section, key, kind, 0, AT(member), 0, ROOM(member), min, max                                                   \
    }
#define LIST(section, key, kind, member, count, room)                                                                  \
    {                                                                                                                  \
        section, key, kind, 0, AT(member), AT(count), room, 0, 0                                                       \
    }

static const struct yc_chain_field fields[] = {
    PLAIN("", "name", YC_FIELD_NAME, name),
    PLAIN("", "dir", YC_FIELD_DIR, dir),
    PLAIN("", "test_chain", YC_FIELD_BOOL, test_chain),
    PLAIN("net", "magic", YC_FIELD_MAGIC, magic),
    RANGE("net", "port", YC_FIELD_INT16, port, 1, UINT16_MAX),
    RANGE("net", "rpcport", YC_FIELD_INT16, rpc_port, 1, UINT16_MAX),
    LIST("net", "dns_seeds", YC_FIELD_SEEDS, dns_seeds, dns_seed_count, YC_SEEDS_MAX),
    LIST("net", "fixed_seeds", YC_FIELD_SEEDS, fixed_seeds, fixed_seed_count, YC_SEEDS_MAX),
    PLAIN("net", "user_agent_prefix", YC_FIELD_TEXT, user_agent_prefix),
    PLAIN("address", "hrp", YC_FIELD_HRP, hrp),
    RANGE("address", "p2pkh", YC_FIELD_INT8, p2pkh_version, 0, UINT8_MAX),
    RANGE("address", "p2sh", YC_FIELD_INT8, p2sh_version, 0, UINT8_MAX),
    RANGE("address", "wif", YC_FIELD_INT8, wif_version, 0, UINT8_MAX),
    PLAIN("address", "xpub", YC_FIELD_HEX32, xpub_version),
    PLAIN("address", "xprv", YC_FIELD_HEX32, xprv_version),
    RANGE("address", "bip44", YC_FIELD_INT32, bip44_coin, 0, INT32_MAX),
    RANGE("genesis", "version", YC_FIELD_INT32, genesis.version, 1, INT32_MAX),
    RANGE("genesis", "time", YC_FIELD_INT32, genesis.time, 1, UINT32_MAX),
    PLAIN("genesis", "bits", YC_FIELD_HEX32, genesis.bits),
    {"genesis", "nonce", YC_FIELD_INT32, YC_FIELD_MINED, AT(genesis.nonce), 0, ROOM(genesis.nonce), 0, UINT32_MAX},
    RANGE("genesis", "value", YC_FIELD_AMOUNT, genesis.value_sat, 0, YC_MONEY_MAX),
    {"genesis", "message", YC_FIELD_TEXT, 0, AT(genesis.message), 0, MESSAGE_BYTES_MAX + 1, 1, 0},
    PLAIN("genesis", "message_bits", YC_FIELD_HEX32, genesis.message_bits),
    LIST("genesis", "output_script", YC_FIELD_HEX_BYTES, genesis.output_script, genesis.output_script_n,
         ROOM(genesis.output_script)),
    {"genesis", "hash", YC_FIELD_HASH, YC_FIELD_MINED, AT(genesis.hash), 0, ROOM(genesis.hash), 0, 0},
    PLAIN("pow", "limit", YC_FIELD_U256, pow.limit),
    RANGE("pow", "spacing", YC_FIELD_INT32, pow.spacing_s, 1, SPACING_MAX),
    PLAIN("pow", "retarget", YC_FIELD_RETARGET, pow.retarget),
    RANGE("pow", "window", YC_FIELD_INT32, pow.window, 2, WINDOW_MAX),
    RANGE("pow", "half_life", YC_FIELD_INT32, pow.half_life_s, 0, INT32_MAX),
    RANGE("pow", "min_difficulty_after", YC_FIELD_INT32, pow.min_difficulty_after_s, 0, INT32_MAX),
    PLAIN("pow", "bip94", YC_FIELD_BOOL, pow.bip94),
    RANGE("subsidy", "initial", YC_FIELD_AMOUNT, subsidy_initial_sat, 0, YC_MONEY_MAX),
    RANGE("subsidy", "halving_interval", YC_FIELD_INT32, subsidy_halving_interval, 1, INT32_MAX),
    RANGE("rules", "bip16", YC_FIELD_ACTIVATION, rules.bip16, 0, HEIGHT_MAX),
    RANGE("rules", "bip34", YC_FIELD_ACTIVATION, rules.bip34, 0, HEIGHT_MAX),
    RANGE("rules", "bip65", YC_FIELD_ACTIVATION, rules.bip65, 0, HEIGHT_MAX),
    RANGE("rules", "bip66", YC_FIELD_ACTIVATION, rules.bip66, 0, HEIGHT_MAX),
    RANGE("rules", "csv", YC_FIELD_ACTIVATION, rules.csv, 0, HEIGHT_MAX),
    RANGE("rules", "segwit", YC_FIELD_ACTIVATION, rules.segwit, 0, HEIGHT_MAX),
    RANGE("rules", "taproot", YC_FIELD_ACTIVATION, rules.taproot, 0, HEIGHT_MAX),
    RANGE("rules", "bip54", YC_FIELD_ACTIVATION, rules.bip54, 0, HEIGHT_MAX),
    LIST("exceptions", "script_flags", YC_FIELD_FLAGS, flag_exceptions, flag_exception_count, YC_EXCEPTIONS_MAX),
    LIST("exceptions", "bip30_repeats", YC_FIELD_BIP30, bip30_repeats, bip30_repeat_count, YC_EXCEPTIONS_MAX),
    LIST("exceptions", "bip30_overwritten", YC_FIELD_BIP30, bip30_overwritten, bip30_overwritten_count,
         YC_EXCEPTIONS_MAX),
    PLAIN("sync", "minimum_chain_work", YC_FIELD_U256, minimum_chain_work),
    PLAIN("sync", "assume_valid", YC_FIELD_HASH, assume_valid),
    LIST("sync", "assumeutxo", YC_FIELD_ASSUMEUTXO, assumeutxo, assumeutxo_count, YC_ASSUMEUTXO_MAX),
    RANGE("sync", "prune_after_height", YC_FIELD_INT32, prune_after_height, 0, HEIGHT_MAX),
    LIST("", "signet_challenge", YC_FIELD_SIGNET, signet_challenge, signet_challenge_n, ROOM(signet_challenge)),
};

const struct yc_chain_field *yc_chain_fields(size_t *count)
{
    *count = sizeof fields / sizeof fields[0];
    return fields;
}
