/* Requests for transactions as a program of the input: peers announce, answer and leave, time passes, questions are
 * asked. Beside it runs a naive model, a table of every peer and hash: what is asked must be what the table allows, and
 * when nothing more is due the table must agree. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/relay/requests.h"
#include "sys/heap.h"

#define PEERS  6
#define HASHES 8 /* each announced as a txid by some and as a wtxid by others: one question */
#define STEPS  400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum state { NONE, WAITING, READY, ASKED, DONE };

struct cell {
    enum state state;
    bool preferred, wtxid;
    int64_t time_us; /* WAITING: from when it may be asked; ASKED: until when it is waited for */
};

struct model {
    struct cell cell[HASHES][PEERS];
    size_t flood[PEERS]; /* announcements of hashes that the table does not have */
};

struct machine {
    struct yc_heap_capped heap;
    struct yc_txreq *t;
    struct model m;
    int64_t now_us;
    uint32_t flooded;
};

static struct yc_txreq_key key_of(unsigned hash, bool wtxid)
{
    struct yc_txreq_key key = {.wtxid = wtxid};
    key.hash32[0] = (uint8_t)(1 + hash);
    return key;
}

/* When nobody is left to be asked the hash is forgotten. */
static void settle(struct cell *row)
{
    bool left = false;
    for (unsigned p = 0; p < PEERS; p++)
        left |= row[p].state != NONE && row[p].state != DONE;
    for (unsigned p = 0; p < PEERS && !left; p++)
        row[p].state = NONE;
}

static size_t count_of(const struct model *m, unsigned peer)
{
    size_t n = m->flood[peer];
    for (unsigned h = 0; h < HASHES; h++)
        n += m->cell[h][peer].state != NONE;
    return n;
}

static size_t asked_of(const struct model *m, unsigned peer)
{
    size_t n = 0;
    for (unsigned h = 0; h < HASHES; h++)
        n += m->cell[h][peer].state == ASKED;
    return n;
}

static void announce(struct machine *s, unsigned peer, const struct yc_txreq_key *key, bool preferred, int64_t delay_us)
{
    unsigned hash = key->hash32[0] - 1u;
    struct cell *c = &s->m.cell[hash][peer];
    bool may = c->state == NONE && count_of(&s->m, peer) < YC_TXREQ_PEER_MAX;
    YC_ASSERT(asked_of(&s->m, peer) < YC_TXREQ_IN_FLIGHT_MAX);
    YC_ASSERT(yc_txreq_announced(s->t, peer, key, preferred ? YC_TXREQ_PREFERRED : 0, delay_us, s->now_us) == may);
    if (may)
        *c =
            (struct cell){WAITING, preferred, key->wtxid, s->now_us + delay_us + (preferred ? 0 : YC_TXREQ_INBOUND_US)};
}

/* Hashes that nobody else announces, far in the future: only their number counts. */
static void flood(struct machine *s, unsigned peer, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct yc_txreq_key key = {.hash32 = {0xff}};
        memcpy(key.hash32 + 1, &s->flooded, sizeof s->flooded);
        s->flooded++;
        bool may = count_of(&s->m, peer) < YC_TXREQ_PEER_MAX;
        YC_ASSERT(yc_txreq_announced(s->t, peer, &key, YC_TXREQ_PREFERRED, INT64_MAX / 2, s->now_us) == may);
        s->m.flood[peer] += may;
    }
}

static void leave(struct machine *s, unsigned peer)
{
    yc_txreq_drop_peer(s->t, peer);
    s->m.flood[peer] = 0;
    for (unsigned h = 0; h < HASHES; h++) {
        s->m.cell[h][peer].state = NONE;
        settle(s->m.cell[h]);
    }
    YC_ASSERT(yc_txreq_peer_count(s->t, peer) == 0);
}

static void take_question(struct machine *s, const struct yc_txreq_ask *ask)
{
    unsigned hash = ask->key.hash32[0] - 1u;
    YC_ASSERT(ask->key.hash32[0] != 0xff && hash < HASHES && ask->peer < PEERS);
    struct cell *row = s->m.cell[hash], *c = &row[ask->peer];
    YC_ASSERT(c->wtxid == ask->key.wtxid); /* as this peer announced it */
    YC_ASSERT(c->state == READY || (c->state == WAITING && c->time_us <= s->now_us));
    for (unsigned p = 0; p < PEERS; p++) {
        if (row[p].state == ASKED) {
            YC_ASSERT(row[p].time_us <= s->now_us); /* only one is asked at a time, until it is too late to answer */
            row[p].state = DONE;
        }
        YC_ASSERT(row[p].state != READY || !row[p].preferred || c->preferred); /* those that we chose come first */
    }
    *c = (struct cell){ASKED, c->preferred, c->wtxid, s->now_us + YC_TXREQ_TIMEOUT_US};
}

