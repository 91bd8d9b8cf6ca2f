/* SPDX-License-Identifier: MIT
 *
 * The heap of heap.h in an array, the children of place i at 2i + 1 and 2i + 2.
 *
 * Invariant: nodes[i]->slot == i + 1 for every place in use.
 */
#include "heap.h"

#include <assert.h>
#include <stdlib.h>

static void node_place(struct heap *heap, size_t i, struct heap_node *node)
{
    heap->nodes[i] = node;
    node->slot = i + 1;
}

/* Moves the node at place i towards the root as far as it belongs. */
static size_t node_rise(struct heap *heap, size_t i)
{
    struct heap_node *node = heap->nodes[i];
    while (i > 0 && heap->less(node, heap->nodes[(i - 1) / 2])) {
        node_place(heap, i, heap->nodes[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    node_place(heap, i, node);
    return i;
}

/* Moves the node at place i away from the root as far as it belongs. */
static void node_sink(struct heap *heap, size_t i)
{
    struct heap_node *node = heap->nodes[i];
    for (size_t child = 2 * i + 1; child < heap->count; child = 2 * i + 1) {
        if (child + 1 < heap->count && heap->less(heap->nodes[child + 1], heap->nodes[child])) {
            child++;
        }
        if (!heap->less(heap->nodes[child], node)) {
            break;
        }
        node_place(heap, i, heap->nodes[child]);
        i = child;
    }
    node_place(heap, i, node);
}

bool heap_push(struct heap *heap, struct heap_node *node)
{
    assert(node->slot == 0);
    if (heap->count == heap->capacity) {
        const size_t capacity = heap->capacity == 0 ? 4 : 2 * heap->capacity;
        struct heap_node **grown = realloc(heap->nodes, capacity * sizeof(struct heap_node *));
        if (grown == NULL) {
            return false;
        }
        heap->nodes = grown;
        heap->capacity = capacity;
    }
    node_place(heap, heap->count, node);
    heap->count++;
    (void)node_rise(heap, heap->count - 1);
    return true;
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count > 0 ? heap->nodes[0] : NULL;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->slot == 0) {
        return;
    }
    const size_t i = node->slot - 1;
    assert(i < heap->count && heap->nodes[i] == node);
    node->slot = 0;
    heap->count--;
    if (i < heap->count) {
        node_place(heap, i, heap->nodes[heap->count]);
        node_sink(heap, node_rise(heap, i));
    }
}

void heap_fini(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){.less = heap->less};
}
