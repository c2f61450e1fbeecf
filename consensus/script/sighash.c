#include "consensus/script/sighash.h"

#include "base/assert.h"

/* Writing straight into a hash. */

static void hash_u32(struct yc_sha256 *h, uint32_t v)
{
    uint8_t b[4];
    yc_put32le(b, v);
    yc_sha256_update(h, b, sizeof b);
}

static void hash_u64(struct yc_sha256 *h, uint64_t v)
{
    uint8_t b[8];
    yc_put64le(b, v);
    yc_sha256_update(h, b, sizeof b);
}

static void hash_compact(struct yc_sha256 *h, uint64_t v)
{
    uint8_t b[9];
    struct yc_writer w;
    yc_writer_init(&w, b, sizeof b);
    yc_writer_compact(&w, v);
    yc_sha256_update(h, b, w.n);
}

static void hash_var_bytes(struct yc_sha256 *h, struct yc_view v)
{
    hash_compact(h, v.n);
    yc_sha256_update(h, v.p, v.n);
}

static void hash_outpoint(struct yc_sha256 *h, const struct yc_outpoint *o)
{
    yc_sha256_update(h, o->txid.b, sizeof o->txid.b);
    hash_u32(h, o->index);
}

static void hash_output(struct yc_sha256 *h, int64_t value_sat, struct yc_view script)
{
    hash_u64(h, (uint64_t)value_sat);
    hash_var_bytes(h, script);
}

static void double_final(struct yc_sha256 *h, uint8_t out32[32])
{
    uint8_t once[32];
    yc_sha256_final(h, once);
    yc_sha256_once(out32, once, sizeof once);
}

/* The cache. Everything before the hash type depends on the hash type's class and the script code alone. */

static unsigned class_of(uint32_t hash_type)
{
    unsigned outputs = hash_type & YC_SIGHASH_OUTPUTS_MASK;
    unsigned kind = outputs == YC_SIGHASH_SINGLE ? 2 : outputs == YC_SIGHASH_NONE ? 1 : 0;
    return kind + (hash_type & YC_SIGHASH_ANYONECANPAY ? 3 : 0);
}

void yc_sighash_cache_clear(struct yc_sighash_cache *c)
{
    for (size_t i = 0; i < YC_SIGHASH_CLASSES; i++)
        c->entry[i].set = false;
}

static bool cache_load(const struct yc_sighash_cache *c, uint32_t hash_type, struct yc_view code, struct yc_sha256 *h)
{
    if (!c)
        return false;
    const struct yc_sighash_entry *e = &c->entry[class_of(hash_type)];
    if (!e->set || !yc_view_equal(yc_view(e->code, e->code_bytes), code))
        return false;
    *h = e->state;
    return true;
}

static void cache_store(struct yc_sighash_cache *c, uint32_t hash_type, struct yc_view code, const struct yc_sha256 *h)
{
    if (!c)
        return;
    YC_ASSERT(code.n <= YC_SCRIPT_BYTES_MAX);
    struct yc_sighash_entry *e = &c->entry[class_of(hash_type)];
    e->set = true;
    e->code_bytes = (uint32_t)code.n;
    e->state = *h;
    if (code.n)
        memcpy(e->code, code.p, code.n);
}

/* Legacy. */

/* The script code without its OP_CODESEPARATORs; bytes behind a push that is cut off are kept. */
static void hash_script_code(struct yc_sha256 *h, struct yc_view code)
{
    struct yc_script_op op;
    size_t separators = 0;
    for (size_t at = 0; yc_script_next(code, &at, &op, NULL);)
        separators += op.opcode == YC_OP_CODESEPARATOR;
    hash_compact(h, code.n - separators);
    size_t from = 0;
    for (size_t at = 0; separators && yc_script_next(code, &at, &op, NULL);) {
        if (op.opcode != YC_OP_CODESEPARATOR)
            continue;
        yc_sha256_update(h, code.p + from, at - 1 - from);
        from = at;
        separators--;
    }
    if (from < code.n)
        yc_sha256_update(h, code.p + from, code.n - from);
}

