/* Signing by scripts: whatever is signed here is what the interpreter accepts under every standard rule. */
#include "consensus/script/flags.h"
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "formats/output.h"
#include "keys/sign_script.h"
#include "sys/heap.h"
#include "unit/keys/keys.h"

enum { PUBKEY, PUBKEYHASH, MULTISIG, SH_MULTISIG, WSH_MULTISIG, SH_WSH_MULTISIG, WPKH, SH_WPKH, TAPROOT, FORMS };
#define KEYS 3

static struct test_keys keys;
static struct yc_script_machine *machine;

static int init(void **state)
{
    (void)state;
    test_keys_init(&keys, 7);
    machine = yc_script_machine_new(yc_heap());
    return machine ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    yc_script_machine_free(machine);
    test_keys_release(&keys);
    return 0;
}

/* One input that spends an output of a form; for multisig two of the three keys are needed. */
struct fixture {
    struct yc_wif key[KEYS];
    uint8_t pubkey[KEYS][33], multisig[128], redeem[34], script[128];
    struct yc_view inner;
    struct yc_spent spent;
    struct yc_txin in;
    struct yc_txout out;
    struct yc_tx tx;
    struct yc_spend spend;
    struct yc_arena arena;
    struct yc_signing with;
};

static struct yc_view program_of(uint8_t out34[34], struct yc_view script)
{
    uint8_t hash[32];
    struct yc_writer w;
    yc_sha256_once(hash, script.p, script.n);
    yc_writer_init(&w, out34, 34);
    yc_output_write_witness(&w, 0, yc_view(hash, 32));
    return yc_writer_written(&w);
}

static void write_scripthash(struct yc_writer *w, struct yc_view script)
{
    uint8_t hash[20];
    yc_hash160(hash, script.p, script.n);
    yc_output_write_scripthash(w, hash);
}

static void write_script(struct fixture *f, unsigned form)
{
    struct yc_writer w, r;
    uint8_t hash[20], output32[32];
    yc_writer_init(&w, f->script, sizeof f->script);
    yc_writer_init(&r, f->redeem, sizeof f->redeem);
    yc_hash160(hash, f->pubkey[0], 33);
    if (form == PUBKEY) {
        yc_output_write_pubkey(&w, yc_view(f->pubkey[0], 33));
    } else if (form == PUBKEYHASH) {
        yc_output_write_pubkeyhash(&w, hash);
    } else if (form == MULTISIG) {
        yc_writer_view(&w, f->inner);
    } else if (form == SH_MULTISIG) {
        write_scripthash(&w, f->inner);
        f->with.redeem = f->inner;
    } else if (form == WSH_MULTISIG) {
        yc_writer_view(&w, program_of(f->redeem, f->inner));
        f->with.witness = f->inner;
    } else if (form == SH_WSH_MULTISIG) {
        write_scripthash(&w, program_of(f->redeem, f->inner));
        f->with.witness = f->inner;
    } else if (form == WPKH) {
        yc_output_write_witness(&w, 0, yc_view(hash, 20));
    } else if (form == SH_WPKH) {
        yc_output_write_witness(&r, 0, yc_view(hash, 20));
        write_scripthash(&w, yc_writer_written(&r));
    } else {
        assert_true(yc_taproot_output_key(output32, f->pubkey[0] + 1, NULL));
        yc_output_write_witness(&w, 1, yc_view(output32, 32));
    }
    f->spent = (struct yc_spent){5000, yc_writer_written(&w)};
}

static void fixture_init(struct fixture *f, unsigned form)
{
    struct yc_writer w;
    struct yc_view list[KEYS];
    memset(f, 0, sizeof *f);
    for (unsigned i = 0; i < KEYS; i++) {
        yc_seckey_generate(f->key[i].secret32, keys.signer, &keys.random);
        f->key[i].compressed = true;
        assert_true(yc_seckey_pubkey(f->pubkey[i], keys.signer, f->key[i].secret32));
        list[i] = yc_view(f->pubkey[i], 33);
    }
    yc_writer_init(&w, f->multisig, sizeof f->multisig);
    yc_output_write_multisig(&w, 2, list, KEYS);
    f->inner = yc_writer_written(&w);
    yc_arena_init(&f->arena, yc_heap(), 4096, 1 << 20);
    f->with = (struct yc_signing){
        .key = f->key, .key_count = KEYS, .signer = keys.signer, .random = &keys.random, .arena = &f->arena};
    write_script(f, form);
    f->in = (struct yc_txin){.sequence = 0xfffffffe};
    f->in.prevout.txid.b[0] = 1;
    f->out = (struct yc_txout){4000, f->spent.script};
    f->tx = (struct yc_tx){.version = 2, .in = &f->in, .out = &f->out, .in_count = 1, .out_count = 1};
    yc_spend_init_to_sign(&f->spend, &f->tx, &f->spent);
}

