#include "draft.h"

#include "crypto/sha256.h"

struct pool_world w;

int set_up(void **state)
{
    (void)state;
    world_init(&w, NULL);
    mine(&w, 120);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    world_release(&w);
    return 0;
}

static uint8_t big[TX_BYTES_MAX];

void start(struct draft *d, uint32_t height)
{
    memset(d, 0, sizeof *d);
    d->in.at = coinbase_at(&w, height, &d->value);
    d->in.sequence = UINT32_MAX;
    d->out[0].value_sat = d->value - 100000;
    d->spec = (struct spec){.version = 2, .in = &d->in, .in_count = 1, .out = d->out, .out_count = 1};
}

struct yc_view raw(const struct draft *d)
{
    return yc_view(big, write_spec(big, sizeof big, &d->spec));
}

void refused(const struct draft *d, const char *text)
{
    expect(&w, raw(d), YC_POLICY, text);
}

void taken(const struct draft *d)
{
    expect(&w, raw(d), YC_VALID, "");
}

void minable(const struct draft *d)
{
    uint32_t height = yc_chain_tip(w.chain)->height;
    struct yc_view txs[1] = {raw(d)};
    mine_of(&w, txs, 1);
    assert_int_equal(yc_chain_tip(w.chain)->height, height + 1);
}

struct yc_outpoint pay(uint32_t height, struct yc_view script, int64_t *value)
{
    struct draft d;
    struct tx t;
    start(&d, height);
    d.out[0].script = script;
    d.out[1].script = yc_view("\x6a", 1); /* else a short script makes 64 bytes, which BIP 54 forbids */
    d.spec.out_count = 2;
    make(&t, &d.spec);
    mine_of(&w, (struct yc_view[]){raw_of(&t)}, 1);
    *value = d.out[0].value_sat;
    return output_of(&t, 0);
}

struct yc_view p2wsh(uint8_t out34[34], struct yc_view script)
{
    out34[0] = 0;
    out34[1] = 32;
    yc_sha256_once(out34 + 2, script.p, script.n);
    return yc_view(out34, 34);
}
