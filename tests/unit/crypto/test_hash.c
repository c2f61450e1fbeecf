/* RIPEMD-160, SHA-1, SHA-512, HMAC and PBKDF2 against their published answers. */
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/sha3.h"
#include "support/unit.h"

#include <stdlib.h>

static void expect(const uint8_t *digest, const char *hex)
{
    char text[2 * 64 + 1];
    size_t n = strlen(hex) / 2;
    assert_in_range(n, 1, 64);
    yc_hex_write(text, digest, n);
    assert_string_equal(text, hex);
}

static void ripemd160_published(void **state)
{
    (void)state;
    /* From the page of RIPEMD-160's authors. */
    static const char *const rows[][2] = {
        {"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {"a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
        {"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"},
        {"abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "b0e20b6e3116640286ed3a87a5713079b21f5189"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "9b752e45573d4b39f4dbd3323cab82bf63326bfb"},
    };
    uint8_t d[20];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        yc_ripemd160(d, rows[i][0], strlen(rows[i][0]));
        expect(d, rows[i][1]);
    }
    yc_ripemd160(d, NULL, 0);
    expect(d, rows[0][1]);
}

static void sha1_and_sha512_published(void **state)
{
    (void)state;
    uint8_t d[64];
    yc_sha1(d, "abc", 3);
    expect(d, "a9993e364706816aba3e25717850c26c9cd0d89d");
    yc_sha1(d, NULL, 0);
    expect(d, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    yc_sha512(d, "abc", 3);
    expect(d, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423"
              "643ce80e"
              "2a9ac94fa54ca49f");
    yc_sha512(d, NULL, 0);
    expect(d, "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd"
              "47417a81"
              "a538327af927da3e");
}

/* NIST's examples, and lengths about the rate of 136 bytes (digests by Python's hashlib). */
static void sha3_256_published(void **state)
{
    static const char *const at_rate[] = {"8094bb53c44cfb1e67b7c30447f9a1c33696d2463ecc1d9c92538913392843c9",
                                          "3fc5559f14db8e453a0a3091edbd2bc25e11528d81c66fa570a4efdcc2695ee1",
                                          "f8d6846cedd2ccfadf15c5879ef95af724d799eed7391fb1c91f95344e738614"};
    uint8_t d[32], as[137];
    (void)state;
    yc_sha3_256(d, NULL, 0);
    expect(d, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    yc_sha3_256(d, "abc", 3);
    expect(d, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    memset(as, 'a', sizeof as);
    for (size_t i = 0; i < 3; i++) {
        yc_sha3_256(d, as, 135 + i);
        expect(d, at_rate[i]);
    }
}

static void hash160_of_a_known_key(void **state)
{
    (void)state;
    /* The compressed key of the secret 1, whose hash is in BIP 173's first address. */
    static const char hex[] = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    uint8_t key[33], d[20];
    assert_true(yc_hex_read(key, 33, hex, sizeof hex - 1));
    yc_hash160(d, key, sizeof key);
    expect(d, "751e76e8199196d454941c45d1b3a323f1433bd6");
}

struct hmac_row {
    const char *key, *message; /* hexadecimal */
    const char *sha256, *sha512;
};

/* RFC 4231, test cases 1 to 4, 6 and 7. */
static const struct hmac_row rfc4231[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702"
     "e696c203a126854"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b6"
     "36e070a38bce737"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
     "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee894267"
     "4278859e13292fb"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
     "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de"
     "2adebeb10a298dd"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8"
     "b915a985d786598"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206"
     "c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f206265206861736865642062"
     "65666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
     "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de044606"
     "5c97440fa8c6a58"},
};

static size_t unhex(uint8_t *out, size_t cap, const char *hex)
{
    size_t n = strlen(hex) / 2;
    assert_in_range(n, 0, cap);
    assert_true(yc_hex_read(out, n, hex, strlen(hex)));
    return n;
}

static void hmac_rfc4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc4231 / sizeof rfc4231[0]; i++) {
        uint8_t key[200], message[200], d[64];
        struct yc_view k = yc_view(key, unhex(key, sizeof key, rfc4231[i].key));
        struct yc_view m = yc_view(message, unhex(message, sizeof message, rfc4231[i].message));
        yc_hmac_sha256(d, k, m);
        expect(d, rfc4231[i].sha256);
        yc_hmac_sha512(d, k, m);
        expect(d, rfc4231[i].sha512);
    }
}

static void hmac_of_nothing(void **state)
{
    (void)state;
    uint8_t d[64];
    yc_hmac_sha256(d, YC_VIEW_EMPTY, YC_VIEW_EMPTY);
    expect(d, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    yc_hmac_sha512(d, YC_VIEW_EMPTY, YC_VIEW_EMPTY);
    expect(d, "b936cee86c9f87aa5d3c6f2e84cb5a4239a5fe50480a6ec66b70ab5b1f4ac6730c6c515421b327ec1d69402e53dfb49ad7381eb0"
              "67b338fd"
              "7b0cb22247225d47");
}

static void pbkdf2_sha512(void **state)
{
    (void)state;
    uint8_t d[100];
    yc_pbkdf2_hmac_sha512(d, 64, yc_view_text("password"), yc_view_text("salt"), 1);
    expect(d, "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7"
              "d68b1da55e63f73b60a57fce");
    yc_pbkdf2_hmac_sha512(d, 100, yc_view_text("password"), yc_view_text("salt"), 3);
    expect(d, "b6b07cb2cebf4ad84468391a543824fccffe0e0769dbe6bddf10a65673c4b648e612d44918f9ce9a19a1294cf5140628084b");
    expect(d + 50,
           "a994c3b21a4ef4741220b811c633cfc0641fccbcc4164f1bbfcb1f33f595ae9aa4a33ddcce570157775980362c0ee28aa340");
}

static void constant_time_compare(void **state)
{
    (void)state;
    uint8_t a[40] = {0}, b[40] = {0};
    assert_true(yc_equal_constant_time(a, b, sizeof a));
    assert_true(yc_equal_constant_time(a, b, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 0x80;
        assert_false(yc_equal_constant_time(a, b, sizeof a));
        assert_true(yc_equal_constant_time(a, b, i));
        b[i] = 0;
    }
}

static void wipe(void **state)
{
    (void)state;
    uint8_t secret[24], zeros[16] = {0};
    memset(secret, 0x5a, sizeof secret);
    yc_wipe(secret + 4, 16);
    yc_wipe(NULL, 0);
    assert_memory_equal(secret + 4, zeros, 16);
    assert_int_equal(secret[3], 0x5a);
    assert_int_equal(secret[20], 0x5a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ripemd160_published),
        cmocka_unit_test(sha3_256_published),
        cmocka_unit_test(sha1_and_sha512_published),
        cmocka_unit_test(hash160_of_a_known_key),
        cmocka_unit_test(hmac_rfc4231),
        cmocka_unit_test(hmac_of_nothing),
        cmocka_unit_test(pbkdf2_sha512),
        cmocka_unit_test(constant_time_compare),
        cmocka_unit_test(wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
