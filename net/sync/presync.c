#include "net/sync/presync.h"

#include "base/buf.h"
#include "consensus/pow.h"
#include "crypto/sha256.h"

#define BLOCKS_A_SECOND_MAX 6    /* no chain grows faster for long: the median of eleven times must rise (BIP 113) */
#define FUTURE_S            7200 /* so far ahead may a header's time be */
#define PACKED_BYTES        48   /* a header without the hash of its parent */
#define BATCH               64

/* The end of one of the two downloads. */
struct end {
    struct yc_block_hash hash;
    uint32_t height, time, bits;
    struct yc_u256 work;
};

struct yc_presync {
    const struct yc_alloc *alloc;
    const struct yc_chain_params *params;
    struct yc_siphash_key salt;
    struct yc_u256 work_wanted;
    enum yc_presync_phase phase;
    struct end start, end;
    struct yc_ancestor first; /* block 1 of the branch, from which ASERT counts */
    uint32_t offset;          /* headers whose height leaves this over YC_PRESYNC_PERIOD have a bit */
    uint64_t bit_count, bit_next, bit_max;
    struct yc_buf bits;
    struct yc_buf held; /* packed headers of the second download, from held_at on */
    size_t held_at;
    struct yc_block_hash held_first_prev; /* what the first of them stands on */
    struct yc_buf ready;
    bool all_ready; /* the work is there: what is held is given out */
};

struct yc_presync *yc_presync_new(const struct yc_alloc *alloc, const struct yc_chain_params *params,
                                  const struct yc_presync_start *start, struct yc_u256 work_wanted,
                                  struct yc_siphash_key salt, int64_t now_s)
{
    struct yc_presync *p = yc_alloc_new(alloc, sizeof *p);
    if (!p)
        return NULL;
    memset(p, 0, sizeof *p);
    int64_t seconds = now_s > start->time_min_s ? now_s - start->time_min_s : 0;
    p->alloc = alloc;
    p->params = params;
    p->salt = salt;
    p->work_wanted = work_wanted;
    p->start = (struct end){start->at.hash, start->at.height, start->at.time, start->at.bits, start->at.work};
    p->end = p->start;
    p->first = (struct yc_ancestor){.time = start->first_time, .bits = start->first_bits};
    p->bit_max = (uint64_t)(seconds + FUTURE_S) * BLOCKS_A_SECOND_MAX / YC_PRESYNC_PERIOD;
    p->offset = (uint32_t)(yc_siphash(salt, "offset", 6) % YC_PRESYNC_PERIOD);
    yc_buf_init(&p->bits, alloc, SIZE_MAX);
    yc_buf_init(&p->held, alloc, SIZE_MAX);
    yc_buf_init(&p->ready, alloc, SIZE_MAX);
    return p;
}

void yc_presync_free(struct yc_presync *p)
{
    if (!p)
        return;
    yc_buf_release(&p->bits);
    yc_buf_release(&p->held);
    yc_buf_release(&p->ready);
    yc_alloc_free(p->alloc, p, sizeof *p);
}

/* What ASERT asks of the blocks below: the first, and the parent. */
static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    const struct yc_presync *p = ctx;
    if (height == 1 && p->end.height != 1)
        return p->first;
    return (struct yc_ancestor){.time = p->end.time, .bits = p->end.bits};
}

static bool bits_ok(struct yc_presync *p, const struct yc_header *h)
{
    struct yc_ancestors a = {.height = p->end.height, .at = ancestor_at, .ctx = p};
    if (p->params->pow.retarget == YC_RETARGET_ASERT)
        return h->bits == yc_bits_required(p->params, &a, h->time);
    return yc_bits_transition_ok(p->params, p->end.height + 1, p->end.bits, h->bits);
}

static bool bit_of(const struct yc_presync *p, const struct yc_block_hash *hash)
{
    return yc_siphash(p->salt, hash->b, sizeof hash->b) & 1;
}

static bool has_bit(const struct yc_presync *p)
{
    return p->end.height % YC_PRESYNC_PERIOD == p->offset;
}

static const char *keep_bit(struct yc_presync *p)
{
    if (p->bit_count == p->bit_max)
        return "exceeded max commitments";
    if (p->bit_count % 8 == 0)
        yc_buf_append(&p->bits, "", 1);
    if (p->bits.failed)
        return "no memory";
    p->bits.p[p->bit_count / 8] |= (uint8_t)(bit_of(p, &p->end.hash) << (p->bit_count % 8));
    p->bit_count++;
    return NULL;
}

static const char *compare_bit(struct yc_presync *p)
{
    if (p->bit_next == p->bit_count)
        return "commitment overrun";
    bool kept = p->bits.p[p->bit_next / 8] >> (p->bit_next % 8) & 1;
    p->bit_next++;
    return kept == bit_of(p, &p->end.hash) ? NULL : "commitment mismatch";
}

