/* A rate and a day's target as a program of the input: they are set, asked and spent at any times. Beside them runs the exact
 * bucket, in millionths of a byte: no more passes than it holds and a byte, nor much less; and whoever comes back at the time that is
 * told finds room. The target is compared with a sum. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/peers/bandwidth.h"

#define SECOND_US INT64_C(1000000)
#define RATE_MAX  INT64_C(1000000000) /* so that the exact bucket fits */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct machine {
    struct yc_rate rate;
    int64_t now_us, exact; /* millionths of a byte */
    int64_t asked;         /* how often since it was set or left alone: each may keep a byte and a microsecond back */
    struct yc_upload_target day;
    int64_t begun_s;
    uint64_t sent;
};

static void pass_time(struct machine *m, int64_t us)
{
    int64_t full = m->rate.bytes_per_s * SECOND_US;
    m->now_us += us;
    m->exact += us > 2 * SECOND_US ? 2 * full : m->rate.bytes_per_s * us; /* no debt is larger than a second's bytes */
    if (m->exact > full)
        m->exact = full;
    if (us > 2 * SECOND_US)
        m->asked = 0; /* both are full */
}

/* Spend so many 256ths of what there is room for; above 255, more than that. */
static void spend(struct machine *m, unsigned part)
{
    size_t room = yc_rate_room(&m->rate, m->now_us);
    int64_t rate = m->rate.bytes_per_s, exact = m->exact > 0 ? m->exact / SECOND_US : 0;
    if (rate == 0) {
        YC_ASSERT(room == SIZE_MAX);
        return;
    }
    m->asked++;
    YC_ASSERT((int64_t)room <= exact + 1 && (int64_t)room + m->asked * (2 + rate / SECOND_US) >= exact);
    size_t n = room * part / 255;
    yc_rate_spend(&m->rate, n);
    m->exact -= (int64_t)n * SECOND_US;
    if (m->rate.tokens <= 0) {
        int64_t next_us = yc_rate_next_us(&m->rate);
        YC_ASSERT(next_us > m->now_us);
        pass_time(m, next_us - m->now_us);
        YC_ASSERT(yc_rate_room(&m->rate, m->now_us) > 0);
        m->asked++;
    }
}

static void upload(struct machine *m, size_t bytes, uint64_t block_bytes)
{
    int64_t now_s = 1700000000 + m->now_us / SECOND_US;
    yc_upload_note(&m->day, bytes, now_s);
    if (now_s - m->begun_s > YC_UPLOAD_CYCLE_S) {
        m->begun_s = now_s;
        m->sent = 0;
    }
    m->sent += bytes;
    uint64_t limit = m->day.limit_bytes, left = m->sent < limit ? limit - m->sent : 0;
    int64_t left_s = yc_upload_left_s(&m->day, now_s);
    bool near = yc_upload_reached(&m->day, true, block_bytes, now_s);
    YC_ASSERT(left_s >= 0 && left_s <= YC_UPLOAD_CYCLE_S && m->day.sent_bytes == m->sent);
    YC_ASSERT(yc_upload_left_bytes(&m->day) == left);
    YC_ASSERT(yc_upload_reached(&m->day, false, block_bytes, now_s) == (limit && left == 0));
    YC_ASSERT(near == (limit && left <= (uint64_t)left_s / 600 * block_bytes)); /* a block every ten minutes */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine m = {.now_us = 1};
    struct yc_reader r;
    yc_reader_init(&r, yc_view(data, n));
    m.day.limit_bytes = yc_reader_u32le(&r);
    yc_rate_set(&m.rate, 0, m.now_us);
    while (yc_reader_left(&r)) {
        uint8_t what = yc_reader_u8(&r);
        uint32_t number = yc_reader_u32le(&r);
        if (what < 20) {
            yc_rate_set(&m.rate, number % RATE_MAX >> what, m.now_us);
            m.exact = m.rate.bytes_per_s * SECOND_US;
            m.asked = 0;
        } else if (what < 120) {
            spend(&m, what % 8 ? number % 512 : 255);
        } else if (what < 150) {
            upload(&m, number, number >> what % 32);
        } else {
            pass_time(&m, number >> what % 32);
        }
    }
    return 0;
}
