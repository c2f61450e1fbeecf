/* Blocks made from templates (catalogue N05, N09, N10, N12, N17): what consensus reads in them and says of them. */
#include "consensus/connect.h"
#include "consensus/pow.h"
#include "support/unit.h"
#include "unit/miner/template.h"

/* Find a nonce (the target is regtest's) and give the block's bytes; the caller frees. */
static uint8_t *solve(struct yc_job *job, struct yc_header *h, uint32_t *extranonce)
{
    uint8_t *bytes = malloc(job->block_n);
    assert_non_null(bytes);
    assert_true(yc_job_take(job, 0, h, extranonce));
    for (;; h->nonce++) {
        struct yc_block_hash hash = yc_header_hash(h);
        if (yc_u256_compare(yc_u256_from_le(hash.b), job->target) <= 0)
            break;
    }
    yc_job_write_block(job, h, *extranonce, bytes);
    return bytes;
}

static void check_solved(struct yc_job *job, const struct template_options *o, bool bip54)
{
    struct yc_header h;
    uint32_t extranonce;
    struct yc_arena arena;
    struct yc_reject why = {0};
    struct yc_block b;
    uint8_t *bytes = solve(job, &h, &extranonce);
    yc_arena_init(&arena, yc_heap(), 65536, yc_block_arena_bytes(job->block_n) + 4096);
    assert_int_equal(yc_block_parse(&b, yc_view(bytes, job->block_n), &arena, &why), YC_VALID);
    assert_int_equal(yc_block_check(&b, yc_chain_builtin("regtest"), bip54, &arena, &why), YC_VALID);
    assert_int_equal(b.tx_count, o->tx_count + 1);

    const struct yc_tx *coinbase = &b.tx[0];
    uint8_t push[6];
    size_t push_n = yc_bip34_push(push, o->height);
    assert_true(yc_tx_is_coinbase(coinbase));
    assert_memory_equal(coinbase->in[0].script_sig.p, push, push_n);
    assert_int_equal(coinbase->lock_time, o->height - 1);
    assert_int_equal(coinbase->in[0].sequence, 0xfffffffe);
    assert_int_equal(coinbase->out[0].value_sat, 5000000000);
    assert_true(yc_view_equal(coinbase->out[0].script, yc_view(template_payout, sizeof template_payout)));

    if (!o->no_commitment) { /* BIP 141: the commitment is to the very transactions, with 32 zeros in the witness */
        uint8_t both[64] = {0}, expected[32];
        assert_int_equal(yc_block_commitment_index(&b), 1);
        assert_int_equal(coinbase->in[0].witness_count, 1);
        assert_int_equal(coinbase->in[0].witness[0].n, 32);
        assert_true(yc_block_witness_root(both, &b, &arena));
        yc_sha256d(expected, both, sizeof both);
        assert_memory_equal(coinbase->out[1].script.p + 6, expected, 32);
    } else {
        assert_int_equal(coinbase->out_count, 1);
        assert_false(coinbase->has_witness);
    }
    yc_arena_release(&arena);
    free(bytes);
}

static void blocks_of_any_number_of_transactions_are_valid(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= TEMPLATE_TX_MAX; n++) {
        struct template_options o = {.tx_count = n, .height = 1000 + n};
        struct yc_job_options jo = template_job_options("/tag/");
        struct yc_job *job;
        struct yc_error err;
        assert_int_equal(template_job(&job, &o, &jo, &err), YC_VALID);
        assert_string_equal(job->longpollid, "abc1");
        check_solved(job, &o, false);
        check_solved(job, &o, false); /* with the next extranonce */
        yc_job_drop(job);
    }
}

static void every_height_and_tag_length(void **state)
{
    static const uint32_t heights[] = {1, 2, 16, 17, 127, 128, 255, 256, 32767, 32768, 8388607, 8388608, 0x7fffffff};
    char tag[YC_JOB_TAG_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++) {
        for (size_t n = 0; n <= YC_JOB_TAG_MAX; n += n < 70 ? 35 : 1) {
            struct template_options o = {.tx_count = 1,
                                         .height = heights[i],
                                         .rules = "[\"!segwit\",\"!bip54\"]",
                                         .extra = "\"coinbaseaux\":{\"flags\":\"0102030405060708090a\"},"};
            memset(tag, 'x', n);
            tag[n] = 0;
            struct yc_job_options jo = template_job_options(tag);
            struct yc_job *job;
            struct yc_error err;
            assert_int_equal(template_job(&job, &o, &jo, &err), YC_VALID);
            check_solved(job, &o, true);
            yc_job_drop(job);
        }
    }
}

static void chain_without_witnesses(void **state)
{
    struct template_options o = {.tx_count = 1, .height = 200, .no_commitment = true, .rules = "[]"};
    struct yc_job_options jo = template_job_options("");
    struct yc_job *job;
    struct yc_error err;
    (void)state;
    assert_int_equal(template_job(&job, &o, &jo, &err), YC_VALID);
    check_solved(job, &o, false);
    yc_job_drop(job);
}

static void refused(const struct template_options *o, const char *word)
{
    struct yc_job_options jo = template_job_options("");
    struct yc_job *job;
    struct yc_error err;
    assert_int_equal(template_job(&job, o, &jo, &err), YC_INVALID);
    assert_null(job);
    assert_non_null(strstr(err.text, word));
}

