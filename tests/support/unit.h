/* cmocka, with the headers that it wants before itself. */
#ifndef YC_TESTS_SUPPORT_UNIT_H
#define YC_TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
