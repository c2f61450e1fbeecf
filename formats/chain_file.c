#include "formats/chain_file.h"

#include "base/hex.h"
#include "consensus/block.h"
#include "consensus/pow.h"
#include "consensus/script/flags.h"
#include "consensus/signet.h"
#include "formats/chain_file_fields.h"
#include "net/addr/netaddr.h"
#include "sys/json.h"

#include <inttypes.h>
#include <stdio.h>

#define PATH_MAX_BYTES 64
#define EXPECTED_MAX   160
#define SCHEMA_KEY     "schema"

struct load {
    const char *file;
    const struct yc_json *root;
    struct yc_chain_params *params;
    enum yc_chain_file_mode mode;
    struct yc_error *err;
};

static void path_of(char out[PATH_MAX_BYTES], const char *section, const char *key)
{
    (void)snprintf(out, PATH_MAX_BYTES, "%.20s%s%.40s", section, section[0] ? "." : "", key);
}

/* ---- what a field must be, in words ---- */

static void describe_list(char out[EXPECTED_MAX], const struct yc_chain_field *f)
{
    if (f->kind == YC_FIELD_SEEDS)
        (void)snprintf(out, EXPECTED_MAX, "a list of at most %zu host names of at most 63 characters%s", f->room,
                       strcmp(f->key, "fixed_seeds") == 0 ? ", as \"host:port\"" : "");
    else if (f->kind == YC_FIELD_FLAGS)
        (void)snprintf(out, EXPECTED_MAX,
                       "an object of at most %zu block hashes, each with flags as \"P2SH,WITNESS\" or \"NONE\"",
                       f->room);
    else if (f->kind == YC_FIELD_BIP30)
        (void)snprintf(out, EXPECTED_MAX, "a list of at most %zu blocks as {\"height\": 1, \"hash\": \"...\"}",
                       f->room);
    else
        (void)snprintf(out, EXPECTED_MAX,
                       "a list of at most %zu of {\"height\": 1, \"hash\": \"...\", \"coins_hash\": \"...\", "
                       "\"tx_count\": 1}",
                       f->room);
}

static void describe(char out[EXPECTED_MAX], const struct yc_chain_field *f)
{
    switch (f->kind) {
    case YC_FIELD_NAME:
        (void)snprintf(out, EXPECTED_MAX, "a name of at most %zu letters a-z, digits, - and _, a letter first",
                       f->room - 1);
        return;
    case YC_FIELD_DIR:
        (void)snprintf(out, EXPECTED_MAX,
                       "\"\" or a folder name of at most %zu letters a-z, digits, - and _, a letter first, other than "
                       "blocks, chainstate, indexes and wallets",
                       f->room - 1);
        return;
    case YC_FIELD_HRP:
        (void)snprintf(out, EXPECTED_MAX, "a prefix of at most %zu letters a-z and digits, a letter first",
                       f->room - 1);
        return;
    case YC_FIELD_TEXT:
        (void)snprintf(out, EXPECTED_MAX, "a text of %" PRId64 " to %zu printable ASCII characters", f->min,
                       f->room - 1);
        return;
    case YC_FIELD_BOOL:
        (void)snprintf(out, EXPECTED_MAX, "true or false");
        return;
    case YC_FIELD_INT8:
    case YC_FIELD_INT16:
    case YC_FIELD_INT32:
        (void)snprintf(out, EXPECTED_MAX, "a whole number from %" PRId64 " to %" PRId64, f->min, f->max);
        return;
    case YC_FIELD_AMOUNT:
        (void)snprintf(out, EXPECTED_MAX, "an amount in base units from %" PRId64 " to %" PRId64, f->min, f->max);
        return;
    case YC_FIELD_HEX32:
        (void)snprintf(out, EXPECTED_MAX, "a text of 8 hex digits");
        return;
    case YC_FIELD_MAGIC:
        (void)snprintf(out, EXPECTED_MAX,
                       "a text of 8 hex digits, or null on a signet, whose challenge determines them");
        return;
    case YC_FIELD_U256:
        (void)snprintf(out, EXPECTED_MAX, "a text of 1 to 64 hex digits");
        return;
    case YC_FIELD_HASH:
        (void)snprintf(out, EXPECTED_MAX, "a hash of 64 hex digits as it is displayed, or \"00\" for none");
        return;
    case YC_FIELD_HEX_BYTES:
        (void)snprintf(out, EXPECTED_MAX, "1 to %zu bytes in hex", f->room);
        return;
    case YC_FIELD_ACTIVATION:
        (void)snprintf(out, EXPECTED_MAX, "a height from 0 to %" PRId64 ", or null for never", f->max);
        return;
    case YC_FIELD_RETARGET:
        (void)snprintf(out, EXPECTED_MAX, "\"none\", \"window\" or \"asert\"");
        return;
    case YC_FIELD_SEEDS:
    case YC_FIELD_FLAGS:
    case YC_FIELD_BIP30:
    case YC_FIELD_ASSUMEUTXO:
        describe_list(out, f);
        return;
    case YC_FIELD_SIGNET:
        (void)snprintf(out, EXPECTED_MAX, "1 to %zu bytes in hex, or null for a chain that is no signet", f->room);
        return;
    }
}

