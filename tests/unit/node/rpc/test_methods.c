/* Methods over a whole node in memory: mining, looking, waiting, submitting, undoing. Results were compared with Bitcoin
 * Core's by hand for one chain; here they are held to themselves and to the chain. */
#include "rig.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/writer.h"

static int setup(void **state)
{
    static struct rig rig;
    rig_init_node(&rig);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_release(*state);
    return 0;
}

/* Mine n blocks to a script that anybody can spend; the last hash into out. */
static void mine(struct rig *r, int n, char out[65])
{
    struct yc_json *root;
    int64_t code;
    char params[64];
    snprintf(params, sizeof params, "[%d,\"raw(51)\"]", n);
    const struct yc_json *v = rig_call(r, "generatetodescriptor", params, &root, &code);
    assert_int_equal(code, 0);
    assert_int_equal(yc_json_count(v), n);
    snprintf(out, 65, "%s", yc_json_text(yc_json_element(v, (size_t)n - 1)));
    yc_json_free(root);
}

static int64_t number(const struct yc_json *object, const char *name)
{
    int64_t v = -12345;
    assert_true(yc_json_int64(yc_json_member(object, name), &v));
    return v;
}

static void blocks_are_mined_and_shown(void **state)
{
    struct rig *r = *state;
    char hash[65], params[160], expected[80];
    struct yc_json *root;
    int64_t code;
    mine(r, 3, hash);
    rig_expect_result(r, "getblockcount", "[]", "3");
    snprintf(expected, sizeof expected, "\"%s\"", hash);
    rig_expect_result(r, "getbestblockhash", "[]", expected);
    rig_expect_result(r, "getblockhash", "[3]", expected);
    snprintf(params, sizeof params, "[\"%s\",3]", hash);
    const struct yc_json *v = rig_call(r, "getblock", params, &root, &code);
    assert_int_equal(number(v, "height"), 3);
    assert_int_equal(number(v, "confirmations"), 1);
    assert_int_equal(number(v, "nTx"), 1);
    const struct yc_json *tx = yc_json_element(yc_json_member(v, "tx"), 0);
    assert_non_null(yc_json_member(yc_json_element(yc_json_member(tx, "vin"), 0), "coinbase"));
    yc_json_free(root);
    v = rig_call(r, "getblockchaininfo", "[]", &root, &code);
    assert_int_equal(number(v, "blocks"), 3);
    assert_string_equal(yc_json_text(yc_json_member(v, "chain")), "regtest");
    assert_string_equal(yc_json_text(yc_json_member(v, "bestblockhash")), hash);
    yc_json_free(root);
}

static void errors_are_bitcoin_cores(void **state)
{
    struct rig *r = *state;
    rig_expect_error(r, "getblockhash", "[1]", -8, "Block height out of range");
    rig_expect_error(r, "getblock", "[\"0000000000000000000000000000000000000000000000000000000000000000\"]", -5,
                     "Block not found");
    rig_expect_error(r, "getblock", "[\"zz\"]", -8, "blockhash must be of length 64 (not 2, for 'zz')");
    rig_expect_error(r, "submitblock", "[\"00\"]", -22, "Block decode failed");
    rig_expect_error(r, "submitheader", "[\"00\"]", -22, "Block header decode failed");
    rig_expect_error(r, "sendrawtransaction", "[\"00\"]", -22,
                     "TX decode failed. Make sure the tx has at least one input.");
    rig_expect_error(r, "generatetoaddress", "[1,\"nosuch\"]", -5, "Error: Invalid address");
    rig_expect_error(r, "getblocktemplate", "[{}]", -8,
                     "getblocktemplate must be called with the segwit rule set (call with {\"rules\": [\"segwit\"]})");
    rig_expect_error(r, "scantxoutset", "[\"x\"]", -8, "Invalid action 'x'");
    rig_expect_error(r, "disconnectnode", "[\"1.2.3.4:5\"]", -29, "Node not found in connected nodes");
    rig_expect_error(r, "sendrawtransaction", "[\"00\",\"x\"]", -22,
                     "TX decode failed. Make sure the tx has at least one input.");
    rig_expect_error(r, "testmempoolaccept", "[[]]", -8, "Array must contain between 1 and 25 transactions.");
}

