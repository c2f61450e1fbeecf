#include "sys/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALL_BYTES_MAX 256 /* what getentropy gives at once */

static void fill(void *ctx, void *out, size_t n)
{
    (void)ctx;
    unsigned char *p = out;
    while (n > 0) {
        size_t part = n < CALL_BYTES_MAX ? n : CALL_BYTES_MAX;
        /* The system call getrandom; it waits until the kernel's pool is ready, early after boot. */
        if (getentropy(p, part) != 0) {
            fprintf(stderr,
                    "Error: the operating system gives no random bytes (getrandom: %s). No key may be made without "
                    "them, so this program ends; see whether a sandbox forbids the call.\n",
                    strerror(errno));
            abort();
        }
        p += part;
        n -= part;
    }
}

const struct yc_random *yc_random_system(void)
{
    static const struct yc_random source = {fill, NULL};
    return &source;
}