static void hash_legacy_inputs(struct yc_sha256 *h, const struct yc_tx *tx, uint32_t input, struct yc_view code,
                               uint32_t hash_type)
{
    unsigned outputs = hash_type & YC_SIGHASH_OUTPUTS_MASK;
    bool others_free = outputs == YC_SIGHASH_NONE || outputs == YC_SIGHASH_SINGLE;
    bool alone = hash_type & YC_SIGHASH_ANYONECANPAY;
    hash_compact(h, alone ? 1 : tx->in_count);
    for (uint32_t i = alone ? input : 0; i < (alone ? input + 1 : tx->in_count); i++) {
        hash_outpoint(h, &tx->in[i].prevout);
        if (i == input)
            hash_script_code(h, code);
        else
            hash_compact(h, 0);
        hash_u32(h, i != input && others_free ? 0 : tx->in[i].sequence);
    }
}

static void hash_legacy_outputs(struct yc_sha256 *h, const struct yc_tx *tx, uint32_t input, uint32_t hash_type)
{
    unsigned outputs = hash_type & YC_SIGHASH_OUTPUTS_MASK;
    bool single = outputs == YC_SIGHASH_SINGLE;
    uint32_t count = outputs == YC_SIGHASH_NONE ? 0 : single ? input + 1 : tx->out_count;
    hash_compact(h, count);
    for (uint32_t i = 0; i < count; i++) {
        if (single && i != input)
            hash_output(h, -1, YC_VIEW_EMPTY);
        else
            hash_output(h, tx->out[i].value_sat, tx->out[i].script);
    }
}

void yc_sighash_legacy(uint8_t out32[32], const struct yc_tx *tx, uint32_t input, struct yc_view script_code,
                       uint32_t hash_type, struct yc_sighash_cache *cache)
{
    YC_ASSERT(input < tx->in_count);
    if ((hash_type & YC_SIGHASH_OUTPUTS_MASK) == YC_SIGHASH_SINGLE && input >= tx->out_count) {
        memset(out32, 0, 32);
        out32[0] = 1;
        return;
    }
    struct yc_sha256 h;
    if (!cache_load(cache, hash_type, script_code, &h)) {
        yc_sha256_init(&h);
        hash_u32(&h, tx->version);
        hash_legacy_inputs(&h, tx, input, script_code, hash_type);
        hash_legacy_outputs(&h, tx, input, hash_type);
        hash_u32(&h, tx->lock_time);
        cache_store(cache, hash_type, script_code, &h);
    }
    hash_u32(&h, hash_type);
    double_final(&h, out32);
}

size_t yc_script_delete(uint8_t *out, size_t *out_n, struct yc_view script, struct yc_view pattern)
{
    size_t found = 0, n = 0;
    size_t kept = 0; /* everything before is copied or deleted */
    size_t at = 0;
    struct yc_script_op op;
    if (pattern.n == 0)
        return 0;
    do {
        size_t start = at;
        while (script.n - at >= pattern.n && !memcmp(script.p + at, pattern.p, pattern.n)) {
            at += pattern.n;
            found++;
        }
        if (at > start) {
            if (start > kept)
                memmove(out + n, script.p + kept, start - kept);
            n += start - kept;
            kept = at;
        }
    } while (yc_script_next(script, &at, &op, NULL));
    if (found == 0)
        return 0;
    if (kept < script.n)
        memmove(out + n, script.p + kept, script.n - kept);
    *out_n = n + script.n - kept;
    return found;
}

/* The parts of BIP 143 and 341 that a transaction's inputs share. */