static const char *hold(struct yc_presync *p, const uint8_t header80[YC_HEADER_BYTES])
{
    uint8_t *at = yc_buf_room(&p->held, PACKED_BYTES);
    if (!at)
        return "no memory";
    memcpy(at, header80, 4);
    memcpy(at + 4, header80 + 36, PACKED_BYTES - 4);
    return NULL;
}

/* One header more at the end of the present download. NULL, or why not. */
static const char *take_one(struct yc_presync *p, const uint8_t header80[YC_HEADER_BYTES], const uint8_t hash32[32])
{
    struct yc_header h;
    const char *fault = NULL;
    yc_header_read(&h, header80);
    if (!yc_block_hash_equal(&h.prev, &p->end.hash))
        return "non-continuous headers";
    if (!bits_ok(p, &h))
        return "invalid difficulty transition";
    memcpy(p->end.hash.b, hash32, 32);
    p->end.height++;
    p->end.time = h.time;
    p->end.bits = h.bits;
    p->end.work = yc_u256_add(p->end.work, yc_work_of_bits(h.bits));
    if (p->end.height == 1)
        p->first = (struct yc_ancestor){.time = h.time, .bits = h.bits};
    if (p->phase == YC_PRESYNC_COUNTING)
        return has_bit(p) ? keep_bit(p) : NULL;
    /* Behind the header that made it enough nothing was promised: the chain may have grown. */
    p->all_ready |= yc_u256_compare(p->end.work, p->work_wanted) >= 0;
    if (!p->all_ready && has_bit(p))
        fault = compare_bit(p);
    return fault ? fault : hold(p, header80);
}

static size_t held_count(const struct yc_presync *p)
{
    return (p->held.n - p->held_at) / PACKED_BYTES;
}

/* Move what need not be held any more to ready, whole again. */
static bool release_ready(struct yc_presync *p)
{
    size_t keep = p->all_ready ? 0 : YC_PRESYNC_BUFFER_MAX;
    while (held_count(p) > keep) {
        uint8_t *at = yc_buf_room(&p->ready, YC_HEADER_BYTES);
        if (!at)
            return false;
        const uint8_t *packed = p->held.p + p->held_at;
        struct yc_header h;
        memcpy(at, packed, 4);
        memcpy(at + 4, p->held_first_prev.b, 32);
        memcpy(at + 36, packed + 4, PACKED_BYTES - 4);
        yc_header_read(&h, at);
        p->held_first_prev = yc_header_hash(&h);
        p->held_at += PACKED_BYTES;
    }
    if (p->held_at > p->held.n / 2) {
        yc_buf_drop(&p->held, p->held_at);
        p->held_at = 0;
    }
    return true;
}

static void begin_again(struct yc_presync *p)
{
    p->phase = YC_PRESYNC_AGAIN;
    p->end = p->start;
    p->held_first_prev = p->start.hash;
}

void yc_presync_take(struct yc_presync *p, const struct yc_header_list *list, bool full, struct yc_presync_step *out)
{
    uint8_t hashes[BATCH][32];
    *out = (struct yc_presync_step){.aborted = NULL};
    yc_buf_clear(&p->ready);
    for (size_t at = 0; at < list->count && !out->aborted; at += BATCH) {
        size_t n = list->count - at < BATCH ? list->count - at : BATCH;
        yc_sha256d_80_batch(hashes, yc_header_list_at(list, at), YC_HEADER_LIST_STRIDE, n);
        for (size_t i = 0; i < n && !out->aborted; i++)
            out->aborted = take_one(p, yc_header_list_at(list, at + i), hashes[i]);
    }
    if (out->aborted)
        return;
    if (p->phase == YC_PRESYNC_COUNTING) {
        bool enough = yc_u256_compare(p->end.work, p->work_wanted) >= 0;
        if (enough)
            begin_again(p);
        out->more = enough || full; /* a message that is not full ends the chain */
        return;
    }
    if (!release_ready(p)) {
        out->aborted = "no memory";
        return;
    }
    out->ready = p->ready.p;
    out->ready_count = p->ready.n / YC_HEADER_BYTES;
    out->more = full && !(p->all_ready && held_count(p) == 0);
}

struct yc_block_hash yc_presync_next(const struct yc_presync *p)
{
    return p->end.hash;
}

enum yc_presync_phase yc_presync_phase(const struct yc_presync *p)
{
    return p->phase;
}

uint32_t yc_presync_height(const struct yc_presync *p)
{
    return p->phase == YC_PRESYNC_COUNTING ? p->end.height : 0;
}
