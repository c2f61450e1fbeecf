/* A template for tests: the JSON of getblocktemplate with transactions made up on the spot. */
#ifndef YC_TESTS_MINER_TEMPLATE_H
#define YC_TESTS_MINER_TEMPLATE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "consensus/block.h"
#include "crypto/sha256.h"
#include "miner/job.h"
#include "support/unit.h"
#include "sys/heap.h"

#define TEMPLATE_TX_MAX 12

struct template_options {
    unsigned tx_count;
    uint32_t height;
    const char *rules; /* JSON */
    const char *extra; /* more members, with a comma behind each */
    bool no_commitment, wrong_commitment, wrong_txid;
};

/* One input, one output; every second one with a witness. */
static inline size_t template_tx(uint8_t *out, size_t cap, unsigned i, bool with_witness)
{
    struct yc_writer w;
    uint8_t txid[32];
    memset(txid, (int)i + 1, sizeof txid);
    bool witness = with_witness && i % 2;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    if (witness)
        yc_writer_u16le(&w, 0x0100);
    yc_writer_compact(&w, 1);
    yc_writer_bytes(&w, txid, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_compact(&w, 0);
    yc_writer_u32le(&w, 0xffffffff);
    yc_writer_compact(&w, 1);
    yc_writer_u64le(&w, 1000 + i);
    yc_writer_compact(&w, 22);
    yc_writer_u16le(&w, 0x1400);
    yc_writer_bytes(&w, txid, 20);
    if (witness) {
        yc_writer_compact(&w, 1);
        yc_writer_var_bytes(&w, yc_view("witness", 7));
    }
    yc_writer_u32le(&w, 0);
    assert_false(w.failed);
    return w.n;
}

static inline void template_hash(char text[65], unsigned i, bool with_witness, uint8_t hash[32])
{
    uint8_t tx[256];
    size_t n = template_tx(tx, sizeof tx, i, with_witness);
    yc_sha256d(hash, tx, n);
    yc_hex_write_reversed(text, hash, 32);
}

static inline void template_commitment(char text[77], unsigned tx_count)
{
    uint8_t leaves[TEMPLATE_TX_MAX + 2][32] = {{0}}, both[64] = {0}, script[38] = {0x6a, 36, 0xaa, 0x21, 0xa9, 0xed};
    char ignored[65];
    for (unsigned i = 0; i < tx_count; i++)
        template_hash(ignored, i, true, leaves[i + 1]);
    yc_merkle_root(both, leaves, tx_count + 1, NULL);
    yc_sha256d(script + 6, both, sizeof both);
    yc_hex_write(text, script, sizeof script);
}

static inline char *template_json(const struct template_options *o)
{
    size_t cap = 16384, n;
    char *json = malloc(cap), commitment[77];
    assert_non_null(json);
    template_commitment(commitment, o->tx_count);
    if (o->wrong_commitment)
        commitment[40] = commitment[40] == '0' ? '1' : '0';
    n = (size_t)snprintf(
        json, cap,
        "{\"rules\":%s,\"version\":536870912,\"bits\":\"207fffff\",\"height\":%u,\"curtime\":1700000000,"
        "\"mintime\":1699999000,\"coinbasevalue\":5000000000,\"longpollid\":\"abc1\",%s"
        "\"target\":\"7fffff0000000000000000000000000000000000000000000000000000000000\","
        "\"previousblockhash\":\"00000000000000000000000000000000000000000000000000000000000000aa\",",
        o->rules ? o->rules : "[\"csv\",\"!segwit\",\"taproot\"]", (unsigned)o->height, o->extra ? o->extra : "");
    if (!o->no_commitment)
        n += (size_t)snprintf(json + n, cap - n, "\"default_witness_commitment\":\"%s\",", commitment);
    n += (size_t)snprintf(json + n, cap - n, "\"transactions\":[");
    for (unsigned i = 0; i < o->tx_count; i++) {
        uint8_t tx[256], hash[32];
        char hex[513], txid[65], wtxid[65];
        yc_hex_write(hex, tx, template_tx(tx, sizeof tx, i, true));
        template_hash(txid, i, false, hash);
        template_hash(wtxid, i, true, hash);
        if (o->wrong_txid)
            txid[0] = txid[0] == '0' ? '1' : '0';
        n += (size_t)snprintf(json + n, cap - n, "%s{\"data\":\"%s\",\"txid\":\"%s\",\"hash\":\"%s\"}", i ? "," : "",
                              hex, txid, wtxid);
    }
    n += (size_t)snprintf(json + n, cap - n, "]}");
    assert_true(n < cap);
    return json;
}

/* P2WPKH of twenty ones. */
static const uint8_t template_payout[22] = {0, 20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static inline struct yc_job_options template_job_options(const char *tag)
{
    return (struct yc_job_options){.payout_script = yc_view(template_payout, sizeof template_payout),
                                   .tag = yc_view_text(tag),
                                   .start4 = {0xde, 0xad, 0xbe, 0xef}};
}

/* A job of the template, or the verdict and sentence why there is none. */
static inline enum yc_verdict template_job(struct yc_job **out, const struct template_options *o,
                                           const struct yc_job_options *job_options, struct yc_error *err)
{
    struct yc_arena arena;
    struct yc_json *root;
    struct yc_gbt gbt;
    char *json = template_json(o);
    assert_int_equal(yc_json_parse(&root, yc_view_text(json), 1 << 20, err), YC_VALID);
    yc_arena_init(&arena, yc_heap(), 4096, 1 << 24);
    enum yc_verdict v = yc_gbt_read(&gbt, root, &arena, err);
    *out = NULL;
    if (v == YC_VALID)
        v = yc_job_new(out, yc_heap(), &gbt, job_options, 0, err);
    yc_json_free(root); /* the job keeps nothing of either */
    yc_arena_release(&arena);
    free(json);
    return v;
}

#endif
