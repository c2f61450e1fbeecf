#include "net/addr/asmap.h"

#define ADDRESS_BITS (8 * YC_ASMAP_ADDRESS_BYTES)
#define MATCH_FULL   8 /* the most that one MATCH takes */

enum op { OP_RETURN, OP_JUMP, OP_MATCH, OP_DEFAULT };

/* The bits of the map from the first one not read yet. Past the end all are 0, and that is remembered. */
struct code {
    struct yc_view map;
    size_t at, end;
    bool over;
};

static struct code code_of(struct yc_view map)
{
    return (struct code){.map = map, .end = 8 * map.n};
}

static unsigned take_bit(struct code *c)
{
    if (c->at >= c->end) {
        c->over = true;
        return 0;
    }
    unsigned bit = (unsigned)c->map.p[c->at / 8] >> c->at % 8 & 1;
    c->at++;
    return bit;
}

/* A number whose classes are of narrowest, narrowest + 1 … widest bits; 0 past the end, which no number is. */
static uint32_t take_number(struct code *c, uint32_t least, unsigned narrowest, unsigned widest)
{
    uint32_t value = least, place = 0;
    unsigned bits = narrowest;
    for (; bits < widest && take_bit(c); bits++)
        value += UINT32_C(1) << bits;
    for (unsigned i = 0; i < bits; i++)
        place = place << 1 | take_bit(c);
    return c->over ? 0 : value + place;
}

static enum op take_op(struct code *c)
{
    if (!take_bit(c))
        return OP_RETURN;
    if (!take_bit(c))
        return OP_JUMP;
    return take_bit(c) ? OP_DEFAULT : OP_MATCH;
}

static uint32_t take_argument(struct code *c, enum op op)
{
    switch (op) {
    case OP_RETURN:
    case OP_DEFAULT:
        return take_number(c, 1, 15, 24);
    case OP_JUMP:
        return take_number(c, 17, 5, 30);
    case OP_MATCH:
        return take_number(c, 2, 1, 8);
    }
    return 0;
}

/* How many bits of the address the argument of a MATCH stands for: those behind its highest one. */
static unsigned match_bits(uint32_t argument)
{
    unsigned n = 0;
    while (argument >> (n + 1))
        n++;
    return n;
}

uint32_t yc_asmap_find(struct yc_view map, const uint8_t ip16[YC_ASMAP_ADDRESS_BYTES])
{
    struct code c = code_of(map);
    uint32_t otherwise = 0;
    unsigned used = 0;
    while (c.at < c.end) {
        enum op op = take_op(&c);
        uint32_t argument = take_argument(&c, op);
        unsigned takes = op == OP_JUMP ? 1 : op == OP_MATCH ? match_bits(argument) : 0;
        if (c.over || takes > ADDRESS_BITS - used)
            return 0;
        if (op == OP_RETURN)
            return argument;
        if (op == OP_DEFAULT)
            otherwise = argument;
        uint32_t bits = 0;
        for (unsigned i = 0; i < takes; i++, used++)
            bits = bits << 1 | ((unsigned)ip16[used / 8] >> (7 - used % 8) & 1);
        if (op == OP_MATCH && bits != (argument ^ UINT32_C(1) << takes))
            return otherwise;
        if (op == OP_JUMP && bits)
            c.at += argument;
    }
    return 0;
}

/* ---- the check: one pass over the code, with the places that jumps lead to ---- */

/* A branch that is still to come. */
struct branch {
    size_t at;     /* where it begins */
    unsigned left; /* bits of the address that are not taken before it */
};

struct walk {
    struct code code;
    struct branch branch[ADDRESS_BITS]; /* each begins before the one under it */
    size_t depth;
    unsigned left;
    enum op before;   /* the instruction before this one on its path; JUMP where a branch begins */
    bool match_short; /* of the MATCHes in a row, one takes fewer bits than it might */
};

static const char *take_jump(struct walk *w, uint32_t distance)
{
    if (w->left == 0)
        return "a jump takes more bits than an address has";
    if (distance > w->code.end - w->code.at)
        return "a jump leads behind its end";
    size_t at = w->code.at + distance;
    if (w->depth && at >= w->branch[w->depth - 1].at)
        return "two jumps cross each other";
    w->branch[w->depth++] = (struct branch){at, --w->left};
    return NULL;
}

static const char *take_match(struct walk *w, uint32_t argument)
{
    unsigned takes = match_bits(argument);
    if (w->before != OP_MATCH)
        w->match_short = false;
    if (takes < MATCH_FULL && w->match_short)
        return "two matches might be one";
    w->match_short = takes < MATCH_FULL;
    if (takes > w->left)
        return "a match takes more bits than an address has";
    w->left -= takes;
    return NULL;
}

/* The path is over: on to the branch that begins here. *done when there is none, and the map ends here too. */
static const char *take_return(struct walk *w, bool *done)
{
    if (w->before == OP_DEFAULT)
        return "an answer follows upon a default";
    if (w->depth == 0) {
        if (w->code.end - w->code.at > 7)
            return "bytes follow that nothing leads to";
        while (w->code.at < w->code.end)
            if (take_bit(&w->code))
                return "bits that fill its last byte are set";
        *done = true;
        return NULL;
    }
    const struct branch *next = &w->branch[--w->depth];
    if (next->at != w->code.at)
        return "bits follow that nothing leads to";
    w->left = next->left;
    return NULL;
}

/* One instruction; NULL, or what is wrong with it. */
static const char *take_instruction(struct walk *w, bool *done)
{
    if (w->depth && w->code.at >= w->branch[w->depth - 1].at)
        return "a jump leads into the middle of an instruction";
    enum op op = take_op(&w->code);
    uint32_t argument = take_argument(&w->code, op);
    const char *wrong = NULL;
    if (w->code.over)
        return "it ends within an instruction";
    switch (op) {
    case OP_RETURN:
        wrong = take_return(w, done);
        op = OP_JUMP;
        break;
    case OP_JUMP:
        wrong = take_jump(w, argument);
        break;
    case OP_MATCH:
        wrong = take_match(w, argument);
        break;
    case OP_DEFAULT:
        wrong = w->before == OP_DEFAULT ? "a default follows upon a default" : NULL;
        break;
    }
    w->before = op;
    return wrong;
}

enum yc_verdict yc_asmap_check(struct yc_view map, struct yc_error *err)
{
    struct walk w = {.code = code_of(map), .left = ADDRESS_BITS, .before = OP_JUMP};
    if (map.n > YC_ASMAP_BYTES_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "it has %zu bytes, and no map has more than %zu", map.n,
                       YC_ASMAP_BYTES_MAX);
    for (bool done = false; !done;) {
        size_t at = w.code.at;
        const char *wrong = at < w.code.end ? take_instruction(&w, &done) : "it ends without an answer";
        if (wrong)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "it is no map of autonomous systems: at bit %zu of %zu, %s",
                           at, w.code.end, wrong);
    }
    return YC_VALID;
}
