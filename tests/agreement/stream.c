#include "tests/agreement/stream.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/sha256.h"
#include "crypto/sigbatch/scalar.h"

#define ONE_SPOILT_IN 8

static void to_bytes(uint8_t out32[32], const struct yc_scalar *a)
{
    for (unsigned i = 0; i < 4; i++)
        yc_put64be(out32 + 24 - 8 * i, a->w[i]);
}

/* *a += b modulo n; neither is 0, nor, but for one chance in 2^256, their sum. */
static void add(const secp256k1_context *secp, struct yc_scalar *a, const struct yc_scalar *b)
{
    uint8_t a32[32], b32[32];
    to_bytes(a32, a);
    to_bytes(b32, b);
    int added = secp256k1_ec_seckey_tweak_add(secp, a32, b32);
    YC_ASSERT(added);
    *a = yc_scalar_reduce_bytes(a32);
}

static void random_point(struct stream *s, struct stream_point *out)
{
    do
        yc_random_fill(&s->random, out->scalar32, sizeof out->scalar32);
    while (!secp256k1_ec_pubkey_create(s->secp, &out->point, out->scalar32));
}

void stream_init(struct stream *s, const secp256k1_context *secp, uint64_t seed, uint64_t slice)
{
    s->secp = secp;
    s->at = 0;
    yc_random_seed(&s->random, &s->state, yc_siphash((struct yc_siphash_key){seed, ~seed}, &slice, sizeof slice));
    for (unsigned i = 0; i < STREAM_SLOTS; i++)
        random_point(s, &s->slots[i]);
    random_point(s, &s->step);
}

/* Take the next slot one step further and choose another: a nonce and a key. */
static void walk(struct stream *s, const struct stream_point **nonce, const struct stream_point **key)
{
    struct stream_point *p = &s->slots[s->at];
    const secp256k1_pubkey old = p->point, *const both[2] = {&old, &s->step.point};
    int walked = secp256k1_ec_pubkey_combine(s->secp, &p->point, both, 2) &&
                 secp256k1_ec_seckey_tweak_add(s->secp, p->scalar32, s->step.scalar32);
    YC_ASSERT(walked);
    *nonce = p;
    *key = &s->slots[(s->at + 1 + yc_random_below(&s->random, STREAM_SLOTS - 1)) % STREAM_SLOTS];
    s->at = (s->at + 1) % STREAM_SLOTS;
}

static void put_point(const struct stream *s, uint8_t *out, size_t n, const struct stream_point *p)
{
    int put = secp256k1_ec_pubkey_serialize(s->secp, out, &n, &p->point,
                                            n == 33 ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED);
    YC_ASSERT(put);
}

static struct yc_scalar random_scalar(struct stream *s)
{
    uint8_t bytes[32];
    struct yc_scalar r;
    do {
        yc_random_fill(&s->random, bytes, sizeof bytes);
        r = yc_scalar_reduce_bytes(bytes);
    } while (yc_scalar_is_zero(&r));
    return r;
}

/* (r, s) with an r and an s of any 32 bytes, in DER. */
static void put_der(const struct stream *stream, struct sample *out, const uint8_t rs64[64])
{
    secp256k1_ecdsa_signature sig;
    out->sig_n = sizeof out->sig;
    int put = secp256k1_ecdsa_signature_parse_compact(stream->secp, &sig, rs64) &&
              secp256k1_ecdsa_signature_serialize_der(stream->secp, out->sig, &out->sig_n, &sig);
    YC_ASSERT(put);
}

/* The message follows: m = s·k - r·d. With `turned`, -s takes the place of s: as good; with `swapped` r and s change
 * places. */
