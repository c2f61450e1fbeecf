/* The stacks of the interpreter: elements by value in fixed memory. For consensus/script alone.
 *
 * An element is either borrowed (pushed bytes: a view into the script or the witness, which outlive the run) or its own
 * (computed: hashes and numbers, at most 32 bytes). So no element needs memory of its own, and copying the struct
 * copies the element. */
#ifndef YC_CONSENSUS_SCRIPT_STACK_H
#define YC_CONSENSUS_SCRIPT_STACK_H

#include "base/assert.h"
#include "base/view.h"
#include "consensus/script/script.h"

#define YC_ELEMENT_OWN_BYTES 32

struct yc_element {
    const uint8_t *borrowed; /* NULL: the bytes are own */
    uint32_t n;
    uint8_t own[YC_ELEMENT_OWN_BYTES];
};

/* The limit of 1000 is checked behind each operation, which adds three elements at most. A witness v0 may bring more
 * than it: only its first operation then runs, and CHECKMULTISIG, which reaches deepest, takes 43 away. */
#define YC_STACK_REACH (YC_SCRIPT_KEYS_MAX * 2 + 3)
#define YC_STACK_SLOTS (YC_SCRIPT_STACK_MAX + YC_STACK_REACH + 3)

struct yc_stack {
    uint32_t count;  /* in at[] */
    uint32_t buried; /* elements below at[0] which are not kept: with them no script can succeed */
    struct yc_element at[YC_STACK_SLOTS];
};

static inline size_t yc_stack_depth(const struct yc_stack *s)
{
    return (size_t)s->count + s->buried;
}

/** The i-th element from the top, 0 being the top; i < count. */
static inline struct yc_element *yc_stack_top(struct yc_stack *s, size_t i)
{
    YC_ASSERT(i < s->count);
    return &s->at[s->count - 1 - i];
}

/** Valid until the element moves or goes. */
static inline struct yc_view yc_element_view(const struct yc_element *e)
{
    return yc_view(e->borrowed ? e->borrowed : e->own, e->n);
}

static inline struct yc_view yc_stack_view(struct yc_stack *s, size_t i)
{
    return yc_element_view(yc_stack_top(s, i));
}

static inline void yc_stack_drop(struct yc_stack *s, size_t n)
{
    YC_ASSERT(n <= s->count);
    s->count -= (uint32_t)n;
}

static inline struct yc_element *yc_stack_room(struct yc_stack *s)
{
    YC_ASSERT(s->count < YC_STACK_SLOTS);
    return &s->at[s->count++];
}

/** Push a view of bytes that outlive the run. */
static inline void yc_stack_borrow(struct yc_stack *s, struct yc_view v)
{
    struct yc_element *e = yc_stack_room(s);
    e->borrowed = v.n ? v.p : NULL;
    e->n = (uint32_t)v.n;
}

/** Push a copy of up to 32 computed bytes. */
static inline void yc_stack_own(struct yc_stack *s, const void *p, size_t n)
{
    struct yc_element *e = yc_stack_room(s);
    YC_ASSERT(n <= YC_ELEMENT_OWN_BYTES);
    e->borrowed = NULL;
    e->n = (uint32_t)n;
    memcpy(e->own, p, n);
}

static inline void yc_stack_bool(struct yc_stack *s, bool value)
{
    yc_stack_own(s, "\1", value ? 1 : 0);
}

/** Push a copy of the i-th element from the top. */
static inline void yc_stack_copy(struct yc_stack *s, size_t i)
{
    const struct yc_element *from = yc_stack_top(s, i);
    *yc_stack_room(s) = *from;
}

/** Lift the i-th element from the top to the top. */
static inline void yc_stack_lift(struct yc_stack *s, size_t i)
{
    struct yc_element *e = yc_stack_top(s, i), lifted = *e;
    memmove(e, e + 1, i * sizeof *e);
    *yc_stack_top(s, 0) = lifted;
}

#endif