/* ---- values of each kind; false when the node is not one ---- */

static bool read_name(char *out, size_t room, const char *text, bool dashes)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || n >= room || text[0] < 'a' || text[0] > 'z')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (dashes && (c == '-' || c == '_'))))
            return false;
    }
    memcpy(out, text, n + 1);
    return true;
}

/* Folders that hold a chain's own data must not be another chain's data folder. */
static bool is_reserved_dir(const char *text)
{
    static const char *const reserved[] = {"blocks", "chainstate", "indexes", "wallets"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(text, reserved[i]) == 0)
            return true;
    return false;
}

static bool read_dir(char *out, size_t room, const char *text)
{
    if (text && text[0] == 0) {
        out[0] = 0;
        return true;
    }
    return read_name(out, room, text, true) && !is_reserved_dir(out);
}

static bool read_text(char *out, size_t min, size_t room, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (!text || n < min || n >= room)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    memcpy(out, text, n + 1);
    return true;
}

static bool read_hex32(uint8_t out4[4], const struct yc_json *node)
{
    struct yc_view s = yc_json_string(node);
    return s.p && yc_hex_read(out4, 4, (const char *)s.p, s.n);
}

static bool read_u256(struct yc_u256 *out, const struct yc_json *node)
{
    struct yc_view s = yc_json_string(node);
    char padded[64];
    uint8_t bytes32[32];
    if (!s.p || s.n == 0 || s.n > sizeof padded)
        return false;
    memset(padded, '0', sizeof padded - s.n);
    memcpy(padded + sizeof padded - s.n, s.p, s.n);
    if (!yc_hex_read(bytes32, sizeof bytes32, padded, sizeof padded))
        return false;
    *out = yc_u256_from_be(bytes32);
    return true;
}

static bool read_hash(uint8_t out32[32], struct yc_view s)
{
    if (s.n == 2 && memcmp(s.p, "00", 2) == 0) {
        memset(out32, 0, 32);
        return true;
    }
    return s.p && yc_hex_read_reversed(out32, 32, (const char *)s.p, s.n);
}

static bool read_whole_hash(uint8_t out32[32], const struct yc_json *node)
{
    struct yc_view s = yc_json_string(node);
    return s.n == 64 && read_hash(out32, s);
}

static bool read_retarget(enum yc_retarget *out, const char *text)
{
    for (int i = 0; text && i < YC_RETARGET_NAMES; i++)
        if (strcmp(text, yc_retarget_name[i]) == 0) {
            *out = (enum yc_retarget)i;
            return true;
        }
    return false;
}

