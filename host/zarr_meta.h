/* SPDX-License-Identifier: MIT
 *
 * The metadata of a Zarr array, v2 (.zarray, .zattrs) and v3 (zarr.json), made one description of
 * how its chunks are found and decoded.
 *
 * Invariant: products of declared sizes were checked not to overflow; nothing here allocates by
 * them.
 */
#ifndef HOST_ZARR_META_H
#define HOST_ZARR_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "zarr_codec.h"
#include "zarr_type.h"

enum { ZARR_RANK_MAX = 8 };

/* How the elements of one chunk become bytes: the shape's axes in this order, the last fastest,
 * then codecs. */
struct zarr_pipeline {
    int order[ZARR_RANK_MAX]; /* stored axis k is the array's axis order[k] */
    bool big_endian;
    struct zarr_codecs codecs;
};

/* v3's sharding_indexed: the chunk in the store is a shard of inner chunks and an index. */
struct zarr_shard {
    bool index_at_end;
    bool index_big_endian;
    bool index_crc32c;
    size_t n_inner;                       /* inner chunks of a shard */
    uint64_t inner_counts[ZARR_RANK_MAX]; /* inner chunks along each axis */
    uint64_t index_stride[ZARR_RANK_MAX]; /* of each axis in the index */
};

struct zarr_array {
    const char *name;
    const json_t *attributes; /* NULL: none */
    int version;
    int rank;
    uint64_t shape[ZARR_RANK_MAX];
    const char *dimension[ZARR_RANK_MAX]; /* NULL: without a name */
    /* From here on: of zarr_array_layout. */
    struct zarr_type type;
    bool has_fill;
    unsigned char fill[8];         /* in this machine's byte order */
    uint64_t shard[ZARR_RANK_MAX]; /* shape of what one key holds */
    uint64_t
        chunk[ZARR_RANK_MAX]; /* shape of what is decoded at once: the inner chunk's, or shard */
    uint64_t stride[ZARR_RANK_MAX]; /* of each axis in a decoded chunk, in elements */
    size_t chunk_bytes;             /* decoded */
    bool key_prefix;                /* "c" before the numbers */
    char separator;
    bool sharded;
    struct zarr_shard sharding;
    struct zarr_pipeline pipeline; /* of a chunk */
};

/* Reads the shape and the dimensions' names; the rest is zero. The documents (attributes NULL:
 * none) and name outlive array. GAIA_FILE_DAMAGED, GAIA_FORMAT_UNSUPPORTED (rank). where
 * ("store: array 'x'") is for messages here and below. */
GAIA_MUST_USE gaia_status zarr_array_shape(const char *where, int version, const char *name,
                                           const json_t *meta, const json_t *attributes,
                                           struct zarr_array *array, gaia_error *err);

/* Reads type, fill value, chunks and codecs. GAIA_FORMAT_UNSUPPORTED: a type that is no number, an
 * unknown codec or extension. GAIA_FILE_DAMAGED: what contradicts the format. */
GAIA_MUST_USE gaia_status zarr_array_layout(const char *where, const json_t *meta,
                                            struct zarr_array *array, gaia_error *err);

/* For zarr_array_layout: the parts that differ. */
GAIA_MUST_USE gaia_status zarr_layout_v2(const char *where, const json_t *meta,
                                         struct zarr_array *array, gaia_error *err);
GAIA_MUST_USE gaia_status zarr_layout_v3(const char *where, const json_t *meta,
                                         struct zarr_array *array, gaia_error *err);

/* Reads the shape of chunks: as many positive sizes as the array has axes. `what` names it. */
GAIA_MUST_USE gaia_status zarr_chunk_shape(const char *where, const char *what, const json_t *value,
                                           int rank, uint64_t *shape, gaia_error *err);

#endif
