/* asert/run01..run12: the runs published with aserti3-2d. Comment lines name the anchor; each other line is
 * "iteration height time bits", the bits being those of the block after this height and time. */
#include "consensus/pow.h"
#include "vectors/vectors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX 256
#define SPACING_S      600
#define HALF_LIFE_S    172800

struct anchor {
    uint64_t height;
    int64_t parent_time_s;
    uint32_t bits;
    struct yc_u256 limit;
};

static void read_comment(struct anchor *a, const char *line)
{
    const char *time = strstr(line, "time: ");
    if (strstr(line, "anchor height:"))
        sscanf(strstr(line, "height:"), "height: %" SCNu64, &a->height);
    else if (time && strstr(line, "anchor"))
        sscanf(time, "time: %" SCNd64, &a->parent_time_s);
    else if (strstr(line, "anchor nBits:"))
        sscanf(strstr(line, "nBits:"), "nBits: %" SCNx32, &a->bits);
}

static void run_line(struct vectors *v, const struct anchor *a, const char *line)
{
    unsigned iteration;
    uint64_t height;
    int64_t time_s;
    uint32_t bits;
    if (sscanf(line, "%u %" SCNu64 " %" SCNd64 " %" SCNx32, &iteration, &height, &time_s, &bits) != 4)
        return;
    v->row = iteration;
    /* Some runs have heights beyond 32 bits; only the distance from the anchor counts. */
    uint32_t found = yc_asert_bits(a->bits, a->parent_time_s, 0, time_s, (uint32_t)(height - a->height), SPACING_S,
                                   HALF_LIFE_S, a->limit);
    vectors_case(v, found == bits, "%08" PRIx32 ", not %08" PRIx32, found, bits);
}

static void run(struct vectors *v, struct yc_view file)
{
    struct anchor a = {0};
    if (!yc_compact_to_target(&a.limit, 0x1d00ffff))
        return;
    for (size_t at = 0; at < file.n;) {
        const uint8_t *end = memchr(file.p + at, '\n', file.n - at);
        size_t n = end ? (size_t)(end - file.p) - at : file.n - at;
        char line[LINE_BYTES_MAX];
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), (const char *)file.p + at);
        if (line[0] == '#')
            read_comment(&a, line);
        else
            run_line(v, &a, line);
        at += n + 1;
    }
}

const struct vectors_kind vectors_kind_asert = {"asert", "asert/run01..run12", run};