static bool read_seeds(char (*out)[64], size_t *count, const struct yc_chain_field *f, const struct yc_json *node)
{
    size_t n = yc_json_count(node);
    if (yc_json_kind(node) != YC_JSON_ARRAY || n > f->room)
        return false;
    bool ports = strcmp(f->key, "fixed_seeds") == 0;
    for (size_t i = 0; i < n; i++) {
        struct yc_view host;
        uint16_t port;
        if (!read_text(out[i], 1, sizeof out[i], yc_json_text(yc_json_element(node, i))) || strchr(out[i], ' ') ||
            (ports && (!yc_netaddr_split(&host, &port, out[i], 0) || port == 0)))
            return false;
    }
    *count = n;
    return true;
}

static bool read_flags(struct yc_flag_exception *out, size_t *count, size_t room, const struct yc_json *node)
{
    struct yc_json_walk w = {0};
    const char *name;
    const struct yc_json *value;
    if (yc_json_kind(node) != YC_JSON_OBJECT || yc_json_count(node) > room)
        return false;
    *count = 0;
    while (yc_json_next(node, &w, &name, &value)) {
        struct yc_flag_exception *e = &out[*count];
        struct yc_view flags = yc_json_string(value);
        if (!yc_hex_read_reversed(e->block.b, 32, name, strlen(name)) || !flags.p ||
            !yc_script_flags_parse(&e->flags, (const char *)flags.p, flags.n))
            return false;
        ++*count;
    }
    return true;
}

static bool read_height(uint32_t *out, const struct yc_json *node)
{
    int64_t v;
    if (!yc_json_int_in(node, 0, (int64_t)UINT32_MAX - 1, &v))
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool read_bip30(struct yc_bip30_exception *out, size_t *count, size_t room, const struct yc_json *node)
{
    size_t n = yc_json_count(node);
    if (yc_json_kind(node) != YC_JSON_ARRAY || n > room)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct yc_json *e = yc_json_element(node, i);
        if (yc_json_count(e) != 2 || !read_height(&out[i].height, yc_json_member(e, "height")) ||
            !read_whole_hash(out[i].block.b, yc_json_member(e, "hash")))
            return false;
    }
    *count = n;
    return true;
}

static bool read_assumeutxo(struct yc_assumeutxo *out, size_t *count, size_t room, const struct yc_json *node)
{
    size_t n = yc_json_count(node);
    if (yc_json_kind(node) != YC_JSON_ARRAY || n > room)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct yc_json *e = yc_json_element(node, i);
        if (yc_json_count(e) != 4 || !read_height(&out[i].height, yc_json_member(e, "height")) ||
            !read_whole_hash(out[i].block.b, yc_json_member(e, "hash")) ||
            !read_whole_hash(out[i].coins_hash, yc_json_member(e, "coins_hash")) ||
            !yc_json_u64(yc_json_member(e, "tx_count"), &out[i].tx_count))
            return false;
    }
    *count = n;
    return true;
}

static bool read_int(void *at, const struct yc_chain_field *f, const struct yc_json *node)
{
    int64_t v;
    if (!yc_json_int_in(node, f->min, f->max, &v))
        return false;
    if (f->room == 1)
        *(uint8_t *)at = (uint8_t)v;
    else if (f->room == 2)
        *(uint16_t *)at = (uint16_t)v;
    else if (f->room == 4)
        *(uint32_t *)at = (uint32_t)v;
    else
        *(int64_t *)at = v;
    return true;
}

static bool read_bytes(void *at, size_t *count, size_t room, struct yc_view s)
{
    *count = s.n / 2;
    return s.n >= 2 && s.n % 2 == 0 && *count <= room && yc_hex_read(at, *count, (const char *)s.p, s.n);
}

