/* SPDX-License-Identifier: MIT
 *
 * Decoded chunks of one store, least recently used dropped first, so that a chunk that holds many
 * fields is decoded once.
 *
 * Invariant: all entries together take at most the limit of the last addition, except that the
 * newest is always kept until zarr_cache_trim.
 */
#ifndef HOST_ZARR_CACHE_H
#define HOST_ZARR_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

struct zarr_cache_entry;

enum { ZARR_CACHE_BUCKETS = 1024 };

/* Zeroed, it is empty. */
struct zarr_cache {
    struct zarr_cache_entry *bucket[ZARR_CACHE_BUCKETS];
    struct zarr_cache_entry *newest;
    struct zarr_cache_entry *oldest;
    size_t bytes;
};

void zarr_cache_fini(struct zarr_cache *cache);

/* The bytes of (owner, id), which become the newest, or NULL. They stay until the next addition. */
unsigned char *zarr_cache_find(struct zarr_cache *cache, const void *owner, uint64_t id);

/* Adds an entry of `bytes` bytes, to be filled by the caller. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zarr_cache_add(struct zarr_cache *cache, const void *owner, uint64_t id,
                                         size_t bytes, size_t limit_bytes, unsigned char **data,
                                         gaia_error *err);

/* Drops the newest entry, whose bytes did not come. */
void zarr_cache_drop(struct zarr_cache *cache);

/* Drops entries until they take at most limit_bytes. */
void zarr_cache_trim(struct zarr_cache *cache, size_t limit_bytes);

#endif
