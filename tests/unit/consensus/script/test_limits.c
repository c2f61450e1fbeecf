/* The limits of scripts, on both sides of each (catalogue C54). */
#include "unit/consensus/script/fixture.h"

#define RULES YC_SCRIPT_FLAGS_CONSENSUS

enum way { LEGACY, V0, TAP };

struct limit {
    const char *name;
    enum way way;
    const char *script;
    uint32_t flags; /* besides the rules */
    enum yc_script_error expected;
};

#define MULTISIG "{180*NOP} 0 0 {20*0} 20 CHECKMULTISIG"

static const struct limit limits[] = {
    {"520 bytes pushed", LEGACY, "0x4d0802 {520*0x01} DROP 1", 0, YC_SCRIPT_OK},
    {"521 bytes pushed", LEGACY, "0x4d0902 {521*0x01} DROP 1", 0, YC_SCRIPT_ERR_PUSH_SIZE},
    {"521 bytes in a branch not taken", LEGACY, "0 IF 0x4d0902 {521*0x01} ENDIF 1", 0, YC_SCRIPT_ERR_PUSH_SIZE},
    {"520 bytes pushed", V0, "0x4d0802 {520*0x01} DROP 1", 0, YC_SCRIPT_OK},
    {"521 bytes pushed", V0, "0x4d0902 {521*0x01} DROP 1", 0, YC_SCRIPT_ERR_PUSH_SIZE},
    {"520 bytes pushed", TAP, "0x4d0802 {520*0x01} DROP 1", 0, YC_SCRIPT_OK},
    {"521 bytes pushed", TAP, "0x4d0902 {521*0x01} DROP 1", 0, YC_SCRIPT_ERR_PUSH_SIZE},
    {"201 operations", LEGACY, "{201*NOP} 1", 0, YC_SCRIPT_OK},
    {"202 operations", LEGACY, "{202*NOP} 1", 0, YC_SCRIPT_ERR_OP_COUNT},
    {"202 operations, some in a branch not taken", LEGACY, "0 IF {200*NOP} ENDIF 1", 0, YC_SCRIPT_ERR_OP_COUNT},
    {"201 operations", V0, "{201*NOP} 1", 0, YC_SCRIPT_OK},
    {"202 operations", V0, "{202*NOP} 1", 0, YC_SCRIPT_ERR_OP_COUNT},
    {"operations are not counted", TAP, "{5000*NOP} 1", 0, YC_SCRIPT_OK},
    {"RESERVED is no operation", LEGACY, "0 IF {300*RESERVED} ENDIF 1", 0, YC_SCRIPT_OK},
    {"keys are operations: 201", LEGACY, MULTISIG, 0, YC_SCRIPT_OK},
    {"keys are operations: 202", LEGACY, "NOP " MULTISIG, 0, YC_SCRIPT_ERR_OP_COUNT},
    {"keys are operations: 201", V0, MULTISIG, 0, YC_SCRIPT_OK},
    {"keys are operations: 202", V0, "NOP " MULTISIG, 0, YC_SCRIPT_ERR_OP_COUNT},
    {"20 keys", LEGACY, "0 0 {20*0} 20 CHECKMULTISIG", 0, YC_SCRIPT_OK},
    {"21 keys", LEGACY, "0 0 {21*0} 21 CHECKMULTISIG", 0, YC_SCRIPT_ERR_PUBKEY_COUNT},
    {"-1 keys", LEGACY, "0 0 -1 CHECKMULTISIG", 0, YC_SCRIPT_ERR_PUBKEY_COUNT},
    {"more signatures than keys", LEGACY, "0 0 0 2 0 1 CHECKMULTISIG", 0, YC_SCRIPT_ERR_SIG_COUNT},
    {"-1 signatures", LEGACY, "0 -1 0 1 CHECKMULTISIG", 0, YC_SCRIPT_ERR_SIG_COUNT},
    {"no multisig", TAP, "0 0 0 CHECKMULTISIG", 0, YC_SCRIPT_ERR_TAPSCRIPT_CHECKMULTISIG},
    {"1000 elements", LEGACY, "{1000*1}", 0, YC_SCRIPT_OK},
    {"1001 elements", LEGACY, "{1001*1}", 0, YC_SCRIPT_ERR_STACK_SIZE},
    {"1000 elements on both stacks", LEGACY, "{200*1 TOALTSTACK} {800*1}", 0, YC_SCRIPT_OK},
    {"1001 elements on both stacks", LEGACY, "{200*1 TOALTSTACK} {801*1}", 0, YC_SCRIPT_ERR_STACK_SIZE},
    {"1000 elements", TAP, "{1000*1} {499*2DROP} DROP", 0, YC_SCRIPT_OK},
    {"1001 elements", TAP, "{1001*1} {500*2DROP}", 0, YC_SCRIPT_ERR_STACK_SIZE},
    {"997 and 3DUP", LEGACY, "{997*1} 3DUP", 0, YC_SCRIPT_OK},
    {"998 and 3DUP", LEGACY, "{998*1} 3DUP", 0, YC_SCRIPT_ERR_STACK_SIZE},
    {"a dummy that is not empty", LEGACY, "1 0 0 CHECKMULTISIG", 0, YC_SCRIPT_ERR_SIG_NULLDUMMY},
    {"an empty dummy", LEGACY, "0 0 0 CHECKMULTISIG", 0, YC_SCRIPT_OK},
    {"no dummy", LEGACY, "0 0 CHECKMULTISIG", 0, YC_SCRIPT_ERR_INVALID_STACK_OPERATION},
    {"no dummy, before the signature is looked at", LEGACY, "0x0101 1 0 1 CHECKMULTISIG", 0,
     YC_SCRIPT_ERR_INVALID_STACK_OPERATION},
    {"a dummy, and the signature is looked at", LEGACY, "0 0x0101 1 0 1 CHECKMULTISIG", 0, YC_SCRIPT_ERR_SIG_DER},
    {"2 IF", LEGACY, "2 IF 1 ENDIF", YC_SCRIPT_MINIMALIF, YC_SCRIPT_OK},
    {"2 IF, a rule of policy", V0, "2 IF 1 ENDIF", 0, YC_SCRIPT_OK},
    {"2 IF, a rule of policy", V0, "2 IF 1 ENDIF", YC_SCRIPT_MINIMALIF, YC_SCRIPT_ERR_MINIMALIF},
    {"2 IF, a rule of consensus", TAP, "2 IF 1 ENDIF", 0, YC_SCRIPT_ERR_TAPSCRIPT_MINIMALIF},
    {"0x0100 NOTIF", TAP, "0x020100 NOTIF ENDIF 1", 0, YC_SCRIPT_ERR_TAPSCRIPT_MINIMALIF},
    {"an operand of 4 bytes", LEGACY, "0x04ffffff7f 1ADD", 0, YC_SCRIPT_OK},
    {"an operand of 5 bytes", LEGACY, "0x05ffffffff00 1ADD", 0, YC_SCRIPT_ERR_SCRIPTNUM},
    {"a lock time of 5 bytes", LEGACY, "0x050000000000 CHECKLOCKTIMEVERIFY 1", 0, YC_SCRIPT_OK},
    {"a lock time of 6 bytes", LEGACY, "0x06000000000000 CHECKLOCKTIMEVERIFY 1", 0, YC_SCRIPT_ERR_SCRIPTNUM},
};