static bool read_value(struct yc_chain_params *params, const struct yc_chain_field *f, const struct yc_json *node)
{
    void *at = (char *)params + f->offset;
    size_t *count = (size_t *)(void *)((char *)params + f->offset2);
    struct yc_view s = yc_json_string(node);
    uint8_t bytes4[4];
    switch (f->kind) {
    case YC_FIELD_NAME:
        return read_name(at, f->room, yc_json_text(node), true);
    case YC_FIELD_DIR:
        return read_dir(at, f->room, yc_json_text(node));
    case YC_FIELD_HRP:
        return read_name(at, f->room, yc_json_text(node), false);
    case YC_FIELD_TEXT:
        return read_text(at, (size_t)f->min, f->room, yc_json_text(node));
    case YC_FIELD_BOOL:
        return yc_json_bool(node, at);
    case YC_FIELD_INT8:
    case YC_FIELD_INT16:
    case YC_FIELD_INT32:
    case YC_FIELD_AMOUNT:
        return read_int(at, f, node);
    case YC_FIELD_ACTIVATION:
        if (!yc_json_is_null(node))
            return read_int(at, f, node);
        *(uint32_t *)at = YC_NEVER;
        return true;
    case YC_FIELD_HEX32:
        if (!read_hex32(bytes4, node))
            return false;
        *(uint32_t *)at = yc_get32be(bytes4);
        return true;
    case YC_FIELD_MAGIC:
        return yc_json_is_null(node) || read_hex32(at, node);
    case YC_FIELD_U256:
        return read_u256(at, node);
    case YC_FIELD_HASH:
        return read_hash(at, s);
    case YC_FIELD_HEX_BYTES:
        return read_bytes(at, count, f->room, s);
    case YC_FIELD_RETARGET:
        return read_retarget(at, yc_json_text(node));
    case YC_FIELD_SEEDS:
        return read_seeds(at, count, f, node);
    case YC_FIELD_FLAGS:
        return read_flags(at, count, f->room, node);
    case YC_FIELD_BIP30:
        return read_bip30(at, count, f->room, node);
    case YC_FIELD_ASSUMEUTXO:
        return read_assumeutxo(at, count, f->room, node);
    case YC_FIELD_SIGNET:
        return yc_json_is_null(node) || read_bytes(at, count, f->room, s);
    }
    return false;
}

/* ---- the file as a whole ---- */

static enum yc_verdict refuse(const struct load *l, const char *path, const char *what, const char *expected)
{
    return yc_fail(l->err, YC_INVALID, YC_SYSTEM_NONE, "%s: \"%s\" %s%s", l->file, path, what, expected);
}

static bool is_section(const char *name)
{
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    for (size_t i = 0; i < count; i++)
        if (f[i].section[0] && strcmp(f[i].section, name) == 0)
            return true;
    return false;
}

static bool is_key(const char *section, const char *key)
{
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(f[i].section, section) == 0 && strcmp(f[i].key, key) == 0)
            return true;
    return section[0] == 0 && strcmp(key, SCHEMA_KEY) == 0;
}

/* No key but the known ones, at the top (section "") or in a section. */
static enum yc_verdict check_keys(const struct load *l, const char *section, const struct yc_json *object)
{
    struct yc_json_walk w = {0};
    const char *name;
    const struct yc_json *value;
    while (yc_json_next(object, &w, &name, &value)) {
        char path[PATH_MAX_BYTES];
        path_of(path, section, name);
        if (section[0] == 0 && is_section(name)) {
            if (yc_json_kind(value) != YC_JSON_OBJECT)
                return refuse(l, path, "must be ", "an object");
            enum yc_verdict v = check_keys(l, name, value);
            if (v != YC_VALID)
                return v;
        } else if (!is_key(section, name)) {
            return refuse(l, path, "is not a key of a chain file: ", "check its spelling and place, or take it out");
        }
    }
    return YC_VALID;
}