static void a_block_is_undone_and_done_again(void **state)
{
    struct rig *r = *state;
    char hash[65], params[80];
    mine(r, 5, hash);
    snprintf(params, sizeof params, "[\"%s\"]", hash);
    rig_expect_result(r, "invalidateblock", params, "null");
    rig_expect_result(r, "getblockcount", "[]", "4"); /* answered when the chain has moved */
    rig_expect_result(r, "reconsiderblock", params, "null");
    rig_expect_result(r, "getblockcount", "[]", "5");
}

static void submitted_blocks_are_judged_before_the_answer(void **state)
{
    struct rig *r = *state;
    char hash[65], params[80];
    struct yc_json *root;
    struct yc_buf body;
    int64_t code;
    mine(r, 1, hash);
    const struct yc_json *v = rig_call(r, "generateblock", "[\"raw(51)\",[],false]", &root, &code);
    const char *hex = yc_json_text(yc_json_member(v, "hex"));
    yc_buf_init(&body, yc_heap(), 1 << 20);
    yc_buf_append_text(&body, "[\"");
    yc_buf_append_text(&body, hex);
    yc_buf_append(&body, "\"]", 3);
    rig_expect_result(r, "getblockcount", "[]", "1"); /* it was not submitted */
    rig_expect_result(r, "submitblock", (const char *)body.p, "null");
    rig_expect_result(r, "getblockcount", "[]", "2");
    rig_expect_result(r, "submitblock", (const char *)body.p, "\"duplicate\"");
    snprintf(params, sizeof params, "[\"%s\"]", yc_json_text(yc_json_member(v, "hash")));
    rig_expect_result(r, "invalidateblock", params, "null");
    rig_expect_result(r, "submitblock", (const char *)body.p, "\"duplicate-invalid\"");
    yc_buf_release(&body);
    yc_json_free(root);
}

static void a_template_without_its_nonce_is_a_good_proposal(void **state)
{
    struct rig *r = *state;
    char hash[65];
    struct yc_json *root;
    struct yc_buf body;
    int64_t code;
    mine(r, 1, hash);
    const struct yc_json *v = rig_call(r, "generateblock", "[\"raw(51)\",[],false]", &root, &code);
    char *hex = (char *)(uintptr_t)yc_json_text(yc_json_member(v, "hex"));
    memcpy(hex + 152, "00000000", 8); /* the nonce */
    yc_buf_init(&body, yc_heap(), 1 << 20);
    yc_buf_append_text(&body, "[{\"mode\":\"proposal\",\"data\":\"");
    yc_buf_append_text(&body, hex);
    yc_buf_append(&body, "\"}]", 4);
    rig_expect_result(r, "getblocktemplate", (const char *)body.p, "null");
    yc_buf_release(&body);
    yc_json_free(root);
}

static void templates_name_the_rules_and_the_coinbase_rule(void **state)
{
    struct rig *r = *state;
    struct yc_json *root;
    int64_t code;
    const struct yc_json *v = rig_call(r, "getblocktemplate", "[{\"rules\":[\"segwit\"]}]", &root, &code);
    struct yc_buf rules;
    yc_buf_init(&rules, yc_heap(), 4096);
    yc_json_print(yc_json_member(v, "rules"), 0, &rules);
    yc_buf_append(&rules, "", 1);
    assert_string_equal((char *)rules.p, "[\"csv\",\"!segwit\",\"taproot\",\"!bip54\"]");
    assert_int_equal(number(v, "height"), 1);
    assert_int_equal(number(v, "coinbasevalue"), 5000000000);
    assert_null(yc_json_member(v, "coinbasetxn"));
    yc_buf_release(&rules);
    yc_json_free(root);
}

