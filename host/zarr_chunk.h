/* SPDX-License-Identifier: MIT
 *
 * From an array's chunks to its values: a plane (the last two axes, at one place of the others) is
 * put together of the chunks that it crosses. Chunks that are not in the store are the fill value.
 */
#ifndef HOST_ZARR_CHUNK_H
#define HOST_ZARR_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "zarr_cache.h"
#include "zarr_codec.h"
#include "zarr_meta.h"
#include "zarr_store.h"

/* What reading chunks of one store takes. Zeroed but for the store, which is borrowed, it is
 * ready. */
struct zarr_chunks {
    struct zarr_store *store;
    struct zarr_cache cache;
    struct zarr_buffer raw;
    struct zarr_scratch scratch;
};

void zarr_chunks_fini(struct zarr_chunks *chunks);

/* The largest piece of memory that a chunk of array asks for: decoded, or a shard's index. */
size_t zarr_chunk_memory(const struct zarr_array *array);

/* Reads the plane at index [rank - 2] of the leading axes into out ([rows][columns], columns
 * fastest): in the array's own type (in this machine's byte order) if it is int16, float32 or
 * float64, else as float64. An array of one axis is one row, one of none a single value. Decoded
 * chunks are kept in at most cache_bytes. GAIA_FILE_DAMAGED names store, array and chunk;
 * GAIA_OUT_OF_MEMORY; as zarr_store_get. */
GAIA_MUST_USE gaia_status zarr_plane_read(struct zarr_chunks *chunks,
                                          const struct zarr_array *array, const uint64_t *index,
                                          size_t cache_bytes, void *out, gaia_error *err);

#endif