static enum yc_verdict read_fields(const struct load *l)
{
    size_t count;
    const struct yc_chain_field *f = yc_chain_fields(&count);
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES], expected[EXPECTED_MAX];
        const struct yc_json *in = f[i].section[0] ? yc_json_member(l->root, f[i].section) : l->root;
        const struct yc_json *node = yc_json_member(in, f[i].key);
        bool is_mined_later = (f[i].marks & YC_FIELD_MINED) && yc_json_is_null(node);
        if (is_mined_later && l->mode == YC_CHAIN_FILE_MINE)
            continue;
        path_of(path, f[i].section, f[i].key);
        describe(expected, &f[i]);
        if (is_mined_later)
            return refuse(l, path, "is not known yet: ",
                          "the genesis block must be mined first; ycoind -mkgenesis -chainfile=FILE does that");
        if (!node)
            return refuse(l, path, "is missing: give ", expected);
        if (!read_value(l->params, &f[i], node))
            return refuse(l, path, "must be ", expected);
    }
    const struct yc_json *genesis = yc_json_member(l->root, "genesis");
    l->params->genesis.mined =
        !yc_json_is_null(yc_json_member(genesis, "nonce")) && !yc_json_is_null(yc_json_member(genesis, "hash"));
    return YC_VALID;
}

/* A signet's magic follows from its challenge: it need not be said, and nothing else may be. */
static enum yc_verdict settle_magic(const struct load *l)
{
    struct yc_chain_params *p = l->params;
    bool is_said = !yc_json_is_null(yc_json_member(yc_json_member(l->root, "net"), "magic"));
    uint8_t derived4[4];
    if (p->signet_challenge_n == 0)
        return is_said ? YC_VALID
                       : refuse(l, "net.magic", "must be ", "a text of 8 hex digits: only a signet may leave it null");
    yc_signet_magic(derived4, yc_view(p->signet_challenge, p->signet_challenge_n));
    if (is_said && memcmp(p->magic, derived4, sizeof derived4) != 0) {
        char expected[9];
        yc_hex_write(expected, derived4, sizeof derived4);
        return yc_fail(l->err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s: \"net.magic\" is not the one that signet_challenge determines, which is %s: give that, or "
                       "null",
                       l->file, expected);
    }
    memcpy(p->magic, derived4, sizeof derived4);
    return YC_VALID;
}

/* Rules between fields. */
static enum yc_verdict check_rules(const struct load *l)
{
    const struct yc_chain_params *p = l->params;
    struct yc_u256 target;
    if (p->port == p->rpc_port)
        return refuse(l, "net.rpcport", "must differ from ", "net.port");
    if (p->p2pkh_version == p->p2sh_version)
        return refuse(l, "address.p2sh", "must differ from ", "address.p2pkh, or their addresses look alike");
    if (p->xpub_version == p->xprv_version)
        return refuse(l, "address.xprv", "must differ from ", "address.xpub, or secrets look like public keys");
    if (yc_u256_is_zero(p->pow.limit))
        return refuse(l, "pow.limit", "is zero: ", "no block could be found; give the easiest target");
    if (!yc_compact_to_target(&target, p->genesis.bits) || yc_u256_compare(target, p->pow.limit) > 0)
        return refuse(l, "genesis.bits",
                      "is no target within pow.limit: ", "give the compact form of pow.limit or of a smaller target");
    if (p->pow.retarget == YC_RETARGET_ASERT && p->pow.half_life_s == 0)
        return refuse(l, "pow.half_life", "is 0: ", "the retarget \"asert\" needs a half-life in seconds");
    if (p->pow.retarget == YC_RETARGET_ASERT && p->pow.min_difficulty_after_s != 0)
        return refuse(l, "pow.min_difficulty_after",
                      "must be 0 with the retarget \"asert\": ", "cheap blocks would pull its schedule along");
    if (!yc_subsidy_total_ok(p))
        return refuse(l, "subsidy.initial",
                      "makes more than 2100000000000000 base units in all: ", "lower it, or subsidy.halving_interval");
    return YC_VALID;
}

