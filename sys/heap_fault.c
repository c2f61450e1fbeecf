#include "sys/heap_fault.h"

#include "sys/heap.h"

static void *fault_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct yc_heap_fault *h = ctx;
    if (n > 0) {
        h->calls++;
        if (h->fail_at && (h->calls == h->fail_at || (h->keep_failing && h->calls > h->fail_at))) {
            h->failed++;
            return NULL;
        }
    }
    void *fresh = yc_heap()->resize(NULL, p, old_n, n);
    if (fresh || n == 0)
        h->used_bytes = h->used_bytes - (p ? old_n : 0) + n;
    return fresh;
}

void yc_heap_fault_init(struct yc_heap_fault *h, size_t fail_at, bool keep_failing)
{
    *h = (struct yc_heap_fault){.alloc = {fault_resize, h}, .fail_at = fail_at, .keep_failing = keep_failing};
}
