/* Any bytes give a result or an error within the memory that the headers promise: counts that lie are found out before
 * anything is made room for, and no depth of the input is a depth of the stack. */
#include "consensus/block.h"
#include "consensus/script/asm.h"
#include "consensus/script/verify.h"
#include "support/heap.h"

/* The promise of yc_tx_read(). */
#define TX_ARENA_BYTES(n) (40 * (n) + 256)

static const char *const lies[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                                   "\xff\x00\x00\x00\x00\x01\x00\x00\x00",
                                   "\xfe\xff\xff\xff\xff",
                                   "\xfe\x00\x00\x00\x02",
                                   "\xfd\xff\xff",
                                   "\xfc"};
static const size_t lie_bytes[] = {9, 9, 5, 5, 3, 1};

/* A transaction of two inputs with witnesses and two outputs. */
static size_t sample(uint8_t *out, size_t cap)
{
    struct yc_view items[3] = {yc_view("abc", 3), YC_VIEW_EMPTY, yc_view("z", 1)};
    struct yc_txin in[2] = {{.script_sig = yc_view("\x51\x51", 2), .witness = items, .witness_count = 3},
                            {.witness = items, .witness_count = 1}};
    struct yc_txout to[2] = {{1, yc_view("\x51", 1)}, {2, yc_view("\x52\x53", 2)}};
    struct yc_tx tx = {.version = 2, .in_count = 2, .out_count = 2, .in = in, .out = to};
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_tx_write(&tx, true, &w);
    assert_false(w.failed);
    return w.n;
}

static void parse_tx(const uint8_t *bytes, size_t n)
{
    struct yc_arena arena;
    struct yc_reject why;
    struct yc_tx tx;
    /* Memory of its own, so that a byte too far is found. */
    void *memory = malloc(TX_ARENA_BYTES(n));
    uint8_t *copy = malloc(n ? n : 1);
    assert_true(memory && copy);
    memcpy(copy, bytes, n);
    yc_arena_init_fixed(&arena, memory, TX_ARENA_BYTES(n));
    enum yc_verdict v = yc_tx_parse(&tx, yc_view(copy, n), &arena, &why);
    assert_true(v == YC_VALID || v == YC_INVALID);
    yc_arena_init_fixed(&arena, memory, TX_ARENA_BYTES(n));
    v = yc_tx_parse_stripped(&tx, yc_view(copy, n), &arena, &why);
    assert_true(v == YC_VALID || v == YC_INVALID);
    free(copy);
    free(memory);
}

static void parse_block(const uint8_t *bytes, size_t n)
{
    struct yc_arena arena;
    struct yc_reject why;
    struct yc_block b;
    size_t room = yc_block_arena_bytes(n);
    void *memory = malloc(room);
    uint8_t *copy = malloc(n ? n : 1);
    assert_true(memory && copy);
    memcpy(copy, bytes, n);
    yc_arena_init_fixed(&arena, memory, room);
    enum yc_verdict v = yc_block_parse(&b, yc_view(copy, n), &arena, &why);
    assert_true(v == YC_VALID || v == YC_MUTATED);
    free(copy);
    free(memory);
}

/* Each byte of the input in turn is replaced by each lie, and the input is cut short there. */
static void lie_everywhere(const uint8_t *bytes, size_t n, size_t from, void (*parse)(const uint8_t *, size_t))
{
    uint8_t bent[1024];
    assert_true(n + 9 <= sizeof bent);
    for (size_t at = from; at < n; at++) {
        parse(bytes, at);
        for (size_t i = 0; i < sizeof lie_bytes / sizeof lie_bytes[0]; i++) {
            memcpy(bent, bytes, at);
            memcpy(bent + at, lies[i], lie_bytes[i]);
            memcpy(bent + at + lie_bytes[i], bytes + at + 1, n - at - 1);
            parse(bent, n - 1 + lie_bytes[i]);
        }
    }
}

static void counts_that_lie_in_transactions(void **state)
{
    (void)state;
    uint8_t bytes[300];
    size_t n = sample(bytes, sizeof bytes);
    lie_everywhere(bytes, n, 0, parse_tx);
}

static void counts_that_lie_in_blocks(void **state)
{
    (void)state;
    uint8_t bytes[700] = {0};
    size_t n = YC_HEADER_BYTES;
    bytes[n++] = 3;
    for (int i = 0; i < 3; i++)
        n += sample(bytes + n, sizeof bytes - n);
    parse_block(bytes, n);
    lie_everywhere(bytes, n, YC_HEADER_BYTES, parse_block);
}

/* A machine takes its memory once: no script makes it take more, however deep its conditions or its stack. */
static void scripts_take_no_memory(void **state)
{
    (void)state;
    static uint8_t script[10000];
    static const uint8_t patterns[][2] = {{0x51, 0x63}, {0x00, 0x63}, {0x51, 0x51}, {0x76, 0x76},
                                          {0x6b, 0x51}, {0x4c, 0xff}, {0xac, 0xae}};
    struct test_heap heap;
    test_heap_init(&heap);
    struct yc_script_machine *machine = yc_script_machine_new(&heap.alloc);
    assert_non_null(machine);
    size_t calls = heap.calls, held = heap.live_bytes;
    assert_true(held < 240000);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (size_t k = 0; k < sizeof script; k++)
            script[k] = patterns[i][k % 2];
        struct yc_txin in = {.script_sig = yc_view("\x51\x51\x51", 3)};
        struct yc_txout out = {0, YC_VIEW_EMPTY};
        struct yc_tx tx = {.in_count = 1, .out_count = 1, .in = &in, .out = &out};
        struct yc_spent spent = {1, yc_view(script, sizeof script)};
        struct yc_spend spend;
        yc_spend_init(&spend, &tx, &spent);
        assert_int_not_equal(yc_script_verify(&spend, 0, YC_SCRIPT_FLAGS_CONSENSUS, yc_checker_now(), machine),
                             YC_SCRIPT_OK);
        assert_int_equal(heap.calls, calls);
        assert_int_equal(heap.live_bytes, held);
    }
    yc_script_machine_free(machine);
    assert_int_equal(heap.live_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_that_lie_in_transactions),
        cmocka_unit_test(counts_that_lie_in_blocks),
        cmocka_unit_test(scripts_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