static void waits_end_with_the_next_block(void **state)
{
    struct rig *r = *state;
    struct rig_answer wait, poll;
    char hash[65], expected[128], body[256];
    struct yc_json *root;
    int64_t code;
    const struct yc_json *v = rig_call(r, "getblocktemplate", "[{\"rules\":[\"segwit\"]}]", &root, &code);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"getblocktemplate\",\"params\":[{\"rules\":[\"segwit\"],"
             "\"longpollid\":\"%s\"}]}",
             yc_json_text(yc_json_member(v, "longpollid")));
    yc_json_free(root);
    rig_send(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"waitfornewblock\"}", &wait);
    rig_send(r, body, &poll);
    for (int i = 0; i < 20; i++)
        rig_pump(r);
    assert_false(atomic_load(&wait.come));
    assert_false(atomic_load(&poll.come));
    mine(r, 1, hash);
    rig_wait(r, &wait);
    rig_wait(r, &poll);
    snprintf(expected, sizeof expected, "{\"jsonrpc\":\"2.0\",\"result\":{\"hash\":\"%s\",\"height\":1},\"id\":1}\n",
             hash);
    assert_string_equal((char *)wait.text.p, expected);
    assert_non_null(strstr((char *)poll.text.p, hash)); /* the new template stands on it */
    rig_answer_release(&wait);
    rig_answer_release(&poll);
}

static void waits_end_with_their_time(void **state)
{
    struct yc_json *root;
    int64_t code;
    const struct yc_json *v = rig_call(*state, "waitforblockheight", "[100,20]", &root, &code);
    assert_int_equal(number(v, "height"), 0);
    yc_json_free(root);
    rig_expect_error(*state, "waitfornewblock", "[-1]", -1, "Negative timeout");
}

static void waits_end_with_the_node(void **state)
{
    struct rig *r = *state;
    static struct rig_answer wait;
    rig_send(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"waitfornewblock\"}", &wait);
    for (int i = 0; i < 10; i++)
        rig_pump(r);
    yc_rpc_wake_all(r->rpc);
    rig_wait(r, &wait);
    assert_non_null(strstr((char *)wait.text.p, "\"height\":0"));
    rig_answer_release(&wait);
    rig_expect_error(r, "getblockcount", "[]", -9, "Shutting down");
}

static void the_set_of_coins_is_counted_and_searched(void **state)
{
    struct rig *r = *state;
    char hash[65];
    struct yc_json *root;
    int64_t code, sat = 0;
    mine(r, 4, hash);
    const struct yc_json *v = rig_call(r, "gettxoutsetinfo", "[]", &root, &code);
    assert_int_equal(number(v, "txouts"), 4);
    assert_string_equal(yc_json_text(yc_json_member(v, "bestblock")), hash);
    assert_true(yc_json_amount_sat(yc_json_member(v, "total_amount"), &sat));
    assert_int_equal(sat, 4 * 50 * YC_COIN);
    assert_int_equal(strlen(yc_json_text(yc_json_member(v, "hash_serialized_3"))), 64);
    yc_json_free(root);
    v = rig_call(r, "scantxoutset", "[\"start\",[\"raw(51)\",{\"desc\":\"raw(52)\"}]]", &root, &code);
    assert_int_equal(yc_json_count(yc_json_member(v, "unspents")), 4);
    assert_true(yc_json_amount_sat(yc_json_member(v, "total_amount"), &sat));
    assert_int_equal(sat, 4 * 50 * YC_COIN);
    yc_json_free(root);
    rig_expect_result(r, "scantxoutset", "[\"status\"]", "null");
    rig_expect_result(r, "scantxoutset", "[\"abort\"]", "false");
}

static void a_batch_may_mix_places(void **state)
{
    struct rig *r = *state;
    rig_expect(r,
               "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getblockcount\"},"
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"getrawmempool\"},"
               "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"echo\"},"
               "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"getblockhash\",\"params\":[9]},"
               "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"getconnectioncount\"}]",
               200,
               "[{\"jsonrpc\":\"2.0\",\"result\":0,\"id\":1},{\"jsonrpc\":\"2.0\",\"result\":[],\"id\":2},"
               "{\"jsonrpc\":\"2.0\",\"result\":[],\"id\":3},"
               "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-8,\"message\":\"Block height out of range\"},\"id\":4},"
               "{\"jsonrpc\":\"2.0\",\"result\":0,\"id\":5}]");
}

