/* A heap for tests that fails on the n-th call for memory, so that a test can walk through every allocation of an
 * operation (catalogue class "fail the n-th allocation, for every n"). One thread at a time. */
#ifndef YC_SYS_HEAP_FAULT_H
#define YC_SYS_HEAP_FAULT_H

#include "base/alloc.h"

#include <stdbool.h>

struct yc_heap_fault {
    struct yc_alloc alloc; /* what to hand on; its ctx is this struct */
    size_t calls;          /* requests for memory so far (frees do not count) */
    size_t fail_at;        /* the call that fails, from 1; 0: none */
    bool keep_failing;     /* later calls fail too */
    size_t failed;         /* calls that failed so far */
    size_t used_bytes;     /* 0 when nothing leaks */
};

void yc_heap_fault_init(struct yc_heap_fault *h, size_t fail_at, bool keep_failing);

#endif