/* The block that the file describes must be the one that it names, and cost the work that it claims. */
static enum yc_verdict check_genesis(const struct load *l)
{
    uint8_t bytes[1024];
    if (!l->params->genesis.mined)
        return YC_VALID;
    struct yc_header header;
    if (yc_genesis_write(l->params, bytes, sizeof bytes) < YC_HEADER_BYTES)
        return refuse(l, "genesis", "makes no block: ", "shorten its message or output_script");
    yc_header_read(&header, bytes);
    struct yc_block_hash hash = yc_header_hash(&header);
    if (!yc_block_hash_equal(&hash, &l->params->genesis.hash)) {
        char text[65];
        yc_hex_write_reversed(text, hash.b, sizeof hash.b);
        return yc_fail(
            l->err, YC_INVALID, YC_SYSTEM_NONE,
            "%s: \"genesis.hash\" is not the hash of the block described there, which is %s: correct the one "
            "or the other, or set nonce and hash to null and mine it with ycoind -mkgenesis",
            l->file, text);
    }
    if (!yc_pow_check(&hash, header.bits, l->params))
        return refuse(l, "genesis.nonce", "does not give the block the work that genesis.bits asks for: ",
                      "set nonce and hash to null and mine it with ycoind -mkgenesis");
    return YC_VALID;
}

static enum yc_verdict load(const struct load *l)
{
    if (yc_json_kind(l->root) != YC_JSON_OBJECT)
        return yc_fail(l->err, YC_INVALID, YC_SYSTEM_NONE, "%s: a chain file is one JSON object, this is a JSON %s",
                       l->file, yc_json_kind_name(yc_json_kind(l->root)));
    int64_t schema;
    const struct yc_json *node = yc_json_member(l->root, SCHEMA_KEY);
    if (!node)
        return refuse(l, SCHEMA_KEY, "is missing: give ", "1");
    if (!yc_json_int_in(node, YC_CHAIN_FILE_SCHEMA, YC_CHAIN_FILE_SCHEMA, &schema))
        return refuse(l, SCHEMA_KEY, "must be 1: ", "this version reads no other form of chain file");
    enum yc_verdict v = check_keys(l, "", l->root);
    if (v == YC_VALID)
        v = read_fields(l);
    if (v == YC_VALID)
        v = settle_magic(l);
    if (v == YC_VALID)
        v = check_rules(l);
    if (v == YC_VALID)
        v = check_genesis(l);
    return v;
}

enum yc_verdict yc_chain_file_parse(struct yc_chain_params *out, const char *name, struct yc_view text,
                                    enum yc_chain_file_mode mode, struct yc_error *err)
{
    struct yc_json *root;
    struct yc_error why;
    memset(out, 0, sizeof *out);
    enum yc_verdict v = yc_json_parse(&root, text, YC_CHAIN_FILE_BYTES_MAX, &why);
    if (v != YC_VALID)
        return yc_fail(err, v, why.which, "%s: %.400s", name, why.text);
    struct load l = {name, root, out, mode, err};
    v = load(&l);
    yc_json_free(root);
    return v;
}

enum yc_verdict yc_chain_file_load(struct yc_chain_params *out, const struct yc_fs *fs, const struct yc_alloc *alloc,
                                   const char *path, enum yc_chain_file_mode mode, struct yc_error *err)
{
    struct yc_view text;
    enum yc_verdict v = yc_fs_read_file(fs, alloc, path, YC_CHAIN_FILE_BYTES_MAX, &text, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the chain file %s does not exist: check -chainfile", path);
    if (v != YC_VALID)
        return v;
    v = yc_chain_file_parse(out, path, text, mode, err);
    yc_alloc_free(alloc, (void *)(uintptr_t)text.p, text.n);
    return v;
}