/* Ask all that is due, few at a time; then nothing is left that could be asked, and the next time is not over. */
static void ask(struct machine *s, size_t cap)
{
    struct yc_txreq_ask out[HASHES];
    size_t got, total = 0;
    do {
        got = yc_txreq_due(s->t, s->now_us, out, cap);
        YC_ASSERT(got <= cap && (total += got) <= HASHES);
        for (size_t i = 0; i < got; i++)
            take_question(s, &out[i]);
    } while (got == cap);
    for (unsigned h = 0; h < HASHES; h++) {
        struct cell *row = s->m.cell[h];
        bool asked = false;
        for (unsigned p = 0; p < PEERS; p++) {
            if (row[p].state == ASKED && row[p].time_us <= s->now_us)
                row[p].state = DONE;
            if (row[p].state == WAITING && row[p].time_us <= s->now_us)
                row[p].state = READY;
            asked |= row[p].state == ASKED;
        }
        for (unsigned p = 0; p < PEERS; p++)
            YC_ASSERT(asked || row[p].state != READY);
        settle(row);
    }
    YC_ASSERT(yc_txreq_deadline_us(s->t) > s->now_us);
}

static void check(const struct machine *s)
{
    size_t all = 0;
    int64_t next_us = INT64_MAX;
    for (unsigned p = 0; p < PEERS; p++) {
        size_t n = count_of(&s->m, p);
        YC_ASSERT(n <= YC_TXREQ_PEER_MAX && yc_txreq_peer_count(s->t, p) == n);
        all += n;
        for (unsigned h = 0; h < HASHES; h++) {
            const struct cell *c = &s->m.cell[h][p];
            if ((c->state == WAITING || c->state == ASKED) && c->time_us < next_us)
                next_us = c->time_us;
        }
    }
    YC_ASSERT(yc_txreq_count(s->t) == all);
    YC_ASSERT(yc_txreq_deadline_us(s->t) <= next_us);
    YC_ASSERT(all > 0 || yc_txreq_deadline_us(s->t) == INT64_MAX);
}

static void step(struct machine *s, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), who = yc_reader_u8(r);
    unsigned peer = who % PEERS, hash = (unsigned)(who / PEERS) % HASHES;
    struct yc_txreq_key key = key_of(hash, what & 4);
    if (what < 100) {
        announce(s, peer, &key, what & 1, (what & 2) ? YC_TXREQ_TXID_US : 0);
    } else if (what < 140) {
        yc_txreq_answered(s->t, peer, &key);
        if (s->m.cell[hash][peer].state != NONE)
            s->m.cell[hash][peer].state = DONE;
        settle(s->m.cell[hash]);
    } else if (what < 155) {
        yc_txreq_forget(s->t, &key);
        memset(s->m.cell[hash], 0, sizeof s->m.cell[hash]);
    } else if (what < 170) {
        leave(s, peer);
    } else if (what < 175) {
        flood(s, peer, (unsigned)who * 8);
    } else {
        s->now_us += (int64_t)who * (what < 215 ? 10000 : 500000);
        ask(s, 1 + what % HASHES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine s = {.now_us = 1000};
    struct yc_reader r;
    yc_heap_capped_init(&s.heap, SIZE_MAX);
    yc_reader_init(&r, yc_view(data, n));
    enum yc_verdict v = yc_txreq_new(&s.t, &s.heap.alloc, (struct yc_siphash_key){1, 2});
    YC_ASSERT(v == YC_VALID);
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++) {
        step(&s, &r);
        check(&s);
    }
    for (unsigned p = 0; p < PEERS; p++)
        leave(&s, p);
    YC_ASSERT(yc_txreq_count(s.t) == 0 && yc_txreq_deadline_us(s.t) == INT64_MAX);
    yc_txreq_free(s.t);
    YC_ASSERT(s.heap.used_bytes == 0);
    return 0;
}
