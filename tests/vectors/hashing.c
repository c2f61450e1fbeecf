/* siphash.json: {key: [k0, k1], input: [bytes..], expected: {siphash24, ..}}; the pieces of the input follow each other.
 * bip340_test_vectors.csv: index, secret, public key, aux, message, signature, TRUE or FALSE, comment; messages of
 * any length, though consensus signs 32 bytes alone. */
#include "base/bytes.h"
#include "base/siphash.h"
#include "crypto/secp.h"
#include "vectors/vectors.h"

#include <string.h>

static bool read_u64(struct vectors *v, json_object *text, uint64_t *out)
{
    struct yc_view bytes;
    if (!vectors_hex(v, vectors_text(text), &bytes) || bytes.n != 8)
        return false;
    *out = yc_get64be(bytes.p);
    return true;
}

static void run_siphash_row(struct vectors *v, json_object *row)
{
    json_object *key = vectors_get(row, "key");
    const struct yc_view *pieces;
    struct yc_siphash_key k;
    uint32_t count;
    uint64_t expected;
    if (!read_u64(v, vectors_at(key, 0), &k.k0) || !read_u64(v, vectors_at(key, 1), &k.k1) ||
        !read_u64(v, vectors_get(vectors_get(row, "expected"), "siphash24"), &expected) ||
        !vectors_hex_array(v, vectors_get(row, "input"), &pieces, &count)) {
        vectors_case(v, false, "the row cannot be read");
        return;
    }
    struct yc_buf whole;
    yc_buf_init(&whole, yc_heap(), 1 << 20);
    for (uint32_t i = 0; i < count; i++)
        yc_buf_append(&whole, pieces[i].p, pieces[i].n);
    vectors_case(v, yc_siphash(k, whole.p, whole.n) == expected, "%s", json_object_get_string(row));
    yc_buf_release(&whole);
}

static void run_siphash(struct vectors *v, struct yc_view file)
{
    json_object *rows = vectors_json(v, file);
    for (unsigned i = 0; vectors_at(rows, i); i++) {
        vectors_begin(v, i);
        run_siphash_row(v, vectors_at(rows, i));
    }
    json_object_put(rows);
}

/* The next part of *rest, which ends at the separator or the end. */
static struct yc_view next_part(struct yc_view *rest, char separator)
{
    const uint8_t *end = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct yc_view part = yc_view(rest->p, n);
    size_t used = end ? n + 1 : n;
    *rest = yc_view(rest->p + used, rest->n - used);
    return part;
}

enum { KEY = 2, MESSAGE = 4, SIGNATURE = 5, RESULT = 6, FIELDS = 7 };

static void run_bip340_line(struct vectors *v, struct yc_view line)
{
    struct yc_view field[FIELDS], key, message, sig;
    for (size_t i = 0; i < FIELDS; i++)
        field[i] = next_part(&line, ',');
    if (!vectors_hex(v, field[KEY], &key) || !vectors_hex(v, field[MESSAGE], &message) ||
        !vectors_hex(v, field[SIGNATURE], &sig) || key.n != 32 || sig.n != 64) {
        vectors_case(v, false, "the line cannot be read");
        return;
    }
    bool expected = yc_view_equal(field[RESULT], yc_view_text("TRUE"));
    vectors_case(v, yc_secp_schnorr_verify_message(key.p, sig.p, message) == expected, "not %s",
                 expected ? "good" : "bad");
}

static void run_bip340(struct vectors *v, struct yc_view file)
{
    (void)next_part(&file, '\n'); /* the names of the columns */
    for (unsigned i = 1; file.n; i++) {
        vectors_begin(v, i);
        struct yc_view line = next_part(&file, '\n');
        if (line.n > 1)
            run_bip340_line(v, line);
    }
}

const struct vectors_kind vectors_kind_siphash = {"siphash", "siphash.json", run_siphash};
const struct vectors_kind vectors_kind_bip340 = {"bip340", "bip340_test_vectors.csv", run_bip340};
