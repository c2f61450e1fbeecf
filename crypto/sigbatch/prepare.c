#include "crypto/sigbatch/prepare.h"

#include "base/bytes.h"
#include "crypto/secp.h"

void yc_prepare_init(struct yc_prepare *p)
{
    yc_sha256_init_tagged(&p->challenge, "BIP0340/challenge");
}

/* From 32 bytes, most significant first; false when they are p or more. */
static bool field_from_bytes(uint64_t w[4], const uint8_t bytes32[32])
{
    for (unsigned i = 0; i < 4; i++)
        w[i] = yc_get64be(bytes32 + 24 - 8 * i);
    return (w[1] & w[2] & w[3]) != UINT64_MAX || w[0] < UINT64_C(0xfffffffefffffc2f);
}

static bool read_key(struct yc_equation *e, struct yc_view key)
{
    if (key.n == 33 && (key.p[0] == 0x02 || key.p[0] == 0x03)) {
        e->has_y = false;
        e->odd_y = key.p[0] == 0x03;
        return field_from_bytes(e->x, key.p + 1);
    }
    if (key.n == 65 && key.p[0] == 0x04) {
        e->has_y = true;
        e->odd_y = false;
        return field_from_bytes(e->x, key.p + 1) && field_from_bytes(e->y, key.p + 33);
    }
    return false;
}

/* Leaves the message in e->g and r in e->q: both are still to be divided by s. */
static bool read_ecdsa(struct yc_equation *e, struct yc_scalar *s, const struct yc_sig_task *t)
{
    uint8_t rs[64];
    /* libsecp256k1 demands S in the lower half after it has put it there: S and -S are one signature. */
    if (!read_key(e, t->pubkey) || !yc_secp_sig_read(rs, t->sig) || !yc_scalar_from_bytes(&e->q, rs) ||
        !yc_scalar_from_bytes(s, rs + 32) || yc_scalar_is_zero(&e->q) || yc_scalar_is_zero(s))
        return false;
    e->g = yc_scalar_reduce_bytes(t->msg32);
    memcpy(e->r, e->q.w, sizeof e->r);
    e->even_end = false;
    return true;
}

static bool read_bip340(const struct yc_prepare *p, struct yc_equation *e, const struct yc_sig_task *t)
{
    if (t->pubkey.n != 32 || t->sig.n != 64 || !field_from_bytes(e->x, t->pubkey.p) ||
        !field_from_bytes(e->r, t->sig.p) || !yc_scalar_from_bytes(&e->g, t->sig.p + 32))
        return false;
    uint8_t digest[32];
    struct yc_sha256 h = p->challenge;
    yc_sha256_update(&h, t->sig.p, 32);
    yc_sha256_update(&h, t->pubkey.p, 32);
    yc_sha256_update(&h, t->msg32, 32);
    yc_sha256_final(&h, digest);
    struct yc_scalar challenge = yc_scalar_reduce_bytes(digest);
    e->q = yc_scalar_negate(&challenge);
    e->has_y = e->odd_y = false;
    e->even_end = true;
    return true;
}

size_t yc_prepare_equations(struct yc_prepare *p, struct yc_equation *out, size_t *index,
                            const struct yc_sig_task *tasks, size_t count)
{
    size_t n = 0, divisions = 0;
    for (size_t i = 0; i < count; i++) {
        bool in = false;
        switch (tasks[i].kind) {
        case YC_SIG_KIND_ECDSA:
            in = read_ecdsa(&out[n], &p->s[divisions], &tasks[i]);
            if (in)
                p->of_s[divisions++] = &out[n];
            break;
        case YC_SIG_KIND_BIP340:
            in = read_bip340(p, &out[n], &tasks[i]);
            break;
        }
        if (in)
            index[n++] = i;
    }
    if (divisions)
        yc_scalar_invert_all(p->s, p->room, divisions);
    for (size_t i = 0; i < divisions; i++) {
        struct yc_equation *e = p->of_s[i];
        e->g = yc_scalar_mul(&e->g, &p->s[i]);
        e->q = yc_scalar_mul(&e->q, &p->s[i]);
    }
    return n;
}

void yc_prepare_lane(struct yc_lane_group *g, unsigned lane, const struct yc_equation *e)
{
    uint64_t half[2][3];
    for (unsigned i = 0; i < 4; i++) {
        g->x[i][lane] = e->x[i];
        g->y[i][lane] = e->has_y ? e->y[i] : 0;
        g->r[i][lane] = e->r[i];
    }
    yc_scalar_split(half, &e->g, YC_BITS_G);
    for (unsigned i = 0; i < 6; i++)
        g->g[i / 3][i % 3][lane] = half[i / 3][i % 3];
    yc_scalar_split(half, &e->q, YC_BITS_Q);
    for (unsigned i = 0; i < 6; i++)
        g->q[i / 3][i % 3][lane] = half[i / 3][i % 3];
    g->has_y |= (uint8_t)(e->has_y << lane);
    g->odd_y |= (uint8_t)(e->odd_y << lane);
    g->even_end |= (uint8_t)(e->even_end << lane);
}
