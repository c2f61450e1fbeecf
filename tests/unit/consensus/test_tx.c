/* Transactions: their bytes, ids, and the rules that need nothing else. */
#include "base/hex.h"
#include "consensus/tx.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_BYTES_MAX 4096
#define NULL_PREVOUT  "0000000000000000000000000000000000000000000000000000000000000000ffffffff"
#define SOME_PREVOUT                                                                                                   \
    "1111111111111111111111111111111111111111111111111111111111111111"                                                 \
    "00000000"
#define OUT_OP_TRUE                                                                                                    \
    "0100000000000000"                                                                                                 \
    "0151"

static uint8_t memory[1 << 20];
static struct yc_arena arena;
static struct yc_reject why;

static int fresh_arena(void **state)
{
    (void)state;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    memset(&why, 0, sizeof why);
    return 0;
}

static struct yc_view from_hex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = yc_arena_take(&arena, n);
    assert_non_null(p);
    assert_true(yc_hex_read(p, n, hex, 2 * n));
    return yc_view(p, n);
}

static struct yc_tx parsed(const char *hex)
{
    struct yc_tx tx;
    if (yc_tx_parse(&tx, from_hex(hex), &arena, &why) != YC_VALID)
        fail_msg("%s: %s", hex, why.detail);
    return tx;
}