static void test_limits(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct limit *l = &limits[i];
        struct yc_view script = fixture_script(f, l->script);
        enum yc_script_error e = l->way == LEGACY ? fixture_legacy(f, script, RULES | l->flags)
                                 : l->way == V0   ? fixture_v0(f, script, RULES | l->flags)
                                                  : fixture_tapscript(f, script, RULES | l->flags);
        if (e != l->expected)
            fail_msg("%s (way %d): %s, expected %s", l->name, l->way, yc_script_error_name(e),
                     yc_script_error_name(l->expected));
    }
}

/* A script of n bytes that succeeds: pushes of 520 bytes dropped again, then filled up with short ones. */
static struct yc_view script_of(struct fixture *f, size_t n)
{
    static uint8_t script[10100];
    static const uint8_t head[3] = {YC_OP_PUSHDATA2, 0x08, 0x02};
    (void)f;
    size_t at = 0;
    memset(script, YC_OP_1, sizeof script);
    while (n - at > 524 + 2) {
        memcpy(script + at, head, 3);
        script[at + 523] = YC_OP_DROP;
        at += 524;
    }
    size_t left = n - at - 2; /* one push and its DROP, then OP_1s */
    if (left > 3) {
        script[at] = YC_OP_PUSHDATA2;
        script[at + 1] = (uint8_t)(left - 3);
        script[at + 2] = (uint8_t)((left - 3) >> 8);
        script[n - 2] = YC_OP_DROP;
    }
    return yc_view(script, n);
}

static void test_script_bytes(void **state)
{
    struct fixture *f = *state;
    assert_script(fixture_legacy(f, script_of(f, 10000), RULES), YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, script_of(f, 10001), RULES), YC_SCRIPT_ERR_SCRIPT_SIZE);
    assert_script(fixture_v0(f, script_of(f, 10000), RULES), YC_SCRIPT_OK);
    assert_script(fixture_v0(f, script_of(f, 10001), RULES), YC_SCRIPT_ERR_SCRIPT_SIZE);
    assert_script(fixture_tapscript(f, script_of(f, 10001), RULES), YC_SCRIPT_OK);
}

