/* Assertions: programmer errors only, never reachable from network, RPC or disk input; on in release builds. */
#ifndef YC_BASE_ASSERT_H
#define YC_BASE_ASSERT_H

#ifdef NDEBUG
#error "YCoin is built with its assertions on: do not define NDEBUG"
#endif
#include <assert.h>

#define YC_ASSERT(condition)              assert(condition)
#define YC_STATIC_ASSERT(condition, text) _Static_assert(condition, text)

#endif