static void expect_unparsable(const char *hex)
{
    struct yc_tx tx;
    assert_int_equal(yc_tx_parse(&tx, from_hex(hex), &arena, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_PARSE);
    assert_true(why.detail[0] != 0);
}

static void expect_rule(const char *hex, enum yc_rej code)
{
    struct yc_tx tx = parsed(hex);
    enum yc_verdict verdict = yc_tx_check(&tx, &arena, &why);
    assert_int_equal(verdict, code == YC_REJ_NONE ? YC_VALID : YC_INVALID);
    if (verdict != YC_VALID)
        assert_string_equal(yc_reject_string(why.code), yc_reject_string(code));
}

static void expect_id(const uint8_t id[32], const char *displayed)
{
    char text[65];
    yc_hex_write_reversed(text, id, 32);
    assert_string_equal(text, displayed);
}

/* The example of BIP 143, "native P2WPKH": two inputs, one with a witness. */
static const char segwit_hex[] =
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9"
    "cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618e"
    "f3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb20600000000"
    "1976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa81"
    "5988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f9030"
    "0e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357110000"
    "00";

static void witness_transaction_is_read(void **state)
{
    (void)state;
    struct yc_tx tx = parsed(segwit_hex);
    assert_int_equal(tx.version, 1);
    assert_int_equal(tx.lock_time, 0x11);
    assert_int_equal(tx.in_count, 2);
    assert_int_equal(tx.out_count, 2);
    assert_true(tx.has_witness);
    assert_int_equal(tx.in[0].witness_count, 0);
    assert_int_equal(tx.in[1].witness_count, 2);
    assert_int_equal(tx.in[1].witness[1].n, 33);
    assert_int_equal(tx.in[0].sequence, 0xffffffee);
    assert_int_equal(tx.out[0].value_sat, 112340000);
    assert_int_equal(tx.raw.n, 343);
    assert_int_equal(tx.stripped_bytes, 233);
    assert_int_equal(yc_tx_weight(&tx), 1042);
    assert_int_equal(yc_tx_vbytes(&tx), 261);
    expect_id(tx.txid.b, "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609");
    expect_id(tx.wtxid.b, "c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762");
}

static void writing_gives_the_bytes_back(void **state)
{
    (void)state;
    struct yc_tx tx = parsed(segwit_hex);
    uint8_t out[512], id[32];
    struct yc_writer w;
    yc_writer_init(&w, out, sizeof out);
    yc_tx_write(&tx, true, &w);
    assert_true(yc_view_equal(yc_writer_written(&w), tx.raw));
    yc_writer_init(&w, out, sizeof out);
    yc_tx_write(&tx, false, &w);
    assert_int_equal(w.n, tx.stripped_bytes);
    yc_sha256d(id, out, w.n);
    assert_memory_equal(id, tx.txid.b, 32);
}

static void ids_are_equal_without_a_witness(void **state)
{
    (void)state;
    struct yc_tx tx = parsed("01000000"
                             "01" SOME_PREVOUT "00"
                             "ffffffff"
                             "01" OUT_OP_TRUE "00000000");
    assert_false(tx.has_witness);
    assert_memory_equal(tx.txid.b, tx.wtxid.b, 32);
    assert_int_equal(tx.stripped_bytes, tx.raw.n);
}

/* Every prefix and every prolongation is refused, and none makes the reader run away. */
static void truncated_and_prolonged_bytes(void **state)
{
    (void)state;
    size_t n = (sizeof segwit_hex - 1) / 2;
    uint8_t bytes[(sizeof segwit_hex - 1) / 2 + 1];
    assert_true(yc_hex_read(bytes, n, segwit_hex, 2 * n));
    bytes[n] = 0;
    for (size_t i = 0; i <= n + 1; i++) {
        struct yc_tx tx;
        yc_arena_init_fixed(&arena, memory, sizeof memory);
        enum yc_verdict verdict = yc_tx_parse(&tx, yc_view(bytes, i), &arena, &why);
        assert_int_equal(verdict, i == n ? YC_VALID : YC_INVALID);
    }
}

/* C45 */
static void flags_and_witness_records(void **state)
{
    (void)state;
    static const char input[] = SOME_PREVOUT "00"
                                             "ffffffff";
    char hex[1024];
    const struct {
        const char *marker, *witness;
        bool good;
    } cases[] = {
        {"0001", "0100", true},                               /* one empty item is a witness */
        {"0001", "010151", true},      {"0001", "00", false}, /* superfluous */
        {"0001", "", false},                                  /* missing */
        {"0002", "", false},                                  /* unknown flags */
        {"0003", "0100", false},       {"00ff", "0100", false},       {"0001", "fd0000", false}, /* C44 */
        {"0001", "01fd010051", false}, {"0001", "feffffff00", false}, {"0001", "ffffffffffffffffff", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(hex, sizeof hex, "02000000%s01%s01%s%s00000000", cases[i].marker, input, OUT_OP_TRUE,
                 cases[i].witness);
        if (cases[i].good)
            assert_true(parsed(hex).has_witness);
        else
            expect_unparsable(hex);
    }
    /* Unknown flags in front of what would be no inputs, and some outputs or none. */
    expect_unparsable("02000000"
                      "00020000000000");
    expect_unparsable("02000000"
                      "000201" OUT_OP_TRUE "00000000");
}

/* C44: a size in a longer form than needed. */
static void sizes_must_be_in_their_shortest_form(void **state)
{
    (void)state;
    expect_unparsable("02000000"
                      "fd0100" SOME_PREVOUT "00"
                      "ffffffff"
                      "01" OUT_OP_TRUE "00000000");
    expect_unparsable("02000000"
                      "01" SOME_PREVOUT "fd0000"
                      "ffffffff"
                      "01" OUT_OP_TRUE "00000000");
    expect_unparsable("02000000"
                      "01" SOME_PREVOUT "00"
                      "ffffffff"
                      "fe01000000" OUT_OP_TRUE "00000000");
    expect_unparsable("02000000"
                      "01" SOME_PREVOUT "00"
                      "ffffffff"
                      "01"
                      "0100000000000000"
                      "ff010000000000000051"
                      "00000000");
}

/* P31: a count that the bytes cannot hold is refused before memory is taken. */
static void counts_are_bounded_by_the_bytes(void **state)
{
    (void)state;
    size_t before = (size_t)(arena.end - arena.next);
    expect_unparsable("02000000"
                      "feffffffff"
                      "00");
    expect_unparsable("02000000"
                      "01" SOME_PREVOUT "00"
                      "ffffffff"
                      "feffffffff"
                      "00000000");
    expect_unparsable("02000000"
                      "ffffffffffffffffff"
                      "00");
    assert_true(before - (size_t)(arena.end - arena.next) < 1024);
}

static void transaction_of_nothing_is_parsed_and_refused(void **state)
{
    (void)state;
    struct yc_tx tx = parsed("01000000"
                             "0000"
                             "00000000");
    assert_int_equal(tx.in_count + tx.out_count, 0);
    assert_false(tx.has_witness);
    expect_rule("01000000"
                "0000"
                "00000000",
                YC_REJ_TX_VIN_EMPTY);
}

/* An unsigned transaction with no input yet and one output looks like a marker and a flag to the other entry. */
static void old_form_has_no_marker(void **state)
{
    (void)state;
    static const char hex[] = "01000000"
                              "00"
                              "01" OUT_OP_TRUE "00000000";
    struct yc_tx tx;
    expect_unparsable(hex);
    assert_int_equal(yc_tx_parse_stripped(&tx, from_hex(hex), &arena, &why), YC_VALID);
    assert_int_equal(tx.in_count, 0);
    assert_int_equal(tx.out_count, 1);
    assert_int_equal(yc_tx_parse_stripped(&tx, from_hex(segwit_hex), &arena, &why), YC_INVALID);
}

static void full_arena_is_our_failure(void **state)
{
    (void)state;
    struct yc_view raw = from_hex(segwit_hex);
    static uint8_t small[400];
    for (size_t room = 0; room < sizeof small; room += 16) {
        struct yc_arena tight;
        struct yc_tx tx;
        yc_arena_init_fixed(&tight, small, room);
        enum yc_verdict verdict = yc_tx_parse(&tx, raw, &tight, &why);
        assert_true(verdict == YC_VALID || (verdict == YC_SYSTEM && why.system == YC_SYSTEM_MEMORY));
    }
}

#define TX(inputs, outputs) "02000000" inputs outputs "00000000"
#define IN                                                                                                             \
    SOME_PREVOUT "00"                                                                                                  \
                 "ffffffff"

static void no_outputs(void **state)
{
    (void)state;
    expect_rule(TX("01" IN, "00"), YC_REJ_TX_VOUT_EMPTY);
}

/* C01 */
static void output_values(void **state)
{
    (void)state;
    expect_rule(TX("01" IN, "01"
                            "ffffffffffffffff"
                            "00"),
                YC_REJ_TX_VOUT_NEGATIVE);
    expect_rule(TX("01" IN, "01"
                            "0000000000000080"
                            "00"),
                YC_REJ_TX_VOUT_NEGATIVE);
    expect_rule(TX("01" IN, "01"
                            "0040075af0750700"
                            "00"),
                YC_REJ_NONE);
    expect_rule(TX("01" IN, "01"
                            "0140075af0750700"
                            "00"),
                YC_REJ_TX_VOUT_TOOLARGE);
    expect_rule(TX("01" IN, "02"
                            "0040075af0750700"
                            "00"
                            "0100000000000000"
                            "00"),
                YC_REJ_TX_TXOUTTOTAL_TOOLARGE);
    assert_int_equal(why.input, 1);
    expect_rule(TX("01" IN, "02"
                            "af63f8ffffffff7f"
                            "00"
                            "af63f8ffffffff7f"
                            "00"),
                YC_REJ_TX_VOUT_TOOLARGE);
}

/* C01: a thousand outputs whose sum creeps over the limit. */
static void sum_of_many_outputs(void **state)
{
    (void)state;
    static struct yc_txout out[1000];
    struct yc_txin in = {.prevout.index = 1};
    struct yc_tx tx = {.in_count = 1, .out_count = 1000, .in = &in, .out = out, .stripped_bytes = 100};
    for (size_t i = 0; i < 1000; i++)
        out[i].value_sat = YC_MONEY_MAX / 1000;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_VALID);
    for (size_t i = 0; i < 1000; i++)
        out[i].value_sat = YC_MONEY_MAX / 999;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_TXOUTTOTAL_TOOLARGE);
    assert_int_equal(why.input, 999);
}

