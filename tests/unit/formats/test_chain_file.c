/* Chain files: DESIGN's schema; every key is checked, every rule between keys has a sentence. */
#include "base/hex.h"
#include "base/random.h"
#include "consensus/connect.h"
#include "consensus/script/flags.h"
#include "formats/chain_file_fields.h"
#include "unit/formats/chains.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

static struct yc_chain_params main_chain, test_chain, signet_chain, regtest_chain;

static int load_chains(void **state)
{
    (void)state;
    test_chain_load(&main_chain, "main");
    test_chain_load(&test_chain, "test4");
    test_chain_load(&signet_chain, "signet");
    test_chain_load(&regtest_chain, "regtest");
    return 0;
}

/* The file of the chain as a tree of the test's own JSON library, to be changed. */
static json_object *tree_of(const struct yc_chain_params *params)
{
    struct yc_buf buf;
    yc_buf_init(&buf, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
    yc_chain_file_write(params, &buf);
    assert_false(buf.failed);
    struct json_tokener *reader = json_tokener_new();
    json_object *tree = json_tokener_parse_ex(reader, (const char *)buf.p, (int)buf.n);
    assert_non_null(tree);
    json_tokener_free(reader);
    yc_buf_release(&buf);
    return tree;
}

static enum yc_verdict parse_tree(struct yc_chain_params *out, json_object *tree, enum yc_chain_file_mode mode,
                                  struct yc_error *err)
{
    return yc_chain_file_parse(out, "x.json", yc_view_text(json_object_to_json_string(tree)), mode, err);
}

/* Parse the tree, which is given back, and expect a refusal that says why. */
static void expect_refusal(json_object *tree, const char *why)
{
    struct yc_chain_params params;
    struct yc_error err = {.text = "accepted"};
    assert_int_equal(parse_tree(&params, tree, YC_CHAIN_FILE_RUN, &err), YC_INVALID);
    if (!strstr(err.text, why))
        fail_msg("expected \"%s\", got \"%s\"", why, err.text);
    json_object_put(tree);
}

static json_object *section_of(json_object *tree, const char *section)
{
    json_object *in = tree;
    if (section[0])
        assert_true(json_object_object_get_ex(tree, section, &in));
    return in;
}

static void set(json_object *tree, const char *section, const char *key, const char *json)
{
    json_object_object_add(section_of(tree, section), key, json_tokener_parse(json));
}

static void shown(char out[65], const uint8_t hash32[32])
{
    yc_hex_write_reversed(out, hash32, 32);
}

static void bitcoins_genesis_blocks(void **state)
{
    (void)state;
    char text[65];
    shown(text, main_chain.genesis.hash.b);
    assert_string_equal(text, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    shown(text, test_chain.genesis.hash.b);
    assert_string_equal(text, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043");
    shown(text, regtest_chain.genesis.hash.b);
    assert_string_equal(text, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    shown(text, signet_chain.genesis.hash.b);
    assert_string_equal(text, "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6");
    assert_true(signet_chain.genesis.mined);
    assert_true(main_chain.genesis.mined && test_chain.genesis.mined && regtest_chain.genesis.mined);
}

static void fields_of_bitcoin_main(void **state)
{
    (void)state;
    const struct yc_chain_params *p = &main_chain;
    char text[65];
    assert_memory_equal(p->magic, "\xf9\xbe\xb4\xd9", 4);
    assert_string_equal(p->name, "main");
    assert_string_equal(p->dir, "");
    assert_false(p->test_chain);
    assert_int_equal(p->port, 8333);
    assert_int_equal(p->rpc_port, 8332);
    assert_int_equal(p->dns_seed_count, 7);
    assert_string_equal(p->dns_seeds[3], "seed.bitcoin.sprovoost.nl");
    assert_int_equal(p->xpub_version, 0x0488b21e);
    assert_int_equal(p->genesis.message_bits, 0x1d00ffff);
    assert_int_equal(p->genesis.output_script_n, 67);
    assert_int_equal(p->pow.retarget, YC_RETARGET_WINDOW);
    assert_int_equal(p->pow.limit.w[3], 0x00000000ffffffff);
    assert_int_equal(p->rules.segwit, 481824);
    assert_int_equal(p->rules.taproot, 0);
    assert_int_equal(p->rules.bip54, YC_NEVER);
    assert_int_equal(p->flag_exception_count, 2);
    assert_int_equal(p->flag_exceptions[0].flags, YC_SCRIPT_FLAGS_NONE);
    assert_int_equal(p->flag_exceptions[1].flags, YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS);
    assert_int_equal(p->bip30_repeat_count, 2);
    assert_int_equal(p->bip30_repeats[1].height, 91880);
    assert_int_equal(p->bip30_overwritten_count, 2);
    shown(text, p->bip30_overwritten[0].block.b);
    assert_string_equal(text, "00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e");
    assert_int_equal(p->assumeutxo_count, 4);
    assert_int_equal(p->assumeutxo[0].tx_count, 991032194);
    assert_int_equal(p->minimum_chain_work.w[1], 0x1128750f8);
}

/* The two blocks of Bitcoin's chain whose scripts break rules that every other obeys, and what is added by height. */
static void script_flags_of_bitcoin_main(void **state)
{
    (void)state;
    const struct yc_chain_params *p = &main_chain;
    const uint32_t base = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT;
    static const struct {
        uint32_t height, added;
        const char *hash;
        uint32_t flags;
    } rows[] = {
        {170060, 0, "00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22", 0},
        {692261, YC_SCRIPT_DERSIG | YC_SCRIPT_CHECKLOCKTIMEVERIFY | YC_SCRIPT_CHECKSEQUENCEVERIFY | YC_SCRIPT_NULLDUMMY,
         "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad", YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS},
    };
    for (size_t i = 0; i < 2; i++) {
        struct yc_block_hash hash;
        assert_true(yc_hex_read_reversed(hash.b, 32, rows[i].hash, 64));
        assert_int_equal(yc_script_flags_at(p, rows[i].height, &hash), rows[i].flags | rows[i].added);
        hash.b[0] ^= 1; /* another block of this height */
        assert_int_equal(yc_script_flags_at(p, rows[i].height, &hash), base | rows[i].added);
    }
    static const struct {
        uint32_t height, flag;
    } steps[] = {{363725, YC_SCRIPT_DERSIG},
                 {388381, YC_SCRIPT_CHECKLOCKTIMEVERIFY},
                 {419328, YC_SCRIPT_CHECKSEQUENCEVERIFY},
                 {481824, YC_SCRIPT_NULLDUMMY}};
    struct yc_block_hash any = {{1}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(yc_script_flags_at(p, steps[i].height - 1, &any) & steps[i].flag, 0);
        assert_int_equal(yc_script_flags_at(p, steps[i].height, &any) & steps[i].flag, steps[i].flag);
    }
    /* BIP 30: the two blocks that made a coinbase again, and those whose coins they destroyed. */
    assert_int_equal(p->bip30_repeats[0].height, 91842);
    assert_int_equal(p->bip30_overwritten[0].height, 91722);
    assert_int_equal(p->bip30_overwritten[1].height, 91812);
}

/* What sets testnet4 apart: BIP 94's rules for a period's first block, 20 minute blocks, every fork from block 1 on. */
static void fields_of_bitcoin_test4(void **state)
{
    (void)state;
    const struct yc_chain_params *p = &test_chain;
    assert_memory_equal(p->magic, "\x1c\x16\x3f\x28", 4);
    assert_string_equal(p->name, "testnet4");
    assert_true(p->test_chain && p->pow.bip94);
    assert_int_equal(p->pow.min_difficulty_after_s, 1200);
    assert_int_equal(p->pow.retarget, YC_RETARGET_WINDOW);
    assert_int_equal(p->subsidy_halving_interval, 210000);
    assert_true(p->rules.bip34 == 1 && p->rules.csv == 1 && p->rules.segwit == 1 && p->rules.bip54 == YC_NEVER);
    assert_true(p->flag_exception_count == 0 && p->bip30_repeat_count == 0 && p->bip30_overwritten_count == 0);
}

static void fields_of_bitcoin_regtest(void **state)
{
    (void)state;
    const struct yc_chain_params *p = &regtest_chain;
    assert_memory_equal(p->magic, "\xfa\xbf\xb5\xda", 4);
    assert_string_equal(p->name, "regtest");
    assert_true(p->test_chain && !p->pow.bip94);
    assert_int_equal(p->pow.retarget, YC_RETARGET_NONE);
    assert_int_equal(p->subsidy_halving_interval, 150);
    assert_true(p->rules.bip34 == 1 && p->rules.segwit == 0 && p->rules.taproot == 0 && p->rules.bip54 == YC_NEVER);
}

/* The default signet (BIP 325): signed by one of two keys; its magic is that of its challenge. */
static void fields_of_bitcoin_signet(void **state)
{
    (void)state;
    const struct yc_chain_params *p = &signet_chain;
    assert_memory_equal(p->magic, "\x0a\x03\xcf\x40", 4);
    assert_string_equal(p->name, "signet");
    assert_int_equal(p->port, 38333);
    assert_int_equal(p->signet_challenge_n, 71);
    assert_memory_equal(p->signet_challenge, "\x51\x21\x03\xad\x5e", 5);
    assert_int_equal(p->pow.retarget, YC_RETARGET_WINDOW);
    assert_int_equal(p->pow.min_difficulty_after_s, 0);
    assert_int_equal(p->pow.limit.w[3], 0x00000377ae000000);
    assert_true(!p->pow.bip94 && p->rules.segwit == 1 && p->rules.bip54 == YC_NEVER);
}

/* A signet's magic need not be said; what is said must be the one that follows from the challenge. */
static void magic_of_a_signet(void **state)
{
    (void)state;
    struct yc_chain_params params;
    struct yc_error err = {.text = ""};
    json_object *tree = tree_of(&signet_chain);
    set(tree, "net", "magic", "null");
    assert_int_equal(parse_tree(&params, tree, YC_CHAIN_FILE_RUN, &err), YC_VALID);
    assert_memory_equal(params.magic, signet_chain.magic, 4);
    set(tree, "", "signet_challenge", "\"51\"");
    assert_int_equal(parse_tree(&params, tree, YC_CHAIN_FILE_RUN, &err), YC_VALID);
    assert_memory_equal(params.magic, "\x54\xd2\x6f\xbd", 4);
    assert_int_equal(params.signet_challenge_n, 1);
    set(tree, "net", "magic", "\"0a03cf40\"");
    expect_refusal(tree, "\"net.magic\" is not the one that signet_challenge determines, which is 54d26fbd");
    tree = tree_of(&regtest_chain);
    set(tree, "net", "magic", "null");
    expect_refusal(tree, "\"net.magic\" must be a text of 8 hex digits: only a signet may leave it null");
    /* The longest challenge, and one byte more. */
    char quoted[2 * YC_SIGNET_CHALLENGE_BYTES_MAX + 5];
    memset(quoted, '5', sizeof quoted);
    quoted[0] = quoted[2 * YC_SIGNET_CHALLENGE_BYTES_MAX + 1] = '"';
    quoted[2 * YC_SIGNET_CHALLENGE_BYTES_MAX + 2] = 0;
    tree = tree_of(&signet_chain);
    set(tree, "net", "magic", "null");
    set(tree, "", "signet_challenge", quoted);
    assert_int_equal(parse_tree(&params, tree, YC_CHAIN_FILE_RUN, &err), YC_VALID);
    assert_int_equal(params.signet_challenge_n, YC_SIGNET_CHALLENGE_BYTES_MAX);
    memcpy(quoted + 2 * YC_SIGNET_CHALLENGE_BYTES_MAX + 1, "55\"", 4);
    set(tree, "", "signet_challenge", quoted);
    expect_refusal(tree, "\"signet_challenge\" must be 1 to 256 bytes in hex, or null");
}

/* What is written reads back to the same bytes, for every chain there is; an unmined genesis too. */
static void round_trip(void **state)
{
    (void)state;
    struct yc_chain_params chains[8], back;
    chains[0] = main_chain;
    chains[1] = test_chain;
    chains[2] = regtest_chain;
    chains[3] = *yc_chain_builtin("main");
    chains[4] = *yc_chain_builtin("test");
    chains[5] = *yc_chain_builtin("regtest");
    chains[6] = regtest_chain;
    chains[6].genesis.mined = false;
    chains[6].genesis.nonce = 0;
    memset(&chains[6].genesis.hash, 0, sizeof chains[6].genesis.hash);
    chains[7] = signet_chain;
    for (size_t i = 0; i < 8; i++) {
        struct yc_buf one, two;
        struct yc_error err = {.text = ""};
        yc_buf_init(&one, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
        yc_buf_init(&two, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
        yc_chain_file_write(&chains[i], &one);
        if (yc_chain_file_parse(&back, "x.json", yc_buf_view(&one), YC_CHAIN_FILE_MINE, &err) != YC_VALID)
            fail_msg("%s", err.text);
        yc_chain_file_write(&back, &two);
        assert_true(yc_view_equal(yc_buf_view(&one), yc_buf_view(&two)));
        assert_int_equal(back.genesis.mined, chains[i].genesis.mined);
        yc_buf_release(&one);
        yc_buf_release(&two);
    }
}

static void path_of(char out[64], const struct yc_chain_field *f)
{
    (void)snprintf(out, 64, "\"%s%s%s\"", f->section, f->section[0] ? "." : "", f->key);
}

/* Each key in turn is left out. */
static void a_missing_key_is_named(void **state)
{
    (void)state;
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        char path[64], expected[128];
        json_object *tree = tree_of(&regtest_chain);
        path_of(path, &f[i]);
        json_object_object_del(section_of(tree, f[i].section), f[i].key);
        (void)snprintf(expected, sizeof expected, "x.json: %s is %s", path,
                       f[i].marks & YC_FIELD_MINED ? "not known yet" : "missing");
        expect_refusal(tree, expected);
    }
    json_object *tree = tree_of(&regtest_chain);
    json_object_object_del(tree, "schema");
    expect_refusal(tree, "x.json: \"schema\" is missing: give 1");
    tree = tree_of(&regtest_chain);
    json_object_object_del(tree, "pow");
    expect_refusal(tree, "x.json: \"pow.limit\" is missing");
}

/* Each key in turn gets a value of a type that it cannot have. */
static void a_wrong_type_is_named(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "true", "-1", "1.5", "\"\\u0001\"", "[[]]", "[1]", "{\"a\":1}"};
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            bool is_null = strcmp(values[k], "null") == 0, is_true = strcmp(values[k], "true") == 0;
            bool may_be_null =
                f[i].kind == YC_FIELD_ACTIVATION || f[i].kind == YC_FIELD_SIGNET || (f[i].marks & YC_FIELD_MINED);
            if ((is_null && may_be_null) || (is_true && f[i].kind == YC_FIELD_BOOL))
                continue;
            char path[64], expected[128];
            json_object *tree = tree_of(&regtest_chain);
            path_of(path, &f[i]);
            set(tree, f[i].section, f[i].key, values[k]);
            (void)snprintf(expected, sizeof expected, "x.json: %s must be ", path);
            expect_refusal(tree, expected);
        }
}

static void an_unknown_key_is_named(void **state)
{
    (void)state;
    static const char *const sections[] = {"",        "net",   "address",    "genesis", "pow",
                                           "subsidy", "rules", "exceptions", "sync"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        char expected[128];
        json_object *tree = tree_of(&regtest_chain);
        set(tree, sections[i], "spacin", "1");
        (void)snprintf(expected, sizeof expected, "x.json: \"%s%sspacin\" is not a key of a chain file", sections[i],
                       sections[i][0] ? "." : "");
        expect_refusal(tree, expected);
    }
    json_object *tree = tree_of(&regtest_chain);
    set(tree, "", "pow", "[]");
    expect_refusal(tree, "x.json: \"pow\" must be an object");
}

/* Values in range by themselves that break a rule, and the edges of ranges. */
static void rules_between_keys(void **state)
{
    (void)state;
    static const struct {
        const char *section, *key, *value, *why;
    } rows[] = {
        {"", "schema", "2", "\"schema\" must be 1"},
        {"", "name", "\"Reg\"", "\"name\" must be a name"},
        {"", "name", "\"\"", "\"name\" must be a name"},
        {"", "dir", "\"../up\"", "\"dir\" must be \"\" or a folder name"},
        {"", "dir", "\"wallets\"", "\"dir\" must be \"\" or a folder name"},
        {"", "dir", "\"a/b\"", "\"dir\" must be"},
        {"net", "port", "0", "\"net.port\" must be a whole number from 1 to 65535"},
        {"net", "port", "65536", "\"net.port\" must be"},
        {"net", "rpcport", "18444", "\"net.rpcport\" must differ from net.port"},
        {"net", "magic", "\"fabfb5\"", "\"net.magic\" must be a text of 8 hex digits"},
        {"net", "fixed_seeds", "[\"10.0.0.1\"]", "\"net.fixed_seeds\" must be a list"},
        {"net", "dns_seeds", "[\"a b\"]", "\"net.dns_seeds\" must be a list"},
        {"address", "hrp", "\"BC\"", "\"address.hrp\" must be"},
        {"address", "hrp", "\"abcdefghijklmnop\"", "\"address.hrp\" must be"},
        {"address", "p2sh", "111", "\"address.p2sh\" must differ from address.p2pkh"},
        {"address", "p2pkh", "256", "\"address.p2pkh\" must be a whole number from 0 to 255"},
        {"address", "xprv", "\"043587cf\"", "\"address.xprv\" must differ from address.xpub"},
        {"genesis", "bits", "\"21010000\"", "\"genesis.bits\" is no target within pow.limit"},
        {"genesis", "bits", "\"00000000\"", "\"genesis.bits\" is no target within pow.limit"},
        {"genesis", "bits", "\"04923456\"", "\"genesis.bits\" is no target within pow.limit"},
        {"genesis", "nonce", "3", "\"genesis.hash\" is not the hash of the block described there"},
        {"genesis", "nonce", "null", "\"genesis.nonce\" is not known yet"},
        {"genesis", "message", "\"\"", "\"genesis.message\" must be"},
        {"genesis", "output_script", "\"\"", "\"genesis.output_script\" must be 1 to 128 bytes in hex"},
        {"genesis", "output_script", "\"51a\"", "\"genesis.output_script\" must be"},
        {"genesis", "value", "2100000000000001", "\"genesis.value\" must be an amount"},
        {"genesis", "value", "50.00000000", "\"genesis.value\" must be an amount"},
        {"pow", "limit", "\"00\"", "\"pow.limit\" is zero"},
        {"pow", "retarget", "\"asrt\"", "\"pow.retarget\" must be"},
        {"pow", "retarget", "\"asert\"", "\"pow.half_life\" is 0"},
        {"pow", "spacing", "0", "\"pow.spacing\" must be"},
        {"pow", "window", "1", "\"pow.window\" must be"},
        {"subsidy", "initial", "5000000000000000", "\"subsidy.initial\" must be"},
        {"subsidy", "initial", "2100000000000000", "\"subsidy.initial\" makes more than"},
        {"subsidy", "halving_interval", "2000000000", "\"subsidy.initial\" makes more than"},
        {"subsidy", "halving_interval", "0", "\"subsidy.halving_interval\" must be"},
        {"rules", "segwit", "4294967295", "\"rules.segwit\" must be a height"},
        {"exceptions", "script_flags", "{\"00\":\"NONE\"}", "\"exceptions.script_flags\" must be"},
        {"exceptions", "bip30_repeats", "[{\"height\":1}]", "\"exceptions.bip30_repeats\" must be"},
        {"sync", "assumeutxo", "[{\"height\":1}]", "\"sync.assumeutxo\" must be"},
        {"sync", "minimum_chain_work", "\"\"", "\"sync.minimum_chain_work\" must be"},
        {"sync", "assume_valid", "\"0000\"", "\"sync.assume_valid\" must be"},
        {"", "signet_challenge", "\"51\"", "\"net.magic\" is not the one that signet_challenge determines"},
        {"", "signet_challenge", "\"\"", "\"signet_challenge\" must be 1 to 256 bytes in hex, or null"},
        {"", "signet_challenge", "\"5\"", "\"signet_challenge\" must be"},
        {"", "signet_challenge", "81", "\"signet_challenge\" must be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_object *tree = tree_of(&regtest_chain);
        set(tree, rows[i].section, rows[i].key, rows[i].value);
        expect_refusal(tree, rows[i].why);
    }
    json_object *tree = tree_of(&regtest_chain);
    set(tree, "pow", "retarget", "\"asert\"");
    set(tree, "pow", "half_life", "3600");
    expect_refusal(tree, "\"pow.min_difficulty_after\" must be 0 with the retarget \"asert\"");
    tree = tree_of(&regtest_chain);
    set(tree, "genesis", "bits", "\"1d00ffff\"");
    set(tree, "genesis", "hash", "\"4b6e71acba74937ef28d9ef17b71ae21a5e1aad9a0d7a5d1e4f9c1d5a1f4e2ac\"");
    expect_refusal(tree, "\"genesis.hash\" is not the hash of the block described there");
}

/* A genesis whose hash is right but above its target. */
static void a_genesis_without_work_is_refused(void **state)
{
    (void)state;
    struct yc_chain_params params;
    struct yc_error err;
    json_object *tree = tree_of(&regtest_chain);
    set(tree, "genesis", "bits", "\"1d00ffff\"");
    assert_int_equal(parse_tree(&params, tree, YC_CHAIN_FILE_RUN, &err), YC_INVALID);
    const char *hash = strstr(err.text, "which is ");
    assert_non_null(hash);
    char quoted[67];
    (void)snprintf(quoted, sizeof quoted, "\"%.64s\"", hash + strlen("which is "));
    set(tree, "genesis", "hash", quoted);
    expect_refusal(tree, "\"genesis.nonce\" does not give the block the work");
}

static void not_json_or_not_an_object(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "{", "nonsense", "[]", "1", "null", "{}", "{\"schema\":1}", "{\"schema\":1} x"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_chain_params params;
        struct yc_error err = {.text = ""};
        assert_int_equal(yc_chain_file_parse(&params, "x.json", yc_view_text(rows[i]), YC_CHAIN_FILE_RUN, &err),
                         YC_INVALID);
        assert_memory_equal(err.text, "x.json: ", 8);
    }
    struct yc_chain_params params;
    struct yc_error err;
    assert_int_equal(
        yc_chain_file_load(&params, yc_fs_posix(), yc_heap(), "chains/nowhere.json", YC_CHAIN_FILE_RUN, &err),
        YC_INVALID);
    assert_non_null(strstr(err.text, "chains/nowhere.json does not exist"));
}

/* -mkchain and -mkgenesis: made, written, read as not mined, mined, written, read as mined. */
static void a_new_chain_is_made_and_mined(void **state)
{
    (void)state;
    struct yc_random random;
    struct yc_random_seeded seeded;
    yc_random_seed(&random, &seeded, 8);
    struct yc_chain_params a, b, back;
    struct yc_error err = {.text = ""};
    assert_int_equal(yc_chain_file_make(&a, "acme", 1800000000, &random, &err), YC_VALID);
    assert_int_equal(yc_chain_file_make(&b, "acme2", 1800000000, &random, &err), YC_VALID);
    assert_memory_not_equal(a.magic, b.magic, 4);
    assert_int_not_equal(a.port, b.port);
    assert_string_equal(a.hrp, "acme");
    assert_true(a.test_chain);
    assert_false(a.genesis.mined);
    json_object *tree = tree_of(&a);
    assert_int_equal(parse_tree(&back, tree, YC_CHAIN_FILE_RUN, &err), YC_INVALID);
    if (parse_tree(&back, tree, YC_CHAIN_FILE_MINE, &err) != YC_VALID)
        fail_msg("%s", err.text);
    json_object_object_del(section_of(tree, "genesis"), "nonce");
    json_object_object_del(section_of(tree, "genesis"), "hash");
    assert_int_equal(parse_tree(&back, tree, YC_CHAIN_FILE_MINE, &err), YC_VALID);
    json_object_put(tree);
    assert_true(yc_genesis_mine(&back, 1000, NULL));
    tree = tree_of(&back);
    struct yc_chain_params again;
    if (parse_tree(&again, tree, YC_CHAIN_FILE_RUN, &err) != YC_VALID)
        fail_msg("%s", err.text);
    assert_true(again.genesis.mined);
    json_object_put(tree);
    static const char *const bad[] = {"", "main", "regtest", "Acme", "1st", "a-b", "abcdefghijklm", "../x", "wallets"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(yc_chain_file_make(&a, bad[i], 1800000000, &random, &err), YC_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitcoins_genesis_blocks),
        cmocka_unit_test(fields_of_bitcoin_main),
        cmocka_unit_test(script_flags_of_bitcoin_main),
        cmocka_unit_test(fields_of_bitcoin_test4),
        cmocka_unit_test(fields_of_bitcoin_regtest),
        cmocka_unit_test(fields_of_bitcoin_signet),
        cmocka_unit_test(magic_of_a_signet),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(a_wrong_type_is_named),
        cmocka_unit_test(an_unknown_key_is_named),
        cmocka_unit_test(rules_between_keys),
        cmocka_unit_test(a_genesis_without_work_is_refused),
        cmocka_unit_test(not_json_or_not_an_object),
        cmocka_unit_test(a_new_chain_is_made_and_mined),
    };
    return cmocka_run_group_tests(tests, load_chains, NULL);
}
