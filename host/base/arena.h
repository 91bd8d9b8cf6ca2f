/* SPDX-License-Identifier: MIT
 *
 * An arena: memory that is freed all at once. Not thread-safe.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include <gaia/status.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used_bytes;  /* of all blocks together */
    size_t limit_bytes; /* allocations beyond this fail */
};

/* An empty arena that may grow to limit_bytes; holds no memory yet. */
void arena_init(struct arena *arena, size_t limit_bytes);

/* Frees everything; the arena is empty and usable again. */
void arena_fini(struct arena *arena);

/* count * size zeroed bytes aligned for any type, or NULL: out of memory, over the limit, overflow.
 */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A copy of text, or NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* Copies of n texts, or NULL. */
const char **arena_strings(struct arena *arena, const char *const *texts, size_t n);

#endif
