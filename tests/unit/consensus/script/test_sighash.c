/* Digests: BIP 143's examples, hash types, deletion and the cache (catalogue C23, C24, C27, C29). */
#include "consensus/script/sighash.h"

#include "base/hex.h"
#include "base/random.h"
#include "unit/consensus/script/bip143_cases.h"
#include "unit/consensus/script/fixture.h"

#define RULES YC_SCRIPT_FLAGS_CONSENSUS

struct parsed {
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_spent spent[2];
    struct yc_spend spend;
};

static void parse_case(struct fixture *f, const struct bip143_case *c, struct parsed *p)
{
    struct yc_reject why;
    yc_arena_init(&p->arena, &f->heap.alloc, 1 << 12, 1 << 20);
    assert_int_equal(yc_tx_parse(&p->tx, fixture_hex(f, c->tx), &p->arena, &why), YC_VALID);
    assert_true(p->tx.in_count <= 2);
    for (uint32_t i = 0; i < p->tx.in_count; i++)
        p->spent[i] = (struct yc_spent){c->spent[i].value_sat, fixture_hex(f, c->spent[i].script)};
    yc_spend_init(&p->spend, &p->tx, p->spent);
    assert_true(p->spend.v0_ready);
    assert_false(p->spend.v1_ready);
}

static void test_bip143_examples(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof bip143_cases / sizeof bip143_cases[0]; i++) {
        const struct bip143_case *c = &bip143_cases[i];
        struct parsed p;
        parse_case(f, c, &p);
        for (size_t k = 0; k < 6 && c->digest[k].script_code; k++) {
            const struct bip143_digest *d = &c->digest[k];
            uint8_t found[32], want[32];
            assert_true(yc_hex_read(want, 32, d->digest, 64));
            yc_sighash_v0(found, &p.spend, d->input, fixture_hex(f, d->script_code), d->hash_type, NULL);
            assert_memory_equal(found, want, 32);
        }
        for (uint32_t k = 0; k < p.tx.in_count; k++)
            assert_script(yc_script_verify(&p.spend, k, RULES, yc_checker_now(), f->machine), YC_SCRIPT_OK);
        yc_arena_release(&p.arena);
    }
}

/* The amount is signed: any other makes a v0 signature bad (BIP 143). */
static void test_v0_commits_to_the_amount(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    parse_case(f, &bip143_cases[1], &p);
    p.spent[0].value_sat++;
    assert_script(yc_script_verify(&p.spend, 0, RULES, yc_checker_now(), f->machine), YC_SCRIPT_ERR_EVAL_FALSE);
    yc_arena_release(&p.arena);
}

/* Two inputs, one output. */
static const char two_to_one_hex[] =
    "0200000002"
    "0101010101010101010101010101010101010101010101010101010101010101000000000000000000"
    "0202020202020202020202020202020202020202020202020202020202020202010000000001000000"
    "01"
    "e80300000000000001510a000000";

static void parse_two_to_one(struct fixture *f, struct parsed *p)
{
    struct yc_reject why;
    yc_arena_init(&p->arena, &f->heap.alloc, 1 << 12, 1 << 20);
    assert_int_equal(yc_tx_parse(&p->tx, fixture_hex(f, two_to_one_hex), &p->arena, &why), YC_VALID);
}

