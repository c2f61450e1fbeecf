/* Memory that nobody may touch: with AddressSanitizer the bytes that an arena has not handed out are forbidden, so that a
 * read or write beyond an allocation inside it is found as one beyond the heap's is. Without it nothing happens. */
#ifndef YC_BASE_POISON_H
#define YC_BASE_POISON_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define YC_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define YC_POISONS 1
#endif
#endif

#ifdef YC_POISONS
#include <sanitizer/asan_interface.h>
/* Between two allocations at least. */
#define YC_RED_ZONE_BYTES 16
#else
#define YC_RED_ZONE_BYTES 0
#endif

/** Forbid n bytes at p, which is aligned for any type. */
static inline void yc_poison(const void *p, size_t n)
{
#ifdef YC_POISONS
    ASAN_POISON_MEMORY_REGION(p, n);
#else
    (void)p;
    (void)n;
#endif
}

/** Allow n bytes at p, which is aligned for any type, and no byte more. */
static inline void yc_unpoison(const void *p, size_t n)
{
#ifdef YC_POISONS
    ASAN_UNPOISON_MEMORY_REGION(p, n);
#else
    (void)p;
    (void)n;
#endif
}

#endif
