/* SPDX-License-Identifier: MIT
 *
 * A hash map from text to pointer, for what the core and the server look up by id. Keys are
 * borrowed: they live in the value. Not thread-safe.
 *
 * Invariant: a key is found by walking from its home place to the first empty one; removal moves
 * entries back so that no walk is ever cut.
 */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map_entry {
    const char *key; /* NULL: empty */
    void *value;
};

struct map {
    struct map_entry *entries; /* [capacity], a power of two */
    size_t count;
    size_t capacity;
};

/* Adds the key, which must not be there yet; false when out of memory. */
bool map_put(struct map *map, const char *key, void *value);

/* The value of key, NULL if there is none. */
void *map_get(const struct map *map, const char *key);

/* Takes the key out if it is there with this value: another's entry of the same key stays. */
void map_remove(struct map *map, const char *key, const void *value);

/* Frees the map's own memory. */
void map_fini(struct map *map);

#endif
