/* Headers that are downloaded twice, as a program of the input: the first download, then the second with what the input
 * changes in it. Whatever the peer does, what comes out are headers that it sent the second time, in order and none left out; a
 * chain that is told honestly comes out whole; and memory keeps to its bound. */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "consensus/pow.h"
#include "net/sync/presync.h"
#include "sys/heap.h"

#include <stdlib.h>

#define LENGTH    19000u
#define FORK      16500u
#define START_S   1600000000
#define HELD_MAX  ((size_t)5 << 20) /* the packed headers, and all of them given out whole, in buffers that double */
#define STEPS_MAX 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The chain that is told, and another that leaves it at FORK: made once. */
static uint8_t chain[2][LENGTH * YC_HEADER_LIST_STRIDE];
static struct yc_block_hash hashes[2][LENGTH + 1]; /* [0] is the start */

struct machine {
    struct yc_heap_capped heap;
    struct yc_presync *p;
    struct yc_presync_step step;
    uint32_t wanted, at, out; /* at: headers of the present download that were taken */
    bool again, honest, limited;
    uint8_t (*sent)[YC_HEADER_BYTES]; /* room for LENGTH: the second download */
};

static void make_chains(void)
{
    const struct yc_chain_params *params = yc_chain_builtin("regtest");
    hashes[0][0].b[0] = 1;
    for (uint32_t branch = 0; branch < 2; branch++) {
        for (uint32_t i = branch ? FORK : 0; i < LENGTH; i++) {
            struct yc_header h = {.version = 4 + (i >= FORK ? branch : 0),
                                  .prev = hashes[branch][i],
                                  .time = START_S + 60 * (i + 1),
                                  .bits = params->genesis.bits,
                                  .nonce = i};
            yc_header_write(&h, chain[branch] + (size_t)i * YC_HEADER_LIST_STRIDE);
            hashes[branch][i + 1] = yc_header_hash(&h);
        }
        if (branch == 0) {
            memcpy(chain[1], chain[0], (size_t)FORK * YC_HEADER_LIST_STRIDE);
            memcpy(hashes[1], hashes[0], ((size_t)FORK + 1) * sizeof hashes[0][0]);
        }
    }
}

static void begin(struct machine *s, struct yc_reader *r)
{
    const struct yc_chain_params *params = yc_chain_builtin("regtest");
    struct yc_presync_start start = {.time_min_s = START_S};
    start.at = (struct yc_chain_entry){.hash = hashes[0][0], .time = START_S, .bits = params->genesis.bits};
    uint8_t kind = yc_reader_u8(r);
    s->wanted = 1u + yc_reader_u16le(r) % (kind & 1 ? 3000u : LENGTH);
    s->honest = s->step.more = true;
    s->limited = kind & 6;
    yc_heap_capped_init(&s->heap, kind & 2 ? (size_t)yc_reader_u16le(r) << 6 : SIZE_MAX);
    /* So soon after the start that no chain can be so long. */
    int64_t now_s = START_S + (kind & 4 ? 0 : 60 * (LENGTH + 1));
    s->p =
        yc_presync_new(&s->heap.alloc, params, &start, yc_u256_mul64(yc_work_of_bits(params->genesis.bits), s->wanted),
                       (struct yc_siphash_key){kind, 7}, now_s);
}

/* What comes out is what was sent the second time, with the hash that each header stands on put in again. */
static void check_ready(struct machine *s)
{
    for (size_t i = 0; i < s->step.ready_count; i++, s->out++) {
        const uint8_t *header80 = s->step.ready + i * YC_HEADER_BYTES;
        YC_ASSERT(s->out < s->at && memcmp(header80, s->sent[s->out], YC_HEADER_BYTES) == 0);
    }
    YC_ASSERT(s->at - s->out <= YC_PRESYNC_BUFFER_MAX);
    YC_ASSERT(s->at < s->wanted || s->out == s->at); /* the work is there: all is given out */
}

/* Count headers of a branch from a place on; flip: which bit of the message is changed, 0 for none. */
static void tell(struct machine *s, unsigned branch, uint32_t from, uint32_t count, bool full, uint32_t flip)
{
    bool was_again = s->again;
    from = from < LENGTH ? from : LENGTH;
    count = count < LENGTH - s->at ? count : LENGTH - s->at;
    count = count < LENGTH - from ? count : LENGTH - from;
    size_t bytes = (size_t)count * YC_HEADER_LIST_STRIDE;
    uint8_t *copy = malloc(bytes + 1);
    YC_ASSERT(copy != NULL);
    memcpy(copy, chain[branch] + (size_t)from * YC_HEADER_LIST_STRIDE, bytes);
    if (flip && count)
        copy[flip / 8 % bytes] ^= (uint8_t)(1 << flip % 8);
    for (uint32_t i = 0; i < count; i++)
        memcpy(s->sent[s->at + i], copy + (size_t)i * YC_HEADER_LIST_STRIDE, YC_HEADER_BYTES);
    struct yc_header_list list = {yc_view(copy, bytes), count};
    yc_presync_take(s->p, &list, full, &s->step);
    free(copy);
    s->honest &= branch == 0 && from == s->at && !flip;
    YC_ASSERT(s->step.aborted == NULL || !s->honest || s->limited);
    if (s->step.aborted)
        return;
    s->at += count;
    if (was_again) {
        check_ready(s);
        return;
    }
    s->again = yc_presync_phase(s->p) == YC_PRESYNC_AGAIN;
    YC_ASSERT(s->step.ready_count == 0 && s->step.more == (s->again || full));
    YC_ASSERT(s->again == (s->at >= s->wanted) || !s->honest);
    YC_ASSERT(yc_presync_height(s->p) == (s->again ? 0 : s->at));
    if (s->again)
        s->at = 0;
}

static void step(struct machine *s, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r);
    uint32_t count = what & 7 ? YC_HEADERS_COUNT_MAX : yc_reader_u16le(r) % (YC_HEADERS_COUNT_MAX + 1);
    bool full = what & 7 || (what & 8);
    if (what < 200)
        tell(s, 0, s->at, count, full, 0);
    else if (what < 225)
        tell(s, 1, s->at, count, full, 0);
    else if (what < 240)
        tell(s, 0, s->at + yc_reader_u16le(r), count, full, 0);
    else
        tell(s, what & 1, s->at, count, full, 1 + yc_reader_u32le(r) % (1u << 21));
    YC_ASSERT(s->heap.used_bytes <= HELD_MAX);
    if (!s->step.aborted && s->step.more) {
        struct yc_block_hash next = yc_presync_next(s->p);
        YC_ASSERT(!s->honest || yc_block_hash_equal(&next, &hashes[0][s->at]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool made;
    static uint8_t sent[LENGTH][YC_HEADER_BYTES];
    struct machine *s = calloc(1, sizeof *s);
    struct yc_reader r;
    YC_ASSERT(s != NULL);
    s->sent = sent;
    if (!made)
        make_chains();
    made = true;
    yc_reader_init(&r, yc_view(data, n));
    begin(s, &r);
    for (unsigned i = 0; i < STEPS_MAX && s->p && s->step.more && yc_reader_left(&r); i++)
        step(s, &r);
    yc_presync_free(s->p);
    YC_ASSERT(s->heap.used_bytes == 0);
    free(s);
    return 0;
}
