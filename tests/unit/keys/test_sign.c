/* Signing inputs: what is signed here is what the interpreter accepts under every standard rule. */
#include "consensus/script/flags.h"
#include "crypto/hash.h"
#include "formats/output.h"
#include "keys/sign.h"
#include "sys/heap.h"
#include "unit/keys/keys.h"

#include <stdlib.h>

#define INPUTS 5
enum { P2PKH, P2PKH_LONG, P2WPKH, NESTED, P2TR };

static struct test_keys keys;
static struct yc_script_machine *machine;

static int init(void **state)
{
    (void)state;
    test_keys_init(&keys, 1);
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

/* A transaction that spends one output of each kind to two outputs. */
struct fixture {
    uint8_t secret[INPUTS][32], script[INPUTS][48];
    struct yc_spent spent[INPUTS];
    struct yc_txin in[INPUTS];
    struct yc_txout out[2];
    struct yc_tx tx;
    struct yc_spend spend;
    struct yc_input_signature sig[INPUTS];
};

static void make_script(struct fixture *f, unsigned kind)
{
    struct yc_writer w;
    uint8_t key[65], hash[20], output32[32], redeem[22];
    size_t key_n = kind == P2PKH_LONG ? 65 : 33;
    assert_true(kind == P2PKH_LONG ? yc_seckey_pubkey_long(key, keys.signer, f->secret[kind])
                                   : yc_seckey_pubkey(key, keys.signer, f->secret[kind]));
    yc_hash160(hash, key, key_n);
    yc_writer_init(&w, f->script[kind], sizeof f->script[kind]);
    if (kind == P2PKH || kind == P2PKH_LONG) {
        yc_output_write_pubkeyhash(&w, hash);
    } else if (kind == P2WPKH) {
        yc_output_write_witness(&w, 0, yc_view(hash, 20));
    } else if (kind == NESTED) {
        struct yc_writer r;
        yc_writer_init(&r, redeem, sizeof redeem);
        yc_output_write_witness(&r, 0, yc_view(hash, 20));
        yc_hash160(hash, redeem, sizeof redeem);
        yc_output_write_scripthash(&w, hash);
    } else {
        assert_true(yc_taproot_output_key(output32, key + 1, NULL));
        yc_output_write_witness(&w, 1, yc_view(output32, 32));
    }
    f->spent[kind] = (struct yc_spent){1000 + (int64_t)kind, yc_writer_written(&w)};
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    for (unsigned i = 0; i < INPUTS; i++) {
        yc_seckey_generate(f->secret[i], keys.signer, &keys.random);
        make_script(f, i);
        yc_random_fill(&keys.random, f->in[i].prevout.txid.b, 32);
        f->in[i].prevout.index = i;
        f->in[i].sequence = 0xfffffffd;
    }
    f->out[0] = (struct yc_txout){4000, f->spent[P2WPKH].script};
    f->out[1] = (struct yc_txout){500, f->spent[P2TR].script};
    f->tx =
        (struct yc_tx){.version = 2, .lock_time = 9, .in_count = INPUTS, .out_count = 2, .in = f->in, .out = f->out};
    yc_spend_init_to_sign(&f->spend, &f->tx, f->spent);
}

/* Put the signatures in, send the bytes through the parser, run every input's scripts; the errors go to found. */
static void verify(struct fixture *f, enum yc_script_error found[INPUTS])
{
    static uint8_t raw[4096], memory[65536];
    for (unsigned i = 0; i < INPUTS; i++) {
        f->in[i].script_sig = f->sig[i].script_sig;
        f->in[i].witness = f->sig[i].witness_count ? f->sig[i].witness : NULL;
        f->in[i].witness_count = f->sig[i].witness_count;
    }
    struct yc_writer w;
    yc_writer_init(&w, raw, sizeof raw);
    yc_tx_write(&f->tx, true, &w);
    assert_false(w.failed);
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_reject why;
    struct yc_spend spend;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_tx_parse(&tx, yc_writer_written(&w), &arena, &why), YC_VALID);
    yc_spend_init(&spend, &tx, f->spent);
    for (uint32_t i = 0; i < INPUTS; i++)
        found[i] = yc_script_verify(&spend, i, YC_SCRIPT_FLAGS_STANDARD, yc_checker_now(), machine);
}

static enum yc_verdict sign(struct fixture *f, uint32_t input, const uint8_t secret32[32], uint8_t type,
                            struct yc_error *err)
{
    return yc_sign_input(&f->sig[input], &f->spend, input, secret32, type, keys.signer, &keys.random, err);
}

/* Each hash type over each kind of output. */
static void the_interpreter_accepts(void **state)
{
    (void)state;
    static const uint8_t types[] = {YC_SIGHASH_DEFAULT, YC_SIGHASH_ALL, YC_SIGHASH_NONE,
                                    YC_SIGHASH_ALL | YC_SIGHASH_ANYONECANPAY,
                                    YC_SIGHASH_NONE | YC_SIGHASH_ANYONECANPAY};
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    for (size_t t = 0; t < sizeof types; t++) {
        enum yc_script_error found[INPUTS];
        fixture_init(f);
        for (uint32_t i = 0; i < INPUTS; i++)
            assert_int_equal(sign(f, i, f->secret[i], types[t], NULL), YC_VALID);
        verify(f, found);
        for (unsigned i = 0; i < INPUTS; i++)
            if (found[i] != YC_SCRIPT_OK)
                fail_msg("input %u, type %u: %s", i, types[t], yc_script_error_name(found[i]));
    }
    free(f);
}

