#include "unit/consensus/script/fixture.h"

#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

#include "base/hex.h"
#include "unit/consensus/support/words.h"

/* The key whose secret is 1: a point like any other. */
static const char internal_hex[] = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    test_heap_init(&f->heap);
    f->machine = yc_script_machine_new(&f->heap.alloc);
    assert_non_null(f->machine);
    f->version = 2;
    f->sequence = YC_SEQUENCE_FINAL - 1;
    f->value_sat = 1000;
    f->checker = yc_checker_now();
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->script_count; i++)
        yc_buf_release(&f->script[i]);
    yc_script_machine_free(f->machine);
    assert_int_equal(f->heap.live_bytes, 0);
    free(f);
    return 0;
}

static struct yc_buf *new_script(struct fixture *f)
{
    assert_true(f->script_count < FIXTURE_SCRIPTS);
    struct yc_buf *b = &f->script[f->script_count++];
    yc_buf_init(b, &f->heap.alloc, 1 << 20);
    return b;
}

struct yc_view fixture_script(struct fixture *f, const char *text)
{
    struct yc_buf *b = new_script(f);
    words_assemble(b, text);
    return yc_buf_view(b);
}

struct yc_view fixture_hex(struct fixture *f, const char *hex)
{
    struct yc_buf *b = new_script(f);
    size_t n = strlen(hex) / 2;
    assert_true(yc_hex_read(yc_buf_room(b, n), n, hex, 2 * n));
    return yc_buf_view(b);
}

void fixture_items(struct fixture *f, struct yc_view item, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_true(f->item_count < FIXTURE_ITEMS);
        f->item[f->item_count++] = item;
    }
}

void fixture_clear_items(struct fixture *f)
{
    f->item_count = 0;
}

enum yc_script_error fixture_spend(struct fixture *f, struct yc_view output, uint32_t flags)
{
    struct yc_txin in[2] = {{.prevout = {.index = 7},
                             .sequence = f->sequence,
                             .script_sig = f->script_sig,
                             .witness = f->item_count ? f->item : NULL,
                             .witness_count = f->item_count},
                            {.prevout = {.index = 8}, .witness = &f->neighbour_item, .witness_count = 1}};
    struct yc_txout out = {500, YC_VIEW_EMPTY};
    struct yc_tx tx = {.version = f->version,
                       .lock_time = f->lock_time,
                       .in_count = f->neighbour_item.n ? 2 : 1,
                       .out_count = 1,
                       .in = in,
                       .out = &out};
    struct yc_spent spent[2] = {{f->value_sat, output}, {1, output}};
    struct yc_spend spend;
    yc_spend_init(&spend, &tx, spent);
    return yc_script_verify(&spend, 0, flags, f->checker, f->machine);
}

enum yc_script_error fixture_legacy(struct fixture *f, struct yc_view script, uint32_t flags)
{
    return fixture_spend(f, script, flags);
}

/* Put `tail` behind the items, spend, and take it away again. */
static enum yc_script_error spend_with(struct fixture *f, const struct yc_view *tail, uint32_t count,
                                       struct yc_view output, uint32_t flags)
{
    uint32_t before = f->item_count;
    for (uint32_t i = 0; i < count; i++)
        fixture_items(f, tail[i], 1);
    enum yc_script_error e = fixture_spend(f, output, flags);
    f->item_count = before;
    return e;
}

enum yc_script_error fixture_p2sh(struct fixture *f, struct yc_view redeem, uint32_t flags)
{
    struct yc_view kept = f->script_sig;
    struct yc_buf *sig = new_script(f);
    yc_buf_append(sig, kept.p, kept.n);
    yc_script_push(sig, redeem);
    uint8_t output[23] = {YC_OP_HASH160, 20};
    yc_hash160(output + 2, redeem.p, redeem.n);
    output[22] = YC_OP_EQUAL;
    f->script_sig = yc_buf_view(sig);
    enum yc_script_error e = fixture_spend(f, yc_view(output, sizeof output), flags);
    f->script_sig = kept;
    return e;
}

enum yc_script_error fixture_v0(struct fixture *f, struct yc_view script, uint32_t flags)
{
    uint8_t output[34] = {YC_OP_0, 32};
    yc_sha256_once(output + 2, script.p, script.n);
    return spend_with(f, &script, 1, yc_view(output, sizeof output), flags);
}

enum yc_script_error fixture_leaf(struct fixture *f, struct yc_view script, uint8_t leaf_version, bool forged,
                                  uint32_t flags)
{
    uint8_t leaf[32], tweak[32], output[34] = {YC_OP_1, 32}, control[33];
    unsigned parity;
    assert_true(yc_hex_read(control + 1, 32, internal_hex, 64));
    yc_taproot_leaf_hash(leaf, leaf_version, script);
    yc_taproot_tweak_hash(tweak, control + 1, leaf);
    assert_true(yc_secp_taproot_tweak(output + 2, &parity, control + 1, tweak));
    control[0] = (uint8_t)(leaf_version | parity);
    if (forged)
        control[9] ^= 1;
    const struct yc_view tail[2] = {script, yc_view(control, sizeof control)};
    return spend_with(f, tail, 2, yc_view(output, sizeof output), flags);
}

enum yc_script_error fixture_tapscript(struct fixture *f, struct yc_view script, uint32_t flags)
{
    return fixture_leaf(f, script, YC_TAPROOT_LEAF_TAPSCRIPT, false, flags);
}
