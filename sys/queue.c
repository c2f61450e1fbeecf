#include "base/assert.h"
#include "sys/thread.h"

#include <string.h>
#include <time.h>

struct yc_queue {
    const struct yc_alloc *alloc;
    struct yc_mutex mutex;
    struct yc_cond has_item, has_room;
    size_t item_bytes, capacity;
    size_t first, count;
    bool closed;
    uint8_t *items;
};

enum yc_verdict yc_queue_new(struct yc_queue **out, const struct yc_alloc *alloc, size_t item_bytes, size_t capacity,
                             struct yc_error *err)
{
    YC_ASSERT(item_bytes > 0 && capacity > 0 && capacity <= SIZE_MAX / item_bytes);
    struct yc_queue *q = yc_alloc_new(alloc, sizeof *q);
    uint8_t *items = yc_alloc_new(alloc, item_bytes * capacity);
    *out = NULL;
    if (!q || !items) {
        yc_alloc_free(alloc, items, item_bytes * capacity);
        yc_alloc_free(alloc, q, sizeof *q);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for a queue of %zu items", capacity);
    }
    *q = (struct yc_queue){.alloc = alloc, .item_bytes = item_bytes, .capacity = capacity, .items = items};
    yc_mutex_init(&q->mutex);
    yc_cond_init(&q->has_item);
    yc_cond_init(&q->has_room);
    *out = q;
    return YC_VALID;
}

void yc_queue_free(struct yc_queue *q)
{
    if (!q)
        return;
    yc_cond_release(&q->has_room);
    yc_cond_release(&q->has_item);
    yc_mutex_release(&q->mutex);
    yc_alloc_free(q->alloc, q->items, q->item_bytes * q->capacity);
    yc_alloc_free(q->alloc, q, sizeof *q);
}

static enum yc_queue_result push(struct yc_queue *q, const void *item, bool wait)
{
    yc_mutex_lock(&q->mutex);
    while (wait && !q->closed && q->count == q->capacity)
        yc_cond_wait(&q->has_room, &q->mutex);
    enum yc_queue_result r = q->closed ? YC_QUEUE_CLOSED : q->count == q->capacity ? YC_QUEUE_FULL : YC_QUEUE_OK;
    if (r == YC_QUEUE_OK) {
        size_t at = q->count < q->capacity - q->first ? q->first + q->count : q->count - (q->capacity - q->first);
        memcpy(q->items + at * q->item_bytes, item, q->item_bytes);
        q->count++;
        yc_cond_signal(&q->has_item);
    }
    yc_mutex_unlock(&q->mutex);
    return r;
}

enum yc_queue_result yc_queue_push(struct yc_queue *q, const void *item)
{
    return push(q, item, true);
}

enum yc_queue_result yc_queue_try_push(struct yc_queue *q, const void *item)
{
    return push(q, item, false);
}

static int64_t deadline_after(int64_t timeout_us)
{
    struct timespec t = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    return timeout_us > INT64_MAX - now ? INT64_MAX : now + timeout_us;
}

enum yc_queue_result yc_queue_pop(struct yc_queue *q, void *out, int64_t timeout_us)
{
    int64_t deadline = timeout_us > 0 ? deadline_after(timeout_us) : 0;
    bool in_time = timeout_us != 0;
    yc_mutex_lock(&q->mutex);
    while (q->count == 0 && !q->closed && in_time) {
        if (timeout_us < 0)
            yc_cond_wait(&q->has_item, &q->mutex);
        else
            in_time = yc_cond_wait_until(&q->has_item, &q->mutex, deadline);
    }
    enum yc_queue_result r = q->count > 0 ? YC_QUEUE_OK : q->closed ? YC_QUEUE_CLOSED : YC_QUEUE_TIMEOUT;
    if (r == YC_QUEUE_OK) {
        memcpy(out, q->items + q->first * q->item_bytes, q->item_bytes);
        q->first = q->first + 1 == q->capacity ? 0 : q->first + 1;
        q->count--;
        yc_cond_signal(&q->has_room);
    }
    yc_mutex_unlock(&q->mutex);
    return r;
}

void yc_queue_close(struct yc_queue *q)
{
    yc_mutex_lock(&q->mutex);
    q->closed = true;
    yc_cond_broadcast(&q->has_item);
    yc_cond_broadcast(&q->has_room);
    yc_mutex_unlock(&q->mutex);
}

size_t yc_queue_count(struct yc_queue *q)
{
    yc_mutex_lock(&q->mutex);
    size_t n = q->count;
    yc_mutex_unlock(&q->mutex);
    return n;
}