static void spend_shared(struct yc_spend *s)
{
    struct yc_sha256 prevouts, sequences, outputs;
    yc_sha256_init(&prevouts);
    yc_sha256_init(&sequences);
    yc_sha256_init(&outputs);
    for (uint32_t i = 0; i < s->tx->in_count; i++) {
        hash_outpoint(&prevouts, &s->tx->in[i].prevout);
        hash_u32(&sequences, s->tx->in[i].sequence);
    }
    for (uint32_t i = 0; i < s->tx->out_count; i++)
        hash_output(&outputs, s->tx->out[i].value_sat, s->tx->out[i].script);
    yc_sha256_final(&prevouts, s->prevouts_single32);
    yc_sha256_final(&sequences, s->sequences_single32);
    yc_sha256_final(&outputs, s->outputs_single32);
}

static void spend_v0(struct yc_spend *s)
{
    yc_sha256_once(s->prevouts32, s->prevouts_single32, 32);
    yc_sha256_once(s->sequences32, s->sequences_single32, 32);
    yc_sha256_once(s->outputs32, s->outputs_single32, 32);
    s->v0_ready = true;
}

static void spend_v1(struct yc_spend *s)
{
    struct yc_sha256 amounts, scripts;
    yc_sha256_init(&amounts);
    yc_sha256_init(&scripts);
    for (uint32_t i = 0; i < s->tx->in_count; i++) {
        hash_u64(&amounts, (uint64_t)s->spent[i].value_sat);
        hash_var_bytes(&scripts, s->spent[i].script);
    }
    yc_sha256_final(&amounts, s->amounts_single32);
    yc_sha256_final(&scripts, s->scripts_single32);
    s->v1_ready = true;
}

/* Which of them will be needed? */
static void find_needs(const struct yc_spend *s, bool *v0, bool *v1)
{
    *v0 = *v1 = false;
    for (uint32_t i = 0; i < s->tx->in_count && !(*v0 && *v1); i++) {
        if (s->tx->in[i].witness_count == 0)
            continue;
        /* What is no native taproot spend may be v0, wrapped in P2SH or not: finding out costs more than three hashes. */
        struct yc_view script = s->spent ? s->spent[i].script : YC_VIEW_EMPTY;
        bool taproot = script.n == 34 && script.p[0] == YC_OP_1 && script.p[1] == 32;
        *v1 = *v1 || taproot;
        *v0 = *v0 || !taproot;
    }
}

static void spend_needs(struct yc_spend *s, bool v0, bool v1)
{
    if (v0 || v1)
        spend_shared(s);
    if (v0)
        spend_v0(s);
    if (v1)
        spend_v1(s);
}

void yc_spend_init(struct yc_spend *s, const struct yc_tx *tx, const struct yc_spent *spent)
{
    bool v0, v1;
    *s = (struct yc_spend){.tx = tx, .spent = spent};
    find_needs(s, &v0, &v1);
    spend_needs(s, v0, v1);
}

/* The messages of many transactions, to be hashed side by side. */

#define ABREAST_LEAST 4 /* fewer transactions are sooner done one by one */
#define ABREAST_BYTES 16384
#define ABREAST_JOBS  192

struct abreast {
    struct yc_sha256_job job[ABREAST_JOBS];
    size_t count;
    struct yc_writer w;
    uint8_t bytes[ABREAST_BYTES];
};

static void abreast_run(struct abreast *a)
{
    yc_sha256d_jobs(a->job, a->count);
    a->count = 0;
    yc_writer_init(&a->w, a->bytes, sizeof a->bytes);
}

/* All since `from` is a message. */
static void abreast_add(struct abreast *a, size_t from, uint8_t out32[32])
{
    a->job[a->count++] = (struct yc_sha256_job){yc_view(a->bytes + from, a->w.n - from), out32};
}

/* What spend_shared() and spend_v0() would do, but for the single hashes, which taproot alone needs; false when there is no
 * room for it. */