/* A transaction that spends the coinbase of block 1, which anybody may, to a witness key hash: 49.9999 coins. */
static void spend_first(struct rig *r, char hex[256], char txid[65])
{
    struct yc_json *root, *block;
    int64_t code;
    char params[80];
    uint8_t bytes[82], raw_id[32];
    struct yc_writer w;
    static const uint8_t script[22] = {0, 20, 1, 2, 3};
    snprintf(params, sizeof params, "[\"%s\"]", yc_json_text(rig_call(r, "getblockhash", "[1]", &root, &code)));
    const struct yc_json *v = rig_call(r, "getblock", params, &block, &code);
    assert_true(yc_hex_read_reversed(raw_id, 32, yc_json_text(yc_json_element(yc_json_member(v, "tx"), 0)), 64));
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, raw_id, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_u8(&w, 0);
    yc_writer_u32le(&w, 0xffffffff);
    yc_writer_u8(&w, 1);
    yc_writer_u64le(&w, 4999990000);
    yc_writer_u8(&w, sizeof script);
    yc_writer_bytes(&w, script, sizeof script);
    yc_writer_u32le(&w, 0);
    assert_int_equal(w.n, sizeof bytes);
    yc_hex_write(hex, bytes, sizeof bytes);
    yc_json_free(root);
    yc_json_free(block);
    struct yc_buf call;
    yc_buf_init(&call, yc_heap(), 1024);
    yc_buf_append_text(&call, "[\"");
    yc_buf_append_text(&call, hex);
    yc_buf_append(&call, "\"]", 3);
    v = rig_call(r, "decoderawtransaction", (const char *)call.p, &root, &code);
    assert_int_equal(number(v, "size"), 82);
    assert_int_equal(number(v, "weight"), 4 * 82);
    snprintf(txid, 65, "%s", yc_json_text(yc_json_member(v, "txid")));
    yc_json_free(root);
    yc_buf_release(&call);
}

static int64_t sat_member(const struct yc_json *object, const char *name)
{
    int64_t sat = -1;
    assert_true(yc_json_amount_sat(yc_json_member(object, name), &sat));
    return sat;
}

static void a_transaction_is_sent_seen_and_mined(void **state)
{
    struct rig *r = *state;
    char hash[65], hex[256], txid[65], params[512], expected[80];
    struct yc_json *root;
    int64_t code;
    mine(r, 101, hash);
    spend_first(r, hex, txid);
    snprintf(expected, sizeof expected, "\"%s\"", txid);
    /* 10000 units for 82 bytes are 0.00121951 coins per kvB. */
    snprintf(params, sizeof params, "[\"%s\",\"0.00121\"]", hex);
    rig_expect_error(r, "sendrawtransaction", params, -25,
                     "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)");
    snprintf(params, sizeof params, "[[\"%s\"]]", hex);
    const struct yc_json *v = rig_call(r, "testmempoolaccept", params, &root, &code);
    bool allowed = false;
    assert_true(yc_json_bool(yc_json_member(yc_json_element(v, 0), "allowed"), &allowed) && allowed);
    yc_json_free(root);
    rig_expect_result(r, "getrawmempool", "[]", "[]"); /* a test takes nothing */
    snprintf(params, sizeof params, "[\"%s\"]", hex);
    rig_expect_result(r, "sendrawtransaction", params, expected);
    rig_expect_result(r, "sendrawtransaction", params, expected); /* again: the same answer */
    snprintf(params, sizeof params, "[\"%s\"]", txid);
    v = rig_call(r, "getmempoolentry", params, &root, &code);
    assert_int_equal(number(v, "vsize"), 82);
    assert_int_equal(number(v, "ancestorcount"), 1);
    assert_int_equal(sat_member(yc_json_member(v, "fees"), "base"), 10000);
    yc_json_free(root);
    snprintf(params, sizeof params, "[\"%s\",0]", txid);
    v = rig_call(r, "gettxout", params, &root, &code);
    assert_int_equal(number(v, "confirmations"), 0);
    assert_int_equal(sat_member(v, "value"), 4999990000);
    yc_json_free(root);
    mine(r, 1, hash);
    rig_expect_result(r, "getrawmempool", "[]", "[]");
    snprintf(params, sizeof params, "[\"%s\"]", hex);
    rig_expect_error(r, "sendrawtransaction", params, -27, "Transaction outputs already in utxo set");
    snprintf(params, sizeof params, "[\"%s\",2,\"%s\"]", txid, hash);
    v = rig_call(r, "getrawtransaction", params, &root, &code);
    assert_int_equal(sat_member(v, "fee"), 10000);
    assert_int_equal(number(v, "confirmations"), 1);
    assert_int_equal(number(yc_json_member(yc_json_element(yc_json_member(v, "vin"), 0), "prevout"), "height"), 1);
    yc_json_free(root);
}

