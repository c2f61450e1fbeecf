/* Output descriptors: BIP 380 to 386. Checksums, addresses and scripts are Bitcoin Core's answers on regtest. */
#include "base/hex.h"
#include "formats/address.h"
#include "formats/descriptor.h"
#include "unit/formats/chains.h"

#include <stdlib.h>
#include <string.h>

#define K1 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define K2 "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
#define U1                                                                                                             \
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"                                               \
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define X1 "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"

static struct yc_chain_params chain;

static int load_chain(void **state)
{
    (void)state;
    test_chain_load(&chain, "regtest");
    return 0;
}

static enum yc_verdict parse(struct yc_descriptor *d, const char *text, enum yc_descriptor_checksum_rule rule,
                             struct yc_error *err)
{
    static uint8_t memory[8192];
    static struct yc_arena arena;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    return yc_descriptor_parse(d, &chain, yc_view_text(text), rule, &arena, err);
}

static const struct {
    const char *text, *checksum;
    bool solvable;
    const char *script[4]; /* an address, or hex after '=' */
} known[] = {
    {"pk(" K1 ")", "gn28ywm7", true, {"=21" K1 "ac"}},
    {"pk(" U1 ")", "fsjyjr2x", true, {"=41" U1 "ac"}},
    {"pkh(" K1 ")", "e48zzw02", true, {"mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"}},
    {"pkh([d34db33f/44'/0'/0']" K1 ")", "49mgvt3g", true, {"mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"}},
    {"wpkh(" K1 ")", "ucxz0gak", true, {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"}},
    {"sh(wpkh(" K1 "))", "jqtwwlah", true, {"2NAUYAHhujozruyzpsFRP63mbrdaU5wnEpN"}},
    {"sh(pkh(" K1 "))", "46tklrrd", true, {"2NByiBUaEXrhmqAsg7BbLpcQSAQs1EDwt5w"}},
    {"wsh(pk(" K1 "))", "fdpqq2al", true, {"bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"}},
    {"sh(wsh(pkh(" K1 ")))", "dcl29tl9", true, {"2NCv3Z6EZnDxprQ8M7D6fgSEzEAai8ef62b"}},
    {"multi(1," K2 "," K1 ")", "cf94gjze", true, {"=5121" K2 "21" K1 "52ae"}},
    {"sortedmulti(2," K2 "," K1 ")", "yjwfp3q8", true, {"=5221" K1 "21" K2 "52ae"}},
    {"wsh(multi(2," K2 "," K1 "))",
     "q9l2g3lp",
     true,
     {"bcrt1qqefcas84exam998wgaq0h0n48wsx7jfzksulf7h99fpxhm9uh7aqnm5rf4"}},
    {"sh(sortedmulti(1," K2 "," K1 "))", "50w047cv", true, {"2MzDSaqMcnds82ggLGjXLxhtHBL52nhBmWC"}},
    {"tr(" X1 ")", "gxjkeue2", true, {"bcrt1pmfr3p9j00pfxjh0zmgp99y8zftmd3s5pmedqhyptwy6lm87hf5ssm803es"}},
    {"tr(" K1 ")", "3q50ef67", true, {"bcrt1pmfr3p9j00pfxjh0zmgp99y8zftmd3s5pmedqhyptwy6lm87hf5ssm803es"}},
    {"rawtr(" X1 ")", "xsjqcczm", true, {"bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"}},
    {"raw(deadbeef)", "89f8spxm", false, {"=deadbeef"}},
    {"combo(" K1 ")",
     "lq9sf04s",
     true,
     {"=21" K1 "ac", "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
      "2NAUYAHhujozruyzpsFRP63mbrdaU5wnEpN"}},
    {"combo(" U1 ")", "drcxjdas", true, {"=41" U1 "ac", "mtoKs9V381UAhUia3d7Vb9GNak8Qvmcsme"}},
    {"addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)",
     "8pk5s7ya",
     false,
     {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"}},
};

static void known_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct yc_descriptor d;
        struct yc_error err = {.text = ""};
        char checksum[YC_DESCRIPTOR_CHECKSUM_MAX], whole[512];
        assert_true(yc_descriptor_checksum(checksum, yc_view_text(known[i].text)));
        assert_string_equal(checksum, known[i].checksum);
        (void)snprintf(whole, sizeof whole, "%s#%s", known[i].text, checksum);
        if (parse(&d, whole, YC_DESCRIPTOR_CHECKSUM_REQUIRED, &err) != YC_VALID)
            fail_msg("%s: %s", whole, err.text);
        assert_int_equal(d.solvable, known[i].solvable);
        assert_int_equal(d.text.n, strlen(known[i].text));
        size_t count = 0;
        while (count < 4 && known[i].script[count])
            count++;
        assert_int_equal(d.script_count, count);
        for (size_t k = 0; k < count; k++) {
            char found[512] = "=";
            if (known[i].script[k][0] == '=')
                yc_hex_write(found + 1, d.script[k].p, d.script[k].n);
            else
                assert_true(yc_address_print_script(found, &chain, d.script[k]));
            assert_string_equal(found, known[i].script[k]);
        }
        assert_int_equal(parse(&d, known[i].text, YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &err), YC_VALID);
    }
}

static void refused_descriptors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "'' is not a valid descriptor function"},
        {"pk(", "'pk(' is not a valid descriptor function"},
        {"pk)", "'pk)' is not a valid descriptor function"},
        {"pk()", "pk(): No key provided"},
        {"pk( " K1 ")", "pk(): Key ' " K1 "' is invalid due to whitespace"},
        {"wsh(multi(2," K1 ", " K2 "))", "Multi: Key ' " K2 "' is invalid due to whitespace"},
        {"pk(02)", "pk(): key '02' is not valid"},
        {"pk(" X1 ")", "pk(): key '" X1 "' is not valid"},
        {"pkh("
         "0679be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448"
         "a68554199c47d08ffb10d4b8)",
         "Hybrid public keys are not allowed"},
        {"pk(020000000000000000000000000000000000000000000000000000000000000007)", "is invalid"},
        {"wpkh(" U1 ")", "wpkh(): Uncompressed keys are not allowed"},
        {"wsh(pk(" U1 "))", "pk(): Uncompressed keys are not allowed"},
        {"tr(" U1 ")", "tr(): Uncompressed keys are not allowed"},
        {"tr(" X1 ",pk(" X1 "))", "script trees are not supported"},
        {"wsh(wpkh(" K1 "))", "Can only have wpkh() at top level or inside sh()"},
        {"wsh(wsh(pk(" K1 ")))", "Can only have wsh() at top level or inside sh()"},
        {"sh(sh(pk(" K1 ")))", "Can only have sh() at top level"},
        {"sh(combo(" K1 "))", "Can only have combo() at top level"},
        {"wsh(addr(x))", "Can only have addr() at top level"},
        {"sh(" K1 ")", "A function is needed within P2SH"},
        {"wsh()", "A function is needed within P2WSH"},
        {"raw(0)", "Raw script is not hex"},
        {"raw()", "Raw script is not hex"},
        {"addr(nonsense)", "Address is not valid"},
        {"multi(0," K1 ")", "Multisig threshold cannot be 0, must be at least 1"},
        {"multi(2," K1 ")", "threshold is 2 but only 1 keys specified"},
        {"multi(a," K1 ")", "Multi threshold 'a' is not valid"},
        {"multi(1)", "Cannot have 0 keys in multisig"},
        {"multi(1,)", "Multi: No key provided"},
        {"multi(1," K1 "," K1 "," K1 "," K1 ")", "Cannot have 4 pubkeys in bare multisig; only at most 3 pubkeys"},
        {"pk([d34db33/0]" K1 ")", "Fingerprint is not 4 bytes in hex"},
        {"pk([d34db33f/x]" K1 ")", "is not valid"},
        {"pk([d34db33f" K1 ")", "no closing bracket"},
        {"pk([]" K1 ")", "Fingerprint is not 4 bytes in hex"},
        {"pk(L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1)", "private keys are not supported here"},
        {"pkh("
         "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGM"
         "cet8/0/*)",
         "extended keys are not supported here"},
        {"raw(deadbeef)##", "Multiple '#' symbols"},
        {"raw(deadbeef)#", "Expected 8 character checksum, not 0 characters"},
        {"raw(deadbeef)#89f8spxmx", "Expected 8 character checksum, not 9 characters"},
        {"raw(deadbeef)#99f8spxm", "Provided checksum '99f8spxm' does not match computed checksum '89f8spxm'"},
        {"raw(\xc3\xbc)#00000000", "Invalid characters in payload"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_descriptor d;
        struct yc_error err = {.text = "accepted"};
        assert_int_equal(parse(&d, rows[i].text, YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &err), YC_INVALID);
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
    struct yc_descriptor d;
    struct yc_error err;
    assert_int_equal(parse(&d, "raw(deadbeef)", YC_DESCRIPTOR_CHECKSUM_REQUIRED, &err), YC_INVALID);
    assert_string_equal(err.text, "Missing checksum");
}

/* 20 keys are the most; in sh() the redeem script must fit a stack element (15 compressed keys). */
static void many_keys(void **state)
{
    (void)state;
    static const struct {
        const char *head, *tail;
        unsigned keys;
        bool ok;
    } rows[] = {
        {"wsh(multi(1", "))", 20, true}, {"wsh(multi(1", "))", 21, false}, {"sh(multi(1", "))", 15, true},
        {"sh(multi(1", "))", 16, false}, {"wsh(multi(17", "))", 17, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        struct yc_descriptor d;
        size_t n = (size_t)snprintf(text, sizeof text, "%s", rows[i].head);
        for (unsigned k = 0; k < rows[i].keys; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "," K1);
        (void)snprintf(text + n, sizeof text - n, "%s", rows[i].tail);
        assert_int_equal(parse(&d, text, YC_DESCRIPTOR_CHECKSUM_OPTIONAL, NULL), rows[i].ok ? YC_VALID : YC_INVALID);
    }
}

/* However long or deep: a sentence, and no more memory than the header says. */
static void long_texts_take_no_more_than_promised(void **state)
{
    (void)state;
    static const char *const parts[][2] = {{"sh(", ")"},         {"wsh(", ")"}, {"raw(", "51"},
                                           {"multi(1,", K1 ")"}, {"[", "]"},    {"tr(" K1 ",{", "}"}};
    static char text[40001];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (int shape = 0; shape < 2; shape++) {
            size_t n = 0, open_n = strlen(parts[i][0]), close_n = strlen(parts[i][1]);
            while (n + open_n + 1000 < sizeof text / 2 || (shape && n == 0)) {
                memcpy(text + n, parts[i][0], open_n);
                n += open_n;
                if (shape)
                    break;
            }
            while (n + close_n + 2 < sizeof text) {
                memcpy(text + n, parts[i][1], close_n);
                n += close_n;
            }
            text[n++] = ')';
            struct yc_arena arena;
            struct yc_descriptor d;
            struct yc_error err;
            void *memory = malloc(YC_DESCRIPTOR_ARENA_BYTES(n));
            assert_non_null(memory);
            yc_arena_init_fixed(&arena, memory, YC_DESCRIPTOR_ARENA_BYTES(n));
            enum yc_verdict v =
                yc_descriptor_parse(&d, &chain, yc_view(text, n), YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &arena, &err);
            bool is_long_raw = i == 2 && shape == 1;
            assert_int_equal(v, is_long_raw ? YC_VALID : YC_INVALID);
            free(memory);
        }
}

static void no_memory_is_our_fault(void **state)
{
    (void)state;
    uint8_t memory[8];
    struct yc_arena arena;
    struct yc_descriptor d;
    struct yc_error err;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(
        yc_descriptor_parse(&d, &chain, yc_view_text("pk(" K1 ")"), YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &arena, &err),
        YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_descriptors),
        cmocka_unit_test(refused_descriptors),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(long_texts_take_no_more_than_promised),
        cmocka_unit_test(no_memory_is_our_fault),
    };
    return cmocka_run_group_tests(tests, load_chain, NULL);
}