static bool abreast_v0(struct abreast *a, struct yc_spend *s)
{
    const struct yc_tx *tx = s->tx;
    struct yc_writer *w = &a->w;
    size_t begun = w->n, count = a->count, from = begun;
    if (count + 3 > ABREAST_JOBS)
        return false;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        yc_writer_bytes(w, tx->in[i].prevout.txid.b, sizeof tx->in[i].prevout.txid.b);
        yc_writer_u32le(w, tx->in[i].prevout.index);
    }
    abreast_add(a, from, s->prevouts32);
    from = w->n;
    for (uint32_t i = 0; i < tx->in_count; i++)
        yc_writer_u32le(w, tx->in[i].sequence);
    abreast_add(a, from, s->sequences32);
    from = w->n;
    for (uint32_t i = 0; i < tx->out_count && !w->failed; i++) {
        yc_writer_u64le(w, (uint64_t)tx->out[i].value_sat);
        yc_writer_var_bytes(w, tx->out[i].script);
    }
    abreast_add(a, from, s->outputs32);
    if (w->failed) {
        a->count = count;
        *w = (struct yc_writer){a->bytes, begun, sizeof a->bytes, false};
        return false;
    }
    return s->v0_ready = true;
}

void yc_spends_init(struct yc_spend *const *spends, size_t count)
{
    struct abreast a;
    a.count = 0;
    yc_writer_init(&a.w, a.bytes, sizeof a.bytes);
    for (size_t i = 0; i < count; i++) {
        struct yc_spend *s = spends[i];
        bool v0, v1;
        *s = (struct yc_spend){.tx = s->tx, .spent = s->spent};
        find_needs(s, &v0, &v1);
        if (v1 || !v0 || count < ABREAST_LEAST) {
            spend_needs(s, v0, v1);
            continue;
        }
        if (abreast_v0(&a, s))
            continue;
        abreast_run(&a);
        if (!abreast_v0(&a, s)) /* longer than all the room: it fills lanes of its own */
            spend_needs(s, v0, v1);
    }
    abreast_run(&a);
}

void yc_spend_init_to_sign(struct yc_spend *s, const struct yc_tx *tx, const struct yc_spent *spent)
{
    *s = (struct yc_spend){.tx = tx, .spent = spent};
    spend_shared(s);
    spend_v0(s);
    spend_v1(s);
}

/* BIP 143. */

static void hash_v0(struct yc_sha256 *h, const struct yc_spend *s, uint32_t input, struct yc_view code,
                    uint32_t hash_type)
{
    static const uint8_t zero32[32];
    const struct yc_tx *tx = s->tx;
    unsigned outputs = hash_type & YC_SIGHASH_OUTPUTS_MASK;
    bool alone = hash_type & YC_SIGHASH_ANYONECANPAY;
    bool all = outputs != YC_SIGHASH_NONE && outputs != YC_SIGHASH_SINGLE;
    uint8_t single32[32] = {0};
    if (outputs == YC_SIGHASH_SINGLE && input < tx->out_count) {
        struct yc_sha256 one;
        yc_sha256_init(&one);
        hash_output(&one, tx->out[input].value_sat, tx->out[input].script);
        double_final(&one, single32);
    }
    yc_sha256_init(h);
    hash_u32(h, tx->version);
    yc_sha256_update(h, alone ? zero32 : s->prevouts32, 32);
    yc_sha256_update(h, !alone && all ? s->sequences32 : zero32, 32);
    hash_outpoint(h, &tx->in[input].prevout);
    hash_var_bytes(h, code);
    hash_u64(h, (uint64_t)s->spent[input].value_sat);
    hash_u32(h, tx->in[input].sequence);
    yc_sha256_update(h, all ? s->outputs32 : single32, 32);
    hash_u32(h, tx->lock_time);
}

