/* Linked into tests of consensus and of the chain by -Wl,--wrap=yc_reject_set: with YC_REJECT_LOG set, the name of each
 * reason for which something is refused is appended to that file. tools/check_rejects.py reads it. */
#include "consensus/reject.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* The names are the linker's. */
enum yc_verdict __real_yc_reject_set(struct yc_reject *why, enum yc_rej code, uint32_t tx, uint32_t input);
enum yc_verdict __wrap_yc_reject_set(struct yc_reject *why, enum yc_rej code, uint32_t tx, uint32_t input);

static const char *const names[YC_REJ_COUNT] = {
#define X(code, verdict, stage, string, source, what) [YC_REJ_##code] = #code,
#include "consensus/reject.def"
#undef X
};

enum yc_verdict __wrap_yc_reject_set(struct yc_reject *why, enum yc_rej code, uint32_t tx, uint32_t input)
{
    static bool told[YC_REJ_COUNT];
    const char *path = getenv("YC_REJECT_LOG");
    if (path && !told[code]) {
        told[code] = true;
        FILE *f = fopen(path, "a");
        if (!f || fprintf(f, "%s\n", names[code]) < 0 || fclose(f) != 0) {
            perror(path);
            abort();
        }
    }
    return __real_yc_reject_set(why, code, tx, input);
}
