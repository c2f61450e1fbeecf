/* Does the address book contradict itself? For -checkaddrman and fuzzers. */
#include "net/peers/addrman_internal.h"

/* Is the list of buckets that hold something that of all such buckets? */
static const char *check_filled(const struct filled *f, uint32_t buckets)
{
    uint32_t count = 0;
    for (uint32_t b = 0; b < buckets; b++) {
        if (f->places[b] == 0)
            continue;
        if (f->where[b] >= f->count || f->bucket[f->where[b]] != b)
            return "a bucket that holds addresses is not among those to choose from";
        count++;
    }
    return count == f->count ? NULL : "an empty bucket is among those to choose from";
}

/* Each place of a table holds an item in use that belongs there. */
static const char *check_new(const struct yc_addrman *a, size_t *held)
{
    for (uint32_t b = 0; b < YC_ADDRMAN_NEW_BUCKETS; b++) {
        uint64_t fill = 0;
        for (uint32_t i = 0; i < YC_ADDRMAN_BUCKET_SLOTS; i++) {
            uint32_t slot = a->new_table[b][i];
            if (slot == 0)
                continue;
            if (slot > a->used)
                return "a place of \"new\" holds no address";
            const struct item *item = &a->items[slot - 1];
            if (item->e.tried || yc_addrman_new_place_in(a, &item->e.addr, b).position != i)
                return "an address is in \"new\" where it does not belong";
            fill |= UINT64_C(1) << i;
            ++*held;
        }
        if (fill != a->new_filled.places[b])
            return "a bucket of \"new\" holds addresses in other places than it says";
    }
    return check_filled(&a->new_filled, YC_ADDRMAN_NEW_BUCKETS);
}

static const char *check_tried(const struct yc_addrman *a, size_t *held)
{
    for (uint32_t b = 0; b < YC_ADDRMAN_TRIED_BUCKETS; b++) {
        uint64_t fill = 0;
        for (uint32_t i = 0; i < YC_ADDRMAN_BUCKET_SLOTS; i++) {
            uint32_t slot = a->tried_table[b][i];
            if (slot == 0)
                continue;
            if (slot > a->used)
                return "a place of \"tried\" holds no address";
            const struct item *item = &a->items[slot - 1];
            struct place at = yc_addrman_tried_place(a, &item->e.addr);
            if (!item->e.tried || at.bucket != b || at.position != i)
                return "an address is in \"tried\" where it does not belong";
            fill |= UINT64_C(1) << i;
            ++*held;
        }
        if (fill != a->tried_filled.places[b])
            return "a bucket of \"tried\" holds addresses in other places than it says";
    }
    return check_filled(&a->tried_filled, YC_ADDRMAN_TRIED_BUCKETS);
}

const char *yc_addrman_check(const struct yc_addrman *a)
{
    size_t refs = 0, tried = 0, in_new = 0, in_tried = 0;
    if (a->count + a->free_count != a->used)
        return "addresses and free slots are not all slots";
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t slot = a->order[i];
        if (slot >= a->used || a->items[slot].order != i || yc_addrman_slot(a, &a->items[slot].e.addr) != slot)
            return "an address is not found where it is";
        const struct item *item = &a->items[slot];
        if (item->refs > YC_ADDRMAN_NEW_REFS_MAX || item->e.tried == (item->refs > 0))
            return "an address is in both tables, in none, or in too many places";
        refs += item->refs;
        tried += item->e.tried;
    }
    const char *wrong = check_new(a, &in_new);
    if (!wrong)
        wrong = check_tried(a, &in_tried);
    if (!wrong && (refs != in_new || tried != in_tried || tried != a->tried_count))
        wrong = "the tables hold another number of addresses than the book";
    return wrong;
}