/* C09 */
static void duplicate_inputs(void **state)
{
    (void)state;
    expect_rule(TX("02" IN IN, "01" OUT_OP_TRUE), YC_REJ_TX_INPUTS_DUPLICATE);
    assert_int_equal(why.input, 1);
    expect_rule(TX("02" IN "1111111111111111111111111111111111111111111111111111111111111111"
                   "01000000"
                   "00"
                   "ffffffff",
                   "01" OUT_OP_TRUE),
                YC_REJ_NONE);
}

/* C09: wherever among many inputs the two lie, and in whatever order the others are. */
static void duplicate_inputs_among_many(void **state)
{
    (void)state;
    enum { COUNT = 97 };
    static struct yc_txin in[COUNT];
    struct yc_txout out = {1, YC_VIEW_EMPTY};
    struct yc_tx tx = {.in_count = COUNT, .out_count = 1, .in = in, .out = &out, .stripped_bytes = 100};
    for (unsigned order = 0; order < 3; order++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t key = order == 0 ? i : order == 1 ? COUNT - i : i * 59 % COUNT;
            memset(&in[i].prevout, (int)(key % 5), sizeof in[i].prevout);
            in[i].prevout.index = key;
        }
        assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_VALID);
        for (uint32_t a = 0; a < COUNT; a += 7) {
            for (uint32_t b = a + 1; b < COUNT; b += 5) {
                struct yc_outpoint was = in[b].prevout;
                in[b].prevout = in[a].prevout;
                yc_arena_init_fixed(&arena, memory, sizeof memory);
                assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
                assert_int_equal(why.code, YC_REJ_TX_INPUTS_DUPLICATE);
                assert_int_equal(why.input, b);
                in[b].prevout = was;
            }
        }
    }
}

