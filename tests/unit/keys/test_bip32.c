/* Hierarchical keys: BIP 32's test vectors 1 to 5. Catalogue W27. */
#include "keys/bip32.h"
#include "unit/formats/chains.h"
#include "unit/keys/keys.h"

static const struct {
    const char *seed, *path, *xpub, *xprv;
} published[] = {
    {"000102030405060708090a0b0c0d0e0f", "m",
     "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
     "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"},
    {"000102030405060708090a0b0c0d0e0f", "m/0'",
     "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw",
     "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7"},
    {"000102030405060708090a0b0c0d0e0f", "m/0'/1",
     "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ",
     "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs"},
    {"000102030405060708090a0b0c0d0e0f", "m/0'/1/2'",
     "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5",
     "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM"},
    {"000102030405060708090a0b0c0d0e0f", "m/0'/1/2'/2",
     "xpub6FHa3pjLCk84BayeJxFW2SP4XRrFd1JYnxeLeU8EqN3vDfZmbqBqaGJAyiLjTAwm6ZLRQUMv1ZACTj37sR62cfN7fe5JnJ7dh8zL4fiyLHV",
     "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334"},
    {"000102030405060708090a0b0c0d0e0f", "m/0'/1/2'/2/1000000000",
     "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy",
     "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m",
     "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB",
     "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m/0",
     "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH",
     "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQRUT3dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m/0/2147483647'",
     "xpub6ASAVgeehLbnwdqV6UKMHVzgqAG8Gr6riv3Fxxpj8ksbH9ebxaEyBLZ85ySDhKiLDBrQSARLq1uNRts8RuJiHjaDMBU4Zn9h8LZNnBC5y4a",
     "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vidYEeEg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m/0/2147483647'/1",
     "xpub6DF8uhdarytz3FWdA8TvFSvvAh8dP3283MY7p2V4SeE2wyWmG5mg5EwVvmdMVCQcoNJxGoWaU9DCWh89LojfZ537wTfunKau47EL2dhHKon",
     "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m/0/2147483647'/1/2147483646'",
     "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL",
     "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS3xz7iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjSyQbLYnMpCqE2VbFWc"},
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5"
     "754514e4b484542",
     "m/0/2147483647'/1/2147483646'/2",
     "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFbdpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt",
     "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKCEXw7nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j"},
    {"4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2"
     "e5a3c51c73235be",
     "m",
     "xpub661MyMwAqRbcEZVB4dScxMAdx6d4nFc9nvyvH3v4gJL378CSRZiYmhRoP7mBy6gSPSCYk6SzXPTf3ND1cZAceL7SfJ1Z3GC8vBgp2epUt13",
     "xprv9s21ZrQH143K25QhxbucbDDuQ4naNntJRi4KUfWT7xo4EKsHt2QJDu7KXp1A3u7Bi1j8ph3EGsZ9Xvz9dGuVrtHHs7pXeTzjuxBrCmmhgC6"},
    {"4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2"
     "e5a3c51c73235be",
     "m/0'",
     "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y",
     "xprv9uPDJpEQgRQfDcW7BkF7eTya6RPxXeJCqCJGHuCJ4GiRVLzkTXBAJMu2qaMWPrS7AANYqdq6vcBcBUdJCVVFceUvJFjaPdGZ2y9WACViL4L"},
    {"3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678", "m",
     "xpub661MyMwAqRbcGczjuMoRm6dXaLDEhW1u34gKenbeYqAix21mdUKJyuyu5F1rzYGVxyL6tmgBUAEPrEz92mBXjByMRiJdba9wpnN37RLLAXa",
     "xprv9s21ZrQH143K48vGoLGRPxgo2JNkJ3J3fqkirQC2zVdk5Dgd5w14S7fRDyHH4dWNHUgkvsvNDCkvAwcSHNAQwhwgNMgZhLtQC63zxwhQmRv"},
    {"3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678", "m/0'",
     "xpub69AUMk3qDBi3uW1sXgjCmVjJ2G6WQoYSnNHyzkmdCHEhSZ4tBok37xfFEqHd2AddP56Tqp4o56AePAgCjYdvpW2PU2jbUPFKsav5ut6Ch1m",
     "xprv9vB7xEWwNp9kh1wQRfCCQMnZUEG21LpbR9NPCNN1dwhiZkjjeGRnaALmPXCX7SgjFTiCTT6bXes17boXtjq3xLpcDjzEuGLQBM5ohqkao9G"},
    {"3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678", "m/0'/1'",
     "xpub6BJA1jSqiukeaesWfxe6sNK9CCGaujFFSJLomWHprUL9DePQ4JDkM5d88n49sMGJxrhpjazuXYWdMf17C9T5XnxkopaeS7jGk1GyyVziaMt",
     "xprv9xJocDuwtYCMNAo3Zw76WENQeAS6WGXQ55RCy7tDJ8oALr4FWkuVoHJeHVAcAqiZLE7Je3vZJHxspZdFHfnBEjHqU5hG1Jaj32dVoS6XLT1"},
};