void yc_sighash_v0(uint8_t out32[32], const struct yc_spend *s, uint32_t input, struct yc_view script_code,
                   uint32_t hash_type, struct yc_sighash_cache *cache)
{
    YC_ASSERT(input < s->tx->in_count && s->spent && s->v0_ready);
    struct yc_sha256 h;
    if (!cache_load(cache, hash_type, script_code, &h)) {
        hash_v0(&h, s, input, script_code, hash_type);
        cache_store(cache, hash_type, script_code, &h);
    }
    hash_u32(&h, hash_type);
    double_final(&h, out32);
}

/* BIP 341 and 342. */

void yc_sighash_annex(uint8_t out32[32], struct yc_view annex)
{
    struct yc_sha256 h;
    yc_sha256_init(&h);
    hash_var_bytes(&h, annex);
    yc_sha256_final(&h, out32);
}

static void hash_tap_transaction(struct yc_sha256 *h, const struct yc_spend *s, bool alone, unsigned outputs)
{
    hash_u32(h, s->tx->version);
    hash_u32(h, s->tx->lock_time);
    if (!alone) {
        yc_sha256_update(h, s->prevouts_single32, 32);
        yc_sha256_update(h, s->amounts_single32, 32);
        yc_sha256_update(h, s->scripts_single32, 32);
        yc_sha256_update(h, s->sequences_single32, 32);
    }
    if (outputs == YC_SIGHASH_ALL)
        yc_sha256_update(h, s->outputs_single32, 32);
}

static void hash_tap_input(struct yc_sha256 *h, const struct yc_spend *s, uint32_t input, bool alone,
                           const struct yc_sighash_tap *tap)
{
    uint8_t spend_type = (uint8_t)((tap->is_script ? 2 : 0) + (tap->has_annex ? 1 : 0));
    yc_sha256_update(h, &spend_type, 1);
    if (alone) {
        hash_outpoint(h, &s->tx->in[input].prevout);
        hash_output(h, s->spent[input].value_sat, s->spent[input].script);
        hash_u32(h, s->tx->in[input].sequence);
    } else {
        hash_u32(h, input);
    }
    if (tap->has_annex)
        yc_sha256_update(h, tap->annex32, 32);
}

static void single_output(const struct yc_tx *tx, uint32_t input, struct yc_sighash_tap *tap)
{
    if (tap->output_ready)
        return;
    struct yc_sha256 h;
    yc_sha256_init(&h);
    hash_output(&h, tx->out[input].value_sat, tx->out[input].script);
    yc_sha256_final(&h, tap->output32);
    tap->output_ready = true;
}

bool yc_sighash_taproot(uint8_t out32[32], const struct yc_spend *s, uint32_t input, uint8_t hash_type,
                        struct yc_sighash_tap *tap)
{
    YC_ASSERT(input < s->tx->in_count);
    unsigned outputs = hash_type == YC_SIGHASH_DEFAULT ? YC_SIGHASH_ALL : hash_type & 3u;
    bool alone = hash_type & YC_SIGHASH_ANYONECANPAY;
    if (!s->v1_ready || (hash_type > YC_SIGHASH_SINGLE && (hash_type < 0x81 || hash_type > 0x83)))
        return false;
    if (outputs == YC_SIGHASH_SINGLE && input >= s->tx->out_count)
        return false;
    const uint8_t epoch_and_type[2] = {0, hash_type};
    struct yc_sha256 h;
    yc_sha256_init_tagged(&h, "TapSighash");
    yc_sha256_update(&h, epoch_and_type, sizeof epoch_and_type);
    hash_tap_transaction(&h, s, alone, outputs);
    hash_tap_input(&h, s, input, alone, tap);
    if (outputs == YC_SIGHASH_SINGLE) {
        single_output(s->tx, input, tap);
        yc_sha256_update(&h, tap->output32, 32);
    }
    if (tap->is_script) {
        const uint8_t key_version = 0;
        yc_sha256_update(&h, tap->leaf32, 32);
        yc_sha256_update(&h, &key_version, 1);
        hash_u32(&h, tap->code_separator);
    }
    yc_sha256_final(&h, out32);
    return true;
}