static void coinbase_script_length(void **state)
{
    (void)state;
    static const uint8_t script[101];
    struct yc_txin in = {.prevout.index = UINT32_MAX};
    struct yc_txout out = {1, YC_VIEW_EMPTY};
    struct yc_tx tx = {.in_count = 1, .out_count = 1, .in = &in, .out = &out, .stripped_bytes = 100};
    for (size_t n = 0; n <= 101; n++) {
        in.script_sig = yc_view(script, n);
        assert_int_equal(yc_tx_check(&tx, &arena, &why), n < 2 || n > 100 ? YC_INVALID : YC_VALID);
    }
    assert_int_equal(why.code, YC_REJ_TX_CB_LENGTH);
}

static void null_prevout_beside_others(void **state)
{
    (void)state;
    expect_rule(TX("02" IN NULL_PREVOUT "00"
                   "ffffffff",
                   "01" OUT_OP_TRUE),
                YC_REJ_TX_PREVOUT_NULL);
    assert_int_equal(why.input, 1);
    expect_rule(TX("02" NULL_PREVOUT "00"
                   "ffffffff" NULL_PREVOUT "00"
                   "ffffffff",
                   "01" OUT_OP_TRUE),
                YC_REJ_TX_INPUTS_DUPLICATE);
}

static void stripped_size_is_bounded(void **state)
{
    (void)state;
    struct yc_txin in = {.prevout.index = 1};
    struct yc_txout out = {1, YC_VIEW_EMPTY};
    struct yc_tx tx = {.in_count = 1, .out_count = 1, .in = &in, .out = &out, .stripped_bytes = 1000000};
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_VALID);
    tx.stripped_bytes++;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_OVERSIZE);
}