/* Test vector 5. */
static const struct {
    const char *text, *what;
} invalid[] = {
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6LBpB85b3D2yc8sfvZU521AAwdZafEz7mnzBBsz4wKY5fTtTQBm",
     "pubkey version / prvkey mismatch"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGTQQD3dC4H2D5GBj7vWvSQaaBv5cxi9gafk7NF3pnBju6dwKvH",
     "prvkey version / pubkey mismatch"},
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Txnt3siSujt9RCVYsx4qHZGc62TG4McvMGcAUjeuwZdduYEvFn",
     "invalid pubkey prefix 04"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGpWnsj83BHtEy5Zt8CcDr1UiRXuWCmTQLxEK9vbz5gPstX92JQ",
     "invalid prvkey prefix 04"},
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6N8ZMMXctdiCjxTNq964yKkwrkBJJwpzZS4HS2fxvyYUA4q2Xe4",
     "invalid pubkey prefix 01"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD9y5gkZ6Eq3Rjuahrv17fEQ3Qen6J",
     "invalid prvkey prefix 01"},
    {"xprv9s2SPatNQ9Vc6GTbVMFPFo7jsaZySyzk7L8n2uqKXJen3KUmvQNTuLh3fhZMBoG3G4ZW1N2kZuHEPY53qmbZzCHshoQnNf4GvELZfqTUrcv",
     "zero depth with non-zero parent fingerprint"},
    {"xpub661no6RGEX3uJkY4bNnPcw4URcQTrSibUZ4NqJEw5eBkv7ovTwgiT91XX27VbEXGENhYRCf7hyEbWrR3FewATdCEebj6znwMfQkhRYHRLpJ",
     "zero depth with non-zero parent fingerprint"},
    {"xprv9s21ZrQH4r4TsiLvyLXqM9P7k1K3EYhA1kkD6xuquB5i39AU8KF42acDyL3qsDbU9NmZn6MsGSUYZEsuoePmjzsB3eFKSUEh3Gu1N3cqVUN",
     "zero depth with non-zero index"},
    {"xpub661MyMwAuDcm6CRQ5N4qiHKrJ39Xe1R1NyfouMKTTWcguwVcfrZJaNvhpebzGerh7gucBvzEQWRugZDuDXjNDRmXzSZe4c7mnTK97pTvGS8",
     "zero depth with non-zero index"},
    {"DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHGMQzT7ayAmfo4z3gY5KfbrZWZ6St24UVf2Qgo6oujFktLHdHY4",
     "unknown extended key version"},
    {"DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHPmHJiEDXkTiJTVV9rHEBUem2mwVbbNfvT2MTcAqj3nesx8uBf9",
     "unknown extended key version"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF93Y5wvzdUayhgkkFoicQZcP3y52uPPxFnfoLZB21Teqt1VvEHx",
     "private key 0 not in 1..n-1"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD5SDKr24z3aiUvKr9bJpdrcLg1y3G",
     "private key n not in 1..n-1"},
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Q5JXayek4PRsn35jii4veMimro1xefsM58PgBMrvdYre8QyULY",
     "invalid pubkey 020000000000000000000000000000000000000000000000000000000000000007"},
    {"xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHL",
     "invalid checksum"},
};

static struct yc_chain_params params;
static struct test_keys keys;

static int init(void **state)
{
    (void)state;
    test_chain_load(&params, "main");
    test_keys_init(&keys, 32);
    return 0;
}

static int release(void **state)
{
    (void)state;
    test_keys_release(&keys);
    return 0;
}

static void expect_text(const struct yc_hdkey *k, const char *expected)
{
    char text[YC_HDKEY_TEXT_MAX];
    yc_hdkey_print(text, &params, k);
    assert_string_equal(text, expected);
}

/* From the seed down the path, private and public; both texts are read back; where the last step is not hardened the
 * public parent gives the same child. */
static void published_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        uint8_t seed[64];
        size_t seed_n = strlen(published[i].seed) / 2, path_n;
        uint32_t path[YC_HD_PATH_MAX];
        struct yc_hdkey master, key, public_key, parent, back;
        test_hex(seed, seed_n, published[i].seed);
        assert_int_equal(yc_hd_path_parse(path, &path_n, yc_view_text(published[i].path), NULL), YC_VALID);
        assert_int_equal(yc_hdkey_master(&master, yc_view(seed, seed_n), keys.signer, NULL), YC_VALID);
        assert_int_equal(yc_hdkey_descend(&key, &master, path, path_n, keys.signer, NULL), YC_VALID);
        expect_text(&key, published[i].xprv);
        yc_hdkey_neuter(&public_key, &key);
        expect_text(&public_key, published[i].xpub);
        assert_int_equal(yc_hdkey_parse(&back, &params, yc_view_text(published[i].xprv), keys.signer, NULL), YC_VALID);
        expect_text(&back, published[i].xprv);
        assert_memory_equal(back.pubkey33, key.pubkey33, sizeof key.pubkey33);
        assert_int_equal(yc_hdkey_parse(&back, &params, yc_view_text(published[i].xpub), keys.signer, NULL), YC_VALID);
        expect_text(&back, published[i].xpub);
        if (path_n && path[path_n - 1] < YC_HD_HARDENED) {
            assert_int_equal(yc_hdkey_descend(&parent, &master, path, path_n - 1, keys.signer, NULL), YC_VALID);
            yc_hdkey_neuter(&parent, &parent);
            assert_int_equal(yc_hdkey_child(&back, &parent, path[path_n - 1], keys.signer, NULL), YC_VALID);
            expect_text(&back, published[i].xpub);
        }
    }
}

