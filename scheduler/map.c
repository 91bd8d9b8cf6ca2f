/* SPDX-License-Identifier: MIT
 *
 * The map of map.h: open addressing, linear steps, at most half full.
 *
 * Invariant: between an entry's home place and its own there is no empty place.
 */
#include "map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

/* FNV-1a: the keys are random or come from authenticated executors, so no one can aim at
 * collisions. */
static uint64_t key_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    }
    return hash;
}

static size_t key_home(const struct map *map, const char *key)
{
    return (size_t)key_hash(key) & (map->capacity - 1);
}

/* The place of key, or the empty one where it belongs. */
static size_t key_place(const struct map *map, const char *key)
{
    size_t i = key_home(map, key);
    while (map->entries[i].key != NULL && strcmp(map->entries[i].key, key) != 0) {
        i = (i + 1) & (map->capacity - 1);
    }
    return i;
}

static bool map_grow(struct map *map)
{
    struct map grown = {.capacity = map->capacity == 0 ? CAPACITY_MIN : 2 * map->capacity};
    grown.entries = calloc(grown.capacity, sizeof *grown.entries);
    if (grown.entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].key != NULL) {
            grown.entries[key_place(&grown, map->entries[i].key)] = map->entries[i];
        }
    }
    free(map->entries);
    map->entries = grown.entries;
    map->capacity = grown.capacity;
    return true;
}

bool map_put(struct map *map, const char *key, void *value)
{
    if (2 * (map->count + 1) > map->capacity && !map_grow(map)) {
        return false;
    }
    struct map_entry *entry = &map->entries[key_place(map, key)];
    map->count += entry->key == NULL;
    *entry = (struct map_entry){.key = key, .value = value};
    return true;
}

void *map_get(const struct map *map, const char *key)
{
    return map->capacity > 0 ? map->entries[key_place(map, key)].value : NULL;
}

void map_remove(struct map *map, const char *key, const void *value)
{
    const size_t mask = map->capacity - 1;
    if (map->capacity == 0) {
        return;
    }
    size_t hole = key_place(map, key);
    if (map->entries[hole].key == NULL || map->entries[hole].value != value) {
        return;
    }
    for (size_t i = (hole + 1) & mask; map->entries[i].key != NULL; i = (i + 1) & mask) {
        /* An entry may move into the hole unless its home lies between the hole and itself. */
        const size_t home = key_home(map, map->entries[i].key);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (struct map_entry){0};
    map->count--;
}

void map_fini(struct map *map)
{
    free(map->entries);
    *map = (struct map){0};
}