/* A changed output, or a changed amount of the spent output where the digest commits to it, spoils the signatures. */
static void signatures_commit(void **state)
{
    (void)state;
    enum yc_script_error found[INPUTS];
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_init(f);
    for (uint32_t i = 0; i < INPUTS; i++)
        assert_int_equal(sign(f, i, f->secret[i], 0, NULL), YC_VALID);
    f->out[1].value_sat++;
    verify(f, found);
    for (unsigned i = 0; i < INPUTS; i++)
        assert_int_not_equal(found[i], YC_SCRIPT_OK);
    f->out[1].value_sat--;
    f->spent[P2WPKH].value_sat++;
    verify(f, found);
    assert_int_equal(found[P2PKH], YC_SCRIPT_OK);
    assert_int_not_equal(found[P2WPKH], YC_SCRIPT_OK);
    assert_int_equal(found[NESTED], YC_SCRIPT_OK);
    assert_int_not_equal(found[P2TR], YC_SCRIPT_OK); /* BIP 341 commits to every amount */
    free(f);
}

static void what_cannot_be_signed(void **state)
{
    (void)state;
    struct yc_error err;
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_init(f);
    for (uint32_t i = 0; i < INPUTS; i++) {
        assert_int_equal(sign(f, i, f->secret[(i + 1) % INPUTS], 0, &err), YC_INVALID);
        assert_non_null(strstr(err.text, "does not belong to the key given"));
    }
    assert_int_equal(sign(f, P2TR, f->secret[P2TR], 0x04, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "hash type 0x04"));
    /* SINGLE for an input without an output of its number. */
    assert_int_equal(sign(f, P2TR, f->secret[P2TR], YC_SIGHASH_SINGLE, &err), YC_INVALID);
    static const uint8_t data[] = {0x6a, 0x01, 0x01};
    f->spent[P2PKH].script = yc_view(data, sizeof data);
    assert_int_equal(sign(f, P2PKH, f->secret[P2PKH], 0, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "of the kind nulldata"));
    free(f);
}

/* Bitcoin Core's signrawtransactionwithkey over six inputs of one P2WPKH key (secret 1), 1,000 units each. Half of the
 * first nonces give a high R, so this shows that R is ground as Core grinds it. */
static void same_bytes_as_bitcoin_core(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    static const char *const expected[COUNT] = {
        "304402206294241b2a8c1d048ed00089f1a4ee0cfb1e14b4b111b88365b1ca7ca264bb3b"
        "02206fddafdc3ce3cab365ac91964d51f0396e0c3656f7711c6f4bb4c62be80ee11e01",
        "304402206c87a76680508da3e97e3f2e1bae05f784efbdcfbcfe1ed9783a70b8e0fd0650"
        "022004bd2348677fe2d3fe8ca5f9365c4d06e40a3f5d4d98c601dc14f8ca8dba2e4d01",
        "304402202c0d9795728b92f6b36e76c906685349ad5a86a10fad5b71f34dec027b609289"
        "0220057d7c0b356d56c3dcb5baf6a06f78c13c1bc5adcc877cb1e7b942164133168301",
        "304402203e368081b9df16f0026b153e8579cf339ff9dd1cbc960be28f7eddf18b12abbd"
        "0220620242451480fb270209d67e6111236668169d58dac7b16d0ad35f9820fc933401",
        "3044022049a6d9eb74ce6bbb58fec698a56d5e26a3103fa678475541d2160b1c184f8038"
        "0220796064606549c052edee9eeb5570b1d41eb9ed4e19f8325389a271ee3e2e75ae01",
        "304402207c5b01657031390eaa6258113f81b46fba9b39616c144b743f82185910127828"
        "02207f0cdb3d05f5a6cda8d2f1b2c3459f62e15ff59dc3e35988336484bb05d48bce01"};
    uint8_t script[22], secret32[32] = {0};
    struct yc_txin in[COUNT] = {{.sequence = 0}};
    struct yc_spent spent[COUNT];
    test_hex(script, sizeof script, "0014751e76e8199196d454941c45d1b3a323f1433bd6");
    secret32[31] = 1;
    for (unsigned i = 0; i < COUNT; i++) {
        in[i].prevout.txid.b[0] = (uint8_t)(i + 1);
        in[i].prevout.index = i;
        in[i].sequence = 0xfffffffd;
        spent[i] = (struct yc_spent){1000, yc_view(script, sizeof script)};
    }
    const struct yc_txout out = {5000, yc_view(script, sizeof script)};
    const struct yc_tx tx = {.version = 2, .in_count = COUNT, .out_count = 1, .in = in, .out = &out};
    struct yc_spend spend;
    yc_spend_init_to_sign(&spend, &tx, spent);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct yc_input_signature sig;
        char found[160];
        assert_int_equal(yc_sign_input(&sig, &spend, i, secret32, 0, keys.signer, &keys.random, NULL), YC_VALID);
        assert_int_equal(sig.witness_count, 2);
        yc_hex_write(found, sig.witness[0].p, sig.witness[0].n);
        assert_string_equal(found, expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interpreter_accepts),
        cmocka_unit_test(signatures_commit),
        cmocka_unit_test(what_cannot_be_signed),
        cmocka_unit_test(same_bytes_as_bitcoin_core),
    };
    return cmocka_run_group_tests(tests, init, release);
}
