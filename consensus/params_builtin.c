/* YCoin's own chains. Each genesis block pays nobody: its one output holds nothing and cannot be spent. Its time is the
 * first second from GENESIS_TIME on in which some nonce is good, and its nonce is the first good one: what
 * yc_genesis_mine() finds again. */
#include "consensus/params.h"

#define SPACING_S        600
#define BIP54_PERIOD     2016
#define GENESIS_TIME     1795176000 /* 20 November 2026, 12:00 UTC */
#define GENESIS_MESSAGE  "20 Nov 2026: this chain begins without a coin, and each is yet to be mined"
#define OP_RETURN        0x6a
#define HALF_LIFE_MAIN_S 172800
#define HALF_LIFE_TEST_S 3600

/* Every soft fork from the first block on; the genesis block is under no rule. */
#define RULES_FROM_BLOCK_1                                                                                             \
    {                                                                                                                  \
        .bip16 = 1, .bip34 = 1, .bip65 = 1, .bip66 = 1, .csv = 1, .segwit = 1, .taproot = 1, .bip54 = 1                \
    }

/* Base58 addresses begin with Y (key) or C (script), keys with ycpu and ycpr. */
static const struct yc_chain_params chain_main = {
    .name = "main",
    .dir = "",
    .magic = {0xe3, 0xc1, 0xd9, 0xf4},
    .port = 17333,
    .rpc_port = 17332,
    .hrp = "yc",
    .p2pkh_version = 78,
    .p2sh_version = 28,
    .wif_version = 206,
    .xpub_version = 0x0499280f,
    .xprv_version = 0x049927fa,
    .bip44_coin = 17333,
    .genesis = {.version = 1,
                .time = GENESIS_TIME + 2,
                .bits = 0x1d00ffff,
                .nonce = 325971521,
                .message = GENESIS_MESSAGE,
                .message_bits = 0x1d00ffff,
                .output_script = {OP_RETURN},
                .output_script_n = 1,
                .hash = {{0xdc, 0xe0, 0xbc, 0x68, 0xc8, 0x23, 0x14, 0x21, 0xbc, 0xcb, 0x2f,
                          0x78, 0xad, 0xbf, 0xd4, 0xc1, 0x3e, 0x11, 0x99, 0x9f, 0xf3, 0xe0,
                          0xe9, 0x06, 0x48, 0xb4, 0x32, 0x75, 0x00, 0x00, 0x00, 0x00}},
                .mined = true},
    .pow = {.limit = {{0, 0, 0, 0x00000000ffff0000}},
            .spacing_s = SPACING_S,
            .retarget = YC_RETARGET_ASERT,
            .window = BIP54_PERIOD,
            .half_life_s = HALF_LIFE_MAIN_S},
    .subsidy_initial_sat = 50 * YC_COIN,
    .subsidy_halving_interval = 210000,
    .rules = RULES_FROM_BLOCK_1,
    .prune_after_height = 100000,
};

/* Base58 addresses begin with y or c, keys with ytpu and ytpr. */
static const struct yc_chain_params chain_test = {
    .name = "test",
    .dir = "test",
    .test_chain = true,
    .magic = {0xe4, 0xc2, 0xda, 0xf5},
    .port = 27333,
    .rpc_port = 27332,
    .hrp = "tyc",
    .p2pkh_version = 140,
    .p2sh_version = 87,
    .wif_version = 251,
    .xpub_version = 0x049ee45b,
    .xprv_version = 0x049ee446,
    .bip44_coin = 1,
    .genesis = {.version = 1,
                .time = GENESIS_TIME,
                .bits = 0x1d0fffff,
                .nonce = 360943060,
                .message = GENESIS_MESSAGE,
                .message_bits = 0x1d00ffff,
                .output_script = {OP_RETURN},
                .output_script_n = 1,
                .hash = {{0x5d, 0x42, 0x45, 0xef, 0x5a, 0x26, 0x26, 0x39, 0xe7, 0x69, 0xd1,
                          0x26, 0xd7, 0x70, 0x8c, 0x19, 0x17, 0x59, 0xf5, 0x9d, 0x27, 0xef,
                          0xaa, 0x35, 0x43, 0x39, 0xd8, 0xa9, 0x0e, 0x00, 0x00, 0x00}},
                .mined = true},
    .pow = {.limit = {{0, 0, 0, 0x0000000fffff0000}},
            .spacing_s = SPACING_S,
            .retarget = YC_RETARGET_ASERT,
            .window = BIP54_PERIOD,
            .half_life_s = HALF_LIFE_TEST_S},
    .subsidy_initial_sat = 50 * YC_COIN,
    .subsidy_halving_interval = 210000,
    .rules = RULES_FROM_BLOCK_1,
    .prune_after_height = 1000,
};

/* Base58 addresses begin with r or n, keys with yrpu and yrpr. */
static const struct yc_chain_params chain_regtest = {
    .name = "regtest",
    .dir = "regtest",
    .test_chain = true,
    .magic = {0xe5, 0xc3, 0xdb, 0xf6},
    .port = 37444,
    .rpc_port = 37443,
    .hrp = "ycrt",
    .p2pkh_version = 122,
    .p2sh_version = 112,
    .wif_version = 233,
    .xpub_version = 0x049e2cd2,
    .xprv_version = 0x049e2cbd,
    .bip44_coin = 1,
    .genesis = {.version = 1,
                .time = GENESIS_TIME,
                .bits = 0x207fffff,
                .nonce = 0,
                .message = GENESIS_MESSAGE,
                .message_bits = 0x1d00ffff,
                .output_script = {OP_RETURN},
                .output_script_n = 1,
                .hash = {{0x80, 0x50, 0x9b, 0xed, 0xff, 0xb2, 0xd7, 0xae, 0x92, 0xea, 0x49,
                          0x04, 0x32, 0x78, 0x6e, 0x01, 0xd4, 0x54, 0x04, 0xf5, 0x47, 0x30,
                          0xdc, 0xc6, 0x6e, 0x50, 0x47, 0x41, 0xef, 0x10, 0xaa, 0x52}},
                .mined = true},
    .pow = {.limit = {{0, 0, 0, 0x7fffff0000000000}},
            .spacing_s = SPACING_S,
            .retarget = YC_RETARGET_NONE,
            .window = 144},
    .subsidy_initial_sat = 50 * YC_COIN,
    .subsidy_halving_interval = 150,
    .rules = RULES_FROM_BLOCK_1,
    .prune_after_height = 1000,
};

const struct yc_chain_params *yc_chain_builtin(const char *name)
{
    static const struct yc_chain_params *const chains[] = {&chain_main, &chain_test, &chain_regtest};
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        if (strcmp(chains[i]->name, name) == 0)
            return chains[i];
    }
    return NULL;
}