/* N05: a template that contradicts itself costs the block that is mined on it. */
static void templates_that_lie_are_refused(void **state)
{
    (void)state;
    refused(&(struct template_options){.tx_count = 3, .height = 5, .wrong_commitment = true}, "commitment");
    refused(&(struct template_options){.tx_count = 3, .height = 5, .no_commitment = true}, "commitment");
    refused(&(struct template_options){.tx_count = 3, .height = 5, .wrong_txid = true}, "txid");
    refused(&(struct template_options){.tx_count = 0, .height = 0}, "height");
    refused(&(struct template_options){.height = 5, .rules = "[\"!segwit\",\"!signet\"]"}, "signet");
    refused(&(struct template_options){.height = 5, .extra = "\"coinbaseaux\":{\"flags\":\"0\"},"}, "coinbaseaux");
}

/* Every field that is missing or of the wrong kind is named. */
static void broken_fields_are_named(void **state)
{
    static const char *const names[] = {"version",       "bits",         "height",  "curtime",
                                        "coinbasevalue", "transactions", "mintime", "previousblockhash"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char extra[64];
        struct yc_json *root;
        struct yc_arena arena;
        struct yc_gbt gbt;
        struct yc_error err;
        char *json = template_json(&(struct template_options){.tx_count = 1, .height = 5});
        snprintf(extra, sizeof extra, "\"%s\"", names[i]);
        char *at = strstr(json, extra);
        assert_non_null(at);
        at[1] = 'X';
        assert_int_equal(yc_json_parse(&root, yc_view_text(json), 1 << 20, &err), YC_VALID);
        yc_arena_init(&arena, yc_heap(), 4096, 1 << 24);
        assert_int_equal(yc_gbt_read(&gbt, root, &arena, &err), YC_INVALID);
        assert_non_null(strstr(err.text, names[i]));
        yc_json_free(root);
        yc_arena_release(&arena);
        free(json);
    }
}

/* N08: the time goes on with the clock, from the node's, and stands still where the bits depend on it. */
static void time_rolls_from_the_nodes_clock(void **state)
{
    struct template_options o = {.tx_count = 0, .height = 7};
    struct yc_job_options jo = template_job_options("");
    struct yc_job *job;
    struct yc_error err;
    (void)state;
    assert_int_equal(template_job(&job, &o, &jo, &err), YC_VALID);
    assert_int_equal(yc_job_time(job, 0), 1700000000);
    assert_int_equal(yc_job_time(job, -5000000), 1700000000);
    assert_int_equal(yc_job_time(job, 61500000), 1700000061);
    job->time_is_fixed = true;
    assert_int_equal(yc_job_time(job, 61500000), 1700000000);
    yc_job_drop(job);
    char *json = template_json(&o);
    char *at = strstr(json, "1699999000");
    assert_non_null(at);
    memcpy(at, "1800000000", 10);
    struct yc_json *root;
    struct yc_arena arena;
    struct yc_gbt gbt;
    assert_int_equal(yc_json_parse(&root, yc_view_text(json), 1 << 20, &err), YC_VALID);
    yc_arena_init(&arena, yc_heap(), 4096, 1 << 24);
    assert_int_equal(yc_gbt_read(&gbt, root, &arena, &err), YC_VALID);
    assert_int_equal(gbt.time, 1800000000);
    yc_json_free(root);
    yc_arena_release(&arena);
    free(json);
}

/* N17: two processes differ in their coinbases from the start; within one each extranonce is another root. */
static void extranonces_are_never_given_twice(void **state)
{
    struct template_options o = {.tx_count = 2, .height = 7};
    struct yc_job_options mine = template_job_options("x"), yours = mine;
    struct yc_job *a, *b;
    struct yc_error err;
    uint8_t roots[64][32];
    (void)state;
    yours.start4[0] ^= 1;
    assert_int_equal(template_job(&a, &o, &mine, &err), YC_VALID);
    assert_int_equal(template_job(&b, &o, &yours, &err), YC_VALID);
    for (size_t i = 0; i < 64; i++) {
        struct yc_header h;
        uint32_t extranonce;
        assert_true(yc_job_take(i % 2 ? a : b, 0, &h, &extranonce));
        assert_int_equal(extranonce, i / 2);
        assert_int_equal(h.nonce, 0);
        memcpy(roots[i], h.merkle_root, 32);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(roots[i], roots[j], 32);
    }
    atomic_store(&a->next_extranonce, UINT32_MAX);
    struct yc_header h;
    uint32_t extranonce;
    assert_false(yc_job_take(a, 0, &h, &extranonce));
    yc_job_drop(a);
    yc_job_drop(b);
}

static void request_names_the_rules_we_know(void **state)
{
    struct yc_buf b;
    (void)state;
    yc_buf_init(&b, yc_heap(), 4096);
    yc_gbt_write_params(&b, "id\"1");
    yc_buf_append(&b, "", 1);
    assert_string_equal(b.p, "[{\"capabilities\":[\"coinbasevalue\",\"longpoll\"],\"rules\":[\"segwit\",\"bip54\"],"
                             "\"longpollid\":\"id\\\"1\"}]");
    yc_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_number_of_transactions_are_valid),
        cmocka_unit_test(every_height_and_tag_length),
        cmocka_unit_test(chain_without_witnesses),
        cmocka_unit_test(templates_that_lie_are_refused),
        cmocka_unit_test(broken_fields_are_named),
        cmocka_unit_test(time_rolls_from_the_nodes_clock),
        cmocka_unit_test(extranonces_are_never_given_twice),
        cmocka_unit_test(request_names_the_rules_we_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
