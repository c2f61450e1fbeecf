/* Readers, writers and hexadecimal text: every truncation, every non-canonical count, every limit. */
#include "base/hex.h"
#include "base/reader.h"
#include "base/writer.h"
#include "support/unit.h"

#include <stdlib.h>

/* One of everything that a writer writes and a reader reads. */
static void write_all(struct yc_writer *w)
{
    yc_writer_u8(w, 0x12);
    yc_writer_u16le(w, 0x3456);
    yc_writer_u16be(w, 0x3456);
    yc_writer_u32le(w, 0x789abcde);
    yc_writer_u64le(w, 0x0123456789abcdef);
    yc_writer_compact(w, 0xfc);
    yc_writer_compact(w, 0xfd);
    yc_writer_compact(w, 0x10000);
    yc_writer_compact(w, 0x100000000);
    yc_writer_var_bytes(w, yc_view("\x01\x02\x03", 3));
    yc_writer_bytes(w, "xyz", 3);
}

static const uint8_t all_bytes[] = {0x12, 0x56, 0x34, 0x34, 0x56, 0xde, 0xbc, 0x9a, 0x78, 0xef, 0xcd, 0xab, 0x89, 0x67,
                                    0x45, 0x23, 0x01, 0xfc, 0xfd, 0xfd, 0x00, 0xfe, 0x00, 0x00, 0x01, 0x00, 0xff, 0x00,
                                    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x02, 0x03, 'x',  'y',  'z'};

/* True when everything had the value that write_all() wrote. */
static bool read_all(struct yc_reader *r)
{
    char xyz[3];
    bool same = yc_reader_u8(r) == 0x12;
    same &= yc_reader_u16le(r) == 0x3456;
    same &= yc_reader_u16be(r) == 0x3456;
    same &= yc_reader_u32le(r) == 0x789abcde;
    same &= yc_reader_u64le(r) == 0x0123456789abcdef;
    same &= yc_reader_compact(r) == 0xfc;
    same &= yc_reader_compact(r) == 0xfd;
    same &= yc_reader_compact(r) == 0x10000;
    same &= yc_reader_compact(r) == 0x100000000;
    same &= yc_view_equal(yc_reader_var_bytes(r), yc_view("\x01\x02\x03", 3));
    yc_reader_copy(r, xyz, 3);
    return same && memcmp(xyz, "xyz", 3) == 0;
}

static void written_bytes(void **state)
{
    (void)state;
    uint8_t out[64];
    struct yc_writer w, counter;
    yc_writer_init(&w, out, sizeof out);
    write_all(&w);
    assert_true(yc_view_equal(yc_writer_written(&w), yc_view(all_bytes, sizeof all_bytes)));
    yc_writer_init_count(&counter);
    write_all(&counter);
    assert_false(counter.failed);
    assert_int_equal(counter.n, sizeof all_bytes);
}

static void writer_stops_at_every_capacity(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < sizeof all_bytes; cap++) {
        uint8_t *out = malloc(cap + 1);
        assert_non_null(out);
        out[cap] = 0x77;
        struct yc_writer w;
        yc_writer_init(&w, out, cap);
        write_all(&w);
        assert_true(w.failed);
        assert_in_range(w.n, 0, cap);
        assert_memory_equal(out, all_bytes, w.n);
        assert_int_equal(out[cap], 0x77);
        assert_int_equal(yc_writer_written(&w).n, 0);
        free(out);
    }
}

static void read_back_and_every_truncation(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof all_bytes; n++) {
        uint8_t *exact = malloc(n ? n : 1); /* so that AddressSanitizer sees a read past the end */
        struct yc_reader r;
        assert_non_null(exact);
        memcpy(exact, all_bytes, n);
        yc_reader_init(&r, yc_view(exact, n));
        assert_int_equal(read_all(&r), n == sizeof all_bytes);
        assert_int_equal(yc_reader_done(&r), n == sizeof all_bytes);
        assert_int_equal(yc_reader_left(&r), 0);
        free(exact);
    }
}

static void failure_is_sticky_and_reads_zeros(void **state)
{
    (void)state;
    uint8_t copy[4] = {1, 2, 3, 4};
    struct yc_reader r;
    yc_reader_init(&r, yc_view("\xff\xff\xff", 3));
    assert_int_equal(yc_reader_u32le(&r), 0);
    assert_false(yc_reader_ok(&r));
    assert_int_equal(yc_reader_u8(&r), 0);
    assert_int_equal(yc_reader_u16le(&r), 0);
    assert_int_equal(yc_reader_u16be(&r), 0);
    assert_int_equal(yc_reader_u64le(&r), 0);
    assert_int_equal(yc_reader_compact(&r), 0);
    assert_int_equal(yc_reader_count(&r, 1), 0);
    assert_int_equal(yc_reader_var_bytes(&r).n, 0);
    yc_reader_copy(&r, copy, sizeof copy);
    assert_memory_equal(copy, "\0\0\0\0", 4);
    assert_false(yc_reader_done(&r));
    yc_reader_init(&r, YC_VIEW_EMPTY);
    assert_true(yc_reader_done(&r));
    assert_int_equal(yc_reader_bytes(&r, 0).n, 0);
    assert_true(yc_reader_done(&r));
}

struct compact_row {
    const char *hex;
    bool good;
    uint64_t value;
};