/* C29: any of the 256 types signs itself, in legacy and v0; taproot knows seven. */
static void test_all_hash_types(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    static uint8_t legacy[256][32], v0[256][32];
    parse_two_to_one(f, &p);
    struct yc_view code = fixture_script(f, "1");
    struct yc_view taproot = fixture_script(f, "1 0x20 {32*0x01}"), witness = code;
    struct yc_txin in[2] = {p.tx.in[0], p.tx.in[1]};
    in[0].witness = in[1].witness = &witness;
    in[0].witness_count = in[1].witness_count = 1;
    p.tx.in = in;
    p.spent[0] = (struct yc_spent){1, taproot};
    p.spent[1] = (struct yc_spent){2, code};
    yc_spend_init(&p.spend, &p.tx, p.spent);
    assert_true(p.spend.v0_ready && p.spend.v1_ready);
    unsigned defined = 0;
    for (unsigned type = 0; type < 256; type++) {
        struct yc_sighash_tap tap = {0};
        uint8_t digest[32];
        yc_sighash_legacy(legacy[type], &p.tx, 0, code, type, NULL);
        yc_sighash_v0(v0[type], &p.spend, 0, code, type, NULL);
        bool ok = yc_sighash_taproot(digest, &p.spend, 0, (uint8_t)type, &tap);
        assert_int_equal(ok, type <= 3 || (type >= 0x81 && type <= 0x83));
        defined += ok;
        for (unsigned other = 0; other < type; other++) {
            assert_memory_not_equal(legacy[type], legacy[other], 32);
            assert_memory_not_equal(v0[type], v0[other], 32);
        }
    }
    assert_int_equal(defined, 7);
    /* The second input has no output of its own. */
    struct yc_sighash_tap tap = {0};
    uint8_t digest[32], one[32] = {1};
    assert_false(yc_sighash_taproot(digest, &p.spend, 1, YC_SIGHASH_SINGLE, &tap));
    yc_sighash_legacy(digest, &p.tx, 1, code, YC_SIGHASH_SINGLE | 0x40, NULL);
    assert_memory_equal(digest, one, 32);
    yc_sighash_v0(digest, &p.spend, 1, code, YC_SIGHASH_SINGLE, NULL);
    assert_memory_not_equal(digest, one, 32);
    yc_arena_release(&p.arena);
}

/* C27: a digest is never taken from another script code or another class of hash types. */
static void test_cache(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    parse_two_to_one(f, &p);
    static struct yc_sighash_cache cache;
    struct yc_view codes[] = {fixture_script(f, "1 CODESEPARATOR 1"), fixture_script(f, "1"),
                              fixture_script(f, "1 CODESEPARATOR 1")};
    static const uint32_t types[] = {1, 2, 3, 0x81, 0x82, 0x83, 0, 0x40, 0x1f, 0xffffff01};
    yc_sighash_cache_clear(&cache);
    for (int round = 0; round < 2; round++)
        for (size_t c = 0; c < 3; c++)
            for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
                uint8_t with[32], without[32];
                yc_sighash_legacy(with, &p.tx, 0, codes[c], types[t], &cache);
                yc_sighash_legacy(without, &p.tx, 0, codes[c], types[t], NULL);
                assert_memory_equal(with, without, 32);
            }
    yc_arena_release(&p.arena);
}

/* C24: separators are left out of a legacy script code; a separator that is data stays. */
static void test_legacy_code_separators(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    parse_two_to_one(f, &p);
    uint8_t a[32], b[32];
    yc_sighash_legacy(a, &p.tx, 0, fixture_script(f, "CODESEPARATOR 1 CODESEPARATOR 2 CODESEPARATOR"), 1, NULL);
    yc_sighash_legacy(b, &p.tx, 0, fixture_script(f, "1 2"), 1, NULL);
    assert_memory_equal(a, b, 32);
    yc_sighash_legacy(a, &p.tx, 0, fixture_script(f, "0x01ab"), 1, NULL);
    yc_sighash_legacy(b, &p.tx, 0, fixture_script(f, "0x01ac"), 1, NULL);
    assert_memory_not_equal(a, b, 32);
    /* Behind a push that is cut off there are no operations. */
    yc_sighash_legacy(a, &p.tx, 0, fixture_script(f, "CODESEPARATOR 0x05abab"), 1, NULL);
    yc_sighash_legacy(b, &p.tx, 0, fixture_script(f, "0x05abab"), 1, NULL);
    assert_memory_equal(a, b, 32);
    yc_arena_release(&p.arena);
}

