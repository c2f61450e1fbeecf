#include "net/relay/requests.h"

#define NONE UINT32_MAX

enum state {
    STATE_WAITING, /* until time_us; then it may be asked for */
    STATE_READY,   /* may be asked for: another peer is being asked */
    STATE_ASKED,   /* until time_us, then it counts as answered */
    STATE_DONE     /* kept so that the same peer does not start again while others are asked */
};

/* One announcement. Linked with those of the same hash, and with those of the same peer. */
struct note {
    struct yc_txreq_key key;
    enum state state;
    bool preferred;
    uint64_t peer;
    uint64_t chance; /* among equals the least goes first */
    uint64_t order;  /* of announcements */
    int64_t time_us; /* WAITING, ASKED: it is in the heap by this */
    uint32_t heap_at;
    uint32_t hash_prev, hash_next, peer_prev, peer_next;
};

struct peer_load {
    uint32_t first; /* note */
    uint32_t count, asked;
};

struct yc_txreq {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    struct yc_map by_hash; /* hash32 -> uint32_t: first note */
    struct yc_map by_peer; /* uint64_t -> struct peer_load */
    struct note *note;
    size_t note_count, note_cap; /* slots used at some time, and there are */
    uint32_t free_first;         /* unused slots, linked by hash_next */
    size_t live;
    uint64_t order;
    uint32_t *heap; /* of notes by time_us, then order; room for note_cap at least */
    size_t heap_count, heap_cap;
};

enum yc_verdict yc_txreq_new(struct yc_txreq **out, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    struct yc_txreq *t = yc_alloc_new(alloc, sizeof *t);
    if (!t)
        return YC_SYSTEM;
    *t = (struct yc_txreq){.alloc = alloc, .seed = seed, .free_first = NONE};
    yc_map_init(&t->by_hash, alloc, 32, sizeof(uint32_t), seed);
    yc_map_init(&t->by_peer, alloc, sizeof(uint64_t), sizeof(struct peer_load), seed);
    *out = t;
    return YC_VALID;
}

void yc_txreq_free(struct yc_txreq *t)
{
    if (!t)
        return;
    yc_map_release(&t->by_hash);
    yc_map_release(&t->by_peer);
    yc_alloc_free(t->alloc, t->note, t->note_cap * sizeof *t->note);
    yc_alloc_free(t->alloc, t->heap, t->heap_cap * sizeof *t->heap);
    yc_alloc_free(t->alloc, t, sizeof *t);
}

/* The heap: least time first. */

static void heap_set(struct yc_txreq *t, size_t at, uint32_t n)
{
    t->heap[at] = n;
    t->note[n].heap_at = (uint32_t)at;
}