static enum yc_script_error judge(struct fixture *f, const struct yc_unlocking *u)
{
    f->in.script_sig = u->script_sig;
    f->in.witness = u->witness;
    f->in.witness_count = u->witness_count;
    return yc_script_verify(&f->spend, 0, YC_SCRIPT_FLAGS_STANDARD, yc_checker_now(), machine);
}

static void the_interpreter_accepts_every_form(void **state)
{
    (void)state;
    for (unsigned form = 0; form < FORMS; form++) {
        struct fixture f;
        struct yc_unlocking u;
        struct yc_error err = {YC_SYSTEM_NONE, ""};
        fixture_init(&f, form);
        if (yc_sign_with_keys(&u, &f.spend, 0, &f.with, &err) != YC_VALID)
            fail_msg("form %u: %s", form, err.text);
        enum yc_script_error e = judge(&f, &u);
        if (e != YC_SCRIPT_OK)
            fail_msg("form %u: %s", form, yc_script_error_name(e));
        yc_arena_release(&f.arena);
    }
}

static void one_key_of_two_is_not_enough(void **state)
{
    static const unsigned forms[] = {MULTISIG, SH_MULTISIG, WSH_MULTISIG, SH_WSH_MULTISIG};
    (void)state;
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct fixture f;
        struct yc_unlocking u;
        struct yc_error err;
        fixture_init(&f, forms[i]);
        f.with.key_count = 1;
        assert_int_equal(yc_sign_with_keys(&u, &f.spend, 0, &f.with, &err), YC_VALID);
        assert_int_not_equal(judge(&f, &u), YC_SCRIPT_OK);
        yc_arena_release(&f.arena);
    }
}

static void without_a_key_nothing_is_made(void **state)
{
    (void)state;
    for (unsigned form = 0; form < FORMS; form++) {
        struct fixture f;
        struct yc_unlocking u;
        struct yc_error err;
        fixture_init(&f, form);
        f.with.key_count = 0;
        assert_int_equal(yc_sign_with_keys(&u, &f.spend, 0, &f.with, &err), YC_NOT_YET);
        assert_int_equal(u.script_sig.n, 0);
        assert_int_equal(u.witness_count, 0);
        yc_arena_release(&f.arena);
    }
}

static void without_its_script_a_hash_stays_closed(void **state)
{
    static const unsigned forms[] = {SH_MULTISIG, WSH_MULTISIG, SH_WSH_MULTISIG};
    (void)state;
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct fixture f;
        struct yc_unlocking u;
        struct yc_error err;
        fixture_init(&f, forms[i]);
        f.with.redeem = f.with.witness = YC_VIEW_EMPTY;
        assert_int_equal(yc_sign_with_keys(&u, &f.spend, 0, &f.with, &err), YC_NOT_YET);
        yc_arena_release(&f.arena);
    }
}

static void without_memory_it_says_so(void **state)
{
    struct fixture f;
    struct yc_unlocking u;
    struct yc_error err;
    uint8_t little[80];
    struct yc_arena small;
    (void)state;
    fixture_init(&f, SH_MULTISIG);
    yc_arena_init_fixed(&small, little, sizeof little);
    f.with.arena = &small;
    assert_int_equal(yc_sign_with_keys(&u, &f.spend, 0, &f.with, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    yc_arena_release(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interpreter_accepts_every_form), cmocka_unit_test(one_key_of_two_is_not_enough),
        cmocka_unit_test(without_a_key_nothing_is_made),      cmocka_unit_test(without_its_script_a_hash_stays_closed),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, init, release);
}
