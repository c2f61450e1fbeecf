#include "unit/consensus/support/words.h"

#include "consensus/script/asm.h"
#include "support/unit.h"

#include <stdlib.h>

static void assemble(struct yc_buf *b, const char *text, size_t n)
{
    struct yc_error err;
    if (yc_script_assemble(b, yc_view(text, n), &err) != YC_VALID)
        fail_msg("%s", err.text);
}

void words_assemble(struct yc_buf *out, const char *text)
{
    while (*text) {
        const char *open = strchr(text, '{');
        if (!open) {
            assemble(out, text, strlen(text));
            return;
        }
        assemble(out, text, (size_t)(open - text));
        char *star;
        unsigned long times = strtoul(open + 1, &star, 10);
        const char *close = strchr(open, '}');
        assert_true(*star == '*' && close);
        for (unsigned long i = 0; i < times; i++)
            assemble(out, star + 1, (size_t)(close - star - 1));
        text = close + 1;
    }
}