static void transactions_are_made_and_signed_by_hand(void **state)
{
    struct rig *r = *state;
    struct yc_json *root;
    int64_t code;
    bool complete = true;
    char hash[65], params[512];
    mine(r, 1, hash);
    const struct yc_json *v =
        rig_call(r, "createrawtransaction",
                 "[[{\"txid\":\"0000000000000000000000000000000000000000000000000000000000000001\",\"vout\":0}],[{"
                 "\"data\":\"aa\"}]]",
                 &root, &code);
    assert_int_equal(code, 0);
    assert_string_equal(yc_json_text(v), "0200000001010000000000000000000000000000000000000000000000000000000000000000"
                                         "00000000fdffffff010000000000000000036a01aa00000000");
    snprintf(params, sizeof params, "[\"%s\",[]]", yc_json_text(v));
    yc_json_free(root);
    v = rig_call(r, "signrawtransactionwithkey", params, &root, &code);
    assert_int_equal(code, 0);
    assert_true(yc_json_bool(yc_json_member(v, "complete"), &complete));
    assert_false(complete);
    v = yc_json_element(yc_json_member(v, "errors"), 0);
    assert_string_equal(yc_json_text(yc_json_member(v, "error")), "Input not found or already spent");
    yc_json_free(root);
    rig_expect_error(r, "createrawtransaction", "[[],[{\"data\":\"zz\"}]]", -8,
                     "Data must be hexadecimal string (not 'zz')");
    rig_expect_error(r, "createrawtransaction", "[[],{},-1]", -8, "Invalid parameter, locktime out of range");
    rig_expect_error(r, "signrawtransactionwithkey", "[\"00\",[]]", -22,
                     "TX decode failed. Make sure the tx has at least one input.");
    rig_expect_error(r, "createmultisig",
                     "[2,[\"02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5\"]]", -8,
                     "not enough keys supplied (got 1 keys, but need at least 2 to redeem)");
    rig_expect_error(r, "createmultisig", "[1,[\"02\"]]", -5,
                     "Pubkey \"02\" must have a length of either 33 or 65 bytes");
}

static void prioritised_transactions_are_remembered(void **state)
{
    static const char id[] = "1111111111111111111111111111111111111111111111111111111111111111";
    struct rig *r = *state;
    char params[160], expected[160];
    snprintf(params, sizeof params, "[\"%s\",0,77]", id);
    rig_expect_result(r, "prioritisetransaction", params, "true");
    snprintf(expected, sizeof expected, "{\"%s\":{\"fee_delta\":77,\"in_mempool\":false}}", id);
    rig_expect_result(r, "getprioritisedtransactions", "[]", expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_are_mined_and_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_bitcoin_cores, setup, teardown),
        cmocka_unit_test_setup_teardown(a_block_is_undone_and_done_again, setup, teardown),
        cmocka_unit_test_setup_teardown(submitted_blocks_are_judged_before_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_template_without_its_nonce_is_a_good_proposal, setup, teardown),
        cmocka_unit_test_setup_teardown(templates_name_the_rules_and_the_coinbase_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_end_with_the_next_block, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_end_with_their_time, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_end_with_the_node, setup, teardown),
        cmocka_unit_test_setup_teardown(the_set_of_coins_is_counted_and_searched, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_may_mix_places, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_is_sent_seen_and_mined, setup, teardown),
        cmocka_unit_test_setup_teardown(transactions_are_made_and_signed_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(prioritised_transactions_are_remembered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