/* C23: whole pushes at the start of an operation are deleted, all of them; nothing that merely holds the bytes is. */
static void test_delete(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script, *pattern, *left;
        size_t found;
    } rows[] = {
        {"0x02aabb NOP 0x02aabb", "0x02aabb", "NOP", 2},
        {"0x02aabb 0x02aabb 1", "0x02aabb", "1", 2},
        {"0x03aabbcc", "0x02aabb", NULL, 0},
        {"0x0402aabb00 1", "0x02aabb", NULL, 0},          /* inside a push */
        {"0x4c02aabb 1", "0x02aabb", NULL, 0},            /* pushed another way */
        {"0 1 0", "0", "1", 2},                           /* the push of an empty signature */
        {"0x02aabb 0x05aabb", "0x02aabb", "0x05aabb", 1}, /* the cut off push stays */
        {"0x05aa 0x02aabb", "0x02aabb", NULL, 0},         /* nothing is found behind it */
        {"1", "0x0151 0x02", NULL, 0},                    /* longer than the script */
        {"", "0x02aabb", NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_view script = fixture_script(f, rows[i].script), pattern = fixture_script(f, rows[i].pattern);
        uint8_t out[64];
        size_t n = 99;
        assert_int_equal(yc_script_delete(out, &n, script, pattern), rows[i].found);
        if (rows[i].found) {
            struct yc_view left = fixture_script(f, rows[i].left);
            assert_int_equal(n, left.n);
            assert_memory_equal(out, left.p, n);
            /* The same in place. */
            memcpy(out, script.p, script.n);
            assert_int_equal(yc_script_delete(out, &n, yc_view(out, script.n), pattern), rows[i].found);
            assert_memory_equal(out, left.p, left.n);
        } else {
            assert_int_equal(n, 99);
        }
    }
    /* Bytes that a deletion brings together are not looked at again, but what follows one at once is. */
    uint8_t out[16];
    size_t n;
    struct yc_view script = fixture_hex(f, "0251510251515151"), pattern = fixture_hex(f, "025151");
    assert_int_equal(yc_script_delete(out, &n, script, pattern), 2);
    assert_int_equal(n, 2);
}

/* Nothing is hashed for spends that need no witness. */
static void test_midstates_on_demand(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    parse_two_to_one(f, &p);
    p.spent[0] = p.spent[1] = (struct yc_spent){1, fixture_script(f, "1 0x20 {32*0x01}")};
    yc_spend_init(&p.spend, &p.tx, p.spent);
    assert_false(p.spend.v0_ready || p.spend.v1_ready);
    yc_spend_init(&p.spend, &p.tx, NULL);
    assert_false(p.spend.v0_ready || p.spend.v1_ready);
    yc_arena_release(&p.arena);
}

/* An empty pattern is nowhere. */
static void test_nothing_is_deleted(void **state)
{
    struct fixture *f = *state;
    uint8_t out[16];
    size_t n = 99;
    assert_int_equal(yc_script_delete(out, &n, fixture_script(f, "1 2 3"), YC_VIEW_EMPTY), 0);
}

/* What is made ready for signing is what verification of the signed transaction makes ready. */
static void test_ready_to_sign(void **state)
{
    struct fixture *f = *state;
    struct parsed p;
    parse_two_to_one(f, &p);
    struct yc_view item = fixture_script(f, "1");
    struct yc_txin in[2] = {p.tx.in[0], p.tx.in[1]};
    p.spent[0] = (struct yc_spent){1, fixture_script(f, "1 0x20 {32*0x01}")};
    p.spent[1] = (struct yc_spent){2, fixture_script(f, "0 0x14 {20*0x01}")};
    struct yc_spend before, after;
    p.tx.in = in;
    yc_spend_init_to_sign(&before, &p.tx, p.spent);
    in[0].witness = in[1].witness = &item;
    in[0].witness_count = in[1].witness_count = 1;
    yc_spend_init(&after, &p.tx, p.spent);
    assert_true(before.v0_ready && before.v1_ready && after.v0_ready && after.v1_ready);
    struct yc_sighash_tap tap = {0}, tap_again = {0};
    uint8_t a[32], b[32];
    assert_true(yc_sighash_taproot(a, &before, 0, YC_SIGHASH_ALL, &tap));
    assert_true(yc_sighash_taproot(b, &after, 0, YC_SIGHASH_ALL, &tap_again));
    assert_memory_equal(a, b, 32);
    yc_sighash_v0(a, &before, 1, item, YC_SIGHASH_ALL, NULL);
    yc_sighash_v0(b, &after, 1, item, YC_SIGHASH_ALL, NULL);
    assert_memory_equal(a, b, 32);
    /* Where the spent outputs are not known there is no taproot digest. */
    yc_spend_init(&after, &p.tx, NULL);
    assert_false(yc_sighash_taproot(b, &after, 0, YC_SIGHASH_ALL, &tap_again));
    yc_arena_release(&p.arena);
}

