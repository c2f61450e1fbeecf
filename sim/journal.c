#include "sim/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/report.h"
#include "sys/heap.h"

#define LINE_BYTES 8192

struct key {
    char scenario[32];
    uint64_t seed;
    int64_t hours;
    uint64_t nodes;
};

/* All bytes of a key count, those behind the name too. */
static struct key key_of(const char *scenario, uint64_t seed, unsigned nodes, int64_t hours)
{
    struct key k;
    memset(&k, 0, sizeof k);
    snprintf(k.scenario, sizeof k.scenario, "%s", scenario);
    k.seed = seed;
    k.hours = hours;
    k.nodes = nodes;
    return k;
}

/* The members that sim_report_json_line() puts first. */
static bool read_line(const char *line, struct key *out)
{
    char name[32], passed[6];
    uint64_t seed;
    unsigned nodes;
    int64_t hours;
    size_t n = strlen(line);
    if (n < 2 || line[n - 1] != '\n' || line[n - 2] != '}')
        return false;
    if (sscanf(line,
               "{\"scenario\":\"%31[a-z-]\",\"seed\":%" SCNu64 ",\"nodes\":%u,\"hours\":%" SCNd64 ",\"passed\":%5[a-z]",
               name, &seed, &nodes, &hours, passed) != 5)
        return false;
    *out = key_of(name, seed, nodes, hours);
    return strcmp(passed, "true") == 0;
}

enum yc_verdict sim_journal_open(struct sim_journal *j, const char *path, struct yc_error *err)
{
    char line[LINE_BYTES];
    struct key key;
    bool whole = true;
    yc_map_init(&j->passed, yc_heap(), sizeof(struct key), sizeof(uint8_t), (struct yc_siphash_key){0, 0});
    j->file = fopen(path, "a+");
    if (!j->file)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "--journal=%s cannot be opened: %s", path, strerror(errno));
    rewind(j->file);
    while (fgets(line, sizeof line, j->file)) {
        whole = line[strlen(line) - 1] == '\n';
        if (read_line(line, &key) && !yc_map_put(&j->passed, &key, NULL))
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for what --journal=%s tells", path);
    }
    /* The last line may have been cut off with the process that wrote it. */
    if (ferror(j->file) || fseek(j->file, 0, SEEK_END) != 0 || (!whole && fputc('\n', j->file) == EOF))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "--journal=%s cannot be read: %s", path, strerror(errno));
    return YC_VALID;
}

void sim_journal_close(struct sim_journal *j)
{
    if (!j->file)
        return;
    fclose(j->file);
    yc_map_release(&j->passed);
    j->file = NULL;
}

bool sim_journal_has(const struct sim_journal *j, const struct sim_wish *wish)
{
    struct key key = key_of(wish->scenario->name, wish->seed, sim_wish_nodes(wish), sim_wish_hours(wish));
    return j->file && yc_map_get(&j->passed, &key) != NULL;
}

bool sim_journal_add(struct sim_journal *j, const struct sim_result *result)
{
    struct yc_buf b;
    if (!j->file)
        return true;
    yc_buf_init(&b, yc_heap(), LINE_BYTES);
    sim_report_json_line(result, &b);
    bool good = !b.failed && fwrite(b.p, 1, b.n, j->file) == b.n && fflush(j->file) == 0;
    yc_buf_release(&b);
    return good;
}
