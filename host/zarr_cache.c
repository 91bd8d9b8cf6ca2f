/* SPDX-License-Identifier: MIT
 *
 * A hash table of entries that also stand in a list by age.
 */
#include "zarr_cache.h"

#include <stdalign.h>
#include <stdlib.h>

#include "error.h"

struct zarr_cache_entry {
    const void *owner;
    uint64_t id;
    size_t bytes; /* of data */
    struct zarr_cache_entry *next_in_bucket;
    struct zarr_cache_entry *newer;
    struct zarr_cache_entry *older;
    alignas(max_align_t) unsigned char data[];
};

static struct zarr_cache_entry **bucket_of(struct zarr_cache *cache, const void *owner, uint64_t id)
{
    const uint64_t key = (id ^ (uint64_t)(uintptr_t)owner >> 4) * 0x9e3779b97f4a7c15ULL;
    return &cache->bucket[key >> 54];
}

static void list_remove(struct zarr_cache *cache, struct zarr_cache_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void list_put_newest(struct zarr_cache *cache, struct zarr_cache_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void entry_remove(struct zarr_cache *cache, struct zarr_cache_entry *entry)
{
    struct zarr_cache_entry **at = bucket_of(cache, entry->owner, entry->id);
    while (*at != entry) {
        at = &(*at)->next_in_bucket;
    }
    *at = entry->next_in_bucket;
    list_remove(cache, entry);
    cache->bytes -= entry->bytes + sizeof *entry;
}

void zarr_cache_trim(struct zarr_cache *cache, size_t limit_bytes)
{
    while (cache->oldest != NULL && cache->bytes > limit_bytes) {
        struct zarr_cache_entry *entry = cache->oldest;
        entry_remove(cache, entry);
        free(entry);
    }
}

void zarr_cache_fini(struct zarr_cache *cache)
{
    zarr_cache_trim(cache, 0);
}

void zarr_cache_drop(struct zarr_cache *cache)
{
    struct zarr_cache_entry *entry = cache->newest;
    entry_remove(cache, entry);
    free(entry);
}

unsigned char *zarr_cache_find(struct zarr_cache *cache, const void *owner, uint64_t id)
{
    struct zarr_cache_entry *entry = *bucket_of(cache, owner, id);
    while (entry != NULL && (entry->owner != owner || entry->id != id)) {
        entry = entry->next_in_bucket;
    }
    if (entry == NULL) {
        return NULL;
    }
    list_remove(cache, entry);
    list_put_newest(cache, entry);
    return entry->data;
}

gaia_status zarr_cache_add(struct zarr_cache *cache, const void *owner, uint64_t id, size_t bytes,
                           size_t limit_bytes, unsigned char **data, gaia_error *err)
{
    struct zarr_cache_entry *entry = NULL;
    const size_t taken = bytes + sizeof *entry;
    /* Chunks of one array are of one size: the memory of the one that goes serves the one that
     * comes. */
    while (cache->oldest != NULL && cache->bytes + taken > limit_bytes) {
        struct zarr_cache_entry *oldest = cache->oldest;
        entry_remove(cache, oldest);
        if (entry == NULL && oldest->bytes == bytes) {
            entry = oldest;
        } else {
            free(oldest);
        }
    }
    if (entry == NULL) {
        entry = malloc(taken);
    }
    if (entry == NULL) {
        return error_memory(err, taken);
    }
    struct zarr_cache_entry **bucket = bucket_of(cache, owner, id);
    entry->owner = owner;
    entry->id = id;
    entry->bytes = bytes;
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    list_put_newest(cache, entry);
    cache->bytes += taken;
    *data = entry->data;
    return GAIA_OK;
}
