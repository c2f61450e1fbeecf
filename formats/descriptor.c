#include "formats/descriptor.h"

#include "base/assert.h"
#include "base/hex.h"
#include "consensus/script/taproot.h"
#include "crypto/base58.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "formats/address.h"
#include "formats/output.h"

#include <stdlib.h>

#define CHECKSUM_CHARS   8
#define BARE_KEYS_MAX    3    /* Bitcoin Core: more would never be relayed */
#define INNER_SCRIPT_MAX 1024 /* room for 20 keys and their opcodes */
#define QUOTED(v)        (int)((v).n > 140 ? 140 : (v).n), (const char *)(v).p

/* ---- checksum (BIP 380) ---- */

static uint64_t checksum_step(uint64_t c, unsigned value)
{
    static const uint64_t generator[5] = {0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd};
    unsigned top = (unsigned)(c >> 35);
    c = (c & 0x7ffffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            c ^= generator[i];
    return c;
}

bool yc_descriptor_checksum(char out[YC_DESCRIPTOR_CHECKSUM_MAX], struct yc_view text)
{
    static const char input[] = "0123456789()[],'/*abcdefgh@:$%{}"
                                "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
                                "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
    static const char output[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    uint64_t c = 1;
    unsigned group = 0, group_n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(input, text.p[i]) : NULL;
        if (!at)
            return false;
        unsigned position = (unsigned)(at - input);
        c = checksum_step(c, position & 31);
        group = group * 3 + (position >> 5); /* the rows of three characters at a time are a symbol too */
        if (++group_n == 3) {
            c = checksum_step(c, group);
            group = group_n = 0;
        }
    }
    if (group_n)
        c = checksum_step(c, group);
    for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
        c = checksum_step(c, 0);
    c ^= 1;
    for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
        out[i] = output[c >> (5 * (CHECKSUM_CHARS - 1 - i)) & 31];
    out[CHECKSUM_CHARS] = 0;
    return true;
}

/* ---- scripts ---- */

enum place { AT_TOP, IN_SH, IN_WSH };

struct parser {
    struct yc_descriptor *out;
    const struct yc_chain_params *params;
    struct yc_arena *arena;
    struct yc_error *err;
};

#define REFUSE(p, ...) yc_fail((p)->err, YC_INVALID, YC_SYSTEM_NONE, __VA_ARGS__)

static enum yc_verdict no_memory(const struct parser *p)
{
    return yc_fail(p->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the descriptor's scripts");
}

static enum yc_verdict add_script(const struct parser *p, struct yc_view script)
{
    YC_ASSERT(p->out->script_count < YC_DESCRIPTOR_SCRIPTS_MAX);
    struct yc_view copy = yc_arena_copy(p->arena, script);
    if (script.n && !copy.p)
        return no_memory(p);
    p->out->script[p->out->script_count++] = copy;
    return YC_VALID;
}

/* The text inside "name(...)"; false when v is not that. */
static bool is_call(struct yc_view v, const char *name, struct yc_view *inside)
{
    size_t n = strlen(name);
    if (v.n < n + 2 || memcmp(v.p, name, n) != 0 || v.p[n] != '(' || v.p[v.n - 1] != ')')
        return false;
    *inside = yc_view_slice(v, n + 1, v.n - n - 2);
    return true;
}

struct key {
    uint8_t bytes[65]; /* 33 or 65 */
    size_t n;
};

enum key_rule { KEY_ANY, KEY_COMPRESSED, KEY_XONLY /* 32 bytes too */ };

/* Skip "[fingerprint/path]": it says where a key comes from and changes no script. */
static enum yc_verdict skip_origin(const struct parser *p, const char *who, struct yc_view *text)
{
    if (text->n == 0 || text->p[0] != '[')
        return YC_VALID;
    const uint8_t *end = memchr(text->p, ']', text->n);
    if (!end)
        return REFUSE(p, "%s: the key's origin has no closing bracket", who);
    uint8_t fingerprint[4];
    size_t inner_n = (size_t)(end - text->p) - 1;
    const char *inner = (const char *)text->p + 1;
    size_t at = 8;
    if (inner_n < 8 || !yc_hex_read(fingerprint, sizeof fingerprint, inner, 8) || (inner_n > 8 && inner[8] != '/'))
        return REFUSE(p, "%s: Fingerprint is not 4 bytes in hex", who);
    while (at < inner_n) {
        size_t digits = 0;
        uint64_t step = 0;
        for (at++; at < inner_n && inner[at] >= '0' && inner[at] <= '9' && digits < 11; at++, digits++)
            step = step * 10 + (uint64_t)(inner[at] - '0');
        if (at < inner_n && (inner[at] == '\'' || inner[at] == 'h'))
            at++;
        if (digits == 0 || step > 0x7fffffff || (at < inner_n && inner[at] != '/'))
            return REFUSE(p, "%s: Key path value in the origin '%.*s' is not valid", who, QUOTED(*text));
    }
    *text = yc_view(end + 1, text->n - inner_n - 2);
    return YC_VALID;
}

/* Say why text is no hex key, without repeating what may be a secret. */
static enum yc_verdict refuse_key(const struct parser *p, const char *who, struct yc_view text)
{
    uint8_t payload[82];
    size_t n;
    const uint8_t *slash = memchr(text.p, '/', text.n);
    size_t head_n = slash ? (size_t)(slash - text.p) : text.n;
    bool decoded = yc_base58check_decode(payload, sizeof payload, &n, (const char *)text.p, head_n);
    bool is_extended = decoded && n == 78, is_wif = decoded && (n == 33 || n == 34);
    yc_wipe(payload, sizeof payload);
    if (is_extended)
        return REFUSE(p, "%s: extended keys are not supported here: give the public key itself in hex", who);
    if (is_wif)
        return REFUSE(p, "%s: private keys are not supported here: give the public key in hex", who);
    return REFUSE(p, "%s: key '%.*s' is not valid", who, QUOTED(text));
}

static enum yc_verdict read_key(const struct parser *p, const char *who, struct yc_view text, enum key_rule rule,
                                struct key *out)
{
    enum yc_verdict v = skip_origin(p, who, &text);
    if (v != YC_VALID)
        return v;
    if (text.n == 0)
        return REFUSE(p, "%s: No key provided", who);
    if (text.p[0] == ' ' || text.p[text.n - 1] == ' ')
        return REFUSE(p, "%s: Key '%.*s' is invalid due to whitespace", who, QUOTED(text));
    out->n = text.n / 2;
    if (rule == KEY_XONLY && text.n == 64) {
        out->bytes[0] = 2;
        out->n = 33;
        if (!yc_hex_read(out->bytes + 1, 32, (const char *)text.p, text.n))
            return refuse_key(p, who, text);
    } else if ((text.n != 66 && text.n != 130) || !yc_hex_read(out->bytes, out->n, (const char *)text.p, text.n)) {
        return refuse_key(p, who, text);
    }
    if (out->bytes[0] == 6 || out->bytes[0] == 7)
        return REFUSE(p, "%s: Hybrid public keys are not allowed", who);
    if (!yc_secp_pubkey_valid(yc_view(out->bytes, out->n)))
        return REFUSE(p, "%s: Pubkey '%.*s' is invalid", who, QUOTED(text));
    if (out->n != 33 && rule != KEY_ANY)
        return REFUSE(p, "%s: Uncompressed keys are not allowed", who);
    return YC_VALID;
}

static void write_keyhash(struct yc_writer *w, const struct key *k, bool witness)
{
    uint8_t hash20[20];
    yc_hash160(hash20, k->bytes, k->n);
    if (witness)
        yc_output_write_witness(w, 0, yc_view(hash20, sizeof hash20));
    else
        yc_output_write_pubkeyhash(w, hash20);
}

static int compare_keys(const void *a, const void *b)
{
    const struct yc_view *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int c = memcmp(x->p, y->p, n);
    return c ? c : (x->n > y->n) - (x->n < y->n);
}

/* The text up to the next comma; *rest is what follows it, p NULL when there was none. */
static struct yc_view next_argument(struct yc_view *rest)
{
    const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
    struct yc_view head = yc_view(rest->p, comma ? (size_t)(comma - rest->p) : rest->n);
    *rest = comma ? yc_view(comma + 1, rest->n - head.n - 1) : YC_VIEW_EMPTY;
    return head;
}

static enum yc_verdict write_multi(const struct parser *p, struct yc_writer *w, struct yc_view inside, bool sorted,
                                   enum place place)
{
    struct key key[YC_SCRIPT_KEYS_MAX];
    struct yc_view view[YC_SCRIPT_KEYS_MAX];
    unsigned count = 0, required = 0;
    struct yc_view threshold = next_argument(&inside);
    bool digits = threshold.n > 0 && threshold.n <= 4;
    for (size_t i = 0; digits && i < threshold.n; i++) {
        digits = threshold.p[i] >= '0' && threshold.p[i] <= '9';
        required = required * 10 + (unsigned)(threshold.p[i] - '0');
    }
    if (!digits)
        return REFUSE(p, "Multi threshold '%.*s' is not valid", QUOTED(threshold));
    while (inside.p) {
        if (count == YC_SCRIPT_KEYS_MAX)
            return REFUSE(p, "Cannot have more than %d keys in multisig; must have between 1 and %d keys, inclusive",
                          YC_SCRIPT_KEYS_MAX, YC_SCRIPT_KEYS_MAX);
        enum yc_verdict v =
            read_key(p, "Multi", next_argument(&inside), place == IN_WSH ? KEY_COMPRESSED : KEY_ANY, &key[count]);
        if (v != YC_VALID)
            return v;
        view[count] = yc_view(key[count].bytes, key[count].n);
        count++;
    }
    if (count == 0)
        return REFUSE(p, "Cannot have 0 keys in multisig; must have between 1 and %d keys, inclusive",
                      YC_SCRIPT_KEYS_MAX);
    if (required < 1)
        return REFUSE(p, "Multisig threshold cannot be 0, must be at least 1");
    if (required > count)
        return REFUSE(p,
                      "Multisig threshold cannot be larger than the number of keys; threshold is %u but only %u keys "
                      "specified",
                      required, count);
    if (place == AT_TOP && count > BARE_KEYS_MAX)
        return REFUSE(p, "Cannot have %u pubkeys in bare multisig; only at most %d pubkeys", count, BARE_KEYS_MAX);
    if (sorted)
        qsort(view, count, sizeof view[0], compare_keys);
    yc_output_write_multisig(w, required, view, count);
    if (place == IN_SH && w->n > YC_SCRIPT_ELEMENT_BYTES_MAX)
        return REFUSE(p, "P2SH script is too large, %zu bytes is larger than %d bytes", w->n,
                      YC_SCRIPT_ELEMENT_BYTES_MAX);
    return YC_VALID;
}

/* What may stand inside sh() and wsh() too; the script goes to w. */
static enum yc_verdict write_script(const struct parser *p, struct yc_writer *w, struct yc_view text, enum place place)
{
    struct yc_view inside;
    struct key key = {0};
    enum key_rule rule = place == IN_WSH ? KEY_COMPRESSED : KEY_ANY;
    enum yc_verdict v;
    if (is_call(text, "pk", &inside)) {
        v = read_key(p, "pk()", inside, rule, &key);
        if (v == YC_VALID)
            yc_output_write_pubkey(w, yc_view(key.bytes, key.n));
        return v;
    }
    if (is_call(text, "pkh", &inside)) {
        v = read_key(p, "pkh()", inside, rule, &key);
        if (v == YC_VALID)
            write_keyhash(w, &key, false);
        return v;
    }
    if (is_call(text, "multi", &inside))
        return write_multi(p, w, inside, false, place);
    if (is_call(text, "sortedmulti", &inside))
        return write_multi(p, w, inside, true, place);
    if (is_call(text, "wpkh", &inside)) {
        if (place == IN_WSH)
            return REFUSE(p, "Can only have wpkh() at top level or inside sh()");
        v = read_key(p, "wpkh()", inside, KEY_COMPRESSED, &key);
        if (v == YC_VALID)
            write_keyhash(w, &key, true);
        return v;
    }
    if (is_call(text, "wsh", &inside)) {
        uint8_t inner[INNER_SCRIPT_MAX], hash32[32];
        struct yc_writer iw;
        if (place == IN_WSH)
            return REFUSE(p, "Can only have wsh() at top level or inside sh()");
        yc_writer_init(&iw, inner, sizeof inner);
        v = write_script(p, &iw, inside, IN_WSH);
        if (v != YC_VALID)
            return v;
        YC_ASSERT(!iw.failed);
        yc_sha256_once(hash32, inner, iw.n);
        yc_output_write_witness(w, 0, yc_view(hash32, sizeof hash32));
        return YC_VALID;
    }
    static const char *const top_only[] = {"sh", "addr", "raw", "combo", "tr", "rawtr"};
    for (size_t i = 0; i < sizeof top_only / sizeof top_only[0]; i++)
        if (is_call(text, top_only[i], &inside))
            return REFUSE(p, "Can only have %s() at top level", top_only[i]);
    if (place == IN_SH)
        return REFUSE(p, "A function is needed within P2SH: '%.*s' is none that is known here", QUOTED(text));
    if (place == IN_WSH)
        return REFUSE(p, "A function is needed within P2WSH: '%.*s' is none that is known here", QUOTED(text));
    return REFUSE(p, "'%.*s' is not a valid descriptor function", QUOTED(text));
}

static enum yc_verdict add_sh(const struct parser *p, struct yc_view inside)
{
    uint8_t inner[INNER_SCRIPT_MAX], script[32], hash20[20];
    struct yc_writer w;
    yc_writer_init(&w, inner, sizeof inner);
    enum yc_verdict v = write_script(p, &w, inside, IN_SH);
    if (v != YC_VALID)
        return v;
    YC_ASSERT(!w.failed);
    yc_hash160(hash20, inner, w.n);
    yc_writer_init(&w, script, sizeof script);
    yc_output_write_scripthash(&w, hash20);
    return add_script(p, yc_writer_written(&w));
}

static enum yc_verdict add_taproot(const struct parser *p, struct yc_view inside, bool tweak)
{
    struct key key = {0};
    uint8_t script[34], output32[32], tweak32[32];
    struct yc_writer w;
    const char *who = tweak ? "tr()" : "rawtr()";
    if (inside.n && memchr(inside.p, ',', inside.n))
        return tweak ? REFUSE(p, "tr(): script trees are not supported here: give tr() a key alone")
                     : REFUSE(p, "rawtr(): only one key expected.");
    enum yc_verdict v = read_key(p, who, inside, KEY_XONLY, &key);
    if (v != YC_VALID)
        return v;
    memcpy(output32, key.bytes + 1, sizeof output32);
    if (tweak) {
        unsigned parity;
        yc_taproot_tweak_hash(tweak32, key.bytes + 1, NULL);
        if (!yc_secp_taproot_tweak(output32, &parity, key.bytes + 1, tweak32))
            return REFUSE(p, "tr(): the key cannot be tweaked");
    }
    yc_writer_init(&w, script, sizeof script);
    yc_output_write_witness(&w, 1, yc_view(output32, sizeof output32));
    return add_script(p, yc_writer_written(&w));
}

static enum yc_verdict add_combo(const struct parser *p, struct yc_view inside)
{
    struct key key = {0};
    uint8_t script[YC_ADDRESS_SCRIPT_MAX + 32], nested[22], hash20[20];
    struct yc_writer w;
    enum yc_verdict v = read_key(p, "combo()", inside, KEY_ANY, &key);
    if (v != YC_VALID)
        return v;
    for (unsigned i = 0; i < (key.n == 33 ? 4u : 2u) && v == YC_VALID; i++) {
        yc_writer_init(&w, script, sizeof script);
        if (i == 0) {
            yc_output_write_pubkey(&w, yc_view(key.bytes, key.n));
        } else if (i < 3) {
            write_keyhash(&w, &key, i == 2);
        } else {
            struct yc_writer nw;
            yc_writer_init(&nw, nested, sizeof nested);
            write_keyhash(&nw, &key, true);
            yc_hash160(hash20, nested, nw.n);
            yc_output_write_scripthash(&w, hash20);
        }
        YC_ASSERT(!w.failed);
        v = add_script(p, yc_writer_written(&w));
    }
    return v;
}

static enum yc_verdict add_raw(const struct parser *p, struct yc_view inside)
{
    size_t n = inside.n / 2;
    uint8_t *bytes = yc_arena_take(p->arena, n);
    if (!bytes)
        return no_memory(p);
    if (n == 0 || inside.n % 2 || !yc_hex_read(bytes, n, (const char *)inside.p, inside.n))
        return REFUSE(p, "Raw script is not hex");
    p->out->solvable = false;
    p->out->script[p->out->script_count++] = yc_view(bytes, n);
    return YC_VALID;
}

static enum yc_verdict add_address(const struct parser *p, struct yc_view inside)
{
    struct yc_address address;
    struct yc_error why;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    if (yc_address_parse(&address, p->params, inside, NULL, &why) != YC_VALID)
        return REFUSE(p, "Address is not valid: %.400s", why.text);
    p->out->solvable = false;
    return add_script(p, yc_view(script, yc_address_script(script, &address)));
}

static enum yc_verdict add_top(const struct parser *p, struct yc_view text)
{
    struct yc_view inside;
    uint8_t script[INNER_SCRIPT_MAX];
    struct yc_writer w;
    if (is_call(text, "addr", &inside))
        return add_address(p, inside);
    if (is_call(text, "raw", &inside))
        return add_raw(p, inside);
    if (is_call(text, "combo", &inside))
        return add_combo(p, inside);
    if (is_call(text, "tr", &inside))
        return add_taproot(p, inside, true);
    if (is_call(text, "rawtr", &inside))
        return add_taproot(p, inside, false);
    if (is_call(text, "sh", &inside))
        return add_sh(p, inside);
    yc_writer_init(&w, script, sizeof script);
    enum yc_verdict v = write_script(p, &w, text, AT_TOP);
    if (v != YC_VALID)
        return v;
    YC_ASSERT(!w.failed);
    return add_script(p, yc_writer_written(&w));
}

/* Cut off the checksum and compare it; *text is left without it. */
static enum yc_verdict check_checksum(const struct parser *p, struct yc_view *text,
                                      enum yc_descriptor_checksum_rule rule)
{
    char expected[YC_DESCRIPTOR_CHECKSUM_MAX];
    const uint8_t *hash = text->n ? memchr(text->p, '#', text->n) : NULL;
    size_t body_n = hash ? (size_t)(hash - text->p) : text->n;
    if (!hash && rule == YC_DESCRIPTOR_CHECKSUM_REQUIRED)
        return REFUSE(p, "Missing checksum");
    if (hash && memchr(hash + 1, '#', text->n - body_n - 1))
        return REFUSE(p, "Multiple '#' symbols");
    if (!yc_descriptor_checksum(expected, yc_view(text->p, body_n)))
        return REFUSE(p, "Invalid characters in payload");
    if (hash) {
        struct yc_view given = yc_view(hash + 1, text->n - body_n - 1);
        if (given.n != CHECKSUM_CHARS)
            return REFUSE(p, "Expected 8 character checksum, not %zu characters", given.n);
        if (memcmp(given.p, expected, CHECKSUM_CHARS) != 0)
            return REFUSE(p, "Provided checksum '%.*s' does not match computed checksum '%s'", QUOTED(given), expected);
    }
    *text = yc_view(text->p, body_n);
    return YC_VALID;
}

enum yc_verdict yc_descriptor_parse(struct yc_descriptor *out, const struct yc_chain_params *params,
                                    struct yc_view text, enum yc_descriptor_checksum_rule rule, struct yc_arena *arena,
                                    struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    struct parser p = {out, params, arena, err};
    if (text.n == 0)
        text = yc_view("", 0);
    enum yc_verdict v = check_checksum(&p, &text, rule);
    if (v != YC_VALID)
        return v;
    out->text = text;
    out->solvable = true;
    return add_top(&p, text);
}