static void make_ecdsa(struct stream *stream, struct sample *out, bool whole, bool turned, bool swapped)
{
    const struct stream_point *nonce, *key;
    uint8_t compressed[33], rs64[64];
    walk(stream, &nonce, &key);
    put_point(stream, compressed, sizeof compressed, nonce);
    struct yc_scalar r = yc_scalar_reduce_bytes(compressed + 1), s = random_scalar(stream);
    struct yc_scalar k = yc_scalar_reduce_bytes(nonce->scalar32), d = yc_scalar_reduce_bytes(key->scalar32);
    struct yc_scalar m = yc_scalar_mul(&s, &k), rd = yc_scalar_mul(&r, &d);
    rd = yc_scalar_negate(&rd);
    add(stream->secp, &m, &rd);
    if (turned)
        s = yc_scalar_negate(&s);
    to_bytes(rs64 + (swapped ? 32 : 0), &r);
    to_bytes(rs64 + (swapped ? 0 : 32), &s);
    to_bytes(out->msg32, &m);
    out->kind = YC_SIG_KIND_ECDSA;
    out->pubkey_n = whole ? 65 : 33;
    put_point(stream, out->pubkey, out->pubkey_n, key);
    put_der(stream, out, rs64);
}

/* The x-coordinate, and the scalar of the point with it whose y is even. */
static struct yc_scalar put_x(const struct stream *s, uint8_t x32[32], const struct stream_point *p)
{
    uint8_t compressed[33];
    struct yc_scalar a = yc_scalar_reduce_bytes(p->scalar32);
    put_point(s, compressed, sizeof compressed, p);
    memcpy(x32, compressed + 1, 32);
    return compressed[0] == 0x03 ? yc_scalar_negate(&a) : a;
}

/* s = k + e·d. With `odd` the nonce's point has the odd y: bad. */
static void make_bip340(struct stream *stream, struct sample *out, bool odd)
{
    const struct stream_point *nonce, *key;
    uint8_t digest[32];
    walk(stream, &nonce, &key);
    struct yc_scalar s = put_x(stream, out->sig, nonce), d = put_x(stream, out->pubkey, key);
    yc_random_fill(&stream->random, out->msg32, sizeof out->msg32);
    yc_sha256_tagged(digest, "BIP0340/challenge", yc_view(out->sig, 32), yc_view(out->pubkey, 32),
                     yc_view(out->msg32, 32));
    struct yc_scalar e = yc_scalar_reduce_bytes(digest), ed = yc_scalar_mul(&e, &d);
    if (odd)
        s = yc_scalar_negate(&s);
    add(stream->secp, &s, &ed);
    to_bytes(out->sig + 32, &s);
    out->kind = YC_SIG_KIND_BIP340;
    out->pubkey_n = 32;
    out->sig_n = 64;
}

/* A bit anywhere, or a byte, or all of a part by another point. */
static void spoil(struct stream *s, struct sample *out, unsigned how)
{
    size_t n = out->pubkey_n + out->sig_n + 32, at = (size_t)yc_random_below(&s->random, n);
    uint8_t *byte = at < out->pubkey_n                ? &out->pubkey[at]
                    : at < out->pubkey_n + out->sig_n ? &out->sig[at - out->pubkey_n]
                                                      : &out->msg32[at - out->pubkey_n - out->sig_n];
    uint8_t compressed[33];
    if (how == 0) {
        *byte ^= (uint8_t)(1u << yc_random_below(&s->random, 8));
    } else if (how == 1) {
        *byte ^= (uint8_t)(1 + yc_random_below(&s->random, 255));
    } else {
        put_point(s, compressed, sizeof compressed, &s->step);
        bool of_key = how == 2 && out->pubkey_n == 33;
        memcpy(of_key ? out->pubkey : out->msg32, compressed + !of_key, of_key ? 33 : 32);
    }
}

void stream_next(struct stream *s, struct sample *out)
{
    uint64_t dice = yc_random_u64(&s->random);
    unsigned form = (unsigned)(dice % 3), how = (unsigned)(dice >> 16) % 5;
    bool bad = dice >> 56 < 256 / ONE_SPOILT_IN, by_making = bad && how == 4;
    if (form == 2)
        make_bip340(s, out, by_making);
    else
        make_ecdsa(s, out, form == 1, dice >> 32 & 1, by_making);
    out->honest = !bad;
    if (bad && !by_making)
        spoil(s, out, how);
}
