#include "tests/bench/spends.h"

#include "consensus/script/checker.h"

#define ARENA_BYTES_MAX (1 << 20)

struct verifying {
    struct yc_spend spend;
    struct yc_spent spent;
    struct yc_script_machine *machine;
};

static void verify_once(void *ctx)
{
    struct verifying *v = ctx;
    enum yc_script_error e = yc_script_verify(&v->spend, 0, YC_SCRIPT_FLAGS_CONSENSUS, yc_checker_now(), v->machine);
    if (e != YC_SCRIPT_OK)
        bench_die("a good input fails with %s", yc_script_error_name(e));
}

static void bench_form(struct bench *b, const char *name, enum spend_form form, struct yc_script_machine *machine)
{
    static struct spend_kit kit;
    struct verifying v = {.machine = machine};
    struct yc_outpoint from = {.index = 0};
    struct yc_arena arena;
    if (!bench_wants(b, name))
        return;
    yc_arena_init(&arena, b->alloc, 65536, ARENA_BYTES_MAX);
    yc_random_fill(b->random, from.txid.b, 32);
    spend_kit_init(&kit, b, form);
    struct yc_tx *tx = spend_make(&kit, &arena, &from, YC_COIN, 1000);
    v.spent = (struct yc_spent){YC_COIN, yc_view(kit.script, kit.script_n)};
    yc_spend_init(&v.spend, tx, &v.spent);
    bench_run(b, name, "inputs", 1, verify_once, &v);
    yc_arena_release(&arena);
}

void bench_script(struct bench *b)
{
    struct yc_script_machine *machine = yc_script_machine_new(b->alloc);
    if (!machine)
        bench_die("no memory for a script machine");
    bench_form(b, "script/p2pkh", SPEND_P2PKH, machine);
    bench_form(b, "script/p2wpkh", SPEND_P2WPKH, machine);
    bench_form(b, "script/p2tr", SPEND_P2TR, machine);
    bench_form(b, "script/p2wsh-2of3", SPEND_P2WSH_2OF3, machine);
    yc_script_machine_free(machine);
}