/* Transactions of any forms and sizes, of which some are longer than all the room that they share. */
#define MANY     150
#define PUTS_MAX 1000
static const uint16_t many_sizes[] = {1, 2, 3, 5, 40, 300, PUTS_MAX};

static void make_many(struct yc_tx *tx, struct yc_spent *spent, const struct yc_random *r, struct yc_txin *in,
                      struct yc_txout *out, const struct yc_view *item)
{
    static const uint8_t scripts[2][34] = {{0x51, 32}, {0x00, 32}};
    static uint8_t other[500];
    unsigned form = (unsigned)yc_random_below(r, 4); /* bit 0: something else than taproot; bit 1: taproot */
    size_t kind = yc_random_below(r, 40) ? sizeof many_sizes / sizeof many_sizes[0] - 2
                                         : sizeof many_sizes / sizeof many_sizes[0];
    tx->in_count = many_sizes[yc_random_below(r, kind)];
    tx->out_count = many_sizes[yc_random_below(r, kind)];
    tx->in = in;
    tx->out = out;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        bool taproot = form == 2 || (form == 3 && i % 2);
        yc_random_fill(r, &in[i].prevout, sizeof in[i].prevout);
        in[i].sequence = (uint32_t)yc_random_u64(r);
        in[i].witness = item;
        in[i].witness_count = form != 0;
        spent[i] = (struct yc_spent){(int64_t)yc_random_below(r, 1000), yc_view(scripts[!taproot], 34)};
    }
    for (uint32_t i = 0; i < tx->out_count; i++) {
        size_t n = yc_random_below(r, 5) ? yc_random_below(r, 40) : yc_random_below(r, sizeof other);
        out[i] = (struct yc_txout){(int64_t)yc_random_u64(r), n ? yc_view(other, n) : YC_VIEW_EMPTY};
    }
}

static void test_many_at_once(void **state)
{
    (void)state;
    static struct yc_txin in[MANY][PUTS_MAX];
    static struct yc_txout out[MANY][PUTS_MAX];
    static struct yc_spent spent[MANY][PUTS_MAX];
    static struct yc_tx tx[MANY];
    static struct yc_spend one[MANY], many[MANY];
    struct yc_spend *list[MANY];
    struct yc_random_seeded seeded;
    struct yc_random random;
    const struct yc_view item = yc_view("x", 1);
    yc_random_seed(&random, &seeded, 1);
    for (size_t count = 0; count <= MANY; count += count < 8 ? 1 : 71) {
        for (size_t i = 0; i < count; i++) {
            make_many(&tx[i], spent[i], &random, in[i], out[i], &item);
            yc_spend_init(&one[i], &tx[i], spent[i]);
            memset(&many[i], 0xcc, sizeof many[i]);
            many[i].tx = &tx[i];
            many[i].spent = spent[i];
            list[i] = &many[i];
        }
        yc_spends_init(list, count);
        for (size_t i = 0; i < count; i++) {
            const struct yc_spend *a = &one[i], *b = &many[i];
            assert_true(b->tx == &tx[i] && b->spent == spent[i]);
            assert_int_equal(b->v0_ready, a->v0_ready);
            assert_int_equal(b->v1_ready, a->v1_ready);
            assert_memory_equal(b->prevouts32, a->prevouts32, 32);
            assert_memory_equal(b->sequences32, a->sequences32, 32);
            assert_memory_equal(b->outputs32, a->outputs32, 32);
            if (!a->v1_ready)
                continue;
            assert_memory_equal(b->prevouts_single32, a->prevouts_single32, 32);
            assert_memory_equal(b->sequences_single32, a->sequences_single32, 32);
            assert_memory_equal(b->outputs_single32, a->outputs_single32, 32);
            assert_memory_equal(b->amounts_single32, a->amounts_single32, 32);
            assert_memory_equal(b->scripts_single32, a->scripts_single32, 32);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_bip143_examples),        T(test_v0_commits_to_the_amount),
        T(test_all_hash_types),         T(test_cache),
        T(test_legacy_code_separators), T(test_delete),
        T(test_midstates_on_demand),    T(test_nothing_is_deleted),
        T(test_ready_to_sign),          T(test_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
