/* SPDX-License-Identifier: MIT
 *
 * Blocks of doubling size in a list, newest first; an allocation comes from the newest block.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES_MIN = 4096, BLOCK_BYTES_MAX = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_fini(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

static struct arena_block *block_add(struct arena *arena, size_t bytes)
{
    size_t capacity = arena->blocks != NULL ? 2 * arena->blocks->capacity : BLOCK_BYTES_MIN;
    if (capacity > BLOCK_BYTES_MAX) {
        capacity = BLOCK_BYTES_MAX;
    }
    if (capacity < bytes) {
        capacity = bytes;
    }
    struct arena_block *block = calloc(1, sizeof *block + capacity);
    if (block != NULL) {
        block->capacity = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        return NULL;
    }
    const size_t bytes = (count * size + align - 1) / align * align;
    if (bytes > arena->limit_bytes - arena->used_bytes) {
        return NULL;
    }
    struct arena_block *block = arena->blocks;
    if (block == NULL || bytes > block->capacity - block->used) {
        block = block_add(arena, bytes);
    }
    if (block == NULL) {
        return NULL;
    }
    void *memory = block->data + block->used;
    block->used += bytes;
    arena->used_bytes += bytes;
    return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = arena_alloc(arena, bytes, 1);
    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

const char **arena_strings(struct arena *arena, const char *const *texts, size_t n)
{
    const char **copies = arena_alloc(arena, n, sizeof *copies);
    for (size_t i = 0; copies != NULL && i < n; i++) {
        copies[i] = arena_strdup(arena, texts[i]);
        if (copies[i] == NULL) {
            return NULL;
        }
    }
    return copies;
}
