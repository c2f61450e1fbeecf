/* SHA-256 of one message, of many messages at once, and the double SHA-256 that Bitcoin's ids use.
 *
 * Any thread after yc_sha256_select() has run once, before threads start. Without that call the generic kernel is used.
 * Source: FIPS 180-4. */
#ifndef YC_CRYPTO_SHA256_H
#define YC_CRYPTO_SHA256_H

#include "base/result.h"
#include "base/view.h"

struct yc_sha256 {
    uint32_t s[8];
    uint64_t bytes;
    uint8_t tail[64];
};

void yc_sha256_init(struct yc_sha256 *h);
void yc_sha256_update(struct yc_sha256 *h, const void *p, size_t n);
/** Finish and write the digest; h must be initialised anew before its next use. */
void yc_sha256_final(struct yc_sha256 *h, uint8_t out32[32]);
/** Start from a state after `bytes` bytes (a multiple of 64): a midstate computed before. */
void yc_sha256_init_midstate(struct yc_sha256 *h, const uint32_t state[8], uint64_t bytes);

void yc_sha256_once(uint8_t out32[32], const void *p, size_t n);
/** SHA-256 twice. */
void yc_sha256d(uint8_t out32[32], const void *p, size_t n);
/** BIP 340's tagged hash of up to three parts, one after the other. tag is text. */
void yc_sha256_tagged(uint8_t out32[32], const char *tag, struct yc_view a, struct yc_view b, struct yc_view c);
/** A state that has absorbed SHA-256(tag) twice, ready for a message. */
void yc_sha256_init_tagged(struct yc_sha256 *h, const char *tag);

/* A message, borrowed, and where its digest goes. */
struct yc_sha256_job {
    struct yc_view in;
    uint8_t *out32;
};
/** Double SHA-256 of many messages of any lengths at once: each out32 gets what yc_sha256d() would give. The jobs are put
 *  into another order: messages of about one length are worked on side by side, very long ones apart. No out32 may overlap
 *  any message. The more at once the better, up to some thousands; they may come from several blocks. */
void yc_sha256d_jobs(struct yc_sha256_job *jobs, size_t count);
/** Double SHA-256 of count messages of 64 bytes that lie one after another (a merkle level). out may start where in
 *  starts: a level of a merkle tree is replaced by the one above it. */
void yc_sha256d_64_batch(uint8_t (*out)[32], const uint8_t *in, size_t count);
/** Double SHA-256 of count headers of 80 bytes whose starts lie stride bytes apart (stride >= 80). out and in may
 *  not overlap. */
void yc_sha256d_80_batch(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count);

/* One message that goes abreast with others, as whole blocks: body_count of them at body, the others at end. */
struct yc_sha256_run {
    const uint8_t *body, *end;
    uint32_t body_count, count; /* count >= 1: with those at end */
    uint8_t *out32;
};

#define YC_SHA256_LANES_MAX  32
#define YC_SHA256_NARROW_MAX 4

/* One instruction set's kernel. The table is in sha256.c; tests force each in turn. There are two kinds: a narrow one has
 * `blocks` and `blocks_abreast`, a wide one `runs`; a wide one works beside the best narrow one of the machine. */
struct yc_sha256_kernel {
    const char *name;   /* "generic", "sha-ni" … */
    bool (*here)(void); /* does this machine have it? */
    size_t lanes; /* so many messages go abreast: 1..YC_SHA256_LANES_MAX, in narrow ones 1..YC_SHA256_NARROW_MAX */
    size_t lanes_least; /* narrow: fewer are done sooner one after the other */
    /* About how long all lanes take to absorb a block each. Only the ratios between kernels count: what does not fill a
     * wide kernel's lanes is given to the narrow one when that is sooner done. */
    unsigned step_ns;
    /* Absorb count blocks of 64 bytes of one message. */
    void (*blocks)(uint32_t state[8], const uint8_t *p, size_t count);
    /* Absorb count blocks of each of n messages, states[i] from p[i]: the entry n, lanes_least..lanes. */
    void (*blocks_abreast[YC_SHA256_NARROW_MAX + 1])(uint32_t (*states)[8], const uint8_t *const *p, size_t count);
    /* Double SHA-256 of 1..lanes messages. */
    void (*runs)(const struct yc_sha256_run *runs, size_t count);
    /* As the batches above, any count. */
    void (*d64)(uint8_t (*out)[32], const uint8_t *in, size_t count);
    void (*d80)(uint8_t (*out)[32], const uint8_t *in, size_t stride, size_t count);
};

/** The kernels of this build, best first, *count of them; static. Not all need be `here`. */
const struct yc_sha256_kernel *const *yc_sha256_kernels(size_t *count);

/** Install the kernel of that name, or with NULL the best that this machine has (beside a wide one the best narrow one),
 *  after a self-test against known answers. YC_INVALID when no kernel has the name or this machine lacks it; YC_SYSTEM (CORRUPT) when a self-test
 *  fails: the kernel is then not installed. Not thread-safe: call before threads start. */
enum yc_verdict yc_sha256_select(const char *name, struct yc_error *err) YC_MUST_USE;
const char *yc_sha256_selected(void);

#endif