static void invalid_texts(void **state)
{
    (void)state;
    static const uint8_t zeros[sizeof(struct yc_hdkey)];
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        struct yc_hdkey k;
        struct yc_error err;
        if (yc_hdkey_parse(&k, &params, yc_view_text(invalid[i].text), keys.signer, &err) != YC_INVALID)
            fail_msg("accepted: %s", invalid[i].what);
        assert_memory_equal(&k, zeros, sizeof k);
        assert_null(strstr(err.text, "prv9"));
    }
    static const char *const cut[] = {"", "x", "xpub", "xprv"};
    for (size_t i = 0; i <= sizeof cut / sizeof cut[0]; i++) {
        struct yc_hdkey k;
        struct yc_view text = i < sizeof cut / sizeof cut[0]
                                  ? yc_view_text(cut[i])
                                  : yc_view(published[0].xprv, strlen(published[0].xprv) - 1);
        assert_int_equal(yc_hdkey_parse(&k, &params, text, keys.signer, NULL), YC_INVALID);
    }
}

/* X14: a key of one network is not one of another. */
static void another_networks_key_is_refused(void **state)
{
    (void)state;
    struct yc_hdkey k;
    struct yc_error err;
    assert_int_equal(yc_hdkey_parse(&k, yc_chain_builtin("main"), yc_view_text(published[0].xpub), keys.signer, &err),
                     YC_INVALID);
    assert_non_null(strstr(err.text, "belongs to another network than main"));
}

static void impossible_children(void **state)
{
    (void)state;
    struct yc_hdkey k, deep;
    struct yc_error err;
    assert_int_equal(yc_hdkey_parse(&k, &params, yc_view_text(published[0].xpub), keys.signer, NULL), YC_VALID);
    assert_int_equal(yc_hdkey_child(&deep, &k, YC_HD_HARDENED, keys.signer, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "hardened child 0'"));
    for (unsigned depth = 1; depth <= 255; depth++) {
        assert_int_equal(yc_hdkey_child(&k, &k, 7, keys.signer, NULL), YC_VALID);
        assert_int_equal(k.depth, depth);
    }
    assert_int_equal(yc_hdkey_child(&deep, &k, 7, keys.signer, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "depth 255"));
    uint8_t seed[65] = {0};
    assert_int_equal(yc_hdkey_master(&k, yc_view(seed, 15), keys.signer, NULL), YC_INVALID);
    assert_int_equal(yc_hdkey_master(&k, yc_view(seed, 65), keys.signer, NULL), YC_INVALID);
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n; /* -1: refused */
        uint32_t path[4];
    } rows[] = {
        {"", 0, {0}},
        {"m", 0, {0}},
        {"m/0", 1, {0}},
        {"m/84'/0h/2147483647H/5", 4, {YC_HD_HARDENED + 84, YC_HD_HARDENED, UINT32_MAX, 5}},
        {"84'/1", 2, {YC_HD_HARDENED + 84, 1}},
        {"0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", 16, {0}},
        {"0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", -1, {0}},
        {"m/", -1, {0}},
        {"/0", -1, {0}},
        {"m0", -1, {0}},
        {"m//0", -1, {0}},
        {"m/0/", -1, {0}},
        {"m/2147483648", -1, {0}},
        {"m/4294967296", -1, {0}},
        {"m/99999999999999999999", -1, {0}},
        {"m/-1", -1, {0}},
        {"m/0''", -1, {0}},
        {"m/0 ", -1, {0}},
        {"n/0", -1, {0}},
        {"m/'", -1, {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t path[YC_HD_PATH_MAX];
        size_t n;
        enum yc_verdict v = yc_hd_path_parse(path, &n, yc_view_text(rows[i].text), NULL);
        if ((v == YC_VALID) != (rows[i].n >= 0))
            fail_msg("%s", rows[i].text);
        if (rows[i].n >= 0) {
            assert_int_equal(n, rows[i].n);
            for (size_t k = 0; k < n && k < 4; k++)
                assert_int_equal(path[k], rows[i].path[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_chains),
        cmocka_unit_test(invalid_texts),
        cmocka_unit_test(impossible_children),
        cmocka_unit_test(another_networks_key_is_refused),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, init, release);
}