static void compact_sizes_are_canonical_c44(void **state)
{
    (void)state;
    static const struct compact_row rows[] = {
        {"00", true, 0},
        {"fc", true, 0xfc},
        {"fdfd00", true, 0xfd},
        {"fdffff", true, 0xffff},
        {"fe00000100", true, 0x10000},
        {"feffffffff", true, 0xffffffff},
        {"ff0000000001000000", true, 0x100000000},
        {"ffffffffffffffffff", true, UINT64_MAX},
        {"fd0000", false, 0},
        {"fdfc00", false, 0},
        {"fe00000000", false, 0},
        {"feffff0000", false, 0},
        {"ff0000000000000000", false, 0},
        {"ffffffffff00000000", false, 0},
        {"fd", false, 0},
        {"fdff", false, 0},
        {"feffffff", false, 0},
        {"ffffffffffffffff", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[9], again[9];
        size_t n = strlen(rows[i].hex) / 2;
        struct yc_reader r;
        struct yc_writer w;
        assert_true(yc_hex_read(bytes, n, rows[i].hex, 2 * n));
        yc_reader_init(&r, yc_view(bytes, n));
        assert_int_equal(yc_reader_compact(&r), rows[i].value);
        assert_int_equal(yc_reader_done(&r), rows[i].good);
        if (!rows[i].good)
            continue;
        yc_writer_init(&w, again, sizeof again);
        yc_writer_compact(&w, rows[i].value);
        assert_true(yc_view_equal(yc_writer_written(&w), yc_view(bytes, n)));
        assert_int_equal(yc_compact_bytes(rows[i].value), n);
    }
}

static void counts_must_fit_in_what_is_left(void **state)
{
    (void)state;
    uint8_t bytes[21] = {5};
    struct yc_reader r;
    yc_reader_init(&r, yc_view(bytes, sizeof bytes));
    assert_int_equal(yc_reader_count(&r, 4), 5);
    assert_true(yc_reader_ok(&r));
    yc_reader_init(&r, yc_view(bytes, sizeof bytes - 1));
    assert_int_equal(yc_reader_count(&r, 4), 0);
    assert_false(yc_reader_ok(&r));
    memset(bytes, 0xff, 9);
    yc_reader_init(&r, yc_view(bytes, sizeof bytes));
    assert_int_equal(yc_reader_count(&r, 1), 0);
    assert_false(yc_reader_ok(&r));
    yc_reader_init(&r, yc_view(bytes, sizeof bytes));
    assert_int_equal(yc_reader_var_bytes(&r).n, 0);
    assert_false(yc_reader_ok(&r));
}

static void fixed_width_integers(void **state)
{
    (void)state;
    static const uint8_t p[8] = {0x80, 0xf1, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7};
    uint8_t out[9] = {0};
    assert_int_equal(yc_get16le(p), 0xf180);
    assert_int_equal(yc_get16be(p), 0x80f1);
    assert_int_equal(yc_get32le(p), 0xb3a2f180);
    assert_int_equal(yc_get32be(p), 0x80f1a2b3);
    assert_true(yc_get64le(p) == 0xf7e6d5c4b3a2f180);
    assert_true(yc_get64be(p) == 0x80f1a2b3c4d5e6f7);
    yc_put16le(out + 1, 0xf180);
    assert_memory_equal(out + 1, p, 2);
    yc_put16be(out + 1, 0x80f1);
    assert_memory_equal(out + 1, p, 2);
    yc_put32le(out + 1, 0xb3a2f180);
    assert_memory_equal(out + 1, p, 4);
    yc_put32be(out + 1, 0x80f1a2b3);
    assert_memory_equal(out + 1, p, 4);
    yc_put64le(out + 1, 0xf7e6d5c4b3a2f180);
    assert_memory_equal(out + 1, p, 8);
    yc_put64be(out + 1, 0x80f1a2b3c4d5e6f7);
    assert_memory_equal(out + 1, p, 8);
}

static void hexadecimal(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[513];
    for (unsigned i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    yc_hex_write(text, bytes, 256);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_int_equal(strlen(text), 512);
    assert_true(yc_hex_read(back, 256, text, 512));
    assert_memory_equal(back, bytes, 256);
    yc_hex_write_reversed(text, bytes, 256);
    assert_memory_equal(text, "fffefd", 6);
    assert_true(yc_hex_read_reversed(back, 256, text, 512));
    assert_memory_equal(back, bytes, 256);
    assert_true(yc_hex_read(back, 2, "aBCd", 4));
    assert_memory_equal(back, "\xab\xcd", 2);
    assert_true(yc_hex_read_reversed(back, 2, "aBCd", 4));
    assert_memory_equal(back, "\xcd\xab", 2);
    assert_false(yc_hex_read(back, 2, "abc", 3));
    assert_false(yc_hex_read(back, 2, "abcde", 5));
    assert_true(yc_hex_read(back, 0, "", 0));
    for (int c = -128; c < 128; c++) {
        char pair[2] = {'0', (char)c};
        bool is_digit = c > 0 && strchr("0123456789abcdefABCDEF", c);
        assert_int_equal(yc_hex_read(back, 1, pair, 2), is_digit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_bytes),
        cmocka_unit_test(writer_stops_at_every_capacity),
        cmocka_unit_test(read_back_and_every_truncation),
        cmocka_unit_test(failure_is_sticky_and_reads_zeros),
        cmocka_unit_test(compact_sizes_are_canonical_c44),
        cmocka_unit_test(counts_must_fit_in_what_is_left),
        cmocka_unit_test(fixed_width_integers),
        cmocka_unit_test(hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
