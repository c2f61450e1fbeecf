#include "node/store/kv_table.h"

#include "base/assert.h"

#include <string.h>

#define LEAF_MAX 128
#define LEAF_MIN 32 /* fewer are put together with what follows */

/* Keys and values in one block; shared by the arrays that name it. */
struct entry {
    size_t refs;
    size_t key_bytes, value_bytes;
    uint8_t bytes[];
};

/* Some neighbours, shared by all tables that have just these. */
struct leaf {
    size_t refs, count;
    struct entry *entry[LEAF_MAX];
};

struct yc_kv_table {
    const struct yc_alloc *alloc;
    size_t refs;
    size_t count;        /* of entries */
    size_t leaves, room; /* those in use, of which none is empty, and the array's length */
    struct leaf *leaf[];
};

static struct yc_view entry_key(const struct entry *e)
{
    return yc_view(e->bytes, e->key_bytes);
}

int yc_kv_compare(struct yc_view a, struct yc_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static void entry_drop(const struct yc_alloc *alloc, struct entry *e)
{
    if (--e->refs == 0)
        yc_alloc_free(alloc, e, sizeof *e + e->key_bytes + e->value_bytes);
}

static void leaf_drop(const struct yc_alloc *alloc, struct leaf *l)
{
    if (--l->refs > 0)
        return;
    for (size_t i = 0; i < l->count; i++)
        entry_drop(alloc, l->entry[i]);
    yc_alloc_free(alloc, l, sizeof *l);
}

static struct yc_kv_table *with_room(const struct yc_alloc *alloc, size_t room)
{
    struct yc_kv_table *t = (struct yc_kv_table *)yc_alloc_new(alloc, sizeof *t + room * sizeof t->leaf[0]);
    if (t)
        *t = (struct yc_kv_table){.alloc = alloc, .refs = 1, .room = room};
    return t;
}

struct yc_kv_table *yc_kv_table_new(const struct yc_alloc *alloc)
{
    return with_room(alloc, 0);
}

struct yc_kv_table *yc_kv_table_share(struct yc_kv_table *t)
{
    t->refs++;
    return t;
}

void yc_kv_table_drop(struct yc_kv_table *t)
{
    if (--t->refs > 0)
        return;
    for (size_t i = 0; i < t->leaves; i++)
        leaf_drop(t->alloc, t->leaf[i]);
    yc_alloc_free(t->alloc, t, sizeof *t + t->room * sizeof t->leaf[0]);
}

size_t yc_kv_table_count(const struct yc_kv_table *t)
{
    return t->count;
}

/* The first leaf whose last key is >= key. */
static size_t leaf_of(const struct yc_kv_table *t, struct yc_view key)
{
    size_t low = 0, high = t->leaves;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct leaf *l = t->leaf[middle];
        if (yc_kv_compare(entry_key(l->entry[l->count - 1]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct yc_kv_place yc_kv_table_find(const struct yc_kv_table *t, struct yc_view key)
{
    size_t low = 0, leaf = leaf_of(t, key), high = leaf < t->leaves ? t->leaf[leaf]->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (yc_kv_compare(entry_key(t->leaf[leaf]->entry[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct yc_kv_place){leaf, low};
}

bool yc_kv_table_next(const struct yc_kv_table *t, struct yc_kv_place *place, struct yc_view *key,
                      struct yc_view *value)
{
    if (place->leaf == t->leaves)
        return false;
    const struct leaf *l = t->leaf[place->leaf];
    const struct entry *e = l->entry[place->at++];
    if (place->at == l->count)
        *place = (struct yc_kv_place){place->leaf + 1, 0};
    *key = entry_key(e);
    *value = yc_view(e->bytes + e->key_bytes, e->value_bytes);
    return true;
}

/* A change of a batch, to be sorted by key; of each key only the last is kept. */
struct sorted {
    struct yc_view key;
    size_t order;
    struct entry *entry;
    struct yc_view value;
    bool put;
};

static bool before(const struct sorted *a, const struct sorted *b)
{
    int order = yc_kv_compare(a->key, b->key);
    return order ? order < 0 : a->order < b->order;
}

static void sift(struct sorted *s, size_t at, size_t n)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && before(&s[child], &s[child + 1]))
            child++;
        if (!before(&s[at], &s[child]))
            return;
        struct sorted t = s[at];
        s[at] = s[child];
        s[child] = t;
        at = child;
    }
}

static size_t sort_changes(struct sorted *s, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(s, i, n);
    for (size_t i = n; i > 1; i--) {
        struct sorted t = s[0];
        s[0] = s[i - 1];
        s[i - 1] = t;
        sift(s, 0, i - 1);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || yc_kv_compare(s[i].key, s[i + 1].key) != 0)
            s[kept++] = s[i];
    return kept;
}

static bool make_entries(const struct yc_alloc *alloc, struct sorted *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!s[i].put)
            continue;
        struct entry *e = (struct entry *)yc_alloc_new(alloc, sizeof *e + s[i].key.n + s[i].value.n);
        if (!e) {
            while (i-- > 0)
                if (s[i].put)
                    entry_drop(alloc, s[i].entry);
            return false;
        }
        e->refs = 1;
        e->key_bytes = s[i].key.n;
        e->value_bytes = s[i].value.n;
        memcpy(e->bytes, s[i].key.p, s[i].key.n);
        if (s[i].value.n)
            memcpy(e->bytes + s[i].key.n, s[i].value.p, s[i].value.n);
        s[i].entry = e;
    }
    return true;
}

/* The new table in the making, and the changes that are still to come. */
struct merge {
    struct yc_kv_table *to;
    const struct sorted *change;
    size_t changes;
    struct entry **some; /* entries that will make new leaves, not counted */
    size_t count;
};

/* The entries of a leaf with the changes that lie before its end (last: with all that are left) come behind m->some. */
static void absorb(struct merge *m, const struct leaf *l, bool last)
{
    size_t i = 0, n = l ? l->count : 0;
    for (;;) {
        int order = i == n ? 1 : m->changes == 0 ? -1 : yc_kv_compare(entry_key(l->entry[i]), m->change->key);
        if (i == n && (m->changes == 0 || !last))
            return;
        struct entry *e = order < 0 ? l->entry[i] : m->change->put ? m->change->entry : NULL;
        i += order <= 0;
        m->change += order >= 0;
        m->changes -= order >= 0;
        if (e)
            m->some[m->count++] = e;
    }
}

/* Make leaves of m->some, as even as can be. */
static bool emit(struct merge *m)
{
    struct yc_kv_table *t = m->to;
    size_t parts = (m->count + LEAF_MAX - 1) / LEAF_MAX, at = 0;
    for (size_t k = 0; k < parts; k++) {
        struct leaf *l = (struct leaf *)yc_alloc_new(t->alloc, sizeof *l);
        if (!l)
            return false;
        l->refs = 1;
        l->count = m->count * (k + 1) / parts - at;
        memcpy(l->entry, m->some + at, l->count * sizeof l->entry[0]);
        for (size_t i = 0; i < l->count; i++)
            l->entry[i]->refs++;
        at += l->count;
        YC_ASSERT(t->leaves < t->room);
        t->leaf[t->leaves++] = l;
    }
    t->count += m->count;
    m->count = 0;
    return true;
}

static bool merge(struct merge *m, const struct yc_kv_table *old)
{
    for (size_t i = 0; i < old->leaves; i++) {
        struct leaf *l = old->leaf[i];
        bool last = i + 1 == old->leaves;
        bool touched = m->changes && (last || yc_kv_compare(m->change->key, entry_key(l->entry[l->count - 1])) <= 0);
        if (touched || (m->count > 0 && m->count < LEAF_MIN)) {
            absorb(m, l, last);
            /* What is enough for a leaf becomes one, before the next is looked at. */
            if (m->count >= LEAF_MIN && !emit(m))
                return false;
            continue;
        }
        if (!emit(m))
            return false;
        l->refs++;
        m->to->leaf[m->to->leaves++] = l;
        m->to->count += l->count;
    }
    absorb(m, NULL, true);
    return emit(m);
}

static struct yc_kv_table *merged(const struct yc_kv_table *old, const struct sorted *s, size_t n)
{
    /* Leaves that change give at most one for each change more than they were. */
    struct merge m = {.to = with_room(old->alloc, old->leaves + n + 1), .change = s, .changes = n};
    size_t bytes = (2 * LEAF_MAX + n) * sizeof m.some[0];
    m.some = (struct entry **)yc_alloc_new(old->alloc, bytes);
    bool made = m.to && m.some && merge(&m, old);
    yc_alloc_free(old->alloc, m.some, bytes);
    if (made)
        return m.to;
    if (m.to)
        yc_kv_table_drop(m.to);
    return NULL;
}

struct yc_kv_table *yc_kv_table_after(const struct yc_kv_table *old, const struct yc_kv_batch *b)
{
    const struct yc_alloc *alloc = old->alloc;
    size_t bytes = (b->count + 1) * sizeof(struct sorted);
    struct sorted *s = (struct sorted *)yc_alloc_new(alloc, bytes);
    if (!s)
        return NULL;
    struct yc_kv_change change;
    size_t n = 0;
    for (size_t at = 0; yc_kv_batch_next(b, &at, &change); n++)
        s[n] = (struct sorted){.key = change.key, .order = n, .value = change.value, .put = change.put};
    YC_ASSERT(n == b->count);
    n = sort_changes(s, n);
    struct yc_kv_table *t = NULL;
    if (make_entries(alloc, s, n)) {
        t = merged(old, s, n);
        for (size_t i = 0; i < n; i++)
            if (s[i].put)
                entry_drop(alloc, s[i].entry);
    }
    yc_alloc_free(alloc, s, bytes);
    return t;
}