/* C56 */
static void finality(void **state)
{
    (void)state;
    struct yc_txin in[2] = {{.sequence = 0}, {.sequence = YC_SEQUENCE_FINAL}};
    struct yc_tx tx = {.in_count = 2, .in = in};
    const struct {
        uint32_t lock_time, height;
        int64_t mtp_s;
        bool final;
    } cases[] = {
        {0, 0, 0, true},
        {100, 100, 0, false},
        {100, 101, 0, true},
        {499999999, 499999999, 1800000000, false},
        {499999999, 500000000, 0, true},
        {500000000, 600000000, 500000000, false},
        {500000000, 0, 500000001, true},
        {0xffffffff, 0xffffffff, 0xffffffff, false},
        {0xffffffff, 0, INT64_C(0x100000000), true}, /* C19 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tx.lock_time = cases[i].lock_time;
        in[0].sequence = 0;
        assert_int_equal(yc_tx_is_final(&tx, cases[i].height, cases[i].mtp_s), cases[i].final);
        in[0].sequence = YC_SEQUENCE_FINAL;
        assert_true(yc_tx_is_final(&tx, cases[i].height, cases[i].mtp_s));
    }
}

/* What is at fault is named: the input or the output, and no transaction of a block. */
static void fault_is_where_it_is(void **state)
{
    (void)state;
    static const uint8_t script[1];
    struct yc_txin in[2] = {{.prevout.index = 1}, {.prevout.index = 2}};
    struct yc_txout out[3] = {{1, YC_VIEW_EMPTY}, {1, YC_VIEW_EMPTY}, {1, YC_VIEW_EMPTY}};
    struct yc_tx tx = {.in_count = 2, .out_count = 3, .in = in, .out = out, .stripped_bytes = 100};
    out[1].value_sat = -1;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_VOUT_NEGATIVE && why.tx == YC_NO_INDEX && why.input == 1);
    out[1].value_sat = YC_MONEY_MAX + 1;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_VOUT_TOOLARGE && why.tx == YC_NO_INDEX && why.input == 1);
    out[1].value_sat = YC_MONEY_MAX - 1;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_TXOUTTOTAL_TOOLARGE && why.tx == YC_NO_INDEX && why.input == 2);
    out[1].value_sat = 1;
    in[1].prevout.index = 1;
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_INPUTS_DUPLICATE && why.tx == YC_NO_INDEX);
    tx.stripped_bytes = 64;
    assert_int_equal(yc_tx_check_bip54(&tx, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_STRIPPED_64 && why.tx == YC_NO_INDEX && why.input == YC_NO_INDEX);
    tx.in_count = 1;
    in[0] = (struct yc_txin){.prevout.index = UINT32_MAX, .script_sig = yc_view(script, 1)};
    assert_int_equal(yc_tx_check(&tx, &arena, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_CB_LENGTH && why.tx == YC_NO_INDEX && why.input == 0);
}

/* A coinbase spends no txid and the last index; either alone is an ordinary outpoint. */
static void null_outpoint_is_both(void **state)
{
    (void)state;
    struct yc_txin in = {.prevout.index = UINT32_MAX};
    struct yc_tx tx = {.in_count = 1, .in = &in};
    assert_true(yc_tx_is_coinbase(&tx));
    for (size_t i = 0; i < 32; i++) {
        in.prevout.txid.b[i] = 1;
        assert_false(yc_tx_is_coinbase(&tx));
        in.prevout.txid.b[i] = 0;
    }
    in.prevout.index--;
    assert_false(yc_tx_is_coinbase(&tx));
}

/* C01, C42 */
static void sums_of_money(void **state)
{
    (void)state;
    static const struct {
        int64_t sum, add;
        bool good;
    } rows[] = {{0, 0, true},
                {0, YC_MONEY_MAX, true},
                {YC_MONEY_MAX, 0, true},
                {1, YC_MONEY_MAX, false},
                {0, YC_MONEY_MAX + 1, false},
                {0, -1, false},
                {5, -1, false},
                {-1, 1, false},
                {YC_MONEY_MAX + 1, 0, false},
                {INT64_MAX, INT64_MAX, false},
                {INT64_MIN, INT64_MIN, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t sum = rows[i].sum;
        assert_int_equal(yc_money_add(&sum, rows[i].add), rows[i].good);
        assert_int_equal(sum, rows[i].good ? rows[i].sum + rows[i].add : rows[i].sum);
    }
    struct yc_txid a = {{1}}, b = {{1, [31] = 1}};
    struct yc_outpoint at = {a, 1}, other = {a, 2};
    assert_true(yc_txid_equal(&a, &a) && !yc_txid_equal(&a, &b));
    assert_true(yc_outpoint_equal(&at, &at) && !yc_outpoint_equal(&at, &other));
}

/* The check for duplicates takes 8 bytes an input and not one more, which a sanitizer sees. */
static void scratch_is_exact(void **state)
{
    (void)state;
    for (uint32_t count = 2; count <= 64; count += 2) {
        struct yc_txin *in = calloc(count, sizeof *in);
        void *room = malloc(8 * count);
        assert_true(in && room);
        for (uint32_t i = 0; i < count; i++)
            in[i].prevout.index = count - i;
        struct yc_txout out = {1, YC_VIEW_EMPTY};
        struct yc_tx tx = {.in_count = count, .out_count = 1, .in = in, .out = &out, .stripped_bytes = 100};
        struct yc_arena exact;
        yc_arena_init_fixed(&exact, room, 8 * count);
        assert_int_equal(yc_tx_check(&tx, &exact, &why), YC_VALID);
        in[count - 1].prevout.index = count;
        yc_arena_init_fixed(&exact, room, 8 * count);
        assert_int_equal(yc_tx_check(&tx, &exact, &why), YC_INVALID);
        assert_int_equal(why.code, YC_REJ_TX_INPUTS_DUPLICATE);
        free(room);
        free(in);
    }
}

#define T(name) cmocka_unit_test_setup(name, fresh_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(witness_transaction_is_read),
        T(writing_gives_the_bytes_back),
        T(ids_are_equal_without_a_witness),
        T(truncated_and_prolonged_bytes),
        T(flags_and_witness_records),
        T(sizes_must_be_in_their_shortest_form),
        T(counts_are_bounded_by_the_bytes),
        T(transaction_of_nothing_is_parsed_and_refused),
        T(old_form_has_no_marker),
        T(full_arena_is_our_failure),
        T(no_outputs),
        T(output_values),
        T(sum_of_many_outputs),
        T(duplicate_inputs),
        T(duplicate_inputs_among_many),
        T(coinbase_script_length),
        T(null_prevout_beside_others),
        T(stripped_size_is_bounded),
        T(finality),
        T(fault_is_where_it_is),
        T(null_outpoint_is_both),
        T(sums_of_money),
        T(scratch_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
