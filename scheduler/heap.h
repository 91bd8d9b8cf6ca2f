/* SPDX-License-Identifier: MIT
 *
 * A binary heap of nodes that live inside other structs, for deadlines and queues of the core. A
 * node knows its place, so that any node can be taken out. Not thread-safe.
 *
 * Invariant: no node comes before its parent under `less`, which must be a total order: equal keys
 * would make the order depend on history, and a run must replay from its seed.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* slot 0: in no heap. A node is in one heap at a time. */
struct heap_node {
    size_t slot;
};

struct heap {
    struct heap_node **nodes; /* [capacity]; nodes[i].slot is i + 1 */
    size_t count;
    size_t capacity;
    bool (*less)(const struct heap_node *a, const struct heap_node *b);
};

/* The struct that holds the node as its member. */
#define HEAP_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
#define HEAP_OWNER_CONST(node, type, member)                                                       \
    ((const type *)(const void *)((const char *)(node)-offsetof(type, member)))

/* Puts the node in; false when out of memory. */
bool heap_push(struct heap *heap, struct heap_node *node);

/* The least node, NULL if there is none. */
struct heap_node *heap_first(const struct heap *heap);

/* Takes the node out; one that is in no heap is left alone. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* Frees the heap's own memory; the nodes are their owners'. */
void heap_fini(struct heap *heap);

#endif