static bool is_before(const struct note *a, const struct note *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

static void heap_up(struct yc_txreq *t, size_t at)
{
    uint32_t n = t->heap[at];
    while (at > 0 && is_before(&t->note[n], &t->note[t->heap[(at - 1) / 2]])) {
        heap_set(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(t, at, n);
}

static void heap_down(struct yc_txreq *t, size_t at)
{
    uint32_t n = t->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= t->heap_count)
            break;
        if (child + 1 < t->heap_count && is_before(&t->note[t->heap[child + 1]], &t->note[t->heap[child]]))
            child++;
        if (!is_before(&t->note[t->heap[child]], &t->note[n]))
            break;
        heap_set(t, at, t->heap[child]);
        at = child;
    }
    heap_set(t, at, n);
}

static void heap_add(struct yc_txreq *t, uint32_t n)
{
    t->heap[t->heap_count] = n;
    t->note[n].heap_at = (uint32_t)t->heap_count;
    heap_up(t, t->heap_count++);
}

static void heap_remove(struct yc_txreq *t, uint32_t n)
{
    uint32_t at = t->note[n].heap_at;
    if (at == NONE)
        return;
    t->note[n].heap_at = NONE;
    uint32_t last = t->heap[--t->heap_count];
    if (last == n)
        return;
    heap_set(t, at, last);
    heap_up(t, at);
    heap_down(t, t->note[last].heap_at);
}

/* Notes. */

static struct peer_load *load_of(const struct yc_txreq *t, uint64_t peer)
{
    return yc_map_get(&t->by_peer, &peer);
}

static uint32_t first_of(const struct yc_txreq *t, const struct yc_txreq_key *key)
{
    const uint32_t *first = yc_map_get(&t->by_hash, key->hash32);
    return first ? *first : NONE;
}

static uint32_t find_note(const struct yc_txreq *t, uint64_t peer, const struct yc_txreq_key *key)
{
    uint32_t n = first_of(t, key);
    while (n != NONE && t->note[n].peer != peer)
        n = t->note[n].hash_next;
    return n;
}

static void set_state(struct yc_txreq *t, uint32_t n, enum state state, int64_t time_us)
{
    struct note *note = &t->note[n];
    struct peer_load *load = load_of(t, note->peer);
    heap_remove(t, n);
    load->asked -= note->state == STATE_ASKED;
    load->asked += state == STATE_ASKED;
    note->state = state;
    note->time_us = time_us;
    if (state == STATE_WAITING || state == STATE_ASKED)
        heap_add(t, n);
}

static bool grow(struct yc_txreq *t)
{
    if (t->free_first != NONE || t->note_count < t->note_cap)
        return true;
    size_t cap = t->note_cap ? 2 * t->note_cap : 256;
    if (t->heap_cap < cap) {
        uint32_t *heap = yc_alloc_resize(t->alloc, t->heap, t->heap_cap * sizeof *heap, cap * sizeof *heap);
        if (!heap)
            return false;
        t->heap = heap;
        t->heap_cap = cap;
    }
    struct note *note = yc_alloc_resize(t->alloc, t->note, t->note_cap * sizeof *note, cap * sizeof *note);
    if (!note)
        return false;
    t->note = note;
    t->note_cap = cap;
    return true;
}

static void remove_note(struct yc_txreq *t, uint32_t n)
{
    struct note *note = &t->note[n];
    struct peer_load *load = load_of(t, note->peer);
    heap_remove(t, n);
    if (note->hash_next != NONE)
        t->note[note->hash_next].hash_prev = note->hash_prev;
    if (note->hash_prev != NONE)
        t->note[note->hash_prev].hash_next = note->hash_next;
    else if (note->hash_next != NONE)
        *(uint32_t *)yc_map_get(&t->by_hash, note->key.hash32) = note->hash_next;
    else
        (void)yc_map_remove(&t->by_hash, note->key.hash32);
    if (note->peer_next != NONE)
        t->note[note->peer_next].peer_prev = note->peer_prev;
    if (note->peer_prev != NONE)
        t->note[note->peer_prev].peer_next = note->peer_next;
    else
        load->first = note->peer_next;
    load->count--;
    load->asked -= note->state == STATE_ASKED;
    if (load->count == 0)
        (void)yc_map_remove(&t->by_peer, &note->peer);
    note->hash_next = t->free_first;
    t->free_first = n;
    t->live--;
}

/* An announcement was answered, or not in time: the hash is forgotten when nobody is left to be asked. */
static void finish(struct yc_txreq *t, uint32_t n)
{
    struct yc_txreq_key key = t->note[n].key;
    set_state(t, n, STATE_DONE, 0);
    for (uint32_t i = first_of(t, &key); i != NONE; i = t->note[i].hash_next)
        if (t->note[i].state != STATE_DONE)
            return;
    yc_txreq_forget(t, &key);
}

/* The time of one that was ready, and whose turn it may be now that another has answered. */
#define WOKEN INT64_MIN

static bool may_be_asked(const struct note *a)
{
    return a->state == STATE_READY || (a->state == STATE_WAITING && a->time_us == WOKEN);
}

/* Of those of one hash that may be asked: the preferred, then by chance. NONE while one is being asked. */
static uint32_t choose(const struct yc_txreq *t, const struct yc_txreq_key *key)
{
    uint32_t best = NONE;
    for (uint32_t i = first_of(t, key); i != NONE; i = t->note[i].hash_next) {
        const struct note *a = &t->note[i];
        if (a->state == STATE_ASKED)
            return NONE;
        if (!may_be_asked(a))
            continue;
        const struct note *b = best == NONE ? NULL : &t->note[best];
        if (!b || (a->preferred && !b->preferred) || (a->preferred == b->preferred && a->chance < b->chance))
            best = i;
    }
    return best;
}

/* When the one that was asked is done the next may be asked at once: its time is now. */
static void wake_next(struct yc_txreq *t, const struct yc_txreq_key *key)
{
    uint32_t next = choose(t, key);
    if (next != NONE)
        set_state(t, next, STATE_WAITING, WOKEN);
}

/* A slot that is in no list. */
static uint32_t take_slot(struct yc_txreq *t)
{
    uint32_t n = t->free_first;
    if (n == NONE)
        return (uint32_t)t->note_count++;
    t->free_first = t->note[n].hash_next;
    return n;
}

bool yc_txreq_announced(struct yc_txreq *t, uint64_t peer, const struct yc_txreq_key *key, unsigned flags,
                        int64_t delay_us, int64_t now_us)
{
    bool is_new, limited = !(flags & YC_TXREQ_UNLIMITED);
    const struct peer_load *before = load_of(t, peer);
    if ((limited && before && before->count >= YC_TXREQ_PEER_MAX) || find_note(t, peer, key) != NONE || !grow(t))
        return false;
    uint32_t *first = yc_map_put(&t->by_hash, key->hash32, &is_new);
    if (!first)
        return false;
    uint32_t hash_next = is_new ? NONE : *first;
    struct peer_load *load = yc_map_put(&t->by_peer, &peer, NULL);
    if (!load) {
        if (is_new)
            (void)yc_map_remove(&t->by_hash, key->hash32);
        return false;
    }
    uint32_t n = take_slot(t);
    if (!(flags & YC_TXREQ_PREFERRED))
        delay_us += YC_TXREQ_INBOUND_US;
    if (limited && load->asked >= YC_TXREQ_IN_FLIGHT_MAX)
        delay_us += YC_TXREQ_OVERLOADED_US;
    t->note[n] = (struct note){.key = *key,
                               .state = STATE_WAITING,
                               .preferred = flags & YC_TXREQ_PREFERRED,
                               .peer = peer,
                               .order = t->order++,
                               .time_us = now_us + delay_us,
                               .heap_at = NONE,
                               .hash_prev = NONE,
                               .hash_next = hash_next,
                               .peer_prev = NONE,
                               .peer_next = load->count ? load->first : NONE};
    t->note[n].chance = yc_siphash((struct yc_siphash_key){t->seed.k0 ^ peer, t->seed.k1}, key->hash32, 32);
    if (hash_next != NONE)
        t->note[hash_next].hash_prev = n;
    if (load->count)
        t->note[load->first].peer_prev = n;
    *first = n;
    load->first = n;
    load->count++;
    t->live++;
    heap_add(t, n);
    return true;
}

size_t yc_txreq_announcers(const struct yc_txreq *t, const struct yc_txreq_key *key, uint64_t *out, size_t cap)
{
    size_t count = 0;
    for (uint32_t n = first_of(t, key); n != NONE && count < cap; n = t->note[n].hash_next)
        if (t->note[n].state != STATE_DONE)
            out[count++] = t->note[n].peer;
    return count;
}

void yc_txreq_answered(struct yc_txreq *t, uint64_t peer, const struct yc_txreq_key *key)
{
    struct yc_txreq_key copy = *key;
    uint32_t n = find_note(t, peer, &copy);
    if (n == NONE)
        return;
    finish(t, n);
    wake_next(t, &copy);
}

void yc_txreq_forget(struct yc_txreq *t, const struct yc_txreq_key *key)
{
    struct yc_txreq_key copy = *key;
    for (uint32_t n; (n = first_of(t, &copy)) != NONE;)
        remove_note(t, n);
}

void yc_txreq_drop_peer(struct yc_txreq *t, uint64_t peer)
{
    const struct peer_load *load;
    while ((load = load_of(t, peer)) != NULL) {
        struct yc_txreq_key key = t->note[load->first].key;
        uint32_t n = load->first;
        finish(t, n);
        n = find_note(t, peer, &key);
        if (n != NONE)
            remove_note(t, n);
        wake_next(t, &key);
    }
}

size_t yc_txreq_due(struct yc_txreq *t, int64_t now_us, struct yc_txreq_ask *out, size_t cap)
{
    size_t count = 0;
    while (count < cap && t->heap_count && t->note[t->heap[0]].time_us <= now_us) {
        uint32_t n = t->heap[0];
        struct yc_txreq_key key = t->note[n].key;
        if (t->note[n].state == STATE_ASKED)
            finish(t, n);
        else
            set_state(t, n, STATE_READY, 0);
        uint32_t next = choose(t, &key);
        if (next == NONE)
            continue;
        set_state(t, next, STATE_ASKED, now_us + YC_TXREQ_TIMEOUT_US);
        out[count++] = (struct yc_txreq_ask){t->note[next].peer, t->note[next].key};
    }
    return count;
}

int64_t yc_txreq_deadline_us(const struct yc_txreq *t)
{
    return t->heap_count ? t->note[t->heap[0]].time_us : INT64_MAX;
}

size_t yc_txreq_peer_count(const struct yc_txreq *t, uint64_t peer)
{
    const struct peer_load *load = load_of(t, peer);
    return load ? load->count : 0;
}

size_t yc_txreq_count(const struct yc_txreq *t)
{
    return t->live;
}
