/* A signer and randomness that a seed replays, for tests of keys. */
#ifndef YC_TESTS_UNIT_KEYS_KEYS_H
#define YC_TESTS_UNIT_KEYS_KEYS_H

#include "base/hex.h"
#include "keys/signer.h"
#include "support/unit.h"

#include <string.h>

struct test_keys {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_signer *signer;
};

static inline void test_keys_init(struct test_keys *k, uint64_t seed)
{
    struct yc_error err = {.text = ""};
    yc_random_seed(&k->random, &k->seeded, seed);
    if (yc_signer_new(&k->signer, &k->random, &err) != YC_VALID)
        fail_msg("%s", err.text);
}

static inline void test_keys_release(struct test_keys *k)
{
    yc_signer_free(k->signer);
}

/** The n bytes that the hex text says, which must be so many. */
static inline void test_hex(uint8_t *out, size_t n, const char *text)
{
    assert_true(yc_hex_read(out, n, text, strlen(text)));
}

#endif
