#include "net/peers/bandwidth.h"

#include "base/assert.h"

#define SECOND_US INT64_C(1000000)
#define RELAY_S   600 /* a block in so many seconds is what must always pass */

/* Worth waking up for: a quarter of a second's bytes. */
static int64_t quantum(const struct yc_rate *r)
{
    return r->bytes_per_s / 4 + 1;
}

/* What has come since it was right. The time that a part of a byte takes is left to the next time: whoever is asked often
 * would lose much of the rate. */
static void refill(struct yc_rate *r, int64_t now_us)
{
    int64_t rate = r->bytes_per_s, passed_us = now_us - r->at_us, whole_s = passed_us / SECOND_US;
    if (whole_s > 3600)
        whole_s = 3600; /* so that the product fits */
    int64_t part = rate * (passed_us % SECOND_US) / SECOND_US, more = rate * whole_s + part;
    if (more <= 0)
        return; /* too little has passed for a whole byte: let it add up */
    bool full = r->tokens + more >= rate;
    r->tokens = full ? rate : r->tokens + more;
    r->at_us += full || whole_s ? passed_us : (part * SECOND_US + rate - 1) / rate;
}

void yc_rate_set(struct yc_rate *r, int64_t bytes_per_s, int64_t now_us)
{
    YC_ASSERT(bytes_per_s >= 0 && bytes_per_s <= YC_RATE_MAX);
    *r = (struct yc_rate){.bytes_per_s = bytes_per_s, .tokens = bytes_per_s, .at_us = now_us};
}

size_t yc_rate_room(struct yc_rate *r, int64_t now_us)
{
    if (r->bytes_per_s == 0)
        return SIZE_MAX;
    refill(r, now_us);
    return r->tokens > 0 ? (size_t)r->tokens : 0;
}

void yc_rate_spend(struct yc_rate *r, size_t n)
{
    if (r->bytes_per_s)
        r->tokens -= (int64_t)n;
}

int64_t yc_rate_next_us(const struct yc_rate *r)
{
    int64_t missing = quantum(r) - r->tokens, ms = missing <= 0 ? 0 : missing * 1000 / r->bytes_per_s + 1;
    return r->at_us + ms * 1000;
}

void yc_upload_note(struct yc_upload_target *t, size_t n, int64_t now_s)
{
    if (now_s - t->cycle_at_s > YC_UPLOAD_CYCLE_S) {
        t->cycle_at_s = now_s;
        t->sent_bytes = 0;
    }
    t->sent_bytes += n;
}

int64_t yc_upload_left_s(const struct yc_upload_target *t, int64_t now_s)
{
    int64_t end_s = t->cycle_at_s + YC_UPLOAD_CYCLE_S;
    if (t->limit_bytes == 0)
        return 0;
    if (t->cycle_at_s == 0)
        return YC_UPLOAD_CYCLE_S;
    return end_s < now_s ? 0 : end_s - now_s;
}

uint64_t yc_upload_left_bytes(const struct yc_upload_target *t)
{
    return t->sent_bytes >= t->limit_bytes ? 0 : t->limit_bytes - t->sent_bytes;
}

bool yc_upload_reached(const struct yc_upload_target *t, bool historical, uint64_t max_block_bytes, int64_t now_s)
{
    if (t->limit_bytes == 0)
        return false;
    uint64_t kept = historical ? (uint64_t)(yc_upload_left_s(t, now_s) / RELAY_S) * max_block_bytes : 0;
    return kept >= t->limit_bytes || t->sent_bytes >= t->limit_bytes - kept;
}