static void test_witness_item_bytes(void **state)
{
    struct fixture *f = *state;
    static const uint8_t bytes[521];
    struct yc_view script = fixture_script(f, "DROP 1");
    fixture_items(f, yc_view(bytes, 520), 1);
    assert_script(fixture_v0(f, script, RULES), YC_SCRIPT_OK);
    assert_script(fixture_tapscript(f, script, RULES), YC_SCRIPT_OK);
    f->item[0] = yc_view(bytes, 521);
    assert_script(fixture_v0(f, script, RULES), YC_SCRIPT_ERR_PUSH_SIZE);
    assert_script(fixture_tapscript(f, script, RULES), YC_SCRIPT_ERR_PUSH_SIZE);
    /* OP_SUCCESS comes before the limit. */
    assert_script(fixture_tapscript(f, fixture_script(f, "RESERVED"), RULES), YC_SCRIPT_OK);
}

/* Tapscript limits the first stack; witness v0 only what an operation leaves. */
static void test_witness_item_count(void **state)
{
    struct fixture *f = *state;
    struct yc_view nop = fixture_script(f, "NOP"), drop2 = fixture_script(f, "2DROP"),
                   multisig = fixture_script(f, "CHECKMULTISIG"), none = fixture_script(f, ""),
                   tap = fixture_script(f, "{499*2DROP} DROP"), pick = fixture_script(f, "PICK"),
                   success = fixture_script(f, "RESERVED");
    static const uint8_t one = 1, twenty = 20;
    fixture_items(f, yc_view(&one, 1), 1000);
    assert_script(fixture_v0(f, nop, RULES), YC_SCRIPT_ERR_CLEANSTACK);
    assert_script(fixture_tapscript(f, tap, RULES), YC_SCRIPT_OK);
    fixture_items(f, yc_view(&one, 1), 1);
    assert_script(fixture_v0(f, nop, RULES), YC_SCRIPT_ERR_STACK_SIZE);
    assert_script(fixture_v0(f, none, RULES), YC_SCRIPT_ERR_CLEANSTACK);
    assert_script(fixture_tapscript(f, tap, RULES), YC_SCRIPT_ERR_STACK_SIZE);
    assert_script(fixture_tapscript(f, success, RULES), YC_SCRIPT_OK);
    fixture_items(f, yc_view(&one, 1), 1);
    assert_script(fixture_v0(f, drop2, RULES), YC_SCRIPT_ERR_CLEANSTACK);
    fixture_items(f, yc_view(&one, 1), 1);
    assert_script(fixture_v0(f, drop2, RULES), YC_SCRIPT_ERR_STACK_SIZE);

    /* The deepest reach: 20 of 20 with a dummy takes 43 and leaves one. */
    fixture_clear_items(f);
    fixture_items(f, yc_view(&one, 1), 999);
    fixture_items(f, YC_VIEW_EMPTY, 21);
    fixture_items(f, yc_view(&twenty, 1), 1);
    fixture_items(f, YC_VIEW_EMPTY, 20);
    fixture_items(f, yc_view(&twenty, 1), 1);
    assert_int_equal(f->item_count, 1042);
    assert_script(fixture_v0(f, multisig, RULES), YC_SCRIPT_ERR_CLEANSTACK);
    memmove(&f->item[1], &f->item[0], f->item_count * sizeof f->item[0]);
    f->item_count++;
    assert_script(fixture_v0(f, multisig, RULES), YC_SCRIPT_ERR_STACK_SIZE);

    /* Elements too deep to be kept are still counted. */
    static const uint8_t n1998[2] = {0xce, 0x07}, n1999[2] = {0xcf, 0x07};
    fixture_clear_items(f);
    fixture_items(f, yc_view(&one, 1), 1999);
    fixture_items(f, yc_view(n1998, 2), 1);
    assert_script(fixture_v0(f, pick, RULES), YC_SCRIPT_ERR_STACK_SIZE);
    f->item[1999] = yc_view(n1999, 2);
    assert_script(fixture_v0(f, pick, RULES), YC_SCRIPT_ERR_INVALID_STACK_OPERATION);
}

/* The machine is the one allocation: without memory there is none, and nothing breaks. */
static void test_no_memory(void **state)
{
    (void)state;
    struct test_heap heap;
    test_heap_init(&heap);
    heap.fail_at = 1;
    assert_null(yc_script_machine_new(&heap.alloc));
    yc_script_machine_free(NULL);
    assert_int_equal(heap.live_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limits, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_script_bytes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_witness_item_bytes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_witness_item_count, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
